/* SPDX-License-Identifier: GPL-2.0 */
/*
 * folio_reg.h - the folio that is charged, without a hook of its own.
 *
 * charge_memcg(folio, group, gfp) calls try_charge_memcg(group, gfp, nr), which does not
 * get the folio. Compilers keep it in rbp meanwhile, and rbp is in every ftrace_regs. Whether
 * this kernel does so is proved from its machine code when the module loads; otherwise
 * a hook on charge_memcg() is needed.
 */
#ifndef SMCG_COMPAT_FOLIO_REG_H
#define SMCG_COMPAT_FOLIO_REG_H

#include <linux/ftrace.h>

/* True when smcg_folio_reg() holds.  Process context, after smcg_kallsyms_init(). */
bool smcg_folio_in_reg(void);

/* The folio, in a hook on try_charge_memcg() that charge_memcg() called. */
#define smcg_folio_reg(fregs) ((fregs)->regs.bp)

#endif
