// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs.c - the files of INTERFACE.md, but for groups/.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/profile.h"
#include "report/command.h"
#include "report/groups.h"
#include "report/stream.h"
#include "report/trace.h"

static const struct smcg_report_ops *ops;
static struct dentry *root;
static struct smcg_stream events = {
	.kind = SMCG_RECORD_EVENTS,
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(events.wait),
};
static struct smcg_stream decisions = {
	.kind = SMCG_RECORD_DECISIONS,
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(decisions.wait),
};

void smcg_report_event(const struct smcg_event *event)
{
	smcg_stream_put(&events, event);
}

void smcg_report_decision(const struct smcg_decision *decision)
{
	smcg_stream_put(&decisions, decision);
	trace_smcg_decision(decision);
}

void smcg_report_gap(const struct smcg_event *gap)
{
	trace_smcg_gap(gap->cpu, gap->a);
}

void smcg_report_flush(void)
{
	smcg_stream_flush(&events);
	smcg_stream_flush(&decisions);
}

void smcg_report_groups_changed(void)
{
	smcg_groups_changed();
}

static int version_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "abi %d\nschema %d\nprofile %s\nmode follow\nclock %s\n", SMCG_ABI,
		   SMCG_SCHEMA, smcg_profile_name(SMCG_KERNEL_PROFILE), ops->clock);
	seq_printf(m, "preemption %s\n", ops->preemption);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(version);

