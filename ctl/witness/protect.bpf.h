/* SPDX-License-Identifier: GPL-2.0 */
/*
 * protect.bpf.h - what of a group reclaim takes to be protected, and what the counters hold of it at rest.
 */
#ifndef SMCG_WITNESS_PROTECT_H
#define SMCG_WITNESS_PROTECT_H

extern const void root_mem_cgroup __ksym;

static __always_inline u64 at_most_32_bits(u64 pages)
{
	return pages > 0xffffffff ? 0xffffffff : pages;
}

static __always_inline void protection_known(struct mem_cgroup *target, struct mem_cgroup *memcg)
{
	u64 emin, elow, group, root = (u64)target;
	struct who me;

	if (!target_id)
		return;
	emin = BPF_CORE_READ(memcg, memory.emin);
	elow = BPF_CORE_READ(memcg, memory.elow);
	if (!(emin | elow) || !watched_at((u64)memcg, &group))
		return;
	if (!root)
		bpf_probe_read_kernel(&root, sizeof(root), &root_mem_cgroup);
	who(&me);
	EMIT(&me, .kind = SMCG_KIND_PROTECTION, .group = group, .over = group_at(root),
	     .arg = at_most_32_bits(emin) << 32 | at_most_32_bits(elow), .began = open_since(&me));
}

ONCE("fexit/mem_cgroup_calculate_protection", protection, protection_known(target, memcg),
     struct mem_cgroup *target, struct mem_cgroup *memcg)

/* Run by hand, for one subtree at a time: a record per group. */
SEC("iter/cgroup")
int BPF_PROG(counters_at_rest, struct bpf_iter_meta *meta, struct cgroup *cgroup)
{
	u32 memory = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	struct witness_rest rest = {};
	struct mem_cgroup *memcg;
	u64 css = 0;

	if (!cgroup)
		return 0;
	bpf_probe_read_kernel(&css, sizeof(css), (void *)((u64)cgroup +
			      bpf_core_field_offset(struct cgroup, subsys) + 8 * (u64)memory));
	if (!css)
		return 0;
	memcg = (struct mem_cgroup *)(css - bpf_core_field_offset(struct mem_cgroup, css));
	rest.group = BPF_CORE_READ(cgroup, kn, id);
	rest.usage = BPF_CORE_READ(memcg, memory.usage.counter);
	rest.min = BPF_CORE_READ(memcg, memory.min);
	rest.low = BPF_CORE_READ(memcg, memory.low);
	rest.min_usage = BPF_CORE_READ(memcg, memory.min_usage.counter);
	rest.low_usage = BPF_CORE_READ(memcg, memory.low_usage.counter);
	rest.children_min = BPF_CORE_READ(memcg, memory.children_min_usage.counter);
	rest.children_low = BPF_CORE_READ(memcg, memory.children_low_usage.counter);
	bpf_seq_write(meta->seq, &rest, sizeof(rest));
	return 0;
}

#endif
