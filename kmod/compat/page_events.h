/* SPDX-License-Identifier: GPL-2.0 */
/*
 * page_events.h - pages that a group has counted on a CPU, and where it looks at thresholds next.
 *
 * On the legacy hierarchy only. The structure is private to the kernel's memcontrol.c: its BTF tells.
 */
#ifndef SMCG_COMPAT_PAGE_EVENTS_H
#define SMCG_COMPAT_PAGE_EVENTS_H

#include <linux/memcontrol.h>

/* Offsets in struct memcg_vmstats_percpu: the count, and the targets of thresholds and of the soft limit. */
extern u32 smcg_page_events_at, smcg_page_targets_at;

/**
 * smcg_page_events_init() - find them.
 * Context: process, after smcg_btf_open().  Return: 0; a negative errno after saying why in the log.
 */
int smcg_page_events_init(void);

static __always_inline const void *smcg_page_events_of(const struct mem_cgroup *group,
						       unsigned int cpu)
{
	const void __percpu *all = (const void __percpu *)group->vmstats_percpu;

	return per_cpu_ptr(all, cpu);
}

static __always_inline unsigned long smcg_page_events(const struct mem_cgroup *group, unsigned int cpu)
{
	const void *here = smcg_page_events_of(group, cpu);

	return READ_ONCE(*(const unsigned long *)(here + smcg_page_events_at));
}

/* @target: 0 thresholds, 1 soft limit. */
static __always_inline unsigned long smcg_page_target(const struct mem_cgroup *group,
						      unsigned int cpu, u32 target)
{
	const void *here = smcg_page_events_of(group, cpu);

	return READ_ONCE(((const unsigned long *)(here + smcg_page_targets_at))[target]);
}

#endif
