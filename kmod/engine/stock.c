// SPDX-License-Identifier: GPL-2.0
/*
 * stock.c - pages charged ahead, on one CPU (SPEC A2, A10, A12, A20).
 *
 * A stock has one slot or several.  What is said of slots holds for one, too: its
 * group is the only one, and the running index always names it.
 *
 * Source: seed 000, consume_stock(), __refill_stock(), drain_stock() of 6.1;
 * consume_stock(), refill_stock(), drain_stock(), drain_stock_fully() of 7.2.
 */
#include "world.h"

/* Where there is but one slot, whatever is done to it tells whose it is. */
static void hold(struct smcg_stock *s, struct smcg_page_slot *p, u32 css, u32 low, u32 high)
{
	p->css = css;
	p->low = low;
	p->high = high;
	s->known |= s->page_slots == 1;
}

/* It was filled: one more time is doubted, as the last stray may have been seen to be over just now. */
static void may_stray(const struct smcg_world *w, struct smcg_stock *s, struct smcg_page_slot *p)
{
	u32 i;

	if (likely(!w->strays && !s->strays))
		return;
	if (w->strays)
		p->stray = 2;
	else if (p->stray)
		p->stray--;
	s->strays = 0;
	for (i = 0; i < s->page_slots; i++)
		s->strays |= s->page[i].stray > 0;
}

void smcg_stock_reset(const struct smcg_world *w, struct smcg_stock *s, bool known)
{
	memset(s, 0, sizeof(*s));
	s->page_slots = (u8)w->rules->page_slots;
	s->byte_slots = (u8)w->rules->byte_slots;
	s->known = known;
	s->known_obj = known;
	if (known)
		return;
	s->page[0].high = s->page_slots == 1 ? w->batch : 0;
	s->byte[0].high = s->byte_slots == 1 ? SMCG_BYTES_ANY : 0;
}

/* What reality took out for one group in this operation. */
static u32 seen_drain(const struct smcg_op *op, bool self, u32 *css)
{
	u32 i;

	for (i = 0; i < op->drains; i++) {
		if (self != (op->drain[i].css == op->css))
			continue;
		*css = op->drain[i].css;
		return op->drain[i].nr;
	}
	*css = 0;
	return 0;
}

/*
 * The first free slot is behind the one that is free here: two that were filled at nearly the same time have the
 * slots of each other, or one was filled before the other was emptied. Or it is before that: who seems to have it is
 * not mirrored, and was taken to have come later than it did.
 */
static void slots_told(struct smcg_stock *s, u32 free, u32 told)
{
	if (told < free && s->page[told].high && !s->page[told].low)
		smcg_pages_clear(&s->page[told]);
	if (free >= told || told >= s->page_slots || s->page[free].css || !s->page[told].css)
		return;
	s->page[free] = s->page[told];
	smcg_pages_clear(&s->page[told]);
	if (s->at == told)
		s->at = (u8)free;
}

bool smcg_pages_told(struct smcg_stock *s, const struct smcg_op *op)
{
	struct smcg_page_slot *p;
	u32 here = op->here - 1, goes;

	if (!op->here || !s->known)
		return false;
	goes = smcg_pages_goes(s, op->css);
	if (op->goes && goes != op->goes - 1U) {
		if (!op->owns)
			slots_told(s, goes, op->goes - 1U);
		return true;
	}
	p = smcg_pages_of(s, op->css);
	if (op->goes && !p != !op->owns)
		return true;
	if (!p)
		return here;
	if ((here < p->low && !p->stray) || here > p->high)
		return true;
	p->low = here;
	p->high = here;
	return false;
}

static bool may_hit_pages(const struct smcg_world *w, const struct smcg_stock *s,
			  const struct smcg_op *op)
{
	const struct smcg_page_slot *p = smcg_pages_in(s, op->css);

	return op->nr <= w->batch && !op->past && (!s->known || (p && p->high >= op->nr));
}

bool smcg_stock_could_idle(const struct smcg_world *w, const struct smcg_stock *s,
			   const struct smcg_op *op)
{
	const struct smcg_page_slot *p;

	if (op->kind == SMCG_OP_OBJ_CONSUME || op->kind == SMCG_OP_OBJ_STATE ||
	    op->kind == SMCG_OP_OBJ_REFILL)
		return smcg_obj_could_idle(s, op);
	if (op->kind != SMCG_OP_CONSUME)
		return false;
	p = smcg_pages_in(s, op->css);
	return !may_hit_pages(w, s, op) || !s->known || !p || p->low < op->nr;
}

