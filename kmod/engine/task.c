// SPDX-License-Identifier: GPL-2.0
/*
 * task.c - what is remembered of a task between its charges (SPEC A6, A7, A19).
 *
 * Source: mem_cgroup_oom(), mem_cgroup_oom_synchronize() and task_in_memcg_oom() of 4.18, where
 * a charge only notes that its group is out of memory.
 */
#include "world.h"

static struct smcg_task *place(struct smcg_world *w, u32 tid)
{
	return &w->task[tid % SMCG_TASKS];
}

static struct smcg_task *take(struct smcg_world *w, u32 tid)
{
	struct smcg_task *t = place(w, tid);

	if (t->tid == tid)
		return t;
	memset(t, 0, sizeof(*t));
	t->tid = tid;
	return t;
}

void smcg_task_told(struct smcg_world *w, const struct smcg_event *e)
{
	if (e->ctx == SMCG_CTX_TASK && e->tid)
		take(w, e->tid)->state = e->task & (SMCG_TASK_DYING | SMCG_TASK_REAPED);
}

struct smcg_ask *smcg_task_ask(struct smcg_world *w, u32 tid)
{
	return &take(w, tid)->ask;
}

u32 smcg_task_state(const struct smcg_world *w, u32 tid)
{
	const struct smcg_task *t = &w->task[tid % SMCG_TASKS];

	if (!tid || t->tid != tid)
		return 0;
	return t->state | (t->noted_css ? SMCG_TASK_IN_OOM : 0);
}

void smcg_oom_note(struct smcg_world *w, u32 tid, struct smcg_group *over, u32 order)
{
	struct smcg_task *t;

	smcg_group_count(over, SMCG_COUNT_OOM);
	if (!tid || order > w->rules->noted_order)
		return;
	t = take(w, tid);
	t->noted_css = over->css;
	t->noted_order = order;
}

struct smcg_task *smcg_oom_noted(struct smcg_world *w, u32 tid)
{
	struct smcg_task *t = place(w, tid);

	return tid && t->tid == tid && t->noted_css ? t : NULL;
}

void smcg_oom_forget(struct smcg_world *w, u32 css)
{
	u32 i;

	for (i = 0; w->rules->oom_noted && i < SMCG_TASKS; i++)
		if (w->task[i].noted_css == css)
			w->task[i].noted_css = 0;
}

void smcg_oom_settle(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_task *t = smcg_oom_noted(w, e->tid);
	struct smcg_group *g = t ? smcg_group_find(w, t->noted_css) : NULL;
	struct smcg_mark m;

	if (t)
		t->noted_css = 0;
	w->settles = 0;
	if (!smcg_group_watched(g))
		return;
	w->settles = e->tid;
	smcg_mark_event(w, &m, e, SMCG_KIND_OOM);
	m.group = g->id;
	m.nr = t->noted_order;
	if ((e->group != g->css || e->nr != t->noted_order) && !w->after_gap)
		m.flags |= SMCG_DEC_ADOPTED;
	smcg_say(w, c, &m);
}
