// SPDX-License-Identifier: GPL-2.0
/*
 * witness.bpf.c - the independent account of what the real controller does.
 *
 * Reads the running kernel only; knows nothing of the module.  Each step is
 * marked as the table in kmod/engine/MODEL.md defines it.  Where a mark
 * depends on what called what ("in a frame", "out of mem_cgroup_migrate"),
 * the calls are kept on a small stack per task and context level.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "witness/record.h"
#include "witness/kinds.bpf.h"
#include "witness/frames.bpf.h"
#include "witness/steps.bpf.h"
#include "witness/tries.bpf.h"
#include "witness/stock.bpf.h"
#include "witness/kmem.bpf.h"
#include "witness/removed.bpf.h"
#include "witness/oom.bpf.h"
#include "witness/high.bpf.h"
#include "witness/protect.bpf.h"
#include "witness/legacy.bpf.h"
#include "witness/pressure.bpf.h"
#include "witness/notify.bpf.h"

#define RECLAIM_MAY_SWAP 2	/* MEMCG_RECLAIM_MAY_SWAP, a macro of the kernel's */

char LICENSE[] SEC("license") = "GPL";

/* The frame: try_charge_memcg */

static __always_inline void charge_enter(struct mem_cgroup *memcg, u32 nr)
{
	struct frame *top, *frame;
	struct call_stack *slot;
	struct who me;
	u64 group;

	if (!watched(memcg, &group))
		return;
	who(&me);
	slot = slot_claim(&me);
	if (!slot)
		return;
	top = slot_top(slot);
	if (top && top->type == FRAME_OBJ && !(top->flags & F_CHARGED)) {
		top->flags |= F_CHARGED;
		EMIT(&me, .kind = SMCG_KIND_OBJ_MISS, .group = group, .nr = nr, .arg = top->arg,
		     .began = slot->began, .depth = slot->depth);
	}
	if (top && top->type == FRAME_SWAPIN && !(top->flags & F_CHARGED)) {
		top->flags |= F_CHARGED;
		EMIT(&me, .kind = SMCG_KIND_SWAPIN, .group = group, .nr = nr, .began = slot->began,
		     .depth = slot->depth);
	}
	frame = slot_push(&me, slot, FRAME_CHARGE);
	if (!frame)
		return;
	frame->owner = (u64)memcg;
	frame->group = group;
	frame->nr = nr;
	forget_tries(&me);
}

static __always_inline void charge_leave(struct mem_cgroup *memcg, u32 nr, int ret)
{
	struct frame *top;
	struct call_stack *slot;
	struct who me;

	top = open_call(&me, &slot, false);
	if (!slot)
		return;
	if (top && top->type == FRAME_DRAIN) { /* its return was not seen */
		me.mine->no_slot++;
		slot_pop(slot);
		top = slot_top(slot);
	}
	settle(&me, slot);
	if (!top || top->type != FRAME_CHARGE || top->owner != (u64)memcg || top->nr != nr)
		return;
	if (ret == -ENOMEM)
		EMIT(&me, .kind = SMCG_KIND_NOMEM, .group = top->group, .nr = nr,
		     .began = slot->began, .depth = slot->depth);
	else if (!ret && !(top->flags & (F_LAST_OK | F_FORCED)))
		EMIT(&me, .kind = SMCG_KIND_STOCK_HIT, .group = top->group, .nr = nr,
		     .began = slot->began, .depth = slot->depth);
	slot_pop(slot);
}

TWICE("fentry/try_charge_memcg", charge, charge_enter(memcg, nr_pages),
      struct mem_cgroup *memcg, gfp_t gfp, unsigned int nr_pages)
TWICE("fexit/try_charge_memcg", charge_ret, charge_leave(memcg, nr_pages, ret),
      struct mem_cgroup *memcg, gfp_t gfp, unsigned int nr_pages, int ret)

