// SPDX-License-Identifier: GPL-2.0
// SPEC A3, A15, A16: counters, swap, migration; overlapping operations.
#include "table.h"

namespace {

using namespace test;

const Row account_rows[] = {
	{"UncharInBatches", "uncharge_batch()",
	 [](Script &s) { s.charge(kA, 64).tries(kA, 64).uncharge(kA, 60).uncharge(kA, 4); },
	 "exact g2 n64\nuncharge g2 n60\nuncharge g2 n4"},
	{"MigrateIsForced", "mem_cgroup_migrate(): page_counter_charge()",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 0).put(SMCG_EV_MIGRATE, kA, 2, 0, 7, 9);
		 s.put(SMCG_EV_COUNTER_CHARGE, kA, 2, SMCG_BY_MIGRATE);
	 },
	 "migrate g2 n2"},
	{"SwapFits", "__mem_cgroup_try_charge_swap()",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_SWAP_MAX, 8).put(SMCG_EV_SWAP_CHARGE, kB, 8, SMCG_BY_SWAP, 3);
		 s.enter(kB, 8, SMCG_BY_SWAP).leave(kB, 8, 0, SMCG_BY_SWAP);
		 s.put(SMCG_EV_COUNTER_UNCHARGE, kB, 3, SMCG_BY_SWAP);
	 },
	 "swap_charge g3 n8\nswap_uncharge g3 n3"},
	{"SwapIsFull", "page_counter_try_charge(&memcg->swap)",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_SWAP_MAX, 7).put(SMCG_EV_SWAP_CHARGE, kB, 8, SMCG_BY_SWAP, 3);
		 s.enter(kB, 8, SMCG_BY_SWAP).leave(kB, 8, kA, SMCG_BY_SWAP);
	 },
	 "swap_charge g3 n8 ENOMEM over g2"},
	{"HighWalksUp", "reclaim_high(): parent_mem_cgroup()",
	 [](Script &s) {
		 s.charge(kC, 64).tries(kC, 64);
		 s.limit(kC, SMCG_LIMIT_HIGH, 63).limit(kB, SMCG_LIMIT_HIGH, 64).limit(kA, SMCG_LIMIT_HIGH, 10);
		 s.put(SMCG_EV_RECLAIM_HIGH, kC, 64, SMCG_BY_HIGH);
		 s.reclaim(kC, 64, 0, SMCG_BY_HIGH).reclaim(kA, 64, 0, SMCG_BY_HIGH).charge(kC, 64).tries(kC, 64);
	 },
	 "exact g4 n64\nhigh_event g4 n64\nhigh_event g2 n64\nexact g4 n64"},
	{"HighNotReached", "usage <= high: continue",
	 [](Script &s) {
		 s.limit(kC, SMCG_LIMIT_HIGH, 64).charge(kC, 64).tries(kC, 64);
		 s.put(SMCG_EV_RECLAIM_HIGH, kC, 64, SMCG_BY_HIGH).uncharge(kC, 1);
	 },
	 "exact g4 n64\nuncharge g4 n1"},
};
SMCG_TABLE(AccountTable, account_rows);

