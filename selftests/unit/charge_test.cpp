// SPDX-License-Identifier: GPL-2.0
// SPEC A2, A5-A10: the charge path, row by row.
#include "table.h"

namespace {

using namespace test;

// A2, A10: the stock of one CPU.
const Row stock_rows[] = {
	{"HitAfterMiss", "consume_stock(), seed 000",
	 [](Script &s) { s.fill(kA).charge(kA, 1).charge(kA, 2); },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nstock_hit g2 n1\nstock_hit g2 n2"},
	{"HitOfTheWholeStock", "consume_stock(): nr_pages >= nr",
	 [](Script &s) { s.fill(kA).charge(kA, 63).charge(kA, 1).tries(kA, 64).refill(kA, 63); },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nstock_hit g2 n63\nbatch g2 n64\nrefill g2 n63 arg 0:63"},
	{"OtherGroupMisses", "consume_stock(): memcg == cached",
	 [](Script &s) { s.fill(kA).charge(kB, 1).tries(kB, 64).refill(kB, 63).drained(kA, 63); },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nbatch g3 n64\nrefill g3 n63 over g2 arg 63:63"},
	{"AncestorIsAnotherGroup", "consume_stock(): no hierarchy",
	 [](Script &s) { s.fill(kA).charge(kC, 1).tries(kC, 64).refill(kC, 63).drained(kA, 63); },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nbatch g4 n64\nrefill g4 n63 over g2 arg 63:63"},
	{"LargerThanBatchBypasses", "consume_stock(): nr_pages > MEMCG_CHARGE_BATCH",
	 [](Script &s) { s.fill(kA).charge(kA, 65).tries(kA, 65); },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nexact g2 n65"},
	{"WholeBatchLeavesNothing", "try_charge_memcg(): batch > nr_pages",
	 [](Script &s) { s.charge(kA, 64).tries(kA, 64); }, "exact g2 n64"},
	{"OverfullIsDrainedWhole", "__refill_stock(): nr_pages > MEMCG_CHARGE_BATCH",
	 [](Script &s) { s.fill(kA).refill(kA, 2).drained(kA, 65); },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nrefill g2 n2 arg 65:0"},
	{"SixtyFourAreNotTooMany", "__refill_stock(): > and not >=",
	 [](Script &s) { s.fill(kA).refill(kA, 1); },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nrefill g2 n1 arg 0:64"},
	{"EmptyStockOfAnotherIsNotNamed", "drain_stock(): nr_pages == 0",
	 [](Script &s) { s.fill(kA).charge(kA, 63).charge(kB, 1).tries(kB, 64).refill(kB, 63); },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nstock_hit g2 n63\nbatch g3 n64\nrefill g3 n63 arg 0:63"},
	{"ForeignRefillEvicts", "A12: the stock is the host's",
	 [](Script &s) { s.fill(kA).refill(kForeign, 3).drained(kA, 63).charge(kA, 1).tries(kA, 64).refill(kA, 63); },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nrefill g8 n3 over g2 arg 63:3\nbatch g2 n64\nrefill g2 n63 arg 0:63"},
	{"EachCpuHasItsOwn", "this_cpu_ptr(&memcg_stock)",
	 [](Script &s) { s.fill(kA).at(1, 51).charge(kA, 1).tries(kA, 64).refill(kA, 63); },
	 "batch g2 n64\nbatch g2 n64\nrefill g2 n63 arg 0:63\nrefill g2 n63 arg 0:63"},
};
SMCG_TABLE(StockTable, stock_rows);

// A5, A3: which limit decides, and the second try.
const Row try_rows[] = {
	{"BatchFailsExactFits", "try_charge_memcg(): batch = nr_pages; goto retry",
	 [](Script &s) { s.limit(kA, SMCG_LIMIT_MAX, 10).charge(kA, 10).tries(kA, 64, kA).tries(kA, 10); },
	 "batch g2 n64 ENOMEM over g2\nexact g2 n10"},
	{"ParentIsOverIt", "page_counter_try_charge(): *fail = c",
	 [](Script &s) { s.limit(kA, SMCG_LIMIT_MAX, 63).charge(kC, 1).tries(kC, 64, kA).tries(kC, 1); },
	 "batch g4 n64 ENOMEM over g2\nexact g4 n1"},
	{"LowestLevelFirst", "page_counter_try_charge(): walks up",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 63).limit(kB, SMCG_LIMIT_MAX, 63);
		 s.charge(kC, 1).tries(kC, 64, kB).tries(kC, 1);
	 },
	 "batch g4 n64 ENOMEM over g3\nexact g4 n1"},
	{"ExactlyTheLimitFits", "page_counter_try_charge(): new > max",
	 [](Script &s) { s.limit(kA, SMCG_LIMIT_MAX, 64).charge(kA, 1).tries(kA, 64).refill(kA, 63); },
	 "batch g2 n64\nrefill g2 n63 arg 0:63"},
	{"StockIsAskedAgainBeforeTheExactTry", "retry: consume_stock()",
	 [](Script &s) {
		 // A softirq gives pages back between the two tries.
		 s.limit(kA, SMCG_LIMIT_MAX, 10).charge(kA, 1).tries(kA, 64, kA);
		 s.at(0, 50, SMCG_CTX_SOFTIRQ).refill(kA, 5).at(0).charge(kA, 4);
	 },
	 "batch g2 n64 ENOMEM over g2\nstock_hit g2 n1\nrefill g2 n5 arg 0:5\nstock_hit g2 n4"},
};
SMCG_TABLE(TryTable, try_rows);

void fail_exact(Script &s, unsigned nr)
{
	s.limit(kA, SMCG_LIMIT_MAX, 0).charge(kA, nr).tries(kA, std::max(64u, nr), kA);
	if (nr < 64)
		s.tries(kA, nr, kA);
}

// A round of reclaim that frees @got pages, a drain of stocks that hold nothing, and a try that fails all the same.
void drain_in_vain(Script &s, unsigned nr, unsigned got)
{
	s.reclaim(kA, nr, got).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE);
	s.put(SMCG_EV_DRAIN_ALL_RET).tries(kA, nr, kA);
}

// A6, A7: who is let through, who fails, and the max event.
const Row force_rows[] = {
	{"ReclaimerIsForced", "PF_MEMALLOC: goto force",
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING, SMCG_TASK_MEMALLOC);
		 fail_exact(s, 1);
		 s.put(SMCG_EV_COUNTER_CHARGE, kA, 1, SMCG_BY_CHARGE);
	 },
	 "batch g2 n64 ENOMEM over g2\nexact g2 n1 ENOMEM over g2\nmax_event g2\nforced g2 n1"},
	{"InOomFails", "task_in_memcg_oom(): goto nomem",
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING, SMCG_TASK_IN_OOM);
		 fail_exact(s, 1);
	 },
	 "batch g2 n64 ENOMEM over g2\nexact g2 n1 ENOMEM over g2\nnomem g2 n1 ENOMEM"},
	{"AtomicFails", "!gfpflags_allow_blocking(): goto nomem",
	 [](Script &s) {
		 s.with(0);
		 fail_exact(s, 2);
	 },
	 "batch g2 n64 ENOMEM over g2\nexact g2 n2 ENOMEM over g2\nnomem g2 n2 ENOMEM"},
	{"AtomicHighIsForced", "nomem: __GFP_HIGH",
	 [](Script &s) {
		 s.with(SMCG_GFP_HIGH);
		 fail_exact(s, 1);
		 s.put(SMCG_EV_COUNTER_CHARGE, kA, 1, SMCG_BY_CHARGE);
	 },
	 "batch g2 n64 ENOMEM over g2\nexact g2 n1 ENOMEM over g2\nmax_event g2\nforced g2 n1"},
	{"NofailIsForcedAtTheEndWithOneMaxEvent", "force: if (!raised_max_event)",
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING | SMCG_GFP_NOFAIL | SMCG_GFP_NORETRY);
		 fail_exact(s, 1);
		 drain_in_vain(s, 1, 0);
		 s.reclaim(kA, 1, 0);
		 s.put(SMCG_EV_COUNTER_CHARGE, kA, 1, SMCG_BY_CHARGE);
	 },
	 "batch g2 n64 ENOMEM over g2\nexact g2 n1 ENOMEM over g2\nmax_event g2\nreclaim g2 n1\n"
	 "drain g2\nexact g2 n1 ENOMEM over g2\nmax_event g2\nreclaim g2 n1\nforced g2 n1"},
	{"NoretryFailsAfterOneDrain", "gfp_mask & __GFP_NORETRY",
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING | SMCG_GFP_NORETRY);
		 fail_exact(s, 1);
		 drain_in_vain(s, 1, 5);
		 s.reclaim(kA, 1, 5);
	 },
	 "batch g2 n64 ENOMEM over g2\nexact g2 n1 ENOMEM over g2\nmax_event g2\nreclaim g2 n1\n"
	 "drain g2\nexact g2 n1 ENOMEM over g2\nmax_event g2\nreclaim g2 n1\nnomem g2 n1 ENOMEM"},
};
SMCG_TABLE(ForceTable, force_rows);

