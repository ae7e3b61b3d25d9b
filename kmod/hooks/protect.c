// SPDX-License-Identifier: GPL-2.0
/*
 * protect.c - memory.min and memory.low: set, and asked for by reclaim.
 */
#include <linux/memcontrol.h>

#include "compat/regs.h"
#include "compat/stock_layout.h"
#include "hooks/hooks.h"
#include "hooks/record.h"

/* The counters of other controllers are set by others. */
static struct smcg_caller_range setters[] = {
	{ "memory_min_write", SMCG_BY_WRITE },
	{ "memory_low_write", SMCG_BY_WRITE },
	{ "mem_cgroup_css_offline", SMCG_BY_WRITE },
	{ "mem_cgroup_css_reset", SMCG_BY_WRITE },
	SMCG_CALLERS_END
};

static struct smcg_caller_range shrinkers[] = {
	{ "shrink_node", SMCG_BY_OTHER },
	SMCG_CALLERS_END
};

/* A setter, which its file keeps from going. */
struct set {
	struct mem_cgroup *group;
	u32 which;
};

/*
 * It may have lost its CPU before it had set anything: who asked meanwhile met the old limit, and
 * told so.
 */
static void notrace on_set_done(void *data, struct pt_regs *regs)
{
	const struct set *set = data;

	if (!smcg_hook_off() && smcg_bits_of(set->group))
		smcg_tell_changed(set->group, set->which);
}

static struct smcg_return set_done = {
	.handler = on_set_done, .data_size = sizeof(struct set), .nr = 64,
};

static __always_inline void await_set(struct mem_cgroup *group, u32 which, struct ftrace_regs *regs)
{
	struct set *set;

	preempt_disable_notrace();
	set = smcg_return_get(&set_done);
	if (likely(set)) {
		set->group = group;
		set->which = which;
		smcg_return_arm(set, regs);
	}
	preempt_enable_notrace();
}

static __always_inline void record_set(struct ftrace_regs *regs, unsigned long parent, u32 which)
{
	struct page_counter *counter = (struct page_counter *)smcg_arg0(regs);
	struct mem_cgroup *group = container_of(counter, struct mem_cgroup, memory);

	if (smcg_hook_off() || smcg_caller(setters, parent, SMCG_BY_OTHER) != SMCG_BY_WRITE ||
	    !smcg_bits_of(group))
		return;
	smcg_tell_limit(group, which, smcg_arg1(regs));
	await_set(group, which, regs);
}

static void notrace on_set_min(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			       struct ftrace_regs *regs)
{
	record_set(regs, parent, SMCG_LIMIT_MIN);
}

static void notrace on_set_low(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			       struct ftrace_regs *regs)
{
	record_set(regs, parent, SMCG_LIMIT_LOW);
}

/* Does the kernel have anything to compute?  Without any of these all is nothing, and stays so. */
static __always_inline bool protects(const struct page_counter *counter)
{
	const struct page_counter *parent = counter->parent;

	return READ_ONCE(counter->min) | READ_ONCE(counter->low) | READ_ONCE(counter->emin) |
	       READ_ONCE(counter->elow) |
	       (parent ? READ_ONCE(parent->emin) | READ_ONCE(parent->elow) : 0);
}

/* What the return must remember of the call: reclaim holds the group. */
struct ask {
	struct mem_cgroup *group;
	u32 target;
};

/* With slots: of tasks that may lose their CPU meanwhile, by the low bits of their number. */
static struct {
	u32 pid;
	struct mem_cgroup *group;
} asking[SMCG_STOCK_SLOTS ? 1024 : 1];

#define ASKING_HERE (&asking[current->pid & (ARRAY_SIZE(asking) - 1)])

void smcg_asking_forget(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(asking); i++)
		WRITE_ONCE(asking[i].pid, 0);
}

static __always_inline void asking_begins(struct mem_cgroup *group)
{
	if (!SMCG_STOCK_SLOTS)
		return;
	WRITE_ONCE(ASKING_HERE->pid, 0);
	smp_wmb();
	WRITE_ONCE(ASKING_HERE->group, group);
	smp_store_release(&ASKING_HERE->pid, current->pid);
}

