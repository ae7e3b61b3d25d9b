// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "compat/kallsyms.h"
#include "compat/regs.h"
#include "compat/return.h"

/* Nodes outlive the module when a task sleeps in the function; the kernel frees them. */
struct node {
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

/* Not exported by the kernel. */
static struct {
	typeof(rethook_alloc) *alloc;
	typeof(rethook_stop) *stop;
	typeof(rethook_free) *free;
#ifdef NODES_ARE_OURS
	typeof(rethook_add_node) *add_node;
#endif
	typeof(rethook_try_get) *try_get;
	typeof(rethook_hook) *hook;
} calls;

static bool find_calls(void)
{
	calls.alloc = (void *)smcg_lookup("rethook_alloc");
	calls.stop = (void *)smcg_lookup("rethook_stop");
	calls.free = (void *)smcg_lookup("rethook_free");
#ifdef NODES_ARE_OURS
	calls.add_node = (void *)smcg_lookup("rethook_add_node");
	if (!calls.add_node)
		return false;
#endif
	calls.try_get = (void *)smcg_lookup("rethook_try_get");
	calls.hook = (void *)smcg_lookup("rethook_hook");
	return calls.alloc && calls.stop && calls.free && calls.try_get && calls.hook;
}

static void notrace on_return(HANDLER_ARGS)
{
	struct smcg_return *ret = data;

	ret->handler(container_of(node, struct node, node)->data, regs);
}

#ifdef NODES_ARE_OURS
static int add_nodes(struct rethook *rethook, size_t size, unsigned int nr)
{
	struct node *node;

	while (nr--) {
		node = kzalloc(size, GFP_KERNEL);
		if (!node)
			return -ENOMEM;
		calls.add_node(rethook, &node->node);
	}
	return 0;
}

static struct rethook *make_rethook(struct smcg_return *ret, size_t size)
{
	struct rethook *rethook = calls.alloc(ret, on_return);

	if (rethook && add_nodes(rethook, size, ret->nr)) {
		calls.free(rethook);
		rethook = NULL;
	}
	return rethook;
}
#else
static struct rethook *make_rethook(struct smcg_return *ret, size_t size)
{
	struct rethook *rethook = calls.alloc(ret, on_return, size, ret->nr);

	return IS_ERR(rethook) ? NULL : rethook;
}
#endif

int smcg_return_init(struct smcg_return *ret)
{
	if (!find_calls())
		return -ENOENT;
	atomic64_set(&ret->missed, 0);
	ret->rethook = make_rethook(ret, sizeof(struct node) + round_up(ret->data_size, 8));
	return ret->rethook ? 0 : -ENOMEM;
}

void smcg_return_exit(struct smcg_return *ret)
{
	calls.stop(ret->rethook);
	/* handlers run with preemption disabled, which this waits for */
	synchronize_rcu();
	calls.free(ret->rethook);
	ret->rethook = NULL;
}

notrace void *smcg_return_get(struct smcg_return *ret)
{
	struct rethook_node *node = calls.try_get(ret->rethook);

	if (unlikely(!node)) {
		atomic64_inc(&ret->missed);
		return NULL;
	}
	return container_of(node, struct node, node)->data;
}

notrace void smcg_return_arm(void *data, struct ftrace_regs *fregs)
{
	struct node *node = container_of(data, struct node, data);

	/* of the registers, only the stack pointer is used; it is saved in any case */
	calls.hook(&node->node, smcg_regs(fregs), true);
}
