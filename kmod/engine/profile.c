// SPDX-License-Identifier: GPL-2.0
/*
 * profile.c - the generations, one row each.
 *
 * 6.1: seed 000 and mm/memcontrol.c of that version; 6.12: the same file there.  The
 * others are not complete: a row is filled when it was read in its source, and until
 * then no world is made of it.  "Generations" in MODEL.md says why rows differ.
 */
#include "engine.h"
#include "profile.h"

static const struct smcg_rules rules[SMCG_PROFILE_NR] = {
	[SMCG_PROFILE_6_1] = {
		.name = "6.1",
		.batch = 64,
		.retries = 16,
		.costly_pages = 8,
		.oom_order = 3,
		.force_gfp = SMCG_GFP_NOFAIL | SMCG_GFP_HIGH,
		.force_task = SMCG_TASK_MEMALLOC,
		.fail_task = SMCG_TASK_IN_OOM,
		.dying_after_oom = SMCG_TASK_DYING,
		.forced_raises_max = true,
		.oom_starts_over = true,
	},
	[SMCG_PROFILE_6_12] = {
		.name = "6.12",
		.batch = 64,
		.retries = 16,
		.costly_pages = 8,
		.oom_order = 3,
		.force_gfp = SMCG_GFP_NOFAIL | SMCG_GFP_HIGH,
		.force_task = SMCG_TASK_MEMALLOC,
		.fail_task = SMCG_TASK_IN_OOM | SMCG_TASK_REAPED,
		.dying_after_oom = SMCG_TASK_DYING,
		.forced_raises_max = true,
		.oom_starts_over = true,
		.migration_moves = true,
		.dead_cpu_bytes = true,
	},
};

const struct smcg_rules *smcg_profile_rules(u32 profile)
{
	if (profile >= SMCG_PROFILE_NR || !rules[profile].name)
		return NULL;
	return &rules[profile];
}

const char *smcg_profile_name(enum smcg_profile profile)
{
	const struct smcg_rules *found = smcg_profile_rules(profile);

	return found ? found->name : NULL;
}

bool smcg_charge_moves(const struct smcg_rules *r, const struct smcg_event *e)
{
	return r->migration_moves && e->caller == SMCG_BY_MIGRATE;
}
