/* SPDX-License-Identifier: GPL-2.0 */
/*
 * clock.h - the clock of events: cheap, and the same on all CPUs.
 *
 * The time stamp counter when the kernel trusts it, else the kernel's own fast
 * clock.  The feeder turns both into CLOCK_MONOTONIC.
 */
#ifndef SMCG_COMPAT_CLOCK_H
#define SMCG_COMPAT_CLOCK_H

#include <linux/jump_label.h>
#include <linux/ktime.h>
#include <asm/msr.h>

#include "compat/cold_call.h"

DECLARE_STATIC_KEY_TRUE(smcg_clock_is_tsc);

/* Not TSC, or a test wants to stretch the moments around the reading. */
u64 __smcg_cold_call smcg_clock_slow(void);
void smcg_clock_stretch(unsigned int ns);
DECLARE_STATIC_KEY_FALSE(smcg_clock_is_slow);

/* Context: any, safe in NMI, not traced. */
static __always_inline u64 smcg_clock(void)
{
	if (static_branch_unlikely(&smcg_clock_is_slow))
		return smcg_cold_call(smcg_clock_slow);
	return rdtsc();
}

/**
 * smcg_clock_init() - choose a clock.
 * @wish: "tsc", "mono" or "auto".
 * Context: process.  Return: 0 or -EINVAL.
 */
int smcg_clock_init(const char *wish);

#endif
