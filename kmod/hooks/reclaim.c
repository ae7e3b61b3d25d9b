// SPDX-License-Identifier: GPL-2.0
/*
 * reclaim.c - what a charge does when the limit is reached: reclaim and OOM, and
 * the reclaim over memory.high.
 */
#include <linux/hash.h>
#include <linux/oom.h>
#include <linux/sched/signal.h>

#include "shadow_memcg.h"
#include "compat/legacy.h"
#include "compat/memcg.h"
#include "compat/regs.h"
#include "hooks/hooks.h"
#include "hooks/readings.h"
#include "hooks/record.h"

static struct smcg_caller_range reclaim_callers[] = {
	{ "try_charge_memcg", SMCG_BY_CHARGE },
	{ "reclaim_high", SMCG_BY_HIGH },
	{ "memory_high_write", SMCG_BY_WRITE },
	{ "memory_max_write", SMCG_BY_WRITE },
	{ "memory_reclaim", SMCG_BY_WRITE, .optional = true },
	{ "user_proactive_reclaim", SMCG_BY_WRITE, .optional = true },
	{ "mem_cgroup_resize_max", SMCG_BY_WRITE, .optional = true },
	{ "mem_cgroup_force_empty_write", SMCG_BY_WRITE, .optional = true },
	SMCG_CALLERS_END
};

static struct smcg_caller_range stall_callers[] = {
	{ "try_charge_memcg", SMCG_BY_CHARGE },
	SMCG_CALLERS_END
};

static struct smcg_caller_range trylock_callers[] = {
	{ "try_charge_memcg", SMCG_BY_CHARGE },
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
	if (tsk_is_oom_victim(task) && smcg_is_reaped(task->signal->oom_mm))
		marks |= SMCG_MARK_REAPED;
	return marks;
}

/* What the return of a reclaim must remember of its entry. */
struct reclaim_call {
	struct mem_cgroup *group;
	u32 caller;
};

/*
 * Whose margin a task is about to look at, by a hash of the task, which may lose its CPU before it
 * looks.  The task holds the group until then; its next reclaim begins without a note.
 */
struct margin {
	struct task_struct *task;
	struct mem_cgroup *group;
};

#define MARGIN_BITS 10

static struct margin margins[1 << MARGIN_BITS];

static __always_inline struct margin *margin_here(void)
{
	return &margins[hash_ptr(current, MARGIN_BITS)];
}

void smcg_margins_forget(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(margins); i++)
		WRITE_ONCE(margins[i].task, NULL);
}

static __always_inline void margin_note(struct mem_cgroup *group)
{
	struct margin *mine = margin_here();

	/* whoever reads the group finds whose it is both before and after */
	WRITE_ONCE(mine->task, NULL);
	smp_wmb();
	WRITE_ONCE(mine->group, group);
	smp_store_release(&mine->task, current);
}

static __always_inline void margin_over(void)
{
	struct margin *mine = margin_here();

	if (READ_ONCE(mine->task) == current)
		WRITE_ONCE(mine->task, NULL);
}

/* Return: the group whose margin the task looks at, NULL when another's note has taken its place. */
static __always_inline struct mem_cgroup *margin_group(void)
{
	struct margin *mine = margin_here();
	struct mem_cgroup *group;

	if (smp_load_acquire(&mine->task) != current)
		return NULL;
	group = READ_ONCE(mine->group);
	smp_rmb();
	return READ_ONCE(mine->task) == current ? group : NULL;
}

/* Preemption disabled. */
static __always_inline void record_margin(u32 mark, struct mem_cgroup *group, u64 reclaimed)
{
	u64 above;
	u32 own;

	smcg_read_levels(&group->memory, &own, &above);
	smcg_record(mark, group->css.id, smcg_legacy ? smcg_read_memsw(group) : 0, own, reclaimed,
		    smcg_read_mutex(), above);
}

static void notrace on_reclaim_return(void *data, struct pt_regs *regs)
{
	struct reclaim_call *call = data;

	if (smcg_hook_off())
		return;
	if (call->caller == SMCG_BY_CHARGE)
		margin_note(call->group);
	record_margin(smcg_mark(SMCG_EV_RECLAIM_RET, 0) | smcg_task_marks(), call->group,
		      regs_return_value(regs));
}

/* Tasks sleep in there, while their caller holds the group. */
static struct smcg_return reclaim_return = {
	.handler = on_reclaim_return, .data_size = sizeof(struct reclaim_call), .nr = 1024,
};

