/* SPDX-License-Identifier: GPL-2.0 */
/* world.h - the inside of a world; for engine files only. */
#ifndef SMCG_WORLD_H
#define SMCG_WORLD_H

#include "engine.h"
#include "counter.h"
#include "frame.h"
#include "notify.h"
#include "oom.h"
#include "over.h"
#include "overlap.h"
#include "owner.h"
#include "page.h"
#include "pressure.h"
#include "profile.h"
#include "protect.h"
#include "queue.h"
#include "stock.h"

/* Events of a group, as memory.events counts them. */
enum smcg_count {
	SMCG_COUNT_LOW,
	SMCG_COUNT_HIGH,
	SMCG_COUNT_MAX,
	SMCG_COUNT_OOM,
	SMCG_COUNT_OOM_KILL,
	SMCG_COUNT_OOM_GROUP_KILL,
	SMCG_COUNT_SWAP_HIGH,
	SMCG_COUNT_SWAP_MAX,
	SMCG_COUNT_SWAP_FAIL,
	SMCG_COUNT_NR,
};

/* Lines of memory.stat, in pages: stat.c. */
struct smcg_stat {
	s64 kernel, sock;		/* of the group and all below it */
	u64 pgpgin, pgpgout;		/* folios charged to and uncharged from the group alone */
	bool known;			/* the first two */
	bool paged;			/* the others */
};

struct smcg_group {
	struct smcg_group *parent;	/* NULL below the root, and for the root */
	struct smcg_counter counter[SMCG_COUNTER_NR];
	u64 id;
	u32 css;
	u32 flags;
	u32 parent_css;
	u16 depth;			/* levels above, the root not counted */
	bool is_root;
	bool oom_group;			/* memory.oom.group */
	bool ever;			/* has been seen before */
	bool alone;			/* legacy: its events are not its parent's, too */
	bool oom_off;			/* legacy: the OOM killer is off */
	u32 children;
	u32 id_users;			/* being online, and its swap entries */
	bool id_known;			/* ... all of them */
	u64 soft_limit;			/* legacy, in pages */
	struct smcg_page_events *page_events;	/* legacy: by CPU, NULL none yet */
	struct smcg_thresholds *thresholds[SMCG_THRESHOLD_COUNTERS]; /* legacy: NULL none */
	struct smcg_pressure *pressure;	/* legacy: NULL nothing told yet */
	s64 kmem;			/* of the group alone */
	struct smcg_stat stat;
	u64 swap_high_doubts;		/* swap high events that may be one more or less */
	u64 emin, elow;			/* protected, as reclaim computed it last */
	u64 debt;			/* free mode: pages that reality granted and this world did not */
	u64 count[SMCG_COUNT_NR];
	u64 local[SMCG_COUNT_NR];
	struct smcg_page_list pages;
	struct smcg_objcg *objcgs;
};

/* Most pages that one event can be about. */
#define SMCG_PAGES_MAX	(1u << 24)

#define SMCG_DRAINS	8

/* Of a stock: all of it, or its pages where bytes are drained apart; and those bytes. */
enum smcg_half { SMCG_HALF_PAGES, SMCG_HALF_BYTES, SMCG_HALVES };

/* A drain of all stocks that is going on. */
struct smcg_drain {
	bool open;
	u32 root_css;
	u64 key;
	u64 seq;			/* event that opened it */
	u64 before[SMCG_HALVES];	/* CPUs that it would flush, as read at its entry */
	bool told;			/* @before was read */
	u8 *cpu[SMCG_HALVES];		/* per CPU: SMCG_DRAIN_* */
};

#define SMCG_DRAIN_WANT	(1u << 0)	/* predicted at its start */
#define SMCG_DRAIN_MAYBE	(1u << 1)	/* changed meanwhile */
#define SMCG_DRAIN_DONE	(1u << 2)	/* the real drain has passed it */
#define SMCG_DRAIN_REAL	(1u << 3)	/* the real drain flushed it */
#define SMCG_DRAIN_OWED	(1u << 4)	/* because it owed something, as read then */
#define SMCG_DRAIN_AGAIN	(1u << 5)	/* asked again when its task, which has no CPU, goes on */
#define SMCG_DRAIN_LATE	(1u << 6)	/* may be flushed because of what it owed before that */

