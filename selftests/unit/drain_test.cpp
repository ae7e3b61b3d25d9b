// SPDX-License-Identifier: GPL-2.0
// SPEC A12: drains; MODEL.md, Order: windows and what comes among them.
#include "table.h"

namespace {

using namespace test;

// Two CPUs with stocks of A and B, then a charge of A that gets to its drain.
void up_to_drain(Script &s, unsigned nr = 65)
{
	s.limit(kA, SMCG_LIMIT_MAX, 131).fill(kA).at(1, 51).fill(kB).at(0);
	s.charge(kA, nr).tries(kA, nr, kA).reclaim(kA, nr, 0).barrier().told();
}

// And the drain: here at once, on CPU 1 by work that is still to run.
void through_drain(Script &s)
{
	up_to_drain(s);
	s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_OBJ_DRAIN);
	s.put(SMCG_EV_DRAIN_LOCAL).drained(kA, 63).put(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, 1);
	s.put(SMCG_EV_DRAIN_ALL_RET).tries(kA, 65);
}

const Row drain_rows[] = {
	{"LocalAtOnceRemoteByWork", "drain_all_stock(), drain_local_stock()",
	 [](Script &s) {
		 through_drain(s);
		 s.at(1, 60).put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_DRAIN_LOCAL).drained(kB, 63);
	 },
	 "drain_local g2 n63\ndrain g2 arg 0:3\nexact g2 n65\ndrain_local g3 n63"},
	{"OnlyDescendants", "mem_cgroup_is_descendant()",
	 [](Script &s) {
		 s.limit(kB, SMCG_LIMIT_MAX, 64).fill(kA).at(1, 51).fill(kB).at(0);
		 s.charge(kB, 65).tries(kB, 65, kB).reclaim(kB, 65, 0).barrier().told();
		 s.put(SMCG_EV_DRAIN_ALL, kB, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, 1);
		 s.put(SMCG_EV_DRAIN_ALL_RET);
	 },
	 "drain g3 arg 0:2"},
	{"FlushingIsLeftAlone", "test_and_set_bit(FLUSHING_CACHED_CHARGE)",
	 [](Script &s) {
		 through_drain(s);
		 s.barrier().told();
		 s.at(0, 52).charge(kA, 65).tries(kA, 65, kA).reclaim(kA, 65, 0).barrier().told();
		 s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_ALL_RET);
	 },
	 "drain g2"},
	{"QueuedAnewBehindAnOldFlush", "clear_bit() of the flush before",
	 [](Script &s) {
		 through_drain(s);
		 // The worker of CPU 1 runs, and then the CPU is silent.
		 s.at(1, 60).put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_DRAIN_LOCAL).drained(kB, 63);
		 s.at(0, 70).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_WRITE);
		 s.put(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, 1).put(SMCG_EV_DRAIN_ALL_RET).barrier().told();
		 s.said.push_back(s.world.stock(1).flushing ? "flushing" : "not flushing");
	 },
	 "flushing"},
	{"AFlushThatIsOnItsWaySettlesIt", "FLUSHING_CACHED_CHARGE until the end of the flush",
	 [](Script &s) {
		 up_to_drain(s);
		 s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_OBJ_DRAIN);
		 s.put(SMCG_EV_DRAIN_LOCAL).drained(kA, 63).put(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, 1);
		 s.put(SMCG_EV_DRAIN_ALL_RET).tries(kA, 65);
		 // The worker of CPU 1 runs, and nothing tells when it is done.
		 s.at(1, 60).put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_DRAIN_LOCAL).drained(kB, 63);
		 s.at(0, 52).charge(kA, 65).tries(kA, 65, kA).reclaim(kA, 65, 0).told();
		 s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_ALL_RET);
	 },
	 "drain g2\ndrain_local g3 n63"},
	{"ARefillOfTheSameGroupChangesNothing", "its owner and that it has pages",
	 [](Script &s) {
		 up_to_drain(s);
		 s.at(1, 51).refill(kB, 1).at(0).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE);
		 s.put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_DRAIN_LOCAL).drained(kA, 63);
		 s.put(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, 1).put(SMCG_EV_DRAIN_ALL_RET);
	 },
	 "drain_local g2 n63\ndrain g2 arg 0:3\nrefill g3 n1 arg 0:64"},
	{"ARefillOfAnotherGroupMay", "there is no owner for a moment",
	 [](Script &s) {
		 up_to_drain(s);
		 s.at(1, 51).refill(kC, 1).drained(kB, 63).at(0).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE);
		 s.put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_DRAIN_LOCAL).drained(kA, 63);
		 s.put(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, 1).put(SMCG_EV_DRAIN_ALL_RET);
	 },
	 "drain_local g2 n63\ndrain g2 arg 0:3 ambiguous\nrefill g4 n1 over g3 arg 63:1"},
	{"ReadAsItsFlushWasQueued", "drain_all_stock(): what made it flush this CPU",
	 [](Script &s) {
		 up_to_drain(s, 100);
		 s.at(1, 51).refill(kC, 1).drained(kB, 63).at(0).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE);
		 s.put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_DRAIN_LOCAL).drained(kA, 63);
		 s.put(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, 1, SMCG_OWES_SOME).put(SMCG_EV_DRAIN_ALL_RET);
	 },
	 "drain_local g2 n63\ndrain g2 arg 0:3\nrefill g4 n1 over g3 arg 63:1"},
	{"ReadAsItsFlushWasQueuedAndGone", "it owed something when it was looked at",
	 [](Script &s) {
		 up_to_drain(s, 100);
		 s.at(1, 51).refill(kC, 1).drained(kB, 63).at(0).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE);
		 s.put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_DRAIN_LOCAL).drained(kA, 63);
		 s.put(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, 1, SMCG_OWES_NOTHING).put(SMCG_EV_DRAIN_ALL_RET);
	 },
	 "drain_local g2 n63\ndrain g2 arg 0:3 ambiguous\nrefill g4 n1 over g3 arg 63:1"},
	{"ReadingsTellThatItWasLeftAlone", "DRAIN_ALL.a before and after it",
	 [](Script &s) {
		 up_to_drain(s, 100);
		 s.at(1, 51).refill(kForeign, 1).drained(kB, 63).at(0);
		 s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE, 1, 0, 1);
		 s.put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_DRAIN_LOCAL).drained(kA, 63);
		 s.put(SMCG_EV_DRAIN_ALL_RET, kA, 0, 0, 0, 0, 1);
	 },
	 "drain_local g2 n63\ndrain g2 arg 0:1\nrefill g8 n1 over g3 arg 63:1"},
	{"ReadingsThatDifferTellNothing", "it may have been flushed, or not",
	 [](Script &s) {
		 up_to_drain(s, 100);
		 s.at(1, 51).refill(kForeign, 1).drained(kB, 63).at(0);
		 s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE, 3, 0, 1);
		 s.put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_DRAIN_LOCAL).drained(kA, 63);
		 s.put(SMCG_EV_DRAIN_ALL_RET, kA, 0, 0, 0, 0, 1);
	 },
	 "drain_local g2 n63\ndrain g2 arg 0:1 ambiguous\nrefill g8 n1 over g3 arg 63:1"},
	{"OverfullOfAnotherGroupBehindIt", "__refill_stock(): drained twice, by who is not watched",
	 [](Script &s) {
		 s.fill(kA).barrier().told();
		 s.refill(kForeign, 1024).drained(kA, 63);
	 },
	 "refill g8 n1024 over g2 arg 1087:0"},
	{"OthersDrainUnjudged", "memory_max_write(): drain_all_stock()",
	 [](Script &s) {
		 s.fill(kA).at(1, 51).fill(kB).barrier().told();
		 s.at(0, 70).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_WRITE).put(SMCG_EV_OBJ_DRAIN);
		 s.put(SMCG_EV_DRAIN_LOCAL).drained(kA, 63).put(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, 1);
		 s.put(SMCG_EV_DRAIN_ALL_RET);
	 },
	 "drain_local g2 n63"},
	{"DeadCpuGivesItsPagesBack", "memcg_hotplug_cpu_dead()",
	 [](Script &s) {
		 s.at(1, 51).fill(kA).at(0).barrier().told();
		 s.put(SMCG_EV_CPU_DEAD, 0, 0, 0, 1);
		 s.put(SMCG_EV_COUNTER_UNCHARGE, kA, 63, SMCG_BY_CPU_DEAD);
		 s.at(1, 51).charge(kA, 1).tries(kA, 64).refill(kA, 63);
	 },
	 "batch g2 n64\nrefill g2 n63 arg 0:63"},
};
SMCG_TABLE(DrainTable, drain_rows);

