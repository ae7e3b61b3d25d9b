// SPDX-License-Identifier: GPL-2.0
/*
 * objcg.c - kernel memory by the byte, and what sockets give back.
 *
 * An object group moves to the parent when its group goes offline, so its group is
 * read at the event. The group cannot go away meanwhile: handlers run with preemption
 * off, which RCU respects.
 */
#include "compat/memcg.h"
#include "compat/regs.h"
#include "compat/stock_layout.h"
#include "hooks/bytes.h"
#include "hooks/hooks.h"
#include "hooks/record.h"

static struct smcg_caller_range uncharge_callers[] = {
	/* the third caller jumps here out of refill_obj_stock(): its own caller is seen */
	{ "obj_cgroup_release", SMCG_BY_OTHER },
	{ "__memcg_kmem_uncharge_page", SMCG_BY_KMEM_PAGE },
	SMCG_CALLERS_END
};

static __always_inline void record_objcg(u32 mark, struct obj_cgroup *objcg, u32 nr, u32 gfp,
					 u64 b, u64 c)
{
	const struct mem_cgroup *group;

	preempt_disable_notrace();
	group = READ_ONCE(objcg->memcg);
	smcg_record(mark, group ? group->css.id : 0, nr, gfp, (u64)objcg, b, c);
	preempt_enable_notrace();
}

static void notrace on_obj_charge(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				  struct ftrace_regs *regs)
{
	if (!smcg_hook_off())
		smcg_record_bytes(smcg_mark(SMCG_EV_OBJ_CHARGE, 0),
			     (struct obj_cgroup *)smcg_arg0(regs), smcg_arg1(regs),
			     smcg_arg2(regs), 0);
}

static void notrace on_obj_refill(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				  struct ftrace_regs *regs)
{
	if (!smcg_hook_off())
		smcg_record_bytes(smcg_mark(SMCG_EV_OBJ_REFILL, 0),
			     (struct obj_cgroup *)smcg_arg0(regs), 0, (u32)smcg_arg1(regs),
			     !!(smcg_arg2(regs) & 0xff));
}

static void notrace on_obj_state(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				 struct ftrace_regs *regs)
{
	if (!smcg_hook_off())
		smcg_record_bytes(smcg_mark(SMCG_EV_OBJ_STATE, 0),
			     (struct obj_cgroup *)smcg_arg0(regs), 0, 0, 0);
}

static void notrace on_obj_drain(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				 struct ftrace_regs *regs)
{
	const void *stock = (const void *)smcg_arg0(regs);
	struct obj_cgroup *objcg;

	if (smcg_hook_off())
		return;
	if (likely(smcg_stock_is_here(stock)))
		smcg_record(smcg_mark(SMCG_EV_OBJ_DRAIN, 0), 0,
			    smcg_stock_slot_bytes(stock, 0, &objcg) + 1, 0, 0, 0, 0);
	else
		smcg_record(smcg_mark(SMCG_EV_OBJ_DRAIN, SMCG_BY_CPU_DEAD), 0, 0, 0, 0, 0, 0);
}

/* __memcg_kmem_uncharge_page(page, order): some compilers put the next one into it. */
static void notrace on_kmem_page_uncharge(unsigned long ip, unsigned long parent,
					  struct ftrace_ops *ops, struct ftrace_regs *regs)
{
	struct obj_cgroup *objcg;

	if (smcg_hook_off())
		return;
	objcg = smcg_kernel_page_owner((const struct page *)smcg_arg0(regs));
	if (objcg)
		record_objcg(smcg_mark(SMCG_EV_KMEM_UNCHARGE, SMCG_BY_KMEM_PAGE), objcg,
			     1U << smcg_arg1(regs), 0, 0, 0);
}

static void notrace on_kmem_uncharge(unsigned long ip, unsigned long parent,
				     struct ftrace_ops *ops, struct ftrace_regs *regs)
{
	u32 caller;

	if (smcg_hook_off())
		return;
	caller = smcg_caller(uncharge_callers, parent, SMCG_BY_OBJ);
	/* of pages it is told by then */
	if (caller != SMCG_BY_KMEM_PAGE)
		record_objcg(smcg_mark(SMCG_EV_KMEM_UNCHARGE, caller),
			     (struct obj_cgroup *)smcg_arg0(regs), smcg_arg1(regs), 0, 0, 0);
}

static void notrace on_objcg_release(unsigned long ip, unsigned long parent,
				     struct ftrace_ops *ops, struct ftrace_regs *regs)
{
	struct percpu_ref *ref = (struct percpu_ref *)smcg_arg0(regs);

	if (!smcg_hook_off())
		record_objcg(smcg_mark(SMCG_EV_OBJCG_FREE, 0),
			     container_of(ref, struct obj_cgroup, refcnt), 0, 0, 0, 0);
}

static void notrace on_sock_charge(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				   struct ftrace_regs *regs)
{
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg0(regs);

	if (!smcg_hook_off() && smcg_bits_of(group))
		smcg_record(smcg_mark(SMCG_EV_SOCK_CHARGE, 0), group->css.id, smcg_arg1(regs),
			    smcg_arg2(regs), 0, 0, 0);
}

static void notrace on_sock_uncharge(unsigned long ip, unsigned long parent,
				     struct ftrace_ops *ops, struct ftrace_regs *regs)
{
	if (!smcg_hook_off())
		smcg_record(smcg_mark(SMCG_EV_SOCK_UNCHARGE, 0), smcg_sock_group(regs)->css.id,
			    smcg_arg1(regs), 0, 0, 0, 0);
}

struct smcg_hook smcg_objcg_hooks[] = {
	{
		.name = "obj_charge", .symbols = { "obj_cgroup_charge" }, .kind = SMCG_HOOK_ENTRY,
		.hot = true, .entry = on_obj_charge, .why = "no charges of bytes",
	}, {
		.name = "obj_refill", .symbols = { "refill_obj_stock" }, .kind = SMCG_HOOK_ENTRY,
		.hot = true, .entry = on_obj_refill, .spare = smcg_spare_single,
		.why = "byte stocks unknown",
	}, {
		.name = "obj_state", .symbols = { "mod_objcg_state" }, .kind = SMCG_HOOK_ENTRY,
		.hot = true, .entry = on_obj_state, .spare = smcg_spare_single,
		.why = "byte stocks unknown",
	}, {
		.name = "obj_drain", .symbols = { "drain_obj_stock" }, .kind = SMCG_HOOK_ENTRY,
		.entry = on_obj_drain, .spare = smcg_spare_single, .why = "byte stocks unknown",
	}, {
		.name = "kmem_page_uncharge", .symbols = { "__memcg_kmem_uncharge_page" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_kmem_page_uncharge,
		.why = "no uncharges of kernel pages",
	}, {
		.name = "kmem_uncharge", .symbols = { "obj_cgroup_uncharge_pages" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_kmem_uncharge, .callers = uncharge_callers,
		.why = "no uncharges of kernel memory",
	}, {
		.name = "objcg_free", .symbols = { "obj_cgroup_release" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_objcg_release,
		.why = "object groups would be mixed up",
	}, {
		.name = "sock_charge", .symbols = { "mem_cgroup_charge_skmem", "mem_cgroup_sk_charge" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_sock_charge, .spare = smcg_spare_legacy,
		.why = "no rules for buffers of TCP",
	}, {
		.name = "sock_uncharge",
		.symbols = { "mem_cgroup_uncharge_skmem", "mem_cgroup_sk_uncharge" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_sock_uncharge,
		.why = "no uncharges of sockets",
	}, {
		.name = NULL
	}
};
