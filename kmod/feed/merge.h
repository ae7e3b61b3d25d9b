/* SPDX-License-Identifier: GPL-2.0 */
/*
 * merge.h - one ordered stream out of the rings of all CPUs.
 *
 * Feeder only. A batch: read the clock (T0), look at all heads, wait until every
 * slot below them is published, then take out slots in the order of (clock, CPU,
 * position) up to T0 - slack.
 *
 * Why nothing older can come later: a slot not seen was reserved after its head was
 * read, and a hook reads the clock after it has reserved. The clock of such a slot is
 * thus later than T0, but for what the processor reorders: a reservation may wait in the
 * store buffer, and RDTSC may run ahead of it, while the feeder already reads the head.
 * Both end when the hook's CPU drains its buffer, far below a microsecond; the slack of
 * 20 us also covers clocks of CPUs that differ by less than that.
 */
#ifndef SMCG_FEED_MERGE_H
#define SMCG_FEED_MERGE_H

#include <linux/types.h>

#include "feed/slot.h"

int smcg_merge_init(void);
void smcg_merge_exit(void);

/* Look at all rings.  False: a slot is not published yet, try again soon. */
bool smcg_merge_collect(void);

/**
 * smcg_merge_next() - the next slot in order.
 * @gate: only slots whose clock is below.
 * @cpu: set to the slot's CPU.
 * Return: NULL when the batch is done.  Valid until smcg_merge_done().
 */
struct smcg_slot *smcg_merge_next(u64 gate, unsigned int *cpu);

/*
 * Give the slot back that smcg_merge_next() returned. Return: events that were lost
 * right behind it.
 */
u64 smcg_merge_done(struct smcg_slot *slot, unsigned int cpu);

/* Let the producers use what was given back (now and then within a batch, and at its end). */
void smcg_merge_release(void);

/* Open the rings that were closed and are empty. Return: losses of @cpu not told yet. */
u64 smcg_merge_reopen(unsigned int cpu);

/* Slots taken out whose clock was before an earlier one's: must stay 0. */
u64 smcg_merge_disorder(void);

#endif
