// SPDX-License-Identifier: GPL-2.0
/*
 * free.c - a world that lives with its own decisions, under the rules of any profile.
 *
 * Causes drive it: charges, frees, refills by others, limits, groups, and what the slow path
 * told of a task.  What reality made of them is not looked at.  On the legacy
 * hierarchy it knows memory only, not memory+swap, which hangs on what reality swapped out.
 */
#include "free.h"

void smcg_free_say(struct smcg_world *w, const struct smcg_event *e, const struct smcg_group *g,
		   u32 kind, u32 nr, const struct smcg_group *over, int result)
{
	struct smcg_mark m;

	if (!smcg_group_watched(g))
		return;
	smcg_mark_event(w, &m, e, kind);
	m.group = g->id;
	m.nr = nr;
	m.over = over ? over->id : 0;
	m.result = (s16)result;
	smcg_emit(w, &m);
}

void smcg_free_give(struct smcg_world *w, struct smcg_group *g, u32 nr)
{
	smcg_counter_add(w, g, SMCG_COUNTER_MEMORY, -(s64)nr, NULL);
}

/*
 * 4.18 tries, and commits once the page has its place.  A one-step kernel has no such moment: the
 * charge is committed with the next thing that its task does, unless that is to free the page.
 */
static struct smcg_page *tried_page(struct smcg_world *w, const struct smcg_cpu *c)
{
	struct smcg_page *page = c->tried ? smcg_page_find(w, c->tried - 1) : NULL;

	return page && page->flags & SMCG_PAGE_TRIED ? page : NULL;
}

static void commit(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_page *page = tried_page(w, c);

	if (page)
		smcg_page_commit(w, page);
	c->tried = 0;
}

/* Does the event show that the task of the last try went on with it? */
static bool goes_on(const struct smcg_cpu *c, const struct smcg_event *e)
{
	if (!c->tried)
		return false;
	if (e->type == SMCG_EV_CHARGE)
		return true;		/* its place is needed */
	if (e->tid != c->tried_tid || e->ctx != SMCG_CTX_TASK)
		return false;
	return e->type != SMCG_EV_FREE && e->type != SMCG_EV_COUNTER_UNCHARGE &&
		e->type != SMCG_EV_COUNTER_RET && e->type != SMCG_EV_TRY_ENTER &&
		e->type != SMCG_EV_TRY_RET && e->type != SMCG_EV_REFILL;
}

static void hold(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_page *page = smcg_page_find(w, e->a);

	if (!page || e->caller != SMCG_BY_FOLIO || e->ctx != SMCG_CTX_TASK)
		return;
	smcg_page_hold(w, page);
	c->tried = e->a + 1;
	c->tried_tid = e->tid;
}

/* A fault ended: OOM that a charge of it noted is settled, and kills nobody here. */
static void end_fault(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_task *t = e->ctx == SMCG_CTX_TASK ? smcg_oom_noted(w, e->tid) : NULL;

	if (!t)
		return;
	smcg_free_say(w, e, smcg_group_find(w, t->noted_css), SMCG_KIND_OOM, t->noted_order, NULL, 0);
	t->noted_css = 0;
}

/* A socket that was refused its pages takes them by force, where it does so within one call. */
static bool charge_socket(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
			  struct smcg_group *g)
{
	if (!w->rules->sock_forces)
		return smcg_free_charge(w, c, e, g, e->nr, e->gfp);
	return smcg_free_charge(w, c, e, g, e->nr, e->gfp) ||
		smcg_free_charge(w, c, e, g, e->nr, e->gfp | SMCG_GFP_NOFAIL);
}

static void drop(struct smcg_world *w, const struct smcg_event *e, struct smcg_page *page)
{
	struct smcg_group *g = smcg_group_find(w, page->css);
	u32 kind = page->flags & SMCG_PAGE_TRIED ? SMCG_KIND_CANCEL : SMCG_KIND_UNCHARGE;
	u32 nr = page->nr;

	smcg_page_remove(w, page);
	smcg_free_give(w, g, nr);
	smcg_free_say(w, e, g, kind, nr, NULL, 0);
}

