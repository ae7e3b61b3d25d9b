// SPDX-License-Identifier: GPL-2.0
/*
 * swap.c - charges of swap space (SPEC A15).
 *
 * Source: __mem_cgroup_try_charge_swap(), __mem_cgroup_uncharge_swap() of 6.1.
 */
#include "world.h"

void smcg_swap_charge(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);

	smcg_owner_left(w, e);
	if (e->b && smcg_group_watched(g) && !w->legacy)
		smcg_group_count(g, SMCG_COUNT_SWAP_FAIL);
}

void smcg_swap_tried(struct smcg_world *w, struct smcg_frame *f, const struct smcg_try *t,
		     struct smcg_group *over)
{
	struct smcg_group *mine = t->legal ? over : t->over;
	struct smcg_mark m;

	if (!smcg_group_watched(f->group))
		return;
	if (over) {
		smcg_group_count(f->group, SMCG_COUNT_SWAP_MAX);
		smcg_group_count(f->group, SMCG_COUNT_SWAP_FAIL);
	} else {
		smcg_owner_paid(w, f->group, f->tid, f->tried);
		f->group->id_users += f->tried;
	}
	memset(&m, 0, sizeof(m));
	m.kind = SMCG_KIND_SWAP_CHARGE;
	m.ctx = f->ctx;
	m.cpu = f->cpu;
	m.tid = f->tid;
	m.event = f->event;
	m.group = f->group->id;
	m.nr = f->tried;
	m.result = mine ? -ENOMEM : 0;
	m.over = mine ? mine->id : 0;
	m.flags = w->after_gap ? SMCG_DEC_AFTER_GAP : 0;
	if (!f->group->counter[SMCG_COUNTER_SWAP].known)
		m.flags |= SMCG_DEC_UNSETTLED;
	if (t->unsure && !m.flags)
		m.flags |= SMCG_DEC_AMBIGUOUS;
	if (!t->legal && !w->after_gap) {
		m.flags |= SMCG_DEC_ADOPTED;
		smcg_counter_adopt(f->group, SMCG_COUNTER_SWAP,
				   over ? -(s64)f->tried : (s64)f->tried);
	}
	smcg_say(w, &w->cpus[f->cpu], &m);
}