static int status_show(struct seq_file *m, void *unused)
{
	ops->world_get();
	ops->status(m);
	seq_printf(m, "decisions.lost %llu\nevents.tap_lost %llu\n", decisions.lost, events.lost);
	ops->world_put();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(status);

static int hooks_show(struct seq_file *m, void *unused)
{
	ops->hooks(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hooks);

static void show_protection(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	seq_printf(m, "%llu min_usage %llu 0\n", s->id, s->min_usage);
	seq_printf(m, "%llu low_usage %llu 0\n", s->id, s->low_usage);
	seq_printf(m, "%llu children_min_usage %llu 0\n", s->id, s->children_min_usage);
	seq_printf(m, "%llu children_low_usage %llu 0\n", s->id, s->children_low_usage);
}

static void show_legacy(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	static const char *const names[SMCG_WHICH_NR] = { "memory", "memsw", "kmem", "tcpmem" };
	unsigned int i;

	for (i = 0; i < SMCG_WHICH_NR; i++) {
		const struct smcg_legacy_counter *c = &s->counter[i];

		seq_printf(m, "%llu %s %llu %lld\n", s->id, names[i], c->usage, c->adopted);
		seq_printf(m, "%llu %s.most %llu 0\n", s->id, names[i], c->watermark);
		seq_printf(m, "%llu %s.failcnt %llu 0\n", s->id, names[i], c->failcnt);
	}
	seq_printf(m, "%llu events.oom_kill %llu 0\n", s->id, s->ev_oom_kill);
	if (!s->paged_known)
		return;
	seq_printf(m, "%llu stat.pgpgin %llu 0\n", s->id, s->pgpgin);
	seq_printf(m, "%llu stat.pgpgout %llu 0\n", s->id, s->pgpgout);
}

static void show_counters(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	show_protection(m, s);
	if (s->legacy) {
		show_legacy(m, s);
		return;
	}
	seq_printf(m, "%llu memory %llu %lld\n", s->id, s->memory, s->memory_adopted);
	seq_printf(m, "%llu swap %llu %lld\n", s->id, s->swap, s->swap_adopted);
	seq_printf(m, "%llu events.low %llu 0\n", s->id, s->ev_low);
	seq_printf(m, "%llu events.local.low %llu 0\n", s->id, s->ev_local_low);
	seq_printf(m, "%llu events.max %llu 0\n", s->id, s->ev_max);
	seq_printf(m, "%llu events.high %llu 0\n", s->id, s->ev_high);
	seq_printf(m, "%llu events.oom %llu 0\n", s->id, s->ev_oom);
	seq_printf(m, "%llu events.oom_kill %llu 0\n", s->id, s->ev_oom_kill);
	seq_printf(m, "%llu events.oom_group_kill %llu 0\n", s->id, s->ev_oom_group_kill);
	if (!s->ev_swap_high_doubts)
		seq_printf(m, "%llu swap.events.high %llu 0\n", s->id, s->ev_swap_high);
	seq_printf(m, "%llu swap.events.max %llu 0\n", s->id, s->ev_swap_max);
	seq_printf(m, "%llu swap.events.fail %llu 0\n", s->id, s->ev_swap_fail);
	seq_printf(m, "%llu events.local.max %llu 0\n", s->id, s->ev_local_max);
	seq_printf(m, "%llu events.local.high %llu 0\n", s->id, s->ev_local_high);
	seq_printf(m, "%llu events.local.oom %llu 0\n", s->id, s->ev_local_oom);
	seq_printf(m, "%llu events.local.oom_kill %llu 0\n", s->id, s->ev_local_oom_kill);
	seq_printf(m, "%llu events.local.oom_group_kill %llu 0\n", s->id,
		   s->ev_local_oom_group_kill);
	if (!s->stat_known)
		return;
	seq_printf(m, "%llu stat.kernel %lld 0\n", s->id, s->kernel);
	seq_printf(m, "%llu stat.sock %lld 0\n", s->id, s->sock);
}

/* What keeps a removed group: it goes with the last of them. */
static void show_dying(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	if (s->flags & SMCG_GROUP_DYING)
		seq_printf(m, "%llu parent %llu memory %llu swap %llu frames %llu stocked %llu children %llu\n",
			   s->id, s->parent, s->memory, s->swap, s->frame_pages, s->stocked,
			   s->children);
}

static int each_watched(struct seq_file *m,
			void (*show)(struct seq_file *, const struct smcg_group_snapshot *))
{
	const struct smcg_world *world = ops->world_get();
	struct smcg_group_snapshot *snap;
	u32 css = 0;
	int err = 0;

	snap = kmalloc(sizeof(*snap), GFP_KERNEL);
	if (!snap)
		err = -ENOMEM;
	while (!err && world && !smcg_world_next_group(world, &css, snap)) {
		if (snap->flags & SMCG_GROUP_WATCHED)
			show(m, snap);
	}
	ops->world_put();
	kfree(snap);
	return err;
}

static int counters_show(struct seq_file *m, void *unused)
{
	return each_watched(m, show_counters);
}
DEFINE_SHOW_ATTRIBUTE(counters);

static int dying_show(struct seq_file *m, void *unused)
{
	return each_watched(m, show_dying);
}
DEFINE_SHOW_ATTRIBUTE(dying);

/* One line per slot: a stock has several groups' pages, and fewer object groups' bytes. */
static void show_stock(struct seq_file *m, const struct smcg_stock_snapshot *s)
{
	unsigned int i;

	for (i = 0; i < s->page_slots; i++) {
		bool bytes = i < s->byte_slots;

		seq_printf(m, "%u %llu %llu %llu %llu %s%s%s\n", s->cpu, s->page[i].group,
			   s->page[i].nr, bytes ? s->byte[i].objcg : 0,
			   bytes ? s->byte[i].nr : 0, s->known ? "known" : "unknown",
			   s->flushing ? ",flushing" : "",
			   s->flushing_obj ? ",flushing_bytes" : "");
	}
}

static int stocks_show(struct seq_file *m, void *unused)
{
	const struct smcg_world *world = ops->world_get();
	struct smcg_stock_snapshot s;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (world && !smcg_world_stock(world, cpu, &s))
			show_stock(m, &s);
	}
	ops->world_put();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stocks);

static int pool_show(struct seq_file *m, void *unused)
{
	struct smcg_world_stats stats = {};
	const struct smcg_world *world;

	ops->pool(m);
	world = ops->world_get();
	if (world)
		smcg_world_stats(world, &stats);
	ops->world_put();
	seq_printf(m, "all total %llu used %llu\n", stats.frames_total, stats.frames_used);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pool);

static int run_command(const struct smcg_command *command)
{
	switch (command->verb) {
	case SMCG_VERB_WATCH:
		return ops->watch(command->id, command->mode);
	case SMCG_VERB_UNWATCH:
		return ops->unwatch(command->id);
	case SMCG_VERB_BARRIER:
		return ops->pass_barrier();
	case SMCG_VERB_RESYNC:
		return ops->resync();
	}
	return -EINVAL;
}

static ssize_t control_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	char text[SMCG_COMMAND_MAX];
	struct smcg_command command;
	int err;

	if (!count || count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;
	text[count] = 0;
	err = smcg_command_parse(text, count, &command);
	if (!err)
		err = run_command(&command);
	return err ? err : count;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.write = control_write,
};

int smcg_report_init(const struct smcg_report_ops *with)
{
	ops = with;
	events.ops = ops;
	decisions.ops = ops;

	root = debugfs_create_dir("shadow_memcg", NULL);
	if (IS_ERR(root))
		return PTR_ERR(root);
	/* a directory is made 0755: who may not enter sees nothing below */
	d_inode(root)->i_mode = S_IFDIR | 0700;
	debugfs_create_file("version", 0400, root, NULL, &version_fops);
	debugfs_create_file("status", 0400, root, NULL, &status_fops);
	debugfs_create_file("hooks", 0400, root, NULL, &hooks_fops);
	debugfs_create_file("counters", 0400, root, NULL, &counters_fops);
	debugfs_create_file("dying", 0400, root, NULL, &dying_fops);
	debugfs_create_file("stocks", 0400, root, NULL, &stocks_fops);
	debugfs_create_file("pool", 0400, root, NULL, &pool_fops);
	debugfs_create_file("control", 0200, root, NULL, &control_fops);
	debugfs_create_file("events", 0400, root, &events, &smcg_stream_fops);
	debugfs_create_file("decisions", 0400, root, &decisions, &smcg_stream_fops);
	smcg_groups_init(root, ops);
	return 0;
}

void smcg_report_exit(void)
{
	smcg_groups_exit();
	debugfs_remove(root);
}
