// SPDX-License-Identifier: GPL-2.0
/*
 * say.c - the decision of a settled operation on a stock.
 *
 * It says what the shadow decided.  Where reality went another way, the
 * difference goes into what is adopted.
 */
#include "world.h"

static void say_consumed(struct smcg_world *w, struct smcg_op *op,
			 const struct smcg_outcome *out, struct smcg_mark *m)
{
	struct smcg_group *g = smcg_group_find(w, op->css), *over, *up;
	u32 batch = smcg_first_try(w, op->gfp, op->nr);

	if (op->shown == SMCG_SHOWN_VOID || !op->judged || !g)
		return;
	m->nr = op->nr;
	if (out->hit) {
		m->kind = SMCG_KIND_STOCK_HIT;
		smcg_emit(w, m);
		if (op->shown == SMCG_SHOWN_MISS)
			smcg_counter_adopt(g, SMCG_COUNTER_MEMORY, batch);
		else
			smcg_charge_hit(w, op);
		if (w->legacy && op->shown == SMCG_SHOWN_EITHER)
			smcg_notify_hit(w, &w->cpus[op->cpu], op, NULL);
		return;
	}
	if (op->shown == SMCG_SHOWN_EITHER) {
		m->kind = SMCG_KIND_NOMEM;
		m->result = -ENOMEM;
		smcg_emit(w, m);
		return;
	}
	if (op->shown != SMCG_SHOWN_HIT)
		return;
	/* Reality had it in stock; the shadow would have tried. */
	for (over = NULL, up = g; up && !over; up = up->parent)
		if (up->counter[SMCG_COUNTER_MEMORY].usage + batch >
		    (s64)min_t(u64, up->counter[SMCG_COUNTER_MEMORY].max, S64_MAX))
			over = up;
	m->kind = batch > op->nr ? SMCG_KIND_BATCH_CHARGE : SMCG_KIND_EXACT_CHARGE;
	m->nr = batch;
	m->result = over ? -ENOMEM : 0;
	m->over = over ? over->id : 0;
	smcg_emit(w, m);
	if (!over)
		smcg_counter_adopt(g, SMCG_COUNTER_MEMORY, -(s64)batch);
	smcg_charge_hit(w, op);
}

static void adopt_drains(struct smcg_world *w, const struct smcg_op *op,
			 const struct smcg_outcome *out)
{
	s64 other = out->drained_other, self = out->drained_self;
	struct smcg_group *g;
	u32 i, css = out->other;

	for (i = 0; i < op->drains; i++) {
		if (op->drain[i].css == op->css) {
			self -= op->drain[i].nr;
		} else {
			other -= op->drain[i].nr;
			css = op->drain[i].css;
		}
	}
	g = smcg_group_find(w, css);
	if (other && smcg_group_watched(g))
		smcg_counter_adopt(g, SMCG_COUNTER_MEMORY, other);
	g = smcg_group_find(w, op->css);
	if (self && smcg_group_watched(g))
		smcg_counter_adopt(g, SMCG_COUNTER_MEMORY, self);
}

/* What the slots had, as the shadow saw it, against what was seen. */
static void adopt_flush(struct smcg_world *w, const struct smcg_op *op,
			const struct smcg_outcome *out)
{
	u32 i;

	for (i = 0; i < out->gones + (u32)op->drains; i++) {
		bool mine = i < out->gones;
		u32 css = mine ? out->gone[i].css : op->drain[i - out->gones].css;
		s64 nr = mine ? out->gone[i].nr : -(s64)op->drain[i - out->gones].nr;
		struct smcg_group *g = smcg_group_find(w, css);

		if (smcg_group_watched(g))
			smcg_counter_adopt(g, SMCG_COUNTER_MEMORY, nr);
	}
}

static void say_refilled(struct smcg_world *w, struct smcg_op *op,
			 const struct smcg_outcome *out, struct smcg_mark *m)
{
	const struct smcg_group *other = smcg_group_find(w, out->other);

	if (!out->agrees)
		adopt_drains(w, op, out);
	if (!op->judged && !(smcg_group_watched(other) && out->drained_other))
		return;
	m->kind = SMCG_KIND_REFILL;
	m->nr = op->expect;
	if (op->expect != op->nr)
		m->flags |= SMCG_DEC_ADOPTED;
	m->arg = (u64)out->drained_self << 32 | out->left;
	if (smcg_group_watched(other) && out->drained_other) {
		m->over = other->id;
		m->arg += (u64)out->drained_other << 32;
	}
	smcg_emit(w, m);
	if (op->kmem && smcg_group_find(w, op->css)) {
		m->flags = 0;
		smcg_kmem_charged(w, smcg_group_find(w, op->css), op->kmem, m);
		smcg_emit(w, m);
	}
}

static void say_drained(struct smcg_world *w, struct smcg_op *op,
			const struct smcg_outcome *out, struct smcg_mark *m)
{
	u32 i;

	if (!out->agrees)
		adopt_flush(w, op, out);
	for (i = 0; i < out->gones; i++) {
		const struct smcg_group *g = smcg_group_find(w, out->gone[i].css);

		if (!smcg_group_watched(g))
			continue;
		m->kind = SMCG_KIND_DRAIN_LOCAL;
		m->group = g->id;
		m->nr = out->gone[i].nr;
		smcg_emit(w, m);
	}
}

static void say_bytes(struct smcg_world *w, struct smcg_op *op,
		      const struct smcg_outcome *out, struct smcg_mark *m)
{
	if (!op->judged)
		return;
	if (op->kind == SMCG_OP_OBJ_CONSUME) {
		m->arg = op->bytes;
		m->kind = out->hit ? SMCG_KIND_OBJ_HIT : SMCG_KIND_OBJ_MISS;
		if (!out->hit)
			m->nr = (op->bytes + SMCG_PAGE_BYTES - 1) >> SMCG_PAGE_SHIFT;
		smcg_emit(w, m);
	} else if (op->kind == SMCG_OP_OBJ_REFILL && out->pages) {
		m->kind = SMCG_KIND_KMEM_UNCHARGE;
		m->nr = out->pages;
		smcg_emit(w, m);
	}
}

void smcg_op_say(struct smcg_world *w, struct smcg_op *op, const struct smcg_outcome *out,
		 bool ambiguous)
{
	struct smcg_mark m;

	if (op->kind == SMCG_OP_SAY) {
		smcg_emit(w, &op->mark);
		return;
	}
	if (op->kind == SMCG_OP_WAIT || op->kind == SMCG_OP_BASE)
		return;
	memset(&m, 0, sizeof(m));
	m.ctx = op->ctx;
	m.cpu = op->cpu;
	m.tid = op->tid;
	m.event = op->event;
	m.group = smcg_group_id(w, op->css);
	m.flags = w->after_gap ? SMCG_DEC_AFTER_GAP : 0;
	if (out->unknown)
		m.flags |= SMCG_DEC_UNSETTLED;
	else if (out->unsure || ambiguous || op->shown == SMCG_SHOWN_EITHER)
		m.flags |= SMCG_DEC_AMBIGUOUS;
	if (!out->agrees && !w->after_gap)
		m.flags |= SMCG_DEC_ADOPTED;
	switch (op->kind) {
	case SMCG_OP_CONSUME:
		say_consumed(w, op, out, &m);
		break;
	case SMCG_OP_REFILL:
		say_refilled(w, op, out, &m);
		break;
	case SMCG_OP_DRAIN:
		say_drained(w, op, out, &m);
		break;
	default:
		say_bytes(w, op, out, &m);
		break;
	}
}
