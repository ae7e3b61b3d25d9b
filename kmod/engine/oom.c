// SPDX-License-Identifier: GPL-2.0
/*
 * oom.c - who is killed when a group is out of memory, and with whom (SPEC A19).
 *
 * Source: select_bad_process(), oom_evaluate_task(), oom_badness(),
 * oom_kill_process(), mem_cgroup_get_max(), mem_cgroup_get_oom_group() of 4.18 and 6.1.
 * What is known of a task comes in with events; who is worst is decided here.
 * Another CPU may change a task's memory while it is looked at: read before and
 * after, its badness is an interval, and several tasks may be the worst one.
 */
#include "world.h"

/* Not to be chosen, whatever else there is. */
#define NEVER	(-S64_MAX - 1)

#define ADJ_MIN		(-1000)
#define ADJ_UNITS	1000

/*
 * What the group may use at all: mem_cgroup_get_max().  The legacy limit of memory and swap together
 * is never below that of memory.
 */
static u64 total_of(const struct smcg_world *w, const struct smcg_group *g, u64 swap_there)
{
	u64 memory = min(g->counter[SMCG_COUNTER_MEMORY].max, SMCG_PAGES_ANY);
	u64 swap = w->legacy ? g->counter[SMCG_COUNTER_MEMSW].max - g->counter[SMCG_COUNTER_MEMORY].max :
			       g->counter[SMCG_COUNTER_SWAP].max;
	u64 total = memory + min(swap, swap_there);

	return total ? total : 1;
}

void smcg_oom_scan(struct smcg_world *w, const struct smcg_event *e)
{
	const struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_scan *scan = &w->scan;

	memset(scan, 0, sizeof(*scan));
	if (!smcg_group_tracked(g))
		return;
	scan->open = true;
	scan->above_zero = w->rules->badness_above_zero;
	scan->domain = e->group;
	scan->total = total_of(w, g, min(e->a, SMCG_PAGES_ANY));
}

static s64 badness(const struct smcg_scan *scan, const struct smcg_event *e)
{
	s64 adj = (s64)e->c, pages;

	if (e->gfp & SMCG_OOM_UNKILLABLE)
		return NEVER;
	if (e->gfp & SMCG_OOM_VICTIM)
		return NEVER;		/* has given up its memory: it would have ended the search */
	if (e->gfp & SMCG_OOM_ORIGIN)
		return S64_MAX;
	if (adj <= ADJ_MIN || e->gfp & (SMCG_OOM_NO_MM | SMCG_OOM_SKIP | SMCG_OOM_VFORK))
		return NEVER;
	pages = (s64)((u32)e->a + (e->a >> 32) + (u32)e->b);
	pages += min_t(s64, adj, ADJ_UNITS) * (s64)(scan->total / ADJ_UNITS);
	return scan->above_zero ? max_t(s64, pages, 1) : pages;
}

static bool still_dying(u32 flags)
{
	return flags & SMCG_OOM_VICTIM && !(flags & (SMCG_OOM_VICTIM_DONE | SMCG_OOM_UNKILLABLE));
}

/*
 * Does the one that was met before stay ahead?  Of two equally bad ones the later is taken, where
 * badness is above zero the first, unless the later asked for it.
 */
static bool stays_ahead(const struct smcg_scan *scan, s64 before, s64 now)
{
	return before > now || (before == now && scan->above_zero && now != S64_MAX);
}

static void contend(struct smcg_scan *scan, const struct smcg_candidate *new)
{
	u32 i, left = 0;

	if (new->high == NEVER)
		return;
	for (i = 0; i < scan->nr; i++)
		if (stays_ahead(scan, scan->contender[i].low, new->high))
			return;
	for (i = 0; i < scan->nr; i++)
		if (stays_ahead(scan, scan->contender[i].high, new->low))
			scan->contender[left++] = scan->contender[i];
	if (left == SMCG_OOM_CONTENDERS) {
		scan->lost = true;
		left--;
	}
	scan->contender[left++] = *new;
	scan->nr = left;
}

static void settle_last(struct smcg_scan *scan)
{
	if (scan->pending && !scan->aborted)
		contend(scan, &scan->last);
	scan->pending = false;
}

void smcg_oom_task(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_scan *scan = &w->scan;
	struct smcg_candidate *last = &scan->last;
	s64 points;

	if (!scan->open)
		return;
	points = badness(scan, e);
	if (!e->caller) {
		/* The search goes on: whoever changed while looked at has not ended it. */
		if (scan->may_abort)
			scan->aborted = false;
		scan->may_abort = false;
		settle_last(scan);
		last->tid = e->nr;
		last->css = e->group;
		last->flags = e->gfp;
		last->points = points;
		last->low = points;
		last->high = points;
		scan->pending = true;
	} else if (scan->pending && last->tid == e->nr) {
		last->low = min(points, last->low);
		last->high = max(points, last->high);
		scan->may_abort |= still_dying(e->gfp) != still_dying(last->flags);
		last->flags |= (last->flags ^ e->gfp) & SMCG_OOM_FREES ? SMCG_OOM_SHARED : 0;
	}
	if (e->gfp & SMCG_OOM_UNTOLD) {
		last->low = NEVER;
		last->high = S64_MAX;
	}
	if (!e->caller && still_dying(e->gfp))
		scan->aborted = true;
}

