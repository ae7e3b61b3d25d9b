// SPDX-License-Identifier: GPL-2.0
/*
 * resolve.c - queued operations take effect in the order that orders.c finds, and
 * their decisions are said; also of a queue that is full before all is known.
 */
#include "world.h"

bool smcg_peek_switch(const struct smcg_cpu *c, const struct smcg_op *op)
{
	if (c->bytes_due != 1 || !c->stock.known_obj)
		return true;
	return !smcg_bytes_in(&c->stock, op->objcg);
}

/*
 * The sum stays exact; where its bytes are is not known for now, unless it was clear from the
 * first that the outcome might be another.
 */
static void correct_bytes(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_op *op,
			  s64 back)
{
	smcg_obj_add(w, op->objcg, op, back);
	if (!op->early.guessed)
		smcg_obj_blur(w, op->objcg, &c->stock);
}

/* Was as much given back as was expected when it took effect? */
static bool drained_as(const struct smcg_op *op, const struct smcg_outcome *out)
{
	u64 seen = 0, expected = (u64)out->drained_other + out->drained_self;
	u32 i;

	if (!op->tracked && op->kind == SMCG_OP_REFILL)
		return true;
	for (i = 0; i < op->drains; i++)
		seen += op->drain[i].nr;
	for (i = 0; i < out->gones; i++)
		expected += out->gone[i].nr;
	return seen == expected;
}

/* When it took effect was guessed in a collapse; now the truth is known. */
static void correct(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_op *op, struct smcg_outcome *out)
{
	struct smcg_page_slot *p = smcg_pages_of(&c->stock, op->css);
	bool hit = op->shown == SMCG_SHOWN_HIT;

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
	else if (p && hit)
		p->low = p->low > op->nr ? p->low - op->nr : 0;
	else if (p)
		p->high += op->nr;
}

/*
 * It is on its way, or (@by -1) over: bytes that it brings are still to come, and so are those
 * that it was guessed to take.
 */
static void coming(struct smcg_op *op, s32 by)
{
	struct smcg_objcg *o = op->objcg;

	if (!o || (op->placed && !op->guessed) || op->kind == SMCG_OP_BASE)
		return;
	o->open += (u32)by;
	if (op->placed ? op->kind == SMCG_OP_OBJ_CONSUME && op->early.hit :
	    op->kind == SMCG_OP_OBJ_REFILL)
		o->coming += (s64)by * op->bytes;
}

void smcg_unplace(struct smcg_world *w, struct smcg_cpu *c, struct smcg_op *op)
{
	coming(op, -1);
	op->early.guessed = false;
	if (op->kind == SMCG_OP_OBJ_REFILL)
		correct_bytes(w, c, op, (s64)op->early.pages * SMCG_PAGE_BYTES - op->bytes);
	op->placed = false;
	op->guessed = false;
	op->could_idle = false;
	c->bytes_due++;
	coming(op, 1);
}

/* The object groups that it takes and puts back are in its hands, or (@by -1) no longer. */
static void holding(struct smcg_op *op, s32 by)
{
	u32 i;

	for (i = 0; i < op->leaving; i++)
		op->leaves[i]->busy += (u32)by;
	if (op->holds && op->objcg)
		op->objcg->busy += (u32)by;
}

/* The object groups of an operation need not wait for it any longer. */
static void release(struct smcg_op *op)
{
	holding(op, -1);
	if (!op->placed)
		coming(op, -1);
	op->leaving = 0;
	op->holds = false;
}

static void effect(struct smcg_world *w, struct smcg_cpu *c, struct smcg_op *op,
		   struct smcg_outcome *out)
{
	if (op->settled) {
		*out = op->early;
		return;
	}
	if (op->placed) {
		if (!op->open && op->guessed) {
			coming(op, -1);
			op->guessed = false;
		}
		*out = op->early;
		if (op->kind == SMCG_OP_REFILL || op->kind == SMCG_OP_DRAIN)
			out->agrees &= drained_as(op, out);
		correct(w, c, op, out);
	} else {
		smcg_stock_run(w, &c->stock, op, out);
		op->guessed = out->guessed;
		if (unlikely(op->delayed) && op->kind == SMCG_OP_CONSUME) {
			bool hit = out->hit;

			correct(w, c, op, out);
			out->agrees |= out->hit != hit;
		}
	}
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

