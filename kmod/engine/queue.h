/* SPDX-License-Identifier: GPL-2.0 */
/*
 * queue.h - operations on the stock of one CPU that are not settled yet.
 *
 * An operation of a window is open until the next event of its level or a
 * lower one.  While one is open, everything else that happens to the stock of
 * that CPU waits behind it, and so do the decisions of that CPU.
 */
#ifndef SMCG_QUEUE_H
#define SMCG_QUEUE_H

#include "counter.h"
#include "notify.h"
#include "over.h"
#include "protect.h"
#include "stock.h"

#define SMCG_QUEUE	120

/* Most uncharges that are collected for one operation. */
#define SMCG_DRAINED	SMCG_PAGE_SLOTS

struct smcg_frame;

enum smcg_op_kind {
	SMCG_OP_WAIT,		/* no effect: a frame waits for its next event */
	SMCG_OP_CONSUME,
	SMCG_OP_REFILL,
	SMCG_OP_DRAIN,
	SMCG_OP_OBJ_CONSUME,
	SMCG_OP_OBJ_REFILL,
	SMCG_OP_OBJ_STATE,
	SMCG_OP_OBJ_DRAIN,
	SMCG_OP_BASE,
	SMCG_OP_SAY,		/* no effect: a finished decision that waits its turn */
};

/* What an SMCG_OP_BASE brings: its caller, and what BASE_SLOT has in c. */
enum smcg_base_slot { SMCG_SLOT_ALL, SMCG_SLOT_PAGES, SMCG_SLOT_BYTES, SMCG_SLOT_NEXT };

/* What a decision says; emit.c adds the rest. */
struct smcg_mark {
	u64 group, over, arg, event;
	u32 tid, nr;
	u16 cpu;
	s16 result;
	u8 kind, ctx, flags;
};

struct smcg_op {
	u64 event;			/* number of the event that opened it */
	u64 pfn;
	u32 css, nr;			/* group and pages */
	u32 tid;
	u32 where;			/* smcg_where(); baseline: index of the slot */
	u32 gfp, task;
	u16 cpu;
	u8 kind, ctx, caller, shown;
	u8 last;			/* index of the last operation inside its window */
	u8 drains;			/* uncharges seen: entries of drain[] */
	/* zeroed from here on */
	struct smcg_frame *frame;	/* that waits on it */
	struct smcg_objcg *objcg;
	u64 pin_event;
	u32 seen_flushed;		/* pages of the object group put back */
	u32 seen_pages;			/* pages given back */
	u32 expect;			/* refill: pages that the shadow expected */
	u32 held;			/* refill: 1 + pages that were there, 0 not told */
	u32 here;			/* 1 + pages of its group as read at its event, 0 not told */
	u32 bytes;
	u32 told;			/* bytes read at its event: 0 not told, 1 of another, 2 + bytes */
	u32 put_told;			/* 1 + bytes read when they were put back, 0 not told */
	u8 goes;			/* refill: 1 + slot that it goes to, as read there, 0 not told */
	bool owns;			/* ... which is its own */
	u8 emptied;			/* 1 + slot of another owner that was seen to be drained, 0 none */
	bool overfull;			/* refill: its own slot was seen to be drained */
	u8 leaving;			/* entries of leaves[] */
	bool past;			/* the lock is held by what it interrupted: past the stock */
	bool holds;			/* what it takes and puts back is counted as busy */
	bool open;
	bool judged;			/* the group is watched */
	bool tracked;			/* its counter operations are events */
	bool pinned;			/* its place is exact */
	bool placed;			/* took effect, mostly before it was closed */
	bool guessed;			/* ... and its outcome may turn out to be another */
	bool settled;			/* ... for good, and only waits to be said */
	bool delayed;			/* a full queue was resolved without it: it may have come before */
	bool held_back;			/* while a full queue is resolved: taken to be still to come */
	bool could_idle;		/* held back where it need not have changed a thing */
	bool stays;			/* found its own at its event: what comes on top of it need not wait */
	bool allow;			/* bytes may become pages; drain: it was queued anew since */
	bool seen_switch;
	bool seen_free;			/* the object group that left was released */
	bool seen_gift;			/* ... with whole pages, which come back as a refill */
	bool committed;			/* legacy: its pages are counted */
	bool plain;			/* first consume of a charge, not placed: for fast.c */
	u32 kmem;			/* legacy: refill of a charge whose kernel memory is counted next */
	/* to here */
	struct { u32 css, nr; u8 slot; } drain[SMCG_DRAINED]; /* slot: 1 + that of the bytes, 0 not told */
	struct smcg_objcg *leaves[SMCG_BYTE_SLOTS]; /* object groups that it puts back, as it seems */
	u32 slot_told[SMCG_BYTE_SLOTS];	/* of several slots: 1 + bytes read as it was put back, 0 not told */
	struct smcg_mark mark;		/* SMCG_OP_SAY */
	struct smcg_outcome early;	/* outcome of a placed operation */
};