// A8, A9: the blocking path.
const Row slow_rows[] = {
	{"RoomAfterReclaim", "mem_cgroup_margin() >= nr_pages: goto retry",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 64).charge(kA, 64).tries(kA, 64);
		 s.charge(kA, 1).tries(kA, 64, kA).tries(kA, 1, kA);
		 s.put(SMCG_EV_RECLAIM, kA, 1, SMCG_BY_CHARGE).uncharge(kA, 32);
		 s.put(SMCG_EV_RECLAIM_RET, 0, 0, 0, 32).tries(kA, 1);
	 },
	 "exact g2 n64\nbatch g2 n64 ENOMEM over g2\nexact g2 n1 ENOMEM over g2\nmax_event g2\n"
	 "reclaim g2 n1\nuncharge g2 n32\nexact g2 n1"},
	{"ReclaimOfTheGroupOverItsLimit", "try_to_free_mem_cgroup_pages(mem_over_limit)",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 1).charge(kC, 2).tries(kC, 64, kA).tries(kC, 2, kA);
		 s.put(SMCG_EV_RECLAIM, kA, 2, SMCG_BY_CHARGE);
	 },
	 "batch g4 n64 ENOMEM over g2\nexact g4 n2 ENOMEM over g2\nmax_event g2\nreclaim g2 n2"},
	{"ProgressEarnsARoundUpToEightPages", "nr_reclaimed && nr_pages <= 8",
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING | SMCG_GFP_RETRY_MAYFAIL);
		 fail_exact(s, 8);
		 drain_in_vain(s, 8, 1);
		 for (int i = 0; i < 40; i++)
			 s.reclaim(kA, 8, 1).tries(kA, 8, kA);
		 s.told();
		 for (int i = 0; i < 16; i++)
			 s.reclaim(kA, 8, 0).tries(kA, 8, kA);
		 s.told();
		 s.reclaim(kA, 8, 0);
	 },
	 "reclaim g2 n8\nnomem g2 n8 ENOMEM"},
	{"NineEarnNone", "PAGE_ALLOC_COSTLY_ORDER",
	 [](Script &s) {
		 s.with(SMCG_GFP_BLOCKING | SMCG_GFP_RETRY_MAYFAIL);
		 fail_exact(s, 9);
		 drain_in_vain(s, 9, 1);
		 for (int i = 0; i < 16; i++)
			 s.reclaim(kA, 9, 1).tries(kA, 9, kA);
		 s.told();
		 s.reclaim(kA, 9, 1);
	 },
	 "reclaim g2 n9\nnomem g2 n9 ENOMEM"},
	{"OomThenAFreshBudget", "mem_cgroup_oom(): nr_retries = MAX_RECLAIM_RETRIES",
	 [](Script &s) {
		 fail_exact(s, 1);
		 drain_in_vain(s, 1, 0);
		 for (int i = 0; i < 16; i++)
			 s.reclaim(kA, 1, 0).tries(kA, 1, kA);
		 s.told();
		 s.reclaim(kA, 1, 0).put(SMCG_EV_OOM, kA, 0, SMCG_BY_CHARGE);
		 s.put(SMCG_EV_OOM_RET, 0, 0, 0, 1).tries(kA, 1, kA);
		 for (int i = 0; i < 16; i++)
			 s.reclaim(kA, 1, 0).tries(kA, 1, kA);
		 s.reclaim(kA, 1, 0);
		 s.said.erase(s.said.begin() + 3, s.said.end());
		 s.put(SMCG_EV_OOM, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_OOM_RET, 0, 0, 0, 0);
	 },
	 "reclaim g2 n1\noom g2\nexact g2 n1 ENOMEM over g2\noom g2\nnomem g2 n1 ENOMEM"},
	{"DyingAfterAnOomPassFails", "passed_oom && task_is_dying()",
	 [](Script &s) {
		 fail_exact(s, 1);
		 drain_in_vain(s, 1, 0);
		 for (int i = 0; i < 16; i++)
			 s.reclaim(kA, 1, 0).tries(kA, 1, kA);
		 s.reclaim(kA, 1, 0).put(SMCG_EV_OOM, kA, 0, SMCG_BY_CHARGE);
		 s.put(SMCG_EV_OOM_RET, 0, 0, 0, 1).tries(kA, 1, kA);
		 for (int i = 0; i < 16; i++)
			 s.reclaim(kA, 1, 0).tries(kA, 1, kA);
		 s.told();
		 s.with(SMCG_GFP_BLOCKING, SMCG_TASK_DYING).reclaim(kA, 1, 0);
	 },
	 "reclaim g2 n1\nnomem g2 n1 ENOMEM"},
	{"HighOrderNeverAsksTheKiller", "mem_cgroup_oom(): order > PAGE_ALLOC_COSTLY_ORDER",
	 [](Script &s) {
		 fail_exact(s, 16);
		 drain_in_vain(s, 16, 0);
		 for (int i = 0; i < 16; i++)
			 s.reclaim(kA, 16, 0).tries(kA, 16, kA);
		 s.told();
		 s.reclaim(kA, 16, 0);
	 },
	 "reclaim g2 n16\nnomem g2 n16 ENOMEM"},
	{"NestedChargeInReclaim", "a reclaimer charges: frames nest",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 0);
		 s.charge(kA, 64).tries(kA, 64, kA).put(SMCG_EV_RECLAIM, kA, 64, SMCG_BY_CHARGE);
		 s.with(SMCG_GFP_BLOCKING, SMCG_TASK_MEMALLOC);
		 s.charge(kB, 1, SMCG_BY_KMEM_PAGE).tries(kB, 64, kA).tries(kB, 1, kA);
		 s.put(SMCG_EV_COUNTER_CHARGE, kB, 1, SMCG_BY_CHARGE).with(SMCG_GFP_BLOCKING);
		 s.limit(kA, SMCG_LIMIT_MAX, 100).put(SMCG_EV_RECLAIM_RET).tries(kA, 64);
	 },
	 "exact g2 n64 ENOMEM over g2\nmax_event g2\nreclaim g2 n64\nbatch g3 n64 ENOMEM over g2\n"
	 "exact g3 n1 ENOMEM over g2\nmax_event g2\nforced g3 n1\nexact g2 n64"},
	{"MigratesDuringReclaim", "the CPU of an effect is the CPU of its event",
	 [](Script &s) {
		 fail_exact(s, 1);
		 s.put(SMCG_EV_RECLAIM, kA, 1, SMCG_BY_CHARGE).limit(kA, SMCG_LIMIT_MAX, 100);
		 s.at(1).put(SMCG_EV_RECLAIM_RET, 0, 0, 0, 3).tries(kA, 1);
	 },
	 "batch g2 n64 ENOMEM over g2\nexact g2 n1 ENOMEM over g2\nmax_event g2\nreclaim g2 n1\nexact g2 n1"},
};
SMCG_TABLE(SlowTable, slow_rows);

