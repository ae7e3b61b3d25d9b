// SPDX-License-Identifier: GPL-2.0
/*
 * reclaim.c - what a charge does when the limit is reached: reclaim and OOM, and
 * the reclaim over memory.high.
 */
#include <linux/oom.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>

#include "compat/regs.h"
#include "hooks/hooks.h"
#include "hooks/readings.h"
#include "hooks/record.h"

static struct smcg_caller_range reclaim_callers[] = {
	{ "try_charge_memcg", SMCG_BY_CHARGE },
	{ "reclaim_high", SMCG_BY_HIGH },
	{ "memory_high_write", SMCG_BY_WRITE },
	{ "memory_max_write", SMCG_BY_WRITE },
	{ "memory_reclaim", SMCG_BY_WRITE },
	{ "mem_cgroup_resize_max", SMCG_BY_WRITE, .optional = true },
	{ "mem_cgroup_force_empty_write", SMCG_BY_WRITE, .optional = true },
	SMCG_CALLERS_END
};

static struct smcg_caller_range oom_callers[] = {
	{ "try_charge_memcg", SMCG_BY_CHARGE },
	{ "memory_max_write", SMCG_BY_WRITE },
	SMCG_CALLERS_END
};

notrace u32 smcg_task_marks(void)
{
	struct task_struct *task = current;
	u32 marks = 0;

	if (task_in_memcg_oom(task))
		marks |= SMCG_MARK_IN_OOM;
	if (tsk_is_oom_victim(task) || fatal_signal_pending(task) || (task->flags & PF_EXITING))
		marks |= SMCG_MARK_DYING;
	if (tsk_is_oom_victim(task) && test_bit(MMF_OOM_SKIP, &task->signal->oom_mm->flags))
		marks |= SMCG_MARK_REAPED;
	return marks;
}

/*
 * The margin is looked at right after this return, and what others do in between makes that
 * doubtful: the tracepoint at the end of a reclaim would come too early.
 */
static void notrace on_reclaim_return(void *data, struct pt_regs *regs)
{
	struct mem_cgroup *group = *(struct mem_cgroup **)data;
	u64 above;
	u32 own;

	if (smcg_hook_off())
		return;
	smcg_read_levels(&group->memory, &own, &above);
	smcg_record(smcg_mark(SMCG_EV_RECLAIM_RET, 0) | smcg_task_marks(), group->css.id, 0, own,
		    regs_return_value(regs), smcg_read_mutex(), above);
}

/* Tasks sleep in there, while their caller holds the group. */
static struct smcg_return reclaim_return = {
	.handler = on_reclaim_return, .data_size = sizeof(struct mem_cgroup *), .nr = 1024,
};

static void notrace on_reclaim(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			       struct ftrace_regs *regs)
{
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg0(regs);
	struct mem_cgroup **data;

	if (smcg_hook_off() || !smcg_bits_of(group))
		return;
	smcg_tell_limits(group);
	smcg_record(smcg_mark(SMCG_EV_RECLAIM, smcg_caller(reclaim_callers, parent, SMCG_BY_OTHER)),
		    group->css.id, smcg_arg1(regs), smcg_arg2(regs), 0, 0, 0);
	preempt_disable_notrace();
	data = smcg_return_get(&reclaim_return);
	if (likely(data)) {
		*data = group;
		smcg_return_arm(data, regs);
	}
	preempt_enable_notrace();
}

static void notrace on_reclaim_high(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				    struct ftrace_regs *regs)
{
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg0(regs);

	if (smcg_hook_off() || !smcg_bits_of(group))
		return;
	smcg_tell_limits(group);
	smcg_record(smcg_mark(SMCG_EV_RECLAIM_HIGH, SMCG_BY_HIGH), group->css.id, smcg_arg1(regs),
		    smcg_arg2(regs), 0, 0, 0);
}

static void notrace on_oom_return(void *data, struct pt_regs *regs)
{
	if (!smcg_hook_off())
		smcg_record(smcg_mark(SMCG_EV_OOM_RET, 0) | smcg_task_marks(), 0, 0, 0,
			    !!(regs_return_value(regs) & 0xff), 0, 0);
}

/* Tasks sleep in there. */
static struct smcg_return oom_return = { .handler = on_oom_return, .nr = 1024 };

static void notrace on_oom(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			   struct ftrace_regs *regs)
{
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg0(regs);
	void *data;

	if (smcg_hook_off() || !smcg_bits_of(group))
		return;
	smcg_record(smcg_mark(SMCG_EV_OOM, smcg_caller(oom_callers, parent, SMCG_BY_OTHER)),
		    group->css.id, smcg_arg2(regs), smcg_arg1(regs), 0, 0, 0);
	preempt_disable_notrace();
	data = smcg_return_get(&oom_return);
	if (likely(data))
		smcg_return_arm(data, regs);
	preempt_enable_notrace();
}

/*
 * The event is raised for the group of the victim's memory, if it still has any. That memory
 * may go away meanwhile, but not the victim, whose group is the same.
 */
static void notrace on_oom_kill(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				struct ftrace_regs *regs)
{
	struct task_struct *victim = (struct task_struct *)smcg_arg0(regs);
	struct mem_cgroup *group;

	if (smcg_hook_off() || !READ_ONCE(victim->mm))
		return;
	rcu_read_lock();
	group = mem_cgroup_from_task(victim);
	if (group && smcg_bits_of(group))
		smcg_record(smcg_mark(SMCG_EV_OOM_KILL, 0), group->css.id, 0, 0, 0, 0, 0);
	rcu_read_unlock();
}

struct smcg_hook smcg_reclaim_hooks[] = {
	{
		.name = "reclaim_return", .symbols = { "try_to_free_mem_cgroup_pages" },
		.kind = SMCG_HOOK_RETURN, .ret = &reclaim_return, .why = "no outcome of reclaim",
	}, {
		.name = "reclaim", .symbols = { "try_to_free_mem_cgroup_pages" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_reclaim, .callers = reclaim_callers,
		.why = "no reclaim",
	}, {
		.name = "reclaim_high", .symbols = { "reclaim_high" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_reclaim_high, .why = "no reclaim over memory.high",
	}, {
		.name = "oom_return", .symbols = { "mem_cgroup_out_of_memory" },
		.kind = SMCG_HOOK_RETURN, .ret = &oom_return, .why = "no outcome of OOM",
	}, {
		.name = "oom", .symbols = { "mem_cgroup_out_of_memory" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_oom, .callers = oom_callers, .why = "no OOM",
	}, {
		.name = "oom_kill", .symbols = { "__oom_kill_process" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_oom_kill, .why = "kills not counted",
	}, {
		.name = NULL
	}
};
