// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - the module's way up, and its mirror image down.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/sched.h>

#include "compat/clock.h"
#include "compat/gather.h"
#include "compat/kallsyms.h"
#include "compat/stock_layout.h"
#include "feed/feed.h"
#include "feed/pool.h"
#include "feed/ring.h"
#include "hooks/hooks.h"
#include "report/entry.h"

static unsigned int pool_mb = 16;
module_param(pool_mb, uint, 0444);
MODULE_PARM_DESC(pool_mb, "private page pool, MiB per NUMA node");

static unsigned long ring_slots;
module_param(ring_slots, ulong, 0444);
MODULE_PARM_DESC(ring_slots, "events that each CPU's ring holds (default: by size of memory)");

static char *clock = "auto";
module_param(clock, charp, 0444);
MODULE_PARM_DESC(clock, "tsc, mono, or auto: tsc where the kernel trusts it");

static void show_status(struct seq_file *m)
{
	struct smcg_world_stats w;
	struct smcg_feed_stats f;

	smcg_feed_world_stats(&w);
	smcg_feed_stats(&f);
	seq_printf(m, "watched %u\n", smcg_hooks_source.watched());
	seq_printf(m, "events.applied %llu\nevents.lost %llu\nevents.gaps %llu\n", w.events,
		   f.lost, f.gaps);
	seq_printf(m, "decisions.made %llu\n", w.decisions);
	seq_printf(m, "adopted %llu\nambiguous %llu\nunexplained %llu\n", w.adopted, w.ambiguous,
		   w.unexplained);
	seq_printf(m, "resyncs %llu\nauto_resyncs %llu\nunsettled %llu\nsettled %u\nerrors %llu\n",
		   w.resyncs, f.auto_resyncs, w.unsettled, w.settled, w.errors);
	seq_printf(m, "feeder.cpu_ns %llu\nfeeder.batches %llu\nfeeder.max_batch %llu\n", f.cpu_ns,
		   f.batches, f.max_batch);
	seq_printf(m, "feeder.waits %llu\nfeed.disorder %llu\n", f.waits, f.disorder);
	seq_printf(m, "world.bytes %llu\n", f.world_bytes);
	seq_printf(m, "pool.bytes %lu\npool.frames %llu\npool.used %llu\npool.full %llu\n",
		   smcg_pool_bytes(), w.frames_total, w.frames_used, w.frames_full);
	seq_printf(m, "frames_unknown %llu\ngroups %llu\ngroups_dying %llu\ntasks_open %llu\n",
		   w.frames_unknown, w.groups, w.groups_dying, w.tasks_open);
	seq_printf(m, "digest %llx\nmissed %llu\ntime_ns %llu\n", w.digest, f.missed, f.now_ns);
}

static struct smcg_report_ops report_ops = {
	.watch = smcg_feed_watch,
	.unwatch = smcg_feed_unwatch,
	.pass_barrier = smcg_feed_barrier,
	.resync = smcg_feed_resync,
	.world_get = smcg_feed_world_get,
	.world_put = smcg_feed_world_put,
	.status = show_status,
	.hooks = smcg_hooks_show,
	.pool = smcg_pool_show,
};

static int __init shadow_memcg_init(void)
{
	int err;

	err = smcg_kallsyms_init();
	if (err) {
		pr_err("cannot look up kernel symbols (KALLSYMS, KPROBES): %d\n", err);
		return err;
	}
	err = smcg_clock_init(clock);
	if (err) {
		pr_err("clock=%s: tsc, mono or auto is wanted\n", clock);
		return err;
	}
	err = smcg_stock_layout_init();
	if (!err)
		err = smcg_gather_init();
	if (err)
		return err;
	err = smcg_pool_reserve(pool_mb);
	if (err) {
		pr_err("no memory for a pool of pool_mb=%u\n", pool_mb);
		return err;
	}
	err = smcg_rings_init(ring_slots, smcg_feed_wake);
	if (err) {
		pr_err("no memory for rings of ring_slots=%lu\n", ring_slots);
		goto pool_exit;
	}
	err = smcg_watch_init();
	if (err)
		goto rings_exit;
	report_ops.clock = static_key_enabled(&smcg_clock_is_tsc) ? "tsc" : "mono";
	report_ops.preemption = preempt_model_full() ? "full" : "voluntary";
	report_ops.legacy = smcg_hooks_legacy();
	report_ops.path = smcg_hooks_source.path;
	report_ops.frames_per_node = smcg_pool_frames_per_node();
	err = smcg_feed_init(&smcg_hooks_source);
	if (err)
		goto watch_exit;
	err = smcg_hooks_attach();
	if (err)
		goto feed_exit;
	/* last: its files take commands as soon as they are there */
	err = smcg_report_init(&report_ops);
	if (err) {
		pr_err("cannot make files in debugfs: %d\n", err);
		goto hooks_detach;
	}
	return 0;

hooks_detach:
	smcg_hooks_detach();
feed_exit:
	smcg_feed_exit();
watch_exit:
	smcg_watch_exit();
rings_exit:
	smcg_rings_exit();
pool_exit:
	smcg_pool_give_back();
	return err;
}

static void __exit shadow_memcg_exit(void)
{
	smcg_report_exit();
	smcg_feed_stop_commands();
	smcg_watch_stop();
	smcg_hooks_detach();
	smcg_feed_exit();
	smcg_watch_exit();
	smcg_rings_exit();
	smcg_pool_give_back();
}

module_init(shadow_memcg_init);
module_exit(shadow_memcg_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A second memory cgroup controller that shadows the kernel's own");
