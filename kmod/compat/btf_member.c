// SPDX-License-Identifier: GPL-2.0
#include <linux/btf.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "compat/btf_member.h"
#include "compat/kallsyms.h"

/* The kernel's BTF functions, which it does not export. */
typedef struct btf *vmlinux_btf_fn(void);
typedef s32 find_type_fn(const struct btf *btf, const char *name, u8 kind);
typedef const struct btf_type *type_fn(const struct btf *btf, u32 id);
typedef const char *type_name_fn(const struct btf *btf, u32 offset);

SMCG_KERNEL_CALL(bpf_get_btf_vmlinux, vmlinux_btf_fn);
SMCG_KERNEL_CALL(btf_find_by_name_kind, find_type_fn);
SMCG_KERNEL_CALL(btf_type_by_id, type_fn);
SMCG_KERNEL_CALL(btf_name_by_offset, type_name_fn);

static struct btf *vmlinux_btf;

int smcg_btf_open(void)
{
	if (!smcg_find_call(bpf_get_btf_vmlinux) || !smcg_find_call(btf_find_by_name_kind) ||
	    !smcg_find_call(btf_type_by_id) || !smcg_find_call(btf_name_by_offset)) {
		pr_err("this kernel has no BTF, which tells the layout of its stocks\n");
		return -EOPNOTSUPP;
	}
	vmlinux_btf = static_call(smcg_call_bpf_get_btf_vmlinux)();
	if (IS_ERR_OR_NULL(vmlinux_btf)) {
		pr_err("cannot read the kernel's BTF, which tells the layout of its stocks\n");
		return vmlinux_btf ? PTR_ERR(vmlinux_btf) : -EOPNOTSUPP;
	}
	return 0;
}

/* The type behind typedefs and qualifiers. */
static const struct btf_type *bare_type(u32 id)
{
	const struct btf_type *type = static_call(smcg_call_btf_type_by_id)(vmlinux_btf, id);

	while (type) {
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
			type = static_call(smcg_call_btf_type_by_id)(vmlinux_btf, type->type);
			break;
		default:
			return type;
		}
	}
	return NULL;
}

static u32 size_of(const struct btf_type *type)
{
	if (!type)
		return 0;
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
		return sizeof(void *);
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_STRUCT:
		return type->size;
	default:
		return 0;
	}
}

static void describe(const struct btf_type *type, const struct btf_member *found,
		     struct smcg_member *member)
{
	const struct btf_type *of = bare_type(found->type);

	member->offset = __btf_member_bit_offset(type, found) / 8;
	member->nr = 1;
	if (of && BTF_INFO_KIND(of->info) == BTF_KIND_ARRAY) {
		const struct btf_array *array = (const void *)(of + 1);

		member->nr = array->nelems;
		of = bare_type(array->type);
	}
	member->size = size_of(of);
}

int smcg_btf_member(const char *structure, const char *name, struct smcg_member *member)
{
	const struct btf_member *found;
	const struct btf_type *type;
	s32 id;
	u32 i;

	id = static_call(smcg_call_btf_find_by_name_kind)(vmlinux_btf, structure, BTF_KIND_STRUCT);
	if (id < 0) {
		pr_err("the kernel's BTF does not know struct %s\n", structure);
		return id;
	}
	type = static_call(smcg_call_btf_type_by_id)(vmlinux_btf, id);
	found = (const void *)(type + 1);
	for (i = 0; i < btf_type_vlen(type); i++, found++) {
		if (!strcmp(static_call(smcg_call_btf_name_by_offset)(vmlinux_btf, found->name_off),
			    name)) {
			describe(type, found, member);
			return 0;
		}
	}
	pr_err("struct %s has no member %s\n", structure, name);
	return -EOPNOTSUPP;
}
