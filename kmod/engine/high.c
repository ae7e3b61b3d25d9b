// SPDX-License-Identifier: GPL-2.0
/*
 * high.c - reclaim for memory.high, level by level (SPEC A11, A18).
 *
 * Source: reclaim_high() of 6.1: from the group up, each level above its bound
 * raises the event and is reclaimed from.
 */
#include "world.h"

static void say_high(struct smcg_world *w, struct smcg_frame *f, const struct smcg_group *g,
		     u32 flags)
{
	struct smcg_mark m;

	if (!smcg_group_watched(g))
		return;
	memset(&m, 0, sizeof(m));
	m.kind = SMCG_KIND_HIGH_EVENT;
	m.ctx = f->ctx;
	m.cpu = f->cpu;
	m.tid = f->tid;
	m.event = f->event;
	m.group = g->id;
	m.nr = f->nr;
	if (w->after_gap)
		flags &= ~SMCG_DEC_ADOPTED;
	m.flags = (u8)(flags | smcg_flags_now(w, g));
	smcg_say(w, &w->cpus[f->cpu], &m);
}

/* @read: what was read just before, of @from and the levels above it. */
static void look(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		 const struct smcg_event *e, struct smcg_group *from, const u32 *read, u32 levels)
{
	f->at = from;
	f->inside = false;
	f->watch = smcg_watch_open(w, from, SMCG_COUNTER_MEMORY, SMCG_WATCH_HIGH,
				   SMCG_DEPTH_MAX, 0);
	if (f->watch)
		smcg_watch_told(f->watch, read, levels);
	smcg_charge_wait(w, c, f, e, SMCG_ST_RETRY);
}

void smcg_high(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_frame *f = smcg_frame_top(w, e);
	u32 read[SMCG_READ_LEVELS], nr = w->rules->batch;	/* a worker's */

	if (!smcg_group_tracked(g))
		return;
	if (f && f->kind == SMCG_FRAME_OVER)
		smcg_over_round(w, c, f, &nr);
	f = smcg_frame_push(w, e->tid, e->ctx, e->cpu, SMCG_FRAME_HIGH);
	if (!f) {
		w->stats.errors++;
		return;
	}
	f->group = g;
	f->nr = nr;
	smcg_readings(e, read);
	look(w, c, f, e, g, read, SMCG_READ_LEVELS);
}

/* The first level that must be above its bound, or NULL. */
static struct smcg_group *first_above(const struct smcg_watch *watch)
{
	u32 i;

	for (i = 0; watch && i < watch->nr; i++)
		if (smcg_watch_above(watch, i) == SMCG_YES)
			return watch->level[i].group;
	return NULL;
}

/* Is it legal that @g is the next one?  @unsure: so would another be. */
static bool may_be_next(const struct smcg_watch *watch, const struct smcg_group *g, bool *unsure)
{
	u32 i;

	*unsure = !watch;
	for (i = 0; watch && i < watch->nr; i++) {
		enum smcg_maybe above = smcg_watch_above(watch, i);

		if (above == SMCG_MAYBE)
			*unsure = true;
		if (watch->level[i].group == g)
			return above != SMCG_NO;
		if (above == SMCG_YES)
			return false;
	}
	return !watch;
}

/* Is @g the first level that was above its bound, as read just before they were looked at? */
static bool read_as_next(const struct smcg_watch *watch, const struct smcg_group *g)
{
	u32 i;

	for (i = 0; i < watch->nr && watch->level[i].group != g; i++)
		if (smcg_watch_above(watch, i) != SMCG_NO &&
		    smcg_watch_above_read(watch, i) != SMCG_NO)
			return false;
	return i < watch->nr && (smcg_watch_above(watch, i) == SMCG_YES ||
				 smcg_watch_above_read(watch, i) == SMCG_YES);
}

u32 smcg_high_shown(struct smcg_world *w, struct smcg_frame *f, const struct smcg_event *e)
{
	struct smcg_group *next = first_above(f->watch), *real = NULL;
	bool unsure = false, legal;

	if (e && e->type == SMCG_EV_RECLAIM && e->caller == SMCG_BY_HIGH)
		real = smcg_group_find(w, e->group);
	legal = real && may_be_next(f->watch, real, &unsure);
	if (legal && unsure && f->watch)
		unsure = !read_as_next(f->watch, real);
	smcg_watch_close(w, f->watch);
	f->watch = NULL;
	if (legal)
		next = real;
	f->event = w->stats.events;
	if (next)
		say_high(w, f, next, (legal ? 0 : SMCG_DEC_ADOPTED) |
			 (unsure ? SMCG_DEC_AMBIGUOUS : 0));
	if (!real) {
		smcg_frame_pop(w, f);
		return SMCG_SHOWN_VOID;
	}
	smcg_group_count(real, SMCG_COUNT_HIGH);
	f->at = real;
	f->state = SMCG_ST_RECLAIMING;
	return SMCG_SHOWN_VOID;
}

void smcg_high_resume(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		      const struct smcg_event *e)
{
	struct smcg_group *next = f->at ? f->at->parent : NULL;
	u32 read[SMCG_READ_LEVELS];

	if (f->outer && f->outer->kind == SMCG_FRAME_OVER) {
		f->outer->reclaimed |= e->a ? 1 : 0;
		smcg_over_watch(w, f->outer);
	}
	smcg_readings(e, read);
	if (next)
		look(w, c, f, e, next, read + 1, e->group == f->at->css ? SMCG_READ_LEVELS - 1 : 0);
	else
		smcg_frame_pop(w, f);
}
