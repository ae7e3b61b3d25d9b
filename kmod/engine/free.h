/* SPDX-License-Identifier: GPL-2.0 */
/*
 * free.h - the parts of a world that lives with its own decisions.
 *
 * Its state is exact: both ends of every interval are equal.
 */
#ifndef SMCG_FREE_H
#define SMCG_FREE_H

#include "world.h"

/** smcg_free_say() - a decision about a watched group, in the name of the event. */
void smcg_free_say(struct smcg_world *w, const struct smcg_event *e, const struct smcg_group *g,
		   u32 kind, u32 nr, const struct smcg_group *over, int result);

/** smcg_free_give() - pages of a tracked group leave its counters. */
void smcg_free_give(struct smcg_world *w, struct smcg_group *g, u32 nr);

/* free_charge.c: the stock of pages, and charges */

/** smcg_free_empty_slot() - one slot of pages is drained. */
void smcg_free_empty_slot(struct smcg_world *w, struct smcg_page_slot *p);
/** smcg_free_empty() - the stock of pages is drained. */
void smcg_free_empty(struct smcg_world *w, struct smcg_stock *s);
void smcg_free_refill(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e, u32 css,
		      u32 nr);
/** smcg_free_drain() - of all stocks below @root; @told: it is a decision of a charge. */
void smcg_free_drain(struct smcg_world *w, const struct smcg_event *e, const struct smcg_group *root,
		     bool told);
/**
 * smcg_free_charge() - @nr pages of @g, by the flags @gfp.
 * Return: they are charged.  Source: try_charge(), try_charge_memcg() of the profile.
 */
bool smcg_free_charge(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		      struct smcg_group *g, u32 nr, u32 gfp);

/* free_bytes.c: kernel memory */

/** smcg_free_put_back() - the byte stock of @s is put back; its whole pages go to the stock of @c. */
void smcg_free_put_back(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
			struct smcg_stock *s);
/** smcg_free_kmem() - an event of kernel memory. */
void smcg_free_kmem(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
/** smcg_free_return() - kernel pages, or those of a socket, of @g are given back. */
void smcg_free_return(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		      struct smcg_group *g, u32 nr, bool kernel);
/** smcg_free_objects() - @amount bytes of objects are given back. */
void smcg_free_objects(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		       struct smcg_objcg *o, u32 amount);

/*
 * free_ask.c: bytes, kernel pages and socket memory have no page frame number.  What reality
 * refused nobody will give back, so it is taken back here; what this world refused and
 * reality granted will be given back, and is owed until then.
 */

/** smcg_ask_begin() - @amount bytes of @objcg (0: pages) were asked for. */
void smcg_ask_begin(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e, u64 objcg,
		    u32 amount, bool granted);
/** smcg_ask_see() - what an event shows of the request that its task made last. */
void smcg_ask_see(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
/** smcg_ask_paid() - of @amount that is given back, what is more than @debt, which shrinks. */
u32 smcg_ask_paid(u64 *debt, u32 amount);

#endif