#define SMCG_MOVE_STEPS	6

/**
 * struct smcg_move - charges that move with a task, one at a time on the whole host.
 * @began: event at which it began
 * @ended: event at which the last one ended
 * @tid: who moves
 * @to: new group
 * @from: old one, 0 not known yet
 * @precharge: pages charged to the new one for what is still to move
 * @moved: pages that have changed hands
 * @swapped: swap entries that have
 * @entries: the same, of the move that ended last
 * @left: mask of the steps that end it, not seen yet
 * @nr: pages of each of them
 */
struct smcg_move {
	u64 began, ended;
	u32 tid, to, from;
	s64 precharge;
	u32 moved, swapped, entries;
	u32 left;
	u32 nr[SMCG_MOVE_STEPS];
	bool open;
};

#define SMCG_TID_BUCKETS	1024
#define SMCG_UNDO	512

struct smcg_undo {
	struct smcg_objcg *objcg;
	u32 holders, low, high, open;
	s64 total, coming;
	bool known;
};

/* Tasks that may have been in the middle of a charge at the baseline, as they are met. */
#define SMCG_JOINED	64
#define SMCG_STRAYS	64

struct smcg_away;

struct smcg_joined {
	u32 tid;
	bool over;		/* seen to begin another */
};

/* What is remembered of a task between its charges; of two that share a place the later one. */
#define SMCG_TASKS	256

struct smcg_task {
	u32 tid;		/* 0 nobody */
	u32 state;		/* SMCG_TASK_*, as its slow path told last */
	struct smcg_ask ask;	/* free mode */
	u32 noted_css;		/* group whose OOM is noted in it, 0 none */
	u32 noted_order;
};

#define SMCG_VISITS	4096

/* Room for orders.c and resolve.c, too big for a stack. */
struct smcg_scratch {
	struct smcg_stock stock;
	struct smcg_outcome chosen[SMCG_QUEUE];
	struct smcg_outcome tried[SMCG_QUEUE];
	u8 place[SMCG_QUEUE], order[SMCG_QUEUE], best[SMCG_QUEUE];
	u8 after[SMCG_QUEUE];		/* order: the last operation whose event came before */
	u8 best_after[SMCG_QUEUE];
	bool ambiguous[SMCG_QUEUE];
	struct smcg_undo undo[SMCG_UNDO];
	u32 undos;
	struct smcg_stock reach;	/* what all orders that agree can leave */
	struct smcg_undo reached[SMCG_UNDO];
	u32 reaches;
	u32 unlikely;			/* what the order tried asks for that nobody told */
	u32 visited[SMCG_VISITS + 1];	/* states that a search has been in, by hash; the last is for none */
	/* by event: windows that are open, those that end there, and the state then */
	u16 due[SMCG_QUEUE], now[SMCG_QUEUE], state[SMCG_QUEUE];
	u32 orders[2];			/* that agree, for pages and for bytes */
	bool bytes_only;		/* the pages wait for something else */
	bool trial;			/* object groups are written to undo[] first */
	const struct smcg_event *read;	/* what was read behind all that is queued, NULL nothing */
	const struct smcg_op *asked;	/* an operation held back, NULL none ... */
	bool idle;			/* ... would it have changed nothing at any place in its window? */
};

/** smcg_orders_reach() - the order just tried agrees: what it leaves of pages or @bytes is possible.  @first: nothing else is yet. */
void smcg_orders_reach(struct smcg_scratch *t, bool bytes, bool first);

struct smcg_world {
	struct smcg_world_config config;
	const struct smcg_rules *rules;
	const struct smcg_rules *stream;	/* of the kernel that the events are of */
	u32 batch;

	/* the event at hand and what it brings */
	struct smcg_decision *out;
	u32 nr_out;
	u64 now;
	u64 digest;

	struct smcg_group **groups;	/* by css id */
	u32 nr_slots;
	u32 root_css;
	struct smcg_cpu *cpus;

