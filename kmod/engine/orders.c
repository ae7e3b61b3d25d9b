// SPDX-License-Identifier: GPL-2.0
/*
 * orders.c - the order in which queued operations took effect.
 *
 * An operation whose window held others may have taken effect before, among
 * or after them.  Places are tried from the first on; the first order that
 * agrees with all that was seen (with most of it, if none does) is taken.
 * When a later one agrees too but
 * decides something else, the decision is ambiguous, and what they leave
 * behind is kept as an interval.
 */
#include "world.h"

#define MAX_CHOICES	16
#define MAX_ORDERS	256
#define MAX_PAIRS	1024

static bool drains_alike(const struct smcg_outcome *a, const struct smcg_outcome *b)
{
	u32 i;

	for (i = 0; i < a->gones && i < b->gones; i++)
		if (a->gone[i].css != b->gone[i].css || a->gone[i].nr != b->gone[i].nr)
			return false;
	return a->gones == b->gones;
}

static bool decides_alike(const struct smcg_outcome *a, const struct smcg_outcome *b)
{
	return drains_alike(a, b) && a->past == b->past &&
		a->hit == b->hit && a->other == b->other && a->left == b->left &&
		a->drained_other == b->drained_other && a->drained_self == b->drained_self &&
		a->pages == b->pages;
}

/* Operation i takes effect after operation place[i]. */
static void make_order(struct smcg_scratch *t, const u8 *place, u32 n)
{
	u32 i, j, at = 0, told_to = 0;

	for (i = 0; i < n; i++) {
		if (place[i] == i)
			t->order[at++] = (u8)i;
		for (j = i; j-- > 0;)
			if (place[j] == i)
				t->order[at++] = (u8)j;
		while (told_to < at)
			t->after[told_to++] = (u8)i;
	}
}

u32 smcg_orders_readings(const struct smcg_cpu *c, struct smcg_stock *s, bool bytes_only,
			 u32 *from, u32 to)
{
	u32 against = 0;

	for (; *from <= to; ++*from) {
		against += smcg_obj_told(s, &c->queue[*from]);
		if (!bytes_only)
			against += smcg_pages_told(s, &c->queue[*from]);
	}
	return against;
}

static void undo_all(struct smcg_scratch *t)
{
	while (t->undos) {
		const struct smcg_undo *undo = &t->undo[--t->undos];

		undo->objcg->holders = undo->holders;
		undo->objcg->low = undo->low;
		undo->objcg->high = undo->high;
		undo->objcg->open = undo->open;
		undo->objcg->total = undo->total;
		undo->objcg->coming = undo->coming;
		undo->objcg->known = undo->known;
	}
}

/* Runs the order; leaves its effects in place until undo_all().  Returns what disagrees. */
static u32 trial(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_scratch *t = &w->scratch;
	u32 i, told = 0, against = 0;

	t->stock = c->stock;
	t->undos = 0;
	t->unlikely = 0;
	t->trial = true;
	for (i = 0; i < c->queued; i++) {
		const struct smcg_op *op = &c->queue[t->order[i]];

		against += smcg_orders_readings(c, &t->stock, t->bytes_only, &told, t->after[i]);
		if (unlikely(t->asked) && t->after[i] >= t->asked - c->queue)
			t->idle |= smcg_stock_could_idle(w, &t->stock, t->asked);
		if (op->placed || op->held_back || (t->bytes_only && !smcg_op_bytes(op)))
			continue;
		smcg_stock_run(w, &t->stock, op, &t->tried[t->order[i]]);
		against += !t->tried[t->order[i]].agrees;
		t->unlikely += t->tried[t->order[i]].unlikely && !op->open;
	}
	if (unlikely(t->asked))
		t->idle |= smcg_stock_could_idle(w, &t->stock, t->asked);
	if (unlikely(t->read))
		against += smcg_park_misread(&t->stock, t->read);
	t->trial = false;
	return against;
}

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
static void reach(struct smcg_scratch *t, bool bytes, bool first)
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

