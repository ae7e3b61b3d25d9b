// SPDX-License-Identifier: GPL-2.0
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/vmalloc.h>

#include "feed/ring.h"

#define MIN_SLOTS	64ul
#define MAX_SLOTS	(1ul << 22)

DEFINE_PER_CPU_ALIGNED(struct smcg_ring, smcg_rings);

static unsigned long ring_size;
static void (*wake_feeder)(void);
static unsigned int stretch_ns;

static int set_stretch(const char *value, const struct kernel_param *param)
{
	int err = param_set_uint(value, param);

	if (err)
		return err;
	smcg_clock_stretch(stretch_ns);
	return 0;
}

static const struct kernel_param_ops stretch_ops = {
	.set = set_stretch,
	.get = param_get_uint,
};
module_param_cb(test_stretch_ns, &stretch_ops, &stretch_ns, 0644);
MODULE_PARM_DESC(test_stretch_ns, "debug: delay around the clock reading of each event, ns");

static void wake_work(struct irq_work *work)
{
	wake_feeder();
}

/*
 * The limit was reached: the first time at half of the ring to wake the feeder,
 * then at its end to close it.  The feeder moves the limit too, from another
 * CPU, so both use a real cmpxchg; losing it means that there is room again.
 * Return: true when the event is lost.
 */
bool __smcg_cold_call smcg_ring_full(void)
{
	struct smcg_ring *ring = this_cpu_ptr(&smcg_rings);
	/* pairs with release_one(): hard_limit is not older than limit */
	u64 limit = smp_load_acquire(&ring->limit);
	u64 hard = READ_ONCE(ring->hard_limit);
	u64 head = READ_ONCE(ring->head);

	if (limit == SMCG_RING_CLOSED) {
		this_cpu_inc(smcg_rings.lost);
		return true;
	}
	if ((s64)(head - limit) < 0)
		return false;
	if ((s64)(hard - limit) > 0) {
		cmpxchg(&ring->limit, limit, hard);
		irq_work_queue(&ring->wake);
		return false;
	}
	if (cmpxchg(&ring->limit, limit, SMCG_RING_CLOSED) != limit)
		return false;
	this_cpu_inc(smcg_rings.lost);
	irq_work_queue(&ring->wake);
	return true;
}

static unsigned long choose_slots(void)
{
	/* all rings together: 1/64 of memory at most */
	unsigned long bytes = (totalram_pages() << PAGE_SHIFT) / 64 / num_possible_cpus();

	return clamp(rounddown_pow_of_two(bytes / sizeof(struct smcg_slot)), 4096ul, 65536ul);
}

int smcg_rings_init(unsigned long slots, void (*wake)(void))
{
	unsigned int cpu;

	if (slots > MAX_SLOTS)
		return -EINVAL;
	ring_size = slots ? roundup_pow_of_two(max(slots, MIN_SLOTS)) : choose_slots();
	wake_feeder = wake;
	for_each_possible_cpu(cpu) {
		struct smcg_ring *ring = per_cpu_ptr(&smcg_rings, cpu);

		ring->slots = vzalloc_node(array_size(ring_size, sizeof(*ring->slots)),
					   cpu_to_node(cpu));
		if (!ring->slots) {
			smcg_rings_exit();
			return -ENOMEM;
		}
		init_irq_work(&ring->wake, wake_work);
		ring->mask = ring_size - 1;
		/* position 0 is never used: a limit of 0 means closed */
		ring->head = ring_size;
		ring->hard_limit = 2 * ring_size;
		ring->limit = ring_size + ring_size / 2;
	}
	return 0;
}

void smcg_rings_quiet(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu_ptr(&smcg_rings, cpu)->wake);
}

void smcg_rings_exit(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct smcg_ring *ring = per_cpu_ptr(&smcg_rings, cpu);

		vfree(ring->slots);
		ring->slots = NULL;
	}
}

unsigned long smcg_ring_size(void)
{
	return ring_size;
}

void smcg_ring_kick(void)
{
	wake_feeder();
}

bool smcg_ring_tight(void)
{
	struct smcg_ring *ring = raw_cpu_ptr(&smcg_rings);
	u64 limit = READ_ONCE(ring->limit);

	return limit == SMCG_RING_CLOSED ||
	       (s64)(READ_ONCE(ring->hard_limit) - READ_ONCE(ring->head)) < (s64)(ring_size / 4);
}
