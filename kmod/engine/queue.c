// SPDX-License-Identifier: GPL-2.0
/*
 * queue.c - when an operation on a stock is over, and what was shown of it.
 *
 * See "Order" in MODEL.md.  What follows an operation in its own task and
 * level tells its outcome: a miss is followed by a try, a put-back of bytes by
 * its drain; anything else says that it was a hit, or that nothing was due.
 */
#include "world.h"

/* Decisions that closing an operation may put behind it. */
#define ROOM	6

static u32 tid_bucket(u32 tid)
{
	return (tid * 0x9e3779b1U) >> 22 & (SMCG_TID_BUCKETS - 1);
}

void smcg_queue_room(struct smcg_world *w, struct smcg_cpu *c)
{
	if (unlikely(c->queued > SMCG_QUEUE - 2 * ROOM))
		smcg_collapse(w, c);
}

struct smcg_op *smcg_queue_push(struct smcg_world *w, struct smcg_cpu *c,
				const struct smcg_event *e, u32 kind)
{
	struct smcg_op *op;

	if (unlikely(c->queued == SMCG_QUEUE))
		smcg_collapse(w, c);
	op = &c->queue[c->queued++];
	memset((u8 *)op + offsetof(struct smcg_op, frame), 0,
	       offsetof(struct smcg_op, drain) - offsetof(struct smcg_op, frame));
	op->event = w->stats.events;
	op->cpu = c->cpu;
	op->kind = (u8)kind;
	op->shown = SMCG_SHOWN_ANY;
	op->drains = 0;
	op->last = (u8)(c->queued - 1);
	if (smcg_op_bytes(op))
		memset(op->slot_told, 0, sizeof(op->slot_told));
	if (!e)
		return op;
	op->css = e->group;
	op->nr = e->nr;
	op->tid = e->tid;
	op->ctx = e->ctx;
	op->caller = e->caller;
	return op;
}

static void tid_remove(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_cpu **at = &w->tids[tid_bucket(c->tid)];

	for (; *at; at = &(*at)->tid_next) {
		if (*at == c) {
			*at = c->tid_next;
			break;
		}
	}
	c->tid = 0;
}

void smcg_queue_window(struct smcg_cpu *c, struct smcg_op *op)
{
	op->open = true;
	c->open |= (u8)(1U << op->ctx);
	c->level[op->ctx] = (u8)(op - c->queue + 1);
}

/* Remember which task runs on the CPU, 0: none. */
static void tid_here(struct smcg_world *w, struct smcg_cpu *c, u32 tid)
{
	struct smcg_cpu **bucket = &w->tids[tid_bucket(tid)];

	if (c->tid)
		tid_remove(w, c);
	if (!tid)
		return;
	c->tid = tid;
	c->tid_next = *bucket;
	*bucket = c;
}

void smcg_queue_collect(struct smcg_cpu *c, struct smcg_op *op)
{
	op->open = true;
	c->collector = (u8)(op - c->queue + 1);
}

static void leaves(struct smcg_op *op, struct smcg_objcg *o)
{
	if (!o)
		return;
	op->leaves[op->leaving++] = o;
	o->busy++;
}

void smcg_queue_begins(struct smcg_world *w, struct smcg_cpu *c, struct smcg_op *op)
{
	if (w->rules->trylock)
		smcg_queue_window(c, op);
	else
		smcg_queue_collect(c, op);
}

/* One of many slots: what goes for it, or all of them in a flush, as of now. */
static void slots_leave(const struct smcg_cpu *c, struct smcg_op *op)
{
	const struct smcg_stock *s = &c->stock;
	u32 i;

	if (op->objcg) {
		if (smcg_bytes_in(s, op->objcg))
			return;
		leaves(op, s->byte[smcg_bytes_goes(s, op->objcg)].objcg);
		op->objcg->busy++;
		op->holds = true;
		return;
	}
	for (i = 0; i < s->byte_slots; i++)
		leaves(op, s->byte[i].objcg);
}

