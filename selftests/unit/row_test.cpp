// SPDX-License-Identifier: GPL-2.0
//
// What every generation does alike, row by row of the specification: each is played by the rules of
// 4.18, 5.10, 6.1, 6.12 and 7.2.  Where they differ: profile_test.cpp and free_test.cpp.  ROWS.md is the index.
#include "table.h"

namespace {

using namespace test;

struct SameRow {
	const char *name;
	const char *source;	// the same function in all versions, unless said
	void (*play)(Script &);
	const char *says;
	std::uint64_t a, c;	// pages of A and C in the end
	const char *slots = nullptr;	// the same by the rules of 7.2, where groups that meet in a stock have a slot each
	std::uint64_t slots_a = 0;
};

// Larger than any batch: one exact try.
constexpr unsigned kMany = 100;

Script &full(Script &s)
{
	return s.charge(kA, kMany).tries(kA, kMany).limit(kA, SMCG_LIMIT_MAX, kMany).barrier();
}

const SameRow rows[] = {
	{"A1_TheOwnerIsWhoTheKernelChose", "get_mem_cgroup_from_mm(); active group; swap owner: all before try_charge()",
	 [](Script &s) { s.charge(kC, kMany).tries(kC, kMany).charge(kA, kMany).tries(kA, kMany); },
	 "exact g4 n100\nexact g2 n100", 200, 100},
	{"A1_GroupsThatAreNotMirroredAreLeftAlone", "D1",
	 [](Script &s) { s.refill(kForeign, 5).charge(kForeign, 1).charge(kForeign, kMany).tries(kForeign, kMany); }, "", 0, 0},
	{"A1_TheRootHasNoLimit", "mem_cgroup_is_root(): return 0",
	 [](Script &s) { s.limit(kRoot, SMCG_LIMIT_MAX, 0).charge(kC, kMany).tries(kC, kMany); }, "exact g4 n100", 100, 100},
	{"A3_TheLowestLevelIsNamed", "page_counter_try_charge(): *fail",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 5).limit(kB, SMCG_LIMIT_MAX, 5).with(0);
		 s.charge(kC, kMany).tries(kC, kMany, kB);
	 },
	 "exact g4 n100 ENOMEM over g3\nnomem g4 n100 ENOMEM", 0, 0},
	{"A3_AtTheLimitFits", "page_counter_try_charge(): new > max",
	 [](Script &s) { s.limit(kA, SMCG_LIMIT_MAX, kMany).charge(kC, kMany).tries(kC, kMany); }, "exact g4 n100", 100, 100},
	{"A3_OneAboveDoesNot", "page_counter_try_charge(): new > max",
	 [](Script &s) { s.limit(kA, SMCG_LIMIT_MAX, kMany - 1).with(0).charge(kC, kMany).tries(kC, kMany, kA); },
	 "exact g4 n100 ENOMEM over g2\nnomem g4 n100 ENOMEM", 0, 0},
	{"A7_WhoIsInAnOomFails", "task_in_memcg_oom()",
	 [](Script &s) { full(s).told(), s.with(SMCG_GFP_BLOCKING, SMCG_TASK_IN_OOM).charge(kA, kMany).tries(kA, kMany, kA); },
	 "exact g2 n100 ENOMEM over g2\nnomem g2 n100 ENOMEM", 100, 0},
	{"A7_WhoMayNotBlockFails", "gfpflags_allow_blocking()",
	 [](Script &s) { full(s).told(), s.with(0).charge(kA, kMany).tries(kA, kMany, kA); },
	 "exact g2 n100 ENOMEM over g2\nnomem g2 n100 ENOMEM", 100, 0},
	{"A8_MaxEventThenReclaimOfTheGroupOverIt", "mem_over_limit",
	 [](Script &s) {
		 full(s).told();
		 s.charge(kC, kMany).tries(kC, kMany, kA).put(SMCG_EV_RECLAIM, kA, kMany, SMCG_BY_CHARGE);
	 },
	 "exact g4 n100 ENOMEM over g2\nmax_event g2\nreclaim g2 n100", 100, 0},
	{"A9_RoomMadeByReclaimIsARetryWithoutADrain", "mem_cgroup_margin() >= nr_pages",
	 [](Script &s) {
		 full(s).told();
		 s.charge(kC, kMany).tries(kC, kMany, kA).put(SMCG_EV_RECLAIM, kA, kMany, SMCG_BY_CHARGE).uncharge(kA, kMany);
		 s.put(SMCG_EV_RECLAIM_RET, kA, 0, 0, kMany).tries(kC, kMany);
	 },
	 "exact g4 n100 ENOMEM over g2\nmax_event g2\nreclaim g2 n100\nuncharge g2 n100\nexact g4 n100", 100, 100},
	{"A9_OnePageShortIsADrain", "mem_cgroup_margin() >= nr_pages",
	 [](Script &s) {
		 full(s).told();
		 s.charge(kC, kMany).tries(kC, kMany, kA).put(SMCG_EV_RECLAIM, kA, kMany, SMCG_BY_CHARGE).uncharge(kA, kMany - 1);
		 s.put(SMCG_EV_RECLAIM_RET, kA, 0, 0, kMany).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE);
		 s.put(SMCG_EV_DRAIN_ALL_RET);
	 },
	 "exact g4 n100 ENOMEM over g2\nmax_event g2\nreclaim g2 n100\nuncharge g2 n99\ndrain g2", 1, 0},
	{"A10_AnotherGroupIsDrainedFirst", "refill_stock(): cached != memcg",
	 [](Script &s) {
		 full(s).told(), s.refill(kA, 5).refill(kC, 3);
		 if (!s.slots())
			 s.drained(kA, 5);
	 },
	 "refill g2 n5 arg 0:5\nrefill g4 n3 over g2 arg 5:3", 95, 0, "refill g2 n5 arg 0:5\nrefill g4 n3 arg 0:3", 100},
	{"A11_EachLevelAboveItsBound", "reclaim_high()",
	 [](Script &s) {
		 s.charge(kC, kMany).tries(kC, kMany).limit(kC, SMCG_LIMIT_HIGH, kMany).limit(kB, SMCG_LIMIT_HIGH, 1);
		 s.limit(kA, SMCG_LIMIT_HIGH, kMany - 1).barrier().told();
		 s.put(SMCG_EV_RECLAIM_HIGH, kC, s.batch(), SMCG_BY_HIGH);
		 s.reclaim(kB, s.batch(), 0, SMCG_BY_HIGH).reclaim(kA, s.batch(), 0, SMCG_BY_HIGH);
	 },
	 "high_event g3 n{batch}\nhigh_event g2 n{batch}", 100, 100},
	{"A11_ALevelThatIsPassedOverIsContradicted", "reclaim_high(): usage > high",
	 [](Script &s) {
		 s.charge(kC, kMany).tries(kC, kMany).limit(kC, SMCG_LIMIT_HIGH, 1).barrier().told();
		 s.put(SMCG_EV_RECLAIM_HIGH, kC, s.batch(), SMCG_BY_HIGH).put(SMCG_EV_FREE, 0, 0, 0, 5);
	 },
	 "high_event g4 n{batch} adopted", 100, 100},
	{"A12_ADrainPassesOthersBy", "drain_all_stock(): mem_cgroup_is_descendant()",
	 [](Script &s) {
		 s.charge(kC, kMany).tries(kC, kMany).at(1, 51).refill(kC, 7).at(0).refill(kA, 9);
		 s.barrier().limit(kB, SMCG_LIMIT_MAX, 1).told();
		 s.charge(kC, kMany).tries(kC, kMany, kB).reclaim(kB, kMany, 0).put(SMCG_EV_DRAIN_ALL, kB, 0, SMCG_BY_CHARGE);
		 s.put(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, 1).put(SMCG_EV_DRAIN_ALL_RET);
	 },
	 "exact g4 n100 ENOMEM over g3\nmax_event g3\nreclaim g3 n100\ndrain g3 arg 0:2", 100, 100},
	{"A12_RefillsByOthersEvict", "refill_stock(): the stock is the host's",
	 [](Script &s) {
		 full(s).told(), s.refill(kA, 5).refill(kForeign, 3);
		 if (!s.slots())
			 s.drained(kA, 5);
	 },
	 "refill g2 n5 arg 0:5\nrefill g8 n3 over g2 arg 5:3", 95, 0, "refill g2 n5 arg 0:5", 100},
	{"A13_UnchargedByTheBatch", "uncharge_batch()",
	 [](Script &s) { full(s).told(), s.uncharge(kA, 60).uncharge(kA, 40); }, "uncharge g2 n60\nuncharge g2 n40", 0, 0},
	{"A15_SwapHasItsOwnCounter", "mem_cgroup_try_charge_swap(), mem_cgroup_uncharge_swap()",
	 [](Script &s) {
		 full(s).told();
		 s.limit(kA, SMCG_LIMIT_SWAP_MAX, 2).put(SMCG_EV_SWAP_CHARGE, kA, 2, SMCG_BY_SWAP, 3);
		 s.enter(kA, 2, SMCG_BY_SWAP).leave(kA, 2, 0, SMCG_BY_SWAP);
		 s.put(SMCG_EV_SWAP_CHARGE, kA, 1, SMCG_BY_SWAP, 3).enter(kA, 1, SMCG_BY_SWAP).leave(kA, 1, kA, SMCG_BY_SWAP);
		 s.put(SMCG_EV_COUNTER_UNCHARGE, kA, 2, SMCG_BY_SWAP);
	 },
	 "swap_charge g2 n2\nswap_charge g2 n1 ENOMEM over g2\nswap_uncharge g2 n2", 100, 0},
	{"A16_ASplitFolioIsManyAndTheChargeStays", "mem_cgroup_split_huge_fixup(), split_page_memcg()",
	 [](Script &s) {
		 s.charge(kA, 512, SMCG_BY_FOLIO, 512).tries(kA, 512).put(SMCG_EV_SPLIT, 0, 512, 0, 512);
		 s.put(SMCG_EV_FREE, 0, 0, 0, 1000).uncharge(kA, 1);
	 },
	 "exact g2 n512\nuncharge g2 n1", 511, 0},
	{"A17_ADyingGroupPaysBack", "mem_cgroup_css_offline()",
	 [](Script &s) { s.charge(kC, kMany).tries(kC, kMany).put(SMCG_EV_GROUP_OFFLINE, kC).uncharge(kC, 30); },
	 "exact g4 n100\nuncharge g4 n30", 70, 70},
	{"A21_AnInterruptChargesInTheMiddleOfACharge", "in_softirq(): GFP_NOWAIT",
	 [](Script &s) {
		 full(s).told();
		 s.charge(kA, kMany).enter(kA, kMany).at(0, 50, SMCG_CTX_SOFTIRQ).with(0).charge(kC, kMany, SMCG_BY_SOCK);
		 s.tries(kC, kMany, kA).at(0).with(SMCG_GFP_BLOCKING).leave(kA, kMany, kA);
	 },
	 "exact g4 n100 ENOMEM over g2\nnomem g4 n100 ENOMEM\nexact g2 n100 ENOMEM over g2\nmax_event g2", 100, 0},
	{"A21_OnBehalfOfAnotherGroup", "set_active_memcg(), memalloc_use_memcg()",
	 [](Script &s) {
		 s.charge(kC, kMany).tries(kC, kMany).charge(kA, kMany, SMCG_BY_KMEM_PAGE).tries(kA, kMany).charge(kC, kMany).tries(kC, kMany);
	 },
	 "exact g4 n100\nexact g2 n100\nexact g4 n100", 300, 200},
};

