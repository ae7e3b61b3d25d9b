// SPDX-License-Identifier: GPL-2.0
/*
 * owner.c - whose a folio is that is swapped in (SPEC A1).
 *
 * Who pays for swap space pays for the folio that comes back from it, while it is online; else the
 * group of the address space that asked for it does.
 *
 * Source: mem_cgroup_swapin_charge_folio(), __mem_cgroup_try_charge_swap(), and on the legacy hierarchy
 * mem_cgroup_swapout() and mem_cgroup_move_swap_account() of 6.1; mem_cgroup_charge() of 5.10 and
 * mem_cgroup_try_charge() of 4.18 have the same rule.
 */
#include "world.h"

#define CHUNK_SHIFT	9
#define CHUNK		(1u << CHUNK_SHIFT)
#define FOLIO_MOST	4096	/* pages of one that is swapped */

/* Who swapped out each of some entries: a css id and, as that may be another's by now, some of its group's id. */
struct smcg_swap_chunk {
	struct smcg_swap_chunk *next;
	u64 key;
	u32 owner[CHUNK];	/* 0 not known; the highest bits: what the folio is */
};

#define FOLIO_SHIFT	30
#define OWNER		((1U << FOLIO_SHIFT) - 1)

static u32 mark_of(const struct smcg_group *g)
{
	return g && g->css <= 0xffff ? (g->css | (u32)(g->id ^ g->id >> 14) << 16) & OWNER : 0;
}

static struct smcg_swap_chunk **find(const struct smcg_world *w, u64 key)
{
	struct smcg_swap_chunk **at = &w->owners.buckets[(key * 0x9e3779b97f4a7c15ULL) >> 32 &
							(SMCG_SWAP_BUCKETS - 1)];

	while (*at && (*at)->key != key)
		at = &(*at)->next;
	return at;
}

/* NULL if it is not there, unless it is to be made and there is memory. */
static u32 *owner_at(struct smcg_world *w, u64 entry, bool make)
{
	struct smcg_swap_chunk **at;

	if (!w->owners.buckets && make)
		w->owners.buckets = smcg_alloc(w, SMCG_SWAP_BUCKETS * sizeof(*w->owners.buckets));
	if (!w->owners.buckets)
		return NULL;
	at = find(w, entry >> CHUNK_SHIFT);
	if (!*at && make) {
		*at = smcg_alloc(w, sizeof(**at));
		if (*at)
			(*at)->key = entry >> CHUNK_SHIFT;
	}
	return *at ? &(*at)->owner[entry & (CHUNK - 1)] : NULL;
}

void smcg_owner_is(struct smcg_world *w, u64 entry, u32 nr, const struct smcg_group *g, u32 folio)
{
	u32 i, *owner, mark = mark_of(g);

	if (!entry || nr > FOLIO_MOST)
		return;
	for (i = 0; i < nr; i++) {
		owner = owner_at(w, entry + i, mark);
		if (!owner)
			continue;
		if (folio || !mark)
			*owner = folio << FOLIO_SHIFT;
		*owner = (*owner & ~OWNER) | mark;
	}
}

void smcg_owner_left(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_going_out *out = &w->owners.out[e->tid & (SMCG_SWAPOUTS - 1)];

	if (e->b)
		return;
	smcg_owner_is(w, e->c, e->nr, NULL, SMCG_FOLIO_UNTOLD);
	out->tid = e->tid;
	out->folio = smcg_where_folio(smcg_where(0, e->gfp));
	out->entry = e->c;
}

void smcg_owner_paid(struct smcg_world *w, const struct smcg_group *g, u32 tid, u32 nr)
{
	struct smcg_going_out *out = &w->owners.out[tid & (SMCG_SWAPOUTS - 1)];

	if (out->tid == tid)
		smcg_owner_is(w, out->entry, nr, g, out->folio);
	out->entry = 0;
}

static void forget(struct smcg_world *w, struct smcg_swapin *in)
{
	*in = w->owners.in[--w->owners.ins];
}

/* Whose owner nobody knows may be paid for by somebody who is not followed, and whose task is not heard of again. */
static struct smcg_swapin *swapin_of(struct smcg_world *w, u32 tid)
{
	struct smcg_swapin *in, *found = NULL;
	u32 i = w->owners.ins;

	while (i-- > 0) {
		in = &w->owners.in[i];
		if (in->tid == tid)
			found = in;
		else if (!in->known && w->stats.events - in->event > SMCG_SWAPIN_EVENTS && !found)
			forget(w, in);
	}
	return found;
}