// A charge of the task is open; an interrupt uses the stock before the task goes on.
const Row window_rows[] = {
	{"InterruptAfterTheEffect", "first place: pages left agree",
	 [](Script &s) {
		 s.fill(kA).barrier().told();
		 s.charge(kA, 1).at(0, 50, SMCG_CTX_SOFTIRQ).refill(kForeign, 1).drained(kA, 62);
		 s.at(0).uncharge(kA, 1);
	 },
	 "stock_hit g2 n1\nrefill g8 n1 over g2 arg 62:1\nuncharge g2 n1"},
	{"InterruptBeforeTheEffect", "a later place: the drain had all, the charge missed",
	 [](Script &s) {
		 s.fill(kA).barrier().told();
		 s.charge(kA, 1).at(0, 50, SMCG_CTX_SOFTIRQ).refill(kForeign, 1).drained(kA, 63);
		 s.at(0).tries(kA, 64).refill(kA, 63);
	 },
	 "refill g8 n1 over g2 arg 63:1\nbatch g2 n64\nrefill g2 n63 arg 0:63"},
	{"ReadingTellsTheOrder", "REFILL.a: pages that were there, plus one",
	 [](Script &s) {
		 s.fill(kA).barrier().told();
		 s.charge(kA, 1).at(0, 50, SMCG_CTX_SOFTIRQ);
		 s.put(SMCG_EV_REFILL, kA, 1, SMCG_BY_OTHER, 64).at(0).uncharge(kA, 1);
	 },
	 "stock_hit g2 n1\nrefill g2 n1 arg 0:64\nuncharge g2 n1"},
	{"BothOrdersDecideDifferently", "ambiguous: pages left in the stock",
	 [](Script &s) {
		 s.fill(kA).barrier().told();
		 s.charge(kA, 1).at(0, 50, SMCG_CTX_SOFTIRQ).refill(kA, 1).at(0).uncharge(kA, 1);
	 },
	 "stock_hit g2 n1\nrefill g2 n1 arg 0:63 ambiguous\nuncharge g2 n1"},
	{"NestedChargeTakesTheLastPage", "softirq in the middle of a charge",
	 [](Script &s) {
		 s.fill(kA, 63).barrier().told();
		 s.charge(kA, 1).at(0, 50, SMCG_CTX_SOFTIRQ).charge(kA, 1, SMCG_BY_SOCK);
		 s.at(0).tries(kA, 64).refill(kA, 63);
	 },
	 "stock_hit g2 n1\nbatch g2 n64\nrefill g2 n63 arg 0:63"},
	{"ManyInterruptsInOneWindow", "the queue is bounded",
	 [](Script &s) {
		 s.fill(kA).barrier().told();
		 s.charge(kA, 1);
		 for (int i = 0; i < 60; i++)
			 s.at(0, 50, SMCG_CTX_SOFTIRQ).charge(kA, 1, SMCG_BY_SOCK);
		 s.at(0).uncharge(kA, 1).barrier();
		 std::size_t hits = 0;
		 for (const auto &line : s.said)
			 hits += line.rfind("stock_hit g2 n1", 0) == 0;
		 s.said.assign(1, std::to_string(hits) + " hits");
	 },
	 "61 hits"},
};
SMCG_TABLE(WindowTable, window_rows);

