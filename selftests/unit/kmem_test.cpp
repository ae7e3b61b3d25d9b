// SPDX-License-Identifier: GPL-2.0
// SPEC A14: bytes of objects, whole pages of kernel memory, sockets.
#include <algorithm>

#include "table.h"

namespace {

using namespace test;

constexpr std::uint64_t kObj = 500, kOther = 501;

void obj_charge(Script &s, std::uint64_t bytes, std::uint64_t o = kObj, unsigned css = kA)
{
	s.put(SMCG_EV_OBJ_CHARGE, css, 0, 0, o, bytes);
}

void obj_refill(Script &s, std::uint64_t bytes, bool allow, std::uint64_t o = kObj, unsigned css = kA)
{
	s.put(SMCG_EV_OBJ_REFILL, css, 0, 0, o, bytes, allow);
}

// The first object of a group: a page is charged, the rest of it set aside.
void first_object(Script &s, unsigned bytes)
{
	obj_charge(s, bytes);
	s.charge(kA, 1, SMCG_BY_OBJ).tries(kA, 64).refill(kA, 63);
	obj_refill(s, 4096 - bytes, false);
	s.put(SMCG_EV_OBJ_DRAIN);
}

const Row byte_rows[] = {
	{"MissThenHits", "obj_cgroup_charge(), consume_obj_stock()",
	 [](Script &s) {
		 first_object(s, 96);
		 obj_charge(s, 4000);
		 obj_charge(s, 1);
		 s.charge(kA, 1, SMCG_BY_OBJ).uncharge(kA, 1);
	 },
	 "obj_miss g2 n1 arg 0:96\nbatch g2 n64\nrefill g2 n63 arg 0:63\nobj_hit g2 arg 0:4000\n"
	 "obj_miss g2 n1 arg 0:1\nstock_hit g2 n1\nuncharge g2 n1"},
	{"LargeObjectRoundsUp", "obj_cgroup_charge(): size >> PAGE_SHIFT",
	 [](Script &s) {
		 obj_charge(s, 8193);
		 s.charge(kA, 3, SMCG_BY_OBJ).tries(kA, 64).refill(kA, 61);
	 },
	 "obj_miss g2 n3 arg 0:8193\nbatch g2 n64\nrefill g2 n61 arg 0:61"},
	{"ExactlyAPageStays", "refill_obj_stock(): nr_bytes > PAGE_SIZE",
	 [](Script &s) {
		 first_object(s, 96);
		 obj_refill(s, 96, true);
		 obj_charge(s, 4096);
	 },
	 "obj_miss g2 n1 arg 0:96\nbatch g2 n64\nrefill g2 n63 arg 0:63\nobj_hit g2 arg 0:4096"},
	{"MoreThanAPageIsGivenBack", "refill_obj_stock(): allow_uncharge",
	 [](Script &s) {
		 first_object(s, 96);
		 obj_refill(s, 97, true);
		 s.put(SMCG_EV_KMEM_UNCHARGE, kA, 1, SMCG_BY_OBJ, kObj).refill(kA, 1);
	 },
	 "obj_miss g2 n1 arg 0:96\nbatch g2 n64\nrefill g2 n63 arg 0:63\nkmem_uncharge g2 n1\nrefill g2 n1 arg 0:64"},
	{"NotAllowedKeepsThem", "refill_obj_stock(): !allow_uncharge",
	 [](Script &s) {
		 first_object(s, 96);
		 obj_refill(s, 4000, false);
		 obj_charge(s, 8000);
	 },
	 "obj_miss g2 n1 arg 0:96\nbatch g2 n64\nrefill g2 n63 arg 0:63\nobj_hit g2 arg 0:8000"},
	{"OtherObjectGroupIsPutBackFirst", "drain_obj_stock(), nr_charged_bytes",
	 [](Script &s) {
		 first_object(s, 96);
		 obj_refill(s, 10, true, kOther);
		 s.put(SMCG_EV_OBJ_DRAIN);
		 // Back again: 4000 bytes were left over, and uncharging is allowed.
		 obj_refill(s, 97, false);
		 s.put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_KMEM_UNCHARGE, kA, 1, SMCG_BY_OBJ, kObj).refill(kA, 1);
		 obj_charge(s, 1);
	 },
	 "obj_miss g2 n1 arg 0:96\nbatch g2 n64\nrefill g2 n63 arg 0:63\nkmem_uncharge g2 n1\n"
	 "refill g2 n1 arg 0:64\nobj_hit g2 arg 0:1"},
	{"StateSwitchesToo", "mod_objcg_state()",
	 [](Script &s) {
		 first_object(s, 96);
		 s.put(SMCG_EV_OBJ_STATE, kA, 0, 0, kOther).put(SMCG_EV_OBJ_DRAIN);
		 obj_charge(s, 64);
		 s.charge(kA, 1, SMCG_BY_OBJ).uncharge(kA, 1);
	 },
	 "obj_miss g2 n1 arg 0:96\nbatch g2 n64\nrefill g2 n63 arg 0:63\nobj_miss g2 n1 arg 0:64\n"
	 "stock_hit g2 n1\nuncharge g2 n1"},
	{"WholePagesOfThePutBackRefill", "drain_obj_stock(): __refill_stock()",
	 [](Script &s) {
		 first_object(s, 96);
		 obj_refill(s, 4100, false);
		 obj_refill(s, 8, true, kOther, kB);
		 s.put(SMCG_EV_OBJ_DRAIN).refill(kA, 1, SMCG_BY_OBJ_DRAIN);
	 },
	 "obj_miss g2 n1 arg 0:96\nbatch g2 n64\nrefill g2 n63 arg 0:63\nrefill g2 n1 arg 0:64"},
	{"SocketsGoThroughTheStock", "mem_cgroup_charge_skmem(), mem_cgroup_uncharge_skmem()",
	 [](Script &s) {
		 s.charge(kA, 1, SMCG_BY_SOCK).tries(kA, 64).refill(kA, 63);
		 s.put(SMCG_EV_SOCK_UNCHARGE, kA, 1).refill(kA, 1);
	 },
	 "batch g2 n64\nrefill g2 n63 arg 0:63\nrefill g2 n1 arg 0:64"},
};
SMCG_TABLE(ByteTable, byte_rows);

