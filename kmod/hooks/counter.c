// SPDX-License-Identifier: GPL-2.0
/*
 * counter.c - the page counters, which the charge path meets only when the
 * stock has failed it.
 *
 * The same functions serve other counters (hugetlb): which counter of which group it is follows
 * from the calling function, and on the legacy hierarchy from its place in the group.
 */
#include <linux/hash.h>

#include "shadow_memcg.h"
#include "compat/gather.h"
#include "compat/legacy.h"
#include "compat/regs.h"
#include "hooks/hooks.h"
#include "hooks/readings.h"
#include "hooks/record.h"

/* Not of a counter that is mirrored. */
#define IGNORED SMCG_BY_NR

static struct smcg_caller_range try_callers[] = {
	{ "try_charge_memcg", SMCG_BY_CHARGE },
	{ "__mem_cgroup_try_charge_swap", SMCG_BY_SWAP },
	{ "mem_cgroup_charge_skmem", SMCG_BY_SOCK, .optional = true },
	SMCG_CALLERS_END
};

static struct smcg_caller_range charge_callers[] = {
	{ "try_charge_memcg", SMCG_BY_CHARGE },
	{ "mem_cgroup_migrate", SMCG_BY_MIGRATE },
	{ "mem_cgroup_replace_folio", SMCG_BY_MIGRATE, .optional = true },
	/* these on the legacy hierarchy only */
	{ "mem_cgroup_swapout", SMCG_BY_SWAPOUT, .optional = true },
	{ "mem_cgroup_charge_skmem", SMCG_BY_SOCK, .optional = true },
	SMCG_CALLERS_END
};

static struct smcg_caller_range uncharge_callers[] = {
	{ "uncharge_batch", SMCG_BY_UNCHARGE },
	{ "drain_stock", SMCG_BY_DRAIN },
	{ "memcg_hotplug_cpu_dead", SMCG_BY_CPU_DEAD },
	{ "__mem_cgroup_uncharge_swap", SMCG_BY_SWAP },
	{ "mem_cgroup_cancel_charge", SMCG_BY_HUGETLB, .optional = true },
	/* these on the legacy hierarchy only */
	{ "mem_cgroup_swapout", SMCG_BY_SWAPOUT, .optional = true },
	{ "try_charge_memcg", SMCG_BY_CHARGE },
	{ "__mem_cgroup_clear_mc", SMCG_BY_MOVE, .optional = true },
	SMCG_CALLERS_END
};

/* With slots.  What a refill gives back that goes past the stock is found without them. */
static struct smcg_caller_range slots_uncharge_callers[] = {
	{ "uncharge_batch", SMCG_BY_UNCHARGE },
	{ "drain_stock", SMCG_BY_DRAIN },
	{ "drain_local_memcg_stock", SMCG_BY_DRAIN, .optional = true },
	{ "drain_obj_stock_slot", SMCG_BY_OBJ_DRAIN, .optional = true },
	{ "memcg_hotplug_cpu_dead", SMCG_BY_CPU_DEAD },
	{ "obj_cgroup_release", SMCG_BY_OBJ_FREE },
	{ "mem_cgroup_migrate", SMCG_BY_MIGRATE },
	{ "__mem_cgroup_uncharge_swap", SMCG_BY_SWAP },
	SMCG_CALLERS_END
};

/* @which: enum smcg_which.  Return: NULL, not of a group. */
static __always_inline struct mem_cgroup *group_of(unsigned long counter, u32 caller, u32 *which)
{
	if (unlikely(smcg_legacy))
		return smcg_legacy_owner(counter, which);
	*which = SMCG_WHICH_MEMORY;
	if (caller == SMCG_BY_SWAP)
		return container_of((struct page_counter *)counter, struct mem_cgroup, swap);
	return container_of((struct page_counter *)counter, struct mem_cgroup, memory);
}

/*
 * What uncharge_batch() is to give back, by level of context: its call of the counter follows some
 * instructions later. Who was moved to another CPU in between finds nothing there.
 */
struct batch {
	const struct task_struct *task;
	const void *gather;
};

