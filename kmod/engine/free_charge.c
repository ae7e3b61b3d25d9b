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

void smcg_free_empty_slot(struct smcg_world *w, struct smcg_page_slot *p)
{
	struct smcg_group *g = smcg_group_find(w, p->css);

	if (p->high && smcg_group_tracked(g))
		smcg_free_give(w, g, p->high);
	smcg_pages_clear(p);
}

void smcg_free_empty(struct smcg_world *w, struct smcg_stock *s)
{
	u32 i;

	for (i = 0; i < s->page_slots; i++)
		smcg_free_empty_slot(w, &s->page[i]);
	s->known = true;
}

/* Into the slot of the group, made free for it if need be.  Return: pages given back. */
static u32 into_slot(struct smcg_world *w, struct smcg_stock *s, u32 css, u32 nr, u32 *over,
		     u32 *left)
{
	u32 at = smcg_pages_goes(s, css), gone = 0;
	struct smcg_page_slot *p = &s->page[at];

	if (p->css != css) {
		if (p->css && s->page_slots > 1)
			s->page_next = (u8)((at + 1) % s->page_slots);
		*over = p->high ? p->css : 0;
		gone = p->high;
		smcg_free_empty_slot(w, p);
		p->css = css;
	}
	p->high += smcg_group_tracked(smcg_group_find(w, css)) ? nr : 0;
	p->low = p->high;
	if (p->high > w->batch) {
		gone += p->high;
		smcg_free_empty_slot(w, p);
	}
	*left = p->high;
	return gone;
}

void smcg_free_refill(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e, u32 css,
		      u32 nr)
{
	struct smcg_group *g = smcg_group_find(w, css), *other;
	u32 gone = nr, over = 0, left = 0;
	struct smcg_mark m;

	if (!w->rules->refill_past || nr <= w->batch)
		gone = into_slot(w, &c->stock, css, nr, &over, &left);
	else if (smcg_group_tracked(g))
		smcg_free_give(w, g, nr);
	other = smcg_group_find(w, over);
	if (!smcg_group_watched(g) && !smcg_group_watched(other))
		return;
	smcg_mark_event(w, &m, e, SMCG_KIND_REFILL);
	m.group = smcg_group_id(w, css);
	m.nr = nr;
	m.over = other ? other->id : 0;
	m.arg = (u64)gone << 32 | left;
	smcg_emit(w, &m);
}

static bool consume(struct smcg_world *w, struct attempt *a)
{
	struct smcg_page_slot *p = smcg_pages_of(&a->c->stock, a->g->css);

	if (a->nr > w->batch || !p || p->high < a->nr)
		return false;
	p->high -= a->nr;
	p->low = p->high;
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

static bool owes_pages(const struct smcg_world *w, const struct smcg_stock *s, u32 root)
{
	u32 i;

	for (i = 0; i < s->page_slots; i++)
		if (s->page[i].css && s->page[i].high && smcg_group_below(w, s->page[i].css, root))
			return true;
	return false;
}

static bool owes_bytes(const struct smcg_world *w, const struct smcg_stock *s, u32 root)
{
	u32 i;

	for (i = 0; i < s->byte_slots; i++)
		if (s->byte[i].objcg && smcg_group_below(w, s->byte[i].objcg->css, root))
			return true;
	return false;
}

/* One CPU; where pages and bytes are drained apart, each for itself.  Return: its place in the mask. */
static u64 drain_cpu(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e, u32 root)
{
	struct smcg_stock *s = &c->stock;
	bool pages = owes_pages(w, s, root), bytes = owes_bytes(w, s, root);
	u64 mask = 0;

	if (!w->rules->apart)
		pages = bytes = pages || bytes;
	if (bytes) {
		smcg_free_put_back(w, c, e, s);
		mask |= w->rules->apart ? 1ULL << (32 + (c->cpu & 31)) : 1ULL << (c->cpu & 63);
	}
	if (pages) {
		smcg_free_empty(w, s);
		mask |= 1ULL << (c->cpu & (w->rules->apart ? 31 : 63));
	}
	return mask;
}

void smcg_free_drain(struct smcg_world *w, const struct smcg_event *e, const struct smcg_group *root,
		     bool told)
{
	struct smcg_mark m;
	u64 mask = 0;
	u32 cpu;

	for (cpu = 0; cpu < w->config.nr_cpus; cpu++)
		mask |= drain_cpu(w, &w->cpus[cpu], e, root->css);
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
	a.batch = smcg_first_try(w, gfp, nr);
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
