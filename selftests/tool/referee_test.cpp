// SPDX-License-Identifier: GPL-2.0
#include "model/referee.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace smcg {
namespace {

Step step(unsigned kind, uint32_t nr, uint32_t tid = 1, uint64_t group = 7)
{
	static uint64_t time = 1000;
	Step made;
	made.kind = static_cast<uint16_t>(kind);
	made.nr = nr;
	made.tid = tid;
	made.group = group;
	made.time = made.began = ++time;
	return made;
}

// What a charging task does: mostly hits, now and then a miss with a refill.
std::vector<Step> workload(size_t length, uint32_t tasks, uint32_t seed)
{
	std::mt19937 random(seed);
	std::vector<Step> steps;
	while (steps.size() < length) {
		const uint32_t tid = 1 + random() % tasks;
		if (random() % 16) {
			steps.push_back(step(SMCG_KIND_STOCK_HIT, 1 + random() % 3, tid));
			continue;
		}
		steps.push_back(step(SMCG_KIND_BATCH_CHARGE, 64, tid));
		steps.push_back(step(SMCG_KIND_REFILL, 63, tid));
		steps.back().arg = random() % 64;
	}
	return steps;
}

Tally judge(const std::vector<Step> &real, const std::vector<Step> &shadow, RefereeConfig config = {},
	    uint64_t end_ns = UINT64_MAX)
{
	Referee referee(config);
	for (const Step &each : real)
		referee.real(each);
	for (const Step &each : shadow)
		referee.shadow(each);
	referee.finish(end_ns);
	EXPECT_EQ(referee.waiting(), 0u);
	return referee.tally();
}

TEST(Referee, EqualStreamsAgreeCompletely)
{
	const auto steps = workload(5000, 5, 1);
	const KindTally sum = judge(steps, steps).total();
	EXPECT_EQ(sum.agree, steps.size());
	EXPECT_EQ(sum.real, steps.size());
	EXPECT_EQ(sum.shadow, steps.size());
	EXPECT_EQ(sum.mismatch + sum.unmatched_real + sum.unmatched_shadow, 0u);
}

TEST(Referee, NothingIsNothing)
{
	const Tally tally = judge({}, {});
	EXPECT_EQ(tally.total().real, 0u);
	EXPECT_EQ(tally.agreement(), 1.0);
}

TEST(Referee, OrderBetweenTasksDoesNotMatter)
{
	auto shadow = workload(3000, 4, 2);
	const auto real = shadow;
	std::ranges::stable_sort(shadow, {}, &Step::tid);
	EXPECT_EQ(judge(real, shadow).total().agree, real.size());
}

TEST(Referee, InterruptsGoByCpuAndDoNotMixWithTheTask)
{
	Step task = step(SMCG_KIND_STOCK_HIT, 1), soft = step(SMCG_KIND_KMEM_UNCHARGE, 2);
	soft.ctx = SMCG_CTX_SOFTIRQ;
	soft.cpu = 3;
	Step soft_elsewhere = soft;
	soft_elsewhere.tid = 99;	// whoever was interrupted
	const KindTally sum = judge({soft, task}, {task, soft_elsewhere}).total();
	EXPECT_EQ(sum.agree, 2u);
}

TEST(Referee, ASubstitutionIsOneMismatchOfTheRealKind)
{
	const auto real = workload(200, 1, 3);
	auto shadow = real;
	const size_t at = 100;
	shadow[at].kind = SMCG_KIND_NOMEM;
	const Tally tally = judge(real, shadow);
	EXPECT_EQ(tally.kinds[real[at].kind].mismatch, 1u);
	EXPECT_EQ(tally.total().mismatch, 1u);
	EXPECT_EQ(tally.total().agree, real.size() - 1);
}

TEST(Referee, AWrongFieldIsOneMismatch)
{
	const auto real = workload(200, 1, 4);
	auto shadow = real;
	shadow[50].nr += 5;
	const KindTally sum = judge(real, shadow).total();
	EXPECT_EQ(sum.mismatch, 1u);
	EXPECT_EQ(sum.unmatched_real + sum.unmatched_shadow, 0u);
}

// Half of an argument that the witness could not read does not differ; the other half still does.
TEST(Referee, WhatCouldNotBeReadIsNotCompared)
{
	Step real = step(SMCG_KIND_REFILL, 63), shadow = real;
	real.arg = 5ull << 32 | 40;
	shadow.arg = 5ull << 32 | 39;
	EXPECT_EQ(judge({real}, {shadow}).total().mismatch, 1u);
	real.untold = 0xffffffff;
	EXPECT_EQ(judge({real}, {shadow}).total().agree, 1u);
	shadow.arg = 6ull << 32 | 40;
	EXPECT_EQ(judge({real}, {shadow}).total().mismatch, 1u);
}

TEST(Referee, AnExtraDecisionIsUnmatchedAndRealigned)
{
	const auto real = workload(300, 1, 5);
	auto shadow = real;
	shadow.insert(shadow.begin() + 77, step(SMCG_KIND_RECLAIM, 1));
	const Tally tally = judge(real, shadow);
	EXPECT_EQ(tally.kinds[SMCG_KIND_RECLAIM].unmatched_shadow, 1u);
	EXPECT_EQ(tally.total().agree, real.size());
	EXPECT_EQ(tally.total().mismatch, 0u);
}

TEST(Referee, AMissingDecisionIsUnmatchedAndRealigned)
{
	const auto real = workload(300, 1, 6);
	auto shadow = real;
	shadow.erase(shadow.begin() + 120);
	const KindTally sum = judge(real, shadow).total();
	EXPECT_EQ(sum.unmatched_real, 1u);
	EXPECT_EQ(sum.agree, real.size() - 1);
	EXPECT_EQ(sum.mismatch, 0u);
}

TEST(Referee, TheLastDecisionMissingIsSeen)
{
	const auto real = workload(40, 1, 7);
	auto shadow = real;
	shadow.pop_back();
	EXPECT_EQ(judge(real, shadow).total().unmatched_real, 1u);
}

TEST(Referee, AmbiguousIsCountedApartOnlyWhenItAgrees)
{
	const auto real = workload(100, 1, 8);
	auto shadow = real;
	shadow[10].flags = shadow[20].flags = SMCG_DEC_AMBIGUOUS;
	shadow[20].nr++;
	const KindTally sum = judge(real, shadow).total();
	EXPECT_EQ(sum.ambiguous, 1u);
	EXPECT_EQ(sum.mismatch, 1u);
	EXPECT_EQ(sum.agree, real.size() - 2);
}

TEST(Referee, UnsettledAndAfterGapAreNotJudged)
{
	const auto real = workload(100, 1, 9);
	auto shadow = real;
	shadow[10].flags = SMCG_DEC_UNSETTLED;
	shadow[20].flags = SMCG_DEC_AFTER_GAP;
	shadow[20].nr += 9;
	const Tally tally = judge(real, shadow);
	EXPECT_EQ(tally.total().unjudged, 2u);
	EXPECT_EQ(tally.total().agree, real.size() - 2);
	EXPECT_EQ(tally.total().mismatch, 0u);
}

TEST(Referee, FramesOpenAtTheBeginAreTheBoundarys)
{
	auto real = workload(50, 1, 10);
	const auto shadow = std::vector<Step>(real.begin() + 3, real.end());
	RefereeConfig config;
	config.begin_ns = real[3].time;
	// Its frame began before, whenever the step itself was.
	real[2].time = real[3].time;
	const Tally tally = judge(real, shadow, config);
	EXPECT_EQ(tally.before_real, 3u);
	EXPECT_EQ(tally.total().agree, real.size() - 3);
	EXPECT_EQ(tally.total().unmatched_real, 0u);
}

// A running group: the sides begin at different places among steps that look alike.
TEST(Referee, OldSequencesAreJudgedFromWhereTheyMeet)
{
	for (size_t missing = 0; missing < 40; missing++) {
		const auto all = workload(400, 1, 11);
		RefereeConfig config;
		config.begin_ns = all[0].time;
		config.begin_tolerance_ns = 1'000'000;
		std::vector<Step> late(all.begin() + static_cast<std::ptrdiff_t>(missing), all.end());
		for (const bool shadow_is_late : {true, false}) {
			const Tally tally = shadow_is_late ? judge(all, late, config) : judge(late, all, config);
			const KindTally sum = tally.total();
			EXPECT_EQ(sum.mismatch + sum.unmatched_real + sum.unmatched_shadow, 0u) << missing;
			EXPECT_GT(sum.agree, 200u) << missing;
			EXPECT_EQ(sum.agree + tally.boundary_real, shadow_is_late ? all.size() : late.size());
		}
	}
}

// All alike for a long time, in bursts; a task may be put aside between the moments that the two sides stamp.
TEST(Referee, StepsThatLookAlikeMeetByTheirTime)
{
	std::vector<Step> all;
	for (uint64_t i = 0; i < 600; i++) {
		Step each = step(i % 2 ? SMCG_KIND_REFILL : SMCG_KIND_UNCHARGE, 1);
		each.time = each.began = 1'000'000 + i * 4'000 + i / 6 * 300'000;
		all.push_back(each);
	}
	all.push_back(step(SMCG_KIND_OOM, 0));
	all.back().time = all.back().began = all[599].time + 1000;
	for (size_t missing = 0; missing < 40; missing++) {
		RefereeConfig config;
		config.begin_ns = all[0].time;
		config.begin_tolerance_ns = 100'000'000;
		std::vector<Step> late(all.begin() + static_cast<std::ptrdiff_t>(missing), all.end());
		for (size_t i = 0; i < late.size(); i += 7)
			late[i].time += i % 3 ? 40'000 : 9'000'000;
		for (const bool shadow_is_late : {true, false}) {
			const Tally tally = shadow_is_late ? judge(all, late, config) : judge(late, all, config);
			EXPECT_EQ(tally.total().unmatched_real + tally.total().unmatched_shadow, 0u) << missing;
			EXPECT_EQ(tally.boundary_real + tally.boundary_shadow, missing);
		}
	}
}

TEST(Referee, SequencesThatNowhereMeetAreNotExcused)
{
	const auto real = workload(3000, 1, 23);
	auto shadow = real;
	for (Step &each : shadow)
		each.group = 99;
	RefereeConfig config;
	config.begin_ns = real[0].time;
	config.begin_tolerance_ns = 1'000'000;
	EXPECT_GT(judge(real, shadow, config).total().mismatch, 1000u);
}

TEST(Referee, AfterTheMeetingEverythingCounts)
{
	const auto real = workload(400, 1, 21);
	auto shadow = real;
	shadow.erase(shadow.begin(), shadow.begin() + 5);
	shadow.insert(shadow.begin() + 300, step(SMCG_KIND_OOM, 0));
	RefereeConfig config;
	config.begin_ns = real[0].time;
	config.begin_tolerance_ns = 1'000'000;
	EXPECT_EQ(judge(real, shadow, config).kinds[SMCG_KIND_OOM].unmatched_shadow, 1u);
}

TEST(Referee, WhatIsBornAfterTheBeginIsJudgedFromItsFirstStep)
{
	const auto real = workload(50, 1, 22);
	const std::vector<Step> shadow(real.begin() + 1, real.end());
	RefereeConfig config;
	config.begin_ns = real[0].time - 100;
	config.begin_tolerance_ns = 50;
	EXPECT_EQ(judge(real, shadow, config).total().unmatched_real, 1u);
}

TEST(Referee, WhatComesAfterTheEndIsTheBoundarys)
{
	const auto real = workload(50, 1, 12);
	auto shadow = real;
	shadow.erase(shadow.end() - 2, shadow.end());
	const Tally tally = judge(real, shadow, {}, real[real.size() - 2].time);
	EXPECT_EQ(tally.boundary_real, 2u);
	EXPECT_EQ(tally.total().unmatched_real, 0u);
}

TEST(Referee, MemoryIsBoundedByWhatIsUnmatched)
{
	const auto steps = workload(20000, 8, 13);
	Referee referee(RefereeConfig{});
	size_t peak = 0;
	for (const Step &each : steps) {
		referee.real(each);
		referee.shadow(each);
		peak = std::max(peak, referee.waiting());
	}
	EXPECT_LE(peak, 1u);
}

TEST(Referee, ADifferenceIsKeptWithItsNeighbours)
{
	const auto real = workload(60, 1, 14);
	auto shadow = real;
	shadow[30].nr++;
	Referee referee(RefereeConfig{});
	for (const Step &each : real)
		referee.real(each);
	for (const Step &each : shadow)
		referee.shadow(each);
	referee.finish();
	ASSERT_EQ(referee.differences().size(), 1u);
	const Difference &difference = referee.differences().front();
	EXPECT_EQ(difference.real.nr + 1, difference.shadow.nr);
	ASSERT_EQ(difference.before.size(), 6u);
	EXPECT_EQ(difference.before.back().time, real[29].time);
	EXPECT_EQ(difference.real_after.front().time, real[31].time);
}

// Whatever is done to a stream, the referee must notice.
class Mutations : public testing::TestWithParam<uint32_t> {};

TEST_P(Mutations, NoneGoesUnnoticed)
{
	std::mt19937 random(GetParam());
	const auto real = workload(400, 3, GetParam() + 100);
	auto shadow = real;
	switch (GetParam() % 5) {
	case 0:
		shadow[random() % shadow.size()].group++;
		break;
	case 1:
		shadow.erase(shadow.begin() + random() % static_cast<long>(shadow.size()));
		break;
	case 2:
		shadow.insert(shadow.begin() + random() % static_cast<long>(shadow.size()),
			      step(SMCG_KIND_FORCED, 1, 2));
		break;
	case 3: // a block of one task moved: order matters
		std::ranges::shuffle(shadow, random);
		break;
	case 4:
		for (Step &each : shadow)
			each.tid = each.tid % 3 + 1;
		break;
	}
	const KindTally sum = judge(real, shadow).total();
	EXPECT_GT(sum.mismatch + sum.unmatched_real + sum.unmatched_shadow, 0u);
	EXPECT_EQ(sum.agree + sum.ambiguous + sum.mismatch + sum.unmatched_real, real.size());
	EXPECT_EQ(sum.agree + sum.ambiguous + sum.mismatch + sum.unmatched_shadow, shadow.size());
}

INSTANTIATE_TEST_SUITE_P(Seeds, Mutations, testing::Range(0u, 50u));

} // namespace
} // namespace smcg