static __always_inline void counter_charge(u64 counter, u32 nr)
{
	struct frame *top;
	struct call_stack *slot;
	struct who me;
	u64 group;

	top = open_call(&me, &slot, true);
	if (legacy && kmem_charge(&me, slot, counter, nr))
		return;
	if (!top)
		return;
	if (legacy && top->type == FRAME_SWAPOUT) {
		top->over_group = group_at(FROM_SWAP(counter));
		return;
	}
	if (legacy && top->type == FRAME_SOCK) {
		EMIT(&me, .kind = SMCG_KIND_TCP_CHARGE, .group = top->group, .nr = nr, .arg = 1,
		     .began = slot->began, .depth = slot->depth);
		return;
	}
	if (top->type == FRAME_MIGRATE) {
		/* Memory first, memory+swap after it. */
		if (top->flags & F_CHARGED)
			return;
		top->flags |= F_CHARGED;
		if (watched_at(FROM_MEMORY(counter), &group))
			EMIT(&me, .kind = SMCG_KIND_MIGRATE, .group = group, .nr = nr,
			     .began = slot->began, .depth = slot->depth);
		return;
	}
	if (top->type != FRAME_CHARGE || counter != MEMORY_OF(top->owner))
		return;
	top->flags |= F_FORCED;
	EMIT(&me, .kind = SMCG_KIND_FORCED, .group = top->group, .nr = nr,
	     .began = slot->began, .depth = slot->depth);
}

TWICE("fentry/page_counter_charge", counter_add,
      counter_charge((u64)counter, nr_pages),
      struct page_counter *counter, unsigned long nr_pages)

/* The swap counter, what a drain of slots gives back, and what a swap-out does: all by tasks. */
static __always_inline void counter_uncharge(void *args, struct page_counter *counter, u32 nr_pages)
{
	struct frame *top;
	struct call_stack *slot;
	struct who me;
	u64 group, address;	/* as a number: the verifier lets nobody subtract this and that from a pointer */

	top = open_call(&me, &slot, false);
	if (!top)
		return;
	if (legacy && top->type == FRAME_SWAPOUT)
		swapout_uncharge(top, (u64)counter, nr_pages);
	if (legacy && top->type == FRAME_MOVE_END && !bpf_get_func_arg(args, 0, &address))
		move_uncharge(&me, slot, address, nr_pages);
	if (top->type == FRAME_SWAP_UNCHARGE && watched_at(FROM_SWAP(counter), &group))
		EMIT(&me, .kind = SMCG_KIND_SWAP_UNCHARGE, .group = group, .nr = nr_pages,
		     .began = slot->began, .depth = slot->depth);
	else if (top && top->type == FRAME_DRAIN_LOCAL && watched_at(FROM_MEMORY(counter), &group))
		EMIT(&me, .kind = SMCG_KIND_DRAIN_LOCAL, .group = group, .nr = nr_pages,
		     .began = slot->began, .depth = slot->depth);
}

ONCE("fentry/page_counter_uncharge", counter_sub, counter_uncharge(ctx, counter, nr_pages),
     struct page_counter *counter, unsigned long nr_pages)

/* An exact try failed and the group it failed on is told so, before any reclaim. */
static __always_inline void notify(u64 file)
{
	struct frame *top;
	struct call_stack *slot;
	struct who me;

	top = open_call(&me, &slot, true);
	if (!top || top->type != FRAME_CHARGE || !(top->flags & F_FAILED) ||
	    file != EVENTS_LOCAL(top->over))
		return;
	top->flags &= ~F_FAILED;
	EMIT(&me, .kind = SMCG_KIND_MAX_EVENT, .group = top->over_group,
	     .began = slot->began, .depth = slot->depth);
}

TWICE("?fentry/cgroup_file_notify", file_notify, notify((u64)cfile),
      struct cgroup_file *cfile)

/* Reclaim, drain, OOM: what a frame asks for */

static __always_inline void reclaim_enter(struct mem_cgroup *memcg, unsigned long nr_pages,
					  unsigned int options)
{
	struct frame *top;
	struct call_stack *slot;
	struct who me;
	u64 group;

	top = open_call(&me, &slot, true);
	if (!top)
		return;
	if (top->type == FRAME_CHARGE) {
		top->flags &= ~F_FAILED;
		EMIT(&me, .kind = SMCG_KIND_RECLAIM, .group = group_at((u64)memcg), .nr = nr_pages,
		     .arg = !(options & RECLAIM_MAY_SWAP), .began = slot->began, .depth = slot->depth);
	} else if (top->type == FRAME_HIGH && watched(memcg, &group)) {
		EMIT(&me, .kind = SMCG_KIND_HIGH_EVENT, .group = group, .nr = nr_pages,
		     .began = slot->began, .depth = slot->depth);
	}
	slot_push(&me, slot, FRAME_RECLAIM);
}

ONCE("fentry/try_to_free_mem_cgroup_pages", reclaim, reclaim_enter(memcg, nr_pages, options),
     struct mem_cgroup *memcg, unsigned long nr_pages, gfp_t gfp, unsigned int options)
