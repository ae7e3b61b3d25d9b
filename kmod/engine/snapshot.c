// SPDX-License-Identifier: GPL-2.0
/* snapshot.c - a look at a world from outside. */
#include "world.h"

static void fill_legacy(const struct smcg_group *g, struct smcg_group_snapshot *s)
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
	s->children_min_usage = m->children_min;
	s->children_low_usage = m->children_low;
	s->ev_low = g->count[SMCG_COUNT_LOW];
	s->ev_high = g->count[SMCG_COUNT_HIGH];
	s->ev_max = g->count[SMCG_COUNT_MAX];
	s->ev_oom = g->count[SMCG_COUNT_OOM];
	s->ev_oom_kill = g->count[SMCG_COUNT_OOM_KILL];
	s->ev_swap_high = g->count[SMCG_COUNT_SWAP_HIGH];
	s->ev_swap_max = g->count[SMCG_COUNT_SWAP_MAX];
	s->ev_swap_fail = g->count[SMCG_COUNT_SWAP_FAIL];
	s->ev_local_high = g->local[SMCG_COUNT_HIGH];
	s->ev_local_max = g->local[SMCG_COUNT_MAX];
	s->ev_local_oom = g->local[SMCG_COUNT_OOM];
	s->ev_local_oom_kill = g->local[SMCG_COUNT_OOM_KILL];
	for (cpu = 0; cpu < w->config.nr_cpus; cpu++)
		if (w->cpus[cpu].stock.css == g->css)
			s->stocked += w->cpus[cpu].stock.high;
	s->frames = g->pages.frames;
	s->frame_pages = g->pages.pages;
	memcpy(s->node_pages, g->pages.node_pages, sizeof(s->node_pages));
	if (w->legacy)
		fill_legacy(g, s);
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

	if (cpu >= w->config.nr_cpus)
		return -ENOENT;
	s = &w->cpus[cpu].stock;
	memset(snap, 0, sizeof(*snap));
	snap->cpu = cpu;
	snap->nr_pages = s->high;
	snap->group = smcg_group_id(w, s->css);
	snap->objcg = s->objcg ? s->objcg->id : 0;
	snap->nr_bytes = s->bytes_high;
	snap->flushing = s->flushing;
	snap->known = s->known && s->known_obj && s->low == s->high &&
		s->bytes_low == s->bytes_high;
	return 0;
}
