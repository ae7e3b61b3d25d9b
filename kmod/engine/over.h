/* SPDX-License-Identifier: GPL-2.0 */
/* over.h - memory.high and swap.high: what tasks collect, and what it costs them (SPEC A11). */
#ifndef SMCG_OVER_H
#define SMCG_OVER_H

#include "env.h"

struct smcg_world;
struct smcg_cpu;
struct smcg_frame;
struct smcg_group;
struct smcg_watch;

/* Tasks whose collected pages are known, a power of two; one forgotten counts as not known. */
#define SMCG_OVER_TASKS	4096

/**
 * struct smcg_over - pages that a task charged while its group was over its bound.
 * @low: at least
 * @high: at most
 * @at_once: its last charge may deal with it before it returns
 * @known: it was born, or dealt with what it had, since the baseline
 */
struct smcg_over {
	u32 tid, low, high;
	bool at_once, known;
};

/**
 * struct smcg_look - a charge that went through is about to look at the bounds above it.
 * @memory: what it may read of the memory counters, NULL: no look is due
 * @swap: of the swap counters
 * @nr: pages of its try
 * @split: its task lost the CPU since: it looked before, and saw @before, or it still has to
 * @done: it looked before, and that was told
 * @waits: its return from the refill will be told, and was not: it has not looked
 */
struct smcg_look {
	struct smcg_watch *memory, *swap;
	struct smcg_group *group;
	u64 event;
	u32 tid, nr, gfp, task;
	bool split, done, waits;
	u8 before;
};

/**
 * smcg_over_due() - a try of @f went through, and pages too many, if any, are put aside: it looks next.
 * @read: what was read of the counters just before, as smcg_readings(), NULL nothing
 */
void smcg_over_due(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_frame *f,
		   const u32 *read);

/** smcg_over_ready() - its pages too many are put aside for certain: what it reads it reads from here on. */
void smcg_over_ready(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/** smcg_over_seen() - it has looked by now. */
void smcg_over_seen(struct smcg_cpu *c, const struct smcg_event *e);

/** smcg_over_parked() - the task that looks loses its CPU, of which @e tells. */
void smcg_over_parked(struct smcg_world *w, struct smcg_look *look, const struct smcg_event *e);

/** smcg_over_resumed() - it has one again. */
void smcg_over_resumed(struct smcg_world *w, struct smcg_look *look);

/** smcg_over_again() - it has not looked yet: what it did itself on the way has taken effect. */
void smcg_over_again(struct smcg_world *w, struct smcg_cpu *c, u32 ctx);

/** smcg_over_look() - an event (NULL: silence) came: looks that it proves to be over are judged. */
void smcg_over_look(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/** smcg_over_forget() - drop looks at @group; NULL: all. */
void smcg_over_forget(struct smcg_world *w, const struct smcg_group *group);

void smcg_over_born(struct smcg_world *w, const struct smcg_event *e);
void smcg_over_handle(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_over_handled(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
void smcg_over_sleep(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/** smcg_over_round() - reclaim_high() begins for frame @f; @nr: how much it asks for. */
void smcg_over_round(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f, u32 *nr);

/** smcg_over_watch() - from here on @f may read the counters to find its penalty. */
void smcg_over_watch(struct smcg_world *w, struct smcg_frame *f);

#endif
