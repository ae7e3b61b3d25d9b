// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "compat/btf_member.h"
#include "compat/pressure.h"

u32 smcg_eventfd_id_at;

/* In struct vmpressure_event. */
static u32 eventfd_at, level_at, mode_at, node_at;

/* An integer of four bytes, or with @size another kind of member. */
static int find(const char *structure, const char *name, u32 size, u32 *at)
{
	struct smcg_member member;
	int err = smcg_btf_member(structure, name, &member);

	if (err)
		return err;
	if (member.size != size || member.nr != 1) {
		pr_err("%s.%s has another size in this kernel\n", structure, name);
		return -EOPNOTSUPP;
	}
	*at = member.offset;
	return 0;
}

int smcg_pressure_init(void)
{
	static const struct {
		const char *structure, *name;
		u32 size, *at;
	} wanted[] = {
		{ "eventfd_ctx", "id", sizeof(int), &smcg_eventfd_id_at },
		{ "vmpressure_event", "efd", sizeof(void *), &eventfd_at },
		{ "vmpressure_event", "level", sizeof(int), &level_at },
		{ "vmpressure_event", "mode", sizeof(int), &mode_at },
		{ "vmpressure_event", "node", sizeof(struct list_head), &node_at },
	};
	u32 i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(wanted) && !err; i++)
		err = find(wanted[i].structure, wanted[i].name, wanted[i].size, wanted[i].at);
	return err;
}

#if SMCG_LEGACY_HOSTS

void smcg_pressure_listeners(struct mem_cgroup *group,
			     void (*tell)(struct mem_cgroup *group, u32 id, u32 level, u32 mode))
{
	struct vmpressure *pressure = &group->vmpressure;
	struct list_head *at;

	/* A new one goes to the front. */
	mutex_lock(&pressure->events_lock);
	for (at = pressure->events.prev; at != &pressure->events; at = at->prev) {
		const void *listener = (const void *)at - node_at;

		tell(group, smcg_eventfd_id(*(const void *const *)(listener + eventfd_at)),
		     *(const u32 *)(listener + level_at), *(const u32 *)(listener + mode_at));
	}
	mutex_unlock(&pressure->events_lock);
}

#else

void smcg_pressure_listeners(struct mem_cgroup *group,
			     void (*tell)(struct mem_cgroup *group, u32 id, u32 level, u32 mode))
{
}

#endif
