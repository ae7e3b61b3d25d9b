// SPDX-License-Identifier: GPL-2.0
/*
 * after.c - what may follow a reclaim (SPEC A7, A8, A9).
 *
 * Between the end of a reclaim and its next event a charge looks at the
 * margin, may find the drain's mutex held, and spends from its budget.  Where
 * what it read is only known within bounds, several ways on are legal.
 *
 * Source: seed 000, try_charge_memcg() of 6.1 from the margin check on.
 */
#include "world.h"

#define WAY_RETRY	(1u << 0)
#define WAY_DRAIN	(1u << 1)
#define WAY_NOMEM	(1u << 2)
#define WAY_OOM		(1u << 3)
#define WAY_FORCE	(1u << 4)
#define WAY_NOTE	(1u << 5)	/* it fails, and OOM is noted */
#define WAY_FAILS	(WAY_NOMEM | WAY_NOTE)

struct ways {
	u32 legal;
	u32 full;		/* those that are if there was no room */
	u32 likely;		/* the one that the shadow would take */
	enum smcg_maybe room;
};

/*
 * Could the mutex of the drain have been held by another?  It is let go before its return.
 * Of two that race for it the one that did not get it is the doubtful one.
 */
static bool mutex_held(const struct smcg_world *w, const struct smcg_frame *f, u32 shown)
{
	if (w->may_drain > f->may_drain && shown != WAY_DRAIN)
		return true;
	if (f->mutex == SMCG_MUTEX_FREE)
		return w->drain_opened > f->since;
	return w->drains_open || w->drain_opened > f->since || w->drain_ended > f->since;
}

static u32 end_way(const struct smcg_world *w, const struct smcg_frame *f)
{
	return smcg_turn_at_end(w->rules, f->gfp) == SMCG_TURN_FORCE ? WAY_FORCE : WAY_NOMEM;
}

/* Out of retries. */
static u32 last_way(const struct smcg_world *w, const struct smcg_frame *f)
{
	switch (smcg_turn_before_oom(w->rules, f->gfp, f->task, smcg_charge_order(f->nr),
				     f->passed_oom)) {
	case SMCG_TURN_FORCE:
		return WAY_FORCE;
	case SMCG_TURN_FAIL:
		return end_way(w, f);
	case SMCG_TURN_ON:
		break;
	}
	if (f->over->oom_off)
		return end_way(w, f);
	return w->rules->oom_noted ? WAY_NOTE : WAY_OOM;
}

static void drained_ways(const struct smcg_world *w, const struct smcg_frame *f, struct ways *v)
{
	enum smcg_maybe waited = smcg_move_waited(w, f);
	u32 likely;

	if (f->gfp & SMCG_GFP_NORETRY) {
		likely = end_way(w, f);
		v->full |= likely;
	} else if ((f->reclaimed && f->nr <= w->rules->costly_pages) || waited == SMCG_YES) {
		likely = WAY_RETRY;
		v->full |= WAY_RETRY;
	} else {
		if (waited == SMCG_MAYBE)
			v->full |= WAY_RETRY;
		likely = f->retries_high > 0 ? WAY_RETRY : last_way(w, f);
		v->full |= likely;
		if (f->retries_low <= 0)
			v->full |= last_way(w, f);
	}
	if (!v->likely)
		v->likely = likely;
}

/* Was it held by another all the while? */
static bool mutex_kept(const struct smcg_world *w, const struct smcg_frame *f,
		       const struct smcg_event *e)
{
	return f->mutex == SMCG_MUTEX_HELD && e && e->type == SMCG_EV_TRY_ENTER &&
		e->a == SMCG_MUTEX_HELD && w->drain_ended <= f->since;
}

/*
 * What the next event of the charge read of the group that was over its limit; 0 not told.
 * @kind: which of its counters.  A try tells of the counter that it tries, the legacy one first.
 */
static u32 read_after(const struct smcg_frame *f, u32 kind, const struct smcg_event *e)
{
	u32 read[SMCG_READ_LEVELS], i = (u32)f->group->depth - f->over->depth;

	if (!e || e->caller != SMCG_BY_CHARGE)
		return 0;
	if (e->type == SMCG_EV_DRAIN_ALL)
		return e->group == f->over->css && kind == SMCG_COUNTER_MEMORY ? (u32)e->b : 0;
	if (e->type != SMCG_EV_TRY_ENTER || (kind == SMCG_COUNTER_MEMORY) == !!f->memsw || e->group != f->group->css || i >= SMCG_READ_LEVELS)
		return 0;
	smcg_readings(e, read);
	return read[i];
}

