// SPDX-License-Identifier: GPL-2.0
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/page_counter.h>
#include <linux/sched.h>

#include "compat/stock_layout.h"
#include "hooks/convert.h"
#include "hooks/level.h"
#include "hooks/objid.h"

static const struct {
	u32 raw, flag;
} gfp_flags[] = {
	{ ___GFP_NOFAIL, SMCG_GFP_NOFAIL },
	{ ___GFP_HIGH, SMCG_GFP_HIGH },
	{ ___GFP_NORETRY, SMCG_GFP_NORETRY },
	{ ___GFP_RETRY_MAYFAIL, SMCG_GFP_RETRY_MAYFAIL },
	{ ___GFP_DIRECT_RECLAIM, SMCG_GFP_BLOCKING },
#ifdef ___GFP_ATOMIC
	{ ___GFP_ATOMIC, SMCG_GFP_ATOMIC },
#endif
	{ ___GFP_ACCOUNT, SMCG_GFP_ACCOUNT },
	{ ___GFP_FS, SMCG_GFP_FS },
	{ ___GFP_IO, SMCG_GFP_IO },
	{ ___GFP_MOVABLE, SMCG_GFP_MOVABLE },
	{ ___GFP_HIGHMEM, SMCG_GFP_HIGHMEM },
};

static u32 convert_gfp(u32 raw)
{
	u32 flags = 0, i;

	if (SMCG_STOCK_SLOTS && !(raw & (___GFP_DIRECT_RECLAIM | ___GFP_KSWAPD_RECLAIM)))
		flags = SMCG_GFP_NOSPIN;
	for (i = 0; i < ARRAY_SIZE(gfp_flags); i++) {
		if (raw & gfp_flags[i].raw)
			flags |= gfp_flags[i].flag;
	}
	return flags;
}

static u32 convert_task(u32 raw, u32 mark)
{
	u32 flags = 0;

	if (raw & PF_MEMALLOC)
		flags |= SMCG_TASK_MEMALLOC;
	if (raw & PF_KTHREAD)
		flags |= SMCG_TASK_KTHREAD;
	if (mark & SMCG_MARK_IN_OOM)
		flags |= SMCG_TASK_IN_OOM;
	if (mark & SMCG_MARK_DYING)
		flags |= SMCG_TASK_DYING;
	if (mark & SMCG_MARK_REAPED)
		flags |= SMCG_TASK_REAPED;
	return flags;
}

static u64 pfn_of(u64 page)
{
	return page ? page_to_pfn((struct page *)page) : SMCG_NO_PFN;
}

static u64 node_of(u64 page)
{
	return page ? page_to_nid((struct page *)page) : 0;
}

/* Recorded by smcg_record_page(): all else in the slot is an older event's. */
static bool has_page_only(u32 type)
{
	return type == SMCG_EV_FREE || type == SMCG_EV_ALLOC;
}

static bool convert_page(const struct smcg_slot *slot, struct smcg_event *event)
{
	event->a = pfn_of(slot->a);
	if (event->type == SMCG_EV_ALLOC)
		event->b = node_of(slot->a);
	return true;
}

/* Recorded by smcg_record_charge(), without c but in interrupts where stocks have slots. */
static bool convert_charge(const struct smcg_slot *slot, struct smcg_event *event)
{
	event->a = pfn_of(slot->a);
	event->b = node_of(slot->a) | slot->b << SMCG_FOLIO_SHIFT;
	event->gfp = convert_gfp(slot->gfp);
	if (SMCG_STOCK_SLOTS || event->ctx == SMCG_CTX_TASK)
		event->c = slot->c;
	return true;
}

bool smcg_convert(const struct smcg_slot *slot, unsigned int cpu, struct smcg_event *event)
{
	u32 mark = slot->mark;

	event->type = smcg_mark_type(mark);
	event->caller = smcg_mark_caller(mark);
	event->ctx = smcg_level(slot->preempt);
	if (SMCG_STOCK_SLOTS)
		event->locks = slot->preempt >> SMCG_PREEMPT_LOCKS & SMCG_LOCKS_MASK;
	event->cpu = cpu;
	event->tid = slot->tid;
	event->nr = slot->nr;
	event->a = slot->a;
	if (has_page_only(event->type))
		return convert_page(slot, event);
	event->group = slot->group;
	event->task = convert_task(slot->task, mark);
	if (event->type == SMCG_EV_CHARGE)
		return convert_charge(slot, event);
	event->b = slot->b;
	event->c = slot->c;

	switch (event->type) {
	case SMCG_EV_START:
		smcg_objid_reset();
		event->gfp = slot->gfp;
		break;
	case SMCG_EV_LIMIT:
		if (slot->a >= PAGE_COUNTER_MAX)
			event->a = SMCG_NO_LIMIT;
		break;
	case SMCG_EV_TRY_ENTER:
	case SMCG_EV_TRY_RET:
	case SMCG_EV_TRY_SEEN:
	case SMCG_EV_RECLAIM_RET:
	case SMCG_EV_RECLAIM_HIGH:
	case SMCG_EV_MARGIN:
	case SMCG_EV_DRAIN_TRY:
	case SMCG_EV_OOM_TASK:
	case SMCG_EV_OOM_SCAN_RET:
	case SMCG_EV_PREEMPTED:
	case SMCG_EV_REFILL_RET:
		event->gfp = slot->gfp;
		break;
	case SMCG_EV_DRAIN_ALL:
	case SMCG_EV_DRAIN_ALL_RET:
		event->gfp = slot->gfp;
		break;
	case SMCG_EV_BASE_SLOT:
		event->cpu = slot->gfp;
		if (slot->c == 2)
			event->b = smcg_objid(slot->b);
		break;
	case SMCG_EV_BASE_STOCK:
		event->cpu = slot->gfp;
		event->a = smcg_objid(slot->a);
		break;
	case SMCG_EV_RECLAIM:
	case SMCG_EV_OOM:
		event->gfp = convert_gfp(slot->gfp);
		break;
	case SMCG_EV_OBJ_CHARGE:
		event->gfp = convert_gfp(slot->gfp);
		fallthrough;
	case SMCG_EV_OBJ_REFILL:
	case SMCG_EV_OBJ_STATE:
	case SMCG_EV_KMEM_UNCHARGE:
	case SMCG_EV_BASE_OBJCG:
		event->a = smcg_objid(slot->a);
		break;
	case SMCG_EV_OBJ_DRAIN:
		event->b = smcg_objid(slot->b);
		break;
	case SMCG_EV_OBJCG_FREE:
		event->a = smcg_objid(slot->a);
		smcg_objid_forget(slot->a);
		break;
	case SMCG_EV_SOCK_CHARGE:
	case SMCG_EV_PRESSURE:
		event->gfp = convert_gfp(slot->gfp);
		break;
	case SMCG_EV_SWAP_CHARGE:
	case SMCG_EV_SWAPOUT:
		event->gfp = slot->gfp;
		fallthrough;
	case SMCG_EV_SPLIT:
	case SMCG_EV_MOVE:
	case SMCG_EV_HUGETLB_FREE:
		event->a = pfn_of(slot->a);
		break;
	case SMCG_EV_MIGRATE:
		event->a = pfn_of(slot->a);
		event->b = pfn_of(slot->b);
		break;
	}
	return true;
}
