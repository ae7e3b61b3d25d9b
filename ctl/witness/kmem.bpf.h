/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kmem.bpf.h - kernel memory; migration and swap.
 */
#ifndef SMCG_WITNESS_KMEM_H
#define SMCG_WITNESS_KMEM_H

/* Kernel memory */

static __always_inline void obj_enter(struct obj_cgroup *objcg, u64 size)
{
	struct mem_cgroup *memcg = objcg->memcg;
	struct frame *frame;
	struct call_stack *slot;
	struct who me;
	u64 group;

	if (!memcg || !watched(memcg, &group))
		return;
	who(&me);
	slot = slot_claim(&me);
	if (!slot)
		return;
	frame = slot_push(&me, slot, FRAME_OBJ);
	if (!frame)
		return;
	frame->owner = (u64)objcg;
	frame->group = group;
	frame->arg = size;
}

static __always_inline void obj_leave(struct obj_cgroup *objcg, int ret)
{
	struct frame *top;
	struct call_stack *slot;
	struct who me;

	top = open_call(&me, &slot, false);
	if (!top || top->type != FRAME_OBJ || top->owner != (u64)objcg)
		return;
	if (!ret && !(top->flags & F_CHARGED))
		EMIT(&me, .kind = SMCG_KIND_OBJ_HIT, .group = top->group, .arg = top->arg,
		     .began = slot->began, .depth = slot->depth);
	slot_pop(slot);
}

TWICE("fentry/obj_cgroup_charge", obj_charge, obj_enter(objcg, size),
      struct obj_cgroup *objcg, gfp_t gfp, size_t size)
TWICE("fexit/obj_cgroup_charge", obj_charge_ret, obj_leave(objcg, ret),
      struct obj_cgroup *objcg, gfp_t gfp, size_t size, int ret)

/* Its callers are refill_obj_stock, which counts, and the two below, which do not. */
static __always_inline void obj_uncharge_pages(struct obj_cgroup *objcg, u32 nr)
{
	struct mem_cgroup *memcg = objcg->memcg;
	struct frame *top = NULL;
	struct call_stack *slot;
	struct who me;
	u64 group;

	if (!memcg || !watched(memcg, &group))
		return;
	who(&me);
	slot = slot_find(&me);
	if (slot)
		top = slot_top(slot);
	if (top && top->type == FRAME_OTHER_UNCHARGE)
		return;
	EMIT(&me, .kind = SMCG_KIND_KMEM_UNCHARGE, .group = group, .nr = nr,
	     .began = slot && slot->depth ? slot->began : 0);
}

TWICE("fentry/obj_cgroup_uncharge_pages", obj_uncharge,
      obj_uncharge_pages(objcg, nr_pages), struct obj_cgroup *objcg, unsigned int nr_pages)
TWICE("fentry/__memcg_kmem_uncharge_page", kmem_page,
      enter(FRAME_OTHER_UNCHARGE), struct page *page)
TWICE("fexit/__memcg_kmem_uncharge_page", kmem_page_ret,
      leave(FRAME_OTHER_UNCHARGE), struct page *page)
TWICE("fentry/obj_cgroup_release", obj_release,
      enter(FRAME_OTHER_UNCHARGE), struct percpu_ref *ref)
TWICE("fexit/obj_cgroup_release", obj_release_ret,
      leave(FRAME_OTHER_UNCHARGE), struct percpu_ref *ref)

/* Migration and swap: tasks only */

/* As of 7.2: flags in a structure, another name for the pages, an object group for the group. */
struct folio___objcg {
	struct {
		unsigned long f;
	} flags;
	unsigned int _nr_pages;
} __attribute__((preserve_access_index));

struct obj_stock_pcp___there {
} __attribute__((preserve_access_index));

static __always_inline bool has_objcg(void)
{
	return bpf_core_type_exists(struct obj_stock_pcp___there);
}

static __always_inline u32 folio_pages(struct folio *folio)
{
	struct folio___objcg *newer = (void *)folio;
	u64 flags;

	if (has_objcg())
		flags = BPF_CORE_READ(newer, flags.f);
	else
		flags = BPF_CORE_READ(folio, flags);
	if (!(flags >> bpf_core_enum_value(enum pageflags, PG_head) & 1))
		return 1;
	return has_objcg() ? BPF_CORE_READ(newer, _nr_pages) : BPF_CORE_READ(folio, _folio_nr_pages);
}

AROUND(mem_cgroup_migrate, migrate, FRAME_MIGRATE)
IF_THERE_AROUND(mem_cgroup_replace_folio, replace, FRAME_MIGRATE)

/* From 6.7 on a migration takes the old folio's charge along; no counter changes. */
static __always_inline void charge_moves(struct folio *old)
{
	u64 memcg = BPF_CORE_READ(old, memcg_data) & ~7ull, group;
	struct who me;

	if (memcg && has_objcg())
		memcg = (u64)BPF_CORE_READ((struct obj_cgroup *)memcg, memcg);
	if (!memcg || !watched_at(memcg, &group))
		return;
	who(&me);
	EMIT(&me, .kind = SMCG_KIND_MIGRATE, .group = group, .nr = folio_pages(old), .arg = 1,
	     .began = open_since(&me));
}

ONCE("?fentry/mem_cgroup_migrate", migrate_moves, charge_moves(old), struct folio *old)

static __always_inline void swap_charge_enter(void)
{
	struct who me;

	who(&me);
	forget_tries(&me);
	enter(FRAME_SWAP_CHARGE);
}

ONCE("fentry/__mem_cgroup_try_charge_swap", swap_charge, swap_charge_enter())

static __always_inline void swap_charge_leave(void)
{
	struct call_stack *slot;
	struct who me;

	who(&me);
	slot = slot_find(&me);
	if (slot)
		settle(&me, slot);
	leave(FRAME_SWAP_CHARGE);
}

ONCE("fexit/__mem_cgroup_try_charge_swap", swap_charge_ret, swap_charge_leave())

AROUND(__mem_cgroup_uncharge_swap, swap_uncharge, FRAME_SWAP_UNCHARGE)
AROUND(mem_cgroup_swapin_charge_folio, swapin, FRAME_SWAPIN)

#endif
