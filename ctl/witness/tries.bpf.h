/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tries.bpf.h - tries of a counter: noted as they return, told at the next mark of their frame.
 */
#ifndef SMCG_WITNESS_TRIES_H
#define SMCG_WITNESS_TRIES_H

/*
 * A try is noted here and made a step by settle_tries() at the next mark of its frame: what
 * runs here lies between the try and the moment at which the module sees it return, and
 * the longer that is, the more of what other CPUs do could have come first.  The task
 * cannot move in between, or else the note is its own.
 * @args: the third one, where the counter that failed is told, has no type that may be read directly.
 */
static __always_inline void try_return(void *args, u64 counter, u32 nr, bool ok)
{
	struct witness_tries *tries;
	struct witness_try *try;
	struct who me;
	u64 fail;

	who(&me);
	tries = &me.notes->tries;
	if (tries->nr >= WITNESS_TRIES)
		return;
	try = &tries->list[tries->nr++ & (WITNESS_TRIES - 1)];
	try->counter = counter;
	try->nr = nr;
	try->ok = ok;
	if (!ok && !bpf_get_func_arg(args, 2, &fail))
		bpf_probe_read_kernel(&try->over, sizeof(try->over), (void *)fail);
}

static __always_inline void forget_tries(const struct who *me)
{
	me->notes->tries.nr = 0;
}

static __always_inline void tell_swap_try(const struct who *me, const struct call_stack *slot,
					  const struct witness_try *try)
{
	u64 group;

	if (watched_at(FROM_SWAP(try->counter), &group))
		EMIT(me, .kind = SMCG_KIND_SWAP_CHARGE, .group = group, .nr = try->nr,
		     .result = try->ok ? 0 : -ENOMEM,
		     .over = try->ok ? 0 : group_at(FROM_SWAP(try->over)),
		     .began = slot->began, .depth = slot->depth);
}

static __always_inline void tell_try(const struct who *me, const struct call_stack *slot,
				     struct frame *top, const struct witness_try *try)
{
	u64 over_group = 0;
	bool exact = try->nr == top->nr;

	if (try->ok) {
		top->flags |= F_LAST_OK;
	} else {
		over_group = group_at(FROM_MEMORY(try->over));
		top->flags &= ~F_LAST_OK;
		if (exact) {
			top->flags |= F_FAILED;
			top->over = FROM_MEMORY(try->over);
			top->over_group = over_group;
		}
	}
	EMIT(me, .kind = exact ? SMCG_KIND_EXACT_CHARGE : SMCG_KIND_BATCH_CHARGE,
	     .group = top->group, .nr = try->nr, .result = try->ok ? 0 : -ENOMEM,
	     .over = over_group, .began = slot->began, .depth = slot->depth);
}

/* Memory+swap is tried before memory; that it went through is told by the try that follows. */
static __always_inline void tell_memsw_try(const struct who *me, const struct call_stack *slot,
					   struct frame *top, const struct witness_try *try)
{
	u64 over_group = 0;

	if (!try->ok) {
		over_group = group_at(FROM_SWAP(try->over));
		top->flags &= ~F_LAST_OK;
		if (try->nr == top->nr) {
			top->flags |= F_FAILED;
			top->over = FROM_SWAP(try->over);
			top->over_group = over_group;
		}
	}
	EMIT(me, .kind = SMCG_KIND_MEMSW_CHARGE, .group = top->group, .nr = try->nr,
	     .result = try->ok ? 0 : -ENOMEM, .over = over_group, .began = slot->began,
	     .depth = slot->depth);
}

static __always_inline void tell_sock_try(const struct who *me, const struct call_stack *slot,
					  const struct frame *top, const struct witness_try *try)
{
	EMIT(me, .kind = SMCG_KIND_TCP_CHARGE, .group = top->group, .nr = try->nr,
	     .result = try->ok ? 0 : -ENOMEM,
	     .over = try->ok ? 0 : group_at(FROM_TCPMEM(try->over)),
	     .began = slot->began, .depth = slot->depth);
}

/* Make steps of the tries noted since the last mark of this frame. */
static __noinline int settle_tries(const struct who *me, struct call_stack *slot)
{
	struct witness_tries *tries = &me->notes->tries;
	struct frame *top = slot_top(slot);
	u32 nr = tries->nr;

	tries->nr = 0;
	for (u32 i = 0; top && i < WITNESS_TRIES && i < nr; i++) {
		const struct witness_try *try = &tries->list[i];

		if (top->type == FRAME_SWAP_CHARGE)
			tell_swap_try(me, slot, try);
		else if (legacy && top->type == FRAME_CHARGE && try->counter == SWAP_OF(top->owner))
			tell_memsw_try(me, slot, top, try);
		else if (legacy && top->type == FRAME_SOCK)
			tell_sock_try(me, slot, top, try);
		else if (top->type == FRAME_CHARGE && try->counter == MEMORY_OF(top->owner))
			tell_try(me, slot, top, try);
	}
	return 0;
}

static __always_inline void settle(const struct who *me, struct call_stack *slot)
{
	if (me->notes->tries.nr)
		settle_tries(me, slot);
}

/*
 * The innermost open call of this task and level, NULL if there is none; @me and @slot are
 * set in any case.  With @told its tries so far have become steps: a mark follows.
 */
static __always_inline struct frame *open_call(struct who *me, struct call_stack **slot, bool told)
{
	who(me);
	*slot = slot_find(me);
	if (!*slot)
		return NULL;
	if (told)
		settle(me, *slot);
	return slot_top(*slot);
}

TWICE("fexit/page_counter_try_charge", try_ret,
      try_return(ctx, (u64)counter, nr_pages, ret),
      struct page_counter *counter, unsigned long nr_pages, struct page_counter **fail, bool ret)

#endif
