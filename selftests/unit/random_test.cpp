// SPDX-License-Identifier: GPL-2.0
//
// The engine against the kernel model on random workloads: the same steps in
// the same order per (tid, level), nothing adopted, no drift.  An ambiguous
// decision agrees when a legal order yields it.
#include <gtest/gtest.h>

#include "agreement.h"

namespace {

void expect_equal(const model::Options &options, double most_ambiguous)
{
	test::Verdict v = test::compare(options);

	for (const std::string &what : v.mismatches)
		ADD_FAILURE() << "seed " << options.seed << " " << what;
	EXPECT_GT(v.steps, 0u);
	EXPECT_EQ(v.stats.adopted, 0u);
	EXPECT_EQ(v.stats.unexplained, 0u);
	EXPECT_EQ(v.stats.errors, 0u);
	EXPECT_EQ(v.stats.settled, 1u);
	EXPECT_EQ(v.stats.tasks_open, 0u);
	EXPECT_LE(static_cast<double>(v.ambiguous), most_ambiguous * static_cast<double>(v.steps))
		<< v.ambiguous << " of " << v.steps;
	if (getenv("SMCG_RATE"))
		printf("%lu of %lu ambiguous\n", v.ambiguous, v.steps);
	testing::Test::RecordProperty("steps", static_cast<int>(v.steps));
	testing::Test::RecordProperty("ambiguous", static_cast<int>(v.ambiguous));
}

class Random : public testing::TestWithParam<int> {
      protected:
	model::Options options()
	{
		model::Options o;
		o.seed = static_cast<std::uint64_t>(GetParam());
		return o;
	}
};

TEST_P(Random, OneCpuWithoutInterruptsIsExact)
{
	auto o = options();
	o.cpus = 1;
	o.irq_percent = 0;
	o.foreign = false;
	o.kmem = false;
	expect_equal(o, 0);
}

TEST_P(Random, OneCpuKernelMemoryIsExact)
{
	auto o = options();
	o.cpus = 1;
	o.irq_percent = 0;
	o.foreign = false;
	expect_equal(o, 0);
}

TEST_P(Random, OneCpuWithForeignGroups)
{
	auto o = options();
	o.cpus = 1;
	o.irq_percent = 0;
	expect_equal(o, 0.05);
}

TEST_P(Random, OneCpuWithInterrupts)
{
	auto o = options();
	o.cpus = 1;
	expect_equal(o, 0.5);
}

// Longer than the queue of a CPU: what they interrupt is open all the while.
TEST_P(Random, LongInterrupts)
{
	auto o = options();
	o.cpus = 1;
	o.irq_percent = 1;
	o.irq_burst = 200;
	o.foreign = false;
	expect_equal(o, 0.02);
}

TEST_P(Random, LongInterruptsWithForeignGroups)
{
	auto o = options();
	o.cpus = 1;
	o.irq_percent = 1;
	o.irq_burst = 200;
	expect_equal(o, 0.02);
}

TEST_P(Random, LongInterruptsOnTwoCpus)
{
	auto o = options();
	o.irq_percent = 1;
	o.irq_burst = 200;
	o.foreign = false;
	expect_equal(o, 0.06);
}

TEST_P(Random, LongInterruptsOnFourCpus)
{
	auto o = options();
	o.cpus = 4;
	o.irq_percent = 1;
	o.irq_burst = 200;
	o.high_w1 = 150;
	o.swap_high_w = 6;
	expect_equal(o, 0.15);
}

TEST_P(Random, TwoCpusInterleaved)
{
	auto o = options();
	o.irq_percent = 0;
	o.foreign = false;
	expect_equal(o, 0.5);
}

TEST_P(Random, TasksMove)
{
	auto o = options();
	o.irq_percent = 0;
	o.move_percent = 30;
	expect_equal(o, 0.5);
}

TEST_P(Random, LimitsMove)
{
	auto o = options();
	o.irq_percent = 1;
	o.limits_move = true;
	expect_equal(o, 0.5);
}

TEST_P(Random, EverythingAtOnce)
{
	auto o = options();
	o.cpus = 4;
	o.high_w1 = 150;
	o.swap_high_w = 6;
	o.operations = 4000;
	expect_equal(o, 0.6);
}

TEST_P(Random, OneCpu612IsExact)
{
	auto o = options();
	o.cpus = 1;
	o.irq_percent = 0;
	o.foreign = false;
	o.profile = SMCG_PROFILE_6_12;
	expect_equal(o, 0);
}

TEST_P(Random, EverythingAtOnce612)
{
	auto o = options();
	o.cpus = 4;
	o.high_w1 = 150;
	o.swap_high_w = 6;
	o.operations = 4000;
	o.profile = SMCG_PROFILE_6_12;
	expect_equal(o, 0.6);
}

TEST_P(Random, OneCpu72IsExact)
{
	auto o = options();
	o.cpus = 1;
	o.irq_percent = 0;
	o.foreign = false;
	o.profile = SMCG_PROFILE_7_2;
	expect_equal(o, 0);
}

TEST_P(Random, OneCpuWithForeignGroups72)
{
	auto o = options();
	o.cpus = 1;
	o.irq_percent = 0;
	o.profile = SMCG_PROFILE_7_2;
	expect_equal(o, 0.05);
}

TEST_P(Random, TwoCpusInterleaved72)
{
	auto o = options();
	o.irq_percent = 0;
	o.profile = SMCG_PROFILE_7_2;
	expect_equal(o, 0.5);
}

// Interrupts that hit the locked section of a stock, too. Beside groups that are not mirrored some of
// their orders leave a slot to another group, and nothing tells which was real.
TEST_P(Random, OneCpuWithInterrupts72)
{
	auto o = options();
	o.cpus = 1;
	o.foreign = false;
	o.profile = SMCG_PROFILE_7_2;
	expect_equal(o, 0.5);
}

TEST_P(Random, LongInterruptsOnTwoCpus72)
{
	auto o = options();
	o.irq_percent = 1;
	o.irq_burst = 200;
	o.foreign = false;
	o.profile = SMCG_PROFILE_7_2;
	expect_equal(o, 0.06);
}

// Fewer interrupts than beside 6.1: with as many, 3 of 12 seeds differ (which slot a refill took is sometimes told by nothing).
TEST_P(Random, EverythingAtOnce72)
{
	auto o = options();
	o.cpus = 4;
	o.high_w1 = 150;
	o.operations = 4000;
	o.irq_percent = 1;
	o.foreign = false;
	o.profile = SMCG_PROFILE_7_2;
	expect_equal(o, 0.6);
}

// Tasks that lose their CPU inside the kernel to others, in the windows of their operations, too.
TEST_P(Random, OneCpuPreempted72)
{
	auto o = options();
	o.cpus = 1;
	o.irq_percent = 0;
	o.preempt_percent = 3;
	o.profile = SMCG_PROFILE_7_2;
	expect_equal(o, 0.5);
}

TEST_P(Random, OneCpuPreemptedWithInterrupts72)
{
	auto o = options();
	o.cpus = 1;
	o.foreign = false;
	o.irq_percent = 2;
	o.preempt_percent = 3;
	o.profile = SMCG_PROFILE_7_2;
	expect_equal(o, 0.5);
}

TEST_P(Random, TwoCpusPreemptedAndMoved72)
{
	auto o = options();
	o.irq_percent = 0;
	o.preempt_percent = 3;
	o.move_percent = 30;
	o.profile = SMCG_PROFILE_7_2;
	expect_equal(o, 0.5);
}

// The legacy hierarchy, with a limit of memory+swap that is reached, too.
TEST_P(Random, OneCpuLegacyIsExact)
{
	auto o = options();
	o.cpus = 1;
	o.irq_percent = 0;
	o.foreign = false;
	o.legacy = true;
	o.swap_max = 270;
	expect_equal(o, 0);
}

TEST_P(Random, OneCpuLegacyWithInterrupts)
{
	auto o = options();
	o.cpus = 1;
	o.foreign = false;
	o.legacy = true;
	o.swap_max = 270;
	o.limits_move = true;
	expect_equal(o, 0.5);
}

TEST_P(Random, EverythingAtOnceLegacy)
{
	auto o = options();
	o.cpus = 4;
	o.legacy = true;
	o.swap_max = 270;
	o.operations = 4000;
	expect_equal(o, 0.6);
}

// SMCG_SEEDS=N runs N seeds instead of a dozen.
int seeds()
{
	const char *n = getenv("SMCG_SEEDS");
	return n ? atoi(n) : 12;
}

INSTANTIATE_TEST_SUITE_P(Seeds, Random, testing::Range(1, seeds() + 1));

}  // namespace
