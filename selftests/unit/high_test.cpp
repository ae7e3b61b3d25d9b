// SPDX-License-Identifier: GPL-2.0
// SPEC A11: memory.high and swap.high, what tasks collect, and their penalty.
#include "table.h"

namespace {

using namespace test;

constexpr unsigned kTick = 250;	// jiffies in a second, as the stream tells by default

// A task that the engine has seen born.
Script &born(Script &s, unsigned tid = 50, unsigned nr = 0)
{
	return s.put(SMCG_EV_TASK_NEW, kC, nr, 0, tid);
}

Script &handle(Script &s, unsigned nr, unsigned caller = SMCG_BY_OTHER)
{
	return s.put(SMCG_EV_HIGH_HANDLE, kC, nr, caller);
}

// One round of reclaim that finds the levels in @over above their bound.
void round(Script &s, unsigned nr, std::initializer_list<unsigned> over, unsigned got = 0)
{
	s.put(SMCG_EV_RECLAIM_HIGH, kC, nr, SMCG_BY_HIGH);
	for (unsigned css : over) {
		s.put(SMCG_EV_RECLAIM, css, nr, SMCG_BY_HIGH);
		s.put(SMCG_EV_RECLAIM_RET, css, 0, 0, got);
	}
}

// C uses @pages, of which it collected one batch when it had passed @high.
void collected(Script &s, unsigned pages, std::uint64_t high)
{
	born(s).charge(kC, pages - 64).tries(kC, pages - 64);
	s.limit(kC, SMCG_LIMIT_HIGH, high).charge(kC, 64).tries(kC, 64);
	s.put(SMCG_EV_FREE, 0, 0, 0, 5).told();
}

// A large charge passes high; before its task is heard of again another CPU takes C below.
Script &doubtful(Script &s)
{
	born(s).fill(kC).with(0).limit(kC, SMCG_LIMIT_HIGH, 128).charge(kC, 65).tries(kC, 65);
	s.at(1, 51).uncharge(kC, 10).at(0).told();
	return s;
}

void seventeen_rounds(Script &s, unsigned first)
{
	for (unsigned i = 0; i < 17; i++)
		round(s, i ? 32 : first, {kC});
}

// What is said but the events of each round.
void skip_rounds(Script &s)
{
	std::erase_if(s.said, [](const std::string &line) { return line.starts_with("high_event"); });
}

const Row collect_rows[] = {
	{"ABatchWhileOver", "try_charge_memcg(): memcg_nr_pages_over_high += batch",
	 [](Script &s) {
		 born(s).limit(kB, SMCG_LIMIT_HIGH, 60).fill(kC);
		 handle(s, 64);
	 },
	 "batch g4 n64\nrefill g4 n63 arg 0:63\nover_high g4 n64"},
	{"NotAtTheBound", "usage > high",
	 [](Script &s) {
		 born(s).limit(kB, SMCG_LIMIT_HIGH, 64).fill(kC).uncharge(kC, 1);
		 s.limit(kB, SMCG_LIMIT_HIGH, 10).charge(kC, 64).tries(kC, 64);
		 handle(s, 64);
	 },
	 "batch g4 n64\nrefill g4 n63 arg 0:63\nuncharge g4 n1\nexact g4 n64\nover_high g4 n64"},
	{"SwapCountsToo", "page_counter_read(&memcg->swap) > swap.high",
	 [](Script &s) {
		 born(s).limit(kA, SMCG_LIMIT_SWAP_HIGH, 7).put(SMCG_EV_SWAP_CHARGE, kB, 8, SMCG_BY_SWAP, 3);
		 s.enter(kB, 8, SMCG_BY_SWAP).leave(kB, 8, 0, SMCG_BY_SWAP);
		 s.charge(kC, 64).tries(kC, 64);
		 handle(s, 64);
	 },
	 "swap_charge g3 n8\nexact g4 n64\nover_high g4 n64"},
	{"NeitherHitNorForce", "the walk is at done_restock",
	 [](Script &s) {
		 born(s).fill(kC).limit(kC, SMCG_LIMIT_HIGH, 1).charge(kC, 2).charge(kC, 3);
		 s.limit(kC, SMCG_LIMIT_MAX, 64).with(0, SMCG_TASK_MEMALLOC).charge(kC, 70).tries(kC, 70, kC);
		 s.put(SMCG_EV_COUNTER_CHARGE, kC, 70, SMCG_BY_CHARGE).with(SMCG_GFP_BLOCKING);
		 s.limit(kC, SMCG_LIMIT_MAX, 1000).charge(kC, 65).tries(kC, 65);
		 handle(s, 65, SMCG_BY_CHARGE);
	 },
	 "batch g4 n64\nrefill g4 n63 arg 0:63\nstock_hit g4 n2\nstock_hit g4 n3\nexact g4 n70 ENOMEM over g4\n"
	 "max_event g4\nforced g4 n70\nexact g4 n65\nover_high g4 n65 arg 0:1"},
	{"AtOnceBeyondABatch", "memcg_nr_pages_over_high > MEMCG_CHARGE_BATCH",
	 [](Script &s) {
		 born(s).limit(kC, SMCG_LIMIT_HIGH, 1).charge(kC, 64).tries(kC, 64).charge(kC, 64).tries(kC, 64);
		 handle(s, 128, SMCG_BY_CHARGE);
	 },
	 "exact g4 n64\nexact g4 n64\nover_high g4 n128 arg 0:1"},
	{"AtOnceWasDue", "the decision stays as it was",
	 [](Script &s) { born(s).limit(kC, SMCG_LIMIT_HIGH, 1).charge(kC, 65).tries(kC, 65).charge(kC, 65); },
	 "exact g4 n65\nover_high g4 n65 arg 0:1 adopted"},
	{"NotAtOnceWithoutBlocking", "gfpflags_allow_blocking()",
	 [](Script &s) {
		 born(s).with(0).limit(kC, SMCG_LIMIT_HIGH, 1).charge(kC, 65).tries(kC, 65);
		 handle(s, 65);
	 },
	 "exact g4 n65\nover_high g4 n65"},
	{"NotAtOnceInReclaim", "current->flags & PF_MEMALLOC",
	 [](Script &s) {
		 born(s).with(SMCG_GFP_BLOCKING, SMCG_TASK_MEMALLOC).limit(kC, SMCG_LIMIT_HIGH, 1);
		 s.charge(kC, 65).tries(kC, 65);
		 handle(s, 65);
	 },
	 "exact g4 n65\nover_high g4 n65"},
	{"InheritedAtBirth", "dup_task_struct() copies it",
	 [](Script &s) {
		 born(s, 50, 40).limit(kC, SMCG_LIMIT_HIGH, 1).charge(kC, 64).tries(kC, 64);
		 handle(s, 104, SMCG_BY_CHARGE);
	 },
	 "exact g4 n64\nover_high g4 n104 arg 0:1"},
	{"BeforeTheBaseline", "what it had then is not known",
	 [](Script &s) { handle(s, 64); }, "over_high g4 n64 unsettled"},
	{"AnotherNumber", "the decision stays as it was",
	 [](Script &s) {
		 born(s).limit(kC, SMCG_LIMIT_HIGH, 1).charge(kC, 64).tries(kC, 64);
		 handle(s, 63);
	 },
	 "exact g4 n64\nover_high g4 n64 adopted"},
	{"WorkInAnInterrupt", "!in_task(): schedule_work(&memcg->high_work)",
	 [](Script &s) {
		 born(s).limit(kA, SMCG_LIMIT_HIGH, 1).at(0, 50, SMCG_CTX_SOFTIRQ).with(0);
		 s.charge(kC, 64, SMCG_BY_SOCK).tries(kC, 64).put(SMCG_EV_HIGH_WORK, kA);
		 s.charge(kC, 64, SMCG_BY_SOCK).tries(kC, 64).charge(kC, 64, SMCG_BY_SOCK);
	 },
	 "exact g4 n64\nhigh_work g2\nexact g4 n64\nhigh_work g2 adopted"},
	{"NoWorkForSwap", "!in_task(): mem_high alone",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_SWAP_HIGH, 7).put(SMCG_EV_SWAP_CHARGE, kB, 8, SMCG_BY_SWAP, 3);
		 s.enter(kB, 8, SMCG_BY_SWAP).leave(kB, 8, 0, SMCG_BY_SWAP).at(0, 50, SMCG_CTX_SOFTIRQ).with(0);
		 s.charge(kC, 64, SMCG_BY_SOCK).tries(kC, 64).put(SMCG_EV_FREE, 0, 0, 0, 5);
	 },
	 "swap_charge g3 n8\nexact g4 n64"},
	{"AnotherCpuMeanwhile", "when it looked nobody tells",
	 [](Script &s) { handle(doubtful(s), 65); }, "over_high g4 n65 ambiguous"},
	{"ItsNextChargeTells", "memcg_nr_pages_over_high, in CHARGE.c",
	 [](Script &s) { handle(doubtful(s).put(SMCG_EV_CHARGE, kC, 1, SMCG_BY_FOLIO, SMCG_NO_PFN, 0, 1 + 65), 65); },
	 "stock_hit g4 n1\nover_high g4 n65"},
	{"ItsNextChargeTellsOfNothing", "memcg_nr_pages_over_high, in CHARGE.c",
	 [](Script &s) {
		 doubtful(s).put(SMCG_EV_CHARGE, kC, 65, SMCG_BY_FOLIO, SMCG_NO_PFN, 0, 1).tries(kC, 65);
		 handle(s, 65);
	 },
	 "exact g4 n65\nover_high g4 n65"},
	{"ItsReturnTells", "memcg_nr_pages_over_high, in CHARGE_RET.a",
	 [](Script &s) { handle(doubtful(s).put(SMCG_EV_CHARGE_RET, kC, 0, 0, 1 + 65), 65); },
	 "over_high g4 n65"},
	{"ASwapinTells", "memcg_nr_pages_over_high, in SWAP_UNCHARGE.c",
	 [](Script &s) { handle(doubtful(s).put(SMCG_EV_SWAP_UNCHARGE, 0, 1, SMCG_BY_SWAP, 0, 0, 1 + 65), 65); },
	 "over_high g4 n65"},
	{"WhatTheShadowRulesOutIsNotTakenOver", "it collects 65 or nothing",
	 [](Script &s) { handle(doubtful(s).put(SMCG_EV_CHARGE_RET, kC, 0, 0, 1 + 66), 65); },
	 "over_high g4 n65 ambiguous"},
	{"AReturnBeforeTheOtherCpu", "the look is over",
	 [](Script &s) {
		 born(s).with(0).limit(kC, SMCG_LIMIT_HIGH, 64).charge(kC, 65).tries(kC, 65);
		 s.put(SMCG_EV_CHARGE_RET, kC).at(1, 51).uncharge(kC, 10).at(0);
		 handle(s, 65);
	 },
	 "exact g4 n65\nuncharge g4 n10\nover_high g4 n65"},
	{"SeenBeforeTheOtherCpu", "set_notify_resume(): the look is over",
	 [](Script &s) {
		 born(s).limit(kC, SMCG_LIMIT_HIGH, 60).fill(kC).put(SMCG_EV_HIGH_SEEN).at(1, 51).uncharge(kC, 10).at(0);
		 handle(s, 64);
	 },
	 "batch g4 n64\nrefill g4 n63 arg 0:63\nuncharge g4 n10\nover_high g4 n64"},
	{"PutAsideAfterTheOtherCpu", "refill_stock(): the look is behind it",
	 [](Script &s) {
		 born(s).limit(kC, SMCG_LIMIT_HIGH, 100).fill(kC).at(1, 51).charge(kC, 64).tries(kC, 64).at(0);
		 handle(s.reads(128).put(SMCG_EV_REFILL_RET, kC), 64);
	 },
	 "batch g4 n64\nexact g4 n64\nrefill g4 n63 arg 0:63\nover_high g4 n64"},
	{"AtOnceAfterItWasSeen", "the look is over, the charge is not",
	 [](Script &s) {
		 born(s).limit(kC, SMCG_LIMIT_HIGH, 1).charge(kC, 65).tries(kC, 65).put(SMCG_EV_HIGH_SEEN);
		 handle(s, 65, SMCG_BY_CHARGE);
	 },
	 "exact g4 n65\nover_high g4 n65 arg 0:1"},
	{"OwnDrainComesFirst", "refill_stock(): a sibling's stock is given back before the look",
	 [](Script &s) {
		 born(s).group(10, kB, SMCG_GROUP_WATCHED).fill(10).limit(kB, SMCG_LIMIT_HIGH, 66);
		 s.charge(kC, 1).tries(kC, 64).refill(kC, 63).drained(10, 63).put(SMCG_EV_COUNTER_RET);
		 s.uncharge(kC, 1).limit(kC, SMCG_LIMIT_HIGH, 1).charge(kC, 64).tries(kC, 64);
		 handle(s, 64);
	 },
	 "batch g10 n64\nrefill g10 n63 arg 0:63\nbatch g4 n64\nrefill g4 n63 over g10 arg 63:63\nuncharge g4 n1\n"
	 "exact g4 n64\nover_high g4 n64"},
};
SMCG_TABLE(CollectTable, collect_rows);

