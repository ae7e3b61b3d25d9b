/* SPDX-License-Identifier: GPL-2.0 */
/* string.h - user-space twin of the kernel's: libc has all of it that is used. */
#ifndef SMCG_ENV_STRING_H
#define SMCG_ENV_STRING_H

#include <string.h>

#endif
