/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pressure.h - memory pressure of a group, and who listens for it, on the legacy hierarchy.
 *
 * The structure of a listener is private to the kernel's vmpressure.c, that of an event descriptor to its eventfd.c:
 * their BTF tells.
 */
#ifndef SMCG_COMPAT_PRESSURE_H
#define SMCG_COMPAT_PRESSURE_H

#include <linux/memcontrol.h>

#include "compat/legacy_hosts.h"

/* Offset of the id in struct eventfd_ctx. */
extern u32 smcg_eventfd_id_at;

/**
 * smcg_pressure_init() - find what is private.
 * Context: process, after smcg_btf_open().  Return: 0; a negative errno after saying why in the log.
 */
int smcg_pressure_init(void);

/**
 * smcg_pressure_listeners() - call @tell for each listener of a group, the oldest first.
 * @tell: with the id of its event descriptor, its level and its mode, as the kernel numbers them
 * Context: process; nobody comes or goes while it runs.
 */
void smcg_pressure_listeners(struct mem_cgroup *group,
			     void (*tell)(struct mem_cgroup *group, u32 id, u32 level, u32 mode));

static __always_inline u32 smcg_eventfd_id(const void *eventfd)
{
	return READ_ONCE(*(const int *)(eventfd + smcg_eventfd_id_at));
}

#if SMCG_LEGACY_HOSTS

/* Pages scanned, plus one, in the high half, and reclaimed, since the group's worker looked last. */
static __always_inline u64 smcg_pressure_sums(const struct mem_cgroup *group)
{
	u64 scanned = READ_ONCE(group->vmpressure.tree_scanned);
	u64 reclaimed = READ_ONCE(group->vmpressure.tree_reclaimed);

	return min_t(u64, scanned + 1, U32_MAX) << 32 | min_t(u64, reclaimed, U32_MAX);
}

/* Whose worker is it? */
static __always_inline struct mem_cgroup *smcg_pressure_owner(struct work_struct *work)
{
	return container_of(work, struct mem_cgroup, vmpressure.work);
}

#else

static __always_inline u64 smcg_pressure_sums(const struct mem_cgroup *group)
{
	return 0;
}

static __always_inline struct mem_cgroup *smcg_pressure_owner(struct work_struct *work)
{
	return NULL;
}

#endif

#endif
