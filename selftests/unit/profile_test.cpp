// SPDX-License-Identifier: GPL-2.0
//
// The charge path of each generation, behaviour by behaviour: what 4.18, 5.10, 6.1 and 6.12 say to
// the same stream.  A row is named after its row of the specification and the profile; the source
// is the function of that version (seed 001 for 4.18 where it has it).  GENERATIONS.md has the cells.
#include "table.h"

namespace {

using namespace test;

constexpr std::uint64_t kObj = 500;
constexpr smcg_profile k4 = SMCG_PROFILE_4_18, k5 = SMCG_PROFILE_5_10, k6 = SMCG_PROFILE_6_1,
		       k12 = SMCG_PROFILE_6_12;

// A's limit is 0: the batch fails, then the exact size, if it is less.
void fail_exact(Script &s, unsigned nr)
{
	s.limit(kA, SMCG_LIMIT_MAX, 0).charge(kA, nr).tries(kA, std::max(s.batch(), nr), kA);
	if (nr < s.batch())
		s.tries(kA, nr, kA);
}

// Rounds of reclaim in vain, the first of which ends with a drain, until the budget is used up; what they said is dropped.
void use_up(Script &s, unsigned nr, unsigned rounds)
{
	fail_exact(s, nr);
	s.reclaim(kA, nr, 0).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE);
	s.put(SMCG_EV_DRAIN_ALL_RET).tries(kA, nr, kA);
	for (unsigned i = 0; i < rounds; i++)
		s.reclaim(kA, nr, 0).tries(kA, nr, kA);
	s.told();
	s.reclaim(kA, nr, 0);
}

Script &forced(Script &s, unsigned nr)
{
	return s.put(SMCG_EV_COUNTER_CHARGE, kA, nr, SMCG_BY_CHARGE);
}

struct ProfileRow {
	const char *name, *source;
	smcg_profile profile;
	void (*play)(Script &);
	const char *says;
	unsigned oom = 0;	// OOM events of A in the end
	unsigned adopted = 0;	// decisions that reality contradicts, also in what was dropped
};

