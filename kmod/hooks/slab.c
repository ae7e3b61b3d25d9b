// SPDX-License-Identifier: GPL-2.0
/*
 * slab.c - kernel memory by the byte where stocks have slots (7.2).
 *
 * A slab object is charged in the middle of its allocation: bytes are taken out of the stock under
 * its lock, by code that is inlined. What can be seen is that the lock is about to be taken, and the entry of the
 * allocation's hook, which has the cache and with it the amount. In between the task may sleep. So each
 * context has a note of what it is doing.
 */
#include <linux/hash.h>

#include "compat/memcg.h"
#include "compat/regs.h"
#include "hooks/bytes.h"
#include "hooks/hooks.h"

/* What a context does with kernel memory. */
struct note {
	unsigned long owner;		/* whose it is */
	u32 bytes, gfp;			/* of an object that it allocates */
	u32 when;			/* in jiffies */
	bool missed;			/* the stock had them not: it comes back with the rest */
	u8 caller;			/* of the charge that follows, enum smcg_caller */
};

/* As many tasks may sleep in the middle of this as share a set; one more writes over the oldest note of it. */
#define NOTE_BITS	8
#define NOTE_WAYS	4

static struct note task_notes[1 << NOTE_BITS][NOTE_WAYS];
/* A softirq, an interrupt and an NMI do not sleep. */
static DEFINE_PER_CPU(struct note, nested_notes[3]);

/* A task, or a task in the reclaim that its own charge asked for. */
static __always_inline unsigned long owner_here(void)
{
	return (unsigned long)current | !!(current->flags & PF_MEMALLOC);
}

/* Whose note is needed least: nobody's, one of who has not left for a charge, the oldest. */
static noinline notrace struct note *note_to_lose(struct note *set)
{
	struct note *found = set;
	u32 i;

	for (i = 0; i < NOTE_WAYS; i++) {
		struct note *note = &set[i];

		if (!note->owner)
			return note;
		if (note->missed != found->missed ? found->missed :
		    (s32)(note->when - found->when) < 0)
			found = note;
	}
	return found;
}

/*
 * The note of this context.  Preemption disabled.
 * @make: one that begins, if there is none
 * Return: NULL if there is none.
 */
static __always_inline struct note *note_here(bool make)
{
	u32 level = smcg_level(smcg_context()), i;
	unsigned long owner = owner_here();
	struct note *note, *set;

	if (unlikely(level != SMCG_CTX_TASK)) {
		note = this_cpu_ptr(&nested_notes[level - SMCG_CTX_TASK - 1]);
		if (note->owner == owner)
			return note;
	} else {
		set = task_notes[hash_long(owner, NOTE_BITS)];
		for (i = 0; i < NOTE_WAYS; i++)
			if (likely(set[i].owner == owner))
				return &set[i];
		note = make ? note_to_lose(set) : NULL;
	}
	if (!make)
		return NULL;
	note->owner = owner;
	note->when = (u32)jiffies;
	note->bytes = 0;
	note->missed = false;
	return note;
}

static struct smcg_caller_range slab_callers[] = {
	{ "__memcg_slab_post_alloc_hook", SMCG_BY_OBJ, .optional = true },
	SMCG_CALLERS_END
};

static struct smcg_caller_range pages_callers[] = {
	{ "__memcg_kmem_charge_page", SMCG_BY_KMEM_PAGE },
	SMCG_CALLERS_END
};

/* __memcg_slab_post_alloc_hook(cache, lru, gfp, ...) */
static void notrace on_slab(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			    struct ftrace_regs *regs)
{
	struct note *note;

	if (smcg_hook_off())
		return;
	preempt_disable_notrace();
	note = note_here(true);
	note->when = (u32)jiffies;
	note->bytes = smcg_object_bytes((const struct kmem_cache *)smcg_arg0(regs));
	note->gfp = smcg_arg2(regs);
	note->missed = false;
	preempt_enable_notrace();
}

/*
 * trylock_stock(), when an object is to be charged. Should another task have written over the note,
 * an event without object group says so: the engine counts it as an error.
 */
static void notrace on_slab_try(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				struct ftrace_regs *regs)
{
	struct obj_cgroup *objcg;
	struct note *note;

	if (smcg_hook_off() || !smcg_called_by(slab_callers, parent))
		return;
	preempt_disable_notrace();
	note = note_here(false);
	objcg = smcg_current_objcg(!smcg_nested(smcg_context()));
	if (unlikely(!note || !objcg))
		smcg_record(smcg_mark(SMCG_EV_OBJ_CHARGE, SMCG_BY_OBJ), 0, 0, 0, 0, 0, 0);
	else if (note->missed)
		note->missed = false;
	else
		smcg_record_bytes(smcg_mark(SMCG_EV_OBJ_CHARGE, SMCG_BY_OBJ), objcg, note->gfp,
				  note->bytes, 0);
	preempt_enable_notrace();
}

