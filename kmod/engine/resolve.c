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

		smcg_orders_readings(c, &c->stock, &told, t->best_after[i]);
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
	smcg_orders_widen(w, c);
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
