// SPDX-License-Identifier: GPL-2.0
/*
 * park.c - tasks that lose their CPU inside the kernel (7.2).
 *
 * What such a task has open took effect before, or does when it runs again, on whichever CPU:
 * never in between.  What was read of the stock as it lost its CPU tells which.  What is still
 * to come is put aside, so that others have the CPU for themselves, and goes on when the task does.
 *
 * Source: __schedule(), consume_stock(), refill_stock(), trylock_stock() of 7.2: who has a lock of a
 * stock is not preempted.
 */
#include "world.h"

/* More than that are taken to be over. */
#define AWAY_MOST	64

/* Halves of 16 bits in one word. */
#define BYTES_IN_WORD	4

struct smcg_away {
	u32 tid;
	u16 cpu;			/* that it lost */
	bool waiting, flying, looking, watching;
	struct smcg_op op;
	struct smcg_flight flight;
	struct smcg_look look;
	struct smcg_watch *asked;
	struct smcg_protecting protecting;
};

int smcg_park_init(struct smcg_world *w)
{
	if (!w->rules->trylock)
		return 0;
	w->away = smcg_alloc(w, AWAY_MOST * sizeof(*w->away));
	return w->away ? 0 : -ENOMEM;
}

void smcg_park_exit(struct smcg_world *w)
{
	smcg_free(w, w->away, AWAY_MOST * sizeof(*w->away));
}

static bool outside(u32 read, u32 low, u32 high)
{
	return read < low || read > high;
}

u32 smcg_park_misread(const struct smcg_stock *s, const struct smcg_event *e)
{
	u32 i, read, against = 0;

	for (i = 0; s->known && i < s->page_slots; i++) {
		against += outside(e->a >> 8 * i & 0xff, s->page[i].low, s->page[i].high);
		against += !!s->page[i].css != (e->c >> i & 1);
	}
	for (i = 0; s->known_obj && i < s->byte_slots; i++) {
		const struct smcg_byte_slot *b = &s->byte[i];

		against += !!b->objcg != (e->c >> (8 + i) & 1);
		if (b->objcg && !b->objcg->known)
			continue;
		read = i < BYTES_IN_WORD ? e->b >> 16 * i & 0xffff : e->nr;
		against += outside(read, b->low, b->high);
	}
	if (s->known)
		against += s->flushing != !!(e->a & SMCG_SWITCH_PAGES_FLUSHING);
	if (s->known_obj)
		against += s->flushing_obj != !!(e->a & SMCG_SWITCH_BYTES_FLUSHING);
	return against;
}

/*
 * Was it over as its task lost the CPU?  If it was not, it may be that it had changed nothing: that
 * the stock did not have what was asked for.
 */
static bool over(struct smcg_world *w, struct smcg_cpu *c, struct smcg_op *op,
		 const struct smcg_event *e)
{
	struct smcg_scratch *t = &w->scratch;
	bool takes = op->kind == SMCG_OP_CONSUME || op->kind == SMCG_OP_OBJ_CONSUME, idle;
	u32 before, after;

	if (op->placed || op->kind == SMCG_OP_WAIT)
		return false;
	/* That a charge had the lock does not tell what it found. */
	if ((op->pinned && !takes) || op->kind == SMCG_OP_OBJ_REFILL)
		return true;
	if (!(e->a & SMCG_SWITCH_TOLD))
		return false;
	if (!op->pinned)
		op->last = (u8)(c->queued - 1);
	t->read = e;
	op->held_back = true;
	before = smcg_orders_try(w, c, op, &idle);
	/* Nobody tells what a group takes out of its slot that is not mirrored. */
	idle |= op->kind == SMCG_OP_REFILL && !op->tracked && smcg_pages_of(&t->stock, op->css) &&
		op->here + op->nr <= w->batch + 1;
	op->held_back = false;
	after = smcg_orders_try(w, c, op, NULL);
	t->read = NULL;
	op->could_idle |= idle || op->pinned;
	return after < before;
}

/* Whose bytes go is found anew when it goes on. */
static void drop_leaves(struct smcg_op *op)
{
	u32 i;

	for (i = 0; i < op->leaving; i++)
		op->leaves[i]->busy--;
	op->leaving = 0;
}