/* What a charge that is seen to have hit, or missed, leaves behind. */
static void consumed(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		     const struct smcg_outcome *out)
{
	struct smcg_page_slot *p = smcg_pages_of(s, op->css);
	u32 shown = op->shown;

	if (!s->known || op->nr > w->batch || op->past)
		return;
	if (shown == SMCG_SHOWN_HIT || (shown != SMCG_SHOWN_MISS && out->hit)) {
		if (!p && s->page_slots > 1)
			return;		/* it is not known where */
		if (!p)
			p = &s->page[0];
		if (out->hit)
			hold(s, p, op->css, p->low > op->nr ? p->low - op->nr : 0,
			     shown == SMCG_SHOWN_EITHER || op->delayed ? p->high : p->high - op->nr);
		else
			hold(s, p, op->css, 0, w->batch - op->nr);
		s->at = (u8)(p - s->page);
	} else if (shown == SMCG_SHOWN_MISS && p && !op->could_idle) {
		p->high = min(p->high, op->nr - 1);
		p->low = out->agrees ? min(p->low, p->high) : 0;
	}
}

/* It has hit, but not what is here now: that was before the full queue was resolved without it. */
static void hit_before(struct smcg_outcome *out)
{
	out->hit = true;
	out->unsure = true;
	out->unlikely = true;
}

static void consume(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		    struct smcg_outcome *out)
{
	bool may_hit = may_hit_pages(w, s, op), may_miss = smcg_stock_could_idle(w, s, op);
	u32 shown = op->shown;

	if (shown == SMCG_SHOWN_VOID)
		return;
	out->unknown = !s->known;
	if (unlikely(op->delayed) && shown == SMCG_SHOWN_HIT && !may_hit) {
		hit_before(out);
		return;
	}
	out->unsure = may_hit && may_miss;
	may_miss |= op->could_idle;
	out->hit = may_hit && !(may_miss && shown == SMCG_SHOWN_MISS);
	if (shown == SMCG_SHOWN_HIT)
		out->agrees = may_hit;
	else if (shown == SMCG_SHOWN_MISS)
		out->agrees = may_miss;
	consumed(w, s, op, out);
}

/* While it is still open, what the shadow expects stands for what will be seen. */
static u32 seen_of(const struct smcg_op *op, u32 seen, u32 expected)
{
	return op->open ? expected : seen;
}

/* The pages of another group go first. */
static void drain_other(struct smcg_world *w, struct smcg_stock *s, const struct smcg_page_slot *p,
			const struct smcg_op *op, struct smcg_outcome *out)
{
	u32 css, seen = seen_drain(op, false, &css);

	if (!s->known) {
		out->unknown = true;
		out->other = css;
		out->drained_other = seen;
		return;
	}
	if (!p->css)
		return;
	if (!smcg_group_tracked(smcg_group_find(w, p->css))) {
		/* Its charges are no events: the amount is a fact from outside. */
		out->drained_other = seen;
	} else if (p->low == p->high) {
		out->drained_other = p->low;
		out->agrees &= seen_of(op, seen, p->low) == p->low;
	} else {
		seen = seen_of(op, seen, p->low);
		out->unsure = smcg_group_watched(smcg_group_find(w, p->css));
		out->drained_other = seen;
		out->agrees &= seen >= p->low && seen <= p->high;
	}
	out->other = out->drained_other ? p->css : 0;
}

/* Held before, as read with interrupts off: only ever tells legal orders apart. */
static void held_before(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
			struct smcg_outcome *out)
{
	struct smcg_page_slot *p = &s->page[0];
	u32 held = op->held - 1;

	if (!op->held || !s->known)
		return;
	if (held <= p->high && (held >= p->low || p->stray)) {
		out->unknown |= held < p->low;
		p->low = held;
		p->high = held;
	} else if (w->scratch.trial) {
		out->agrees = false;
	}
}

/* The slot that is refilled: its group's, or one that is made free for it. */
static struct smcg_page_slot *refilled(struct smcg_world *w, struct smcg_stock *s,
				   const struct smcg_op *op, struct smcg_outcome *out)
{
	struct smcg_page_slot *p = smcg_pages_of(s, op->css);
	bool was_known = s->known;
	u32 at;

	if (s->known && p) {
		out->agrees &= !op->emptied;
		out->unlikely = s->page_slots > 1 && !op->judged && p->high + op->nr > w->batch &&
			!op->drains && !op->overfull;
		hold(s, p, op->css, p->low + op->nr, p->high + op->nr);
		may_stray(w, s, p);
		return p;
	}
	at = smcg_pages_goes(s, op->css);
	if (op->emptied && op->emptied - 1U != at && s->known) {
		out->agrees = false;
		at = op->emptied - 1U;
	}
	p = &s->page[at];
	drain_other(w, s, p, op, out);
	if (p->css && s->page_slots > 1) {
		out->unlikely = !op->emptied && !op->drains;
		s->page_next = (u8)((at + 1) % s->page_slots);
	}
	hold(s, p, op->css, op->nr, !was_known && !out->drained_other ?
	     max(w->batch, op->nr) : op->nr);
	may_stray(w, s, p);
	return p;
}

