/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frame.h - what a task is in the middle of, one level of context at a time.
 *
 * A frame of a charge is made when its stock missed; a hit never needs one.
 * Frames of one (tid, ctx) nest: a charge inside the reclaim of another.
 */
#ifndef SMCG_FRAME_H
#define SMCG_FRAME_H

#include "overlap.h"

struct smcg_cpu;

enum smcg_frame_kind {
	SMCG_FRAME_CHARGE,
	SMCG_FRAME_TRY,		/* a try whose charge is not an event, or of swap */
	SMCG_FRAME_HIGH,	/* reclaim_high */
	SMCG_FRAME_OVER,	/* mem_cgroup_handle_over_high */
	SMCG_FRAME_RECLAIM,	/* reclaim that nobody judges */
	SMCG_FRAME_DRAIN,	/* a drain that nobody judges */
	SMCG_FRAME_SOCK,	/* legacy: socket memory is charged */
};

enum smcg_frame_state {
	SMCG_ST_RETRY,		/* consumes, then tries */
	SMCG_ST_TRYING,
	SMCG_ST_SURPLUS,	/* a refill is due */
	SMCG_ST_RECLAIM_DUE,
	SMCG_ST_RECLAIMING,
	SMCG_ST_RECLAIMED,	/* margin, drain, budget, OOM: see charge.c */
	SMCG_ST_DRAINING,
	SMCG_ST_OOM,
	SMCG_ST_FORCE_DUE,
	SMCG_ST_NOMEM_DUE,
	SMCG_ST_OVER,
	SMCG_ST_MEMORY_DUE,	/* legacy: memory+swap went through, memory is tried next */
	SMCG_ST_UNDO_DUE,	/* legacy: memory did not, memory+swap is given back */
};

struct smcg_frame {
	struct smcg_frame *next;	/* in the hash, or spare */
	struct smcg_frame *outer;	/* of the same (tid, ctx) */
	struct smcg_watch *watch;
	struct smcg_watch *swap_watch;	/* over: of the swap counters */
	struct smcg_watch *memsw;	/* legacy: the margin of memory+swap */
	struct smcg_group *group;
	struct smcg_group *over;	/* last group found over its limit */
	struct smcg_group *at;		/* high: next level to look at */
	struct smcg_cpu *wait_cpu;	/* where its operation waits, NULL none */
	u64 event;			/* that moved it last */
	u64 since;			/* end of its last reclaim */
	u64 pfn;
	u64 key;
	u32 tid, nr, batch, gfp, task, where;
	u32 tried;			/* pages of the try in flight */
	u32 surplus;
	u64 mask;			/* of its drain */
	u32 reclaimed;
	s32 retries_low, retries_high;
	u16 cpu;
	u8 ctx, kind, state, caller;
	u8 drained;			/* enum smcg_maybe */
	u8 mutex;			/* of drains, at the end of its reclaim: SMCG_MUTEX_* */
	u8 drain;			/* slot + 1 of its open drain */
	u8 counter;
	bool past;			/* the lock of the stock is held by what it interrupted */
	bool no_swap;			/* legacy: memory+swap was over, reclaim must not swap */
	bool passed_oom;
	bool notified;			/* legacy: of OOM, as was seen */
	bool raised_max;
	bool may_drain;			/* counted in world.may_drain */
	bool inside;			/* high: its reclaim has begun; over: a round has */
	bool near;			/* the margin was read just before it was looked at */
	bool checked;			/* it was looked at, and this is what there was: */
	u8 room, room_told, room_still;	/* enum smcg_maybe, see smcg_watch_room() */
	bool unsure;			/* the way to its next step was ambiguous */
	bool parked;			/* in a try, and without a CPU */
	bool untried;			/* it had not taken effect when the task lost its CPU */
	bool refused;			/* it had been refused by then */
	bool went;			/* a CPU was lost since the last reading */
	u32 read[SMCG_READ_LEVELS];	/* what was read as it was found refused */
};

#define SMCG_FRAME_BUCKETS	1024

/** smcg_frame_key() - name of (tid, ctx), or (cpu, ctx). */
static inline u64 smcg_frame_key(u32 tid, u32 ctx, u32 cpu)
{
	if (tid && ctx == SMCG_CTX_TASK)
		return tid;
	return 1ULL << 63 | (u64)cpu << 8 | ctx;
}

/** smcg_frame_top() - innermost frame of the event's task and level, or NULL. */
struct smcg_frame *smcg_frame_top(struct smcg_world *w, const struct smcg_event *e);

struct smcg_frame *smcg_frame_find(struct smcg_world *w, u64 key);

/** smcg_frame_push() - a new innermost frame.  Return: NULL without memory. */
struct smcg_frame *smcg_frame_push(struct smcg_world *w, u32 tid, u32 ctx, u32 cpu, u32 kind);

/** smcg_frame_pop() - it is over; what it watched and waited for is let go. */
void smcg_frame_pop(struct smcg_world *w, struct smcg_frame *f);

/** smcg_frame_forget() - drop frames that know @group; NULL: all. */
void smcg_frame_forget(struct smcg_world *w, const struct smcg_group *group);
void smcg_frame_free_all(struct smcg_world *w);

#endif
