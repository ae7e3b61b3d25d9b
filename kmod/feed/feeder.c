// SPDX-License-Identifier: GPL-2.0
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "compat/clock.h"
#include "compat/profile.h"
#include "feed/feed.h"
#include "feed/merge.h"
#include "feed/pool.h"
#include "feed/ring.h"
#include "feed/timeline.h"
#include "report/entry.h"

#define SLACK_NS	20000		/* see merge.h */
#define RELEASE_EVERY	1024		/* slots, a power of two */
#define IDLE_MIN_US	1000
#define IDLE_MAX_US	4000
#define RETRY_US	50

static unsigned int feed_delay_ms;
module_param_named(test_feed_delay_ms, feed_delay_ms, uint, 0644);
MODULE_PARM_DESC(test_feed_delay_ms, "debug: sleep before each batch, ms");

static const struct smcg_source *source;
static struct task_struct *feeder;
static bool kicked;

/* Everything below is under the lock. */
static DEFINE_MUTEX(feed_lock);
static struct smcg_world *world;
static int world_error;
static struct smcg_timeline timeline;
static struct smcg_world_stats last_stats;
static struct smcg_decision decisions[SMCG_APPLY_MAX];
static struct {
	u64 lost, gaps, missed, batches, max_batch, waits;
	u64 world_bytes;
} stats;

static u64 barrier_done;
static DECLARE_WAIT_QUEUE_HEAD(barrier_wait);

static void *world_alloc(void *ctx, size_t bytes)
{
	void *mem = kvzalloc(bytes, GFP_KERNEL | __GFP_NOWARN);

	if (mem)
		stats.world_bytes += bytes;
	return mem;
}

static void world_free(void *ctx, void *mem, size_t bytes)
{
	if (mem)
		stats.world_bytes -= bytes;
	kvfree(mem);
}

static void drop_world(void)
{
	lockdep_assert_held(&feed_lock);
	if (!world)
		return;
	smcg_world_stats(world, &last_stats);
	smcg_world_destroy(world);
	world = NULL;
}

static void begin_world(enum smcg_mode mode)
{
	struct smcg_world_config config = {
		.alloc = { .alloc = world_alloc, .free = world_free },
		.profile = SMCG_KERNEL_PROFILE,
		.mode = mode,
		.nr_cpus = nr_cpu_ids,
		.nr_nodes = nr_node_ids,
	};

	drop_world();
	config.regions = smcg_pool_regions(&config.nr_regions);
	world_error = smcg_world_create(&config, &world);
	if (world_error)
		world = NULL;
}

static void apply(const struct smcg_event *event)
{
	unsigned int i, nr;

	if (event->type == SMCG_EV_START)
		begin_world(event->c);
	if (!world)
		return;
	smcg_report_event(event);
	nr = smcg_world_apply(world, event, decisions);
	for (;;) {
		for (i = 0; i < nr; i++)
			smcg_report_decision(&decisions[i]);
		if (likely(nr < SMCG_APPLY_MAX))
			break;
		nr = smcg_world_apply(world, NULL, decisions);
	}

	switch (event->type) {
	case SMCG_EV_GROUP_ONLINE:
	case SMCG_EV_GROUP_FREE:
	case SMCG_EV_GROUP_FLAGS:
		smcg_report_groups_changed();
	}
}

static void tell_gap(unsigned int cpu, u64 lost)
{
	struct smcg_event event = {
		.type = SMCG_EV_GAP,
		.time = timeline.last,
		.cpu = cpu,
		.a = lost,
	};

	/* what is lost before a baseline, nobody misses */
	if (!world)
		return;
	stats.lost += lost;
	stats.gaps++;
	apply(&event);
	smcg_report_gap(&event);
	smcg_control_gap();
}

static void deliver(const struct smcg_slot *slot, unsigned int cpu)
{
	struct smcg_event event = {};

	if (!source->convert(slot, cpu, &event))
		return;
	event.time = smcg_timeline_ns(&timeline, slot->clock);
	apply(&event);
	if (event.type == SMCG_EV_BARRIER) {
		WRITE_ONCE(barrier_done, event.a);
		wake_up_all(&barrier_wait);
	}
}

static void tell_missed(void)
{
	u64 missed = source->missed();

	if (missed == stats.missed)
		return;
	/* which CPU missed it is not known */
	tell_gap(0, missed - stats.missed);
	stats.missed = missed;
}

