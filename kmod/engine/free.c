// SPDX-License-Identifier: GPL-2.0
/*
 * free.c - a world that lives with its own decisions.
 *
 * Causes drive it: charges, frees, refills by others, limits, groups.  What
 * reality made of them is not looked at.  A drain is at once, reclaim is the
 * policy's, and an OOM pass kills nobody: it makes no progress.
 */
#include "reclaim.h"
#include "world.h"

#define RECLAIM_LEAST	32U

struct attempt {
	const struct smcg_event *e;
	struct smcg_cpu *c;
	struct smcg_group *g, *over;
	u32 nr, batch, retries;
	bool drained;
};

static void say(struct smcg_world *w, const struct smcg_event *e, const struct smcg_group *g,
		u32 kind, u32 nr, const struct smcg_group *over, int result)
{
	struct smcg_mark m;

	if (!smcg_group_watched(g))
		return;
	smcg_mark_event(w, &m, e, kind);
	m.group = g->id;
	m.nr = nr;
	m.over = over ? over->id : 0;
	m.result = (s16)result;
	smcg_emit(w, &m);
}

static void empty(struct smcg_world *w, struct smcg_stock *s)
{
	struct smcg_group *g = smcg_group_find(w, s->css);

	if (s->high && smcg_group_tracked(g))
		smcg_counter_add(w, g, SMCG_COUNTER_MEMORY, -(s64)s->high, NULL);
	s->css = 0;
	s->low = 0;
	s->high = 0;
	s->known = true;
}

static void refill(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		   u32 css, u32 nr)
{
	struct smcg_group *g = smcg_group_find(w, css), *other;
	struct smcg_stock *s = &c->stock;
	struct smcg_mark m;
	u32 gone = 0, over = 0;

	if (s->css != css) {
		over = s->high ? s->css : 0;
		gone = s->high;
		empty(w, s);
		s->css = css;
	}
	s->high += smcg_group_tracked(g) ? nr : 0;
	s->low = s->high;
	if (s->high > w->batch) {
		gone += s->high;
		empty(w, s);
	}
	other = smcg_group_find(w, over);
	if (!smcg_group_watched(g) && !smcg_group_watched(other))
		return;
	smcg_mark_event(w, &m, e, SMCG_KIND_REFILL);
	m.group = smcg_group_id(w, css);
	m.nr = nr;
	m.over = other ? other->id : 0;
	m.arg = (u64)gone << 32 | s->high;
	smcg_emit(w, &m);
}

static bool consume(struct smcg_world *w, struct attempt *a)
{
	struct smcg_stock *s = &a->c->stock;

	if (a->nr > w->batch || s->css != a->g->css || s->high < a->nr)
		return false;
	s->high -= a->nr;
	s->low = s->high;
	say(w, a->e, a->g, SMCG_KIND_STOCK_HIT, a->nr, NULL, 0);
	return true;
}

/* A stream may uncharge what was never charged: below zero is empty. */
static bool fits(const struct smcg_group *g, u32 nr)
{
	const struct smcg_counter *c = &g->counter[SMCG_COUNTER_MEMORY];

	return (u64)max_t(s64, c->usage, 0) + nr <= c->max;
}

static bool try_charge(struct smcg_world *w, struct attempt *a)
{
	struct smcg_group *g;

	a->over = NULL;
	for (g = a->g; g && !a->over; g = g->parent)
		if (!fits(g, a->batch))
			a->over = g;
	say(w, a->e, a->g, a->batch > a->nr ? SMCG_KIND_BATCH_CHARGE : SMCG_KIND_EXACT_CHARGE,
	    a->batch, a->over, a->over ? -ENOMEM : 0);
	if (a->over) {
		a->over->counter[SMCG_COUNTER_MEMORY].failcnt++;
		return false;
	}
	smcg_counter_add(w, a->g, SMCG_COUNTER_MEMORY, a->batch, NULL);
	if (a->batch > a->nr)
		refill(w, a->c, a->e, a->g->css, a->batch - a->nr);
	return true;
}

static void raise_max(struct smcg_world *w, struct attempt *a)
{
	say(w, a->e, a->over, SMCG_KIND_MAX_EVENT, 0, NULL, 0);
	smcg_group_count(a->over, SMCG_COUNT_MAX);
}

