/* SPDX-License-Identifier: GPL-2.0 */
/*
 * notify.bpf.h - what the legacy hierarchy signals: thresholds that were passed, and OOM.
 */
#ifndef SMCG_WITNESS_NOTIFY_H
#define SMCG_WITNESS_NOTIFY_H

#define SOFT_LIMIT_TARGET 1	/* MEM_CGROUP_TARGET_SOFTLIMIT, private to the kernel's memcontrol.c */
#define SOFT_LIMIT_EVENTS 1024	/* SOFTLIMIT_EVENTS_TARGET, likewise */

extern const unsigned long this_cpu_off __ksym;

/* Has the target of the soft limit just been set anew on this CPU? */
static __always_inline bool soft_passed(u64 memcg)
{
	u64 base = *(const unsigned long *)bpf_this_cpu_ptr(&this_cpu_off);
	struct memcg_vmstats_percpu *here = (struct memcg_vmstats_percpu *)
		(base + (u64)BPF_CORE_READ((struct mem_cgroup *)memcg, vmstats_percpu));

	return BPF_CORE_READ(here, targets[SOFT_LIMIT_TARGET]) ==
	       BPF_CORE_READ(here, nr_page_events) + SOFT_LIMIT_EVENTS;
}

static __always_inline struct mem_cgroup_threshold_ary *thresholds_of(u64 memcg, bool swap)
{
	return swap ? BPF_CORE_READ((struct mem_cgroup *)memcg, memsw_thresholds.primary) :
		      BPF_CORE_READ((struct mem_cgroup *)memcg, thresholds.primary);
}

/* A look goes from the group that has counted enough up to the root, memory first in each. */
SEC("?fentry/__mem_cgroup_threshold")
int BPF_PROG(legacy_look, struct mem_cgroup *memcg, bool swap)
{
	struct witness_look *look;
	struct call_stack *slot;
	struct frame *top;
	struct who me;
	u64 group;
	bool first;

	top = open_call(&me, &slot, true);
	if (top && top->type == FRAME_SET)
		return 0;
	first = !swap && me.mine->look_next != (u64)memcg;
	me.mine->look_next = swap ? (u64)BPF_CORE_READ(memcg, css.parent) : 0;
	if (!watched(memcg, &group))
		return 0;
	if (top && top->type == FRAME_MOVE)
		tell_move(&me, slot, top);
	if (top && top->type == FRAME_SWAPOUT)
		tell_swapout(&me, slot, top);
	if (first)
		EMIT(&me, .kind = SMCG_KIND_EVENT_TARGET, .group = group,
		     .arg = soft_passed((u64)memcg), .began = top ? slot->began : 0);
	look = &me.mine->look[level_index(me.ctx)];
	look->memcg = thresholds_of((u64)memcg, swap) ? (u64)memcg : 0;
	look->nr = 0;
	return 0;
}

SEC("?fentry/eventfd_signal")
int BPF_PROG(legacy_signal)
{
	struct witness_look *look = &this_cpu()->look[level_index(context_level())];

	if (look->memcg)
		look->nr++;
	else
		pressure_signal();
	return 0;
}

SEC("?fexit/__mem_cgroup_threshold")
int BPF_PROG(legacy_look_ret, struct mem_cgroup *memcg, bool swap)
{
	struct witness_look *look;
	struct who me;
	u64 group;
	u32 place;

	who(&me);
	look = &me.mine->look[level_index(me.ctx)];
	if (look->memcg != (u64)memcg || !watched(memcg, &group))
		return 0;
	look->memcg = 0;
	place = BPF_CORE_READ(thresholds_of((u64)memcg, swap), current_threshold) + 1;
	EMIT(&me, .kind = SMCG_KIND_THRESHOLD, .group = group, .nr = look->nr,
	     .arg = (u64)(swap ? SMCG_WHICH_MEMSW : SMCG_WHICH_MEMORY) << 32 | place,
	     .began = open_since(&me));
	return 0;
}

/* A threshold is set or removed, and the others looked at before: not judged. */
SEC("?fentry/__mem_cgroup_usage_register_event")
int BPF_PROG(legacy_set)
{
	enter(FRAME_SET);
	return 0;
}

SEC("?fentry/__mem_cgroup_usage_unregister_event")
int BPF_PROG(legacy_unset)
{
	enter(FRAME_SET);
	return 0;
}

SEC("?fexit/__mem_cgroup_usage_register_event")
int BPF_PROG(legacy_set_ret)
{
	leave(FRAME_SET);
	return 0;
}

SEC("?fexit/__mem_cgroup_usage_unregister_event")
int BPF_PROG(legacy_unset_ret)
{
	leave(FRAME_SET);
	return 0;
}

SEC("?fentry/mem_cgroup_oom_notify")
int BPF_PROG(legacy_oom_notify, struct mem_cgroup *memcg)
{
	struct call_stack *slot;
	struct frame *top;
	struct who me;
	u64 group;

	if (!watched(memcg, &group))
		return 0;
	top = open_call(&me, &slot, true);
	EMIT(&me, .kind = SMCG_KIND_OOM_NOTIFY, .group = group, .began = top ? slot->began : 0);
	return 0;
}

#endif