// A2, A5, A10: batch and stock.
const ProfileRow stock_rows[] = {
	{"A2_BatchOf32_4_18", "CHARGE_BATCH, seed 001", k4,
	 [](Script &s) { s.charge(kA, 1).tries(kA, 32).refill(kA, 31).charge(kA, 31).charge(kA, 33).tries(kA, 33); },
	 "batch g2 n32\nrefill g2 n31 arg 0:31\nstock_hit g2 n31\nexact g2 n33"},
	{"A2_BatchOf32_5_10", "MEMCG_CHARGE_BATCH", k5,
	 [](Script &s) { s.charge(kA, 1).tries(kA, 32).refill(kA, 31).charge(kA, 31).charge(kA, 33).tries(kA, 33); },
	 "batch g2 n32\nrefill g2 n31 arg 0:31\nstock_hit g2 n31\nexact g2 n33"},
	{"A2_BatchOf64_6_12", "MEMCG_CHARGE_BATCH", k12,
	 [](Script &s) { s.charge(kA, 1).tries(kA, 64).refill(kA, 63).charge(kA, 33).charge(kA, 65).tries(kA, 65); },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nstock_hit g2 n33\nexact g2 n65"},
	{"A2_AWholeBatchIsTakenFromTheStock_4_18", "consume_stock(): nr_pages > CHARGE_BATCH, seed 001", k4,
	 [](Script &s) { s.refill(kA, 32).charge(kA, 32); }, "refill g2 n32 arg 0:32\nstock_hit g2 n32"},
	{"A2_AWholeBatchIsTakenFromTheStock_6_1", "consume_stock(): nr_pages > MEMCG_CHARGE_BATCH", k6,
	 [](Script &s) { s.refill(kA, 64).charge(kA, 64); }, "refill g2 n64 arg 0:64\nstock_hit g2 n64"},
	{"A10_MoreThan32IsDrainedWhole_4_18", "refill_stock(), seed 001", k4,
	 [](Script &s) { s.refill(kA, 32).refill(kA, 1).drained(kA, 33); },
	 "refill g2 n32 arg 0:32\nrefill g2 n1 arg 33:0"},
	{"A10_MoreThan32IsDrainedWhole_5_10", "refill_stock()", k5,
	 [](Script &s) { s.refill(kA, 32).refill(kA, 1).drained(kA, 33); },
	 "refill g2 n32 arg 0:32\nrefill g2 n1 arg 33:0"},
	{"A5_BatchThenExact_4_18", "try_charge(): batch = nr_pages, seed 001", k4,
	 [](Script &s) { s.limit(kA, SMCG_LIMIT_MAX, 5).charge(kA, 5).tries(kA, 32, kA).tries(kA, 5); },
	 "batch g2 n32 ENOMEM over g2\nexact g2 n5"},
	{"A5_BatchThenExact_5_10", "try_charge(): batch = nr_pages", k5,
	 [](Script &s) { s.limit(kA, SMCG_LIMIT_MAX, 5).charge(kA, 5).tries(kA, 32, kA).tries(kA, 5); },
	 "batch g2 n32 ENOMEM over g2\nexact g2 n5"},
};

// A6: who is let through as soon as the exact try failed, and whether that raises the max event.
const ProfileRow force_rows[] = {
	{"A6_DyingIsForced_4_18", "try_charge(): tsk_is_oom_victim() || ..., seed 001", k4,
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING, SMCG_TASK_DYING);
		 fail_exact(s, 32);
		 forced(s, 32);
	 },
	 "exact g2 n32 ENOMEM over g2\nforced g2 n32"},
	{"A6_DyingReclaims_5_10", "try_charge() @ 5.10.262", k5,
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING, SMCG_TASK_DYING);
		 fail_exact(s, 32);
		 s.put(SMCG_EV_RECLAIM, kA, 32, SMCG_BY_CHARGE);
	 },
	 "exact g2 n32 ENOMEM over g2\nmax_event g2\nreclaim g2 n32"},
	{"A6_DyingReclaims_6_1", "try_charge_memcg()", k6,
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING, SMCG_TASK_DYING);
		 fail_exact(s, 64);
		 s.put(SMCG_EV_RECLAIM, kA, 64, SMCG_BY_CHARGE);
	 },
	 "exact g2 n64 ENOMEM over g2\nmax_event g2\nreclaim g2 n64"},
	{"A6_AtomicFails_4_18", "try_charge(): no test for it, seed 001", k4,
	 [](Script &s) {
		 s.with(SMCG_GFP_ATOMIC | SMCG_GFP_HIGH);
		 fail_exact(s, 32);
	 },
	 "exact g2 n32 ENOMEM over g2\nnomem g2 n32 ENOMEM"},
	{"A6_AtomicIsForcedWithoutAnEvent_5_10", "try_charge(): __GFP_ATOMIC", k5,
	 [](Script &s) {
		 s.with(SMCG_GFP_ATOMIC | SMCG_GFP_HIGH);
		 fail_exact(s, 32);
		 forced(s, 32);
	 },
	 "exact g2 n32 ENOMEM over g2\nforced g2 n32"},
	{"A6_AtomicIsLookedAtFirst_5_10", "try_charge(): before task_in_memcg_oom() and blocking", k5,
	 [](Script &s) {
		 s.with(SMCG_GFP_ATOMIC | SMCG_GFP_BLOCKING, SMCG_TASK_IN_OOM);
		 fail_exact(s, 32);
		 forced(s, 32);
	 },
	 "exact g2 n32 ENOMEM over g2\nforced g2 n32"},
	{"A6_HighAloneFails_4_18", "nomem: __GFP_NOFAIL only, seed 001", k4,
	 [](Script &s) {
		 s.with(SMCG_GFP_HIGH);
		 fail_exact(s, 32);
	 },
	 "exact g2 n32 ENOMEM over g2\nnomem g2 n32 ENOMEM"},
	{"A6_HighAloneFails_5_10", "nomem: __GFP_NOFAIL only", k5,
	 [](Script &s) {
		 s.with(SMCG_GFP_HIGH);
		 fail_exact(s, 32);
	 },
	 "exact g2 n32 ENOMEM over g2\nnomem g2 n32 ENOMEM"},
	{"A6_HighIsForcedWithOneEvent_6_12", "nomem: __GFP_HIGH", k12,
	 [](Script &s) {
		 s.with(SMCG_GFP_HIGH);
		 fail_exact(s, 64);
		 forced(s, 64);
	 },
	 "exact g2 n64 ENOMEM over g2\nmax_event g2\nforced g2 n64"},
	{"A6_ReclaimerIsForcedWithoutAnEvent_4_18", "try_charge(): PF_MEMALLOC, seed 001", k4,
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING, SMCG_TASK_MEMALLOC);
		 fail_exact(s, 32);
		 forced(s, 32);
	 },
	 "exact g2 n32 ENOMEM over g2\nforced g2 n32"},
	{"A6_ReclaimerIsForcedWithoutAnEvent_5_10", "try_charge(): PF_MEMALLOC", k5,
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING, SMCG_TASK_MEMALLOC);
		 fail_exact(s, 32);
		 forced(s, 32);
	 },
	 "exact g2 n32 ENOMEM over g2\nforced g2 n32"},
	{"A6_NofailThatMayNotBlockIsForced_4_18", "nomem: __GFP_NOFAIL, seed 001", k4,
	 [](Script &s) {
		 s.with(SMCG_GFP_NOFAIL);
		 fail_exact(s, 32);
		 forced(s, 32);
	 },
	 "exact g2 n32 ENOMEM over g2\nforced g2 n32"},
	{"A6_NofailThatMayNotBlockIsForced_5_10", "nomem: __GFP_NOFAIL", k5,
	 [](Script &s) {
		 s.with(SMCG_GFP_NOFAIL);
		 fail_exact(s, 32);
		 forced(s, 32);
	 },
	 "exact g2 n32 ENOMEM over g2\nforced g2 n32"},
};

