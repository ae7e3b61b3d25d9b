/* SPDX-License-Identifier: GPL-2.0 */
/*
 * group.h - events about groups and their limits.
 */
#ifndef SMCG_HOOKS_GROUP_H
#define SMCG_HOOKS_GROUP_H

#include <linux/types.h>

struct cgroup_subsys_state;
struct mem_cgroup;

/* Record GROUP_ONLINE or GROUP_FLAGS.  Any context.  False: lost. */
bool smcg_record_group(u32 type, struct cgroup_subsys_state *css);

/* Record all limits of one group.  False: lost. */
bool smcg_record_limits(struct mem_cgroup *group);

/* A css id begins a new life: its limits have not been told. */
void smcg_forget_limits(u32 id);

int smcg_limits_init(void);
void smcg_limits_exit(void);

#endif
