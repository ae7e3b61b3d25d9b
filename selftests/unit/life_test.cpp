// SPDX-License-Identifier: GPL-2.0
// SPEC A17, B: groups come and go, baseline, gaps, page records, hostile input.
#include <random>

#include "kernel_model.h"
#include "table.h"

namespace {

using namespace test;

TEST(Groups, ComeGoAndLeaveTheirIdToOthers)  // css_online, css_offline, css_free
{
	Script s;
	s.based().group(30, kC, SMCG_GROUP_WATCHED);
	EXPECT_EQ(s.world.group(30).id, 130u);
	EXPECT_EQ(s.world.group(30).parent, kC + 100u);
	s.put(SMCG_EV_GROUP_OFFLINE, 30);
	EXPECT_EQ(s.world.stats().groups_dying, 1u);
	EXPECT_TRUE(s.world.group(30).flags & SMCG_GROUP_DYING);
	s.put(SMCG_EV_GROUP_FREE, 30);
	EXPECT_EQ(s.world.stats().groups_dying, 0u);
	EXPECT_EQ(s.world.group(30).id, 0u);
	s.group(30, kA, SMCG_GROUP_WATCHED);
	EXPECT_EQ(s.world.group(30).parent, kA + 100u);
	EXPECT_EQ(s.world.stats().errors, 0u);
}

TEST(Groups, ADyingGroupStillPaysBack)
{
	Script s;
	s.based().charge(kC, 64).tries(kC, 64).put(SMCG_EV_GROUP_OFFLINE, kC).uncharge(kC, 64).barrier();
	EXPECT_EQ(s.memory(kC), 0u);
	EXPECT_EQ(s.told(), "exact g4 n64\nuncharge g4 n64");
}

// memcg_reparent_objcgs() runs behind the event of going offline, and what is met in between still names the group.
TEST(Groups, ObjectGroupsMoveUpHoweverLateTheyAreMet)
{
	Script s;
	s.based().limit(kB, SMCG_LIMIT_MAX, 64).at(1, 51).put(SMCG_EV_OBJ_REFILL, kC, 0, 0, 7, 100);
	s.put(SMCG_EV_OBJ_DRAIN);
	s.put(SMCG_EV_GROUP_OFFLINE, kC).put(SMCG_EV_OBJ_STATE, kC, 0, 0, 7).put(SMCG_EV_GROUP_FREE, kC);
	s.at(0).charge(kB, 65).tries(kB, 65, kB).reclaim(kB, 65, 0).barrier().told();
	s.put(SMCG_EV_DRAIN_ALL, kB, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, 1);
	s.put(SMCG_EV_DRAIN_ALL_RET);
	EXPECT_EQ(s.told(), "drain g3 arg 0:2");
}

TEST(Groups, ADyingOneTellsWhatKeepsIt)
{
	Script s;
	s.based().group(30, kC, SMCG_GROUP_WATCHED).charge(kC, 1, SMCG_BY_FOLIO, 77).tries(kC, 64).refill(kC, 63);
	s.put(SMCG_EV_GROUP_OFFLINE, 30).put(SMCG_EV_GROUP_OFFLINE, kC).barrier();
	EXPECT_EQ(s.world.group(kC).children, 1u);
	EXPECT_EQ(s.world.group(kC).stocked, 63u);
	EXPECT_EQ(s.world.group(kC).frame_pages, 1u);
	s.put(SMCG_EV_GROUP_FREE, 30);
	EXPECT_EQ(s.world.group(kC).children, 0u);
}

TEST(Groups, FreeingOneInUseDoesNoHarm)
{
	Script s;
	s.based().limit(kC, SMCG_LIMIT_MAX, 0).charge(kC, 1).tries(kC, 64, kC).enter(kC, 1);
	s.put(SMCG_EV_GROUP_FREE, kC).leave(kC, 1, kC).reclaim(kC, 1, 0).barrier();
	EXPECT_EQ(s.world.stats().tasks_open, 0u);
	EXPECT_EQ(s.memory(kB), 0u);
}

TEST(Groups, TenThousand)
{
	Script s;
	s.based();
	for (unsigned i = 0; i < 10000; i++)
		s.group(100 + i * 6, kB, SMCG_GROUP_WATCHED);
	s.charge(100 + 6 * 9999, 64).tries(100 + 6 * 9999, 64);
	EXPECT_EQ(s.memory(kA), 64u);
	EXPECT_EQ(s.world.stats().groups, 10006u);
}

TEST(Baseline, BeforeItNothingIsJudged)
{
	Script s;
	s.charge(kA, 1).tries(kA, 64).refill(kA, 63).drained(kForeign, 9).barrier();
	EXPECT_EQ(s.told(), "batch g2 n64 unsettled\nrefill g2 n63 arg 0:63 unsettled");
	EXPECT_EQ(s.world.stats().settled, 0u);
	s.at(1).put(SMCG_EV_BASE_STOCK, kA, 5).at(0);
	for (unsigned css : {kRoot, kA, kB, kC, kForeign, kCounted})
		s.put(SMCG_EV_BASE_COUNTER, css, 0, 0, 64);
	s.put(SMCG_EV_BASE_DONE).charge(kA, 1).barrier();
	EXPECT_EQ(s.told(), "stock_hit g2 n1");
	s.at(1, 51).charge(kA, 5).barrier();
	EXPECT_EQ(s.told(), "stock_hit g2 n5");
	EXPECT_EQ(s.world.stats().resyncs, 0u);
}

TEST(Baseline, CountersAndEvents)
{
	Script s;
	s.based().put(SMCG_EV_BASE_COUNTER, kA, 0, 0, 1000, 20, 3);
	s.put(SMCG_EV_BASE_EVENTS, kA, 0, 0, 5ULL << 32 | 4, 3ULL << 32 | 2, 1ULL << 32 | 6);
	s.put(SMCG_EV_BASE_EVENTS, kA, 0, 1, 15ULL << 32 | 14, 13ULL << 32 | 12);
	auto g = s.world.group(kA);
	EXPECT_EQ(g.memory, 1000u);
	EXPECT_EQ(g.swap, 20u);
	EXPECT_EQ(g.kmem, 3u);
	EXPECT_EQ(g.ev_max, 5u);
	EXPECT_EQ(g.ev_high, 4u);
	EXPECT_EQ(g.ev_oom, 3u);
	EXPECT_EQ(g.ev_oom_kill, 2u);
	EXPECT_EQ(g.ev_swap_max, 1u);
	EXPECT_EQ(g.ev_swap_fail, 6u);
	EXPECT_EQ(g.ev_local_max, 15u);
	EXPECT_EQ(g.ev_local_high, 14u);
	EXPECT_EQ(g.ev_local_oom, 13u);
	EXPECT_EQ(g.ev_local_oom_kill, 12u);
}

// What another task did on the CPU just before is over: it does not make the bytes of all groups unknown.
TEST(Baseline, BehindAnotherTasksWindow)
{
	Script s;
	s.at(0, 60).refill(kForeign, 1).at(0).put(SMCG_EV_BASE_STOCK).at(1).put(SMCG_EV_BASE_STOCK).at(0);
	for (unsigned css : {kRoot, kA, kB, kC, kForeign, kCounted})
		s.put(SMCG_EV_BASE_COUNTER, css);
	s.put(SMCG_EV_BASE_OBJCG, kA, 0, 0, 3, 100).put(SMCG_EV_BASE_DONE).told();
	s.at(0, 70).put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, 3, 64).charge(kA, 1, SMCG_BY_OBJ).tries(kA, 64);
	EXPECT_EQ(s.told(), "obj_miss g2 n1 arg 0:64\nbatch g2 n64");
}