// A6 to A8, A19: what follows when the rounds of reclaim are used up.
const ProfileRow budget_rows[] = {
	{"A8_FiveRounds_4_18", "MEM_CGROUP_RECLAIM_RETRIES, seed 001", k4,
	 [](Script &s) { use_up(s, 1, 5); }, "reclaim g2 n1\nnomem g2 n1 ENOMEM", 1},
	{"A8_SixteenRounds_5_10", "MAX_RECLAIM_RETRIES", k5,
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING | SMCG_GFP_RETRY_MAYFAIL);
		 use_up(s, 1, 16);
	 },
	 "reclaim g2 n1\nnomem g2 n1 ENOMEM"},
	{"A8_SixteenRounds_6_12", "MAX_RECLAIM_RETRIES", k12,
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING | SMCG_GFP_RETRY_MAYFAIL);
		 use_up(s, 1, 16);
	 },
	 "reclaim g2 n1\nnomem g2 n1 ENOMEM"},
	{"A8_ProgressEarnsARound_4_18", "nr_reclaimed && nr_pages <= 8, seed 001", k4,
	 [](Script &s) {
		 use_up(s, 8, 0);
		 s.tries(kA, 8, kA);
		 for (unsigned i = 0; i < 20; i++)
			 s.reclaim(kA, 8, 1).tries(kA, 8, kA);
		 for (unsigned i = 0; i < 4; i++)
			 s.reclaim(kA, 8, 0).tries(kA, 8, kA);
		 s.told();
		 s.reclaim(kA, 8, 0);
	 },
	 "reclaim g2 n8\nnomem g2 n8 ENOMEM", 1},
	{"A7_NoretryFailsAfterOneDrain_4_18", "__GFP_NORETRY, seed 001", k4,
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING | SMCG_GFP_NORETRY);
		 use_up(s, 1, 0);
	 },
	 "reclaim g2 n1\nnomem g2 n1 ENOMEM"},
	{"A7_NoretryFailsAfterOneDrain_5_10", "__GFP_NORETRY", k5,
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING | SMCG_GFP_NORETRY);
		 use_up(s, 1, 0);
	 },
	 "reclaim g2 n1\nnomem g2 n1 ENOMEM"},
	{"A7_RetryMayfailIsOutOfMemory_4_18", "try_charge(): does not look at it, seed 001", k4,
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING | SMCG_GFP_RETRY_MAYFAIL);
		 use_up(s, 1, 5);
	 },
	 "reclaim g2 n1\nnomem g2 n1 ENOMEM", 1},
	{"A7_RetryMayfailJustFails_6_1", "__GFP_RETRY_MAYFAIL", k6,
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING | SMCG_GFP_RETRY_MAYFAIL);
		 use_up(s, 1, 16);
	 },
	 "reclaim g2 n1\nnomem g2 n1 ENOMEM"},
	{"A6_NofailBeforeTheKiller_4_18", "try_charge(): __GFP_NOFAIL: goto force, seed 001", k4,
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING | SMCG_GFP_NOFAIL);
		 use_up(s, 1, 5);
		 forced(s, 1);
	 },
	 "reclaim g2 n1\nforced g2 n1"},
	{"A6_NofailBeforeTheKiller_5_10", "try_charge(): __GFP_NOFAIL: goto force", k5,
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING | SMCG_GFP_NOFAIL);
		 use_up(s, 1, 16);
		 forced(s, 1);
	 },
	 "reclaim g2 n1\nforced g2 n1"},
	{"A6_NofailAfterTheKiller_6_1", "try_charge_memcg(): nomem", k6,
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING | SMCG_GFP_NOFAIL);
		 use_up(s, 1, 16);
		 s.put(SMCG_EV_OOM, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_OOM_RET);
		 forced(s, 1);
	 },
	 "reclaim g2 n1\noom g2\nforced g2 n1", 1},
	{"A6_KilledMeanwhileIsForced_4_18", "try_charge(): fatal_signal_pending() after the retries, seed 001", k4,
	 [](Script &s) {
		 use_up(s, 1, 4);
		 s.tries(kA, 1, kA).told();
		 s.with(SMCG_GFP_BLOCKING, SMCG_TASK_DYING).reclaim(kA, 1, 0);
		 forced(s, 1);
	 },
	 "reclaim g2 n1\nforced g2 n1"},
	{"A7_DyingAfterAnOomPassFails_5_10", "passed_oom && task_is_dying()", k5,
	 [](Script &s) {
		 use_up(s, 1, 16);
		 s.put(SMCG_EV_OOM, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_OOM_RET, 0, 0, 0, 1).tries(kA, 1, kA);
		 for (unsigned i = 0; i < 16; i++)
			 s.reclaim(kA, 1, 0).tries(kA, 1, kA);
		 s.told();
		 s.with(SMCG_GFP_BLOCKING, SMCG_TASK_DYING).reclaim(kA, 1, 0);
	 },
	 "reclaim g2 n1\nnomem g2 n1 ENOMEM", 1},
	{"A19_OomIsOnlyNoted_4_18", "mem_cgroup_oom(), mem_cgroup_oom_synchronize(), seed 001", k4,
	 [](Script &s) {
		 use_up(s, 4, 5);
		 // The fault unwinds: another charge of it fails at once, then the killer is called.
		 s.with(SMCG_GFP_BLOCKING, SMCG_TASK_IN_OOM).charge(kB, 32).tries(kB, 32, kA);
		 s.with(SMCG_GFP_BLOCKING).put(SMCG_EV_OOM, kA, 2).put(SMCG_EV_OOM_RET, 0, 0, 0, 1);
		 s.put(SMCG_EV_OOM, kA, 2);
	 },
	 "reclaim g2 n4\nnomem g2 n4 ENOMEM\nexact g3 n32 ENOMEM over g2\nnomem g3 n32 ENOMEM\noom g2 n2", 1},
	{"A19_OomInsideThenAFreshBudget_5_10", "mem_cgroup_oom(): OOM_SUCCESS", k5,
	 [](Script &s) {
		 use_up(s, 1, 16);
		 s.put(SMCG_EV_OOM, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_OOM_RET, 0, 0, 0, 1).tries(kA, 1, kA);
		 for (unsigned i = 0; i < 16; i++)
			 s.reclaim(kA, 1, 0).tries(kA, 1, kA);
		 s.told();
		 s.reclaim(kA, 1, 0).put(SMCG_EV_OOM, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_OOM_RET);
	 },
	 "reclaim g2 n1\noom g2\nnomem g2 n1 ENOMEM", 2},
	{"A19_OomEventAtAnyOrder_4_18", "try_charge(): MEMCG_OOM before mem_cgroup_oom(), seed 001", k4,
	 [](Script &s) {
		 use_up(s, 16, 5);
		 s.put(SMCG_EV_OOM, kA, 4);	// was not noted
	 },
	 "reclaim g2 n16\nnomem g2 n16 ENOMEM", 1},
	{"A19_NoOomEventAboveOrderThree_5_10", "mem_cgroup_oom(): OOM_SKIPPED", k5,
	 [](Script &s) { use_up(s, 16, 16); }, "reclaim g2 n16\nnomem g2 n16 ENOMEM"},
};

