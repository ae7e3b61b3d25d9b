/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * shadow_memcg - records that cross the border between module, tool and files.
 *
 * Every record is 64 bytes, little endian (x86_64 only), without padding.
 * SMCG_ABI changes when a layout changes, SMCG_SCHEMA when the meaning of a
 * field or the set of types grows.  A reader refuses another ABI, and refuses
 * a schema newer than its own.
 *
 * Words: "group" is a mirrored memory cgroup.  Within one stream it is named by
 * the id of its memory css (32 bit, unique until SMCG_EV_GROUP_FREE); what
 * leaves the engine names it by the 64-bit id of its cgroup.  "Pages" are
 * 4 KiB base pages.  No field ever holds a kernel address.
 */
#ifndef _UAPI_SHADOW_MEMCG_H
#define _UAPI_SHADOW_MEMCG_H

#include <linux/types.h>

#define SMCG_ABI	1
#define SMCG_SCHEMA	8
#define SMCG_MAGIC	0x47434d5357444853ULL	/* "SHDWSMCG" */

#define SMCG_NO_PFN	(~0ULL)
#define SMCG_NO_LIMIT	(~0ULL)			/* "max" in a cgroup file */

/* Context level of an event: who runs on the CPU. */
enum smcg_ctx {
	SMCG_CTX_TASK,
	SMCG_CTX_SOFTIRQ,
	SMCG_CTX_HARDIRQ,
	SMCG_CTX_NMI,
	SMCG_CTX_NR,
};

/* Allocation flags that the charge path looks at, normalised over kernels. */
#define SMCG_GFP_NOFAIL		(1u << 0)
#define SMCG_GFP_HIGH		(1u << 1)
#define SMCG_GFP_NORETRY	(1u << 2)
#define SMCG_GFP_RETRY_MAYFAIL	(1u << 3)
#define SMCG_GFP_BLOCKING	(1u << 4)	/* __GFP_DIRECT_RECLAIM */
#define SMCG_GFP_ATOMIC		(1u << 5)	/* __GFP_ATOMIC, before 6.3 */
#define SMCG_GFP_ACCOUNT	(1u << 6)
#define SMCG_GFP_FS		(1u << 7)
#define SMCG_GFP_IO		(1u << 8)
#define SMCG_GFP_NOSPIN		(1u << 9)	/* no kind of reclaim: locks may not be spun on, 7.2 */
#define SMCG_GFP_MOVABLE	(1u << 10)
#define SMCG_GFP_HIGHMEM	(1u << 11)

/* State of the task, normalised.  IN_OOM, DYING and REAPED: slow-path events only. */
#define SMCG_TASK_MEMALLOC	(1u << 0)	/* PF_MEMALLOC */
#define SMCG_TASK_IN_OOM	(1u << 1)	/* already in a memcg OOM */
#define SMCG_TASK_DYING		(1u << 2)	/* killed, exiting or OOM victim */
#define SMCG_TASK_KTHREAD	(1u << 3)
#define SMCG_TASK_REAPED	(1u << 4)	/* OOM victim whose memory is given up on */

/* Which function of the kernel asked: smcg_event.caller. */
enum smcg_caller {
	SMCG_BY_OTHER,
	SMCG_BY_FOLIO,		/* charge of a folio */
	SMCG_BY_OBJ,		/* obj_cgroup_charge: the byte stock missed */
	SMCG_BY_KMEM_PAGE,	/* __memcg_kmem_charge_page */
	SMCG_BY_SOCK,		/* mem_cgroup_charge_skmem */
	SMCG_BY_PRECHARGE,	/* legacy charge moving */
	SMCG_BY_CHARGE,		/* try_charge_memcg itself */
	SMCG_BY_UNCHARGE,	/* uncharge_batch */
	SMCG_BY_DRAIN,		/* drain_stock */
	SMCG_BY_CPU_DEAD,	/* stock of a CPU that went offline */
	SMCG_BY_SWAP,		/* swap charge or uncharge: the swap counter */
	SMCG_BY_MIGRATE,	/* mem_cgroup_migrate */
	SMCG_BY_OBJ_DRAIN,	/* drain_obj_stock */
	SMCG_BY_DRAIN_WORK,	/* drain_local_stock */
	SMCG_BY_HIGH,		/* reclaim_high */
	SMCG_BY_WRITE,		/* a cgroup file was written */
	SMCG_BY_HUGETLB,	/* hugetlb page: charged, and that taken back */
	SMCG_BY_REFILL,		/* refill_stock itself, past the stock (7.2) */
	SMCG_BY_OBJ_DRAIN_WORK,	/* drain_local_obj_stock (7.2) */
	SMCG_BY_OBJ_FREE,	/* obj_cgroup_release itself: pages, kernel memory (7.2) */
	SMCG_BY_SWAPOUT,	/* mem_cgroup_swapout, legacy */
	SMCG_BY_MOVE,		/* charges move with a task, or that ends; legacy */
	SMCG_BY_NR,
};

