// SPDX-License-Identifier: GPL-2.0
/*
 * pressure.c - reclaim tells how hard it is to get memory from a group, and users listen; on the legacy hierarchy.
 *
 * The list of listeners is kept under a mutex, which no hook may take: who comes and goes is told, the rest
 * by the baseline.
 */
#include "shadow_memcg.h"
#include "compat/pressure.h"
#include "compat/regs.h"
#include "hooks/hooks.h"
#include "hooks/record.h"

static void notrace on_told(void *data, struct pt_regs *regs)
{
	struct mem_cgroup *group = *(struct mem_cgroup **)data;

	if (!smcg_hook_off())
		smcg_record(smcg_mark(SMCG_EV_PRESSURE_RET, 0), group->css.id, 0, 0, 0, 0,
			    smcg_pressure_sums(group));
}

/* Reclaimers of a group at the same time. */
static struct smcg_return told_return = {
	.handler = on_told, .data_size = sizeof(struct mem_cgroup *), .nr = 256,
};

/* vmpressure(gfp, group, tree, scanned, reclaimed); who reclaims holds the group, NULL is the root. */
static void notrace on_pressure(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				struct ftrace_regs *regs)
{
	struct mem_cgroup *group = (struct mem_cgroup *)smcg_arg1(regs), **data;

	if (smcg_hook_off() || !group || !(smcg_bits_of(group) & SMCG_GROUP_WATCHED))
		return;
	preempt_disable_notrace();
	data = smcg_return_get(&told_return);
	if (likely(data)) {
		smcg_record(smcg_mark(SMCG_EV_PRESSURE, smcg_arg2(regs) & 0xff), group->css.id, 0,
			    smcg_arg0(regs), smcg_arg3(regs), smcg_arg4(regs), smcg_pressure_sums(group));
		*data = group;
		smcg_return_arm(data, regs);
	}
	preempt_enable_notrace();
}

static void notrace on_looked(void *data, struct pt_regs *regs)
{
	if (!smcg_hook_off())
		smcg_record(smcg_mark(SMCG_EV_PRESSURE_WORK_RET, 0), *(u32 *)data, 0, 0, 0, 0, 0);
}

/* One at a time for each group; they wait for those who come to listen. */
static struct smcg_return looked_return = {
	.handler = on_looked, .data_size = sizeof(u32), .nr = 256,
};

/* vmpressure_work_fn(work); the group may be gone as it returns. */
static void notrace on_work(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			    struct ftrace_regs *regs)
{
	struct mem_cgroup *group = smcg_pressure_owner((struct work_struct *)smcg_arg0(regs));

	u32 *data;

	if (smcg_hook_off() || !(smcg_bits_of(group) & SMCG_GROUP_WATCHED))
		return;
	preempt_disable_notrace();
	data = smcg_return_get(&looked_return);
	if (likely(data)) {
		smcg_record(smcg_mark(SMCG_EV_PRESSURE_WORK, 0), group->css.id, 0, 0, 0, 0,
			    smcg_pressure_sums(group));
		*data = group->css.id;
		smcg_return_arm(data, regs);
	}
	preempt_enable_notrace();
}

/* Listeners */

static const char *const levels[] = { "low", "medium", "critical" };
static const char *const modes[] = { "default", "hierarchy", "local" };

/* The name at the front of what is written to cgroup.event_control, up to a comma.  Return: its index, -1 none. */
static notrace int name_at(const char *text, const char *const names[], int nr)
{
	int i, k;

	for (i = 0; i < nr; i++) {
		for (k = 0; names[i][k] && names[i][k] == text[k]; k++)
			;
		if (!names[i][k] && (!text[k] || text[k] == ','))
			return i;
	}
	return -1;
}

/* Return: the kernel will take it. */
static notrace bool read_argument(const char *text, int *level, int *mode)
{
	*level = name_at(text, levels, ARRAY_SIZE(levels));
	*mode = SMCG_LISTEN_DEFAULT;
	if (*level < 0)
		return false;
	text += strlen(levels[*level]);
	if (*text == ',')
		*mode = name_at(text + 1, modes, ARRAY_SIZE(modes));
	return *mode >= 0;
}

struct listening {
	u32 group, id;
	u8 what, level, mode;
};

static notrace void tell(const struct listening *l)
{
	smcg_record(smcg_mark(SMCG_EV_PRESSURE_LISTEN, l->what), l->group, l->id, 0, l->level, l->mode, 0);
}

