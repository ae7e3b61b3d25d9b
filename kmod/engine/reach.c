// SPDX-License-Identifier: GPL-2.0
/*
 * reach.c - what a CPU's stock and its object groups can be after any of the orders that agree (orders.c).
 */
#include "world.h"

static struct smcg_undo *reach_of(struct smcg_scratch *t, struct smcg_objcg *o)
{
	u32 i;

	for (i = 0; i < t->reaches; i++)
		if (t->reached[i].objcg == o)
			return &t->reached[i];
	return NULL;
}

/*
 * Where several slots are held their owners are known: another order that put one elsewhere
 * says nothing of what is in it.
 */
static void reach_slot(struct smcg_byte_slot *r, const struct smcg_byte_slot *s, bool first, bool one)
{
	if (first) {
		*r = *s;
		return;
	}
	if (!one && r->objcg != s->objcg)
		return;
	r->objcg = s->objcg;
	r->low = min(r->low, s->low);
	r->high = max(r->high, s->high);
}

static void reach_bytes(struct smcg_scratch *t, bool first)
{
	struct smcg_stock *r = &t->reach;
	const struct smcg_stock *s = &t->stock;
	bool one = s->byte_slots == 1;
	u32 i;

	if (first)
		t->reaches = 0;
	r->known_obj = s->known_obj && (first || !one ||
					(r->known_obj && r->byte[0].objcg == s->byte[0].objcg));
	for (i = 0; i < s->byte_slots; i++)
		reach_slot(&r->byte[i], &s->byte[i], first, one);
	for (i = 0; i < t->undos; i++) {
		struct smcg_objcg *o = t->undo[i].objcg;
		struct smcg_undo *at = reach_of(t, o);

		if (!at && t->reaches < SMCG_UNDO) {
			at = &t->reached[t->reaches++];
			at->objcg = o;
			at->low = first ? o->low : min(o->low, t->undo[i].low);
			at->high = first ? o->high : max(o->high, t->undo[i].high);
		} else if (at) {
			at->low = min(at->low, o->low);
			at->high = max(at->high, o->high);
		}
	}
}

/* This order agrees: what it leaves behind is possible. */
void smcg_orders_reach(struct smcg_scratch *t, bool bytes, bool first)
{
	struct smcg_stock *r = &t->reach;
	const struct smcg_stock *s = &t->stock;
	u32 i;

	if (bytes) {
		reach_bytes(t, first);
		return;
	}
	r->known = s->known && (first || s->page_slots > 1 ||
				(r->known && r->page[0].css == s->page[0].css));
	for (i = 0; i < s->page_slots; i++) {
		struct smcg_page_slot *p = &r->page[i];

		if (!first && s->page_slots > 1 && p->css != s->page[i].css)
			continue;
		p->css = s->page[i].css;
		p->low = first ? s->page[i].low : min(p->low, s->page[i].low);
		p->high = first ? s->page[i].high : max(p->high, s->page[i].high);
	}
}

static void widen_pages(const struct smcg_scratch *t, struct smcg_stock *s)
{
	u32 i;

	s->known &= t->reach.known;
	for (i = 0; i < s->page_slots; i++) {
		const struct smcg_page_slot *r = &t->reach.page[i];

		if (s->page_slots > 1 && r->css != s->page[i].css)
			continue;
		s->page[i].low = min(s->page[i].low, r->low);
		s->page[i].high = max(s->page[i].high, r->high);
	}
}

static void widen_bytes(const struct smcg_scratch *t, struct smcg_stock *s)
{
	u32 i;

	for (i = 0; i < s->byte_slots; i++) {
		const struct smcg_byte_slot *r = &t->reach.byte[i];

		if (s->byte_slots > 1 && r->objcg != s->byte[i].objcg)
			continue;
		s->byte[i].low = min(s->byte[i].low, r->low);
		s->byte[i].high = max(s->byte[i].high, r->high);
	}
	if (t->reach.known_obj || !s->known_obj || s->byte_slots > 1)
		return;
	s->known_obj = false;
	if (s->byte[0].objcg)
		s->byte[0].objcg->holders--;
	s->byte[0].objcg = NULL;
}

void smcg_orders_widen(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_scratch *t = &w->scratch;
	u32 i;

	if (t->orders[0] > 1)
		widen_pages(t, &c->stock);
	if (t->orders[1] < 2)
		return;
	widen_bytes(t, &c->stock);
	for (i = 0; i < t->reaches; i++) {
		struct smcg_objcg *o = t->reached[i].objcg;

		o->low = min(o->low, t->reached[i].low);
		o->high = max(o->high, t->reached[i].high);
	}
}
