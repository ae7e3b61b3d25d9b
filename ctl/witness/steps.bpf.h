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
	u64 group, over, arg, began, time;
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
	out->reserved = 0;
	/* The reader polls; waking it from here would cost the watched task. */
	bpf_ringbuf_submit(out, BPF_RB_NO_WAKEUP);
	me->mine->steps++;
}

#define EMIT(me, ...) do {					\
	struct step __step = { __VA_ARGS__ };			\
	emit((me), &__step);					\
} while (0)

/*
 * Each function that interrupts can enter has two programs, "name" and
 * "name_b".  The loader attaches the _b programs first, so that they run
 * second.  A program that is active on this CPU is skipped by the trampoline
 * if an interrupt makes the same call; then the other takes it.
 */
static __always_inline void first(u32 hook)
{
	struct witness_cpu *mine = this_cpu();
	u32 level = context_level();

	/* Marks of higher levels are stale: none of their calls is open now. */
	mine->seen[hook] = (mine->seen[hook] & ((1u << (8 * level)) - 1)) | (1u << (8 * level));
}

static __always_inline bool second(u32 hook)
{
	struct witness_cpu *mine = this_cpu();
	u32 mark = 1u << (8 * context_level());

	if (mine->seen[hook] & mark) {
		mine->seen[hook] &= ~mark;
		return false;
	}
	mine->covered[hook]++;
	return true;
}

#define TWICE(hook, section, name, call, args...)		\
SEC(section) int BPF_PROG(name, args)				\
{								\
	first(hook);						\
	call;							\
	return 0;						\
}								\
SEC(section) int BPF_PROG(name##_b, args)			\
{								\
	if (second(hook))					\
		call;						\
	return 0;						\
}

/* Keep the call on the stack while it is open. */
#define AROUND_AS(entry, exit, name, type)			\
SEC(entry) int BPF_PROG(name)					\
{								\
	enter(type);						\
	return 0;						\
}								\
SEC(exit) int BPF_PROG(name##_ret)				\
{								\
	leave(type);						\
	return 0;						\
}
#define AROUND(function, name, type)				\
	AROUND_AS("fentry/" #function, "fexit/" #function, name, type)

/* The loader takes these only where the kernel has the function. */
#define IF_THERE_AROUND(function, name, type)			\
	AROUND_AS("?fentry/" #function, "?fexit/" #function, name, type)

#endif
