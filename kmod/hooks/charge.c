// SPDX-License-Identifier: GPL-2.0
/*
 * charge.c - try_charge_memcg(), through which every charge goes.
 *
 * The hot path: an event for each page of a watched group.  The folio is known one
 * call further up. Where the kernel has it in a register, the hook takes it from there.
 * Otherwise a hook on charge_memcg() leaves it for the one on try_charge_memcg() that
 * follows some instructions later in the same task; where it is inlined, hooks on its two
 * callers do. Folios are charged by tasks only; should
 * the task have lost its CPU in between, the folio waits in a table for it to come back. If another
 * task's is in its place there, the event says that the page is not known.
 *
 * What a folio is for, nothing says yet when it is charged. Of a tmpfs, or from swap, it is marked to be backed
 * by swap; what was about to be added to the page cache, a hook there has left; all else is anonymous.
 */
#include <linux/hash.h>
#include <linux/moduleparam.h>

#include "compat/folio_reg.h"
#include "compat/regs.h"
#include "hooks/hooks.h"
#include "hooks/record.h"

struct stash {
	struct task_struct *task;
	struct page *page;
};

static DEFINE_PER_CPU(struct stash, stash);

/* The folio that was last about to be added to the page cache on this CPU. */
static DEFINE_PER_CPU(struct stash, cached);

/* With slots: folios of tasks that lost their CPU on the way, by a hash of the task. A place is its first taker's. */
#define WAITING_BITS 8

static struct stash waiting[SMCG_STOCK_SLOTS ? 1 << WAITING_BITS : 1];

static DEFINE_STATIC_KEY_FALSE(folio_in_reg);

/* Who charges folios: charge_memcg(), or the two that it is inlined into. */
static struct smcg_caller_range folio_callers[] = {
	{ "charge_memcg", SMCG_BY_FOLIO, .optional = true },
	{ "__mem_cgroup_charge", SMCG_BY_FOLIO },
	{ "mem_cgroup_swapin_charge_folio", SMCG_BY_FOLIO },
	SMCG_CALLERS_END
};

static __always_inline bool charges_folio(unsigned long ip)
{
	return likely(smcg_called_by(&folio_callers[0], ip)) ||
	       likely(smcg_called_by(&folio_callers[1], ip)) ||
	       smcg_called_by(&folio_callers[2], ip);
}

static struct smcg_caller_range other_callers[] = {
	/* with slots, also for whole pages: smcg_kmem_caller() tells */
	{ "obj_cgroup_charge_pages", SMCG_BY_OBJ, .optional = true },
	{ "obj_cgroup_charge", SMCG_BY_OBJ },
	{ "__memcg_kmem_charge_page", SMCG_BY_KMEM_PAGE },
	{ "mem_cgroup_charge_skmem", SMCG_BY_SOCK, .optional = SMCG_STOCK_SLOTS },
	{ "mem_cgroup_sk_charge", SMCG_BY_SOCK, .optional = !SMCG_STOCK_SLOTS },
	{ "mem_cgroup_hugetlb_try_charge", SMCG_BY_HUGETLB, .optional = true },
	/* inlined, or not */
	{ "mem_cgroup_do_precharge", SMCG_BY_PRECHARGE, .optional = true },
	{ "mem_cgroup_can_attach", SMCG_BY_PRECHARGE, .optional = true },
	{ "mem_cgroup_move_charge_pte_range", SMCG_BY_PRECHARGE, .optional = true },
	SMCG_CALLERS_END
};

static void notrace on_charge_folio(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				    struct ftrace_regs *regs)
{
	if (smcg_hook_off() || !smcg_bits_of((struct mem_cgroup *)smcg_arg1(regs)))
		return;
	this_cpu_write(stash.page, (struct page *)smcg_arg0(regs));
	this_cpu_write(stash.task, current);
}

/* Inlined: the group is not known yet. */
static void notrace on_charge_inlined(unsigned long ip, unsigned long parent,
				      struct ftrace_ops *ops, struct ftrace_regs *regs)
{
	if (smcg_hook_off())
		return;
	this_cpu_write(stash.page, (struct page *)smcg_arg0(regs));
	this_cpu_write(stash.task, current);
}

