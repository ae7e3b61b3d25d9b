// SPDX-License-Identifier: GPL-2.0
/*
 * overlap.c - counter operations that overlap in time.
 *
 * At any moment the usage of a group, as some CPU sees it, lies between
 * (everything in flight that adds has not come, everything that takes has)
 * and the opposite.  A try reads at an unknown moment between its entry and
 * its return, so what it can have seen lies between the lowest low and the
 * highest high of that time.  Levels are independent: each is read once.
 */
#include "world.h"

static u64 bound_of(const struct smcg_watch *watch, const struct smcg_group *g)
{
	const struct smcg_counter *c = &g->counter[watch->kind];

	return watch->on == SMCG_WATCH_HIGH ? c->high : c->max;
}

static bool above(s64 usage, u64 bound)
{
	return usage > 0 && (u64)usage > bound;
}

/* From now on. @own: pages of the watcher itself that are counted as on their way */
static void begin(const struct smcg_watch *watch, struct smcg_seen *seen, u32 own)
{
	const struct smcg_counter *c = &seen->group->counter[watch->kind];

	seen->low = c->usage - c->coming;
	seen->high = c->usage + c->leaving - own;
	seen->limit_low = bound_of(watch, seen->group);
	seen->limit_high = seen->limit_low;
	memset(&seen->begin, 0, sizeof(seen->begin));
	seen->begin.up = c->coming - c->still_coming;
	seen->begin.down = c->leaving - c->trying - c->still_leaving;
	seen->begin.tries = c->trying - c->parked - own;
	seen->late.known = false;
}

struct smcg_watch *smcg_watch_open(struct smcg_world *w, struct smcg_group *group, u32 kind,
				   u32 on, u32 levels, u32 own)
{
	struct smcg_watch *watch = w->watches_spare;
	struct smcg_group *g;

	if (watch)
		w->watches_spare = watch->next;
	else
		watch = smcg_alloc(w, sizeof(*watch));
	if (!watch)
		return NULL;
	watch->own = own;
	watch->depth = group->depth;
	watch->kind = (u8)kind;
	watch->on = (u8)on;
	watch->nr = 0;
	watch->frozen = false;
	watch->away = false;
	watch->there = 0;
	watch->absent = 0;
	watch->present = 0;
	for (g = group; g && watch->nr < levels; g = g->parent) {
		g->counter[kind].watches++;
		watch->level[watch->nr].group = g;
		begin(watch, &watch->level[watch->nr++], 0);
	}
	watch->prev = NULL;
	watch->next = w->watches;
	if (watch->next)
		watch->next->prev = watch;
	w->watches = watch;
	return watch;
}

void smcg_watch_close(struct smcg_world *w, struct smcg_watch *watch)
{
	u32 i;

	if (!watch)
		return;
	for (i = 0; i < watch->nr; i++)
		watch->level[i].group->counter[watch->kind].watches--;
	if (watch->prev)
		watch->prev->next = watch->next;
	else
		w->watches = watch->next;
	if (watch->next)
		watch->next->prev = watch->prev;
	watch->next = w->watches_spare;
	w->watches_spare = watch;
}

void smcg_watch_free_all(struct smcg_world *w)
{
	struct smcg_watch *watch;

	while (w->watches)
		smcg_watch_close(w, w->watches);
	while (w->watches_spare) {
		watch = w->watches_spare;
		w->watches_spare = watch->next;
		smcg_free(w, watch, sizeof(*watch));
	}
}

/* Index of the level of @group; watch->nr if it is not watched. */
static u32 level_of(const struct smcg_watch *watch, const struct smcg_group *group, u32 kind)
{
	u32 i = (u32)watch->depth - group->depth;

	if (watch->kind != kind || i >= watch->nr || watch->level[i].group != group)
		return watch->nr;
	return i;
}

static void add_to(struct smcg_told *told, const struct smcg_change *what)
{
	told->up += what->up;
	told->down += what->down;
	told->tries += what->tries;
}

