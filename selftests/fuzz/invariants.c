// SPDX-License-Identifier: GPL-2.0
/*
 * invariants.c - looks inside a world: every sum that the engine keeps, computed anew.
 *
 * A stream may say what it likes, so usage may be anything; but what is kept
 * twice must agree, and what is kept as an interval must be one.
 */
#include "world.h"

/* Says what is wrong and where, once: return it. */
#define BROKEN_UNLESS(holds) do { if (!(holds)) return #holds; } while (0)

/* Groups of a world; of more than that, parents and children are not added up. */
#define FEW	64

struct family {
	const struct smcg_group *member[FEW];
	u32 nr;
};

/* Pages in flight of one counter of @g, computed from what is open. */
struct flights {
	s64 coming, leaving;
	u32 watches;
};

static bool on_branch(const struct smcg_group *from, const struct smcg_group *g)
{
	for (; from; from = from->parent)
		if (from == g)
			return true;
	return false;
}

static void add_frames(const struct smcg_world *w, const struct smcg_group *g, u32 kind,
		       struct flights *f)
{
	const struct smcg_frame *frame, *in;
	u32 i;

	for (i = 0; i < SMCG_FRAME_BUCKETS; i++)
		for (frame = w->frames[i]; frame; frame = frame->next)
			for (in = frame; in; in = in->outer)
				if (in->watch && in->state == SMCG_ST_TRYING && in->counter == kind &&
				    in->group && on_branch(in->group, g))
					f->leaving += in->tried;
}

static struct flights flights_of(const struct smcg_world *w, const struct smcg_group *g, u32 kind)
{
	struct flights f = {};
	const struct smcg_watch *watch;
	u32 cpu, ctx, i;

	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		for (ctx = 0; ctx < SMCG_CTX_NR; ctx++) {
			const struct smcg_flight *at = &w->cpus[cpu].flight[ctx];

			if (!(w->cpus[cpu].flights & 1U << ctx) || at->kind != kind ||
			    !on_branch(at->group, g))
				continue;
			if (at->nr > 0)
				f.coming += at->nr;
			else
				f.leaving -= at->nr;
		}
	}
	for (i = 0; i < w->parked; i++) {
		const struct smcg_flight *at = smcg_parked_flight(w, i);

		if (!at || at->kind != kind || !on_branch(at->group, g))
			continue;
		if (at->nr > 0)
			f.coming += at->nr;
		else
			f.leaving -= at->nr;
	}
	if (w->stats.tasks_open)
		add_frames(w, g, kind, &f);
	for (watch = w->watches; watch; watch = watch->next)
		for (i = 0; i < watch->nr; i++)
			f.watches += watch->kind == kind && watch->level[i].group == g;
	return f;
}

static const char *counters(const struct smcg_world *w, const struct smcg_group *g)
{
	u32 kind;

	for (kind = 0; kind < SMCG_COUNTER_NR; kind++) {
		const struct smcg_counter *c = &g->counter[kind];
		struct flights f = flights_of(w, g, kind);

		BROKEN_UNLESS(c->coming == f.coming);
		BROKEN_UNLESS(c->leaving == f.leaving);
		BROKEN_UNLESS(c->watches == f.watches);
		BROKEN_UNLESS(c->min_usage <= c->min && c->low_usage <= c->low);
	}
	return NULL;
}

static const char *children_of(const struct smcg_group *g, const struct family *all)
{
	u64 children_min = 0, children_low = 0;
	u32 i, children = 0;

	for (i = 0; i < all->nr; i++) {
		const struct smcg_group *child = all->member[i];

		children += !child->is_root && child->parent_css == g->css;
		if (child->parent != g)
			continue;
		BROKEN_UNLESS(child->depth == g->depth + 1);
		children_min += child->counter[SMCG_COUNTER_MEMORY].min_usage;
		children_low += child->counter[SMCG_COUNTER_MEMORY].low_usage;
	}
	BROKEN_UNLESS(g->children == children);
	BROKEN_UNLESS(g->counter[SMCG_COUNTER_MEMORY].children_min == children_min);
	BROKEN_UNLESS(g->counter[SMCG_COUNTER_MEMORY].children_low == children_low);
	return NULL;
}