void smcg_queue_leaves(struct smcg_cpu *c, struct smcg_op *op)
{
	struct smcg_objcg *o = c->stock.byte[0].objcg;
	u64 last = 0;
	u32 i;

	if (c->stock.byte_slots > 1) {
		slots_leave(c, op);
		return;
	}
	/* The last that came, which need not be the last that began. */
	for (i = 0; i < c->queued; i++) {
		const struct smcg_op *other = &c->queue[i];

		if (other == op || !other->seen_switch || other->placed || other->pin_event < last)
			continue;
		last = other->pin_event;
		o = other->objcg;
	}
	leaves(op, o);
	if (op->objcg)
		op->objcg->busy++;
	op->holds = op->objcg;
}

void smcg_queue_leaves_too(struct smcg_op *op, struct smcg_objcg *o, u32 slot)
{
	u32 i;

	for (i = 0; i < op->leaving; i++)
		if (op->leaves[i] == o)
			return;
	/* What was thought to be there when it began, behind others that wait, is not. */
	if (op->leaving == SMCG_BYTE_SLOTS)
		op->leaves[slot]->busy--;
	else
		slot = op->leaving++;
	op->leaves[slot] = o;
	o->busy++;
}

/* The operation that this event continues, or that collects with interrupts off. */
static struct smcg_op *collecting(struct smcg_cpu *c, const struct smcg_event *e)
{
	if (c->collector)
		return &c->queue[c->collector - 1];
	if (!(c->open & 1U << e->ctx))
		return NULL;
	return &c->queue[c->level[e->ctx] - 1];
}

bool smcg_queue_drained(struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_op *op = collecting(c, e);
	bool bytes = e->caller == SMCG_BY_OBJ_DRAIN;
	u32 most;

	if (!op)
		return false;
	switch (op->kind) {
	case SMCG_OP_REFILL:
		most = bytes ? 0 : 2;
		break;
	case SMCG_OP_DRAIN:
		most = bytes ? 0 : c->stock.page_slots;
		break;
	case SMCG_OP_OBJ_REFILL:
		most = bytes ? 1 : 0;
		break;
	case SMCG_OP_OBJ_DRAIN:
		/* with one slot the pages are a refill's */
		most = bytes ? c->stock.byte_slots : 2;
		break;
	default:
		most = 0;
	}
	if (op->drains >= most)
		return false;
	op->drain[op->drains].css = e->group;
	op->drain[op->drains].slot = bytes ? op->emptied : 0;
	op->drain[op->drains++].nr = e->nr;
	return true;
}

/* Does it take the lock of the pages? */
static bool locks(const struct smcg_world *w, const struct smcg_op *op)
{
	if (op->past || op->placed)
		return false;
	if (op->kind == SMCG_OP_CONSUME || op->kind == SMCG_OP_REFILL)
		return op->nr <= w->batch;
	return op->kind == SMCG_OP_DRAIN;
}

void smcg_queue_lock(struct smcg_world *w, struct smcg_cpu *c, struct smcg_op *op, u32 state)
{
	struct smcg_op *below;
	u32 level = op->ctx;

	if (!w->rules->trylock || state != SMCG_LOCK_HELD)
		return;
	op->past = true;
	op->pinned = true;
	op->pin_event = op->event;
	/* A put-back of bytes has the lock before it is seen: what is open below need not be the one. */
	if (smcg_op_bytes(op))
		return;
	/* Further below: a level in between may have it for a group that is not mirrored. */
	if (!level || !(c->open & 1U << (level - 1)))
		return;
	below = &c->queue[c->level[level - 1] - 1];
	if (!locks(w, below) || below->pinned)
		return;
	below->pinned = true;
	below->pin_event = below->event;
	below->last = (u8)(op - c->queue - 1);
}

static bool same_task(const struct smcg_op *op, const struct smcg_event *e)
{
	return e && e->ctx == op->ctx && e->tid == op->tid;
}

