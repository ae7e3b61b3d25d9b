// SPDX-License-Identifier: GPL-2.0
#include <linux/mmzone.h>
#include <linux/vmalloc.h>

#include "hooks/filter.h"

bool smcg_recording;
u8 smcg_group_bits[SMCG_MAX_CSS];
u8 smcg_top_bits;
unsigned long *smcg_page_bits;
unsigned long smcg_page_bits_nr;

int smcg_filter_init(void)
{
	int node;

	for_each_online_node(node)
		smcg_page_bits_nr = max(smcg_page_bits_nr, node_end_pfn(node));
	smcg_page_bits_nr = roundup(smcg_page_bits_nr, BITS_PER_LONG);
	smcg_page_bits = vzalloc(smcg_page_bits_nr / BITS_PER_BYTE);
	return smcg_page_bits ? 0 : -ENOMEM;
}

void smcg_filter_exit(void)
{
	vfree(smcg_page_bits);
	smcg_page_bits = NULL;
}
