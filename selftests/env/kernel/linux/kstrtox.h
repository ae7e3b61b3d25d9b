/* SPDX-License-Identifier: GPL-2.0 */
/* kstrtox.h - user-space twin of the kernel's: a whole number and nothing else. */
#ifndef SMCG_ENV_KSTRTOX_H
#define SMCG_ENV_KSTRTOX_H

#include <ctype.h>
#include <stdlib.h>

static inline int kstrtou64(const char *text, unsigned int base, u64 *value)
{
	char *end;

	text += *text == '+';
	/* strtoull() would take blanks and a minus, too */
	if (!isxdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, (int)base);
	if (errno)
		return -errno;
	end += *end == '\n';
	return end == text || *end ? -EINVAL : 0;
}

#endif
