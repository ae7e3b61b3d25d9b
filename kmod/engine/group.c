// SPDX-License-Identifier: GPL-2.0
/*
 * group.c - mirrored groups by css id (SPEC A17, A18).
 *
 * A group stays after it went offline until its last charge is gone: the
 * stream says when its css id is free.
 */
#include "world.h"

#define CSS_MAX		(65536u * 16)
#define FIRST_SLOTS	1024

static int grow(struct smcg_world *w, u32 css)
{
	u32 slots = w->nr_slots ? w->nr_slots : FIRST_SLOTS;
	struct smcg_group **table;

	while (slots <= css)
		slots *= 2;
	table = smcg_alloc(w, slots * sizeof(*table));
	if (!table)
		return -ENOMEM;
	if (w->nr_slots)
		memcpy(table, w->groups, w->nr_slots * sizeof(*table));
	smcg_free(w, w->groups, w->nr_slots * sizeof(*table));
	w->groups = table;
	w->nr_slots = slots;
	return 0;
}

static void set_flags(struct smcg_world *w, struct smcg_group *g, u32 flags)
{
	bool was = smcg_group_tracked(g), watched = smcg_group_watched(g);
	u32 i;

	flags &= SMCG_GROUP_WATCHED | SMCG_GROUP_COUNTED | SMCG_GROUP_DYING;
	w->stats.groups_dying -= !!(g->flags & SMCG_GROUP_DYING);
	w->stats.groups_dying += !!(flags & SMCG_GROUP_DYING);
	g->flags = flags;
	if (smcg_group_watched(g) && !watched) {
		if (w->based && !g->ever)
			smcg_stat_born(g);
		else
			smcg_stat_unknown(g);
		g->id_known = w->based && !g->ever;
	}
	if (smcg_group_tracked(g) && !was)
		for (i = 0; i < SMCG_COUNTER_NR; i++)
			g->counter[i].known = w->based && !g->ever;
	g->ever = true;
}

static bool may_come(struct smcg_world *w, const struct smcg_event *e, struct smcg_group *parent)
{
	if (!e->group || e->group >= CSS_MAX)
		return false;
	if (!e->b)
		return !w->root_css;
	return parent && (parent->is_root || parent->depth + 1 < SMCG_DEPTH_MAX);
}

void smcg_group_online(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_group *parent = e->b < CSS_MAX ? smcg_group_find(w, (u32)e->b) : NULL;
	u32 i;

	if (g && g->id == e->a) {
		set_flags(w, g, (u32)e->c);
		return;
	}
	if (g || !may_come(w, e, parent) || (e->group >= w->nr_slots && grow(w, e->group))) {
		w->stats.errors++;
		return;
	}
	g = smcg_alloc(w, sizeof(*g));
	if (!g) {
		w->stats.errors++;
		return;
	}
	g->id = e->a;
	g->css = e->group;
	g->parent_css = (u32)e->b;
	g->is_root = !e->b;
	g->alone = w->legacy;
	for (i = 0; i < SMCG_COUNTER_NR; i++) {
		g->counter[i].max = SMCG_NO_LIMIT;
		g->counter[i].high = SMCG_NO_LIMIT;
	}
	g->soft_limit = SMCG_NO_LIMIT;
	g->id_users = 1;
	if (g->is_root)
		w->root_css = g->css;
	if (parent)
		parent->children++;
	if (parent && !parent->is_root) {
		g->parent = parent;
		g->depth = parent->depth + 1;
	}
	w->groups[g->css] = g;
	w->stats.groups++;
	set_flags(w, g, (u32)e->c);
}

void smcg_group_offline(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	u32 i;

	if (!g || g->is_root) {
		w->stats.errors++;
		return;
	}
	smcg_counter_limit(g, SMCG_LIMIT_MIN, 0);
	smcg_counter_limit(g, SMCG_LIMIT_LOW, 0);
	set_flags(w, g, g->flags | SMCG_GROUP_DYING);
	if (g->id_users)
		g->id_users--;
	if (!w->rules->offline_keeps)
		smcg_objcg_reparent(w, g, g->parent_css);
	if (w->rules->folios_reparented && smcg_group_find(w, g->parent_css))
		smcg_page_reparent(w, g, smcg_group_find(w, g->parent_css));
	for (i = 0; w->drains_open && i < w->config.nr_cpus; i++)
		smcg_drain_note(w, &w->cpus[i], NULL);
}

