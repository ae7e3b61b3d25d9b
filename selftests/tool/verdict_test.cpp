// SPDX-License-Identifier: GPL-2.0
#include "model/report.hpp"

#include <gtest/gtest.h>

namespace smcg {
namespace {

Report good()
{
	Report report;
	report.tally.kinds[SMCG_KIND_STOCK_HIT].real = 100;
	report.tally.kinds[SMCG_KIND_STOCK_HIT].shadow = 100;
	report.tally.kinds[SMCG_KIND_STOCK_HIT].agree = 100;
	report.drift.push_back({"/a", "memory", 10, 10});
	return report;
}

TEST(Verdict, PassNeedsNothingElse)
{
	const Verdict verdict = judge(good(), {});
	EXPECT_EQ(verdict.ruling, Ruling::pass);
	EXPECT_TRUE(verdict.reasons.empty());
}

TEST(Verdict, OneMismatchFails)
{
	Report report = good();
	report.tally.kinds[SMCG_KIND_STOCK_HIT].agree = 99;
	report.tally.kinds[SMCG_KIND_STOCK_HIT].mismatch = 1;
	EXPECT_EQ(judge(report, {}).ruling, Ruling::fail);
	Demands demands;
	demands.most_mismatch = 1.0;
	EXPECT_EQ(judge(report, demands).ruling, Ruling::pass);
}

TEST(Verdict, UnmatchedOnEitherSideFails)
{
	Report report = good();
	report.tally.kinds[SMCG_KIND_OOM].unmatched_real = 1;
	EXPECT_EQ(judge(report, {}).ruling, Ruling::fail);
	report = good();
	report.tally.kinds[SMCG_KIND_OOM].unmatched_shadow = 1;
	EXPECT_EQ(judge(report, {}).ruling, Ruling::fail);
}

TEST(Verdict, DriftFailsAtRestOnly)
{
	Report report = good();
	report.drift.push_back({"/a", "swap", 10, 11});
	EXPECT_EQ(judge(report, {}).ruling, Ruling::fail);
	report.at_rest = false;
	EXPECT_EQ(judge(report, {}).ruling, Ruling::inconclusive);
	report.rest_expected = false;
	EXPECT_EQ(judge(report, {}).ruling, Ruling::pass);
}

TEST(Verdict, AnIncompleteAccountIsInconclusiveEvenWithMismatches)
{
	for (int what = 0; what < 5; what++) {
		Report report = good();
		report.tally.kinds[SMCG_KIND_STOCK_HIT].mismatch = 1;
		(what == 0 ? report.events_lost : what == 1 ? report.decisions_lost : what == 2 ? report.resyncs :
		 what == 3 ? report.witness.no_room : report.hooks_missed) = 1;
		EXPECT_EQ(judge(report, {}).ruling, Ruling::inconclusive) << what;
	}
}

TEST(Verdict, TooFewOfAKindIsInconclusive)
{
	Demands demands;
	demands.least[SMCG_KIND_RECLAIM] = 1;
	EXPECT_EQ(judge(good(), demands).ruling, Ruling::inconclusive);
	EXPECT_EQ(judge(Report{}, {}).ruling, Ruling::inconclusive) << "nothing was judged";
}

TEST(Verdict, TooManyAmbiguousIsInconclusive)
{
	Report report = good();
	report.tally.kinds[SMCG_KIND_STOCK_HIT].agree = 90;
	report.tally.kinds[SMCG_KIND_STOCK_HIT].ambiguous = 10;
	EXPECT_EQ(judge(report, {}).ruling, Ruling::inconclusive);
	Demands demands;
	demands.most_ambiguous = 10;
	EXPECT_EQ(judge(report, demands).ruling, Ruling::pass);
}

TEST(Verdict, AmbiguityIsJudgedKindByKind)
{
	Report report = good();
	report.tally.kinds[SMCG_KIND_STOCK_HIT] = {.real = 100000, .shadow = 100000, .agree = 100000};
	report.tally.kinds[SMCG_KIND_EXACT_CHARGE] = {.real = 1000, .shadow = 1000, .agree = 940, .ambiguous = 60};
	EXPECT_EQ(judge(report, {}).ruling, Ruling::inconclusive) << "hits do not dilute it";
	report.tally.kinds[SMCG_KIND_EXACT_CHARGE] = {.real = 1000, .shadow = 1000, .agree = 950, .ambiguous = 50};
	EXPECT_EQ(judge(report, {}).ruling, Ruling::pass);
}

TEST(Verdict, RareKindsAreJudgedTogether)
{
	Report report = good();
	report.tally.kinds[SMCG_KIND_DRAIN] = {.real = 2, .shadow = 2, .agree = 1, .ambiguous = 1};
	report.tally.kinds[SMCG_KIND_REFILL] = {.real = 100, .shadow = 100, .agree = 100};
	EXPECT_EQ(judge(report, {}).ruling, Ruling::pass);
	report.tally.kinds[SMCG_KIND_REFILL] = {.real = 100, .shadow = 100, .agree = 85, .ambiguous = 15};
	EXPECT_EQ(judge(report, {}).ruling, Ruling::inconclusive);
}

TEST(Verdict, TooManyUnjudgedIsInconclusive)
{
	Report report = good();
	report.tally.kinds[SMCG_KIND_DRAIN].unjudged = 1;
	EXPECT_EQ(judge(report, {}).ruling, Ruling::pass);
	report.tally.kinds[SMCG_KIND_SWAPIN].unjudged = 4;
	const Verdict verdict = judge(report, {});
	EXPECT_EQ(verdict.ruling, Ruling::inconclusive);
	ASSERT_EQ(verdict.reasons.size(), 1u);
	EXPECT_NE(verdict.reasons[0].find("(most of them swapin, 4 of 5)"), std::string::npos) << verdict.reasons[0];
}

TEST(Verdict, TooMuchBoundaryIsInconclusive)
{
	Report report = good();
	report.tally.boundary_real = 200;
	EXPECT_EQ(judge(report, {}).ruling, Ruling::pass);
	report.tally.boundary_real = 300;
	EXPECT_EQ(judge(report, {}).ruling, Ruling::inconclusive);
}

TEST(Verdict, ACounterThatTheModuleDoesNotTellIsInconclusive)
{
	Report report = good();
	report.without_shadow.push_back("memory of /a");
	EXPECT_EQ(judge(report, {}).ruling, Ruling::inconclusive);
}

} // namespace
} // namespace smcg
