/* SPDX-License-Identifier: GPL-2.0 */
/*
 * slots.bpf.h - stocks of several slots (7.2), each under a lock that interrupts may find held.
 *
 * The loader takes these programs where the kernel has an object stock of its own, and then not those
 * of stock.bpf.h that watch a stock of one slot.
 */
#ifndef SMCG_WITNESS_SLOTS_H
#define SMCG_WITNESS_SLOTS_H

#define PAGE_SLOTS 7
#define CHARGE_BATCH 64

struct local_trylock___slots {
	u8 acquired;
} __attribute__((preserve_access_index));

struct memcg_stock_pcp___slots {
	struct local_trylock___slots lock;
	u8 nr_pages[PAGE_SLOTS];
	struct mem_cgroup *cached[PAGE_SLOTS];
	struct work_struct work;
} __attribute__((preserve_access_index));

struct obj_stock_pcp___slots {
	struct work_struct work;
} __attribute__((preserve_access_index));

struct kmem_cache___slots {
	unsigned int size;
} __attribute__((preserve_access_index));

struct task_struct___slots {
	struct mem_cgroup *active_memcg;
	struct css_set *cgroups;
} __attribute__((preserve_access_index));

extern const struct obj_stock_pcp___slots obj_stock __ksym __weak;

/* Pages in the slot of @memcg, 0 if it has none. */
static __always_inline u32 pages_of(u64 stock, u64 memcg)
{
	const u64 cached = stock + bpf_core_field_offset(struct memcg_stock_pcp___slots, cached);
	const u64 amount = stock + bpf_core_field_offset(struct memcg_stock_pcp___slots, nr_pages);
	u64 owners[PAGE_SLOTS] = {};
	u8 nr[PAGE_SLOTS] = {};

	bpf_probe_read_kernel(owners, sizeof(owners), (void *)cached);
	bpf_probe_read_kernel(nr, sizeof(nr), (void *)amount);
	for (u32 i = 0; i < PAGE_SLOTS; i++)
		if (owners[i] == memcg)
			return nr[i];
	return 0;
}

static __always_inline void refill_enter(struct mem_cgroup *memcg, u32 nr)
{
	u64 stock = (u64)bpf_this_cpu_ptr(&memcg_stock);
	struct witness_cpu *mine = this_cpu();
	struct witness_refill *refill = &mine->refill[level_index(context_level())];
	u8 held = 1;

	bpf_probe_read_kernel(&held, 1, (void *)(stock +
		bpf_core_field_offset(struct memcg_stock_pcp___slots, lock)));
	refill->memcg = (u64)memcg;
	refill->over = 0;
	refill->drained = 0;
	refill->past = held || nr > CHARGE_BATCH;
	refill->held = pages_of(stock, (u64)memcg);
}

static __always_inline void refill_leave(struct mem_cgroup *memcg, u32 nr)
{
	u64 stock = (u64)bpf_this_cpu_ptr(&memcg_stock);
	struct witness_refill *refill;
	struct call_stack *slot;
	struct who me;
	u64 group, arg;

	who(&me);
	refill = &me.mine->refill[level_index(me.ctx)];
	if (refill->memcg != (u64)memcg)
		return;
	refill->memcg = 0;
	if (!watched(memcg, &group) && !refill->over)
		return;
	slot = slot_find(&me);
	if (slot)
		settle(&me, slot);
	arg = refill->past ? (u64)nr << 32 | refill->held :
	      (u64)refill->drained << 32 | pages_of(stock, (u64)memcg);
	EMIT(&me, .kind = SMCG_KIND_REFILL, .group = group, .nr = nr, .over = refill->over,
	     .arg = arg, .began = slot && slot->depth ? slot->began : 0);
}

TWICE(WITNESS_REFILL, "?fentry/refill_stock", slots_refill, refill_enter(memcg, nr_pages),
      struct mem_cgroup *memcg, unsigned int nr_pages)
TWICE(WITNESS_REFILL_RET, "?fexit/refill_stock", slots_refill_ret, refill_leave(memcg, nr_pages),
      struct mem_cgroup *memcg, unsigned int nr_pages)

/* Out of a refill only, with the lock held: the slot that it evicts, or its own one that is overfull. */
SEC("?fentry/drain_stock")
int BPF_PROG(slots_drain, u64 stock, int i)
{
	struct witness_cpu *mine = this_cpu();
	struct witness_refill *refill = &mine->refill[level_index(context_level())];
	u64 owner = 0, group;
	u8 nr = 0;

	if (i < 0 || i >= PAGE_SLOTS || !refill->memcg)
		return 0;
	bpf_probe_read_kernel(&owner, sizeof(owner), (void *)(stock + 8 * (u64)i +
		bpf_core_field_offset(struct memcg_stock_pcp___slots, cached)));
	bpf_probe_read_kernel(&nr, 1, (void *)(stock + (u64)i +
		bpf_core_field_offset(struct memcg_stock_pcp___slots, nr_pages)));
	if (!owner || !nr)
		return 0;
	/* Pages of somebody else are not told: MODEL.md, refill. */
	if (owner != refill->memcg) {
		if (!watched_at(owner, &group))
			return 0;
		refill->over = group;
	}
	refill->drained += nr;
	return 0;
}

