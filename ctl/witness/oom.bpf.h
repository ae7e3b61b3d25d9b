/* SPDX-License-Identifier: GPL-2.0 */
/*
 * oom.bpf.h - whom the OOM killer chose in a group, and which group dies with it.
 */
#ifndef SMCG_WITNESS_OOM_H
#define SMCG_WITNESS_OOM_H

/* Tasks are walked for other reasons, too: this is the one that looks for a victim. */
extern const void oom_evaluate_task __ksym;

#define SEARCH_ABORTED	(~0ull)	/* chosen: a victim is still dying */

/* The OOM pass that a charge of this task asked for, NULL if it is in none. */
static __always_inline struct frame *judged_pass(struct who *me, struct call_stack **slot)
{
	struct frame *top = open_call(me, slot, false);

	return top && top->type == FRAME_OOM && top->flags & F_JUDGED ? top : NULL;
}

/* @whole: memory cgroup whose tasks are all killed, or 0. */
static __always_inline void tell_victim(u64 whole)
{
	struct call_stack *slot;
	struct frame *pass;
	struct who me;

	pass = judged_pass(&me, &slot);
	if (!pass || !(pass->flags & F_CHOSEN))
		return;
	pass->flags &= ~F_CHOSEN;
	EMIT(&me, .kind = SMCG_KIND_OOM_VICTIM, .group = pass->group, .nr = pass->nr,
	     .over = whole ? group_at(whole) : 0, .arg = pass->arg,
	     .began = slot->began, .depth = slot->depth);
}

/* @args: the second one, a function, has no type that may be read directly. */
static __always_inline void search_over(void *args, struct mem_cgroup *memcg)
{
	struct oom_control *control;
	struct call_stack *slot;
	struct frame *pass;
	struct who me;
	u64 function = 0, chosen, at = 0;

	pass = judged_pass(&me, &slot);
	if (!pass || bpf_get_func_arg(args, 1, &function) || bpf_get_func_arg(args, 2, &at) ||
	    function != (u64)&oom_evaluate_task)
		return;
	control = (struct oom_control *)at;
	chosen = (u64)BPF_CORE_READ(control, chosen);
	pass->group = group_at((u64)memcg);
	if (!chosen || chosen == SEARCH_ABORTED) {
		EMIT(&me, .kind = SMCG_KIND_OOM_VICTIM, .group = pass->group,
		     .result = chosen ? -EBUSY : -ESRCH,
		     .began = slot->began, .depth = slot->depth);
		return;
	}
	pass->nr = BPF_CORE_READ((struct task_struct *)chosen, pid);
	pass->arg = (u64)BPF_CORE_READ(control, chosen_points);
	pass->flags |= F_CHOSEN;
}

ONCE("fexit/mem_cgroup_scan_tasks", oom_searched, search_over(ctx, memcg),
     struct mem_cgroup *memcg)

ONCE("fexit/mem_cgroup_get_oom_group", oom_group, tell_victim((u64)ret),
     struct task_struct *victim, struct mem_cgroup *domain, struct mem_cgroup *ret)

#endif