		smcg_orders_readings(c, &c->stock, false, &told, t->best_after[i]);
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
	c->bytes_due = 0;
	release(op);
	smcg_obj_told(&c->stock, op);
	smcg_pages_told(&c->stock, op);
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
	c->bytes_due = 0;
	say_all(w, c, n);
	if (unlikely(w->gone))
		smcg_objcg_sweep(w);
}

/* It waits to take effect on bytes, or to be told that its outcome was another. */
static bool due(const struct smcg_op *op)
{
	return smcg_op_bytes(op) && !op->settled && !op->open;
}

/*
 * A change of owner that found its own changes nothing, unless what came on top of it took that away:
 * then it comes behind it. What is on top does the same in either case.
 */
static void hold_staying(struct smcg_cpu *c, bool held)
{
	u32 i;

	for (i = 0; i < c->queued; i++) {
		struct smcg_op *op = &c->queue[i];

		if (!op->open || !op->stays)
			continue;
		op->held_back = held;
		op->could_idle = true;
		if (!held)
			op->told = 0;
		c->bytes_due += !held;
	}
}

void smcg_resolve_bytes(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_scratch *t = &w->scratch;
	u32 i, told = 0;

	/* A baseline sets both halves: all waits for it. */
	for (i = 0; i < c->queued; i++)
		if (c->queue[i].kind == SMCG_OP_BASE)
			return;
	for (i = 0; i < c->queued; i++)
		if (due(&c->queue[i]))
			release(&c->queue[i]);
	c->bytes_due = 0;
	hold_staying(c, true);
	t->bytes_only = true;
	smcg_orders_choose(w, c);
	t->bytes_only = false;
	if (unlikely(w->drains_open))
		smcg_drain_doubt(w, c);
	for (i = 0; i < c->queued; i++) {
		u32 at = t->best[i];

		smcg_orders_readings(c, &c->stock, true, &told, t->best_after[i]);
		if (!due(&c->queue[at]))
			continue;
		effect(w, c, &c->queue[at], &t->chosen[at]);
		if (unlikely(w->drains_open))
			smcg_drain_doubt(w, c);
	}
	smcg_orders_widen(w, c);
	for (i = 0; i < c->queued; i++) {
		struct smcg_op *op = &c->queue[i];

		if (!due(op))
			continue;
		op->early = t->chosen[i];
		op->early.unsure |= t->ambiguous[i];
		op->placed = true;
		op->settled = true;
		op->objcg = NULL;
		op->told = 0;
	}
	hold_staying(c, false);
	if (unlikely(w->gone))
		smcg_objcg_sweep(w);
}

u32 smcg_queue_staying(const struct smcg_cpu *c)
{
	u32 level, n = 0;

	for (level = 0; c->open >> level; level++)
		n += c->open >> level & 1 && c->queue[c->level[level] - 1].stays;
	return n;
}

/* Is an operation on bytes under way that those after it have to wait for? */
static bool bytes_open(const struct smcg_cpu *c)
{
	u32 level;

	if (c->putting || (c->collector && smcg_op_bytes(&c->queue[c->collector - 1])))
		return true;
	for (level = 0; level < SMCG_CTX_NR; level++) {
		const struct smcg_op *op;

		if (!(c->open & 1U << level))
			continue;
		op = &c->queue[c->level[level] - 1];
		if (smcg_op_bytes(op) && !op->placed && !op->stays)
			return true;
	}
	return false;
}

