// SPDX-License-Identifier: GPL-2.0
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/vmstat.h>

#include "compat/page_order.h"
#include "feed/pool.h"

/* Chunks of this order need no mapping of their own: regions lie in the direct map. */
#define CHUNK_ORDER	min(SMCG_MAX_PAGE_ORDER, 9)
#define FRAME_BYTES	64
#define CHUNK_BYTES	(PAGE_SIZE << CHUNK_ORDER)

static struct smcg_region *regions;
static unsigned int nr_regions;

static unsigned long node_free_pages(int node)
{
	unsigned long pages = 0;
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		pages += zone_page_state(&NODE_DATA(node)->node_zones[i], NR_FREE_PAGES);
	return pages;
}

static void reserve_on(int node, unsigned long chunks)
{
	/* of this node or not at all, and never by reclaim or with a warning */
	const gfp_t gfp = GFP_KERNEL | __GFP_ZERO | __GFP_THISNODE | __GFP_NORETRY | __GFP_NOWARN;

	while (chunks--) {
		struct page *page = alloc_pages_node(node, gfp, CHUNK_ORDER);

		if (!page)
			return;
		regions[nr_regions++] = (struct smcg_region){
			.base = page_address(page), .bytes = CHUNK_BYTES, .node = node,
		};
	}
}

int smcg_pool_reserve(unsigned int mb)
{
	unsigned long chunks = DIV_ROUND_UP((unsigned long)mb << 20, CHUNK_BYTES);
	int node;

	if (!mb)
		return -EINVAL;
	regions = kvcalloc(num_online_nodes() * chunks, sizeof(*regions), GFP_KERNEL);
	if (!regions)
		return -ENOMEM;
	for_each_online_node(node) {
		unsigned long most = node_free_pages(node) * PAGE_SIZE / 10 / CHUNK_BYTES;

		reserve_on(node, min(chunks, most));
	}
	if (!nr_regions) {
		kvfree(regions);
		regions = NULL;
		return -ENOMEM;
	}
	return 0;
}

void smcg_pool_give_back(void)
{
	while (nr_regions)
		free_pages((unsigned long)regions[--nr_regions].base, CHUNK_ORDER);
	kvfree(regions);
	regions = NULL;
}

const struct smcg_region *smcg_pool_regions(unsigned int *nr)
{
	*nr = nr_regions;
	return regions;
}

u64 smcg_pool_frames_per_node(void)
{
	return smcg_pool_bytes() / FRAME_BYTES / num_online_nodes();
}

void smcg_pool_show(struct seq_file *m)
{
	unsigned long bytes;
	unsigned int i;
	int node;

	for_each_online_node(node) {
		for (i = 0, bytes = 0; i < nr_regions; i++) {
			if (regions[i].node == node)
				bytes += regions[i].bytes;
		}
		seq_printf(m, "node %d total %lu\n", node, bytes / FRAME_BYTES);
	}
}

unsigned long smcg_pool_bytes(void)
{
	return nr_regions * CHUNK_BYTES;
}
