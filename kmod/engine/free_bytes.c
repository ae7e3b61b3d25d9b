// SPDX-License-Identifier: GPL-2.0
/*
 * free_bytes.c - kernel memory in a world that lives with its own decisions (SPEC A14).
 *
 * Where the profile has a byte stock it is the one of follow mode, with nothing shown of
 * reality.  Before 5.9 there is none: a slab belongs to one group, and its pages are charged
 * when it is made.  A stream tells objects, not slabs, so there each object group's objects
 * fill pages without a gap, and a page is given back when what is left needs one less.
 */
#include "free.h"

static u32 pages_of(u32 bytes)
{
	return (bytes + SMCG_PAGE_BYTES - 1) >> SMCG_PAGE_SHIFT;
}

/* An object group that was there before the stream: what is not known of it is nothing. */
static struct smcg_objcg *owner(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_objcg *o = w->rules->offline_keeps ? smcg_objcg_find(w, e->a) : NULL;

	if (!o || !o->css)
		o = smcg_objcg_get(w, e->a, e->group);
	if (o && !o->known) {
		o->high = o->low;
		o->total = o->low;
		o->known = true;
	}
	return o;
}

static struct smcg_op *byte_op(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
			       u32 kind)
{
	struct smcg_op *op;

	c->queued = 0;
	op = smcg_queue_push(w, c, e, kind);
	c->queued = 0;
	return op;
}

/* Whole pages out of bytes. */
static void to_stock(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e, u32 css,
		     u32 pages)
{
	struct smcg_group *g = smcg_group_find(w, css);

	if (!pages || !css)
		return;
	if (g)
		g->kmem -= pages;
	smcg_free_refill(w, c, e, css, pages);
}

/* Whole pages of bytes that are put back. */
static void out_of_slot(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
			u32 css, u32 pages)
{
	struct smcg_group *g = smcg_group_find(w, css);

	if (!w->rules->apart) {
		to_stock(w, c, e, css, pages);
	} else if (pages && g) {
		g->kmem -= pages;
		if (smcg_group_tracked(g))
			smcg_free_give(w, g, pages);
	}
}

void smcg_free_put_back(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
			struct smcg_stock *s)
{
	u32 css[SMCG_BYTE_SLOTS] = {}, pages[SMCG_BYTE_SLOTS] = {}, i;
	struct smcg_outcome out;
	struct smcg_op *op;

	for (i = 0; i < s->byte_slots; i++) {
		css[i] = s->byte[i].objcg ? s->byte[i].objcg->css : 0;
		pages[i] = s->byte[i].low >> SMCG_PAGE_SHIFT;
	}
	op = byte_op(w, c, e, SMCG_OP_OBJ_DRAIN);
	op->seen_flushed = pages[0];
	op->open = w->rules->apart;	/* nothing is shown: as expected */
	smcg_stock_run(w, s, op, &out);
	for (i = 0; i < s->byte_slots; i++)
		if (css[i])
			out_of_slot(w, c, e, css[i], pages[i]);
}

static struct smcg_outcome run(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
			       struct smcg_objcg *o, u32 kind, u32 amount, bool allow)
{
	const struct smcg_byte_slot *b = &c->stock.byte[smcg_bytes_goes(&c->stock, o)];
	u32 put_css = b->objcg ? b->objcg->css : 0;
	struct smcg_op *op = byte_op(w, c, e, kind);
	struct smcg_outcome out;

	op->objcg = o;
	op->bytes = amount;
	op->allow = allow;
	op->open = w->rules->apart;	/* nothing is shown: as expected */
	op->seen_switch = b->objcg != o;
	op->seen_flushed = op->seen_switch ? b->low >> SMCG_PAGE_SHIFT : 0;
	smcg_stock_run(w, &c->stock, op, &out);
	if (kind != SMCG_OP_OBJ_CONSUME)
		out_of_slot(w, c, e, put_css, out.flushed);
	return out;
}

static void put(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		struct smcg_objcg *o, u32 amount, bool allow)
{
	struct smcg_outcome out = run(w, c, e, o, SMCG_OP_OBJ_REFILL, amount, allow);

	if (out.pages) {
		smcg_free_say(w, e, smcg_group_find(w, o->css), SMCG_KIND_KMEM_UNCHARGE, out.pages,
			      NULL, 0);
		to_stock(w, c, e, o->css, out.pages);
	}
	if (c->stock.overfull)
		smcg_free_put_back(w, c, e, &c->stock);
}

static bool take(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		 struct smcg_objcg *o, struct smcg_group *g, u32 amount)
{
	u32 nr = pages_of(amount), rest = amount & (SMCG_PAGE_BYTES - 1);
	bool hit = run(w, c, e, o, SMCG_OP_OBJ_CONSUME, amount, false).hit;
	struct smcg_mark m;

	smcg_mark_event(w, &m, e, hit ? SMCG_KIND_OBJ_HIT : SMCG_KIND_OBJ_MISS);
	m.nr = hit ? 0 : nr;
	m.arg = amount;
	smcg_emit(w, &m);
	if (hit)
		return true;
	if (!smcg_free_charge(w, c, e, g, nr, e->gfp))
		return false;
	g->kmem += nr;
	if (rest)
		put(w, c, e, o, SMCG_PAGE_BYTES - rest, false);
	return true;
}