// The table in the comment above calculate_high_delay(): high 100 MiB.
struct Penalty {
	const char *name;
	unsigned pages, collected;
	std::uint64_t high;
	unsigned jiffies;	// 0: let off
};

const Penalty penalties[] = {
	{"FivePercent", 26880, 64, 25600, 39},		// 159 ms, in ticks of 4
	{"TenPercent", 28160, 64, 25600, 159},		// 639 ms
	{"ATenthOfIt", 26112, 64, 25600, 6},		// 25 ms
	{"LetOffTenMilliseconds", 25856, 64, 25600, 0},	// 6 ms
	{"TwoSecondsAtMost", 51200, 64, 25600, 2 * kTick},
	{"BoundOfNothing", 300, 64, 0, 2 * kTick},
	{"ShareOfTheBatch", 26880, 16, 25600, 9},
	{"MoreThanABatch", 26880, 512, 25600, 312},
};

class PenaltyTable : public testing::TestWithParam<Penalty> {};

TEST_P(PenaltyTable, Sleeps)
{
	const Penalty &p = GetParam();
	Script s;

	s.based();
	born(s).charge(kC, p.pages - p.collected).tries(kC, p.pages - p.collected);
	s.limit(kC, SMCG_LIMIT_HIGH, p.high).with(0);
	s.charge(kC, p.collected > 64 ? p.collected : 64);
	if (p.collected >= 64) {
		s.tries(kC, p.collected);
	} else {
		// A smaller share comes by inheritance alone.
		s.tries(kC, 64);
		s.uncharge(kC, 64 - p.collected);
		born(s, 50, p.collected);
	}
	handle(s, p.collected);
	if (p.jiffies) {
		seventeen_rounds(s, p.collected);
		s.told();
		s.put(SMCG_EV_HIGH_SLEEP, 0, p.jiffies).put(SMCG_EV_HIGH_HANDLED).barrier();
		EXPECT_EQ(s.told(), "high_penalty g4 n" + std::to_string(p.jiffies));
	} else {
		round(s, p.collected, {kC});
		s.told();
		s.put(SMCG_EV_HIGH_HANDLED).barrier();
		EXPECT_EQ(s.told(), "");
	}
	EXPECT_EQ(s.world.stats().errors, 0u);
}
INSTANTIATE_TEST_SUITE_P(Row, PenaltyTable, testing::ValuesIn(penalties),
			 [](const auto &info) { return std::string(info.param.name); });

