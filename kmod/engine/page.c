// SPDX-License-Identifier: GPL-2.0
/* page.c - records of charged folios in the private pool. */
#include "world.h"

static u64 mix(u64 pfn)
{
	return pfn * 0x9e3779b97f4a7c15ULL;
}

static void carve(struct smcg_pool_region *r, const struct smcg_region *from)
{
	u64 room = from->bytes;
	u32 buckets = 16;

	/* A bucket costs 4 bytes, a record 64: one bucket for one or two records. */
	while (buckets < 1U << 30 && 2ULL * buckets * (4 + 64) <= room)
		buckets *= 2;
	r->bucket = from->base;
	r->buckets = buckets;
	r->page = (struct smcg_page *)((u8 *)from->base + 4ULL * buckets);
	r->total = (u32)min_t(u64, (room - 4ULL * buckets) / sizeof(struct smcg_page),
			      U32_MAX - 1);
	r->node = from->node;
	memset(r->bucket, 0, 4ULL * buckets);
}

static int check(const struct smcg_world_config *config)
{
	u32 i;

	if (config->nr_regions > 65535)
		return -EINVAL;
	for (i = 0; i < config->nr_regions; i++) {
		const struct smcg_region *r = &config->regions[i];

		if (!r->base || r->bytes < 4096 || r->node >= config->nr_nodes ||
		    ((unsigned long)r->base & 63))
			return -EINVAL;
	}
	return 0;
}

int smcg_pool_init(struct smcg_world *w, const struct smcg_world_config *config)
{
	struct smcg_pool *pool = &w->pool;
	u32 node, i;
	int err = check(config);

	if (err || !config->nr_regions)
		return err;
	pool->region = smcg_alloc(w, config->nr_regions * sizeof(*pool->region));
	if (!pool->region)
		return -ENOMEM;
	pool->nr_nodes = config->nr_nodes;
	for (node = 0; node < config->nr_nodes; node++) {
		pool->first[node] = pool->nr;
		for (i = 0; i < config->nr_regions; i++) {
			if (config->regions[i].node != node)
				continue;
			carve(&pool->region[pool->nr], &config->regions[i]);
			w->stats.frames_total += pool->region[pool->nr++].total;
		}
		pool->count[node] = pool->nr - pool->first[node];
	}
	return 0;
}

void smcg_pool_exit(struct smcg_world *w)
{
	if (w->pool.region)
		smcg_free(w, w->pool.region, w->config.nr_regions * sizeof(*w->pool.region));
	w->pool.region = NULL;
}

static struct smcg_pool_region *region_of(const struct smcg_pool *pool, u64 pfn, u32 node)
{
	if (node >= pool->nr_nodes || !pool->count[node])
		return NULL;
	if (pool->count[node] == 1)
		return &pool->region[pool->first[node]];
	return &pool->region[pool->first[node] + (u32)(mix(pfn) >> 32) % pool->count[node]];
}

static u32 *bucket_of(const struct smcg_pool_region *r, u64 pfn)
{
	return &r->bucket[(mix(pfn) >> 20) & (r->buckets - 1)];
}

void smcg_pool_prefetch(const struct smcg_world *w, u64 pfn, u32 node)
{
	const struct smcg_pool_region *r = region_of(&w->pool, pfn, node);

	if (r)
		__builtin_prefetch(bucket_of(r, pfn), 1);
}

static struct smcg_page *find_in(struct smcg_pool_region *r, u64 pfn)
{
	u32 at;

	if (!r)
		return NULL;
	for (at = *bucket_of(r, pfn); at; at = r->page[at - 1].chain)
		if (r->page[at - 1].pfn == pfn)
			return &r->page[at - 1];
	return NULL;
}

struct smcg_page *smcg_page_find(struct smcg_world *w, u64 pfn)
{
	struct smcg_page *page;
	u32 node;

	for (node = 0; node < w->pool.nr_nodes; node++) {
		page = find_in(region_of(&w->pool, pfn, node), pfn);
		if (page)
			return page;
	}
	return NULL;
}

static struct smcg_page *take(struct smcg_pool_region *r)
{
	struct smcg_page *page;

	if (r->free) {
		page = &r->page[r->free - 1];
		r->free = page->chain;
	} else if (r->fresh < r->total) {
		page = &r->page[r->fresh++];
	} else {
		return NULL;
	}
	r->used++;
	return page;
}