// A14: 5.10 puts all bytes back once there is more than a page, and the stock has no owner then.
void beyond_a_page(Script &s)
{
	s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 96).charge(kA, 1, SMCG_BY_OBJ).tries(kA, 32).refill(kA, 31);
	s.put(SMCG_EV_OBJ_REFILL, kA, 0, 0, kObj, 4000).put(SMCG_EV_OBJ_DRAIN).barrier().told();
	s.put(SMCG_EV_OBJ_REFILL, kA, 0, 0, kObj, 200, true);
}

const ProfileRow byte_rows[] = {
	{"A14_BeyondAPageAllIsPutBack_5_10", "refill_obj_stock(): drain_obj_stock()", k5,
	 [](Script &s) {
		 beyond_a_page(s);
		 s.put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_REFILL, kA, 1, SMCG_BY_OBJ_DRAIN);
		 s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 50).charge(kA, 1, SMCG_BY_OBJ);
	 },
	 "refill g2 n1 arg 0:32\nobj_miss g2 n1 arg 0:50\nstock_hit g2 n1"},
	{"A14_ThatItStaysIsNotFollowed_5_10", "refill_obj_stock(): > PAGE_SIZE", k5,
	 [](Script &s) {
		 beyond_a_page(s);
		 s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 50);
	 },
	 "obj_hit g2 arg 0:50 adopted", 0, 1},
	{"A14_BeyondAPageWholePagesLeave_6_1", "refill_obj_stock(): nr_bytes &= PAGE_SIZE - 1", k6,
	 [](Script &s) {
		 s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 96).charge(kA, 1, SMCG_BY_OBJ).tries(kA, 64).refill(kA, 63);
		 s.put(SMCG_EV_OBJ_REFILL, kA, 0, 0, kObj, 4000).put(SMCG_EV_OBJ_DRAIN).barrier().told();
		 s.put(SMCG_EV_OBJ_REFILL, kA, 0, 0, kObj, 200, true);
		 s.put(SMCG_EV_KMEM_UNCHARGE, kA, 1, SMCG_BY_OBJ, kObj).refill(kA, 1, SMCG_BY_OBJ);
		 s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 50);
	 },
	 "kmem_uncharge g2 n1\nrefill g2 n1 arg 0:64\nobj_hit g2 arg 0:50"},
};

