// SPDX-License-Identifier: GPL-2.0
// SPEC A20: the stocks of 7.2, checked against mm/memcontrol.c of 7.2.
#include "table.h"

namespace {

using namespace test;

constexpr unsigned kFirst = 10;		// kFirst and the seven after it: more than there are slots
constexpr unsigned kIrqTid = 50;	// of the task that it interrupted

Script &crowd(Script &s)
{
	for (unsigned i = 0; i < 8; i++)
		s.group(kFirst + i, kRoot, SMCG_GROUP_WATCHED);
	return s;
}

// Each of @n groups takes a slot and leaves 63 pages there.
Script &take_slots(Script &s, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		s.fill(kFirst + i);
	s.barrier().told();
	return s;
}

Script &in_softirq(Script &s, unsigned pages, unsigned bytes = SMCG_LOCK_FREE)
{
	return s.at(0, kIrqTid, SMCG_CTX_SOFTIRQ).locks(pages, bytes);
}

Script &in_task(Script &s)
{
	return s.at(0).locks(SMCG_LOCK_FREE, SMCG_LOCK_FREE);
}

Script &refill_bytes(Script &s, unsigned bytes, bool allow, std::uint64_t o, unsigned css = kA)
{
	return s.put(SMCG_EV_OBJ_REFILL, css, 0, 0, o, bytes, allow);
}

// The task loses its CPU, and what is read there then: pages of slot 0, bytes of slot 0.
Script &preempted(Script &s, unsigned pages, unsigned bytes = 0)
{
	return s.put(SMCG_EV_PREEMPTED, 0, 0, 0, SMCG_SWITCH_TOLD | pages, bytes, 1 | (bytes ? 256 : 0));
}

Script &resumed(Script &s, unsigned cpu = 0)
{
	return s.at(cpu).put(SMCG_EV_PREEMPTED, 0, 0, 1);
}

Script &other_task(Script &s)
{
	return s.at(0, 51);
}

const Row rows[] = {
	{"ASlotForEachGroup", "refill_stock(): empty_slot",
	 [](Script &s) {
		 s.fill(kA).fill(kB).fill(kCounted).charge(kA, 3).charge(kB, 5).charge(kA, 60);
	 },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nbatch g3 n64\nrefill g3 n63 arg 0:63\n"
	 "stock_hit g2 n3\nstock_hit g3 n5\nstock_hit g2 n60"},
	{"TheRunningIndexGoes", "refill_stock(): drain_idx",
	 [](Script &s) {
		 take_slots(crowd(s), 7);
		 s.charge(kFirst, 13).fill(kFirst + 7).drained(kFirst, 50);
		 s.fill(kFirst).drained(kFirst + 1, 63);
	 },
	 "stock_hit g10 n13\nbatch g17 n64\nrefill g17 n63 over g10 arg 50:63\n"
	 "batch g10 n64\nrefill g10 n63 over g11 arg 63:63"},
	{"AFreeSlotGoesFirst", "refill_stock(): empty_slot",
	 [](Script &s) {
		 take_slots(crowd(s), 7);
		 s.refill(kFirst + 2, 2).drained(kFirst + 2, 65).fill(kFirst + 7).charge(kFirst, 63);
	 },
	 "refill g12 n2 arg 65:0\nbatch g17 n64\nrefill g17 n63 arg 0:63\nstock_hit g10 n63"},
	{"AnEmptySlotStaysItsGroups", "consume_stock(): nr_pages alone changes",
	 [](Script &s) {
		 take_slots(crowd(s), 7);
		 s.charge(kFirst + 3, 63).fill(kFirst + 7).drained(kFirst, 63).refill(kFirst + 3, 2);
	 },
	 "stock_hit g13 n63\nbatch g17 n64\nrefill g17 n63 over g10 arg 63:63\nrefill g13 n2 arg 0:2"},
	{"MoreThanABatchGoesPast", "refill_stock(): nr_pages > MEMCG_CHARGE_BATCH",
	 [](Script &s) {
		 s.fill(kA).refill(kA, 65).put(SMCG_EV_COUNTER_UNCHARGE, kA, 65, SMCG_BY_REFILL).charge(kA, 63);
	 },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nrefill g2 n65 arg 65:0\nstock_hit g2 n63"},
	{"SixtyFourAndSixtyFour", "refill_stock(): 128 fit into 8 bits",
	 [](Script &s) { s.fill(kA).refill(kA, 1).refill(kA, 64).drained(kA, 128); },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nrefill g2 n1 arg 0:64\nrefill g2 n64 arg 128:0"},
	{"AHeldLockIsAMiss", "consume_stock(): local_trylock()",
	 [](Script &s) {
		 s.fill(kA).charge(kA, 1);
		 in_softirq(s, SMCG_LOCK_HELD).charge(kA, 1).tries(kA, 64).refill(kA, 63);
		 s.put(SMCG_EV_COUNTER_UNCHARGE, kA, 63, SMCG_BY_REFILL);
		 in_task(s).charge(kA, 62);
	 },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nstock_hit g2 n1\nbatch g2 n64\nrefill g2 n63 arg 63:0\n"
	 "stock_hit g2 n62"},
	{"AHeldLockTellsTheOrder", "local_trylock(): the interrupted one has it",
	 [](Script &s) {
		 s.fill(kA).charge(kA, 40);
		 in_softirq(s, SMCG_LOCK_HELD).charge(kA, 1).tries(kA, 64).refill(kA, 63);
		 s.put(SMCG_EV_COUNTER_UNCHARGE, kA, 63, SMCG_BY_REFILL);
		 in_softirq(s, SMCG_LOCK_FREE).charge(kA, 20);
		 in_task(s).charge(kA, 4).tries(kA, 64);
	 },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nstock_hit g2 n40\nbatch g2 n64\nrefill g2 n63 arg 63:0\n"
	 "stock_hit g2 n20\nbatch g2 n64"},
	{"NoSurplusWithoutSpinning", "try_charge_memcg(): allow_spinning",
	 [](Script &s) { s.with(SMCG_GFP_NOSPIN).charge(kA, 2).tries(kA, 2); }, "exact g2 n2"},
	{"FiveObjectGroups", "__refill_obj_stock(): empty_slot",
	 [](Script &s) {
		 for (std::uint64_t o = 1; o <= 5; o++)
			 refill_bytes(s, 100, true, o);
		 for (std::uint64_t o = 1; o <= 5; o++)
			 s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, o, 90);
	 },
	 "obj_hit g2 arg 0:90\nobj_hit g2 arg 0:90\nobj_hit g2 arg 0:90\nobj_hit g2 arg 0:90\nobj_hit g2 arg 0:90"},
	{"TheSixthTakesTheFirst", "__refill_obj_stock(): drain_idx",
	 [](Script &s) {
		 for (std::uint64_t o = 1; o <= 6; o++)
			 refill_bytes(s, 100, true, o);
		 s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, 2, 100).put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, 1, 100);
		 s.charge(kA, 1, SMCG_BY_OBJ).tries(kA, 64).refill(kA, 63);
		 refill_bytes(s, 3996, false, 1);	// and finds the 100 that were put back
		 s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, 1, 4096);
	 },
	 "obj_hit g2 arg 0:100\nobj_miss g2 n1 arg 0:100\nbatch g2 n64\nrefill g2 n63 arg 0:63\n"
	 "obj_hit g2 arg 0:4096"},
	{"SixteenBits", "__refill_obj_stock(): stock_nr_bytes > U16_MAX",
	 [](Script &s) {
		 refill_bytes(s, 4000, true, 1);
		 for (int i = 0; i < 16; i++)
			 refill_bytes(s, 3840, false, 1);	// 65440
		 refill_bytes(s, 96, false, 1).put(SMCG_EV_KMEM_UNCHARGE, kA, 16, SMCG_BY_OBJ, 1).refill(kA, 16);
		 s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, 1, 1).charge(kA, 1, SMCG_BY_OBJ);
	 },
	 "kmem_uncharge g2 n16\nrefill g2 n16 arg 0:16\nobj_miss g2 n1 arg 0:1\nstock_hit g2 n1"},
	{"AnEvictionIsSeen", "drain_obj_stock_slot(): nr_bytes",
	 [](Script &s) {
		 for (std::uint64_t o = 1; o <= 5; o++)
			 refill_bytes(s, 100, true, o);
		 refill_bytes(s, 100, true, 6).put(SMCG_EV_OBJ_DRAIN, 0, 101, 0, 0, 1);
		 s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, 6, 100);
		 refill_bytes(s, 3996, false, 1).put(SMCG_EV_OBJ_DRAIN, 0, 101, 0, 1, 2);
		 s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, 1, 4096);
	 },
	 "obj_hit g2 arg 0:100\nobj_hit g2 arg 0:4096"},
	{"BytesPastAHeldLock", "__refill_obj_stock(): !stock",
	 [](Script &s) {
		 refill_bytes(s, 96, true, 1);
		 s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, 1, 10);
		 in_softirq(s, SMCG_LOCK_FREE, SMCG_LOCK_HELD);
		 refill_bytes(s, 8292, true, 1).put(SMCG_EV_KMEM_UNCHARGE, kA, 2, SMCG_BY_OBJ, 1).refill(kA, 2);
		 s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, 1, 1).charge(kA, 1, SMCG_BY_OBJ);
		 in_task(s).put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, 1, 86);
	 },
	 "obj_hit g2 arg 0:10\nkmem_uncharge g2 n2\nrefill g2 n2 arg 0:2\nobj_miss g2 n1 arg 0:1\nstock_hit g2 n1\n"
	 "obj_hit g2 arg 0:86"},
	{"PreemptedBeforeItTook", "consume_stock(): preempted before local_trylock()",
	 [](Script &s) {
		 preempted(s.fill(kA).charge(kA, 60), 63);
		 other_task(s).charge(kA, 10);
		 resumed(s).tries(kA, 64);
	 },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nstock_hit g2 n10\nbatch g2 n64"},
	{"PreemptedAfterItTook", "consume_stock(): preempted after local_unlock()",
	 [](Script &s) {
		 preempted(s.fill(kA).charge(kA, 60), 3);
		 other_task(s).charge(kA, 10).tries(kA, 64).refill(kA, 54);
		 resumed(s);
	 },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nstock_hit g2 n60\nbatch g2 n64\nrefill g2 n54 arg 0:57"},
	{"AMissBeforeItWasPreempted", "consume_stock(): nr_pages < nr, then preempted",
	 [](Script &s) {
		 preempted(s.fill(kA).charge(kA, 64), 63);
		 other_task(s).refill(kA, 1);
		 resumed(s).tries(kA, 64).charge(kA, 64);
	 },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nrefill g2 n1 arg 0:64\nexact g2 n64\nstock_hit g2 n64"},
	{"ARefillGoesOn", "refill_stock(): preempted before local_trylock()",
	 [](Script &s) {
		 s.charge(kA, 1).tries(kA, 64).put(SMCG_EV_REFILL, kA, 63, 0, 1, 1);
		 s.put(SMCG_EV_PREEMPTED, 0, 0, 0, SMCG_SWITCH_TOLD);
		 other_task(s).charge(kA, 1).tries(kA, 64).refill(kA, 63);
		 resumed(s).drained(kA, 126).charge(kA, 1).tries(kA, 64);
	 },
	 "batch g2 n64\nbatch g2 n64\nrefill g2 n63 arg 0:63\nrefill g2 n63 arg 126:0\nbatch g2 n64"},
	{"BytesGoOn", "consume_obj_stock(): preempted before local_trylock()",
	 [](Script &s) {
		 refill_bytes(s, 96, true, 1).put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, 1, 64);
		 s.put(SMCG_EV_PREEMPTED, 0, 0, 0, SMCG_SWITCH_TOLD, 96, 256);
		 other_task(s).put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, 1, 40);
		 resumed(s).charge(kA, 1, SMCG_BY_OBJ).tries(kA, 64);
	 },
	 "obj_hit g2 arg 0:40\nobj_miss g2 n1 arg 0:64\nbatch g2 n64"},
	{"ARetryGoesOn", "try_charge_memcg(): goto retry, preempted",
	 [](Script &s) {
		 preempted(s.limit(kA, SMCG_LIMIT_MAX, 100).fill(kA).charge(kB, 2).tries(kB, 64, kA), 63);
		 other_task(s).refill(kB, 2);
		 resumed(s).put(SMCG_EV_FREE, 0, 0, 0, 1);
	 },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nbatch g3 n64 ENOMEM over g2\nrefill g3 n2 arg 0:2\nstock_hit g3 n2"},
};

class SlotTable : public testing::TestWithParam<Row> {};

TEST_P(SlotTable, Says)
{
	Script s({.profile = SMCG_PROFILE_7_2});

	in_task(s.based()).told();
	GetParam().play(s);
	s.barrier();
	EXPECT_EQ(s.told(), GetParam().says) << "checked against " << GetParam().source;
	EXPECT_EQ(s.world.stats().errors, 0u);
	EXPECT_EQ(s.world.stats().unexplained, 0u);
	EXPECT_EQ(s.world.group(kA).memory_adopted, 0);
}

INSTANTIATE_TEST_SUITE_P(Row, SlotTable, testing::ValuesIn(rows), row_name);

TEST(Slots, A20_WholePagesOfAnEvictedSlotGoToTheCounters)
{
	Script s({.profile = SMCG_PROFILE_7_2});

	in_task(s.based()).fill(kA);
	refill_bytes(s, 4000, true, 1);
	for (int i = 0; i < 2; i++)
		refill_bytes(s, 4000, false, 1);	// 12000: two pages and 3808
	for (std::uint64_t o = 2; o <= 5; o++)
		refill_bytes(s, 1, true, o);
	refill_bytes(s, 1, true, 6).put(SMCG_EV_COUNTER_UNCHARGE, kA, 2, SMCG_BY_OBJ_DRAIN);
	s.barrier();
	EXPECT_EQ(s.memory(kA), 62u);
	EXPECT_EQ(s.world.stats().unexplained, 0u);
	EXPECT_EQ(s.world.stock(0).byte[0].objcg, 6u);
	EXPECT_EQ(s.world.stock(0).page[0].nr, 63u);
}

TEST(Slots, A20_PagesAndBytesAreDrainedApart)
{
	Script s({.cpus = 2, .profile = SMCG_PROFILE_7_2});

	in_task(s.based()).limit(kA, SMCG_LIMIT_MAX, 128);
	s.at(1, 51);
	refill_bytes(s, 100, true, 1).at(0).fill(kA).fill(kB).barrier().told();
	s.charge(kA, 64).tries(kA, 64, kA);
	s.reclaim(kA, 64, 0);
	s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE);
	s.put(SMCG_EV_DRAIN_LOCAL, 0, 0, SMCG_BY_DRAIN_WORK).drained(kA, 63).drained(kB, 63);
	s.put(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, 1, SMCG_OWES_SOME, 1).put(SMCG_EV_DRAIN_ALL_RET, kA);
	EXPECT_EQ(s.told(), "exact g2 n64 ENOMEM over g2\nmax_event g2\nreclaim g2 n64\n"
			    "drain_local g2 n63\ndrain_local g3 n63\ndrain g2 arg 2:1");
	EXPECT_EQ(s.world.stock(1).flushing, 0);
	EXPECT_EQ(s.world.stock(1).flushing_obj, 1);
	s.at(1, 60).put(SMCG_EV_DRAIN_LOCAL, 0, 0, SMCG_BY_OBJ_DRAIN_WORK).barrier();
	EXPECT_EQ(s.world.stock(1).flushing_obj, 0);
	EXPECT_EQ(s.world.stock(1).byte[0].objcg, 0u);
	EXPECT_EQ(s.world.stats().adopted, 0u);
}

