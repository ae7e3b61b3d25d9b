// SPDX-License-Identifier: GPL-2.0
// SPEC A20: tasks that lose their CPU inside the kernel (7.2), checked against mm/memcontrol.c and kernel/sched/core.c of 7.2.
#include "slots_script.h"

namespace {

using namespace test;

TEST(Preempted, A20_APreemptedTaskGoesOnElsewhere)
{
	Script s({.cpus = 2, .profile = SMCG_PROFILE_7_2});

	in_task(s.based()).at(1, 51).fill(kA).at(0).fill(kA).barrier().told();
	preempted(s.charge(kA, 60), 63);
	other_task(s).charge(kA, 20);
	resumed(s, 1).barrier();
	EXPECT_EQ(s.told(), "stock_hit g2 n20\nstock_hit g2 n60");
	EXPECT_EQ(s.world.stock(0).page[0].nr, 43u);
	EXPECT_EQ(s.world.stock(1).page[0].nr, 3u);
	EXPECT_EQ(s.world.stats().errors, 0u);
}

// page_counter_uncharge() was not over: whether there was room is doubtful, and reality may say that there was none.
TEST(Preempted, A20_AnUnchargeIsUnderWayWhileItsTaskIsPreempted)
{
	Script s({.profile = SMCG_PROFILE_7_2});

	in_task(s.based()).limit(kA, SMCG_LIMIT_MAX, 64).fill(kA).barrier().told();
	s.put(SMCG_EV_COUNTER_UNCHARGE, kA, 1, SMCG_BY_UNCHARGE);
	preempted(s, 63);
	other_task(s).charge(kB, 1).tries(kB, 64, kA).tries(kB, 1, kA);
	s.put(SMCG_EV_RECLAIM, kA, 1, SMCG_BY_CHARGE);
	EXPECT_EQ(s.told(), "uncharge g2 n1\nbatch g3 n64 ENOMEM over g2\nexact g3 n1 ENOMEM over g2 ambiguous\n"
			    "max_event g2\nreclaim g2 n1");
	resumed(s).put(SMCG_EV_COUNTER_RET, kA);
	EXPECT_EQ(s.world.stats().adopted, 0u);
}

// What its task had collected as it lost the CPU, plus one, and whether its folio belonged to the group by then.
struct LookRow {
	const char *name;
	bool returned;			// out of the refill
	unsigned told;
	bool committed;
	unsigned high, freed, charged;	// memory.high; what others free and charge meanwhile
	const char *says;		// when all 64 pages are dealt with then
};

const LookRow looks[] = {
	{"StillAbove", true, 0, false, 40, 10, 0, "over_high g2 n64"},
	{"BelowMeanwhile", true, 0, false, 40, 60, 0, "over_high g2 n64 ambiguous"},
	{"ThatItCollectedTellsItLooked", true, 65, false, 40, 60, 0, "over_high g2 n64"},
	{"ThatItDidNotTellsItHasTo", true, 1, false, 40, 60, 0, "over_high g2 adopted"},
	{"ThatItDidNotMayBeForNothingWasAbove", true, 1, false, 64, 0, 1, "over_high g2 n64 ambiguous"},
	{"ACommittedChargeHasLooked", true, 1, true, 64, 0, 1, "over_high g2 adopted"},
	{"BeforeTheRefillsReturnItHasNot", false, 0, false, 64, 0, 1, "over_high g2 n64"},
};

class Looks : public testing::TestWithParam<LookRow> {};

// try_charge_memcg() looked at memory.high before its task lost the CPU, or does when it runs again.
TEST_P(Looks, A20_ALookAtHighGoesOnWithItsTask)
{
	const LookRow &row = GetParam();
	Script s({.profile = SMCG_PROFILE_7_2});

	in_task(s.based()).put(SMCG_EV_TASK_NEW, 0, 0, 0, 50).limit(kA, SMCG_LIMIT_HIGH, row.high).fill(kA);
	if (row.returned)
		s.reads(64).put(SMCG_EV_REFILL_RET, kA);
	s.raw_gfp(row.told).put(SMCG_EV_PREEMPTED, 0, 0, 0,
				SMCG_SWITCH_TOLD | 63 | (row.committed ? SMCG_SWITCH_COMMITTED : 0), 0, 1);
	other_task(s);
	if (row.freed)
		s.put(SMCG_EV_COUNTER_UNCHARGE, kA, row.freed, SMCG_BY_UNCHARGE).put(SMCG_EV_COUNTER_RET, kA);
	if (row.charged)
		s.charge(kA, 100).tries(kA, 100);
	s.told();
	resumed(s).put(SMCG_EV_HIGH_HANDLE, kA, 64);
	EXPECT_EQ(s.told(), row.says);
	EXPECT_EQ(s.world.stats().errors, 0u);
}

INSTANTIATE_TEST_SUITE_P(Preempted, Looks, testing::ValuesIn(looks), [](const auto &info) { return info.param.name; });

// A try whose task has no CPU adds nothing: what was read beside it is all that another's look finds.
TEST(Preempted, A20_ATryWithoutACpuStandsStill)
{
	Script s({.profile = SMCG_PROFILE_7_2});

	in_task(s.based()).limit(kA, SMCG_LIMIT_HIGH, 130).fill(kA);
	s.put(SMCG_EV_TASK_NEW, 0, 0, 0, 51).charge(kA, 64).enter(kA, 64);
	s.reads(128).put(SMCG_EV_TRY_SEEN, kA, 0, SMCG_BY_CHARGE);
	preempted(s, 63);
	other_task(s).charge(kA, 64).reads(128).enter(kA, 64).reads(192).leave(kA, 64).told();
	s.put(SMCG_EV_HIGH_HANDLE, kA, 64);
	EXPECT_EQ(s.told(), "over_high g2 n64");
	EXPECT_EQ(s.world.stats().errors, 0u);
}

// So does an uncharge that had not landed: what was read beside it is all that another's look finds.
TEST(Preempted, A20_AnUnchargeWithoutACpuStandsStill)
{
	for (unsigned away : {1u, 0u}) {
		Script s({.profile = SMCG_PROFILE_7_2});

		in_task(s.based()).limit(kA, SMCG_LIMIT_HIGH, 130).fill(kA);
		s.put(SMCG_EV_TASK_NEW, 0, 0, 0, 51).charge(kA, 64).tries(kA, 64).uncharge(kA, 64);
		if (away)
			preempted(s, 63);
		other_task(s).charge(kA, 64).reads(128).enter(kA, 64).reads(192).leave(kA, 64).told();
		s.put(SMCG_EV_HIGH_HANDLE, kA, 64);
		EXPECT_EQ(s.told(), away ? "over_high g2 n64" : "over_high g2 adopted");
		EXPECT_EQ(s.world.stats().errors, 0u);
	}
}

// What a task has collected before its next look tells what came of one that was doubtful.
TEST(Preempted, A20_ADoubtfulLookIsSettledByTheNextRefill)
{
	for (unsigned told : {1u, 0u}) {
		Script s({.profile = SMCG_PROFILE_7_2});

		in_task(s.based()).put(SMCG_EV_TASK_NEW, 0, 0, 0, 50).limit(kA, SMCG_LIMIT_HIGH, 100).fill(kA);
		s.reads(64).put(SMCG_EV_REFILL_RET, kA);
		s.raw_gfp(1).put(SMCG_EV_PREEMPTED, 0, 0, 0, SMCG_SWITCH_TOLD | 63, 0, 1);
		other_task(s).charge(kA, 64).tries(kA, 64);
		resumed(s).charge(kA, 63).fill(kA).reads(192).put(SMCG_EV_REFILL_RET, kA, 0, 0, told).told();
		s.put(SMCG_EV_HIGH_HANDLE, kA, 64);
		EXPECT_EQ(s.told(), std::string("refill g2 n63 arg 0:63\nover_high g2 n64") + (told ? "" : " ambiguous"));
		EXPECT_EQ(s.world.stats().errors, 0u);
	}
}

// What is read of the counter as its task has the CPU again tells that a try did not see what was there before.
TEST(Preempted, A20_ATryOfAPreemptedTaskIsSeen)
{
	for (unsigned read : {0u, 1u}) {
		Script s({.profile = SMCG_PROFILE_7_2});

		in_task(s.based()).limit(kA, SMCG_LIMIT_MAX, 150).fill(kA);
		other_task(s).charge(kA, 64).tries(kA, 64).barrier().told();
		in_task(s).charge(kB, 64).reads(0).put(SMCG_EV_TRY_ENTER, kB, 64, SMCG_BY_CHARGE);
		preempted(s, 63);
		other_task(s).put(SMCG_EV_COUNTER_UNCHARGE, kA, 64, SMCG_BY_UNCHARGE).put(SMCG_EV_COUNTER_RET, kA);
		preempted(s, 63);
		resumed(s);
		if (read)
			s.reads(0).put(SMCG_EV_TRY_SEEN, kB, 0, SMCG_BY_CHARGE, 0, 0, 65);
		s.told();
		s.reads(64).put(SMCG_EV_TRY_RET, kB, 64, SMCG_BY_CHARGE, 1, 0, 129);
		EXPECT_EQ(s.told(), read ? "exact g3 n64" : "exact g3 n64 ambiguous");
	}
}

// That the pages were not there as the task lost its CPU, where there was room for them, tells that it had not tried yet.
TEST(Preempted, A20_APreemptedTryThatHadRoomComesLater)
{
	for (unsigned told : {2u, 1u, 0u}) {
		Script s({.profile = SMCG_PROFILE_7_2});

		in_task(s.based()).limit(kA, SMCG_LIMIT_MAX, 128).fill(kA).barrier().told();
		s.charge(kA, 64).reads(64).put(SMCG_EV_TRY_ENTER, kA, 64, SMCG_BY_CHARGE);
		if (told)
			s.reads(64).put(SMCG_EV_TRY_SEEN, kA, 0, SMCG_BY_CHARGE);
		preempted(s, 63);
		other_task(s).charge(kA, 64).tries(kA, 64).uncharge(kA, 8).put(SMCG_EV_COUNTER_RET, kA).told();
		resumed(s);
		if (told == 2)
			s.reads(120).put(SMCG_EV_TRY_SEEN, kA, 0, SMCG_BY_CHARGE, SMCG_TRY_AGAIN);
		s.reads(120).put(SMCG_EV_TRY_RET, kA, 64, SMCG_BY_CHARGE, 0, kA);
		EXPECT_EQ(s.told(), std::string("exact g2 n64 ENOMEM over g2") + (told ? "" : " ambiguous") + "\nmax_event g2");
		EXPECT_EQ(s.world.stats().errors, 0u);
	}
}

// What others do while it has no CPU, and undo before it has one again, is nothing to a try.
TEST(Preempted, A20_ATryWithoutACpuSeesNothing)
{
	for (bool away : {true, false}) {
		Script s({.profile = SMCG_PROFILE_7_2});

		in_task(s.based()).limit(kA, SMCG_LIMIT_MAX, 150).fill(kA).barrier().told();
		s.charge(kB, 64).reads(0).put(SMCG_EV_TRY_ENTER, kB, 64, SMCG_BY_CHARGE);
		if (away)
			preempted(s, 63);
		s.at(away ? 0 : 1, 51).charge(kA, 64).tries(kA, 64).uncharge(kA, 64).put(SMCG_EV_COUNTER_RET, kA).told();
		if (away)
			resumed(s);
		in_task(s).reads(64).put(SMCG_EV_TRY_RET, kB, 64, SMCG_BY_CHARGE, 1, 0, 129);
		EXPECT_EQ(s.told(), away ? "exact g3 n64" : "exact g3 n64 ambiguous");
		EXPECT_EQ(s.world.stats().errors, 0u);
	}
}

// One that was refused before its task lost the CPU does not see the room that others make meanwhile.
TEST(Preempted, A20_APreemptedTryWasRefusedBefore)
{
	for (unsigned told : {1u, 0u}) {
		Script s({.profile = SMCG_PROFILE_7_2});

		in_task(s.based()).limit(kA, SMCG_LIMIT_MAX, 128).fill(kA).charge(kA, 64).tries(kA, 64).barrier().told();
		s.charge(kA, 64).put(SMCG_EV_TRY_ENTER, kA, 64, SMCG_BY_CHARGE);
		if (told)
			s.reads(128).put(SMCG_EV_TRY_SEEN, kA, 0, SMCG_BY_CHARGE, SMCG_TRY_REFUSED);
		preempted(s, 63);
		other_task(s).uncharge(kA, 64).put(SMCG_EV_COUNTER_RET, kA).charge(kA, 64).tries(kA, 64);
		s.uncharge(kA, 64).put(SMCG_EV_COUNTER_RET, kA).told();
		resumed(s);
		if (told)
			s.reads(64).put(SMCG_EV_TRY_SEEN, kA, 0, SMCG_BY_CHARGE, SMCG_TRY_AGAIN | SMCG_TRY_REFUSED);
		s.reads(64).put(SMCG_EV_TRY_RET, kA, 64, SMCG_BY_CHARGE, 0, kA);
		EXPECT_EQ(s.told(), std::string("exact g2 n64 ENOMEM over g2") + (told ? "" : " ambiguous") + "\nmax_event g2");
		EXPECT_EQ(s.world.stats().errors, 0u);
	}
}

// A flush by the drain itself, which lost the CPU first: what the stock owes then tells that it has looked since.
TEST(Preempted, A20_AFlushThatOwesIsALookThatFoundIt)
{
	for (unsigned owes : {SMCG_OWES_SOME, SMCG_OWES_UNTOLD}) {
		Script s({.profile = SMCG_PROFILE_7_2});

		in_task(s.based()).limit(kA, SMCG_LIMIT_MAX, 130).charge(kA, 131).tries(kA, 131, kA);
		s.reclaim(kA, 131, 0).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE, 0, 0, 1);
		preempted(s, 0);
		preempted(other_task(s).fill(kA), 63);
		resumed(s).told();
		s.put(SMCG_EV_DRAIN_LOCAL, 0, 0, SMCG_BY_DRAIN_WORK, 0, owes).drained(kA, 63);
		s.put(SMCG_EV_DRAIN_ALL_RET, kA, 0, 0, 0, 0, 1);
		EXPECT_EQ(s.told(), std::string("drain_local g2 n63\ndrain g2 arg 0:1") +
			  (owes == SMCG_OWES_SOME ? "" : " ambiguous"));
		EXPECT_EQ(s.world.stats().errors, 0u);
	}
}

