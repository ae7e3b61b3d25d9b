// SPDX-License-Identifier: GPL-2.0
/*
 * watch.c - which groups are recorded, and the baseline of their state.
 *
 * The baseline travels in the same ordered stream as everything else. The hooks are on
 * before it begins, so whatever changes meanwhile is an event. Stocks are written by
 * their own CPUs, with interrupts off; counters are read after the stocks: for a frozen
 * group that is exact.
 */
#include <linux/cgroup.h>
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat/kallsyms.h"
#include "shadow_memcg.h"
#include "compat/legacy.h"
#include "compat/memcg.h"
#include "compat/page_events.h"
#include "compat/pressure.h"
#include "compat/stock_layout.h"
#include "compat/swap_owner.h"
#include "feed/source.h"
#include "hooks/convert.h"
#include "hooks/filter.h"
#include "hooks/group.h"
#include "hooks/hooks.h"
#include "hooks/objid.h"
#include "hooks/record.h"

#define MAX_WATCHED	64

/* All under the control lock. */
static u64 watched[MAX_WATCHED];
static unsigned int nr_watched;

/* Not exported by the kernel. */
static spinlock_t *objcg_lock;
typedef unsigned long page_state_fn(struct mem_cgroup *group, int idx);
SMCG_KERNEL_CALL(memcg_page_state, page_state_fn);
SMCG_KERNEL_CALL(mem_cgroup_flush_stats, mem_cgroup_flush_stats);

/* All memory groups of the host, parents first, each with a reference. */
struct groups {
	struct cgroup_subsys_state **css;
	u32 nr, room;
};

static void put_groups(struct groups *groups)
{
	while (groups->nr)
		css_put(groups->css[--groups->nr]);
	kvfree(groups->css);
	groups->css = NULL;
}

/* Return: false when the array is too small; its size is then known. */
static bool fill_groups(struct groups *groups)
{
	struct cgroup_subsys_state *css;
	u32 nr = 0;

	rcu_read_lock();
	css_for_each_descendant_pre(css, smcg_root_css()) {
		if (nr++ < groups->room && css_tryget(css))
			groups->css[groups->nr++] = css;
	}
	rcu_read_unlock();
	if (nr <= groups->room)
		return true;
	put_groups(groups);
	groups->room = nr + nr / 4;
	return false;
}

static int get_groups(struct groups *groups)
{
	groups->nr = 0;
	groups->room = 256;
	do {
		groups->css = kvmalloc_array(groups->room, sizeof(*groups->css), GFP_KERNEL);
		if (!groups->css)
			return -ENOMEM;
	} while (!fill_groups(groups));
	return 0;
}

static u64 id_of(const struct cgroup_subsys_state *css)
{
	return css->cgroup->kn->id;
}

static bool is_watched(u64 id)
{
	unsigned int i;

	for (i = 0; i < nr_watched; i++) {
		if (watched[i] == id)
			return true;
	}
	return false;
}

static struct cgroup_subsys_state *top_of(struct cgroup_subsys_state *css)
{
	while (css->parent && css->parent->parent)
		css = css->parent;
	return css;
}

static bool ids_fit(const struct cgroup_subsys_state *css)
{
	for (; css; css = css->parent) {
		if (css->id >= SMCG_MAX_CSS)
			return false;
	}
	return true;
}

/*
 * Set the bits of all groups. COUNTED: shares its top group with a watched one, so
 * the counters of that top group move with it. The root is neither.
 */