TEST(Kmem, PagesAreCounted)  // memcg_account_kmem()
{
	Script s;
	s.based();
	first_object(s, 96);
	s.charge(kA, 2, SMCG_BY_KMEM_PAGE).barrier();
	EXPECT_EQ(s.world.group(kA).kmem, 3u);
	s.put(SMCG_EV_KMEM_UNCHARGE, kA, 2, SMCG_BY_KMEM_PAGE, kObj).refill(kA, 2).barrier();
	EXPECT_EQ(s.world.group(kA).kmem, 1u);
}

TEST(Kmem, DrainedOnAnotherCpuAndTakenThere)  // nr_charged_bytes is shared
{
	Script s;
	s.based();
	first_object(s, 96);
	s.put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_DRAIN_LOCAL).drained(kA, 63);
	s.put(SMCG_EV_FREE, 0, 0, 0, 3).at(1, 51);
	obj_refill(s, 97, true);
	s.put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_KMEM_UNCHARGE, kA, 1, SMCG_BY_OBJ, kObj);
	s.refill(kA, 1).barrier();
	EXPECT_EQ(s.said.at(s.said.size() - 2), "kmem_uncharge g2 n1");
	EXPECT_EQ(s.world.stock(1).byte[0].nr, 1u);
}

// A task is about to take 3000 of 4000 bytes; interrupts overflow the queue before it does.
TEST(Kmem, ReadingsTellThatATakeIsStillToCome)  // nr: two plus the bytes read
{
	Script s;
	s.based();
	first_object(s, 96);
	s.barrier().told();
	s.decisions.clear();
	s.put(SMCG_EV_OBJ_CHARGE, kA, 4000 + 2, 0, kObj, 3000);
	s.at(0, 50, SMCG_CTX_SOFTIRQ);
	for (unsigned i = 0; i < 130; i++)
		s.put(SMCG_EV_OBJ_CHARGE, kA, 4000 - 10 * i + 2, 0, kObj, 10);
	s.at(0).charge(kA, 1, SMCG_BY_OBJ).uncharge(kA, 1);
	unsigned misses = 0;
	for (const smcg_decision &d : s.decisions) {
		EXPECT_EQ(d.flags, 0) << test::text(d);
		misses += d.kind == SMCG_KIND_OBJ_MISS && d.arg == 3000;
	}
	EXPECT_EQ(misses, 1u);
	EXPECT_EQ(s.world.stock(0).byte[0].nr, 2700u);
}

