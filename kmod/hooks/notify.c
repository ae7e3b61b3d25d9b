// SPDX-License-Identifier: GPL-2.0
/*
 * notify.c - thresholds are looked at and OOM is notified, on the legacy hierarchy.
 *
 * Pages are counted far too often for a hook; the look that a full count leads to is rare. What is
 * looked at is told each time, so that no change of it can be missed.
 */
#include "shadow_memcg.h"
#include "compat/legacy.h"
#include "compat/page_events.h"
#include "compat/regs.h"
#include "hooks/hooks.h"
#include "hooks/record.h"

static struct smcg_caller_range setters[] = {
	{ "__mem_cgroup_usage_register_event", SMCG_BY_WRITE, .optional = true },
	{ "__mem_cgroup_usage_unregister_event", SMCG_BY_WRITE, .optional = true },
	SMCG_CALLERS_END
};

/* More than that the engine does not follow. */
#define TOLD_MOST	64

/* Interrupts are off.  Return: how many there are. */
static __always_inline u32 tell_thresholds(struct mem_cgroup *group, u32 which)
{
	const struct mem_cgroup_threshold_ary *all = smcg_thresholds(group, which);
	u32 i, nr = smcg_thresholds_nr(all);

	for (i = 0; i < nr && i < TOLD_MOST; i++)
		smcg_record(smcg_mark(SMCG_EV_THRESHOLD_SET, which), group->css.id, nr, 0,
			    smcg_threshold_at(all, i), i, smcg_thresholds_place(all));
	return nr;
}

/* __mem_cgroup_threshold(group, swap), with interrupts off unless one is set */
static void notrace on_threshold(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				 struct ftrace_regs *regs)
{
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg0(regs);
	u32 which = smcg_arg1(regs) & 0xff ? SMCG_WHICH_MEMSW : SMCG_WHICH_MEMORY;
	u32 caller, nr = 0;

	if (smcg_hook_off() || !(smcg_bits_of(group) & SMCG_GROUP_WATCHED))
		return;
	caller = smcg_caller(setters, parent, SMCG_BY_OTHER);
	if (caller == SMCG_BY_OTHER) {
		smcg_move_looked();
		nr = tell_thresholds(group, which);
	}
	smcg_record(smcg_mark(SMCG_EV_THRESHOLD, caller), group->css.id, nr, 0,
		    page_counter_read(smcg_legacy_counter(group, which)) + 1, which,
		    smcg_page_events(group, raw_smp_processor_id()) + 1);
}

static void notrace on_oom_notify(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				  struct ftrace_regs *regs)
{
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg0(regs);

	if (!smcg_hook_off() && smcg_bits_of(group))
		smcg_record(smcg_mark(SMCG_EV_OOM_NOTIFY, 0), group->css.id, 0, 0, 0, 0, 0);
}

static void notrace on_wait_return(void *data, struct pt_regs *regs)
{
	if (!smcg_hook_off())
		smcg_record(smcg_mark(SMCG_EV_OOM_WAITED, 0), *(u32 *)data, 0, 0, 0, 0, 0);
}

/* Those that wait sleep in there. */
static struct smcg_return wait_return = {
	.handler = on_wait_return, .data_size = sizeof(u32), .nr = 1024,
};

/* mem_cgroup_oom_synchronize(handle), at the end of a fault */
static void notrace on_wait(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			    struct ftrace_regs *regs)
{
	struct mem_cgroup *group = smcg_in_oom(current);
	u32 *data;

	if (smcg_hook_off() || !group || !(smcg_arg0(regs) & 0xff) || !smcg_bits_of(group))
		return;
	smcg_record(smcg_mark(SMCG_EV_OOM_WAIT, 0), group->css.id, 0, 0, 0, 0, 0);
	preempt_disable_notrace();
	data = smcg_return_get(&wait_return);
	if (likely(data)) {
		*data = group->css.id;
		smcg_return_arm(data, regs);
	}
	preempt_enable_notrace();
}

static void record_counter(struct mem_cgroup *group, u32 which)
{
	const struct page_counter *counter = smcg_legacy_counter(group, which);
	struct smcg_slot *slot;

	preempt_disable();
	slot = smcg_record_begin();
	if (slot) {
		/* the clock was read before the counter is */
		rmb();
		slot->a = page_counter_read((struct page_counter *)counter);
		slot->b = READ_ONCE(counter->watermark);
		slot->c = READ_ONCE(counter->failcnt);
		slot->group = group->css.id;
		slot->nr = smcg_id_users(group);
		slot->gfp = 0;
		smcg_publish(slot, smcg_mark(SMCG_EV_BASE_LEGACY, which));
	}
	preempt_enable();
}

/* Nothing is told of CPUs on which nothing was counted. */
static void record_page_events(struct mem_cgroup *group)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct smcg_slot *slot;

		if (!smcg_page_events(group, cpu))
			continue;
		preempt_disable();
		slot = smcg_record_begin();
		if (slot) {
			/* the clock was read before the counts are */
			rmb();
			slot->a = smcg_page_events(group, cpu);
			slot->b = smcg_page_target(group, cpu, 0);
			slot->c = smcg_page_target(group, cpu, 1);
			slot->group = group->css.id;
			slot->nr = cpu;
			slot->gfp = 0;
			smcg_publish(slot, smcg_mark(SMCG_EV_BASE_PAGE_EVENTS, 0));
		}
		preempt_enable();
	}
}

void smcg_record_legacy(struct mem_cgroup *group)
{
	u32 which;

	for (which = 0; which < SMCG_WHICH_NR; which++)
		record_counter(group, which);
	record_page_events(group);
}

struct smcg_hook smcg_notify_hooks[] = {
	{
		.name = "threshold", .symbols = { "__mem_cgroup_threshold" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_threshold, .callers = setters,
		.spare = smcg_spare_legacy, .why = "thresholds unknown",
	}, {
		.name = "oom_notify", .symbols = { "mem_cgroup_oom_notify" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_oom_notify, .spare = smcg_spare_legacy,
		.why = "who notifies of OOM unknown",
	}, {
		.name = "oom_wait_return", .symbols = { "mem_cgroup_oom_synchronize" },
		.kind = SMCG_HOOK_RETURN, .ret = &wait_return, .spare = smcg_spare_legacy,
		.why = "the end of waiting for memory unknown",
	}, {
		.name = "oom_wait", .symbols = { "mem_cgroup_oom_synchronize" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_wait, .spare = smcg_spare_legacy,
		.why = "waiting for memory unknown",
	}, {
		.name = NULL
	}
};