// Interrupts in interrupts: a task and a softirq wait for pages that only a hard interrupt brings, and none of
// them alone can be moved so that less disagrees.
TEST(Window, ThreeLevelsTooManyOrdersToTryAll)
{
	for (unsigned more = 0; more < 20; more++) {
		Script s;
		s.based().told();
		s.at(0, 50, SMCG_CTX_TASK).charge(kB, 1).at(0, 50, SMCG_CTX_SOFTIRQ).charge(kB, 1);
		s.at(0, 50, SMCG_CTX_HARDIRQ).charge(kB, 1).tries(kB, 64).put(SMCG_EV_REFILL, kB, 63, 0, 1);
		s.at(0, 50, SMCG_CTX_SOFTIRQ).charge(kB, 1).at(0, 50, SMCG_CTX_HARDIRQ);
		for (unsigned i = 0; i < more; i++)
			s.charge(kB, 1);
		s.at(0, 50, SMCG_CTX_SOFTIRQ).charge(kB, 1).at(0).barrier();
		for (const smcg_decision &d : s.decisions)
			EXPECT_EQ(d.flags, 0) << test::text(d) << ", " << more;
		EXPECT_EQ(s.decisions.size(), 6u + more);
		EXPECT_EQ(s.world.stock(0).page[0].nr, 59u - more);
	}
}

