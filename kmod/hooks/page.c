// SPDX-License-Identifier: GPL-2.0
/*
 * page.c - pages of watched groups: freed, moved, split, swapped.
 *
 * A bit per page frame tells whether a page is one of them, so that the host's other
 * pages cost a test. The page itself cannot tell: its group was taken off before.
 */
#include <linux/moduleparam.h>

#include "compat/memcg.h"
#include "compat/profile.h"
#include "compat/regs.h"
#include "compat/swap_owner.h"
#include "compat/tracepoint.h"
#include "hooks/hooks.h"
#include "hooks/record.h"

static void notrace on_free(void *data, struct page *page, unsigned int order)
{
	/* tracepoints call with preemption disabled */
	if (!smcg_hook_off() && smcg_page_test_clear(page))
		smcg_record_page(smcg_mark(SMCG_EV_FREE, 0), order, (u64)page);
}
static SMCG_PROBE(mm_page_free, on_free)

/* A page of ours is given out although it was never seen freed. */
static void notrace on_alloc(void *data, struct page *page, unsigned int order, gfp_t gfp,
			     int migratetype)
{
	if (!smcg_hook_off() && page && smcg_page_test_clear(page))
		smcg_record_page(smcg_mark(SMCG_EV_ALLOC, 0), order, (u64)page);
}
static SMCG_PROBE(mm_page_alloc, on_alloc)

static bool check_alloc;
module_param(check_alloc, bool, 0444);
MODULE_PARM_DESC(check_alloc, "debug: report pages given out that were never seen freed");

/* Every free passes mm_page_free, so this is only to prove it. */
static const char *spare_alloc(void)
{
	return check_alloc ? NULL : "check_alloc is off";
}

/* The new folio takes the place of the old one: its charge may go along, or be one more. */
static __always_inline void record_move(u32 caller, struct folio *old, struct folio *new,
					bool goes_along)
{
	struct mem_cgroup *group = smcg_group_of_page(&old->page);
	u8 bits;

	/* a new page that is charged already stays as it is */
	if (!group || smcg_group_of_page(&new->page))
		return;
	bits = smcg_bits_of(group);
	if (!bits)
		return;
	if (bits & SMCG_GROUP_WATCHED) {
		smcg_page_set(&new->page);
		if (goes_along)
			smcg_page_test_clear(&old->page);
	}
	smcg_record(smcg_mark(SMCG_EV_MIGRATE, caller), group->css.id, folio_nr_pages(new), 0,
		    (u64)old, (u64)new, 0);
}

static void notrace on_migrate(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			       struct ftrace_regs *regs)
{
	if (!smcg_hook_off())
		record_move(SMCG_BY_MIGRATE, (struct folio *)smcg_arg0(regs),
			    (struct folio *)smcg_arg1(regs), SMCG_MIGRATION_MOVES);
}

static void notrace on_replace(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			       struct ftrace_regs *regs)
{
	if (!smcg_hook_off())
		record_move(SMCG_BY_OTHER, (struct folio *)smcg_arg0(regs),
			    (struct folio *)smcg_arg1(regs), false);
}

static const char *spare_replace(void)
{
	return SMCG_MIGRATION_MOVES ? NULL : "mem_cgroup_migrate() does this, too";
}

static void notrace on_split(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			     struct ftrace_regs *regs)
{
	struct page *head = (struct page *)smcg_arg0(regs);
	u32 nr, part, i;

	if (smcg_hook_off() || !smcg_page_test(head))
		return;
	smcg_split_args(regs, &nr, &part);
	for (i = part; i < nr; i += part)
		smcg_page_set(head + i);
	smcg_record(smcg_mark(SMCG_EV_SPLIT, 0), 0, nr, 0, (u64)head, part, 0);
}

/* Of one that goes to swap. */
static __always_inline u32 swapped_folio(const struct folio *folio)
{
	return folio_test_anon((struct folio *)folio) ? SMCG_FOLIO_ANON : SMCG_FOLIO_SWAPPABLE;
}

static void notrace on_swap_charge(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				   struct ftrace_regs *regs)
{
	struct folio *folio = (struct folio *)smcg_arg0(regs);
	struct mem_cgroup *group;

	/* the legacy hierarchy charges nothing here */
	if (smcg_hook_off() || smcg_legacy)
		return;
	group = smcg_group_of_page(&folio->page);
	if (!group)
		return;
	/* Of all groups: what a swap entry was before does not count any longer. */
	if (smcg_bits_of(group))
		smcg_tell_limits(group);
	smcg_record(smcg_mark(SMCG_EV_SWAP_CHARGE, SMCG_BY_SWAP), group->css.id,
		    folio_nr_pages(folio), swapped_folio(folio), (u64)folio, smcg_swap_without_slot(regs),
		    smcg_swap_entry(regs, smcg_arg1(regs)));
}

