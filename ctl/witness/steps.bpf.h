/* SPDX-License-Identifier: GPL-2.0 */
/*
 * steps.bpf.h - how a step is told, and how a function is watched without a gap.
 */
#ifndef SMCG_WITNESS_STEPS_H
#define SMCG_WITNESS_STEPS_H

extern const struct memcg_stock_pcp memcg_stock __ksym;

/* Newer kernels have these only where the legacy hierarchy is built. */
struct mem_cgroup___legacy {
	struct page_counter kmem, tcpmem;
} __attribute__((preserve_access_index));

#define MEMORY_OF(memcg)  ((u64)(memcg) + bpf_core_field_offset(struct mem_cgroup, memory))
#define FROM_MEMORY(c)	  ((u64)(c) - bpf_core_field_offset(struct mem_cgroup, memory))
/* Swap, or memory+swap on the legacy hierarchy: they share their place. */
#define SWAP_OF(memcg)	  ((u64)(memcg) + bpf_core_field_offset(struct mem_cgroup, swap))
#define FROM_SWAP(c)	  ((u64)(c) - bpf_core_field_offset(struct mem_cgroup, swap))
#define KMEM_OF(memcg)	  ((u64)(memcg) + bpf_core_field_offset(struct mem_cgroup___legacy, kmem))
#define FROM_KMEM(c)	  ((u64)(c) - bpf_core_field_offset(struct mem_cgroup___legacy, kmem))
#define FROM_TCPMEM(c)	  ((u64)(c) - bpf_core_field_offset(struct mem_cgroup___legacy, tcpmem))
#define EVENTS_LOCAL(m)	  ((u64)(m) + bpf_core_field_offset(struct mem_cgroup, events_local_file))

/* When the outermost open call of this task and level began, 0 if there is none. */
static __always_inline u64 open_since(const struct who *me)
{
	struct call_stack *slot = slot_find(me);

	return slot && slot->depth ? slot->began : 0;
}

struct step {
	u64 group, over, arg, untold, began, time;
	u32 nr;
	s16 result;
	u16 kind;
	u8 depth;
};

static __always_inline void emit(const struct who *me, const struct step *step)
{
	struct witness_step *out;

	out = bpf_ringbuf_reserve(&steps, sizeof(*out), 0);
	if (!out) {
		me->mine->no_room++;
		return;
	}
	out->time = step->time ?: bpf_ktime_get_ns();
	out->kind = step->kind;
	out->ctx = me->ctx;
	out->depth = step->depth;
	out->cpu = me->cpu;
	out->result = step->result;
	out->tid = me->tid;
	out->nr = step->nr;
	out->group = step->group;
	out->over = step->over;
	out->arg = step->arg;
	out->began = step->began ?: out->time;
	out->untold = step->untold;
	/* The reader polls; waking it from here would cost the watched task. */
	bpf_ringbuf_submit(out, BPF_RB_NO_WAKEUP);
	me->mine->steps++;
}

#define EMIT(me, ...) do {					\
	struct step __step = { __VA_ARGS__ };			\
	emit((me), &__step);					\
} while (0)

/*
 * A program that is active on this CPU is skipped by the trampoline if the same call is made again there:
 * by an interrupt, or by another task if the first one was preempted. So each function has more than
 * one program, which run one after the other; the first of them that is not skipped takes the
 * call.  TWICE: functions that interrupts can enter, "name" and "name_b".  ONCE: those of tasks, "name". Both have "name_c"
 * and "name_d" for kernels that preempt tasks in the kernel.  The loader attaches them in reverse order.
 */
static __always_inline void first(u32 hook)
{
	struct witness_cpu *mine = this_cpu();
	u32 level = context_level();
	struct witness_notes *notes = notes_of_task(level, (u32)bpf_get_current_pid_tgid());

	/* Marks of higher levels are stale: none of their calls is open now. */
	mine->seen[hook] = (mine->seen[hook] & ((1u << (8 * level)) - 1)) | (1u << (8 * level));
	if (notes)
		notes->ran[hook] = 1;
}

/*
 * Did none of those before it run?  A mark that a program of its own turn or of a later one left is of another call.
 */
static __always_inline bool later(u32 hook, u32 turn)
{
	struct witness_cpu *mine = this_cpu();
	u32 level = context_level(), shift = 8 * level, before;
	struct witness_notes *notes = notes_of_task(level, (u32)bpf_get_current_pid_tgid());

	if (notes) {
		before = notes->ran[hook];
		notes->ran[hook] = turn + 1;
	} else {
		before = mine->seen[hook] >> shift & 0xff;
		mine->seen[hook] = (mine->seen[hook] & ~(0xffu << shift)) | (turn + 1) << shift;
	}
	if (before && before <= turn)
		return false;
	__sync_fetch_and_add(&mine->covered[hook], 1);
	return true;
}

#define LATER(section, name, suffix, turn, call, args...)	\
SEC(section) int BPF_PROG(name##suffix, ##args)			\
{								\
	if (later(WITNESS_##name, turn))			\
		call;						\
	return 0;						\
}

#define ONCE(section, name, call, args...)			\
SEC(section) int BPF_PROG(name, ##args)				\
{								\
	if (preempts)						\
		first(WITNESS_##name);				\
	call;							\
	return 0;						\
}								\
LATER(section, name, _c, 2, call, ##args)				\
LATER(section, name, _d, 3, call, ##args)

#define TWICE(section, name, call, args...)			\
SEC(section) int BPF_PROG(name, ##args)				\
{								\
	first(WITNESS_##name);					\
	call;							\
	return 0;						\
}								\
LATER(section, name, _b, 1, call, ##args)				\
LATER(section, name, _c, 2, call, ##args)				\
LATER(section, name, _d, 3, call, ##args)

/* Keep the call on the stack while it is open. */
#define AROUND_AS(entry, exit, name, type)			\
ONCE(entry, name, enter(type))					\
ONCE(exit, name##_ret, leave(type))
#define AROUND(function, name, type)				\
	AROUND_AS("fentry/" #function, "fexit/" #function, name, type)

/* The loader takes these only where the kernel has the function. */
#define IF_THERE_AROUND(function, name, type)			\
	AROUND_AS("?fentry/" #function, "?fexit/" #function, name, type)

#endif