/* Nothing in flight or queued may know the group any longer. */
static void let_go(struct smcg_world *w, struct smcg_group *g)
{
	u32 cpu;

	smcg_park_forget(w, g);
	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		struct smcg_cpu *c = &w->cpus[cpu];
		struct smcg_page_slot *p;

		smcg_queue_let_go(w, c, g->css, NULL);
		/* what has taken its place is still to be settled */
		if (smcg_pages_of(&c->stock, g->css) && c->queued)
			smcg_collapse(w, c);
		p = smcg_pages_of(&c->stock, g->css);
		if (p)
			smcg_pages_clear(p);
	}
	smcg_notify_gone(w, g);
	smcg_over_forget(w, g);
	smcg_protect_forget(w, g);
	smcg_frame_forget(w, g);
	smcg_oom_forget(w, g->css);
	smcg_page_forget(w, g);
}

void smcg_group_freed(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_group *parent;

	if (!g || g->is_root || g->children) {
		w->stats.errors++;
		return;
	}
	let_go(w, g);
	/* seen at it between the event of its going offline and their move */
	smcg_objcg_reparent(w, g, g->parent_css);
	smcg_counter_limit(g, SMCG_LIMIT_MIN, 0);
	smcg_counter_limit(g, SMCG_LIMIT_LOW, 0);
	set_flags(w, g, 0);
	parent = smcg_group_find(w, g->parent_css);
	if (parent)
		parent->children--;
	w->groups[g->css] = NULL;
	w->stats.groups--;
	smcg_notify_free(w, g);
	smcg_pressure_free(w, g);
	smcg_free(w, g, sizeof(*g));
}

void smcg_group_flags(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	u32 cpu;

	if (!g) {
		w->stats.errors++;
		return;
	}
	set_flags(w, g, (u32)e->c | (g->flags & SMCG_GROUP_DYING));
	/* What it has in stocks was or will be used without events. */
	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		struct smcg_page_slot *p = smcg_pages_of(&w->cpus[cpu].stock, g->css);

		if (p)
			p->low = 0;
	}
}

void smcg_group_limit(struct smcg_world *w, const struct smcg_event *e)
{
	static const struct smcg_change limit;
	struct smcg_group *g = smcg_group_find(w, e->group);
	u32 i;

	if (!g || e->caller >= SMCG_LIMIT_NR) {
		w->stats.errors++;
		return;
	}
	if (e->caller == SMCG_LIMIT_OOM_GROUP)
		g->oom_group = e->a;
	smcg_counter_limit(g, e->caller, e->a);
	for (i = 0; i < SMCG_COUNTER_NR; i++)
		if (g->counter[i].watches)
			smcg_watch_note(w, g, i, &limit);
}

bool smcg_group_below(const struct smcg_world *w, u32 css, u32 root_css)
{
	const struct smcg_group *g = smcg_group_find(w, css);
	const struct smcg_group *root = smcg_group_find(w, root_css);

	if (css == root_css || (root && root->is_root))
		return true;
	for (; g && root; g = g->parent)
		if (g == root)
			return true;
	return false;
}

void smcg_group_count(struct smcg_group *g, u32 what)
{
	g->local[what]++;
	for (; g; g = g->alone ? NULL : g->parent)
		g->count[what]++;
}

void smcg_group_free_all(struct smcg_world *w)
{
	u32 i;

	for (i = 0; i < w->nr_slots; i++) {
		if (!w->groups[i])
			continue;
		smcg_notify_free(w, w->groups[i]);
		smcg_pressure_free(w, w->groups[i]);
		smcg_free(w, w->groups[i], sizeof(*w->groups[i]));
	}
	smcg_free(w, w->groups, w->nr_slots * sizeof(*w->groups));
	w->groups = NULL;
	w->nr_slots = 0;
}
