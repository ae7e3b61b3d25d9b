// SPDX-License-Identifier: GPL-2.0
/* slow.c - reclaim and OOM passes: their begin and end (SPEC A8). */
#include "world.h"

void smcg_reclaim(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_frame *f = smcg_frame_top(w, e);
	u32 flags = 0;

	if (f && f->kind == SMCG_FRAME_CHARGE && f->state == SMCG_ST_RECLAIM_DUE &&
	    e->caller == SMCG_BY_CHARGE) {
		f->cpu = c->cpu;
		f->event = w->stats.events;
		if (e->group != f->over->css || e->nr != f->nr)
			flags = SMCG_DEC_ADOPTED;
		smcg_charge_say(w, f, SMCG_KIND_RECLAIM, flags);
		f->state = SMCG_ST_RECLAIMING;
		return;
	}
	if (f && f->kind == SMCG_FRAME_HIGH && f->state == SMCG_ST_RECLAIMING &&
	    e->caller == SMCG_BY_HIGH && !f->inside) {
		f->inside = true;
		return;
	}
	if (e->caller == SMCG_BY_CHARGE && smcg_join_charge(w, e->tid, e->ctx) &&
	    smcg_group_watched(smcg_group_find(w, e->group)))
		smcg_group_count(smcg_group_find(w, e->group), SMCG_COUNT_MAX);
	f = smcg_frame_push(w, e->tid, e->ctx, e->cpu, SMCG_FRAME_RECLAIM);
	if (f)
		f->state = SMCG_ST_RECLAIMING;
	else
		w->stats.errors++;
}

/* Memory and swap together have a margin of their own. */
static void watch_memsw(struct smcg_world *w, struct smcg_frame *f, const struct smcg_event *e)
{
	u32 read = e->group == f->over->css ? e->nr : 0;

	f->memsw = smcg_watch_open(w, f->over, SMCG_COUNTER_MEMSW, SMCG_WATCH_MAX, 1, 0);
	if (f->memsw)
		smcg_watch_told(f->memsw, &read, 1);
	else
		w->stats.errors++;
}

enum smcg_maybe smcg_margin_read(const struct smcg_frame *f)
{
	enum smcg_maybe room = smcg_watch_room_read(f->watch, f->nr);

	return f->memsw ? smcg_both(room, smcg_watch_room_read(f->memsw, f->nr)) : room;
}

void smcg_margin_close(struct smcg_world *w, struct smcg_frame *f)
{
	smcg_watch_close(w, f->watch);
	smcg_watch_close(w, f->memsw);
	f->watch = NULL;
	f->memsw = NULL;
}

/* The margin is looked at from here on: what was read of the group that is over its limit? */
static void watch_margin(struct smcg_world *w, struct smcg_frame *f, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	u32 i, read[SMCG_READ_LEVELS];

	f->watch = smcg_watch_open(w, f->over, SMCG_COUNTER_MEMORY, SMCG_WATCH_MAX, 1, 0);
	if (!f->watch)
		return;
	if (w->legacy)
		watch_memsw(w, f, e);
	smcg_readings(e, read);
	for (i = 0; i < SMCG_READ_LEVELS && g; i++, g = g->parent)
		if (g == f->over)
			smcg_watch_told(f->watch, &read[i], 1);
}

void smcg_reclaim_ret(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_frame *f = smcg_frame_top(w, e);

	while (f && f->state != SMCG_ST_RECLAIMING) {
		/* Something inside did not end before its reclaim did. */
		w->stats.errors++;
		smcg_frame_pop(w, f);
		f = smcg_frame_top(w, e);
	}
	if (!f)
		return;
	f->cpu = c->cpu;
	f->event = w->stats.events;
	f->since = w->stats.events;
	switch (f->kind) {
	case SMCG_FRAME_CHARGE:
		f->reclaimed = (u32)min_t(u64, e->a, U32_MAX);
		f->task = (f->task & ~SMCG_TASK_DYING) | e->task;
		f->mutex = (u8)min_t(u64, e->b, SMCG_MUTEX_HELD);
		f->near = false;
		f->checked = false;
		if (smcg_group_tracked(f->over))
			watch_margin(w, f, e);
		smcg_charge_retry(w, c, f, e, SMCG_ST_RECLAIMED);
		break;
	case SMCG_FRAME_HIGH:
		smcg_high_resume(w, c, f, e);
		break;
	default:
		smcg_frame_pop(w, f);
		break;
	}
}