// An order that is tried and not taken leaves nothing behind: what the object group has set aside stays known.
TEST(Preempted, A20_AFlushThatIsStillDueAsItsTaskLosesTheCpu)
{
	Script s({.profile = SMCG_PROFILE_7_2});
	auto put_back = [&s](unsigned bytes, unsigned there) {
		s.put(SMCG_EV_OBJ_REFILL, kA, there + 2, 0, 1, bytes, 1);
	};

	refill_bytes(in_task(s.based()), 3592, true, 1);
	s.put(SMCG_EV_DRAIN_LOCAL, 0, 0, SMCG_BY_OBJ_DRAIN_WORK);
	in_softirq(s, SMCG_LOCK_FREE, SMCG_LOCK_FREE);
	put_back(200, 3592);
	put_back(100, 3792);
	in_task(s).put(SMCG_EV_PREEMPTED, 0, 0, 0, SMCG_SWITCH_TOLD | SMCG_SWITCH_BYTES_FLUSHING, 3892, 256);
	other_task(s).put(SMCG_EV_OBJ_CHARGE, kA, 3892 + 2, 0, 1, 92).barrier();
	EXPECT_EQ(s.told(), "obj_hit g2 arg 0:92");
	EXPECT_EQ(s.world.stats().errors, 0u);
}