	struct smcg_watch *watches, *watches_spare;
	struct smcg_frame **frames, *frames_spare;
	struct smcg_cpu **tids;
	struct smcg_objcg **objcgs;
	struct smcg_objcg *gone;	/* forgotten, still to be put back by an operation */
	u32 objcg_buckets, nr_objcgs;
	struct smcg_drain drain[SMCG_DRAINS];
	struct smcg_away *away;		/* of tasks that lost their CPU, where there are such */
	u32 parked;			/* how many */
	u32 drains_open;
	u64 drain_opened;		/* event at which one began last */
	u64 drain_ended;		/* event at which one ended last */
	bool joins;			/* watched pages were there at the baseline: join.c */
	u32 nr_joined;
	struct smcg_joined joined[SMCG_JOINED];
	u32 strays;			/* told in the baseline, not seen to begin a charge since */
	u32 stray[SMCG_STRAYS];		/* the first of them */
	struct smcg_task task[SMCG_TASKS];
	struct smcg_scan scan;
	u32 settles;			/* task that settles OOM at the end of its fault, 0 none */
	struct smcg_over *over;		/* by task */
	struct smcg_owners owners;
	u64 listens;			/* legacy: who came to listen for memory pressure, or went */
	u32 hz;				/* jiffies in a second */
	bool recursive_protection;	/* memory_recursiveprot */
	u32 may_drain;			/* frames that may be about to take the drain's mutex */
	u32 dead_cpu;
	struct smcg_stock dead;		/* pages of the CPU that died last, still to be given back */
	u32 dead_bytes[SMCG_BYTE_SLOTS]; /* groups of its bytes that may give whole pages back */

	struct smcg_decision *backlog;
	u32 backlog_room, backlog_first, backlog_nr;

	struct smcg_scratch scratch;
	struct smcg_pool pool;
	struct smcg_world_stats stats;
	bool started, based, after_gap;
	struct smcg_move move;
	struct smcg_oom_lock oom_lock[SMCG_OOM_LOCKS];	/* legacy */
	struct smcg_oom_wait oom_wait[SMCG_OOM_WAITS];
	bool legacy;			/* a world of the legacy hierarchy: legacy.c */
};

/* world.c */
void *smcg_alloc(struct smcg_world *w, size_t bytes);
void smcg_free(struct smcg_world *w, void *mem, size_t bytes);

/* group.c */
static inline struct smcg_group *smcg_group_find(const struct smcg_world *w, u32 css)
{
	return css < w->nr_slots ? w->groups[css] : NULL;
}

/* Where the folio of CHARGE lies, and what it is: smcg_where(). */
static inline u32 smcg_owner_where(struct smcg_world *w, const struct smcg_event *e)
{
	u32 where = (u32)e->b;

	if (likely(smcg_where_folio(where) != SMCG_FOLIO_SWAPPABLE))
		return where;
	return smcg_where(smcg_where_node(where), smcg_owner_came(w, e));
}

static inline bool smcg_group_watched(const struct smcg_group *g)
{
	return g && (g->flags & SMCG_GROUP_WATCHED);
}

/* Its counter operations are events. */
static inline bool smcg_group_tracked(const struct smcg_group *g)
{
	return g && !g->is_root && (g->flags & (SMCG_GROUP_WATCHED | SMCG_GROUP_COUNTED));
}

static inline u64 smcg_group_id(const struct smcg_world *w, u32 css)
{
	const struct smcg_group *g = smcg_group_find(w, css);

	return g ? g->id : 0;
}

void smcg_group_online(struct smcg_world *w, const struct smcg_event *e);
void smcg_group_offline(struct smcg_world *w, const struct smcg_event *e);
void smcg_group_freed(struct smcg_world *w, const struct smcg_event *e);
void smcg_group_flags(struct smcg_world *w, const struct smcg_event *e);
void smcg_group_limit(struct smcg_world *w, const struct smcg_event *e);
bool smcg_group_below(const struct smcg_world *w, u32 css, u32 root_css);
void smcg_group_count(struct smcg_group *g, u32 what);
void smcg_group_free_all(struct smcg_world *w);

