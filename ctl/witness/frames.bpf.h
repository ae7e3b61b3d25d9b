/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frames.bpf.h - which calls are open, per task and context level; and which
 * groups are watched.
 *
 * A slot is the stack of one (task, level).  Slots sit in a table of fixed
 * size and are claimed by compare-and-swap: no lock, no allocation, so that
 * any context may use them.  Only its owner touches a claimed slot.
 */
#ifndef SMCG_WITNESS_FRAMES_H
#define SMCG_WITNESS_FRAMES_H

#define MAX_DEPTH	8
#define NR_SLOTS	16384
#define PROBES		4

enum frame_type {
	FRAME_NONE,
	FRAME_CHARGE,		/* try_charge_memcg */
	FRAME_RECLAIM,		/* try_to_free_mem_cgroup_pages */
	FRAME_HIGH,		/* reclaim_high */
	FRAME_OOM,		/* mem_cgroup_out_of_memory */
	FRAME_DRAIN,		/* drain_all_stock */
	FRAME_OBJ,		/* obj_cgroup_charge, or the hook behind an allocation of slab objects */
	FRAME_OTHER_UNCHARGE,	/* obj_cgroup_uncharge_pages will come from elsewhere */
	FRAME_MIGRATE,
	FRAME_SWAP_CHARGE,
	FRAME_SWAP_UNCHARGE,
	FRAME_DRAIN_LOCAL,	/* drain_local_memcg_stock */
	FRAME_OVER,		/* mem_cgroup_handle_over_high */
	FRAME_SWAPOUT,		/* mem_cgroup_swapout, legacy */
	FRAME_SOCK,		/* mem_cgroup_charge_skmem, legacy */
	FRAME_MOVE_END,		/* __mem_cgroup_clear_mc, legacy */
	FRAME_MOVE,		/* mem_cgroup_move_account, legacy */
	FRAME_SWAPIN,		/* mem_cgroup_swapin_charge_folio */
	FRAME_SET,		/* a threshold is set or removed, legacy */
	FRAME_PRESSURE,		/* vmpressure_work_fn, legacy */
};

#define F_LAST_OK	1	/* the last counter try succeeded */
#define F_FAILED	2	/* an exact try failed, its event is due */
#define F_FORCED	4
#define F_CHARGED	8	/* of FRAME_OBJ: pages were asked for; of FRAME_SWAPIN, FRAME_MOVE and FRAME_SWAPOUT: it is told */
#define F_JUDGED	16	/* of FRAME_OOM: a charge asked for it */
#define F_CHOSEN	32	/* ... and a victim was found, which is told when it is known who dies with it */

struct frame {
	u16 type, flags;
	u32 nr;
	u64 owner;		/* address of the memcg or object group, never leaves the kernel */
	u64 group;
	u64 over, over_group;	/* of the last exact try that failed: address, id */
	u64 arg;
};

struct call_stack {
	u64 key;		/* 0: free */
	u64 began;
	u32 depth;
	u32 reserved;
	struct frame frames[MAX_DEPTH];
};

struct who {
	u32 tid;
	u16 cpu;
	u8 ctx;
	struct witness_cpu *mine;
	struct witness_notes *notes;	/* of this task, or level of this CPU */
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 << 20);
} steps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NR_SLOTS);
	__type(key, u32);
	__type(value, struct call_stack);
} task_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WITNESS_MAX_CPUS * 4);
	__type(key, u32);
	__type(value, struct call_stack);
} cpu_slots SEC(".maps");

/* Of tasks, where they are preempted inside the kernel: the loader makes room for them there. */
#define NR_NOTES	32768

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NR_NOTES);
	__type(key, u32);
	__type(value, struct witness_notes);
} task_notes SEC(".maps");

struct witness_cpu cpus[WITNESS_MAX_CPUS];
__u64 target_id;			/* cgroup id of the watched subtree's root, 0: nothing yet */
__u32 target_level;

/* Of the legacy hierarchy: set before the programs are loaded. */
const volatile bool legacy;
/* A task may lose its CPU anywhere in the kernel, in a program, too. */
const volatile bool preempts;

/* The preemption count is a variable of its own before 6.2, and part of pcpu_hot after. */
struct pcpu_hot___new {
	int preempt_count;
} __attribute__((preserve_access_index));

extern const int __preempt_count __ksym __weak;
extern const struct pcpu_hot___new pcpu_hot __ksym __weak;

static __always_inline u32 preempt_count(void)
{
	if (&__preempt_count)
		return *(const int *)bpf_this_cpu_ptr(&__preempt_count);
	if (&pcpu_hot)
		return ((const struct pcpu_hot___new *)bpf_this_cpu_ptr(&pcpu_hot))->preempt_count;
	return 0;
}

static __always_inline u32 context_level(void)
{
	u32 value = preempt_count();

	if (value & 0xf00000)
		return SMCG_CTX_NMI;
	if (value & 0x0f0000)
		return SMCG_CTX_HARDIRQ;
	return value & 0x100 ? SMCG_CTX_SOFTIRQ : SMCG_CTX_TASK;
}

/* For the verifier, which forgets what a level can be when it is kept on the stack. */
static __always_inline u32 level_index(u32 level)
{
	barrier_var(level);
	return level & 3;
}

static __always_inline struct witness_cpu *this_cpu(void)
{
	return &cpus[bpf_get_smp_processor_id() & (WITNESS_MAX_CPUS - 1)];
}

static __noinline int notes_begin(struct witness_notes *notes, u32 tid)
{
	if (notes) {
		__builtin_memset(notes, 0, sizeof(*notes));
		notes->tid = tid;
	}
	return 0;
}