constexpr const char *kFailed = "batch g2 n64 ENOMEM over g2\nexact g2 n1 ENOMEM over g2\nmax_event g2\n"
				"reclaim g2 n1";

std::string failed_twice(const std::string &after)
{
	const std::string other = kFailed;
	return other + "\n" + other + (after.empty() ? "" : "\n") + after;
}

// Two CPUs are at the end of a reclaim for A: what each read of the drain's mutex is @first, @second.
void both_reclaimed(Script &s, unsigned first, unsigned second)
{
	s.at(0);
	fail_exact(s, 1);
	s.put(SMCG_EV_RECLAIM, kA, 1, SMCG_BY_CHARGE);
	s.at(1, 51);
	fail_exact(s, 1);
	s.put(SMCG_EV_RECLAIM, kA, 1, SMCG_BY_CHARGE).put(SMCG_EV_RECLAIM_RET, kA, 0, 0, 0, second);
	s.at(0).put(SMCG_EV_RECLAIM_RET, kA, 0, 0, 0, first);
}

Script &retried(Script &s, unsigned read = SMCG_MUTEX_UNTOLD)
{
	return s.put(SMCG_EV_TRY_ENTER, kA, 1, SMCG_BY_CHARGE, read).leave(kA, 1, kA);
}

struct Race {
	const char *name, *source;
	void (*play)(Script &s);
	const char *says;	// after both have reclaimed
};

