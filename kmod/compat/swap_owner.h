/* SPDX-License-Identifier: GPL-2.0 */
/* swap_owner.h - the group that the kernel has noted for a swap entry. */
#ifndef SMCG_COMPAT_SWAP_OWNER_H
#define SMCG_COMPAT_SWAP_OWNER_H

#include <linux/types.h>

struct ftrace_regs;

/**
 * smcg_swap_owner_init() - find what the kernel looks it up with.
 * Context: process.  Return: 0, or -ENOENT if this kernel has none of that name.
 */
int smcg_swap_owner_init(void);

/**
 * smcg_swap_owner() - whose the swap entry is that a folio comes back from.
 * @regs: at the entry of mem_cgroup_swapin_charge_folio()
 * Context: there, preemption disabled.  Return: as smcg_event.b of SMCG_EV_SWAPIN: 2 + css id, 1 nobody that is online.
 * Source: mem_cgroup_swapin_charge_folio() of 6.1, 6.12 (the id is looked up by the entry) and 7.2 (it is called with the id).
 */
u64 smcg_swap_owner(struct ftrace_regs *regs);

#endif
