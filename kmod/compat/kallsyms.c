// SPDX-License-Identifier: GPL-2.0
#include <linux/kprobes.h>

#include "compat/kallsyms.h"

typedef unsigned long lookup_name_fn(const char *name);
typedef int lookup_size_offset_fn(unsigned long addr, unsigned long *size, unsigned long *offset);

SMCG_KERNEL_CALL(kallsyms_lookup_name, lookup_name_fn);
SMCG_KERNEL_CALL(kallsyms_lookup_size_offset, lookup_size_offset_fn);

int smcg_kallsyms_init(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	void *start;
	int err;

	err = register_kprobe(&probe);
	if (err)
		return err;
	/* With IBT a probe's address lies behind the landing mark: a direct call does not need it. */
	start = probe.addr;
	unregister_kprobe(&probe);
	static_call_update(smcg_call_kallsyms_lookup_name, start);
	return smcg_find_call(kallsyms_lookup_size_offset) ? 0 : -ENOENT;
}

unsigned long smcg_lookup(const char *name)
{
	return static_call(smcg_call_kallsyms_lookup_name)(name);
}

int smcg_lookup_range(const char *name, unsigned long *start, unsigned long *end)
{
	unsigned long addr = smcg_lookup(name), size, offset;

	if (!addr || !static_call(smcg_call_kallsyms_lookup_size_offset)(addr, &size, &offset))
		return -ENOENT;
	*start = addr - offset;
	*end = *start + size;
	return 0;
}