/*
 * What a folio is for.  A charge tells SWAPPABLE of one of a tmpfs, and of any that comes from swap (SWAPIN); a folio
 * that goes to swap is anonymous, or SWAPPABLE.
 */
enum smcg_folio { SMCG_FOLIO_UNTOLD, SMCG_FOLIO_ANON, SMCG_FOLIO_CACHE, SMCG_FOLIO_SWAPPABLE, SMCG_FOLIO_NR };
#define SMCG_FOLIO_SHIFT	16

/*
 * Events.  The comment gives the hooked place, then the fields that carry
 * something besides time, cpu, ctx and tid.  [irq-off] says that the effect
 * follows with interrupts disabled, so order on that CPU is exact; [window]
 * that an interrupt may slip in between the event and its effect.
 */
enum smcg_event_type {
	SMCG_EV_NONE,

	/* Life of the stream */
	SMCG_EV_START,		/* a world begins: nr=jiffies in a second, 0: 250; gfp=SMCG_START_* a=nr_cpus b=nr_nodes c=mode */
	SMCG_EV_GAP,		/* events lost before this one: cpu, a=how many */
	SMCG_EV_BARRIER,	/* every earlier event was applied: a=cookie */
	SMCG_EV_BASE_STOCK,	/* baseline of one CPU: group nr a=objcg b=bytes c=flushing */
	SMCG_EV_BASE_COUNTER,	/* group a=memory b=swap pages c=kmem pages */
	/* caller 0: of the subtree, 1: of the group alone, without c; 2 and 3 likewise: a=low<<32|oom_group_kill, 2: b=swap high, 3: b=effective min c=effective low */
	SMCG_EV_BASE_EVENTS,	/* group caller a=max<<32|high b=oom<<32|oom_kill c=swap max<<32|fail */
	SMCG_EV_BASE_OBJCG,	/* group a=objcg b=nr_charged_bytes */
	SMCG_EV_BASE_DONE,

	/* Life of groups */
	SMCG_EV_GROUP_ONLINE,	/* group a=cgroup id b=parent group c=flags SMCG_GROUP_* */
	SMCG_EV_GROUP_OFFLINE,	/* group (objcgs move to the parent) */
	SMCG_EV_GROUP_FREE,	/* group: its css id may be used again */
	SMCG_EV_GROUP_FLAGS,	/* group c=flags SMCG_GROUP_*: (un)watched */
	SMCG_EV_LIMIT,		/* group caller=enum smcg_limit a=pages */
	SMCG_EV_CPU_DEAD,	/* memcg_hotplug_cpu_dead: a=dead cpu */

