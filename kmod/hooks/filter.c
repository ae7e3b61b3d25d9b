// SPDX-License-Identifier: GPL-2.0
#include <linux/mmzone.h>
#include <linux/vmalloc.h>

#include "shadow_memcg.h"
#include "compat/legacy.h"
#include "hooks/filter.h"
#include "hooks/hooks.h"

bool smcg_recording;
bool smcg_legacy;
u8 smcg_group_bits[SMCG_MAX_CSS];
u8 smcg_top_bits;
unsigned long *smcg_page_bits;
unsigned long smcg_page_bits_nr;

int smcg_filter_init(void)
{
	int node;

	smcg_legacy = SMCG_LEGACY_HOSTS && smcg_hierarchy_is_legacy();
	for_each_online_node(node)
		smcg_page_bits_nr = max(smcg_page_bits_nr, node_end_pfn(node));
	smcg_page_bits_nr = roundup(smcg_page_bits_nr, BITS_PER_LONG);
	smcg_page_bits = vzalloc(smcg_page_bits_nr / BITS_PER_BYTE);
	return smcg_page_bits ? 0 : -ENOMEM;
}

bool smcg_hooks_legacy(void)
{
	return smcg_legacy;
}

const char *smcg_spare_legacy(void)
{
	return smcg_legacy ? NULL : "the hierarchy is not a legacy one";
}

void smcg_filter_exit(void)
{
	vfree(smcg_page_bits);
	smcg_page_bits = NULL;
}