static void drain_below(struct smcg_world *w, struct attempt *a)
{
	struct smcg_mark m;
	u64 mask = 0;
	u32 cpu;

	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		struct smcg_stock *s = &w->cpus[cpu].stock;

		if (!s->css || !s->high || !smcg_group_below(w, s->css, a->over->css))
			continue;
		mask |= 1ULL << (cpu & 63);
		empty(w, s);
	}
	smcg_mark_event(w, &m, a->e, SMCG_KIND_DRAIN);
	m.group = a->over->id;
	m.nr = 0;
	m.arg = mask;
	smcg_emit(w, &m);
}

/* One round of reclaim.  Return: try again. */
static bool make_room(struct smcg_world *w, struct attempt *a)
{
	u32 got;

	raise_max(w, a);
	say(w, a->e, a->over, SMCG_KIND_RECLAIM, a->nr, NULL, 0);
	got = smcg_reclaim_oldest.reclaim(w, a->over, max(a->nr, RECLAIM_LEAST));
	if (fits(a->over, a->nr))
		return true;
	if (!a->drained) {
		drain_below(w, a);
		a->drained = true;
		return true;
	}
	if (a->e->gfp & SMCG_GFP_NORETRY)
		return false;
	if (got && a->nr <= w->rules->costly_pages)
		return true;
	if (a->retries) {
		a->retries--;
		return true;
	}
	if (a->e->gfp & SMCG_GFP_RETRY_MAYFAIL || smcg_charge_order(a->nr) > w->rules->oom_order)
		return false;
	say(w, a->e, a->over, SMCG_KIND_OOM, smcg_charge_order(a->nr), NULL, 0);
	smcg_group_count(a->over, SMCG_COUNT_OOM);
	return false;
}

static bool charge(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		   struct smcg_group *g, u32 nr)
{
	struct attempt a = { .e = e, .c = c, .g = g, .nr = nr, .retries = w->rules->retries };
	bool raised = false;

	a.batch = max(w->batch, nr);
	for (;;) {
		if (consume(w, &a) || try_charge(w, &a))
			return true;
		if (a.batch > nr) {
			a.batch = nr;
			continue;
		}
		if (e->task & w->rules->force_task)
			break;
		if (e->gfp & SMCG_GFP_BLOCKING) {
			raised = true;
			if (make_room(w, &a))
				continue;
		}
		if (e->gfp & w->rules->force_gfp)
			break;
		say(w, e, g, SMCG_KIND_NOMEM, nr, NULL, -ENOMEM);
		return false;
	}
	if (!raised && w->rules->forced_raises_max)
		raise_max(w, &a);
	say(w, e, g, SMCG_KIND_FORCED, nr, NULL, 0);
	smcg_counter_add(w, g, SMCG_COUNTER_MEMORY, nr, NULL);
	return true;
}

static void charge_folio(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);

	if (!smcg_group_watched(g) || e->caller == SMCG_BY_OBJ)
		return;
	if (!e->nr || e->nr > SMCG_PAGES_MAX) {
		w->stats.errors++;
		return;
	}
	if (!charge(w, c, e, g, e->nr))
		return;
	if (e->caller == SMCG_BY_KMEM_PAGE)
		g->kmem += e->nr;
	if (e->a != SMCG_NO_PFN)
		smcg_page_add(w, g, e->a, e->nr, (u32)e->b, w->stats.events);
}

static void free_folio(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_page *page = smcg_page_find(w, e->a);
	struct smcg_group *g;
	u32 nr;

	if (!page)
		return;		/* evicted before */
	g = smcg_group_find(w, page->css);
	nr = page->nr;
	smcg_page_remove(w, page);
	smcg_counter_add(w, g, SMCG_COUNTER_MEMORY, -(s64)nr, NULL);
	say(w, e, g, SMCG_KIND_UNCHARGE, nr, NULL, 0);
}

