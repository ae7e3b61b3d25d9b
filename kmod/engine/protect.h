/* SPDX-License-Identifier: GPL-2.0 */
/* protect.h - memory.min and memory.low as reclaim meets them (SPEC A3, A18). */
#ifndef SMCG_PROTECT_H
#define SMCG_PROTECT_H

#include "env.h"

/* What a limit of "max" is in the kernel's arithmetic, in pages: PAGE_COUNTER_MAX. */
#define SMCG_PAGES_ANY	((u64)S64_MAX >> 12)

struct smcg_world;
struct smcg_cpu;
struct smcg_group;
struct smcg_watch;

struct smcg_range {
	u64 low, high;
};

/* What an answer is made of, as read or as the shadow has it. */
struct smcg_protect_inputs {
	struct smcg_range usage, parent, min_sum, low_sum;
	u64 now[2], parent_now[2];	/* what the group, and its parent, have: min, low */
};

/*
 * A task that lost its CPU while it computes: it had done so, or does when it runs again.
 * @left: the CPU was lost
 * @again: more than once
 * @told: what the group had by then was read, and is in @had
 * @others: somebody else has computed it meanwhile
 * @before: what the group had when it was asked
 * @in: what the answer was made of, had it been computed by then
 */
struct smcg_protecting {
	bool left, again, told, others;
	u64 before[2], had[2];
	struct smcg_protect_inputs in;
};

/** smcg_protect_parked() - the task that has opened @watch loses its CPU, of which @e tells. */
void smcg_protect_parked(const struct smcg_watch *watch, struct smcg_protecting *ask,
			 const struct smcg_event *e);

/** smcg_protect_asked() - reclaim begins to compute what of a group is protected. */
void smcg_protect_asked(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/** smcg_protect_forget() - nothing that goes on may know @group; NULL: any. */
void smcg_protect_forget(struct smcg_world *w, const struct smcg_group *group);

/** smcg_protect() - reclaim has computed what of a group is protected: what it must be. */
void smcg_protect(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/** smcg_shrunk() - it reclaims from the group that it looked at last. */
void smcg_shrunk(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

#endif