// Two CPUs in one counter.
const Row overlap_rows[] = {
	{"TryBesideATryMayFail", "page_counter_try_charge(): speculative add",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 100).charge(kA, 64).enter(kA, 64);
		 s.at(1, 51).charge(kA, 64).enter(kA, 64);
		 s.at(0).leave(kA, 64).at(1, 51).leave(kA, 64, kA);
	 },
	 "exact g2 n64 ambiguous\nexact g2 n64 ENOMEM over g2\nmax_event g2"},
	{"BothFitWhateverTheOrder", "no order decides otherwise",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 128).charge(kA, 64).enter(kA, 64);
		 s.at(1, 51).charge(kA, 64).enter(kA, 64);
		 s.at(0).leave(kA, 64).at(1, 51).leave(kA, 64);
	 },
	 "exact g2 n64\nexact g2 n64"},
	{"UnchargeInFlightMayComeLater", "page_counter_uncharge() on another CPU",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 64).charge(kA, 64).tries(kA, 64);
		 s.at(1, 51).uncharge(kA, 64).at(0).charge(kA, 64).tries(kA, 64, kA);
	 },
	 "exact g2 n64\nuncharge g2 n64\nexact g2 n64 ENOMEM over g2 ambiguous\nmax_event g2"},
	{"UnchargeThatIsOverHasCome", "the next event of its CPU",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 64).charge(kA, 64).tries(kA, 64);
		 s.at(1, 51).uncharge(kA, 64).put(SMCG_EV_FREE, 0, 0, 0, 5);
		 s.at(0).charge(kA, 64).tries(kA, 64);
	 },
	 "exact g2 n64\nuncharge g2 n64\nexact g2 n64"},
	{"FailedTryWasThereForAMoment", "page_counter_cancel() after the failure",
	 [](Script &s) {
		 // B's try fails at A, but was added to B meanwhile.
		 s.limit(kA, SMCG_LIMIT_MAX, 64).limit(kB, SMCG_LIMIT_MAX, 64);
		 s.charge(kB, 65).enter(kB, 65).at(1, 51).charge(kB, 64).enter(kB, 64);
		 s.at(0).leave(kB, 65, kB).at(1, 51).leave(kB, 64, kB);
	 },
	 "exact g3 n65 ENOMEM over g3\nmax_event g3\nexact g3 n64 ENOMEM over g3 ambiguous\nmax_event g3"},
	{"LimitMovesDuringTheTry", "LIMIT between TRY_ENTER and TRY_RET",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 64).charge(kA, 64).enter(kA, 64);
		 s.limit(kA, SMCG_LIMIT_MAX, 1).leave(kA, 64);
	 },
	 "exact g2 n64 ambiguous"},
	{"CountedSiblingsRaceToo", "counters of groups that share an ancestor",
	 [](Script &s) {
		 s.group(20, kA, SMCG_GROUP_COUNTED).limit(kA, SMCG_LIMIT_MAX, 64);
		 s.at(1, 51).enter(20, 10).at(0).charge(kB, 64).tries(kB, 64, kA);
	 },
	 "exact g3 n64 ENOMEM over g2 ambiguous\nmax_event g2"},
};
SMCG_TABLE(OverlapTable, overlap_rows);

// A holds 64 of 64 pages, and CPU 1 has 64 of them on their way out.
Script &leaving(Script &s)
{
	s.limit(kA, SMCG_LIMIT_MAX, 64).charge(kA, 64).tries(kA, 64);
	return s.at(1, 51).uncharge(kA, 64).at(0).charge(kA, 64);
}

// What is read tells how far others had come, and nothing else (MODEL.md, counter operations).
const Row reading_rows[] = {
	{"UnchargeHadComeBefore", "read at the entry",
	 [](Script &s) { leaving(s).reads(0).enter(kA, 64).leave(kA, 64); },
	 "exact g2 n64\nuncharge g2 n64\nexact g2 n64"},
	{"UnchargeHadNotComeAtTheEnd", "read at the return",
	 [](Script &s) { leaving(s).enter(kA, 64).reads(64).leave(kA, 64, kA); },
	 "exact g2 n64\nuncharge g2 n64\nexact g2 n64 ENOMEM over g2\nmax_event g2"},
	{"UnchargeCameMeanwhile", "both are legal",
	 [](Script &s) { leaving(s).reads(64).enter(kA, 64).reads(0).leave(kA, 64, kA); },
	 "exact g2 n64\nuncharge g2 n64\nexact g2 n64 ENOMEM over g2 ambiguous\nmax_event g2"},
	{"ReadingThatCannotBeCountsForNothing", "not within what is possible",
	 [](Script &s) { leaving(s).reads(7777).enter(kA, 64).leave(kA, 64); },
	 "exact g2 n64\nuncharge g2 n64\nexact g2 n64 ambiguous"},
	{"ReadingAgainstRealityCountsForNothing", "the other outcome stays legal",
	 [](Script &s) { leaving(s).reads(0).enter(kA, 64).leave(kA, 64, kA); },
	 "exact g2 n64\nuncharge g2 n64\nexact g2 n64 ENOMEM over g2 ambiguous\nmax_event g2"},
	{"PagesThatCameAfterAFailedTry", "its return read the counter without them",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 64).charge(kA, 65).enter(kA, 65);
		 s.at(1, 51).charge(kA, 64).enter(kA, 64);
		 s.at(0).reads(0).leave(kA, 65, kA).at(1, 51).leave(kA, 64);
	 },
	 "exact g2 n65 ENOMEM over g2\nmax_event g2\nexact g2 n64"},
	{"PagesThatMayHaveComeBefore", "nothing was read in between",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 64).charge(kA, 65).enter(kA, 65);
		 s.at(1, 51).charge(kA, 64).enter(kA, 64);
		 s.at(0).reads(64).leave(kA, 65, kA).at(1, 51).leave(kA, 64);
	 },
	 "exact g2 n65 ENOMEM over g2\nmax_event g2\nexact g2 n64 ambiguous"},
};
SMCG_TABLE(ReadingTable, reading_rows);