const Row round_rows[] = {
	{"SleepsAfterSeventeenRounds", "nr_retries--",
	 [](Script &s) {
		 collected(s, 26880, 25600);
		 handle(s, 64);
		 seventeen_rounds(s, 64);
		 skip_rounds(s);
		 s.put(SMCG_EV_HIGH_SLEEP, 0, 39).put(SMCG_EV_HIGH_HANDLED);
	 },
	 "over_high g4 n64\nhigh_penalty g4 n39"},
	{"ProgressIsFree", "nr_reclaimed || nr_retries--",
	 [](Script &s) {
		 collected(s, 26880, 25600);
		 handle(s, 64);
		 for (int i = 0; i < 30; i++)
			 round(s, i ? 32 : 64, {kC}, 3);
		 for (int i = 0; i < 17; i++)
			 round(s, 32, {kC});
		 skip_rounds(s);
		 s.put(SMCG_EV_HIGH_SLEEP, 0, 39).put(SMCG_EV_HIGH_HANDLED);
	 },
	 "over_high g4 n64\nhigh_penalty g4 n39"},
	{"SleepWasDue", "the decision stays as it was",
	 [](Script &s) {
		 collected(s, 26880, 25600);
		 handle(s, 64);
		 seventeen_rounds(s, 64);
		 skip_rounds(s);
		 s.put(SMCG_EV_HIGH_HANDLED);
	 },
	 "over_high g4 n64\nhigh_penalty g4 n39 adopted"},
	{"AnotherSleep", "the decision stays as it was",
	 [](Script &s) {
		 collected(s, 26880, 25600);
		 handle(s, 64);
		 seventeen_rounds(s, 64);
		 skip_rounds(s);
		 s.put(SMCG_EV_HIGH_SLEEP, 0, 41).put(SMCG_EV_HIGH_HANDLED);
	 },
	 "over_high g4 n64\nhigh_penalty g4 n39 adopted"},
	{"AsksForWhatItCollectedThenForLess", "in_retry ? SWAP_CLUSTER_MAX : nr_pages",
	 [](Script &s) {
		 collected(s, 26880, 25600);
		 handle(s, 64);
		 round(s, 64, {kC});
		 round(s, 32, {kC});
		 s.put(SMCG_EV_FREE, 0, 0, 0, 5);
	 },
	 "over_high g4 n64\nhigh_event g4 n64\nhigh_event g4 n32"},
	{"AWorkerAsksForABatch", "high_work_func()",
	 [](Script &s) {
		 collected(s, 26880, 25600);
		 s.at(0, 7);
		 round(s, 64, {kC});
	 },
	 "high_event g4 n64"},
};
SMCG_TABLE(RoundTable, round_rows);

