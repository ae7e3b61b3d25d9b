// SPDX-License-Identifier: GPL-2.0
/*
 * notify.c - what the legacy hierarchy tells its users of through event descriptors (SPEC A13, A18).
 *
 * Each CPU counts the pages that a group commits, uncharges, moves and swaps out there.  Whenever more than 128 have
 * passed it looks at the thresholds of memory and of memory+swap, in the group and in those above it; whenever
 * more than 1024 have, at the soft limit, too.  A commit is no event: it is the end of a charge, some instructions after
 * what was seen of it, and is counted when the next event proves that it is over, or is the look that it leads to.
 *
 * Source: memcg_check_events(), __mem_cgroup_threshold(), mem_cgroup_oom(), mem_cgroup_oom_synchronize() of 6.1, seed 003.
 */
#include "world.h"

#define NO_PLACE	(-1)

static struct smcg_page_events *events_of(struct smcg_world *w, struct smcg_group *g, u32 cpu)
{
	if (!g->page_events) {
		g->page_events = smcg_alloc(w, w->config.nr_cpus * sizeof(*g->page_events));
		if (!g->page_events) {
			w->stats.errors++;
			return NULL;
		}
	}
	return &g->page_events[cpu];
}

void smcg_notify_free(struct smcg_world *w, struct smcg_group *g)
{
	u32 i;

	smcg_free(w, g->page_events, w->config.nr_cpus * sizeof(*g->page_events));
	g->page_events = NULL;
	for (i = 0; i < SMCG_THRESHOLD_COUNTERS; i++) {
		smcg_free(w, g->thresholds[i], sizeof(*g->thresholds[i]));
		g->thresholds[i] = NULL;
	}
}

void smcg_base_page_events(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_page_events *p;

	if (!g || !w->legacy || e->nr >= w->config.nr_cpus) {
		w->stats.errors++;
		return;
	}
	p = events_of(w, g, e->nr);
	if (!p)
		return;
	p->nr = e->a;
	p->target[SMCG_TARGET_THRESHOLD] = e->b;
	p->target[SMCG_TARGET_SOFT_LIMIT] = e->c;
	p->joined = w->joins;
}

/* Is the target behind what was counted?  As jiffies are compared. */
static bool passed(const struct smcg_page_events *p, u32 target)
{
	return (s64)(p->target[target] - p->nr) < 0;
}

bool smcg_notify_near(const struct smcg_group *g, u32 cpu, u32 nr)
{
	const struct smcg_page_events *p = g->page_events ? &g->page_events[cpu] : NULL;

	return !p || p->joined || (s64)(p->target[SMCG_TARGET_THRESHOLD] - p->nr) < nr;
}

void smcg_notify_count(struct smcg_group *g, u32 cpu, u32 nr)
{
	g->page_events[cpu].nr += nr;
}

/* Is this event the look that a commit of that group leads to? */
static bool is_look(const struct smcg_cpu *c, const struct smcg_commit *m,
		    const struct smcg_event *e)
{
	return e && e->type == SMCG_EV_THRESHOLD && e->cpu == c->cpu && e->ctx == m->ctx &&
		e->tid == m->tid && e->group == m->css && e->caller != SMCG_BY_WRITE &&
		e->b == SMCG_WHICH_MEMORY && c->look_css != m->css;
}

static void say_target(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_commit *m,
		       const struct smcg_group *g, bool soft, bool real)
{
	struct smcg_mark mark;

	memset(&mark, 0, sizeof(mark));
	mark.kind = SMCG_KIND_EVENT_TARGET;
	mark.ctx = m->ctx;
	mark.cpu = c->cpu;
	mark.tid = m->tid;
	mark.event = m->event;
	mark.group = g->id;
	mark.arg = soft;
	mark.flags = (u8)smcg_flags_now(w, g);
	if (g->page_events[c->cpu].joined)
		mark.flags |= SMCG_DEC_UNSETTLED;
	if (!real && !w->after_gap)
		mark.flags |= SMCG_DEC_ADOPTED;
	smcg_say(w, c, &mark);
}