/* Return: slots taken out, or -EAGAIN when one is not published yet. */
static long feed_batch(void)
{
	u64 now = smcg_timeline_mark(&timeline), gate, lost;
	struct smcg_slot *slot;
	unsigned int cpu;
	long nr = 0;

	/* T0 is read before any head */
	smp_mb();
	if (!smcg_merge_collect()) {
		stats.waits++;
		return -EAGAIN;
	}
	gate = now - smcg_timeline_ticks(&timeline, SLACK_NS);
	while ((slot = smcg_merge_next(gate, &cpu))) {
		deliver(slot, cpu);
		lost = smcg_merge_done(slot, cpu);
		if (unlikely(lost))
			tell_gap(cpu, lost);
		if (!(++nr & (RELEASE_EVERY - 1))) {
			smcg_merge_release();
			cond_resched();
		}
	}
	smcg_merge_release();
	for_each_possible_cpu(cpu) {
		lost = smcg_merge_reopen(cpu);
		if (unlikely(lost))
			tell_gap(cpu, lost);
	}
	tell_missed();
	if (nr) {
		stats.batches++;
		stats.max_batch = max_t(u64, stats.max_batch, nr);
		smcg_report_flush();
	}
	return nr;
}

void smcg_feed_wake(void)
{
	WRITE_ONCE(kicked, true);
	if (feeder)
		wake_up_process(feeder);
}

/* @us: how long, 0 until woken. */
static void rest(unsigned int us)
{
	ktime_t time = ns_to_ktime(us * NSEC_PER_USEC);

	set_current_state(TASK_IDLE);
	if (!READ_ONCE(kicked) && !kthread_should_stop()) {
		if (us)
			schedule_hrtimeout_range(&time, us * NSEC_PER_USEC / 4, HRTIMER_MODE_REL);
		else
			schedule();
	}
	__set_current_state(TASK_RUNNING);
	WRITE_ONCE(kicked, false);
}

static int feeder_main(void *unused)
{
	unsigned int idle_us = IDLE_MIN_US;

	while (!kthread_should_stop()) {
		long nr;

		if (unlikely(READ_ONCE(feed_delay_ms)))
			msleep(feed_delay_ms);
		mutex_lock(&feed_lock);
		nr = feed_batch();
		mutex_unlock(&feed_lock);

		if (nr == -EAGAIN)
			usleep_range(RETRY_US, 2 * RETRY_US);
		else if (nr >= RELEASE_EVERY)
			cond_resched();
		else if (!source->watched() && !nr)
			rest(0);
		else
			rest(idle_us);
		idle_us = nr > 0 ? IDLE_MIN_US : min(2 * idle_us, (unsigned int)IDLE_MAX_US);
	}
	return 0;
}

int smcg_feed_init(const struct smcg_source *from)
{
	int err = smcg_merge_init();

	if (err)
		return err;
	source = from;
	smcg_control_init(from);
	feeder = kthread_create(feeder_main, NULL, "smcg_feeder");
	if (IS_ERR(feeder)) {
		err = PTR_ERR(feeder);
		feeder = NULL;
		smcg_merge_exit();
		return err;
	}
	get_task_struct(feeder);
	/* a burst is made faster than it is applied: with a fair share of its CPU, a ring fills up */
	set_user_nice(feeder, MIN_NICE);
	wake_up_process(feeder);
	return 0;
}

void smcg_feed_exit(void)
{
	smcg_feed_stop_commands();
	smcg_rings_quiet();
	kthread_stop(feeder);
	put_task_struct(feeder);
	feeder = NULL;
	smcg_feed_drop_world();
	smcg_merge_exit();
}

const struct smcg_world *smcg_feed_world_get(void)
{
	mutex_lock(&feed_lock);
	return world;
}

void smcg_feed_world_put(void)
{
	mutex_unlock(&feed_lock);
}

void smcg_feed_drop_world(void)
{
	mutex_lock(&feed_lock);
	drop_world();
	smcg_report_groups_changed();
	mutex_unlock(&feed_lock);
}

int smcg_feed_world_error(void)
{
	int err;

	mutex_lock(&feed_lock);
	err = world_error;
	mutex_unlock(&feed_lock);
	return err;
}

void smcg_feed_world_stats(struct smcg_world_stats *out)
{
	lockdep_assert_held(&feed_lock);
	if (world)
		smcg_world_stats(world, out);
	else
		*out = last_stats;
}

void smcg_feed_stats(struct smcg_feed_stats *out)
{
	lockdep_assert_held(&feed_lock);
	*out = (struct smcg_feed_stats){
		.lost = stats.lost,
		.gaps = stats.gaps,
		.missed = stats.missed,
		.batches = stats.batches,
		.max_batch = stats.max_batch,
		.waits = stats.waits,
		.world_bytes = stats.world_bytes,
		.disorder = smcg_merge_disorder(),
		.auto_resyncs = smcg_control_auto_resyncs(),
		.cpu_ns = feeder ? READ_ONCE(feeder->se.sum_exec_runtime) : 0,
		.now_ns = ktime_get_ns(),
	};
}

int smcg_feed_wait_barrier(u64 cookie)
{
	smcg_feed_wake();
	return wait_event_killable(barrier_wait, READ_ONCE(barrier_done) >= cookie);
}
