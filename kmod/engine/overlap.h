/* SPDX-License-Identifier: GPL-2.0 */
/*
 * overlap.h - what a reader of counters may have seen.
 *
 * A watch is open while a task may read counters of a branch (a try between
 * entry and return, a margin check, a look at memory.high).  It keeps, level
 * by level, the lowest and highest usage and limit that were legal meanwhile.
 */
#ifndef SMCG_OVERLAP_H
#define SMCG_OVERLAP_H

#include "counter.h"

#define SMCG_DEPTH_MAX	64

enum smcg_watch_on { SMCG_WATCH_MAX, SMCG_WATCH_HIGH };

struct smcg_seen {
	struct smcg_group *group;
	s64 low, high;			/* usage */
	u64 limit_low, limit_high;
};

struct smcg_watch {
	struct smcg_watch *next;	/* of the open ones, or of the spare ones */
	struct smcg_watch *prev;
	u32 own;			/* pages that the watcher itself has in flight */
	u16 depth;			/* of the first level */
	u16 nr;				/* levels */
	u8 kind;
	u8 on;				/* enum smcg_watch_on */
	struct smcg_seen level[SMCG_DEPTH_MAX];
};

/* What a comparison of an interval says. */
enum smcg_maybe { SMCG_NO, SMCG_YES, SMCG_MAYBE };

/**
 * struct smcg_try - judgement of a try.
 * @over: predicted group over its limit, NULL: goes through
 * @legal: reality's outcome is possible
 * @unsure: more than one outcome is possible
 */
struct smcg_try {
	struct smcg_group *over;
	bool legal;
	bool unsure;
};

/**
 * smcg_watch_open() - start watching a branch.
 * @levels: how many from @group on, at most; the root is never one.
 * Context: feeder, may call alloc.  Return: NULL when there is no memory.
 */
struct smcg_watch *smcg_watch_open(struct smcg_world *w, struct smcg_group *group, u32 kind,
				   u32 on, u32 levels, u32 own);
void smcg_watch_close(struct smcg_world *w, struct smcg_watch *watch);
void smcg_watch_free_all(struct smcg_world *w);

/** smcg_watch_note() - usage or limit of @group changed while it is watched. */
void smcg_watch_note(struct smcg_world *w, struct smcg_group *group, u32 kind);

/** smcg_watch_try() - judge a try of watch->own pages. @real: group over, or NULL. */
void smcg_watch_try(const struct smcg_watch *watch, struct smcg_group *real,
		    struct smcg_try *out);

/* Levels of which a try tells what it read before and after. */
#define SMCG_READ_LEVELS	3

/**
 * smcg_watch_still() - can a doubtful try be settled by what was read around it?
 * @before: pages plus one per level, at its entry; 0 not told
 * @after: at its return, its own included
 * Where both are the same, nothing came in between, and the try saw just that.
 * Readings only ever tell legal orders apart: one that does not lie within what
 * the shadow holds possible counts for nothing.
 * Return: true when the one outcome that is left is the real one.
 */
bool smcg_watch_still(const struct smcg_watch *watch, const u32 *before, const u32 *after,
		      const struct smcg_group *real);

/** smcg_watch_room() - is there room for @nr pages at the first level? */
enum smcg_maybe smcg_watch_room(const struct smcg_watch *watch, u32 nr);

/** smcg_watch_above() - was usage at level @i above its bound? */
enum smcg_maybe smcg_watch_above(const struct smcg_watch *watch, u32 i);

#endif
