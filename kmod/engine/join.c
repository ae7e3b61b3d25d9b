// SPDX-License-Identifier: GPL-2.0
/*
 * join.c - charges that were under way when a running group was attached to.
 *
 * A task that sleeps in reclaim at the baseline goes on with a charge whose begin was not
 * seen: its tries have no cause in the stream.  They are facts from outside, and no drift, as
 * long as it can be that charge: a task has one such charge at most, and none once it was
 * seen to begin another.
 *
 * Such a charge tries again after reclaim, and what it then finds in a stock it takes without a
 * word.  The baseline tells which tasks may do so (strays): while one may, and until the slot is
 * refilled after that, a slot that turns out to have less than the shadow has is no mistake.
 */
#include "world.h"

static struct smcg_joined *joined(struct smcg_world *w, u32 tid)
{
	u32 i;

	for (i = 0; i < w->nr_joined; i++)
		if (w->joined[i].tid == tid)
			return &w->joined[i];
	if (w->nr_joined == SMCG_JOINED)
		return NULL;
	w->joined[w->nr_joined].tid = tid;
	w->joined[w->nr_joined].over = false;
	return &w->joined[w->nr_joined++];
}

bool smcg_join_charge(struct smcg_world *w, u32 tid, u32 ctx)
{
	struct smcg_joined *j;

	if (!w->joins || !tid || ctx != SMCG_CTX_TASK)
		return false;
	j = joined(w, tid);
	return j && !j->over;
}

void smcg_join_over(struct smcg_world *w, u32 tid)
{
	struct smcg_joined *j = joined(w, tid);

	if (j)
		j->over = true;
}

void smcg_join_told(struct smcg_world *w, u32 tid)
{
	u32 i, listed = min_t(u32, w->strays, SMCG_STRAYS);

	for (i = 0; i < listed; i++)
		if (w->stray[i] == tid)
			return;
	if (w->strays < SMCG_STRAYS)
		w->stray[w->strays] = tid;
	w->strays++;
}

void smcg_join_began(struct smcg_world *w, const struct smcg_event *e)
{
	u32 i;

	if (e->ctx != SMCG_CTX_TASK || e->task & SMCG_TASK_MEMALLOC)
		return;
	/* More than there is room for: nobody knows when the last one is over. */
	for (i = 0; w->strays <= SMCG_STRAYS && i < w->strays; i++)
		if (w->stray[i] == e->tid)
			w->stray[i--] = w->stray[--w->strays];
}