// What a refill reads tells where two of three softirqs took their page, and only both together: a charge that is
// thought to have hit an empty stock makes all that was read behind it possible.
// Pages wait for the task's bytes, which need another place than the first if an interrupt brings them.
void one_of_many_orders(bool bytes_come)
{
	Script s;
	s.based().told();
	const auto hits = [&](unsigned n) {
		s.at(0, 50, SMCG_CTX_HARDIRQ);
		for (unsigned i = 0; i < n; i++)
			s.charge(kB, 1);
	};
	const auto filled = [&](unsigned css, unsigned held, unsigned other) {
		s.at(0, 50, SMCG_CTX_HARDIRQ).charge(css, 1).tries(css, 64);
		s.put(SMCG_EV_REFILL, css, 63, 0, 1 + held);
		if (held)
			s.drained(other, held);
	};
	s.at(0).put(SMCG_EV_OBJ_CHARGE, kB, 0, 0, 7, 8).at(0, 50, SMCG_CTX_SOFTIRQ);
	if (bytes_come)
		s.put(SMCG_EV_OBJ_REFILL, kB, 0, 0, 7, 100).put(SMCG_EV_OBJ_DRAIN, 0, 1);
	s.charge(kB, 1);
	filled(kA, 0, 0);
	filled(kB, 63, kA);
	hits(8);
	s.at(0, 50, SMCG_CTX_SOFTIRQ).charge(kB, 1);
	hits(13);
	filled(kA, 41, kB);
	filled(kB, 63, kA);
	hits(20);
	s.at(0, 50, SMCG_CTX_SOFTIRQ).charge(kB, 1);
	hits(41);
	filled(kB, 0, 0);
	s.at(0, 50, SMCG_CTX_SOFTIRQ).charge(kB, 1).at(0).charge(kB, 1, bytes_come ? SMCG_BY_FOLIO : SMCG_BY_OBJ).barrier();
	for (const smcg_decision &d : s.decisions)
		EXPECT_EQ(d.flags, 0) << test::text(d);
	EXPECT_EQ(s.world.stats().adopted, 0u);
}

TEST(Window, OneOfManyOrdersThatNoStepFromAnotherReaches)
{
	one_of_many_orders(false);
	one_of_many_orders(true);
}