struct Kernel {
	const char *name;
	smcg_profile profile;
};
const Kernel kernels[] = {{"4_18", SMCG_PROFILE_4_18}, {"5_10", SMCG_PROFILE_5_10}, {"6_1", SMCG_PROFILE_6_1}, {"6_12", SMCG_PROFILE_6_12},
				{"7_2", SMCG_PROFILE_7_2}};

// What a row says, with the batch of the generation.
std::string with_batch(std::string says, unsigned batch)
{
	constexpr std::string_view mark = "{batch}";

	for (size_t at = 0; (at = says.find(mark)) != std::string::npos;)
		says.replace(at, mark.size(), std::to_string(batch));
	return says;
}

class EveryGeneration : public testing::TestWithParam<std::tuple<SameRow, Kernel>> {};

TEST_P(EveryGeneration, Says)
{
	const auto &[row, kernel] = GetParam();
	Script s({.profile = kernel.profile});

	s.based().told();
	row.play(s);
	s.barrier();
	const bool slots = row.slots && kernel.profile >= SMCG_PROFILE_7_2;
	EXPECT_EQ(s.told(), with_batch(slots ? row.slots : row.says, s.batch())) << "checked against " << row.source;
	EXPECT_EQ(s.memory(kA), slots ? row.slots_a : row.a);
	EXPECT_EQ(s.memory(kC), row.c);
	EXPECT_EQ(s.world.group(kA).memory_adopted, 0);
	EXPECT_EQ(s.world.stats().errors, 0u);
}

