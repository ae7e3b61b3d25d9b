// SPDX-License-Identifier: GPL-2.0
// "Generations" in MODEL.md: what the same stream means under the rules of each kernel.
#include "table.h"

namespace {

using namespace test;

constexpr std::uint64_t kObj = 500;

// A victim whose memory the reaper has given up on meets its limit.
void reaped(Script &s, unsigned gfp)
{
	s.limit(kA, SMCG_LIMIT_MAX, 0).with(gfp, SMCG_TASK_DYING | SMCG_TASK_REAPED);
	s.charge(kA, 1).tries(kA, 64, kA).tries(kA, 1, kA);
}

void migrated(Script &s, unsigned caller)
{
	s.charge(kA, 1, SMCG_BY_FOLIO, 7).tries(kA, 64).refill(kA, 63).barrier().told();
	s.put(SMCG_EV_MIGRATE, kA, 1, caller, 7, 9);
}

// CPU 1 has 63 pages, and of a page of bytes all but the 96 that an object has.
void stock_of_cpu_1(Script &s)
{
	s.at(1, 51).put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 96).charge(kA, 1, SMCG_BY_OBJ);
	s.tries(kA, 64).refill(kA, 63).put(SMCG_EV_OBJ_REFILL, kA, 0, 0, kObj, 4000, false);
	s.put(SMCG_EV_OBJ_DRAIN).at(0).barrier().told();
}

// The object on another CPU finds what the dead one left.
void next_object(Script &s)
{
	s.put(SMCG_EV_OBJ_STATE, kA, 0, 0, kObj).put(SMCG_EV_OBJ_DRAIN);
	s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, kObj, 4000).barrier();
}

struct GenerationRow {
	const char *name;
	const char *source;
	smcg_profile profile;
	void (*play)(Script &);
	const char *says;
	std::uint64_t memory;	// of A, in the end
};

const GenerationRow rows[] = {
	{"A16_MigrationChargesOneMore_6_1", "mem_cgroup_migrate()", SMCG_PROFILE_6_1,
	 [](Script &s) {
		 migrated(s, SMCG_BY_MIGRATE);
		 s.put(SMCG_EV_COUNTER_CHARGE, kA, 1, SMCG_BY_MIGRATE).put(SMCG_EV_FREE, 0, 0, 0, 7);
	 },
	 "migrate g2 n1", 65},
	{"A16_MigrationTakesItAlong_6_12", "mem_cgroup_migrate(): memcg_data", SMCG_PROFILE_6_12,
	 [](Script &s) { migrated(s, SMCG_BY_MIGRATE); }, "migrate g2 n1 arg 0:1", 64},
	{"A16_ReplacementChargesOneMore_6_12", "mem_cgroup_replace_folio()", SMCG_PROFILE_6_12,
	 [](Script &s) {
		 migrated(s, SMCG_BY_OTHER);
		 s.put(SMCG_EV_COUNTER_CHARGE, kA, 1, SMCG_BY_MIGRATE).put(SMCG_EV_FREE, 0, 0, 0, 7);
	 },
	 "migrate g2 n1", 65},
	{"A7_ReapedVictimReclaims_6_1", "try_charge_memcg()", SMCG_PROFILE_6_1,
	 [](Script &s) {
		 reaped(s, SMCG_GFP_BLOCKING);
		 s.put(SMCG_EV_RECLAIM, kA, 1, SMCG_BY_CHARGE);
	 },
	 "batch g2 n64 ENOMEM over g2\nexact g2 n1 ENOMEM over g2\nmax_event g2\nreclaim g2 n1", 0},
	{"A7_ReapedVictimFails_6_12", "try_charge_memcg(): MMF_OOM_SKIP", SMCG_PROFILE_6_12,
	 [](Script &s) { reaped(s, SMCG_GFP_BLOCKING); },
	 "batch g2 n64 ENOMEM over g2\nexact g2 n1 ENOMEM over g2\nnomem g2 n1 ENOMEM", 0},
	{"A7_ReapedVictimIsForced_6_12", "nomem: __GFP_NOFAIL", SMCG_PROFILE_6_12,
	 [](Script &s) {
		 reaped(s, SMCG_GFP_BLOCKING | SMCG_GFP_NOFAIL);
		 s.put(SMCG_EV_COUNTER_CHARGE, kA, 1, SMCG_BY_CHARGE);
	 },
	 "batch g2 n64 ENOMEM over g2\nexact g2 n1 ENOMEM over g2\nmax_event g2\nforced g2 n1", 1},
	{"A12_DeadCpuKeepsItsBytes_6_1", "memcg_hotplug_cpu_dead()", SMCG_PROFILE_6_1,
	 [](Script &s) {
		 stock_of_cpu_1(s);
		 s.put(SMCG_EV_CPU_DEAD, 0, 0, 0, 1).put(SMCG_EV_COUNTER_UNCHARGE, kA, 63, SMCG_BY_CPU_DEAD);
		 next_object(s);
		 s.charge(kA, 1, SMCG_BY_OBJ).tries(kA, 64).refill(kA, 63);
	 },
	 "obj_miss g2 n1 arg 0:4000\nbatch g2 n64\nrefill g2 n63 arg 0:63", 65},
	{"A12_DeadCpuPutsItsBytesBack_6_12", "memcg_hotplug_cpu_dead(): drain_obj_stock()", SMCG_PROFILE_6_12,
	 [](Script &s) {
		 stock_of_cpu_1(s);
		 s.put(SMCG_EV_CPU_DEAD, 0, 0, 0, 1).put(SMCG_EV_OBJ_DRAIN, 0, 0, SMCG_BY_CPU_DEAD);
		 s.drained(kA, 63);
		 next_object(s);
	 },
	 "obj_hit g2 arg 0:4000", 1},
	{"A21_HugetlbIsTakenBack_6_12", "mem_cgroup_cancel_charge()", SMCG_PROFILE_6_12,
	 [](Script &s) {
		 s.charge(kA, 512, SMCG_BY_HUGETLB).tries(kA, 512);
		 s.put(SMCG_EV_COUNTER_UNCHARGE, kA, 512, SMCG_BY_HUGETLB);
	 },
	 "exact g2 n512", 0},
};

