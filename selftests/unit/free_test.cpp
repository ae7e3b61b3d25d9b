// SPDX-License-Identifier: GPL-2.0
//
// A world that lives with its own decisions, under the rules of each generation: what would that
// kernel have done with what happened?  A row is named after its row of the specification.
#include "table.h"

namespace {

using namespace test;

constexpr std::uint64_t kObj = 500;
constexpr smcg_profile k4 = SMCG_PROFILE_4_18, k5 = SMCG_PROFILE_5_10, k6 = SMCG_PROFILE_6_1,
		       k12 = SMCG_PROFILE_6_12;

struct FreeRow {
	const char *name, *source;
	smcg_profile profile;
	void (*play)(Script &);
	const char *says;
	std::uint64_t memory;	// of A, in the end
	unsigned oom = 0;
};

// A dies, as its slow path tells, and then wants more than its limit.
void dying(Script &s)
{
	s.limit(kA, SMCG_LIMIT_MAX, 0).with(SMCG_GFP_BLOCKING | SMCG_GFP_NORETRY, SMCG_TASK_DYING);
	s.put(SMCG_EV_TRY_RET, kA, 64, SMCG_BY_CHARGE).with(SMCG_GFP_BLOCKING | SMCG_GFP_NORETRY).charge(kA, 64);
}

void socket_without_room(Script &s)
{
	s.limit(kA, SMCG_LIMIT_MAX, 0).with(0).charge(kA, 64, SMCG_BY_SOCK).tries(kA, 64, kA);
	s.with(SMCG_GFP_NOFAIL).charge(kA, 64, SMCG_BY_SOCK).tries(kA, 64, kA);
	s.put(SMCG_EV_COUNTER_CHARGE, kA, 64, SMCG_BY_CHARGE);
}

void objects(Script &s)
{
	for (unsigned bytes : {3000u, 1000u, 200u, 9000u})
		s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, bytes);
	s.put(SMCG_EV_OBJ_STATE, kA, 0, 0, kObj);
	s.put(SMCG_EV_OBJ_REFILL, kA, 0, 0, kObj, 9000, true).put(SMCG_EV_OBJ_REFILL, kA, 0, 0, kObj, 200, true);
}

void migrated(Script &s, unsigned caller)
{
	s.charge(kA, 64, SMCG_BY_FOLIO, 64).told();
	s.put(SMCG_EV_MIGRATE, kA, 64, caller, 64, 128);
}

// CPU 1 holds pages, and bytes of a page, as it dies.
void cpu_dies(Script &s)
{
	s.at(1, 51).put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 96).at(0).told();
	s.put(SMCG_EV_CPU_DEAD, 0, 0, 0, 1).put(SMCG_EV_OBJ_REFILL, kA, 0, 0, kObj, 1, true);
	s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 4000);
}