/* Return: the target of thresholds has been passed, and lies ahead again. */
static bool pass(struct smcg_page_events *p, bool *soft)
{
	*soft = false;
	if (!passed(p, SMCG_TARGET_THRESHOLD))
		return false;
	p->target[SMCG_TARGET_THRESHOLD] = p->nr + SMCG_EVENTS_THRESHOLD;
	*soft = passed(p, SMCG_TARGET_SOFT_LIMIT);
	if (*soft)
		p->target[SMCG_TARGET_SOFT_LIMIT] = p->nr + SMCG_EVENTS_SOFT_LIMIT;
	return true;
}

/* The charge that waits for its commit at a level, in the queue; NULL none. */
static struct smcg_op *uncommitted(struct smcg_cpu *c, u32 level)
{
	struct smcg_op *op = c->open & 1U << level ? &c->queue[c->level[level] - 1] : NULL;

	if (!op || op->kind != SMCG_OP_CONSUME || op->committed || op->caller != SMCG_BY_FOLIO)
		return NULL;
	return op;
}

/* Pages of that group that a level is about to count, if it has not already. */
static u32 waiting(struct smcg_cpu *c, u32 level, u32 css)
{
	const struct smcg_commit *m = &c->commit[level];
	const struct smcg_op *op;

	if (c->commits & 1U << level)
		return m->css == css && !m->then ? m->nr : 0;
	op = uncommitted(c, level);
	return op && op->css == css ? op->nr : 0;
}

/* They had been counted. */
static void counted(struct smcg_cpu *c, u32 level)
{
	if (c->commits & 1U << level)
		c->commits &= (u8)~(1U << level);
	else
		uncommitted(c, level)->committed = true;
}

/*
 * An interrupt looked, and has counted @nr by now.  Which of the levels that it came over had counted
 * before tells what was read, and if that is not possible, that the target was passed.  Return: pages
 * of those.
 */
static u32 interrupted(struct smcg_cpu *c, const struct smcg_commit *m, u64 nr, u64 told, bool pass)
{
	u32 all = (1U << m->ctx) - 1, best = pass ? 0 : all, set, level, sum;

	for (set = all + 1; set-- > 0;) {
		sum = 0;
		for (level = 0; level < m->ctx; level++)
			sum += set & 1U << level ? waiting(c, level, m->css) : 0;
		if (told && nr + sum + 1 == told)
			best = set;
	}
	sum = 0;
	for (level = 0; level < m->ctx; level++) {
		u32 more = best & 1U << level ? waiting(c, level, m->css) : 0;

		if (more)
			counted(c, level);
		sum += more;
	}
	return sum;
}

static void commit(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_commit *m,
		   const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, m->css);
	bool real = is_look(c, m, e), soft;
	struct smcg_page_events *p;

	if (!smcg_group_watched(g))
		return;
	p = events_of(w, g, c->cpu);
	if (!p)
		return;
	p->nr += m->nr;
	if (real && p->joined)
		p->nr = e->c - 1;
	else if (real)
		p->nr += interrupted(c, m, p->nr, e->c, passed(p, SMCG_TARGET_THRESHOLD));
	if (pass(p, &soft))
		say_target(w, c, m, g, soft, real);
	else if (real)
		w->stats.unexplained++;
}

void smcg_notify_hit(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_op *op,
		     const struct smcg_event *e)
{
	const struct smcg_commit m = {
		.css = op->css, .nr = op->nr, .tid = op->tid, .ctx = op->ctx, .event = op->event,
	};

	if (op->caller == SMCG_BY_FOLIO && !op->committed)
		commit(w, c, &m, e);
}

/* It is over.  What has moved counts for two groups: the look of the first says nothing of the second. */
static void close(struct smcg_world *w, struct smcg_cpu *c, u32 ctx, const struct smcg_event *e)
{
	while (c->commits & 1U << ctx) {
		struct smcg_commit m = c->commit[ctx];

		c->commit[ctx].css = m.then;
		c->commit[ctx].then = 0;
		if (!m.then)
			c->commits &= (u8)~(1U << ctx);
		commit(w, c, &m, e);
		if (is_look(c, &m, e))
			break;
	}
}