static int set_bits(const struct groups *groups, bool tell)
{
	u8 *bits;
	u32 i;

	bits = kvzalloc(SMCG_MAX_CSS, GFP_KERNEL);
	if (!bits)
		return -ENOMEM;
	/* before the groups are looked at: those made meanwhile inherit it */
	WRITE_ONCE(smcg_top_bits, is_watched(id_of(groups->css[0])) ? SMCG_GROUP_WATCHED : 0);
	for (i = 0; i < groups->nr; i++) {
		struct cgroup_subsys_state *css = groups->css[i];

		if (!ids_fit(css))
			continue;
		if (is_watched(id_of(css)) ||
		    (css->parent && bits[css->parent->id] & SMCG_GROUP_WATCHED)) {
			bits[css->id] |= SMCG_GROUP_WATCHED;
			bits[top_of(css)->id] |= SMCG_GROUP_COUNTED;
		}
	}
	for (i = 0; i < groups->nr; i++) {
		struct cgroup_subsys_state *css = groups->css[i];
		u8 new = 0;

		if (!ids_fit(css))
			continue;
		if (css->parent && bits[css->id] & SMCG_GROUP_WATCHED)
			new = SMCG_GROUP_WATCHED;
		else if (css->parent && bits[top_of(css)->id] & SMCG_GROUP_COUNTED)
			new = SMCG_GROUP_COUNTED;
		if (new == smcg_group_bits[css->id])
			continue;
		WRITE_ONCE(smcg_group_bits[css->id], new);
		if (tell)
			smcg_record_group(SMCG_EV_GROUP_FLAGS, css);
	}
	kvfree(bits);
	return 0;
}

/* Let the feeder make room before more is written. */
static int wait_for_room(void)
{
	while (smcg_ring_tight()) {
		if (fatal_signal_pending(current))
			return -EINTR;
		smcg_ring_kick();
		usleep_range(1000, 2000);
	}
	return 0;
}

static int base_groups(const struct groups *groups)
{
	int err = 0;
	u32 i;

	for (i = 0; i < groups->nr && !err; i++) {
		struct cgroup_subsys_state *css = groups->css[i];

		smcg_record_group(SMCG_EV_GROUP_ONLINE, css);
		if (!(css->flags & CSS_ONLINE))
			smcg_record_group(SMCG_EV_GROUP_FLAGS, css);
		if (smcg_bits_of(mem_cgroup_from_css(css)))
			smcg_record_limits(mem_cgroup_from_css(css));
		err = wait_for_room();
	}
	return err;
}

static u32 id_or_none(const struct mem_cgroup *group)
{
	return group ? group->css.id : 0;
}

/* The running indices come last. */
static void base_slots(unsigned int cpu, const struct smcg_stock *stock)
{
	u32 mark = smcg_mark(SMCG_EV_BASE_SLOT, 0), i;

	for (i = 0; i < stock->page_slots; i++)
		smcg_record(mark, id_or_none(stock->group[i]), stock->nr_pages[i], cpu, i, 0, 1);
	for (i = 0; i < stock->byte_slots; i++) {
		struct obj_cgroup *objcg = stock->objcg[i];

		smcg_record(mark, objcg ? id_or_none(READ_ONCE(objcg->memcg)) : 0,
			    stock->nr_bytes[i], cpu, i, (u64)objcg, 2);
	}
	smcg_record(mark, 0, stock->next_page, cpu,
		    stock->pages_flushing | stock->bytes_flushing << 1, stock->next_byte, 3);
}

static void base_stock(unsigned int cpu)
{
	struct smcg_stock stock;

	preempt_disable();
	smcg_stock_read(cpu, &stock);
	if (SMCG_STOCK_SLOTS)
		base_slots(cpu, &stock);
	else
		smcg_record(smcg_mark(SMCG_EV_BASE_STOCK, 0), id_or_none(stock.group[0]),
			    stock.nr_pages[0], cpu, (u64)stock.objcg[0], stock.nr_bytes[0],
			    stock.pages_flushing);
	preempt_enable();
}

static void base_own_stock(void *unused)
{
	base_stock(smp_processor_id());
}

static void base_stocks(void)
{
	unsigned int cpu;

	cpus_read_lock();
	on_each_cpu(base_own_stock, NULL, true);
	/* nobody else touches the stock of a dead CPU; its bytes stay there */
	for_each_possible_cpu(cpu) {
		if (!cpu_online(cpu))
			base_stock(cpu);
	}
	cpus_read_unlock();
}