// Another CPU that gives bytes back past its stock at the same time makes doubtful what is set aside, not what this
// stock has: that tells that the charge had taken its bytes before its task lost the CPU.
TEST(Preempted, A20_BytesPutBackPastTheStockLeaveItsOwnKnown)
{
	Script s({.cpus = 2, .profile = SMCG_PROFILE_7_2});

	refill_bytes(in_task(s.based()), 3776, true, 1);
	s.put(SMCG_EV_OBJ_CHARGE, kA, 3776 + 2, 0, 1, 104);
	refill_bytes(in_softirq(s, SMCG_LOCK_FREE, SMCG_LOCK_HELD), 40, true, 1);
	refill_bytes(s.at(1, 60, SMCG_CTX_SOFTIRQ).locks(SMCG_LOCK_FREE, SMCG_LOCK_HELD), 40, true, 1).at(1, 61).charge(kB, 1);
	refill_bytes(in_softirq(s, SMCG_LOCK_FREE, SMCG_LOCK_HELD), 200, true, 1);
	preempted(in_task(s), 0, 3672);
	other_task(s).put(SMCG_EV_OBJ_REFILL, kA, 3672 + 2, 0, 1, 40, 1);
	resumed(in_task(s));
	s.put(SMCG_EV_OBJ_CHARGE, kA, 3712 + 2, 0, 1, 3700).barrier();
	EXPECT_EQ(s.told(), "obj_hit g2 arg 0:104\nobj_hit g2 arg 0:3700");
	EXPECT_EQ(s.world.stats().adopted, 0u);
	EXPECT_EQ(s.world.stats().errors, 0u);
}

