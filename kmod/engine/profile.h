/* SPDX-License-Identifier: GPL-2.0 */
/* profile.h - what one kernel generation does differently, as data. */
#ifndef SMCG_PROFILE_H
#define SMCG_PROFILE_H

#include "env.h"

/* What becomes of bytes beyond a page that a refill leaves in the stock of a CPU. */
enum smcg_bytes {
	SMCG_BYTES_PAGES_LEAVE,	/* whole pages leave it, the rest stays */
	SMCG_BYTES_ALL_LEAVE,	/* all is put back, and the stock has no owner then */
	SMCG_BYTES_NONE,	/* there is no such stock: objects fill pages of their group */
};

/**
 * struct smcg_rules - the rules of one generation for the charge path.
 * @name: of the generation; NULL while its rules are not complete
 * @batch: pages asked for at once, and the most that a stock keeps
 * @retries: rounds of reclaim before the OOM killer is asked
 * @costly_pages: reclaim that made progress earns a free round up to this size
 * @oom_order: highest order for which OOM is declared
 * @force_gfp: flags that are let through over the limit where the charge would fail
 * @force_gfp_first: flags that are let through as soon as the exact try failed
 * @force_gfp_last: flags that are let through before the OOM killer is asked
 * @fail_gfp_last: flags with which it is not asked at all
 * @force_task: task states that are let through as soon as the exact try failed
 * @force_task_last: task states that are let through before the OOM killer is asked
 * @fail_task: task states that fail as soon as the exact try failed
 * @dying_after_oom: task states that fail once an OOM pass made progress
 * @noted_order: OOM is only noted up to this order, and settled at the end of the fault; the charge fails
 * @bytes: what a refill of bytes leaves behind
 * @oom_noted: OOM is noted, no pass is made inside the charge
 * @forced_raises_max: a charge let through raises the max event, if none was
 * @oom_starts_over: after an OOM pass with progress the budget is fresh
 * @dying_is_progress: an OOM pass of a dying task counts as progress
 * @migration_moves: a migrated folio's charge goes along, instead of one more being made
 * @high_penalty: who stays over memory.high sleeps
 * @high_at_once: a charge that collected more than a batch deals with it before it returns
 * @target_unprotected: what is reclaimed from has no protection of its own then
 * @dead_cpu_bytes: the bytes of a CPU that died are put back, too
 * @commits: a charge is tried, then committed or cancelled; a page holds a reference of its own
 * @kmem_to_counter: kernel pages are given back to the counters, not to the stock
 * @offline_keeps: a group that goes offline keeps its objects and its stocks
 * @sock_forces: what a socket is refused is charged again, by force
 * @hugetlb: pages of hugetlb are charged, if the hierarchy is mounted so
 * @dying_not_high: a dying task is let off over memory.high
 * @page_slots: groups whose pages a stock holds at a time
 * @byte_slots: and object groups whose bytes it holds
 * @bytes_most: bytes that a slot keeps even where none may become pages
 * @exact_gfp: flags for which no surplus is asked
 * @refill_past: more pages than a batch are not refilled, but go straight to the counters
 * @trylock: an interrupt may find the stock's lock taken, and goes past the stock then
 * @apart: pages and bytes are drained apart; whole pages of bytes that are put back go to the counters
 * @folios_reparented: a group that goes offline leaves its folios to its parent
 * @badness_above_zero: who may be killed is at least 1 bad; of equally bad ones the first is taken
 */
struct smcg_rules {
	const char *name;
	u32 batch;
	u32 retries;
	u32 costly_pages;
	u32 oom_order;
	u32 force_gfp;
	u32 force_gfp_first;
	u32 force_gfp_last;
	u32 fail_gfp_last;
	u32 force_task;
	u32 force_task_last;
	u32 fail_task;
	u32 dying_after_oom;
	u32 noted_order;
	enum smcg_bytes bytes;
	bool oom_noted;
	bool forced_raises_max;
	bool oom_starts_over;
	bool dying_is_progress;
	bool migration_moves;
	bool high_penalty;
	bool high_at_once;
	bool target_unprotected;
	bool dead_cpu_bytes;
	bool commits;
	bool kmem_to_counter;
	bool offline_keeps;
	bool sock_forces;
	bool hugetlb;
	bool dying_not_high;
	u32 page_slots;
	u32 byte_slots;
	u32 bytes_most;
	u32 exact_gfp;
	bool refill_past;
	bool trylock;
	bool apart;
	bool folios_reparented;
	bool badness_above_zero;
};

/* Where a charge goes from one of its tests. */
enum smcg_turn {
	SMCG_TURN_ON,		/* to the next step: reclaim, or the OOM killer */
	SMCG_TURN_FAIL,		/* it fails, unless its flags force it: smcg_turn_at_end() */
	SMCG_TURN_FORCE,	/* it is let through */
};

/** smcg_turn_after_exact() - the exact try failed.  Source: try_charge(), try_charge_memcg(). */
enum smcg_turn smcg_turn_after_exact(const struct smcg_rules *r, u32 gfp, u32 task);

/**
 * smcg_turn_before_oom() - its rounds of reclaim are used up.
 * @order: of the pages that it wants.
 * @passed_oom: an OOM pass made progress before.
 * Source: as above.
 */
enum smcg_turn smcg_turn_before_oom(const struct smcg_rules *r, u32 gfp, u32 task, u32 order,
				    bool passed_oom);

/** smcg_turn_at_end() - what SMCG_TURN_FAIL comes to: FAIL or FORCE. */
enum smcg_turn smcg_turn_at_end(const struct smcg_rules *r, u32 gfp);

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
