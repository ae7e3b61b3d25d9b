// SPDX-License-Identifier: GPL-2.0
/*
 * over.c - what a task collects over memory.high and swap.high, and its penalty (SPEC A11).
 *
 * Source: the end of try_charge_memcg(), mem_cgroup_handle_over_high(),
 * calculate_overage(), calculate_high_delay(), swap_find_max_overage() of 6.1.
 * A charge looks at the bounds after its surplus went to the stock; the next event
 * of its task proves that it has.
 */
#include "world.h"

#define PRECISION_SHIFT	20	/* of an overage, as a share of the bound */
#define SCALING_SHIFT	14
#define DELAY_MAX_S	2
#define IGNORED_SHARE	100	/* of a second: shorter delays are let off */
#define RETRY_PAGES	32	/* asked for once reclaim had its first go */

static struct smcg_over *slot_of(struct smcg_world *w, u32 tid)
{
	return &w->over[tid & (SMCG_OVER_TASKS - 1)];
}

/* What @tid collected; another task's place is taken. */
static struct smcg_over *over_of(struct smcg_world *w, u32 tid)
{
	struct smcg_over *o = slot_of(w, tid);

	if (o->tid != tid) {
		memset(o, 0, sizeof(*o));
		o->tid = tid;
	}
	return o;
}

void smcg_over_born(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_over *o;

	if (!e->a || e->a > U32_MAX)
		return;
	o = over_of(w, (u32)e->a);
	o->low = e->nr;
	o->high = e->nr;
	o->known = true;
}

/* Looks */

static bool bounded(const struct smcg_group *g)
{
	for (; g; g = g->parent)
		if (g->counter[SMCG_COUNTER_MEMORY].high != SMCG_NO_LIMIT ||
		    g->counter[SMCG_COUNTER_SWAP].high != SMCG_NO_LIMIT)
			return true;
	return false;
}

static void open_look(struct smcg_world *w, struct smcg_look *look, const u32 *read)
{
	look->memory = smcg_watch_open(w, look->group, SMCG_COUNTER_MEMORY, SMCG_WATCH_HIGH,
				       SMCG_DEPTH_MAX, 0);
	if (look->memory && read)
		smcg_watch_told(look->memory, read, SMCG_READ_LEVELS);
	look->swap = smcg_watch_open(w, look->group, SMCG_COUNTER_SWAP, SMCG_WATCH_HIGH,
				     SMCG_DEPTH_MAX, 0);
}

static void close_look(struct smcg_world *w, struct smcg_look *look)
{
	smcg_watch_close(w, look->memory);
	smcg_watch_close(w, look->swap);
	look->memory = NULL;
	look->swap = NULL;
}

static void drop(struct smcg_world *w, struct smcg_cpu *c, u32 ctx)
{
	close_look(w, &c->look[ctx]);
	c->looks &= (u8)~(1U << ctx);
}

/* May a charge deal with what its task collected before it returns? */
static bool may_handle(const struct smcg_world *w, u32 gfp, u32 task)
{
	return gfp & SMCG_GFP_BLOCKING && !(task & SMCG_TASK_MEMALLOC) && w->rules->high_at_once;
}

/* Nothing to look at: but what the task collected elsewhere, and could not deal with there, is due here. */
static void elsewhere(struct smcg_world *w, const struct smcg_frame *f)
{
	struct smcg_over *o = slot_of(w, f->tid);

	if (f->ctx == SMCG_CTX_TASK && o->tid == f->tid && o->high > w->rules->batch)
		o->at_once = may_handle(w, f->gfp, f->task);
}

void smcg_over_due(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_frame *f,
		   const u32 *read)
{
	struct smcg_look *look = &c->look[f->ctx];

	if (likely(!bounded(f->group)) || !smcg_group_watched(f->group)) {
		elsewhere(w, f);
		return;
	}
	if (c->looks & 1U << f->ctx)
		drop(w, c, f->ctx);
	look->group = f->group;
	look->event = w->stats.events;
	look->tid = f->tid;
	look->nr = f->tried;
	look->gfp = f->gfp;
	look->task = f->task;
	look->split = false;
	look->done = false;
	look->waits = !read;
	open_look(w, look, read);
	c->looks |= (u8)(1U << f->ctx);
}