// A21: memory of each CPU is one request for bytes, four CPUs' and what keeps account of it: 13000 here.
void of_each_cpu(Script &s)
{
	s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 13000).charge(kA, 4, SMCG_BY_OBJ).tries(kA, s.batch()).refill(kA, s.batch() - 4);
	s.put(SMCG_EV_OBJ_REFILL, kA, 0, 0, kObj, 4 * 4096 - 13000).put(SMCG_EV_OBJ_DRAIN).barrier().told();
}

const ProfileRow percpu_rows[] = {
	{"A21_MemoryOfEachCpuIsBytes_6_1", "pcpu_memcg_pre_alloc_hook(): obj_cgroup_charge(pcpu_obj_full_size())", k6,
	 [](Script &s) {
		 s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 13000).charge(kA, 4, SMCG_BY_OBJ).tries(kA, 64).refill(kA, 60);
		 s.put(SMCG_EV_OBJ_REFILL, kA, 0, 0, kObj, 3384).put(SMCG_EV_OBJ_DRAIN);
	 },
	 "obj_miss g2 n4 arg 0:13000\nbatch g2 n64\nrefill g2 n60 arg 0:60"},
	{"A21_WhatIsLeftServesObjects_6_1", "refill_obj_stock()", k6,
	 [](Script &s) { of_each_cpu(s), s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 3384).charge(kA, 1); },
	 "obj_hit g2 arg 0:3384\nstock_hit g2 n1"},
	{"A21_FreedItGivesWholePagesBack_6_1", "pcpu_memcg_free_hook(): obj_cgroup_uncharge()", k6,
	 [](Script &s) {
		 of_each_cpu(s);
		 s.put(SMCG_EV_OBJ_REFILL, kA, 0, 0, kObj, 13000, true).put(SMCG_EV_KMEM_UNCHARGE, kA, 4, SMCG_BY_OBJ, kObj);
		 s.refill(kA, 4, SMCG_BY_OBJ);
	 },
	 "kmem_uncharge g2 n4\nrefill g2 n4 arg 0:64"},
	{"A21_FreedItEmptiesTheStockOfBytes_5_10", "pcpu_memcg_free_hook(): obj_cgroup_uncharge()", k5,
	 [](Script &s) {
		 of_each_cpu(s);
		 s.put(SMCG_EV_OBJ_REFILL, kA, 0, 0, kObj, 13000, true).put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_REFILL, kA, 4, SMCG_BY_OBJ_DRAIN);
	 },
	 "refill g2 n4 arg 0:32"},
};

