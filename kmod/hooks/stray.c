// SPDX-License-Identifier: GPL-2.0
/*
 * stray.c - which tasks may be in a charge that began before the hooks were on.
 *
 * Such a charge goes on after the baseline, and takes from a stock what no event tells of.
 */
#include <linux/cgroup.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "compat/memcg.h"
#include "feed/source.h"
#include "hooks/filter.h"
#include "hooks/hooks.h"
#include "hooks/record.h"

/* The engine does not keep more apart. */
#define MOST_STRAYS	65

/* In reclaim, asleep in the kernel where no signal ends it, on another CPU, or preempted anywhere. */
static bool may_charge(const struct task_struct *task)
{
	unsigned int state = READ_ONCE(task->__state);

	return task->flags & PF_MEMALLOC || state & TASK_UNINTERRUPTIBLE ||
		(state == TASK_RUNNING && (preempt_model_preemptible() || READ_ONCE(task->on_cpu)));
}

void smcg_record_strays(void)
{
	const struct task_struct *process, *task;
	unsigned int nr = 0;

	rcu_read_lock();
	for_each_process_thread(process, task) {
		const struct mem_cgroup *group = mem_cgroup_from_css(task_css((struct task_struct *)task, memory_cgrp_id));

		if (task == current || task->flags & PF_KTHREAD || nr == MOST_STRAYS ||
		    smcg_bits_of(group) != SMCG_GROUP_WATCHED || !may_charge(task))
			continue;
		smcg_record(smcg_mark(SMCG_EV_BASE_TASK, 0), group->css.id, task->pid, 0, 0, 0, 0);
		nr++;
	}
	rcu_read_unlock();
}