static DEFINE_PER_CPU(struct batch [SMCG_CTX_NR], batches);

/* Preemption disabled. */
static __always_inline struct batch *batch_here(void)
{
	return this_cpu_ptr(&batches[smcg_level(smcg_context())]);
}

static void notrace on_batch(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			     struct ftrace_regs *regs)
{
	struct batch *batch;

	if (smcg_hook_off())
		return;
	preempt_disable_notrace();
	batch = batch_here();
	batch->gather = (const void *)smcg_arg0(regs);
	batch->task = current;
	preempt_enable_notrace();
}

/* Return: 1 + folios of user memory in the batch that gives @nr pages back, 0 not known. */
static __always_inline u64 read_batch(unsigned long nr, u64 *kernel)
{
	struct smcg_gather gather = {};
	struct batch *batch;

	preempt_disable_notrace();
	batch = batch_here();
	if (likely(batch->task == current))
		smcg_gather_read(batch->gather, &gather);
	batch->task = NULL;
	preempt_enable_notrace();
	if (unlikely(gather.pages != nr))
		return 0;
	*kernel = gather.kernel;
	return gather.folios + 1;
}

/* What the return of a try must remember of its entry. */
struct try_call {
	unsigned long counter;
	struct page_counter **fail;
	u32 nr, caller;
};

/* Tries and other operations of tasks that may lose their CPU in them, by the low bits of their number. */
static struct trying {
	u32 pid, caller;
	unsigned long counter;
	struct page_counter **fail;	/* NULL: no try */
} trying[SMCG_STOCK_SLOTS ? 1024 : 1];

/* NULL: nobody is preempted here, or it is an interrupt's. */
static __always_inline struct trying *trying_here(void)
{
	if (!SMCG_STOCK_SLOTS || smcg_nested(smcg_context()))
		return NULL;
	return &trying[current->pid & (ARRAY_SIZE(trying) - 1)];
}

void smcg_tries_forget(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(trying); i++)
		WRITE_ONCE(trying[i].pid, 0);
}

/*
 * Where the function says which counter refused, its caller has a variable that counts for nothing
 * until then. Cleared, it tells whether a task that loses its CPU in there has been refused already.
 */
static __always_inline void operation_begins(unsigned long counter, u32 caller,
					     struct page_counter **fail)
{
	struct trying *mine = trying_here();

	if (!mine)
		return;
	WRITE_ONCE(mine->pid, 0);
	smp_wmb();
	if (fail)
		WRITE_ONCE(*fail, NULL);
	mine->counter = counter;
	mine->caller = caller;
	mine->fail = fail;
	smp_store_release(&mine->pid, current->pid);
}

static __always_inline void operation_ends(void)
{
	struct trying *mine = trying_here();

	if (mine && mine->pid == current->pid)
		WRITE_ONCE(mine->pid, 0);
}

/* The task has a reference to its group until that is over. */
notrace void smcg_record_try_of(const struct task_struct *task, bool resumed)
{
	const struct trying *its = &trying[task->pid & (ARRAY_SIZE(trying) - 1)];
	struct trying mine;
	struct mem_cgroup *group;
	struct smcg_slot *slot;
	u64 above;
	u32 own, which;

	if (likely(smp_load_acquire(&its->pid) != task->pid))
		return;
	mine = *its;
	/* Another CPU's task with the same place may write its own there meanwhile. */
	smp_rmb();
	if (READ_ONCE(its->pid) != task->pid)
		return;
	group = group_of(mine.counter, mine.caller, &which);
	smcg_read_levels((const struct page_counter *)mine.counter, &own, &above);
	slot = smcg_record_begin();
	if (unlikely(!slot))
		return;
	slot->tid = task->pid;
	slot->task = task->flags;
	slot->gfp = own;
	slot->nr = 0;
	slot->group = group->css.id;
	slot->a = resumed ? SMCG_TRY_AGAIN : 0;
	if (!mine.fail)
		slot->a |= SMCG_TRY_NONE;
	else if (READ_ONCE(*mine.fail))
		slot->a |= SMCG_TRY_REFUSED;
	slot->b = 0;
	slot->c = above;
	smcg_publish(slot, smcg_mark(SMCG_EV_TRY_SEEN, mine.caller));
}

