// SPDX-License-Identifier: GPL-2.0
/*
 * free_charge.c - a charge in a world that lives with its own decisions (SPEC A2-A12).
 *
 * A drain is at once, reclaim is the policy's, and an OOM pass kills nobody: it
 * makes no progress unless the profile counts a dying caller as some.
 */
#include "free.h"
#include "reclaim.h"

#define RECLAIM_LEAST	32U

struct attempt {
	const struct smcg_event *e;
	struct smcg_cpu *c;
	struct smcg_group *g, *over;
	u32 nr, batch, retries, gfp, task;
	bool drained, raised, passed_oom;
};

void smcg_free_empty(struct smcg_world *w, struct smcg_stock *s)
{
	struct smcg_group *g = smcg_group_find(w, s->css);

	if (s->high && smcg_group_tracked(g))
		smcg_free_give(w, g, s->high);
	s->css = 0;
	s->low = 0;
	s->high = 0;
	s->known = true;
}

void smcg_free_refill(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e, u32 css,
		      u32 nr)
{
	struct smcg_group *g = smcg_group_find(w, css), *other;
	struct smcg_stock *s = &c->stock;
	struct smcg_mark m;
	u32 gone = 0, over = 0;

	if (s->css != css) {
		over = s->high ? s->css : 0;
		gone = s->high;
		smcg_free_empty(w, s);
		s->css = css;
	}
	s->high += smcg_group_tracked(g) ? nr : 0;
	s->low = s->high;
	if (s->high > w->batch) {
		gone += s->high;
		smcg_free_empty(w, s);
	}
	other = smcg_group_find(w, over);
	if (!smcg_group_watched(g) && !smcg_group_watched(other))
		return;
	smcg_mark_event(w, &m, e, SMCG_KIND_REFILL);
	m.group = smcg_group_id(w, css);
	m.nr = nr;
	m.over = other ? other->id : 0;
	m.arg = (u64)gone << 32 | s->high;
	smcg_emit(w, &m);
}

static bool consume(struct smcg_world *w, struct attempt *a)
{
	struct smcg_stock *s = &a->c->stock;

	if (a->nr > w->batch || s->css != a->g->css || s->high < a->nr)
		return false;
	s->high -= a->nr;
	s->low = s->high;
	smcg_free_say(w, a->e, a->g, SMCG_KIND_STOCK_HIT, a->nr, NULL, 0);
	return true;
}

/* A stream may uncharge what was never charged: below zero is empty. */
static bool fits(const struct smcg_group *g, u32 nr)
{
	const struct smcg_counter *c = &g->counter[SMCG_COUNTER_MEMORY];

	return (u64)max_t(s64, c->usage, 0) + nr <= c->max;
}

static bool try_charge(struct smcg_world *w, struct attempt *a)
{
	struct smcg_group *g;

	a->over = NULL;
	for (g = a->g; g && !a->over; g = g->parent)
		if (!fits(g, a->batch))
			a->over = g;
	smcg_free_say(w, a->e, a->g,
		      a->batch > a->nr ? SMCG_KIND_BATCH_CHARGE : SMCG_KIND_EXACT_CHARGE, a->batch,
		      a->over, a->over ? -ENOMEM : 0);
	if (a->over) {
		a->over->counter[SMCG_COUNTER_MEMORY].failcnt++;
		return false;
	}
	smcg_counter_add(w, a->g, SMCG_COUNTER_MEMORY, a->batch, NULL);
	if (a->batch > a->nr)
		smcg_free_refill(w, a->c, a->e, a->g->css, a->batch - a->nr);
	return true;
}

static void raise_max(struct smcg_world *w, struct attempt *a)
{
	smcg_free_say(w, a->e, a->over, SMCG_KIND_MAX_EVENT, 0, NULL, 0);
	smcg_group_count(a->over, SMCG_COUNT_MAX);
	a->raised = true;
}

void smcg_free_drain(struct smcg_world *w, const struct smcg_event *e, const struct smcg_group *root,
		     bool told)
{
	struct smcg_mark m;
	u64 mask = 0;
	u32 cpu;

	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		struct smcg_cpu *c = &w->cpus[cpu];
		struct smcg_stock *s = &c->stock;
		bool pages = s->css && s->high && smcg_group_below(w, s->css, root->css);
		bool bytes = s->objcg && smcg_group_below(w, s->objcg->css, root->css);

		if (!pages && !bytes)
			continue;
		mask |= 1ULL << (cpu & 63);
		smcg_free_put_back(w, c, e, s);
		smcg_free_empty(w, s);
	}
	if (!told)
		return;
	smcg_mark_event(w, &m, e, SMCG_KIND_DRAIN);
	m.group = root->id;
	m.nr = 0;
	m.arg = mask;
	smcg_emit(w, &m);
}

