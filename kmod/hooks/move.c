// SPDX-License-Identifier: GPL-2.0
/*
 * move.c - charges that move with a task, on the legacy hierarchy.
 */
#include "compat/regs.h"
#include "hooks/hooks.h"
#include "hooks/record.h"

/* mem_cgroup_move_account(page, compound, from, to): what its return must remember. */
struct move_call {
	struct page *page;
	struct mem_cgroup *from, *to;
	u32 nr;
	bool told;
};

/* One task moves at a time: the call that it is in, or was. */
static struct task_struct *mover;
static struct move_call *moving;

static __always_inline void record_move(struct move_call *call)
{
	if (call->told)
		return;
	call->told = true;
	if (smcg_bits_of(call->to) & SMCG_GROUP_WATCHED)
		smcg_page_set(call->page);
	else
		smcg_page_test_clear(call->page);
	smcg_record(smcg_mark(SMCG_EV_MOVE, SMCG_BY_MOVE), call->to->css.id, call->nr, 0,
		    (u64)call->page, call->from->css.id, page_to_nid(call->page));
}

static void notrace on_move_return(void *data, struct pt_regs *regs)
{
	WRITE_ONCE(mover, NULL);
	/* the page may not have been free to move */
	if (!smcg_hook_off() && !(int)regs_return_value(regs))
		record_move(data);
}

notrace void smcg_move_looked(void)
{
	if (unlikely(READ_ONCE(mover) == current) && !smcg_nested(smcg_context()))
		record_move(moving);
}

/* One task moves at a time. */
static struct smcg_return move_return = {
	.handler = on_move_return, .data_size = sizeof(struct move_call), .nr = 16,
};

static void notrace on_move(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			    struct ftrace_regs *regs)
{
	struct page *page = (struct page *)smcg_arg0(regs);
	struct mem_cgroup *from = (struct mem_cgroup *)smcg_arg2(regs);
	struct mem_cgroup *to = (struct mem_cgroup *)smcg_arg3(regs);
	struct move_call *call;

	if (smcg_hook_off() || !(smcg_bits_of(from) | smcg_bits_of(to)))
		return;
	preempt_disable_notrace();
	call = smcg_return_get(&move_return);
	if (likely(call)) {
		call->page = page;
		call->from = from;
		call->to = to;
		call->nr = smcg_arg1(regs) & 0xff ? folio_nr_pages(page_folio(page)) : 1;
		call->told = false;
		moving = call;
		WRITE_ONCE(mover, current);
		smcg_return_arm(call, regs);
	}
	preempt_enable_notrace();
}

static struct smcg_caller_range entry_callers[] = {
	{ "mem_cgroup_move_charge_pte_range", SMCG_BY_MOVE, .optional = true },
	SMCG_CALLERS_END
};

struct moving_entry {
	u64 entry;
	u16 old;
};

static void notrace on_entry_return(void *data, struct pt_regs *regs)
{
	const struct moving_entry *call = data;

	if (!smcg_hook_off() && (u16)regs_return_value(regs) == call->old)
		smcg_record(smcg_mark(SMCG_EV_MOVE_ENTRY, SMCG_BY_MOVE), 0, 1, 0, call->entry, 0, 0);
}

static struct smcg_return entry_return = {
	.handler = on_entry_return, .data_size = sizeof(struct moving_entry), .nr = 16,
};

/* swap_cgroup_cmpxchg(entry, old, new) returns the owner that there was: old if it went well. */
static void notrace on_entry(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			     struct ftrace_regs *regs)
{
	struct moving_entry *call;

	if (smcg_hook_off() || !smcg_called_by(entry_callers, parent))
		return;
	preempt_disable_notrace();
	call = smcg_return_get(&entry_return);
	if (likely(call)) {
		call->entry = smcg_arg0(regs);
		call->old = smcg_arg1(regs);
		smcg_return_arm(call, regs);
	}
	preempt_enable_notrace();
}

static void notrace on_clear(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			     struct ftrace_regs *regs)
{
	if (!smcg_hook_off())
		smcg_record(smcg_mark(SMCG_EV_MOVE_END, SMCG_BY_MOVE), 0, 0, 0, 0, 0, 0);
}

struct smcg_hook smcg_move_hooks[] = {
	{
		.name = "move_return", .symbols = { "mem_cgroup_move_account" },
		.kind = SMCG_HOOK_RETURN, .ret = &move_return, .spare = smcg_spare_legacy,
		.why = "moved pages unknown",
	}, {
		.name = "move", .symbols = { "mem_cgroup_move_account" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_move, .spare = smcg_spare_legacy,
		.why = "moved pages unknown",
	}, {
		.name = "move_entry_return", .symbols = { "swap_cgroup_cmpxchg" },
		.kind = SMCG_HOOK_RETURN, .ret = &entry_return, .spare = smcg_spare_legacy,
		.why = "moved swap entries unknown",
	}, {
		.name = "move_entry", .symbols = { "swap_cgroup_cmpxchg" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_entry, .callers = entry_callers,
		.spare = smcg_spare_legacy, .why = "moved swap entries unknown",
	}, {
		.name = "move_end", .symbols = { "__mem_cgroup_clear_mc" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_clear, .spare = smcg_spare_legacy,
		.why = "what a move leaves unknown",
	}, {
		.name = NULL
	}
};