void smcg_notify_due(struct smcg_world *w, struct smcg_cpu *c, u32 tid, u32 ctx, u32 css, u32 nr)
{
	struct smcg_commit *m = &c->commit[ctx];

	if (!w->legacy)
		return;
	close(w, c, ctx, NULL);
	m->css = css;
	m->nr = nr;
	m->tid = tid;
	m->ctx = (u8)ctx;
	m->then = 0;
	m->event = w->stats.events;
	c->commits |= (u8)(1U << ctx);
}

void smcg_notify_then(struct smcg_cpu *c, u32 ctx, u32 css)
{
	c->commit[ctx].then = css;
}

/* Between what was seen of a charge and its commit. */
static bool still_before(const struct smcg_world *w, const struct smcg_event *e)
{
	switch (e->type) {
	case SMCG_EV_COUNTER_RET:
		return true;
	case SMCG_EV_COUNTER_CHARGE:
	case SMCG_EV_COUNTER_UNCHARGE:
		return smcg_which(w, e, e->a) != SMCG_COUNTER_MEMORY ||
			e->caller == SMCG_BY_DRAIN || e->caller == SMCG_BY_SWAPOUT;
	}
	return false;
}

/* The rest of a look goes up the hierarchy. */
static bool goes_on(const struct smcg_cpu *c, const struct smcg_event *e)
{
	return e->type == SMCG_EV_THRESHOLD &&
		(e->b == SMCG_WHICH_MEMSW || c->look_css == e->group);
}

/* An interrupt is over, and its charge had no miss: it was counted before what it came over. */
static void hit_above(struct smcg_world *w, struct smcg_cpu *c, u32 level)
{
	struct smcg_op *op = uncommitted(c, level);

	if (!op)
		return;
	smcg_notify_hit(w, c, op, NULL);
	op->committed = true;
}

void smcg_notify_arrive(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	u32 level;

	for (level = SMCG_CTX_NR; level-- > 0;) {
		const struct smcg_commit *m = &c->commit[level];

		if (level > e->ctx)
			hit_above(w, c, level);
		if (!(c->commits & 1U << level) || (level < e->ctx && m->tid == e->tid))
			continue;
		if (level == e->ctx && m->tid == e->tid && (still_before(w, e) || goes_on(c, e)))
			continue;
		close(w, c, level, e);
	}
}

void smcg_notify_flush(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	u32 level;

	for (level = SMCG_CTX_NR; level-- > 0;)
		close(w, c, level, e);
	c->look_css = 0;
}

/* Thresholds */

void smcg_threshold_told(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_thresholds *t;

	if (!g || !w->legacy || e->caller >= SMCG_THRESHOLD_COUNTERS || !e->nr ||
	    e->b >= e->nr || e->b >= SMCG_THRESHOLDS || e->c > e->nr) {
		w->stats.errors++;
		return;
	}
	t = g->thresholds[e->caller];
	if (!t) {
		t = smcg_alloc(w, sizeof(*t));
		if (!t) {
			w->stats.errors++;
			return;
		}
		t->place = NO_PLACE;
		g->thresholds[e->caller] = t;
	}
	/* Another set of thresholds has a place of its own. */
	if (t->nr != e->nr || t->at[e->b] != e->a) {
		t->nr = e->nr;
		t->at[e->b] = e->a;
		t->place = NO_PLACE;
		t->fresh = true;
	}
	if (t->fresh && e->b == min_t(u32, e->nr, SMCG_THRESHOLDS) - 1) {
		t->place = (s32)e->c - 1;
		t->fresh = false;
	}
}

/* Where usage stands among the thresholds: the last that it has reached. */
static s32 place_of(const struct smcg_thresholds *t, s64 usage)
{
	s32 place = t->place;

	while (place >= 0 && (s64)t->at[place] > usage)
		place--;
	while (place + 1 < (s32)t->nr && (s64)t->at[place + 1] <= usage)
		place++;
	return place;
}

