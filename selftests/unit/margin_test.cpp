// SPDX-License-Identifier: GPL-2.0
//
// The look at the margin after a reclaim, while another CPU's try of a batch is on its way: what
// was read tells whether there was room (mem_cgroup_margin(), try_charge_memcg()).
#include <gtest/gtest.h>

#include "script.h"

namespace {

using test::kA;
using test::Script;

constexpr unsigned kLimit = 100, kUsage = 54, kCrossed = kUsage + 64;
constexpr unsigned kPage = 7;

// Task 51 tries 64 pages that do not fit, task 50 is about to look at the margin.
void crossed(Script &s, unsigned read)
{
	s.at(1, 51).charge(kA, 1).enter(kA, 64);
	s.at(0).put(SMCG_EV_RECLAIM_RET, kA, 0, 0, 10);
	if (read)
		s.reads(read).put(SMCG_EV_MARGIN, kA, 0, 0, 0, SMCG_MUTEX_FREE);
	s.told();
}

Script &wants(Script &s, unsigned nr)
{
	s.based().charge(kA, 64).tries(kA, 64).limit(kA, SMCG_LIMIT_MAX, kLimit);
	s.charge(kA, nr, SMCG_BY_FOLIO, kPage).tries(kA, 64, kA);
	if (nr < 64)
		s.tries(kA, nr, kA);
	return s.put(SMCG_EV_RECLAIM, kA, nr, SMCG_BY_CHARGE);
}

struct Row {
	unsigned read;		// at MARGIN, 0 it did not come
	const char *retried, *drained;
};

const Row rows[] = {
	{0, "exact g2 n37 ambiguous", "drain g2 ambiguous"},
	{kUsage, "exact g2 n37", "drain g2 ambiguous"},
	{kCrossed, "exact g2 n37 ambiguous", "drain g2"},
	{7777, "exact g2 n37 ambiguous", "drain g2 ambiguous"},	// not possible: counts for nothing
};

TEST(Margin, ReadJustBeforeARetry)
{
	for (const Row &row : rows) {
		Script s;
		wants(s, 37).uncharge(kA, 10);
		crossed(s, row.read);
		s.reads(kUsage).enter(kA, 37).reads(kUsage + 37).leave(kA, 37);
		EXPECT_EQ(s.told(), row.retried) << row.read;
	}
}

TEST(Margin, ReadJustBeforeADrain)
{
	for (const Row &row : rows) {
		Script s;
		wants(s, 37).uncharge(kA, 10);
		crossed(s, row.read);
		s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_ALL_RET, kA);
		EXPECT_EQ(s.told(), row.drained) << row.read;
	}
}

// A charge that may not go another round ends without an event: its page, freed at once, tells.
TEST(Margin, ReadJustBeforeAFailure)
{
	for (unsigned read : {0u, 63u, 64u}) {
		Script s;
		s.with(SMCG_GFP_BLOCKING | SMCG_GFP_NORETRY);
		wants(s, 37).put(SMCG_EV_RECLAIM_RET).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE);
		s.put(SMCG_EV_DRAIN_ALL_RET, kA).tries(kA, 37, kA).put(SMCG_EV_RECLAIM, kA, 37, SMCG_BY_CHARGE);
		s.at(1, 51).uncharge(kA, 1).at(0).reads(64).put(SMCG_EV_RECLAIM_RET, kA);
		if (read)
			s.reads(read).put(SMCG_EV_MARGIN, kA);
		s.told();
		s.put(SMCG_EV_FREE, 0, 0, 0, kPage);
		EXPECT_EQ(s.told(), read == 64 ? "nomem g2 n37 ENOMEM" : "nomem g2 n37 ENOMEM ambiguous") << read;
	}
}

// Task 51 is about to let go of the drain's mutex, or just has, when task 50 tries to take it.
void contended(Script &s, unsigned mutex)
{
	wants(s, 37).at(1, 51).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_WRITE);
	s.at(0).put(SMCG_EV_RECLAIM_RET, kA, 0, 0, 0, SMCG_MUTEX_HELD);
	s.put(SMCG_EV_MARGIN, kA, 0, 0, 0, SMCG_MUTEX_HELD);
	if (mutex)
		s.put(SMCG_EV_DRAIN_TRY, kA, 0, 0, 0, mutex);
	s.told();
}

TEST(Margin, MutexReadJustBeforeItIsTaken)
{
	for (unsigned mutex : {0u, unsigned{SMCG_MUTEX_FREE}, unsigned{SMCG_MUTEX_HELD}}) {
		Script s;
		contended(s, mutex);
		s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).at(1, 51).put(SMCG_EV_DRAIN_ALL_RET, kA);
		s.at(0).put(SMCG_EV_DRAIN_ALL_RET, kA);
		EXPECT_EQ(s.told(), mutex == SMCG_MUTEX_FREE ? "drain g2" : "drain g2 ambiguous") << mutex;
	}
}

TEST(Margin, MutexReadJustBeforeItIsMissed)
{
	for (unsigned mutex : {0u, unsigned{SMCG_MUTEX_FREE}, unsigned{SMCG_MUTEX_HELD}}) {
		Script s;
		contended(s, mutex);
		s.at(1, 51).put(SMCG_EV_DRAIN_ALL_RET, kA).at(0).tries(kA, 37, kA);
		// Read as free, and nobody came in between: it cannot be missed.
		EXPECT_EQ(s.told(), std::string(mutex == SMCG_MUTEX_FREE ? "drain g2 adopted\n" : "") +
				    "exact g2 n37 ENOMEM over g2\nmax_event g2") << mutex;
	}
}

// Once the margin was looked at, what others do to the counter no longer counts.
TEST(Margin, RoomThatComesAfterTheLook)
{
	for (bool looked : {false, true}) {
		Script s;
		wants(s, 37).put(SMCG_EV_RECLAIM_RET, kA);
		if (looked)
			s.put(SMCG_EV_DRAIN_TRY, kA, 0, 0, 0, SMCG_MUTEX_FREE);
		s.at(1, 51).uncharge(kA, 1).told();
		s.at(0).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_ALL_RET, kA);
		EXPECT_EQ(s.told(), looked ? "drain g2" : "drain g2 ambiguous");
	}
}

}  // namespace