static void notrace on_reclaim(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			       struct ftrace_regs *regs)
{
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg0(regs);
	u32 caller = smcg_caller(reclaim_callers, parent, SMCG_BY_OTHER);
	struct reclaim_call *call;

	if (smcg_hook_off())
		return;
	/* Should the return not be told, an older group must not stand for this one. */
	margin_over();
	if (!smcg_bits_of(group))
		return;
	smcg_tell_limits(group);
	smcg_record(smcg_mark(SMCG_EV_RECLAIM, caller), group->css.id, smcg_arg1(regs),
		    smcg_arg2(regs), 0, 0, 0);
	preempt_disable_notrace();
	call = smcg_return_get(&reclaim_return);
	if (likely(call)) {
		call->group = group;
		call->caller = caller;
		smcg_return_arm(call, regs);
	}
	preempt_enable_notrace();
}

/*
 * The margin is looked at right after this return, and what others do in between makes that
 * doubtful: the return of the reclaim, before all the accounting of the stall, comes too early.
 */
static void notrace on_stall_return(void *data, struct pt_regs *regs)
{
	if (!smcg_hook_off())
		record_margin(smcg_mark(SMCG_EV_MARGIN, 0), *(struct mem_cgroup **)data, 0);
}

/* Tasks may be preempted in there. */
static struct smcg_return stall_return = {
	.handler = on_stall_return, .data_size = sizeof(struct mem_cgroup *), .nr = 1024,
};

/* The end of any stall of memory; ours is the one in the charge path. */
static void notrace on_stall_end(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				 struct ftrace_regs *regs)
{
	struct mem_cgroup **data, *group;

	if (smcg_hook_off() || !smcg_called_by(stall_callers, parent))
		return;
	preempt_disable_notrace();
	group = margin_group();
	data = group ? smcg_return_get(&stall_return) : NULL;
	if (likely(data)) {
		*data = group;
		smcg_return_arm(data, regs);
	}
	preempt_enable_notrace();
}

/*
 * mutex_trylock(mutex): everyone's; ours is the drain's, as a charge calls it that has found no
 * room.  The pages are read first, next to that; the mutex last, next to what is done with it.
 */
static void notrace on_drain_try(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				 struct ftrace_regs *regs)
{
	struct mem_cgroup *group;
	struct smcg_slot *slot;
	u64 above = 0;
	u32 own = 0, memsw = 0;

	if (smcg_hook_off() || !smcg_called_by(trylock_callers, parent))
		return;
	preempt_disable_notrace();
	group = margin_group();
	if (group)
		smcg_read_levels(&group->memory, &own, &above);
	if (group && smcg_legacy)
		memsw = smcg_read_memsw(group);
	slot = smcg_record_begin();
	if (likely(slot)) {
		slot->group = group ? group->css.id : 0;
		slot->nr = memsw;
		slot->gfp = own;
		slot->a = 0;
		slot->c = above;
		slot->b = smcg_read_mutex();
		smcg_publish(slot, smcg_mark(SMCG_EV_DRAIN_TRY, 0));
	}
	margin_over();
	preempt_enable_notrace();
}

static void notrace on_reclaim_high(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				    struct ftrace_regs *regs)
{
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg0(regs);
	u64 above;
	u32 own;

	if (smcg_hook_off() || !smcg_bits_of(group))
		return;
	/* Last: the first level is looked at right away. */
	smcg_tell_limits(group);
	preempt_disable_notrace();
	smcg_read_levels(&group->memory, &own, &above);
	smcg_record(smcg_mark(SMCG_EV_RECLAIM_HIGH, SMCG_BY_HIGH), group->css.id, smcg_arg1(regs),
		    own, 0, 0, above);
	preempt_enable_notrace();
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
		.name = "stall_return", .symbols = { "psi_memstall_leave" }, .optional = true,
		.kind = SMCG_HOOK_RETURN, .ret = &stall_return,
		.why = "more races at the end of a reclaim are ambiguous",
	}, {
		.name = "stall_end", .symbols = { "psi_memstall_leave" }, .optional = true,
		.kind = SMCG_HOOK_ENTRY, .entry = on_stall_end, .callers = stall_callers,
		.why = "more races at the end of a reclaim are ambiguous",
	}, {
		.name = "drain_try", .symbols = { "mutex_trylock" }, .optional = true,
		.kind = SMCG_HOOK_ENTRY, .entry = on_drain_try, .callers = trylock_callers,
		.why = "more races at the end of a reclaim are ambiguous",
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
