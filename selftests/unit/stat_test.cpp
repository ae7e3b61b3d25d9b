// SPDX-License-Identifier: GPL-2.0
// SPEC A13: lines of memory.stat that events tell exactly, and when they are known.
#include "script.h"

#include <gtest/gtest.h>

namespace {

using namespace test;

// Larger than any batch: one exact try.
constexpr unsigned kMany = 100;

// Pages that a batch of folios gives back, and what they are.
Script &batch(Script &s, unsigned css, unsigned nr, unsigned folios, unsigned kernel)
{
	return s.put(SMCG_EV_COUNTER_UNCHARGE, css, nr, SMCG_BY_UNCHARGE, 0, 1 + folios, kernel);
}

struct Lines {
	std::int64_t kernel, sock;
	std::uint64_t in, out;
	unsigned known, paged;
	bool operator==(const Lines &) const = default;
	friend std::ostream &operator<<(std::ostream &to, const Lines &l)
	{
		return to << "kernel " << l.kernel << " sock " << l.sock << " pgpgin " << l.in << " pgpgout " << l.out << " known "
			  << l.known << " paged " << l.paged;
	}
};

Lines lines(Script &s, unsigned css)
{
	const smcg_group_snapshot g = s.world.group(css);
	return {g.kernel, g.sock, g.pgpgin, g.pgpgout, g.stat_known, g.paged_known};
}

struct StatRow {
	const char *name;
	const char *source;
	void (*play)(Script &);
	Lines a, c;	// C lies two levels below A
};

const StatRow rows[] = {
	{"A13_AFolioIsOneHoweverLarge", "mem_cgroup_charge_statistics(): one PGPGIN",
	 [](Script &s) { s.charge(kC, kMany).tries(kC, kMany).charge(kC, 512).tries(kC, 512).charge(kA, kMany).tries(kA, kMany); },
	 {0, 0, 1, 0, 1, 1}, {0, 0, 2, 0, 1, 1}},
	{"A13_HitsCountToo", "charge_memcg(): after try_charge(), whichever way",
	 [](Script &s) { s.fill(kC).charge(kC, 1).charge(kC, 1, SMCG_BY_FOLIO, 1000).charge(kC, 1); }, {0, 0, 0, 0, 1, 1}, {0, 0, 4, 0, 1, 1}},
	{"A13_WhatFailedDidNotComeIn", "charge_memcg(): if (ret) goto out",
	 [](Script &s) { s.limit(kC, SMCG_LIMIT_MAX, 5).with(0).charge(kC, kMany).tries(kC, kMany, kC); }, {0, 0, 0, 0, 1, 1},
	 {0, 0, 0, 0, 1, 1}},
	{"A13_ABatchTellsItsFolios", "uncharge_batch(): PGPGOUT, ug->pgpgout",
	 [](Script &s) { batch(s.charge(kC, kMany).tries(kC, kMany), kC, 60, 7, 0); }, {0, 0, 0, 0, 1, 1}, {0, 0, 1, 7, 1, 1}},
	{"A13_KernelMemoryOfTheSubtree", "memcg_account_kmem(MEMCG_KMEM), uncharge_batch(): nr_kmem",
	 [](Script &s) {
		 s.charge(kC, kMany, SMCG_BY_KMEM_PAGE).tries(kC, kMany).charge(kA, kMany, SMCG_BY_OBJ).tries(kA, kMany);
		 batch(s, kC, 30, 20, 10).put(SMCG_EV_KMEM_UNCHARGE, kC, 5);
	 },
	 {185, 0, 0, 0, 1, 1}, {85, 0, 0, 20, 1, 1}},
	{"A13_SocketsOfTheSubtree", "mem_cgroup_charge_skmem(), mem_cgroup_uncharge_skmem(): MEMCG_SOCK",
	 [](Script &s) { s.charge(kC, kMany, SMCG_BY_SOCK).tries(kC, kMany).put(SMCG_EV_SOCK_UNCHARGE, kC, 40); }, {0, 60, 0, 0, 1, 1},
	 {0, 60, 0, 0, 1, 1}},
	{"A13_AnUntoldBatchMakesAllAboveUnknown", "",
	 [](Script &s) { s.charge(kC, kMany).tries(kC, kMany).uncharge(kC, 60); }, {0, 0, 0, 0, 0, 1}, {0, 0, 1, 0, 0, 0}},
	{"A13_AnImpossibleBatchIsUntold", "", [](Script &s) { batch(s.charge(kC, kMany).tries(kC, kMany), kC, 60, 61, 0); },
	 {0, 0, 0, 0, 0, 1}, {0, 0, 1, 0, 0, 0}},
};

class Stat : public testing::TestWithParam<StatRow> {};

// Groups that came while all was watched: their lines begin at nothing.
TEST_P(Stat, Lines)
{
	Script s;
	s.based();
	for (unsigned css : {kC, kB, kA})
		s.put(SMCG_EV_GROUP_OFFLINE, css).put(SMCG_EV_GROUP_FREE, css);
	s.group(kA, kRoot, SMCG_GROUP_WATCHED).group(kB, kA, SMCG_GROUP_WATCHED).group(kC, kB, SMCG_GROUP_WATCHED);
	GetParam().play(s);
	s.barrier();
	EXPECT_EQ(lines(s, kA), GetParam().a) << "checked against " << GetParam().source;
	EXPECT_EQ(lines(s, kC), GetParam().c) << "checked against " << GetParam().source;
	EXPECT_EQ(s.world.stats().errors, 0u);
}

INSTANTIATE_TEST_SUITE_P(Row, Stat, testing::ValuesIn(rows), [](const auto &info) { return std::string(info.param.name); });

// What the kernel sums up lags behind: only nothing is sure.
TEST(StatKnown, A13_FromTheTimeOnThatNothingIsCharged)
{
	Script s;
	s.based();
	EXPECT_EQ(s.world.group(kA).stat_known, 1u);
	EXPECT_EQ(s.world.group(kA).paged_known, 0u) << "pages may have come and gone before";
	s.put(SMCG_EV_BASE_COUNTER, kA, 0, 0, 3, 0, 2);
	EXPECT_EQ(s.world.group(kA).stat_known, 0u);
	s.put(SMCG_EV_BASE_COUNTER, kA, 0, 0, 0, 0, 2);
	EXPECT_EQ(lines(s, kA), (Lines{0, 0, 0, 0, 1, 0})) << "what the kernel still sums up is stale";
}

TEST(StatKnown, A13_NotAfterALoss)
{
	Script s;
	s.based().put(SMCG_EV_GAP, 0, 0, 0, 1);
	EXPECT_EQ(s.world.group(kA).stat_known, 0u);
}

TEST(StatKnown, A13_NotOfAGroupThatWasNotSeenBefore)
{
	Script s;
	s.based().put(SMCG_EV_GROUP_FLAGS, kCounted, 0, 0, 0, 0, SMCG_GROUP_WATCHED);
	EXPECT_EQ(s.world.group(kCounted).stat_known, 0u);
}

// mem_cgroup_charge_statistics() in mem_cgroup_migrate(): the new folio came in, the old one goes with its batch.
TEST(StatKnown, A13_AMigratedFolioComesInAgainWhereItIsCharged)
{
	for (const auto &[profile, in] : {std::pair{SMCG_PROFILE_6_1, 2u}, std::pair{SMCG_PROFILE_6_12, 1u}}) {
		Script s({.profile = profile});
		s.based().charge(kC, kMany, SMCG_BY_FOLIO, 1000).tries(kC, kMany);
		s.put(SMCG_EV_MIGRATE, kC, kMany, SMCG_BY_MIGRATE, 1000, 2000);
		if (in == 2)
			s.put(SMCG_EV_COUNTER_CHARGE, kC, kMany, SMCG_BY_MIGRATE);
		EXPECT_EQ(s.world.group(kC).pgpgin, in);
	}
}

// mem_cgroup_swapout(), mem_cgroup_move_account(): on the legacy hierarchy a folio goes out there, too.
TEST(StatKnown, A13_LegacyFoliosThatAreSwappedOutOrMoved)
{
	World::Setup setup;
	setup.legacy = true;
	Script s(setup);
	s.based();
	EXPECT_EQ(s.world.group(kA).paged_known, 1u) << "its counter has never held anything";
	s.put(SMCG_EV_SWAPOUT, kA, 1, SMCG_BY_SWAPOUT).put(SMCG_EV_COUNTER_UNCHARGE, kA, 1, SMCG_BY_SWAPOUT);
	s.put(SMCG_EV_MOVE, kB, 1, SMCG_BY_MOVE, 1000, kA);
	EXPECT_EQ(s.world.group(kA).pgpgout, 2u);
	EXPECT_EQ(s.world.group(kB).pgpgin, 1u);
	s.put(SMCG_EV_BASE_LEGACY, kC, 1, SMCG_WHICH_MEMORY, 0, 5);
	EXPECT_EQ(s.world.group(kC).paged_known, 0u) << "it has";
}

}  // namespace
