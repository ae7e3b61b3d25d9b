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

/**
 * struct smcg_told - a usage that was read, and what others may have done since.
 * @known: it was read, and lies within what was possible
 * @usage: as read, without the watcher's own pages
 * @up: charges in flight then, or begun since
 * @down: uncharges
 * @tries: tries of others: not there yet, there, or gone again
 */
struct smcg_told {
	bool known;
	s64 usage;
	s64 up;
	s64 down;
	s64 tries;
};

struct smcg_seen {
	struct smcg_group *group;
	s64 low, high;			/* usage */
	u64 limit_low, limit_high;
	struct smcg_told begin;		/* as the watch was opened */
	struct smcg_told late;		/* by another task, before the watcher's own pages came */
};

/* Levels of which an event tells what it read. */
#define SMCG_READ_LEVELS	3

struct smcg_watch {
	struct smcg_watch *next;	/* of the open ones, or of the spare ones */
	struct smcg_watch *prev;
	u32 own;			/* pages that the watcher itself has in flight */
	u16 depth;			/* of the first level */
	u16 nr;				/* levels */
	u8 kind;
	u8 on;				/* enum smcg_watch_on */
	bool frozen;			/* what comes is not seen */
	bool away;			/* nor now: its task has no CPU */
	u64 absent;			/* mask of levels at which its own pages are not while its task has no CPU */
	u64 present;			/* at which they are */
	u8 there;			/* mask of levels at which another task saw its own pages */
	struct smcg_seen when[SMCG_READ_LEVELS]; /* what had been seen until that reading */
	s64 rest[SMCG_READ_LEVELS];	/* the reading, without them */
	struct smcg_seen level[SMCG_DEPTH_MAX];
};

/* What a comparison of an interval says. */
enum smcg_maybe { SMCG_NO, SMCG_YES, SMCG_MAYBE };

/** smcg_both() - do the two hold? */
static inline enum smcg_maybe smcg_both(u32 one, u32 other)
{
	if (one == SMCG_NO || other == SMCG_NO)
		return SMCG_NO;
	return one == SMCG_YES && other == SMCG_YES ? SMCG_YES : SMCG_MAYBE;
}

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

/* What began: pages that come, that leave, that are tried; all 0: the limit changed. */
struct smcg_change {
	const struct smcg_watch *by;	/* whose own it is, NULL none's */
	s64 up, down, tries;
};

/** smcg_watch_note() - something that changes usage or limit of @group began while it is watched. */
void smcg_watch_note(struct smcg_world *w, struct smcg_group *group, u32 kind,
		     const struct smcg_change *what);

/** smcg_readings() - what an event read of three levels, in pages plus one; 0 not told. */
static inline void smcg_readings(const struct smcg_event *e, u32 *level)
{
	level[0] = e->gfp;
	level[1] = (u32)e->c;
	level[2] = (u32)(e->c >> 32);
}

/** smcg_watch_told() - what was read as @watch was opened, at its first @levels levels. */
void smcg_watch_told(struct smcg_watch *watch, const u32 *read, u32 levels);

/**
 * smcg_watch_heard() - what another task read of @group and the levels above.
 * @mine: its own watch, NULL none
 * A try whose pages were not there then, but that goes through, came later; if they were
 * there already it saw nothing that began since.
 */
void smcg_watch_heard(struct smcg_world *w, const struct smcg_watch *mine,
		      struct smcg_group *group, u32 kind, const u32 *read);

/**
 * smcg_watch_untried() - has a try not taken effect?
 * @read: by its own task, in the middle of it, as smcg_watch_told()
 * Return: true when its pages are not there, and could not have been refused since @watch was opened.
 */
bool smcg_watch_untried(const struct smcg_watch *watch, const u32 *read);

/** smcg_watch_away() - the task of @watch, which may be NULL, loses its CPU or has one again: it sees nothing in between. */
void smcg_watch_away(struct smcg_watch *watch, bool away);

/** smcg_watch_left() - @read as a try loses its CPU: where are its own pages there, and where not? */
void smcg_watch_left(struct smcg_watch *watch, const u32 *read);

/** smcg_watch_freeze() - what comes from now on was not seen: the watch is only asked and closed. */
void smcg_watch_freeze(struct smcg_watch *watch);

/** smcg_watch_anew() - the try of @watch, which is in flight, sees nothing of what was before. */
void smcg_watch_anew(struct smcg_watch *watch);

/** smcg_watch_try() - judge a try of watch->own pages. @real: group over, or NULL. */
void smcg_watch_try(const struct smcg_watch *watch, struct smcg_group *real,
		    struct smcg_try *out);

/**
 * smcg_watch_still() - can a doubtful try be settled by what was read around it?
 * @after: pages plus one per level, at its return, its own included; 0 not told
 * It saw something between the readings at both ends, unless a failed try of another came and
 * went in between. With one reading it saw no more and no less than what was on its way
 * allows.  Readings only ever tell legal orders apart: one that does not lie within
 * what the shadow holds possible counts for nothing.
 * Return: true when the one outcome that is left is the real one.
 */
bool smcg_watch_still(const struct smcg_watch *watch, const u32 *after,
		      const struct smcg_group *real);

/**
 * smcg_watch_room() - is there room for @nr pages at the first level?
 * @told: what was read when the watch was opened counts, too
 * @after: what was read afterwards, plus one; 0 not told
 */
enum smcg_maybe smcg_watch_room(const struct smcg_watch *watch, u32 nr, bool told, u32 after);

/** smcg_watch_room_still() - the same if what was read before and after is all that was there. */
enum smcg_maybe smcg_watch_room_still(const struct smcg_watch *watch, u32 nr, u32 after);

/** smcg_watch_room_read() - the same by what was read when the watch was opened alone. */
enum smcg_maybe smcg_watch_room_read(const struct smcg_watch *watch, u32 nr);

/** smcg_watch_above() - was usage at level @i above its bound? */
enum smcg_maybe smcg_watch_above(const struct smcg_watch *watch, u32 i);

/** smcg_watch_above_read() - the same by what was read when the watch was opened alone. */
enum smcg_maybe smcg_watch_above_read(const struct smcg_watch *watch, u32 i);

#endif
