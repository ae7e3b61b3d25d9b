// SPDX-License-Identifier: GPL-2.0
/*
 * stock.c - the per-CPU stocks: refills, and who drains them.
 *
 * A stock belongs to the host, so all groups are recorded, watched or not.
 */
#include <linux/workqueue.h>

#include "compat/kallsyms.h"
#include "compat/regs.h"
#include "compat/stock_layout.h"
#include "compat/tracepoint.h"
#include "hooks/hooks.h"
#include "hooks/readings.h"
#include "hooks/record.h"

static struct smcg_caller_range refill_callers[] = {
	{ "drain_obj_stock", SMCG_BY_OBJ_DRAIN, .optional = SMCG_STOCK_SLOTS },
	{ "try_charge_memcg", SMCG_BY_CHARGE },
	SMCG_CALLERS_END
};

static struct smcg_caller_range surplus_callers[] = {
	{ "try_charge_memcg", SMCG_BY_CHARGE },
	SMCG_CALLERS_END
};

static struct smcg_caller_range local_callers[] = {
	{ "drain_local_stock", SMCG_BY_DRAIN_WORK, .optional = SMCG_STOCK_SLOTS },
	SMCG_CALLERS_END
};

static struct smcg_caller_range all_callers[] = {
	{ "try_charge_memcg", SMCG_BY_CHARGE },
	{ "memory_high_write", SMCG_BY_WRITE },
	{ "memory_max_write", SMCG_BY_WRITE },
	{ "mem_cgroup_resize_max", SMCG_BY_WRITE, .optional = true },
	{ "mem_cgroup_force_empty_write", SMCG_BY_WRITE, .optional = true },
	SMCG_CALLERS_END
};

static struct smcg_caller_range queue_callers[] = {
	{ "drain_all_stock.part.0", SMCG_BY_DRAIN },
	{ "try_charge_memcg", SMCG_BY_CHARGE },
	SMCG_CALLERS_END
};

static struct smcg_caller_range high_worker[] = {
	{ "high_work_func", SMCG_BY_HIGH },
	SMCG_CALLERS_END
};

/* The charge holds the group.  Next it looks at memory.high. */
static void notrace on_refill_return(void *data, struct pt_regs *regs)
{
	struct mem_cgroup **group = data;
	u64 above;
	u32 own;

	if (smcg_hook_off())
		return;
	smcg_read_levels(&(*group)->memory, &own, &above);
	smcg_record(smcg_mark(SMCG_EV_REFILL_RET, 0), (*group)->css.id, 0, own,
		    current->memcg_nr_pages_over_high + 1, 0, above);
}

static struct smcg_return refill_return = {
	.handler = on_refill_return, .data_size = sizeof(struct mem_cgroup *), .nr = 1024,
};

/* Will a charge to it look at a bound that somebody has set? */
static __always_inline bool bounded(const struct mem_cgroup *group)
{
	const struct page_counter *memory, *swap;

	for (memory = &group->memory, swap = &group->swap; memory && swap;
	     memory = memory->parent, swap = swap->parent)
		if (READ_ONCE(memory->high) != PAGE_COUNTER_MAX || READ_ONCE(swap->high) != PAGE_COUNTER_MAX)
			return true;
	return false;
}

/* A charge puts aside what it has too much.  Preemption disabled. */
static __always_inline void await_refill(struct mem_cgroup *group, struct ftrace_regs *regs)
{
	struct mem_cgroup **data;

	if (!smcg_bits_of(group))
		return;
	data = smcg_return_get(&refill_return);
	if (unlikely(!data))
		return;
	*data = group;
	smcg_return_arm(data, regs);
}

/* Without slots: refill_stock(group, nr). What it puts aside is told further inside. */
static void notrace on_surplus(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			       struct ftrace_regs *regs)
{
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg0(regs);

	if (smcg_hook_off() || !smcg_called_by(surplus_callers, parent) || !bounded(group))
		return;
	preempt_disable_notrace();
	await_refill(group, regs);
	preempt_enable_notrace();
}

