// SPDX-License-Identifier: GPL-2.0
/*
 * groups.c - groups/PATH/: the shadow's cgroup files, named and written as those of the
 * hierarchy that the host's memory controller is on.
 *
 * Directories follow the groups of the world from a worker: making one sleeps and
 * takes locks of the file system, which the feeder must not wait for.
 */
#include <linux/cgroup.h>
#include <linux/debugfs.h>
#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/page_counter.h>
#include <linux/slab.h>
#include <linux/stringhash.h>
#include <linux/workqueue.h>

#include "report/groups.h"

typedef void (*show_fn)(struct seq_file *m, const struct smcg_group_snapshot *s);

static void show_pages(struct seq_file *m, u64 pages)
{
	if (pages == SMCG_NO_LIMIT)
		seq_puts(m, "max\n");
	else
		seq_printf(m, "%llu\n", pages << PAGE_SHIFT);
}

static void show_current(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	show_pages(m, s->memory);
}

static void show_min(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	show_pages(m, s->limit[SMCG_LIMIT_MIN]);
}

static void show_low(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	show_pages(m, s->limit[SMCG_LIMIT_LOW]);
}

static void show_high(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	show_pages(m, s->limit[SMCG_LIMIT_HIGH]);
}

static void show_max(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	show_pages(m, s->limit[SMCG_LIMIT_MAX]);
}

static void show_peak(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	show_pages(m, s->watermark);
}

static void show_events(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	seq_printf(m, "low %llu\nhigh %llu\nmax %llu\noom %llu\noom_kill %llu\noom_group_kill %llu\n",
		   s->ev_low, s->ev_high, s->ev_max, s->ev_oom, s->ev_oom_kill,
		   s->ev_oom_group_kill);
}

static void show_events_local(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	seq_printf(m, "low %llu\nhigh %llu\nmax %llu\noom %llu\noom_kill %llu\noom_group_kill %llu\n",
		   s->ev_local_low, s->ev_local_high, s->ev_local_max, s->ev_local_oom,
		   s->ev_local_oom_kill, s->ev_local_oom_group_kill);
}

static void show_stat(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	if (s->stat_known)
		seq_printf(m, "kernel %lld\nsock %lld\n", s->kernel << PAGE_SHIFT,
			   s->sock << PAGE_SHIFT);
	if (s->legacy && s->paged_known)
		seq_printf(m, "pgpgin %llu\npgpgout %llu\n", s->pgpgin, s->pgpgout);
	seq_printf(m, "stocked %llu\nframes %llu\nframe_bytes %llu\n",
		   s->stocked << PAGE_SHIFT, s->frames, s->frame_pages << PAGE_SHIFT);
	seq_printf(m, "cache %llu\nrss %llu\nrss_huge %llu\nshmem %llu\n", s->cache << PAGE_SHIFT,
		   s->rss << PAGE_SHIFT, s->rss_huge << PAGE_SHIFT, s->shmem << PAGE_SHIFT);
	if (s->untold)
		seq_printf(m, "untold %llu\n", s->untold << PAGE_SHIFT);
	seq_printf(m, "pinned_by_folios %llu\npinned_by_stocks %llu\n", s->pinned_folios,
		   s->pinned_stocks);
	if (s->entries_known)
		seq_printf(m, "pinned_by_swap %llu\n", s->swap_entries);
}

static void show_numa_stat(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	unsigned int node;

	seq_puts(m, "frame_bytes");
	for_each_online_node(node) {
		if (node < ARRAY_SIZE(s->node_pages))
			seq_printf(m, " N%u=%llu", node, s->node_pages[node] << PAGE_SHIFT);
	}
	seq_putc(m, '\n');
}

static void show_swap_current(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	show_pages(m, s->swap);
}

static void show_swap_max(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	show_pages(m, s->limit[SMCG_LIMIT_SWAP_MAX]);
}

static void show_swap_high(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	show_pages(m, s->limit[SMCG_LIMIT_SWAP_HIGH]);
}