/* What the counter can be at least, and at most, at a level: with the watcher's own pages on their way. */
static s64 least_at(const struct smcg_watch *watch, u32 i)
{
	const struct smcg_counter *c = &watch->level[i].group->counter[watch->kind];

	return c->usage - c->coming - (watch->present & 1ULL << i ? watch->own : 0);
}

static s64 most_at(const struct smcg_watch *watch, u32 i)
{
	const struct smcg_counter *c = &watch->level[i].group->counter[watch->kind];

	return c->usage + c->leaving + (watch->absent & 1ULL << i ? watch->own : 0);
}

/* What is there now can be seen. */
static void widen(const struct smcg_watch *watch, struct smcg_seen *seen, u32 i)
{
	u64 bound = bound_of(watch, seen->group);

	seen->low = min(seen->low, least_at(watch, i));
	seen->high = max(seen->high, most_at(watch, i) - watch->own);
	seen->limit_low = min(seen->limit_low, bound);
	seen->limit_high = max(seen->limit_high, bound);
}

void smcg_watch_away(struct smcg_watch *watch, bool away)
{
	u32 i;

	if (!watch)
		return;
	for (i = 0; watch->away && !away && !watch->frozen && i < watch->nr; i++)
		widen(watch, &watch->level[i], i);
	watch->away = away;
}

void smcg_watch_note(struct smcg_world *w, struct smcg_group *group, u32 kind,
		     const struct smcg_change *what)
{
	struct smcg_watch *watch;

	for (watch = w->watches; watch; watch = watch->next) {
		u32 i = level_of(watch, group, kind);
		struct smcg_seen *seen = &watch->level[i];

		if (i == watch->nr || watch == what->by || watch->frozen)
			continue;
		add_to(&seen->begin, what);
		add_to(&seen->late, what);
		if (!watch->away)
			widen(watch, seen, i);
	}
}

void smcg_watch_told(struct smcg_watch *watch, const u32 *read, u32 levels)
{
	u32 i;

	for (i = 0; i < watch->nr && i < levels; i++) {
		struct smcg_seen *seen = &watch->level[i];

		seen->begin.usage = (s64)read[i] - 1;
		seen->begin.known = read[i] && seen->begin.usage >= seen->low &&
			seen->begin.usage <= seen->high;
	}
}

static void hear(struct smcg_watch *watch, u32 i, u32 read)
{
	struct smcg_seen *seen = &watch->level[i];
	const struct smcg_counter *c = &seen->group->counter[watch->kind];
	s64 usage = (s64)read - 1, own = watch->own;
	s64 least = least_at(watch, i), most = most_at(watch, i);

	if (!read || usage < least || usage > most)
		return;
	if (usage < least + own && usage <= most - own) {
		/* With its pages there it would be more. */
		seen->late.known = true;
		seen->late.usage = usage;
		seen->late.up = c->coming - c->still_coming;
		seen->late.down = c->leaving - c->trying - c->still_leaving;
		seen->late.tries = c->trying - own;
	} else if (usage >= least + own && usage > most - own && i < SMCG_READ_LEVELS &&
		   !(watch->there & 1U << i)) {
		/* Without its pages it would be less. */
		watch->there |= (u8)(1U << i);
		watch->when[i] = *seen;
		watch->rest[i] = usage - own;
	}
}

void smcg_watch_heard(struct smcg_world *w, const struct smcg_watch *mine,
		      struct smcg_group *group, u32 kind, const u32 *read)
{
	struct smcg_watch *watch;

	for (watch = w->watches; watch; watch = watch->next) {
		struct smcg_group *g = group;
		u32 i;

		if (watch == mine || !watch->own || watch->frozen)
			continue;
		for (i = 0; i < SMCG_READ_LEVELS && g; i++, g = g->parent) {
			u32 level = level_of(watch, g, kind);

			if (level < watch->nr)
				hear(watch, level, read[i]);
		}
	}
}

void smcg_watch_try(const struct smcg_watch *watch, struct smcg_group *real,
		    struct smcg_try *out)
{
	bool decided = false, passes = true;
	u32 i, ways = 0;

