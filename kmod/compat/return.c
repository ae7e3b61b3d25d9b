// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "compat/kallsyms.h"
#include "compat/regs.h"
#include "compat/return.h"

/* Nodes outlive the module when a task sleeps in the function; the kernel frees them. */
struct armed {
	struct rethook_node node;	/* first: the kernel frees by it */
	u64 data[];
};

/* From 6.7 on the kernel makes the nodes; the handler got the return address in 6.6. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define NODES_ARE_OURS
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define HANDLER_ARGS struct rethook_node *node, void *data, struct pt_regs *regs
#else
#define HANDLER_ARGS struct rethook_node *node, void *data, unsigned long to, struct pt_regs *regs
#endif

SMCG_KERNEL_CALL(rethook_alloc, rethook_alloc);
SMCG_KERNEL_CALL(rethook_stop, rethook_stop);
SMCG_KERNEL_CALL(rethook_free, rethook_free);
SMCG_KERNEL_CALL(rethook_try_get, rethook_try_get);
SMCG_KERNEL_CALL(rethook_hook, rethook_hook);
#ifdef NODES_ARE_OURS
SMCG_KERNEL_CALL(rethook_add_node, rethook_add_node);
#endif

static bool find_calls(void)
{
#ifdef NODES_ARE_OURS
	if (!smcg_find_call(rethook_add_node))
		return false;
#endif
	return smcg_find_call(rethook_alloc) && smcg_find_call(rethook_stop) &&
	       smcg_find_call(rethook_free) && smcg_find_call(rethook_try_get) &&
	       smcg_find_call(rethook_hook);
}

static void notrace on_return(HANDLER_ARGS)
{
	struct smcg_return *ret = data;

	ret->handler(container_of(node, struct armed, node)->data, regs);
}

#ifdef NODES_ARE_OURS
static int add_nodes(struct rethook *rethook, size_t size, unsigned int nr)
{
	struct armed *node;

	while (nr--) {
		node = kzalloc(size, GFP_KERNEL);
		if (!node)
			return -ENOMEM;
		static_call(smcg_call_rethook_add_node)(rethook, &node->node);
	}
	return 0;
}

static struct rethook *make_rethook(struct smcg_return *ret, size_t size)
{
	struct rethook *rethook = static_call(smcg_call_rethook_alloc)(ret, on_return);

	if (rethook && add_nodes(rethook, size, ret->nr)) {
		static_call(smcg_call_rethook_free)(rethook);
		rethook = NULL;
	}
	return rethook;
}
#else
static struct rethook *make_rethook(struct smcg_return *ret, size_t size)
{
	struct rethook *rethook = static_call(smcg_call_rethook_alloc)(ret, on_return, size, ret->nr);

	return IS_ERR(rethook) ? NULL : rethook;
}
#endif

int smcg_return_init(struct smcg_return *ret)
{
	if (!find_calls())
		return -ENOENT;
	atomic64_set(&ret->missed, 0);
	ret->rethook = make_rethook(ret, sizeof(struct armed) + round_up(ret->data_size, 8));
	return ret->rethook ? 0 : -ENOMEM;
}

void smcg_return_exit(struct smcg_return *ret)
{
	static_call(smcg_call_rethook_stop)(ret->rethook);
	/* handlers run with preemption disabled, which this waits for */
	synchronize_rcu();
	static_call(smcg_call_rethook_free)(ret->rethook);
	ret->rethook = NULL;
}

notrace void *smcg_return_get(struct smcg_return *ret)
{
	struct rethook_node *node = static_call(smcg_call_rethook_try_get)(ret->rethook);

	if (unlikely(!node)) {
		atomic64_inc(&ret->missed);
		return NULL;
	}
	return container_of(node, struct armed, node)->data;
}

notrace void smcg_return_arm(void *data, struct ftrace_regs *fregs)
{
	struct armed *node = container_of(data, struct armed, data);

	/* of the registers, only the stack pointer is used; it is saved in any case */
	static_call(smcg_call_rethook_hook)(&node->node, smcg_regs(fregs), true);
}
