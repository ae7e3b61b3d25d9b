// SPDX-License-Identifier: GPL-2.0
/*
 * account.c - counter operations and refills: cause or effect, and of what.
 *
 * Source: uncharge_batch(), drain_stock(), __refill_stock(),
 * mem_cgroup_migrate(), memcg_hotplug_cpu_dead() of 6.1; refill_stock(),
 * drain_obj_stock_slot(), obj_cgroup_release() of 7.2.
 */
#include "world.h"

void smcg_account(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		  struct smcg_group *g, u32 kind, s64 nr)
{
	struct smcg_flight *flight = &c->flight[e->ctx];

	/* A drain gives back twice with interrupts off: the first has landed. */
	if (c->flights & 1U << e->ctx)
		smcg_counter_landed(flight);
	smcg_counter_add(w, g, kind, nr, flight);
	flight->irq_off = e->caller == SMCG_BY_DRAIN && !w->rules->trylock;
	c->flights |= (u8)(1U << e->ctx);
	if (unlikely(c->looks))
		smcg_over_again(w, c, e->ctx);
}

void smcg_unexplained(struct smcg_world *w, struct smcg_group *g, u32 kind, s64 nr)
{
	if (!smcg_group_watched(g))
		return;
	w->stats.unexplained++;
	smcg_counter_adopt(g, kind, nr);
}

static struct smcg_group *target(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);

	if (!smcg_group_tracked(g))
		return NULL;
	if (e->nr && e->nr <= SMCG_PAGES_MAX)
		return g;
	w->stats.errors++;
	return NULL;
}

static bool forced(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		   struct smcg_group *g)
{
	struct smcg_frame *f = smcg_frame_top(w, e);

	if (!f || f->kind != SMCG_FRAME_CHARGE || f->state != SMCG_ST_FORCE_DUE || f->group != g)
		return false;
	f->cpu = c->cpu;
	f->event = w->stats.events;
	if (!f->raised_max && w->rules->forced_raises_max)
		smcg_charge_say_max(w, f);
	smcg_charge_say(w, f, SMCG_KIND_FORCED, e->nr != f->nr ? SMCG_DEC_ADOPTED : 0);
	smcg_counter_adopt(g, SMCG_COUNTER_MEMORY, (s64)e->nr - f->nr);
	smcg_charge_done(w, f);
	smcg_frame_pop(w, f);
	return true;
}

static void say_cause(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		      const struct smcg_group *g, u32 kind)
{
	struct smcg_mark m;

	if (!smcg_group_watched(g))
		return;
	smcg_mark_event(w, &m, e, kind);
	smcg_say(w, c, &m);
}

void smcg_charge_moved(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		       const struct smcg_group *g)
{
	struct smcg_mark m;

	if (!smcg_group_watched(g))
		return;
	smcg_mark_event(w, &m, e, SMCG_KIND_MIGRATE);
	m.arg = 1;
	smcg_say(w, c, &m);
}

static void migrated(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		     const struct smcg_group *g)
{
	say_cause(w, c, e, g, SMCG_KIND_MIGRATE);
	smcg_notify_due(w, c, e->tid, e->ctx, g->css, e->nr);
}

void smcg_counter_charged(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	u32 kind = smcg_which(w, e, e->a);
	struct smcg_group *g = target(w, e);

	if (!g)
		return;
	if (kind != SMCG_COUNTER_MEMORY) {
		smcg_legacy_changed(w, c, e, g, kind, e->nr);
		return;
	}
	if (e->caller == SMCG_BY_MIGRATE)
		migrated(w, c, e, g);
	else if (e->caller != SMCG_BY_CHARGE || !forced(w, c, e, g))
		smcg_unexplained(w, g, SMCG_COUNTER_MEMORY, e->nr);
	smcg_account(w, c, e, g, kind, e->nr);
	smcg_memsw_due(w, c, e, g, e->nr);
}