static void charge_pages(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	u32 where = smcg_owner_where(w, e);
	bool granted;

	if (!smcg_group_watched(g) || e->caller == SMCG_BY_OBJ ||
	    (e->caller == SMCG_BY_HUGETLB && !w->rules->hugetlb))
		return;
	if (!e->nr || e->nr > SMCG_PAGES_MAX) {
		w->stats.errors++;
		return;
	}
	if (w->rules->oom_noted)
		end_fault(w, e);
	granted = e->caller == SMCG_BY_SOCK ? charge_socket(w, c, e, g) :
		smcg_free_charge(w, c, e, g, e->nr, e->gfp);
	if (e->caller == SMCG_BY_SOCK || e->caller == SMCG_BY_KMEM_PAGE ||
	    e->caller == SMCG_BY_HUGETLB)
		smcg_ask_begin(w, c, e, 0, e->nr, granted);
	if (!granted)
		return;
	if (e->caller == SMCG_BY_KMEM_PAGE)
		g->kmem += e->nr;
	if (e->a == SMCG_NO_PFN)
		return;
	if (smcg_page_find(w, e->a))
		drop(w, e, smcg_page_find(w, e->a));	/* its free was missed */
	smcg_page_add(w, g, e->a, e->nr, where, w->stats.events);
	if (w->rules->commits)
		hold(w, c, e);
}

/* A page of hugetlb has no page frame number when it is charged. */
static void huge_freed(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	u32 nr;

	if (!smcg_group_watched(g) || !w->rules->hugetlb || e->nr > SMCG_PAGES_MAX)
		return;
	nr = smcg_ask_paid(&g->debt, e->nr);
	if (!nr)
		return;
	smcg_free_give(w, g, nr);
	smcg_free_say(w, e, g, SMCG_KIND_UNCHARGE, nr, NULL, 0);
}

static void say_moved(struct smcg_world *w, const struct smcg_event *e, const struct smcg_group *g,
		      u32 nr, bool moves)
{
	struct smcg_mark m;

	if (!smcg_group_watched(g))
		return;
	smcg_mark_event(w, &m, e, SMCG_KIND_MIGRATE);
	m.group = g->id;
	m.nr = nr;
	m.arg = moves;
	smcg_emit(w, &m);
}

/* The charge goes along, or the new folio is charged by force and the old one until it is freed. */
static void move_folio(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_page *page = smcg_page_find(w, e->a);
	bool moves = smcg_charge_moves(w->rules, e);
	struct smcg_group *g;
	u32 nr, where;

	if (!page || e->a == e->b)
		return;
	g = smcg_group_find(w, page->css);
	nr = page->nr;
	where = smcg_where(page->node, page->folio);
	if (smcg_page_find(w, e->b))
		drop(w, e, smcg_page_find(w, e->b));
	if (!moves)
		smcg_counter_add(w, g, SMCG_COUNTER_MEMORY, nr, NULL);
	say_moved(w, e, g, nr, moves);
	if (moves)
		smcg_page_remove(w, page);
	else if (smcg_charge_moves(w->stream, e))
		drop(w, e, page);	/* such a kernel never tells that it was freed */
	smcg_page_add(w, g, e->b, nr, where, w->stats.events);
}

/* Swap is as it is in reality: what goes there is remembered for what it is. */
static void swapped_out(struct smcg_world *w, const struct smcg_event *e)
{
	const struct smcg_group *g = smcg_group_find(w, e->group);

	if (!e->b)
		smcg_owner_is(w, e->c, e->nr, smcg_group_tracked(g) ? g : NULL,
			      smcg_where_folio(smcg_where(0, e->gfp)));
}

