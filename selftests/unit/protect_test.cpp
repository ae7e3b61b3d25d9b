// SPDX-License-Identifier: GPL-2.0
// SPEC A3, A18: what memory.min and memory.low protect, from the counters up to reclaim.
#include "table.h"

#include <cstdlib>

namespace {

using namespace test;

// Two siblings B and D below A; C below B. Usage in pages by charges that leave no stock behind.
constexpr unsigned kD = 10;

void uses(Script &s, unsigned css, unsigned pages)
{
	s.charge(css, pages).tries(css, pages);
	s.put(SMCG_EV_FREE, 0, 0, 0, 5);
}

// Reclaim of @target comes to @css, and this is what the kernel found.
Script &protects(Script &s, unsigned css, unsigned target, unsigned emin, unsigned elow)
{
	s.put(SMCG_EV_PROTECT, css);
	return s.put(SMCG_EV_PROTECT, css, 0, 1, emin, elow, target);
}

void siblings(Script &s, unsigned min_b, unsigned low_b, unsigned min_d, unsigned low_d)
{
	s.group(kD, kA, SMCG_GROUP_WATCHED);
	uses(s, kB, 100);
	uses(s, kD, 300);
	s.limit(kB, SMCG_LIMIT_MIN, min_b).limit(kB, SMCG_LIMIT_LOW, low_b);
	s.limit(kD, SMCG_LIMIT_MIN, min_d).limit(kD, SMCG_LIMIT_LOW, low_d);
	s.told();
}

const Row effective_rows[] = {
	{"ItsOwnBelowTheTarget", "parent == root: emin = min",
	 [](Script &s) {
		 siblings(s, 50, 80, 0, 0);
		 protects(s, kB, kA, 50, 80);
	 },
	 "protection g3 over g2 arg 50:80"},
	{"NoMoreThanItUses", "effective_protection(): min(usage, setting)",
	 [](Script &s) {
		 siblings(s, 0, 500, 0, 0);
		 s.limit(kA, SMCG_LIMIT_LOW, 1000);
		 protects(s, kA, kRoot, 0, 1000);
		 protects(s, kB, kRoot, 0, 100);
	 },
	 "protection g2 n1 over g1 arg 0:1000\nprotection g3 n1 over g1 arg 0:100"},
	{"SharedByUseWhenTooMuchIsClaimed", "siblings_protected > parent_effective",
	 [](Script &s) {
		 siblings(s, 0, 100, 0, 300);
		 s.limit(kA, SMCG_LIMIT_LOW, 200);
		 protects(s, kA, kRoot, 0, 200);
		 protects(s, kB, kRoot, 0, 50);
		 protects(s, kD, kRoot, 0, 150);
	 },
	 "protection g2 over g1 arg 0:200\nprotection g3 over g1 arg 0:50\nprotection g10 over g1 arg 0:150"},
	{"MinAlike", "the same for emin",
	 [](Script &s) {
		 siblings(s, 100, 0, 300, 0);
		 s.limit(kA, SMCG_LIMIT_MIN, 200);
		 protects(s, kA, kRoot, 200, 0);
		 protects(s, kD, kRoot, 150, 0);
	 },
	 "protection g2 over g1 arg 200:0\nprotection g10 over g1 arg 150:0"},
	{"NothingUsedStaysAsItWas", "if (!usage) return",
	 [](Script &s) {
		 siblings(s, 0, 80, 0, 0);
		 protects(s, kB, kA, 0, 80);
		 s.uncharge(kB, 100).put(SMCG_EV_COUNTER_RET).limit(kB, SMCG_LIMIT_LOW, 70);
		 protects(s, kB, kA, 0, 80);
	 },
	 "protection g3 over g2 arg 0:80\nuncharge g3 n100\nprotection g3 n2 over g2 arg 0:80"},
	{"TheTargetStaysAsItWas", "memcg == root: return",
	 [](Script &s) {
		 siblings(s, 0, 80, 0, 0);
		 protects(s, kB, kA, 0, 80);
		 s.limit(kB, SMCG_LIMIT_LOW, 70);
		 protects(s, kB, kB, 0, 80);
	 },
	 "protection g3 over g2 arg 0:80\nprotection g3 over g3 arg 0:80"},
	{"AnotherAmount", "the decision stays as it was",
	 [](Script &s) {
		 siblings(s, 50, 80, 0, 0);
		 protects(s, kB, kA, 50, 81);
	 },
	 "protection g3 over g2 arg 50:80 adopted"},
	{"UsageMovesMeanwhile", "page_counter_read() beside another CPU's uncharge",
	 [](Script &s) {
		 siblings(s, 0, 500, 0, 0);
		 s.limit(kA, SMCG_LIMIT_LOW, 1000);
		 protects(s, kA, kRoot, 0, 1000).told();
		 s.put(SMCG_EV_PROTECT, kB).at(1, 51).uncharge(kB, 40).at(0);
		 s.put(SMCG_EV_PROTECT, kB, 0, 1, 0, 60, kRoot);
	 },
	 "uncharge g3 n40\nprotection g3 n1 over g1 arg 0:60 ambiguous"},
};
SMCG_TABLE(EffectiveTable, effective_rows);

// A task that loses its CPU had computed it by then, or does afterwards; others compute it meanwhile (7.2).
TEST(Protect, OfATaskThatLosesItsCpu)
{
	struct {
		unsigned had;		// elow of the group as it leaves, plus one; 0 not told
		const char *says;
	} rows[] = {
		{101, "protection g3 n1 over g1 arg 0:100"},
		{1, "protection g3 n1 over g1 arg 0:60"},
		{0, "protection g3 n1 over g1 arg 0:60 ambiguous"},
	};

	for (const auto &row : rows) {
		Script s({.profile = SMCG_PROFILE_7_2});
		std::uint64_t told = row.had ? 1u | std::uint64_t{row.had} << 24 : 0;

		s.based();
		siblings(s, 0, 500, 0, 0);
		s.limit(kA, SMCG_LIMIT_LOW, 1000);
		protects(s, kA, kRoot, 0, 1000).put(SMCG_EV_PROTECT, kB);
		s.put(SMCG_EV_PREEMPTED, 0, 0, 0, SMCG_SWITCH_TOLD, 0, told << SMCG_SWITCH_PROTECTS);
		s.at(0, 51).uncharge(kB, 40).put(SMCG_EV_COUNTER_RET, kB);
		protects(s, kB, kRoot, 0, 60);
		s.at(0).put(SMCG_EV_PREEMPTED, 0, 0, 1).told();
		s.put(SMCG_EV_PROTECT, kB, 0, 1, 0, 60, kRoot);
		EXPECT_EQ(s.told(), row.says);
		EXPECT_EQ(s.world.stats().errors, 0u);
	}
}

// It loses its CPU twice: what it had computed by the first time stays; nothing told leaves it open.
TEST(Protect, OfATaskThatLosesItsCpuTwice)
{
	for (unsigned had : {101u, 0u}) {
		Script s({.profile = SMCG_PROFILE_7_2});
		std::uint64_t told = had ? 1u | std::uint64_t{had} << 24 : 0;

		s.based();
		siblings(s, 0, 500, 0, 0);
		s.limit(kA, SMCG_LIMIT_LOW, 1000);
		protects(s, kA, kRoot, 0, 1000).put(SMCG_EV_PROTECT, kB);
		for (unsigned times = 0; times < 2; times++) {
			s.put(SMCG_EV_PREEMPTED, 0, 0, 0, SMCG_SWITCH_TOLD, 0, told << SMCG_SWITCH_PROTECTS);
			s.at(0, 51).uncharge(kB, 20).put(SMCG_EV_COUNTER_RET, kB);
			s.at(0).put(SMCG_EV_PREEMPTED, 0, 0, 1).told();
		}
		s.put(SMCG_EV_PROTECT, kB, 0, 1, 0, had ? 100 : 80, kRoot);
		EXPECT_EQ(s.told(), had ? "protection g3 n1 over g1 arg 0:100" : "protection g3 n1 over g1 arg 0:80 ambiguous");
		EXPECT_EQ(s.world.stats().errors, 0u);
	}
}

// A try of a task without a CPU that has not taken effect is nothing to others who look (7.2).
TEST(Protect, BesideATryThatIsNotYetMade)
{
	for (bool told : {true, false}) {
		Script s({.profile = SMCG_PROFILE_7_2});

		s.based();
		siblings(s, 0, 500, 0, 0);
		s.limit(kA, SMCG_LIMIT_LOW, 1000);
		s.charge(kB, 64).reads(100).put(SMCG_EV_TRY_ENTER, kB, 64, SMCG_BY_CHARGE);
		if (told)
			s.reads(100).put(SMCG_EV_TRY_SEEN, kB, 0, SMCG_BY_CHARGE);
		s.put(SMCG_EV_PREEMPTED, 0, 0, 0, SMCG_SWITCH_TOLD);
		protects(protects(s.at(0, 51), kA, kRoot, 0, 1000), kB, kRoot, 0, 100);
		EXPECT_EQ(s.told(), std::string("protection g2 n1 over g1 arg 0:1000\nprotection g3 n1 over g1 arg 0:100") +
			  (told ? "" : " ambiguous"));
		s.at(0).put(SMCG_EV_PREEMPTED, 0, 0, 1);
		if (told)
			s.reads(100).put(SMCG_EV_TRY_SEEN, kB, 0, SMCG_BY_CHARGE, SMCG_TRY_AGAIN);
		s.reads(164).put(SMCG_EV_TRY_RET, kB, 64, SMCG_BY_CHARGE, 1);
		protects(s, kB, kRoot, 0, 164);
		EXPECT_EQ(s.told(), "exact g3 n64\nprotection g3 n1 over g1 arg 0:164");
		EXPECT_EQ(s.world.stats().errors, 0u);
	}
}

// What somebody else has computed between the two losses is not taken for its own.
TEST(Protect, OthersComputeBetweenTwoLossesOfTheCpu)
{
	Script s({.profile = SMCG_PROFILE_7_2});
	auto lost = [&s](std::uint64_t elow) {
		s.put(SMCG_EV_PREEMPTED, 0, 0, 0, SMCG_SWITCH_TOLD, 0, (1 | (elow + 1) << 24) << SMCG_SWITCH_PROTECTS);
	};

	s.based();
	siblings(s, 0, 500, 0, 0);
	s.limit(kA, SMCG_LIMIT_LOW, 1000);
	protects(s, kA, kRoot, 0, 1000).put(SMCG_EV_PROTECT, kB);
	lost(100);
	s.at(0, 51).uncharge(kB, 40).put(SMCG_EV_COUNTER_RET, kB);
	protects(s, kB, kRoot, 0, 60);
	s.at(0).put(SMCG_EV_PREEMPTED, 0, 0, 1);
	lost(60);
	s.at(0).put(SMCG_EV_PREEMPTED, 0, 0, 1).told();
	s.put(SMCG_EV_PROTECT, kB, 0, 1, 0, 60, kRoot);
	EXPECT_EQ(s.told(), "protection g3 n1 over g1 arg 0:100");
	EXPECT_EQ(s.world.stats().errors, 0u);
}

// A try whose pages are there stays, and so does what was read of another operation, while its task has no CPU (7.2).
TEST(Protect, BesideWhatATaskWithoutACpuHasRead)
{
	struct {
		unsigned type, nr, read, flags;
		const char *says;
	} rows[] = {
		{SMCG_EV_TRY_ENTER, 64, 164, 0, "0:164"},
		{SMCG_EV_TRY_ENTER, 64, 0, 0, "0:164 ambiguous"},
		{SMCG_EV_COUNTER_UNCHARGE, 40, 100, SMCG_TRY_NONE, "0:100"},
		{SMCG_EV_COUNTER_UNCHARGE, 40, 60, SMCG_TRY_NONE, "0:60"},
		{SMCG_EV_COUNTER_UNCHARGE, 40, 0, SMCG_TRY_NONE, "0:60 ambiguous"},
		{SMCG_EV_COUNTER_CHARGE, 40, 140, SMCG_TRY_NONE, "0:140"},
		{SMCG_EV_COUNTER_CHARGE, 40, 100, SMCG_TRY_NONE, "0:100"},
		{SMCG_EV_COUNTER_CHARGE, 40, 0, SMCG_TRY_NONE, "0:140 ambiguous"},
	};

	for (const auto &row : rows) {
		Script s({.profile = SMCG_PROFILE_7_2});
		unsigned elow = static_cast<unsigned>(std::strtoul(row.says + 2, nullptr, 10));
		unsigned by = row.type == SMCG_EV_TRY_ENTER ? SMCG_BY_CHARGE : row.type == SMCG_EV_COUNTER_CHARGE ? SMCG_BY_MIGRATE : SMCG_BY_UNCHARGE;

		s.based();
		siblings(s, 0, 500, 0, 0);
		s.limit(kA, SMCG_LIMIT_LOW, 1000);
		if (row.type == SMCG_EV_TRY_ENTER)
			s.charge(kB, 64).reads(100);
		s.put(row.type, kB, row.nr, by);
		if (row.read)
			s.reads(row.read).put(SMCG_EV_TRY_SEEN, kB, 0, by, row.flags);
		s.put(SMCG_EV_PREEMPTED, 0, 0, 0, SMCG_SWITCH_TOLD).told();
		protects(protects(s.at(0, 51), kA, kRoot, 0, 1000), kB, kRoot, 0, elow);
		EXPECT_EQ(s.told(), std::string("protection g2 n1 over g1 arg 0:1000\nprotection g3 n1 over g1 arg ") + row.says);
		s.at(0).put(SMCG_EV_PREEMPTED, 0, 0, 1);
		if (row.type == SMCG_EV_TRY_ENTER)
			s.reads(164).put(SMCG_EV_TRY_RET, kB, 64, by, 1);
		else
			s.put(SMCG_EV_COUNTER_RET, kB);
		protects(s, kB, kRoot, 0, row.nr == 64 ? 164 : by == SMCG_BY_MIGRATE ? 140 : 60);
		EXPECT_EQ(s.told().find("ambiguous"), std::string::npos) << row.says;
		EXPECT_EQ(s.world.stats().errors, 0u);
	}
}

// memory_recursiveprot: what the children do not claim is shared by what they use beyond it.
TEST(Protect, Recursive)
{
	Script s;

	s.raw_gfp(1).put(SMCG_EV_START, 0, 0, 0, 2, 1).based();
	siblings(s, 0, 40, 0, 0);
	s.limit(kA, SMCG_LIMIT_LOW, 200);
	protects(s, kA, kRoot, 0, 200).told();
	// 160 unclaimed over 360 unprotected pages: 60 of them here, 300 there.
	protects(s, kB, kRoot, 0, 40 + 160 * 60 / 360);
	protects(s, kD, kRoot, 0, 160 * 300 / 360);
	EXPECT_EQ(s.told(), "protection g3 over g1 arg 0:66\nprotection g10 over g1 arg 0:133");
}

// propagate_protected_usage(): the parent's sum follows every change.
TEST(Protect, ChildrenAreAddedUp)
{
	Script s;

	s.based();
	siblings(s, 150, 60, 40, 400);
	EXPECT_EQ(s.world.group(kB).min_usage, 100u);
	EXPECT_EQ(s.world.group(kB).low_usage, 60u);
	EXPECT_EQ(s.world.group(kA).children_min_usage, 140u);
	EXPECT_EQ(s.world.group(kA).children_low_usage, 360u);
	s.uncharge(kB, 70).uncharge(kD, 290);
	EXPECT_EQ(s.world.group(kA).children_min_usage, 40u);
	EXPECT_EQ(s.world.group(kA).children_low_usage, 40u);
	// a group that goes offline protects nothing any more
	s.put(SMCG_EV_GROUP_OFFLINE, kD);
	EXPECT_EQ(s.world.group(kA).children_min_usage, 30u);
	EXPECT_EQ(s.world.group(kA).children_low_usage, 30u);
}

// shrink_node_memcgs(): reclaimed from although under its low, that is the event.
TEST(Protect, LowEvents)
{
	Script s;

	s.based();
	siblings(s, 0, 500, 0, 200);
	protects(s, kB, kA, 0, 500).put(SMCG_EV_SHRINK, kB);
	protects(s, kD, kA, 0, 200).put(SMCG_EV_SHRINK, kD);	// uses more than that
	protects(s, kB, kA, 0, 500);				// passed over
	s.at(0, 51).put(SMCG_EV_SHRINK, kB);			// another task's
	EXPECT_EQ(s.world.group(kB).ev_local_low, 1u);
	EXPECT_EQ(s.world.group(kA).ev_low, 1u);
	EXPECT_EQ(s.world.group(kA).ev_local_low, 0u);
	EXPECT_EQ(s.world.group(kD).ev_low, 0u);
}

// mem_cgroup_unprotected() of 6.12; 6.1 looks at what was computed for the target last.
TEST(Protect, TheTargetItself)
{
	for (const auto &[profile, events] : {std::pair{SMCG_PROFILE_6_1, 1u}, std::pair{SMCG_PROFILE_6_12, 0u}}) {
		World::Setup setup;

		setup.profile = profile;
		Script s(setup);
		s.based();
		siblings(s, 0, 500, 0, 0);
		protects(s, kB, kA, 0, 500);
		protects(s, kB, kB, 0, 500).put(SMCG_EV_SHRINK, kB);
		EXPECT_EQ(s.world.group(kB).ev_low, events);
	}
}

// What was known of it as the watch began.
TEST(Protect, Baseline)
{
	Script s;

	s.put(SMCG_EV_BASE_EVENTS, kB, 0, 3, 7ull << 32 | 3, 11, 12);
	s.put(SMCG_EV_BASE_EVENTS, kB, 0, 2, 9ull << 32 | 4, 5);
	s.based();
	const smcg_group_snapshot g = s.world.group(kB);
	EXPECT_EQ(g.emin, 11u);
	EXPECT_EQ(g.elow, 12u);
	EXPECT_EQ(g.ev_low, 9u);
	EXPECT_EQ(g.ev_local_low, 7u);
	EXPECT_EQ(g.ev_oom_group_kill, 4u);
	EXPECT_EQ(g.ev_local_oom_group_kill, 3u);
	EXPECT_EQ(g.ev_swap_high, 5u);
}

}  // namespace
