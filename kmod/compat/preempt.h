/* SPDX-License-Identifier: GPL-2.0 */
/*
 * preempt.h - the raw word behind preempt_count(), which costs an instruction less.
 *
 * Its top bit says something else (PREEMPT_NEED_RESCHED). From 6.2 on it lives in pcpu_hot.
 */
#ifndef SMCG_COMPAT_PREEMPT_H
#define SMCG_COMPAT_PREEMPT_H

#include <linux/preempt.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define smcg_raw_preempt_count() raw_cpu_read_4(__preempt_count)
#else
#define smcg_raw_preempt_count() preempt_count()
#endif

#endif
