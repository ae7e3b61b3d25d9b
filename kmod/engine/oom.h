/* SPDX-License-Identifier: GPL-2.0 */
/* oom.h - the search for a victim inside a group (SPEC A19). */
#ifndef SMCG_OOM_H
#define SMCG_OOM_H

#include "env.h"

struct smcg_world;
struct smcg_cpu;

/* Tasks between which what was read leaves open who is worst. */
#define SMCG_OOM_CONTENDERS	16

/**
 * struct smcg_candidate - a task as the search met it.
 * @points: badness as read before the kernel looked
 * @low: least badness by what was read before and after
 * @high: most
 */
struct smcg_candidate {
	u32 tid, css, flags;
	s64 points, low, high;
};

/**
 * struct smcg_scan - the search that goes on; the kernel lets one go on at a time.
 * @total: pages that a full badness of 1000 stands for
 * @aborted: a victim that is still dying was met
 * @may_abort: one that was dying before or after, but not both
 * @lost: more contenders than there is room for
 * @pending: the last candidate waits for its second reading
 * @above_zero: the rules of this generation: smcg_rules.badness_above_zero
 */
struct smcg_scan {
	bool open, aborted, may_abort, lost, pending, above_zero;
	u32 domain;
	u32 nr;
	u64 total;
	struct smcg_candidate last;
	struct smcg_candidate contender[SMCG_OOM_CONTENDERS];
};

void smcg_oom_scan(struct smcg_world *w, const struct smcg_event *e);
void smcg_oom_task(struct smcg_world *w, const struct smcg_event *e);
void smcg_oom_scan_ret(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

#endif
