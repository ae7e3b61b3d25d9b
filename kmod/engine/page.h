/* SPDX-License-Identifier: GPL-2.0 */
/*
 * page.h - records of charged folios, by page frame number.
 *
 * They live in the regions of the private pool.  Each region is a pool of its
 * own with its hash at the front; the page frame number alone picks the region
 * within a node.
 */
#ifndef SMCG_PAGE_H
#define SMCG_PAGE_H

#include "env.h"

struct smcg_world;
struct smcg_group;
struct smcg_world_config;

struct smcg_page {
	u64 pfn;
	struct smcg_page *prev, *next;	/* of its group, in the order of charging */
	u64 seq;			/* number of the event that charged it */
	u32 chain;			/* next of the bucket or of the free list, index + 1 */
	u32 css;
	u32 nr;				/* pages */
	u16 region;
	u8 node;
	u8 flags;			/* SMCG_PAGE_* */
	u8 folio;			/* enum smcg_folio; SWAPPABLE: of a tmpfs */
	u8 unused[7];
	u64 reserved;
};

#define SMCG_PAGE_TRIED	(1u << 0)	/* charged, not committed: 4.18 in a free world */

SMCG_STATIC_ASSERT(sizeof(struct smcg_page) == 64);

/**
 * struct smcg_page_list - folios of a group.
 * @committed: pages, by enum smcg_folio
 * @huge: pages of those that are as large as SMCG_HUGE_PAGES, whatever they are
 */
struct smcg_page_list {
	struct smcg_page *first, *last;
	u64 frames, pages;
	u64 node_pages[8];
	u64 committed[SMCG_FOLIO_NR];
	u64 huge;
};

#define SMCG_HUGE_PAGES	512

/* Where a folio lies and what it is, as CHARGE.b tells. */
static inline u32 smcg_where(u32 node, u32 folio)
{
	return node | folio << SMCG_FOLIO_SHIFT;
}

static inline u32 smcg_where_node(u32 where)
{
	return where & ((1U << SMCG_FOLIO_SHIFT) - 1);
}

static inline u32 smcg_where_folio(u32 where)
{
	return where >> SMCG_FOLIO_SHIFT & (SMCG_FOLIO_NR - 1);
}

SMCG_STATIC_ASSERT(SMCG_FOLIO_NR == 4);

struct smcg_pool_region {
	u32 *bucket;
	struct smcg_page *page;
	u32 buckets;			/* a power of two */
	u32 total, used, fresh;		/* fresh: never used from here on */
	u32 free;			/* index + 1 */
	u32 node;
};

struct smcg_pool {
	struct smcg_pool_region *region;	/* sorted by node */
	u32 nr;
	u32 first[SMCG_MAX_NODES], count[SMCG_MAX_NODES];
	u32 nr_nodes;
};

/** smcg_pool_init() - carve the regions.  Return: 0, -EINVAL, -ENOMEM. */
int smcg_pool_init(struct smcg_world *w, const struct smcg_world_config *config);
void smcg_pool_exit(struct smcg_world *w);
void smcg_pool_prefetch(const struct smcg_world *w, u64 pfn, u32 node);

/** smcg_page_reparent() - all that a group has becomes its parent's, as the oldest there. */
void smcg_page_reparent(struct smcg_world *w, struct smcg_group *g, struct smcg_group *parent);

/** smcg_page_add() - @nr pages at @pfn are charged to @g; a full pool is counted. @where: smcg_where(). */
void smcg_page_add(struct smcg_world *w, struct smcg_group *g, u64 pfn, u32 nr, u32 where,
		   u64 seq);

/** smcg_page_hold() - it is charged, but counts as nothing until it is committed. */
void smcg_page_hold(struct smcg_world *w, struct smcg_page *page);
void smcg_page_commit(struct smcg_world *w, struct smcg_page *page);

struct smcg_page *smcg_page_find(struct smcg_world *w, u64 pfn);
void smcg_page_remove(struct smcg_world *w, struct smcg_page *page);
/** smcg_page_split() - a folio becomes parts of @part pages each. */
void smcg_page_split(struct smcg_world *w, u64 pfn, u32 nr, u32 part);
void smcg_page_forget(struct smcg_world *w, struct smcg_group *g);

#endif
