// SPDX-License-Identifier: GPL-2.0
/*
 * move.c - charges that go along with a task to another group of the legacy hierarchy (SPEC A16).
 *
 * One task moves at a time.  It charges the new group for all that may move, then folios and swap
 * entries change hands without a counter; at the end the new group gives back what was too
 * much, and the old one what has left it.
 *
 * Source: mem_cgroup_can_attach(), mem_cgroup_move_charge_pte_range(), __mem_cgroup_clear_mc(),
 * mem_cgroup_wait_acct_move() of 6.1, seed 003.
 */
#include "world.h"

/* What ends a move, in this order. */
enum { TO_MEMORY, TO_MEMSW, FROM_MEMORY, FROM_MEMSW, FROM_ENTRIES, TO_ENTRIES };
SMCG_STATIC_ASSERT(TO_ENTRIES + 1 == SMCG_MOVE_STEPS);

void smcg_move_begins(struct smcg_world *w, u32 tid, u32 to)
{
	struct smcg_move *v = &w->move;

	if (!v->open) {
		v->began = w->stats.events;
		v->from = 0;
	}
	v->open = true;
	v->tid = tid;
	v->to = to;
}

void smcg_move_charged(struct smcg_world *w, u32 tid, const struct smcg_group *g, u32 nr)
{
	if (!w->legacy)
		return;
	smcg_move_begins(w, tid, g->css);
	w->move.precharge += nr;
}

static void say(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e, u32 kind,
		u32 nr, u64 over, bool adopted)
{
	struct smcg_mark m;

	smcg_mark_event(w, &m, e, kind);
	m.nr = nr;
	m.over = over;
	if (adopted && !w->after_gap)
		m.flags |= SMCG_DEC_ADOPTED;
	smcg_say(w, c, &m);
}

/* Is there a charge for it in the new group? The root group needs none. */
static bool paid(struct smcg_world *w, const struct smcg_group *to, u32 nr)
{
	if (!smcg_group_tracked(to))
		return true;
	w->move.precharge -= nr;
	return w->move.precharge >= 0;
}

void smcg_move_folio(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *to = smcg_group_find(w, e->group);
	struct smcg_group *from = e->b <= U32_MAX ? smcg_group_find(w, (u32)e->b) : NULL;
	struct smcg_page *page = smcg_page_find(w, e->a);
	struct smcg_group *owner = page ? smcg_group_find(w, page->css) : from;
	u32 where = smcg_where((u32)min_t(u64, e->c, SMCG_MAX_NODES), SMCG_FOLIO_UNTOLD);
	bool good;

	if (!w->legacy || !to || !from || !e->nr || e->nr > SMCG_PAGES_MAX) {
		w->stats.errors++;
		return;
	}
	smcg_move_begins(w, e->tid, to->css);
	w->move.from = from->css;
	w->move.moved += e->nr;
	good = paid(w, to, e->nr) && owner == from;
	w->stats.frames_unknown += !page && smcg_group_watched(from);
	if (page) {
		where = smcg_where(page->node, page->folio);
		smcg_page_remove(w, page);
	}
	from->stat.pgpgout++;
	to->stat.pgpgin++;
	if (smcg_group_watched(to))
		smcg_page_add(w, to, e->a, e->nr, where, w->stats.events);
	if (smcg_group_watched(to) || smcg_group_watched(from))
		say(w, c, e, SMCG_KIND_MOVE, e->nr, owner ? owner->id : 0, !good);
	smcg_notify_due(w, c, e->tid, e->ctx, to->css, e->nr);
	smcg_notify_then(c, e->ctx, from->css);
}

/* Which entries move is reality's choice; how many did is judged at the end. */
void smcg_move_entry(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *to = smcg_group_find(w, w->move.to);

	smcg_owner_is(w, e->a, 1, w->move.open ? to : NULL, SMCG_FOLIO_UNTOLD);
	if (!w->legacy || !w->move.open || !e->nr || e->nr > SMCG_PAGES_MAX)
		return;
	w->move.swapped += e->nr;
	if (!paid(w, to, e->nr))
		w->stats.unexplained++;
	if (to)
		to->id_users += e->nr;
}

void smcg_move_end(struct smcg_world *w)
{
	struct smcg_move *v = &w->move;
	bool to = smcg_group_tracked(smcg_group_find(w, v->to));
	bool from = !v->from || smcg_group_tracked(smcg_group_find(w, v->from));
	u32 i, extra = to && v->precharge > 0 ? (u32)v->precharge : 0;

	w->stats.unexplained += !!v->left;
	v->left = 0;
	v->nr[TO_MEMORY] = extra;
	v->nr[TO_MEMSW] = extra;
	v->nr[FROM_MEMORY] = from ? v->moved : 0;
	v->nr[FROM_MEMSW] = from ? v->moved : 0;
	v->nr[FROM_ENTRIES] = from && v->from ? v->swapped : 0;
	v->nr[TO_ENTRIES] = to ? v->swapped : 0;
	for (i = 0; i < SMCG_MOVE_STEPS; i++)
		v->left |= v->nr[i] ? 1U << i : 0;
	v->entries = v->swapped;
	v->precharge = 0;
	v->moved = 0;
	v->swapped = 0;
	v->ended = w->stats.events;
	v->open = false;
}

/* Is this step the uncharge of @kind of @css? */
static bool is_step(const struct smcg_move *v, u32 step, u32 kind, u32 css)
{
	bool memory = step == TO_MEMORY || step == FROM_MEMORY || step == TO_ENTRIES;
	bool to = step == TO_MEMORY || step == TO_MEMSW || step == TO_ENTRIES;

	return memory == (kind == SMCG_COUNTER_MEMORY) && css == (to ? v->to : v->from);
}

void smcg_move_uncharged(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
			 struct smcg_group *g, u32 kind)
{
	struct smcg_move *v = &w->move;
	u32 step = 0;
	bool good;

	/* Only entries moved: nobody told whose they were. */
	if (!v->from && v->entries && kind == SMCG_COUNTER_MEMSW && g->css != v->to) {
		v->from = g->css;
		v->nr[FROM_ENTRIES] = v->entries;
		v->left |= 1U << FROM_ENTRIES;
	}
	while (step < SMCG_MOVE_STEPS &&
	       !(v->left & 1U << step && is_step(v, step, kind, g->css)))
		step++;
	good = step < SMCG_MOVE_STEPS && v->nr[step] == e->nr;
	if (step < SMCG_MOVE_STEPS)
		v->left &= ~(1U << step);
	if (step == FROM_ENTRIES)
		g->id_users -= min(g->id_users, e->nr);
	if (!good)
		smcg_unexplained(w, g, kind, -(s64)e->nr);
	if (smcg_group_watched(g))
		say(w, c, e, SMCG_KIND_MOVE_END, step < SMCG_MOVE_STEPS ? v->nr[step] : 0, 0, !good);
	smcg_account(w, c, e, g, kind, -(s64)e->nr);
}

enum smcg_maybe smcg_move_waited(const struct smcg_world *w, const struct smcg_frame *f)
{
	const struct smcg_move *v = &w->move;
	u32 over = f->over->css;

	if (!w->legacy || f->tid == v->tid || !(v->open || v->ended > f->since))
		return SMCG_NO;
	if (!smcg_group_below(w, v->to, over) && v->from && !smcg_group_below(w, v->from, over))
		return SMCG_NO;
	if (!v->from && !smcg_group_below(w, v->to, over))
		return SMCG_MAYBE;
	return v->began < f->since ? SMCG_YES : SMCG_MAYBE;
}