/* Bytes: the same stock as in follow mode, with nothing shown of reality. */
static void bytes(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e, u32 kind,
		  u32 amount, bool allow)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_objcg *o;
	struct smcg_outcome out;
	struct smcg_op *op = &c->queue[0];
	u32 put_css;

	if (!smcg_group_watched(g) || !e->a || amount >= SMCG_BYTES_ANY)
		return;
	o = smcg_objcg_get(w, e->a, e->group);
	if (!o)
		return;
	c->queued = 0;
	op = smcg_queue_push(w, c, e, kind);
	c->queued = 0;
	op->objcg = o;
	op->bytes = amount;
	op->allow = allow;
	op->seen_switch = c->stock.objcg != o;
	op->seen_flushed = op->seen_switch ? c->stock.bytes_low >> SMCG_PAGE_SHIFT : 0;
	put_css = c->stock.objcg ? c->stock.objcg->css : 0;
	smcg_stock_run(w, &c->stock, op, &out);
	if (kind != SMCG_OP_OBJ_CONSUME && out.flushed && put_css)
		refill(w, c, e, put_css, out.flushed);
	if (kind == SMCG_OP_OBJ_REFILL && out.pages) {
		say(w, e, g, SMCG_KIND_KMEM_UNCHARGE, out.pages, NULL, 0);
		g->kmem -= out.pages;
		refill(w, c, e, g->css, out.pages);
	}
	if (kind != SMCG_OP_OBJ_CONSUME)
		return;
	say(w, e, g, out.hit ? SMCG_KIND_OBJ_HIT : SMCG_KIND_OBJ_MISS,
	    out.hit ? 0 : (amount + SMCG_PAGE_BYTES - 1) >> SMCG_PAGE_SHIFT, NULL, 0);
	if (!out.hit)
		c->missed_bytes = amount;
}

static void charge_bytes(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	u32 amount = (u32)e->b, nr = (amount + SMCG_PAGE_BYTES - 1) >> SMCG_PAGE_SHIFT;

	c->missed_bytes = 0;
	bytes(w, c, e, SMCG_OP_OBJ_CONSUME, e->b < SMCG_BYTES_ANY ? amount : SMCG_BYTES_ANY, false);
	if (!c->missed_bytes || !charge(w, c, e, g, nr))
		return;
	g->kmem += nr;
	if (amount & (SMCG_PAGE_BYTES - 1))
		bytes(w, c, e, SMCG_OP_OBJ_REFILL,
		      SMCG_PAGE_BYTES - (amount & (SMCG_PAGE_BYTES - 1)), false);
}

static void give_back(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);

	if (!smcg_group_watched(g) || !e->nr || e->nr > SMCG_PAGES_MAX)
		return;
	if (e->type == SMCG_EV_KMEM_UNCHARGE)
		g->kmem -= e->nr;
	refill(w, c, e, g->css, e->nr);
}

/* It keeps its charge under another number. */
static void move_folio(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_page *page = smcg_page_find(w, e->a);
	struct smcg_group *g;
	u32 nr, node;

	if (!page)
		return;
	g = smcg_group_find(w, page->css);
	nr = page->nr;
	node = page->node;
	smcg_page_remove(w, page);
	smcg_page_add(w, g, e->b, nr, node, w->stats.events);
}

static void counted(struct smcg_world *w, const struct smcg_event *e, s64 nr)
{
	struct smcg_group *g = smcg_group_find(w, e->group);

	if (smcg_group_tracked(g) && !smcg_group_watched(g) && e->nr <= SMCG_PAGES_MAX)
		smcg_counter_add(w, g, SMCG_COUNTER_MEMORY, nr, NULL);
}

void smcg_free_apply(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	switch (e->type) {
	case SMCG_EV_CHARGE:
		charge_folio(w, c, e);
		break;
	case SMCG_EV_FREE:
		free_folio(w, e);
		break;
	case SMCG_EV_REFILL:
		if (e->group && e->nr <= SMCG_PAGES_MAX &&
		    !smcg_group_watched(smcg_group_find(w, e->group)))
			refill(w, c, e, e->group, e->nr);
		break;
	case SMCG_EV_COUNTER_CHARGE:
		counted(w, e, e->nr);
		break;
	case SMCG_EV_COUNTER_UNCHARGE:
		if (e->caller != SMCG_BY_SWAP)
			counted(w, e, -(s64)e->nr);
		break;
	case SMCG_EV_OBJ_CHARGE:
		charge_bytes(w, c, e);
		break;
	case SMCG_EV_OBJ_REFILL:
		if (e->c)
			bytes(w, c, e, SMCG_OP_OBJ_REFILL,
			      (u32)min_t(u64, e->b, SMCG_BYTES_ANY), true);
		break;
	case SMCG_EV_OBJ_STATE:
		bytes(w, c, e, SMCG_OP_OBJ_STATE, 0, false);
		break;
	case SMCG_EV_KMEM_UNCHARGE:
		if (e->caller != SMCG_BY_OBJ)
			give_back(w, c, e);
		break;
	case SMCG_EV_SOCK_UNCHARGE:
		give_back(w, c, e);
		break;
	case SMCG_EV_MIGRATE:
		if (smcg_charge_moves(w->rules, e))
			move_folio(w, e);
		break;
	case SMCG_EV_SPLIT:
		break;
	}
}
