/* SPDX-License-Identifier: GPL-2.0 */
/*
 * timeline.h - from the clock of hooks to CLOCK_MONOTONIC in ns.
 *
 * The feeder notes a pair of both clocks at each batch. Between two pairs time runs
 * straight, and it never runs back.
 */
#ifndef SMCG_FEED_TIMELINE_H
#define SMCG_FEED_TIMELINE_H

#include <linux/types.h>

struct smcg_segment {
	u64 clock, ns;		/* where it begins */
	u64 slope;		/* ns per tick << 32 */
};

struct smcg_timeline {
	u64 clock, ns;		/* last pair */
	struct smcg_segment now, before;
	u64 last;		/* last time told */
};

/* Note a pair.  Return: the clock now.  Process context. */
u64 smcg_timeline_mark(struct smcg_timeline *line);

/* Time of an event, not before the last one told.  @clock: not after the last pair. */
u64 smcg_timeline_ns(struct smcg_timeline *line, u64 clock);

/* How many ticks of the clock last @ns at least. */
u64 smcg_timeline_ticks(const struct smcg_timeline *line, u64 ns);

#endif