TEST(Counter, UsageOfEveryLevel)  // page_counter_charge(), page_counter_uncharge()
{
	Script s;
	s.based().charge(kC, 64).tries(kC, 64).charge(kB, 64).tries(kB, 64).uncharge(kC, 10);
	EXPECT_EQ(s.memory(kC), 54u);
	EXPECT_EQ(s.memory(kB), 118u);
	EXPECT_EQ(s.memory(kA), 118u);
	EXPECT_EQ(s.memory(kRoot), 0u) << "the root's usage is not kept";
	EXPECT_EQ(s.world.group(kA).watermark, 128u);
}

TEST(Counter, FailedTriesCountAndReachTheWatermarkBelow)  // failcnt, watermark of levels passed
{
	Script s;
	s.based().limit(kA, SMCG_LIMIT_MAX, 10).charge(kC, 64).tries(kC, 64, kA);
	EXPECT_EQ(s.world.group(kA).failcnt, 1u);
	EXPECT_EQ(s.world.group(kC).failcnt, 0u);
	EXPECT_EQ(s.world.group(kC).watermark, 64u);
	EXPECT_EQ(s.world.group(kA).watermark, 0u);
	EXPECT_EQ(s.memory(kC), 0u);
}

TEST(Counter, ProtectedUsageFollows)  // propagate_protected_usage()
{
	Script s;
	s.based().limit(kB, SMCG_LIMIT_MIN, 30).limit(kB, SMCG_LIMIT_LOW, 100);
	s.charge(kC, 64).tries(kC, 64);
	EXPECT_EQ(s.world.group(kA).children_min_usage, 30u);
	EXPECT_EQ(s.world.group(kA).children_low_usage, 64u);
	s.uncharge(kC, 50);
	EXPECT_EQ(s.world.group(kA).children_min_usage, 14u);
	EXPECT_EQ(s.world.group(kA).children_low_usage, 14u);
	s.limit(kB, SMCG_LIMIT_MIN, 5);
	EXPECT_EQ(s.world.group(kA).children_min_usage, 5u);
}

TEST(Events, SwapMaxAndFail)  // MEMCG_SWAP_MAX, MEMCG_SWAP_FAIL
{
	Script s;
	s.based().limit(kA, SMCG_LIMIT_SWAP_MAX, 0).put(SMCG_EV_SWAP_CHARGE, kB, 1, SMCG_BY_SWAP, 3);
	s.enter(kB, 1, SMCG_BY_SWAP).leave(kB, 1, kA, SMCG_BY_SWAP);
	s.put(SMCG_EV_SWAP_CHARGE, kB, 1, SMCG_BY_SWAP, 3, 1);
	EXPECT_EQ(s.world.group(kB).ev_swap_max, 1u);
	EXPECT_EQ(s.world.group(kB).ev_swap_fail, 2u);
	EXPECT_EQ(s.world.group(kA).ev_swap_fail, 2u);
}

// Another CPU takes pages away while memory.high is looked at: what was read just before tells.
TEST(Events, HighReadJustBefore)
{
	const struct {
		unsigned read;	// 0 not told
		const char *said;
	} rows[] = {
		{0, "uncharge g4 n1\nhigh_event g4 n64 ambiguous"},
		{64, "uncharge g4 n1\nhigh_event g4 n64"},
		{63, "uncharge g4 n1\nhigh_event g4 n64 ambiguous"},	// that speaks against it
		{9999, "uncharge g4 n1\nhigh_event g4 n64 ambiguous"},	// not possible
	};
	for (const auto &row : rows) {
		Script s;
		s.based().charge(kC, 64).tries(kC, 64).limit(kC, SMCG_LIMIT_HIGH, 63).told();
		if (row.read)
			s.reads(row.read);
		s.put(SMCG_EV_RECLAIM_HIGH, kC, 64, SMCG_BY_HIGH).at(1, 51).uncharge(kC, 1);
		s.at(0).put(SMCG_EV_RECLAIM, kC, 64, SMCG_BY_HIGH);
		EXPECT_EQ(s.told(), row.said) << row.read;
	}
}

TEST(Events, HighAndOom)
{
	Script s;
	s.based().charge(kC, 64).tries(kC, 64).limit(kB, SMCG_LIMIT_HIGH, 1);
	s.put(SMCG_EV_RECLAIM_HIGH, kC, 64, SMCG_BY_HIGH).reclaim(kB, 64, 0, SMCG_BY_HIGH).barrier();
	EXPECT_EQ(s.world.group(kC).ev_high, 0u);
	EXPECT_EQ(s.world.group(kB).ev_local_high, 1u);
	EXPECT_EQ(s.world.group(kA).ev_high, 1u);
}

}  // namespace