TEST(Slots, A20_APreemptedTaskGoesOnElsewhere)
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
TEST(Slots, A20_AnUnchargeIsUnderWayWhileItsTaskIsPreempted)
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

INSTANTIATE_TEST_SUITE_P(Slots, Looks, testing::ValuesIn(looks), [](const auto &info) { return info.param.name; });

// A try whose task has no CPU adds nothing: what was read beside it is all that another's look finds.
TEST(Slots, A20_ATryWithoutACpuStandsStill)
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
TEST(Slots, A20_AnUnchargeWithoutACpuStandsStill)
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
TEST(Slots, A20_ADoubtfulLookIsSettledByTheNextRefill)
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
TEST(Slots, A20_ATryOfAPreemptedTaskIsSeen)
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
TEST(Slots, A20_APreemptedTryThatHadRoomComesLater)
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
TEST(Slots, A20_ATryWithoutACpuSeesNothing)
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
TEST(Slots, A20_APreemptedTryWasRefusedBefore)
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
TEST(Slots, A20_AFlushThatOwesIsALookThatFoundIt)
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
TEST(Slots, A20_AFlushThatIsStillDueAsItsTaskLosesTheCpu)
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

// A drain that has looked at all stocks before its task lost the CPU has not seen what they get meanwhile.
TEST(Slots, A20_ADrainThatHasLookedSeesNoMore)
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
TEST(Slots, A20_ADrainThatHadNotLookedFindsWhatIsLeft)
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
TEST(Slots, A20_ADrainThatHadMarkedAStockFlushesIt)
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

