/* SPDX-License-Identifier: GPL-2.0 */
/*
 * env.h - the only door from the engine to the world outside.
 *
 * This is the kernel's side.  User space compiles the engine with the twin
 * selftests/env/env.h force-included; it has the same guard, so that this
 * file then stays empty.
 */
#ifndef SMCG_ENGINE_ENV_H
#define SMCG_ENGINE_ENV_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

#include "../../uapi/shadow_memcg.h"

#endif