static void notrace on_cache_add(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				 struct ftrace_regs *regs)
{
	if (smcg_hook_off())
		return;
	this_cpu_write(cached.page, (struct page *)smcg_arg1(regs));
	this_cpu_write(cached.task, current);
}

/* Of a folio that the task is about to charge. */
static __always_inline u32 folio_of(const struct page *page)
{
	if (unlikely(READ_ONCE(*(const unsigned long *)&page->flags) & BIT(PG_swapbacked)))
		return SMCG_FOLIO_SWAPPABLE;
	if (this_cpu_read(cached.page) == page && this_cpu_read(cached.task) == current)
		return SMCG_FOLIO_CACHE;
	return SMCG_FOLIO_ANON;
}

static __always_inline struct stash *waiting_place(const struct task_struct *task)
{
	return &waiting[hash_ptr((void *)task, WAITING_BITS) & (ARRAY_SIZE(waiting) - 1)];
}

notrace void smcg_stash_away(struct task_struct *prev)
{
	struct stash *place;
	struct task_struct *owner;

	if (likely(this_cpu_read(stash.task) != prev))
		return;
	this_cpu_write(stash.task, NULL);
	place = waiting_place(prev);
	owner = cmpxchg(&place->task, NULL, prev);
	if (!owner || owner == prev)
		place->page = this_cpu_read(stash.page);
}

/* Of a task that lost its CPU since it left its folio here. */
static noinline notrace struct page *take_waiting(void)
{
	struct stash *place = waiting_place(current);
	struct page *page;

	if (!SMCG_STOCK_SLOTS || READ_ONCE(place->task) != current)
		return NULL;
	page = place->page;
	/* Whoever takes the place next sees it free only once the folio was read. */
	smp_store_release(&place->task, NULL);
	return page;
}

/* The page that the task charges, 0 when it is not known or not followed. */
static __always_inline u64 take_page(u8 bits, struct ftrace_regs *regs)
{
	struct page *page;

	if (unlikely(!(bits & SMCG_GROUP_WATCHED)))
		return 0;
	if (static_branch_likely(&folio_in_reg)) {
		page = (struct page *)smcg_folio_reg(regs);
	} else {
		page = this_cpu_read(stash.page);
		if (likely(this_cpu_read(stash.task) == current))
			this_cpu_write(stash.task, NULL);
		else
			page = take_waiting();
		if (unlikely(!page))
			return 0;
	}
	smcg_page_set(page);
	return (u64)page;
}

#define CHARGED_BITS 10

/* With slots: the folio that a task has charged last, by a hash of the task. */
static struct stash charged[SMCG_STOCK_SLOTS ? 1 << CHARGED_BITS : 1];

static __always_inline struct stash *charged_here(void)
{
	return &charged[hash_ptr(current, CHARGED_BITS) & (ARRAY_SIZE(charged) - 1)];
}

static __always_inline void remember(u64 page)
{
	struct stash *mine = charged_here();

	if (smcg_nested(smcg_context()))
		return;
	mine->page = (struct page *)page;
	mine->task = current;
}

notrace bool smcg_charge_committed(void)
{
	const struct stash *mine = charged_here();

	/* Whose it is by now is not asked: it was committed before it could become another's. */
	return mine->task == current && mine->page && READ_ONCE(mine->page->memcg_data);
}

/* It has looked at memory.high. What it put aside told as much; of so many pages nothing is. */
static void notrace on_charge_return(void *data, struct pt_regs *regs)
{
	const u64 *group = data;

	if (!smcg_hook_off())
		smcg_record(smcg_mark(SMCG_EV_CHARGE_RET, 0), *group, 0, 0,
			    current->memcg_nr_pages_over_high + 1, 0, 0);
}

static struct smcg_return charge_return = {
	.handler = on_charge_return, .data_size = sizeof(u64), .nr = 1024,
};

