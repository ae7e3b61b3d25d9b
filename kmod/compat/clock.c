// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>
#include <linux/string.h>
#include <asm/tsc.h>

#include "compat/clock.h"

DEFINE_STATIC_KEY_TRUE(smcg_clock_is_tsc);

DEFINE_STATIC_KEY_FALSE(smcg_clock_is_slow);
static unsigned int stretch_ns;

static __always_inline void stretch(void)
{
	u64 end = ktime_get_mono_fast_ns() + READ_ONCE(stretch_ns);

	while (ktime_get_mono_fast_ns() < end)
		cpu_relax();
}

u64 __smcg_cold_call smcg_clock_slow(void)
{
	u64 clock;

	/* before: the slot is reserved; behind: it is not published yet */
	if (unlikely(READ_ONCE(stretch_ns)))
		stretch();
	clock = static_branch_likely(&smcg_clock_is_tsc) ? rdtsc() : ktime_get_mono_fast_ns();
	if (unlikely(READ_ONCE(stretch_ns)))
		stretch();
	return clock;
}

static void choose_path(void)
{
	if (stretch_ns || !static_key_enabled(&smcg_clock_is_tsc))
		static_branch_enable(&smcg_clock_is_slow);
	else
		static_branch_disable(&smcg_clock_is_slow);
}

void smcg_clock_stretch(unsigned int ns)
{
	WRITE_ONCE(stretch_ns, ns);
	choose_path();
}

int smcg_clock_init(const char *wish)
{
	if (!strcmp(wish, "mono") || (!strcmp(wish, "auto") && check_tsc_unstable()))
		static_branch_disable(&smcg_clock_is_tsc);
	else if (strcmp(wish, "auto") && strcmp(wish, "tsc"))
		return -EINVAL;
	choose_path();
	return 0;
}
