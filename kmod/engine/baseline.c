// SPDX-License-Identifier: GPL-2.0
/* baseline.c - state taken from the kernel: at the start, and after a gap. */
#include "world.h"

/* Nothing is known any longer but the groups and their limits. */
static void forget(struct smcg_world *w)
{
	u32 i, k;

	smcg_park_forget(w, NULL);
	for (i = 0; i < w->config.nr_cpus; i++)
		smcg_queue_flush(w, &w->cpus[i], true);
	for (i = 0; i < w->nr_slots; i++) {
		if (!w->groups[i])
			continue;
		smcg_stat_unknown(w->groups[i]);
		w->groups[i]->id_known = false;
	}
	smcg_frame_forget(w, NULL);
	w->strays = 0;
	for (i = 0; i < w->config.nr_cpus; i++) {
		smcg_stock_reset(w, &w->cpus[i].stock, false);
		smcg_legacy_forget(&w->cpus[i]);
	}
	smcg_objcg_unknown(w);
	for (i = 0; i < w->nr_slots; i++)
		for (k = 0; w->groups[i] && k < SMCG_COUNTER_NR; k++)
			w->groups[i]->counter[k].known = false;
	memset(&w->dead, 0, sizeof(w->dead));
	memset(w->dead_bytes, 0, sizeof(w->dead_bytes));
	w->scan.open = false;
	smcg_over_forget(w, NULL);
	smcg_owner_forget(w);
	smcg_pressure_forget(w);
	smcg_protect_forget(w, NULL);
	memset(&w->move, 0, sizeof(w->move));
	memset(w->oom_lock, 0, sizeof(w->oom_lock));
	memset(w->oom_wait, 0, sizeof(w->oom_wait));
}

void smcg_base_start(struct smcg_world *w, const struct smcg_event *e)
{
	if (e->a > w->config.nr_cpus) {
		w->stats.errors++;
		return;
	}
	if (w->started)
		w->after_gap = true;
	w->started = true;
	w->legacy = e->gfp & SMCG_START_LEGACY;
	forget(w);
}

void smcg_base_gap(struct smcg_world *w, u64 lost)
{
	w->stats.lost += lost;
	w->after_gap = true;
	forget(w);
}

void smcg_base_stock(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_objcg *o = NULL;
	struct smcg_op *op;

	if (e->nr > SMCG_PAGES_MAX || e->b >= SMCG_BYTES_ANY) {
		w->stats.errors++;
		return;
	}
	if (e->a) {
		o = smcg_objcg_get(w, e->a, 0);
		if (!o) {
			w->stats.errors++;
			return;
		}
	}
	/* Whoever reads it runs on that CPU: others are switched out, and what they did there is over. */
	smcg_queue_arrive(w, c, e);
	op = smcg_queue_push(w, c, e, SMCG_OP_BASE);
	op->objcg = o;
	op->caller = SMCG_SLOT_ALL;
	op->bytes = o ? (u32)e->b : 0;
	op->allow = e->c;
	op->tracked = smcg_group_watched(smcg_group_find(w, e->group));
	smcg_queue_settle(w, c);
}

/* Bytes of a slot; the object group is made if need be. */
static bool slot_bytes(struct smcg_world *w, struct smcg_op *op, const struct smcg_event *e)
{
	if (e->nr >= SMCG_BYTES_ANY)
		return false;
	op->bytes = e->b ? e->nr : 0;
	op->objcg = e->b ? smcg_objcg_get(w, e->b, e->group) : NULL;
	return op->objcg || !e->b;
}

void smcg_base_slot(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_op *op;

	if (!e->c || e->c > SMCG_SLOT_NEXT || w->rules->page_slots == 1 ||
	    e->a >= SMCG_PAGE_SLOTS || (e->c == SMCG_SLOT_PAGES && e->nr > w->batch)) {
		w->stats.errors++;
		return;
	}
	smcg_queue_arrive(w, c, e);
	op = smcg_queue_push(w, c, e, SMCG_OP_BASE);
	op->caller = (u8)e->c;
	op->where = (u32)e->a;
	op->tracked = smcg_group_watched(smcg_group_find(w, e->group));
	if (e->c == SMCG_SLOT_NEXT)
		op->bytes = (u32)e->b;
	if (e->c == SMCG_SLOT_BYTES && !slot_bytes(w, op, e)) {
		w->stats.errors++;
		op->kind = SMCG_OP_WAIT;
	}
	smcg_queue_settle(w, c);
}

void smcg_base_counter(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);

	if (!g || e->a > S64_MAX || e->b > S64_MAX) {
		w->stats.errors++;
		return;
	}
	w->joins |= e->a && smcg_group_watched(g);
	smcg_counter_set(g, SMCG_COUNTER_MEMORY, e->a);
	g->kmem = (s64)e->c;
	smcg_stat_base(g, e->a);
	if (w->legacy)
		return;
	smcg_counter_set(g, SMCG_COUNTER_SWAP, e->b);
	/* What is of the groups below is not told apart. */
	g->id_users = !(g->flags & SMCG_GROUP_DYING);
	g->id_known = !e->b;
	g->counter[SMCG_COUNTER_KMEM].known = true;
	g->counter[SMCG_COUNTER_TCPMEM].known = true;
}

void smcg_base_events(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	u64 *count;

	if (!g) {
		w->stats.errors++;
		return;
	}
	count = e->caller & 1 ? g->local : g->count;
	if (e->caller & 2) {
		count[SMCG_COUNT_LOW] = e->a >> 32;
		count[SMCG_COUNT_OOM_GROUP_KILL] = (u32)e->a;
		if (e->caller & 1) {
			g->emin = min(e->b, SMCG_PAGES_ANY);
			g->elow = min(e->c, SMCG_PAGES_ANY);
		} else {
			count[SMCG_COUNT_SWAP_HIGH] = e->b;
			g->swap_high_doubts = 0;
		}
		return;
	}
	count[SMCG_COUNT_MAX] = e->a >> 32;
	count[SMCG_COUNT_HIGH] = (u32)e->a;
	count[SMCG_COUNT_OOM] = e->b >> 32;
	count[SMCG_COUNT_OOM_KILL] = (u32)e->b;
	if (e->caller)
		return;
	count[SMCG_COUNT_SWAP_MAX] = e->c >> 32;
	count[SMCG_COUNT_SWAP_FAIL] = (u32)e->c;
}

void smcg_base_objcg(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_objcg *o;
	bool known = smcg_group_watched(smcg_group_find(w, e->group));
	u32 cpu;

	if (!e->a || e->b >= SMCG_BYTES_ANY) {
		w->stats.errors++;
		return;
	}
	o = smcg_objcg_get(w, e->a, e->group);
	if (!o) {
		w->stats.errors++;
		return;
	}
	o->low = (u32)e->b;
	o->high = (u32)e->b;
	o->total = (s64)e->b;
	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		const struct smcg_byte_slot *b = smcg_bytes_in(&w->cpus[cpu].stock, o);

		known &= w->cpus[cpu].stock.known_obj;
		if (!b)
			continue;
		known &= b->low == b->high;
		o->total += b->low;
	}
	o->known = known;
}

void smcg_base_done(struct smcg_world *w)
{
	if (w->based)
		w->stats.resyncs++;
	w->based = true;
	w->nr_joined = 0;
	w->after_gap = false;
}

void smcg_base_barrier(struct smcg_world *w, bool force)
{
	u32 cpu;

	if (force)
		smcg_park_forget(w, NULL);
	for (cpu = 0; cpu < w->config.nr_cpus; cpu++)
		smcg_queue_flush(w, &w->cpus[cpu], force);
}
