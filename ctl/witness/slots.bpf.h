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

enum { REFILL_ADDED, REFILL_EVICTED, REFILL_OVERFULL };

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
	struct mm_struct *mm;
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
	struct witness_refill *refill;
	struct who me;
	u8 held = 1;

	who(&me);
	refill = &me.notes->refill;
	bpf_probe_read_kernel(&held, 1, (void *)(stock +
		bpf_core_field_offset(struct memcg_stock_pcp___slots, lock)));
	refill->memcg = (u64)memcg;
	refill->over = 0;
	refill->drained = 0;
	refill->place = REFILL_ADDED;
	refill->past = held || nr > CHARGE_BATCH;
	refill->before = pages_of(stock, (u64)memcg);
}

/*
 * What a refill leaves in its slot.  A slot that was emptied under the lock is exact; else it is read
 * when the lock is free again.  If that is not what it adds up to, somebody else used the slot before it
 * took the lock, or since it let go of it: that cannot be told from here.
 */
static __always_inline u32 pages_left(const struct witness_refill *refill, u64 stock, u64 memcg,
				      u32 nr)
{
	switch (refill->place) {
	case REFILL_EVICTED:
		return nr;
	case REFILL_OVERFULL:
		return 0;
	}
	return pages_of(stock, memcg);
}

static __always_inline void refill_leave(struct mem_cgroup *memcg, u32 nr)
{
	u64 stock = (u64)bpf_this_cpu_ptr(&memcg_stock);
	struct witness_refill *refill;
	struct call_stack *slot;
	u64 group, arg, untold = 0;
	struct who me;

	who(&me);
	refill = &me.notes->refill;
	if (refill->memcg != (u64)memcg)
		return;
	refill->memcg = 0;
	if (!watched(memcg, &group) && !refill->over)
		return;
	slot = slot_find(&me);
	if (slot)
		settle(&me, slot);
	if (refill->past) {
		arg = (u64)nr << 32;
	} else {
		u32 left = pages_left(refill, stock, (u64)memcg, nr);

		arg = (u64)refill->drained << 32 | left;
		if (refill->place == REFILL_ADDED && left != refill->before + nr)
			untold = 0xffffffff;
	}
	EMIT(&me, .kind = SMCG_KIND_REFILL, .group = group, .nr = nr, .over = refill->over,
	     .arg = arg, .untold = untold, .began = slot && slot->depth ? slot->began : 0);
}

TWICE("?fentry/refill_stock", slots_refill, refill_enter(memcg, nr_pages),
      struct mem_cgroup *memcg, unsigned int nr_pages)
TWICE("?fexit/refill_stock", slots_refill_ret, refill_leave(memcg, nr_pages),
      struct mem_cgroup *memcg, unsigned int nr_pages)

/* Out of a refill only, with the lock held: the slot that it evicts, or its own one that is overfull. */
static __always_inline void slot_leaves(u64 stock, int i)
{
	struct witness_refill *refill;
	u64 owner = 0, group;
	struct who me;
	u8 nr = 0;

	who(&me);
	refill = &me.notes->refill;
	if (i < 0 || i >= PAGE_SLOTS || !refill->memcg)
		return;
	bpf_probe_read_kernel(&owner, sizeof(owner), (void *)(stock + 8 * (u64)i +
		bpf_core_field_offset(struct memcg_stock_pcp___slots, cached)));
	bpf_probe_read_kernel(&nr, 1, (void *)(stock + (u64)i +
		bpf_core_field_offset(struct memcg_stock_pcp___slots, nr_pages)));
	refill->place = owner == refill->memcg ? REFILL_OVERFULL : REFILL_EVICTED;
	if (!owner || !nr)
		return;
	/* Pages of somebody else are not told: MODEL.md, refill. */
	if (owner != refill->memcg) {
		if (!watched_at(owner, &group))
			return;
		refill->over = group;
	}
	refill->drained += nr;
}

ONCE("?fentry/drain_stock", slots_drain, slot_leaves(stock, i), u64 stock, int i)

/* Drains: of pages what leaves each slot is seen at the counter, which tasks alone reach here. */

static __always_inline void drain_here_enter(void)
{
	flushed(bpf_get_smp_processor_id() & 31);
	enter(FRAME_DRAIN_LOCAL);
}

ONCE("?fentry/drain_local_memcg_stock", slots_drain_here, drain_here_enter())

ONCE("?fexit/drain_local_memcg_stock", slots_drain_here_ret, leave(FRAME_DRAIN_LOCAL))

ONCE("?fentry/drain_local_obj_stock", slots_obj_drain_here,
     flushed(32 + (bpf_get_smp_processor_id() & 31)))

static __always_inline void slots_work_queued(int cpu, struct work_struct *work)
{
	const void *pages = bpf_per_cpu_ptr(&memcg_stock, cpu);
	const void *bytes = bpf_per_cpu_ptr(&obj_stock, cpu);

	if ((u64)BPF_CORE_READ(work, func) == (u64)&high_work_func)
		high_queued((u64)work);
	else if (pages && (u64)work == (u64)pages +
			bpf_core_field_offset(struct memcg_stock_pcp___slots, work))
		flushed(cpu & 31);
	else if (bytes && (u64)work == (u64)bytes +
			bpf_core_field_offset(struct obj_stock_pcp___slots, work))
		flushed(32 + (cpu & 31));
}

TWICE("?fentry/queue_work_on", slots_queue_work, slots_work_queued(cpu, work),
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

TWICE("?fentry/__memcg_memory_event", memory_event, counted(memcg, event),
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

TWICE("?fentry/__memcg_slab_post_alloc_hook", slab, slab_enter((u64)cache), void *cache)
TWICE("?fexit/__memcg_slab_post_alloc_hook", slab_ret, leave(FRAME_OBJ), void *cache)

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

TWICE("?fentry/__account_obj_stock", account, object_charged(objcg, nr),
      struct obj_cgroup *objcg, u64 stock, int nr)

/*
 * Out of a switch it is entered with preemption off, and so until its return, and only by tasks that have an address
 * space of their own: kernel threads keep the one that they find.
 */
SEC("?fentry/__mmdrop")
int mm_drop(void *ctx)
{
	const struct task_struct___slots *task = (void *)bpf_get_current_task_btf();

	if (preempt_count() & 0xff && BPF_CORE_READ(task, mm))
		this_cpu()->switching = (u32)bpf_get_current_pid_tgid();
	return 0;
}

SEC("?fexit/__mmdrop")
int mm_drop_ret(void *ctx)
{
	this_cpu()->switching = 0;
	return 0;
}

#endif
