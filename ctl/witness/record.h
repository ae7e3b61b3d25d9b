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
	__u64 reserved;
};

/* What the counters of a group that is at rest hold of protected memory, in pages. */
struct witness_rest {
	__u64 group;		/* cgroup id */
	__u64 usage, min, low;
	__u64 min_usage, low_usage;
	__u64 children_min, children_low;
};

/*
 * Functions that interrupts can enter are watched by two programs.  "Covered"
 * counts the calls that the first missed and the second took; what is missed
 * in total is the first program's recursion_misses less that.
 */
enum witness_hook {
	WITNESS_CHARGE,
	WITNESS_CHARGE_RET,
	WITNESS_TRY_RET,
	WITNESS_COUNTER_CHARGE,
	WITNESS_NOTIFY,
	WITNESS_UNCHARGE,
	WITNESS_OBJ_CHARGE,
	WITNESS_OBJ_CHARGE_RET,
	WITNESS_OBJ_UNCHARGE,
	WITNESS_KMEM_PAGE,
	WITNESS_KMEM_PAGE_RET,
	WITNESS_OBJ_RELEASE,
	WITNESS_OBJ_RELEASE_RET,
	WITNESS_REFILL,
	WITNESS_REFILL_RET,
	WITNESS_MEMORY_EVENT,
	WITNESS_SLAB,
	WITNESS_SLAB_RET,
	WITNESS_ACCOUNT,
	WITNESS_QUEUE_WORK,
	WITNESS_SOCK,
	WITNESS_SOCK_RET,
	WITNESS_HOOKS,
};

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
	__u32 drained, held;
	__u32 past, reserved;	/* the stock's lock was held, or it does not take that many */
};

struct witness_cpu {
	__u64 covered[WITNESS_HOOKS];
	__u64 steps;
	__u64 no_room;		/* the ring was full: step lost */
	__u64 no_slot;		/* too many frames open at once: frame not followed */
	__u64 too_deep;		/* frames nested deeper than a slot holds */
	__u32 seen[WITNESS_HOOKS];	/* a byte per context level: the first program ran */
	__u32 in_refill;
	__u64 before_group;	/* of the stock, as __refill_stock was entered */
	__u64 before_cached;
	__u32 before_pages;
	__u32 before_watched;
	/* by context level */
	struct witness_tries tries[4];
	struct witness_refill refill[4];
};

#endif
