/* SPDX-License-Identifier: GPL-2.0 */
/*
 * memcg.h - what the memory controllers of kernels do alike under other names.
 */
#ifndef SMCG_COMPAT_MEMCG_H
#define SMCG_COMPAT_MEMCG_H

#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/version.h>

#include "compat/regs.h"

/* Does mem_cgroup_migrate() take the charge along, and mem_cgroup_replace_folio() make one more? */
#define SMCG_MIGRATION_MOVES (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0))

/* The group that a page is charged to, NULL if to none; not for slabs.  Any context. */
static __always_inline struct mem_cgroup *smcg_group_of_page(const struct page *page)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	const unsigned long flags = MEMCG_DATA_FLAGS_MASK;
#else
	const unsigned long flags = OBJEXTS_FLAGS_MASK;
#endif

	return (struct mem_cgroup *)(READ_ONCE(page->memcg_data) & ~flags);
}

/* split_page_memcg(head, ...): how many pages become parts of which size.  Its entry hook. */
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
