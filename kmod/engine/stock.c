// SPDX-License-Identifier: GPL-2.0
/*
 * stock.c - pages charged ahead, on one CPU (SPEC A2, A10, A12).
 *
 * Source: seed 000, consume_stock(), __refill_stock(), drain_stock() of 6.1.
 */
#include "world.h"

static void hold(struct smcg_stock *s, u32 css, u32 low, u32 high)
{
	s->css = css;
	s->low = low;
	s->high = high;
	s->known = true;
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

static bool may_hit_pages(const struct smcg_world *w, const struct smcg_stock *s,
			  const struct smcg_op *op)
{
	return op->nr <= w->batch && (!s->known || (s->css == op->css && s->high >= op->nr));
}

bool smcg_stock_could_idle(const struct smcg_world *w, const struct smcg_stock *s,
			   const struct smcg_op *op)
{
	if (op->kind == SMCG_OP_OBJ_CONSUME || op->kind == SMCG_OP_OBJ_STATE ||
	    op->kind == SMCG_OP_OBJ_REFILL)
		return smcg_obj_could_idle(s, op);
	return op->kind == SMCG_OP_CONSUME && (!may_hit_pages(w, s, op) || !s->known || s->low < op->nr);
}

static void consume(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		    struct smcg_outcome *out)
{
	bool same = s->css == op->css, may_hit = may_hit_pages(w, s, op);
	bool may_miss = smcg_stock_could_idle(w, s, op);
	u32 shown = op->shown;

	if (shown == SMCG_SHOWN_VOID)
		return;
	out->unknown = !s->known;
	out->unsure = may_hit && may_miss;
	may_miss |= op->could_idle;
	out->hit = may_hit && !(may_miss && shown == SMCG_SHOWN_MISS);
	if (shown == SMCG_SHOWN_HIT)
		out->agrees = may_hit;
	else if (shown == SMCG_SHOWN_MISS)
		out->agrees = may_miss;
	if (shown == SMCG_SHOWN_HIT || (shown != SMCG_SHOWN_MISS && out->hit)) {
		if (out->hit && s->known)
			hold(s, op->css, s->low > op->nr ? s->low - op->nr : 0,
			     shown == SMCG_SHOWN_EITHER ? s->high : s->high - op->nr);
		else if (s->known && op->nr <= w->batch)
			hold(s, op->css, 0, w->batch - op->nr);
	} else if (shown == SMCG_SHOWN_MISS && s->known && same && op->nr <= w->batch && !op->could_idle) {
		s->high = min(s->high, op->nr - 1);
		s->low = min(s->low, s->high);
		if (!out->agrees)
			s->low = 0;
	}
}

/* The stock of another group goes first. */
static void drain_other(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
			struct smcg_outcome *out)
{
	u32 css, seen = seen_drain(op, false, &css);

	if (!s->known) {
		out->unknown = true;
		out->other = css;
		out->drained_other = seen;
		return;
	}
	if (!s->css)
		return;
	if (!smcg_group_tracked(smcg_group_find(w, s->css))) {
		/* Its charges are no events: the amount is a fact from outside. */
		out->drained_other = seen;
	} else if (s->low == s->high) {
		out->drained_other = s->low;
		out->agrees &= seen == s->low;
	} else {
		out->unsure = smcg_group_watched(smcg_group_find(w, s->css));
		out->drained_other = seen;
		out->agrees &= seen >= s->low && seen <= s->high;
	}
	out->other = out->drained_other ? s->css : 0;
}

static void refill(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		   struct smcg_outcome *out)
{
	bool was_known = s->known;
	u32 css, self = seen_drain(op, true, &css);
	bool must, may;

	if (op->held && s->known) {
		u32 held = op->held - 1;
		/* Only ever tells legal orders apart. */
		if (held >= s->low && held <= s->high) {
			s->low = held;
			s->high = held;
		} else if (w->scratch.trial) {
			out->agrees = false;
		}
	}
	if (!s->known || s->css != op->css) {
		drain_other(w, s, op, out);
		hold(s, op->css, op->nr, !was_known && !out->drained_other ?
		     max(w->batch, op->nr) : op->nr);
	} else {
		hold(s, op->css, s->low + op->nr, s->high + op->nr);
	}
	if (!op->tracked) {
		if (self || s->low > w->batch) {
			/* behind another group's it is what was refilled; what it had before is not judged */
			out->drained_self = self ? self : s->low;
			hold(s, 0, 0, 0);
		} else {
			s->high = min(s->high, w->batch);
		}
		out->left = s->high;
		s->low = 0;
		return;
	}
	must = s->low > w->batch;
	may = s->high > w->batch;
	if (must && s->low == s->high)
		out->drained_self = s->low;
	else if (may)
		out->drained_self = self;
	out->unsure |= may && s->low != s->high;
	if (self) {
		out->agrees &= may && self >= s->low && self <= s->high;
		hold(s, 0, 0, 0);
	} else {
		out->agrees &= !must;
		s->high = min(s->high, w->batch);
		s->low = min(s->low, s->high);
	}
	out->left = out->drained_self ? 0 : s->high;
	out->unsure |= s->low != s->high;
	if (!op->judged)
		s->low = 0;	/* its charges are no events */
}

static void drain(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		  struct smcg_outcome *out)
{
	u32 seen = op->drains ? op->drain[0].nr : 0;

	out->unknown = !s->known;
	if (!s->known || (s->css && !smcg_group_tracked(smcg_group_find(w, s->css)))) {
		out->other = op->drains ? op->drain[0].css : s->css;
		out->drained_other = seen;
	} else {
		out->other = s->css;
		out->unsure = s->low != s->high;
		out->drained_other = out->unsure ? seen : s->low;
		out->agrees = seen >= s->low && seen <= s->high;
	}
	hold(s, 0, 0, 0);
	if (!op->allow)
		s->flushing = false;
}

static void base(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op)
{
	hold(s, op->css, op->nr, op->nr);
	if (s->objcg) {
		smcg_objcg_touch(w, s->objcg);
		s->objcg->holders--;
	}
	s->objcg = op->objcg;
	if (s->objcg) {
		smcg_objcg_touch(w, s->objcg);
		s->objcg->holders++;
	}
	s->bytes_low = op->bytes;
	s->bytes_high = op->bytes;
	s->known_obj = true;
	s->flushing = op->allow;
	if (!op->tracked)
		s->low = 0;
}

void smcg_stock_run(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		    struct smcg_outcome *out)
{
	bool due = s->overfull && smcg_op_bytes(op);

	memset(out, 0, sizeof(*out));
	out->agrees = true;
	switch (op->kind) {
	case SMCG_OP_CONSUME:
		consume(w, s, op, out);
		break;
	case SMCG_OP_REFILL:
		refill(w, s, op, out);
		break;
	case SMCG_OP_DRAIN:
		drain(w, s, op, out);
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
		base(w, s, op);
		break;
	}
	if (unlikely(due)) {
		out->agrees &= op->kind == SMCG_OP_OBJ_DRAIN;
		s->overfull = false;
	}
}
