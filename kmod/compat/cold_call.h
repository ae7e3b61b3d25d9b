/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cold_call.h - calls that hot code hardly ever makes.
 *
 * A call in a hook makes the compiler save registers on every run. A cold function
 * saves all of them itself, and is called so that the compiler knows. x86 only; the
 * kernel uses no other than general registers.
 */
#ifndef SMCG_COMPAT_COLD_CALL_H
#define SMCG_COMPAT_COLD_CALL_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/asm.h>

#define __smcg_cold_call __attribute__((no_caller_saved_registers)) noinline notrace __used

/* Call a cold function without arguments.  Its value, as u64. */
#define smcg_cold_call(function)						\
({										\
	u64 __value;								\
										\
	asm volatile("call %P[target]"						\
		     : "=a" (__value), ASM_CALL_CONSTRAINT			\
		     : [target] "i" (function) : "memory", "cc");		\
	__value;								\
})

#endif
