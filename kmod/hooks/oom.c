// SPDX-License-Identifier: GPL-2.0
/*
 * oom.c - the kernel searches a group for a victim: which tasks it meets, and what it could
 * know of each.
 *
 * The engine picks one of its own. One search goes on at a time: the kernel holds oom_lock.
 */
#include <linux/oom.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "shadow_memcg.h"
#include "compat/kallsyms.h"
#include "compat/legacy.h"
#include "compat/mm_read.h"
#include "compat/regs.h"
#include "hooks/hooks.h"
#include "hooks/record.h"

/* Tasks are walked for other reasons, too; this tells why. */
static struct smcg_caller_range search[] = {
	{ "oom_evaluate_task", 1 },
	SMCG_CALLERS_END
};

/* The first thread that has memory, or NULL: find_lock_task_mm() without the lock. */
static __always_inline struct task_struct *thread_with_mm(struct task_struct *task)
{
	struct task_struct *thread;

	for_each_thread(task, thread) {
		if (READ_ONCE(thread->mm))
			return thread;
	}
	return NULL;
}

/* Is it on its way out, so that its memory comes back without a kill? */
static __always_inline u32 exit_flags(struct task_struct *task)
{
	struct signal_struct *signal = task->signal;
	struct mm_struct *mm = READ_ONCE(task->mm);

	if (!mm || READ_ONCE(signal->core_state) || smcg_mm_flag(mm, MMF_OOM_SKIP))
		return 0;
	if (!(READ_ONCE(signal->flags) & SIGNAL_GROUP_EXIT) &&
	    !(thread_group_empty(task) && task->flags & PF_EXITING))
		return 0;
	return SMCG_OOM_FREES |
	       (smcg_mm_users(mm) > get_nr_threads(task) ? SMCG_OOM_SHARED : 0);
}

static __always_inline u32 task_flags(struct task_struct *task)
{
	u32 flags = 0;

	if (is_global_init(task) || task->flags & PF_KTHREAD)
		flags |= SMCG_OOM_UNKILLABLE;
	if (tsk_is_oom_victim(task)) {
		flags |= SMCG_OOM_VICTIM;
		if (smcg_mm_flag(task->signal->oom_mm, MMF_OOM_SKIP))
			flags |= SMCG_OOM_VICTIM_DONE;
	}
	if (oom_task_origin(task))
		flags |= SMCG_OOM_ORIGIN;
	return flags | exit_flags(task);
}

/* The kernel holds the task. */
static notrace void record_task(struct task_struct *task, u32 again)
{
	u32 flags = task_flags(task);
	struct task_struct *thread;
	struct mem_cgroup *group;
	u64 pages = 0, tables = 0;
	struct mm_struct *mm;

	rcu_read_lock();
	group = mem_cgroup_from_task(task);
	thread = thread_with_mm(task);
	mm = thread ? READ_ONCE(thread->mm) : NULL;
	if (mm) {
		if (smcg_mm_flag(mm, MMF_OOM_SKIP))
			flags |= SMCG_OOM_SKIP;
		if (in_vfork(thread))
			flags |= SMCG_OOM_VFORK;
		pages = smcg_mm_rss(mm) | (u64)smcg_mm_pages(mm, MM_SWAPENTS) << 32;
		tables = smcg_mm_table_bytes(mm) / PAGE_SIZE;
		if (READ_ONCE(thread->mm) != mm)
			flags |= SMCG_OOM_UNTOLD;
	} else {
		flags |= SMCG_OOM_NO_MM;
	}
	smcg_record(smcg_mark(SMCG_EV_OOM_TASK, again), group ? group->css.id : 0, task->pid,
		    flags, pages, tables, (s64)task->signal->oom_score_adj);
	rcu_read_unlock();
}

static void notrace on_task_return(void *data, struct pt_regs *regs)
{
	if (!smcg_hook_off())
		record_task(*(struct task_struct **)data, 1);
}