/* A request for memory without page frame numbers, until reality has shown whether it had it. */
struct smcg_ask {
	u64 objcg;			/* 0: pages */
	u32 tid, css;
	u32 amount;			/* bytes, or pages */
	u8 caller;
	bool open;
	bool granted;			/* by this world */
	bool refused;			/* by reality, as its last try showed */
	bool inside;			/* its reclaim, or an OOM pass */
};

/**
 * struct smcg_due - legacy: what must follow on a CPU and level.
 * @css: group whose memory+swap follows its memory, 0 nothing does
 * @nr: by so many pages, negative for an uncharge
 * @swapout: group that swaps out, 0 none
 * @owner: group that its swap entry belongs to
 * @entries: pages of it
 * @left: enum smcg_swapout_step that have not been seen
 */
struct smcg_due {
	u32 css;
	s64 nr;
	u32 swapout, owner, entries, left;
};

struct smcg_cpu {
	struct smcg_stock stock;
	union {
		struct {
			u8 open;	/* mask of levels with an open window */
			u8 flights;	/* mask of levels with a counter operation in flight */
			u8 collector;	/* index + 1 of the operation that collects drains */
			u8 putting;	/* index + 1 of a put-back of bytes that refills */
			u8 queued;
			u8 bytes_due;	/* operations on bytes that have not taken effect */
			u8 looks;	/* mask of levels at which a charge looks at memory.high */
			u8 commits;	/* legacy: mask of levels at which pages are about to be counted */
		};
		u64 busy;		/* all of it at once */
	};
	u8 level[SMCG_CTX_NR];		/* index + 1 of the open operation */
	bool online;
	struct smcg_watch *asked;	/* open while reclaim asks what is protected */
	struct smcg_protecting protecting;	/* its task lost the CPU meanwhile */
	u32 shield_css, shield_tid;	/* who asked last, and of what */
	u8 shield;			/* the answer: see shielded() in protect.c */
	bool dead_drain;		/* CPU_DEAD: pages expected */
	struct smcg_ask ask[SMCG_CTX_NR];	/* free mode: of interrupts */
	u32 tried_tid;			/* free mode: whose charge of @tried is not committed */
	u64 tried;			/* free mode: page frame number + 1, 0 none */
	u32 tid;			/* that runs here, 0 idle or not known */
	u16 cpu;
	struct smcg_cpu *tid_next;
	struct smcg_flight flight[SMCG_CTX_NR];
	struct smcg_look look[SMCG_CTX_NR];
	struct smcg_due due[SMCG_CTX_NR];
	struct smcg_commit commit[SMCG_CTX_NR];
	u32 look_css;			/* legacy: whose memory a look that is going on comes to next, 0 none */
	struct smcg_op queue[SMCG_QUEUE];
};

