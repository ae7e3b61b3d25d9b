// SPDX-License-Identifier: GPL-2.0
/* objcg.c - object groups by their id in the stream. */
#include "world.h"

#define FIRST_BUCKETS	256

static u32 bucket_of(u64 id, u32 buckets)
{
	return (u32)((id * 0x9e3779b97f4a7c15ULL) >> 40) & (buckets - 1);
}

struct smcg_objcg *smcg_objcg_find(struct smcg_world *w, u64 id)
{
	struct smcg_objcg *o;

	if (!w->objcgs)
		return NULL;
	for (o = w->objcgs[bucket_of(id, w->objcg_buckets)]; o; o = o->next)
		if (o->id == id)
			return o;
	return NULL;
}

static int grow(struct smcg_world *w)
{
	u32 buckets = w->objcg_buckets ? 2 * w->objcg_buckets : FIRST_BUCKETS;
	struct smcg_objcg **table = smcg_alloc(w, buckets * sizeof(*table));
	struct smcg_objcg *o;
	u32 i, b;

	if (!table)
		return -ENOMEM;
	for (i = 0; i < w->objcg_buckets; i++) {
		while ((o = w->objcgs[i])) {
			w->objcgs[i] = o->next;
			b = bucket_of(o->id, buckets);
			o->next = table[b];
			table[b] = o;
		}
	}
	smcg_free(w, w->objcgs, w->objcg_buckets * sizeof(*table));
	w->objcgs = table;
	w->objcg_buckets = buckets;
	return 0;
}

static void leave(struct smcg_objcg *o)
{
	if (!o->by_peer)
		return;
	*o->by_peer = o->peer;
	if (o->peer)
		o->peer->by_peer = o->by_peer;
	o->by_peer = NULL;
}

void smcg_objcg_join(struct smcg_world *w, struct smcg_objcg *o, u32 css)
{
	struct smcg_group *g = smcg_group_find(w, css);

	leave(o);
	o->css = css;
	if (!g)
		return;
	o->peer = g->objcgs;
	o->by_peer = &g->objcgs;
	if (o->peer)
		o->peer->by_peer = &o->peer;
	g->objcgs = o;
}

void smcg_objcg_reparent(struct smcg_world *w, struct smcg_group *g, u32 css)
{
	while (g->objcgs)
		smcg_objcg_join(w, g->objcgs, css);
}

struct smcg_objcg *smcg_objcg_get(struct smcg_world *w, u64 id, u32 css)
{
	struct smcg_objcg *o = smcg_objcg_find(w, id);
	u32 b;

	if (o) {
		if (css && css != o->css)
			smcg_objcg_join(w, o, css);
		return o;
	}
	if (w->nr_objcgs >= w->objcg_buckets && grow(w) && !w->objcgs)
		return NULL;
	o = smcg_alloc(w, sizeof(*o));
	if (!o)
		return NULL;
	o->id = id;
	smcg_objcg_join(w, o, css);
	o->known = w->based && !w->after_gap;
	if (!o->known)
		o->high = SMCG_BYTES_ANY;
	b = bucket_of(id, w->objcg_buckets);
	o->next = w->objcgs[b];
	w->objcgs[b] = o;
	w->nr_objcgs++;
	return o;
}

/* Does an operation that is not settled yet put its bytes back? */
static bool leaving(const struct smcg_cpu *c, const struct smcg_objcg *o)
{
	u32 i, k;

	for (i = 0; i < c->queued; i++)
		for (k = 0; k < c->queue[i].leaving; k++)
			if (c->queue[i].leaves[k] == o)
				return true;
	return false;
}

static bool leaving_any(const struct smcg_world *w, const struct smcg_objcg *o)
{
	u32 cpu;

	for (cpu = 0; cpu < w->config.nr_cpus; cpu++)
		if (leaving(&w->cpus[cpu], o))
			return true;
	return false;
}

/* Whoever names it has a reference: its own operations are over. */
static void let_go(struct smcg_world *w, const struct smcg_objcg *o)
{
	u32 cpu;

	smcg_park_forget_objcg(w, o);
	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		struct smcg_cpu *c = &w->cpus[cpu];
		struct smcg_byte_slot *b;

		smcg_queue_let_go(w, c, 0, o);
		b = smcg_bytes_of(&c->stock, o);
		if (b && !leaving(c, o))
			smcg_bytes_clear(b);
	}
}

void smcg_objcg_forget(struct smcg_world *w, u64 id)
{
	struct smcg_objcg **at, *o = smcg_objcg_find(w, id);

	if (!o)
		return;
	let_go(w, o);
	leave(o);
	at = &w->objcgs[bucket_of(id, w->objcg_buckets)];
	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	w->nr_objcgs--;
	/* refill_obj_stock() drops what may be the last reference before it has given pages back */
	o->next = w->gone;
	w->gone = o;
	smcg_objcg_sweep(w);
}

/* What was expected to put it back may not have done so. */
static void leave_stocks(struct smcg_world *w, const struct smcg_objcg *o)
{
	u32 cpu;

	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		struct smcg_byte_slot *b = smcg_bytes_of(&w->cpus[cpu].stock, o);

		if (b)
			smcg_bytes_clear(b);
	}
}

void smcg_objcg_sweep(struct smcg_world *w)
{
	struct smcg_objcg **at = &w->gone, *o;

	while ((o = *at)) {
		if (leaving_any(w, o)) {
			at = &o->next;
			continue;
		}
		*at = o->next;
		leave_stocks(w, o);
		smcg_free(w, o, sizeof(*o));
	}
}

void smcg_objcg_unknown(struct smcg_world *w)
{
	struct smcg_objcg *o;
	u32 i;

	for (i = 0; i < w->objcg_buckets; i++) {
		for (o = w->objcgs[i]; o; o = o->next) {
			o->known = false;
			o->low = 0;
			o->high = SMCG_BYTES_ANY;
			o->total = 0;
			o->holders = 0;
		}
	}
}

void smcg_objcg_free_all(struct smcg_world *w)
{
	struct smcg_objcg *o;
	u32 i;

	while ((o = w->gone)) {
		w->gone = o->next;
		smcg_free(w, o, sizeof(*o));
	}
	for (i = 0; i < w->objcg_buckets; i++) {
		while ((o = w->objcgs[i])) {
			w->objcgs[i] = o->next;
			smcg_free(w, o, sizeof(*o));
		}
	}
	smcg_free(w, w->objcgs, w->objcg_buckets * sizeof(*w->objcgs));
	w->objcgs = NULL;
}