static void counted(struct smcg_world *w, const struct smcg_event *e, s64 nr)
{
	struct smcg_group *g = smcg_group_find(w, e->group);

	if (!smcg_group_tracked(g) || e->nr > SMCG_PAGES_MAX ||
	    smcg_which(w, e, e->a) != SMCG_COUNTER_MEMORY)
		return;
	if (!smcg_group_watched(g))
		smcg_counter_add(w, g, SMCG_COUNTER_MEMORY, nr, NULL);
	else if (e->caller == SMCG_BY_HUGETLB && w->rules->hugetlb)
		smcg_free_give(w, g, smcg_ask_paid(&g->debt, e->nr));
}

void smcg_free_cpu_dead(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_cpu *dead;

	if (e->a >= w->config.nr_cpus) {
		w->stats.errors++;
		return;
	}
	dead = &w->cpus[e->a];
	if (w->rules->dead_cpu_bytes && dead != c)
		smcg_free_put_back(w, c, e, &dead->stock);
	smcg_free_empty(w, &dead->stock);
	dead->online = false;
}

void smcg_free_offline(struct smcg_world *w, const struct smcg_event *e)
{
	const struct smcg_group *g = smcg_group_find(w, e->group);

	if (g && !g->is_root && !w->rules->offline_keeps)
		smcg_free_drain(w, e, g, false);
}

void smcg_free_gone(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	u32 i;

	if (!g || g->is_root)
		return;
	for (i = 0; i < w->config.nr_cpus; i++) {
		struct smcg_page_slot *p = smcg_pages_of(&w->cpus[i].stock, g->css);

		if (p)
			smcg_free_empty_slot(w, p);
	}
	/* Objects that kept a dead group in the profile: above it they count all the same. */
	smcg_objcg_reparent(w, g, g->parent_css);
	while (g->pages.first && smcg_group_tracked(g)) {
		u32 nr = g->pages.first->nr;

		smcg_page_remove(w, g->pages.first);
		smcg_free_give(w, g, nr);
	}
}

static void apply_pages(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	switch (e->type) {
	case SMCG_EV_CHARGE:
		charge_pages(w, c, e);
		break;
	case SMCG_EV_FREE:
		if (smcg_page_find(w, e->a))	/* or it was evicted before */
			drop(w, e, smcg_page_find(w, e->a));
		break;
	case SMCG_EV_MIGRATE:
		move_folio(w, e);
		break;
	case SMCG_EV_HUGETLB_FREE:
		huge_freed(w, e);
		break;
	case SMCG_EV_REFILL:
		if (e->group && e->nr <= SMCG_PAGES_MAX &&
		    !smcg_group_watched(smcg_group_find(w, e->group)))
			smcg_free_refill(w, c, e, e->group, e->nr);
		break;
	default:
		smcg_free_kmem(w, c, e);
		break;
	}
}

void smcg_free_apply(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	if (w->rules->commits && goes_on(c, e))
		commit(w, c);
	smcg_ask_see(w, c, e);
	switch (e->type) {
	case SMCG_EV_COUNTER_CHARGE:
		counted(w, e, e->nr);
		break;
	case SMCG_EV_COUNTER_UNCHARGE:
		if (e->caller != SMCG_BY_SWAP)
			counted(w, e, -(s64)e->nr);
		break;
	case SMCG_EV_TRY_RET:
	case SMCG_EV_RECLAIM_RET:
	case SMCG_EV_OOM_RET:
		smcg_task_told(w, e);
		break;
	case SMCG_EV_SPLIT:
		if (smcg_page_find(w, e->a))	/* or it was evicted before */
			smcg_page_split(w, e->a, e->nr, (u32)e->b);
		break;
	case SMCG_EV_SWAP_CHARGE:
	case SMCG_EV_SWAPOUT:
		swapped_out(w, e);
		break;
	case SMCG_EV_SWAPIN:
		smcg_owner_brings(w, e);
		break;
	default:
		apply_pages(w, c, e);
		break;
	}
}