// mem_cgroup_handle_over_high() of 6.12: who dies does not sleep, and need not reclaim.
TEST(High, SwapEventsAreCountedEachRound)
{
	Script s;

	s.based().limit(kA, SMCG_LIMIT_SWAP_HIGH, 7).put(SMCG_EV_SWAP_CHARGE, kB, 8, SMCG_BY_SWAP, 3);
	s.enter(kB, 8, SMCG_BY_SWAP).leave(kB, 8, 0, SMCG_BY_SWAP);
	born(s).charge(kC, 64).tries(kC, 64);
	handle(s, 64);
	for (int i = 0; i < 3; i++)
		round(s, 32, {});
	s.put(SMCG_EV_HIGH_HANDLED);
	EXPECT_EQ(s.world.group(kA).ev_swap_high, 3u);
	EXPECT_EQ(s.world.group(kB).ev_swap_high, 0u);
}

// Another CPU charges while the penalty is computed: both outcomes are legal.
TEST(High, AnotherCpuMovesTheUsage)
{
	Script s;

	s.based();
	collected(s, 26880, 25600);
	handle(s, 64);
	seventeen_rounds(s, 64);
	s.told();
	s.at(1, 51).uncharge(kC, 256).at(0);
	s.put(SMCG_EV_HIGH_SLEEP, 0, 30).put(SMCG_EV_HIGH_HANDLED).barrier();
	EXPECT_EQ(s.told(), "uncharge g4 n256\nhigh_penalty g4 n30 ambiguous");
}

// A tick of another length.
TEST(High, TheTickComesWithTheStream)
{
	Script s;

	s.put(SMCG_EV_START, 0, 1000, 0, 2, 1).based();
	collected(s, 26880, 25600);
	handle(s, 64);
	seventeen_rounds(s, 64);
	s.told();
	s.put(SMCG_EV_HIGH_SLEEP, 0, 159).put(SMCG_EV_HIGH_HANDLED).barrier();
	EXPECT_NE(s.told().find("high_penalty g4 n159"), std::string::npos);
}

}  // namespace