TEST(Slots, A20_NothingIsLeftOfAGroupThatIsFreedMeanwhile)
{
	Script s({.profile = SMCG_PROFILE_7_2});

	in_task(s.based()).fill(kC);
	preempted(s.charge(kC, 60), 63);
	s.put(SMCG_EV_GROUP_OFFLINE, kC).put(SMCG_EV_GROUP_FREE, kC);
	resumed(s).charge(kB, 1).tries(kB, 64).barrier();
	EXPECT_EQ(s.world.stats().errors, 0u);
}

TEST(Slots, A20_ADeadCpuGivesAllBack)
{
	Script s({.cpus = 2, .profile = SMCG_PROFILE_7_2});

	in_task(s.based()).at(1, 51).fill(kA).fill(kB);
	refill_bytes(s, 4000, true, 1);
	refill_bytes(s, 4000, false, 1);
	s.at(0).barrier().put(SMCG_EV_CPU_DEAD, 0, 0, 0, 1);
	s.put(SMCG_EV_COUNTER_UNCHARGE, kA, 1, SMCG_BY_OBJ_DRAIN).drained(kA, 63).drained(kB, 63).barrier();
	EXPECT_EQ(s.memory(kA), 1u);
	EXPECT_EQ(s.memory(kB), 1u);
	EXPECT_EQ(s.world.stats().unexplained, 0u);
	EXPECT_EQ(s.world.group(kA).memory_adopted, 0);
	EXPECT_EQ(s.world.group(kB).memory_adopted, 0);
}

