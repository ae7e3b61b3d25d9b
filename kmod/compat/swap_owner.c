// SPDX-License-Identifier: GPL-2.0
#include <linux/memcontrol.h>
#include <linux/rcupdate.h>
#include <linux/swap.h>
#include <linux/version.h>

#include "compat/kallsyms.h"
#include "compat/regs.h"
#include "compat/swap_owner.h"

typedef struct mem_cgroup *group_of_id_fn(unsigned short id);

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
SMCG_KERNEL_CALL(mem_cgroup_from_private_id, group_of_id_fn);

int smcg_swap_owner_init(void)
{
	return smcg_find_call(mem_cgroup_from_private_id) ? 0 : -ENOENT;
}

static __always_inline struct mem_cgroup *owner_of(struct ftrace_regs *regs)
{
	return static_call(smcg_call_mem_cgroup_from_private_id)((unsigned short)smcg_arg1(regs));
}
#else
#include <linux/swap_cgroup.h>

SMCG_KERNEL_CALL(mem_cgroup_from_id, group_of_id_fn);
SMCG_KERNEL_CALL(lookup_swap_cgroup_id, lookup_swap_cgroup_id);

int smcg_swap_owner_init(void)
{
	return smcg_find_call(mem_cgroup_from_id) && smcg_find_call(lookup_swap_cgroup_id) ? 0 : -ENOENT;
}

static __always_inline struct mem_cgroup *owner_of(struct ftrace_regs *regs)
{
	swp_entry_t entry = { .val = smcg_arg3(regs) };

	return static_call(smcg_call_mem_cgroup_from_id)(static_call(smcg_call_lookup_swap_cgroup_id)(entry));
}
#endif

notrace u64 smcg_swap_owner(struct ftrace_regs *regs)
{
	const struct mem_cgroup *group;
	u64 owner = 1;

	rcu_read_lock();
	group = owner_of(regs);
	if (group && (group->css.flags & CSS_NO_REF || !percpu_ref_is_dying((struct percpu_ref *)&group->css.refcnt)))
		owner = 2 + group->css.id;
	rcu_read_unlock();
	return owner;
}
