/* SPDX-License-Identifier: GPL-2.0 */
/*
 * filter.h - what is recorded: which groups, which pages, and whether at all.
 */
#ifndef SMCG_HOOKS_FILTER_H
#define SMCG_HOOKS_FILTER_H

#include <linux/memcontrol.h>
#include <linux/mm.h>

#include "shadow_memcg.h"

/* css ids beyond this are not mirrored: watching is refused while there is one. */
#define SMCG_MAX_CSS	65536

/*
 * On while anything is watched. Not a static key: that would rewrite every hook on each
 * watch, under load on all CPUs, to save one instruction.
 */
extern bool smcg_recording;

/* The memory controller was on a legacy (v1) hierarchy when the module was loaded. */
extern bool smcg_legacy;

/* Why a hook for that hierarchy is not needed, or NULL. */
const char *smcg_spare_legacy(void);

/* By css id: SMCG_GROUP_WATCHED, SMCG_GROUP_COUNTED or neither. */
extern u8 smcg_group_bits[SMCG_MAX_CSS];

/* What a new group below the root is: SMCG_GROUP_WATCHED while the root is watched. */
extern u8 smcg_top_bits;

/* A bit per page frame: charged by a watched group and not yet freed. */
extern unsigned long *smcg_page_bits;
extern unsigned long smcg_page_bits_nr;

/* All inline helpers: any context, leaf. */
static __always_inline u8 smcg_bits_of(const struct mem_cgroup *group)
{
	u32 id = group->css.id;

	return likely(id < SMCG_MAX_CSS) ? READ_ONCE(smcg_group_bits[id]) : 0;
}

static __always_inline bool smcg_page_test(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	return pfn < smcg_page_bits_nr && test_bit(pfn, smcg_page_bits);
}

static __always_inline void smcg_page_set(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	if (likely(pfn < smcg_page_bits_nr))
		set_bit(pfn, smcg_page_bits);
}

/* Return: whether the page's bit was set; it is not any more. */
static __always_inline bool smcg_page_test_clear(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	if (pfn >= smcg_page_bits_nr || likely(!test_bit(pfn, smcg_page_bits)))
		return false;
	clear_bit(pfn, smcg_page_bits);
	return true;
}

/**
 * smcg_filter_init() - allocate the tables.
 * Context: process.  Return: 0 or -ENOMEM.
 */
int smcg_filter_init(void);
void smcg_filter_exit(void);

#endif
