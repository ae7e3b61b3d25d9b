/* SPDX-License-Identifier: GPL-2.0 */
/*
 * record.h - how a hook writes an event.
 *
 * Handlers are notrace and leaf: they read memory, reserve a slot and read the clock. The
 * few calls they make (full ring, irq_work_queue, the kernel's fast clock) reach no
 * hooked function, so no handler can recurse and none needs a guard; a softirq
 * or interrupt that nests in one is recorded like any other.
 */
#ifndef SMCG_HOOKS_RECORD_H
#define SMCG_HOOKS_RECORD_H

#include <linux/memcontrol.h>
#include <linux/sched.h>

#include "compat/stock_layout.h"
#include "feed/ring.h"
#include "hooks/filter.h"
#include "hooks/level.h"

#define smcg_hook_off() (!READ_ONCE(smcg_recording))

/* Who is told to do this: nobody in the middle of a switch.  Preemption disabled. */
static __always_inline u32 smcg_tid(void)
{
	return SMCG_STOCK_SLOTS && unlikely(this_cpu_read(smcg_switching)) ? 0 : current->pid;
}

/* Reserve a slot and fill in who runs where and when.  Preemption disabled. */
static __always_inline struct smcg_slot *smcg_record_begin(void)
{
	struct smcg_slot *slot = smcg_reserve();

	if (likely(slot)) {
		slot->clock = smcg_clock();
		slot->preempt = smcg_raw_preempt_count();
		slot->tid = smcg_tid();
		slot->task = current->flags;
	}
	return slot;
}

static __always_inline u32 smcg_lock_state(bool held)
{
	return held ? SMCG_LOCK_HELD : SMCG_LOCK_FREE;
}

/* smcg_event.locks as they are, where it belongs in the slot.  Preemption disabled. */
static __always_inline u32 smcg_read_locks(void)
{
	if (!SMCG_STOCK_SLOTS)
		return 0;
	return (smcg_lock_state(smcg_stock_pages_locked()) |
		smcg_lock_state(smcg_stock_bytes_locked()) << 2) << SMCG_PREEMPT_LOCKS;
}

/**
 * smcg_record() - record an event.
 * Context: any.  Return: false when it was lost (and counted).
 */
static __always_inline bool smcg_record(u32 mark, u64 group, u32 nr, u32 gfp, u64 a, u64 b, u64 c)
{
	struct smcg_slot *slot;

	preempt_disable_notrace();
	slot = smcg_record_begin();
	if (likely(slot)) {
		slot->gfp = gfp;
		slot->nr = nr;
		slot->group = group;
		slot->a = a;
		slot->b = b;
		slot->c = c;
		smcg_publish(slot, mark);
	}
	preempt_enable_notrace();
	return slot;
}

/*
 * The two events of every page. What they do not have is not written: an older event's
 * words stay in the slot, and convert.c does not look at them. Preemption disabled.
 */
static __always_inline void smcg_record_charge(u32 mark, const struct mem_cgroup *group, u32 nr,
					       u32 gfp, u64 page, u32 folio)
{
	struct smcg_slot *slot = smcg_record_begin();
	bool own;
	u32 to;

	if (likely(slot)) {
		slot->gfp = gfp;
		slot->nr = nr;
		slot->group = group->css.id;
		slot->a = page;
		slot->b = folio;
		slot->c = current->memcg_nr_pages_over_high + 1;
		if (SMCG_STOCK_SLOTS && unlikely(smcg_nested(slot->preempt))) {
			slot->preempt |= smcg_read_locks();
			slot->c = smcg_stock_pages_here(group, &to, &own) + 1;
		}
		smcg_publish(slot, mark);
	}
}

static __always_inline void smcg_record_page(u32 mark, u32 order, u64 page)
{
	struct smcg_slot *slot = smcg_reserve();

	if (likely(slot)) {
		slot->clock = smcg_clock();
		slot->preempt = smcg_raw_preempt_count();
		slot->tid = smcg_tid();
		slot->nr = order;
		slot->a = page;
		smcg_publish(slot, mark);
	}
}

/* What only the slow path needs to know of the task, as SMCG_MARK_* bits. */
u32 smcg_task_marks(void);

/* What the counters are that @task tries now, if it does; it loses its CPU, or has it again. */
void smcg_record_try_of(const struct task_struct *task, bool resumed);

/* Record the limits of @group and of those above it that changed since last told. */
void smcg_tell_limits(struct mem_cgroup *group);

/* Record a limit of @group, which has bits, if it is not what was told last; of cgroup v2. */
void smcg_tell_changed(struct mem_cgroup *group, u32 which);

/* Record that a limit of @group, which has bits, is set to @limit pages now. */
void smcg_tell_limit(struct mem_cgroup *group, u32 which, unsigned long limit);

#endif
