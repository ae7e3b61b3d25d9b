/* SPDX-License-Identifier: GPL-2.0 */
/*
 * readings.h - what the slow path reads of the kernel's state beside its own events, so that
 * the engine can tell how far what other CPUs have under way had come.
 */
#ifndef SMCG_HOOKS_READINGS_H
#define SMCG_HOOKS_READINGS_H

#include <linux/page_counter.h>

#include "compat/stock_layout.h"
#include "shadow_memcg.h"

/* Pages at the lowest three levels, each plus one: 0 means not told. */
static __always_inline void smcg_read_levels(const struct page_counter *counter, u32 *own,
					     u64 *above)
{
	*own = atomic_long_read(&counter->usage) + 1;
	*above = 0;
	counter = counter->parent;
	if (!counter || !counter->parent)
		return;
	*above = (u32)atomic_long_read(&counter->usage) + 1;
	counter = counter->parent;
	if (counter->parent)
		*above |= ((u64)atomic_long_read(&counter->usage) + 1) << 32;
}

static __always_inline enum smcg_mutex smcg_read_mutex(void)
{
	int held = smcg_drain_mutex_held();

	return held < 0 ? SMCG_MUTEX_UNTOLD : held ? SMCG_MUTEX_HELD : SMCG_MUTEX_FREE;
}

#endif