	/* Charge path */
	/* of a task: c=1 + pages that it has collected over high; 7.2, in an interrupt: c=1 + pages in this group's slot */
	SMCG_EV_CHARGE,		/* try_charge_memcg [window]: group nr gfp task caller a=pfn b=node|enum smcg_folio<<SMCG_FOLIO_SHIFT */
	/*
	 * In TRY_*, RECLAIM_RET, RECLAIM_HIGH, MARGIN and DRAIN_TRY gfp and c hold what was read of the
	 * counter and of the two levels above (low and high half of c), in pages plus one, 0 not told.
	 */
	SMCG_EV_TRY_ENTER,	/* page_counter_try_charge: group(counter's) nr caller a=SMCG_MUTEX_* */
	SMCG_EV_TRY_RET,	/* its return: as ENTER; a=1 ok, 0 failed; b=group over its limit; task */
	SMCG_EV_COUNTER_CHARGE,	/* page_counter_charge: group nr caller */
	/* of memory by SMCG_BY_UNCHARGE: b=1 + folios of user memory in the batch, 0 not told; c=pages of the kernel's in it */
	SMCG_EV_COUNTER_UNCHARGE, /* page_counter_uncharge: group nr caller */
	SMCG_EV_COUNTER_RET,	/* return of one of the two: it has taken effect */
	/*
	 * 7.2: refill_stock [window]: a=1 + pages in this group's slot, 1 when it has none; b=1 + index of the slot
	 * that it goes to: its own (then |SMCG_REFILL_OWN), else the first free one, else that of the running index; 0 not told.
	 */
	SMCG_EV_REFILL,		/* __refill_stock [irq-off]: group nr caller a=1 + pages held before */
	/* 7.2: entry of drain_local_memcg_stock (SMCG_BY_DRAIN_WORK) or of drain_local_obj_stock [window] */
	SMCG_EV_DRAIN_LOCAL,	/* drain_stock out of drain_local_stock [irq-off]; 7.2: b=SMCG_OWES_*, out of a drain */
	/*
	 * In DRAIN_ALL and its return: a=mask of CPUs that it would flush, if c=1; b=pages plus one; both as read.
	 * 7.2: a is the mask for page stocks, nr and gfp are low and high half of that for object stocks.
	 */
	SMCG_EV_DRAIN_ALL,	/* drain_all_stock entered, mutex held: group caller */
	SMCG_EV_DRAIN_QUEUED,	/* its work queued: a=cpu b=SMCG_OWES_* of its stock, as read now; c=1 its object stock (7.2) */
	SMCG_EV_DRAIN_ALL_RET,	/* its return */
	SMCG_EV_RECLAIM,	/* try_to_free_mem_cgroup_pages: group nr caller */
	SMCG_EV_RECLAIM_RET,	/* its return: group a=pages reclaimed b=SMCG_MUTEX_*; task */
	SMCG_EV_OOM,		/* mem_cgroup_out_of_memory: group nr=order caller */
	SMCG_EV_OOM_RET,	/* its return: a=1 made progress; task */
	SMCG_EV_RECLAIM_HIGH,	/* reclaim_high: group nr caller */
	SMCG_EV_OOM_KILL,	/* __oom_kill_process: group of the victim */

	/*
	 * Kernel memory.  In the first three nr holds what was read of this CPU's byte stock:
	 * 0 not told, 1 it is of another object group (7.2: this one has no slot), else 2 + bytes.
	 * 7.2: a refill (__refill_obj_stock) is seen when it has tried for the lock of the object stock: in locks it was
	 * free, and is now its own, or held.
	 */
	SMCG_EV_OBJ_CHARGE,	/* obj_cgroup_charge [window]: group a=objcg b=bytes */
	SMCG_EV_OBJ_REFILL,	/* refill_obj_stock [window]: group a=objcg b=bytes c=allow uncharge */
	SMCG_EV_OBJ_STATE,	/* mod_objcg_state [window]: group a=objcg */
	/* 7.2: drain_obj_stock_slot of one that has an owner: a=index b=objcg caller, 0 out of a refill */
	SMCG_EV_OBJ_DRAIN,	/* drain_obj_stock (caller: of a dead CPU) [irq-off]: nr=1 + bytes held before, 0 not told */
	SMCG_EV_KMEM_UNCHARGE,	/* obj_cgroup_uncharge_pages: group nr a=objcg caller */
	SMCG_EV_OBJCG_FREE,	/* obj_cgroup_release: a=objcg; its id may be used again */
	SMCG_EV_SOCK_UNCHARGE,	/* mem_cgroup_uncharge_skmem: group nr */

