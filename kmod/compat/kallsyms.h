/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kallsyms.h - symbols that the kernel does not export to modules.
 *
 * kallsyms_lookup_name() lost its export in 5.7.  A kprobe may still be put on
 * it by name, and tells its address when registered.
 */
#ifndef SMCG_COMPAT_KALLSYMS_H
#define SMCG_COMPAT_KALLSYMS_H

#include <linux/types.h>

/**
 * smcg_kallsyms_init() - make smcg_lookup() work.
 * Context: process.  Return: 0 or a negative errno.
 */
int smcg_kallsyms_init(void);

/* Address of a symbol, 0 when there is none.  Process context. */
unsigned long smcg_lookup(const char *name);

/**
 * smcg_lookup_range() - where a function begins and ends.
 * Context: process.  Return: 0, or -ENOENT.
 */
int smcg_lookup_range(const char *name, unsigned long *start, unsigned long *end);

#endif