/* It has the lock from here on: what came on top of it before did so before it, or went past it. */
static void pin(const struct smcg_cpu *c, struct smcg_op *op)
{
	if (op->pinned || op->placed)
		return;
	op->pinned = true;
	op->pin_event = op->event;
	op->last = (u8)(c->queued - 1);
}

/* Where the lock is tried for: what a refill, a flush or a put-back of bytes gives back in its window. */
static bool gives_back(struct smcg_cpu *c, struct smcg_op *op, const struct smcg_event *e)
{
	bool pages = op->kind == SMCG_OP_REFILL || op->kind == SMCG_OP_DRAIN;
	bool bytes = op->kind == SMCG_OP_OBJ_REFILL || op->kind == SMCG_OP_OBJ_DRAIN;

	if (c->stock.page_slots == 1)
		return false;
	switch (e->type) {
	case SMCG_EV_COUNTER_UNCHARGE:
		if (pages)
			return e->caller == SMCG_BY_DRAIN || e->caller == SMCG_BY_REFILL;
		return bytes && (e->caller == SMCG_BY_OBJ_DRAIN || e->caller == SMCG_BY_OBJ_FREE);
	case SMCG_EV_SLOT_DRAIN:
		return pages;
	case SMCG_EV_OBJ_DRAIN:
		return bytes;
	case SMCG_EV_OBJCG_FREE:
		return bytes && (!op->objcg || op->objcg->id != e->a);
	}
	return false;
}

bool smcg_queue_refills(struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_op *op;

	if (!(c->open & 1U << e->ctx))
		return false;
	op = &c->queue[c->level[e->ctx] - 1];
	return op->kind == SMCG_OP_REFILL && same_task(op, e) && gives_back(c, op, e);
}

/* Does the event continue an operation that is under way? */
static bool continues(struct smcg_cpu *c, struct smcg_op *op, const struct smcg_event *e)
{
	if (!same_task(op, e))
		return false;
	if (gives_back(c, op, e)) {
		pin(c, op);
		return true;
	}
	if (op->kind != SMCG_OP_OBJ_REFILL && op->kind != SMCG_OP_OBJ_STATE)
		return false;
	switch (e->type) {
	case SMCG_EV_OBJ_DRAIN:
		return !op->seen_switch && (op->placed || smcg_peek_switch(c, op));
	case SMCG_EV_REFILL:
		if (op->seen_gift && e->caller == SMCG_BY_OTHER) {
			op->seen_gift = false;
			return true;
		}
		if (!op->seen_switch || e->caller != SMCG_BY_OBJ_DRAIN)
			return false;
		op->seen_flushed = e->nr;
		return true;
	case SMCG_EV_OBJCG_FREE:
		/* The old one's last reference goes between the put-back and the pages. */
		op->seen_free = op->seen_switch;
		return op->seen_free;
	case SMCG_EV_COUNTER_UNCHARGE:
		return op->seen_switch && e->caller == SMCG_BY_DRAIN;
	case SMCG_EV_KMEM_UNCHARGE:
		if (op->seen_free && e->a != op->objcg->id) {
			op->seen_gift = true;
			return true;
		}
		if (op->kind == SMCG_OP_OBJ_REFILL && e->a == op->objcg->id &&
		    e->caller == SMCG_BY_OBJ)
			op->seen_pages = e->nr;
		return false;
	}
	return false;
}

/* What the next event of its level (NULL: none came) says about an operation. */
static u32 shown_by(struct smcg_world *w, struct smcg_op *op, const struct smcg_event *e)
{
	struct smcg_frame *f = op->frame;

	if (f) {
		f->wait_cpu = NULL;
		op->frame = NULL;
		if (!same_task(op, e))
			e = NULL;
		if (f->kind == SMCG_FRAME_HIGH)
			return smcg_high_shown(w, f, e);
		return smcg_charge_shown(w, f, e);
	}
	if (op->kind == SMCG_OP_CONSUME && same_task(op, e) && e->type == SMCG_EV_TRY_ENTER &&
	    e->caller == SMCG_BY_CHARGE && e->group == op->css) {
		smcg_charge_missed(w, op);
		return SMCG_SHOWN_MISS;
	}
	if (op->kind == SMCG_OP_OBJ_CONSUME && same_task(op, e) && e->type == SMCG_EV_CHARGE &&
	    e->caller == SMCG_BY_OBJ)
		return SMCG_SHOWN_MISS;
	return SMCG_SHOWN_HIT;
}