const FreeRow rows[] = {
	{"A2_Batch_4_18", "CHARGE_BATCH, seed 001", k4, [](Script &s) { s.charge(kA, 1).charge(kA, 31).charge(kA, 33); },
	 "batch g2 n32\nrefill g2 n31 arg 0:31\nstock_hit g2 n31\nexact g2 n33", 65},
	{"A6_DyingIsForced_4_18", "try_charge(), seed 001", k4, dying, "exact g2 n64 ENOMEM over g2\nforced g2 n64", 64},
	{"A6_DyingReclaims_6_1", "try_charge_memcg()", k6, dying,
	 "exact g2 n64 ENOMEM over g2\nmax_event g2\nreclaim g2 n64\ndrain g2\nexact g2 n64 ENOMEM over g2\n"
	 "max_event g2\nreclaim g2 n64\nnomem g2 n64 ENOMEM", 0},
	{"A6_AtomicFails_4_18", "try_charge(), seed 001", k4,
	 [](Script &s) { s.limit(kA, SMCG_LIMIT_MAX, 0).with(SMCG_GFP_ATOMIC | SMCG_GFP_HIGH).charge(kA, 64); },
	 "exact g2 n64 ENOMEM over g2\nnomem g2 n64 ENOMEM", 0},
	{"A6_AtomicIsForced_5_10", "try_charge(): __GFP_ATOMIC", k5,
	 [](Script &s) { s.limit(kA, SMCG_LIMIT_MAX, 0).with(SMCG_GFP_ATOMIC | SMCG_GFP_HIGH).charge(kA, 64); },
	 "exact g2 n64 ENOMEM over g2\nforced g2 n64", 64},
	{"A6_HighIsForcedWithAnEvent_6_1", "try_charge_memcg(): raised_max_event", k6,
	 [](Script &s) { s.limit(kA, SMCG_LIMIT_MAX, 0).with(SMCG_GFP_ATOMIC | SMCG_GFP_HIGH).charge(kA, 64); },
	 "exact g2 n64 ENOMEM over g2\nmax_event g2\nforced g2 n64", 64},
	{"A7_OomIsNotedAndSettledLater_4_18", "mem_cgroup_oom_synchronize(), seed 001", k4,
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 0).charge(kA, 8, SMCG_BY_KMEM_PAGE).charge(kA, 8).told();
		 s.limit(kA, SMCG_LIMIT_MAX, 100).charge(kA, 32);
	 },
	 "oom g2 n3\nexact g2 n32", 32, 2},
	{"A8_NofailBeforeTheKiller_5_10", "try_charge(): __GFP_NOFAIL", k5,
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 0).with(SMCG_GFP_BLOCKING | SMCG_GFP_NOFAIL).charge(kA, 64);
		 s.said.erase(s.said.begin(), s.said.end() - 2);
	 },
	 "reclaim g2 n64\nforced g2 n64", 64},
	{"A8_NofailAfterTheKiller_6_1", "try_charge_memcg(): nomem", k6,
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 0).with(SMCG_GFP_BLOCKING | SMCG_GFP_NOFAIL).charge(kA, 8);
		 s.said.erase(s.said.begin(), s.said.end() - 3);
	 },
	 "reclaim g2 n8\noom g2 n3\nforced g2 n8", 8, 1},
	{"A11_HighOfEveryLevel_6_1", "try_charge_memcg(): its end, reclaim_high()", k6,
	 [](Script &s) {
		 s.charge(kA, 32, SMCG_BY_FOLIO, 7).charge(kB, 64, SMCG_BY_FOLIO, 8).told();
		 s.limit(kA, SMCG_LIMIT_HIGH, 100).charge(kB, 64, SMCG_BY_FOLIO, 9);
	 },
	 "exact g3 n64\nhigh_event g2 n64", 96},
	{"A12_OfflineDrainsItsStocks_5_10", "mem_cgroup_css_offline(): drain_all_stock()", k5,
	 [](Script &s) { s.charge(kB, 1).put(SMCG_EV_GROUP_OFFLINE, kB).told(); }, "", 1},
	{"A12_OfflineKeepsItsStocks_4_18", "mem_cgroup_css_offline()", k4,
	 [](Script &s) { s.charge(kB, 1).put(SMCG_EV_GROUP_OFFLINE, kB).told(); }, "", 32},
	{"A12_DeadCpuKeepsItsBytes_5_10", "memcg_hotplug_cpu_dead()", k5, cpu_dies,
	 "obj_miss g2 n1 arg 0:4000\nbatch g2 n32\nrefill g2 n31 arg 0:31", 33},
	{"A12_DeadCpuPutsItsBytesBack_6_12", "memcg_hotplug_cpu_dead()", k12, cpu_dies, "obj_hit g2 arg 0:4000", 1},
	{"A12_DeadCpuHasNoBytes_4_18", "memcg_hotplug_cpu_dead()", k4, cpu_dies, "", 1},
	{"A13_CancelledCommit_4_18", "mem_cgroup_cancel_charge(), seed 001", k4,
	 [](Script &s) {
		 s.charge(kA, 32, SMCG_BY_FOLIO, 7).told();
		 s.put(SMCG_EV_COUNTER_UNCHARGE, kA, 32, SMCG_BY_UNCHARGE).put(SMCG_EV_FREE, 0, 5, 0, 7);
	 },
	 "cancel g2 n32", 0},
	{"A13_CommittedByWhatItsTaskDoesNext_4_18", "mem_cgroup_commit_charge(), seed 001", k4,
	 [](Script &s) {
		 s.charge(kA, 32, SMCG_BY_FOLIO, 7).charge(kA, 32, SMCG_BY_FOLIO, 39).told();
		 s.put(SMCG_EV_FREE, 0, 5, 0, 7).put(SMCG_EV_FREE, 0, 5, 0, 39);
	 },
	 "uncharge g2 n32\ncancel g2 n32", 0},
	{"A13_OneStepHasNoCancel_5_10", "mem_cgroup_charge()", k5,
	 [](Script &s) { s.charge(kA, 32, SMCG_BY_FOLIO, 7).told().clear(), s.put(SMCG_EV_FREE, 0, 5, 0, 7); },
	 "uncharge g2 n32", 0},
	// 3000, 4000 and 4200 bytes are 1, 1 and 2 pages; 13200 are 4; then back to 2 and 1.
	{"A14_ObjectsFillPages_4_18", "memcg_kmem_charge_memcg(), memcg_kmem_uncharge()", k4, objects,
	 "batch g2 n32\nrefill g2 n31 arg 0:31\nstock_hit g2 n1\nstock_hit g2 n2\n"
	 "kmem_uncharge g2 n2\nkmem_uncharge g2 n1", 29},
	{"A14_BytesBeyondAPageLeaveNoOwner_5_10", "refill_obj_stock()", k5, objects,
	 "obj_miss g2 n1 arg 0:3000\nbatch g2 n32\nrefill g2 n31 arg 0:31\nobj_hit g2 arg 0:1000\n"
	 "obj_miss g2 n1 arg 0:200\nstock_hit g2 n1\nobj_miss g2 n3 arg 0:9000\nstock_hit g2 n3\n"
	 "refill g2 n1 arg 0:28\nrefill g2 n2 arg 0:30\nrefill g2 n1 arg 0:31", 32},
	{"A14_BytesBeyondAPageLeaveTheRest_6_1", "refill_obj_stock()", k6, objects,
	 "obj_miss g2 n1 arg 0:3000\nbatch g2 n64\nrefill g2 n63 arg 0:63\nobj_hit g2 arg 0:1000\n"
	 "obj_miss g2 n1 arg 0:200\nstock_hit g2 n1\nobj_miss g2 n3 arg 0:9000\nstock_hit g2 n3\n"
	 "kmem_uncharge g2 n3\nrefill g2 n3 arg 0:62\nkmem_uncharge g2 n1\nrefill g2 n1 arg 0:63", 64},
	{"A14_BytesOfAnotherObjectGroupAreNotTaken_6_1", "consume_obj_stock()", k6,
	 [](Script &s) { s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 96).put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj + 1, 96); },
	 "obj_miss g2 n1 arg 0:96\nbatch g2 n64\nrefill g2 n63 arg 0:63\nobj_miss g2 n1 arg 0:96\nstock_hit g2 n1", 64},
	{"A14_KernelPagesGoToTheCounters_4_18", "memcg_kmem_uncharge()", k4,
	 [](Script &s) { s.charge(kA, 2, SMCG_BY_KMEM_PAGE).told().clear(), s.put(SMCG_EV_KMEM_UNCHARGE, kA, 2); },
	 "kmem_uncharge g2 n2", 30},
	{"A14_KernelPagesGoToTheStock_5_10", "__memcg_kmem_uncharge(): refill_stock()", k5,
	 [](Script &s) { s.charge(kA, 2, SMCG_BY_KMEM_PAGE).told().clear(), s.put(SMCG_EV_KMEM_UNCHARGE, kA, 2); },
	 "refill g2 n2 arg 0:32", 32},
	{"A14_SocketsTakeItByForce_4_18", "mem_cgroup_charge_skmem()", k4, socket_without_room,
	 // What reality refused at first is given back, which an overfull stock does at once.
	 "exact g2 n64 ENOMEM over g2\nnomem g2 n64 ENOMEM\nexact g2 n64 ENOMEM over g2\nforced g2 n64\n"
	 "refill g2 n64 arg 64:0\nexact g2 n64 ENOMEM over g2\nforced g2 n64", 64},
	{"A14_SocketsAskAgain_6_1", "mem_cgroup_charge_skmem()", k6, socket_without_room,
	 "exact g2 n64 ENOMEM over g2\nnomem g2 n64 ENOMEM\nexact g2 n64 ENOMEM over g2\nmax_event g2\nforced g2 n64", 64},
	{"A16_MigrationChargesOneMore_4_18", "mem_cgroup_migrate()", k4,
	 [](Script &s) { migrated(s, SMCG_BY_MIGRATE), s.put(SMCG_EV_FREE, 0, 6, 0, 64); },
	 "migrate g2 n64\nuncharge g2 n64", 64},
	{"A16_MigrationTakesItAlong_6_12", "mem_cgroup_migrate()", k12,
	 [](Script &s) { migrated(s, SMCG_BY_MIGRATE), s.put(SMCG_EV_FREE, 0, 6, 0, 64); }, "migrate g2 n64 arg 0:1", 64},
	{"A16_ReplacementChargesOneMore_6_12", "mem_cgroup_replace_folio()", k12,
	 [](Script &s) { migrated(s, SMCG_BY_OTHER), s.put(SMCG_EV_FREE, 0, 6, 0, 64); },
	 "migrate g2 n64\nuncharge g2 n64", 64},
	{"A21_HugetlbIsNotCharged_6_1", "no mem_cgroup_hugetlb_try_charge()", k6,
	 [](Script &s) {
		 s.charge(kA, 512, SMCG_BY_HUGETLB).put(SMCG_EV_COUNTER_UNCHARGE, kA, 512, SMCG_BY_HUGETLB);
	 },
	 "", 0},
	{"A21_HugetlbIsTakenBack_6_12", "mem_cgroup_cancel_charge()", k12,
	 [](Script &s) {
		 s.charge(kA, 512, SMCG_BY_HUGETLB).put(SMCG_EV_COUNTER_UNCHARGE, kA, 512, SMCG_BY_HUGETLB);
	 },
	 "exact g2 n512", 0},
	{"A21_HugetlbGoesBackToItsPool_6_12", "free_huge_folio(): mem_cgroup_uncharge()", k12,
	 [](Script &s) {
		 s.charge(kA, 512, SMCG_BY_HUGETLB).tries(kA, 512).put(SMCG_EV_HUGETLB_FREE, kA, 512, 0, 1024).uncharge(kA, 512);
	 },
	 "exact g2 n512\nuncharge g2 n512", 0},
	{"A21_HugetlbThatWasNotChargedIsNotGivenBack_6_1", "no mem_cgroup_hugetlb_try_charge()", k6,
	 [](Script &s) {
		 s.charge(kA, 1).told();
		 s.charge(kA, 512, SMCG_BY_HUGETLB).tries(kA, 512).put(SMCG_EV_HUGETLB_FREE, kA, 512, 0, 1024).uncharge(kA, 512);
	 },
	 "", 64},
	{"A21_HugetlbThatThisWorldRefused_6_12", "mem_cgroup_hugetlb_try_charge(): -ENOMEM", k12,
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 500).with(SMCG_GFP_BLOCKING | SMCG_GFP_NORETRY);
		 s.charge(kA, 512, SMCG_BY_HUGETLB).tries(kA, 512).told();
		 s.limit(kA, SMCG_LIMIT_MAX, SMCG_NO_LIMIT).charge(kA, 100).put(SMCG_EV_HUGETLB_FREE, kA, 512, 0, 1024);
	 },
	 "exact g2 n100", 100},
	{"A21_HugetlbThatThisWorldRefusedAndNobodyHad_6_12", "mem_cgroup_cancel_charge()", k12,
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 500).with(SMCG_GFP_BLOCKING | SMCG_GFP_NORETRY);
		 s.charge(kA, 512, SMCG_BY_HUGETLB).tries(kA, 512).told();
		 s.put(SMCG_EV_COUNTER_UNCHARGE, kA, 512, SMCG_BY_HUGETLB).limit(kA, SMCG_LIMIT_MAX, SMCG_NO_LIMIT).charge(kA, 100);
	 },
	 "exact g2 n100", 100},
	{"A21_HugetlbThatRealityRefused_6_12", "mem_cgroup_hugetlb_try_charge(): -ENOMEM", k12,
	 [](Script &s) { s.charge(kA, 512, SMCG_BY_HUGETLB).tries(kA, 512, kA).charge(kA, 100); },
	 "exact g2 n512\nrefill g2 n512 arg 512:0\nexact g2 n100", 100},
};