class GenerationTable : public testing::TestWithParam<GenerationRow> {};

TEST_P(GenerationTable, Says)
{
	const GenerationRow &row = GetParam();
	Script s({.profile = row.profile});

	s.based().told();
	row.play(s);
	s.barrier();
	EXPECT_EQ(s.told(), row.says) << "checked against " << row.source;
	EXPECT_EQ(s.memory(kA), row.memory);
	EXPECT_EQ(s.world.group(kA).memory_adopted, 0);
	EXPECT_EQ(s.world.stats().unexplained, 0u);
	EXPECT_EQ(s.world.stats().frames_unknown, 0u);
	EXPECT_EQ(s.world.stats().errors, 0u);
}

INSTANTIATE_TEST_SUITE_P(Row, GenerationTable, testing::ValuesIn(rows), [](const auto &info) { return info.param.name; });

TEST(Generations, AreNamed)
{
	EXPECT_STREQ(smcg_profile_name(SMCG_PROFILE_6_1), "6.1");
	EXPECT_STREQ(smcg_profile_name(SMCG_PROFILE_6_12), "6.12");
	EXPECT_STREQ(smcg_profile_name(SMCG_PROFILE_4_18), "4.18");
	EXPECT_STREQ(smcg_profile_name(SMCG_PROFILE_5_10), "5.10");
	EXPECT_STREQ(smcg_profile_name(SMCG_PROFILE_7_2), "7.2");
	EXPECT_EQ(smcg_profile_name(SMCG_PROFILE_NR), nullptr);
}

TEST(Generations, AFreeWorldFollowsAMovedFolio)
{
	Script s({.mode = SMCG_MODE_FREE, .profile = SMCG_PROFILE_6_12});

	s.based().charge(kA, 64, SMCG_BY_FOLIO, 7).put(SMCG_EV_MIGRATE, kA, 64, SMCG_BY_MIGRATE, 7, 9);
	EXPECT_EQ(s.memory(kA), 64u);
	s.put(SMCG_EV_FREE, 0, 6, 0, 7);
	EXPECT_EQ(s.memory(kA), 64u);
	s.put(SMCG_EV_FREE, 0, 6, 0, 9);
	EXPECT_EQ(s.memory(kA), 0u);
}

TEST(Generations, ASplitMayLeaveLargeParts)
{
	Script s({.profile = SMCG_PROFILE_6_12});

	s.based().charge(kA, 16, SMCG_BY_FOLIO, 1024).tries(kA, 64).refill(kA, 48);
	s.put(SMCG_EV_SPLIT, 0, 16, 0, 1024, 4);
	EXPECT_EQ(s.world.group(kA).frames, 4u);
	s.put(SMCG_EV_FREE, 0, 2, 0, 1028).put(SMCG_EV_SPLIT, 0, 4, 0, 1032, 1);
	EXPECT_EQ(s.world.group(kA).frames, 6u);
	EXPECT_EQ(s.world.group(kA).frame_pages, 12u);
	EXPECT_EQ(s.world.stats().frames_unknown, 0u);
}

}  // namespace
