/* SPDX-License-Identifier: GPL-2.0 */
/*
 * slot.h - what a hook writes: an event in the rawest form.
 *
 * Everything that can be worked out later is: context, flags, ids and time are
 * made of the raw words by the feeder.  A slot never leaves the module.
 */
#ifndef SMCG_FEED_SLOT_H
#define SMCG_FEED_SLOT_H

#include <linux/build_bug.h>
#include <linux/types.h>

struct smcg_slot {
	u32 mark;	/* stored last: smcg_mark(), 0 while not published */
	u32 preempt;	/* smcg_raw_preempt_count(), and smcg_event.locks */
	u64 clock;	/* smcg_clock() */
	u32 tid;
	u32 task;	/* current->flags */
	u32 gfp;	/* gfp_t, or as the type says in convert.c */
	u32 nr;
	u64 group;	/* css id */
	u64 a, b, c;	/* raw pointers where the event has ids */
};

static_assert(sizeof(struct smcg_slot) == 64);

/* Bits that preempt_count() has no use for. */
#define SMCG_PREEMPT_LOCKS	24
#define SMCG_LOCKS_MASK		15u

/* Facts about the task that its flags do not tell. */
#define SMCG_MARK_IN_OOM	(1u << 24)
#define SMCG_MARK_DYING		(1u << 25)
#define SMCG_MARK_REAPED	(1u << 26)

static inline u32 smcg_mark(u32 type, u32 caller)
{
	return type | caller << 16;
}

static inline u32 smcg_mark_type(u32 mark)
{
	return mark & 0xffff;
}

static inline u32 smcg_mark_caller(u32 mark)
{
	return mark >> 16 & 0xff;
}

#endif
