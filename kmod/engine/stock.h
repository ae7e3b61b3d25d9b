/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stock.h - the stock of one CPU: pages charged ahead, and bytes.
 *
 * Amounts are intervals, equal at both ends when exact.  The pages of a group
 * whose charges are no events, and everything before the baseline, are known
 * only within bounds; what is seen of reality narrows them.
 */
#ifndef SMCG_STOCK_H
#define SMCG_STOCK_H

#include "env.h"

struct smcg_world;
struct smcg_group;
struct smcg_op;

#define SMCG_PAGE_SHIFT	12
#define SMCG_PAGE_BYTES	(1u << SMCG_PAGE_SHIFT)
#define SMCG_BYTES_ANY	(1u << 30)

/**
 * struct smcg_last - when something changed last.
 * @at: event number
 * @before: when another CPU than that one did it
 * @cpu: by whom
 */
struct smcg_last {
	u64 at, before;
	u16 cpu;
};

/**
 * struct smcg_objcg - an object group: who owns bytes.
 * @next: in the hash
 * @peer: the next one of its group
 * @by_peer: what points at it there, NULL if its group is not known
 * @id: name in the stream
 * @css: group that it belongs to now
 * @holders: CPUs whose byte stock is of it
 * @low: bytes set aside in it (nr_charged_bytes), at least
 * @high: at most
 * @total: bytes set aside in it and in all stocks
 * @busy: put-backs and takes of it that were seen to begin and are not settled yet
 * @open: operations on it that are not settled yet
 * @coming: bytes that those bring, at most
 * @spent: event number when total last shrank
 * @touched: when the bytes set aside changed last
 * @summed: when @total did
 * @debt: free mode: bytes that reality granted and this world did not
 * @known: total is exact
 */
struct smcg_objcg {
	struct smcg_objcg *next;
	struct smcg_objcg *peer, **by_peer;
	u64 id;
	u32 css;
	u32 holders;
	u32 busy;
	u32 open;
	u32 low, high;
	s64 total;
	s64 coming;
	u64 spent;
	struct smcg_last touched;
	struct smcg_last summed;
	u64 debt;
	bool known;
};

/* Most slots of a stock, over all generations. */
#define SMCG_PAGE_SLOTS	7
#define SMCG_BYTE_SLOTS	5

/**
 * struct smcg_page_slot - one slot: pages charged ahead for a group.
 * @css: whose, 0 none: the slot is free
 * @low: pages, at least
 * @high: at most
 * @stray: a charge that began before the baseline may take some unseen, 1: only what it had before it was filled last
 */
struct smcg_page_slot {
	u32 css;
	u32 low, high;
	u32 stray;
};

/** struct smcg_byte_slot - one slot: bytes of an object group, NULL none. */
struct smcg_byte_slot {
	struct smcg_objcg *objcg;
	u32 low, high;
};

/**
 * struct smcg_stock - one CPU's.
 * @page: slots of pages
 * @byte: slots of bytes
 * @page_slots: how many of @page the profile has
 * @byte_slots: and of @byte
 * @page_next: running index: the slot that goes next when none is free
 * @byte_next: the same for bytes
 * @at: slot of pages that a charge found last, a hint for fast.c
 * @known: owners of the pages are known
 * @known_obj: owners of the bytes are known
 * @flushing: a drain is on its way
 * @flushing_obj: one of the bytes, where they are drained apart
 * @overfull: more bytes than a page: all are put back now, where a profile says so
 * @strays: one of the slots may lose pages to strays
 */
struct smcg_stock {
	struct smcg_page_slot page[SMCG_PAGE_SLOTS];
	u8 at;
	u8 page_slots, byte_slots;
	u8 page_next, byte_next;
	bool known;
	bool known_obj;
	bool flushing;
	bool flushing_obj;
	bool overfull;
	bool strays;
	struct smcg_byte_slot byte[SMCG_BYTE_SLOTS];
};

/** smcg_pages_of() - slot of a group's pages, NULL none. */
static inline struct smcg_page_slot *smcg_pages_of(struct smcg_stock *s, u32 css)
{
	u32 i;

	for (i = 0; i < s->page_slots; i++)
		if (s->page[i].css == css)
			return &s->page[i];
	return NULL;
}

/** smcg_bytes_of() - slot of an object group's bytes, NULL none. */
static inline struct smcg_byte_slot *smcg_bytes_of(struct smcg_stock *s, const struct smcg_objcg *o)
{
	u32 i;

	for (i = 0; i < s->byte_slots; i++)
		if (s->byte[i].objcg == o)
			return &s->byte[i];
	return NULL;
}

static inline const struct smcg_page_slot *smcg_pages_in(const struct smcg_stock *s, u32 css)
{
	return smcg_pages_of((struct smcg_stock *)s, css);
}

static inline const struct smcg_byte_slot *smcg_bytes_in(const struct smcg_stock *s,
						     const struct smcg_objcg *o)
{
	return smcg_bytes_of((struct smcg_stock *)s, o);
}

/**
 * smcg_pages_goes() - index of the slot that a refill of a group's pages goes to: its own, else
 * the first free one, else the one that the running index says, which is drained for it.
 * Source: refill_stock() of 7.2.
 */
static inline u32 smcg_pages_goes(const struct smcg_stock *s, u32 css)
{
	const struct smcg_page_slot *at = smcg_pages_in(s, css);

	if (!at)
		at = smcg_pages_in(s, 0);
	return at ? (u32)(at - s->page) : s->page_next;
}

/** smcg_bytes_goes() - the same for bytes.  Source: __refill_obj_stock() of 7.2. */
static inline u32 smcg_bytes_goes(const struct smcg_stock *s, const struct smcg_objcg *o)
{
	const struct smcg_byte_slot *at = smcg_bytes_in(s, o);

	if (!at)
		at = smcg_bytes_in(s, NULL);
	return at ? (u32)(at - s->byte) : s->byte_next;
}