/* Drains: of pages what leaves each slot is seen at the counter, which tasks alone reach here. */

SEC("?fentry/drain_local_memcg_stock")
int BPF_PROG(slots_drain_here)
{
	flushed(bpf_get_smp_processor_id());
	enter(FRAME_DRAIN_LOCAL);
	return 0;
}

SEC("?fexit/drain_local_memcg_stock")
int BPF_PROG(slots_drain_here_ret)
{
	leave(FRAME_DRAIN_LOCAL);
	return 0;
}

SEC("?fentry/drain_local_obj_stock")
int BPF_PROG(slots_obj_drain_here)
{
	flushed(bpf_get_smp_processor_id());
	return 0;
}

static __always_inline void slots_work_queued(int cpu, struct work_struct *work)
{
	const void *pages = bpf_per_cpu_ptr(&memcg_stock, cpu);
	const void *bytes = bpf_per_cpu_ptr(&obj_stock, cpu);

	if ((u64)BPF_CORE_READ(work, func) == (u64)&high_work_func)
		high_queued((u64)work);
	else if ((pages && (u64)work == (u64)pages +
			bpf_core_field_offset(struct memcg_stock_pcp___slots, work)) ||
	    (bytes && (u64)work == (u64)bytes +
			bpf_core_field_offset(struct obj_stock_pcp___slots, work)))
		flushed(cpu);
}

TWICE(WITNESS_QUEUE_WORK, "?fentry/queue_work_on", slots_queue_work, slots_work_queued(cpu, work),
      int cpu, struct workqueue_struct *wq, struct work_struct *work)

/* An exact try failed and the group it failed on counts it, whether its file is notified or not. */
static __always_inline void counted(struct mem_cgroup *memcg, int event)
{
	struct frame *top;
	struct call_stack *slot;
	struct who me;

	if (event != (int)bpf_core_enum_value(enum memcg_memory_event, MEMCG_MAX))
		return;
	top = open_call(&me, &slot, true);
	if (!top || top->type != FRAME_CHARGE || !(top->flags & F_FAILED) ||
	    (u64)memcg != top->over)
		return;
	top->flags &= ~F_FAILED;
	EMIT(&me, .kind = SMCG_KIND_MAX_EVENT, .group = top->over_group,
	     .began = slot->began, .depth = slot->depth);
}

TWICE(WITNESS_MEMORY_EVENT, "?fentry/__memcg_memory_event", memory_event, counted(memcg, event),
      struct mem_cgroup *memcg, int event)

/* Slab objects: charged one by one in the hook behind their allocation. */

/* Does what runs here charge to the watched subtree? */
static __always_inline bool charges_watched(const struct who *me)
{
	const struct task_struct___slots *task = (void *)bpf_get_current_task();
	u64 active, group;

	if (me->ctx != SMCG_CTX_TASK)
		return true;	/* rare: an interrupt charges on behalf of another group only */
	active = (u64)BPF_CORE_READ(task, active_memcg);
	if (active)
		return watched_at(active, &group);
	return in_subtree((u64)BPF_CORE_READ(task, cgroups, dfl_cgrp));
}

static __always_inline void slab_enter(u64 cache)
{
	struct frame *frame;
	struct call_stack *slot;
	struct who me;

	if (!target_id)
		return;
	who(&me);
	slot = charges_watched(&me) ? slot_claim(&me) : NULL;
	if (!slot)
		return;
	frame = slot_push(&me, slot, FRAME_OBJ);
	if (frame)
		frame->arg = BPF_CORE_READ((struct kmem_cache___slots *)cache, size) + sizeof(u64);
}

TWICE(WITNESS_SLAB, "?fentry/__memcg_slab_post_alloc_hook", slab, slab_enter((u64)cache), void *cache)
TWICE(WITNESS_SLAB_RET, "?fexit/__memcg_slab_post_alloc_hook", slab_ret, leave(FRAME_OBJ), void *cache)

/* An object has been charged, out of the stock unless pages were asked for just before. */
static __always_inline void object_charged(struct obj_cgroup *objcg, int nr)
{
	struct frame *top;
	struct call_stack *slot;
	struct who me;
	u64 group;

	if (nr <= 0)
		return;
	top = open_call(&me, &slot, false);
	if (!top || top->type != FRAME_OBJ)
		return;
	if (top->flags & F_CHARGED)
		top->flags &= ~F_CHARGED;
	else if (watched_at((u64)objcg->memcg, &group))
		EMIT(&me, .kind = SMCG_KIND_OBJ_HIT, .group = group, .arg = top->arg,
		     .began = slot->began, .depth = slot->depth);
}

TWICE(WITNESS_ACCOUNT, "?fentry/__account_obj_stock", account, object_charged(objcg, nr),
      struct obj_cgroup *objcg, u64 stock, int nr)

#endif
