/* SPDX-License-Identifier: GPL-2.0 */
/*
 * removed.bpf.h - groups that were removed and still have charges: no file shows their counters any more.
 */
#ifndef SMCG_WITNESS_REMOVED_H
#define SMCG_WITNESS_REMOVED_H

/* From going offline to being freed: address of the group, id of its cgroup. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u64);
} removed SEC(".maps");

static __always_inline u64 group_of(struct cgroup_subsys_state *css)
{
	return (u64)css - bpf_core_field_offset(struct mem_cgroup, css);
}

static __always_inline void note_removed(struct cgroup_subsys_state *css)
{
	u64 memcg = group_of(css), group;

	if (watched_at(memcg, &group))
		bpf_map_update_elem(&removed, &memcg, &group, BPF_ANY);
}

ONCE("fentry/mem_cgroup_css_offline", css_offline, note_removed(css),
     struct cgroup_subsys_state *css)

static __always_inline void forget_removed(struct cgroup_subsys_state *css)
{
	u64 memcg = group_of(css);

	bpf_map_delete_elem(&removed, &memcg);
}

ONCE("fentry/mem_cgroup_css_free", css_free, forget_removed(css),
     struct cgroup_subsys_state *css)

/* Run by the loader, for one group of the map. */
SEC("syscall")
int read_removed(struct witness_removed *ask)
{
	u64 memcg = ask->memcg;
	struct mem_cgroup *group = (struct mem_cgroup *)memcg;

	ask->memory = BPF_CORE_READ(group, memory.usage.counter);
	ask->swap = BPF_CORE_READ(group, swap.usage.counter);
	/* what was read is of this group only if it is still there */
	ask->there = !!bpf_map_lookup_elem(&removed, &memcg);
	return 0;
}

#endif