	/* Pages */
	SMCG_EV_ALLOC,		/* mm_page_alloc of a page charged earlier: a=pfn b=node nr=order */
	SMCG_EV_FREE,		/* mm_page_free: a=pfn nr=order */
	SMCG_EV_MIGRATE,	/* mem_cgroup_migrate, replace_folio (caller 0): group nr a=old pfn b=new pfn */
	SMCG_EV_SPLIT,		/* split_page_memcg: a=pfn nr=pages b=pages of a part, 0 is 1 */
	SMCG_EV_SWAP_CHARGE,	/* __mem_cgroup_try_charge_swap: group(also one that is not followed) nr gfp=enum smcg_folio a=pfn b=1 if no slot c=first swap entry */
	SMCG_EV_SWAP_UNCHARGE,	/* __mem_cgroup_uncharge_swap: nr c=1 + pages that the task has collected over high */

	/* Later additions */
	SMCG_EV_MARGIN,		/* a charge looks at the margin now, after RECLAIM_RET: group b=SMCG_MUTEX_* */
	SMCG_EV_DRAIN_TRY,	/* it has, and tries to take the drain's mutex: group b=SMCG_MUTEX_* just before */
	/*
	 * Baseline of one CPU of 7.2, every slot, empty ones too: c=1 pages: group nr a=index; c=2 bytes: group
	 * nr=bytes a=index b=objcg; c=3, the last: nr=running index of pages, b=of bytes, a=flushing, bit 0 pages, bit 1 bytes.
	 */
	SMCG_EV_BASE_SLOT,	/* by the CPU itself, as BASE_STOCK */
	SMCG_EV_SLOT_DRAIN,	/* drain_stock outside of drain_local_memcg_stock (7.2): group a=index nr=pages */
	SMCG_EV_OOM_SCAN,	/* a victim is searched, mem_cgroup_scan_tasks(): group a=pages of swap that there are, 0 if none is used */
	/* oom_evaluate_task() looks at a task, caller 1 its return: group(the task's) nr=its id gfp=SMCG_OOM_* a=rss|swap<<32 b=pages of page tables c=oom_score_adj */
	SMCG_EV_OOM_TASK,	/* that task */
	SMCG_EV_OOM_SCAN_RET,	/* it was searched: group gfp=SMCG_SCAN_* nr=id of the task chosen b=its badness */
	SMCG_EV_TASK_NEW,	/* task_newtask: a=its id nr=pages over high that it inherits */
	SMCG_EV_HIGH_HANDLE,	/* mem_cgroup_handle_over_high: group(the task's) nr=pages collected caller */
	SMCG_EV_HIGH_HANDLED,	/* its return */
	SMCG_EV_HIGH_SLEEP,	/* schedule_timeout_killable out of it: nr=jiffies */
	SMCG_EV_HIGH_WORK,	/* a charge queues reclaim over high for a worker: group */
	/* mem_cgroup_calculate_protection(), where anything is protected; caller 1 its return: group a=emin b=elow c=group reclaimed from */
	SMCG_EV_PROTECT,	/* of that group */
	SMCG_EV_SHRINK,		/* shrink_lruvec out of shrink_node: group */