static void notrace on_counter_return(void *data, struct pt_regs *regs)
{
	operation_ends();
	if (!smcg_hook_off())
		smcg_record(smcg_mark(SMCG_EV_COUNTER_RET, 0), 0, 0, 0, 0, 0, 0);
}

/* Neither function sleeps: a call per CPU and level is under way at most. */
static struct smcg_return counter_return = { .handler = on_counter_return, .nr = 1024 };

/*
 * The return tells until when the operation may have raced with another CPU's try.
 * What follows in uncharging may take long: a flush of TLBs, for instance.
 */
static __always_inline void record_counter(u32 type, u32 caller, struct ftrace_regs *regs)
{
	u64 folios = 0, kernel = 0;
	struct mem_cgroup *group;
	void *data;
	u32 which;

	if (caller == IGNORED)
		return;
	group = group_of(smcg_arg0(regs), caller, &which);
	if (!group || !smcg_bits_of(group))
		return;
	if (caller == SMCG_BY_UNCHARGE && which == SMCG_WHICH_MEMORY)
		folios = read_batch(smcg_arg1(regs), &kernel);
	if (SMCG_STOCK_SLOTS)
		operation_begins(smcg_arg0(regs), caller, NULL);
	smcg_record(smcg_mark(type, caller), group->css.id, smcg_arg1(regs), 0, which, folios,
		    kernel);
	preempt_disable_notrace();
	data = smcg_return_get(&counter_return);
	if (likely(data))
		smcg_return_arm(data, regs);
	else
		operation_ends();
	preempt_enable_notrace();
}

/*
 * With slots.  A refill that goes past the stock jumps to the counter: whose return address is seen there is
 * that of the refill's own caller, or, where somebody traces the refill's return, nobody's. So each
 * context has a note of its last refill.
 */
struct refill {
	const struct task_struct *task;
	unsigned long counter;
	u32 nr;
};

#define REFILL_BITS 10

static struct refill task_refills[SMCG_STOCK_SLOTS ? 1 << REFILL_BITS : 1];
/* A softirq, an interrupt and an NMI do not sleep. */
static DEFINE_PER_CPU(struct refill, nested_refills[3]);

/* Preemption disabled. */
static __always_inline struct refill *refill_here(void)
{
	u32 level = smcg_level(smcg_context());

	if (likely(level == SMCG_CTX_TASK))
		return &task_refills[hash_ptr(current, REFILL_BITS) & (ARRAY_SIZE(task_refills) - 1)];
	return this_cpu_ptr(&nested_refills[level - SMCG_CTX_TASK - 1]);
}

notrace void smcg_refill_begins(const struct mem_cgroup *group, u32 nr)
{
	struct refill *refill = refill_here();

	refill->task = current;
	refill->counter = (unsigned long)&group->memory;
	refill->nr = nr;
}

/* Is this what the refill gives back that this context has begun? */
static __always_inline bool refill_passes(unsigned long counter, u32 nr)
{
	struct refill *refill;
	bool passes;

	preempt_disable_notrace();
	refill = refill_here();
	passes = refill->task == current && refill->counter == counter && refill->nr == nr;
	if (passes)
		refill->task = NULL;
	preempt_enable_notrace();
	return passes;
}

static void notrace on_try_return(void *data, struct pt_regs *regs)
{
	struct try_call *call = data;
	bool ok = regs_return_value(regs) & 0xff;
	struct mem_cgroup *group, *failed;
	u64 over = 0, above;
	u32 own, which;

	operation_ends();
	if (smcg_hook_off())
		return;
	group = group_of(call->counter, call->caller, &which);
	if (!group)
		return;
	smcg_read_levels((struct page_counter *)call->counter, &own, &above);
	failed = ok ? NULL : group_of((unsigned long)*call->fail, call->caller, &which);
	if (failed)
		over = failed->css.id;
	smcg_tell_limits(group);
	smcg_record(smcg_mark(SMCG_EV_TRY_RET, call->caller) | smcg_task_marks(), group->css.id,
		    call->nr, own, ok, over, above);
}

