/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stock_layout.h - where the per-CPU stocks keep what.
 *
 * struct memcg_stock_pcp and obj_stock_pcp are private to mm/memcontrol.c; BTF tells their layout.
 * Up to 6.12 one stock holds the pages of one group and the bytes of one object group, with
 * interrupts off. In 7.2 pages and bytes have a stock each, of several slots, under a lock
 * that an interrupt may find held.
 */
#ifndef SMCG_COMPAT_STOCK_LAYOUT_H
#define SMCG_COMPAT_STOCK_LAYOUT_H

#include <linux/types.h>
#include <linux/version.h>

/* Are there slots and locks? */
#define SMCG_STOCK_SLOTS (LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0))

/* Most slots of any kernel. */
#define SMCG_PAGE_SLOTS	7
#define SMCG_BYTE_SLOTS	5

struct kmem_cache;
struct mem_cgroup;
struct obj_cgroup;

/* Without slots: one each, running index 0, and flushing is both. */
struct smcg_stock {
	struct mem_cgroup *group[SMCG_PAGE_SLOTS];
	u32 nr_pages[SMCG_PAGE_SLOTS];
	struct obj_cgroup *objcg[SMCG_BYTE_SLOTS];
	u32 nr_bytes[SMCG_BYTE_SLOTS];
	u32 page_slots, byte_slots;
	u32 next_page, next_byte;	/* running indices */
	bool pages_flushing, bytes_flushing;
};

/**
 * smcg_stock_layout_init() - find the stocks and their layout.
 * Context: process.  Return: 0; a negative errno after saying why in the log.
 */
int smcg_stock_layout_init(void);

/*
 * The stock of @cpu.  Exact when called on that CPU with interrupts off, or when
 * that CPU is offline.
 */
void smcg_stock_read(unsigned int cpu, struct smcg_stock *stock);

/*
 * Bytes in this CPU's stock plus two if it has a slot of @objcg, else 1.  Context: any,
 * preemption disabled.
 */
u32 smcg_stock_bytes_here(const struct obj_cgroup *objcg);

/* Bytes in slot @i of @stock, and whose they are.  Context: any, its owner. */
u32 smcg_stock_slot_bytes(const void *stock, u32 i, struct obj_cgroup **objcg);

/* Likewise pages. */
u32 smcg_stock_slot_pages(const void *stock, u32 i, struct mem_cgroup **group);

/* Is a drain of all CPUs under way?  Return: 1, 0, or -ENOENT: unknown.  Context: any. */
int smcg_drain_mutex_held(void);

/* Does this task hold it?  False where that cannot be told. */
bool smcg_drain_mutex_mine(void);

/*
 * Pages in this CPU's stock.  With slots: in that of @group, and @slot is one plus the index
 * of the one that a refill of it goes to; @own: that is its own.  Context: any, preemption disabled.
 */
u32 smcg_stock_pages_here(const struct mem_cgroup *group, u32 *slot, bool *own);

/* With slots: is the lock of this CPU's stock held?  Context: any, preemption disabled. */
bool smcg_stock_pages_locked(void);
bool smcg_stock_bytes_locked(void);

/* Is this the (byte) stock of this CPU, or one of a dead CPU?  Context: any, preemption disabled. */
bool smcg_stock_is_here(const void *stock);

/* With slots: is this work item that of the byte stock of @cpu?  Any context. */
bool smcg_stock_is_byte_work(unsigned int cpu, const void *work);

/* With slots: what an object of @cache is charged, in bytes.  Any context. */
u32 smcg_object_bytes(const struct kmem_cache *cache);

#endif
