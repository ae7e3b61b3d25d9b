/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gather.h - what uncharge_batch() is asked to give back, a private structure of the kernel.
 */
#ifndef SMCG_COMPAT_GATHER_H
#define SMCG_COMPAT_GATHER_H

#include <linux/types.h>

struct smcg_gather {
	unsigned long pages;		/* all */
	unsigned long folios;		/* of user memory */
	unsigned long kernel;		/* pages that are the kernel's */
};

/**
 * smcg_gather_init() - find its members.
 * Context: process, after smcg_btf_open().  Return: 0; a negative errno after saying why in the log.
 */
int smcg_gather_init(void);

/* Read one.  Any context, leaf. */
void smcg_gather_read(const void *gather, struct smcg_gather *what);

#endif