/* Frame of a charge between the end of its reclaim and what follows, NULL if it is in none. */
static struct smcg_frame *at_margin(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_frame *f = smcg_frame_top(w, e);

	if (!f || f->kind != SMCG_FRAME_CHARGE || f->state != SMCG_ST_RECLAIMED || !f->wait_cpu)
		return NULL;
	return f;
}

void smcg_margin(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_frame *f = at_margin(w, e);

	if (!f || e->group != f->over->css)
		return;
	f->since = w->stats.events;
	f->mutex = (u8)min_t(u64, e->b, SMCG_MUTEX_HELD);
	f->near = true;
	if (!f->watch)
		return;
	smcg_margin_close(w, f);
	watch_margin(w, f, e);
}

static void check_memsw(struct smcg_frame *f, const struct smcg_event *e)
{
	u32 read = e->group == f->over->css ? e->nr : 0;

	f->room = (u8)smcg_both(f->room, smcg_watch_room(f->memsw, f->nr, false, 0));
	f->room_told = (u8)smcg_both(f->room_told, smcg_watch_room(f->memsw, f->nr, true, read));
	f->room_still = (u8)smcg_both(f->room_still,
				      smcg_watch_room_still(f->memsw, f->nr, read));
}

void smcg_drain_try(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_frame *f = at_margin(w, e);
	u32 read;

	if (!f)
		return;
	f->since = w->stats.events;
	f->mutex = (u8)min_t(u64, e->b, SMCG_MUTEX_HELD);
	if (!f->watch)
		return;
	read = e->group == f->over->css ? e->gfp : 0;
	f->room = (u8)smcg_watch_room(f->watch, f->nr, false, 0);
	f->room_told = (u8)smcg_watch_room(f->watch, f->nr, true, read);
	f->room_still = (u8)smcg_watch_room_still(f->watch, f->nr, read);
	if (f->memsw)
		check_memsw(f, e);
	if (f->room_still == SMCG_MAYBE && f->near)
		f->room_still = (u8)smcg_margin_read(f);
	f->checked = true;
	smcg_margin_close(w, f);
}

void smcg_oom(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_frame *f = smcg_frame_top(w, e);
	u32 flags = 0;

	if (w->rules->oom_noted) {
		smcg_oom_settle(w, c, e);
		return;
	}
	if (!f || f->kind != SMCG_FRAME_CHARGE || f->state != SMCG_ST_OOM)
		return;
	f->cpu = c->cpu;
	f->event = w->stats.events;
	if (e->group != f->over->css || e->nr != smcg_charge_order(f->nr))
		flags = SMCG_DEC_ADOPTED;
	smcg_oom_tells(w, c, e, f);
	smcg_charge_say(w, f, SMCG_KIND_OOM, flags);
	smcg_group_count(f->over, SMCG_COUNT_OOM);
}

void smcg_oom_ret(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_frame *f = smcg_frame_top(w, e);

	smcg_oom_unlock(w, e);
	w->settles = 0;
	if (!f || f->kind != SMCG_FRAME_CHARGE || f->state != SMCG_ST_OOM)
		return;
	f->cpu = c->cpu;
	f->task = (f->task & ~SMCG_TASK_DYING) | e->task;
	if (!e->a || !w->rules->oom_starts_over) {
		smcg_charge_nomem(w, c, f, e);
		return;
	}
	f->passed_oom = true;
	f->retries_low = (s32)w->rules->retries;
	f->retries_high = f->retries_low;
	smcg_charge_retry(w, c, f, e, SMCG_ST_RETRY);
}
