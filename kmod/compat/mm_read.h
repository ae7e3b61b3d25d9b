/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mm_read.h - how much memory another task has, read without its lock.
 *
 * The memory of an mm_struct stays mapped when it is freed, so reading one that goes away
 * gives a wrong number at worst; who reads looks afterwards whether it is still the task's. The
 * reads are not for KASAN to see. rss_stat became per-CPU counters in 6.2, of which the
 * OOM killer reads the common part up to 6.12. 7.2's adds up all CPUs' parts, under a lock that is not
 * for a hook to take; they can go away with their memory, and are read as such.
 */
#ifndef SMCG_COMPAT_MM_READ_H
#define SMCG_COMPAT_MM_READ_H

#include <linux/mm_types.h>
#include <linux/percpu_counter.h>
#include <linux/uaccess.h>
#include <linux/version.h>

#define smcg_read_word(word) READ_ONCE_NOCHECK(*(const long *)&(word))

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define smcg_rss_word(mm, which) ((mm)->rss_stat.count[which])
#else
#define smcg_rss_word(mm, which) ((mm)->rss_stat[which].count)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
static __always_inline long smcg_rss_parts(struct mm_struct *mm, int which)
{
	return 0;
}
#else
static __always_inline long smcg_rss_parts(struct mm_struct *mm, int which)
{
	s32 __percpu *parts = (s32 __percpu *)smcg_read_word(mm->rss_stat[which].counters);
	unsigned int cpu;
	long pages = 0;
	s32 part;

	for_each_online_cpu(cpu)
		if (parts && !get_kernel_nofault(part, per_cpu_ptr(parts, cpu)))
			pages += part;
	return pages;
}
#endif

/* One of MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES; in pages.  Any context, leaf. */
static __always_inline unsigned long smcg_mm_pages(struct mm_struct *mm, int which)
{
	long pages = smcg_read_word(smcg_rss_word(mm, which)) + smcg_rss_parts(mm, which);

	return pages > 0 ? pages : 0;
}

#define smcg_mm_rss(mm) (smcg_mm_pages(mm, MM_FILEPAGES) + smcg_mm_pages(mm, MM_ANONPAGES) + \
			 smcg_mm_pages(mm, MM_SHMEMPAGES))
#define smcg_mm_table_bytes(mm) ((unsigned long)smcg_read_word((mm)->pgtables_bytes))
#define smcg_mm_users(mm) ((unsigned int)smcg_read_word((mm)->mm_users))
#define smcg_mm_flag(mm, bit) (smcg_read_word((mm)->flags) >> (bit) & 1)

#endif
