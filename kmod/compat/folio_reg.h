/* SPDX-License-Identifier: GPL-2.0 */
/*
 * folio_reg.h - the folio that is charged, without a hook of its own.
 *
 * charge_memcg(folio, group, gfp) calls try_charge_memcg(group, gfp, nr), which does not
 * get the folio. Compilers keep it in rbp meanwhile, and rbp is in every ftrace_regs. Whether
 * this kernel does so is proved from its machine code when the module loads; otherwise
 * a hook on charge_memcg() is needed. Where charge_memcg() is inlined (6.12), all of this
 * is true of its two callers, whose first argument is the folio, too.
 */
#ifndef SMCG_COMPAT_FOLIO_REG_H
#define SMCG_COMPAT_FOLIO_REG_H

#include <linux/ftrace.h>

#include "compat/regs.h"

/**
 * smcg_folio_in_reg() - does smcg_folio_reg() hold when this function charges its folio?
 * @function: the folio is its first argument.
 * Context: process, after smcg_kallsyms_init().
 */
bool smcg_folio_in_reg(const char *function);

/* The folio, in a hook on try_charge_memcg() that such a function called. */
#define smcg_folio_reg(fregs) (smcg_regs(fregs)->bp)

#endif