TEST(Gap, MarksUntilTheNextBaseline)
{
	Script s;
	s.based().fill(kA).barrier().told();
	s.put(SMCG_EV_GAP, 0, 0, 0, 12).charge(kA, 1).tries(kA, 64).refill(kA, 63).barrier();
	EXPECT_EQ(s.told(), "batch g2 n64 after_gap unsettled\nrefill g2 n63 arg 0:64 after_gap unsettled");
	EXPECT_EQ(s.world.stats().lost, 12u);
	EXPECT_EQ(s.world.stats().settled, 0u);
	s.based().charge(kA, 1).tries(kA, 64).refill(kA, 63).barrier();
	EXPECT_EQ(s.told(), "batch g2 n64\nrefill g2 n63 arg 0:63");
	EXPECT_EQ(s.world.stats().resyncs, 1u);
	EXPECT_EQ(s.world.stats().settled, 1u);
}

TEST(Pages, AreChargedFreedMovedAndSplit)
{
	Script s;
	s.based().fill(kA).charge(kA, 1, SMCG_BY_FOLIO, 77).charge(kA, 16, SMCG_BY_FOLIO, 1024).barrier();
	EXPECT_EQ(s.world.group(kA).frames, 2u);
	EXPECT_EQ(s.world.group(kA).frame_pages, 17u);
	EXPECT_EQ(s.world.group(kA).node_pages[0], 17u);
	s.put(SMCG_EV_SPLIT, 0, 16, 0, 1024);
	EXPECT_EQ(s.world.group(kA).frames, 17u);
	s.put(SMCG_EV_MIGRATE, kA, 1, 0, 77, 78).put(SMCG_EV_FREE, 0, 0, 0, 77);
	s.put(SMCG_EV_FREE, 0, 0, 0, 78).put(SMCG_EV_FREE, 0, 0, 0, 1030);
	EXPECT_EQ(s.world.group(kA).frames, 15u);
	EXPECT_EQ(s.world.stats().frames_unknown, 0u);
	s.put(SMCG_EV_FREE, 0, 0, 0, 78);
	EXPECT_EQ(s.world.stats().frames_unknown, 1u);
}

