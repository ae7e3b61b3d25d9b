// SPDX-License-Identifier: GPL-2.0
/*
 * counter.c - hierarchical page counters.
 *
 * Source: mm/page_counter.c (6.1), seed 000.  An operation walks from its
 * group up to, and excluding, the root.  What is in flight is kept beside the
 * usage, so that overlap.c can say what a racing try may have seen.
 */
#include "world.h"

static void tell_parent(struct smcg_group *group)
{
	struct smcg_counter *c = &group->counter[SMCG_COUNTER_MEMORY];
	struct smcg_counter *up;
	u64 usage = c->usage > 0 ? (u64)c->usage : 0;
	u64 protected;

	if (!group->parent || !(c->min | c->low | c->min_usage | c->low_usage))
		return;
	up = &group->parent->counter[SMCG_COUNTER_MEMORY];
	protected = min(usage, c->min);
	up->children_min += protected - c->min_usage;
	c->min_usage = protected;
	protected = min(usage, c->low);
	up->children_low += protected - c->low_usage;
	c->low_usage = protected;
}

void smcg_counter_limit(struct smcg_group *group, u32 limit, u64 pages)
{
	struct smcg_counter *memory = &group->counter[SMCG_COUNTER_MEMORY];
	struct smcg_counter *swap = &group->counter[SMCG_COUNTER_SWAP];

	switch (limit) {
	case SMCG_LIMIT_MAX:
		memory->max = pages;
		break;
	case SMCG_LIMIT_HIGH:
		memory->high = pages;
		break;
	case SMCG_LIMIT_MIN:
		memory->min = pages;
		break;
	case SMCG_LIMIT_LOW:
		memory->low = pages;
		break;
	case SMCG_LIMIT_SWAP_MAX:
	case SMCG_LIMIT_MEMSW_MAX:
		swap->max = pages;
		break;
	case SMCG_LIMIT_SWAP_HIGH:
		swap->high = pages;
		break;
	case SMCG_LIMIT_TCPMEM_MAX:
		group->counter[SMCG_COUNTER_TCPMEM].max = pages;
		break;
	case SMCG_LIMIT_SOFT:
		group->soft_limit = pages;
		break;
	case SMCG_LIMIT_OOM_OFF:
		group->oom_off = pages;
		break;
	}
	tell_parent(group);
}

void smcg_counter_set(struct smcg_group *group, u32 kind, u64 usage)
{
	struct smcg_counter *c = &group->counter[kind];

	c->usage = (s64)usage;
	c->adopted = 0;
	c->known = true;
	c->watermark = max(c->watermark, usage);
	if (kind == SMCG_COUNTER_MEMORY)
		tell_parent(group);
}

void smcg_counter_add(struct smcg_world *w, struct smcg_group *group, u32 kind, s64 nr,
		      struct smcg_flight *flight)
{
	struct smcg_change what = { .up = nr > 0 ? nr : 0, .down = nr < 0 ? -nr : 0 };
	struct smcg_group *g;

	for (g = group; g; g = g->parent) {
		struct smcg_counter *c = &g->counter[kind];

		c->usage += nr;
		if (flight) {
			if (nr > 0)
				c->coming += nr;
			else
				c->leaving -= nr;
		}
		if (nr > 0 && c->usage > (s64)c->watermark)
			c->watermark = (u64)c->usage;
		if (kind == SMCG_COUNTER_MEMORY)
			tell_parent(g);
		if (unlikely(c->watches))
			smcg_watch_note(w, g, kind, &what);
	}
	if (flight) {
		flight->group = group;
		flight->nr = nr;
		flight->kind = (u8)kind;
	}
}

void smcg_counter_landed(struct smcg_flight *flight)
{
	struct smcg_group *g;

	for (g = flight->group; g; g = g->parent) {
		struct smcg_counter *c = &g->counter[flight->kind];

		if (flight->nr > 0)
			c->coming -= flight->nr;
		else
			c->leaving += flight->nr;
	}
	flight->group = NULL;
}

void smcg_counter_aloft(const struct smcg_flight *flight)
{
	struct smcg_group *g;

	for (g = flight->group; g; g = g->parent) {
		struct smcg_counter *c = &g->counter[flight->kind];

		if (flight->nr > 0)
			c->coming += flight->nr;
		else
			c->leaving -= flight->nr;
	}
}

void smcg_counter_parked(struct smcg_world *w, const struct smcg_flight *flight, bool parked)
{
	struct smcg_change what = {
		.up = flight->nr > 0 ? flight->nr : 0,
		.down = flight->nr < 0 ? -flight->nr : 0,
	};
	struct smcg_group *g;

	for (g = flight->group; g; g = g->parent) {
		struct smcg_counter *c = &g->counter[flight->kind];

		c->still_coming += parked ? what.up : -what.up;
		c->still_leaving += parked ? what.down : -what.down;
		if (!parked && c->watches)
			smcg_watch_note(w, g, flight->kind, &what);
	}
}

void smcg_counter_try_begin(struct smcg_world *w, struct smcg_group *group, u32 kind, u32 nr,
			    const struct smcg_watch *by)
{
	struct smcg_change what = { .by = by, .tries = nr };
	struct smcg_group *g;

	for (g = group; g; g = g->parent) {
		struct smcg_counter *c = &g->counter[kind];

		c->leaving += nr;
		c->trying += nr;
		if (unlikely(c->watches))
			smcg_watch_note(w, g, kind, &what);
	}
}

void smcg_counter_try_parked(struct smcg_world *w, struct smcg_group *group, u32 kind, s64 nr,
			     const struct smcg_watch *by)
{
	struct smcg_change what = { .by = by, .tries = -nr };
	struct smcg_group *g;
	u32 i = 0;

	for (g = group; g; g = g->parent, i++) {
		struct smcg_counter *c = &g->counter[kind];

		if (by->absent & 1ULL << i) {
			c->leaving -= nr;
			c->trying -= nr;
		} else {
			c->parked += nr;
		}
		if (nr < 0 && c->watches)
			smcg_watch_note(w, g, kind, &what);
	}
}

void smcg_counter_try_end(struct smcg_group *group, u32 kind, u32 nr,
			  struct smcg_group *over)
{
	struct smcg_group *g;
	bool below = true;

	for (g = group; g; g = g->parent) {
		struct smcg_counter *c = &g->counter[kind];

		c->leaving -= nr;
		c->trying -= nr;
		if (g == over) {
			c->failcnt++;
			below = false;
		}
		if (below && c->usage + nr > (s64)c->watermark)
			c->watermark = (u64)(c->usage + nr);
		if (over)
			continue;
		c->usage += nr;
		if (kind == SMCG_COUNTER_MEMORY)
			tell_parent(g);
	}
}

void smcg_counter_adopt(struct smcg_group *group, u32 kind, s64 nr)
{
	struct smcg_group *g;

	if (!nr)
		return;
	for (g = group; g; g = g->parent)
		g->counter[kind].adopted += nr;
}