static __always_inline void asking_ends(void)
{
	if (SMCG_STOCK_SLOTS && ASKING_HERE->pid == current->pid)
		WRITE_ONCE(ASKING_HERE->pid, 0);
}

/* 24 bits of it, plus one; 0 for more. */
static __always_inline u64 in_half(unsigned long pages)
{
	return pages < 0xffffff ? pages + 1 : 0;
}

/* Reclaim holds the group until then. */
notrace u64 smcg_protection_asked(void)
{
	const struct mem_cgroup *group;

	if (smp_load_acquire(&ASKING_HERE->pid) != current->pid)
		return 0;
	group = READ_ONCE(ASKING_HERE->group);
	smp_rmb();
	if (READ_ONCE(ASKING_HERE->pid) != current->pid)
		return 0;
	return in_half(READ_ONCE(group->memory.emin)) |
	       in_half(READ_ONCE(group->memory.elow)) << 24;
}

static void notrace on_asked(void *data, struct pt_regs *regs)
{
	struct ask *ask = data;

	asking_ends();
	if (!smcg_hook_off())
		smcg_record(smcg_mark(SMCG_EV_PROTECT, 1), ask->group->css.id, 0, 0,
			    READ_ONCE(ask->group->memory.emin), READ_ONCE(ask->group->memory.elow),
			    ask->target);
}

/* Nobody sleeps in there. */
static struct smcg_return asked = {
	.handler = on_asked, .data_size = sizeof(struct ask), .nr = 256,
};

/* mem_cgroup_calculate_protection(target, group) */
static void notrace on_ask(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			   struct ftrace_regs *regs)
{
	struct mem_cgroup *target = (struct mem_cgroup *)smcg_arg0(regs);
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg1(regs);
	struct cgroup_subsys_state *css;
	struct ask *ask;

	if (smcg_hook_off() || !smcg_bits_of(group) || !protects(&group->memory))
		return;
	css = target ? &target->css : &group->css;
	while (!target && css->parent)
		css = css->parent;
	/* What is being set now may not be there yet. */
	smcg_tell_changed(group, SMCG_LIMIT_MIN);
	smcg_tell_changed(group, SMCG_LIMIT_LOW);
	smcg_record(smcg_mark(SMCG_EV_PROTECT, 0), group->css.id, 0, 0, 0, 0, 0);
	preempt_disable_notrace();
	ask = smcg_return_get(&asked);
	if (likely(ask)) {
		ask->group = group;
		ask->target = css->id;
		smcg_return_arm(ask, regs);
		asking_begins(group);
	}
	preempt_enable_notrace();
}

/* shrink_lruvec(lruvec, control): what is protected for good does not come here. */
static void notrace on_shrink(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			      struct ftrace_regs *regs)
{
	struct lruvec *lruvec = (struct lruvec *)smcg_arg0(regs);
	struct mem_cgroup *group;

	if (smcg_hook_off() || mem_cgroup_disabled() || !smcg_called_by(shrinkers, parent))
		return;
	group = container_of(lruvec, struct mem_cgroup_per_node, lruvec)->memcg;
	if (group && smcg_bits_of(group) && READ_ONCE(group->memory.elow))
		smcg_record(smcg_mark(SMCG_EV_SHRINK, 0), group->css.id, 0, 0, 0, 0, 0);
}

struct smcg_hook smcg_protect_hooks[] = {
	{
		.name = "set_done", .symbols = { "page_counter_set_min" }, .kind = SMCG_HOOK_RETURN,
		.ret = &set_done, .why = "memory.min too early",
	}, {
		.name = "set_min", .symbols = { "page_counter_set_min" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_set_min, .callers = setters, .why = "memory.min too late",
	}, {
		.name = "set_low", .symbols = { "page_counter_set_low" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_set_low, .callers = setters, .why = "memory.low too late",
	}, {
		.name = "protected", .symbols = { "mem_cgroup_calculate_protection" },
		.kind = SMCG_HOOK_RETURN, .ret = &asked, .why = "no protection in reclaim",
	}, {
		.name = "protect", .symbols = { "mem_cgroup_calculate_protection" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_ask, .why = "no protection in reclaim",
	}, {
		.name = "shrink", .symbols = { "shrink_lruvec" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_shrink, .callers = shrinkers, .why = "low events not counted",
	}, {
		.name = NULL
	}
};
