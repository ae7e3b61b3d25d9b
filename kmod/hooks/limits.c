// SPDX-License-Identifier: GPL-2.0
/*
 * limits.c - limits are read where they matter.
 *
 * Writes to cgroup files pass no function that could be hooked (an xchg does it), so the
 * slow path compares the limits of a group and of those above it with what was last
 * told. The value is read after the event's clock: of two CPUs that tell at once, the one with
 * the later time has read later.
 */
#include <linux/vmalloc.h>

#include "shadow_memcg.h"
#include "compat/legacy.h"
#include "hooks/group.h"
#include "hooks/record.h"

/* Never a limit: limits are at most PAGE_COUNTER_MAX. */
#define NOT_TOLD ULONG_MAX

/* Both hierarchies have at most so many, each by its place. */
#define PLACES (SMCG_LIMIT_OOM_GROUP + 1)
static_assert(SMCG_LEGACY_LIMITS <= PLACES);

struct limits {
	unsigned long v[PLACES];
};

static __always_inline u32 places(void)
{
	return smcg_legacy ? SMCG_LEGACY_LIMITS : PLACES;
}

static struct limits *told;	/* by css id */

/* @limit: set to its enum smcg_limit. */
static __always_inline unsigned long read_limit(const struct mem_cgroup *group, u32 place,
						u32 *limit)
{
	if (unlikely(smcg_legacy))
		return smcg_legacy_limit(group, place, limit);
	*limit = place;
	switch (place) {
	case SMCG_LIMIT_MAX:
		return READ_ONCE(group->memory.max);
	case SMCG_LIMIT_HIGH:
		return READ_ONCE(group->memory.high);
	case SMCG_LIMIT_MIN:
		return READ_ONCE(group->memory.min);
	case SMCG_LIMIT_LOW:
		return READ_ONCE(group->memory.low);
	case SMCG_LIMIT_SWAP_MAX:
		return READ_ONCE(group->swap.max);
	case SMCG_LIMIT_OOM_GROUP:
		return READ_ONCE(group->oom_group);
	default:
		return READ_ONCE(group->swap.high);
	}
}

static notrace bool record_limit(struct mem_cgroup *group, u32 place)
{
	struct smcg_slot *slot;
	unsigned long limit;
	u32 which;

	preempt_disable_notrace();
	slot = smcg_record_begin();
	if (likely(slot)) {
		/* the clock was read before the limit is */
		rmb();
		limit = read_limit(group, place, &which);
		slot->gfp = 0;
		slot->nr = 0;
		slot->group = group->css.id;
		slot->a = limit;
		slot->b = 0;
		slot->c = 0;
		smcg_publish(slot, smcg_mark(SMCG_EV_LIMIT, which));
		WRITE_ONCE(told[group->css.id].v[place], limit);
	}
	preempt_enable_notrace();
	return slot;
}

notrace void smcg_tell_limit(struct mem_cgroup *group, u32 which, unsigned long limit)
{
	smcg_record(smcg_mark(SMCG_EV_LIMIT, which), group->css.id, 0, 0, limit, 0, 0);
	WRITE_ONCE(told[group->css.id].v[which], limit);
}

notrace void smcg_tell_changed(struct mem_cgroup *group, u32 which)
{
	u32 place;

	if (!smcg_legacy && READ_ONCE(told[group->css.id].v[which]) != read_limit(group, which, &place))
		record_limit(group, which);
}

notrace void smcg_tell_limits(struct mem_cgroup *group)
{
	struct cgroup_subsys_state *css;
	u32 place, which;

	for (css = &group->css; css->parent; css = css->parent) {
		group = container_of(css, struct mem_cgroup, css);
		if (!smcg_bits_of(group))
			continue;
		for (place = 0; place < places(); place++) {
			if (unlikely(READ_ONCE(told[css->id].v[place]) !=
				     read_limit(group, place, &which)))
				record_limit(group, place);
		}
	}
}

bool smcg_record_limits(struct mem_cgroup *group)
{
	u32 place;

	if (group->css.id >= SMCG_MAX_CSS)
		return true;
	for (place = 0; place < places(); place++) {
		if (!record_limit(group, place))
			return false;
	}
	return true;
}

notrace void smcg_forget_limits(u32 id)
{
	u32 place;

	for (place = 0; place < PLACES; place++)
		WRITE_ONCE(told[id].v[place], NOT_TOLD);
}

int smcg_limits_init(void)
{
	u32 id;

	told = vmalloc(array_size(SMCG_MAX_CSS, sizeof(*told)));
	if (!told)
		return -ENOMEM;
	for (id = 0; id < SMCG_MAX_CSS; id++)
		smcg_forget_limits(id);
	return 0;
}

void smcg_limits_exit(void)
{
	vfree(told);
	told = NULL;
}
