// SPDX-License-Identifier: GPL-2.0
// SPEC A20: the stocks of 7.2, checked against mm/memcontrol.c of 7.2.
#include "slots_script.h"

namespace {

using namespace test;

constexpr unsigned kFirst = 10;		// kFirst and the seven after it: more than there are slots

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

// A softirq of any length queues work for what is above high, while the task below is about to charge.
TEST(Slots, A20_WhatFollowsARefillIsSaidBehindItHoweverFullTheQueueIs)
{
	for (unsigned n = 0; n < 60; n++) {
		Script s({.profile = SMCG_PROFILE_7_2});

		in_task(s.based()).with(0).charge(kB, 1);
		in_softirq(s, SMCG_LOCK_FREE);
		for (unsigned i = 0; i < n; i++)
			s.charge(kC, 65, SMCG_BY_SOCK).tries(kC, 65);
		s.limit(kA, SMCG_LIMIT_HIGH, 1).charge(kC, 1, SMCG_BY_SOCK).tries(kC, 64).refill(kC, 63);
		s.reads(64).put(SMCG_EV_REFILL_RET, kC).put(SMCG_EV_HIGH_WORK, kA);
		in_task(s).charge(kB, 1).barrier();
		const std::string all = s.told();
		ASSERT_NE(all.find("high_work g2"), std::string::npos) << n << '\n' << all;
		EXPECT_LT(all.find("refill g4"), all.find("high_work g2")) << n << '\n' << all;
	}
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

// What a worker puts back on a CPU that is idle afterwards: until it returns, or something else comes there, it may still be under way.
std::string takes_what_a_worker_put_back(bool returned)
{
	Script s({.cpus = 2, .profile = SMCG_PROFILE_7_2});

	in_task(s.based()).fill(kA).at(1, 51);
	refill_bytes(s, 2000, true, 1).barrier().told();
	s.at(1, 60).put(SMCG_EV_DRAIN_LOCAL, 0, 0, SMCG_BY_OBJ_DRAIN_WORK);
	s.put(SMCG_EV_OBJ_DRAIN, 0, 2001, SMCG_BY_OBJ_DRAIN_WORK, 0, 1);
	if (returned)
		s.put(SMCG_EV_DRAIN_LOCAL_RET);
	in_task(s);
	refill_bytes(s, 3000, true, 1).put(SMCG_EV_KMEM_UNCHARGE, kA, 1, SMCG_BY_OBJ, 1).put(SMCG_EV_REFILL, kA, 1, 0, 1 + 63, 1 | SMCG_REFILL_OWN);
	return s.barrier().told();
}

TEST(Slots, A20_AWorkersDrainIsOverAsItReturns)
{
	EXPECT_EQ(takes_what_a_worker_put_back(true), "kmem_uncharge g2 n1\nrefill g2 n1 arg 0:64");
	EXPECT_EQ(takes_what_a_worker_put_back(false), "kmem_uncharge g2 n1 ambiguous\nrefill g2 n1 arg 0:64");
}

// Two were filled at nearly the same time, in the other order than it seemed: the first free slot is the second.
TEST(Slots, A20_TheFirstFreeSlotTellsWhoHasTheOnesBefore)
{
	Script s({.profile = SMCG_PROFILE_7_2});

	in_task(s.based()).fill(kA).fill(kB).barrier();
	s.put(SMCG_EV_REFILL, kA, 10, 0, 1 + 63, 1 | SMCG_REFILL_OWN).drained(kA, 73).barrier();
	s.charge(kC, 1).tries(kC, 64).put(SMCG_EV_REFILL, kC, 63, 0, 1, 1 + 1).barrier();
	EXPECT_EQ(s.world.stock(0).page[0].group, 100u + kB);
	EXPECT_EQ(s.world.stock(0).page[1].group, 100u + kC);
}

// It seemed to be that of a group whose pages nobody tells.
TEST(Slots, A20_ASlotToldToBeFreeIsNotThatOfAGroupThatIsNotMirrored)
{
	Script s({.profile = SMCG_PROFILE_7_2});

	in_task(s.based()).put(SMCG_EV_REFILL, kForeign, 1, 0, 1, 1).barrier();
	s.charge(kA, 1).tries(kA, 64).put(SMCG_EV_REFILL, kA, 63, 0, 1, 1).barrier();
	EXPECT_EQ(s.world.stock(0).page[0].group, 100u + kA);
	EXPECT_EQ(s.world.stock(0).page[1].group, 0u);
}

// The queue overflows after a flush gave a page of bytes back, and before it is told to be over.
TEST(Slots, A20_PagesOfAFlushThatIsNotOverAreNotInTheBytesAnyMore)
{
	for (const bool told : {false, true}) {
		Script s({.cpus = 2, .profile = SMCG_PROFILE_7_2});

		// two CPUs race, so that only the sum is known: 904 bytes, then 4352
		in_task(s.based()).fill(kA).at(1, 51);
		refill_bytes(s, 2000, true, 1).barrier();
		s.at(1, 60).put(SMCG_EV_DRAIN_LOCAL, 0, 0, SMCG_BY_OBJ_DRAIN_WORK);
		s.put(SMCG_EV_OBJ_DRAIN, 0, 2001, SMCG_BY_OBJ_DRAIN_WORK, 0, 1);
		in_task(s);
		refill_bytes(s, 3000, true, 1).put(SMCG_EV_KMEM_UNCHARGE, kA, 1, SMCG_BY_OBJ, 1);
		s.put(SMCG_EV_REFILL, kA, 1, 0, 1 + 63, 1 | SMCG_REFILL_OWN).barrier();
		refill_bytes(s, 3448, false, 1).barrier().told();
		s.at(0, 61).put(SMCG_EV_DRAIN_LOCAL, 0, 0, SMCG_BY_OBJ_DRAIN_WORK);
		s.put(SMCG_EV_OBJ_DRAIN, 0, 4352 + 1, SMCG_BY_OBJ_DRAIN_WORK, 0, 1);
		if (told)
			s.put(SMCG_EV_COUNTER_UNCHARGE, kA, 1, SMCG_BY_OBJ_DRAIN);
		s.at(0, 61, SMCG_CTX_SOFTIRQ);
		for (int i = 0; i < 130; i++)
			refill_bytes(s, 1, false, 2, kB);
		s.at(1, 51).told();
		refill_bytes(s, 3841, true, 1).put(SMCG_EV_KMEM_UNCHARGE, kA, 1, SMCG_BY_OBJ, 1).barrier();
		EXPECT_EQ(s.world.stats().adopted, 0u) << testing::PrintToString(s.said);
		EXPECT_EQ(s.world.stock(1).byte[0].nr, 1u);
	}
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