TEST(Pages, AFullPoolIsCounted)
{
	Script s({.pool = 4096});
	s.based();
	for (unsigned i = 0; i < 200; i++)
		s.charge(kA, 64, SMCG_BY_FOLIO, 1000 + i).tries(kA, 64);
	auto stats = s.world.stats();
	EXPECT_EQ(stats.frames_used, stats.frames_total);
	EXPECT_EQ(stats.frames_full, 200 - stats.frames_total);
	EXPECT_EQ(s.memory(kA), 200u * 64);
}

TEST(World, RefusesWhatItDoesNotKnow)
{
	EXPECT_EQ(World({.cpus = 0}).error, -EINVAL);
	EXPECT_EQ(World({.cpus = 5000}).error, -EINVAL);
	EXPECT_EQ(World({.profile = SMCG_PROFILE_NR}).error, -EINVAL);
	long none = 3;
	EXPECT_EQ(World({.allocations_left = &none}).error, -ENOMEM);
}

TEST(World, LivesWithoutMemory)
{
	for (long allocations = 6; allocations < 60; allocations++) {
		long left = allocations;
		World::Setup setup;
		setup.allocations_left = &left;
		Script s(setup);
		if (s.world.error)
			continue;
		s.based().limit(kA, SMCG_LIMIT_MAX, 10).charge(kA, 1).tries(kA, 64, kA).tries(kA, 1);
		s.put(SMCG_EV_OBJ_CHARGE, kA, 0, 0, 5, 10).reclaim(kA, 1, 1, SMCG_BY_WRITE).barrier();
	}
}

TEST(World, ABarrierOnManyCpusNeedsMoreThanOneCall)
{
	Script s({.cpus = 200});
	s.based();
	for (unsigned cpu = 0; cpu < 200; cpu++)
		s.at(cpu, 1000 + cpu).fill(kA);
	s.barrier().told();
	for (unsigned cpu = 0; cpu < 200; cpu++)
		s.at(cpu, 1000 + cpu).charge(kA, 1);
	s.said.clear();
	s.barrier();
	EXPECT_EQ(s.said.size(), 200u);
	for (std::size_t i = 1; i < s.decisions.size(); i++)
		ASSERT_EQ(s.decisions[i].seq, s.decisions[i - 1].seq + 1);
}

TEST(World, TheSameEventsGiveTheSameDigest)
{
	model::Options o;
	o.operations = 500;
	model::Machine machine(o);
	machine.run();
	World a, b;
	__u64 digest = SMCG_DIGEST_INIT;
	for (const smcg_event &e : machine.events()) {
		for (const smcg_decision &d : a.apply(e))
			digest = smcg_digest(digest, &d);
		b.apply(e);
	}
	EXPECT_EQ(a.stats().digest, b.stats().digest);
	EXPECT_EQ(a.stats().digest, digest);
	EXPECT_NE(a.stats().digest, SMCG_DIGEST_INIT);
}