static void notrace on_refill(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			      struct ftrace_regs *regs)
{
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg0(regs);
	struct smcg_slot *slot;
	u32 to, caller;
	bool own;

	if (smcg_hook_off())
		return;
	caller = smcg_caller(refill_callers, parent, SMCG_BY_OTHER);
	/*
	 * The pages held tell the engine whether an interrupted charge below took
	 * its own before or after this: nothing else is ever done with them.
	 */
	preempt_disable_notrace();
	if (SMCG_STOCK_SLOTS)
		smcg_refill_begins(group, smcg_arg1(regs));
	if (SMCG_STOCK_SLOTS && caller == SMCG_BY_CHARGE)
		await_refill(group, regs);
	slot = smcg_record_begin();
	if (likely(slot)) {
		slot->preempt |= smcg_read_locks();
		slot->gfp = 0;
		slot->nr = smcg_arg1(regs);
		slot->group = group->css.id;
		slot->a = smcg_stock_pages_here(group, &to, &own) + 1;
		slot->b = to | (own ? SMCG_REFILL_OWN : 0);
		slot->c = 0;
		smcg_publish(slot, smcg_mark(SMCG_EV_REFILL, caller));
	}
	preempt_enable_notrace();
}

/* drain_stock() inside of a refill is predicted by the refill: not recorded. */
static void notrace on_drain_local(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				   struct ftrace_regs *regs)
{
	if (!smcg_hook_off() && smcg_called_by(local_callers, parent))
		smcg_record(smcg_mark(SMCG_EV_DRAIN_LOCAL, SMCG_BY_DRAIN_WORK), 0, 0, 0, 0, 0, 0);
}

/* The worker's CPU may have nothing else to tell for long. */
static void notrace on_flushed(void *data, struct pt_regs *regs)
{
	if (!smcg_hook_off())
		smcg_record(smcg_mark(SMCG_EV_DRAIN_LOCAL_RET, 0), 0, 0, 0, 0, 0, 0);
}

static struct smcg_return pages_flushed = { .handler = on_flushed, .nr = 1024 };
static struct smcg_return bytes_flushed = { .handler = on_flushed, .nr = 1024 };

/* Preemption disabled. */
static __always_inline void await_flushed(struct smcg_return *ret, struct ftrace_regs *regs)
{
	void *data = smcg_return_get(ret);

	if (likely(data))
		smcg_return_arm(data, regs);
}

/* Without slots: by a worker, or by the drain itself. */
static void notrace on_drain_work(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				  struct ftrace_regs *regs)
{
	if (smcg_hook_off())
		return;
	preempt_disable_notrace();
	await_flushed(&pages_flushed, regs);
	preempt_enable_notrace();
}

/* With slots: drain_stock(stock, slot) out of a refill; elsewhere it is inlined. */
static void notrace on_slot_drain(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				  struct ftrace_regs *regs)
{
	u32 i = smcg_arg1(regs), nr;
	struct mem_cgroup *group;

	if (smcg_hook_off())
		return;
	preempt_disable_notrace();
	nr = smcg_stock_slot_pages((const void *)smcg_arg0(regs), i, &group);
	if (group)
		smcg_record(smcg_mark(SMCG_EV_SLOT_DRAIN, 0), group->css.id, nr, 0, i, 0, 0);
	preempt_enable_notrace();
}

static bool below(const struct mem_cgroup *group, const struct mem_cgroup *root)
{
	return group && cgroup_is_descendant(group->css.cgroup, root->css.cgroup);
}

static bool owes_pages(const struct smcg_stock *stock, const struct mem_cgroup *root)
{
	u32 i;

	for (i = 0; i < stock->page_slots; i++) {
		if (stock->nr_pages[i] && below(stock->group[i], root))
			return true;
	}
	return false;
}

static bool owes_bytes(const struct smcg_stock *stock, const struct mem_cgroup *root)
{
	u32 i;

	for (i = 0; i < stock->byte_slots; i++) {
		const struct obj_cgroup *objcg = stock->objcg[i];

		if (objcg && below(READ_ONCE(objcg->memcg), root))
			return true;
	}
	return false;
}

/*
 * The CPUs that a drain would flush, as read now.  The same before and after it tells the
 * engine that what raced with the drain did not come in between: nothing else is done with it.
 * Owners cannot go away meanwhile: preemption is off, which RCU respects.
 */
static void would_flush(const struct mem_cgroup *root, u64 *pages, u64 *bytes)
{
	struct smcg_stock stock;
	unsigned int cpu;

	*pages = 0;
	*bytes = 0;
	for_each_online_cpu(cpu) {
		smcg_stock_read(cpu, &stock);
		if (cpu >= 64)
			continue;
		if (!stock.pages_flushing && owes_pages(&stock, root))
			*pages |= 1ULL << cpu;
		if (!stock.bytes_flushing && owes_bytes(&stock, root))
			*bytes |= 1ULL << cpu;
	}
	if (!SMCG_STOCK_SLOTS) {
		*pages |= *bytes;
		*bytes = 0;
	}
}

