/* SPDX-License-Identifier: GPL-2.0 */
/*
 * profile.h - which rules of the engine this kernel follows.
 */
#ifndef SMCG_COMPAT_PROFILE_H
#define SMCG_COMPAT_PROFILE_H

#include <linux/version.h>

#define SMCG_KERNEL_IS(major, minor) \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(major, minor, 0) && \
	 LINUX_VERSION_CODE < KERNEL_VERSION(major, (minor) + 1, 0))

/*
 * Of enum smcg_profile.  What lies between and beyond has other rules (GENERATIONS.md), some of
 * them in the middle of a stable series: a wrong shadow is worse than none.
 */
#if SMCG_KERNEL_IS(6, 1)
#define SMCG_KERNEL_PROFILE SMCG_PROFILE_6_1
#elif SMCG_KERNEL_IS(7, 2) || (defined(SMCG_UNCHECKED_KERNEL) && \
			       LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0))
#define SMCG_KERNEL_PROFILE SMCG_PROFILE_7_2
#elif SMCG_KERNEL_IS(6, 12) || (defined(SMCG_UNCHECKED_KERNEL) && \
				LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0))
#define SMCG_KERNEL_PROFILE SMCG_PROFILE_6_12
#elif defined(SMCG_UNCHECKED_KERNEL)
#define SMCG_KERNEL_PROFILE SMCG_PROFILE_6_1
#else
#error "the rules of this kernel are not known: build for Linux 6.1, 6.12 or 7.2 (SMCG_UNCHECKED_KERNEL: try)"
#endif

#endif