	/*
	 * Legacy hierarchy only.  There TRY_ENTER tells in b, COUNTER_CHARGE and COUNTER_UNCHARGE in a
	 * which counter they are about (enum smcg_which); RECLAIM_RET, MARGIN and DRAIN_TRY have in nr
	 * what was read of the group's memory+swap, in pages plus one, 0 not told.
	 */
	SMCG_EV_BASE_LEGACY,	/* baseline: group caller=enum smcg_which a=pages b=most c=failcnt nr=users of its id */
	SMCG_EV_SWAPOUT,	/* mem_cgroup_swapout: group(also one that is not followed) nr gfp=enum smcg_folio a=pfn c=first swap entry */
	SMCG_EV_SOCK_CHARGE,	/* mem_cgroup_charge_skmem: group nr gfp */
	SMCG_EV_MOVE,		/* mem_cgroup_move_account has moved a folio: group=to nr a=pfn b=from c=node */
	SMCG_EV_MOVE_ENTRY,	/* a swap entry has moved: nr a=entry */
	SMCG_EV_MOVE_END,	/* __mem_cgroup_clear_mc: what moved with a task is settled */
	SMCG_EV_BASE_PAGE_EVENTS, /* baseline: group nr=cpu a=pages counted there b=target of thresholds c=of the soft limit */
	SMCG_EV_THRESHOLD_SET,	/* one of the thresholds that are looked at next: group caller=enum smcg_which nr=how many a=pages b=index c=1 + index of the last reached */
	/* __mem_cgroup_threshold: group caller=SMCG_BY_WRITE: one is set, nr=how many a=1 + usage b=enum smcg_which c=1 + pages counted on this CPU; as read */
	SMCG_EV_THRESHOLD,	/* they are looked at: usage of one counter */
	SMCG_EV_OOM_NOTIFY,	/* mem_cgroup_oom_notify: group */
	SMCG_EV_OOM_WAIT,	/* mem_cgroup_oom_synchronize: the task waits, the OOM killer is off: group */
	SMCG_EV_OOM_WAITED,	/* its return */
	/*
	 * 7.2: a task loses its CPU inside the kernel, caller 1: it runs again. In the first is what was read of this CPU's stocks:
	 * a=pages of each slot, 8 bits each|SMCG_SWITCH_* b=bytes of the first four slots, 16 bits each nr=of the fifth
	 * c=slots that have an owner: of pages in bits 0-6, of bytes in bits 8-12; while what of a group is protected is computed,
	 * 1 + emin in bits 16-39, 1 + elow in bits 40-63, as read of the group, 0 not told. gfp=1 + pages that the task has collected over high.
	 */
	SMCG_EV_PREEMPTED,	/* sched_switch */
	SMCG_EV_TRY_SEEN,	/* just before the first, and just after the second, in a try of that task, or in what COUNTER_* tell of: a=SMCG_TRY_*; group(counter's) caller gfp c, as TRY_ENTER */
	SMCG_EV_HUGETLB_FREE,	/* free_huge_folio of a charged one, which goes back to its pool: group nr a=pfn */
	SMCG_EV_REFILL_RET,	/* return of refill_stock out of a charge that looks at a bound (7.2: of each): group gfp c, as TRY_ENTER; a=1 + pages that the task has collected over high */
	/* mem_cgroup_swapin_charge_folio [window]: group(of the mm that asks for it) nr a=swap entry b=who has it, as read: 2 + css id, 1: nobody that is online, 0 not told */
	SMCG_EV_SWAPIN,		/* before the folio is charged */
	SMCG_EV_CHARGE_RET,	/* return of try_charge_memcg, of more pages than a batch: group a=1 + pages that the task has collected over high */

	/* Legacy: in the first three c=(1 + pages scanned)<<32 | pages reclaimed, of the subtree since the last look, as read; 0 not told. */
	SMCG_EV_PRESSURE,	/* vmpressure [window]: group gfp caller=1 of the subtree a=pages scanned b=pages reclaimed */
	SMCG_EV_PRESSURE_RET,	/* its return: group */
	SMCG_EV_PRESSURE_WORK,	/* vmpressure_work_fn: group */
	SMCG_EV_PRESSURE_WORK_RET, /* its return: group */
	SMCG_EV_PRESSURE_LISTEN, /* vmpressure_(un)register_event: group caller=enum smcg_listen nr=id of the eventfd a=enum smcg_level b=enum smcg_listen_mode */

	/* Told before the stocks: it may be in a charge that began unseen, and take from one later on. */
	SMCG_EV_BASE_TASK,	/* baseline: group(the task's) nr=its id */
	SMCG_EV_HIGH_SEEN,	/* kick_process out of try_charge_memcg: this charge has found a bound exceeded */
	SMCG_EV_DRAIN_LOCAL_RET, /* return of drain_local_stock (7.2: of drain_local_memcg_stock, drain_local_obj_stock) */

	SMCG_EV_NR,
};

