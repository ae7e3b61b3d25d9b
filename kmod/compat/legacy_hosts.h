/* SPDX-License-Identifier: GPL-2.0 */
/*
 * legacy_hosts.h - may the memory controller of this kernel be on a legacy hierarchy (cgroup v1)?
 *
 * From 6.11 on only with CONFIG_MEMCG_V1, which Debian does not set.
 */
#ifndef SMCG_COMPAT_LEGACY_HOSTS_H
#define SMCG_COMPAT_LEGACY_HOSTS_H

#include <linux/version.h>

#define SMCG_LEGACY_HOSTS (LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0))

#endif