static void show_swap_events(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	seq_printf(m, "high %llu\nmax %llu\nfail %llu\n", s->ev_swap_high, s->ev_swap_max,
		   s->ev_swap_fail);
}

/* No file of the kernel's: what its counters hold of protected memory, and what reclaim found last. */
static void show_protection(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	seq_printf(m, "min_usage %llu\nlow_usage %llu\n", s->min_usage << PAGE_SHIFT,
		   s->low_usage << PAGE_SHIFT);
	seq_printf(m, "children_min_usage %llu\nchildren_low_usage %llu\n",
		   s->children_min_usage << PAGE_SHIFT, s->children_low_usage << PAGE_SHIFT);
	seq_printf(m, "effective_min %llu\neffective_low %llu\n", s->emin << PAGE_SHIFT,
		   s->elow << PAGE_SHIFT);
}

static void show_oom_group(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	seq_printf(m, "%llu\n", s->oom_group);
}

static const struct shown_file {
	const char *name;
	show_fn show;
} files[] = {
	{ "memory.current", show_current },
	{ "memory.min", show_min },
	{ "memory.low", show_low },
	{ "memory.high", show_high },
	{ "memory.max", show_max },
	{ "memory.peak", show_peak },
	{ "memory.events", show_events },
	{ "memory.events.local", show_events_local },
	{ "memory.oom.group", show_oom_group },
	{ "memory.protection", show_protection },
	{ "memory.stat", show_stat },
	{ "memory.numa_stat", show_numa_stat },
	{ "memory.swap.current", show_swap_current },
	{ "memory.swap.max", show_swap_max },
	{ "memory.swap.high", show_swap_high },
	{ "memory.swap.events", show_swap_events },
};

/* cgroup v1's: no limit is the largest amount that a counter holds. */
static void show_bytes(struct seq_file *m, u64 pages)
{
	seq_printf(m, "%llu\n", min_t(u64, pages, PAGE_COUNTER_MAX) << PAGE_SHIFT);
}

#define LEGACY_COUNTER(name, which)								\
static void show_##name##_usage(struct seq_file *m, const struct smcg_group_snapshot *s)	\
{												\
	show_bytes(m, s->counter[which].usage);							\
}												\
static void show_##name##_most(struct seq_file *m, const struct smcg_group_snapshot *s)		\
{												\
	show_bytes(m, s->counter[which].watermark);						\
}												\
static void show_##name##_limit(struct seq_file *m, const struct smcg_group_snapshot *s)	\
{												\
	show_bytes(m, s->counter[which].max);							\
}												\
static void show_##name##_failcnt(struct seq_file *m, const struct smcg_group_snapshot *s)	\
{												\
	seq_printf(m, "%llu\n", s->counter[which].failcnt);					\
}

LEGACY_COUNTER(memory, SMCG_WHICH_MEMORY)
LEGACY_COUNTER(memsw, SMCG_WHICH_MEMSW)
LEGACY_COUNTER(kmem, SMCG_WHICH_KMEM)
LEGACY_COUNTER(tcp, SMCG_WHICH_TCPMEM)

static void show_soft_limit(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	show_bytes(m, s->soft_limit);
}

static void show_oom_control(struct seq_file *m, const struct smcg_group_snapshot *s)
{
	seq_printf(m, "oom_kill_disable %u\nunder_oom %u\noom_kill %llu\n", s->oom_off,
		   !!s->under_oom, s->ev_oom_kill);
}

