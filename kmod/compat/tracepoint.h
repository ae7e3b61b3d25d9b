/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tracepoint.h - tracepoints by name.
 *
 * The tracepoints of mm are not exported to modules, but each can be found by
 * name.  smcg_probe() makes a change of a tracepoint's prototype a compile error.
 */
#ifndef SMCG_COMPAT_TRACEPOINT_H
#define SMCG_COMPAT_TRACEPOINT_H

#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <linux/version.h>
#include <trace/events/kmem.h>
#include <trace/events/sched.h>
#include <trace/events/task.h>
#include <trace/events/vmscan.h>

/* What a new task was asked for with; the prototype changed its type. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
typedef unsigned long smcg_clone_flags;
#else
typedef u64 smcg_clone_flags;
#endif

/* NULL when the kernel has no such tracepoint.  Process context. */
struct tracepoint *smcg_find_tracepoint(const char *name);

/* Define the getter of a probe, checked against the tracepoint's prototype. */
#define SMCG_PROBE(event, probe)				\
void *smcg_probe_##event(void)					\
{								\
	check_trace_callback_type_##event(probe);		\
	return (void *)(probe);					\
}

#endif
