// SPDX-License-Identifier: GPL-2.0
/*
 * owe.c - what a stock owes to the groups below one that is drained (SPEC A12, A20).
 *
 * An operation that waits may take effect at any time: it does, on a copy.
 *
 * Source: drain_all_stock() of 6.1, seed 001; is_memcg_drain_needed(), obj_stock_flush_required() of 7.2.
 */
#include "owe.h"

struct smcg_question smcg_owes_ask(const struct smcg_world *w, u32 root, u32 half)
{
	const struct smcg_question q = {
		.root = root,
		.pages = half == SMCG_HALF_PAGES,
		.bytes = half == SMCG_HALF_BYTES || !w->rules->apart,
	};

	return q;
}

static enum smcg_maybe owes_bytes(const struct smcg_world *w, const struct smcg_stock *s,
				  const struct smcg_question *q)
{
	u32 i;

	if (!q->bytes)
		return SMCG_NO;
	if (!s->known_obj)
		return SMCG_MAYBE;
	for (i = 0; i < s->byte_slots; i++)
		if (s->byte[i].objcg && smcg_group_below(w, s->byte[i].objcg->css, q->root))
			return SMCG_YES;
	return SMCG_NO;
}

static enum smcg_maybe owes_pages(const struct smcg_world *w, const struct smcg_stock *s,
				  const struct smcg_question *q)
{
	enum smcg_maybe owes = SMCG_NO;
	u32 i;

	if (!q->pages)
		return SMCG_NO;
	if (!s->known)
		return SMCG_MAYBE;
	for (i = 0; i < s->page_slots; i++) {
		const struct smcg_page_slot *p = &s->page[i];

		if (!p->css || !p->high || !smcg_group_below(w, p->css, q->root))
			continue;
		if (p->low)
			return SMCG_YES;
		owes = SMCG_MAYBE;
	}
	return owes;
}

static bool flushing(const struct smcg_stock *s, const struct smcg_question *q)
{
	return q->pages ? s->flushing : s->flushing_obj;
}

static u8 answer_of(bool flushing, enum smcg_maybe pages, enum smcg_maybe bytes)
{
	if (flushing)
		return 0;
	if (pages == SMCG_YES || bytes == SMCG_YES)
		return SMCG_DRAIN_WANT;
	return pages == SMCG_MAYBE || bytes == SMCG_MAYBE ?
		SMCG_DRAIN_WANT | SMCG_DRAIN_MAYBE : 0;
}

u8 smcg_owes(const struct smcg_world *w, const struct smcg_cpu *c, const struct smcg_question *q)
{
	const struct smcg_stock *s = &c->stock;

	if (!c->online)
		return 0;
	return answer_of(flushing(s, q), owes_pages(w, s, q), owes_bytes(w, s, q));
}

/* What the pages, and the bytes, of a stock may owe while operations on it take effect. */
struct may_owe {
	bool pages[2], bytes[2];	/* no, yes */
};

static void add(bool *may, enum smcg_maybe owes)
{
	may[0] |= owes != SMCG_YES;
	may[1] |= owes != SMCG_NO;
}

/*
 * A refill takes effect on a copy.  While one owner is replaced by another, and when a slot
 * is overfull, there is none in it for a moment.
 */
static void refill_passes(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
			  const struct smcg_question *q, struct may_owe *may)
{
	u32 at = smcg_pages_goes(s, op->css);
	struct smcg_page_slot *p = &s->page[at], was = *p;
	bool other = p->css != op->css;
	struct smcg_outcome out;

	if (op->past || (w->rules->refill_past && op->nr > w->batch))
		return;
	if (other || p->high + op->nr > w->batch) {
		smcg_pages_clear(p);
		add(may->pages, owes_pages(w, s, q));
		p->css = op->css;
		p->low = op->nr;
		p->high = op->nr + (other ? 0 : was.high);
		add(may->pages, owes_pages(w, s, q));
		*p = was;
	}
	smcg_stock_run(w, s, op, &out);
}

/* An object group takes a slot of a copy: whose bytes are there is all that is asked. */
static void bytes_pass(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		       const struct smcg_question *q, struct may_owe *may)
{
	u32 at = smcg_bytes_goes(s, op->objcg);

	if (op->past || s->byte[at].objcg == op->objcg)
		return;
	if (s->byte[at].objcg)
		s->byte_next = (u8)((at + 1) % s->byte_slots);
	s->byte[at].objcg = NULL;
	add(may->bytes, s->byte_slots > 1 ? owes_bytes(w, s, q) : SMCG_NO);
	s->byte[at].objcg = op->objcg;
	s->known_obj |= s->byte_slots == 1;
}

