// SPDX-License-Identifier: GPL-2.0
#include "agreement.h"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace test {

using model::Machine;
using model::Step;

namespace {

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
		       std::to_string(e.a) + " " + std::to_string(e.b) + " " + std::to_string(e.c) + (e.locks ? " locks " + std::to_string(e.locks) : "");
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

// What one task did at one level, up to the first difference.
void compare_task(const Machine &machine, const Machine::Key &key, const std::vector<Step> &real,
		  const std::vector<smcg_decision> &mine, Verdict &v)
{
	for (std::size_t i = 0; i < std::max(real.size(), mine.size()); i++) {
		bool both = i < real.size() && i < mine.size();
		bool ambiguous = i < mine.size() && mine[i].flags & SMCG_DEC_AMBIGUOUS;

		v.steps++;
		v.ambiguous += ambiguous;
		if (both && (real[i] == step_of(mine[i]) || (ambiguous && real[i].group == mine[i].group)))
			continue;
		std::string what = "tid " + std::to_string(key.first & 0x7fffffff) + " ctx " +
				   std::to_string(key.second) + " step " + std::to_string(i);
		what += "\n real   " + (i < real.size() ? text(real[i]) : "-") + "\n shadow ";
		what += i < mine.size() ? text(step_of(mine[i])) + " flags " + std::to_string(mine[i].flags) : "-";
		if (getenv("SMCG_EVENTS") && both)
			what += events_before(machine, real[i].at) + neighbours(real, mine, i);
		v.mismatches.push_back(what);
		return;
	}
}

// Kernel memory has a counter of its own on the legacy hierarchy, which has what is below a group in it.
void compare_kmem(const Machine &machine, unsigned css, const smcg_group_snapshot &mine, Verdict &v)
{
	long real = 0;
	for (unsigned other = model::A; other < model::NR_CSS; other++)
		for (const model::Group *g = &machine.group(other); g; g = g->parent)
			real += g->css == css ? machine.group(other).kmem : 0;
	if (static_cast<long>(mine.counter[SMCG_WHICH_KMEM].usage) != real)
		v.mismatches.push_back("group " + std::to_string(css) + ": kmem " +
				       std::to_string(mine.counter[SMCG_WHICH_KMEM].usage) + " real " +
				       std::to_string(real));
}

void compare_group(const model::Group &real, const smcg_group_snapshot &mine, Verdict &v)
{
	const auto &memsw = mine.counter[SMCG_WHICH_MEMSW];
	const std::uint64_t swap = mine.legacy ? memsw.usage : mine.swap;
	bool good = static_cast<long>(mine.memory) == real.usage && static_cast<long>(swap) == real.swap &&
		    !mine.memory_adopted && !mine.swap_adopted && !memsw.adopted;

	if (real.flags & SMCG_GROUP_WATCHED)
		good &= mine.ev_high == real.ev_high && mine.ev_swap_max == real.ev_swap_max &&
			mine.ev_swap_high + mine.ev_swap_high_doubts >= real.ev_swap_high &&
			mine.ev_swap_high <= real.ev_swap_high + mine.ev_swap_high_doubts;
	if (!good)
		v.mismatches.push_back("group " + std::to_string(real.css) + ": usage " + std::to_string(mine.memory) +
				       " real " + std::to_string(real.usage) + " swap " + std::to_string(swap) +
				       " real " + std::to_string(real.swap) + " adopted " +
				       std::to_string(mine.memory_adopted));
}

}  // namespace

Verdict compare(const model::Options &options)
{
	Machine machine(options);
	World world(World::Setup{.cpus = options.cpus, .profile = options.profile, .legacy = options.legacy});
	std::map<Machine::Key, std::vector<smcg_decision>> shadow;
	Verdict v;

	machine.run();
	for (const smcg_event &e : machine.events())
		for (const smcg_decision &d : world.apply(e))
			shadow[Machine::key(d.tid, d.ctx, d.cpu)].push_back(d);
	v.stats = world.stats();
	for (const auto &[key, real] : machine.steps())
		compare_task(machine, key, real, shadow[key], v);
	for (unsigned css = model::A; css < machine.nr_css(); css++)
		if (machine.group(css).flags & (SMCG_GROUP_WATCHED | SMCG_GROUP_COUNTED))
			compare_group(machine.group(css), world.group(css), v);
	for (unsigned css = model::A; options.legacy && css < model::NR_CSS; css++)
		if (machine.group(css).flags & SMCG_GROUP_WATCHED)
			compare_kmem(machine, css, world.group(css), v);
	return v;
}

}  // namespace test
