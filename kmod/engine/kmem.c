// SPDX-License-Identifier: GPL-2.0
/*
 * kmem.c - kernel memory: bytes of objects and whole pages (SPEC A14).
 *
 * Source: obj_cgroup_charge(), refill_obj_stock(), mod_objcg_state(),
 * obj_cgroup_uncharge_pages(), obj_cgroup_release() of 6.1.
 */
#include "world.h"

static struct smcg_op *byte_op(struct smcg_world *w, struct smcg_cpu *c,
			       const struct smcg_event *e, u32 kind)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_objcg *o;
	struct smcg_op *op;

	if (!e->a || e->b >= SMCG_BYTES_ANY) {
		w->stats.errors++;
		return NULL;
	}
	o = c->stock.objcg;
	if (!o || o->id != e->a)
		o = smcg_objcg_get(w, e->a, e->group);
	if (!o) {
		w->stats.errors++;
		return NULL;
	}
	o->css = e->group;
	op = smcg_queue_push(w, c, e, kind);
	op->nr = 0;
	op->bytes = (u32)e->b;
	op->objcg = o;
	op->told = e->nr;
	c->bytes_due++;
	o->open++;
	if (kind == SMCG_OP_OBJ_REFILL)
		o->coming += op->bytes;
	op->judged = smcg_group_watched(g);
	op->tracked = smcg_group_tracked(g);
	if (!op->judged)
		o->known = false;
	smcg_queue_window(c, op);
	return op;
}

void smcg_obj_charge(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	byte_op(w, c, e, SMCG_OP_OBJ_CONSUME);
}

void smcg_obj_refilled(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_op *op = byte_op(w, c, e, SMCG_OP_OBJ_REFILL);

	if (op)
		op->allow = e->c && w->rules->bytes == SMCG_BYTES_PAGES_LEAVE;
}

void smcg_obj_stated(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_op *op = byte_op(w, c, e, SMCG_OP_OBJ_STATE);

	if (op)
		op->bytes = 0;
}

void smcg_obj_drain(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_op *op;

	if (e->caller == SMCG_BY_CPU_DEAD) {
		smcg_dead_bytes(w);
		return;
	}
	if (c->open & 1U << e->ctx) {
		/* arrive() left it open: the put-back is its own. */
		op = &c->queue[c->level[e->ctx] - 1];
		if (op->placed)
			smcg_unplace(w, c, op);
		smcg_queue_leaves(c, op);
		op->seen_switch = true;
		op->put_told = e->nr;
		op->pinned = true;
		op->pin_event = w->stats.events;
		op->last = (u8)(c->queued - 1);
		return;
	}
	smcg_drain_begins(w, e);
	op = smcg_queue_push(w, c, e, SMCG_OP_OBJ_DRAIN);
	op->nr = 0;
	op->put_told = e->nr;
	c->bytes_due++;
	smcg_queue_leaves(c, op);
	smcg_queue_collect(c, op);
}

void smcg_kmem_uncharge(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);

	(void)c;
	if (g && e->nr <= SMCG_PAGES_MAX)
		smcg_kmem_given(w, g, e->nr);
}