/* What was read just before the kernel reads it, if that is possible; else what the shadow has. */
static s64 usage_seen(const struct smcg_counter *c, u64 read, s64 *low, s64 *high)
{
	s64 told = (s64)read - 1;

	*low = c->usage - c->coming;
	*high = c->usage + c->leaving;
	return read && told >= *low && told <= *high ? told : c->usage;
}

static void look(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		 struct smcg_group *g)
{
	struct smcg_thresholds *t = g->thresholds[e->b];
	u32 kind = e->b == SMCG_WHICH_MEMSW ? SMCG_COUNTER_MEMSW : SMCG_COUNTER_MEMORY;
	s64 low, high, usage = usage_seen(&g->counter[kind], e->a, &low, &high);
	struct smcg_mark m;
	s32 place;

	if (t->nr > SMCG_THRESHOLDS || t->fresh)
		return;
	place = place_of(t, usage);
	smcg_mark_event(w, &m, e, SMCG_KIND_THRESHOLD);
	m.nr = (u32)(place > t->place ? place - t->place : t->place - place);
	m.arg = e->b << 32 | (u32)(place + 1);
	if (place_of(t, low) != place_of(t, high) && !m.flags)
		m.flags |= SMCG_DEC_AMBIGUOUS;
	t->place = place;
	smcg_say(w, c, &m);
}

void smcg_threshold(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_page_events *p;
	bool first;

	if (!g || !w->legacy || e->b >= SMCG_THRESHOLD_COUNTERS) {
		w->stats.errors++;
		return;
	}
	/* Who sets a threshold looks at the old ones first; what comes of it is told with the new ones. */
	if (e->caller == SMCG_BY_WRITE)
		return;
	first = e->b == SMCG_WHICH_MEMORY && c->look_css != g->css;
	c->look_css = e->b == SMCG_WHICH_MEMSW && g->parent ? g->parent->css : 0;
	if (!smcg_group_watched(g))
		return;
	p = first && e->c ? events_of(w, g, c->cpu) : NULL;
	if (p && p->nr != e->c - 1) {
		/* Counted otherwise: from here on as reality does. */
		w->stats.unexplained += !p->joined;
		p->nr = e->c - 1;
		p->target[SMCG_TARGET_THRESHOLD] = p->nr + SMCG_EVENTS_THRESHOLD;
	}
	if (p)
		p->joined = false;
	if (!e->nr && g->thresholds[e->b]) {
		smcg_free(w, g->thresholds[e->b], sizeof(*g->thresholds[e->b]));
		g->thresholds[e->b] = NULL;
	}
	if (g->thresholds[e->b])
		look(w, c, e, g);
}

/* OOM */

static bool related(const struct smcg_world *w, u32 a, u32 b)
{
	return smcg_group_below(w, a, b) || smcg_group_below(w, b, a);
}

/* May the task have the lock of OOM in that group now, having come here after event @since? */
static enum smcg_maybe lock_free(const struct smcg_world *w, u32 css, u64 key, u64 since)
{
	enum smcg_maybe answer = SMCG_YES;
	u32 i;

	for (i = 0; i < SMCG_OOM_LOCKS; i++) {
		const struct smcg_oom_lock *l = &w->oom_lock[i];

		if (!l->css || l->key == key || !related(w, l->css, css))
			continue;
		if (l->held)
			return SMCG_NO;
		if (l->ended > since)
			answer = SMCG_MAYBE;
	}
	return answer;
}

static void lock_take(struct smcg_world *w, u32 css, u64 key)
{
	struct smcg_oom_lock *l = NULL;
	u32 i;

	for (i = 0; i < SMCG_OOM_LOCKS; i++) {
		struct smcg_oom_lock *other = &w->oom_lock[i];

		if (!other->held && (!l || other->ended < l->ended))
			l = other;
	}
	if (!l) {
		w->stats.errors++;
		return;
	}
	l->css = css;
	l->key = key;
	l->held = true;
}

void smcg_oom_unlock(struct smcg_world *w, const struct smcg_event *e)
{
	u64 key = smcg_frame_key(e->tid, e->ctx, e->cpu);
	u32 i;

	for (i = 0; w->legacy && i < SMCG_OOM_LOCKS; i++) {
		struct smcg_oom_lock *l = &w->oom_lock[i];

		if (!l->held || l->key != key)
			continue;
		l->held = false;
		l->ended = w->stats.events;
	}
}