class FreeTable : public testing::TestWithParam<FreeRow> {};

TEST_P(FreeTable, Says)
{
	const FreeRow &row = GetParam();
	Script s({.mode = SMCG_MODE_FREE, .profile = row.profile});

	s.based().told();
	row.play(s);
	EXPECT_EQ(s.told(), row.says) << "checked against " << row.source;
	EXPECT_EQ(s.memory(kA), row.memory);
	EXPECT_EQ(s.world.group(kA).ev_oom, row.oom);
	EXPECT_EQ(s.world.stats().errors, 0u);
}

INSTANTIATE_TEST_SUITE_P(Row, FreeTable, testing::ValuesIn(rows), [](const auto &info) { return std::string(info.param.name); });

// What has no page frame number is balanced by what reality did: see free_ask.c.
TEST(FreeWorld, A14_WhatRealityRefusedIsTakenBack)
{
	for (const smcg_profile profile : {k4, k5, k6, k12}) {
		Script s({.mode = SMCG_MODE_FREE, .profile = profile});
		s.based().with(0).charge(kA, 64, SMCG_BY_SOCK).tries(kA, 64, kA).charge(kA, 64, SMCG_BY_FOLIO, 64);
		EXPECT_EQ(s.world.group(kA).memory, 64u) << profile;
		s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 40960).charge(kA, 10, SMCG_BY_OBJ).tries(kA, 64, kA).tries(kA, 10, kA);
		s.put(SMCG_EV_FREE, 0, 6, 0, 64).put(SMCG_EV_FREE, 0, 6, 0, 64);
		EXPECT_EQ(s.world.group(kA).memory - s.world.group(kA).stocked, 0u) << profile;
		EXPECT_EQ(s.world.group(kA).kmem, 0u) << profile;
	}
}

