// SPDX-License-Identifier: GPL-2.0
/*
 * resolve.c - the order in which queued operations took effect.
 *
 * An operation whose window held others may have taken effect before, among
 * or after them.  Places are tried from the first on; the first order that
 * agrees with all that was seen (with most of it, if none does) is taken.
 * When a later one agrees too but
 * decides something else, the decision is ambiguous, and what they leave
 * behind is kept as an interval.
 */
#include "world.h"

#define MAX_CHOICES	4
#define MAX_ORDERS	256

bool smcg_peek_switch(const struct smcg_cpu *c, const struct smcg_op *op)
{
	if (c->queued != 1 || !c->stock.known_obj)
		return true;
	return c->stock.objcg != op->objcg;
}

static bool decides_alike(const struct smcg_outcome *a, const struct smcg_outcome *b)
{
	return a->hit == b->hit && a->other == b->other && a->left == b->left &&
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

/*
 * What was read at the events up to operation @to, from @from on.  Return: how many
 * readings do not lie within what is possible in this order; they count for nothing.
 */
static u32 take_readings(const struct smcg_cpu *c, struct smcg_stock *s, u32 *from, u32 to)
{
	u32 against = 0;

	for (; *from <= to; ++*from)
		against += smcg_obj_told(s, &c->queue[*from]);
	return against;
}

static void undo_all(struct smcg_scratch *t)
{
	while (t->undos) {
		const struct smcg_undo *undo = &t->undo[--t->undos];

		undo->objcg->holders = undo->holders;
		undo->objcg->low = undo->low;
		undo->objcg->high = undo->high;
		undo->objcg->total = undo->total;
	}
}

/* Runs the order; leaves its effects in place until undo_all().  Returns what disagrees. */
static u32 trial(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_scratch *t = &w->scratch;
	u32 i, told = 0, against = 0;

	t->stock = c->stock;
	t->undos = 0;
	t->trial = true;
	for (i = 0; i < c->queued; i++) {
		const struct smcg_op *op = &c->queue[t->order[i]];

		against += take_readings(c, &t->stock, &told, t->after[i]);
		if (op->placed || op->held_back)
			continue;
		smcg_stock_run(w, &t->stock, op, &t->tried[t->order[i]]);
		against += !t->tried[t->order[i]].agrees;
	}
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

static void reach_bytes(struct smcg_scratch *t, bool first)
{
	struct smcg_stock *r = &t->reach;
	const struct smcg_stock *s = &t->stock;
	u32 i;

	if (first)
		t->reaches = 0;
	r->known_obj = s->known_obj && (first || (r->known_obj && r->objcg == s->objcg));
	r->objcg = s->objcg;
	r->bytes_low = first ? s->bytes_low : min(r->bytes_low, s->bytes_low);
	r->bytes_high = first ? s->bytes_high : max(r->bytes_high, s->bytes_high);
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

	if (bytes) {
		reach_bytes(t, first);
		return;
	}
	r->known = s->known && (first || (r->known && r->css == s->css));
	r->css = s->css;
	r->low = first ? s->low : min(r->low, s->low);
	r->high = first ? s->high : max(r->high, s->high);
}

/* After the first order took effect: others may have left something else. */
static void widen(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_scratch *t = &w->scratch;
	struct smcg_stock *s = &c->stock;
	u32 i;

	if (t->orders[0] > 1) {
		s->known &= t->reach.known;
		s->low = min(s->low, t->reach.low);
		s->high = max(s->high, t->reach.high);
	}
	if (t->orders[1] < 2)
		return;
	s->bytes_low = min(s->bytes_low, t->reach.bytes_low);
	s->bytes_high = max(s->bytes_high, t->reach.bytes_high);
	if (!t->reach.known_obj && s->known_obj) {
		s->known_obj = false;
		if (s->objcg)
			s->objcg->holders--;
		s->objcg = NULL;
	}
	for (i = 0; i < t->reaches; i++) {
		struct smcg_objcg *o = t->reached[i].objcg;

		o->low = min(o->low, t->reached[i].low);
		o->high = max(o->high, t->reached[i].high);
	}
}

static bool is_bytes(const struct smcg_op *op)
{
	return op->kind >= SMCG_OP_OBJ_CONSUME && op->kind <= SMCG_OP_OBJ_DRAIN;
}

static u32 find_choices(const struct smcg_cpu *c, bool bytes, u8 *choice)
{
	u32 i, n = 0;

	for (i = 0; i < c->queued && n < MAX_CHOICES; i++) {
		const struct smcg_op *op = &c->queue[i];

		if (op->pinned || op->placed || op->held_back || op->last <= i || is_bytes(op) != bytes ||
		    op->kind == SMCG_OP_SAY || op->kind == SMCG_OP_WAIT)
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

/* A better order than those so far: what they said about this half is void. */
static void better(struct smcg_world *w, const struct smcg_cpu *c, const u8 *place, bool bytes)
{
	struct smcg_scratch *t = &w->scratch;
	u32 i;

	for (i = 0; i < c->queued; i++)
		if (is_bytes(&c->queue[i]) == bytes)
			t->ambiguous[i] = false;
	memcpy(t->place, place, c->queued);
	memcpy(t->best, t->order, c->queued);
	memcpy(t->best_after, t->after, c->queued);
	memcpy(t->chosen, t->tried, c->queued * sizeof(t->tried[0]));
}

struct search {
	u32 least;			/* disagreements of the best order */
	u32 orders;			/* orders that have no more */
	bool bytes;
};

static void consider(struct smcg_world *w, struct smcg_cpu *c, const u8 *place,
		     struct search *search)
{
	struct smcg_scratch *t = &w->scratch;
	u32 against;

	make_order(t, place, c->queued);
	against = trial(w, c);
	if (against < search->least) {
		search->least = against;
		search->orders = 0;
		better(w, c, place, search->bytes);
	}
	if (against == search->least) {
		reach(t, search->bytes, !search->orders);
		if (search->orders++)
			compare(w, c);
	}
	undo_all(t);
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
	for (k = 0; k < n; k++)
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

/*
 * Leaves the order to take in best[].  Pages and bytes do not touch each other
 * (pages out of bytes are refills of their own), so they are placed apart.
 */
static void choose(struct smcg_world *w, struct smcg_cpu *c)
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
	choose_half(w, c, false);
	choose_half(w, c, true);
}

/* The sum stays exact; where its bytes are is not known for now. */
static void correct_bytes(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_op *op,
			  s64 back)
{
	op->objcg->total += back;
	smcg_obj_blur(w, op->objcg, &c->stock);
}

/* It took effect in a collapse, as the shadow guessed; now the truth is known. */
static void correct(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_op *op, struct smcg_outcome *out)
{
	struct smcg_stock *s = &c->stock;
	bool hit = op->shown == SMCG_SHOWN_HIT;

	*out = op->early;
	if (op->shown != SMCG_SHOWN_HIT && op->shown != SMCG_SHOWN_MISS)
		return;
	if (op->kind == SMCG_OP_OBJ_REFILL && out->pages != op->seen_pages) {
		out->unsure = true;
		correct_bytes(w, c, op, ((s64)out->pages - op->seen_pages) * SMCG_PAGE_BYTES);
		out->pages = op->seen_pages;
	}
	if ((op->kind != SMCG_OP_CONSUME && op->kind != SMCG_OP_OBJ_CONSUME) || out->hit == hit)
		return;
	out->unsure = true;
	out->hit = hit;
	if (op->kind == SMCG_OP_OBJ_CONSUME)
		correct_bytes(w, c, op, hit ? -(s64)op->bytes : (s64)op->bytes);
	else if (s->css == op->css && hit)
		s->low = s->low > op->nr ? s->low - op->nr : 0;
	else if (s->css == op->css)
		s->high += op->nr;
}

/* The object groups of an operation need not wait for it any longer. */
static void release(struct smcg_op *op)
{
	struct smcg_objcg *o = op->objcg;

	if (op->leaves)
		op->leaves->busy--;
	op->leaves = NULL;
	if (!o || op->placed || op->kind == SMCG_OP_BASE)
		return;
	if (op->pinned)
		o->busy--;
	o->open--;
	if (op->kind == SMCG_OP_OBJ_REFILL)
		o->coming -= op->bytes;
}

/* It is still to come after all. */
static void hold_again(struct smcg_op *op)
{
	if (!op->objcg)
		return;
	op->objcg->open++;
	if (op->kind == SMCG_OP_OBJ_REFILL)
		op->objcg->coming += op->bytes;
}

static void effect(struct smcg_world *w, struct smcg_cpu *c, struct smcg_op *op,
		   struct smcg_outcome *out)
{
	if (op->placed)
		correct(w, c, op, out);
	else
		smcg_stock_run(w, &c->stock, op, out);
	if (unlikely(w->drains_open))
		smcg_drain_note(w, c, op);
}

/* Let everything in the queue but @skip take effect for good, in best[] order. */
static void commit(struct smcg_world *w, struct smcg_cpu *c, const bool *skip)
{
	struct smcg_scratch *t = &w->scratch;
	u32 i, told = 0;

	for (i = 0; i < c->queued; i++) {
		u32 at = t->best[i];
		struct smcg_op *op = &c->queue[at];

		take_readings(c, &c->stock, &told, t->best_after[i]);
		if (skip && skip[at])
			continue;
		effect(w, c, op, &t->chosen[at]);
	}
}

/* The common case: one operation, nothing else in its window. */
static void resolve_one(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_op *op = &c->queue[0];
	struct smcg_outcome out;

	c->queued = 0;
	release(op);
	smcg_obj_told(&c->stock, op);
	effect(w, c, op, &out);
	smcg_op_say(w, op, &out, false);
	if (unlikely(w->gone))
		smcg_objcg_sweep(w);
}

/* Bytes put back first may have refilled the stock: that is said before their own. */
static bool said_later(const struct smcg_cpu *c, u32 i, u32 n)
{
	const struct smcg_op *op = &c->queue[i];

	return op->kind == SMCG_OP_OBJ_REFILL && op->pinned && op->last + 1U < n &&
		c->queue[op->last + 1].kind == SMCG_OP_REFILL &&
		c->queue[op->last + 1].caller == SMCG_BY_OBJ_DRAIN;
}

static void say_all(struct smcg_world *w, struct smcg_cpu *c, u32 n)
{
	struct smcg_scratch *t = &w->scratch;
	u32 i, j;

	for (i = 0; i < n; i++) {
		if (c->queue[i].open)
			continue;
		if (!said_later(c, i, n))
			smcg_op_say(w, &c->queue[i], &t->chosen[i], t->ambiguous[i]);
		for (j = 0; j < i; j++)
			if (c->queue[j].last + 1U == i && !c->queue[j].open && said_later(c, j, n))
				smcg_op_say(w, &c->queue[j], &t->chosen[j], t->ambiguous[j]);
	}
}

void smcg_resolve(struct smcg_world *w, struct smcg_cpu *c)
{
	u32 i, n = c->queued;

	if (likely(n == 1)) {
		resolve_one(w, c);
		return;
	}
	for (i = 0; i < n; i++)
		release(&c->queue[i]);
	choose(w, c);
	commit(w, c, NULL);
	widen(w, c);
	c->queued = 0;
	say_all(w, c, n);
	if (unlikely(w->gone))
		smcg_objcg_sweep(w);
}

/* What disagrees in the order chosen. */
static u32 disagreements(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_scratch *t = &w->scratch;
	u32 against;

	make_order(t, t->place, c->queued);
	against = trial(w, c);
	undo_all(t);
	return against;
}

/*
 * What is open may still be to come.  As long as that agrees as well as anything else it is
 * not guessed that it took effect: later events will tell.
 */
static void choose_and_hold(struct smcg_world *w, struct smcg_cpu *c, const bool *skip)
{
	u32 i, least;

	choose(w, c);
	least = disagreements(w, c);
	for (i = 0; i < c->queued; i++) {
		struct smcg_op *op = &c->queue[i];

		if (!op->open || op->placed || op->pinned || skip[i])
			continue;
		op->held_back = true;
		choose(w, c);
		if (disagreements(w, c) <= least)
			continue;
		op->held_back = false;
		choose(w, c);
	}
}

/* Could the bytes be of another object group when this operation takes effect? */
static bool may_switch(const struct smcg_cpu *c, const struct smcg_op *op)
{
	u32 i;

	if (c->stock.objcg != op->objcg)
		return true;
	for (i = 0; i < c->queued; i++) {
		const struct smcg_op *other = &c->queue[i];

		if (other->kind == SMCG_OP_BASE || other->kind == SMCG_OP_OBJ_DRAIN ||
		    (other->seen_switch && other->objcg != op->objcg))
			return true;
	}
	return false;
}

/*
 * The queue is full: what is open, and cannot still be to come, takes effect at the first
 * place that agrees so far, as the shadow expects it, and only waits to be told its outcome.
 * A put-back of bytes shows itself at once, so one not seen is still to come.
 */
void smcg_collapse(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_scratch *t = &w->scratch;
	bool skip[SMCG_QUEUE] = {};
	u32 i, n = c->queued, kept = 0;

	for (i = 0; i < n; i++) {
		const struct smcg_op *op = &c->queue[i];

		skip[i] = op->open && !op->placed &&
			(c->collector == i + 1 || c->putting == i + 1 || op->pinned ||
			 ((op->kind == SMCG_OP_OBJ_REFILL || op->kind == SMCG_OP_OBJ_STATE) &&
			  may_switch(c, op)));
		if (op->open && !op->pinned)
			c->queue[i].last = (u8)(n - 1);
	}
	for (i = 0; i < n; i++)
		if (!skip[i])
			release(&c->queue[i]);
	choose_and_hold(w, c, skip);
	for (i = 0; i < n; i++) {
		if (!c->queue[i].held_back)
			continue;
		c->queue[i].held_back = false;
		hold_again(&c->queue[i]);
		skip[i] = true;
	}
	commit(w, c, skip);
	widen(w, c);
	say_all(w, c, n);
	for (i = 0; i < n; i++) {
		struct smcg_op *op = &c->queue[i];

		if (!op->open)
			continue;
		if (!skip[i]) {
			op->placed = true;
			op->plain = false;
			op->early = t->chosen[i];
			op->early.unsure |= t->ambiguous[i];
		}
		if (c->collector == i + 1)
			c->collector = (u8)(kept + 1);
		if (c->putting == i + 1)
			c->putting = (u8)(kept + 1);
		if (c->level[op->ctx] == i + 1)
			c->level[op->ctx] = (u8)(kept + 1);
		op->last = (u8)kept;
		op->told = 0;
		if (kept != i)
			c->queue[kept] = *op;
		kept++;
	}
	c->queued = (u8)kept;
}