static void notrace on_listening(void *data, struct pt_regs *regs)
{
	struct listening *l = data;

	if (smcg_hook_off())
		return;
	if (l->what == SMCG_LISTEN_GOES)
		l->what = SMCG_LISTEN_GONE;
	else
		l->what = (int)regs_return_value(regs) ? SMCG_LISTEN_FAILED : SMCG_LISTEN_THERE;
	tell(l);
}

/* They may wait for each other, and for a worker. */
static struct smcg_return listening_return = {
	.handler = on_listening, .data_size = sizeof(struct listening), .nr = 64,
};

static __always_inline void begin(const struct listening *now, struct ftrace_regs *regs)
{
	struct listening *data;

	preempt_disable_notrace();
	data = smcg_return_get(&listening_return);
	if (likely(data)) {
		tell(now);
		*data = *now;
		smcg_return_arm(data, regs);
	}
	preempt_enable_notrace();
}

/* Those of the root hear of groups below it. */
static __always_inline bool matters(const struct mem_cgroup *group)
{
	return !smcg_hook_off() && (smcg_bits_of(group) || !group->css.parent);
}

/* vmpressure_register_event(group, eventfd, arguments) */
static void notrace on_register(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				struct ftrace_regs *regs)
{
	const struct mem_cgroup *group = (const struct mem_cgroup *)smcg_arg0(regs);
	struct listening now = { .what = SMCG_LISTEN_COMES };
	int level, mode;

	if (!matters(group) || !read_argument((const char *)smcg_arg2(regs), &level, &mode))
		return;
	now.group = group->css.id;
	now.id = smcg_eventfd_id((const void *)smcg_arg1(regs));
	now.level = level;
	now.mode = mode;
	begin(&now, regs);
}

/* vmpressure_unregister_event(group, eventfd) */
static void notrace on_unregister(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				  struct ftrace_regs *regs)
{
	const struct mem_cgroup *group = (const struct mem_cgroup *)smcg_arg0(regs);
	struct listening now = { .what = SMCG_LISTEN_GOES };

	if (!matters(group))
		return;
	now.group = group->css.id;
	now.id = smcg_eventfd_id((const void *)smcg_arg1(regs));
	begin(&now, regs);
}

static void tell_one(struct mem_cgroup *group, u32 id, u32 level, u32 mode)
{
	smcg_record(smcg_mark(SMCG_EV_PRESSURE_LISTEN, SMCG_LISTEN_BASE), group->css.id, id, 0, level, mode, 0);
}

void smcg_record_listeners(struct mem_cgroup *group)
{
	smcg_record(smcg_mark(SMCG_EV_PRESSURE_LISTEN, SMCG_LISTEN_ANEW), group->css.id, 0, 0, 0, 0, 0);
	smcg_pressure_listeners(group, tell_one);
}

struct smcg_hook smcg_pressure_hooks[] = {
	{
		.name = "pressure_return", .symbols = { "vmpressure" },
		.kind = SMCG_HOOK_RETURN, .ret = &told_return, .spare = smcg_spare_legacy,
		.why = "memory pressure unknown",
	}, {
		.name = "pressure", .symbols = { "vmpressure" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_pressure, .spare = smcg_spare_legacy,
		.why = "memory pressure unknown",
	}, {
		.name = "pressure_work_return", .symbols = { "vmpressure_work_fn" },
		.kind = SMCG_HOOK_RETURN, .ret = &looked_return, .spare = smcg_spare_legacy,
		.why = "levels of memory pressure unknown",
	}, {
		.name = "pressure_work", .symbols = { "vmpressure_work_fn" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_work, .spare = smcg_spare_legacy,
		.why = "levels of memory pressure unknown",
	}, {
		.name = "listen_return", .symbols = { "vmpressure_register_event" },
		.kind = SMCG_HOOK_RETURN, .ret = &listening_return, .spare = smcg_spare_legacy,
		.why = "who listens for memory pressure unknown",
	}, {
		.name = "listen", .symbols = { "vmpressure_register_event" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_register, .spare = smcg_spare_legacy,
		.why = "who listens for memory pressure unknown",
	}, {
		.name = "listen_end", .symbols = { "vmpressure_unregister_event" },
		.kind = SMCG_HOOK_ENTRY, .entry = on_unregister, .spare = smcg_spare_legacy,
		.why = "who listens for memory pressure unknown",
	}, {
		.name = NULL
	}
};