static const char *pages(const struct smcg_group *g, u64 *frames)
{
	u64 nr = 0, sum = 0, committed[SMCG_FOLIO_NR] = { 0 }, huge = 0;
	const struct smcg_page *page;
	u32 what;

	for (page = g->pages.first; page; page = page->next, nr++) {
		if (!(page->flags & SMCG_PAGE_TRIED)) {
			committed[page->folio & (SMCG_FOLIO_NR - 1)] += page->nr;
			huge += page->nr >= SMCG_HUGE_PAGES ? page->nr : 0;
		}
		BROKEN_UNLESS(page->folio < SMCG_FOLIO_NR);
		BROKEN_UNLESS(page->css == g->css);
		BROKEN_UNLESS(page->next || page == g->pages.last);
		BROKEN_UNLESS(!page->next || page->next->prev == page);
		sum += page->nr;
	}
	BROKEN_UNLESS(g->pages.frames == nr);
	BROKEN_UNLESS(g->pages.pages == sum);
	BROKEN_UNLESS(g->pages.huge == huge);
	for (what = 0; what < SMCG_FOLIO_NR; what++)
		BROKEN_UNLESS(g->pages.committed[what] == committed[what]);
	*frames += nr;
	return NULL;
}

static const char *groups(const struct smcg_world *w)
{
	u64 nr = 0, dying = 0, frames = 0;
	const char *broken = NULL;
	struct family all;
	u32 i;

	all.nr = 0;

	for (i = 0; i < w->nr_slots; i++) {
		const struct smcg_group *g = w->groups[i];

		if (!g)
			continue;
		if (nr++ < FEW)
			all.member[all.nr++] = g;
		dying += !!(g->flags & SMCG_GROUP_DYING);
		BROKEN_UNLESS(g->css == i);
		BROKEN_UNLESS(g->is_root == (w->root_css == i));
		BROKEN_UNLESS(!g->parent || g->parent->css == g->parent_css);
		broken = counters(w, g);
		if (!broken)
			broken = pages(g, &frames);
		if (broken)
			return broken;
	}
	for (i = 0; nr <= FEW && i < all.nr && !broken; i++)
		broken = children_of(all.member[i], &all);
	if (broken)
		return broken;
	BROKEN_UNLESS(w->stats.groups == nr);
	BROKEN_UNLESS(w->stats.groups_dying == dying);
	BROKEN_UNLESS(w->stats.frames_used == frames);
	BROKEN_UNLESS(w->stats.frames_used <= w->stats.frames_total);
	return NULL;
}

static const char *frames(const struct smcg_world *w)
{
	u64 open = 0, may_drain = 0, drains = 0, drains_known = 0;
	const struct smcg_frame *f, *in;
	u32 i;

	for (i = 0; i < SMCG_FRAME_BUCKETS; i++) {
		for (f = w->frames[i]; f; f = f->next) {
			for (in = f; in; in = in->outer, open++) {
				BROKEN_UNLESS(in->key == f->key);
				may_drain += in->may_drain;
				drains += !!in->drain;
				BROKEN_UNLESS(!in->drain || w->drain[in->drain - 1].open);
			}
		}
	}
	for (i = 0; i < SMCG_DRAINS; i++)
		drains_known += w->drain[i].open;
	BROKEN_UNLESS(w->stats.tasks_open == open);
	BROKEN_UNLESS(w->may_drain == may_drain);
	BROKEN_UNLESS(w->drains_open == drains_known);
	BROKEN_UNLESS(w->drains_open == drains);
	return NULL;
}

static const char *queue(const struct smcg_cpu *c)
{
	u32 ctx, i;

	BROKEN_UNLESS(c->queued <= SMCG_QUEUE);
	BROKEN_UNLESS(c->collector <= c->queued && c->putting <= c->queued);
	for (ctx = 0; ctx < SMCG_CTX_NR; ctx++) {
		BROKEN_UNLESS(!(c->open & 1U << ctx) || c->level[ctx]);
		BROKEN_UNLESS(!(c->open & 1U << ctx) || c->level[ctx] <= c->queued);
		BROKEN_UNLESS(!(c->flights & 1U << ctx) || c->flight[ctx].group);
	}
	for (i = 0; i < c->queued; i++) {
		const struct smcg_op *op = &c->queue[i];

		BROKEN_UNLESS(op->last < SMCG_QUEUE);
		BROKEN_UNLESS(op->drains <= SMCG_DRAINED);
		BROKEN_UNLESS(!op->frame || op->frame->wait_cpu == c);
	}
	/* nothing waits behind what is over */
	BROKEN_UNLESS(!c->queued || c->open || c->collector || c->putting);
	return NULL;
}