// Any bytes: no crash, no leak; sanitizers watch.
TEST(Hostile, RandomEvents)
{
	std::mt19937_64 rng(7);
	for (int round = 0; round < 40; round++) {
		Script s({.cpus = 3, .pool = 8192});
		if (round % 2)
			s.based();
		for (int i = 0; i < 3000; i++) {
			smcg_event e{};
			e.type = static_cast<__u16>(rng() % (SMCG_EV_NR + 1));
			e.cpu = static_cast<__u16>(rng() % 4);
			e.ctx = static_cast<__u8>(rng() % 5);
			e.caller = static_cast<__u8>(rng() % SMCG_BY_NR);
			e.tid = static_cast<__u32>(rng() % 4);
			e.group = static_cast<__u32>(rng() % 11);
			e.nr = static_cast<__u32>(rng() % 3 ? rng() % 70 : rng());
			e.gfp = static_cast<__u32>(rng());
			e.task = static_cast<__u32>(rng());
			e.gap = rng() % 500 ? 0 : 3;
			e.a = rng() % 3 ? rng() % 9 : rng();
			e.b = rng() % 3 ? rng() % 9000 : rng();
			e.c = rng() % 3 ? rng() % 8 : rng();
			s.world.apply(e);
		}
	}
}

// A real stream with events taken out, doubled and swapped.
TEST(Hostile, DamagedStreams)
{
	for (unsigned seed = 1; seed < 12; seed++) {
		model::Options o;
		o.operations = 400;
		o.seed = seed;
		model::Machine machine(o);
		machine.run();
		std::mt19937_64 rng(seed);
		World world;
		for (std::size_t i = 0; i < machine.events().size(); i++) {
			const smcg_event &e = machine.events()[i];
			if (e.type >= SMCG_EV_CHARGE && rng() % 20 == 0)
				continue;
			world.apply(e);
			if (rng() % 20 == 0)
				world.apply(e);
			if (rng() % 20 == 0)
				world.apply(machine.events()[rng() % machine.events().size()]);
		}
	}
}


// What-if worlds live on their own: effects of reality are not looked at.
TEST(Free, LivesWithItsOwnDecisions)
{
	Script s({.mode = SMCG_MODE_FREE});
	s.based().limit(kA, SMCG_LIMIT_MAX, 70).told();
	s.charge(kA, 1, SMCG_BY_FOLIO, 10).tries(kA, 64, kA).uncharge(kA, 3);
	EXPECT_EQ(s.told(), "batch g2 n64\nrefill g2 n63 arg 0:63");
	s.charge(kA, 1, SMCG_BY_FOLIO, 11);
	EXPECT_EQ(s.told(), "stock_hit g2 n1");
	EXPECT_EQ(s.memory(kA), 64u);
	EXPECT_EQ(s.world.group(kA).frame_pages, 2u);
	// Room for 6 more: reclaim takes the oldest, then the stock is drained.
	s.at(1, 51).charge(kA, 10, SMCG_BY_FOLIO, 12);
	EXPECT_EQ(s.told(), "batch g2 n64 ENOMEM over g2\nexact g2 n10 ENOMEM over g2\nmax_event g2\n"
			    "reclaim g2 n10\ndrain g2 arg 0:1\nexact g2 n10");
	EXPECT_EQ(s.memory(kA), 10u);
	s.put(SMCG_EV_FREE, 0, 0, 0, 10).put(SMCG_EV_FREE, 0, 0, 0, 12);
	EXPECT_EQ(s.told(), "uncharge g2 n10") << "page 10 was evicted before";
	EXPECT_EQ(s.memory(kA), 0u);
}

TEST(Free, FailsWhereNothingCanBeReclaimed)
{
	Script s({.mode = SMCG_MODE_FREE});
	s.based().limit(kA, SMCG_LIMIT_MAX, 5).with(SMCG_GFP_BLOCKING | SMCG_GFP_NORETRY);
	s.charge(kA, 6);
	EXPECT_EQ(s.said.back(), "nomem g2 n6 ENOMEM");
	s.with(SMCG_GFP_HIGH).charge(kA, 6);
	EXPECT_EQ(s.said.back(), "forced g2 n6");
	EXPECT_EQ(s.memory(kA), 6u);
}

TEST(Free, AnotherBatchHasItsOwnStock)
{
	Script s({.batch = 16, .mode = SMCG_MODE_FREE});
	s.based().charge(kA, 1).charge(kA, 15).charge(kA, 1);
	EXPECT_EQ(s.told(), "batch g2 n16\nrefill g2 n15 arg 0:15\nstock_hit g2 n15\n"
			    "batch g2 n16\nrefill g2 n15 arg 0:15");
}

