/* SPDX-License-Identifier: GPL-2.0 */
/*
 * objid.h - ids for object groups, whose addresses must not leave the module.
 * Feeder only.
 */
#ifndef SMCG_HOOKS_OBJID_H
#define SMCG_HOOKS_OBJID_H

#include <linux/types.h>

/* The id of an address, a new one if need be; 0 for 0 or without memory. */
u64 smcg_objid(u64 addr);

/* The object group is gone: the address begins a new life. */
void smcg_objid_forget(u64 addr);

/* Begin again from 1. */
void smcg_objid_reset(void);

#endif