/* Memory pressure, and who listens for it. */
enum smcg_level { SMCG_LEVEL_LOW, SMCG_LEVEL_MEDIUM, SMCG_LEVEL_CRITICAL, SMCG_LEVEL_NR };
enum smcg_listen_mode { SMCG_LISTEN_DEFAULT, SMCG_LISTEN_HIERARCHY, SMCG_LISTEN_LOCAL, SMCG_LISTEN_MODES };
enum smcg_listen {
	SMCG_LISTEN_ANEW,	/* baseline: those that the group has follow; no nr, a and b */
	SMCG_LISTEN_BASE,	/* baseline: it has this one */
	SMCG_LISTEN_COMES,	/* is about to come */
	SMCG_LISTEN_THERE,	/* has come */
	SMCG_LISTEN_FAILED,	/* does not come after all */
	SMCG_LISTEN_GOES,	/* is about to go; a and b are not told of one that goes */
	SMCG_LISTEN_GONE,
};

/* SMCG_EV_TRY_SEEN.a: the task runs again; a counter has refused its pages already; it is in COUNTER_CHARGE or _UNCHARGE instead. */
#define SMCG_TRY_AGAIN		(1U << 0)
#define SMCG_TRY_REFUSED	(1U << 1)
#define SMCG_TRY_NONE		(1U << 2)

/*
 * What the lock of this CPU's stock was at the entry (7.2, smcg_event.locks): held can only be by what this context
 * interrupted, and then the operation goes past the stock.  Of pages in bits 0-1, of bytes in bits 2-3.
 */
enum smcg_lock { SMCG_LOCK_UNTOLD, SMCG_LOCK_FREE, SMCG_LOCK_HELD };

#define SMCG_LOCK_PAGES(locks)	((locks) & 3)
#define SMCG_LOCK_BYTES(locks)	((locks) >> 2 & 3)

#define SMCG_REFILL_OWN			(1u << 8)
#define SMCG_SWITCH_PROTECTS		16	/* c from this bit on */
#define SMCG_SWITCH_TOLD		(1ULL << 56)
#define SMCG_SWITCH_PAGES_FLUSHING	(1ULL << 57)
#define SMCG_SWITCH_BYTES_FLUSHING	(1ULL << 58)
#define SMCG_SWITCH_COMMITTED		(1ULL << 59)	/* the folio charged last belongs to its group: that charge is over */
#define SMCG_SWITCH_DRAINED		(1ULL << 60)	/* its drain, which has not returned, has looked at all stocks */

#define SMCG_START_RECURSIVE	(1u << 0)	/* the hierarchy is mounted with memory_recursiveprot */
#define SMCG_START_LEGACY	(1u << 1)	/* memory+swap is one counter, kmem and tcpmem others */

/* A counter of the legacy hierarchy; 0: memory, or what the caller tells. */
enum smcg_which {
	SMCG_WHICH_MEMORY,
	SMCG_WHICH_MEMSW,
	SMCG_WHICH_KMEM,
	SMCG_WHICH_TCPMEM,
	SMCG_WHICH_NR,
};

enum smcg_owes {
	SMCG_OWES_UNTOLD,
	SMCG_OWES_NOTHING,
	SMCG_OWES_SOME,		/* pages or bytes of a group that is drained */
};

/* Facts about a task that might be killed. */
#define SMCG_OOM_UNKILLABLE	(1u << 0)	/* the first process, or a kernel thread */
#define SMCG_OOM_VICTIM		(1u << 1)	/* was chosen before */
#define SMCG_OOM_VICTIM_DONE	(1u << 2)	/* ... and its memory is given up on */
#define SMCG_OOM_ORIGIN		(1u << 3)	/* asked to be killed first */
#define SMCG_OOM_NO_MM		(1u << 4)	/* no thread of it has memory */
#define SMCG_OOM_SKIP		(1u << 5)	/* its memory is marked MMF_OOM_SKIP */
#define SMCG_OOM_VFORK		(1u << 6)	/* between vfork and exec */
#define SMCG_OOM_FREES		(1u << 7)	/* exits anyway: task_will_free_mem() */
#define SMCG_OOM_SHARED		(1u << 8)	/* ... unless others share its memory, which may be */
#define SMCG_OOM_UNTOLD		(1u << 9)	/* its memory went away while it was read */

