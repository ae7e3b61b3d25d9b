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
		flight->done = 0;
		flight->due = 0;
	}
}

static void in_flight(const struct smcg_flight *flight, s64 sign)
{
	struct smcg_group *g;

	for (g = flight->group; g; g = g->parent) {
		struct smcg_counter *c = &g->counter[flight->kind];

		if (flight->nr > 0)
			c->coming += sign * flight->nr;
		else
			c->leaving -= sign * flight->nr;
	}
}

void smcg_counter_landed(struct smcg_flight *flight)
{
	in_flight(flight, -1);
	flight->group = NULL;
}

void smcg_counter_aloft(const struct smcg_flight *flight)
{
	in_flight(flight, 1);
}

enum smcg_maybe smcg_counter_there(u32 read, s64 least, s64 most, s64 nr)
{
	s64 usage = (s64)read - 1;
	bool with = usage >= least + nr && usage <= most;
	bool without = usage >= least && usage <= most - nr;

	if (!read || with == without)
		return SMCG_MAYBE;
	return with ? SMCG_YES : SMCG_NO;
}

void smcg_counter_seen(struct smcg_flight *flight, const u32 *read, u32 levels)
{
	enum smcg_maybe done = flight->nr > 0 ? SMCG_YES : SMCG_NO;
	s64 nr = flight->nr > 0 ? flight->nr : -flight->nr;
	struct smcg_group *g = flight->group;
	u32 i;

	flight->done = 0;
	flight->due = 0;
	for (i = 0; g && i < levels; i++, g = g->parent) {
		const struct smcg_counter *c = &g->counter[flight->kind];
		enum smcg_maybe there = smcg_counter_there(read[i], c->usage - c->coming,
							   c->usage + c->leaving, nr);

		if (!c->known || there == SMCG_MAYBE)
			continue;
		if (there == done)
			flight->done |= (u8)(1U << i);
		else
			flight->due |= (u8)(1U << i);
	}
}

/* What was seen of it holds while nothing comes of it: it is there, or it is not. */
static void settle(struct smcg_counter *c, const struct smcg_flight *flight, u32 i, s64 sign)
{
	s64 up = flight->nr > 0 ? sign * flight->nr : 0, down = flight->nr < 0 ? -sign * flight->nr : 0;

	if (flight->done & 1ULL << i) {
		c->coming -= up;
		c->still_coming -= up;
		c->leaving -= down;
		c->still_leaving -= down;
	} else if (flight->due & 1ULL << i) {
		c->leaving -= up;
		c->still_leaving -= up;
		c->coming -= down;
		c->still_coming -= down;
	}
}

void smcg_counter_parked(struct smcg_world *w, const struct smcg_flight *flight, bool parked)
{
	struct smcg_change what = {
		.up = flight->nr > 0 ? flight->nr : 0,
		.down = flight->nr < 0 ? -flight->nr : 0,
	};
	struct smcg_group *g;
	u32 i = 0;

	for (g = flight->group; g; g = g->parent, i++) {
		struct smcg_counter *c = &g->counter[flight->kind];

		c->still_coming += parked ? what.up : -what.up;
		c->still_leaving += parked ? what.down : -what.down;
		settle(c, flight, i, parked ? 1 : -1);
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
		/* There it is, and stays: nothing less can be seen. */
		if (by->present & 1ULL << i) {
			c->coming -= nr;
			c->still_coming -= nr;
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
