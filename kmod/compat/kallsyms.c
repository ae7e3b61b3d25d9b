// SPDX-License-Identifier: GPL-2.0
#include <linux/kprobes.h>

#include "compat/kallsyms.h"

static unsigned long (*lookup_name)(const char *name);
static int (*lookup_size_offset)(unsigned long addr, unsigned long *size, unsigned long *offset);

/*
 * With IBT a probe's address lies behind the ENDBR, and calling it would fault;
 * the function's own entry in the table is its true start.
 */
static unsigned long true_start(unsigned long addr)
{
	unsigned long (*probe)(const char *name) = (void *)addr;

#ifdef CONFIG_X86_KERNEL_IBT
	probe = (void *)(addr - 4);
#endif
	return probe("kallsyms_lookup_name");
}

int smcg_kallsyms_init(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long addr;
	int err;

	err = register_kprobe(&probe);
	if (err)
		return err;
	addr = (unsigned long)probe.addr;
	unregister_kprobe(&probe);

	addr = true_start(addr);
	if (!addr)
		return -ENOENT;
	lookup_name = (void *)addr;
	lookup_size_offset = (void *)lookup_name("kallsyms_lookup_size_offset");
	return lookup_size_offset ? 0 : -ENOENT;
}

unsigned long smcg_lookup(const char *name)
{
	return lookup_name(name);
}

int smcg_lookup_range(const char *name, unsigned long *start, unsigned long *end)
{
	unsigned long addr = lookup_name(name), size, offset;

	if (!addr || !lookup_size_offset(addr, &size, &offset))
		return -ENOENT;
	*start = addr - offset;
	*end = *start + size;
	return 0;
}