/* The pages are read first: that is the closest to the margin check that led here. */
static void record_drain(u32 mark, const struct mem_cgroup *root)
{
	u64 pages, bytes;
	u32 usage;

	preempt_disable_notrace();
	usage = atomic_long_read(&root->memory.usage) + 1;
	would_flush(root, &pages, &bytes);
	smcg_record(mark, root->css.id, (u32)bytes, bytes >> 32, pages, usage, nr_cpu_ids <= 64);
	preempt_enable_notrace();
}

/*
 * Who drains what: the mutex lets in one at a time.  Between entry and return the task keeps
 * the group; at any other time it is not looked at.
 */
static struct {
	struct task_struct *task;
	struct mem_cgroup *root;
	bool locked;		/* the mutex is known to be held from the entry on */
} draining;

void smcg_draining_forget(void)
{
	WRITE_ONCE(draining.task, NULL);
}

/* The caller holds the group until then. */
static void notrace on_drain_all_return(void *data, struct pt_regs *regs)
{
	struct mem_cgroup **group = data;

	/* The mutex is another's by now, perhaps. */
	cmpxchg(&draining.task, current, NULL);
	if (!smcg_hook_off())
		record_drain(smcg_mark(SMCG_EV_DRAIN_ALL_RET, 0), *group);
}

/* The mutex lets in one at a time; the rest is for those that have just left it. */
static struct smcg_return drain_all_return = {
	.handler = on_drain_all_return, .data_size = sizeof(struct mem_cgroup *), .nr = 64,
};

static void notrace on_drain_all(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				 struct ftrace_regs *regs)
{
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg0(regs);
	struct mem_cgroup **data;

	if (smcg_hook_off())
		return;
	smcg_tell_limits(group);
	record_drain(smcg_mark(SMCG_EV_DRAIN_ALL, smcg_caller(all_callers, parent, SMCG_BY_OTHER)),
		     group);
	preempt_disable_notrace();
	data = smcg_return_get(&drain_all_return);
	if (likely(data)) {
		*data = group;
		smcg_return_arm(data, regs);
		draining.root = group;
		draining.locked = smcg_drain_mutex_mine();
		smp_store_release(&draining.task, current);
	}
	preempt_enable_notrace();
}

/* Preemption disabled, by the task that drains. */
static enum smcg_owes owed_by(unsigned int cpu, bool by_bytes)
{
	struct smcg_stock stock;
	bool owes;

	if (smp_load_acquire(&draining.task) != current)
		return SMCG_OWES_UNTOLD;
	smcg_stock_read(cpu, &stock);
	owes = by_bytes || !SMCG_STOCK_SLOTS ? owes_bytes(&stock, draining.root) : false;
	if (!by_bytes)
		owes |= owes_pages(&stock, draining.root);
	return owes ? SMCG_OWES_SOME : SMCG_OWES_NOTHING;
}

/* With slots: by a worker, or by the drain itself, which has just looked. */
static __always_inline void record_flush(u32 caller, bool bytes, struct ftrace_regs *regs)
{
	preempt_disable_notrace();
	smcg_record(smcg_mark(SMCG_EV_DRAIN_LOCAL, caller), 0, 0, 0, 0,
		    owed_by(smp_processor_id(), bytes), 0);
	await_flushed(bytes ? &bytes_flushed : &pages_flushed, regs);
	preempt_enable_notrace();
}

static void notrace on_drain_pages(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				   struct ftrace_regs *regs)
{
	if (!smcg_hook_off())
		record_flush(SMCG_BY_DRAIN_WORK, false, regs);
}

static void notrace on_drain_bytes(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				   struct ftrace_regs *regs)
{
	if (!smcg_hook_off())
		record_flush(SMCG_BY_OBJ_DRAIN_WORK, true, regs);
}

/* A charge in an interrupt has found a group over memory.high and leaves it to a worker. */
static notrace void record_high_work(struct work_struct *work)
{
	struct mem_cgroup *group = container_of(work, struct mem_cgroup, high_work);

	if (smcg_called_by(high_worker, (unsigned long)work->func) && smcg_bits_of(group))
		smcg_record(smcg_mark(SMCG_EV_HIGH_WORK, 0), group->css.id, 0, 0, 0, 0, 0);
}