/* What is noted of a task, NULL where its CPU keeps that. */
static __always_inline struct witness_notes *notes_of_task(u32 level, u32 tid)
{
	u32 index = tid & (NR_NOTES - 1);
	struct witness_notes *notes;

	if (!preempts || level != SMCG_CTX_TASK || !tid)
		return NULL;
	notes = bpf_map_lookup_elem(&task_notes, &index);
	if (notes && notes->tid != tid)
		notes_begin(notes, tid);
	return notes;
}

static __always_inline void who(struct who *me)
{
	me->tid = (u32)bpf_get_current_pid_tgid();
	me->cpu = bpf_get_smp_processor_id();
	me->ctx = context_level();
	me->mine = &cpus[me->cpu & (WITNESS_MAX_CPUS - 1)];
	/* what it does for the task before it, as it gets the CPU, is nobody's */
	if (preempts && me->mine->switching == me->tid)
		me->tid = 0;
	me->notes = notes_of_task(me->ctx, me->tid);
	if (!me->notes)
		me->notes = &me->mine->notes[level_index(me->ctx)];
}

/* Groups */

static __always_inline bool in_subtree(u64 cgroup)
{
	struct cgroup *group = (struct cgroup *)cgroup, *at;
	u32 level = target_level;

	if (!target_id || !group || BPF_CORE_READ(group, level) < (int)level)
		return false;
	if (bpf_probe_read_kernel(&at, sizeof(at), (void *)(cgroup +
			bpf_core_field_offset(struct cgroup, ancestors) + 8 * (u64)level)))
		return false;
	return BPF_CORE_READ(at, kn, id) == target_id;
}

/* Of a pointer that the verifier knows.  @group is set even if it is not watched. */
#define watched(memcg, group) ({						\
	struct cgroup *__cgroup = (memcg)->css.cgroup;				\
	*(group) = __cgroup->kn->id;						\
	in_subtree((u64)__cgroup);						\
})

static __always_inline u64 group_at(u64 memcg)
{
	return BPF_CORE_READ((struct mem_cgroup *)memcg, css.cgroup, kn, id);
}

static __always_inline bool watched_at(u64 memcg, u64 *group)
{
	u64 cgroup = (u64)BPF_CORE_READ((struct mem_cgroup *)memcg, css.cgroup);

	*group = BPF_CORE_READ((struct cgroup *)cgroup, kn, id);
	return in_subtree(cgroup);
}

/* Slots */

static __always_inline struct call_stack *cpu_slot(const struct who *me)
{
	u32 index = (me->cpu & (WITNESS_MAX_CPUS - 1)) * 4 + (me->ctx & 3);

	return bpf_map_lookup_elem(&cpu_slots, &index);
}

static __always_inline bool by_cpu(const struct who *me)
{
	return me->ctx != SMCG_CTX_TASK || !me->tid;
}

/* The slot of this task and level, if it has a call open. */
static __noinline struct call_stack *task_slot_find(u32 tid)
{
	for (u32 i = 0; i < PROBES; i++) {
		u32 index = (tid + i) & (NR_SLOTS - 1);
		struct call_stack *slot = bpf_map_lookup_elem(&task_slots, &index);

		if (slot && slot->key == tid)
			return slot;
	}
	return NULL;
}

static __noinline struct call_stack *task_slot_claim(u32 tid)
{
	struct call_stack *slot = task_slot_find(tid);

	if (slot)
		return slot;
	for (u32 i = 0; i < PROBES; i++) {
		u32 index = (tid + i) & (NR_SLOTS - 1);

		slot = bpf_map_lookup_elem(&task_slots, &index);
		if (slot && !slot->key && !__sync_val_compare_and_swap(&slot->key, 0, tid)) {
			slot->depth = 0;
			return slot;
		}
	}
	return NULL;
}

static __always_inline struct call_stack *slot_find(const struct who *me)
{
	return by_cpu(me) ? cpu_slot(me) : task_slot_find(me->tid);
}

static __always_inline struct call_stack *slot_claim(const struct who *me)
{
	struct call_stack *slot = by_cpu(me) ? cpu_slot(me) : task_slot_claim(me->tid);

	if (!slot)
		me->mine->no_slot++;
	return slot;
}

static __always_inline struct frame *slot_top(struct call_stack *slot)
{
	return slot->depth ? &slot->frames[(slot->depth - 1) & (MAX_DEPTH - 1)] : NULL;
}

/* Only an open slot may be found and pushed to; an empty one must have been claimed. */
static __always_inline struct frame *slot_push(const struct who *me, struct call_stack *slot, u16 type)
{
	struct frame *frame;

	if (slot->depth >= MAX_DEPTH) {
		me->mine->too_deep++;
		return NULL;
	}
	if (!slot->depth)
		slot->began = bpf_ktime_get_ns();
	frame = &slot->frames[slot->depth & (MAX_DEPTH - 1)];
	slot->depth++;
	frame->type = type;
	frame->flags = 0;
	frame->arg = 0;
	return frame;
}

static __always_inline void slot_pop(struct call_stack *slot)
{
	slot->depth--;
	if (!slot->depth)
		slot->key = 0;
}

static __always_inline void enter(u16 type)
{
	struct call_stack *slot;
	struct who me;

	/* Not before everything is attached: what is pushed must be popped. */
	if (!target_id)
		return;
	who(&me);
	slot = slot_claim(&me);
	if (slot)
		slot_push(&me, slot, type);
}

static __always_inline void leave(u16 type)
{
	struct frame *top;
	struct call_stack *slot;
	struct who me;

	who(&me);
	slot = slot_find(&me);
	if (!slot)
		return;
	top = slot_top(slot);
	if (top && top->type == type)
		slot_pop(slot);
	me.notes->tries.nr = 0;	/* of calls inside, that nobody asked for */
}

#endif