/** smcg_pages_clear() - no pages of anybody. */
static inline void smcg_pages_clear(struct smcg_page_slot *p)
{
	p->css = 0;
	p->low = 0;
	p->high = 0;
	p->stray = 0;
}

/** smcg_bytes_clear() - no bytes of anybody; who held them is the caller's. */
static inline void smcg_bytes_clear(struct smcg_byte_slot *b)
{
	b->objcg = NULL;
	b->low = 0;
	b->high = 0;
}

/* What reality showed of an operation. */
enum smcg_shown {
	SMCG_SHOWN_ANY,		/* nothing yet */
	SMCG_SHOWN_HIT,
	SMCG_SHOWN_MISS,
	SMCG_SHOWN_VOID,	/* the operation did not take place */
	SMCG_SHOWN_EITHER,	/* a hit, or it did not take place */
};

/**
 * struct smcg_outcome - what an operation does to a stock, as the shadow sees it.
 * @agrees: reality can have been so
 * @unsure: several outcomes were possible, reality chose
 * @unknown: it depended on something not known since the baseline
 * @hit: consume: the stock had it
 * @raced: bytes: another CPU touched the object group at the same time
 * @guessed: bytes: not told yet, and may turn out to be another; the object group is kept open
 * @switched: bytes: another object group was put back first
 * @past: it went past the stock, straight to the counters
 * @unlikely: several slots: only if what nobody tells of happened meanwhile
 * @other: refill: group drained for another, 0 if it had no pages
 * @drained_other: its pages
 * @drained_self: pages of an overfull stock
 * @left: pages left after a refill
 * @pages: bytes: whole pages given back
 * @flushed: bytes: whole pages of the object group that was put back
 * @gones: drain: groups in @gone
 * @gone: drain: what was taken out of each slot
 */
struct smcg_outcome {
	bool agrees;
	bool unsure;
	bool unknown;
	bool hit;
	bool raced;
	bool guessed;
	bool switched;
	bool past;
	bool unlikely;
	u8 gones;
	u32 other;
	u32 drained_other;
	u32 drained_self;
	u32 left;
	u32 pages;
	u32 flushed;
	struct { u32 css, nr; } gone[SMCG_PAGE_SLOTS];
};

/**
 * smcg_stock_run() - let an operation take effect on a stock.
 * @s: changed.
 * @op: the operation, with what was shown of it.
 * @out: what it did.  When it does not agree, the stock follows reality.
 * Source: consume_stock(), __refill_stock(), drain_stock(), drain_obj_stock(),
 * refill_obj_stock(), consume_obj_stock(), mod_objcg_state().
 */
void smcg_stock_run(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		    struct smcg_outcome *out);

/** smcg_stock_could_idle() - is it possible that @op changes nothing of @s, as it is? */
bool smcg_stock_could_idle(const struct smcg_world *w, const struct smcg_stock *s,
			   const struct smcg_op *op);

/**
 * smcg_pages_told() - what was read of a group's slot when the event of @op came; see smcg_obj_told().
 */
bool smcg_pages_told(struct smcg_stock *s, const struct smcg_op *op);

/** smcg_stock_reset() - nothing is known (@known false), or nothing is there. */
void smcg_stock_reset(const struct smcg_world *w, struct smcg_stock *s, bool known);

/* The byte half, in obj_stock.c. */
bool smcg_obj_could_idle(const struct smcg_stock *s, const struct smcg_op *op);
void smcg_obj_consume(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		      struct smcg_outcome *out);
void smcg_obj_refill(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		     struct smcg_outcome *out);
void smcg_obj_state(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		    struct smcg_outcome *out);
void smcg_obj_put_back(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		       struct smcg_outcome *out);

/**
 * smcg_obj_told() - what was read of the bytes when the event of @op came.
 * Where the bytes are only known within bounds, a reading that lies in them is the one
 * of the legal orders that took place.  Return: it does not lie in them.
 */
bool smcg_obj_told(struct smcg_stock *s, const struct smcg_op *op);

/** smcg_obj_add() - the sum of an object group's bytes changes. */
void smcg_obj_add(struct smcg_world *w, struct smcg_objcg *o, const struct smcg_op *op, s64 bytes);

/** smcg_obj_blur() - only the sum of an object group's bytes is known from here on. */
void smcg_obj_blur(struct smcg_world *w, struct smcg_objcg *o, struct smcg_stock *mine);

/** smcg_objcg_touch() - about to change it: a trial puts it back afterwards. */
void smcg_objcg_touch(struct smcg_world *w, struct smcg_objcg *o);

/* Object groups, in objcg.c. */
struct smcg_objcg *smcg_objcg_find(struct smcg_world *w, u64 id);
/** smcg_objcg_get() - find or make one.  Return: NULL without memory. */
struct smcg_objcg *smcg_objcg_get(struct smcg_world *w, u64 id, u32 css);
/** smcg_objcg_join() - it is @css's now.  A group knows its own: one that goes costs no more than what it has. */
void smcg_objcg_join(struct smcg_world *w, struct smcg_objcg *o, u32 css);
/** smcg_objcg_reparent() - all object groups of @g are @css's from now on. */
void smcg_objcg_reparent(struct smcg_world *w, struct smcg_group *g, u32 css);
void smcg_objcg_forget(struct smcg_world *w, u64 id);
/** smcg_objcg_sweep() - free the forgotten ones that nothing puts back any longer. */
void smcg_objcg_sweep(struct smcg_world *w);
void smcg_objcg_unknown(struct smcg_world *w);
void smcg_objcg_free_all(struct smcg_world *w);

#endif
