// SPDX-License-Identifier: GPL-2.0
// SPEC A2: charges that began before the baseline take from a stock unseen (try_charge_memcg(): retry:, consume_stock()).
#include "table.h"

namespace {

using namespace test;

constexpr unsigned kStray = 70;

// CPU 0 has @pages of A at the baseline, and task 70 may be in a charge.
Script &attached(Script &s, unsigned pages)
{
	s.put(SMCG_EV_BASE_TASK, kA, kStray);
	return s.put(SMCG_EV_BASE_STOCK, kA, pages);
}

Script &hits(Script &s, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		s.charge(kA, 1);
	return s;
}

// A charge that misses, and what it leaves; @held: what was there, as read.
Script &misses(Script &s, unsigned held = 0)
{
	return s.charge(kA, 1).tries(kA, 64).put(SMCG_EV_REFILL, kA, 63, 0, 1 + held);
}

const char *const kMissed = "batch g2 n64\nrefill g2 n63 arg 0:63";

std::string says(Script &s)
{
	std::string lines, line;
	for (std::istringstream in(s.barrier().told()); std::getline(in, line);)
		if (line != "stock_hit g2 n1")
			lines += (lines.empty() ? "" : "\n") + line;
	return lines;
}

// Without one, less than the shadow has is a mistake.
TEST(Strays, NobodyIs)
{
	Script s;
	s.based().put(SMCG_EV_BASE_STOCK, kA, 5);
	misses(hits(s, 4));
	EXPECT_EQ(says(s), std::string("stock_hit g2 n1 adopted\n") + kMissed);
}

TEST(Strays, TakesOfWhatWasThere)
{
	Script s;
	attached(s.based(), 5);
	misses(hits(s, 4));
	EXPECT_EQ(says(s), kMissed);
	EXPECT_EQ(s.world.stats().adopted, 0u);
}

// It takes, it does not bring.
TEST(Strays, ThereIsNotMore)
{
	Script s;
	attached(s.based(), 5);
	hits(s, 7);
	EXPECT_EQ(says(s).substr(0, 20), "batch g2 n64 adopted");
}

TEST(Strays, TakesOfWhatWasFilledSince)
{
	Script s;
	misses(attached(s.based(), 0));
	misses(hits(s, 62));
	EXPECT_EQ(says(s), std::string(kMissed) + "\n" + kMissed);
}

// It begins another charge: what was filled before that may lack pages, and once more, nothing else.
TEST(Strays, IsOver)
{
	Script s;
	misses(attached(s.based(), 0));
	s.at(0, kStray).charge(kA, 1).at(0);
	misses(hits(s, 61));
	EXPECT_EQ(says(s), std::string(kMissed) + "\n" + kMissed);
	misses(hits(s, 62));
	EXPECT_EQ(says(s), kMissed);
	misses(hits(s, 62));
	EXPECT_EQ(says(s), std::string("stock_hit g2 n1 adopted\n") + kMissed);
}

// What it charges in reclaim is not the next charge; nor is what an interrupt does.
TEST(Strays, IsNotOverInReclaim)
{
	Script s;
	misses(attached(s.based(), 0));
	s.at(0, kStray).with(SMCG_GFP_BLOCKING, SMCG_TASK_MEMALLOC).charge(kA, 1);
	s.at(0, kStray, SMCG_CTX_SOFTIRQ).with(0).charge(kA, 1).at(0).with(SMCG_GFP_BLOCKING);
	misses(hits(s, 60));
	misses(hits(s, 62));
	misses(hits(s, 62));
	EXPECT_EQ(s.barrier().world.stats().adopted, 0u);
}

TEST(Strays, ADrainFindsLess)
{
	Script s;
	attached(s.based(), 5).put(SMCG_EV_DRAIN_LOCAL, 0, 0, SMCG_BY_DRAIN_WORK).drained(kA, 3);
	EXPECT_EQ(says(s), "drain_local g2 n3 unsettled");
}

// What the refill read tells what is left, if it can be.
TEST(Strays, ARefillReadsLess)
{
	Script s;
	attached(s.based(), 5).put(SMCG_EV_REFILL, kA, 10, 0, 1 + 2);
	s.barrier();
	EXPECT_EQ(s.world.stock(0).page[0].nr, 12u);
	EXPECT_EQ(s.world.stats().adopted, 0u);
}

// Of another CPU's stock, too: it is not known where it goes on.
TEST(Strays, OnAnyCpu)
{
	Script s;
	s.based().put(SMCG_EV_BASE_TASK, kA, kStray).at(1).put(SMCG_EV_BASE_STOCK, kA, 5);
	misses(hits(s, 4));
	EXPECT_EQ(says(s), kMissed);
}

// More of them than are kept apart are never known to be over.
TEST(Strays, TooMany)
{
	Script s;
	s.based();
	for (unsigned i = 0; i < 65; i++)
		s.put(SMCG_EV_BASE_TASK, kA, kStray + i).put(SMCG_EV_BASE_TASK, kA, kStray + i);
	s.put(SMCG_EV_BASE_STOCK, kA, 63);
	for (unsigned i = 0; i < 65; i++)
		s.at(0, kStray + i).charge(kA, 1, SMCG_BY_FOLIO).tries(kA, 64).put(SMCG_EV_REFILL, kA, 63, 0, 1);
	for (unsigned i = 0; i < 3; i++)
		misses(hits(s.at(0), 62));
	EXPECT_EQ(s.barrier().world.stats().adopted, 0u);
}

// A gap is followed by another baseline, which tells anew.
TEST(Strays, AreForgottenInAGap)
{
	Script s;
	attached(s.based(), 5).put(SMCG_EV_GAP, 0, 0, 0, 1).put(SMCG_EV_BASE_STOCK, kA, 5);
	for (unsigned css : {kRoot, kA, kB, kC, kForeign, kCounted})
		s.put(SMCG_EV_BASE_COUNTER, css);
	s.put(SMCG_EV_BASE_DONE);
	misses(hits(s, 4));
	EXPECT_EQ(says(s), std::string("stock_hit g2 n1 adopted\n") + kMissed);
}

// Each slot apart: another group's is not filled by this one's refill.
TEST(Strays, SlotsOf72)
{
	Script s({.profile = SMCG_PROFILE_7_2});
	s.put(SMCG_EV_BASE_TASK, kA, kStray).based();
	s.charge(kA, 1).tries(kA, 64).put(SMCG_EV_REFILL, kA, 63, 0, 1, 1);
	s.charge(kB, 1).tries(kB, 64).put(SMCG_EV_REFILL, kB, 63, 0, 1, 2);
	s.at(0, kStray).charge(kC, 100).tries(kC, 100).at(0).barrier().told();
	hits(s, 62).tries(kA, 64).put(SMCG_EV_REFILL, kA, 63, 0, 1, 1 | SMCG_REFILL_OWN);
	for (unsigned i = 0; i < 62; i++)
		s.charge(kB, 1);
	s.tries(kB, 64).put(SMCG_EV_REFILL, kB, 63, 0, 1, 2 | SMCG_REFILL_OWN).barrier();
	EXPECT_EQ(s.world.stats().adopted, 0u);
}

}  // namespace