/* Bytes of a copy are put back. */
static void bytes_leave(struct smcg_stock *s, const struct smcg_op *op)
{
	u32 i;

	for (i = 0; i < s->byte_slots; i++)
		smcg_bytes_clear(&s->byte[i]);
	s->known_obj = true;
	if (!op->allow)
		s->flushing_obj = false;
}

/* Let an operation that waits take effect on a copy. */
static void pass_through(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
			 const struct smcg_question *q, struct may_owe *may)
{
	bool was_flushing = flushing(s, q);
	struct smcg_outcome out;

	switch (op->kind) {
	case SMCG_OP_REFILL:
		refill_passes(w, s, op, q, may);
		break;
	case SMCG_OP_CONSUME:
	case SMCG_OP_DRAIN:
		smcg_stock_run(w, s, op, &out);
		break;
	case SMCG_OP_OBJ_REFILL:
	case SMCG_OP_OBJ_STATE:
		bytes_pass(w, s, op, q, may);
		break;
	case SMCG_OP_OBJ_DRAIN:
		bytes_leave(s, op);
		add(may->bytes, SMCG_NO);
		break;
	case SMCG_OP_BASE:
		add(may->pages, q->pages ? SMCG_MAYBE : SMCG_NO);
		add(may->bytes, q->bytes ? SMCG_MAYBE : SMCG_NO);
		break;
	}
	/* Until a flush is over the answer is no, whatever it finds. */
	if (was_flushing && !flushing(s, q))
		memset(may, 0, sizeof(*may));
	add(may->pages, owes_pages(w, s, q));
	add(may->bytes, owes_bytes(w, s, q));
}

/*
 * Could what waits in the queue change the answer?  Pages and bytes are taken apart: a
 * put-back of bytes refills the pages before its own owner is gone.
 */
bool smcg_owes_unsettled(struct smcg_world *w, const struct smcg_cpu *c,
			 const struct smcg_question *q, u8 want)
{
	struct smcg_stock s = c->stock;
	struct may_owe may = {};
	bool no = flushing(&s, q);
	u32 i;

	if (!c->online)
		return false;
	add(may.pages, owes_pages(w, &s, q));
	add(may.bytes, owes_bytes(w, &s, q));
	for (i = 0; i < c->queued; i++)
		if (!c->queue[i].placed)
			pass_through(w, &s, &c->queue[i], q, &may);
	if (flushing(&s, q))
		return want;
	no |= may.pages[0] && may.bytes[0];
	return want ? no : may.pages[1] || may.bytes[1];
}

/* Without the slot that the operation just emptied for a moment. */
static enum smcg_maybe pages_without(const struct smcg_world *w, const struct smcg_stock *s,
				     const struct smcg_op *op, const struct smcg_question *q)
{
	struct smcg_stock rest = *s;
	struct smcg_page_slot *p = smcg_pages_of(&rest, op->css);

	if (p)
		smcg_pages_clear(p);
	return owes_pages(w, &rest, q);
}

static enum smcg_maybe bytes_without(const struct smcg_world *w, const struct smcg_stock *s,
				     const struct smcg_op *op, const struct smcg_question *q)
{
	struct smcg_stock rest = *s;
	struct smcg_byte_slot *b = smcg_bytes_of(&rest, op->objcg);

	if (b)
		smcg_bytes_clear(b);
	return owes_bytes(w, &rest, q);
}

/* Of several slots: it was not seen that the object group had one already. */
static bool may_switch(const struct smcg_stock *s, const struct smcg_op *op)
{
	return op->kind == SMCG_OP_OBJ_REFILL && s->byte_slots > 1 && !op->past && op->told < 2;
}

/* While one owner is replaced by another there is none for a moment. */
bool smcg_owes_wavers(const struct smcg_world *w, const struct smcg_stock *s,
		      const struct smcg_op *op, const struct smcg_question *q, u8 want)
{
	bool on_its_way = flushing(s, q);

	if (op->kind == SMCG_OP_REFILL && op->drains &&
	    answer_of(on_its_way, pages_without(w, s, op, q), owes_bytes(w, s, q)) != want)
		return true;
	if (op->kind == SMCG_OP_REFILL && op->caller == SMCG_BY_OBJ_DRAIN &&
	    answer_of(on_its_way, SMCG_NO, SMCG_NO) != want)
		return true;
	return (op->seen_switch || may_switch(s, op)) &&
		answer_of(on_its_way, owes_pages(w, s, q), bytes_without(w, s, op, q)) != want;
}
