// SPDX-License-Identifier: GPL-2.0
/* baseline.c - state taken from the kernel: at the start, and after a gap. */
#include "world.h"

static void forget_stock(struct smcg_world *w, struct smcg_cpu *c)
{
	struct smcg_stock *s = &c->stock;

	s->objcg = NULL;
	s->css = 0;
	s->low = 0;
	s->high = w->batch;
	s->bytes_low = 0;
	s->bytes_high = SMCG_BYTES_ANY;
	s->known = false;
	s->known_obj = false;
	s->flushing = false;
	smcg_legacy_forget(c);
}

/* Nothing is known any longer but the groups and their limits. */
static void forget(struct smcg_world *w)
{
	u32 i, k;

	for (i = 0; i < w->config.nr_cpus; i++)
		smcg_queue_flush(w, &w->cpus[i], true);
	smcg_frame_forget(w, NULL);
	for (i = 0; i < w->config.nr_cpus; i++)
		forget_stock(w, &w->cpus[i]);
	smcg_objcg_unknown(w);
	for (i = 0; i < w->nr_slots; i++)
		for (k = 0; w->groups[i] && k < SMCG_COUNTER_NR; k++)
			w->groups[i]->counter[k].known = false;
	w->dead_css = 0;
	memset(&w->move, 0, sizeof(w->move));
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
	w->legacy = e->nr & SMCG_START_LEGACY;
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
	op->bytes = o ? (u32)e->b : 0;
	op->allow = e->c;
	op->tracked = smcg_group_watched(smcg_group_find(w, e->group));
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
	if (w->legacy)
		return;
	smcg_counter_set(g, SMCG_COUNTER_SWAP, e->b);
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
	count = e->caller ? g->local : g->count;
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
		const struct smcg_stock *s = &w->cpus[cpu].stock;

		known &= s->known_obj;
		if (s->objcg != o)
			continue;
		known &= s->bytes_low == s->bytes_high;
		o->total += s->bytes_low;
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

	for (cpu = 0; cpu < w->config.nr_cpus; cpu++)
		smcg_queue_flush(w, &w->cpus[cpu], force);
}