INSTANTIATE_TEST_SUITE_P(Row, EveryGeneration, testing::Combine(testing::ValuesIn(rows), testing::ValuesIn(kernels)),
			 [](const auto &info) { return std::string(std::get<0>(info.param).name) + "_" + std::get<1>(info.param).name; });

// page_counter_try_charge(), memcg_memory_event(), mem_cgroup_id: what no decision tells.
TEST(EveryGenerationKeeps, A3_FailcntAndWatermarkPerLevel)
{
	for (const Kernel &kernel : kernels) {
		Script s({.profile = kernel.profile});
		s.based().limit(kA, SMCG_LIMIT_MAX, 5).with(0).charge(kC, kMany).tries(kC, kMany, kA);
		EXPECT_EQ(s.world.group(kA).failcnt, 1u) << kernel.name;
		EXPECT_EQ(s.world.group(kC).failcnt, 0u) << kernel.name;
		EXPECT_EQ(s.world.group(kC).watermark, kMany) << kernel.name;
		EXPECT_EQ(s.world.group(kA).watermark, 0u) << kernel.name;
	}
}

TEST(EveryGenerationKeeps, A17_DyingGroupsUntilTheirIdIsFree)
{
	for (const Kernel &kernel : kernels) {
		Script s({.profile = kernel.profile});
		s.based().charge(kC, kMany).tries(kC, kMany).put(SMCG_EV_GROUP_OFFLINE, kC);
		EXPECT_EQ(s.world.stats().groups_dying, 1u) << kernel.name;
		s.uncharge(kC, kMany).put(SMCG_EV_GROUP_FREE, kC);
		EXPECT_EQ(s.world.stats().groups_dying, 0u) << kernel.name;
		EXPECT_EQ(s.memory(kA), 0u) << kernel.name;
	}
}