static enum smcg_maybe room_for(const struct smcg_frame *f, bool told, const struct smcg_event *e)
{
	enum smcg_maybe room;

	if (f->checked)
		return told ? f->room_told : f->room;
	if (!f->watch)
		return SMCG_MAYBE;
	room = smcg_watch_room(f->watch, f->nr, told, read_after(f, SMCG_COUNTER_MEMORY, e));
	if (!f->memsw)
		return room;
	return smcg_both(room, smcg_watch_room(f->memsw, f->nr, told,
					       read_after(f, SMCG_COUNTER_MEMSW, e)));
}

/* @told: what was read counts, also by @e; @shown: the way that reality took, 0 not known. */
static void find_ways(const struct smcg_world *w, const struct smcg_frame *f, bool told,
		      const struct smcg_event *e, u32 shown, struct ways *v)
{
	bool kept = told && mutex_kept(w, f, e);

	v->full = 0;
	v->legal = 0;
	v->likely = 0;
	v->room = room_for(f, told, e);
	if (v->room != SMCG_NO) {
		v->legal |= WAY_RETRY;
		v->likely = WAY_RETRY;
	}
	if (v->room == SMCG_YES)
		return;
	if (f->drained != SMCG_YES) {
		u32 likely = kept ? WAY_RETRY : WAY_DRAIN;

		v->full |= likely;
		if (mutex_held(w, f, shown))
			v->full |= WAY_RETRY;
		if (!v->likely)
			v->likely = likely;
	}
	if (f->drained != SMCG_NO)
		drained_ways(w, f, v);
	v->legal |= v->full;
}

/* Was there room, by what was read before and after, or just before? */
static enum smcg_maybe room_read(const struct smcg_frame *f, const struct smcg_event *e)
{
	enum smcg_maybe room;

	if (f->checked)
		return f->room_still;
	room = smcg_watch_room_still(f->watch, f->nr, read_after(f, SMCG_COUNTER_MEMORY, e));
	if (f->memsw)
		room = smcg_both(room, smcg_watch_room_still(f->memsw, f->nr,
					read_after(f, SMCG_COUNTER_MEMSW, e)));
	return room == SMCG_MAYBE && f->near ? smcg_margin_read(f) : room;
}

/*
 * Several ways are legal: is the one that reality took the one that the readings tell? Where it
 * leads there with room and without they do not say enough.
 */
static bool settled(const struct smcg_frame *f, const struct smcg_event *e, u32 shown, struct ways *v)
{
	enum smcg_maybe room = v->room;
	u32 full = v->full;

	if (!f->watch && !f->checked)
		return false;
	if (room == SMCG_MAYBE)
		room = room_read(f, e);
	if ((f->near || f->checked) && f->drained == SMCG_NO && f->mutex)
		full &= f->mutex == SMCG_MUTEX_HELD ? WAY_RETRY : WAY_DRAIN;
	if (room == SMCG_MAYBE || (room == SMCG_YES ? shown != WAY_RETRY : full != shown))
		return false;
	if (v->room == SMCG_MAYBE && shown == WAY_RETRY && v->full & WAY_RETRY)
		return false;
	v->room = room;
	return true;
}

/* It went for another round: what did that cost? */
static void spend(const struct smcg_world *w, struct smcg_frame *f, enum smcg_maybe room)
{
	enum smcg_maybe waited = smcg_move_waited(w, f);
	bool free_round = (f->reclaimed && f->nr <= w->rules->costly_pages) || waited == SMCG_YES;

	if (room == SMCG_YES)
		return;
	if (f->drained != SMCG_NO && !free_round) {
		f->retries_low--;
		if (room == SMCG_NO && f->drained == SMCG_YES && waited == SMCG_NO)
			f->retries_high--;
	}
	if (f->drained != SMCG_YES)
		f->drained = room == SMCG_NO ? SMCG_YES : SMCG_MAYBE;
}

static u32 way_shown(const struct smcg_frame *f, const struct smcg_event *e)
{
	if (!e || e->caller != SMCG_BY_CHARGE)
		return 0;
	switch (e->type) {
	case SMCG_EV_TRY_ENTER:
		return e->group == f->group->css ? WAY_RETRY : 0;
	case SMCG_EV_DRAIN_ALL:
		return WAY_DRAIN;
	case SMCG_EV_OOM:
		return WAY_OOM;
	case SMCG_EV_COUNTER_CHARGE:
		return e->group == f->group->css ? WAY_FORCE : 0;
	}
	return 0;
}

