// SPDX-License-Identifier: GPL-2.0
// kernel_model_high.cpp - memory.high and swap.high: what tasks collect, and how they pay for it.
#include "kernel_model.h"

#include <algorithm>

namespace model {

namespace {

constexpr unsigned kHz = 250, kSwapCluster = 32;

bool above(long usage, std::uint64_t bound)
{
	return usage > 0 && static_cast<std::uint64_t>(usage) > bound;
}

std::uint64_t overage(long usage, std::uint64_t bound)
{
	if (!above(usage, bound))
		return 0;
	return ((static_cast<std::uint64_t>(usage) - bound) << 20) / std::max<std::uint64_t>(bound, 1);
}

}  // namespace

Call<int> Machine::reclaim_high(Group *g, unsigned nr)
{
	read_levels(event(SMCG_EV_RECLAIM_HIGH, g->css, nr, SMCG_BY_HIGH), g, false);
	int reclaimed = 0;
	for (; g->parent; g = g->parent) {
		co_await step();
		if (static_cast<std::uint64_t>(g->usage) <= g->high)
			continue;
		count(g, &Group::ev_high);
		event(SMCG_EV_RECLAIM, g->css, nr, SMCG_BY_HIGH);
		if (watched(g))
			step_seen(SMCG_KIND_HIGH_EVENT, g, nr);
		int got = co_await reclaim(g, nr);
		reclaim_returns(g, got);
		reclaimed += got;
	}
	co_return reclaimed;
}

bool Machine::bounded(const Group *g) const
{
	for (; g->parent; g = g->parent)
		if (g->high != SMCG_NO_LIMIT || g->swap_high != SMCG_NO_LIMIT)
			return true;
	return false;
}

// The end of a charge that went through, its surplus put aside.
Call<int> Machine::look_at_high(Group *g, unsigned gfp, unsigned batch)
{
	const bool in_task = current->ctx == SMCG_CTX_TASK;

	co_await step();
	current->group = g;
	for (Group *at = g; at->parent; at = at->parent) {
		const bool memory = above(at->usage, at->high), swap = above(at->swap, at->swap_high);

		if (!in_task && memory) {
			event(SMCG_EV_HIGH_WORK, at->css);
			if (watched(at))
				step_seen(SMCG_KIND_HIGH_WORK, at, 0);
			break;
		}
		if (in_task && (memory || swap)) {
			current->over_high += batch;
			co_await step();
			// Not told where something else has to be done on the way back, too.
			if (percent(70))
				event(SMCG_EV_HIGH_SEEN);
			break;
		}
	}
	if (in_task && current->over_high > kBatch && !current->memalloc && gfp & SMCG_GFP_BLOCKING)
		co_await handle_over_high(SMCG_BY_CHARGE);
	co_return 0;
}

unsigned Machine::penalty(const Group *g, unsigned nr) const
{
	std::uint64_t memory = 0, swap = 0, sum = 0;

	for (; g->parent; g = g->parent) {
		memory = std::max(memory, overage(g->usage, g->high));
		swap = std::max(swap, overage(g->swap, g->swap_high));
	}
	for (const std::uint64_t worst : {memory, swap})
		sum += (worst * worst * kHz >> 20 >> 14) * nr / kBatch;
	return static_cast<unsigned>(std::min<std::uint64_t>(sum, 2 * kHz));
}

Call<int> Machine::handle_over_high(unsigned caller)
{
	const unsigned nr = std::exchange(current->over_high, 0);
	Group *g = current->group;
	int retries = kRetries;

	event(SMCG_EV_HIGH_HANDLE, g->css, nr, caller);
	step_seen(SMCG_KIND_OVER_HIGH, g, nr, 0, nullptr, caller == SMCG_BY_CHARGE);
	for (bool first = true;; first = false) {
		co_await step();
		const int got = co_await reclaim_high(g, first ? nr : kSwapCluster);
		co_await step();
		const unsigned jiffies = penalty(g, nr);
		for (Group *at = g; at->parent; at = at->parent)
			if (above(at->swap, at->swap_high))
				count(at, &Group::ev_swap_high);
		if (jiffies <= kHz / 100)
			break;
		if (got || retries--)
			continue;
		co_await step();
		event(SMCG_EV_HIGH_SLEEP, 0, jiffies);
		step_seen(SMCG_KIND_HIGH_PENALTY, g, jiffies);
		current->sleeping = true;
		co_await step();
		break;
	}
	event(SMCG_EV_HIGH_HANDLED);
	co_return 0;
}

}  // namespace model
