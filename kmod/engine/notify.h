/* SPDX-License-Identifier: GPL-2.0 */
/*
 * notify.h - legacy: pages that a group has counted on each CPU, thresholds, and who notifies of OOM.
 */
#ifndef SMCG_NOTIFY_H
#define SMCG_NOTIFY_H

#include "overlap.h"

struct smcg_cpu;
struct smcg_frame;
struct smcg_op;

enum smcg_target { SMCG_TARGET_THRESHOLD, SMCG_TARGET_SOFT_LIMIT, SMCG_TARGETS };

/* Pages from one look to the next. */
#define SMCG_EVENTS_THRESHOLD	128
#define SMCG_EVENTS_SOFT_LIMIT	1024

/*
 * Of one group on one CPU: pages counted, and where the next look is due. Tasks that were in the middle of a charge when
 * a group with pages was attached to (@joined) have counted unseen, until a look tells.
 */
struct smcg_page_events {
	u64 nr;
	u64 target[SMCG_TARGETS];
	bool joined;
};

/* Counters that have thresholds: enum smcg_which. */
#define SMCG_THRESHOLD_COUNTERS	2

/* Most thresholds of a counter that are followed. */
#define SMCG_THRESHOLDS		64

/**
 * struct smcg_thresholds - those of one counter of a group.
 * @nr: how many there are; more than SMCG_THRESHOLDS: not followed
 * @place: index of the last that usage had reached at the last look, -1 none
 * @fresh: another set is being told
 * @at: pages, in order
 */
struct smcg_thresholds {
	u32 nr;
	s32 place;
	bool fresh;
	u64 at[SMCG_THRESHOLDS];
};

/**
 * struct smcg_commit - pages that a CPU and level is about to count for a group.
 * @then: group that counts as many after it, 0 none: a folio has moved
 */
struct smcg_commit {
	u64 event;
	u32 css, nr, tid, then;
	u8 ctx;
};

/* Who has the OOM lock of a subtree, or had it last. */
struct smcg_oom_lock {
	u64 key;		/* of a frame: task or interrupt */
	u64 ended;		/* event */
	u32 css;
	bool held;
};

/* A task that waits, its fault over, until memory is free: the OOM killer is off. */
struct smcg_oom_wait {
	u64 since;		/* event */
	u32 css, tid;
	bool decided;		/* whether it notifies */
};

#define SMCG_OOM_LOCKS	16
#define SMCG_OOM_WAITS	64

void smcg_base_page_events(struct smcg_world *w, const struct smcg_event *e);
/** smcg_notify_free() - what a group keeps for this. */
void smcg_notify_free(struct smcg_world *w, struct smcg_group *g);
/** smcg_notify_gone() - nothing may name the group any longer. */
void smcg_notify_gone(struct smcg_world *w, const struct smcg_group *g);

/** smcg_notify_near() - could @nr more pages pass a target of the group on that CPU? */
bool smcg_notify_near(const struct smcg_group *g, u32 cpu, u32 nr);
/** smcg_notify_count() - they do not: only count. */
void smcg_notify_count(struct smcg_group *g, u32 cpu, u32 nr);
/** smcg_notify_hit() - a charge that the stock had is over, as event @e (NULL: silence) proves. */
void smcg_notify_hit(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_op *op,
		     const struct smcg_event *e);
/** smcg_notify_due() - @nr pages of a group are about to be counted on this CPU and level. */
void smcg_notify_due(struct smcg_world *w, struct smcg_cpu *c, u32 tid, u32 ctx, u32 css, u32 nr);
/** smcg_notify_then() - and then as many of another. */
void smcg_notify_then(struct smcg_cpu *c, u32 ctx, u32 css);
/** smcg_notify_arrive() - an event came: what it proves to be over is counted. */
void smcg_notify_arrive(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
/** smcg_notify_flush() - all that is due on the CPU is over, by event @e (NULL: silence). */
void smcg_notify_flush(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

void smcg_threshold_told(struct smcg_world *w, const struct smcg_event *e);
void smcg_threshold(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/** smcg_oom_notified() - the notification of OOM was seen. */
void smcg_oom_notified(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
/** smcg_oom_tells() - a charge is out of memory: does it notify before the killer is asked? */
void smcg_oom_tells(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		    struct smcg_frame *f);
void smcg_oom_unlock(struct smcg_world *w, const struct smcg_event *e);
void smcg_oom_waits(struct smcg_world *w, const struct smcg_event *e);
void smcg_oom_waited(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
/** smcg_under_oom() - waits that a group is under. */
u32 smcg_under_oom(const struct smcg_world *w, u32 css);

#endif