// One page more or less was there. If more, task and softirq have taken one each before their ends; if less, one of them
// takes it at its end: no order of the one kind is a single step from one of the other.
TEST(Window, OrdersThatAreFarApartMayAllBeTheOne)
{
	for (unsigned left : {62, 63}) {
		Script s;
		s.based().fill(kB).barrier().told();
		s.charge(kB, 1).at(0, 50, SMCG_CTX_SOFTIRQ);
		for (unsigned i = 0; i < 130; i++)
			s.uncharge(kC, 1);
		s.at(0).uncharge(kC, 1);
		const auto filled = [&](unsigned css, unsigned held, unsigned other) {
			s.charge(css, 1).tries(css, 64).put(SMCG_EV_REFILL, css, 63, 0, 1 + held).drained(other, held);
		};
		s.charge(kB, 1).at(0, 50, SMCG_CTX_SOFTIRQ).charge(kB, 1).at(0, 50, SMCG_CTX_HARDIRQ);
		for (unsigned times = 0; times < 2; times++) {
			s.charge(kB, 1).charge(kB, 1);
			filled(kA, 60, kB);
			filled(kB, 63, kA);
		}
		s.at(0).uncharge(kC, 1);
		filled(kA, left, kB);
		s.barrier();
		EXPECT_EQ(s.world.stats().adopted, 0u) << left;
	}
}

TEST(Window, ATaskThatMovedSettlesItsOldCpu)
{
	Script s;
	s.based().fill(kA).at(1, 51).fill(kA).barrier().told();
	s.at(0).charge(kA, 1).at(1).charge(kA, 2).barrier();
	EXPECT_EQ(s.told(), "stock_hit g2 n1\nstock_hit g2 n2");
}

TEST(Window, AnInterruptOfAnotherTaskSettlesTheOneBefore)
{
	Script s;
	s.based().fill(kA).barrier().told();
	s.charge(kA, 1).at(0, 51, SMCG_CTX_SOFTIRQ).charge(kA, 2, SMCG_BY_SOCK);
	EXPECT_EQ(s.told(), "stock_hit g2 n1");
}

TEST(Window, ATaskThatMovedLeavesTheInterruptOfAnotherAlone)
{
	Script s;
	s.based().fill(kA, 63).at(1, 51).fill(kA).barrier().told();
	s.at(0).charge(kA, 1).at(0, 52, SMCG_CTX_SOFTIRQ).charge(kA, 1, SMCG_BY_SOCK);
	s.at(1).charge(kA, 1).at(0, 52, SMCG_CTX_SOFTIRQ).tries(kA, 64).refill(kA, 63).barrier();
	EXPECT_EQ(s.told(), "stock_hit g2 n1\nbatch g2 n64\nrefill g2 n63 arg 0:63\nstock_hit g2 n1");
}

TEST(Window, AnInterruptOnTheNewCpuProvesTheMove)
{
	Script s;
	s.based().fill(kA).at(1, 51).fill(kA).barrier().told();
	s.at(0).charge(kA, 1).at(1, 50, SMCG_CTX_SOFTIRQ).charge(kA, 2, SMCG_BY_SOCK);
	EXPECT_EQ(s.told(), "stock_hit g2 n1");
}

TEST(Window, ABarrierHoldsWhatMustStillBeSeen)
{
	Script s;
	s.based().charge(kA, 1).barrier();
	EXPECT_EQ(s.told(), "") << "a miss: its try is still to come";
	s.tries(kA, 64).refill(kA, 63).barrier();
	EXPECT_EQ(s.told(), "batch g2 n64\nrefill g2 n63 arg 0:63");
}

// The mutex is let go before the return: with long interrupts several returns are still to come.
TEST(Drain, ManyReturnsMayBeLate)
{
	Script s;
	s.based();
	for (unsigned tid = 60; tid < 65; tid++)
		s.at(0, tid).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_OTHER);
	for (unsigned tid = 60; tid < 65; tid++)
		s.at(0, tid).put(SMCG_EV_DRAIN_ALL_RET);
	EXPECT_EQ(s.world.stats().errors, 0u);
	EXPECT_EQ(s.world.stats().tasks_open, 0u);
}

}  // namespace