class RaceTable : public testing::TestWithParam<Race> {};

// drain_all_stock(): mutex_trylock(). Of two that race for it one decision is doubtful, at most.
const Race race_rows[] = {
	{"WhoDrainsIsNotDoubtful", "the other has not shown its way",
	 [](Script &s) {
		 both_reclaimed(s, SMCG_MUTEX_FREE, SMCG_MUTEX_FREE);
		 s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_ALL_RET);
	 },
	 "drain g2"},
	{"WhoDidNotGetItIs", "it may have come too early or too late",
	 [](Script &s) {
		 both_reclaimed(s, SMCG_MUTEX_FREE, SMCG_MUTEX_FREE);
		 s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE);
		 retried(s.at(1, 51));
	 },
	 "exact g2 n1 ENOMEM over g2 ambiguous\nmax_event g2"},
	{"HeldAllTheWhile", "read at both ends",
	 [](Script &s) {
		 both_reclaimed(s, SMCG_MUTEX_FREE, SMCG_MUTEX_HELD);
		 s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE);
		 retried(s.at(1, 51), SMCG_MUTEX_HELD);
	 },
	 "exact g2 n1 ENOMEM over g2\nmax_event g2"},
	{"LetGoInBetween", "held at the begin only",
	 [](Script &s) {
		 both_reclaimed(s, SMCG_MUTEX_FREE, SMCG_MUTEX_HELD);
		 s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE);
		 retried(s.at(1, 51), SMCG_MUTEX_FREE);
	 },
	 "exact g2 n1 ENOMEM over g2 ambiguous\nmax_event g2"},
};

