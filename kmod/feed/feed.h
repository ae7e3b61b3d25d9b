/* SPDX-License-Identifier: GPL-2.0 */
/*
 * feed.h - the feeder: from the rings through the engine to the report.
 *
 * One thread takes ordered events out of the rings, gives them to the world, and the
 * world's decisions to the report. A world exists from the first watch to the last
 * unwatch; each watch begins it anew, with a baseline of all that is watched.
 */
#ifndef SMCG_FEED_FEED_H
#define SMCG_FEED_FEED_H

#include "engine/engine.h"
#include "feed/source.h"

struct smcg_feed_stats {
	u64 lost, gaps, missed;
	u64 cpu_ns, batches, max_batch;
	u64 waits;		/* batches put off for a slot not yet published */
	u64 disorder;
	u64 auto_resyncs;
	u64 world_bytes;	/* of the engine, its part of the pool apart */
	u64 now_ns;
};

/**
 * smcg_feed_init() - start the feeder thread.
 * The rings and the pool must exist.  Context: process.  Return: 0 or a negative errno.
 */
int smcg_feed_init(const struct smcg_source *source);
/* No more commands, not even its own resyncs. */
void smcg_feed_stop_commands(void);
/* Stop it and destroy the world.  No hook may run any more. */
void smcg_feed_exit(void);

/* Wake the feeder.  Context: not from a hook (the rings' irq_work calls it). */
void smcg_feed_wake(void);

/* The world, locked against the feeder; NULL when there is none.  Always put. */
const struct smcg_world *smcg_feed_world_get(void);
void smcg_feed_world_put(void);

/* Numbers of the world, or of the last one.  World locked. */
void smcg_feed_world_stats(struct smcg_world_stats *stats);
void smcg_feed_stats(struct smcg_feed_stats *stats);

/* control.c: the commands.  Process context, they wait until the effect is there. */
int smcg_feed_watch(u64 id, enum smcg_mode mode);
int smcg_feed_unwatch(u64 id);
int smcg_feed_barrier(void);
int smcg_feed_resync(void);

/* For control.c and feeder.c alone. */
int smcg_feed_wait_barrier(u64 cookie);
void smcg_feed_drop_world(void);
void smcg_control_init(const struct smcg_source *source);
void smcg_control_gap(void);
u64 smcg_control_auto_resyncs(void);
int smcg_feed_world_error(void);

#endif
