/* SPDX-License-Identifier: GPL-2.0 */
/*
 * profile.h - which rules of the engine this kernel follows.
 */
#ifndef SMCG_COMPAT_PROFILE_H
#define SMCG_COMPAT_PROFILE_H

#include <linux/version.h>

/* Of enum smcg_profile.  6.7 changed what a migration does to a charge. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define SMCG_KERNEL_PROFILE SMCG_PROFILE_6_1
#else
#define SMCG_KERNEL_PROFILE SMCG_PROFILE_6_12
#endif

#endif
