// SPDX-License-Identifier: GPL-2.0
/*
 * profile.c - the generations, one row each.
 *
 * 6.1: seed 000 and mm/memcontrol.c of that version.  The others are not
 * complete: a row is filled when it was read in its source, and until then
 * no world is made of it.
 */
#include "profile.h"

static const struct smcg_rules rules[SMCG_PROFILE_NR] = {
	[SMCG_PROFILE_6_1] = {
		.complete = true,
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
};

const struct smcg_rules *smcg_profile_rules(u32 profile)
{
	if (profile >= SMCG_PROFILE_NR || !rules[profile].complete)
		return NULL;
	return &rules[profile];
}