// It does take them, after an interrupt that puts so much back that the queue overflows.
TEST(Kmem, ATakeIsNotGuessedToHaveHappened)
{
	for (unsigned before = 0; before < 16; before++) {
		Script s;
		s.based();
		first_object(s, 96);
		s.barrier().told();
		s.decisions.clear();
		unsigned bytes = 4000, pages = 0, held = 63;
		s.put(SMCG_EV_OBJ_CHARGE, kA, bytes + 2, 0, kObj, 1032);
		s.at(0, 50, SMCG_CTX_SOFTIRQ);
		for (unsigned i = 0; i < before; i++)
			s.put(SMCG_EV_OBJ_STATE, kA, bytes + 2, 0, kObj);
		for (unsigned i = 0; i < 200; i++) {
			s.put(SMCG_EV_OBJ_REFILL, kA, bytes + 2, 0, kObj, 840, true);
			bytes += 840;
			if (bytes <= 4096)
				continue;
			s.put(SMCG_EV_KMEM_UNCHARGE, kA, 1, SMCG_BY_OBJ, kObj).refill(kA, 1);
			bytes -= 4096;
			pages++;
			if (++held <= 64)
				continue;
			s.drained(kA, held);
			held = 0;
		}
		s.at(0).put(SMCG_EV_OBJ_STATE, kA, bytes - 1032 + 2, 0, kObj).barrier();
		for (const smcg_decision &d : s.decisions) {
			EXPECT_EQ(d.flags, 0) << test::text(d) << ", " << before;
			pages -= d.kind == SMCG_KIND_KMEM_UNCHARGE;
		}
		EXPECT_EQ(pages, 0u) << before;
		EXPECT_EQ(s.world.stock(0).byte[0].nr, bytes - 1032) << before;
	}
}

TEST(Kmem, AReadingOutOfBoundsCountsForNothing)  // it never replaces the model
{
	Script s;
	s.based();
	first_object(s, 96);
	s.barrier().told();
	s.put(SMCG_EV_OBJ_STATE, kA, 17 + 2, 0, kObj).barrier();
	EXPECT_EQ(s.world.stock(0).byte[0].nr, 4000u);
}

// The queue overflows while a task is about to take bytes; a hit was foreseen.
TEST(Kmem, AWrongGuessLeavesTheSumExact)
{
	Script s;
	s.based();
	first_object(s, 96);
	s.barrier().told();
	obj_charge(s, 3000);
	s.at(0, 50, SMCG_CTX_SOFTIRQ);
	for (int i = 0; i < 130; i++)
		obj_charge(s, 10);
	s.at(0).charge(kA, 1, SMCG_BY_OBJ).uncharge(kA, 1);
	// What follows is judged again as soon as it is put back.
	s.put(SMCG_EV_OBJ_STATE, kA, 0, 0, kOther).put(SMCG_EV_OBJ_DRAIN, 0, 2700 + 1).barrier().told();
	obj_charge(s, 5);
	s.charge(kA, 1, SMCG_BY_OBJ).uncharge(kA, 1);
	EXPECT_EQ(s.told(), "obj_miss g2 n1 arg 0:5\nstock_hit g2 n1\nuncharge g2 n1");
	obj_refill(s, 97, true);
	s.put(SMCG_EV_OBJ_DRAIN).barrier().told();
	EXPECT_EQ(s.world.stock(0).byte[0].nr, 2700u + 97u);
}

// The queue overflows while a task is about to put back what an interrupt has left.
TEST(Kmem, AnOverflowLosesNoPutBack)
{
	for (unsigned before = 90; before < 130; before++) {
		Script s;
		s.based();
		first_object(s, 96);
		s.barrier().told();
		obj_refill(s, 50, false);
		s.at(0, 50, SMCG_CTX_SOFTIRQ);
		obj_refill(s, 8, false, kOther);
		s.put(SMCG_EV_OBJ_DRAIN);
		obj_refill(s, 5000, false, kOther);
		for (unsigned i = 0; i < before; i++)
			s.put(SMCG_EV_OBJ_STATE, kA, 0, 0, kOther);
		s.at(0).put(SMCG_EV_OBJ_DRAIN).refill(kA, 1, SMCG_BY_OBJ_DRAIN);
		s.uncharge(kA, 1).barrier();
		EXPECT_EQ(s.world.stock(0).byte[0].nr, 4050u) << before;
		EXPECT_EQ(s.world.stats().adopted, 0u) << before;
	}
}

