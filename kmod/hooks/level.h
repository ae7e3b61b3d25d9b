/* SPDX-License-Identifier: GPL-2.0 */
/*
 * level.h - the level of context that a hook runs in.
 */
#ifndef SMCG_HOOKS_LEVEL_H
#define SMCG_HOOKS_LEVEL_H

#include <linux/percpu.h>

#include "shadow_memcg.h"
#include "compat/preempt.h"
#include "compat/stock_layout.h"

/* On top of a task?  An odd count of softirqs is one that runs, an even one only keeps them off. */
static __always_inline bool smcg_nested(u32 preempt)
{
	return preempt & (SOFTIRQ_OFFSET | HARDIRQ_MASK | NMI_MASK);
}

/* switch.c: SOFTIRQ_OFFSET while the address space of the task before is dropped, in the middle of a switch. */
DECLARE_PER_CPU(u32, smcg_switching);

/* The raw preemption count. To what is noted of a task, that is none of its own: as in a softirq.  Any context. */
static __always_inline u32 smcg_context(void)
{
	u32 context = smcg_raw_preempt_count();

	return SMCG_STOCK_SLOTS ? context | raw_cpu_read(smcg_switching) : context;
}

/* enum smcg_ctx, by what smcg_context() was. */
static __always_inline u32 smcg_level(u32 preempt)
{
	if (likely(!smcg_nested(preempt)))
		return SMCG_CTX_TASK;
	if (preempt & NMI_MASK)
		return SMCG_CTX_NMI;
	return preempt & HARDIRQ_MASK ? SMCG_CTX_HARDIRQ : SMCG_CTX_SOFTIRQ;
}

#endif
