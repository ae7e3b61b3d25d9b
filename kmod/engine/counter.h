/* SPDX-License-Identifier: GPL-2.0 */
/* counter.h - hierarchical page counters (SPEC A3). */
#ifndef SMCG_COUNTER_H
#define SMCG_COUNTER_H

#include "env.h"

struct smcg_world;
struct smcg_group;
struct smcg_watch;

enum smcg_counter_kind {
	SMCG_COUNTER_MEMORY,
	SMCG_COUNTER_SWAP,
	SMCG_COUNTER_KMEM,	/* legacy */
	SMCG_COUNTER_TCPMEM,	/* legacy */
	SMCG_COUNTER_NR,
	/* A group has either of the two: the legacy hierarchy counts memory and swap together. */
	SMCG_COUNTER_MEMSW = SMCG_COUNTER_SWAP,
};

/**
 * struct smcg_counter - one counter of one group, in pages.
 * @usage: every operation told of so far is in it
 * @coming: charges in it that may not have happened yet (in flight)
 * @leaving: uncharges in it that may not have happened yet, and tries in flight
 * @trying: tries in flight
 * @parked: part of them whose tasks have no CPU: nothing comes of those now
 * @still_coming: such a part of @coming
 * @still_leaving: such a part of @leaving, without tries
 * @max: limit
 * @high: soft upper bound
 * @min: protected amount, hard
 * @low: protected amount, soft
 * @min_usage: part of usage under @min that the parent was told of
 * @low_usage: same for @low
 * @children_min: sum of the children's min_usage
 * @children_low: same for low
 * @watermark: highest usage seen
 * @failcnt: tries that found this counter over its limit
 * @adopted: part of usage that was taken over from reality
 * @watches: open watches that cover this counter
 * @known: the baseline or a birth in the stream gave usage
 *
 * Usage as another CPU could see it lies in [usage - coming, usage + leaving].
 */
struct smcg_counter {
	s64 usage;
	s64 coming;
	s64 leaving;
	s64 trying;
	s64 parked;
	s64 still_coming;
	s64 still_leaving;
	u64 max;
	u64 high;
	u64 min;
	u64 low;
	u64 watermark;
	u64 min_usage;
	u64 low_usage;
	u64 children_min;
	u64 children_low;
	u64 failcnt;
	s64 adopted;
	u32 watches;
	bool known;
};

/**
 * struct smcg_flight - a counter operation whose end was not seen yet.
 * @group: where it starts, NULL when there is none
 * @nr: pages, negative for an uncharge
 * @kind: which counter
 * @irq_off: over at the next event of any level
 * @done: mask of levels at which it was seen to have taken effect, as the task lost its CPU
 * @due: at which not
 */
struct smcg_flight {
	struct smcg_group *group;
	s64 nr;
	u8 kind;
	bool irq_off;
	u8 done, due;
};

/** smcg_counter_limit() - set a limit; protected amounts follow. */
void smcg_counter_limit(struct smcg_group *group, u32 limit, u64 pages);

/** smcg_counter_set() - baseline: @usage is what the kernel reads. */
void smcg_counter_set(struct smcg_group *group, u32 kind, u64 usage);

/**
 * smcg_counter_add() - a charge or (negative) uncharge of the whole branch.
 * @flight: where to note it as in flight, NULL: it is done.
 * Source: page_counter_charge(), page_counter_uncharge().
 */
void smcg_counter_add(struct smcg_world *w, struct smcg_group *group, u32 kind, s64 nr,
		      struct smcg_flight *flight);

/** smcg_counter_landed() - the operation in @flight is over. */
void smcg_counter_landed(struct smcg_flight *flight);

/** smcg_counter_aloft() - the opposite: what @flight brings or takes is on its way (again). */
void smcg_counter_aloft(const struct smcg_flight *flight);

/**
 * smcg_counter_there() - are @nr pages there, in a counter that was read?
 * @read: pages plus one, 0: not read. @least, @most: without them, and with all that may be there.
 */
enum smcg_maybe smcg_counter_there(u32 read, s64 least, s64 most, s64 nr);

/** smcg_counter_seen() - what was read, in pages plus one, as the task of @flight loses its CPU. */
void smcg_counter_seen(struct smcg_flight *flight, const u32 *read, u32 levels);

/** smcg_counter_parked() - the task of @flight loses its CPU, or has one again. */
void smcg_counter_parked(struct smcg_world *w, const struct smcg_flight *flight, bool parked);

/** smcg_counter_try_begin() - a try is in flight on the branch. @by: its own watch. */
void smcg_counter_try_begin(struct smcg_world *w, struct smcg_group *group, u32 kind, u32 nr,
			    const struct smcg_watch *by);

/**
 * smcg_counter_try_parked() - the task of @nr of what is tried loses its CPU; negative: it has one again.
 * @by: its own watch. Where its pages are absent it is not under way until it goes on.
 */
void smcg_counter_try_parked(struct smcg_world *w, struct smcg_group *group, u32 kind, s64 nr,
			     const struct smcg_watch *by);

/**
 * smcg_counter_try_end() - its outcome.
 * @over: the group found over its limit, NULL when it went through.
 */
void smcg_counter_try_end(struct smcg_group *group, u32 kind, u32 nr,
			  struct smcg_group *over);

/** smcg_counter_adopt() - @nr pages of the branch came from reality alone. */
void smcg_counter_adopt(struct smcg_group *group, u32 kind, s64 nr);

#endif
