// SPDX-License-Identifier: GPL-2.0
#include <linux/irqflags.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include "compat/clock.h"
#include "feed/timeline.h"

/* Two pairs closer than this tell no slope. */
#define MIN_NS	100000

struct pair {
	u64 clock, ns;
};

/* Both clocks at one moment: of some tries, the one that took the least time. */
static struct pair read_pair(void)
{
	struct pair best = {};
	u64 least = U64_MAX;
	unsigned long flags;
	int i;

	local_irq_save(flags);
	for (i = 0; i < 3; i++) {
		u64 before = smcg_clock();
		u64 ns = ktime_get_mono_fast_ns();
		u64 after = smcg_clock();

		if (after - before < least) {
			least = after - before;
			best = (struct pair){ before + (after - before) / 2, ns };
		}
	}
	local_irq_restore(flags);
	return best;
}

u64 smcg_timeline_mark(struct smcg_timeline *line)
{
	struct pair pair;

	if (!static_branch_likely(&smcg_clock_is_tsc))
		return smcg_clock();
	pair = read_pair();
	if (!line->clock) {
		line->clock = pair.clock;
		line->ns = pair.ns;
		line->now = (struct smcg_segment){ pair.clock, pair.ns, 0 };
	} else if (pair.clock > line->clock && pair.ns >= line->ns + MIN_NS) {
		line->before = line->now;
		line->now.clock = line->clock;
		line->now.ns = line->ns;
		line->now.slope = mul_u64_u64_div_u64(pair.ns - line->ns, 1ull << 32,
						      pair.clock - line->clock);
		line->clock = pair.clock;
		line->ns = pair.ns;
	}
	return smcg_clock();
}

u64 smcg_timeline_ns(struct smcg_timeline *line, u64 clock)
{
	const struct smcg_segment *seg;
	u64 ns = clock;

	if (static_branch_likely(&smcg_clock_is_tsc)) {
		seg = clock >= line->now.clock ? &line->now : &line->before;
		ns = seg->ns;
		if (clock > seg->clock)
			ns += mul_u64_u64_shr(clock - seg->clock, seg->slope, 32);
	}
	line->last = max(line->last, ns);
	return line->last;
}

u64 smcg_timeline_ticks(const struct smcg_timeline *line, u64 ns)
{
	if (!static_branch_likely(&smcg_clock_is_tsc))
		return ns;
	/* before the first slope is known: a clock of 8 GHz */
	if (!line->now.slope)
		return ns * 8;
	return mul_u64_u64_div_u64(ns, 1ull << 32, line->now.slope);
}