/* queue_work_on(cpu, queue, work): everyone's; ours is what a drain or a charge calls. */
static void notrace on_queue_work(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				  struct ftrace_regs *regs)
{
	u32 cpu = (u32)smcg_arg0(regs);
	u32 caller;
	bool bytes;

	if (smcg_hook_off())
		return;
	caller = smcg_caller(queue_callers, parent, SMCG_BY_OTHER);
	if (caller == SMCG_BY_CHARGE)
		record_high_work((struct work_struct *)smcg_arg2(regs));
	if (caller != SMCG_BY_DRAIN)
		return;
	bytes = smcg_stock_is_byte_work(cpu, (const void *)smcg_arg2(regs));
	preempt_disable_notrace();
	smcg_record(smcg_mark(SMCG_EV_DRAIN_QUEUED, 0), 0, 0, 0, cpu, owed_by(cpu, bytes), bytes);
	preempt_enable_notrace();
}

static void notrace on_cpu_dead(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				struct ftrace_regs *regs)
{
	if (!smcg_hook_off())
		smcg_record(smcg_mark(SMCG_EV_CPU_DEAD, 0), 0, 0, 0, (u32)smcg_arg0(regs), 0, 0);
}

notrace bool smcg_has_drained(void)
{
	return smp_load_acquire(&draining.task) == current && draining.locked &&
		!smcg_drain_mutex_mine();
}

/* Never spared: it has two sets of names to find. */
static const char *find_worker(void)
{
	unsigned long end;

	if (!smcg_lookup_range(high_worker->name, &high_worker->start, &end))
		high_worker->size = end - high_worker->start;
	return NULL;
}

struct smcg_hook smcg_stock_hooks[] = {
	{
		.name = "refill_return", .symbols = { "refill_stock" },
		.kind = SMCG_HOOK_RETURN, .ret = &refill_return,
		.why = "order of looks at memory.high unknown",
	}, {
		.name = "surplus", .symbols = { "refill_stock" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_surplus, .callers = surplus_callers, .spare = smcg_spare_single,
		.why = "order of looks at memory.high unknown",
	}, {
		.name = "refill", .symbols = { SMCG_STOCK_SLOTS ? "refill_stock" : "__refill_stock" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_refill, .callers = refill_callers, .why = "stocks unknown",
	}, {
		.name = "drain_local", .symbols = { "drain_stock" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_drain_local, .callers = local_callers,
		.spare = smcg_spare_single, .why = "no drains by workers",
	}, {
		.name = "drain_work", .symbols = { "drain_local_stock" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_drain_work, .spare = smcg_spare_single,
		.why = "no end of drains by workers",
	}, {
		.name = "slot_drain", .symbols = { "drain_stock" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_slot_drain, .spare = smcg_spare_slots,
		.why = "slots that a refill evicts untold",
	}, {
		.name = "pages_flushed",
		.symbols = { SMCG_STOCK_SLOTS ? "drain_local_memcg_stock" : "drain_local_stock" },
		.kind = SMCG_HOOK_RETURN, .ret = &pages_flushed,
		.why = "no end of drains by workers",
	}, {
		.name = "bytes_flushed", .symbols = { "drain_local_obj_stock" },
		.kind = SMCG_HOOK_RETURN, .ret = &bytes_flushed, .spare = smcg_spare_slots,
		.why = "no end of drains by workers",
	}, {
		.name = "drain_pages", .symbols = { "drain_local_memcg_stock" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_drain_pages, .spare = smcg_spare_slots,
		.why = "no drains of pages by workers",
	}, {
		.name = "drain_bytes", .symbols = { "drain_local_obj_stock" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_drain_bytes, .spare = smcg_spare_slots,
		.why = "no drains of bytes by workers",
	}, {
		.name = "drain_all_return", .symbols = { "drain_all_stock.part.0" },
		.kind = SMCG_HOOK_RETURN, .ret = &drain_all_return, .why = "no end of drains",
	}, {
		.name = "drain_all", .symbols = { "drain_all_stock.part.0" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_drain_all, .callers = all_callers,
		.why = "no drains of all CPUs",
	}, {
		.name = "drain_queued", .symbols = { "queue_work_on" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_queue_work, .callers = queue_callers, .spare = find_worker,
		.why = "CPUs that a drain chose unknown",
	}, {
		.name = "cpu_dead", .symbols = { "memcg_hotplug_cpu_dead" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_cpu_dead,
		.why = "stocks of dead CPUs unknown",
	}, {
		.name = NULL
	}
};
