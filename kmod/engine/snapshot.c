// SPDX-License-Identifier: GPL-2.0
/* snapshot.c - a look at a world from outside. */
#include "world.h"

/* What a stock holds of a group; its slot keeps the group even without pages. */
static void stocked(const struct smcg_stock *stock, u32 css, struct smcg_group_snapshot *s)
{
	const struct smcg_page_slot *p = smcg_pages_in(stock, css);

	if (!p)
		return;
	s->stocked += p->high;
	s->pinned_stocks++;
}

static void fill_legacy(const struct smcg_world *w, const struct smcg_group *g,
			struct smcg_group_snapshot *s)
{
	static const u8 kinds[SMCG_WHICH_NR] = {
		[SMCG_WHICH_MEMORY] = SMCG_COUNTER_MEMORY,
		[SMCG_WHICH_MEMSW] = SMCG_COUNTER_MEMSW,
		[SMCG_WHICH_KMEM] = SMCG_COUNTER_KMEM,
		[SMCG_WHICH_TCPMEM] = SMCG_COUNTER_TCPMEM,
	};
	u32 i;

	s->legacy = true;
	s->oom_off = g->oom_off;
	s->under_oom = smcg_under_oom(w, g->css);
	s->soft_limit = g->soft_limit;
	s->swap = 0;
	s->swap_adopted = 0;
	for (i = 0; i < SMCG_WHICH_NR; i++) {
		const struct smcg_counter *c = &g->counter[kinds[i]];

		s->counter[i].usage = (u64)max_t(s64, c->usage, 0);
		s->counter[i].watermark = c->watermark;
		s->counter[i].failcnt = c->failcnt;
		s->counter[i].max = c->max;
		s->counter[i].adopted = c->adopted;
	}
}

static void fill(const struct smcg_world *w, const struct smcg_group *g,
		 struct smcg_group_snapshot *s)
{
	const struct smcg_counter *m = &g->counter[SMCG_COUNTER_MEMORY];
	const struct smcg_counter *swap = &g->counter[SMCG_COUNTER_SWAP];
	u32 cpu;

	memset(s, 0, sizeof(*s));
	s->id = g->id;
	s->parent = g->parent ? g->parent->id : 0;
	s->css = g->css;
	s->flags = g->flags;
	s->memory = (u64)max_t(s64, m->usage, 0);
	s->swap = (u64)max_t(s64, swap->usage, 0);
	s->kmem = (u64)max_t(s64, g->kmem, 0);
	s->memory_adopted = m->adopted;
	s->swap_adopted = swap->adopted;
	s->watermark = m->watermark;
	s->failcnt = m->failcnt;
	s->limit[SMCG_LIMIT_MAX] = m->max;
	s->limit[SMCG_LIMIT_HIGH] = m->high;
	s->limit[SMCG_LIMIT_MIN] = m->min;
	s->limit[SMCG_LIMIT_LOW] = m->low;
	s->limit[SMCG_LIMIT_SWAP_MAX] = swap->max;
	s->limit[SMCG_LIMIT_SWAP_HIGH] = swap->high;
	s->min_usage = m->min_usage;
	s->low_usage = m->low_usage;
	s->children_min_usage = m->children_min;
	s->children_low_usage = m->children_low;
	s->emin = g->emin;
	s->elow = g->elow;
	s->ev_low = g->count[SMCG_COUNT_LOW];
	s->ev_high = g->count[SMCG_COUNT_HIGH];
	s->ev_max = g->count[SMCG_COUNT_MAX];
	s->ev_oom = g->count[SMCG_COUNT_OOM];
	s->ev_oom_kill = g->count[SMCG_COUNT_OOM_KILL];
	s->ev_oom_group_kill = g->count[SMCG_COUNT_OOM_GROUP_KILL];
	s->ev_swap_high_doubts = g->swap_high_doubts;
	s->ev_swap_high = g->count[SMCG_COUNT_SWAP_HIGH];
	s->ev_swap_max = g->count[SMCG_COUNT_SWAP_MAX];
	s->ev_swap_fail = g->count[SMCG_COUNT_SWAP_FAIL];
	s->ev_local_low = g->local[SMCG_COUNT_LOW];
	s->ev_local_high = g->local[SMCG_COUNT_HIGH];
	s->ev_local_max = g->local[SMCG_COUNT_MAX];
	s->ev_local_oom = g->local[SMCG_COUNT_OOM];
	s->ev_local_oom_kill = g->local[SMCG_COUNT_OOM_KILL];
	s->ev_local_oom_group_kill = g->local[SMCG_COUNT_OOM_GROUP_KILL];
	s->oom_group = g->oom_group;
	for (cpu = 0; cpu < w->config.nr_cpus; cpu++)
		stocked(&w->cpus[cpu].stock, g->css, s);
	s->frames = g->pages.frames;
	s->frame_pages = g->pages.pages;
	s->pinned_folios = s->frames;
	if (w->rules->commits) {
		/* A reference per page, wherever it is; and objects stay where they are. */
		s->pinned_folios = s->frame_pages + s->kmem;
		s->pinned_stocks = s->stocked;
	}
	memcpy(s->node_pages, g->pages.node_pages, sizeof(s->node_pages));
	s->rss = g->pages.committed[SMCG_FOLIO_ANON];
	s->shmem = g->pages.committed[SMCG_FOLIO_SWAPPABLE];
	s->cache = g->pages.committed[SMCG_FOLIO_CACHE] + s->shmem;
	s->rss_huge = g->pages.huge;
	s->untold = g->pages.committed[SMCG_FOLIO_UNTOLD];
	s->children = g->children;
	s->swap_entries = g->id_users - min_t(u32, g->id_users, !(g->flags & SMCG_GROUP_DYING));
	s->entries_known = g->id_known && w->config.mode == SMCG_MODE_FOLLOW;
	s->kernel = g->stat.kernel;
	s->sock = g->stat.sock;
	s->pgpgin = g->stat.pgpgin;
	s->pgpgout = g->stat.pgpgout;
	s->stat_known = g->stat.known && w->config.mode == SMCG_MODE_FOLLOW;
	s->paged_known = g->stat.paged && w->config.mode == SMCG_MODE_FOLLOW;
	if (w->legacy)
		fill_legacy(w, g, s);
}