/* Out of the queue: windows below it there are none, and those above are over. */
static void take_out(struct smcg_cpu *c, struct smcg_op *op, struct smcg_away *away)
{
	u32 at = (u32)(op - c->queue), i;

	c->open &= (u8)~(1U << SMCG_CTX_TASK);
	c->level[SMCG_CTX_TASK] = 0;
	if (smcg_op_bytes(op) && !op->placed)
		c->bytes_due--;
	if (op->kind == SMCG_OP_OBJ_DRAIN)
		drop_leaves(op);
	op->plain = false;
	op->told = 0;
	op->here = 0;
	op->goes = 0;
	away->op = *op;
	away->waiting = true;
	c->queued--;
	for (i = at; i < c->queued; i++) {
		c->queue[i] = c->queue[i + 1];
		if (c->queue[i].last)
			c->queue[i].last--;
	}
	for (i = 0; i < at; i++)
		if (c->queue[i].last >= at && c->queue[i].last)
			c->queue[i].last--;
}

static void park_op(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		    struct smcg_away *away)
{
	struct smcg_op *op;

	if (!(c->open & 1U << SMCG_CTX_TASK))
		return;
	op = &c->queue[c->level[SMCG_CTX_TASK] - 1];
	if (op->tid != e->tid || over(w, c, op, e) || !away) {
		smcg_queue_close(w, c, SMCG_CTX_TASK, NULL);
		return;
	}
	take_out(c, op, away);
}

/* What does not go on here, but with the task. */
static void park_rest(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		      struct smcg_away *away)
{
	if (c->flights & 1U << SMCG_CTX_TASK) {
		away->flight = c->flight[SMCG_CTX_TASK];
		away->flying = true;
		smcg_counter_parked(w, &away->flight, true);
		c->flight[SMCG_CTX_TASK].group = NULL;
		c->flights &= (u8)~(1U << SMCG_CTX_TASK);
	}
	if (c->looks & 1U << SMCG_CTX_TASK) {
		away->look = c->look[SMCG_CTX_TASK];
		away->looking = true;
		smcg_over_parked(w, &away->look, e);
		c->look[SMCG_CTX_TASK].memory = NULL;
		c->look[SMCG_CTX_TASK].swap = NULL;
		c->looks &= (u8)~(1U << SMCG_CTX_TASK);
	}
	away->asked = c->asked;
	c->asked = NULL;
	if (away->asked) {
		away->protecting = c->protecting;
		smcg_protect_parked(away->asked, &away->protecting, e);
	}
}

/* On this CPU it goes on where it was. */
static void restore(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_away *away)
{
	struct smcg_op *op;

	if (away->flying) {
		smcg_counter_parked(w, &away->flight, false);
		c->flight[SMCG_CTX_TASK] = away->flight;
		c->flight[SMCG_CTX_TASK].done = 0;
		c->flight[SMCG_CTX_TASK].due = 0;
		c->flights |= 1U << SMCG_CTX_TASK;
	}
	if (away->looking) {
		c->look[SMCG_CTX_TASK] = away->look;
		smcg_over_resumed(w, &c->look[SMCG_CTX_TASK]);
		c->looks |= 1U << SMCG_CTX_TASK;
	}
	if (away->asked) {
		struct smcg_group *g = away->asked->level[0].group;

		/* If it has not computed yet, it sees what is there from now on. */
		smcg_watch_close(w, c->asked);
		smcg_watch_close(w, away->asked);
		c->asked = smcg_watch_open(w, g, SMCG_COUNTER_MEMORY, SMCG_WATCH_HIGH, 2, 0);
		c->protecting = away->protecting;
	}
	if (!away->waiting)
		return;
	if (c->queued == SMCG_QUEUE)
		smcg_collapse(w, c);
	op = &c->queue[c->queued++];
	*op = away->op;
	op->cpu = c->cpu;
	op->event = w->stats.events;
	op->pinned = false;
	op->last = (u8)(c->queued - 1);
	if (op->frame) {
		op->frame->wait_cpu = c;
		op->frame->cpu = c->cpu;
	}
	if (smcg_op_bytes(op) && !op->placed)
		c->bytes_due++;
	if (op->kind == SMCG_OP_OBJ_DRAIN && !op->placed)
		smcg_queue_leaves(c, op);
	smcg_queue_window(c, op);
}

static struct smcg_away *find(const struct smcg_world *w, u32 tid)
{
	u32 i;

	for (i = 0; i < w->parked; i++)
		if (w->away[i].tid == tid)
			return &w->away[i];
	return NULL;
}

void smcg_park_protected(struct smcg_world *w, const struct smcg_group *g)
{
	u32 i;

	for (i = 0; i < w->parked; i++)
		if (w->away[i].asked && w->away[i].asked->level[0].group == g)
			w->away[i].protecting.others = true;
}