#define LEGACY_FILES(prefix, name)								\
	{ prefix "usage_in_bytes", show_##name##_usage },					\
	{ prefix "max_usage_in_bytes", show_##name##_most },					\
	{ prefix "limit_in_bytes", show_##name##_limit },					\
	{ prefix "failcnt", show_##name##_failcnt }

static const struct shown_file legacy_files[] = {
	LEGACY_FILES("memory.", memory),
	LEGACY_FILES("memory.memsw.", memsw),
	LEGACY_FILES("memory.kmem.", kmem),
	LEGACY_FILES("memory.kmem.tcp.", tcp),
	{ "memory.soft_limit_in_bytes", show_soft_limit },
	{ "memory.oom_control", show_oom_control },
	{ "memory.stat", show_stat },
	{ "memory.numa_stat", show_numa_stat },
};

#define FILES_MAX 20
static_assert(ARRAY_SIZE(files) <= FILES_MAX && ARRAY_SIZE(legacy_files) <= FILES_MAX);

/* What a file is, for its inode. */
struct file_of {
	u64 id;
	show_fn show;
};

/* A group's directory. */
struct dir {
	struct list_head list;
	struct hlist_node by_id, by_path;
	u64 id;
	bool alive;
	char *path;
	struct dentry *dentry;
	struct file_of files[FILES_MAX];
};

static const struct smcg_report_ops *ops;
static struct dentry *parent, *groups;
static LIST_HEAD(dirs);			/* the worker's own, as the next two */
static DEFINE_HASHTABLE(dirs_by_id, 12);
static DEFINE_HASHTABLE(dirs_by_path, 12);
static bool running;

static int file_show(struct seq_file *m, void *unused)
{
	const struct file_of *file = m->private;
	const struct smcg_world *world;
	struct smcg_group_snapshot *snap;
	int err = -ENODEV;

	snap = kmalloc(sizeof(*snap), GFP_KERNEL);
	if (!snap)
		return -ENOMEM;
	world = ops->world_get();
	if (world)
		err = smcg_world_find_group(world, file->id, snap);
	ops->world_put();
	if (!err)
		file->show(m, snap);
	kfree(snap);
	return err;
}
DEFINE_SHOW_ATTRIBUTE(file);

static void drop_dir(struct dir *dir)
{
	list_del(&dir->list);
	hash_del(&dir->by_id);
	hash_del(&dir->by_path);
	dput(dir->dentry);
	kfree(dir->path);
	kfree(dir);
}

/* It may have gone already, with the one that it is in. */
static bool is_gone(const struct dir *dir)
{
	return d_unhashed(dir->dentry);
}

/* Remove a directory; what belongs to others below it is gone then, too. */
static void remove_dir(struct dir *dir)
{
	if (!is_gone(dir))
		debugfs_remove(dir->dentry);
	drop_dir(dir);
}

static u32 path_hash(const char *path)
{
	return full_name_hash(NULL, path, strlen(path));
}

static struct dir *find_path(const char *path)
{
	struct dir *dir;

	hash_for_each_possible(dirs_by_path, dir, by_path, path_hash(path)) {
		if (!strcmp(dir->path, path))
			return dir;
	}
	return NULL;
}

static struct dir *find_id(u64 id)
{
	struct dir *dir;

	hash_for_each_possible(dirs_by_id, dir, by_id, id) {
		if (dir->id == id)
			return dir;
	}
	return NULL;
}

/* The directory at @path, made where it is missing. NULL on error. */
static struct dentry *make_path(char *path)
{
	struct dentry *at = groups, *found;
	char *name;

	while (at && (name = strsep(&path, "/"))) {
		if (!*name)
			continue;
		found = debugfs_lookup(name, at);
		if (found) {
			/* stays: only this worker removes directories */
			dput(found);
		} else {
			found = debugfs_create_dir(name, at);
			if (IS_ERR(found))
				found = NULL;
		}
		at = found;
	}
	return at;
}

/* The kernel finds ids of cgroup v2 only; elsewhere the source looks at all groups. */
static int find_path_of(u64 id, char *path)
{
	struct cgroup *cgroup;
	int len;

	if (ops->legacy)
		return ops->path(id, path, PATH_MAX);
	cgroup = cgroup_get_from_id(id);
	if (IS_ERR_OR_NULL(cgroup))
		return -ENOENT;
	len = cgroup_path(cgroup, path, PATH_MAX);
	cgroup_put(cgroup);
	return len;
}

static char *path_of(u64 id)
{
	char *path;
	int len;

	path = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!path)
		return NULL;
	len = find_path_of(id, path);
	if (len <= 0 || len >= PATH_MAX) {
		kfree(path);
		return NULL;
	}
	return path;
}

static void make_dir(u64 id)
{
	char *path = path_of(id);
	struct dir *dir, *old;
	unsigned int i;

	if (!path)
		return;
	/* a group that is gone gives its name to the one that has it now */
	old = find_path(path);
	if (old)
		remove_dir(old);
	dir = kzalloc(sizeof(*dir), GFP_KERNEL);
	if (!dir)
		goto free_path;
	dir->id = id;
	dir->alive = true;
	dir->path = kstrdup(path, GFP_KERNEL);
	if (!dir->path)
		goto free_dir;
	dir->dentry = dget(make_path(path));
	if (!dir->dentry)
		goto free_dir_path;
	for (i = 0; i < (ops->legacy ? ARRAY_SIZE(legacy_files) : ARRAY_SIZE(files)); i++) {
		const struct shown_file *file = ops->legacy ? &legacy_files[i] : &files[i];

		dir->files[i] = (struct file_of){ id, file->show };
		debugfs_create_file(file->name, 0400, dir->dentry, &dir->files[i], &file_fops);
	}
	list_add(&dir->list, &dirs);
	hash_add(dirs_by_id, &dir->by_id, id);
	hash_add(dirs_by_path, &dir->by_path, path_hash(dir->path));
	kfree(path);
	return;
free_dir_path:
	kfree(dir->path);
free_dir:
	kfree(dir);
free_path:
	kfree(path);
}

static void remove_all(void)
{
	struct dir *dir, *next;

	debugfs_remove(groups);
	list_for_each_entry_safe(dir, next, &dirs, list)
		drop_dir(dir);
	groups = NULL;
}

/* The watched groups of the world, as an array. */
static u64 *get_ids(u64 *nr)
{
	struct smcg_group_snapshot *snap;
	const struct smcg_world *world;
	struct smcg_world_stats stats;
	u64 *ids = NULL;
	u32 css = 0;

	*nr = 0;
	snap = kmalloc(sizeof(*snap), GFP_KERNEL);
	if (!snap)
		return NULL;
	world = ops->world_get();
	if (world) {
		smcg_world_stats(world, &stats);
		ids = kvmalloc_array(stats.groups + 1, sizeof(*ids), GFP_KERNEL);
	}
	while (ids && *nr <= stats.groups && !smcg_world_next_group(world, &css, snap)) {
		if (snap->flags & SMCG_GROUP_WATCHED)
			ids[(*nr)++] = snap->id;
	}
	ops->world_put();
	kfree(snap);
	return ids;
}

static void update(struct work_struct *work)
{
	struct dir *dir, *next;
	u64 nr, i, *ids;

	ids = get_ids(&nr);
	list_for_each_entry(dir, &dirs, list)
		dir->alive = false;
	for (i = 0; i < nr; i++) {
		dir = find_id(ids[i]);
		if (dir)
			dir->alive = true;
	}
	list_for_each_entry_safe(dir, next, &dirs, list) {
		if (!dir->alive)
			remove_dir(dir);
	}
	list_for_each_entry_safe(dir, next, &dirs, list) {
		if (is_gone(dir))
			drop_dir(dir);
	}
	for (i = 0; i < nr; i++) {
		if (!find_id(ids[i]))
			make_dir(ids[i]);
	}
	if (list_empty(&dirs)) {
		/* directories on the way to a group's are nobody's */
		remove_all();
		groups = debugfs_create_dir("groups", parent);
	}
	kvfree(ids);
}

static DECLARE_DELAYED_WORK(update_work, update);

void smcg_groups_changed(void)
{
	if (READ_ONCE(running))
		schedule_delayed_work(&update_work, HZ / 20);
}

void smcg_groups_init(struct dentry *root, const struct smcg_report_ops *with)
{
	ops = with;
	parent = root;
	groups = debugfs_create_dir("groups", parent);
	WRITE_ONCE(running, true);
}

void smcg_groups_exit(void)
{
	WRITE_ONCE(running, false);
	cancel_delayed_work_sync(&update_work);
	remove_all();
}