/* Counters are read behind the event's clock. */
static void base_counter(struct mem_cgroup *group)
{
	unsigned long kmem = static_call(smcg_call_memcg_page_state)(group, MEMCG_KMEM);
	struct smcg_slot *slot;

	preempt_disable();
	slot = smcg_record_begin();
	if (slot) {
		/* the clock was read before the counters are */
		rmb();
		slot->a = page_counter_read(&group->memory);
		slot->b = smcg_legacy ? 0 : page_counter_read(&group->swap);
		slot->c = kmem;
		slot->group = group->css.id;
		slot->nr = 0;
		slot->gfp = 0;
		smcg_publish(slot, smcg_mark(SMCG_EV_BASE_COUNTER, 0));
	}
	preempt_enable();
}

static u64 event_count(const atomic_long_t *events, enum memcg_memory_event which)
{
	return (u32)atomic_long_read(&events[which]);
}

static void base_events(struct mem_cgroup *group)
{
	const atomic_long_t *all = group->memory_events, *own = group->memory_events_local;

	smcg_record(smcg_mark(SMCG_EV_BASE_EVENTS, 0), group->css.id, 0, 0,
		    event_count(all, MEMCG_MAX) << 32 | event_count(all, MEMCG_HIGH),
		    event_count(all, MEMCG_OOM) << 32 | event_count(all, MEMCG_OOM_KILL),
		    event_count(all, MEMCG_SWAP_MAX) << 32 | event_count(all, MEMCG_SWAP_FAIL));
	smcg_record(smcg_mark(SMCG_EV_BASE_EVENTS, 1), group->css.id, 0, 0,
		    event_count(own, MEMCG_MAX) << 32 | event_count(own, MEMCG_HIGH),
		    event_count(own, MEMCG_OOM) << 32 | event_count(own, MEMCG_OOM_KILL), 0);
	smcg_record(smcg_mark(SMCG_EV_BASE_EVENTS, 2), group->css.id, 0, 0,
		    event_count(all, MEMCG_LOW) << 32 | event_count(all, MEMCG_OOM_GROUP_KILL),
		    event_count(all, MEMCG_SWAP_HIGH), 0);
	smcg_record(smcg_mark(SMCG_EV_BASE_EVENTS, 3), group->css.id, 0, 0,
		    event_count(own, MEMCG_LOW) << 32 | event_count(own, MEMCG_OOM_GROUP_KILL),
		    READ_ONCE(group->memory.emin), READ_ONCE(group->memory.elow));
}

static void base_objcg(struct mem_cgroup *group, struct obj_cgroup *objcg)
{
	smcg_record(smcg_mark(SMCG_EV_BASE_OBJCG, 0), group->css.id, 0, 0, (u64)objcg,
		    (u32)atomic_read(&objcg->nr_charged_bytes), 0);
}

/*
 * A group that went offline has no object group of its own any more, and its list has been
 * spliced into the parent's without being emptied: it must not be followed.
 */
static void base_objcg_set(struct mem_cgroup *group, unsigned int set)
{
	struct obj_cgroup *objcg;
	unsigned long flags;

	spin_lock_irqsave(objcg_lock, flags);
	objcg = rcu_dereference_protected(smcg_objcg_of(group, set), lockdep_is_held(objcg_lock));
	if (objcg) {
		base_objcg(group, objcg);
		list_for_each_entry(objcg, smcg_objcgs_inherited(group, set), list)
			base_objcg(group, objcg);
	}
	spin_unlock_irqrestore(objcg_lock, flags);
}

static void base_objcgs(struct mem_cgroup *group)
{
	unsigned int set;

	for (set = 0; set < SMCG_OBJCG_SETS; set++)
		base_objcg_set(group, set);
}

