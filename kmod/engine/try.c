// SPDX-License-Identifier: GPL-2.0
/*
 * try.c - a try of a counter, from its entry to its return (SPEC A3, A5).
 *
 * Source: page_counter_try_charge() and its callers in 6.1, seed 000.
 */
#include "world.h"

/* In which state a charge tries that counter. */
static u32 try_due(const struct smcg_world *w, u32 counter)
{
	return w->legacy && counter == SMCG_COUNTER_MEMORY ? SMCG_ST_MEMORY_DUE : SMCG_ST_RETRY;
}

void smcg_try_enter(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_frame *f = smcg_frame_top(w, e);
	u32 counter = smcg_which(w, e, e->b);
	u32 before[SMCG_READ_LEVELS];

	if (!smcg_group_tracked(g))
		return;
	if (!e->nr || e->nr > SMCG_PAGES_MAX || (f && f->state == SMCG_ST_TRYING)) {
		w->stats.errors++;
		return;
	}
	if (e->caller != SMCG_BY_CHARGE || !f || f->kind != SMCG_FRAME_CHARGE ||
	    f->group != g || f->state != try_due(w, counter))
		f = smcg_frame_push(w, e->tid, e->ctx, e->cpu, SMCG_FRAME_TRY);
	if (!f) {
		w->stats.errors++;
		return;
	}
	f->group = g;
	f->counter = (u8)counter;
	f->caller = f->kind == SMCG_FRAME_TRY ? e->caller : f->caller;
	f->tried = e->nr;
	f->cpu = c->cpu;
	f->event = w->stats.events;
	f->watch = smcg_watch_open(w, g, f->counter, SMCG_WATCH_MAX, SMCG_DEPTH_MAX, e->nr);
	if (!f->watch) {
		w->stats.errors++;
		smcg_frame_pop(w, f);
		return;
	}
	smcg_readings(e, before);
	smcg_watch_told(f->watch, before, SMCG_READ_LEVELS);
	smcg_watch_heard(w, f->watch, g, f->counter, before);
	f->state = SMCG_ST_TRYING;
	f->untried = false;
	f->refused = false;
	f->went = false;
	smcg_counter_try_begin(w, g, f->counter, e->nr, f->watch);
}

bool smcg_watches_parked(struct smcg_frame *f, bool parked)
{
	if (!f)
		return false;
	smcg_watch_away(f->watch, parked);
	smcg_watch_away(f->swap_watch, parked);
	smcg_watch_away(f->memsw, parked);
	return f->watch || f->swap_watch || f->memsw;
}

void smcg_try_parked(struct smcg_world *w, struct smcg_frame *f, bool parked)
{
	if (!f || f->state != SMCG_ST_TRYING || f->parked == parked)
		return;
	f->parked = parked;
	if (parked) {
		f->untried &= !f->went;
		/* Of what was read before the last time it says nothing. */
		f->watch->absent = f->untried ? ~0ULL : f->went ? 0 : f->watch->absent;
		f->watch->present = f->went ? 0 : f->watch->present;
		f->went = true;
	}
	smcg_counter_try_parked(w, f->group, f->counter, parked ? (s64)f->tried : -(s64)f->tried,
				f->watch);
	if (parked)
		return;
	f->watch->absent = 0;
	f->watch->present = 0;
	if (f->untried)
		smcg_watch_anew(f->watch);
}

/*
 * What a task reads as it loses its CPU may tell that its try has been refused, or that it has not taken
 * effect: its pages are not there, and there was room for them all the time.  What others do until it has a
 * CPU again is nothing to it then.
 */
static void seen_by_itself(struct smcg_world *w, const struct smcg_event *e,
			   const struct smcg_group *g, const u32 *read)
{
	struct smcg_frame *f = smcg_frame_find(w, smcg_frame_key(e->tid, SMCG_CTX_TASK, 0));

	if (!f || f->state != SMCG_ST_TRYING || f->group != g || f->parked)
		return;
	if (!(e->a & SMCG_TRY_AGAIN))
		smcg_watch_left(f->watch, read);
	if (f->refused)
		return;
	if (e->a & SMCG_TRY_REFUSED) {
		f->refused = true;
		memcpy(f->read, read, sizeof(f->read));
		smcg_watch_freeze(f->watch);
	} else if (!(e->a & SMCG_TRY_AGAIN)) {
		f->untried = smcg_watch_untried(f->watch, read);
	} else {
		if (f->untried && f->went)
			smcg_watch_told(f->watch, read, SMCG_READ_LEVELS);
		f->untried = false;
	}
	f->went = false;
}

void smcg_try_seen(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_flight *flight = &c->flight[SMCG_CTX_TASK];
	struct smcg_group *g = smcg_group_find(w, e->group);
	u32 read[SMCG_READ_LEVELS];

	if (!smcg_group_tracked(g))
		return;
	smcg_readings(e, read);
	smcg_watch_heard(w, NULL, g, smcg_which(w, e, e->b), read);
	if (e->a & SMCG_TRY_NONE) {
		if (!(e->a & SMCG_TRY_AGAIN) && c->tid == e->tid && c->flights & 1U << SMCG_CTX_TASK &&
		    flight->group == g)
			smcg_counter_seen(flight, read, SMCG_READ_LEVELS);
		return;
	}
	seen_by_itself(w, e, g, read);
}

