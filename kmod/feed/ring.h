/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ring.h - one ring of slots per CPU, between the hooks and the feeder.
 *
 * Producers are hooks on this CPU in any context, nested in each other. Each
 * reserves a slot with a local cmpxchg, *then* reads the clock, fills the slot
 * and publishes it by storing its mark. So a slot's clock is never older than
 * its reservation: once the feeder has seen a head, whatever is reserved later
 * carries a later time.
 *
 * A full ring closes: from then on every event of this CPU is counted as lost
 * until the feeder has emptied the ring. The loss thus lies at one place, between
 * the last slot before and the first one after, where the feeder puts the gap.
 */
#ifndef SMCG_FEED_RING_H
#define SMCG_FEED_RING_H

#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/preempt.h>

#include "compat/clock.h"
#include "feed/slot.h"

struct smcg_ring {
	u64 head;		/* next slot to reserve; producers of this CPU */
	u64 limit;		/* head must stay below; SMCG_RING_CLOSED when full */
	u64 mask;
	struct smcg_slot *slots;
	u64 hard_limit;		/* written by the feeder; limit is lower until it was woken */
	u64 lost;		/* while closed; producers of this CPU add */
	struct irq_work wake;
};

#define SMCG_RING_CLOSED 0

DECLARE_PER_CPU_ALIGNED(struct smcg_ring, smcg_rings);

bool __smcg_cold_call smcg_ring_full(void);

/*
 * smcg_reserve() - take the next slot of this CPU.
 * Context: any, preemption disabled.  Calls nothing that is hooked.
 * Return: NULL when the ring is full; the loss has been counted.
 */
static __always_inline struct smcg_slot *smcg_reserve(void)
{
	struct smcg_slot *slot;
	u64 head;

	do {
		head = this_cpu_read(smcg_rings.head);
		while (unlikely((s64)(head - this_cpu_read(smcg_rings.limit)) >= 0)) {
			if ((u8)smcg_cold_call(smcg_ring_full))
				return NULL;
		}
	} while (this_cpu_cmpxchg(smcg_rings.head, head, head + 1) != head);

	slot = this_cpu_read(smcg_rings.slots) + (head & this_cpu_read(smcg_rings.mask));
	/* spares the callers' test */
	if (!slot)
		__builtin_unreachable();
	return slot;
}

/* smcg_publish() - hand the slot to the feeder.  All else must be written. */
static __always_inline void smcg_publish(struct smcg_slot *slot, u32 mark)
{
	/* pairs with collect_one() */
	smp_store_release(&slot->mark, mark);
}

/* smcg_last_writer() - the task that the last slot of this CPU tells of, 0 none. Preemption disabled. */
static __always_inline u32 smcg_last_writer(void)
{
	u64 head = this_cpu_read(smcg_rings.head);
	const struct smcg_slot *slots = this_cpu_read(smcg_rings.slots);

	return head ? READ_ONCE(slots[(head - 1) & this_cpu_read(smcg_rings.mask)].tid) : 0;
}

/**
 * smcg_rings_init() - allocate the rings of all possible CPUs.
 * @slots: per CPU, rounded up to a power of two; 0 chooses by the size of memory.
 * @wake: called from an interrupt when a ring is half full or has closed.
 * Context: process.  Return: 0, -EINVAL, -ENOMEM.
 */
int smcg_rings_init(unsigned long slots, void (*wake)(void));
void smcg_rings_exit(void);
/* No hook runs any more: wait for wake-ups under way. */
void smcg_rings_quiet(void);
unsigned long smcg_ring_size(void);

/* Wake the feeder.  Process context. */
void smcg_ring_kick(void);

/* True when less than a quarter of this CPU's ring is free (process context). */
bool smcg_ring_tight(void);

#endif