// The queue overflows while a task has put bytes back, which nobody counts, and an interrupt takes the place of theirs.
TEST(Kmem, BytesThatCameBeforeAnOverflow)
{
	constexpr std::uint64_t kUncounted = 502;
	Script s;
	s.based();
	obj_refill(s, 100, false, kUncounted, kForeign);
	s.put(SMCG_EV_OBJ_DRAIN, 0, 1).barrier();
	s.put(SMCG_EV_OBJ_REFILL, kForeign, 100 + 2, 0, kUncounted, 50).at(0, 50, SMCG_CTX_SOFTIRQ);
	obj_refill(s, 4096, false);
	s.put(SMCG_EV_OBJ_DRAIN, 0, 150 + 1);
	for (int i = 0; i < 130; i++)
		s.put(SMCG_EV_OBJ_STATE, kA, 4096 + 2, 0, kObj);
	s.at(0).put(SMCG_EV_OBJ_STATE, kForeign, 1, 0, kUncounted).put(SMCG_EV_OBJ_DRAIN, 0, 4096 + 1);
	s.refill(kA, 1, SMCG_BY_OBJ_DRAIN).barrier().told();
	obj_refill(s, 2048, false);
	s.put(SMCG_EV_OBJ_DRAIN, 0, 150 + 1).barrier();
	EXPECT_EQ(s.told(), "");
	EXPECT_EQ(s.world.stock(0).byte[0].nr, 2048u);
}

// The queue overflows while an interrupt that another one came on top of has taken a page, which a refill on top shows.
TEST(Kmem, AChargeBeforeALongInterruptIsSeenByARefill)
{
	for (unsigned hits = 1; hits < 52; hits++) {
		Script s;
		s.based().fill(kForeign);
		obj_refill(s, 2192, false, kOther, kForeign);
		s.at(0, 50, SMCG_CTX_SOFTIRQ).charge(kA, 1).at(0, 50, SMCG_CTX_HARDIRQ);
		s.charge(kA, 1).tries(kA, 64).put(SMCG_EV_REFILL, kA, 63, SMCG_BY_CHARGE, 63 + 1).drained(kForeign, 63);
		for (int i = 0; i < 4; i++)
			s.charge(kA, 1);
		s.uncharge(kA, 1);
		for (int i = 0; i < 5; i++)
			s.charge(kA, 1);
		s.at(0, 50, SMCG_CTX_SOFTIRQ).charge(kA, 1).at(0, 50, SMCG_CTX_HARDIRQ);
		for (unsigned i = 0; i < hits; i++)
			s.charge(kA, 1);
		const unsigned left = 63 - 9 - 2 - hits;
		s.charge(kB, 1).tries(kB, 64).put(SMCG_EV_REFILL, kB, 63, SMCG_BY_CHARGE, left + 1).drained(kA, left);
		for (int i = 0; i < 130; i++)
			s.fill(kB, 64);
		s.at(0).barrier();
		EXPECT_EQ(s.world.stats().adopted, 0u) << hits;
	}
}

// A task is about to charge pages, an interrupt moves bytes: they need not wait for that.
TEST(Kmem, BytesDoNotWaitForPages)
{
	Script s;
	s.based();
	first_object(s, 96);
	s.barrier().charge(kA, 1).at(0, 50, SMCG_CTX_SOFTIRQ);
	obj_refill(s, 8, false, kOther);
	s.put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_OBJ_STATE, kA, 0, 0, kOther).told();
	s.at(1, 51);
	obj_refill(s, 200, true);
	s.put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_KMEM_UNCHARGE, kA, 1, SMCG_BY_OBJ, kObj);
	EXPECT_EQ(s.told(), "kmem_uncharge g2 n1");
}