static u32 find_choices(const struct smcg_cpu *c, bool bytes, u8 *choice)
{
	u32 i, n = 0;

	for (i = 0; i < c->queued && n < MAX_CHOICES; i++) {
		const struct smcg_op *op = &c->queue[i];

		if (op->pinned || op->placed || op->held_back || op->last <= i ||
		    smcg_op_bytes(op) != bytes || op->kind == SMCG_OP_SAY ||
		    op->kind == SMCG_OP_WAIT)
			continue;
		choice[n++] = (u8)i;
	}
	return n;
}

/* The next combination of places; false after the last. */
static bool next_places(const struct smcg_cpu *c, u8 *place, const u8 *choice, u32 n)
{
	u32 k;

	for (k = 0; k < n; k++) {
		u8 i = choice[k];

		if (place[i] < c->queue[i].last) {
			place[i]++;
			return true;
		}
		place[i] = i;
	}
	return false;
}

static void compare(struct smcg_world *w, const struct smcg_cpu *c)
{
	struct smcg_scratch *t = &w->scratch;
	u32 i;

	for (i = 0; i < c->queued; i++)
		if (!c->queue[i].placed && !decides_alike(&t->chosen[i], &t->tried[i]))
			t->ambiguous[i] = true;
}

static void take_it(struct smcg_world *w, const struct smcg_cpu *c, const u8 *place)
{
	struct smcg_scratch *t = &w->scratch;

	memcpy(t->place, place, c->queued);
	memcpy(t->best, t->order, c->queued);
	memcpy(t->best_after, t->after, c->queued);
	memcpy(t->chosen, t->tried, c->queued * sizeof(t->tried[0]));
}

/*
 * Who was interrupted goes on when what is on top is over: it cannot take effect between the event
 * and the effect of an operation of an interrupt.
 */
static bool nests(const struct smcg_cpu *c, const u8 *place, bool bytes)
{
	u32 i, j;

	for (i = 0; i < c->queued; i++) {
		if (c->queue[i].placed || smcg_op_bytes(&c->queue[i]) != bytes)
			continue;
		for (j = i + 1; j <= place[i]; j++)
			if (place[j] > place[i] && c->queue[j].ctx > c->queue[i].ctx &&
			    !c->queue[j].placed && smcg_op_bytes(&c->queue[j]) == bytes)
				return false;
	}
	return true;
}

/* A better order than those so far: what they said about this half is void. */
static void better(struct smcg_world *w, const struct smcg_cpu *c, const u8 *place, bool bytes)
{
	struct smcg_scratch *t = &w->scratch;
	u32 i;

	for (i = 0; i < c->queued; i++)
		if (smcg_op_bytes(&c->queue[i]) == bytes)
			t->ambiguous[i] = false;
	take_it(w, c, place);
}

struct search {
	u32 least;			/* disagreements of the best order */
	u32 unlikely;			/* what has to have happened for it without being told */
	u32 orders;			/* orders that have no more */
	bool bytes;
};

static void consider(struct smcg_world *w, struct smcg_cpu *c, const u8 *place,
		     struct search *search)
{
	struct smcg_scratch *t = &w->scratch;
	u32 against;

	if (!nests(c, place, search->bytes))
		return;
	make_order(t, place, c->queued);
	against = trial(w, c);
	if (against < search->least) {
		search->least = against;
		search->unlikely = t->unlikely;
		search->orders = 0;
		better(w, c, place, search->bytes);
	}
	if (against == search->least) {
		reach(t, search->bytes, !search->orders);
		if (search->orders++)
			compare(w, c);
		/* Of those that agree the one that asks for least. */
		if (t->unlikely < search->unlikely)
			take_it(w, c, place);
		search->unlikely = min(search->unlikely, t->unlikely);
	}
	undo_all(t);
}