	out->over = NULL;
	out->legal = false;
	for (i = 0; i < watch->nr && passes; i++) {
		const struct smcg_seen *seen = &watch->level[i];
		const struct smcg_counter *c = &seen->group->counter[watch->kind];
		s64 nr = watch->own;
		bool fail = above(seen->high + nr, seen->limit_low) || !c->known;
		bool pass = !above(seen->low + nr, seen->limit_high) || !c->known;
		bool likely_fail = fail && above(c->usage + nr, bound_of(watch, seen->group));

		if (!decided && (!pass || likely_fail)) {
			out->over = seen->group;
			decided = true;
		}
		if (fail) {
			ways++;
			if (seen->group == real)
				out->legal = true;
		}
		passes = pass;
	}
	if (passes) {
		ways++;
		if (!real)
			out->legal = true;
	}
	out->unsure = ways > 1;
}

/* From a reading on. */
static void narrow(const struct smcg_told *told, s64 *low, s64 *high)
{
	if (!told->known)
		return;
	*low = max_t(s64, *low, told->usage - told->down - told->tries);
	*high = min_t(s64, *high, told->usage + told->up + told->tries);
}

/* Up to a reading. */
static void narrow_back(const struct smcg_told *since, s64 usage, s64 *low, s64 *high)
{
	*low = max_t(s64, *low, usage - since->up - since->tries);
	*high = min_t(s64, *high, usage + since->down + since->tries);
}

/*
 * What can have been seen at one level.
 * @after: read afterwards, without the watcher's own
 * @still: what was read before and after is all that was there: no failed try came and went in between
 */
static void bounds(const struct smcg_watch *watch, u32 i, bool passed, s64 after, bool still,
		   s64 *low, s64 *high)
{
	const struct smcg_seen *seen = &watch->level[i];
	const struct smcg_told *since = &seen->begin;

	if (passed && i < SMCG_READ_LEVELS && watch->there & 1U << i) {
		seen = &watch->when[i];
		since = &seen->begin;
		after = watch->rest[i];
	}
	*low = seen->low;
	*high = seen->high;
	narrow(since, low, high);
	if (passed && seen->late.known) {
		since = &seen->late;
		narrow(since, low, high);
	}
	if (after < seen->low || after > seen->high)
		return;
	if (still && since->known) {
		*low = min_t(s64, since->usage, after);
		*high = max_t(s64, since->usage, after);
		return;
	}
	narrow_back(since, after, low, high);
}

/*
 * Only tries were under way, and those that went through left no room for one more: the
 * last of them would have failed, had this one gone through.
 */
static bool full(const struct smcg_watch *watch, const struct smcg_seen *seen)
{
	const struct smcg_counter *c = &seen->group->counter[watch->kind];

	return !c->still_coming && !c->still_leaving && !seen->begin.up && !seen->begin.down &&
		seen->limit_low == seen->limit_high &&
		above(c->usage + watch->own, seen->limit_low);
}

bool smcg_watch_still(const struct smcg_watch *watch, const u32 *after,
		      const struct smcg_group *real)
{
	u32 i, own = real ? 0 : watch->own;

	for (i = 0; i < watch->nr; i++) {
		const struct smcg_seen *seen = &watch->level[i];
		bool passed = seen->group != real;
		s64 low, high, read = -1;

		if (!seen->group->counter[watch->kind].known)
			return false;
		if (i < SMCG_READ_LEVELS && after[i])
			read = (s64)after[i] - 1 - own;
		bounds(watch, i, passed, read, true, &low, &high);
		if (low > high)
			return false;
		if (above(low + watch->own, seen->limit_high) || full(watch, seen))
			return !passed;
		if (!passed || above(high + watch->own, seen->limit_low))
			return false;
	}
	return !real;
}

/* With its own pages there, or without them, could this have been @read? */
static enum smcg_maybe there_at(const struct smcg_watch *watch, u32 i, u32 read)
{
	if (!watch->level[i].group->counter[watch->kind].known)
		return SMCG_MAYBE;
	return smcg_counter_there(read, least_at(watch, i), most_at(watch, i), watch->own);
}

