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
	for (g = group; g && watch->nr < levels; g = g->parent) {
		struct smcg_counter *c = &g->counter[kind];
		struct smcg_seen *seen = &watch->level[watch->nr++];

		c->watches++;
		seen->group = g;
		seen->low = c->usage - c->coming;
		seen->high = c->usage + c->leaving;
		seen->limit_low = bound_of(watch, g);
		seen->limit_high = seen->limit_low;
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

void smcg_watch_note(struct smcg_world *w, struct smcg_group *group, u32 kind)
{
	const struct smcg_counter *c = &group->counter[kind];
	struct smcg_watch *watch;

	for (watch = w->watches; watch; watch = watch->next) {
		u32 i = (u32)watch->depth - group->depth;
		struct smcg_seen *seen;
		u64 bound;

		if (watch->kind != kind || i >= watch->nr || watch->level[i].group != group)
			continue;
		seen = &watch->level[i];
		bound = bound_of(watch, group);
		seen->low = min(seen->low, c->usage - c->coming);
		seen->high = max(seen->high, c->usage + c->leaving - watch->own);
		seen->limit_low = min(seen->limit_low, bound);
		seen->limit_high = max(seen->limit_high, bound);
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

/* What a try saw at one level; false when that stays open. */
static bool still_at(const struct smcg_watch *watch, u32 i, u32 before, u32 after, s64 *usage)
{
	const struct smcg_seen *seen = &watch->level[i];

	*usage = (s64)before - 1;
	return before && before == after && seen->limit_low == seen->limit_high &&
		*usage >= seen->low && *usage <= seen->high;
}

bool smcg_watch_still(const struct smcg_watch *watch, const u32 *before, const u32 *after,
		      const struct smcg_group *real)
{
	u32 i, own = real ? 0 : watch->own;

	for (i = 0; i < watch->nr; i++) {
		const struct smcg_seen *seen = &watch->level[i];
		s64 usage;

		if (!above(seen->high + watch->own, seen->limit_low) &&
		    seen->group->counter[watch->kind].known) {
			if (seen->group == real)
				return false;
			continue;
		}
		if (i >= SMCG_READ_LEVELS || !still_at(watch, i, before[i], after[i] - own, &usage))
			return false;
		if (above(usage + watch->own, seen->limit_low))
			return seen->group == real;
	}
	return !real;
}

enum smcg_maybe smcg_watch_room(const struct smcg_watch *watch, u32 nr)
{
	const struct smcg_seen *seen = &watch->level[0];
	s64 least = max_t(s64, seen->low, 0);
	s64 most = max_t(s64, seen->high, 0);
	bool yes, no;

	/* Room is limit - usage, never below nothing. */
	yes = (u64)least < seen->limit_high && seen->limit_high - (u64)least >= nr;
	no = (u64)most >= seen->limit_low || seen->limit_low - (u64)most < nr;
	if (!seen->group->counter[watch->kind].known)
		return SMCG_MAYBE;
	if (yes && no)
		return SMCG_MAYBE;
	return yes ? SMCG_YES : SMCG_NO;
}

enum smcg_maybe smcg_watch_above(const struct smcg_watch *watch, u32 i)
{
	const struct smcg_seen *seen = &watch->level[i];
	bool yes = above(seen->high, seen->limit_low);
	bool no = !above(seen->low, seen->limit_high);

	if (!seen->group->counter[watch->kind].known || (yes && no))
		return SMCG_MAYBE;
	return yes ? SMCG_YES : SMCG_NO;
}
