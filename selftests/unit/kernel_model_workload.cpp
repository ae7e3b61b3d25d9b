// SPDX-License-Identifier: GPL-2.0
// kernel_model_workload.cpp - what tasks, workers and interrupts do all day.
#include "kernel_model.h"

#include <algorithm>
#include <utility>

namespace model {

Objcg *Machine::random_objcg()
{
	// Nine belong to what every profile has; of the others three are watched.
	if (slots() && percent(40))
		return objcgs_[9 + rnd(options_.foreign ? 5u : 3u)].get();
	return objcgs_[rnd(options_.foreign ? 9u : 5u)].get();
}

Call<int> Machine::random_operation(bool atomic)
{
	static const unsigned crowd[] = {W, W1, W1, W1, W2, W2, W1A, W1A, S, F, F1};
	static const unsigned sizes[] = {1, 1, 1, 1, 1, 1, 2, 4, 8, 9, 16, 64, 70};
	Group *g = &groups_[crowd[rnd(options_.foreign ? 11 : 8)]];
	if (slots() && percent(40))
		g = &groups_[X1 + rnd(options_.foreign ? 5 : 3)];
	unsigned nr = sizes[rnd(atomic ? 7 : 13)], gfp = atomic ? 0 : SMCG_GFP_BLOCKING;

	if (percent(atomic ? 50 : 5))
		gfp |= SMCG_GFP_HIGH;
	if (slots() && atomic && percent(10))
		gfp |= SMCG_GFP_NOSPIN;
	if (percent(3))
		gfp |= SMCG_GFP_NOFAIL;
	if (percent(10))
		gfp |= SMCG_GFP_NORETRY;
	if (percent(10))
		gfp |= SMCG_GFP_RETRY_MAYFAIL;
	switch (rnd(options_.kmem ? 13 : 5)) {
	case 0:
	case 1:
	case 2: {
		int err = co_await try_charge(g, gfp, nr, SMCG_BY_FOLIO);
		current->committed = !err;
		if (err)
			break;
		co_await step();
		page_events(g, nr);
		g->folios += nr;
		break;
	}
	case 3:
		if (g->folios > 0)
			co_await uncharge(g, 1 + rnd(static_cast<unsigned>(
							 std::min<long>(g->folios, 40))));
		break;
	case 4:
		if (!tracked(g))
			break;
		if (g->swapped > 0 && percent(50))
			co_await swap_free(g, 1 + rnd(static_cast<unsigned>(g->swapped)));
		else if (percent(80))
			co_await swap_out(g, 1 + rnd(20));
		else if (g->folios > 0)
			co_await migrate(g, 1);
		break;
	case 5:
	case 6:
	case 7: {
		Objcg *o = random_objcg();
		if (o->group == &groups_[ROOT])
			break;
		static const unsigned bytes[] = {32, 64, 192, 1000, 2048, 4096, 6000};
		unsigned b = bytes[rnd(7)];
		if (!co_await obj_charge(o, b)) {
			o->objects.push_back(b);
			co_await obj_state(o);
		}
		break;
	}
	case 8:
	case 9:
	case 10: {
		Objcg *o = random_objcg();
		if (o->objects.empty())
			break;
		unsigned b = o->objects.back();
		o->objects.pop_back();
		co_await obj_refill(o, b, true);
		co_await obj_state(o);
		break;
	}
	case 11:
		if (options_.legacy)	// sockets are no memory there
			break;
		if (g->socks > 0 && percent(50)) {
			g->socks -= 1;
			event(SMCG_EV_SOCK_UNCHARGE, g->css, 1);
			co_await step();
			co_await refill(g, 1, SMCG_BY_OTHER);
		} else if (!co_await try_charge(g, gfp, 1, SMCG_BY_SOCK)) {
			g->socks += 1;
		}
		break;
	case 12: {
		Objcg *o = objcgs_[rnd(5)].get();
		if (o->group->kpages > 0) {
			o->group->kpages--;
			co_await kmem_uncharge(o, 1, SMCG_BY_KMEM_PAGE);
		} else if (!co_await try_charge(o->group, gfp, 1, SMCG_BY_KMEM_PAGE)) {
			kmem_charged(o->group, 1);
			o->group->kpages++;
		}
		break;
	}
	}
	co_return 0;
}

Call<int> Machine::task_main()
{
	while (left_ && !stopping_) {
		left_--;
		if (options_.limits_move && percent(3)) {
			Group *g = &groups_[percent(50) ? W1 : W];
			std::uint64_t max = 100 + rnd(600);
			// The hook tells it with the next event; the write is seen at once.
			bool both = options_.legacy && percent(50);
			(both ? g->swap_max : g->max) = max;
			event(SMCG_EV_LIMIT, g->css, 0, both ? SMCG_LIMIT_MEMSW_MAX : SMCG_LIMIT_MAX, max);
		}
		current->in_oom = percent(2);
		current->reaped = percent(2);
		co_await random_operation(false);
		if (current->over_high && percent(50))
			co_await handle_over_high(SMCG_BY_OTHER);
		current->in_oom = false;
		current->reaped = false;
		current->dying = false;
		if (percent(20))
			current->sleeping = true;
		co_await step();
	}
	co_return 0;
}

Call<int> Machine::worker_main()
{
	for (;;) {
		Stock &s = stocks_[current->cpu];
		if (std::exchange(s.work, false)) {
			if (slots())
				co_await drain_local_pages();
			else
				co_await drain_local();
		}
		if (std::exchange(s.work_obj, false))
			co_await drain_local_bytes();
		current->sleeping = true;
		co_await step();
	}
}

Call<int> Machine::irq_main()
{
	bool is_long = options_.irq_burst && percent(2);

	for (unsigned n = is_long ? rnd(options_.irq_burst) : 1; n; n--)
		co_await random_operation(true);
	co_return 0;
}

}  // namespace model