/* The pages of a dead CPU: as many as its stock had? */
static void confirm_dead(struct smcg_world *w, struct smcg_group *g, u32 nr)
{
	struct smcg_page_slot *p = smcg_pages_of(&w->dead, g->css);

	if (!p || nr < p->low || nr > p->high)
		smcg_counter_adopt(g, SMCG_COUNTER_MEMORY, (p ? (s64)p->low : 0) - nr);
	if (p)
		smcg_pages_clear(p);
}

/* Whole pages of bytes of a dead CPU. */
static bool dead_bytes(struct smcg_world *w, u32 css)
{
	u32 i;

	for (i = 0; i < SMCG_BYTE_SLOTS; i++) {
		if (w->dead_bytes[i] != css)
			continue;
		w->dead_bytes[i] = 0;
		return true;
	}
	return false;
}

/* Given back by a drain that no operation on this CPU asked for. */
static void drained_alone(struct smcg_world *w, const struct smcg_event *e, struct smcg_group *g)
{
	if (e->caller == SMCG_BY_OBJ_DRAIN) {
		if (!dead_bytes(w, e->group))
			smcg_unexplained(w, g, SMCG_COUNTER_MEMORY, -(s64)e->nr);
	} else if (smcg_pages_of(&w->dead, e->group)) {
		confirm_dead(w, g, e->nr);
	} else {
		smcg_unexplained(w, g, SMCG_COUNTER_MEMORY, -(s64)e->nr);
	}
}

static bool by_drain(const struct smcg_event *e)
{
	return e->caller == SMCG_BY_DRAIN || e->caller == SMCG_BY_REFILL ||
		e->caller == SMCG_BY_OBJ_DRAIN;
}

void smcg_slot_drained(struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_op *op;

	if (!(c->open & 1U << e->ctx))
		return;
	op = &c->queue[c->level[e->ctx] - 1];
	if (op->kind != SMCG_OP_REFILL || e->a >= c->stock.page_slots)
		return;
	op->overfull = e->group == op->css;
	if (!op->overfull)
		op->emptied = (u8)(e->a + 1);
}

void smcg_counter_uncharged(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	u32 kind = smcg_which(w, e, e->a);
	struct smcg_group *g = target(w, e);

	if (w->legacy && e->caller == SMCG_BY_MOVE) {
		if (g)
			smcg_move_uncharged(w, c, e, g, kind);
		return;
	}
	if (w->legacy && kind != SMCG_COUNTER_MEMORY && e->caller != SMCG_BY_SWAP) {
		if (g)
			smcg_legacy_changed(w, c, e, g, kind, -(s64)e->nr);
		return;
	}
	if (by_drain(e) && e->nr <= SMCG_PAGES_MAX && !smcg_queue_drained(c, e) && g)
		drained_alone(w, e, g);
	if (!g)
		return;
	switch (e->caller) {
	case SMCG_BY_UNCHARGE:
		say_cause(w, c, e, g, SMCG_KIND_UNCHARGE);
		smcg_stat_batch(g, e);
		smcg_notify_due(w, c, e->tid, e->ctx, g->css, e->nr);
		break;
	case SMCG_BY_SWAP:
		say_cause(w, c, e, g, SMCG_KIND_SWAP_UNCHARGE);
		g->id_users -= min(g->id_users, e->nr);
		break;
	case SMCG_BY_SWAPOUT:
		if (!smcg_swapped_out(c, e))
			smcg_unexplained(w, g, kind, -(s64)e->nr);
		break;
	case SMCG_BY_CPU_DEAD:
		confirm_dead(w, g, e->nr);
		break;
	case SMCG_BY_OBJ_DRAIN:
	case SMCG_BY_OBJ_FREE:
		smcg_stat_kernel(g, -(s64)e->nr);
		break;
	case SMCG_BY_DRAIN:
	case SMCG_BY_REFILL:
	case SMCG_BY_HUGETLB:
		break;
	default:
		smcg_unexplained(w, g, kind, -(s64)e->nr);
		break;
	}
	smcg_account(w, c, e, g, kind, -(s64)e->nr);
	if (kind == SMCG_COUNTER_MEMORY && e->caller != SMCG_BY_SWAPOUT)
		smcg_memsw_due(w, c, e, g, -(s64)e->nr);
}

