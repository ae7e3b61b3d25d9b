/* SPDX-License-Identifier: GPL-2.0 */
/* owner.h - whose a folio is that is swapped in; see owner.c. */
#ifndef SMCG_ENGINE_OWNER_H
#define SMCG_ENGINE_OWNER_H

#define SMCG_SWAP_BUCKETS	1024
#define SMCG_SWAPINS		64
#define SMCG_SWAPIN_EVENTS	4096	/* that one of an unknown owner is waited for */
#define SMCG_SWAPOUTS		64	/* of two tasks that share a place the later one is remembered */

struct smcg_swap_chunk;

/**
 * struct smcg_swapin - a task has a folio to charge that comes from swap.
 * @owner: css id of who is to pay for it
 * @pages: of the folio
 * @event: that told
 * @known: it was seen to be swapped out
 */
struct smcg_swapin {
	u32 tid, owner, pages;
	u64 event;
	bool known;
};

/* A task is about to be charged for swap space, from @entry on, for a folio that is @folio. */
struct smcg_going_out {
	u32 tid, folio;
	u64 entry;
};

/* A task brings in a folio that was @folio as it went to swap; @event told. */
struct smcg_coming_in {
	u32 tid, folio;
	u64 event;
};

struct smcg_owners {
	struct smcg_swap_chunk **buckets;	/* by swap entry; NULL: nothing was swapped out yet */
	struct smcg_swapin in[SMCG_SWAPINS];
	u32 ins;				/* how many */
	struct smcg_going_out out[SMCG_SWAPOUTS];	/* by task */
	struct smcg_coming_in comes[SMCG_SWAPOUTS];	/* by task */
};

/**
 * smcg_owner_is() - @nr entries from @entry on are of @g now, NULL: of somebody who is not mirrored.
 * @folio: what they are, enum smcg_folio; UNTOLD: as before
 */
void smcg_owner_is(struct smcg_world *w, u64 entry, u32 nr, const struct smcg_group *g, u32 folio);

/** smcg_owner_left() - the folio of SWAP_CHARGE is about to be swapped out: its entries are nobody's until paid for. */
void smcg_owner_left(struct smcg_world *w, const struct smcg_event *e);

/** smcg_owner_paid() - @g has been charged for the @nr entries that task @tid swaps out. */
void smcg_owner_paid(struct smcg_world *w, const struct smcg_group *g, u32 tid, u32 nr);

/** smcg_owner_comes() - SWAPIN: a folio is about to be charged to who swapped it out, or else to e->group. */
void smcg_owner_comes(struct smcg_world *w, const struct smcg_event *e);

/** smcg_owner_brings() - SWAPIN: what the folio is that its task is charged for next. */
void smcg_owner_brings(struct smcg_world *w, const struct smcg_event *e);

/** smcg_owner_came() - a folio that may go to swap is charged: is it of a tmpfs, or from swap?  Return: enum smcg_folio. */
u32 smcg_owner_came(struct smcg_world *w, const struct smcg_event *e);

/** smcg_owner_decide() - any event while such a task is on its way: its own next one tells who really pays. */
void smcg_owner_decide(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/** smcg_owner_forget() - events were lost: of what is swapped out nothing is known any longer. */
void smcg_owner_forget(struct smcg_world *w);
void smcg_owner_exit(struct smcg_world *w);

#endif
