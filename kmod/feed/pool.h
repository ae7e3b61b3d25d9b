/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pool.h - the private page pool: real memory on each NUMA node, of which the
 * engine carves its frame records.
 */
#ifndef SMCG_FEED_POOL_H
#define SMCG_FEED_POOL_H

#include "engine/engine.h"

/**
 * smcg_pool_reserve() - reserve memory on each node.
 * @mb: MiB per node; less is taken where that were over a tenth of its free memory.
 * Context: process.  Return: 0, or -ENOMEM when no node has any.
 */
int smcg_pool_reserve(unsigned int mb);
void smcg_pool_give_back(void);

const struct smcg_region *smcg_pool_regions(unsigned int *nr);
unsigned long smcg_pool_bytes(void);
u64 smcg_pool_frames_per_node(void);

/* A line per node: node, frames.  Process context. */
struct seq_file;
void smcg_pool_show(struct seq_file *m);

#endif
