/* SPDX-License-Identifier: GPL-2.0 */
/* profile.h - what one kernel generation does differently, as data. */
#ifndef SMCG_PROFILE_H
#define SMCG_PROFILE_H

#include "env.h"

/**
 * struct smcg_rules - the rules of one generation for the charge path.
 * @name: of the generation; NULL while its rules are not complete
 * @batch: pages asked for at once, and the most that a stock keeps
 * @retries: rounds of reclaim before the OOM killer is asked
 * @costly_pages: reclaim that made progress earns a free round up to this size
 * @oom_order: highest order for which the OOM killer is asked
 * @force_gfp: flags that are let through over the limit at the end
 * @force_task: task states that are let through as soon as the exact try failed
 * @fail_task: task states that fail as soon as the exact try failed
 * @dying_after_oom: task states that fail once an OOM pass made progress
 * @forced_raises_max: a charge let through raises the max event, if none was
 * @oom_starts_over: after an OOM pass with progress the budget is fresh
 * @migration_moves: a migrated folio's charge goes along, instead of one more being made
 * @dead_cpu_bytes: the bytes of a CPU that died are put back, too
 */
struct smcg_rules {
	const char *name;
	u32 batch;
	u32 retries;
	u32 costly_pages;
	u32 oom_order;
	u32 force_gfp;
	u32 force_task;
	u32 fail_task;
	u32 dying_after_oom;
	bool forced_raises_max;
	bool oom_starts_over;
	bool migration_moves;
	bool dead_cpu_bytes;
};

/**
 * smcg_profile_rules() - the rules of a generation.
 * @profile: enum smcg_profile, may come from outside.
 * Context: any.  Return: the rules, NULL when they are not complete.
 */
const struct smcg_rules *smcg_profile_rules(u32 profile);

/**
 * smcg_charge_moves() - does this MIGRATE take the old folio's charge along?
 * Source: mem_cgroup_migrate(), from 6.7 on mem_cgroup_replace_folio() beside it.
 */
bool smcg_charge_moves(const struct smcg_rules *r, const struct smcg_event *e);

#endif