void smcg_over_again(struct smcg_world *w, struct smcg_cpu *c, u32 ctx)
{
	struct smcg_look *look = &c->look[ctx];
	struct smcg_flight own = { .group = NULL };

	if (!(c->looks & 1U << ctx) || look->done)
		return;
	/* It looks when that has landed, whether the return is told or not. */
	if (c->flights & 1U << ctx) {
		own = c->flight[ctx];
		smcg_counter_landed(&own);
		own = c->flight[ctx];
	}
	close_look(w, look);
	open_look(w, look, NULL);
	smcg_counter_aloft(&own);
}

/* 1 + pages that the task of @e has collected by then, 0 not told. */
static u64 told_by(const struct smcg_event *e)
{
	if (e->ctx != SMCG_CTX_TASK)
		return 0;
	switch (e->type) {
	case SMCG_EV_CHARGE:
	case SMCG_EV_SWAP_UNCHARGE:
		return e->c;
	case SMCG_EV_REFILL_RET:
	case SMCG_EV_CHARGE_RET:
		return e->a;
	}
	return 0;
}

/* What a task has collected before its next look tells what came of a doubtful one. */
static void collected(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_over *o = slot_of(w, e->tid);
	u64 told = told_by(e);

	if (!told || o->tid != e->tid || !o->known || told - 1 < o->low || told - 1 > o->high)
		return;
	o->low = (u32)told - 1;
	o->high = o->low;
}

void smcg_over_ready(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_look *look = &c->look[e->ctx];
	u32 read[SMCG_READ_LEVELS];

	collected(w, e);
	if (!(c->looks & 1U << e->ctx) || look->tid != e->tid || !look->waits)
		return;
	smcg_readings(e, read);
	look->waits = false;
	close_look(w, look);
	open_look(w, look, read);
}

/* Was a level of the task's branch above one of its bounds, since it has its CPU? */
static enum smcg_maybe above_now(const struct smcg_look *look)
{
	enum smcg_maybe found = SMCG_NO;
	u32 i;

	if (!look->memory || !look->swap)
		return SMCG_MAYBE;
	for (i = 0; i < look->memory->nr; i++) {
		enum smcg_maybe memory = smcg_watch_above(look->memory, i);
		enum smcg_maybe swap = smcg_watch_above(look->swap, i);

		if (memory == SMCG_YES || swap == SMCG_YES)
			return SMCG_YES;
		if (memory == SMCG_MAYBE || swap == SMCG_MAYBE)
			found = SMCG_MAYBE;
	}
	return found;
}

static enum smcg_maybe above_any(const struct smcg_look *look)
{
	enum smcg_maybe now;

	if (look->done)
		return (enum smcg_maybe)look->before;
	now = above_now(look);
	return look->split && now != look->before ? SMCG_MAYBE : now;
}

void smcg_over_seen(struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_look *look = &c->look[e->ctx];

	if (!(c->looks & 1U << e->ctx) || look->tid != e->tid)
		return;
	look->before = (u8)above_any(look);
	look->done = true;
}

/*
 * A charge that is over has looked.  Else what its task has collected may tell: with more than before it
 * has, with no more it found nothing above its bound, or still has to look.
 */