void smcg_queue_close(struct smcg_world *w, struct smcg_cpu *c, u32 ctx, const struct smcg_event *e)
{
	struct smcg_op *op;

	if (c->queued > SMCG_QUEUE - ROOM)
		smcg_collapse(w, c);
	op = &c->queue[c->level[ctx] - 1];
	c->open &= (u8)~(1U << ctx);
	c->level[ctx] = 0;
	op->open = false;
	if (op->placed && smcg_op_bytes(op))
		c->bytes_due++;		/* its outcome is */
	if (!op->pinned)
		op->last = (u8)(c->queued - 1);
	op->shown = (u8)shown_by(w, op, e);
	if (w->legacy && op->kind == SMCG_OP_CONSUME && op->shown == SMCG_SHOWN_HIT)
		smcg_notify_hit(w, c, op, e);
}

static void land(struct smcg_cpu *c, u32 ctx)
{
	u32 level;

	for (level = 0; level < SMCG_CTX_NR; level++) {
		if (!(c->flights & 1U << level))
			continue;
		if (level < ctx && !c->flight[level].irq_off)
			continue;
		smcg_counter_landed(&c->flight[level]);
		c->flights &= (u8)~(1U << level);
	}
}

/* What went on with interrupts off is over, unless it only now refills. */
static void end_collector(struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_op *op;

	if (c->putting) {
		c->queue[c->putting - 1].open = false;
		c->putting = 0;
	}
	if (!c->collector)
		return;
	op = &c->queue[c->collector - 1];
	if (op->kind == SMCG_OP_OBJ_DRAIN && e && e->type == SMCG_EV_REFILL &&
	    e->caller == SMCG_BY_OBJ_DRAIN) {
		op->seen_flushed = e->nr;
		c->putting = c->collector;
	} else {
		op->open = false;
	}
	c->collector = 0;
}

/*
 * Windows of this level and higher ones are over, unless the event continues one.
 * So is every window of another task, whatever its level: that task was switched
 * out, and an interrupt on top of it had to end first.
 */
static void end_windows(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	u32 level;

	for (level = SMCG_CTX_NR; level-- > 0;) {
		struct smcg_op *op;

		if (!(c->open & 1U << level))
			continue;
		op = &c->queue[c->level[level] - 1];
		if (level < e->ctx && op->tid == e->tid)
			continue;
		if (level == e->ctx && continues(c, op, e))
			continue;
		/* They only tell when what is waited for begins. */
		if ((e->type == SMCG_EV_MARGIN || e->type == SMCG_EV_DRAIN_TRY) && op->frame &&
		    same_task(op, e))
			continue;
		smcg_queue_close(w, c, level, e);
	}
}

/* The task of the event is here: whatever it did on another CPU is over. */
static void moved(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_cpu *old = w->tids[tid_bucket(e->tid)];
	u32 level;

	while (old && old->tid != e->tid)
		old = old->tid_next;
	if (!old || old == c)
		return;
	end_collector(old, NULL);
	if (old->looks)
		smcg_over_look(w, old, e);
	if (old->commits)
		smcg_notify_flush(w, old, e);
	for (level = SMCG_CTX_NR; level-- > 0;)
		if (old->open & 1U << level)
			smcg_queue_close(w, old, level, e);
	smcg_queue_settle(w, old);
	tid_remove(w, old);
}

