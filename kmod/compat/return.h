/* SPDX-License-Identifier: GPL-2.0 */
/*
 * return.h - returns of functions, armed by an ftrace hook on their entry.
 *
 * A kretprobe costs some 1500 instructions beside another hook of the function, and skips
 * what an interrupt does while it runs. The rethook below it (5.18 to 6.13) has neither fault:
 * the entry hook that is there anyway puts it on the stack.
 */
#ifndef SMCG_COMPAT_RETURN_H
#define SMCG_COMPAT_RETURN_H

#include <linux/atomic.h>
#include <linux/ftrace.h>
#include <linux/rethook.h>

struct smcg_return {
	/* set by the user */
	void (*handler)(void *data, struct pt_regs *regs);	/* preemption disabled */
	size_t data_size;
	unsigned int nr;		/* calls that may be under way at once */

	/* state */
	struct rethook *rethook;
	atomic64_t missed;		/* calls whose return could not be armed */
};

/**
 * smcg_return_init() - make ready to arm.
 * Context: process.  Return: 0, -ENOENT (kernel without rethooks), -ENOMEM.
 */
int smcg_return_init(struct smcg_return *ret);

/* No entry hook arms any more: no handler runs after this.  Process context. */
void smcg_return_exit(struct smcg_return *ret);

/**
 * smcg_return_get() - take what it needs to arm.
 * Context: entry hook, preemption disabled until smcg_return_arm().
 * Return: room for data, or NULL (counted).
 */
void *smcg_return_get(struct smcg_return *ret);

/* The handler will be called with @data when the function hooked with @fregs returns. */
void smcg_return_arm(void *data, struct ftrace_regs *fregs);

#endif