/* @real: its notification was seen. */
static void decide(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e, u32 css,
		   u64 since, bool real)
{
	u64 key = smcg_frame_key(e->tid, e->ctx, e->cpu);
	enum smcg_maybe free = lock_free(w, css, key, since);
	struct smcg_group *g = smcg_group_find(w, css);
	struct smcg_mark m;

	if (real)
		lock_take(w, css, key);
	if (!smcg_group_watched(g) || (free == SMCG_MAYBE && !real))
		return;
	if (free == SMCG_NO) {
		w->stats.unexplained += real;
		return;
	}
	smcg_mark_event(w, &m, e, SMCG_KIND_OOM_NOTIFY);
	m.nr = 0;
	m.group = g->id;
	if (free == SMCG_MAYBE && !m.flags)
		m.flags |= SMCG_DEC_AMBIGUOUS;
	if (!real && !w->after_gap)
		m.flags |= SMCG_DEC_ADOPTED;
	smcg_say(w, c, &m);
}

static struct smcg_oom_wait *wait_of(struct smcg_world *w, u32 tid)
{
	u32 i;

	for (i = 0; i < SMCG_OOM_WAITS; i++)
		if (w->oom_wait[i].css && w->oom_wait[i].tid == tid)
			return &w->oom_wait[i];
	return NULL;
}

void smcg_oom_notified(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_oom_wait *wait = e->ctx == SMCG_CTX_TASK ? wait_of(w, e->tid) : NULL;
	struct smcg_frame *f = smcg_frame_top(w, e);

	if (!w->legacy)
		return;
	if (wait) {
		if (!wait->decided)
			decide(w, c, e, wait->css, wait->since, true);
		wait->decided = true;
	} else if (f && f->kind == SMCG_FRAME_CHARGE) {
		f->notified = true;
	}
}

void smcg_oom_tells(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		    struct smcg_frame *f)
{
	if (!w->legacy)
		return;
	decide(w, c, e, f->over->css, f->since, f->notified);
	f->notified = false;
}

void smcg_oom_waits(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_oom_wait *wait = wait_of(w, e->tid);
	u32 i;

	for (i = 0; i < SMCG_OOM_WAITS && !wait; i++)
		if (!w->oom_wait[i].css)
			wait = &w->oom_wait[i];
	if (!w->legacy || !smcg_group_find(w, e->group))
		return;
	if (!wait) {
		w->stats.errors++;
		return;
	}
	wait->css = e->group;
	wait->tid = e->tid;
	wait->since = w->stats.events;
	wait->decided = false;
}

void smcg_oom_waited(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_oom_wait *wait = wait_of(w, e->tid);

	if (!wait)
		return;
	if (!wait->decided)
		decide(w, c, e, wait->css, wait->since, false);
	smcg_oom_unlock(w, e);
	wait->css = 0;
}

u32 smcg_under_oom(const struct smcg_world *w, u32 css)
{
	u32 i, nr = 0;

	for (i = 0; i < SMCG_OOM_WAITS; i++)
		if (w->oom_wait[i].css && smcg_group_below(w, css, w->oom_wait[i].css))
			nr++;
	return nr;
}

void smcg_notify_gone(struct smcg_world *w, const struct smcg_group *g)
{
	u32 i, level;

	for (i = 0; i < SMCG_OOM_WAITS; i++)
		if (w->oom_wait[i].css == g->css)
			w->oom_wait[i].css = 0;
	for (i = 0; i < SMCG_OOM_LOCKS; i++)
		if (w->oom_lock[i].css == g->css)
			memset(&w->oom_lock[i], 0, sizeof(w->oom_lock[i]));
	for (i = 0; i < w->config.nr_cpus; i++) {
		struct smcg_cpu *c = &w->cpus[i];

		for (level = 0; level < SMCG_CTX_NR; level++)
			if (c->commit[level].css == g->css || c->commit[level].then == g->css)
				close(w, c, level, NULL);
	}
}