// A change to an owner that is there, and an interrupt on top of it that brings back one with 3000 bytes.
void bring_back(Script &s)
{
	first_object(s, 1096);
	obj_refill(s, 8, false, kOther);
	s.put(SMCG_EV_OBJ_DRAIN, 0, 3000 + 1).barrier();
	s.put(SMCG_EV_OBJ_STATE, kA, 8 + 2, 0, kOther).at(0, 50, SMCG_CTX_SOFTIRQ);
	obj_refill(s, 32, true);
	s.put(SMCG_EV_OBJ_DRAIN, 0, 8 + 1);
}

// A change of owner that found its own does nothing, or comes last: an interrupt on top of it has taken what it took.
TEST(Kmem, AnOwnerThatStaysHoldsNobodyUp)
{
	for (const bool last : {false, true}) {
		Script s;
		s.based();
		bring_back(s);
		s.put(SMCG_EV_OBJ_STATE, kA, 3032 + 2, 0, kObj);
		if (last) {
			s.at(0).put(SMCG_EV_OBJ_DRAIN, 0, 3032 + 1).uncharge(kA, 1);
		} else {
			obj_refill(s, 8, true, kOther);
			s.put(SMCG_EV_OBJ_DRAIN, 0, 3032 + 1).put(SMCG_EV_OBJ_STATE, kA, 16 + 2, 0, kOther);
		}
		s.told();
		s.at(1, 51);
		obj_refill(s, 1100, true);
		s.put(SMCG_EV_OBJ_DRAIN, 0, 1).put(SMCG_EV_KMEM_UNCHARGE, kA, 1, SMCG_BY_OBJ, kObj).refill(kA, 1);
		EXPECT_EQ(s.told(), "kmem_uncharge g2 n1");
		s.at(0).put(SMCG_EV_OBJ_STATE, kA, last ? 8 + 2 : 16 + 2, 0, kOther).barrier();
		EXPECT_EQ(s.world.stock(0).byte[0].objcg, kOther);
		EXPECT_EQ(s.world.stock(0).byte[0].nr, last ? 8u : 16u);
		EXPECT_EQ(s.world.stock(1).byte[0].nr, 36u);
		EXPECT_EQ(s.world.stats().adopted, 0u);
	}
}

// What another CPU took meanwhile does not bound what was there before.
TEST(Kmem, TheSumOfNowDoesNotBoundWhatWasThereThen)
{
	Script s;
	s.based();
	bring_back(s);
	s.put(SMCG_EV_OBJ_REFILL, kA, 3032 + 2, 0, kObj, 32, true);
	s.put(SMCG_EV_OBJ_REFILL, kA, 3064 + 2, 0, kObj, 1100, true);
	s.put(SMCG_EV_KMEM_UNCHARGE, kA, 1, SMCG_BY_OBJ, kObj).refill(kA, 1);
	obj_refill(s, 8, true, kOther);
	s.put(SMCG_EV_OBJ_DRAIN, 0, 68 + 1).put(SMCG_EV_OBJ_STATE, kA, 16 + 2, 0, kOther).told();
	s.at(1, 51);
	obj_refill(s, 64, false);
	s.put(SMCG_EV_OBJ_DRAIN, 0, 1);
	s.put(SMCG_EV_OBJ_CHARGE, kA, 132 + 2, 0, kObj, 132).put(SMCG_EV_OBJ_STATE, kA, 2, 0, kObj);
	s.uncharge(kA, 1);
	s.at(0).put(SMCG_EV_OBJ_STATE, kA, 16 + 2, 0, kOther).barrier();
	EXPECT_NE(std::find(s.said.begin(), s.said.end(), "kmem_uncharge g2 n1"), s.said.end())
		<< testing::PrintToString(s.said);
	EXPECT_EQ(s.world.stats().adopted, 0u) << testing::PrintToString(s.said);
}

