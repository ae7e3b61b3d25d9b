/* SPDX-License-Identifier: GPL-2.0 */
/*
 * level.h - the level of context that a hook runs in.
 */
#ifndef SMCG_HOOKS_LEVEL_H
#define SMCG_HOOKS_LEVEL_H

#include "shadow_memcg.h"
#include "compat/preempt.h"

/* On top of a task?  An odd count of softirqs is one that runs, an even one only keeps them off. */
static __always_inline bool smcg_nested(u32 preempt)
{
	return preempt & (SOFTIRQ_OFFSET | HARDIRQ_MASK | NMI_MASK);
}

/* enum smcg_ctx, by what smcg_raw_preempt_count() was. */
static __always_inline u32 smcg_level(u32 preempt)
{
	if (likely(!smcg_nested(preempt)))
		return SMCG_CTX_TASK;
	if (preempt & NMI_MASK)
		return SMCG_CTX_NMI;
	return preempt & HARDIRQ_MASK ? SMCG_CTX_HARDIRQ : SMCG_CTX_SOFTIRQ;
}

#endif
