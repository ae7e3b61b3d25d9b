// SPDX-License-Identifier: GPL-2.0
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include "compat/kallsyms.h"
#include "compat/stock_layout.h"
#include "compat/tracepoint.h"
#include "hooks/hooks.h"

static struct smcg_hook *const tables[] = {
	smcg_charge_hooks, smcg_counter_hooks, smcg_stock_hooks, smcg_reclaim_hooks,
	smcg_oom_hooks, smcg_high_hooks, smcg_protect_hooks,
	smcg_objcg_hooks, smcg_slab_hooks, smcg_page_hooks, smcg_group_hooks,
	smcg_move_hooks, smcg_notify_hooks, smcg_pressure_hooks, smcg_switch_hooks,
};

const char *smcg_spare_single(void)
{
	return SMCG_STOCK_SLOTS ? "stocks have slots" : NULL;
}

const char *smcg_spare_slots(void)
{
	return SMCG_STOCK_SLOTS ? NULL : "stocks have no slots";
}

/*
 * Each ftrace_ops costs a tenth of a second when it is taken away, so all but the hot
 * hooks share one, whose handler finds the hook by the address of the function.
 */
#define SHARED_BITS 8

static struct smcg_hook *shared[1 << SHARED_BITS];
static bool shared_registered;
SMCG_KERNEL_CALL(ftrace_location, ftrace_location);

static __always_inline u32 shared_slot(unsigned long ip)
{
	return hash_long(ip, SHARED_BITS);
}

static void notrace on_shared(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			      struct ftrace_regs *regs)
{
	u32 slot = shared_slot(ip);

	for (; shared[slot]; slot = (slot + 1) % ARRAY_SIZE(shared)) {
		if (shared[slot]->ip == ip) {
			shared[slot]->entry(ip, parent, ops, regs);
			return;
		}
	}
}

static struct ftrace_ops shared_ops = { .func = on_shared };

static int add_shared(struct smcg_hook *hook)
{
	u32 slot = shared_slot(hook->ip);
	int err;

	err = ftrace_set_filter_ip(&shared_ops, hook->ip, 0, 0);
	if (err)
		return err;
	while (shared[slot])
		slot = (slot + 1) % ARRAY_SIZE(shared);
	shared[slot] = hook;
	return 0;
}

static int register_shared(void)
{
	int err = register_ftrace_function(&shared_ops);

	shared_registered = !err;
	return err;
}

static void drop_shared(void)
{
	if (shared_registered)
		unregister_ftrace_function(&shared_ops);
	shared_registered = false;
	ftrace_free_filter(&shared_ops);
	memset(shared, 0, sizeof(shared));
}

/* Returns the name of a known caller that this kernel does not have, or NULL. */
static const char *resolve_callers(struct smcg_caller_range *range)
{
	unsigned long end;

	for (; range && range->name; range++) {
		if (!smcg_lookup_range(range->name, &range->start, &end))
			range->size = end - range->start;
		else if (!range->optional)
			return range->name;
	}
	return NULL;
}

static int attach_entry(struct smcg_hook *hook, const char *symbol)
{
	unsigned long addr = smcg_lookup(symbol);
	int err;

	if (!addr)
		return -ENOENT;
	hook->ip = static_call(smcg_call_ftrace_location)(addr);
	if (!hook->ip)
		return -EINVAL;
	if (!hook->hot)
		return add_shared(hook);
	hook->ops.func = hook->entry;
	err = ftrace_set_filter_ip(&hook->ops, hook->ip, 0, 0);
	if (err)
		return err;
	err = register_ftrace_function(&hook->ops);
	if (err)
		ftrace_free_filter(&hook->ops);
	return err;
}

static int attach_tracepoint(struct smcg_hook *hook, const char *symbol)
{
	hook->tp = smcg_find_tracepoint(symbol);
	if (!hook->tp)
		return -ENOENT;
	return tracepoint_probe_register(hook->tp, hook->probe(), NULL);
}