TEST_P(RaceTable, Says)
{
	test::World::Setup setup;
	setup.cpus = 3;
	Script s(setup);
	s.based();
	GetParam().play(s);
	EXPECT_EQ(s.told(), failed_twice(GetParam().says)) << GetParam().source;
}
INSTANTIATE_TEST_SUITE_P(Row, RaceTable, testing::ValuesIn(race_rows),
			 [](const auto &info) { return std::string(info.param.name); });

TEST(DrainMutex, FreeBeforeTheReturnOfADrainIsSeen)  // drain_all_stock(): mutex_unlock() is its last act
{
	for (unsigned read : {SMCG_MUTEX_UNTOLD, SMCG_MUTEX_FREE, SMCG_MUTEX_HELD}) {
		Script s;
		s.based();
		fail_exact(s, 1);
		s.reclaim(kA, 1, 0).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).at(1, 51);
		fail_exact(s, 1);
		s.put(SMCG_EV_RECLAIM, kA, 1, SMCG_BY_CHARGE).put(SMCG_EV_RECLAIM_RET, kA, 0, 0, 0, read);
		s.told();
		s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_ALL_RET);
		EXPECT_EQ(s.told(), read == SMCG_MUTEX_FREE ? "drain g2" : "drain g2 ambiguous") << read;
	}
}