TEST(Free, RandomWorkloadsNeverGoBelowZero)
{
	for (unsigned seed = 1; seed < 8; seed++) {
		model::Options o;
		o.operations = 1500;
		o.seed = seed;
		model::Machine machine(o);
		machine.run();
		World world({.mode = SMCG_MODE_FREE});
		for (const smcg_event &e : machine.events())
			world.apply(e);
		EXPECT_GT(world.stats().decisions, 100u);
		for (unsigned css = model::W; css <= model::W1A; css++)
			EXPECT_LE(world.group(css).memory, 1u << 20) << css;
	}
}

// A task slept in reclaim as its group was attached to: it goes on with a charge that nothing began.
TEST(Baseline, ChargesUnderWayAreNoDrift)
{
	Script s;
	for (unsigned cpu = 0; cpu < 2; cpu++)
		s.at(cpu).put(SMCG_EV_BASE_STOCK);
	s.limit(kA, SMCG_LIMIT_MAX, 100).put(SMCG_EV_BASE_COUNTER, kRoot, 0, 0, 100);
	s.put(SMCG_EV_BASE_COUNTER, kA, 0, 0, 100).put(SMCG_EV_BASE_DONE);

	s.at(0, 77).put(SMCG_EV_RECLAIM_RET).tries(kA, 2, kA).reclaim(kA, 2, 2);
	EXPECT_EQ(s.world.group(kA).ev_max, 1u);
	s.uncharge(kA, 2).tries(kA, 2).barrier();
	EXPECT_EQ(s.memory(kA), 100u);
	EXPECT_EQ(s.world.group(kA).memory_adopted, 0);
	EXPECT_EQ(s.world.stats().unexplained, 2u);

	// Once it was seen to begin one, a try without is a cause that is missing.
	s.uncharge(kA, 64).charge(kA, 1).tries(kA, 64).refill(kA, 63).tries(kA, 1).barrier();
	EXPECT_EQ(s.world.group(kA).memory_adopted, 1);
}

// A group that was empty has no such task.
TEST(Baseline, NothingIsUnderWayInAnEmptyGroup)
{
	Script s;
	s.based().at(0, 77).tries(kA, 2).barrier();
	EXPECT_EQ(s.world.group(kA).memory_adopted, 2);
}

// A group, or an object group, is freed while an interrupt that named it is on top of what a task is about to do.
TEST(Life, WhoIsInterruptedIsNotHurried)
{
	constexpr unsigned kGone = 10;
	constexpr std::uint64_t kObj = 500, kGoneObj = 501;

	for (const bool object : {false, true}) {
		Script s({.cpus = 2});
		s.based().group(kGone, kA, SMCG_GROUP_WATCHED).fill(kB);
		s.put(SMCG_EV_OBJ_REFILL, kA, 0, 0, kObj, 4000, 0).put(SMCG_EV_OBJ_DRAIN, 0, 1).barrier();
		s.put(SMCG_EV_OBJ_REFILL, kA, 4000 + 2, 0, kObj, 200, 1).at(0, 50, SMCG_CTX_SOFTIRQ);
		if (object)
			s.put(SMCG_EV_OBJ_STATE, kA, 1, 0, kGoneObj).put(SMCG_EV_OBJ_DRAIN, 0, 4000 + 1).put(SMCG_EV_OBJ_STATE, kA, 1, 0, kObj).put(SMCG_EV_OBJ_DRAIN, 0, 1);
		else
			s.charge(kGone, 1).tries(kGone, 64).refill(kGone, 63).drained(kB, 63).uncharge(kGone, 1).refill(kB, 1).drained(kGone, 63);
		s.at(1, 51);
		if (object)
			s.put(SMCG_EV_OBJCG_FREE, kA, 0, 0, kGoneObj);
		else
			s.put(SMCG_EV_GROUP_OFFLINE, kGone).put(SMCG_EV_GROUP_FREE, kGone);
		s.at(0).put(SMCG_EV_KMEM_UNCHARGE, kA, 1, SMCG_BY_OBJ, kObj).barrier();
		EXPECT_EQ(s.world.stats().adopted, 0u) << object << testing::PrintToString(s.said);
		EXPECT_EQ(s.world.stock(0).byte[0].nr, 104u) << object;
	}
}

}  // namespace