static struct smcg_return task_return = {
	.handler = on_task_return, .data_size = sizeof(struct task_struct *), .nr = 16,
};

/* oom_evaluate_task(task, control) */
static void notrace on_task(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			    struct ftrace_regs *regs)
{
	struct task_struct *task = (struct task_struct *)smcg_arg0(regs), **data;
	struct oom_control *control = (struct oom_control *)smcg_arg1(regs);

	if (smcg_hook_off() || !control->memcg || !smcg_bits_of(control->memcg))
		return;
	record_task(task, 0);
	preempt_disable_notrace();
	data = smcg_return_get(&task_return);
	if (likely(data)) {
		*data = task;
		smcg_return_arm(data, regs);
	}
	preempt_enable_notrace();
}

/* The control of the search lives on the stack of who returns from it. */
static void notrace on_scan_return(void *data, struct pt_regs *regs)
{
	const struct oom_control *control = *(struct oom_control **)data;
	struct task_struct *chosen = control->chosen;
	u32 end = SMCG_SCAN_CHOSEN, tid = 0;

	if (smcg_hook_off())
		return;
	if (!chosen)
		end = SMCG_SCAN_NONE;
	else if (chosen == (void *)-1UL)
		end = SMCG_SCAN_ABORTED;
	else
		tid = chosen->pid;
	smcg_record(smcg_mark(SMCG_EV_OOM_SCAN_RET, 0), control->memcg->css.id, tid, end, 0,
		    tid ? control->chosen_points : 0, 0);
}

static struct smcg_return scan_return = {
	.handler = on_scan_return, .data_size = sizeof(struct oom_control *), .nr = 16,
};

/* Not exported by the kernel. */
static const int *swappiness;
static const long *swap_pages;

/* Never spared: a group's own swap limit is what counts when the kernel does not tell. */
static const char *find_swap(void)
{
	swappiness = (int *)smcg_lookup("vm_swappiness");
	swap_pages = (long *)smcg_lookup("total_swap_pages");
	return NULL;
}

/* On the legacy hierarchy each group has its own swappiness. */
static __always_inline u64 usable_swap(const struct mem_cgroup *group)
{
	if (smcg_legacy ? !smcg_legacy_swappiness(group) : swappiness && !READ_ONCE(*swappiness))
		return 0;
	return swap_pages ? READ_ONCE(*swap_pages) : S64_MAX;
}

/* mem_cgroup_scan_tasks(group, function, control) */
static void notrace on_scan(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			    struct ftrace_regs *regs)
{
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg0(regs);
	struct oom_control **data;

	if (smcg_hook_off() || !smcg_called_by(search, smcg_arg1(regs)) || !smcg_bits_of(group))
		return;
	smcg_tell_limits(group);
	smcg_record(smcg_mark(SMCG_EV_OOM_SCAN, 0), group->css.id, 0, 0,
		    usable_swap(group), 0, 0);
	preempt_disable_notrace();
	data = smcg_return_get(&scan_return);
	if (likely(data)) {
		*data = (struct oom_control *)smcg_arg2(regs);
		smcg_return_arm(data, regs);
	}
	preempt_enable_notrace();
}

struct smcg_hook smcg_oom_hooks[] = {
	{
		.name = "oom_task_return", .symbols = { "oom_evaluate_task" },
		.kind = SMCG_HOOK_RETURN, .ret = &task_return,
		.why = "races of a victim's memory are taken for wrong choices",
	}, {
		.name = "oom_task", .symbols = { "oom_evaluate_task" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_task, .why = "no victims",
	}, {
		.name = "oom_scan_return", .symbols = { "mem_cgroup_scan_tasks" },
		.kind = SMCG_HOOK_RETURN, .ret = &scan_return, .why = "no victims",
	}, {
		.name = "oom_scan", .symbols = { "mem_cgroup_scan_tasks" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_scan, .callers = search,
		.spare = find_swap, .why = "no victims",
	}, {
		.name = NULL
	}
};