/* The group that reality found over its limit: at or above the charged one. */
static struct smcg_group *real_over(const struct smcg_world *w, struct smcg_frame *f,
				    const struct smcg_event *e, struct smcg_group *guess)
{
	struct smcg_group *over = smcg_group_find(w, (u32)e->b), *g;

	if (e->a)
		return NULL;
	for (g = f->group; g; g = g->parent)
		if (g == over)
			return over;
	return guess ? guess : f->group;
}

static void say_try(struct smcg_world *w, struct smcg_frame *f, const struct smcg_try *t,
		    struct smcg_group *over)
{
	struct smcg_group *mine = t->legal ? over : t->over;
	struct smcg_mark m;
	s64 wanted, got;

	memset(&m, 0, sizeof(m));
	m.kind = f->batch > f->nr ? SMCG_KIND_BATCH_CHARGE : SMCG_KIND_EXACT_CHARGE;
	if (f->counter == SMCG_COUNTER_MEMSW)
		m.kind = SMCG_KIND_MEMSW_CHARGE;
	m.ctx = f->ctx;
	m.cpu = f->cpu;
	m.tid = f->tid;
	m.event = f->event;
	m.group = f->group->id;
	m.nr = f->batch;
	m.result = mine ? -ENOMEM : 0;
	m.over = mine ? mine->id : 0;
	m.flags = (u8)smcg_flags_now(w, f->group);
	if ((t->unsure || f->unsure) && !m.flags)
		m.flags |= SMCG_DEC_AMBIGUOUS;
	f->unsure = false;
	if ((!t->legal || f->batch != f->tried) && !w->after_gap) {
		m.flags |= SMCG_DEC_ADOPTED;
		wanted = mine ? 0 : f->batch;
		got = over ? 0 : f->tried;
		smcg_counter_adopt(f->group, f->counter, got - wanted);
	}
	smcg_say(w, &w->cpus[f->cpu], &m);
}

/* A try that no charge in the stream explains, unless it is of one that began before the baseline. */
static void unexplained(struct smcg_world *w, struct smcg_frame *f,
			const struct smcg_group *over)
{
	if (!smcg_group_watched(f->group))
		return;
	w->stats.unexplained++;
	if (!over && !smcg_join_charge(w, f->tid, f->ctx))
		smcg_counter_adopt(f->group, f->counter, f->tried);
}

void smcg_try_ret(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_frame *f = smcg_frame_top(w, e);
	struct smcg_group *over;
	u32 after[SMCG_READ_LEVELS];
	struct smcg_try t;

	if (!f || f->state != SMCG_ST_TRYING || f->group->css != e->group) {
		w->stats.errors += smcg_group_tracked(smcg_group_find(w, e->group));
		return;
	}
	if (unlikely(f->parked))
		smcg_try_parked(w, f, false);
	smcg_watch_try(f->watch, real_over(w, f, e, NULL), &t);
	over = real_over(w, f, e, t.over);
	smcg_readings(e, after);
	if (t.unsure && t.legal && smcg_watch_still(f->watch, f->refused ? f->read : after, over))
		t.unsure = false;
	smcg_watch_close(w, f->watch);
	f->watch = NULL;
	smcg_counter_try_end(f->group, f->counter, f->tried, over);
	smcg_watch_heard(w, NULL, f->group, f->counter, after);
	f->cpu = c->cpu;
	f->event = w->stats.events;
	if (f->kind != SMCG_FRAME_CHARGE) {
		if (f->counter == SMCG_COUNTER_TCPMEM) {
			smcg_tcp_tried(w, f, &t, over);
			return;
		}
		if (f->caller == SMCG_BY_SWAP)
			smcg_swap_tried(w, f, &t, over);
		else
			unexplained(w, f, over);
		smcg_frame_pop(w, f);
		return;
	}
	f->task |= e->task;
	say_try(w, f, &t, over);
	if (f->counter == SMCG_COUNTER_MEMSW) {
		smcg_memsw_tried(w, c, f, e, over);
		return;
	}
	f->surplus = f->batch - f->nr;
	f->over = over;
	if (!over && f->tried > f->nr) {
		smcg_charge_wait(w, c, f, e, SMCG_ST_SURPLUS);
	} else if (!over) {
		smcg_over_due(w, c, f, f->counter == SMCG_COUNTER_MEMORY ? after : NULL);
		smcg_charge_done(w, f);
		smcg_frame_pop(w, f);
	} else if (w->legacy) {
		smcg_charge_wait(w, c, f, e, SMCG_ST_UNDO_DUE);
	} else {
		smcg_charge_again(w, c, f, e);
	}
}
