// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/moduleparam.h>
#include <linux/numa.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "feed/merge.h"
#include "feed/ring.h"

/* The feeder's view of one ring. */
struct stream {
	struct smcg_ring *ring;
	u64 tail;		/* oldest slot not given back */
	u64 seen;		/* all before were collected */
	u64 told;		/* losses told */
	u32 *order;		/* collected slots by clock: positions & mask */
	u32 nr, next;
};

static struct stream *streams;
static u32 *heap;		/* CPUs that have slots, the earliest on top */
static u32 heap_nr;
static bool heap_built;
static u64 last_clock, disorder;

static bool no_gate;
module_param_named(test_no_gate, no_gate, bool, 0644);
MODULE_PARM_DESC(test_no_gate, "debug: do not wait for slots that are not published yet");

static struct smcg_slot *slot_at(const struct stream *s, u32 index)
{
	return &s->ring->slots[index];
}

int smcg_merge_init(void)
{
	unsigned int cpu;

	streams = kvcalloc(nr_cpu_ids, sizeof(*streams), GFP_KERNEL);
	heap = kvcalloc(nr_cpu_ids, sizeof(*heap), GFP_KERNEL);
	if (!streams || !heap)
		goto free;
	for_each_possible_cpu(cpu) {
		struct stream *s = &streams[cpu];

		s->ring = per_cpu_ptr(&smcg_rings, cpu);
		s->tail = s->ring->head;
		s->seen = s->tail;
		s->order = vmalloc(array_size(smcg_ring_size(), sizeof(*s->order)));
		if (!s->order)
			goto free;
	}
	last_clock = 0;
	disorder = 0;
	return 0;
free:
	smcg_merge_exit();
	return -ENOMEM;
}

void smcg_merge_exit(void)
{
	unsigned int cpu;

	for (cpu = 0; streams && cpu < nr_cpu_ids; cpu++)
		vfree(streams[cpu].order);
	kvfree(streams);
	kvfree(heap);
	streams = NULL;
	heap = NULL;
}

/* Nested hooks have later positions and earlier clocks: nearly sorted already. */
static void insert(struct stream *s, u32 index)
{
	u64 clock = slot_at(s, index)->clock;
	u32 i = s->nr++;

	for (; i > s->next && slot_at(s, s->order[i - 1])->clock > clock; i--)
		s->order[i] = s->order[i - 1];
	s->order[i] = index;
}

static bool collect_one(struct stream *s)
{
	/* T0 was read before the head (smp_mb() in feed_batch()) */
	u64 head = READ_ONCE(s->ring->head);

	for (; s->seen != head; s->seen++) {
		u32 index = s->seen & s->ring->mask;

		/* pairs with smcg_publish() */
		if (!smp_load_acquire(&slot_at(s, index)->mark))
			return false;
		insert(s, index);
	}
	return true;
}

static u64 top_clock(u32 cpu)
{
	const struct stream *s = &streams[cpu];

	return slot_at(s, s->order[s->next])->clock;
}

static bool before(u32 x, u32 y)
{
	u64 a = top_clock(x), b = top_clock(y);

	return a < b || (a == b && x < y);
}

static void sift_down(u32 i)
{
	for (;;) {
		u32 child = 2 * i + 1;

		if (child >= heap_nr)
			return;
		if (child + 1 < heap_nr && before(heap[child + 1], heap[child]))
			child++;
		if (!before(heap[child], heap[i]))
			return;
		swap(heap[child], heap[i]);
		i = child;
	}
}

static void build_heap(void)
{
	unsigned int cpu;
	u32 i;

	heap_nr = 0;
	for_each_possible_cpu(cpu) {
		if (streams[cpu].next < streams[cpu].nr)
			heap[heap_nr++] = cpu;
	}
	for (i = heap_nr / 2; i-- > 0;)
		sift_down(i);
	heap_built = true;
}

bool smcg_merge_collect(void)
{
	bool complete = true;
	unsigned int cpu;

	/* what was carried over moves to the front */
	for_each_possible_cpu(cpu) {
		struct stream *s = &streams[cpu];

		if (s->next) {
			s->nr -= s->next;
			memmove(s->order, s->order + s->next, s->nr * sizeof(*s->order));
			s->next = 0;
		}
		complete &= collect_one(s);
	}
	heap_built = false;
	return complete || READ_ONCE(no_gate);
}

struct smcg_slot *smcg_merge_next(u64 gate, unsigned int *cpu)
{
	struct smcg_slot *slot;

	if (!heap_built)
		build_heap();
	if (!heap_nr)
		return NULL;
	*cpu = heap[0];
	slot = slot_at(&streams[*cpu], streams[*cpu].order[streams[*cpu].next]);
	if (slot->clock >= gate && !READ_ONCE(no_gate))
		return NULL;
	if (slot->clock < last_clock)
		disorder++;
	else
		last_clock = slot->clock;
	return slot;
}

/* Losses that no slot can follow as long as the ring is closed. */
static u64 lost_behind(struct stream *s)
{
	u64 lost;

	if (likely(READ_ONCE(s->ring->limit) != SMCG_RING_CLOSED) ||
	    s->seen != READ_ONCE(s->ring->head))
		return 0;
	lost = READ_ONCE(s->ring->lost) - s->told;
	s->told += lost;
	return lost;
}

u64 smcg_merge_done(struct smcg_slot *slot, unsigned int cpu)
{
	struct stream *s = &streams[cpu];

	WRITE_ONCE(slot->mark, 0);
	if (++s->next < s->nr) {
		sift_down(0);
		return 0;
	}
	heap[0] = heap[--heap_nr];
	sift_down(0);
	return lost_behind(s);
}

static void release_one(struct stream *s)
{
	u64 tail = s->tail, old, limit;

	while (tail != s->seen && !READ_ONCE(slot_at(s, tail & s->ring->mask)->mark))
		tail++;
	if (tail == s->tail)
		return;
	s->tail = tail;
	/* the marks are cleared before the slots can be reserved again */
	smp_store_release(&s->ring->hard_limit, tail + smcg_ring_size());
	limit = tail + smcg_ring_size() / 2;
	old = READ_ONCE(s->ring->limit);
	while (old != SMCG_RING_CLOSED && (s64)(limit - old) > 0) {
		u64 found = cmpxchg(&s->ring->limit, old, limit);

		if (found == old)
			break;
		old = found;
	}
}

void smcg_merge_release(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		release_one(&streams[cpu]);
}

u64 smcg_merge_reopen(unsigned int cpu)
{
	struct stream *s = &streams[cpu];
	u64 lost;

	if (READ_ONCE(s->ring->limit) == SMCG_RING_CLOSED &&
	    s->tail == READ_ONCE(s->ring->head))
		/* behind the cleared marks, as in release_one() */
		smp_store_release(&s->ring->limit, s->tail + smcg_ring_size() / 2);
	else if (READ_ONCE(s->ring->lost) == s->told)
		return 0;
	/* while closed and not empty, the place of the loss is still to come */
	if (READ_ONCE(s->ring->limit) == SMCG_RING_CLOSED)
		return 0;
	lost = READ_ONCE(s->ring->lost) - s->told;
	s->told += lost;
	return lost;
}

u64 smcg_merge_disorder(void)
{
	return disorder;
}
