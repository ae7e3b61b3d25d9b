/* SPDX-License-Identifier: GPL-2.0 */
/*
 * high.bpf.h - what tasks collected over memory.high, and how long they sleep for it.
 */
#ifndef SMCG_WITNESS_HIGH_H
#define SMCG_WITNESS_HIGH_H

extern const void high_work_func __ksym;

/* Memory cgroup of this task's memory, 0 if it has none. */
static __always_inline u64 own_memcg(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct task_struct *owner = BPF_CORE_READ(task, mm, owner);
	u32 memory = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	struct css_set *set;
	u64 css = 0;

	if (!owner)
		return 0;
	set = BPF_CORE_READ(owner, cgroups);
	bpf_probe_read_kernel(&css, sizeof(css), (void *)((u64)set +
			      bpf_core_field_offset(struct css_set, subsys) + 8 * (u64)memory));
	return css - bpf_core_field_offset(struct mem_cgroup, css);
}

static __always_inline void over_enter(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	u32 nr = BPF_CORE_READ(task, memcg_nr_pages_over_high);
	struct call_stack *slot;
	struct frame *top, *frame;
	struct who me;
	u64 memcg, group;

	if (!nr || !target_id)
		return;
	top = open_call(&me, &slot, true);
	memcg = own_memcg();
	if (!memcg || !watched_at(memcg, &group))
		return;
	slot = slot_claim(&me);
	if (!slot)
		return;
	EMIT(&me, .kind = SMCG_KIND_OVER_HIGH, .group = group, .nr = nr,
	     .arg = top && top->type == FRAME_CHARGE,
	     .began = slot->depth ? slot->began : 0, .depth = slot->depth);
	frame = slot_push(&me, slot, FRAME_OVER);
	if (frame)
		frame->group = group;
}

ONCE("fentry/mem_cgroup_handle_over_high", over, over_enter())

ONCE("fexit/mem_cgroup_handle_over_high", over_ret, leave(FRAME_OVER))

static __always_inline void over_sleeps(long timeout)
{
	struct frame *top;
	struct call_stack *slot;
	struct who me;

	top = open_call(&me, &slot, false);
	if (top && top->type == FRAME_OVER)
		EMIT(&me, .kind = SMCG_KIND_HIGH_PENALTY, .group = top->group, .nr = timeout,
		     .began = slot->began, .depth = slot->depth);
}

ONCE("fentry/schedule_timeout_killable", over_sleep, over_sleeps(timeout), long timeout)

/* A charge in an interrupt leaves the group at or above its own that is over its bound to a worker. */
static __always_inline void high_queued(u64 work)
{
	struct frame *top;
	struct call_stack *slot;
	struct who me;
	u64 memcg, group;

	top = open_call(&me, &slot, true);
	if (!top || top->type != FRAME_CHARGE || me.ctx == SMCG_CTX_TASK)
		return;
	memcg = work - bpf_core_field_offset(struct mem_cgroup, high_work);
	if (watched_at(memcg, &group))
		EMIT(&me, .kind = SMCG_KIND_HIGH_WORK, .group = group,
		     .began = slot->began, .depth = slot->depth);
}

#endif