static int base_counters(const struct groups *groups)
{
	int err = 0;
	u32 i;

	static_call(smcg_call_mem_cgroup_flush_stats)(SMCG_FLUSH_ALL);
	for (i = 0; i < groups->nr && !err; i++) {
		struct mem_cgroup *group = mem_cgroup_from_css(groups->css[i]);

		/* who listens at the root hears of groups below, too */
		if (smcg_legacy && (smcg_bits_of(group) || !groups->css[i]->parent))
			smcg_record_listeners(group);
		if (!smcg_bits_of(group))
			continue;
		base_counter(group);
		if (smcg_legacy)
			smcg_record_legacy(group);
		base_events(group);
		err = wait_for_room();
	}
	/* children first: what moves up meanwhile is met again at the parent */
	for (i = groups->nr; i-- > 0 && !err;) {
		struct mem_cgroup *group = mem_cgroup_from_css(groups->css[i]);

		if (!smcg_bits_of(group))
			continue;
		base_objcgs(group);
		err = wait_for_room();
	}
	return err;
}

static int source_baseline(bool start, enum smcg_mode mode)
{
	struct groups groups;
	int err;

	err = wait_for_room();
	if (err)
		return err;
	if (start)
		smcg_record(smcg_mark(SMCG_EV_START, 0), 0, HZ,
			    (cgrp_dfl_root.flags & CGRP_ROOT_MEMORY_RECURSIVE_PROT ? SMCG_START_RECURSIVE : 0) |
			    (smcg_legacy ? SMCG_START_LEGACY : 0),
			    nr_cpu_ids, nr_node_ids, mode);
	err = get_groups(&groups);
	if (err)
		return err;
	/* groups that came since the first look */
	err = set_bits(&groups, false);
	if (!err)
		err = base_groups(&groups);
	if (!err)
		err = wait_for_room();
	if (!err) {
		smcg_record_strays();
		base_stocks();
		err = base_counters(&groups);
	}
	if (!err)
		smcg_record(smcg_mark(SMCG_EV_BASE_DONE, 0), 0, 0, 0, 0, 0, 0);
	put_groups(&groups);
	return err;
}

static int check_groups(const struct groups *groups, u64 id)
{
	bool found = false;
	u32 i;

	for (i = 0; i < groups->nr; i++) {
		if (groups->css[i]->id >= SMCG_MAX_CSS) {
			pr_err("a group has the id %d, more than %d are not supported\n",
			       groups->css[i]->id, SMCG_MAX_CSS);
			return -E2BIG;
		}
		found |= id_of(groups->css[i]) == id;
	}
	return found ? 0 : -ENOENT;
}

static int source_watch(u64 id)
{
	struct groups groups;
	int err;

	if (mem_cgroup_disabled()) {
		pr_err("the memory controller is disabled: cannot watch\n");
		return -EOPNOTSUPP;
	}
	if (smcg_hierarchy_is_legacy() && !SMCG_LEGACY_HOSTS) {
		pr_err("the memory controller is on a legacy (v1) hierarchy, which this module knows up to Linux 6.10 only: cannot watch\n");
		return -EOPNOTSUPP;
	}
	if (smcg_hierarchy_is_legacy() != smcg_legacy) {
		pr_err("the memory controller was on another hierarchy when the module was loaded: load it anew\n");
		return -EOPNOTSUPP;
	}
	if (preempt_model_full())
		pr_warn_once("with full preemption another task may come between an event and its effect: expect wrong decisions (boot with preempt=voluntary)\n");
	if (is_watched(id))
		return -EEXIST;
	if (nr_watched == MAX_WATCHED)
		return -EBUSY;
	err = get_groups(&groups);
	if (err)
		return err;
	err = check_groups(&groups, id);
	if (err)
		goto put;
	watched[nr_watched++] = id;
	if (nr_watched == 1)
		WRITE_ONCE(smcg_recording, true);
	err = set_bits(&groups, false);
put:
	put_groups(&groups);
	return err;
}