// A12: CPU 1 has bytes of C, and no pages.
void bytes_alone(Script &s)
{
	s.at(1, 51).limit(kC, SMCG_LIMIT_MAX, 1).put(SMCG_EV_OBJ_CHARGE, kC, 0, 0, kObj, 96).charge(kC, 1, SMCG_BY_OBJ);
	s.tries(kC, s.batch(), kC).tries(kC, 1).put(SMCG_EV_OBJ_REFILL, kC, 0, 0, kObj, 4000).put(SMCG_EV_OBJ_DRAIN);
	s.at(0).barrier().told();
}

// A charge of @over fails, and drains.
void drains(Script &s, unsigned over)
{
	s.limit(over, SMCG_LIMIT_MAX, 0).charge(over, 100).tries(over, 100, over).reclaim(over, 100, 0);
	s.put(SMCG_EV_DRAIN_ALL, over, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, 1);
	s.told();
	s.put(SMCG_EV_DRAIN_ALL_RET);
}

const ProfileRow drain_rows[] = {
	{"A12_ADrainFlushesBytes_5_10", "obj_stock_flush_required()", k5,
	 [](Script &s) { bytes_alone(s), drains(s, kC); }, "drain g4 arg 0:2"},
	{"A12_ADrainFlushesBytes_6_1", "obj_stock_flush_required()", k6,
	 [](Script &s) { bytes_alone(s), drains(s, kC); }, "drain g4 arg 0:2"},
	{"A17_BytesOfAGroupThatIsGoneAreItsParents_5_10", "memcg_reparent_objcgs()", k5,
	 [](Script &s) {
		 bytes_alone(s);
		 s.put(SMCG_EV_GROUP_OFFLINE, kC).put(SMCG_EV_GROUP_FREE, kC);
		 drains(s, kB);
	 },
	 "drain g3 arg 0:2"},
	{"A17_BytesOfAGroupThatIsGoneAreItsParents_6_12", "memcg_reparent_objcgs()", k12,
	 [](Script &s) {
		 bytes_alone(s);
		 s.put(SMCG_EV_GROUP_OFFLINE, kC).put(SMCG_EV_GROUP_FREE, kC);
		 drains(s, kB);
	 },
	 "drain g3 arg 0:2"},
};

