// SPDX-License-Identifier: GPL-2.0
/*
 * free_ask.c - memory that reality refused, or this world did.
 *
 * A refusal is no event: it shows as a last try that failed, and a task that does something else.
 */
#include "free.h"

static struct smcg_ask *ask_of(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	if (e->ctx != SMCG_CTX_TASK)
		return &c->ask[e->ctx];
	return e->tid ? smcg_task_ask(w, e->tid) : NULL;
}

u32 smcg_ask_paid(u64 *debt, u32 amount)
{
	u32 paid = (u32)min_t(u64, *debt, amount);

	*debt -= paid;
	return amount - paid;
}

static void end(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		struct smcg_ask *ask)
{
	struct smcg_group *g = smcg_group_find(w, ask->css);
	struct smcg_objcg *o = ask->objcg ? smcg_objcg_find(w, ask->objcg) : NULL;

	ask->open = false;
	if (ask->granted != ask->refused || !smcg_group_watched(g) || (ask->objcg && !o))
		return;
	if (ask->refused) {
		if (o)
			smcg_free_objects(w, c, e, o, ask->amount);
		else
			smcg_free_return(w, c, e, g, ask->amount, ask->caller == SMCG_BY_KMEM_PAGE);
	} else if (o) {
		o->debt += ask->amount;
	} else {
		g->debt += ask->amount;
	}
}

void smcg_ask_begin(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e, u64 objcg,
		    u32 amount, bool granted)
{
	struct smcg_ask *ask = ask_of(w, c, e);

	/* A reclaimer is never refused, and asks in the middle of another request. */
	if (!ask || e->task & SMCG_TASK_MEMALLOC)
		return;
	memset(ask, 0, sizeof(*ask));
	ask->objcg = objcg;
	ask->tid = e->tid;
	ask->css = e->group;
	ask->amount = amount;
	ask->caller = e->caller;
	ask->granted = granted;
	ask->open = true;
}

/* Is the event about what it asked for, or inside of that? */
static bool goes_on(struct smcg_ask *ask, const struct smcg_event *e)
{
	switch (e->type) {
	case SMCG_EV_RECLAIM:
	case SMCG_EV_OOM:
		ask->inside = true;
		return true;
	case SMCG_EV_RECLAIM_RET:
	case SMCG_EV_OOM_RET:
		ask->inside = false;
		return true;
	case SMCG_EV_TRY_RET:
		if (!ask->inside && e->group == ask->css && e->caller == SMCG_BY_CHARGE)
			ask->refused = !e->a;
		return true;
	case SMCG_EV_COUNTER_CHARGE:
		if (!ask->inside && e->group == ask->css && e->caller == SMCG_BY_CHARGE)
			ask->refused = false;
		return true;
	case SMCG_EV_COUNTER_UNCHARGE:
		/* of hugetlb: it was granted, but there was no page */
		return e->caller != SMCG_BY_HUGETLB || ask->inside;
	case SMCG_EV_CHARGE:
		return ask->inside || (ask->objcg && e->caller == SMCG_BY_OBJ);
	case SMCG_EV_FREE:
	case SMCG_EV_OBJ_CHARGE:
	case SMCG_EV_OBJ_STATE:
	case SMCG_EV_SOCK_UNCHARGE:
	case SMCG_EV_KMEM_UNCHARGE:
	case SMCG_EV_MIGRATE:
	case SMCG_EV_RECLAIM_HIGH:
		return ask->inside;
	case SMCG_EV_OBJ_REFILL:
		/* The surplus comes when it was granted. */
		if (!ask->inside && !e->c && e->a == ask->objcg)
			ask->refused = false;
		return ask->inside;
	}
	return true;
}

void smcg_ask_see(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_ask *ask = ask_of(w, c, e);

	if (ask && ask->open && ask->tid == e->tid && !goes_on(ask, e))
		end(w, c, e, ask);
}
