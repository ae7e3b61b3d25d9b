/* SPDX-License-Identifier: GPL-2.0 */
/*
 * legacy.h - the counters and settings that a group has on the legacy hierarchy (cgroup v1).
 *
 * Who includes this includes shadow_memcg.h first, for the names of counters and limits.
 */
#ifndef SMCG_COMPAT_LEGACY_H
#define SMCG_COMPAT_LEGACY_H

#include <linux/cgroup.h>
#include <linux/memcontrol.h>
#include <linux/page_counter.h>

#include "compat/legacy_hosts.h"

static inline bool smcg_hierarchy_is_legacy(void)
{
	return !cgroup_subsys_on_dfl(memory_cgrp_subsys);
}

#if SMCG_LEGACY_HOSTS

/* The css of the root group, on whatever hierarchy it is.  Under RCU. */
static inline struct cgroup_subsys_state *smcg_root_css(void)
{
	return rcu_dereference(READ_ONCE(memory_cgrp_subsys.root)->cgrp.subsys[memory_cgrp_id]);
}

#define SMCG_LEGACY_LIMITS 5

static __always_inline struct page_counter *smcg_legacy_counter(struct mem_cgroup *group, u32 which)
{
	switch (which) {
	case SMCG_WHICH_MEMSW:
		return &group->memsw;
	case SMCG_WHICH_KMEM:
		return &group->kmem;
	case SMCG_WHICH_TCPMEM:
		return &group->tcpmem;
	default:
		return &group->memory;
	}
}

/*
 * Whose counter is it, and which?  All that call with counters of memory groups are known, so it
 * lies in a group; the guesses go from its front to its back, so that none looks at memory before it.
 */
static __always_inline struct mem_cgroup *smcg_legacy_owner(unsigned long counter, u32 *which)
{
	static const size_t offset[SMCG_WHICH_NR] = {
		[SMCG_WHICH_MEMORY] = offsetof(struct mem_cgroup, memory),
		[SMCG_WHICH_MEMSW] = offsetof(struct mem_cgroup, memsw),
		[SMCG_WHICH_KMEM] = offsetof(struct mem_cgroup, kmem),
		[SMCG_WHICH_TCPMEM] = offsetof(struct mem_cgroup, tcpmem),
	};
	struct mem_cgroup *group = NULL;

	for (*which = 0; *which < SMCG_WHICH_NR; ++*which) {
		group = (struct mem_cgroup *)(counter - offset[*which]);
		if (READ_ONCE(group->css.ss) == &memory_cgrp_subsys)
			return group;
	}
	return NULL;
}

/* By place: the settings that matter, and what enum smcg_limit calls them. */
static __always_inline unsigned long smcg_legacy_limit(const struct mem_cgroup *group, u32 place,
						       u32 *limit)
{
	switch (place) {
	case 0:
		*limit = SMCG_LIMIT_MAX;
		return READ_ONCE(group->memory.max);
	case 1:
		*limit = SMCG_LIMIT_MEMSW_MAX;
		return READ_ONCE(group->memsw.max);
	case 2:
		*limit = SMCG_LIMIT_TCPMEM_MAX;
		return READ_ONCE(group->tcpmem.max);
	case 3:
		*limit = SMCG_LIMIT_SOFT;
		return READ_ONCE(group->soft_limit);
	default:
		*limit = SMCG_LIMIT_OOM_OFF;
		return READ_ONCE(group->oom_kill_disable);
	}
}

/* Users of the id: being online, and swap entries. */
static inline u32 smcg_id_users(const struct mem_cgroup *group)
{
	return refcount_read(&group->id.ref);
}

static __always_inline u32 smcg_read_memsw(const struct mem_cgroup *group)
{
	return atomic_long_read(&group->memsw.usage) + 1;
}

/* The thresholds of a counter that has them, NULL: none.  Under RCU, or with interrupts off. */
static __always_inline const struct mem_cgroup_threshold_ary *
smcg_thresholds(const struct mem_cgroup *group, u32 which)
{
	return which == SMCG_WHICH_MEMSW ? READ_ONCE(group->memsw_thresholds.primary) :
					   READ_ONCE(group->thresholds.primary);
}

static __always_inline u32 smcg_thresholds_nr(const struct mem_cgroup_threshold_ary *t)
{
	return t ? t->size : 0;
}

/* 1 + index of the last one that had been reached when they were looked at last. */
static __always_inline u32 smcg_thresholds_place(const struct mem_cgroup_threshold_ary *t)
{
	return READ_ONCE(t->current_threshold) + 1;
}

/* In pages. */
static __always_inline unsigned long
smcg_threshold_at(const struct mem_cgroup_threshold_ary *t, u32 i)
{
	return t->entries[i].threshold;
}

/* The group whose OOM the task is about to wait for, or NULL. */
static __always_inline struct mem_cgroup *smcg_in_oom(const struct task_struct *task)
{
	return task->memcg_in_oom;
}

static __always_inline int smcg_legacy_swappiness(const struct mem_cgroup *group)
{
	return READ_ONCE(group->swappiness);
}

#else

static inline struct cgroup_subsys_state *smcg_root_css(void)
{
	return rcu_dereference(cgrp_dfl_root.cgrp.subsys[memory_cgrp_id]);
}

#define SMCG_LEGACY_LIMITS 0

static __always_inline struct page_counter *smcg_legacy_counter(struct mem_cgroup *group, u32 which)
{
	return &group->memory;
}

static __always_inline struct mem_cgroup *smcg_legacy_owner(unsigned long counter, u32 *which)
{
	return NULL;
}

static __always_inline unsigned long smcg_legacy_limit(const struct mem_cgroup *group, u32 place,
						       u32 *limit)
{
	return 0;
}

static inline u32 smcg_id_users(const struct mem_cgroup *group)
{
	return 0;
}

static __always_inline u32 smcg_read_memsw(const struct mem_cgroup *group)
{
	return 0;
}

struct mem_cgroup_threshold_ary;

static __always_inline const struct mem_cgroup_threshold_ary *
smcg_thresholds(const struct mem_cgroup *group, u32 which)
{
	return NULL;
}

static __always_inline u32 smcg_thresholds_nr(const struct mem_cgroup_threshold_ary *t)
{
	return 0;
}

static __always_inline u32 smcg_thresholds_place(const struct mem_cgroup_threshold_ary *t)
{
	return 0;
}

static __always_inline unsigned long
smcg_threshold_at(const struct mem_cgroup_threshold_ary *t, u32 i)
{
	return 0;
}

static __always_inline struct mem_cgroup *smcg_in_oom(const struct task_struct *task)
{
	return NULL;
}

static __always_inline int smcg_legacy_swappiness(const struct mem_cgroup *group)
{
	return 0;
}

#endif

#endif