TEST(Margin, ReadAtTheEndOfTheReclaim)  // mem_cgroup_margin()
{
	for (unsigned read : {0u, 64u, 7777u}) {
		Script s;
		s.based().charge(kA, 64).tries(kA, 64).limit(kA, SMCG_LIMIT_MAX, 64);
		s.charge(kA, 1).tries(kA, 64, kA).tries(kA, 1, kA).put(SMCG_EV_RECLAIM, kA, 1, SMCG_BY_CHARGE);
		s.at(1, 51).uncharge(kA, 64).at(0).told();
		s.reads(read).put(SMCG_EV_RECLAIM_RET, kA, 0, 0, 64).at(1, 51).put(SMCG_EV_FREE, 0, 0, 0, 5);
		s.at(0).tries(kA, 1);
		EXPECT_EQ(s.told(), read ? "exact g2 n1 ambiguous" : "exact g2 n1") << read;
	}
}

// What reality shows against the decision is adopted, and counted.
TEST(Adopted, WrongOutcomesKeepTheDecision)
{
	Script s;
	s.based().limit(kA, SMCG_LIMIT_MAX, 10);
	s.charge(kA, 1).tries(kA, 64).refill(kA, 63).barrier();
	EXPECT_EQ(s.told(), "batch g2 n64 ENOMEM over g2 adopted\nrefill g2 n63 arg 0:63");
	EXPECT_EQ(s.memory(kA), 64u);
	EXPECT_EQ(s.world.group(kA).memory_adopted, 64);
	EXPECT_EQ(s.world.stats().adopted, 1u);
}

TEST(Adopted, HitThatWasNone)
{
	Script s;
	s.based().fill(kA).barrier().told();
	s.charge(kA, 1).tries(kA, 64).refill(kA, 63).barrier();
	EXPECT_EQ(s.told().substr(0, 22), "stock_hit g2 n1 adopte");
}

TEST(Adopted, WithoutACauseIsUnexplained)
{
	Script s;
	s.based().put(SMCG_EV_COUNTER_CHARGE, kA, 7, SMCG_BY_OTHER).barrier();
	EXPECT_EQ(s.world.stats().unexplained, 1u);
	EXPECT_EQ(s.memory(kA), 7u);
	EXPECT_EQ(s.world.group(kA).memory_adopted, 7);
	s.put(SMCG_EV_COUNTER_CHARGE, kCounted, 7, SMCG_BY_OTHER);
	EXPECT_EQ(s.world.stats().unexplained, 1u) << "counted groups are facts from outside";
	EXPECT_EQ(s.world.group(kCounted).memory_adopted, 0);
}

TEST(Events, MaxIsHierarchicalAndLocal)	 // memcg_memory_event()
{
	Script s;
	s.based().with(SMCG_GFP_HIGH).limit(kB, SMCG_LIMIT_MAX, 0);
	s.charge(kC, 1).tries(kC, 64, kB).tries(kC, 1, kB);
	s.put(SMCG_EV_COUNTER_CHARGE, kC, 1, SMCG_BY_CHARGE);
	EXPECT_EQ(s.world.group(kC).ev_max, 0u);
	EXPECT_EQ(s.world.group(kB).ev_max, 1u);
	EXPECT_EQ(s.world.group(kB).ev_local_max, 1u);
	EXPECT_EQ(s.world.group(kA).ev_max, 1u);
	EXPECT_EQ(s.world.group(kA).ev_local_max, 0u);
}

}  // namespace