/* Nothing is watched any more: leave no trace for the next time. */
static void forget_all(void)
{
	WRITE_ONCE(smcg_recording, false);
	/* handlers run with preemption off, which this waits for */
	synchronize_rcu();
	smcg_margins_forget();
	smcg_tries_forget();
	smcg_asking_forget();
	smcg_draining_forget();
	memset(smcg_group_bits, 0, SMCG_MAX_CSS);
	smcg_top_bits = 0;
	memset(smcg_page_bits, 0, smcg_page_bits_nr / BITS_PER_BYTE);
}

static int source_unwatch(u64 id)
{
	struct groups groups;
	unsigned int i;
	int err;

	for (i = 0; i < nr_watched && watched[i] != id; i++)
		;
	if (i == nr_watched)
		return -ENOENT;
	watched[i] = watched[--nr_watched];
	if (!nr_watched) {
		forget_all();
		return 0;
	}
	err = get_groups(&groups);
	if (err)
		return err;
	err = set_bits(&groups, true);
	put_groups(&groups);
	return err;
}

static unsigned int source_watched(void)
{
	return READ_ONCE(nr_watched);
}

/* Limits that changed although nobody met them since. */
static int tell_all_limits(void)
{
	struct groups groups;
	int err;
	u32 i;

	err = get_groups(&groups);
	if (err)
		return err;
	for (i = 0; i < groups.nr && !err; i++) {
		smcg_tell_limits(mem_cgroup_from_css(groups.css[i]));
		err = wait_for_room();
	}
	put_groups(&groups);
	return err;
}

static int source_barrier(u64 cookie)
{
	int err = wait_for_room();

	if (!err && nr_watched)
		err = tell_all_limits();
	while (!err && !smcg_record(smcg_mark(SMCG_EV_BARRIER, 0), 0, 0, 0, cookie, 0, 0))
		err = wait_for_room();
	return err;
}

/* A walk over all groups: where the kernel finds a cgroup by its id it need not be asked. */
static int source_path(u64 id, char *path, size_t size)
{
	struct cgroup_subsys_state *css;
	int len = -ENOENT;

	rcu_read_lock();
	css_for_each_descendant_pre(css, smcg_root_css()) {
		if (id_of(css) == id) {
			len = cgroup_path(css->cgroup, path, size);
			break;
		}
	}
	rcu_read_unlock();
	return len;
}

const struct smcg_source smcg_hooks_source = {
	.path = source_path,
	.convert = smcg_convert,
	.watch = source_watch,
	.unwatch = source_unwatch,
	.watched = source_watched,
	.baseline = source_baseline,
	.put_barrier = source_barrier,
	.missed = smcg_hooks_missed,
};

int smcg_watch_init(void)
{
	int err;

	objcg_lock = (spinlock_t *)smcg_lookup("objcg_lock");
	if (!objcg_lock || !smcg_find_call(memcg_page_state) ||
	    !smcg_find_call(mem_cgroup_flush_stats)) {
		pr_err("this kernel lacks objcg_lock, memcg_page_state or mem_cgroup_flush_stats\n");
		return -ENOENT;
	}
	err = smcg_swap_owner_init();
	if (err) {
		pr_err("this kernel lacks what tells whose a swap entry is\n");
		return err;
	}
	err = smcg_filter_init();
	if (err)
		return err;
	err = smcg_legacy ? smcg_page_events_init() : 0;
	if (!err && smcg_legacy)
		err = smcg_pressure_init();
	if (!err)
		err = smcg_limits_init();
	if (err)
		smcg_filter_exit();
	return err;
}

void smcg_watch_stop(void)
{
	if (!nr_watched)
		return;
	nr_watched = 0;
	forget_all();
}

void smcg_watch_exit(void)
{
	smcg_limits_exit();
	smcg_filter_exit();
	smcg_objid_reset();
}
