// SPDX-License-Identifier: GPL-2.0
/*
 * profile.c - the generations, one row each.
 *
 * 4.18: seed 001 and mm/memcontrol.c of that version; 5.10: that of 5.10.262; 6.1: seed
 * 000 and that file; 6.12 and 7.2: the same file there.  GENERATIONS.md has a source for
 * each difference.
 */
#include "engine.h"
#include "profile.h"

static const struct smcg_rules rules[SMCG_PROFILE_NR] = {
	[SMCG_PROFILE_4_18] = {
		.name = "4.18",
		.batch = 32,
		.retries = 5,
		.costly_pages = 8,
		.oom_order = U32_MAX,
		.noted_order = 3,
		.force_gfp = SMCG_GFP_NOFAIL,
		.force_gfp_last = SMCG_GFP_NOFAIL,
		.force_task = SMCG_TASK_MEMALLOC | SMCG_TASK_DYING,
		.force_task_last = SMCG_TASK_DYING,
		.fail_task = SMCG_TASK_IN_OOM,
		.bytes = SMCG_BYTES_NONE,
		.oom_noted = true,
		.commits = true,
		.kmem_to_counter = true,
		.offline_keeps = true,
		.sock_forces = true,
		.page_slots = 1,
		.byte_slots = 1,
		.bytes_most = U32_MAX,
		.badness_above_zero = true,
	},
	[SMCG_PROFILE_5_10] = {
		.name = "5.10",
		.batch = 32,
		.retries = 16,
		.costly_pages = 8,
		.oom_order = 3,
		.force_gfp = SMCG_GFP_NOFAIL,
		.force_gfp_first = SMCG_GFP_ATOMIC,
		.force_gfp_last = SMCG_GFP_NOFAIL,
		.fail_gfp_last = SMCG_GFP_RETRY_MAYFAIL,
		.force_task = SMCG_TASK_MEMALLOC,
		.fail_task = SMCG_TASK_IN_OOM,
		.dying_after_oom = SMCG_TASK_DYING,
		.bytes = SMCG_BYTES_ALL_LEAVE,
		.oom_starts_over = true,
		.dying_is_progress = true,
		.sock_forces = true,
		.page_slots = 1,
		.byte_slots = 1,
		.bytes_most = U32_MAX,
		.high_penalty = true,
	},
	[SMCG_PROFILE_6_1] = {
		.name = "6.1",
		.batch = 64,
		.retries = 16,
		.costly_pages = 8,
		.oom_order = 3,
		.force_gfp = SMCG_GFP_NOFAIL | SMCG_GFP_HIGH,
		.fail_gfp_last = SMCG_GFP_RETRY_MAYFAIL,
		.force_task = SMCG_TASK_MEMALLOC,
		.fail_task = SMCG_TASK_IN_OOM,
		.dying_after_oom = SMCG_TASK_DYING,
		.forced_raises_max = true,
		.oom_starts_over = true,
		.dying_is_progress = true,
		.page_slots = 1,
		.byte_slots = 1,
		.bytes_most = U32_MAX,
		.high_penalty = true,
		.high_at_once = true,
	},
	[SMCG_PROFILE_6_12] = {
		.name = "6.12",
		.batch = 64,
		.retries = 16,
		.costly_pages = 8,
		.oom_order = 3,
		.force_gfp = SMCG_GFP_NOFAIL | SMCG_GFP_HIGH,
		.fail_gfp_last = SMCG_GFP_RETRY_MAYFAIL,
		.force_task = SMCG_TASK_MEMALLOC,
		.fail_task = SMCG_TASK_IN_OOM | SMCG_TASK_REAPED,
		.dying_after_oom = SMCG_TASK_DYING,
		.forced_raises_max = true,
		.oom_starts_over = true,
		.dying_is_progress = true,
		.hugetlb = true,
		.dying_not_high = true,
		.high_penalty = true,
		.high_at_once = true,
		.target_unprotected = true,
		.migration_moves = true,
		.dead_cpu_bytes = true,
		.page_slots = 1,
		.byte_slots = 1,
		.bytes_most = U32_MAX,
	},
	[SMCG_PROFILE_7_2] = {
		.name = "7.2",
		.batch = 64,
		.retries = 16,
		.costly_pages = 8,
		.oom_order = 3,
		.force_gfp = SMCG_GFP_NOFAIL | SMCG_GFP_HIGH,
		.fail_gfp_last = SMCG_GFP_RETRY_MAYFAIL,
		.force_task = SMCG_TASK_MEMALLOC,
		.fail_task = SMCG_TASK_IN_OOM | SMCG_TASK_REAPED,
		.dying_after_oom = SMCG_TASK_DYING,
		.forced_raises_max = true,
		.oom_starts_over = true,
		.hugetlb = true,
		.dying_not_high = true,
		.high_penalty = true,
		.high_at_once = true,
		.target_unprotected = true,
		.migration_moves = true,
		.dead_cpu_bytes = true,
		.page_slots = 7,
		.byte_slots = 5,
		.bytes_most = U16_MAX,
		.exact_gfp = SMCG_GFP_NOSPIN,
		.refill_past = true,
		.trylock = true,
		.apart = true,
		.folios_reparented = true,
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

enum smcg_turn smcg_turn_after_exact(const struct smcg_rules *r, u32 gfp, u32 task)
{
	if (gfp & r->force_gfp_first || task & r->force_task)
		return SMCG_TURN_FORCE;
	if (task & r->fail_task || !(gfp & SMCG_GFP_BLOCKING))
		return SMCG_TURN_FAIL;
	return SMCG_TURN_ON;
}

enum smcg_turn smcg_turn_before_oom(const struct smcg_rules *r, u32 gfp, u32 task, u32 order,
				    bool passed_oom)
{
	if (gfp & r->fail_gfp_last)
		return SMCG_TURN_FAIL;
	if (gfp & r->force_gfp_last || task & r->force_task_last)
		return SMCG_TURN_FORCE;
	if (passed_oom && task & r->dying_after_oom)
		return SMCG_TURN_FAIL;
	return order > r->oom_order ? SMCG_TURN_FAIL : SMCG_TURN_ON;
}

enum smcg_turn smcg_turn_at_end(const struct smcg_rules *r, u32 gfp)
{
	return gfp & r->force_gfp ? SMCG_TURN_FORCE : SMCG_TURN_FAIL;
}
