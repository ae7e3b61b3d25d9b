// SPDX-License-Identifier: GPL-2.0
/*
 * fast.c - a charge after a charge that its stock had.
 *
 * Nearly every event is this one.  Nothing here decides otherwise than the
 * long way through queue.c, stock.c and resolve.c: where anything is out of
 * the ordinary it leaves the event to them.
 */
#include "emit.h"
#include "world.h"

SMCG_STATIC_ASSERT(offsetof(struct smcg_cpu, open) == offsetof(struct smcg_cpu, busy));
SMCG_STATIC_ASSERT(offsetof(struct smcg_cpu, queued) == offsetof(struct smcg_cpu, busy) + 4);

/* Nothing is going on but one operation in a window of this level. */
static u64 busy_with_one(u32 ctx)
{
	/* open in the lowest byte, queued in the fifth: see struct smcg_cpu. */
	return 1ULL << ctx | 1ULL << 32;
}

/* Is the only thing open a first consume of this level, which the stock surely has? */
static bool ordinary(const struct smcg_world *w, const struct smcg_cpu *c,
		     const struct smcg_event *e)
{
	const struct smcg_op *op = &c->queue[0];
	const struct smcg_stock *s = &c->stock;
	const struct smcg_page_slot *p = &s->page[s->at];

	return c->busy == busy_with_one(e->ctx) && op->plain &&
		e->tid == c->tid && p->css == op->css && s->known &&
		p->low == p->high && p->low >= op->nr && op->nr <= w->batch &&
		!(w->drains_open | w->after_gap | w->nr_out | w->owners.ins | (e->locks & SMCG_LOCK_HELD));
}

static void say_hit(struct smcg_world *w, const struct smcg_op *op, const struct smcg_group *g)
{
	const u64 word[8] = {
		++w->stats.decisions,
		w->now,
		SMCG_KIND_STOCK_HIT | (u64)op->ctx << 16 | (u64)op->cpu << 32,
		op->tid | (u64)op->nr << 32,
		g->id,
		0,
		0,
		op->event,
	};

	memcpy(&w->out[w->nr_out++], word, sizeof(word));
	w->digest = smcg_digest_words(w->digest, word);
}

/* Legacy: its pages are counted, unless that may be more than a count. */
static bool counted(const struct smcg_cpu *c, const struct smcg_op *op, struct smcg_group *g)
{
	if (op->caller != SMCG_BY_FOLIO)
		return true;
	if (op->committed || smcg_notify_near(g, c->cpu, op->nr))
		return false;
	smcg_notify_count(g, c->cpu, op->nr);
	return true;
}

bool smcg_fast_charge(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group), *before;
	struct smcg_op *op = &c->queue[0];
	struct smcg_page_slot *p;

	if (!ordinary(w, c, e) || !smcg_group_watched(g) || e->nr - 1 >= SMCG_PAGES_MAX)
		return false;
	before = smcg_group_find(w, op->css);
	if (unlikely(!before) || (unlikely(w->legacy) && !counted(c, op, before)))
		return false;
	p = &c->stock.page[c->stock.at];
	p->high -= op->nr;
	p->low = p->high;
	say_hit(w, op, before);
	smcg_charge_hit(w, op);
	op->event = w->stats.events;
	op->pfn = e->a;
	op->css = e->group;
	op->nr = e->nr;
	op->tid = e->tid;
	op->where = smcg_owner_where(w, e);
	op->gfp = e->gfp;
	op->task = e->task;
	op->caller = e->caller;
	if (e->a != SMCG_NO_PFN)
		smcg_pool_prefetch(w, e->a, smcg_where_node(op->where));
	return true;
}
