/* SPDX-License-Identifier: GPL-2.0 */
/*
 * env.h - user-space twin of kmod/engine/env.h.
 *
 * Same guard: force-include it (-include selftests/env/env.h) wherever an
 * engine header is used outside the kernel.
 */
#ifndef SMCG_ENGINE_ENV_H
#define SMCG_ENGINE_ENV_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/types.h>

#include "../../uapi/shadow_memcg.h"

#ifndef __cplusplus

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#ifndef U32_MAX
#define U16_MAX		((u16)~0U)
#define U32_MAX		((u32)~0U)
#define S64_MAX		((s64)(~0ULL >> 1))
#endif

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

#define min(a, b)	((a) < (b) ? (a) : (b))
#define max(a, b)	((a) > (b) ? (a) : (b))
#define min_t(t, a, b)	((t)(a) < (t)(b) ? (t)(a) : (t)(b))
#define max_t(t, a, b)	((t)(a) > (t)(b) ? (t)(a) : (t)(b))

#endif /* !__cplusplus */

#endif
