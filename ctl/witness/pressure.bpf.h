/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pressure.bpf.h - memory pressure on the legacy hierarchy: when a worker is asked to look, what level it finds, and
 * how many it signals in which groups.
 */
#ifndef SMCG_WITNESS_PRESSURE_H
#define SMCG_WITNESS_PRESSURE_H

#define LAST_LEVEL	63	/* the groups from there on up share a bit */

extern const void vmpressure_work_fn __ksym;

/* Is the group watched whose worker it is?  @group: its id. */
static __always_inline bool presses_watched(u64 work, u64 *group)
{
	return watched_at(work - bpf_core_field_offset(struct mem_cgroup, vmpressure.work), group);
}

static __always_inline void pressure_queued(u64 work)
{
	struct call_stack *slot;
	struct frame *top;
	struct who me;
	u64 group;

	if (!presses_watched(work, &group))
		return;
	top = open_call(&me, &slot, true);
	EMIT(&me, .kind = SMCG_KIND_PRESSURE, .group = group, .began = top ? slot->began : 0,
	     .depth = top ? slot->depth : 0);
}

SEC("?fentry/vmpressure_work_fn")
int BPF_PROG(legacy_pressure, struct work_struct *work)
{
	struct call_stack *slot;
	struct frame *frame;
	struct who me;
	u64 group;

	if (!target_id || !presses_watched((u64)work, &group))
		return 0;
	who(&me);
	slot = slot_claim(&me);
	frame = slot ? slot_push(&me, slot, FRAME_PRESSURE) : NULL;
	if (!frame)
		return 0;
	frame->group = group;
	frame->nr = 0;		/* signals */
	frame->owner = 0;	/* levels above the group */
	return 0;
}

/* Is the worker looking?  Then its frame. */
static __always_inline struct frame *pressure_frame(struct who *me, struct call_stack **slot)
{
	struct frame *top = open_call(me, slot, false);

	return top && top->type == FRAME_PRESSURE ? top : NULL;
}

SEC("?fexit/vmpressure_calc_level")
int BPF_PROG(legacy_pressure_level, unsigned long scanned, unsigned long reclaimed, u32 level)
{
	struct call_stack *slot;
	struct frame *top;
	struct who me;

	top = pressure_frame(&me, &slot);
	if (top)
		EMIT(&me, .kind = SMCG_KIND_PRESSURE_LEVEL, .group = top->group, .nr = scanned,
		     .arg = (u64)reclaimed << 32 | level, .began = slot->began, .depth = slot->depth);
	return 0;
}

/* Asked for the parent, once the listeners of a group have been looked at. */
SEC("?fentry/vmpressure_to_memcg")
int BPF_PROG(legacy_pressure_up)
{
	struct call_stack *slot;
	struct frame *top;
	struct who me;

	top = pressure_frame(&me, &slot);
	if (top && top->owner < LAST_LEVEL)
		top->owner++;
	return 0;
}

static __always_inline void pressure_signal(void)
{
	struct call_stack *slot;
	struct frame *top;
	struct who me;

	top = pressure_frame(&me, &slot);
	if (!top)
		return;
	top->nr++;
	top->arg |= 1ull << (top->owner & LAST_LEVEL);
}

SEC("?fexit/vmpressure_work_fn")
int BPF_PROG(legacy_pressure_ret)
{
	struct call_stack *slot;
	struct frame *top;
	struct who me;

	top = pressure_frame(&me, &slot);
	if (!top)
		return 0;
	if (top->nr)
		EMIT(&me, .kind = SMCG_KIND_PRESSURE_SIGNAL, .group = top->group, .nr = top->nr,
		     .arg = top->arg, .began = slot->began, .depth = slot->depth);
	slot_pop(slot);
	return 0;
}

#endif