void smcg_watch_left(struct smcg_watch *watch, const u32 *read)
{
	u32 i;

	watch->absent = 0;
	watch->present = 0;
	for (i = 0; i < watch->nr && i < SMCG_READ_LEVELS; i++) {
		enum smcg_maybe there = there_at(watch, i, read[i]);

		watch->absent |= (u64)(there == SMCG_NO) << i;
		watch->present |= (u64)(there == SMCG_YES) << i;
	}
}

bool smcg_watch_untried(const struct smcg_watch *watch, const u32 *read)
{
	s64 usage, low, high;
	u32 i;

	if (there_at(watch, 0, read[0]) != SMCG_NO)
		return false;
	for (i = 0; i < watch->nr; i++) {
		const struct smcg_seen *seen = &watch->level[i];

		usage = i < SMCG_READ_LEVELS ? (s64)read[i] - 1 : -1;
		bounds(watch, i, false, usage, false, &low, &high);
		if (!seen->group->counter[watch->kind].known ||
		    above(high + watch->own, seen->limit_low))
			return false;
	}
	return true;
}

void smcg_watch_freeze(struct smcg_watch *watch)
{
	watch->frozen = true;
}

void smcg_watch_anew(struct smcg_watch *watch)
{
	u32 i;

	for (i = 0; i < watch->nr; i++)
		begin(watch, &watch->level[i], watch->own);
	watch->there = 0;
}

static enum smcg_maybe room(const struct smcg_watch *watch, u32 nr, s64 least, s64 most)
{
	const struct smcg_seen *seen = &watch->level[0];
	bool yes, no;

	least = max_t(s64, least, 0);
	most = max_t(s64, most, 0);
	/* Room is limit - usage, never below nothing. */
	yes = (u64)least < seen->limit_high && seen->limit_high - (u64)least >= nr;
	no = (u64)most >= seen->limit_low || seen->limit_low - (u64)most < nr;
	if (!seen->group->counter[watch->kind].known)
		return SMCG_MAYBE;
	if (yes && no)
		return SMCG_MAYBE;
	return yes ? SMCG_YES : SMCG_NO;
}

enum smcg_maybe smcg_watch_room(const struct smcg_watch *watch, u32 nr, bool told, u32 after)
{
	s64 least = watch->level[0].low, most = watch->level[0].high;

	if (told)
		bounds(watch, 0, false, (s64)after - 1, false, &least, &most);
	return room(watch, nr, least, most);
}

enum smcg_maybe smcg_watch_room_still(const struct smcg_watch *watch, u32 nr, u32 after)
{
	s64 least, most;

	bounds(watch, 0, false, (s64)after - 1, true, &least, &most);
	return room(watch, nr, least, most);
}

enum smcg_maybe smcg_watch_room_read(const struct smcg_watch *watch, u32 nr)
{
	const struct smcg_told *told = &watch->level[0].begin;

	return told->known ? room(watch, nr, told->usage, told->usage) : SMCG_MAYBE;
}

enum smcg_maybe smcg_watch_above(const struct smcg_watch *watch, u32 i)
{
	const struct smcg_seen *seen = &watch->level[i];
	s64 low = seen->low, high = seen->high;
	bool yes, no;

	narrow(&seen->begin, &low, &high);
	yes = above(high, seen->limit_low);
	no = !above(low, seen->limit_high);
	if (!seen->group->counter[watch->kind].known || (yes && no))
		return SMCG_MAYBE;
	return yes ? SMCG_YES : SMCG_NO;
}

enum smcg_maybe smcg_watch_above_read(const struct smcg_watch *watch, u32 i)
{
	const struct smcg_seen *seen = &watch->level[i];

	if (!seen->begin.known || seen->limit_low != seen->limit_high)
		return SMCG_MAYBE;
	return above(seen->begin.usage, seen->limit_low) ? SMCG_YES : SMCG_NO;
}