// The queue overflows before a task has told how many pages its bytes have become.
TEST(Kmem, PagesNotToldYetLeaveTheSumOpen)
{
	Script s;
	s.based();
	s.at(1, 51);
	first_object(s, 1096);
	s.barrier().told();
	obj_refill(s, 8, false, kOther);
	s.put(SMCG_EV_OBJ_DRAIN, 0, 3000 + 1);
	s.at(0);
	obj_refill(s, 6000, true);
	s.put(SMCG_EV_OBJ_DRAIN, 0, 1);
	s.at(1, 51).put(SMCG_EV_OBJ_STATE, kA, 8 + 2, 0, kOther).at(0, 50, SMCG_CTX_SOFTIRQ);
	s.put(SMCG_EV_OBJ_STATE, kA, 1, 0, kOther).put(SMCG_EV_OBJ_DRAIN, 0, 808 + 1);
	for (int i = 0; i < 130; i++)
		s.put(SMCG_EV_OBJ_STATE, kA, 0 + 2, 0, kOther);
	s.at(1, 51);
	obj_refill(s, 100, true);
	s.put(SMCG_EV_OBJ_DRAIN, 0, 8 + 1).put(SMCG_EV_OBJ_STATE, kA, 908 + 2, 0, kObj).uncharge(kA, 1);
	s.told();
	s.at(0).put(SMCG_EV_KMEM_UNCHARGE, kA, 2, SMCG_BY_OBJ, kObj).refill(kA, 2).barrier();
	EXPECT_EQ(s.said[0], "kmem_uncharge g2 n2 ambiguous") << testing::PrintToString(s.said);
	EXPECT_EQ(s.world.stats().adopted, 0u) << testing::PrintToString(s.said);
	EXPECT_EQ(s.world.stock(1).byte[0].nr, 908u);
}

// Whole pages that become pages at once leave no trace in the bytes.
TEST(Kmem, AWholePageMayHaveComeBeforeALongInterrupt)
{
	Script s;
	s.based();
	first_object(s, 96);
	s.barrier().told();
	s.put(SMCG_EV_OBJ_REFILL, kA, 4000 + 2, 0, kObj, 4096, true).at(0, 50, SMCG_CTX_SOFTIRQ);
	for (int i = 0; i < 3; i++)
		s.put(SMCG_EV_OBJ_STATE, kA, 4000 + 2, 0, kObj);
	obj_refill(s, 8, false, kOther);
	s.put(SMCG_EV_OBJ_DRAIN, 0, 4000 + 1);
	for (int i = 0; i < 200; i++)
		s.put(SMCG_EV_OBJ_STATE, kA, 8 + 2, 0, kOther);
	s.at(0).put(SMCG_EV_KMEM_UNCHARGE, kA, 1, SMCG_BY_OBJ, kObj);
	EXPECT_EQ(s.told(), "kmem_uncharge g2 n1");
}

TEST(Kmem, AFreedObjectGroupLeavesNothing)  // obj_cgroup_release()
{
	Script s;
	s.based();
	first_object(s, 96);
	s.put(SMCG_EV_OBJCG_FREE, kA, 0, 0, kObj).barrier();
	EXPECT_EQ(s.world.stock(0).byte[0].objcg, 0u);
	EXPECT_EQ(s.world.stats().errors, 0u);
}

// refill_obj_stock() puts the old object group's last reference before its own pages go
// back; obj_cgroup_release() may give back a page that other CPUs had left in it.
TEST(Kmem, TheOldObjectGroupIsReleasedInTheMiddleOfARefill)
{
	constexpr std::uint64_t kDead = 502;

	for (const bool gift : {false, true}) {
		Script s;
		s.based();
		first_object(s, 96);
		obj_refill(s, 40, true, kDead, kRoot);
		s.put(SMCG_EV_OBJ_DRAIN);
		obj_refill(s, 96 + 4096, true);
		s.put(SMCG_EV_OBJ_DRAIN).put(SMCG_EV_OBJCG_FREE, kRoot, 0, 0, kDead);
		if (gift)
			s.put(SMCG_EV_KMEM_UNCHARGE, kRoot, 1, SMCG_BY_OTHER, kDead).refill(kA, 1);
		s.put(SMCG_EV_KMEM_UNCHARGE, kA, 2, SMCG_BY_OBJ, kObj).refill(kA, 2);
		s.drained(kA, gift ? 66 : 65).barrier();
		EXPECT_NE(std::find(s.said.begin(), s.said.end(), "kmem_uncharge g2 n2"), s.said.end())
			<< testing::PrintToString(s.said);
		for (const std::string &line : s.said)
			EXPECT_EQ(line.find("adopted"), std::string::npos) << line;
		EXPECT_EQ(s.world.stock(0).byte[0].nr, 0u);
	}
}

}  // namespace