static const char *slots(const struct smcg_stock *s)
{
	u32 i;

	for (i = 0; i < s->page_slots; i++)
		BROKEN_UNLESS(s->page[i].low <= s->page[i].high);
	for (i = 0; i < s->byte_slots; i++) {
		BROKEN_UNLESS(s->byte[i].low <= s->byte[i].high);
		BROKEN_UNLESS(s->byte[i].objcg || !s->known_obj || !s->byte[i].high);
	}
	BROKEN_UNLESS(s->page_next < s->page_slots);
	BROKEN_UNLESS(s->byte_next < s->byte_slots);
	return NULL;
}

static const char *stocks(const struct smcg_world *w)
{
	u32 cpu;

	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		const struct smcg_cpu *c = &w->cpus[cpu];
		const char *broken = queue(c);

		if (broken)
			return broken;
		broken = slots(&c->stock);
		if (broken)
			return broken;
	}
	return NULL;
}

/*
 * Does the object group wait for it? For one that took effect as the queue was full, too, while its outcome may turn
 * out to be another. @coming: the bytes that it brings, or that it was guessed to have taken, are added
 */
static bool waits_for(const struct smcg_op *op, const struct smcg_objcg *o, s64 *coming)
{
	if (op->objcg != o || (op->placed && !op->guessed) || op->kind == SMCG_OP_BASE)
		return false;
	if (op->placed ? op->kind == SMCG_OP_OBJ_CONSUME && op->early.hit : op->kind == SMCG_OP_OBJ_REFILL)
		*coming += op->bytes;
	return true;
}

/* What operations that are not settled say about one object group. */
static const char *waited_for(const struct smcg_world *w, const struct smcg_objcg *o)
{
	u64 open = 0, busy = 0, holders = 0;
	s64 coming = 0;
	u32 cpu, i, k;

	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		const struct smcg_cpu *c = &w->cpus[cpu];

		for (i = 0; i < c->stock.byte_slots; i++)
			holders += c->stock.byte[i].objcg == o;
		for (i = 0; i < c->queued; i++) {
			const struct smcg_op *op = &c->queue[i];

			for (k = 0; k < op->leaving; k++)
				busy += op->leaves[k] == o;
			busy += op->holds && op->objcg == o;
			open += waits_for(op, o, &coming);
		}
	}
	for (i = 0; i < w->parked; i++) {
		const struct smcg_op *op = smcg_parked_op(w, i);

		open += op && waits_for(op, o, &coming);
	}
	BROKEN_UNLESS(o->holders == holders);
	BROKEN_UNLESS(o->open == open);
	BROKEN_UNLESS(o->busy == busy);
	BROKEN_UNLESS(o->coming == coming);
	return NULL;
}

static const char *objcgs(const struct smcg_world *w)
{
	const struct smcg_objcg *o;
	u32 i, nr = 0;

	for (i = 0; i < w->objcg_buckets; i++) {
		for (o = w->objcgs[i]; o; o = o->next, nr++) {
			const char *broken = waited_for(w, o);

			if (broken)
				return broken;
			BROKEN_UNLESS(o->low <= o->high);
		}
	}
	BROKEN_UNLESS(w->nr_objcgs == nr);
	return NULL;
}

const char *smcg_broken_invariant(const struct smcg_world *w)
{
	const char *broken = groups(w);

	if (!broken)
		broken = frames(w);
	if (!broken)
		broken = stocks(w);
	if (!broken)
		broken = objcgs(w);
	BROKEN_UNLESS(w->backlog_first + w->backlog_nr <= w->backlog_room);
	BROKEN_UNLESS(w->nr_out <= SMCG_APPLY_MAX);
	return broken;
}