/* Nothing agrees yet: move two at a time, for a while. */
static void descend_in_pairs(struct smcg_world *w, struct smcg_cpu *c, struct search *search,
			     const u8 *choice, u32 n)
{
	struct smcg_scratch *t = &w->scratch;
	u8 place[SMCG_QUEUE];
	u32 one, other, at, to, left = MAX_PAIRS;

	for (one = n; one-- > 1;) {
		for (other = one; other-- > 0;) {
			memcpy(place, t->place, sizeof(place));
			for (at = choice[one]; at <= c->queue[choice[one]].last; at++) {
				for (to = choice[other]; to <= c->queue[choice[other]].last; to++) {
					place[choice[one]] = (u8)at;
					place[choice[other]] = (u8)to;
					consider(w, c, place, search);
					if (!search->least || !--left)
						return;
				}
			}
		}
	}
}

/*
 * Too many orders to try all: move the inner operations together (one alone may only hand its
 * disagreement to the next), then one at a time, twice around.
 */
static void descend(struct smcg_world *w, struct smcg_cpu *c, struct search *search,
		    const u8 *choice, u32 n)
{
	struct smcg_scratch *t = &w->scratch;
	u8 place[SMCG_QUEUE];
	u32 k, at, round, from;

	consider(w, c, t->place, search);
	memcpy(place, t->place, sizeof(place));
	for (from = 0; from + 1 < n; from++) {
		for (at = choice[from]; at <= c->queue[choice[from]].last; at++) {
			for (k = from; k < n; k++)
				place[choice[k]] = (u8)min_t(u32, max_t(u32, at, choice[k]),
							     c->queue[choice[k]].last);
			consider(w, c, place, search);
		}
		place[choice[from]] = choice[from];
	}
	for (round = 0; round < 2; round++) {
		for (k = n; k-- > 0;) {
			memcpy(place, t->place, sizeof(place));
			for (at = choice[k]; at <= c->queue[choice[k]].last; at++) {
				place[choice[k]] = (u8)at;
				if (at != t->place[choice[k]])
					consider(w, c, place, search);
			}
		}
	}
	if (search->least)
		descend_in_pairs(w, c, search, choice, n);
}

/* Find the places of the operations on pages, or on bytes; the other half stays. */
static void choose_half(struct smcg_world *w, struct smcg_cpu *c, bool bytes)
{
	struct search search = { .least = U32_MAX, .bytes = bytes };
	struct smcg_scratch *t = &w->scratch;
	u8 place[SMCG_QUEUE], choice[MAX_CHOICES];
	u32 k, n = find_choices(c, bytes, choice), all = 1;

	if (!n)
		return;
	for (k = 0; k < n && all <= MAX_ORDERS; k++)
		all *= c->queue[choice[k]].last - choice[k] + 1U;
	memcpy(place, t->place, sizeof(place));
	if (all > MAX_ORDERS) {
		descend(w, c, &search, choice, n);
	} else {
		do
			consider(w, c, place, &search);
		while (next_places(c, place, choice, n));
	}
	t->orders[bytes] = search.orders;
}

void smcg_orders_choose(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_scratch *t = &w->scratch;
	u32 i;

	for (i = 0; i < SMCG_QUEUE; i++)
		t->place[i] = i < c->queued && c->queue[i].pinned ? c->queue[i].last : (u8)i;
	t->orders[0] = 0;
	t->orders[1] = 0;
	memset(t->ambiguous, 0, sizeof(t->ambiguous));
	make_order(t, t->place, c->queued);
	memcpy(t->best, t->order, c->queued);
	memcpy(t->best_after, t->after, c->queued);
	if (!t->bytes_only)
		choose_half(w, c, false);
	choose_half(w, c, true);
}

u32 smcg_orders_against(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_scratch *t = &w->scratch;
	u32 against;

	make_order(t, t->place, c->queued);
	against = trial(w, c);
	undo_all(t);
	return against;
}

u32 smcg_orders_try(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_op *op, bool *idle)
{
	struct smcg_scratch *t = &w->scratch;
	u32 against;

	smcg_orders_choose(w, c);
	t->asked = idle ? op : NULL;
	t->idle = false;
	against = smcg_orders_against(w, c);
	t->asked = NULL;
	if (idle)
		*idle = t->idle;
	return against;
}