void smcg_queue_settle(struct smcg_world *w, struct smcg_cpu *c)
{
	if (!c->queued)
		return;
	if (!c->open && !c->collector && !c->putting)
		smcg_resolve(w, c);
	else if (c->bytes_due > smcg_queue_staying(c) && !bytes_open(c))
		smcg_resolve_bytes(w, c);
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
	u32 i, least, against;

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
		against = smcg_orders_against(w, c);
		if (against <= least) {
			least = against;
			continue;
		}
		op->held_back = false;
		smcg_orders_choose(w, c);
	}
}

/* Where the lock is tried for: does @on_top leave alone what @op has locked? */
static bool apart(const struct smcg_cpu *c, const struct smcg_op *op, const struct smcg_op *on_top)
{
	if (c->stock.page_slots == 1)
		return false;
	return on_top->past || on_top->kind == SMCG_OP_SAY || on_top->kind == SMCG_OP_WAIT ||
		smcg_op_bytes(on_top) != smcg_op_bytes(op);
}

/* Is it still changing the owner of the bytes, with interrupts off, or with the lock held? */
static bool switching(const struct smcg_cpu *c, const struct smcg_op *op)
{
	u32 i;

	if (!op->pinned)
		return false;
	for (i = op->last + 1U; i < c->queued; i++)
		if (c->queue[i].ctx > op->ctx && !apart(c, op, &c->queue[i]))
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

	c->bytes_due = 0;
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
		if (!c->queue[i].placed)
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
		if (skip[i]) {
			holding(&c->queue[i], 1);
			continue;
		}
		c->queue[i].leaving = 0;
		c->queue[i].holds = false;
	}
	say_all(w, c, n);
	for (i = 0; i < n; i++) {
		struct smcg_op *op = &c->queue[i];

		if (!op->open)
			continue;
		if (!skip[i] && !op->placed) {
			op->placed = true;
			op->plain = false;
			op->stays = false;
			op->early = t->chosen[i];
			op->early.unsure |= t->ambiguous[i];
			if (smcg_op_bytes(op) && op->early.unsure && !op->guessed) {
				op->guessed = true;
				coming(op, 1);
			}
		}
		if (c->collector == i + 1)
			c->collector = (u8)(kept + 1);
		if (c->putting == i + 1)
			c->putting = (u8)(kept + 1);
		if (c->level[op->ctx] == i + 1)
			c->level[op->ctx] = (u8)(kept + 1);
		op->last = (u8)kept;
		op->told = 0;
		op->delayed |= !op->placed;
		c->bytes_due += smcg_op_bytes(op) && !op->placed;
		if (kept != i)
			c->queue[kept] = *op;
		kept++;
	}
	c->queued = (u8)kept;
}

static bool names(const struct smcg_op *op, u32 css, const struct smcg_objcg *o)
{
	return o ? op->objcg == o : op->css == css;
}

static bool named(const struct smcg_cpu *c, u32 css, const struct smcg_objcg *o)
{
	u32 i;

	for (i = 0; i < c->queued; i++)
		if (names(&c->queue[i], css, o))
			return true;
	return false;
}

void smcg_queue_let_go(struct smcg_world *w, struct smcg_cpu *c, u32 css, const struct smcg_objcg *o)
{
	u32 level, least = SMCG_CTX_NR;

	for (level = 0; level < SMCG_CTX_NR; level++)
		if (!o && c->flights & 1U << level && c->flight[level].group->css == css) {
			smcg_counter_landed(&c->flight[level]);
			c->flights &= (u8)~(1U << level);
		}
	if (!named(c, css, o))
		return;
	if (c->collector && names(&c->queue[c->collector - 1], css, o)) {
		c->queue[c->collector - 1].open = false;
		c->collector = 0;
	}
	for (level = 0; level < SMCG_CTX_NR && least == SMCG_CTX_NR; level++)
		if (c->open & 1U << level && names(&c->queue[c->level[level] - 1], css, o))
			least = level;
	for (level = SMCG_CTX_NR; level-- > least;)
		if (c->open & 1U << level)
			smcg_queue_close(w, c, level, NULL);
	smcg_queue_settle(w, c);
	if (named(c, css, o))
		smcg_collapse(w, c);
}
