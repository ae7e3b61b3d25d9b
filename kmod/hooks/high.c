// SPDX-License-Identifier: GPL-2.0
/*
 * high.c - what tasks collect over memory.high, and when they deal with it.
 */

#include "compat/regs.h"
#include "compat/tracepoint.h"
#include "hooks/hooks.h"
#include "hooks/record.h"

static struct smcg_caller_range handle_callers[] = {
	{ "try_charge_memcg", SMCG_BY_CHARGE },
	SMCG_CALLERS_END
};

static struct smcg_caller_range kick_callers[] = {
	{ "try_charge_memcg", SMCG_BY_CHARGE },
	SMCG_CALLERS_END
};

static struct smcg_caller_range sleep_callers[] = {
	{ "mem_cgroup_handle_over_high", SMCG_BY_HIGH, .optional = true },
	{ "__mem_cgroup_handle_over_high", SMCG_BY_HIGH, .optional = true },
	SMCG_CALLERS_END
};

/* The group of this task's memory: get_mem_cgroup_from_mm().  RCU read side.  Return: css id. */
static __always_inline u32 own_group(void)
{
	struct mm_struct *mm = current->mm;
	struct task_struct *owner = mm ? rcu_dereference(mm->owner) : NULL;
	struct mem_cgroup *group = owner ? mem_cgroup_from_task(owner) : current->active_memcg;

	return group ? group->css.id : 0;
}

static void notrace on_handle_return(void *data, struct pt_regs *regs)
{
	if (!smcg_hook_off())
		smcg_record(smcg_mark(SMCG_EV_HIGH_HANDLED, 0) | smcg_task_marks(), 0, 0, 0, 0, 0,
			    0);
}

/* Tasks sleep in there. */
static struct smcg_return handle_return = { .handler = on_handle_return, .nr = 1024 };

/*
 * Every task that goes back to user space with something to do may pass here. Groups that are
 * not watched are told, too: what the task collected is gone then.
 */
static void notrace on_handle(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			      struct ftrace_regs *regs)
{
	u32 nr = current->memcg_nr_pages_over_high;
	void *data;

	if (smcg_hook_off() || !nr)
		return;
	rcu_read_lock();
	smcg_record(smcg_mark(SMCG_EV_HIGH_HANDLE,
			      smcg_caller(handle_callers, parent, SMCG_BY_OTHER)) |
		    smcg_task_marks(), own_group(), nr, 0, 0, 0, 0);
	rcu_read_unlock();
	preempt_disable_notrace();
	data = smcg_return_get(&handle_return);
	if (likely(data))
		smcg_return_arm(data, regs);
	preempt_enable_notrace();
}

/*
 * kick_process(task): a charge has found a bound exceeded, and asks to be seen to as its task goes back to user space.
 * Not told if something else has asked for that before.
 */
static void notrace on_kick(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			    struct ftrace_regs *regs)
{
	if (!smcg_hook_off() && smcg_called_by(kick_callers, parent))
		smcg_record(smcg_mark(SMCG_EV_HIGH_SEEN, 0), 0, 0, 0, 0, 0, 0);
}

/* schedule_timeout_killable(jiffies) */
static void notrace on_sleep(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			     struct ftrace_regs *regs)
{
	if (!smcg_hook_off() && smcg_caller(sleep_callers, parent, SMCG_BY_OTHER) == SMCG_BY_HIGH)
		smcg_record(smcg_mark(SMCG_EV_HIGH_SLEEP, 0), 0, smcg_arg0(regs), 0, 0, 0, 0);
}

/* A new task is a copy of its parent, with what that had collected as it was copied. */
static void notrace on_task_new(void *data, struct task_struct *task, smcg_clone_flags flags)
{
	struct mem_cgroup *group;

	if (smcg_hook_off())
		return;
	rcu_read_lock();
	group = mem_cgroup_from_task(current);
	if (group && smcg_bits_of(group))
		smcg_record(smcg_mark(SMCG_EV_TASK_NEW, 0), group->css.id,
			    task->memcg_nr_pages_over_high, 0, task->pid, 0, 0);
	rcu_read_unlock();
}
static SMCG_PROBE(task_newtask, on_task_new)

struct smcg_hook smcg_high_hooks[] = {
	{
		.name = "high_handled",
		.symbols = { "mem_cgroup_handle_over_high", "__mem_cgroup_handle_over_high" },
		.kind = SMCG_HOOK_RETURN, .ret = &handle_return, .why = "no end of throttling",
	}, {
		.name = "high_handle", .symbols = { "mem_cgroup_handle_over_high", "__mem_cgroup_handle_over_high" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_handle, .callers = handle_callers,
		.why = "no throttling over memory.high",
	}, {
		.name = "high_seen", .symbols = { "kick_process" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_kick, .callers = kick_callers,
		.why = "when charges look at memory.high unknown",
	}, {
		.name = "high_sleep", .symbols = { "schedule_timeout_killable" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_sleep, .callers = sleep_callers,
		.why = "no throttling over memory.high",
	}, {
		.name = "task_new", .symbols = { "task_newtask" }, .kind = SMCG_HOOK_TRACEPOINT,
		.probe = smcg_probe_task_newtask,
		.why = "what new tasks inherit over memory.high",
	}, {
		.name = NULL
	}
};
