/* SPDX-License-Identifier: GPL-2.0 */
/*
 * callers.h - who called a hooked function, by its return address.
 */
#ifndef SMCG_HOOKS_CALLERS_H
#define SMCG_HOOKS_CALLERS_H

#include <linux/types.h>

struct smcg_caller_range {
	const char *name;
	u32 caller;		/* enum smcg_caller */
	bool optional;		/* the kernel may lack it */
	unsigned long start, size;
};

/* Ends with a row without name. */
#define SMCG_CALLERS_END { .name = NULL }

/* True when @ip lies in the function.  Any context, leaf. */
static __always_inline bool smcg_called_by(const struct smcg_caller_range *range, unsigned long ip)
{
	return ip - range->start < range->size;
}

/* The caller's class, or @other.  Any context, leaf. */
static __always_inline u32 smcg_caller(const struct smcg_caller_range *range, unsigned long ip,
				       u32 other)
{
	for (; range->name; range++) {
		if (smcg_called_by(range, ip))
			return range->caller;
	}
	return other;
}

#endif
