/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stock.bpf.h - the stock of each CPU, and folios given back.
 */
#ifndef SMCG_WITNESS_STOCK_H
#define SMCG_WITNESS_STOCK_H

/* The stock.  Interrupts are off from before these are entered until they are left. */

SEC("?fentry/__refill_stock")
int BPF_PROG(refill, struct mem_cgroup *memcg)
{
	struct memcg_stock_pcp *stock = bpf_this_cpu_ptr(&memcg_stock);
	struct witness_cpu *mine = this_cpu();
	struct mem_cgroup *cached = stock->cached;
	u64 group = 0;

	mine->in_refill = 1;
	mine->before_cached = (u64)cached;
	mine->before_pages = stock->nr_pages;
	mine->before_watched = 0;
	if (cached && cached != memcg && mine->before_pages)
		mine->before_watched = watched(cached, &group);
	mine->before_group = mine->before_watched ? group : 0;
	/* Pages of somebody else are not told: MODEL.md, refill. */
	if (cached != memcg && !mine->before_watched)
		mine->before_pages = 0;
	return 0;
}

SEC("?fexit/__refill_stock")
int BPF_PROG(refill_ret, struct mem_cgroup *memcg, unsigned int nr_pages)
{
	struct memcg_stock_pcp *stock = bpf_this_cpu_ptr(&memcg_stock);
	struct witness_cpu *mine = this_cpu();
	bool known = mine->in_refill;
	u64 group, left, drained;
	struct call_stack *slot;
	struct who me;

	mine->in_refill = 0;
	if (!known || (!watched(memcg, &group) && !mine->before_watched))
		return 0;
	who(&me);
	slot = slot_find(&me);
	if (slot)
		settle(&me, slot);
	left = stock->nr_pages;
	drained = mine->before_pages + nr_pages - left;
	EMIT(&me, .kind = SMCG_KIND_REFILL, .group = group, .nr = nr_pages,
	     .over = mine->before_group, .arg = drained << 32 | left,
	     .began = slot && slot->depth ? slot->began : 0);
	return 0;
}

SEC("?fentry/drain_stock")
int BPF_PROG(drain, struct memcg_stock_pcp *stock)
{
	struct witness_cpu *mine = this_cpu();
	struct mem_cgroup *cached = stock->cached;
	struct who me;
	u64 group;

	if (mine->in_refill || !cached || !stock->nr_pages || !watched(cached, &group))
		return 0;
	/* That of a CPU which is gone, where the compiler has not made this part of memcg_hotplug_cpu_dead(). */
	if (stock != bpf_this_cpu_ptr(&memcg_stock))
		return 0;
	who(&me);
	EMIT(&me, .kind = SMCG_KIND_DRAIN_LOCAL, .group = group, .nr = stock->nr_pages,
	     .began = open_since(&me));
	return 0;
}

/* Uncharge.  From 7.2 on folios belong to object groups. */

struct uncharge_gather___objcg {
	struct obj_cgroup *objcg;
} __attribute__((preserve_access_index));

static __always_inline struct mem_cgroup *gathered(const struct uncharge_gather *ug)
{
	const struct uncharge_gather___objcg *of = (const void *)ug;

	if (bpf_core_field_exists(of->objcg))
		return of->objcg ? of->objcg->memcg : NULL;
	return ug->memcg;
}

static __always_inline void uncharge_pages(const struct uncharge_gather *ug)
{
	struct mem_cgroup *memcg = gathered(ug);
	u64 group, nr = ug->nr_memory;
	struct who me;

	if (!nr || !memcg || !watched(memcg, &group))
		return;
	who(&me);
	EMIT(&me, .kind = SMCG_KIND_UNCHARGE, .group = group, .nr = nr, .began = open_since(&me));
}

TWICE("fentry/uncharge_batch", uncharge, uncharge_pages(ug),
      const struct uncharge_gather *ug)

#endif