/** smcg_queue_arrive() - an event came: what it ends is closed and settled. */
void smcg_queue_arrive(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/** smcg_queue_above() - a task goes on, or leaves: what was on top of it is over. */
void smcg_queue_above(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/**
 * smcg_queue_let_go() - a group is freed, or the object group @o: nothing of it is under way any more.
 * What waits for the outcome of something else still does.
 */
void smcg_queue_let_go(struct smcg_world *w, struct smcg_cpu *c, u32 css, const struct smcg_objcg *o);

/** smcg_queue_staying() - how many open operations on bytes do not hold up those on top of them. */
u32 smcg_queue_staying(const struct smcg_cpu *c);

/** smcg_queue_left() - nobody is known to run on this CPU. */
void smcg_queue_left(struct smcg_world *w, struct smcg_cpu *c);

/** smcg_queue_close() - the operation that is open at level @ctx is over; @e, or NULL, shows its outcome. */
void smcg_queue_close(struct smcg_world *w, struct smcg_cpu *c, u32 ctx, const struct smcg_event *e);

/* park.c: tasks that lose their CPU inside the kernel. */

/** smcg_park_init() - room for them, where there are any.  Return: 0, -ENOMEM. */
int smcg_park_init(struct smcg_world *w);
void smcg_park_exit(struct smcg_world *w);

/** smcg_preempted() - the task of @e loses its CPU: what it has open is over, or is put aside. */
void smcg_preempted(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/** smcg_resumed() - the task of @e is on this CPU: what was put aside goes on here. */
void smcg_resumed(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/** smcg_park_protected() - somebody has computed what of @g is protected: of others without a CPU it tells no more. */
void smcg_park_protected(struct smcg_world *w, const struct smcg_group *g);

/** smcg_is_parked() - is anything of this task put aside? */
bool smcg_is_parked(const struct smcg_world *w, u32 tid);

/** smcg_park_misread() - in how many places @s is not what was read as a task lost its CPU. */
u32 smcg_park_misread(const struct smcg_stock *s, const struct smcg_event *e);

/** smcg_park_forget() - what is put aside and knows @g is over; NULL: all. */
void smcg_park_forget(struct smcg_world *w, const struct smcg_group *g);
void smcg_park_forget_objcg(struct smcg_world *w, const struct smcg_objcg *o);
/** smcg_park_forget_frame() - nothing waits for that frame any longer. */
void smcg_park_forget_frame(struct smcg_world *w, const struct smcg_frame *f);

/** smcg_parked_op() - operation of the task put aside in place @i, NULL none; i < world.parked. */
const struct smcg_op *smcg_parked_op(const struct smcg_world *w, u32 i);
const struct smcg_flight *smcg_parked_flight(const struct smcg_world *w, u32 i);

/** smcg_queue_room() - about to say something while operations are open: none of them is in want of room as it ends. */
void smcg_queue_room(struct smcg_world *w, struct smcg_cpu *c);

/** smcg_queue_push() - a new operation at the end of the queue. */
struct smcg_op *smcg_queue_push(struct smcg_world *w, struct smcg_cpu *c,
				const struct smcg_event *e, u32 kind);

/** smcg_queue_window() - the operation just pushed is open at its level. */
void smcg_queue_window(struct smcg_cpu *c, struct smcg_op *op);

/** smcg_queue_collect() - the operation just pushed collects the drains that follow. */
void smcg_queue_collect(struct smcg_cpu *c, struct smcg_op *op);

/** smcg_queue_leaves() - a put-back of bytes has begun for this operation. */
void smcg_queue_leaves(struct smcg_cpu *c, struct smcg_op *op);

/** smcg_queue_leaves_too() - of several slots number @slot is seen to be put back, which is of @o. */
void smcg_queue_leaves_too(struct smcg_op *op, struct smcg_objcg *o, u32 slot);

/** smcg_queue_refills() - is the event what an open refill gives back?  Then that is not over. */
bool smcg_queue_refills(struct smcg_cpu *c, const struct smcg_event *e);

/** smcg_queue_drained() - pages given back by a drain on this CPU. Return: false, no one asked. */
bool smcg_queue_drained(struct smcg_cpu *c, const struct smcg_event *e);

/**
 * smcg_queue_begins() - an operation that collects what it drains: with interrupts off, or,
 * where the lock is only tried for, in a window.
 */
void smcg_queue_begins(struct smcg_world *w, struct smcg_cpu *c, struct smcg_op *op);

/**
 * smcg_queue_lock() - what the lock was at the event of the operation just pushed.
 * @state: enum smcg_lock.  If it was held, the operation that this one interrupted has it: that
 * one's place is here, and this one goes past the stock.
 */
void smcg_queue_lock(struct smcg_world *w, struct smcg_cpu *c, struct smcg_op *op, u32 state);

/** smcg_queue_flush() - settle what silence agrees with; @force: everything. */
void smcg_queue_flush(struct smcg_world *w, struct smcg_cpu *c, bool force);

/** smcg_queue_settle() - resolve when nothing is open. */
void smcg_queue_settle(struct smcg_world *w, struct smcg_cpu *c);

static inline bool smcg_op_bytes(const struct smcg_op *op)
{
	return op->kind >= SMCG_OP_OBJ_CONSUME && op->kind <= SMCG_OP_OBJ_DRAIN;
}

/** smcg_op_say() - emit the decision of a settled operation, if it has one. */
void smcg_op_say(struct smcg_world *w, struct smcg_op *op, const struct smcg_outcome *out,
		 bool ambiguous);

/* orders.c: what follows works on world.scratch. */

/**
 * smcg_orders_choose() - leaves the order to take in best[], and what was chosen for each operation.
 * Pages and bytes do not touch each other (pages out of bytes are refills of their own), so
 * they are placed apart.
 */
void smcg_orders_choose(struct smcg_world *w, struct smcg_cpu *c);

/**
 * smcg_orders_try() - what disagrees in the best order, and does not take effect.
 * @idle: would @op change nothing at one of the places in its window?  NULL: not asked
 */
u32 smcg_orders_try(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_op *op, bool *idle);

/** smcg_orders_against() - what disagrees in the order chosen. */
u32 smcg_orders_against(struct smcg_world *w, struct smcg_cpu *c);

/** smcg_orders_widen() - the chosen order took effect: others that agree may have left something else. */
void smcg_orders_widen(struct smcg_world *w, struct smcg_cpu *c);

/**
 * smcg_orders_readings() - what was read at the events up to operation @to, from @from on.
 * Return: how many readings do not lie within what is possible; they count for nothing.
 */
u32 smcg_orders_readings(const struct smcg_cpu *c, struct smcg_stock *s, bool bytes_only,
			 u32 *from, u32 to);

/* resolve.c: find the order that agrees, apply it, emit. */
void smcg_resolve(struct smcg_world *w, struct smcg_cpu *c);
void smcg_collapse(struct smcg_world *w, struct smcg_cpu *c);
/**
 * smcg_resolve_bytes() - no operation on bytes is open: those that wait take effect, whatever
 * the pages wait for.  What they decided is said in its turn.
 */
void smcg_resolve_bytes(struct smcg_world *w, struct smcg_cpu *c);
/** smcg_unplace() - it took effect in a collapse, and is now seen to be only beginning to. */
void smcg_unplace(struct smcg_world *w, struct smcg_cpu *c, struct smcg_op *op);
/** smcg_peek_switch() - would this operation put another object group back, as of now? */
bool smcg_peek_switch(const struct smcg_cpu *c, const struct smcg_op *op);

#endif
