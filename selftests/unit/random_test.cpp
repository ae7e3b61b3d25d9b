// SPDX-License-Identifier: GPL-2.0
//
// The engine against the kernel model on random workloads: the same steps in
// the same order per (tid, level), nothing adopted, no drift.  An ambiguous
// decision agrees when a legal order yields it.
#include <gtest/gtest.h>

#include <string>

#include "kernel_model.h"
#include "world.h"

namespace {

using model::Machine;
using model::Step;

std::string text(const Step &s)
{
	return "kind " + std::to_string(s.kind) + " group " + std::to_string(s.group) + " nr " +
	       std::to_string(s.nr) + " result " + std::to_string(s.result) + " over " +
	       std::to_string(s.over) + " arg " + std::to_string(s.arg >> 32) + ":" +
	       std::to_string(s.arg & 0xffffffff) + " at " + std::to_string(s.at);
}

Step step_of(const smcg_decision &d)
{
	return {d.kind, d.group, d.nr, d.result, d.over, d.arg, d.event};
}

// What led to a step, for reading a failure.
std::string events_before(const Machine &m, std::uint64_t at)
{
	std::string all;
	if (atoi(getenv("SMCG_EVENTS")) > 1)
		at = static_cast<std::uint64_t>(atoi(getenv("SMCG_EVENTS")));
	std::size_t first = at > 40 ? at - 40 : 0;
	for (std::size_t i = first; i < std::min<std::size_t>(at + 4, m.events().size()); i++) {
		const smcg_event &e = m.events()[i];
		all += "\n  " + std::to_string(i + 1) + " cpu " + std::to_string(e.cpu) + " ctx " +
		       std::to_string(e.ctx) + " tid " + std::to_string(e.tid) + " type " +
		       std::to_string(e.type) + " css " + std::to_string(e.group) + " nr " +
		       std::to_string(e.nr) + " by " + std::to_string(e.caller) + " " +
		       std::to_string(e.a) + " " + std::to_string(e.b) + " " + std::to_string(e.c);
	}
	return all;
}

std::string neighbours(const std::vector<Step> &real, const std::vector<smcg_decision> &mine,
		       std::size_t i)
{
	std::string all;
	for (std::size_t k = i > 4 ? i - 4 : 0; k < i + 4; k++) {
		if (k < real.size())
			all += "\n  real   " + std::to_string(k) + " " + text(real[k]);
		if (k < mine.size())
			all += "\n  shadow " + std::to_string(k) + " " + text(step_of(mine[k])) +
			       " flags " + std::to_string(mine[k].flags);
	}
	return all;
}

struct Verdict {
	unsigned long steps = 0, ambiguous = 0, mismatches = 0;
	struct smcg_world_stats stats{};
};

// Feeds the machine's events; compares at the end.  @complain: as test failures.
Verdict compare(const model::Options &options, bool complain)
{
	Machine machine(options);
	test::World world(test::World::Setup{.cpus = options.cpus, .profile = options.profile});
	std::map<Machine::Key, std::vector<smcg_decision>> shadow;
	Verdict v;

	machine.run();
	for (const smcg_event &e : machine.events())
		for (const smcg_decision &d : world.apply(e))
			shadow[Machine::key(d.tid, d.ctx, d.cpu)].push_back(d);
	v.stats = world.stats();
	for (const auto &[key, real] : machine.steps()) {
		const auto &mine = shadow[key];
		std::size_t n = std::max(real.size(), mine.size());
		for (std::size_t i = 0; i < n; i++) {
			v.steps++;
			bool both = i < real.size() && i < mine.size();
			bool ambiguous = i < mine.size() && mine[i].flags & SMCG_DEC_AMBIGUOUS;
			v.ambiguous += ambiguous;
			if (both && (real[i] == step_of(mine[i]) ||
				     (ambiguous && real[i].group == mine[i].group)))
				continue;
			v.mismatches++;
			if (complain)
				ADD_FAILURE() << "seed " << options.seed << " tid " << (key.first & 0x7fffffff)
					      << " ctx " << key.second << " step " << i << "\n real   "
					      << (i < real.size() ? text(real[i]) : "-") << "\n shadow "
					      << (i < mine.size() ? text(step_of(mine[i])) + " flags " +
								     std::to_string(mine[i].flags)
								   : "-")
					      << (getenv("SMCG_EVENTS") && both ?
							  events_before(machine, real[i].at) +
								  neighbours(real, mine, i) : "");
			break;
		}
	}
	for (unsigned css = model::A; css < model::NR_CSS; css++) {
		const model::Group &real = machine.group(css);
		if (!(real.flags & (SMCG_GROUP_WATCHED | SMCG_GROUP_COUNTED)))
			continue;
		smcg_group_snapshot mine = world.group(css);
		bool good = static_cast<long>(mine.memory) == real.usage &&
			    static_cast<long>(mine.swap) == real.swap && !mine.memory_adopted &&
			    !mine.swap_adopted;
		if (real.flags & SMCG_GROUP_WATCHED)
			good &= mine.ev_high == real.ev_high && mine.ev_swap_max == real.ev_swap_max;
		v.mismatches += !good;
		if (!good && complain)
			ADD_FAILURE() << "seed " << options.seed << " group " << css << ": usage "
				      << mine.memory << " real " << real.usage << " swap " << mine.swap
				      << " real " << real.swap << " adopted " << mine.memory_adopted;
	}
	return v;
}

void expect_equal(const model::Options &options, double most_ambiguous)
{
	Verdict v = compare(options, true);

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
	o.operations = 4000;
	o.profile = SMCG_PROFILE_6_12;
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