/* The killer is asked, or the task only remembers that it should be.  Return: what comes next. */
static enum smcg_turn out_of_memory(struct smcg_world *w, struct attempt *a)
{
	const struct smcg_rules *r = w->rules;
	u32 order = smcg_charge_order(a->nr);
	bool user_fault = a->e->caller == SMCG_BY_FOLIO && a->e->ctx == SMCG_CTX_TASK &&
		!(a->task & SMCG_TASK_KTHREAD);

	if (r->oom_noted) {
		smcg_oom_note(w, user_fault ? a->e->tid : 0, a->over, order);
		return SMCG_TURN_FAIL;
	}
	smcg_free_say(w, a->e, a->over, SMCG_KIND_OOM, order, NULL, 0);
	smcg_group_count(a->over, SMCG_COUNT_OOM);
	if (!r->dying_is_progress || !(a->task & SMCG_TASK_DYING) || !r->oom_starts_over)
		return SMCG_TURN_FAIL;
	a->passed_oom = true;
	a->retries = r->retries;
	return SMCG_TURN_ON;
}

/* One round of reclaim.  Return: ON, try again. */
static enum smcg_turn make_room(struct smcg_world *w, struct attempt *a)
{
	enum smcg_turn turn;
	u32 got;

	raise_max(w, a);
	smcg_free_say(w, a->e, a->over, SMCG_KIND_RECLAIM, a->nr, NULL, 0);
	got = smcg_reclaim_oldest.reclaim(w, a->over, max(a->nr, RECLAIM_LEAST));
	if (fits(a->over, a->nr))
		return SMCG_TURN_ON;
	if (!a->drained) {
		smcg_free_drain(w, a->e, a->over, true);
		a->drained = true;
		return SMCG_TURN_ON;
	}
	if (a->gfp & SMCG_GFP_NORETRY)
		return SMCG_TURN_FAIL;
	if (got && a->nr <= w->rules->costly_pages)
		return SMCG_TURN_ON;
	if (a->retries) {
		a->retries--;
		return SMCG_TURN_ON;
	}
	turn = smcg_turn_before_oom(w->rules, a->gfp, a->task, smcg_charge_order(a->nr),
				    a->passed_oom);
	return turn == SMCG_TURN_ON ? out_of_memory(w, a) : turn;
}

static enum smcg_turn next_turn(struct smcg_world *w, struct attempt *a)
{
	enum smcg_turn turn = smcg_turn_after_exact(w->rules, a->gfp, a->task);

	if (turn == SMCG_TURN_ON)
		turn = make_room(w, a);
	return turn == SMCG_TURN_FAIL ? smcg_turn_at_end(w->rules, a->gfp) : turn;
}

/* What was charged ahead brings a level above its memory.high: it is reclaimed from. */
static void look_at_high(struct smcg_world *w, struct attempt *a)
{
	struct smcg_group *g;

	if (a->task & SMCG_TASK_DYING && w->rules->dying_not_high)
		return;
	for (g = a->g; g; g = g->parent) {
		const struct smcg_counter *c = &g->counter[SMCG_COUNTER_MEMORY];

		if (c->usage <= 0 || (u64)c->usage <= c->high)
			continue;
		smcg_free_say(w, a->e, g, SMCG_KIND_HIGH_EVENT, a->batch, NULL, 0);
		smcg_group_count(g, SMCG_COUNT_HIGH);
		smcg_reclaim_oldest.reclaim(w, g, max(a->batch, RECLAIM_LEAST));
	}
}

static void force(struct smcg_world *w, struct attempt *a)
{
	if (!a->raised && w->rules->forced_raises_max)
		raise_max(w, a);
	smcg_free_say(w, a->e, a->g, SMCG_KIND_FORCED, a->nr, NULL, 0);
	smcg_counter_add(w, a->g, SMCG_COUNTER_MEMORY, a->nr, NULL);
}

bool smcg_free_charge(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		      struct smcg_group *g, u32 nr, u32 gfp)
{
	struct attempt a = { .e = e, .c = c, .g = g, .nr = nr, .gfp = gfp };

	a.task = e->task;
	if (e->ctx == SMCG_CTX_TASK)
		a.task |= smcg_task_state(w, e->tid);
	a.retries = w->rules->retries;
	a.batch = max(w->batch, nr);
	for (;;) {
		if (consume(w, &a))
			return true;
		if (try_charge(w, &a)) {
			look_at_high(w, &a);
			return true;
		}
		if (a.batch > nr) {
			a.batch = nr;
			continue;
		}
		switch (next_turn(w, &a)) {
		case SMCG_TURN_ON:
			break;
		case SMCG_TURN_FORCE:
			force(w, &a);
			return true;
		case SMCG_TURN_FAIL:
			smcg_free_say(w, e, g, SMCG_KIND_NOMEM, nr, NULL, -ENOMEM);
			return false;
		}
	}
}