static struct smcg_return try_return = {
	.handler = on_try_return, .data_size = sizeof(struct try_call), .nr = 1024,
};

static void notrace on_try(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			   struct ftrace_regs *regs)
{
	struct mem_cgroup *group;
	struct try_call *call;
	u32 caller, own, which;
	u64 above;

	if (smcg_hook_off())
		return;
	caller = smcg_caller(try_callers, parent, IGNORED);
	if (caller == IGNORED)
		return;
	group = group_of(smcg_arg0(regs), caller, &which);
	if (!group || !smcg_bits_of(group))
		return;
	preempt_disable_notrace();
	call = smcg_return_get(&try_return);
	if (likely(call)) {
		call->counter = smcg_arg0(regs);
		call->nr = smcg_arg1(regs);
		call->fail = (struct page_counter **)smcg_arg2(regs);
		call->caller = caller;
		smcg_return_arm(call, regs);
		operation_begins(call->counter, caller, call->fail);
	}
	/* Last: what comes between the reading and the function makes its outcome doubtful. */
	smcg_tell_limits(group);
	smcg_read_levels((struct page_counter *)smcg_arg0(regs), &own, &above);
	smcg_record(smcg_mark(SMCG_EV_TRY_ENTER, caller), group->css.id, smcg_arg1(regs), own,
		    smcg_read_mutex(), which, above);
	preempt_enable_notrace();
}

static void notrace on_counter_charge(unsigned long ip, unsigned long parent,
				      struct ftrace_ops *ops, struct ftrace_regs *regs)
{
	if (!smcg_hook_off())
		record_counter(SMCG_EV_COUNTER_CHARGE,
			       smcg_caller(charge_callers, parent, IGNORED), regs);
}

static void notrace on_counter_uncharge(unsigned long ip, unsigned long parent,
					struct ftrace_ops *ops, struct ftrace_regs *regs)
{
	if (!smcg_hook_off())
		record_counter(SMCG_EV_COUNTER_UNCHARGE,
			       smcg_caller(uncharge_callers, parent, IGNORED), regs);
}

static void notrace on_slots_uncharge(unsigned long ip, unsigned long parent,
				      struct ftrace_ops *ops, struct ftrace_regs *regs)
{
	u32 caller = smcg_caller(slots_uncharge_callers, parent, IGNORED);

	if (smcg_hook_off())
		return;
	if (caller == IGNORED && refill_passes(smcg_arg0(regs), smcg_arg1(regs)))
		caller = SMCG_BY_REFILL;
	record_counter(SMCG_EV_COUNTER_UNCHARGE, caller, regs);
}

struct smcg_hook smcg_counter_hooks[] = {
	{
		.name = "try_return", .symbols = { "page_counter_try_charge" },
		.kind = SMCG_HOOK_RETURN, .ret = &try_return, .why = "no outcome of counter tries",
	}, {
		.name = "try", .symbols = { "page_counter_try_charge" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_try, .callers = try_callers, .why = "no begin of counter tries",
	}, {
		.name = "counter_return", .symbols = { "page_counter_uncharge" },
		.kind = SMCG_HOOK_RETURN, .ret = &counter_return,
		.why = "no end of counter operations",
	}, {
		.name = "counter_charge", .symbols = { "page_counter_charge" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_counter_charge, .callers = charge_callers,
		.why = "no forced charges",
	}, {
		.name = "uncharge_batch", .symbols = { "uncharge_batch" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_batch,
		.why = "what the pages given back are unknown",
	}, {
		.name = "counter_uncharge", .symbols = { "page_counter_uncharge" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_counter_uncharge,
		.callers = uncharge_callers, .spare = smcg_spare_single, .why = "no uncharges",
	}, {
		.name = "slots_uncharge", .symbols = { "page_counter_uncharge" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_slots_uncharge,
		.callers = slots_uncharge_callers, .spare = smcg_spare_slots,
		.why = "no uncharges",
	}, {
		.name = NULL
	}
};
