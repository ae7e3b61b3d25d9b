/* SPDX-License-Identifier: GPL-2.0 */
/*
 * record.h - what the witness hands to the tool: one record per step that the
 * real controller took.  Shared by the BPF side and the C++ side.
 *
 * kind, group, nr, result, over and arg mean what kmod/engine/MODEL.md says of
 * the kind; they come from the real kernel only.
 */
#ifndef SMCG_WITNESS_RECORD_H
#define SMCG_WITNESS_RECORD_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define WITNESS_MAX_CPUS	512

struct witness_step {
	__u64 time;		/* CLOCK_MONOTONIC, ns */
	__u16 kind;		/* enum smcg_kind */
	__u8  ctx;		/* enum smcg_ctx */
	__u8  depth;		/* of the frame the step belongs to, 0: none */
	__u16 cpu;
	__s16 result;
	__u32 tid;
	__u32 nr;
	__u64 group;		/* cgroup id */
	__u64 over;		/* cgroup id or 0 */
	__u64 arg;
	__u64 began;		/* ns: when the outermost open frame of this task began */
	__u64 untold;		/* bits of arg that could not be read */
};

/* What the counters of a group that is at rest hold of protected memory, in pages. */
struct witness_rest {
	__u64 group;		/* cgroup id */
	__u64 usage, min, low;
	__u64 min_usage, low_usage;
	__u64 children_min, children_low;
};

/*
 * Functions that are watched by more than one program, by the first one's name.  "Covered"
 * counts the calls that the first missed and a later one took; what is missed
 * in total is the first program's recursion_misses less that.
 */
#define WITNESS_FUNCTIONS(of)							\
	of(charge) of(charge_ret) of(try_ret) of(counter_add) of(counter_sub)	\
	of(file_notify) of(memory_event) of(uncharge)				\
	of(obj_charge) of(obj_charge_ret) of(obj_uncharge)			\
	of(kmem_page) of(kmem_page_ret) of(obj_release) of(obj_release_ret)	\
	of(slots_refill) of(slots_refill_ret) of(slots_drain)			\
	of(slots_drain_here) of(slots_drain_here_ret) of(slots_obj_drain_here)	\
	of(slab) of(slab_ret) of(account) of(queue_work) of(slots_queue_work)	\
	of(migrate) of(migrate_ret) of(migrate_moves) of(replace) of(replace_ret) \
	of(swap_charge) of(swap_charge_ret)					\
	of(swap_uncharge) of(swap_uncharge_ret) of(swapin) of(swapin_ret)		\
	of(reclaim) of(reclaim_ret) of(high) of(high_ret) of(oom) of(oom_ret)	\
	of(oom_searched) of(oom_group) of(over) of(over_ret) of(over_sleep)	\
	of(protection) of(css_offline) of(css_free)				\
	of(legacy_sock) of(legacy_sock_ret)					\
	of(legacy_move_end) of(legacy_move_end_ret)

#define WITNESS_FUNCTION(name) WITNESS_##name,
enum witness_hook { WITNESS_FUNCTIONS(WITNESS_FUNCTION) WITNESS_HOOKS };
#undef WITNESS_FUNCTION

/* Counters of a removed group, in pages: asked for by address, which never leaves kernel and loader. */
struct witness_removed {
	__u64 memcg, memory, swap, there;
};

/* Tries of a frame since its last mark: the batch, then the exact size, each of two counters. */
#define WITNESS_TRIES 4

struct witness_try {
	__u64 counter, over;	/* addresses, never leave the kernel */
	__u32 nr, ok;
};

struct witness_tries {
	struct witness_try list[WITNESS_TRIES];
	__u64 nr;
};

/* A refill of a stock with slots that is under way. */
struct witness_refill {
	__u64 memcg;		/* address, never leaves the kernel; 0: none */
	__u64 over;		/* group that was evicted, if it is watched */
	__u32 drained;
	__u32 before;		/* pages in the group's slot as it was entered */
	__u32 place;		/* where its pages go */
	__u32 past;		/* the stock's lock was held, or it does not take that many */
};

/*
 * Between two programs: of a context level of a CPU, or, where tasks are preempted inside the
 * kernel, of a task.
 */
struct witness_notes {
	__u32 tid;
	__u8  ran[WITNESS_HOOKS];	/* 1 + the program of that function that ran last; tasks only */
	struct witness_tries tries;
	struct witness_refill refill;
};

/* Thresholds of a counter that are being looked at. */
struct witness_look {
	__u64 memcg;		/* address, never leaves the kernel; 0: none */
	__u64 nr;		/* signals */
};

struct witness_cpu {
	__u64 covered[WITNESS_HOOKS];
	__u64 steps;
	__u64 no_room;		/* the ring was full: step lost */
	__u64 no_slot;		/* too many frames open at once: frame not followed */
	__u64 too_deep;		/* frames nested deeper than a slot holds */
	__u32 seen[WITNESS_HOOKS];	/* what ran[] is of a task, a byte per context level */
	__u32 in_refill;
	__u64 before_group;	/* of the stock, as __refill_stock was entered */
	__u64 before_cached;
	__u32 before_pages;
	__u32 before_watched;
	__u64 switching;		/* task that drops the address space of the one before it, 0: none */
	struct witness_notes notes[4];	/* by context level */
	struct witness_look look[4];		/* likewise */
	__u64 look_next;	/* address of the group whose memory a look that is going on comes to next */
};

#endif
