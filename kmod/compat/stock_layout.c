// SPDX-License-Identifier: GPL-2.0
#include <linux/btf.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/string.h>

#include "compat/kallsyms.h"
#include "compat/stock_layout.h"

static struct {
	void __percpu *base;
	struct mutex *drain;	/* NULL: not found, not told */
	u32 group, objcg, nr_pages, nr_bytes, flags;
} layout;

static const struct {
	const char *name;
	u32 *offset;
} wanted[] = {
	{ "cached", &layout.group },
	{ "cached_objcg", &layout.objcg },
	{ "nr_pages", &layout.nr_pages },
	{ "nr_bytes", &layout.nr_bytes },
	{ "flags", &layout.flags },
};

/* The kernel's BTF functions, which it does not export. */
typedef struct btf *vmlinux_btf_fn(void);
typedef s32 find_type_fn(const struct btf *btf, const char *name, u8 kind);
typedef const struct btf_type *type_fn(const struct btf *btf, u32 id);
typedef const char *type_name_fn(const struct btf *btf, u32 offset);

SMCG_KERNEL_CALL(bpf_get_btf_vmlinux, vmlinux_btf_fn);
SMCG_KERNEL_CALL(btf_find_by_name_kind, find_type_fn);
SMCG_KERNEL_CALL(btf_type_by_id, type_fn);
SMCG_KERNEL_CALL(btf_name_by_offset, type_name_fn);

static bool find_member(struct btf *btf, const struct btf_type *type, const char *name,
			u32 *offset)
{
	const struct btf_member *member = (const void *)(type + 1);
	u32 i;

	for (i = 0; i < btf_type_vlen(type); i++, member++) {
		if (!strcmp(static_call(smcg_call_btf_name_by_offset)(btf, member->name_off), name)) {
			*offset = __btf_member_bit_offset(type, member) / 8;
			return true;
		}
	}
	return false;
}

int smcg_stock_layout_init(void)
{
	const struct btf_type *type;
	struct btf *btf;
	s32 id;
	u32 i;

	layout.base = (void __percpu *)smcg_lookup("memcg_stock");
	layout.drain = (struct mutex *)smcg_lookup("percpu_charge_mutex");
	if (!layout.base) {
		pr_err("no per-CPU stock (memcg_stock) in this kernel\n");
		return -ENOENT;
	}
	if (!smcg_find_call(bpf_get_btf_vmlinux) || !smcg_find_call(btf_find_by_name_kind) ||
	    !smcg_find_call(btf_type_by_id) || !smcg_find_call(btf_name_by_offset)) {
		pr_err("this kernel has no BTF, which tells the layout of its stocks\n");
		return -EOPNOTSUPP;
	}
	btf = static_call(smcg_call_bpf_get_btf_vmlinux)();
	if (IS_ERR_OR_NULL(btf)) {
		pr_err("cannot read the kernel's BTF, which tells the layout of its stocks\n");
		return btf ? PTR_ERR(btf) : -EOPNOTSUPP;
	}
	id = static_call(smcg_call_btf_find_by_name_kind)(btf, "memcg_stock_pcp", BTF_KIND_STRUCT);
	if (id < 0) {
		pr_err("the kernel's BTF does not know struct memcg_stock_pcp\n");
		return id;
	}
	type = static_call(smcg_call_btf_type_by_id)(btf, id);
	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (!find_member(btf, type, wanted[i].name, wanted[i].offset)) {
			pr_err("struct memcg_stock_pcp has no member %s\n", wanted[i].name);
			return -EOPNOTSUPP;
		}
	}
	return 0;
}

void smcg_stock_read(unsigned int cpu, struct smcg_stock *stock)
{
	void *base = per_cpu_ptr(layout.base, cpu);

	stock->group = READ_ONCE(*(struct mem_cgroup **)(base + layout.group));
	stock->objcg = READ_ONCE(*(struct obj_cgroup **)(base + layout.objcg));
	stock->nr_pages = READ_ONCE(*(unsigned int *)(base + layout.nr_pages));
	stock->nr_bytes = READ_ONCE(*(unsigned int *)(base + layout.nr_bytes));
	/* FLUSHING_CACHED_CHARGE is bit 0 */
	stock->flushing = READ_ONCE(*(unsigned long *)(base + layout.flags)) & 1;
}

notrace int smcg_drain_mutex_held(void)
{
	return layout.drain ? mutex_is_locked(layout.drain) : -ENOENT;
}

notrace u32 smcg_stock_bytes_here(const struct obj_cgroup *objcg)
{
	void *base = this_cpu_ptr(layout.base);

	if (READ_ONCE(*(struct obj_cgroup **)(base + layout.objcg)) != objcg)
		return 1;
	return READ_ONCE(*(unsigned int *)(base + layout.nr_bytes)) + 2;
}

notrace u32 smcg_stock_all_bytes_here(void)
{
	return READ_ONCE(*(unsigned int *)(this_cpu_ptr(layout.base) + layout.nr_bytes));
}

notrace u32 smcg_stock_pages_here(void)
{
	return READ_ONCE(*(unsigned int *)(this_cpu_ptr(layout.base) + layout.nr_pages));
}

notrace bool smcg_stock_is_here(const void *stock)
{
	return stock == this_cpu_ptr(layout.base);
}