void smcg_refill(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_frame *f = smcg_frame_top(w, e);
	u32 expect = e->nr, kmem = 0;
	struct smcg_op *op;

	if (!e->group || !e->nr || e->nr > SMCG_PAGES_MAX) {
		w->stats.errors++;
		return;
	}
	if (f && f->kind == SMCG_FRAME_CHARGE && f->state == SMCG_ST_SURPLUS &&
	    e->caller != SMCG_BY_OBJ_DRAIN && f->group == g) {
		expect = f->surplus;
		f->cpu = c->cpu;
		smcg_over_due(w, c, f, NULL);
		kmem = smcg_charge_settle(w, f);
		smcg_frame_pop(w, f);
	}
	if (g && e->caller == SMCG_BY_OBJ_DRAIN)
		smcg_kmem_given(w, g, e->nr);
	op = smcg_queue_push(w, c, e, SMCG_OP_REFILL);
	op->expect = expect;
	op->kmem = kmem;
	op->judged = smcg_group_watched(g);
	op->tracked = smcg_group_tracked(g);
	if (w->rules->trylock) {
		op->here = e->a <= SMCG_PAGES_MAX ? (u32)e->a : 0;
		op->goes = (e->b & 0xff) <= c->stock.page_slots ? (u8)e->b : 0;
		op->owns = e->b & SMCG_REFILL_OWN;
		smcg_queue_lock(w, c, op, SMCG_LOCK_PAGES(e->locks));
		if (op->past)
			op->here = 0;	/* of a stock that is being changed */
	} else {
		op->held = e->a <= SMCG_PAGES_MAX ? (u32)e->a : 0;
	}
	smcg_queue_begins(w, c, op);
}

void smcg_cpu_dead(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_cpu *dead;
	u32 i;

	if (e->a >= w->config.nr_cpus) {
		w->stats.errors++;
		return;
	}
	dead = &w->cpus[e->a];
	smcg_queue_flush(w, dead, true);
	w->dead_cpu = dead->cpu;
	w->dead = dead->stock;
	if (!dead->stock.known && dead->stock.page_slots == 1)
		w->dead.page[0].high = U32_MAX;
	for (i = 0; i < dead->stock.page_slots; i++)
		smcg_pages_clear(&dead->stock.page[i]);
	dead->stock.known = true;
	dead->online = false;
	if (w->rules->apart)
		smcg_dead_bytes(w);
	if (w->drains_open)
		smcg_drain_note(w, dead, NULL);
}

void smcg_dead_bytes(struct smcg_world *w)
{
	struct smcg_stock *s = &w->cpus[w->dead_cpu].stock;
	struct smcg_outcome out;
	struct smcg_op op;
	u32 i;

	if (!w->rules->dead_cpu_bytes)
		return;
	memset(&op, 0, sizeof(op));
	op.kind = SMCG_OP_OBJ_DRAIN;
	op.cpu = (u16)w->dead_cpu;
	op.event = w->stats.events;
	op.open = true;		/* what it gives back in whole pages is seen later */
	op.seen_flushed = s->byte[0].low >> SMCG_PAGE_SHIFT;
	for (i = 0; i < s->byte_slots; i++) {
		const struct smcg_byte_slot *b = &s->byte[i];

		w->dead_bytes[i] = 0;
		if (!b->objcg || !(b->high >> SMCG_PAGE_SHIFT))
			continue;
		w->dead_bytes[i] = b->objcg->css;
		if (b->low >> SMCG_PAGE_SHIFT != b->high >> SMCG_PAGE_SHIFT)
			b->objcg->known = false;
	}
	smcg_stock_run(w, s, &op, &out);
}
