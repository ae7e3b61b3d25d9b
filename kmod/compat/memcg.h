/* SPDX-License-Identifier: GPL-2.0 */
/*
 * memcg.h - what the memory controllers of kernels do alike under other names.
 */
#ifndef SMCG_COMPAT_MEMCG_H
#define SMCG_COMPAT_MEMCG_H

#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/version.h>
#include <net/sock.h>

#include "compat/regs.h"

/* Does mem_cgroup_migrate() take the charge along, and mem_cgroup_replace_folio() make one more? */
#define SMCG_MIGRATION_MOVES (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0))

/* From 7.2 on a folio belongs to an object group, of which a group has one per node. */
#define SMCG_FOLIO_HAS_OBJCG (LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0))

/* What of page->memcg_data is no address. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define SMCG_MEMCG_DATA_FLAGS MEMCG_DATA_FLAGS_MASK
#else
#define SMCG_MEMCG_DATA_FLAGS OBJEXTS_FLAGS_MASK
#endif

/* The group that a page is charged to, NULL if to none; not for slabs.  Any context, preemption disabled. */
static __always_inline struct mem_cgroup *smcg_group_of_page(const struct page *page)
{
	void *owner = (void *)(READ_ONCE(page->memcg_data) & ~(unsigned long)SMCG_MEMCG_DATA_FLAGS);

	if (SMCG_FOLIO_HAS_OBJCG && owner)
		return READ_ONCE(((struct obj_cgroup *)owner)->memcg);
	return owner;
}

/* The object group of a page that the kernel charged as its own, NULL: it is not. */
static __always_inline struct obj_cgroup *smcg_kernel_page_owner(const struct page *page)
{
	unsigned long data = READ_ONCE(page->memcg_data);

	return data & MEMCG_DATA_KMEM ? (struct obj_cgroup *)(data & ~(unsigned long)SMCG_MEMCG_DATA_FLAGS) : NULL;
}

/* The object groups of a group, one per node or one in all, and those it inherited. */
#if SMCG_FOLIO_HAS_OBJCG
#define SMCG_OBJCG_SETS nr_node_ids
#define smcg_objcg_of(group, set) ((group)->nodeinfo[set]->objcg)
#define smcg_objcgs_inherited(group, set) (&(group)->nodeinfo[set]->objcg_list)
#else
#define SMCG_OBJCG_SETS 1
#define smcg_objcg_of(group, set) ((group)->objcg)
#define smcg_objcgs_inherited(group, set) (&(group)->objcg_list)
#endif

/*
 * The object group that a slab object of this context is charged to, NULL if to root's.  In the middle
 * of its allocation: the task has its own by then.  Preemption disabled.
 */
#if SMCG_FOLIO_HAS_OBJCG
static __always_inline struct obj_cgroup *smcg_current_objcg(bool in_task)
{
	struct mem_cgroup *group;
	struct obj_cgroup *objcg;

	group = in_task ? current->active_memcg : this_cpu_read(int_active_memcg);
	if (in_task && !group)
		return (void *)((unsigned long)READ_ONCE(current->objcg) & ~1UL);
	for (; group; group = parent_mem_cgroup(group)) {
		objcg = rcu_dereference_raw(group->nodeinfo[numa_node_id()]->objcg);
		if (objcg)
			return objcg;
	}
	return NULL;
}
#else
static __always_inline struct obj_cgroup *smcg_current_objcg(bool in_task)
{
	return NULL;
}
#endif

/* mem_cgroup_uncharge_skmem(group, ...), mem_cgroup_sk_uncharge(socket, ...): whose it is. */
static __always_inline struct mem_cgroup *smcg_sock_group(struct ftrace_regs *regs)
{
#if SMCG_FOLIO_HAS_OBJCG
	return READ_ONCE(((struct sock *)smcg_arg0(regs))->sk_memcg);
#else
	return (struct mem_cgroup *)smcg_arg0(regs);
#endif
}

/* __mem_cgroup_try_charge_swap(folio, ...): was there no slot?  Its entry hook. */
static __always_inline bool smcg_swap_without_slot(struct ftrace_regs *regs)
{
#if SMCG_FOLIO_HAS_OBJCG
	return !folio_test_swapcache((struct folio *)smcg_arg0(regs));
#else
	return !smcg_arg1(regs);
#endif
}

/*
 * The first swap entry of a folio, for those who are called with it as @arg before 7.2, and find it in the folio later: only
 * in the swap cache there is one, and not a pointer.  0: none.
 */
static __always_inline u64 smcg_swap_entry(struct ftrace_regs *regs, u64 arg)
{
#if SMCG_FOLIO_HAS_OBJCG
	const struct folio *folio = (const struct folio *)smcg_arg0(regs);

	return folio_test_swapcache((struct folio *)folio) ? folio->swap.val : 0;
#else
	return arg;
#endif
}

/* mem_cgroup_swapin_charge_folio(folio, ...): for whom, NULL nobody in particular?  Its entry hook. */
static __always_inline const struct mm_struct *smcg_swapin_mm(struct ftrace_regs *regs)
{
	return (const struct mm_struct *)(SMCG_FOLIO_HAS_OBJCG ? smcg_arg2(regs) : smcg_arg1(regs));
}

/* Is the memory of an OOM victim given up on?  Any context. */
static __always_inline bool smcg_is_reaped(const struct mm_struct *mm)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
	return test_bit(MMF_OOM_SKIP, &mm->flags);
#else
	return mm_flags_test(MMF_OOM_SKIP, mm);
#endif
}

/* split_page_memcg(head, ...), folio_split_memcg_refs(folio, ...): how many pages become parts of which size.  Its entry hook. */
static __always_inline void smcg_split_args(struct ftrace_regs *regs, u32 *nr, u32 *part)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
	*nr = smcg_arg1(regs);
	*part = 1;
#else
	*nr = 1u << (smcg_arg1(regs) & 31);
	*part = 1u << (smcg_arg2(regs) & 31);
#endif
}

/* What mem_cgroup_flush_stats() is called with for all groups. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define SMCG_FLUSH_ALL
#else
#define SMCG_FLUSH_ALL NULL
#endif

#endif
