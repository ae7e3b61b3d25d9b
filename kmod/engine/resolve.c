// SPDX-License-Identifier: GPL-2.0
/*
 * resolve.c - queued operations take effect in the order that orders.c finds, and
 * their decisions are said; also of a queue that is full before all is known.
 */
#include "world.h"

bool smcg_peek_switch(const struct smcg_cpu *c, const struct smcg_op *op)
{
	if (c->queued != 1 || !c->stock.known_obj)
		return true;
	return c->stock.objcg != op->objcg;
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

/* It is on its way, or (@by -1) over: bytes that it brings are still to come. */
static void coming(struct smcg_op *op, s32 by)
{
	struct smcg_objcg *o = op->objcg;

	if (!o || op->placed || op->kind == SMCG_OP_BASE)
		return;
	o->open += (u32)by;
	if (op->kind == SMCG_OP_OBJ_REFILL)
		o->coming += (s64)by * op->bytes;
}

void smcg_unplace(struct smcg_world *w, struct smcg_cpu *c, struct smcg_op *op)
{
	if (op->kind == SMCG_OP_OBJ_REFILL)
		correct_bytes(w, c, op, (s64)op->early.pages * SMCG_PAGE_BYTES - op->bytes);
	op->placed = false;
	op->could_idle = false;
	coming(op, 1);
}

/* The object groups that it takes and puts back are in its hands, or (@by -1) no longer. */
static void holding(struct smcg_op *op, s32 by)
{
	if (op->leaves)
		op->leaves->busy += (u32)by;
	if (op->objcg && op->pinned && !op->placed && op->kind != SMCG_OP_BASE)
		op->objcg->busy += (u32)by;
}

/* The object groups of an operation need not wait for it any longer. */
static void release(struct smcg_op *op)
{
	holding(op, -1);
	coming(op, -1);
	op->leaves = NULL;
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

/* What is held back up to event @to may have taken place here, if that changed nothing. */
static void note_idle(struct smcg_world *w, struct smcg_cpu *c, const bool *skip, u32 to)
{
	u32 i;

	for (i = 0; i <= to; i++) {
		struct smcg_op *op = &c->queue[i];

		if (skip[i] && !op->could_idle)
			op->could_idle = smcg_stock_could_idle(w, &c->stock, op);
	}
}

/* Let everything in the queue but @skip take effect for good, in best[] order. */
static void commit(struct smcg_world *w, struct smcg_cpu *c, const bool *skip)
{
	struct smcg_scratch *t = &w->scratch;
	u32 i, told = 0;

	for (i = 0; i < c->queued; i++) {
		u32 at = t->best[i];
		struct smcg_op *op = &c->queue[at];

		smcg_orders_readings(c, &c->stock, &told, t->best_after[i]);
		if (skip && skip[at])
			continue;
		if (skip)
			note_idle(w, c, skip, t->best_after[i]);
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
	smcg_orders_choose(w, c);
	commit(w, c, NULL);
	smcg_orders_widen(w, c);
	c->queued = 0;
	say_all(w, c, n);
	if (unlikely(w->gone))
		smcg_objcg_sweep(w);
}

/* Take all that is open to be still to come, or nothing of it. */
static void hold_back(struct smcg_cpu *c, const bool *skip, bool held)
{
	u32 i;

	for (i = 0; i < c->queued; i++) {
		struct smcg_op *op = &c->queue[i];

		op->held_back = held && op->open && !op->placed && !op->pinned && !skip[i];
	}
}

/*
 * What is open may still be to come.  As long as that agrees as well as anything else it is
 * not guessed that it took effect: later events will tell.  Mostly all agrees then, at once.
 */
static void choose_and_hold(struct smcg_world *w, struct smcg_cpu *c, const bool *skip)
{
	u32 i, least;

	hold_back(c, skip, true);
	smcg_orders_choose(w, c);
	if (!smcg_orders_against(w, c))
		return;
	hold_back(c, skip, false);
	smcg_orders_choose(w, c);
	least = smcg_orders_against(w, c);
	for (i = 0; i < c->queued; i++) {
		struct smcg_op *op = &c->queue[i];

		if (!op->open || op->placed || op->pinned || skip[i])
			continue;
		op->held_back = true;
		smcg_orders_choose(w, c);
		if (smcg_orders_against(w, c) <= least)
			continue;
		op->held_back = false;
		smcg_orders_choose(w, c);
	}
}

/* Is it still changing the owner of the bytes, with interrupts off? */
static bool switching(const struct smcg_cpu *c, const struct smcg_op *op)
{
	u32 i;

	if (!op->pinned)
		return false;
	for (i = op->last + 1U; i < c->queued; i++)
		if (c->queue[i].ctx > op->ctx)
			return false;
	return true;
}

/*
 * The queue is full: what is open, and cannot still be to come, takes effect at the first
 * place that agrees so far, as the shadow expects it, and only waits to be told its outcome.
 */
void smcg_collapse(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_scratch *t = &w->scratch;
	bool skip[SMCG_QUEUE] = {};
	u32 i, n = c->queued, kept = 0;

	for (i = 0; i < n; i++) {
		const struct smcg_op *op = &c->queue[i];

		skip[i] = op->open && !op->placed &&
			(c->collector == i + 1 || c->putting == i + 1 || switching(c, op));
		if (op->open && !op->pinned)
			c->queue[i].last = (u8)(n - 1);
	}
	/* What this CPU itself has in its hands does not race with what it did before. */
	for (i = 0; i < n; i++) {
		holding(&c->queue[i], -1);
		coming(&c->queue[i], -1);
	}
	choose_and_hold(w, c, skip);
	for (i = 0; i < n; i++) {
		skip[i] |= c->queue[i].held_back;
		c->queue[i].held_back = false;
		if (skip[i])
			coming(&c->queue[i], 1);
	}
	commit(w, c, skip);
	smcg_orders_widen(w, c);
	for (i = 0; i < n; i++) {
		if (skip[i])
			holding(&c->queue[i], 1);
		else
			c->queue[i].leaves = NULL;
	}
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