/* The one that waits longest goes, one of a known owner only if there are many that are preempted just here. */
static void make_room(struct smcg_world *w)
{
	struct smcg_swapin *in = w->owners.in, *gone = in;
	u32 i;

	for (i = 1; i < w->owners.ins; i++)
		if (in[i].known < gone->known || (in[i].known == gone->known && in[i].event < gone->event))
			gone = &in[i];
	w->stats.errors += gone->known;
	forget(w, gone);
}

void smcg_owner_comes(struct smcg_world *w, const struct smcg_event *e)
{
	const u32 *owner = owner_at(w, e->a, false);
	struct smcg_swapin in = {
		.tid = e->tid, .pages = e->nr, .event = w->stats.events, .owner = e->group,
		.known = owner && *owner & OWNER,
	};
	const struct smcg_group *g;
	bool told = !in.known && e->b;

	if (e->ctx != SMCG_CTX_TASK || !e->tid || e->nr > FOLIO_MOST) {
		w->stats.errors++;
		return;
	}
	g = in.known ? smcg_group_find(w, *owner & 0xffff) : NULL;
	if (in.known && mark_of(g) == (*owner & OWNER) && !(g->flags & SMCG_GROUP_DYING))
		in.owner = g->css;
	/* It went there before the baseline. */
	if (told && e->b > 1)
		in.owner = (u32)e->b - 2;
	in.known |= told;
	if (in.known && !smcg_group_watched(smcg_group_find(w, in.owner)))
		return;
	if (w->owners.ins == SMCG_SWAPINS)
		make_room(w);
	w->owners.in[w->owners.ins++] = in;
}

void smcg_owner_brings(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_coming_in *in = &w->owners.comes[e->tid & (SMCG_SWAPOUTS - 1)];
	const u32 *owner = owner_at(w, e->a, false);

	in->tid = e->tid;
	in->folio = owner ? *owner >> FOLIO_SHIFT : SMCG_FOLIO_UNTOLD;
	in->event = w->stats.events;
}

u32 smcg_owner_came(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_coming_in *in = &w->owners.comes[e->tid & (SMCG_SWAPOUTS - 1)];

	/* A charge to somebody who is not watched was not heard of. */
	if (!in->event || in->tid != e->tid || w->stats.events - in->event > SMCG_SWAPIN_EVENTS)
		return SMCG_FOLIO_SWAPPABLE;
	in->event = 0;
	return in->folio;
}

void smcg_owner_decide(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_mark m = { .kind = SMCG_KIND_SWAPIN, .ctx = e->ctx, .tid = e->tid };
	struct smcg_swapin *in = e->ctx == SMCG_CTX_TASK ? swapin_of(w, e->tid) : NULL;
	bool charged = e->type == SMCG_EV_CHARGE && e->caller == SMCG_BY_FOLIO;
	const struct smcg_group *g;

	if (!in)
		return;
	g = smcg_group_find(w, in->known || !charged ? in->owner : e->group);
	m.nr = in->pages;
	m.event = w->stats.events;
	m.cpu = c->cpu;
	if (!in->known)
		m.flags = SMCG_DEC_UNSETTLED;
	else if ((!charged || e->group != in->owner) && !w->after_gap)
		m.flags = SMCG_DEC_ADOPTED;
	if (w->after_gap)
		m.flags |= SMCG_DEC_AFTER_GAP;
	if (smcg_group_watched(g) && (in->known || charged)) {
		m.group = g->id;
		smcg_say(w, c, &m);
	}
	forget(w, in);
}

void smcg_owner_forget(struct smcg_world *w)
{
	struct smcg_swap_chunk *chunk;
	u32 i;

	w->owners.ins = 0;
	memset(w->owners.out, 0, sizeof(w->owners.out));
	memset(w->owners.comes, 0, sizeof(w->owners.comes));
	for (i = 0; w->owners.buckets && i < SMCG_SWAP_BUCKETS; i++)
		for (chunk = w->owners.buckets[i]; chunk; chunk = chunk->next)
			memset(chunk->owner, 0, sizeof(chunk->owner));
}

void smcg_owner_exit(struct smcg_world *w)
{
	struct smcg_swap_chunk *chunk;
	u32 i;

	for (i = 0; w->owners.buckets && i < SMCG_SWAP_BUCKETS; i++) {
		while ((chunk = w->owners.buckets[i])) {
			w->owners.buckets[i] = chunk->next;
			smcg_free(w, chunk, sizeof(*chunk));
		}
	}
	if (w->owners.buckets)
		smcg_free(w, w->owners.buckets, SMCG_SWAP_BUCKETS * sizeof(*w->owners.buckets));
	w->owners.buckets = NULL;
}
