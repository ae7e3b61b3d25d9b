// SPDX-License-Identifier: GPL-2.0
/*
 * kmem.c - kernel memory: bytes of objects and whole pages (SPEC A14).
 *
 * Source: obj_cgroup_charge(), refill_obj_stock(), mod_objcg_state(),
 * obj_cgroup_uncharge_pages(), obj_cgroup_release() of 6.1; of 7.2 __refill_obj_stock(),
 * drain_local_obj_stock().
 */
#include "world.h"

/* Mostly it is the one that the stock has. */
static struct smcg_objcg *find(struct smcg_world *w, const struct smcg_stock *s,
			       const struct smcg_event *e)
{
	u32 i;

	for (i = 0; i < s->byte_slots; i++)
		if (s->byte[i].objcg && s->byte[i].objcg->id == e->a)
			return s->byte[i].objcg;
	return smcg_objcg_get(w, e->a, e->group);
}

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
	o = find(w, &c->stock, e);
	if (!o) {
		w->stats.errors++;
		return NULL;
	}
	if (unlikely(o->css != e->group))
		smcg_objcg_join(w, o, e->group);
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
	smcg_queue_lock(w, c, op, SMCG_LOCK_BYTES(e->locks));
	if (op->past)
		op->told = 0;	/* of a stock that is being changed */
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

	if (!op)
		return;
	op->allow = e->c && w->rules->bytes == SMCG_BYTES_PAGES_LEAVE;
	if (!w->rules->trylock)
		return;
	if (op->past) {
		/* What is left in the object group may be found there by other CPUs from now on. */
		op->objcg->busy++;
		op->holds = true;
		return;
	}
	if (SMCG_LOCK_BYTES(e->locks) == SMCG_LOCK_FREE) {
		/* It has the lock: what is on top of it comes later, or goes past the stock. */
		op->pinned = true;
		op->pin_event = op->event;
	}
	smcg_queue_leaves(c, op);
}

void smcg_obj_stated(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_op *op = byte_op(w, c, e, SMCG_OP_OBJ_STATE);

	if (!op)
		return;
	op->bytes = 0;
	op->stays = op->told > 1 && c->stock.known_obj && smcg_bytes_in(&c->stock, op->objcg) &&
		c->bytes_due == smcg_queue_staying(c) + 1;
}

/* What a slot has as it is put back, by a refill or a flush that has the lock. */
static void slot_put_back(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_objcg *o = smcg_objcg_find(w, e->b);
	struct smcg_op *op;

	if (!(c->open & 1U << e->ctx) || e->a >= c->stock.byte_slots)
		return;
	op = &c->queue[c->level[e->ctx] - 1];
	if (op->placed || (op->kind != SMCG_OP_OBJ_REFILL && op->kind != SMCG_OP_OBJ_DRAIN))
		return;
	op->slot_told[e->a] = e->nr;
	op->emptied = (u8)(e->a + 1);
	if (o)
		smcg_queue_leaves_too(op, o, (u32)e->a);
}

void smcg_obj_drain(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_op *op;

	if (w->rules->apart) {
		slot_put_back(w, c, e);
		return;
	}
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
		op->stays = false;
		op->seen_switch = true;
		op->put_told = e->nr;
		op->pinned = true;
		op->pin_event = w->stats.events;
		op->last = (u8)(c->queued - 1);
		return;
	}
	smcg_drain_begins(w, e);
	smcg_obj_flushed(w, c, e);
}

void smcg_obj_flushed(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_op *op = smcg_queue_push(w, c, e, SMCG_OP_OBJ_DRAIN);

	op->nr = 0;
	op->put_told = e->type == SMCG_EV_OBJ_DRAIN ? e->nr : 0;
	c->bytes_due++;
	smcg_queue_leaves(c, op);
	smcg_queue_begins(w, c, op);
}

void smcg_kmem_uncharge(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);

	(void)c;
	if (g && e->nr <= SMCG_PAGES_MAX)
		smcg_kmem_given(w, g, e->nr);
}
