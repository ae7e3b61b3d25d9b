// SPDX-License-Identifier: GPL-2.0
// kernel_model_counter.cpp - counters, every level a step; swap and migration, which need nothing else.
#include "kernel_model.h"

#include <cassert>

namespace model {

void Machine::read_levels(smcg_event &e, const Group *g, bool swap) const
{
	std::uint64_t read[3] = {};

	for (unsigned i = 0; i < 3 && g && g->parent; i++, g = g->parent)
		read[i] = static_cast<std::uint64_t>(swap ? g->swap : g->usage) + 1;
	e.gfp = static_cast<__u32>(read[0]);
	e.c = read[1] | read[2] << 32;
}

Call<int> Machine::counter_add(Group *g, long nr, bool swap)
{
	current->adding = slots() && tracked(g) ? g : nullptr;
	current->adding_swap = swap;
	for (; g && g->parent; g = g->parent) {
		co_await step();
		(swap ? g->swap : g->usage) += nr;
		assert(g->usage >= 0 && g->swap >= 0);
	}
	current->adding = nullptr;
	co_return 0;
}

// What memory was charged or uncharged, memory+swap is, too.
Call<int> Machine::memsw_follows(Group *g, long nr, unsigned caller)
{
	if (!options_.legacy)
		co_return 0;
	co_await step();
	if (tracked(g))
		event(nr < 0 ? SMCG_EV_COUNTER_UNCHARGE : SMCG_EV_COUNTER_CHARGE, g->css,
		      static_cast<unsigned>(nr < 0 ? -nr : nr), caller, SMCG_WHICH_MEMSW);
	co_return co_await counter_add(g, nr, true);
}

Call<int> Machine::counter_try(Group *g, unsigned nr, bool swap, Group **over)
{
	*over = nullptr;
	current->trying = tracked(g) ? g : nullptr;
	current->trying_swap = swap;
	current->refused = false;
	for (Group *c = g; c->parent; c = c->parent) {
		co_await step();
		long &usage = swap ? c->swap : c->usage;
		usage += nr;
		long seen = usage;
		co_await step();
		if (static_cast<std::uint64_t>(seen) <= (swap ? c->swap_max : c->max))
			continue;
		(swap ? c->swap : c->usage) -= nr;
		current->refused = true;
		for (Group *undo = g; undo != c; undo = undo->parent) {
			co_await step();
			(swap ? undo->swap : undo->usage) -= nr;
		}
		*over = c;
		break;
	}
	co_await step();
	current->trying = nullptr;
	co_return !*over;
}

// With interrupts off: pages of the group came, or went. A full count looks at the thresholds, from the group upwards.
void Machine::page_events(Group *g, unsigned nr)
{
	PageEvents &here = g->page_events[current->cpu];

	if (!options_.legacy)
		return;
	here.nr += nr;
	if (here.nr <= here.thresholds)
		return;
	here.thresholds = here.nr + 128;
	bool soft = here.nr > here.soft_limit;
	if (soft)
		here.soft_limit = here.nr + 1024;
	if (watched(g))
		step_seen(SMCG_KIND_EVENT_TARGET, g, 0, 0, nullptr, soft);
	for (; g; g = g->parent) {
		if (!watched(g))
			continue;
		const std::uint64_t counted = g->page_events[current->cpu].nr + 1;
		event(SMCG_EV_THRESHOLD, g->css, 0, 0, static_cast<std::uint64_t>(g->usage) + 1, SMCG_WHICH_MEMORY, counted);
		event(SMCG_EV_THRESHOLD, g->css, 0, 0, static_cast<std::uint64_t>(g->swap) + 1, SMCG_WHICH_MEMSW, counted);
	}
}

// With interrupts off, as its caller has them.
Call<int> Machine::swap_out_legacy(Group *g, unsigned nr)
{
	Cpu &cpu = cpus_[current->cpu];

	if (g->folios < static_cast<long>(nr))
		co_return 0;
	g->folios -= nr;
	g->swapped += nr;
	cpu.irq_off = true;
	event(SMCG_EV_SWAPOUT, g->css, nr, SMCG_BY_SWAPOUT, 77);
	if (watched(g))
		step_seen(SMCG_KIND_SWAPOUT, g, nr);
	co_await step();
	event(SMCG_EV_COUNTER_UNCHARGE, g->css, nr, SMCG_BY_SWAPOUT);
	co_await counter_add(g, -static_cast<long>(nr), false);
	page_events(g, nr);
	cpu.irq_off = false;
	co_return 0;
}

Call<int> Machine::swap_out(Group *g, unsigned nr)
{
	Group *over;

	if (options_.legacy)
		co_return co_await swap_out_legacy(g, nr);
	bool no_slot = percent(10);

	event(SMCG_EV_SWAP_CHARGE, g->css, nr, SMCG_BY_SWAP, 77, no_slot);
	co_await step();
	if (no_slot) {
		count(g, &Group::ev_swap_fail);
		co_return 0;
	}
	read_levels(event(SMCG_EV_TRY_ENTER, g->css, nr, SMCG_BY_SWAP, read_mutex()), g, true);
	bool ok = co_await counter_try(g, nr, true, &over);
	co_await step();
	read_levels(event(SMCG_EV_TRY_RET, g->css, nr, SMCG_BY_SWAP, ok, over ? over->css : 0), g, true);
	if (watched(g))
		step_seen(SMCG_KIND_SWAP_CHARGE, g, nr, ok ? 0 : -ENOMEM, over);
	if (ok) {
		g->swapped += nr;
	} else {
		count(g, &Group::ev_swap_max);
		count(g, &Group::ev_swap_fail);
	}
	co_return ok ? 0 : -ENOMEM;
}

Call<int> Machine::swap_free(Group *g, unsigned nr)
{
	g->swapped -= nr;
	event(SMCG_EV_SWAP_UNCHARGE, 0, nr, SMCG_BY_SWAP).c = current->over_high + 1;
	co_await step();
	event(SMCG_EV_COUNTER_UNCHARGE, g->css, nr, SMCG_BY_SWAP, options_.legacy ? SMCG_WHICH_MEMSW : 0);
	if (watched(g))
		step_seen(SMCG_KIND_SWAP_UNCHARGE, g, nr);
	co_await counter_add(g, -static_cast<long>(nr), true);
	co_return 0;
}

Call<int> Machine::migrate(Group *g, unsigned nr)
{
	bool replaces = percent(30);

	event(SMCG_EV_MIGRATE, g->css, nr, replaces ? SMCG_BY_OTHER : SMCG_BY_MIGRATE, 5, 6);
	if (options_.profile >= SMCG_PROFILE_6_12 && !replaces) {
		if (watched(g))
			step_seen(SMCG_KIND_MIGRATE, g, nr, 0, nullptr, 1);
		co_return 0;
	}
	co_await step();
	event(SMCG_EV_COUNTER_CHARGE, g->css, nr, SMCG_BY_MIGRATE);
	if (watched(g))
		step_seen(SMCG_KIND_MIGRATE, g, nr);
	co_await counter_add(g, nr, false);
	co_await memsw_follows(g, nr, SMCG_BY_MIGRATE);
	co_await step();
	page_events(g, nr);
	g->folios += nr;
	co_return 0;
}

}  // namespace model