TEST(FreeWorld, A14_WhatThisWorldRefusedIsOwed)
{
	for (const smcg_profile profile : {k4, k5, k6, k12}) {
		Script s({.mode = SMCG_MODE_FREE, .profile = profile});
		s.based().charge(kA, 64, SMCG_BY_FOLIO, 64).limit(kA, SMCG_LIMIT_MAX, 0);
		s.with(SMCG_GFP_BLOCKING | SMCG_GFP_NORETRY).limit(kA, SMCG_LIMIT_MAX, 1);
		s.with(0).charge(kA, 64, SMCG_BY_KMEM_PAGE).tries(kA, 64);
		s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 409600).charge(kA, 100, SMCG_BY_OBJ).tries(kA, 100);
		s.put(SMCG_EV_KMEM_UNCHARGE, kA, 64).put(SMCG_EV_OBJ_REFILL, kA, 0, 0, kObj, 409600, true);
		EXPECT_EQ(s.world.group(kA).memory, 64u) << profile;
		EXPECT_EQ(s.world.group(kA).kmem, 0u) << profile;
	}
}

// Before 5.9 the objects of a dead group stay with it, and are given back there.
TEST(FreeWorld, A17_ObjectsStayWithADeadGroup_4_18)
{
	for (const smcg_profile profile : {k4, k5}) {
		Script s({.mode = SMCG_MODE_FREE, .profile = profile});
		s.based().put(SMCG_EV_OBJ_CHARGE, kC, 0, 0, kObj, 8192).put(SMCG_EV_GROUP_OFFLINE, kC).told();
		s.put(SMCG_EV_OBJ_REFILL, kB, 0, 0, kObj, 8192, true);
		EXPECT_EQ(s.told(), profile == k4 ? "kmem_uncharge g4 n2" : "refill g3 n2 arg 0:2");
		EXPECT_EQ(s.world.group(kC).kmem, profile == k4 ? 0u : 2u);
	}
}

// A kernel that takes the charge along does not tell that the old folio was freed.
TEST(FreeWorld, A16_AStreamWithoutTheOldFoliosFree)
{
	Script s({.mode = SMCG_MODE_FREE, .profile = k4, .stream = k12 + 1u});
	s.based();
	migrated(s, SMCG_BY_MIGRATE);
	EXPECT_EQ(s.told(), "migrate g2 n64\nuncharge g2 n64");
	EXPECT_EQ(s.memory(kA), 64u);
	EXPECT_EQ(s.world.group(kA).frames, 1u);
	s.put(SMCG_EV_FREE, 0, 6, 0, 128);
	EXPECT_EQ(s.memory(kA), 0u);
}

TEST(FreeWorld, AMissedFreeIsMadeUpForWhenThePageComesBack)
{
	Script s({.mode = SMCG_MODE_FREE});
	s.based().charge(kA, 64, SMCG_BY_FOLIO, 64).charge(kB, 64, SMCG_BY_FOLIO, 64);
	EXPECT_EQ(s.memory(kA), 64u);
	EXPECT_EQ(s.world.group(kA).frames + s.world.group(kB).frames, 1u);
}

}  // namespace
