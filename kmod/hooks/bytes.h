/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bytes.h - events of object groups that say what the byte stock holds.
 */
#ifndef SMCG_HOOKS_BYTES_H
#define SMCG_HOOKS_BYTES_H

#include "compat/stock_layout.h"
#include "hooks/record.h"

/*
 * An interrupt may change what the stock holds between the reading and the clock, so it is read before and
 * after; what differs is not told.  Any context.
 */
static __always_inline void smcg_record_bytes(u32 mark, struct obj_cgroup *objcg, u32 gfp, u64 b,
					      u64 c)
{
	const struct mem_cgroup *group;
	struct smcg_slot *slot;
	u32 told;

	preempt_disable_notrace();
	told = smcg_stock_bytes_here(objcg);
	slot = smcg_record_begin();
	if (likely(slot)) {
		slot->preempt |= smcg_read_locks();
		group = READ_ONCE(objcg->memcg);
		slot->gfp = gfp;
		slot->group = group ? group->css.id : 0;
		slot->a = (u64)objcg;
		slot->b = b;
		slot->c = c;
		slot->nr = told == smcg_stock_bytes_here(objcg) ? told : 0;
		smcg_publish(slot, mark);
	}
	preempt_enable_notrace();
}

#endif
