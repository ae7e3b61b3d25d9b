// SPDX-License-Identifier: GPL-2.0
/*
 * orders.c - the order in which queued operations took effect.
 *
 * An operation whose window held others may have taken effect before, among
 * or after them.  Places are tried from the first on; the first order that
 * agrees with all that was seen (with most of it, if none does) is taken.
 * Of very many orders some are tried, and then all, what disagrees being given up at once (search_all()).
 * When a later one agrees too but decides something else, the decision is
 * ambiguous, and what they leave behind is kept as an interval (reach.c).
 */
#include "world.h"

#define MAX_CHOICES	16
#define MAX_ORDERS	256
#define STILL_TO_COME	0xff

/* Halves of a stock. */
#define PAGES		1U
#define BYTES		2U

/* In world.scratch.visited: a state that was met, and one from which an order goes on that agrees. */
#define VISITED		2U
#define AGREES		1U

static u64 mixed(u64 key, u64 more)
{
	key = (key ^ more) * 0x9e3779b97f4a7c15ULL;
	return key ^ key >> 29;
}

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

/* Operation i takes effect after event place[i].  Returns how many do so within the first @n events. */
static u32 make_order(struct smcg_scratch *t, const u8 *place, u32 n)
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
	return at;
}

static u32 readings(const struct smcg_cpu *c, struct smcg_stock *s, u32 halves, u32 *from, u32 to)
{
	u32 against = 0;

	for (; *from <= to; ++*from) {
		if (halves & BYTES)
			against += smcg_obj_told(s, &c->queue[*from]);
		if (halves & PAGES)
			against += smcg_pages_told(s, &c->queue[*from]);
	}
	return against;
}

