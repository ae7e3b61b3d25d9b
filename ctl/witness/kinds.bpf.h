/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kinds.bpf.h - the uapi record header for the BPF side, whose types come from
 * the kernel's own type information and would clash with <linux/types.h>.
 */
#ifndef SMCG_WITNESS_KINDS_H
#define SMCG_WITNESS_KINDS_H

#define _LINUX_TYPES_H
#include "shadow_memcg.h"

#ifndef ENOMEM
#define ESRCH 3
#define ENOMEM 12
#define EBUSY 16
#endif

#endif
