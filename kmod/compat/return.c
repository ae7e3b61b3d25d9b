// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/slab.h>

#include "compat/kallsyms.h"
#include "compat/return.h"

/* Nodes outlive the module when a task sleeps in the function; the kernel frees them. */
struct node {
	struct rethook_node node;	/* first: the kernel frees by it */
	u64 data[];
};

/* Not exported by the kernel. */
static struct {
	typeof(rethook_alloc) *alloc;
	typeof(rethook_stop) *stop;
	typeof(rethook_free) *free;
	typeof(rethook_add_node) *add_node;
	typeof(rethook_try_get) *try_get;
	typeof(rethook_hook) *hook;
} calls;

static bool find_calls(void)
{
	calls.alloc = (void *)smcg_lookup("rethook_alloc");
	calls.stop = (void *)smcg_lookup("rethook_stop");
	calls.free = (void *)smcg_lookup("rethook_free");
	calls.add_node = (void *)smcg_lookup("rethook_add_node");
	calls.try_get = (void *)smcg_lookup("rethook_try_get");
	calls.hook = (void *)smcg_lookup("rethook_hook");
	return calls.alloc && calls.stop && calls.free && calls.add_node && calls.try_get &&
	       calls.hook;
}

static void notrace on_return(struct rethook_node *node, void *data, struct pt_regs *regs)
{
	struct smcg_return *ret = data;

	ret->handler(container_of(node, struct node, node)->data, regs);
}

int smcg_return_init(struct smcg_return *ret)
{
	unsigned int i;

	if (!find_calls())
		return -ENOENT;
	atomic64_set(&ret->missed, 0);
	ret->rethook = calls.alloc(ret, on_return);
	if (!ret->rethook)
		return -ENOMEM;
	for (i = 0; i < ret->nr; i++) {
		struct node *node;

		node = kzalloc(sizeof(*node) + round_up(ret->data_size, 8), GFP_KERNEL);
		if (!node) {
			smcg_return_exit(ret);
			return -ENOMEM;
		}
		calls.add_node(ret->rethook, &node->node);
	}
	return 0;
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
	calls.hook(&node->node, &fregs->regs, true);
}
