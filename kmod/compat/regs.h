/* SPDX-License-Identifier: GPL-2.0 */
/*
 * regs.h - arguments of a function from its ftrace hook.
 *
 * Before ftrace_regs_get_argument() (6.2) the registers that carry arguments
 * are saved in ftrace_regs->regs for every ftrace_ops when the kernel has
 * DYNAMIC_FTRACE_WITH_ARGS; nothing else in it is valid without SAVE_REGS.
 */
#ifndef SMCG_COMPAT_REGS_H
#define SMCG_COMPAT_REGS_H

#include <linux/ftrace.h>

#ifndef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
#error "a kernel with DYNAMIC_FTRACE_WITH_ARGS is needed"
#endif

#define smcg_arg0(fregs) ((fregs)->regs.di)
#define smcg_arg1(fregs) ((fregs)->regs.si)
#define smcg_arg2(fregs) ((fregs)->regs.dx)

#endif