/* The one that the shadow takes, when all is as it was read first. */
static const struct smcg_candidate *worst(const struct smcg_scan *scan)
{
	const struct smcg_candidate *best = NULL;
	u32 i;

	for (i = 0; i < scan->nr; i++)
		if (scan->contender[i].points != NEVER &&
		    (!best || !stays_ahead(scan, best->points, scan->contender[i].points)))
			best = &scan->contender[i];
	return best;
}

static const struct smcg_candidate *contender_of(const struct smcg_scan *scan, u32 tid)
{
	u32 i;

	for (i = 0; i < scan->nr; i++)
		if (scan->contender[i].tid == tid)
			return &scan->contender[i];
	return NULL;
}

/* The highest group, up to the one out of memory, whose tasks are killed all together. */
static struct smcg_group *whole_group(const struct smcg_world *w, const struct smcg_candidate *v)
{
	struct smcg_group *g = smcg_group_find(w, v->css), *whole = NULL;

	if (v->flags & SMCG_OOM_FREES || !smcg_group_below(w, v->css, w->scan.domain))
		return NULL;
	for (; g; g = g->parent) {
		if (g->oom_group)
			whole = g;
		if (g->css == w->scan.domain)
			break;
	}
	return whole;
}

struct verdict {
	u32 what;			/* enum smcg_scan_end */
	const struct smcg_candidate *victim;
	s64 points;
	bool unsure, legal;
};

/* What the shadow decides, and whether what happened is possible, too. */
static struct verdict judge(const struct smcg_scan *scan, const struct smcg_event *e)
{
	const struct smcg_candidate *mine = worst(scan), *real = contender_of(scan, e->nr);
	struct verdict v = { .what = mine ? SMCG_SCAN_CHOSEN : SMCG_SCAN_NONE, .victim = mine };
	bool never = true;
	u32 i;

	for (i = 0; i < scan->nr; i++)
		never &= scan->contender[i].low == NEVER;
	v.points = mine ? mine->points : 0;
	if (scan->aborted)
		v.what = SMCG_SCAN_ABORTED;
	v.unsure = scan->may_abort || scan->lost ||
		(!scan->aborted && (scan->nr > 1 || (mine && mine->low != mine->high)));
	switch (e->gfp) {
	case SMCG_SCAN_NONE:
		v.legal = never && (!scan->aborted || scan->may_abort);
		break;
	case SMCG_SCAN_ABORTED:
		v.legal = scan->aborted || scan->may_abort;
		break;
	case SMCG_SCAN_CHOSEN:
		v.legal = real && (s64)e->b >= real->low && (s64)e->b <= real->high &&
			(!scan->aborted || scan->may_abort);
		break;
	}
	if (!v.legal)
		return v;
	v.what = e->gfp;
	v.victim = e->gfp == SMCG_SCAN_CHOSEN ? real : NULL;
	v.points = v.victim ? (s64)e->b : 0;
	return v;
}

static void say(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		const struct verdict *v, const struct smcg_group *whole)
{
	struct smcg_mark m;

	smcg_mark_event(w, &m, e, SMCG_KIND_OOM_VICTIM);
	m.group = smcg_group_id(w, w->scan.domain);
	m.nr = 0;
	m.result = v->what == SMCG_SCAN_ABORTED ? -EBUSY : v->what == SMCG_SCAN_NONE ? -ESRCH : 0;
	if (v->what == SMCG_SCAN_CHOSEN) {
		m.nr = v->victim->tid;
		m.over = whole ? whole->id : 0;
		m.arg = (u64)v->points;
		if (v->victim->flags & SMCG_OOM_SHARED)
			m.flags |= SMCG_DEC_AMBIGUOUS;
	}
	if (v->unsure)
		m.flags |= SMCG_DEC_AMBIGUOUS;
	if (!v->legal && !w->after_gap)
		m.flags |= SMCG_DEC_ADOPTED;
	smcg_say(w, c, &m);
}

void smcg_oom_scan_ret(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	const struct smcg_frame *f = smcg_frame_top(w, e);
	struct smcg_scan *scan = &w->scan;
	struct smcg_group *whole = NULL;
	struct verdict v;

	if (!scan->open || e->group != scan->domain)
		return;
	settle_last(scan);
	scan->open = false;
	v = judge(scan, e);
	if (v.what == SMCG_SCAN_CHOSEN)
		whole = whole_group(w, v.victim);
	if (whole)
		smcg_group_count(whole, SMCG_COUNT_OOM_GROUP_KILL);
	/* Asked for by a write, it is nobody's step. */
	if (w->rules->oom_noted ? w->settles && w->settles == e->tid :
	    f && f->kind == SMCG_FRAME_CHARGE && f->state == SMCG_ST_OOM &&
	    smcg_group_watched(f->group))
		say(w, c, e, &v, whole);
}