// A drain that has looked at all stocks before its task lost the CPU has not seen what they get meanwhile.
TEST(Preempted, A20_ADrainThatHasLookedSeesNoMore)
{
	for (std::uint64_t looked : {SMCG_SWITCH_DRAINED, 0ULL}) {
		Script s({.profile = SMCG_PROFILE_7_2});

		in_task(s.based()).limit(kA, SMCG_LIMIT_MAX, 130).charge(kA, 131).tries(kA, 131, kA);
		s.reclaim(kA, 131, 0).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE, 0, 0, 1);
		s.put(SMCG_EV_PREEMPTED, 0, 0, 0, SMCG_SWITCH_TOLD | looked, 0, 0);
		preempted(other_task(s).fill(kA), 63);
		resumed(s).told();
		s.put(SMCG_EV_DRAIN_ALL_RET, kA, 0, 0, 1, 0, 1);
		EXPECT_EQ(s.told(), std::string("drain g2") + (looked ? "" : " ambiguous"));
		EXPECT_EQ(s.world.stats().errors, 0u);
	}
}

// One that found pages to flush, and had not marked the stock as its task lost the CPU, had not looked: it finds what
// is left. Should it flush them all the same, it was just about to.
TEST(Preempted, A20_ADrainThatHadNotLookedFindsWhatIsLeft)
{
	for (bool flushes : {false, true}) {
		Script s({.profile = SMCG_PROFILE_7_2});

		in_task(s.based()).limit(kA, SMCG_LIMIT_MAX, 130).fill(kA).charge(kA, 128).tries(kA, 128, kA);
		s.reclaim(kA, 128, 0).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE, 1, 0, 1);
		preempted(s, 63);
		other_task(s).charge(kA, 63).barrier();
		resumed(s).told();
		if (flushes)
			s.put(SMCG_EV_DRAIN_LOCAL, 0, 0, SMCG_BY_DRAIN_WORK);
		s.put(SMCG_EV_DRAIN_ALL_RET, kA, 0, 0, 0, 0, 1);
		EXPECT_EQ(s.told(), flushes ? "drain g2 arg 0:1" : "drain g2");
		EXPECT_EQ(s.world.stats().errors, 0u);
	}
}

// One that had marked it flushes it, whatever others leave there.
TEST(Preempted, A20_ADrainThatHadMarkedAStockFlushesIt)
{
	Script s({.profile = SMCG_PROFILE_7_2});

	in_task(s.based()).limit(kA, SMCG_LIMIT_MAX, 130).fill(kA).charge(kA, 128).tries(kA, 128, kA);
	s.reclaim(kA, 128, 0).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE);
	s.put(SMCG_EV_PREEMPTED, 0, 0, 0, SMCG_SWITCH_TOLD | SMCG_SWITCH_PAGES_FLUSHING | 63, 0, 1);
	other_task(s).charge(kA, 63).barrier();
	resumed(s).told();
	s.put(SMCG_EV_DRAIN_LOCAL, 0, 0, SMCG_BY_DRAIN_WORK);
	s.put(SMCG_EV_DRAIN_ALL_RET, kA, 0, 0, 0, 0, 1);
	EXPECT_EQ(s.told(), "drain g2 arg 0:1");
	EXPECT_EQ(s.world.stats().errors, 0u);
}

}  // namespace