/* How the search for a victim ended. */
enum smcg_scan_end { SMCG_SCAN_NONE, SMCG_SCAN_CHOSEN, SMCG_SCAN_ABORTED };

#define SMCG_GROUP_WATCHED	(1u << 0)	/* pages, charges and decisions */
#define SMCG_GROUP_COUNTED	(1u << 1)	/* counters only: shares an ancestor */
#define SMCG_GROUP_DYING	(1u << 2)

enum smcg_limit {
	SMCG_LIMIT_MAX,
	SMCG_LIMIT_HIGH,
	SMCG_LIMIT_MIN,
	SMCG_LIMIT_LOW,
	SMCG_LIMIT_SWAP_MAX,
	SMCG_LIMIT_SWAP_HIGH,
	SMCG_LIMIT_OOM_GROUP,	/* memory.oom.group: 0 or 1, no pages */
	SMCG_LIMIT_MEMSW_MAX,	/* from here on legacy */
	SMCG_LIMIT_TCPMEM_MAX,
	SMCG_LIMIT_SOFT,
	SMCG_LIMIT_OOM_OFF,	/* a=1: the OOM killer is off */
	SMCG_LIMIT_NR,
};

struct smcg_event {
	__u64 time;		/* CLOCK_MONOTONIC, ns */
	__u16 type;		/* enum smcg_event_type */
	__u8  ctx;		/* enum smcg_ctx */
	__u8  caller;		/* enum smcg_caller or enum smcg_limit */
	__u16 cpu;
	__u16 locks;		/* enum smcg_lock: pages, bytes << 2; 0 before 7.2 */
	__u32 tid;		/* of the running task, 0 when idle */
	__u32 group;		/* css id, 0 when none */
	__u32 nr;		/* pages, unless the type says otherwise */
	__u32 gfp;		/* SMCG_GFP_* */
	__u32 task;		/* SMCG_TASK_* */
	__u32 gap;		/* events lost on this CPU just before, saturating */
	__u64 a, b, c;
};

/* Decisions: what the engine says the controller does.  See kmod/engine/MODEL.md. */
enum smcg_kind {
	SMCG_KIND_NONE,
	SMCG_KIND_STOCK_HIT,
	SMCG_KIND_BATCH_CHARGE,
	SMCG_KIND_EXACT_CHARGE,
	SMCG_KIND_RECLAIM,
	SMCG_KIND_DRAIN,
	SMCG_KIND_FORCED,
	SMCG_KIND_NOMEM,
	SMCG_KIND_OOM,
	SMCG_KIND_MAX_EVENT,
	SMCG_KIND_HIGH_EVENT,
	SMCG_KIND_UNCHARGE,
	SMCG_KIND_REFILL,
	SMCG_KIND_DRAIN_LOCAL,
	SMCG_KIND_OBJ_HIT,
	SMCG_KIND_OBJ_MISS,
	SMCG_KIND_KMEM_UNCHARGE,
	SMCG_KIND_MIGRATE,
	SMCG_KIND_SWAP_CHARGE,
	SMCG_KIND_SWAP_UNCHARGE,
	SMCG_KIND_CANCEL,	/* a charge that was not committed is taken back (4.18) */
	SMCG_KIND_OOM_VICTIM,
	SMCG_KIND_OVER_HIGH,
	SMCG_KIND_HIGH_PENALTY,
	SMCG_KIND_HIGH_WORK,
	SMCG_KIND_PROTECTION,
	SMCG_KIND_MEMSW_CHARGE,	/* from here on legacy */
	SMCG_KIND_SWAPOUT,
	SMCG_KIND_KMEM_CHARGE,
	SMCG_KIND_TCP_CHARGE,
	SMCG_KIND_MOVE,
	SMCG_KIND_MOVE_END,
	SMCG_KIND_EVENT_TARGET,
	SMCG_KIND_THRESHOLD,
	SMCG_KIND_OOM_NOTIFY,
	SMCG_KIND_SWAPIN,
	SMCG_KIND_PRESSURE,	/* legacy */
	SMCG_KIND_PRESSURE_LEVEL,
	SMCG_KIND_PRESSURE_SIGNAL,
	SMCG_KIND_NR,
};

