// SPDX-License-Identifier: GPL-2.0
/*
 * switch.c - tasks that lose their CPU inside the kernel, and have one again (7.2).
 *
 * Who gets a CPU may have to drop the address space that the last one left there, before it goes on in
 * whatever it was preempted in. What that gives back is told as nobody's, and the task as one
 * that has no CPU yet. Preemption is off meanwhile.
 */
#include "compat/regs.h"
#include "compat/stock_layout.h"
#include "compat/tracepoint.h"
#include "hooks/hooks.h"
#include "hooks/record.h"

/* Address spaces that are dropped at once: one a CPU. */
#define DROPS_AT_ONCE	256

DEFINE_PER_CPU(u32, smcg_switching);

/* Tasks that were told to have lost their CPU and not to have one again, by the low bits of their number. */
static u32 preempted[4096];

/* Slots as an event has them: @bits each, of the first that fit into a word. */
static __always_inline u64 slots_in_word(const u32 *amounts, u32 nr, u32 bits)
{
	u64 word = 0;
	u32 i;

	for (i = 0; i < nr && i * bits < 64; i++)
		word |= (u64)amounts[i] << i * bits;
	return word;
}

static notrace void record_preempted(void)
{
	struct smcg_stock stock;
	u64 pages, owned = 0;
	u32 i;

	smcg_stock_read(smp_processor_id(), &stock);
	for (i = 0; i < stock.page_slots; i++)
		owned |= stock.group[i] ? 1ULL << i : 0;
	for (i = 0; i < stock.byte_slots; i++)
		owned |= stock.objcg[i] ? 256ULL << i : 0;
	pages = slots_in_word(stock.nr_pages, stock.page_slots, 8) | SMCG_SWITCH_TOLD;
	pages |= stock.pages_flushing ? SMCG_SWITCH_PAGES_FLUSHING : 0;
	pages |= stock.bytes_flushing ? SMCG_SWITCH_BYTES_FLUSHING : 0;
	pages |= smcg_has_drained() ? SMCG_SWITCH_DRAINED : 0;
	pages |= smcg_charge_committed() ? SMCG_SWITCH_COMMITTED : 0;
	smcg_record(smcg_mark(SMCG_EV_PREEMPTED, 0), 0, stock.nr_bytes[SMCG_BYTE_SLOTS - 1],
		    current->memcg_nr_pages_over_high + 1, pages,
		    slots_in_word(stock.nr_bytes, SMCG_BYTE_SLOTS - 1, 16),
		    owned | smcg_protection_asked() << SMCG_SWITCH_PROTECTS);
}

/* As if the task that comes next had written it. */
static __always_inline void record_resumed(const struct task_struct *next)
{
	struct smcg_slot *slot = smcg_record_begin();

	if (unlikely(!slot))
		return;
	slot->tid = next->pid;
	slot->task = next->flags;
	slot->gfp = 0;
	slot->nr = 0;
	slot->group = 0;
	slot->a = 0;
	slot->b = 0;
	slot->c = 0;
	smcg_publish(slot, smcg_mark(SMCG_EV_PREEMPTED, 1));
}

/* This task has something open, and does not go on. */
static notrace void tell_away(void)
{
	smcg_record_try_of(current, false);
	record_preempted();
	WRITE_ONCE(preempted[current->pid & (ARRAY_SIZE(preempted) - 1)], current->pid);
}

static notrace void tell_back(const struct task_struct *task)
{
	WRITE_ONCE(preempted[task->pid & (ARRAY_SIZE(preempted) - 1)], 0);
	record_resumed(task);
	smcg_record_try_of(task, true);
}

/*
 * Where locks are only tried for, a task may lose its CPU between an event and its effect. If nobody else was seen on this CPU since
 * its last event, something of it may be open: that is told, and when it runs again. With interrupts off.
 */
static void notrace on_switch(void *data, bool preempt, struct task_struct *prev,
			      struct task_struct *next, unsigned int state)
{
	u32 *told = &preempted[next->pid & (ARRAY_SIZE(preempted) - 1)];

	if (smcg_hook_off())
		return;
	smcg_stash_away(prev);
	if (preempt && prev->pid && smcg_last_writer() == (u32)prev->pid)
		tell_away();
	if (unlikely(next->pid && READ_ONCE(*told) == (u32)next->pid))
		tell_back(next);
}
static SMCG_PROBE(sched_switch, on_switch)

/* The name depends on the compiler. */
static struct smcg_caller_range switch_callers[] = {
	{ "finish_task_switch.isra.0", SMCG_BY_OTHER, .optional = true },
	{ "finish_task_switch", SMCG_BY_OTHER, .optional = true },
	SMCG_CALLERS_END
};

static void notrace on_dropped(void *data, struct pt_regs *regs)
{
	const bool *parked = data;

	this_cpu_write(smcg_switching, 0);
	if (*parked && !smcg_hook_off())
		tell_back(current);
}

static struct smcg_return dropped = {
	.handler = on_dropped, .data_size = sizeof(bool), .nr = DROPS_AT_ONCE,
};

/* __mmdrop(mm) */
static void notrace on_drop(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			    struct ftrace_regs *regs)
{
	bool *parked;

	if (smcg_hook_off() || (!smcg_called_by(&switch_callers[0], parent) &&
				!smcg_called_by(&switch_callers[1], parent)))
		return;
	parked = smcg_return_get(&dropped);
	if (unlikely(!parked))
		return;
	/* it was just told to have its CPU */
	*parked = current->pid && smcg_last_writer() == (u32)current->pid;
	if (*parked)
		tell_away();
	this_cpu_write(smcg_switching, SOFTIRQ_OFFSET);
	smcg_return_arm(parked, regs);
}

struct smcg_hook smcg_switch_hooks[] = {
	{
		.name = "preempted", .symbols = { "sched_switch" }, .kind = SMCG_HOOK_TRACEPOINT,
		.probe = smcg_probe_sched_switch, .spare = smcg_spare_slots,
		.why = "order of tasks on a CPU unknown",
	}, {
		.name = "mm_dropped", .symbols = { "__mmdrop" }, .kind = SMCG_HOOK_RETURN, .ret = &dropped,
		.spare = smcg_spare_slots, .why = "what a switch gives back is taken for the next task's",
	}, {
		.name = "mm_drop", .symbols = { "__mmdrop" }, .kind = SMCG_HOOK_ENTRY, .entry = on_drop,
		.callers = switch_callers, .spare = smcg_spare_slots,
		.why = "what a switch gives back is taken for the next task's",
	}, {
		.name = NULL
	}
};
