/* SPDX-License-Identifier: GPL-2.0 */
/*
 * legacy.bpf.h - what only the legacy hierarchy has: entries that are swapped out, kernel
 * memory and buffers of TCP with counters of their own.
 */
#ifndef SMCG_WITNESS_LEGACY_H
#define SMCG_WITNESS_LEGACY_H

/* The group that has this counter at that place, 0 if it is another counter. */
static __always_inline u64 owner_at(u64 counter, u64 place)
{
	u64 memcg = counter - place;
	u64 above = (u64)BPF_CORE_READ((struct mem_cgroup *)memcg, css.parent);

	if (!above || (u64)BPF_CORE_READ((struct page_counter *)counter, parent) != above + place)
		return 0;
	return memcg;
}

/* Return: it is a counter of the kernel's memory, and nothing else. */
static __always_inline bool kmem_charge(const struct who *me, const struct call_stack *slot,
					u64 counter, u32 nr)
{
	u64 memcg = owner_at(counter, KMEM_OF(0)), group;

	if (!memcg)
		return false;
	if (watched_at(memcg, &group))
		EMIT(me, .kind = SMCG_KIND_KMEM_CHARGE, .group = group, .nr = nr,
		     .began = slot && slot->depth ? slot->began : 0);
	return true;
}

/* Tasks only, with interrupts off. */
SEC("?fentry/mem_cgroup_swapout")
int BPF_PROG(legacy_swapout, struct folio *folio)
{
	u64 memcg = BPF_CORE_READ(folio, memcg_data) & ~7ull, group;
	struct call_stack *slot;
	struct frame *frame;
	struct who me;

	if (!memcg || !watched_at(memcg, &group))
		return 0;
	who(&me);
	slot = slot_claim(&me);
	frame = slot ? slot_push(&me, slot, FRAME_SWAPOUT) : NULL;
	if (!frame)
		return 0;
	frame->owner = memcg;
	frame->group = group;
	frame->nr = 0;
	frame->over_group = 0;
	return 0;
}

SEC("?fexit/mem_cgroup_swapout")
int BPF_PROG(legacy_swapout_ret)
{
	struct call_stack *slot;
	struct frame *top;
	struct who me;

	top = open_call(&me, &slot, false);
	if (!top || top->type != FRAME_SWAPOUT)
		return 0;
	EMIT(&me, .kind = SMCG_KIND_SWAPOUT, .group = top->group, .nr = top->nr,
	     .over = top->over_group, .arg = top->arg, .began = slot->began, .depth = slot->depth);
	slot_pop(slot);
	return 0;
}

/* A swap-out takes from its group's memory, and from its memory+swap if another owns the entry. */
static __always_inline void swapout_uncharge(struct frame *top, u64 counter, u32 nr)
{
	if (counter == MEMORY_OF(top->owner))
		top->nr = nr;
	else if (counter == SWAP_OF(top->owner))
		top->arg = 1;
}

SEC("?fentry/mem_cgroup_move_account")
int BPF_PROG(legacy_move, struct page *page, bool compound, struct mem_cgroup *from,
	     struct mem_cgroup *to)
{
	struct call_stack *slot;
	struct frame *frame;
	u64 old, new;
	bool mine;
	struct who me;

	mine = watched(from, &old);
	mine |= watched(to, &new);
	if (!mine)
		return 0;
	who(&me);
	slot = slot_claim(&me);
	frame = slot ? slot_push(&me, slot, FRAME_MOVE) : NULL;
	if (!frame)
		return 0;
	frame->group = new;
	frame->over_group = old;
	frame->nr = compound ? folio_pages((struct folio *)page) : 1;
	return 0;
}

/* Before what is looked at because of it. */
static __always_inline void tell_move(const struct who *me, const struct call_stack *slot,
				      struct frame *top)
{
	if (top->flags & F_CHARGED)
		return;
	top->flags |= F_CHARGED;
	EMIT(me, .kind = SMCG_KIND_MOVE, .group = top->group, .nr = top->nr, .over = top->over_group,
	     .began = slot->began, .depth = slot->depth);
}

SEC("?fexit/mem_cgroup_move_account")
int BPF_PROG(legacy_move_ret, struct page *page, bool compound, struct mem_cgroup *from,
	     struct mem_cgroup *to, int ret)
{
	struct call_stack *slot;
	struct frame *top;
	struct who me;

	top = open_call(&me, &slot, false);
	if (!top || top->type != FRAME_MOVE)
		return 0;
	if (!ret)
		tell_move(&me, slot, top);
	slot_pop(slot);
	return 0;
}

AROUND_AS("?fentry/__mem_cgroup_clear_mc", "?fexit/__mem_cgroup_clear_mc", legacy_move_end,
	  FRAME_MOVE_END)

/* A move ends: both groups give back what is not theirs. */
static __always_inline void move_uncharge(const struct who *me, const struct call_stack *slot,
					  u64 counter, u32 nr)
{
	u64 memcg = owner_at(counter, MEMORY_OF(0)), group;

	if (!memcg)
		memcg = owner_at(counter, SWAP_OF(0));
	if (memcg && watched_at(memcg, &group))
		EMIT(me, .kind = SMCG_KIND_MOVE_END, .group = group, .nr = nr, .began = slot->began,
		     .depth = slot->depth);
}

static __always_inline void sock_enter(struct mem_cgroup *memcg)
{
	struct call_stack *slot;
	struct frame *frame;
	struct who me;
	u64 group;

	if (!watched(memcg, &group))
		return;
	who(&me);
	slot = slot_claim(&me);
	frame = slot ? slot_push(&me, slot, FRAME_SOCK) : NULL;
	if (!frame)
		return;
	frame->owner = (u64)memcg;
	frame->group = group;
	forget_tries(&me);
}

static __always_inline void sock_leave(void)
{
	struct call_stack *slot;
	struct frame *top;
	struct who me;

	top = open_call(&me, &slot, true);
	if (top && top->type == FRAME_SOCK)
		slot_pop(slot);
}

TWICE("?fentry/mem_cgroup_charge_skmem", legacy_sock, sock_enter(memcg),
      struct mem_cgroup *memcg)
TWICE("?fexit/mem_cgroup_charge_skmem", legacy_sock_ret, sock_leave(),
      struct mem_cgroup *memcg)

#endif