/* Who pays for what an address space asks for, as get_mem_cgroup_from_mm() finds it.  Preemption disabled. */
static __always_inline u64 group_of_mm(const struct mm_struct *mm)
{
	const struct mem_cgroup *group = mm ? NULL : current->active_memcg;
	const struct task_struct *owner = NULL;

	if (group)
		return group->css.id;
	if (!mm)
		mm = current->mm;
	if (mm)
		owner = READ_ONCE(mm->owner);
	return owner ? READ_ONCE(owner->cgroups)->subsys[memory_cgrp_id]->id : 0;
}

static void notrace on_swapin(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			      struct ftrace_regs *regs)
{
	struct folio *folio = (struct folio *)smcg_arg0(regs);

	if (smcg_hook_off())
		return;
	preempt_disable_notrace();
	smcg_record(smcg_mark(SMCG_EV_SWAPIN, 0), group_of_mm(smcg_swapin_mm(regs)),
		    folio_nr_pages(folio), 0, smcg_swap_entry(regs, smcg_arg3(regs)), smcg_swap_owner(regs), 0);
	preempt_enable_notrace();
}

/* The folio's charge of memory+swap becomes the swap entry's. */
static void notrace on_swapout(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			       struct ftrace_regs *regs)
{
	struct folio *folio = (struct folio *)smcg_arg0(regs);
	struct mem_cgroup *group;

	if (smcg_hook_off())
		return;
	group = smcg_group_of_page(&folio->page);
	if (group)
		smcg_record(smcg_mark(SMCG_EV_SWAPOUT, SMCG_BY_SWAPOUT), group->css.id,
			    folio_nr_pages(folio), swapped_folio(folio), (u64)folio, 0, smcg_arg1(regs));
}

static void notrace on_swap_uncharge(unsigned long ip, unsigned long parent,
				     struct ftrace_ops *ops, struct ftrace_regs *regs)
{
	if (!smcg_hook_off())
		smcg_record(smcg_mark(SMCG_EV_SWAP_UNCHARGE, SMCG_BY_SWAP), 0, smcg_arg1(regs), 0,
			    0, 0, current->memcg_nr_pages_over_high + 1);
}

/* It goes back to its pool: no page is freed, and its pages were charged before it was one. */
static void notrace on_huge_free(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				 struct ftrace_regs *regs)
{
	struct folio *folio = (struct folio *)smcg_arg0(regs);
	struct mem_cgroup *group;

	if (smcg_hook_off())
		return;
	group = smcg_group_of_page(&folio->page);
	if (group && smcg_bits_of(group))
		smcg_record(smcg_mark(SMCG_EV_HUGETLB_FREE, 0), group->css.id,
			    folio_nr_pages(folio), 0, (u64)folio, 0, 0);
}

static const char *spare_huge(void)
{
	return SMCG_KERNEL_PROFILE >= SMCG_PROFILE_6_12 ? NULL : "hugetlb is not charged";
}

struct smcg_hook smcg_page_hooks[] = {
	{
		.name = "page_free", .symbols = { "mm_page_free" }, .kind = SMCG_HOOK_TRACEPOINT,
		.probe = smcg_probe_mm_page_free, .why = "no frees",
	}, {
		.name = "page_alloc", .symbols = { "mm_page_alloc" },
		.kind = SMCG_HOOK_TRACEPOINT, .probe = smcg_probe_mm_page_alloc,
		.optional = true, .spare = spare_alloc, .why = "missed frees would stay unseen",
	}, {
		.name = "migrate", .symbols = { "mem_cgroup_migrate" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_migrate, .why = "moved pages unknown",
	}, {
		.name = "replace", .symbols = { "mem_cgroup_replace_folio" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_replace, .spare = spare_replace,
		.why = "replaced pages unknown",
	}, {
		.name = "split", .symbols = { "split_page_memcg" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_split, .spare = smcg_spare_single,
		.why = "parts of huge pages unknown",
	}, {
		/* split_page_memcg() is there, too, for kernel pages */
		.name = "split_refs", .symbols = { "folio_split_memcg_refs" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_split, .spare = smcg_spare_slots,
		.why = "parts of huge pages unknown",
	}, {
		.name = "huge_free", .symbols = { "free_huge_folio" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_huge_free, .optional = true, .spare = spare_huge,
		.why = "free worlds would keep pages of hugetlb",
	}, {
		.name = "swap_charge", .symbols = { "__mem_cgroup_try_charge_swap" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_swap_charge, .why = "no swap charges",
	}, {
		.name = "swapin", .symbols = { "mem_cgroup_swapin_charge_folio" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_swapin,
		.why = "who pays for swapped pages is not decided",
	}, {
		.name = "swapout", .symbols = { "mem_cgroup_swapout" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_swapout, .spare = smcg_spare_legacy,
		.why = "swapped pages would keep their charge",
	}, {
		.name = "swap_uncharge", .symbols = { "__mem_cgroup_uncharge_swap" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_swap_uncharge, .why = "no swap uncharges",
	}, {
		.name = NULL
	}
};