/* On failure @missing is what the kernel lacks. */
static int attach_one(struct smcg_hook *hook, const char **missing)
{
	unsigned int i;

	*missing = resolve_callers(hook->callers);
	if (*missing) {
		hook->err = -ENOENT;
		return hook->err;
	}
	*missing = hook->symbols[0];
	hook->spared = hook->spare ? hook->spare() : NULL;
	if (hook->spared)
		return 0;
	for (i = 0; i < ARRAY_SIZE(hook->symbols) && hook->symbols[i]; i++) {
		switch (hook->kind) {
		case SMCG_HOOK_ENTRY:
			hook->err = attach_entry(hook, hook->symbols[i]);
			break;
		case SMCG_HOOK_RETURN:
			hook->err = smcg_return_init(hook->ret);
			break;
		case SMCG_HOOK_TRACEPOINT:
			hook->err = attach_tracepoint(hook, hook->symbols[i]);
			break;
		}
		if (!hook->err) {
			hook->symbol = hook->symbols[i];
			return 0;
		}
	}
	return hook->err;
}

static void detach_one(struct smcg_hook *hook)
{
	if (!hook->symbol)
		return;
	switch (hook->kind) {
	case SMCG_HOOK_ENTRY:
		if (!hook->hot)
			break;
		unregister_ftrace_function(&hook->ops);
		ftrace_free_filter(&hook->ops);
		break;
	case SMCG_HOOK_RETURN:
		smcg_return_exit(hook->ret);
		break;
	case SMCG_HOOK_TRACEPOINT:
		tracepoint_probe_unregister(hook->tp, hook->probe(), NULL);
		break;
	}
	hook->symbol = NULL;
}

static int attach_all(bool hot)
{
	struct smcg_hook *hook;
	const char *missing;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		for (hook = tables[i]; hook->name; hook++) {
			if (hook->hot != hot)
				continue;
			err = attach_one(hook, &missing);
			if (!err || hook->optional)
				continue;
			pr_err("hook %s: cannot attach to %s: %pe (without it: %s)\n", hook->name,
			       missing, ERR_PTR(err), hook->why);
			return err;
		}
	}
	return 0;
}

int smcg_hooks_attach(void)
{
	int err;

	if (!smcg_find_call(ftrace_location)) {
		pr_err("no ftrace_location() in this kernel: no dynamic ftrace?\n");
		return -ENOENT;
	}
	/* What is registered first is called last, next to the function: the shared ones. */
	err = attach_all(false);
	if (!err) {
		err = register_shared();
		if (err)
			pr_err("cannot hook functions with ftrace: %pe\n", ERR_PTR(err));
	}
	if (!err)
		err = attach_all(true);
	if (err)
		smcg_hooks_detach();
	return err;
}

void smcg_hooks_detach(void)
{
	struct smcg_hook *hook;
	unsigned int i;

	drop_shared();
	for (i = ARRAY_SIZE(tables); i-- > 0;) {
		for (hook = tables[i]; hook->name; hook++)
			;
		while (hook-- > tables[i])
			detach_one(hook);
	}
	tracepoint_synchronize_unregister();
}

static const char *const kind_names[] = {
	[SMCG_HOOK_ENTRY] = "entry",
	[SMCG_HOOK_RETURN] = "return",
	[SMCG_HOOK_TRACEPOINT] = "tracepoint",
};

void smcg_hooks_show(struct seq_file *m)
{
	struct smcg_hook *hook;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		for (hook = tables[i]; hook->name; hook++) {
			seq_printf(m, "%s %s %s %s ", hook->name,
				   hook->symbol ?: hook->symbols[0], kind_names[hook->kind],
				   hook->optional ? "optional" : "required");
			if (hook->symbol)
				seq_puts(m, "attached\n");
			else if (hook->spared)
				seq_printf(m, "not needed: %s\n", hook->spared);
			else
				seq_printf(m, "%pe (without it: %s)\n", ERR_PTR(hook->err),
					   hook->why);
		}
	}
}

u64 smcg_hooks_missed(void)
{
	struct smcg_hook *hook;
	u64 missed = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		for (hook = tables[i]; hook->name; hook++) {
			if (hook->kind == SMCG_HOOK_RETURN)
				missed += atomic64_read(&hook->ret->missed);
		}
	}
	return missed;
}