/* Nobody tells what a group that is not mirrored takes. */
static void refill_untold(struct smcg_world *w, struct smcg_stock *s, struct smcg_page_slot *p,
			  const struct smcg_op *op, struct smcg_outcome *out)
{
	u32 css, self = seen_drain(op, true, &css);

	if (self || p->low > w->batch || op->overfull) {
		/* behind another group's it is what was refilled; what it had before is not judged */
		out->drained_self = self ? self : p->low;
		hold(s, p, 0, 0, 0);
	} else {
		p->high = min(p->high, w->batch);
	}
	out->left = p->high;
	p->low = 0;
}

/* The lock is not to be had, or there are too many for a slot. */
static void refill_past(const struct smcg_op *op, struct smcg_outcome *out)
{
	u32 css, self = seen_drain(op, true, &css);

	out->past = true;
	out->drained_self = op->nr;
	if (op->tracked && op->drains + op->open)
		out->agrees = seen_of(op, self, op->nr) == op->nr;
	else
		out->agrees = !op->tracked;
}

static void refill(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		   struct smcg_outcome *out)
{
	u32 css, self = seen_drain(op, true, &css);
	struct smcg_page_slot *p;
	bool must, may;

	if (op->past || (w->rules->refill_past && op->nr > w->batch)) {
		refill_past(op, out);
		return;
	}
	/* Nothing was drained for it: it was over as its task lost the CPU. */
	if (op->could_idle && s->known && !op->emptied && !smcg_pages_of(s, op->css) && !smcg_pages_of(s, 0))
		return;
	held_before(w, s, op, out);
	p = refilled(w, s, op, out);
	if (!op->tracked) {
		refill_untold(w, s, p, op, out);
		return;
	}
	must = p->low > w->batch;
	may = p->high > w->batch;
	self = seen_of(op, self, must ? p->low : 0);
	if (must && p->low == p->high)
		out->drained_self = p->low;
	else if (may)
		out->drained_self = self;
	out->unsure |= may && p->low != p->high;
	if (self) {
		out->agrees &= may && self >= p->low && self <= p->high;
		hold(s, p, 0, 0, 0);
	} else {
		out->agrees &= !must;
		p->high = min(p->high, w->batch);
		p->low = min(p->low, p->high);
	}
	out->left = out->drained_self ? 0 : p->high;
	out->unsure |= p->low != p->high;
	if (!op->judged)
		p->low = 0;	/* its charges are no events */
}

/* What was seen of one group's pages in a drain of all slots. */
static u32 seen_gone(const struct smcg_op *op, u32 css)
{
	u32 i;

	for (i = 0; i < op->drains; i++)
		if (op->drain[i].css == css)
			return op->drain[i].nr;
	return 0;
}

static void gone(struct smcg_outcome *out, u32 css, u32 nr)
{
	if (!nr || out->gones == SMCG_PAGE_SLOTS)
		return;
	out->gone[out->gones].css = css;
	out->gone[out->gones++].nr = nr;
}

static void drain_slot(struct smcg_world *w, const struct smcg_page_slot *p, const struct smcg_op *op,
		       struct smcg_outcome *out)
{
	u32 seen = seen_gone(op, p->css);

	if (!smcg_group_tracked(smcg_group_find(w, p->css))) {
		gone(out, p->css, seen);
		return;
	}
	seen = seen_of(op, seen, p->low);
	out->unsure |= p->low != p->high;
	out->agrees &= seen >= p->low && seen <= p->high;
	gone(out, p->css, p->low != p->high ? seen : p->low);
}

static void drain(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		  struct smcg_outcome *out)
{
	u32 i, found = 0;

	out->unknown = !s->known;
	for (i = 0; i < s->page_slots; i++) {
		if (s->known && s->page[i].css) {
			found += !!seen_gone(op, s->page[i].css);
			drain_slot(w, &s->page[i], op, out);
		}
		smcg_pages_clear(&s->page[i]);
	}
	if (!s->known)
		for (i = 0; i < op->drains; i++)
			gone(out, op->drain[i].css, op->drain[i].nr);
	else
		out->agrees &= found == op->drains;
	s->known = true;
	if (!op->allow)
		s->flushing = false;
}

