// SPDX-License-Identifier: GPL-2.0
/*
 * group.c - groups come and go.
 */
#include <linux/cgroup.h>

#include "compat/regs.h"
#include "hooks/group.h"
#include "hooks/hooks.h"
#include "hooks/record.h"

notrace bool smcg_record_group(u32 type, struct cgroup_subsys_state *css)
{
	u32 flags = css->id < SMCG_MAX_CSS ? smcg_group_bits[css->id] : 0;

	if (type != SMCG_EV_GROUP_ONLINE && !(css->flags & CSS_ONLINE))
		flags |= SMCG_GROUP_DYING;
	return smcg_record(smcg_mark(type, 0), css->id, 0, 0, css->cgroup->kn->id,
			   css->parent ? css->parent->id : 0, flags);
}

/* A new group is what its parent is; the root itself is never recorded. */
static __always_inline u8 inherited_bits(const struct cgroup_subsys_state *parent)
{
	return parent->parent ? READ_ONCE(smcg_group_bits[parent->id]) : READ_ONCE(smcg_top_bits);
}

static void notrace on_online(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			      struct ftrace_regs *regs)
{
	struct cgroup_subsys_state *css = (struct cgroup_subsys_state *)smcg_arg0(regs);

	if (smcg_hook_off())
		return;
	if (css->parent && css->id < SMCG_MAX_CSS && css->parent->id < SMCG_MAX_CSS) {
		WRITE_ONCE(smcg_group_bits[css->id], inherited_bits(css->parent));
		smcg_forget_limits(css->id);
	}
	smcg_record_group(SMCG_EV_GROUP_ONLINE, css);
}

static void notrace on_offline(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			       struct ftrace_regs *regs)
{
	struct cgroup_subsys_state *css = (struct cgroup_subsys_state *)smcg_arg0(regs);

	if (!smcg_hook_off())
		smcg_record(smcg_mark(SMCG_EV_GROUP_OFFLINE, 0), css->id, 0, 0, 0, 0, 0);
}

static void notrace on_css_free(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				struct ftrace_regs *regs)
{
	struct cgroup_subsys_state *css = (struct cgroup_subsys_state *)smcg_arg0(regs);

	if (smcg_hook_off())
		return;
	smcg_record(smcg_mark(SMCG_EV_GROUP_FREE, 0), css->id, 0, 0, 0, 0, 0);
	if (css->id < SMCG_MAX_CSS)
		WRITE_ONCE(smcg_group_bits[css->id], 0);
}

struct smcg_hook smcg_group_hooks[] = {
	{
		.name = "group_online", .symbols = { "mem_cgroup_css_online" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_online, .why = "new groups unknown",
	}, {
		.name = "group_offline", .symbols = { "mem_cgroup_css_offline" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_offline,
		.why = "object groups would not move",
	}, {
		.name = "group_free", .symbols = { "mem_cgroup_css_free" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_css_free,
		.why = "ids of groups would be mixed up",
	}, {
		.name = NULL
	}
};