void smcg_world_stats(const struct smcg_world *w, struct smcg_world_stats *stats)
{
	u32 i, k;

	*stats = w->stats;
	stats->digest = w->digest;
	stats->time = w->now;
	stats->settled = w->based && !w->after_gap;
	for (i = 0; i < w->config.nr_cpus; i++)
		if (!w->cpus[i].stock.known || !w->cpus[i].stock.known_obj)
			stats->settled = 0;
	for (i = 0; i < w->nr_slots && stats->settled; i++)
		for (k = 0; k < SMCG_COUNTER_NR; k++)
			if (smcg_group_tracked(w->groups[i]) && !w->groups[i]->counter[k].known)
				stats->settled = 0;
}

int smcg_world_next_group(const struct smcg_world *w, __u32 *css,
			  struct smcg_group_snapshot *snap)
{
	u32 at;

	for (at = *css + 1; at && at < w->nr_slots; at++) {
		if (!w->groups[at])
			continue;
		fill(w, w->groups[at], snap);
		*css = at;
		return 0;
	}
	return -ENOENT;
}

int smcg_world_find_group(const struct smcg_world *w, __u64 cgroup_id,
			  struct smcg_group_snapshot *snap)
{
	u32 at;

	for (at = 0; at < w->nr_slots; at++) {
		if (!w->groups[at] || w->groups[at]->id != cgroup_id)
			continue;
		fill(w, w->groups[at], snap);
		return 0;
	}
	return -ENOENT;
}

int smcg_world_stock(const struct smcg_world *w, __u32 cpu, struct smcg_stock_snapshot *snap)
{
	const struct smcg_stock *s;
	u32 i;

	if (cpu >= w->config.nr_cpus)
		return -ENOENT;
	s = &w->cpus[cpu].stock;
	memset(snap, 0, sizeof(*snap));
	snap->cpu = cpu;
	snap->page_slots = s->page_slots;
	snap->byte_slots = s->byte_slots;
	snap->page_next = s->page_next;
	snap->byte_next = s->byte_next;
	snap->flushing = s->flushing;
	snap->flushing_obj = s->flushing_obj;
	snap->known = s->known && s->known_obj;
	for (i = 0; i < s->page_slots; i++) {
		snap->page[i].nr = s->page[i].high;
		snap->page[i].group = smcg_group_id(w, s->page[i].css);
		snap->known &= s->page[i].low == s->page[i].high;
	}
	for (i = 0; i < s->byte_slots; i++) {
		snap->byte[i].nr = s->byte[i].high;
		snap->byte[i].objcg = s->byte[i].objcg ? s->byte[i].objcg->id : 0;
		snap->known &= s->byte[i].low == s->byte[i].high;
	}
	return 0;
}