static void base_bytes(struct smcg_world *w, struct smcg_byte_slot *b, const struct smcg_op *op)
{
	if (b->objcg) {
		smcg_objcg_touch(w, b->objcg);
		b->objcg->holders--;
	}
	b->objcg = op->objcg;
	if (b->objcg) {
		smcg_objcg_touch(w, b->objcg);
		b->objcg->holders++;
	}
	b->low = op->bytes;
	b->high = op->bytes;
}

static void base(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op)
{
	struct smcg_page_slot *p = &s->page[0];

	hold(s, p, op->css, op->nr, op->nr);
	may_stray(w, s, p);
	base_bytes(w, &s->byte[0], op);
	s->known = true;
	s->known_obj = true;
	s->flushing = op->allow;
	if (!op->tracked)
		p->low = 0;
}

/* One slot, or what is left to tell: which go next, and whether flushes are on their way. */
static void base_slot(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op)
{
	switch (op->caller) {
	case SMCG_SLOT_PAGES:
		if (op->where >= s->page_slots)
			break;
		hold(s, &s->page[op->where], op->css, op->tracked ? op->nr : 0, op->nr);
		may_stray(w, s, &s->page[op->where]);
		break;
	case SMCG_SLOT_BYTES:
		if (op->where < s->byte_slots)
			base_bytes(w, &s->byte[op->where], op);
		break;
	case SMCG_SLOT_NEXT:
		s->page_next = (u8)min_t(u32, op->nr, s->page_slots - 1U);
		s->byte_next = (u8)min_t(u32, op->bytes, s->byte_slots - 1U);
		s->flushing = op->where & 1;
		s->flushing_obj = op->where & 2;
		s->known = true;
		s->known_obj = true;
		break;
	}
}

static void start(struct smcg_outcome *out)
{
	memset(out, 0, offsetof(struct smcg_outcome, gone));
	out->agrees = true;
}

/* What charges that began before the baseline may have taken is not there any longer. */
static bool without_strays(struct smcg_stock *s)
{
	bool any = false;
	u32 i;

	for (i = 0; i < s->page_slots; i++) {
		if (!s->page[i].stray)
			continue;
		any |= s->page[i].low > 0;
		s->page[i].low = 0;
	}
	return any;
}

static void run_pages(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		      struct smcg_outcome *out)
{
	if (op->kind == SMCG_OP_CONSUME)
		consume(w, s, op, out);
	else if (op->kind == SMCG_OP_REFILL)
		refill(w, s, op, out);
	else
		drain(w, s, op, out);
}

/* What was seen differs, and strays can have been the reason: then it is not known what they left. */
static void run_strays(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		       struct smcg_outcome *out)
{
	const struct smcg_stock was = *s;

	run_pages(w, s, op, out);
	if (out->agrees)
		return;
	*s = was;
	start(out);
	if (without_strays(s)) {
		run_pages(w, s, op, out);
		out->unknown = true;
		if (out->agrees)
			return;
		*s = was;
		start(out);
	}
	run_pages(w, s, op, out);
}

void smcg_stock_run(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		    struct smcg_outcome *out)
{
	bool due = s->overfull && smcg_op_bytes(op);

	start(out);
	switch (op->kind) {
	case SMCG_OP_CONSUME:
	case SMCG_OP_REFILL:
	case SMCG_OP_DRAIN:
		if (unlikely(s->strays))
			run_strays(w, s, op, out);
		else
			run_pages(w, s, op, out);
		break;
	case SMCG_OP_OBJ_CONSUME:
		smcg_obj_consume(w, s, op, out);
		break;
	case SMCG_OP_OBJ_REFILL:
		smcg_obj_refill(w, s, op, out);
		break;
	case SMCG_OP_OBJ_STATE:
		smcg_obj_state(w, s, op, out);
		break;
	case SMCG_OP_OBJ_DRAIN:
		smcg_obj_put_back(w, s, op, out);
		break;
	case SMCG_OP_BASE:
		if (op->caller == SMCG_SLOT_ALL)
			base(w, s, op);
		else
			base_slot(w, s, op);
		break;
	}
	if (unlikely(due)) {
		out->agrees &= op->kind == SMCG_OP_OBJ_DRAIN;
		s->overfull = false;
	}
}