/* Preemption disabled. */
static noinline notrace void await_charge(const struct mem_cgroup *group, struct ftrace_regs *regs)
{
	u64 *data = smcg_return_get(&charge_return);

	if (unlikely(!data))
		return;
	*data = group->css.id;
	smcg_return_arm(data, regs);
}

static void notrace on_try_charge(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				  struct ftrace_regs *regs)
{
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg0(regs);
	u32 caller = SMCG_BY_FOLIO;
	u32 folio = SMCG_FOLIO_UNTOLD;
	u64 page = 0;
	u8 bits;

	if (smcg_hook_off())
		return;
	bits = smcg_bits_of(group);
	if (!bits)
		return;
	if (likely(charges_folio(parent))) {
		page = take_page(bits, regs);
		if (likely(page))
			folio = folio_of((struct page *)page);
	} else {
		caller = smcg_caller(other_callers, parent, SMCG_BY_OTHER);
	}
	if (SMCG_STOCK_SLOTS && caller == SMCG_BY_OBJ)
		caller = smcg_kmem_caller();
	preempt_disable_notrace();
	if (SMCG_STOCK_SLOTS)
		remember(page);
	smcg_record_charge(smcg_mark(SMCG_EV_CHARGE, caller), group, smcg_arg2(regs),
			   smcg_arg1(regs), page, folio);
	if (unlikely(smcg_arg2(regs) > MEMCG_CHARGE_BATCH))
		await_charge(group, regs);
	preempt_enable_notrace();
}

static bool stash_folio;
module_param(stash_folio, bool, 0444);
MODULE_PARM_DESC(stash_folio, "debug: hook charge_memcg() even where a register has the folio");

/* Is charge_memcg() a function of its own? */
static bool stands_alone(void)
{
	return folio_callers[0].size;
}

static bool folio_is_in_reg(void)
{
	if (stash_folio)
		return false;
	if (stands_alone())
		return smcg_folio_in_reg("charge_memcg");
	return smcg_folio_in_reg("__mem_cgroup_charge") &&
	       smcg_folio_in_reg("mem_cgroup_swapin_charge_folio");
}

static const char *spare_stash(void)
{
	if (folio_is_in_reg()) {
		static_branch_enable(&folio_in_reg);
		return "the folio is in a register";
	}
	return stands_alone() ? NULL : "it is inlined";
}

static const char *spare_inlined(void)
{
	if (stands_alone())
		return "charge_memcg() is not inlined";
	return static_key_enabled(&folio_in_reg) ? "the folio is in a register" : NULL;
}

struct smcg_hook smcg_charge_hooks[] = {
	{
		.name = "charge_folio", .symbols = { "charge_memcg" }, .kind = SMCG_HOOK_ENTRY,
		.hot = true, .entry = on_charge_folio, .callers = folio_callers,
		.spare = spare_stash, .why = "charges without their page",
	}, {
		.name = "charge_new_folio", .symbols = { "__mem_cgroup_charge" },
		.kind = SMCG_HOOK_ENTRY, .hot = true, .entry = on_charge_inlined,
		.spare = spare_inlined, .why = "charges without their page",
	}, {
		.name = "charge_swapin_folio", .symbols = { "mem_cgroup_swapin_charge_folio" },
		.kind = SMCG_HOOK_ENTRY, .hot = true, .entry = on_charge_inlined,
		.spare = spare_inlined, .why = "charges of swapped pages without their page",
	}, {
		.name = "cache_add", .symbols = { "filemap_add_folio" }, .kind = SMCG_HOOK_ENTRY,
		.hot = true, .entry = on_cache_add, .why = "page cache taken to be anonymous",
	}, {
		.name = "charge_return", .symbols = { "try_charge_memcg" }, .kind = SMCG_HOOK_RETURN,
		.ret = &charge_return, .why = "looks at memory.high of large charges unknown",
	}, {
		.name = "charge", .symbols = { "try_charge_memcg" }, .kind = SMCG_HOOK_ENTRY,
		.hot = true, .entry = on_try_charge, .callers = other_callers, .why = "no charges",
	}, {
		.name = NULL
	}
};