/* Statistics change where a folio is committed and where it is uncharged: mem_cgroup_charge_statistics() of 4.18. */
static void count_committed(struct smcg_group *g, const struct smcg_page *page, int sign)
{
	u64 nr = (u64)((s64)page->nr * sign);

	g->pages.committed[page->folio] += nr;
	if (unlikely(page->nr >= SMCG_HUGE_PAGES))
		g->pages.huge += nr;
}

static void count(struct smcg_group *g, const struct smcg_page *page, int sign)
{
	if (likely(!(page->flags & SMCG_PAGE_TRIED)))
		count_committed(g, page, sign);
	g->pages.frames += (u64)(s64)sign;
	g->pages.pages += (u64)((s64)page->nr * sign);
	if (page->node < 8)
		g->pages.node_pages[page->node] += (u64)((s64)page->nr * sign);
}

void smcg_page_hold(struct smcg_world *w, struct smcg_page *page)
{
	count_committed(smcg_group_find(w, page->css), page, -1);
	page->flags |= SMCG_PAGE_TRIED;
}

void smcg_page_commit(struct smcg_world *w, struct smcg_page *page)
{
	page->flags &= (u8)~SMCG_PAGE_TRIED;
	count_committed(smcg_group_find(w, page->css), page, 1);
}

void smcg_page_add(struct smcg_world *w, struct smcg_group *g, u64 pfn, u32 nr, u32 where,
		   u64 seq)
{
	u32 node = smcg_where_node(where);
	struct smcg_pool_region *r = region_of(&w->pool, pfn, node);
	struct smcg_page *page;
	u32 *bucket;

	if (!r) {
		w->stats.frames_full += !!w->pool.nr;
		return;
	}
	page = find_in(r, pfn);
	if (unlikely(page))
		smcg_page_remove(w, page);
	page = take(r);
	if (unlikely(!page)) {
		w->stats.frames_full++;
		return;
	}
	bucket = bucket_of(r, pfn);
	page->pfn = pfn;
	page->css = g->css;
	page->nr = nr;
	page->node = (u8)node;
	page->region = (u16)(r - w->pool.region);
	page->seq = seq;
	page->flags = 0;
	page->folio = (u8)smcg_where_folio(where);
	page->chain = *bucket;
	*bucket = (u32)(page - r->page) + 1;
	page->next = NULL;
	page->prev = g->pages.last;
	if (page->prev)
		page->prev->next = page;
	else
		g->pages.first = page;
	g->pages.last = page;
	count(g, page, 1);
	w->stats.frames_used++;
}

void smcg_page_remove(struct smcg_world *w, struct smcg_page *page)
{
	struct smcg_pool_region *r = &w->pool.region[page->region];
	struct smcg_group *g = smcg_group_find(w, page->css);
	u32 me = (u32)(page - r->page) + 1;
	u32 *at = bucket_of(r, page->pfn);

	while (*at != me)
		at = &r->page[*at - 1].chain;
	*at = page->chain;
	if (page->prev)
		page->prev->next = page->next;
	else
		g->pages.first = page->next;
	if (page->next)
		page->next->prev = page->prev;
	else
		g->pages.last = page->prev;
	count(g, page, -1);
	page->chain = r->free;
	r->free = me;
	r->used--;
	w->stats.frames_used--;
}

void smcg_page_split(struct smcg_world *w, u64 pfn, u32 nr, u32 part)
{
	struct smcg_page *page = smcg_page_find(w, pfn);
	struct smcg_group *g;
	u32 i, where;
	u64 seq;

	if (!page) {
		w->stats.frames_unknown++;
		return;
	}
	part = max(part, 1U);
	if (!nr || nr > page->nr || page->nr <= part || page->nr % part)
		return;
	g = smcg_group_find(w, page->css);
	where = smcg_where(page->node, page->folio);
	seq = page->seq;
	nr = page->nr;
	smcg_page_remove(w, page);
	for (i = 0; i < nr; i += part)
		smcg_page_add(w, g, pfn + i, part, where, seq);
}

void smcg_page_reparent(struct smcg_world *w, struct smcg_group *g, struct smcg_group *parent)
{
	struct smcg_page *page, *last = g->pages.last;

	(void)w;
	for (page = g->pages.first; page; page = page->next) {
		count(g, page, -1);
		page->css = parent->css;
		count(parent, page, 1);
	}
	if (!last)
		return;
	last->next = parent->pages.first;
	if (last->next)
		last->next->prev = last;
	else
		parent->pages.last = last;
	parent->pages.first = g->pages.first;
	g->pages.first = NULL;
	g->pages.last = NULL;
}

void smcg_page_forget(struct smcg_world *w, struct smcg_group *g)
{
	while (g->pages.first)
		smcg_page_remove(w, g->pages.first);
}