/* obj_cgroup_charge_pages(): the stock had too few bytes, or whole pages are wanted. */
static void notrace on_kmem_charge(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				   struct ftrace_regs *regs)
{
	struct note *note;
	u32 caller;

	if (smcg_hook_off())
		return;
	caller = smcg_caller(pages_callers, parent, SMCG_BY_OBJ);
	preempt_disable_notrace();
	note = note_here(true);
	note->caller = caller;
	if (smcg_called_by(slab_callers, parent))
		note->missed = true;
	preempt_enable_notrace();
}

notrace u32 smcg_kmem_caller(void)
{
	struct note *note;
	u32 caller;

	preempt_disable_notrace();
	note = note_here(false);
	caller = note ? note->caller : SMCG_BY_OBJ;
	preempt_enable_notrace();
	return caller;
}

/* __refill_obj_stock(objcg, stock, bytes, allow), the stock locked or NULL */
static void notrace on_slots_refill(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				    struct ftrace_regs *regs)
{
	struct obj_cgroup *objcg = (struct obj_cgroup *)smcg_arg0(regs);
	const struct mem_cgroup *group;
	struct smcg_slot *slot;
	bool held = !smcg_arg1(regs);

	if (smcg_hook_off())
		return;
	preempt_disable_notrace();
	slot = smcg_record_begin();
	if (likely(slot)) {
		slot->preempt |= smcg_lock_state(held) << (SMCG_PREEMPT_LOCKS + 2);
		group = READ_ONCE(objcg->memcg);
		slot->gfp = 0;
		slot->group = group ? group->css.id : 0;
		slot->a = (u64)objcg;
		slot->b = (u32)smcg_arg2(regs);
		slot->c = !!(smcg_arg3(regs) & 0xff);
		slot->nr = held ? 0 : smcg_stock_bytes_here(objcg);
		smcg_publish(slot, smcg_mark(SMCG_EV_OBJ_REFILL, 0));
	}
	preempt_enable_notrace();
}

static struct smcg_caller_range drain_callers[] = {
	{ "drain_local_obj_stock", SMCG_BY_OBJ_DRAIN_WORK, .optional = true },
	{ "memcg_hotplug_cpu_dead", SMCG_BY_CPU_DEAD },
	SMCG_CALLERS_END
};

/* drain_obj_stock_slot(stock, slot): one that nobody has is none of our business. */
static void notrace on_slots_drain(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				   struct ftrace_regs *regs)
{
	u32 i = smcg_arg1(regs), nr, caller;
	struct obj_cgroup *objcg;

	if (smcg_hook_off())
		return;
	caller = smcg_caller(drain_callers, parent, SMCG_BY_OTHER);
	preempt_disable_notrace();
	nr = smcg_stock_slot_bytes((const void *)smcg_arg0(regs), i, &objcg);
	if (objcg)
		smcg_record(smcg_mark(SMCG_EV_OBJ_DRAIN, caller), 0, nr + 1, 0, i, (u64)objcg, 0);
	preempt_enable_notrace();
}

struct smcg_hook smcg_slab_hooks[] = {
	{
		.name = "slab", .symbols = { "__memcg_slab_post_alloc_hook" },
		.kind = SMCG_HOOK_ENTRY, .hot = true, .entry = on_slab, .callers = slab_callers,
		.spare = smcg_spare_slots, .why = "no charges of slab objects",
	}, {
		.name = "slab_try", .symbols = { "trylock_stock" }, .kind = SMCG_HOOK_ENTRY,
		.hot = true, .entry = on_slab_try, .spare = smcg_spare_slots,
		.why = "no charges of slab objects",
	}, {
		.name = "kmem_charge", .symbols = { "obj_cgroup_charge_pages" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_kmem_charge, .callers = pages_callers,
		.spare = smcg_spare_slots, .why = "objects and pages mixed up",
	}, {
		.name = "slots_refill", .symbols = { "__refill_obj_stock" },
		.kind = SMCG_HOOK_ENTRY, .hot = true, .entry = on_slots_refill,
		.spare = smcg_spare_slots, .why = "byte stocks unknown",
	}, {
		.name = "slots_drain", .symbols = { "drain_obj_stock_slot" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_slots_drain, .callers = drain_callers,
		.spare = smcg_spare_slots, .why = "byte stocks unknown",
	}, {
		.name = NULL
	}
};
