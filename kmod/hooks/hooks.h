/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hooks.h - the table of hooks, and their life.
 */
#ifndef SMCG_HOOKS_HOOKS_H
#define SMCG_HOOKS_HOOKS_H

#include <linux/ftrace.h>
#include <linux/tracepoint.h>

#include "compat/return.h"
#include "hooks/callers.h"

struct seq_file;
struct smcg_source;

enum smcg_hook_kind {
	SMCG_HOOK_ENTRY,	/* ftrace on a function's entry */
	SMCG_HOOK_RETURN,	/* return, armed by the entry hook that follows in the table */
	SMCG_HOOK_TRACEPOINT,
};

struct smcg_hook {
	const char *name;	/* what it tells */
	const char *symbols[3];	/* the first that attaches is used */
	enum smcg_hook_kind kind;
	bool optional;
	const char *why;	/* what is missing without it */
	struct smcg_caller_range *callers;	/* resolved before it attaches, or NULL */
	const char *(*spare)(void);	/* why it is not needed here, or NULL */

	/* by kind */
	ftrace_func_t entry;
	bool hot;		/* an ftrace_ops of its own; the others share one */
	struct smcg_return *ret;
	void *(*probe)(void);

	/* state */
	const char *symbol;	/* attached to */
	int err;		/* why not */
	const char *spared;
	unsigned long ip;	/* as ftrace tells it */
	struct ftrace_ops ops;	/* if hot */
	struct tracepoint *tp;
};

/* Hooks that only kernels without slots, or with, have: for .spare. */
const char *smcg_spare_single(void);
const char *smcg_spare_slots(void);

/* Each file of hooks ends its table with a row without name. */
extern struct smcg_hook smcg_charge_hooks[], smcg_counter_hooks[], smcg_stock_hooks[],
	smcg_reclaim_hooks[], smcg_oom_hooks[], smcg_high_hooks[], smcg_protect_hooks[],
	smcg_objcg_hooks[], smcg_slab_hooks[], smcg_page_hooks[], smcg_group_hooks[], smcg_move_hooks[],
	smcg_notify_hooks[], smcg_pressure_hooks[], smcg_switch_hooks[];

/**
 * smcg_hooks_attach() - attach all hooks, or none.
 * Context: process.  Return: 0, or a negative errno after naming the hook in the log.
 */
int smcg_hooks_attach(void);

/* Detach all; when it returns, no handler runs and none will. */
void smcg_hooks_detach(void);

/* A line per hook.  Process context. */
void smcg_hooks_show(struct seq_file *m);

/* Is the memory controller on a legacy (v1) hierarchy? */
bool smcg_hooks_legacy(void);

/* Returns that could not be armed. */
u64 smcg_hooks_missed(void);

/* reclaim.c: nothing is recorded now; groups noted meanwhile may go away. */
void smcg_margins_forget(void);
/* counter.c, protect.c, stock.c: likewise. */
void smcg_tries_forget(void);
void smcg_asking_forget(void);
void smcg_draining_forget(void);

/* charge.c, with slots: @prev, whose CPU this is, loses it. With interrupts off. */
void smcg_stash_away(struct task_struct *prev);

/* charge.c, with slots: does the folio that this task charged last belong to a group by now?  Preemption disabled. */
bool smcg_charge_committed(void);

/* stock.c, with slots: has this task, which drains, looked at all stocks?  Preemption disabled. */
bool smcg_has_drained(void);

/*
 * protect.c, with slots: what this task, in the middle of computing what of a group is protected, finds
 * there: SMCG_EV_PREEMPTED.c from bit SMCG_SWITCH_PROTECTS on.  Preemption disabled.
 */
u64 smcg_protection_asked(void);

/* counter.c, with slots: this context begins to refill its stock.  Preemption disabled. */
void smcg_refill_begins(const struct mem_cgroup *group, u32 nr);

/* slab.c: who charges kernel memory, in the charge that follows.  Any context. */
u32 smcg_kmem_caller(void);

/* move.c: what a move counts is looked at: the folio has changed hands.  Interrupts off. */
void smcg_move_looked(void);

/* notify.c: baseline of a legacy group's counters, and of what it has counted on each CPU.  Process context. */
void smcg_record_legacy(struct mem_cgroup *group);

/* pressure.c: baseline of who listens for memory pressure of a group.  Process context. */
void smcg_record_listeners(struct mem_cgroup *group);

/* stray.c: the baseline's SMCG_EV_BASE_TASK, before the stocks.  Process context, the hooks are on. */
void smcg_record_strays(void);

/* watch.c */
int smcg_watch_init(void);
/* Record nothing any more. */
void smcg_watch_stop(void);
void smcg_watch_exit(void);
extern const struct smcg_source smcg_hooks_source;

#endif