// css_get() in charge_memcg(), mem_cgroup_charge() and refill_stock(); css_get_many() in 4.18; in 7.2 the folios are the parent's then.
TEST(EveryGenerationKeeps, A17_WhatPinsADyingGroup)
{
	for (const Kernel &kernel : kernels) {
		const bool per_page = kernel.profile == SMCG_PROFILE_4_18;
		const unsigned folios = kernel.profile >= SMCG_PROFILE_7_2 ? 0 : per_page ? kMany : 1;
		Script s({.profile = kernel.profile});
		s.based().charge(kC, kMany, SMCG_BY_FOLIO, 1000).tries(kC, kMany).refill(kC, 5);
		s.put(SMCG_EV_GROUP_OFFLINE, kC).barrier();
		EXPECT_EQ(s.world.group(kC).pinned_folios, folios) << kernel.name;
		EXPECT_EQ(s.world.group(kC).pinned_stocks, per_page ? 5u : 1u) << kernel.name;
	}
}

// mem_cgroup_id_get_online(), mem_cgroup_id_put(): an entry is of the group that was charged, and keeps it.
TEST(EveryGenerationKeeps, A17_SwapEntriesPinTheGroupThatTheyAreOf)
{
	for (const Kernel &kernel : kernels) {
		Script s({.profile = kernel.profile});
		s.based().limit(kA, SMCG_LIMIT_SWAP_MAX, 8).enter(kC, 8, SMCG_BY_SWAP).leave(kC, 8, 0, SMCG_BY_SWAP);
		s.enter(kC, 1, SMCG_BY_SWAP).leave(kC, 1, kA, SMCG_BY_SWAP).put(SMCG_EV_GROUP_OFFLINE, kC);
		s.put(SMCG_EV_COUNTER_UNCHARGE, kC, 3, SMCG_BY_SWAP);
		EXPECT_EQ(s.world.group(kC).swap_entries, 5u) << kernel.name;
		EXPECT_EQ(s.world.group(kC).entries_known, 1u) << kernel.name;
		EXPECT_EQ(s.world.group(kA).swap_entries, 0u) << kernel.name;
		EXPECT_EQ(s.world.group(kA).swap, 5u) << kernel.name;
		s.put(SMCG_EV_BASE_COUNTER, kA, 0, 0, 0, 4);
		EXPECT_EQ(s.world.group(kA).entries_known, 0u) << kernel.name << ": whose of those below it they are is not told";
	}
}

TEST(EveryGenerationKeeps, A18_EventsOfTheSubtreeAndOfTheGroup)
{
	for (const Kernel &kernel : kernels) {
		Script s({.profile = kernel.profile});
		s.based().limit(kB, SMCG_LIMIT_MAX, 5).charge(kC, kMany).tries(kC, kMany, kB);
		EXPECT_EQ(s.world.group(kB).ev_local_max, 1u) << kernel.name;
		EXPECT_EQ(s.world.group(kA).ev_local_max, 0u) << kernel.name;
		EXPECT_EQ(s.world.group(kA).ev_max, 1u) << kernel.name;
		EXPECT_EQ(s.world.group(kC).ev_max, 0u) << kernel.name;
	}
}

}  // namespace