// A16: a migrated page is charged anew, the old one until it is freed.
const ProfileRow migration_rows[] = {
	{"A16_MigrationChargesOneMore_4_18", "mem_cgroup_migrate()", k4,
	 [](Script &s) {
		 s.charge(kA, 32, SMCG_BY_FOLIO, 64).tries(kA, 32).barrier().told();
		 s.put(SMCG_EV_MIGRATE, kA, 32, SMCG_BY_MIGRATE, 64, 128);
		 s.put(SMCG_EV_COUNTER_CHARGE, kA, 32, SMCG_BY_MIGRATE);
	 },
	 "migrate g2 n32"},
	{"A16_MigrationChargesOneMore_5_10", "mem_cgroup_migrate()", k5,
	 [](Script &s) {
		 s.charge(kA, 32, SMCG_BY_FOLIO, 64).tries(kA, 32).barrier().told();
		 s.put(SMCG_EV_MIGRATE, kA, 32, SMCG_BY_MIGRATE, 64, 128);
		 s.put(SMCG_EV_COUNTER_CHARGE, kA, 32, SMCG_BY_MIGRATE);
	 },
	 "migrate g2 n32"},
};

class Profiles : public testing::TestWithParam<ProfileRow> {};

TEST_P(Profiles, Says)
{
	const ProfileRow &row = GetParam();
	Script s({.profile = row.profile});

	s.based().told();
	row.play(s);
	s.barrier();
	EXPECT_EQ(s.told(), row.says) << "checked against " << row.source;
	EXPECT_EQ(s.world.group(kA).ev_oom, row.oom);
	EXPECT_EQ(s.world.stats().errors, 0u);
	EXPECT_EQ(s.world.stats().unexplained, 0u);
	EXPECT_EQ(s.world.stats().adopted, row.adopted);
}

const auto row_of = [](const auto &info) { return std::string(info.param.name); };
INSTANTIATE_TEST_SUITE_P(PerCpu, Profiles, testing::ValuesIn(percpu_rows), row_of);
INSTANTIATE_TEST_SUITE_P(Stock, Profiles, testing::ValuesIn(stock_rows), row_of);
INSTANTIATE_TEST_SUITE_P(Force, Profiles, testing::ValuesIn(force_rows), row_of);
INSTANTIATE_TEST_SUITE_P(Budget, Profiles, testing::ValuesIn(budget_rows), row_of);
INSTANTIATE_TEST_SUITE_P(Drains, Profiles, testing::ValuesIn(drain_rows), row_of);
INSTANTIATE_TEST_SUITE_P(Bytes, Profiles, testing::ValuesIn(byte_rows), row_of);
INSTANTIATE_TEST_SUITE_P(Migration, Profiles, testing::ValuesIn(migration_rows), row_of);

}  // namespace
