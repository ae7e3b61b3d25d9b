/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kallsyms.h - symbols that the kernel does not export to modules.
 *
 * kallsyms_lookup_name() lost its export in 5.7.  A kprobe may still be put on
 * it by name, and tells its address when registered.
 */
#ifndef SMCG_COMPAT_KALLSYMS_H
#define SMCG_COMPAT_KALLSYMS_H

#include <linux/static_call.h>
#include <linux/types.h>

/**
 * smcg_kallsyms_init() - make smcg_lookup() work.
 * Context: process.  Return: 0 or a negative errno.
 */
int smcg_kallsyms_init(void);

/* Address of a symbol, 0 when there is none.  Process context. */
unsigned long smcg_lookup(const char *name);

/**
 * smcg_lookup_range() - where a function begins and ends.
 * Context: process.  Return: 0, or -ENOENT.
 */
int smcg_lookup_range(const char *name, unsigned long *start, unsigned long *end);

/*
 * Functions that the kernel does not export are called by static calls, that is directly: with
 * IBT the landing marks of functions whose address is never taken are removed at boot, and a
 * call through a pointer would fault. After SMCG_KERNEL_CALL(name) in a file and
 * smcg_find_call(name), static_call(smcg_call_NAME)(...) is the call. As DEFINE_STATIC_CALL, with
 * one definition in the module.
 */
#define SMCG_KERNEL_CALL(name, prototype) DEFINE_STATIC_CALL_NULL(smcg_call_##name, prototype)

/* Find the function of that name.  Process context, may sleep.  False when there is none. */
#define smcg_find_call(name)							\
({										\
	void *__function = (void *)smcg_lookup(#name);				\
										\
	if (__function)								\
		static_call_update(smcg_call_##name, __function);		\
	__function != NULL;							\
})

#endif