TEST(Slots, A20_FoliosGoToTheParent)
{
	Script s({.profile = SMCG_PROFILE_7_2});

	in_task(s.based()).charge(kB, 1, SMCG_BY_FOLIO, 700).tries(kB, 64).refill(kB, 63);
	s.charge(kA, 1, SMCG_BY_FOLIO, 701).tries(kA, 64).refill(kA, 63).barrier();
	s.put(SMCG_EV_GROUP_OFFLINE, kB);
	EXPECT_EQ(s.world.group(kB).frames, 0u);
	EXPECT_EQ(s.world.group(kA).frames, 2u);
	s.put(SMCG_EV_FREE, 0, 0, 0, 701).put(SMCG_EV_FREE, 0, 0, 0, 700);
	EXPECT_EQ(s.world.group(kA).frame_pages, 0u);
	EXPECT_EQ(s.world.stats().frames_unknown, 0u);
}

TEST(Slots, A20_AFreeWorldHasThemToo)
{
	Script s({.cpus = 1, .mode = SMCG_MODE_FREE, .profile = SMCG_PROFILE_7_2});

	crowd(in_task(s.based()));
	for (unsigned i = 0; i < 8; i++)
		s.charge(kFirst + i, 1);
	EXPECT_EQ(s.world.stock(0).page[0].group, 100u + kFirst + 7);
	EXPECT_EQ(s.world.stock(0).page[1].group, 100u + kFirst + 1);
	EXPECT_EQ(s.world.stock(0).page_next, 1u);
	EXPECT_EQ(s.memory(kFirst), 1u);
	EXPECT_EQ(s.memory(kFirst + 7), 64u);
	s.put(SMCG_EV_SOCK_UNCHARGE, kFirst + 1, 65);
	EXPECT_EQ(s.world.stock(0).page[1].nr, 63u);
	EXPECT_EQ(s.memory(kFirst + 1), 0u);
}

}  // namespace