void smcg_queue_above(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	u32 level;

	if (c->looks)
		smcg_over_look(w, c, e);
	for (level = SMCG_CTX_NR; --level > SMCG_CTX_TASK;) {
		if (c->flights & 1U << level)
			smcg_counter_landed(&c->flight[level]);
		c->flights &= (u8)~(1U << level);
		if (c->open & 1U << level)
			smcg_queue_close(w, c, level, e);
	}
}

void smcg_queue_left(struct smcg_world *w, struct smcg_cpu *c)
{
	if (c->tid)
		tid_remove(w, c);
}

void smcg_queue_arrive(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	bool drained = e->type == SMCG_EV_COUNTER_UNCHARGE && e->caller == SMCG_BY_DRAIN;
	bool looks = c->looks && (e->type == SMCG_EV_REFILL_RET || e->type == SMCG_EV_HIGH_SEEN);

	if (unlikely(w->parked) && e->tid && e->type != SMCG_EV_PREEMPTED && smcg_is_parked(w, e->tid))
		smcg_resumed(w, c, e);
	if (c->flights)
		land(c, e->ctx);
	if (unlikely(e->type == SMCG_EV_CHARGE_RET)) {
		if (c->looks)
			smcg_over_look(w, c, e);
		return;
	}
	if (c->commits)
		smcg_notify_arrive(w, c, e);
	if (e->type == SMCG_EV_COUNTER_RET) {
		smcg_over_again(w, c, e->ctx);
		return;
	}
	if (unlikely(looks)) {
		if (e->type == SMCG_EV_REFILL_RET)
			smcg_over_ready(w, c, e);
		else
			smcg_over_seen(c, e);
		if (w->rules->trylock)
			return;
	}
	if (c->collector && drained)
		return;
	end_collector(c, e);
	if (c->looks && !looks)
		smcg_over_look(w, c, e);
	if (c->open)
		end_windows(w, c, e);
	if (e->tid != c->tid) {
		if (e->tid)
			moved(w, c, e);
		tid_here(w, c, e->tid);
	}
	smcg_queue_settle(w, c);
}

/* Would the shadow expect nothing more of an open operation? */
static bool quiet(const struct smcg_world *w, const struct smcg_cpu *c, const struct smcg_op *op)
{
	const struct smcg_stock *s = &c->stock;
	const struct smcg_page_slot *p = smcg_pages_in(s, op->css);
	const struct smcg_byte_slot *b = smcg_bytes_in(s, op->objcg);
	const struct smcg_frame *f = op->frame;

	if (f && f->kind == SMCG_FRAME_HIGH)
		return true;
	if (f && f->state == SMCG_ST_RECLAIMED && smcg_after_quiet(w, f))
		return true;
	if (f && f->state != SMCG_ST_RETRY && f->state != SMCG_ST_RECLAIMED)
		return f->state == SMCG_ST_NOMEM_DUE;
	if (c->queued > 1)
		return true;
	switch (op->kind) {
	case SMCG_OP_CONSUME:
		return p && p->high >= op->nr && op->nr <= w->batch && !op->past;
	case SMCG_OP_OBJ_CONSUME:
		return !op->judged || (b && b->high >= op->bytes && !op->past);
	case SMCG_OP_OBJ_REFILL:
	case SMCG_OP_OBJ_STATE:
		return op->seen_switch || b || s->byte_slots > 1;
	}
	return true;
}

void smcg_queue_flush(struct smcg_world *w, struct smcg_cpu *c, bool force)
{
	u32 level;

	land(c, SMCG_CTX_TASK);
	end_collector(c, NULL);
	if (c->looks)
		smcg_over_look(w, c, NULL);
	smcg_notify_flush(w, c, NULL);
	for (level = SMCG_CTX_NR; level-- > 0;) {
		if (!(c->open & 1U << level))
			continue;
		if (force || quiet(w, c, &c->queue[c->level[level] - 1]))
			smcg_queue_close(w, c, level, NULL);
	}
	smcg_queue_settle(w, c);
}
