// SPDX-License-Identifier: GPL-2.0
// kernel_model_charge.cpp - the charge path: try, reclaim, drain, OOM; and its way back.
#include "kernel_model.h"

#include <algorithm>

namespace model {

Call<int> Machine::reclaim(Group *g, unsigned nr)
{
	bool before = current->memalloc;
	unsigned got = 0;

	current->memalloc = true;
	co_await step();
	for (unsigned round = rnd(4); round; round--) {
		unsigned css = A + rnd(nr_css() - A);
		Group *victim = &groups_[css];
		if (below(victim, g) && victim->folios > 0) {
			unsigned n = 1 + rnd(static_cast<unsigned>(
						std::min<long>(victim->folios, nr + 32)));
			got += n;
			co_await uncharge(victim, n);
			if (percent(20) && tracked(victim) && (!options_.legacy || victim->folios > 0))
				co_await swap_out(victim, 1);
		}
		if (percent(10)) {
			Group *mine = percent(50) ? g : &groups_[W1];
			if (watched(mine)) {
				if (!co_await try_charge(mine, SMCG_GFP_BLOCKING, 1, SMCG_BY_KMEM_PAGE)) {
					kmem_charged(mine, 1);
					mine->kpages++;
				}
			}
		}
		if (percent(30)) {
			current->sleeping = true;
			co_await step();
		}
	}
	current->memalloc = before;
	co_await step();
	co_return percent(30) ? 0 : static_cast<int>(got);
}

void Machine::reclaim_returns(const Group *g, int reclaimed)
{
	smcg_event &e = event(SMCG_EV_RECLAIM_RET, g->css, read_memsw(g), 0, static_cast<unsigned>(reclaimed),
			      read_mutex());
	read_levels(e, g, false);
}

// Memory+swap first, and given back if memory fails.
Call<int> Machine::try_both(Group *g, unsigned nr, unsigned wanted, Group **over, bool *no_swap)
{
	bool mine = watched(g), ok = true;

	if (options_.legacy) {
		if (tracked(g))
			read_levels(event(SMCG_EV_TRY_ENTER, g->css, nr, SMCG_BY_CHARGE, read_mutex(),
					  SMCG_WHICH_MEMSW), g, true);
		ok = co_await counter_try(g, nr, true, over);
		co_await step();
		if (tracked(g))
			read_levels(event(SMCG_EV_TRY_RET, g->css, nr, SMCG_BY_CHARGE, ok,
					  *over ? (*over)->css : 0), g, true);
		if (mine)
			step_seen(SMCG_KIND_MEMSW_CHARGE, g, nr, ok ? 0 : -ENOMEM, *over);
		co_await step();
		*no_swap |= !ok;
		if (!ok)
			co_return 0;
	}
	if (tracked(g))
		read_levels(event(SMCG_EV_TRY_ENTER, g->css, nr, SMCG_BY_CHARGE, read_mutex()), g, false);
	ok = co_await counter_try(g, nr, false, over);
	co_await step();
	if (tracked(g))
		read_levels(event(SMCG_EV_TRY_RET, g->css, nr, SMCG_BY_CHARGE, ok, *over ? (*over)->css : 0), g,
			    false);
	if (mine)
		step_seen(nr > wanted ? SMCG_KIND_BATCH_CHARGE : SMCG_KIND_EXACT_CHARGE, g, nr, ok ? 0 : -ENOMEM,
			  *over);
	if (!ok && options_.legacy) {
		co_await step();
		if (tracked(g))
			event(SMCG_EV_COUNTER_UNCHARGE, g->css, nr, SMCG_BY_CHARGE, SMCG_WHICH_MEMSW);
		co_await counter_add(g, -static_cast<long>(nr), true);
		if (tracked(g))
			event(SMCG_EV_COUNTER_RET);
	}
	co_return ok;
}

bool Machine::has_room(const Group *over, unsigned nr) const
{
	return static_cast<std::uint64_t>(over->usage) + nr <= over->max &&
	       (!options_.legacy || static_cast<std::uint64_t>(over->swap) + nr <= over->swap_max);
}

void Machine::kmem_charged(Group *g, unsigned nr)
{
	if (!options_.legacy)
		return;
	g->kmem += nr;
	if (watched(g))
		step_seen(SMCG_KIND_KMEM_CHARGE, g, nr);
}

// Legacy: who has the lock of a subtree that is out of memory tells those that listen. Return: it is this one.
bool Machine::oom_trylock(Group *over)
{
	if (!options_.legacy)
		return false;
	for (const Group *other : oom_locked_)
		if (below(over, other) || below(other, over))
			return false;
	oom_locked_.push_back(over);
	if (tracked(over))
		event(SMCG_EV_OOM_NOTIFY, over->css);
	if (watched(over))
		step_seen(SMCG_KIND_OOM_NOTIFY, over, 0);
	return true;
}

Call<int> Machine::try_charge(Group *g, unsigned gfp, unsigned nr, unsigned caller)
{
	const int err = co_await charge_pages(g, gfp, nr, caller);

	if (tracked(g) && nr > kBatch)
		event(SMCG_EV_CHARGE_RET, g->css, 0, 0, current->over_high + 1);
	co_return err;
}

Call<int> Machine::charge_pages(Group *g, unsigned gfp, unsigned nr, unsigned caller)
{
	bool exact = slots() && gfp & SMCG_GFP_NOSPIN;
	unsigned batch = exact ? nr : std::max(kBatch, nr);
	int retries = kRetries, reclaimed = 0;
	bool passed_oom = false, drained = false, raised = false, no_swap = false;
	Group *over = nullptr;
	bool mine = watched(g), ok, progress, locked = false;
	unsigned order = 0;

	current->committed = false;
	if (tracked(g)) {
		smcg_event &e = event(SMCG_EV_CHARGE, g->css, nr, caller, SMCG_NO_PFN);
		e.gfp = gfp;
		e.task &= SMCG_TASK_MEMALLOC | SMCG_TASK_KTHREAD;
		if (current->ctx == SMCG_CTX_TASK)
			e.c = current->over_high + 1;
		else
			e.c = slots() ? pages_here(g) + 1 : 0;
	}
	for (;;) {
		co_await step();
		if (slots()) {
			if (co_await consume_slots(g, nr)) {
				if (mine)
					step_seen(SMCG_KIND_STOCK_HIT, g, nr);
				co_return 0;
			}
		} else if (nr <= kBatch) {
			Stock &s = stocks_[current->cpu];
			if (s.cached == g && s.nr >= nr) {
				s.nr -= nr;
				if (mine)
					step_seen(SMCG_KIND_STOCK_HIT, g, nr);
				co_return 0;
			}
		}
		co_await step();
		ok = co_await try_both(g, batch, nr, &over, &no_swap);
		if (ok)
			break;
		if (batch > nr) {
			batch = nr;
			continue;
		}
		co_await step();
		if (current->memalloc)
			goto force;
		if (current->in_oom || !(gfp & SMCG_GFP_BLOCKING))
			goto nomem;
		if (current->reaped && options_.profile >= SMCG_PROFILE_6_12)
			goto nomem;
		raised = true;
		count(over, &Group::ev_max);
		if (mine)
			step_seen(SMCG_KIND_MAX_EVENT, over, 0);
		event(SMCG_EV_RECLAIM, over->css, nr, SMCG_BY_CHARGE);
		if (mine)
			step_seen(SMCG_KIND_RECLAIM, over, nr, 0, nullptr, no_swap);
		reclaimed = co_await reclaim(over, nr);
		reclaim_returns(g, reclaimed);
		co_await step();
		if (percent(80)) {	// it is missing where the task was switched out
			read_levels(event(SMCG_EV_MARGIN, over->css, read_memsw(over), 0, 0, read_mutex()), over,
				    false);
			co_await step();
		}
		if (has_room(over, nr))
			continue;
		if (!drained) {
			std::uint64_t mask;
			if (percent(80))
				read_levels(event(SMCG_EV_DRAIN_TRY, over->css, read_memsw(over), 0, 0, read_mutex()), over,
					    false);
			if (co_await drain_all(over, SMCG_BY_CHARGE, &mask)) {
				smcg_event &ret = event(SMCG_EV_DRAIN_ALL_RET, over->css, 0, 0,
							would_flush(over), 0, 1);
				if (slots())
					would_flush_slots(ret, over);
				if (mine)
					step_seen(SMCG_KIND_DRAIN, over, 0, 0, nullptr, mask);
			}
			drained = true;
			continue;
		}
		if (gfp & SMCG_GFP_NORETRY)
			goto nomem;
		if (reclaimed && nr <= 8)
			continue;
		if (retries--)
			continue;
		if (gfp & SMCG_GFP_RETRY_MAYFAIL)
			goto nomem;
		if (passed_oom && current->dying)
			goto nomem;
		if (nr > 8)
			goto nomem;
		order = 0;
		while (1u << order < nr)
			order++;
		count(over, &Group::ev_oom);
		locked = oom_trylock(over);
		co_await step();
		event(SMCG_EV_OOM, over->css, order, SMCG_BY_CHARGE);
		if (mine)
			step_seen(SMCG_KIND_OOM, over, order);
		co_await step();
		progress = percent(70);
		if (progress && percent(50))
			current->dying = true;
		for (Group &victim : groups_)
			if (progress && below(&victim, over) && victim.folios > 4 && percent(60))
				co_await uncharge(&victim, static_cast<unsigned>(victim.folios / 2));
		event(SMCG_EV_OOM_RET, 0, 0, 0, progress);
		co_await step();
		if (locked)
			std::erase(oom_locked_, over);
		if (progress) {
			passed_oom = true;
			retries = kRetries;
			continue;
		}
	nomem:
		co_await step();
		if (!(gfp & (SMCG_GFP_NOFAIL | SMCG_GFP_HIGH))) {
			if (mine)
				step_seen(SMCG_KIND_NOMEM, g, nr, -ENOMEM);
			co_return -ENOMEM;
		}
	force:
		if (!raised) {
			count(over, &Group::ev_max);
			if (mine)
				step_seen(SMCG_KIND_MAX_EVENT, over, 0);
		}
		if (tracked(g))
			event(SMCG_EV_COUNTER_CHARGE, g->css, nr, SMCG_BY_CHARGE);
		if (mine)
			step_seen(SMCG_KIND_FORCED, g, nr);
		co_await counter_add(g, nr, false);
		co_await memsw_follows(g, nr, SMCG_BY_CHARGE);
		co_return 0;
	}
	co_await step();
	if (batch > nr)
		co_await refill(g, batch - nr, SMCG_BY_CHARGE);
	if (batch > nr && tracked(g) && (slots() || bounded(g)))
		read_levels(event(SMCG_EV_REFILL_RET, g->css, 0, 0, current->over_high + 1), g, false);
	if (mine)
		co_await look_at_high(g, gfp, batch);
	co_return 0;
}

Call<int> Machine::uncharge(Group *g, unsigned nr)
{
	g->folios -= nr;
	co_await step();
	if (tracked(g))
		event(SMCG_EV_COUNTER_UNCHARGE, g->css, nr, SMCG_BY_UNCHARGE);
	if (watched(g))
		step_seen(SMCG_KIND_UNCHARGE, g, nr);
	co_await counter_add(g, -static_cast<long>(nr), false);
	co_await memsw_follows(g, -static_cast<long>(nr), SMCG_BY_UNCHARGE);
	co_await step();
	page_events(g, nr);
	co_return 0;
}

}  // namespace model
