// SPDX-License-Identifier: GPL-2.0
/*
 * reclaim_oldest.c - the folio that was charged first goes first.
 *
 * A stand-in until the lists of SPEC C exist: no reference, no dirt, no cost.
 */
#include "reclaim.h"
#include "world.h"

static struct smcg_group *oldest_below(struct smcg_world *w, const struct smcg_group *over)
{
	struct smcg_group *best = NULL;
	u32 i;

	for (i = 0; i < w->nr_slots; i++) {
		struct smcg_group *g = w->groups[i];

		if (!g || !g->pages.first || !smcg_group_below(w, g->css, over->css))
			continue;
		if (!best || g->pages.first->seq < best->pages.first->seq)
			best = g;
	}
	return best;
}

static u32 reclaim(struct smcg_world *w, struct smcg_group *over, u32 nr)
{
	struct smcg_group *g;
	u32 taken = 0, part;

	while (taken < nr) {
		g = oldest_below(w, over);
		if (!g)
			break;
		/* A run from one group: the search is over all of them. */
		for (part = 0; part < 32 && taken < nr && g->pages.first; part++) {
			u32 pages = g->pages.first->nr;

			smcg_page_remove(w, g->pages.first);
			smcg_counter_add(w, g, SMCG_COUNTER_MEMORY, -(s64)pages, NULL);
			taken += pages;
		}
	}
	return taken;
}

const struct smcg_reclaim_policy smcg_reclaim_oldest = {
	.name = "oldest",
	.reclaim = reclaim,
};