bool smcg_is_parked(const struct smcg_world *w, u32 tid)
{
	return find(w, tid);
}

/* What the task itself charges, not what interrupts it. */
static struct smcg_frame *charge_of(struct smcg_world *w, u32 tid)
{
	return smcg_frame_find(w, smcg_frame_key(tid, SMCG_CTX_TASK, 0));
}

static void take(struct smcg_world *w, struct smcg_away *at, struct smcg_away *away)
{
	*away = *at;
	*at = w->away[--w->parked];
}

void smcg_resumed(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_away *at = find(w, e->tid), away;
	struct smcg_frame *frame = charge_of(w, e->tid);
	struct smcg_event here = *e;

	smcg_watches_parked(frame, false);
	smcg_try_parked(w, frame, false);
	/* Of others that ran here before, nothing is open any longer. */
	here.type = SMCG_EV_PREEMPTED;
	here.ctx = SMCG_CTX_TASK;
	if (at) {
		take(w, at, &away);
		smcg_queue_arrive(w, c, &here);
		restore(w, c, &away);
	} else if (c->tid != e->tid) {
		smcg_queue_arrive(w, c, &here);
	}
	if (w->drains_open)
		smcg_drain_parked(w, e, false);
}

void smcg_preempted(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_frame *frame;
	struct smcg_away *away;

	if (!e->tid || e->ctx != SMCG_CTX_TASK || !w->away)
		return;
	if (c->tid != e->tid)
		smcg_resumed(w, c, e);
	away = w->parked < AWAY_MOST ? &w->away[w->parked] : NULL;
	if (away) {
		memset(away, 0, offsetof(struct smcg_away, op));
		away->asked = NULL;
		away->tid = e->tid;
		away->cpu = c->cpu;
		park_rest(w, c, e, away);
	}
	frame = charge_of(w, e->tid);
	smcg_try_parked(w, frame, true);
	if (away)
		away->watching = smcg_watches_parked(frame, true);
	smcg_queue_above(w, c, e);
	park_op(w, c, e, away);
	smcg_queue_left(w, c);
	if (w->drains_open)
		smcg_drain_parked(w, e, true);
	if (away && (away->waiting || away->flying || away->looking || away->asked ||
		     away->watching))
		w->parked++;
	smcg_queue_settle(w, c);
}

/* It is over, wherever it took effect. */
static void give_up(struct smcg_world *w, struct smcg_away *at)
{
	struct smcg_cpu *c = &w->cpus[at->cpu];
	struct smcg_away away;

	take(w, at, &away);
	smcg_watches_parked(charge_of(w, away.tid), false);
	smcg_queue_flush(w, c, true);
	restore(w, c, &away);
	smcg_queue_flush(w, c, true);
}

static bool knows(const struct smcg_away *away, const struct smcg_group *g)
{
	const struct smcg_group *up;

	if (away->waiting && away->op.css == g->css)
		return true;
	for (up = away->flying ? away->flight.group : NULL; up; up = up->parent)
		if (up == g)
			return true;
	for (up = away->looking ? away->look.group : NULL; up; up = up->parent)
		if (up == g)
			return true;
	return away->asked && (away->asked->level[0].group == g ||
			       (away->asked->nr > 1 && away->asked->level[1].group == g));
}

void smcg_park_forget(struct smcg_world *w, const struct smcg_group *g)
{
	u32 i = w->parked;

	while (i-- > 0)
		if (i < w->parked && (!g || knows(&w->away[i], g)))
			give_up(w, &w->away[i]);
}

void smcg_park_forget_objcg(struct smcg_world *w, const struct smcg_objcg *o)
{
	u32 i = w->parked;

	while (i-- > 0)
		if (i < w->parked && w->away[i].waiting && w->away[i].op.objcg == o)
			give_up(w, &w->away[i]);
}

void smcg_park_forget_frame(struct smcg_world *w, const struct smcg_frame *f)
{
	u32 i;

	for (i = 0; i < w->parked; i++)
		if (w->away[i].waiting && w->away[i].op.frame == f)
			w->away[i].op.frame = NULL;
}

const struct smcg_op *smcg_parked_op(const struct smcg_world *w, u32 i)
{
	return w->away[i].waiting ? &w->away[i].op : NULL;
}

const struct smcg_flight *smcg_parked_flight(const struct smcg_world *w, u32 i)
{
	return w->away[i].flying ? &w->away[i].flight : NULL;
}