#define SMCG_DEC_AMBIGUOUS	(1u << 0)	/* another legal order decides otherwise */
#define SMCG_DEC_AFTER_GAP	(1u << 1)	/* state not yet taken anew */
#define SMCG_DEC_ADOPTED	(1u << 2)	/* reality went another way: its outcome was taken over */
#define SMCG_DEC_UNSETTLED	(1u << 3)	/* depends on a stock not yet known since the baseline */

struct smcg_decision {
	__u64 seq;		/* from 1, without holes, per world */
	__u64 time;		/* of the event that settled it, ns */
	__u16 kind;		/* enum smcg_kind */
	__u8  ctx;
	__u8  flags;		/* SMCG_DEC_* */
	__u16 cpu;
	__s16 result;		/* 0 or a negative errno */
	__u32 tid;
	__u32 nr;		/* pages (oom: order) */
	__u64 group;		/* cgroup id */
	__u64 over;		/* cgroup id of the group over its limit or drained, or 0 */
	__u64 arg;		/* by kind, see MODEL.md */
	__u64 event;		/* number of the event in the stream, from 1 */
};

/* First record of a recorded stream, and of what debugfs hands out. */
struct smcg_file_header {
	__u64 magic;
	__u16 abi;
	__u16 schema;
	__u16 record_size;	/* 64 */
	__u16 record_kind;	/* enum smcg_record_kind */
	__u16 nr_cpus;
	__u16 nr_nodes;
	__u16 profile;		/* enum smcg_profile */
	__u16 mode;		/* enum smcg_mode */
	__u64 frames_per_node;
	__u64 start_time;	/* ns */
	__u64 nr_records;	/* 0: unknown, to the end of the stream */
	__u64 digest;		/* of the decisions that the module made of it, 0 unknown */
	__u64 reserved;
};

/* The mutex that lets one drain of all CPUs in at a time, as read. */
enum smcg_mutex { SMCG_MUTEX_UNTOLD, SMCG_MUTEX_FREE, SMCG_MUTEX_HELD };

enum smcg_record_kind { SMCG_RECORD_EVENTS = 1, SMCG_RECORD_DECISIONS = 2 };
enum smcg_mode { SMCG_MODE_FOLLOW, SMCG_MODE_FREE };
enum smcg_profile {
	SMCG_PROFILE_4_18,
	SMCG_PROFILE_5_10,
	SMCG_PROFILE_6_1,
	SMCG_PROFILE_6_12,
	SMCG_PROFILE_7_2,
	SMCG_PROFILE_NR,
};

#ifdef __cplusplus
#define SMCG_STATIC_ASSERT(what) static_assert(what, #what)
#else
#define SMCG_STATIC_ASSERT(what) _Static_assert(what, #what)
#endif

SMCG_STATIC_ASSERT(sizeof(struct smcg_event) == 64);
SMCG_STATIC_ASSERT(sizeof(struct smcg_decision) == 64);
SMCG_STATIC_ASSERT(sizeof(struct smcg_file_header) == 64);
SMCG_STATIC_ASSERT(__builtin_offsetof(struct smcg_event, type) == 8);
SMCG_STATIC_ASSERT(__builtin_offsetof(struct smcg_event, tid) == 16);
SMCG_STATIC_ASSERT(__builtin_offsetof(struct smcg_event, gap) == 36);
SMCG_STATIC_ASSERT(__builtin_offsetof(struct smcg_event, a) == 40);
SMCG_STATIC_ASSERT(__builtin_offsetof(struct smcg_decision, kind) == 16);
SMCG_STATIC_ASSERT(__builtin_offsetof(struct smcg_decision, group) == 32);
SMCG_STATIC_ASSERT(__builtin_offsetof(struct smcg_decision, event) == 56);
SMCG_STATIC_ASSERT(__builtin_offsetof(struct smcg_file_header, frames_per_node) == 24);

#endif /* _UAPI_SHADOW_MEMCG_H */