static void say_likely(struct smcg_world *w, struct smcg_frame *f, const struct ways *v)
{
	u32 kind = SMCG_KIND_EXACT_CHARGE;

	if (v->likely == WAY_DRAIN) {
		kind = SMCG_KIND_DRAIN;
		f->mask = smcg_drain_guess(w, f->over->css);
	} else if (v->likely == WAY_OOM) {
		kind = SMCG_KIND_OOM;
	} else if (v->likely != WAY_RETRY) {
		kind = v->likely == WAY_FORCE ? SMCG_KIND_FORCED : SMCG_KIND_NOMEM;
	}
	smcg_charge_say(w, f, kind, SMCG_DEC_ADOPTED);
}

/* The page that the charge was for. */
static bool freed(const struct smcg_frame *f, const struct smcg_event *e)
{
	return e && e->type == SMCG_EV_FREE && e->tid == f->tid && f->pfn != SMCG_NO_PFN &&
		e->a == f->pfn;
}

/* Is it certain that the stock does not have what the charge wants? */
static bool not_in_stock(const struct smcg_world *w, const struct smcg_frame *f)
{
	const struct smcg_cpu *c = &w->cpus[f->cpu];
	const struct smcg_page_slot *p = smcg_pages_in(&c->stock, f->group->css);

	return f->past || (c->queued == 1 && c->stock.known && (!p || p->high < f->nr));
}

/*
 * No event of the charge followed. Did it fail? The stock tells, and the page that it was for if it
 * is freed at once (one that was charged is uncharged first); and what was read just before the
 * margin check.
 */
static void find_failure(const struct smcg_world *w, struct smcg_frame *f,
			 const struct smcg_event *e, struct ways *v)
{
	bool nothing = freed(f, e) || not_in_stock(w, f);
	bool full = v->room == SMCG_NO;

	if (!(v->legal & WAY_FAILS) || v->full & WAY_RETRY)
		return;
	if (v->room == SMCG_MAYBE && f->watch && f->near)
		full = smcg_margin_read(f) == SMCG_NO;
	if (nothing || (full && f->pfn == SMCG_NO_PFN))
		v->legal &= ~WAY_RETRY;
	if (nothing && full)
		f->unsure = false;
}

static void failed(struct smcg_world *w, struct smcg_frame *f, const struct ways *v)
{
	if (v->legal & WAY_NOTE)
		smcg_oom_note(w, f->tid, f->over, smcg_charge_order(f->nr));
	smcg_charge_say(w, f, SMCG_KIND_NOMEM, 0);
}

/* It hit the stock, or it failed. */
static u32 silent(struct smcg_world *w, struct smcg_frame *f, const struct ways *v)
{
	bool may_fail = v->legal & WAY_FAILS;
	u32 shown = SMCG_SHOWN_VOID;

	if (v->legal & WAY_RETRY)
		shown = may_fail ? SMCG_SHOWN_EITHER : SMCG_SHOWN_HIT;
	else if (may_fail)
		failed(w, f, v);
	else
		say_likely(w, f, v);
	smcg_frame_pop(w, f);
	return shown;
}

bool smcg_after_quiet(const struct smcg_world *w, const struct smcg_frame *f)
{
	struct ways v;

	find_ways(w, f, false, NULL, 0, &v);
	return v.legal & WAY_FAILS;
}

u32 smcg_after_reclaim(struct smcg_world *w, struct smcg_frame *f, const struct smcg_event *e)
{
	u32 shown = way_shown(f, e), quiet = freed(f, e) ? WAY_FAILS : WAY_RETRY | WAY_FAILS;
	struct ways v;
	bool told;

	find_ways(w, f, true, e, shown, &v);
	/* A reading that would make reality impossible counts for nothing. */
	told = v.legal & (shown ? shown : quiet);
	if (!told)
		find_ways(w, f, false, NULL, shown, &v);
	if (v.legal & (v.legal - 1) && !(told && settled(f, e, shown, &v)))
		f->unsure = true;
	if (!shown)
		find_failure(w, f, e, &v);
	smcg_margin_close(w, f);
	if (!shown)
		return silent(w, f, &v);
	w->may_drain -= f->may_drain;
	f->may_drain = false;
	if (!(v.legal & shown)) {
		f->unsure = false;
		say_likely(w, f, &v);
	}
	switch (shown) {
	case WAY_RETRY:
		spend(w, f, v.room);
		f->state = SMCG_ST_RETRY;
		return SMCG_SHOWN_MISS;
	case WAY_DRAIN:
		f->state = SMCG_ST_DRAINING;
		break;
	case WAY_OOM:
		f->state = SMCG_ST_OOM;
		break;
	default:
		f->state = SMCG_ST_FORCE_DUE;
		break;
	}
	return SMCG_SHOWN_VOID;
}