/* Pages that @total bytes need; a stream may give back what was there before it. */
static s64 filled(s64 total)
{
	return (total + SMCG_PAGE_BYTES - 1) >> SMCG_PAGE_SHIFT;
}

/* Without a byte stock: the objects of @o grow, or (@amount below zero) shrink. */
static bool fill(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		 struct smcg_objcg *o, s64 amount)
{
	struct smcg_group *g = smcg_group_find(w, o->css);
	s64 pages = filled(o->total + amount) - filled(o->total);

	if (!smcg_group_watched(g))
		return false;
	if (pages > 0) {
		if (!smcg_free_charge(w, c, e, g, (u32)pages, e->gfp))
			return false;
	} else if (pages) {
		smcg_free_say(w, e, g, SMCG_KIND_KMEM_UNCHARGE, (u32)-pages, NULL, 0);
		smcg_free_give(w, g, (u32)-pages);
	}
	g->kmem += pages;
	o->total += amount;
	return true;
}

void smcg_free_objects(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		       struct smcg_objcg *o, u32 amount)
{
	if (!amount)
		return;
	if (w->rules->bytes == SMCG_BYTES_NONE)
		fill(w, c, e, o, -(s64)amount);
	else
		put(w, c, e, o, amount, true);
}

static void objects(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	enum smcg_bytes bytes = w->rules->bytes;
	struct smcg_objcg *o;

	if (!smcg_group_watched(g) || !e->a || e->b >= SMCG_BYTES_ANY)
		return;
	/* The surplus of a charge is this world's own. */
	if (e->type == SMCG_EV_OBJ_REFILL && !e->c)
		return;
	if (e->type == SMCG_EV_OBJ_STATE && bytes != SMCG_BYTES_PAGES_LEAVE)
		return;
	o = owner(w, e);
	if (!o)
		return;
	if (e->type == SMCG_EV_OBJ_CHARGE)
		smcg_ask_begin(w, c, e, e->a, (u32)e->b,
			       bytes == SMCG_BYTES_NONE ? fill(w, c, e, o, (s64)e->b) :
							  take(w, c, e, o, g, (u32)e->b));
	else if (e->type == SMCG_EV_OBJ_REFILL)
		smcg_free_objects(w, c, e, o, smcg_ask_paid(&o->debt, (u32)e->b));
	else
		run(w, c, e, o, SMCG_OP_OBJ_STATE, 0, false);
}

/* Nothing holds the object group any longer: what it has left is given back. */
static void gone(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_objcg *o = smcg_objcg_find(w, e->a);
	struct smcg_group *g = o ? smcg_group_find(w, o->css) : NULL;
	s64 left = o && o->known ? o->total : 0;
	u32 pages;

	if (smcg_group_watched(g) && left > 0 && left < SMCG_BYTES_ANY) {
		pages = w->rules->bytes == SMCG_BYTES_NONE ? (u32)filled(left) :
			(u32)(left >> SMCG_PAGE_SHIFT);
		if (pages && w->rules->kmem_to_counter) {
			g->kmem -= pages;
			smcg_free_give(w, g, pages);
		} else {
			to_stock(w, c, e, g->css, pages);
		}
	}
	smcg_objcg_forget(w, e->a);
}

void smcg_free_return(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		      struct smcg_group *g, u32 nr, bool kernel)
{
	if (!nr)
		return;
	if (kernel)
		g->kmem -= nr;
	if (kernel && w->rules->kmem_to_counter) {
		smcg_free_say(w, e, g, SMCG_KIND_KMEM_UNCHARGE, nr, NULL, 0);
		smcg_free_give(w, g, nr);
	} else {
		smcg_free_refill(w, c, e, g->css, nr);
	}
}

static void give_back(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);

	if (smcg_group_watched(g) && e->nr && e->nr <= SMCG_PAGES_MAX)
		smcg_free_return(w, c, e, g, smcg_ask_paid(&g->debt, e->nr),
				 e->type == SMCG_EV_KMEM_UNCHARGE);
}

void smcg_free_kmem(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	switch (e->type) {
	case SMCG_EV_OBJ_CHARGE:
	case SMCG_EV_OBJ_REFILL:
	case SMCG_EV_OBJ_STATE:
		objects(w, c, e);
		break;
	case SMCG_EV_OBJCG_FREE:
		gone(w, c, e);
		break;
	case SMCG_EV_KMEM_UNCHARGE:
		if (e->caller != SMCG_BY_OBJ)
			give_back(w, c, e);
		break;
	case SMCG_EV_SOCK_UNCHARGE:
		if (!w->legacy)
			give_back(w, c, e);
		break;
	}
}