/* baseline.c */
void smcg_base_start(struct smcg_world *w, const struct smcg_event *e);
void smcg_base_stock(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_base_slot(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_base_counter(struct smcg_world *w, const struct smcg_event *e);
void smcg_base_events(struct smcg_world *w, const struct smcg_event *e);
void smcg_base_objcg(struct smcg_world *w, const struct smcg_event *e);
void smcg_base_done(struct smcg_world *w);
void smcg_base_gap(struct smcg_world *w, u64 lost);
void smcg_base_barrier(struct smcg_world *w, bool force);

/* fast.c */
/** smcg_fast_charge() - the ordinary case of a charge.  Return: false, take the long way. */
bool smcg_fast_charge(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/* charge.c: the state machine of one charge */
void smcg_charge(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
/** smcg_first_try() - pages that a charge asks for at first. */
u32 smcg_first_try(const struct smcg_world *w, u32 gfp, u32 nr);
void smcg_charge_missed(struct smcg_world *w, struct smcg_op *op);
void smcg_charge_hit(struct smcg_world *w, const struct smcg_op *op);
u32 smcg_charge_shown(struct smcg_world *w, struct smcg_frame *f, const struct smcg_event *e);
void smcg_charge_nomem(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		       const struct smcg_event *e);
u32 smcg_charge_order(u32 nr);
/** smcg_charge_again() - a try failed: the exact size is next, or what follows that. */
void smcg_charge_again(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		       const struct smcg_event *e);
/** smcg_charge_settle() - its pages are charged.  Return: those that a kmem counter is told of next. */
u32 smcg_charge_settle(struct smcg_world *w, const struct smcg_frame *f);

/* after.c: what may follow a reclaim */
/** smcg_after_quiet() - may it have failed, so that no event is due? */
bool smcg_after_quiet(const struct smcg_world *w, const struct smcg_frame *f);
u32 smcg_after_reclaim(struct smcg_world *w, struct smcg_frame *f, const struct smcg_event *e);
void smcg_charge_slow(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		      const struct smcg_event *e);
void smcg_charge_wait(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		      const struct smcg_event *e, u32 state);
void smcg_charge_retry(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		       const struct smcg_event *e, u32 state);
void smcg_charge_done(struct smcg_world *w, const struct smcg_frame *f);
void smcg_charge_say(struct smcg_world *w, struct smcg_frame *f, u32 kind, u32 flags);
void smcg_charge_say_max(struct smcg_world *w, struct smcg_frame *f);

/* try.c */
void smcg_try_enter(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
/** smcg_watches_parked() - the task of @f, may be NULL, loses its CPU, or has one again.  Return: it watches anything. */
bool smcg_watches_parked(struct smcg_frame *f, bool parked);
/** smcg_try_parked() - the task of @f, may be NULL, loses its CPU, or has one again: so does what it tries. */
void smcg_try_parked(struct smcg_world *w, struct smcg_frame *f, bool parked);

/** smcg_try_seen() - what a task has read that is in the middle of a try. */
void smcg_try_seen(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_try_ret(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/* account.c */
/** smcg_account() - a charge or (negative) uncharge takes effect from here on. */
void smcg_account(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		  struct smcg_group *g, u32 kind, s64 nr);
void smcg_unexplained(struct smcg_world *w, struct smcg_group *g, u32 kind, s64 nr);
/** smcg_charge_moved() - the decision of a MIGRATE that takes the charge of the old folio along. */
void smcg_charge_moved(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		       const struct smcg_group *g);
/** smcg_dead_bytes() - the bytes of the CPU that died last are put back. */
void smcg_dead_bytes(struct smcg_world *w);
/** smcg_slot_drained() - a slot is about to be drained, not by a flush. */
void smcg_slot_drained(struct smcg_cpu *c, const struct smcg_event *e);
void smcg_counter_charged(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_counter_uncharged(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_refill(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_cpu_dead(struct smcg_world *w, const struct smcg_event *e);

/* drain.c */
void smcg_drain_local(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_drain_all(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_drain_queued(struct smcg_world *w, const struct smcg_event *e);
void smcg_drain_ret(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_drain_note(struct smcg_world *w, const struct smcg_cpu *c, const struct smcg_op *op);
/** smcg_drain_parked() - the task of @e loses its CPU, or has one again: so does its drain, if it has one. */
void smcg_drain_parked(struct smcg_world *w, const struct smcg_event *e, bool parked);

/** smcg_drain_doubt() - bytes take effect while pages wait: do open drains hang on both? */
void smcg_drain_doubt(struct smcg_world *w, struct smcg_cpu *c);
void smcg_drain_begins(struct smcg_world *w, const struct smcg_event *e);
/** smcg_halves() - how many parts of a stock are drained apart. */
static inline u32 smcg_halves(const struct smcg_world *w)
{
	return w->rules->apart ? SMCG_HALVES : 1;
}
u64 smcg_drain_guess(const struct smcg_world *w, u32 root_css);

/* join.c: charges that began before the baseline */
/** smcg_join_charge() - may what this task does without a cause be of such a charge? */
bool smcg_join_charge(struct smcg_world *w, u32 tid, u32 ctx);
/** smcg_join_over() - the task was seen to begin a charge. */
void smcg_join_over(struct smcg_world *w, u32 tid);
/** smcg_join_told() - the baseline tells of a task that may be in one. */
void smcg_join_told(struct smcg_world *w, u32 tid);
/** smcg_join_began() - a task begins a charge: one that it was in is over, if it is not in reclaim. */
void smcg_join_began(struct smcg_world *w, const struct smcg_event *e);

/* slow.c: reclaim and OOM */
void smcg_reclaim(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_reclaim_ret(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
/* The end of the stall that the reclaim was: what was read then is closer to the margin check. */
void smcg_margin(struct smcg_world *w, const struct smcg_event *e);
/* The margin was looked at: what others do from here on no longer counts. */
void smcg_drain_try(struct smcg_world *w, const struct smcg_event *e);
/** smcg_margin_read() - was there room, by what was read just before alone? */
enum smcg_maybe smcg_margin_read(const struct smcg_frame *f);
/** smcg_margin_close() - nothing more is to be learnt of it. */
void smcg_margin_close(struct smcg_world *w, struct smcg_frame *f);
void smcg_oom(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_oom_ret(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/* task.c: what is remembered of a task */
/** smcg_task_told() - a slow-path event told the state of its task. */
void smcg_task_told(struct smcg_world *w, const struct smcg_event *e);
/** smcg_task_state() - SMCG_TASK_* of a task, as far as they were told. */
u32 smcg_task_state(const struct smcg_world *w, u32 tid);
/**
 * smcg_oom_note() - a charge gave up: OOM is declared, and noted in the task up to some order.
 * Source: mem_cgroup_oom() of 4.18.
 */
void smcg_oom_note(struct smcg_world *w, u32 tid, struct smcg_group *over, u32 order);
/** smcg_task_ask() - where the request of a task is kept. */
struct smcg_ask *smcg_task_ask(struct smcg_world *w, u32 tid);
/** smcg_oom_forget() - the group is gone. */
void smcg_oom_forget(struct smcg_world *w, u32 css);
/** smcg_oom_noted() - the note of a task, NULL none. */
struct smcg_task *smcg_oom_noted(struct smcg_world *w, u32 tid);
/** smcg_oom_settle() - the OOM killer is called at the end of the fault that noted it. */
void smcg_oom_settle(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/* high.c */
void smcg_high(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
u32 smcg_high_shown(struct smcg_world *w, struct smcg_frame *f, const struct smcg_event *e);
void smcg_high_resume(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		      const struct smcg_event *e);

/* stat.c: lines of memory.stat */
/** smcg_stat_kernel() - kernel memory is charged to @g or, below zero, given back; in pages. */
void smcg_stat_kernel(struct smcg_group *g, s64 nr);
/** smcg_stat_sock() - likewise, of sockets. */
void smcg_stat_sock(struct smcg_group *g, s64 nr);
/** smcg_stat_batch() - what is told of a batch of folios that are uncharged: its parts. */
void smcg_stat_batch(struct smcg_group *g, const struct smcg_event *e);
/** smcg_stat_born() - the group is new: its lines begin at nothing. */
void smcg_stat_born(struct smcg_group *g);
/** smcg_stat_base() - its counter was read: nothing charged is nothing in any line. */
void smcg_stat_base(struct smcg_group *g, u64 memory);
/** smcg_stat_unknown() - something was missed. */
void smcg_stat_unknown(struct smcg_group *g);

/* kmem.c */
void smcg_obj_charge(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_obj_refilled(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_obj_stated(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_obj_drain(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
/** smcg_obj_flushed() - a flush of this CPU's bytes begins. */
void smcg_obj_flushed(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_kmem_uncharge(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/* legacy.c: the counters of the legacy hierarchy */
/** smcg_which() - the counter that an event is about: enum smcg_counter_kind. */
static inline u32 smcg_which(const struct smcg_world *w, const struct smcg_event *e, u64 which)
{
	if (!w->legacy || which == SMCG_WHICH_MEMORY || which >= SMCG_WHICH_NR)
		return e->caller == SMCG_BY_SWAP ? SMCG_COUNTER_SWAP : SMCG_COUNTER_MEMORY;
	return SMCG_COUNTER_MEMSW + (u32)which - SMCG_WHICH_MEMSW;
}

void smcg_base_legacy(struct smcg_world *w, const struct smcg_event *e);
/** smcg_memsw_tried() - a try of memory+swap is over: memory is next if it went through. */
void smcg_memsw_tried(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		      const struct smcg_event *e, struct smcg_group *over);
/** smcg_memsw_due() - what happened to memory follows for memory+swap. */
void smcg_memsw_due(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		    const struct smcg_group *g, s64 nr);
/** smcg_legacy_changed() - a counter other than memory was charged or (negative) uncharged. */
void smcg_legacy_changed(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
			 struct smcg_group *g, u32 kind, s64 nr);
/** smcg_legacy_forget() - what is due on this CPU is not known any longer. */
void smcg_legacy_forget(struct smcg_cpu *c);
void smcg_swapout(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
/** smcg_swapped_out() - memory was uncharged out of mem_cgroup_swapout.  Return: as it should be. */
bool smcg_swapped_out(struct smcg_cpu *c, const struct smcg_event *e);
/** smcg_kmem_charged() - kernel memory was charged: its decision, and the counter. */
void smcg_kmem_charged(struct smcg_world *w, struct smcg_group *g, u32 nr, struct smcg_mark *m);
void smcg_kmem_given(struct smcg_world *w, struct smcg_group *g, u32 nr);
void smcg_sock_charge(struct smcg_world *w, const struct smcg_event *e);
void smcg_sock_uncharge(struct smcg_world *w, const struct smcg_event *e);
/** smcg_tcp_tried() - a try of tcpmem is over; its frames are popped. */
void smcg_tcp_tried(struct smcg_world *w, struct smcg_frame *f, const struct smcg_try *t,
		    struct smcg_group *over);

/* move.c: charges that move with a task */
void smcg_move_begins(struct smcg_world *w, u32 tid, u32 to);
/** smcg_move_charged() - pages were charged for what is to move. */
void smcg_move_charged(struct smcg_world *w, u32 tid, const struct smcg_group *g, u32 nr);
void smcg_move_folio(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_move_entry(struct smcg_world *w, const struct smcg_event *e);
void smcg_move_end(struct smcg_world *w);
void smcg_move_uncharged(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
			 struct smcg_group *g, u32 kind);
/** smcg_move_waited() - did the charge wait for a move since its reclaim?  Then its round is free. */
enum smcg_maybe smcg_move_waited(const struct smcg_world *w, const struct smcg_frame *f);

/* swap.c */
void smcg_swap_charge(struct smcg_world *w, const struct smcg_event *e);
void smcg_swap_tried(struct smcg_world *w, struct smcg_frame *f, const struct smcg_try *t,
		     struct smcg_group *over);

/* free.c: a world that lives with its own decisions */
void smcg_free_apply(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_free_cpu_dead(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
/** smcg_free_offline() - the stocks below a group that goes offline are drained, or not. */
void smcg_free_offline(struct smcg_world *w, const struct smcg_event *e);
/** smcg_free_gone() - its css id is about to be free: nothing of it is left but objects. */
void smcg_free_gone(struct smcg_world *w, const struct smcg_event *e);

/* emit.c */
u32 smcg_flags_now(const struct smcg_world *w, const struct smcg_group *g);
void smcg_emit(struct smcg_world *w, const struct smcg_mark *mark);
/** smcg_say() - emit in its turn: behind what waits on the CPU. */
void smcg_say(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_mark *mark);
void smcg_mark_event(const struct smcg_world *w, struct smcg_mark *mark,
		     const struct smcg_event *e, u32 kind);

#endif