void smcg_over_parked(struct smcg_world *w, struct smcg_look *look, const struct smcg_event *e)
{
	const struct smcg_over *o = slot_of(w, look->tid);
	enum smcg_maybe any = above_any(look), now = look->done ? any : above_now(look);
	bool known = e->gfp && o->tid == look->tid && o->known && o->low == o->high;
	bool more = known && any != SMCG_NO && e->gfp - 1 == o->low + look->nr;
	bool same = known && !more && e->gfp - 1 == o->low;

	close_look(w, look);
	if (look->done || look->waits)
		return;
	if (more || e->a & SMCG_SWITCH_COMMITTED) {
		look->before = (u8)(more ? SMCG_YES : any == SMCG_MAYBE && same ? SMCG_NO : any);
		look->done = true;
	} else if (same && now == SMCG_YES) {
		look->split &= look->before != SMCG_YES;
		look->before = SMCG_NO;
	} else {
		look->before = (u8)(same ? SMCG_NO : any);
		look->split = true;
	}
}

void smcg_over_resumed(struct smcg_world *w, struct smcg_look *look)
{
	if (!look->done)
		open_look(w, look, NULL);
}

static void say(struct smcg_world *w, struct smcg_cpu *c, struct smcg_mark *m,
		const struct smcg_group *g)
{
	if (!smcg_group_watched(g))
		return;
	if (w->after_gap)
		m->flags &= (u8)~SMCG_DEC_ADOPTED;
	m->group = g->id;
	m->cpu = c->cpu;
	m->flags |= (u8)smcg_flags_now(w, g);
	smcg_say(w, c, m);
}

static void collect(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_look *look,
		    const struct smcg_event *e)
{
	enum smcg_maybe above = above_any(look);
	struct smcg_over *o = over_of(w, look->tid);
	bool may = may_handle(w, look->gfp, look->task);
	bool real = e && e->type == SMCG_EV_HIGH_HANDLE && e->tid == look->tid &&
		e->ctx == SMCG_CTX_TASK && e->caller == SMCG_BY_CHARGE;
	struct smcg_mark m = { .kind = SMCG_KIND_OVER_HIGH, .flags = SMCG_DEC_ADOPTED };

	o->low += above == SMCG_YES ? look->nr : 0;
	o->high += above != SMCG_NO ? look->nr : 0;
	if (e && e->tid == look->tid)
		collected(w, e);
	o->at_once = may && o->high > w->rules->batch;
	if (!may || real || o->low <= w->rules->batch || !o->known)
		return;
	/* It would have dealt with it at once. */
	m.tid = look->tid;
	m.event = look->event;
	m.nr = o->low;
	m.arg = 1;
	say(w, c, &m, look->group);
}

/* In an interrupt nobody sleeps: the first level above its bound gets a worker. */
static void queue_work(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_look *look,
		       u32 ctx, const struct smcg_event *e)
{
	const struct smcg_group *real = NULL, *mine = NULL;
	struct smcg_mark m = { .kind = SMCG_KIND_HIGH_WORK };
	bool legal = true, unsure = !look->memory;
	u32 i;

	if (e && e->type == SMCG_EV_HIGH_WORK && e->ctx == ctx && e->tid == look->tid)
		real = smcg_group_find(w, e->group);
	for (i = 0; look->memory && i < look->memory->nr && !mine; i++) {
		enum smcg_maybe above = smcg_watch_above(look->memory, i);
		const struct smcg_group *g = look->memory->level[i].group;

		unsure |= above == SMCG_MAYBE;
		if (above == SMCG_YES || (above == SMCG_MAYBE && g == real))
			mine = g;
	}
	legal = mine == real;
	if (!mine)
		return;
	m.tid = look->tid;
	m.ctx = (u8)ctx;
	m.event = look->event;
	m.flags = (legal ? 0 : SMCG_DEC_ADOPTED) | (unsure ? SMCG_DEC_AMBIGUOUS : 0);
	say(w, c, &m, mine);
}

void smcg_over_look(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	u32 ctx;

	for (ctx = SMCG_CTX_NR; ctx-- > 0;) {
		struct smcg_look *look = &c->look[ctx];

		if (!(c->looks & 1U << ctx) || (e && e->ctx > ctx && e->tid == look->tid) ||
		    (e && e->ctx == ctx && smcg_queue_refills(c, e)))
			continue;
		if (ctx == SMCG_CTX_TASK)
			collect(w, c, look, e);
		else
			queue_work(w, c, look, ctx, e);
		drop(w, c, ctx);
	}
}