u32 smcg_orders_readings(const struct smcg_cpu *c, struct smcg_stock *s, bool bytes_only,
			 u32 *from, u32 to)
{
	return readings(c, s, bytes_only ? BYTES : PAGES | BYTES, from, to);
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

/* Does it wait for its turn, in one of @halves?  A baseline sets both. */
static bool takes_part(const struct smcg_op *op, u32 halves)
{
	return !op->placed && !op->held_back &&
		(halves & (smcg_op_bytes(op) ? BYTES : PAGES) || op->kind == SMCG_OP_BASE);
}

/*
 * Runs the first @nr operations of the order and all that was told within the first @events, of @halves; stops at
 * what disagrees if @stop. Leaves its effects in place until undo_all().  Returns what disagrees.
 */
static u32 run_order(struct smcg_world *w, struct smcg_cpu *c, u32 nr, u32 events, u32 halves, bool stop)
{
	struct smcg_scratch *t = &w->scratch;
	u32 i, told = 0, against = 0;

	t->stock = c->stock;
	t->undos = 0;
	t->unlikely = 0;
	t->trial = true;
	for (i = 0; i < nr && !(stop && against); i++) {
		const struct smcg_op *op = &c->queue[t->order[i]];

		against += readings(c, &t->stock, halves, &told, t->after[i]);
		if (unlikely(t->asked) && t->after[i] >= t->asked - c->queue)
			t->idle |= smcg_stock_could_idle(w, &t->stock, t->asked);
		if (!takes_part(op, halves))
			continue;
		smcg_stock_run(w, &t->stock, op, &t->tried[t->order[i]]);
		against += !t->tried[t->order[i]].agrees;
		t->unlikely += t->tried[t->order[i]].unlikely && !op->open;
	}
	if (events && !(stop && against))
		against += readings(c, &t->stock, halves, &told, events - 1);
	t->trial = false;
	return against;
}

/* Runs the whole order. */
static u32 trial(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_scratch *t = &w->scratch;
	u32 against = run_order(w, c, c->queued, c->queued, t->bytes_only ? BYTES : PAGES | BYTES, false);

	if (unlikely(t->asked))
		t->idle |= smcg_stock_could_idle(w, &t->stock, t->asked);
	if (unlikely(t->read))
		against += smcg_park_misread(&t->stock, t->read);
	return against;
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

/* What took effect up to event @to, of @halves: was it decided otherwise than in the order chosen? */
static void compare(struct smcg_world *w, const struct smcg_cpu *c, const u8 *place, u32 halves, u32 to)
{
	struct smcg_scratch *t = &w->scratch;
	u32 i;

	for (i = 0; i < c->queued; i++)
		if (place[i] <= to && takes_part(&c->queue[i], halves) && !decides_alike(&t->chosen[i], &t->tried[i]))
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

/* Return: there is no better one so far. */
static bool consider(struct smcg_world *w, struct smcg_cpu *c, const u8 *place,
		     struct search *search)
{
	struct smcg_scratch *t = &w->scratch;
	u32 against;

	if (!nests(c, place, search->bytes))
		return false;
	make_order(t, place, c->queued);
	against = trial(w, c);
	if (against < search->least) {
		search->least = against;
		search->unlikely = t->unlikely;
		search->orders = 0;
		better(w, c, place, search->bytes);
	}
	if (against == search->least) {
		smcg_orders_reach(t, search->bytes, !search->orders);
		if (search->orders++)
			compare(w, c, place, PAGES | BYTES, c->queued);
		/* Of those that agree the one that asks for least. */
		if (t->unlikely < search->unlikely)
			take_it(w, c, place);
		search->unlikely = min(search->unlikely, t->unlikely);
	}
	undo_all(t);
	return against == search->least;
}

/* All of a state, and what it asks for, go into its key: two that share one would be taken for the same. */
static u64 key_of(const struct smcg_scratch *t)
{
	const struct smcg_stock *s = &t->stock;
	u64 key = (u64)t->unlikely << 40 | (u64)s->known << 32 | (u64)s->known_obj << 24 | (u64)s->overfull << 16 |
		(u64)s->page_next << 8 | s->byte_next;
	u64 aside = 0;
	u32 i;

	for (i = 0; i < s->page_slots; i++)
		key = mixed(mixed(key, s->page[i].css), s->page[i].low | (u64)s->page[i].high << 32);
	for (i = 0; i < s->byte_slots; i++) {
		key = mixed(key, s->byte[i].objcg ? s->byte[i].objcg->id : 0);
		key = mixed(key, s->byte[i].low | (u64)s->byte[i].high << 32);
	}
	/* What is set aside, of those that have changed, in whichever order. */
	for (i = 0; i < t->undos; i++) {
		const struct smcg_objcg *o = t->undo[i].objcg;

		aside += mixed(mixed(mixed(0, o->id), o->low | (u64)o->high << 32), (u64)o->total);
	}
	return mixed(key, aside);
}

/*
 * Was the search here before: as many events, the same ones still to come, the same stock?
 * @slot: where that is kept; SMCG_VISITS: nowhere, the place is taken
 */
static bool been_here(struct smcg_scratch *t, u32 n, u32 late, u16 *slot)
{
	u64 key = mixed(mixed(1, (u64)n << 32 | late), key_of(t));
	u32 at = (u32)(key >> 32) % SMCG_VISITS, state = ((u32)key & ~AGREES) | VISITED;
	bool been = (t->visited[at] & ~AGREES) == state;

	if (!t->visited[at])
		t->visited[at] = state;
	*slot = (t->visited[at] & ~AGREES) == state ? (u16)at : SMCG_VISITS;
	return been;
}

/* May those of @now take effect as event @at is over, while those of @late are still to come? */
static bool may_come(const struct smcg_cpu *c, const u8 *choice, u32 n, u32 at, u32 now, u32 late)
{
	u32 k, inner;

	for (k = 0; k < n; k++) {
		if (late & 1U << k && c->queue[choice[k]].last == at)
			return false;
		for (inner = k + 1; now & 1U << k && inner < n; inner++)
			if (late & 1U << inner && c->queue[choice[inner]].ctx > c->queue[choice[k]].ctx)
				return false;
	}
	return true;
}

static void put_at(u8 *place, const u8 *choice, u32 n, u32 at, u32 now)
{
	u32 k;

	for (k = 0; k < n; k++) {
		if (place[choice[k]] == at)
			place[choice[k]] = STILL_TO_COME;
		if (now & 1U << k)
			place[choice[k]] = (u8)at;
	}
}

/* An order agrees that went this way. */
static void agreed(struct smcg_scratch *t, const u16 *slot, u32 to)
{
	u32 i;

	for (i = 0; i < to; i++)
		t->visited[slot[i]] |= AGREES;
}

/*
 * Is it worth going on behind event @at?  Not if it disagrees, and not from where the search went on before: from
 * there all is the same again, and only what came before may be decided otherwise.
 */
static bool goes_on(struct smcg_world *w, struct smcg_cpu *c, const u8 *place, u32 half, u32 at, u32 late,
		    u16 *slot)
{
	struct smcg_scratch *t = &w->scratch;
	bool good = !run_order(w, c, make_order(t, place, at + 1), at + 1, half, true);

	if (good && been_here(t, at, late, &slot[at])) {
		good = false;
		if (t->visited[slot[at]] & AGREES) {
			compare(w, c, place, half, at);
			agreed(t, slot, at);
		}
	}
	undo_all(t);
	return good;
}

/*
 * All that agree: event by event, where what disagrees is given up at once; the other half may disagree. Few
 * windows are open at a time, so there are few states to be in.
 */
static void search_all(struct smcg_world *w, struct smcg_cpu *c, struct search *search,
		       const u8 *choice, u32 n)
{
	struct smcg_scratch *t = &w->scratch;
	u8 place[SMCG_QUEUE];
	u16 *due = t->due, *now = t->now, *slot = t->state;
	u32 k, at = 0, visits = SMCG_VISITS, half = search->bytes ? BYTES : PAGES;
	bool next = false;

	memcpy(place, t->place, sizeof(place));
	for (k = 0; k < n; k++)
		place[choice[k]] = STILL_TO_COME;
	memset(t->visited, 0, sizeof(t->visited));
	due[0] = choice[0] == 0;
	now[0] = 0;
	while (visits--) {
		if (next) {
			now[at] = (u16)((now[at] - due[at]) & due[at]);
			if (!now[at]) {
				put_at(place, choice, n, at, 0);
				if (!at--)
					return;
				continue;
			}
		}
		put_at(place, choice, n, at, now[at]);
		next = true;
		if (!may_come(c, choice, n, at, now[at], due[at] & ~now[at]) ||
		    !goes_on(w, c, place, half, at, due[at] & ~now[at], slot))
			continue;
		if (at + 1 == c->queued) {
			if (consider(w, c, place, search))
				agreed(t, slot, at + 1);
			continue;
		}
		due[at + 1] = due[at] & (u16)~now[at];
		at++;
		for (k = 0; k < n; k++)
			due[at] |= (u16)((choice[k] == at) << k);
		now[at] = 0;
		next = false;
	}
}

static void move_each(struct smcg_world *w, struct smcg_cpu *c, struct search *search,
		      const u8 *choice, u32 n)
{
	struct smcg_scratch *t = &w->scratch;
	u8 place[SMCG_QUEUE];
	u32 k, at;

	for (k = n; k-- > 0;) {
		memcpy(place, t->place, sizeof(place));
		for (at = choice[k]; at <= c->queue[choice[k]].last; at++) {
			place[choice[k]] = (u8)at;
			if (at != t->place[choice[k]])
				consider(w, c, place, search);
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
	u32 k, at, from;

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
	move_each(w, c, search, choice, n);
	move_each(w, c, search, choice, n);
	search_all(w, c, search, choice, n);
	move_each(w, c, search, choice, n);
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