ONCE("fexit/try_to_free_mem_cgroup_pages", reclaim_ret, leave(FRAME_RECLAIM))

static __always_inline void high_enter(struct mem_cgroup *memcg)
{
	struct call_stack *slot;
	struct who me;
	u64 group;

	who(&me);
	/* Of another group's: inside a frame it must still hide what it reclaims. */
	slot = watched(memcg, &group) ? slot_claim(&me) : slot_find(&me);
	if (slot) {
		settle(&me, slot);	/* a charge may reclaim over high before it returns */
		slot_push(&me, slot, FRAME_HIGH);
	}
}

ONCE("fentry/reclaim_high", high, high_enter(memcg), struct mem_cgroup *memcg)
ONCE("fexit/reclaim_high", high_ret, leave(FRAME_HIGH))

static __always_inline void oom_enter(struct mem_cgroup *memcg, int order)
{
	struct frame *top, *frame;
	struct call_stack *slot;
	struct who me;

	top = open_call(&me, &slot, true);
	if (!top)
		return;
	if (top->type == FRAME_CHARGE)
		EMIT(&me, .kind = SMCG_KIND_OOM, .group = group_at((u64)memcg), .nr = order,
		     .began = slot->began, .depth = slot->depth);
	frame = slot_push(&me, slot, FRAME_OOM);
	if (frame && top->type == FRAME_CHARGE)
		frame->flags |= F_JUDGED;
}

ONCE("fentry/mem_cgroup_out_of_memory", oom, oom_enter(memcg, order),
     struct mem_cgroup *memcg, gfp_t gfp, int order)

static __always_inline void oom_leave(void)
{
	tell_victim(0);
	leave(FRAME_OOM);
}

ONCE("fexit/mem_cgroup_out_of_memory", oom_ret, oom_leave())

/* The part behind the trylock; its name has a dot, so it has no type information. */
SEC("kprobe/drain_all_stock.part.0")
int drain_all(struct pt_regs *regs)
{
	struct frame *top, *frame;
	struct call_stack *slot;
	struct who me;

	top = open_call(&me, &slot, true);
	if (!top || top->type != FRAME_CHARGE)
		return 0;
	frame = slot_push(&me, slot, FRAME_DRAIN);
	if (frame)
		frame->group = group_at(PT_REGS_PARM1(regs));
	return 0;
}

SEC("kretprobe/drain_all_stock.part.0")
int drain_all_ret(struct pt_regs *regs)
{
	struct frame *top;
	struct call_stack *slot;
	struct who me;

	top = open_call(&me, &slot, false);
	if (!top || top->type != FRAME_DRAIN) {
		if (top && top->type == FRAME_CHARGE) /* its entry was not seen */
			me.mine->no_slot++;
		return 0;
	}
	EMIT(&me, .kind = SMCG_KIND_DRAIN, .group = top->group, .arg = top->arg,
	     .began = slot->began, .depth = slot->depth);
	slot_pop(slot);
	forget_tries(&me);
	return 0;
}

/* @bit: of what a drain chose, as MODEL.md has it: the CPU, or half of it where pages and bytes are apart. */
static __always_inline void flushed(u32 bit)
{
	struct frame *top;
	struct call_stack *slot;
	struct who me;

	top = open_call(&me, &slot, false);
	if (top && top->type == FRAME_DRAIN)
		top->arg |= 1ull << (bit & 63);
}

static __always_inline void work_queued(int cpu, struct work_struct *work)
{
	struct memcg_stock_pcp *stock = bpf_per_cpu_ptr(&memcg_stock, cpu);

	if ((u64)BPF_CORE_READ(work, func) == (u64)&high_work_func)
		high_queued((u64)work);
	else if (legacy && (u64)BPF_CORE_READ(work, func) == (u64)&vmpressure_work_fn)
		pressure_queued((u64)work);
	else if (stock && (u64)work == (u64)stock + bpf_core_field_offset(struct memcg_stock_pcp, work))
		flushed(cpu);
}

TWICE("?fentry/queue_work_on", queue_work, work_queued(cpu, work),
      int cpu, struct workqueue_struct *wq, struct work_struct *work)

SEC("?fentry/drain_local_stock")
int BPF_PROG(drain_here)
{
	flushed(bpf_get_smp_processor_id());
	return 0;
}

#include "witness/slots.bpf.h"