static bool looks_at(const struct smcg_look *look, const struct smcg_group *group)
{
	const struct smcg_group *g;

	for (g = look->group; g && group; g = g->parent)
		if (g == group)
			return true;
	return !group;
}

void smcg_over_forget(struct smcg_world *w, const struct smcg_group *group)
{
	u32 cpu, ctx;

	for (cpu = 0; cpu < w->config.nr_cpus; cpu++)
		for (ctx = 0; ctx < SMCG_CTX_NR; ctx++)
			if (w->cpus[cpu].looks & 1U << ctx &&
			    looks_at(&w->cpus[cpu].look[ctx], group))
				drop(w, &w->cpus[cpu], ctx);
	if (!group)
		memset(w->over, 0, SMCG_OVER_TASKS * sizeof(*w->over));
}

/* Dealing with what was collected */

static struct smcg_frame *frame_of(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_frame *f = smcg_frame_top(w, e);

	return f && f->kind == SMCG_FRAME_OVER ? f : NULL;
}

void smcg_over_handle(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_over *o = over_of(w, e->tid), was = *o;
	struct smcg_group *g = smcg_group_find(w, e->group);
	bool at_once = e->caller == SMCG_BY_CHARGE;
	bool legal = e->nr >= was.low && e->nr <= was.high;
	struct smcg_mark m = { .kind = SMCG_KIND_OVER_HIGH, .ctx = e->ctx, .tid = e->tid };
	struct smcg_frame *f;

	o->low = 0;
	o->high = 0;
	o->at_once = false;
	o->known = true;
	if (!smcg_group_watched(g))
		return;
	m.event = w->stats.events;
	m.nr = legal || !was.known ? e->nr : was.low;
	m.arg = at_once && was.at_once;
	if (!was.known)
		m.flags = SMCG_DEC_UNSETTLED;
	else if (!legal || at_once != !!m.arg)
		m.flags = SMCG_DEC_ADOPTED;
	else if (was.low != was.high)
		m.flags = SMCG_DEC_AMBIGUOUS;
	say(w, c, &m, g);
	f = smcg_frame_push(w, e->tid, e->ctx, e->cpu, SMCG_FRAME_OVER);
	if (!f) {
		w->stats.errors++;
		return;
	}
	f->group = g;
	f->nr = e->nr;
	f->surplus = e->nr;	/* asked for in the first round */
	f->retries_low = (s32)w->rules->retries;
	f->state = SMCG_ST_OVER;
}

void smcg_over_watch(struct smcg_world *w, struct smcg_frame *f)
{
	smcg_watch_close(w, f->watch);
	smcg_watch_close(w, f->swap_watch);
	f->watch = smcg_watch_open(w, f->group, SMCG_COUNTER_MEMORY, SMCG_WATCH_HIGH,
				   SMCG_DEPTH_MAX, 0);
	f->swap_watch = smcg_watch_open(w, f->group, SMCG_COUNTER_SWAP, SMCG_WATCH_HIGH,
					SMCG_DEPTH_MAX, 0);
}

static u64 overage(s64 usage, u64 bound)
{
	if (usage <= 0 || (u64)usage <= bound)
		return 0;
	return (((u64)usage - bound) << PRECISION_SHIFT) / max_t(u64, bound, 1);
}

/* In jiffies.  Where it wraps, so does the kernel's. */
static u64 delay(const struct smcg_world *w, u32 nr, u64 worst)
{
	return ((worst * worst * w->hz) >> PRECISION_SHIFT >> SCALING_SHIFT) * nr /
		w->rules->batch;
}

