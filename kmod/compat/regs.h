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

/* Where the registers are; what is valid in them stands above. */
#ifdef arch_ftrace_regs
#define smcg_regs(fregs) (&arch_ftrace_regs(fregs)->regs)
#else
#define smcg_regs(fregs) (&(fregs)->regs)
#endif

#define smcg_arg0(fregs) (smcg_regs(fregs)->di)
#define smcg_arg1(fregs) (smcg_regs(fregs)->si)
#define smcg_arg2(fregs) (smcg_regs(fregs)->dx)
#define smcg_arg3(fregs) (smcg_regs(fregs)->cx)
#define smcg_arg4(fregs) (smcg_regs(fregs)->r8)

#endif