/* The penalty if usage was lowest, or highest, at every level. */
static u64 penalty(const struct smcg_world *w, const struct smcg_frame *f, bool highest)
{
	const struct smcg_watch *watches[] = { f->watch, f->swap_watch };
	u64 sum = 0, worst;
	u32 k, i;

	for (k = 0; k < 2; k++) {
		worst = 0;
		for (i = 0; watches[k] && i < watches[k]->nr; i++) {
			const struct smcg_seen *seen = &watches[k]->level[i];

			worst = max(worst, highest ? overage(seen->high, seen->limit_low) :
				    overage(seen->low, seen->limit_high));
		}
		sum += delay(w, f->nr, worst);
	}
	return min(sum, (u64)DELAY_MAX_S * w->hz);
}

/* A round of reclaim is over, and its usage of swap was looked at; beside other CPUs that may be doubtful. */
static void count_swap_high(const struct smcg_frame *f)
{
	u32 i;

	for (i = 0; f->swap_watch && i < f->swap_watch->nr; i++) {
		struct smcg_group *g = f->swap_watch->level[i].group, *up;
		const struct smcg_counter *c = &g->counter[SMCG_COUNTER_SWAP];
		enum smcg_maybe above = smcg_watch_above(f->swap_watch, i);

		if (above == SMCG_YES || (above == SMCG_MAYBE && overage(c->usage, c->high)))
			smcg_group_count(g, SMCG_COUNT_SWAP_HIGH);
		for (up = g; up && above == SMCG_MAYBE; up = up->parent)
			up->swap_high_doubts++;
	}
}

static void say_penalty(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_frame *f,
			u64 jiffies, u32 flags)
{
	struct smcg_mark m = { .kind = SMCG_KIND_HIGH_PENALTY, .ctx = f->ctx, .tid = f->tid };

	m.event = w->stats.events;
	m.nr = (u32)jiffies;
	m.flags = (u8)flags;
	say(w, c, &m, f->group);
}

/*
 * A round is over.  Does its end leave nothing but sleep?
 * @low, @high: the penalty, at least and at most
 */
static enum smcg_maybe must_sleep(struct smcg_world *w, struct smcg_frame *f, u64 *low, u64 *high)
{
	u64 ignored = w->hz / IGNORED_SHARE;
	enum smcg_maybe found;

	*low = penalty(w, f, false);
	*high = penalty(w, f, true);
	if (!f->inside || f->reclaimed || f->retries_low > 0)
		found = SMCG_NO;
	else if (!f->watch || !f->swap_watch)
		found = SMCG_MAYBE;
	else if (*low > ignored)
		found = SMCG_YES;
	else
		found = *high > ignored ? SMCG_MAYBE : SMCG_NO;
	if (f->inside)
		count_swap_high(f);
	if (f->inside && !f->reclaimed)
		f->retries_low--;
	f->inside = false;
	f->reclaimed = 0;
	return found;
}

void smcg_over_round(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f, u32 *nr)
{
	u64 low, high;

	if (must_sleep(w, f, &low, &high) == SMCG_YES)
		say_penalty(w, c, f, low, SMCG_DEC_ADOPTED);
	*nr = f->surplus;
	f->surplus = RETRY_PAGES;
	f->inside = true;
	smcg_over_watch(w, f);
}

void smcg_over_sleep(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_frame *f = frame_of(w, e);
	enum smcg_maybe sleeps;
	u64 low, high;

	if (!f)
		return;
	sleeps = must_sleep(w, f, &low, &high);
	if (sleeps != SMCG_NO && w->rules->high_penalty && e->nr >= low && e->nr <= high &&
	    e->nr > w->hz / IGNORED_SHARE)
		say_penalty(w, c, f, e->nr, low != high ? SMCG_DEC_AMBIGUOUS : 0);
	else if (sleeps == SMCG_YES)
		say_penalty(w, c, f, low, SMCG_DEC_ADOPTED);
}

void smcg_over_handled(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_frame *f = frame_of(w, e);
	u64 low, high;

	if (!f)
		return;
	if (must_sleep(w, f, &low, &high) == SMCG_YES && w->rules->high_penalty)
		say_penalty(w, c, f, low, SMCG_DEC_ADOPTED);
	smcg_frame_pop(w, f);
}
