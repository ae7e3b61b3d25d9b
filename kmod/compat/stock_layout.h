/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stock_layout.h - where the per-CPU stock keeps what.
 *
 * struct memcg_stock_pcp is private to mm/memcontrol.c.  The running kernel's own BTF
 * tells its layout, so no offset is ever guessed.
 */
#ifndef SMCG_COMPAT_STOCK_LAYOUT_H
#define SMCG_COMPAT_STOCK_LAYOUT_H

#include <linux/types.h>

struct mem_cgroup;
struct obj_cgroup;

struct smcg_stock {
	struct mem_cgroup *group;
	struct obj_cgroup *objcg;
	u32 nr_pages;
	u32 nr_bytes;
	bool flushing;
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
 * Bytes in this CPU's stock plus two if it is of @objcg, else 1.  Context: any,
 * preemption disabled.
 */
u32 smcg_stock_bytes_here(const struct obj_cgroup *objcg);

/* Bytes in this CPU's stock, whoever owns them.  Context: any, interrupts off. */
u32 smcg_stock_all_bytes_here(void);

/* Is a drain of all CPUs under way?  Return: 1, 0, or -ENOENT: unknown.  Context: any. */
int smcg_drain_mutex_held(void);

/* Pages in this CPU's stock.  Context: any, interrupts off. */
u32 smcg_stock_pages_here(void);

/* Is this the stock of this CPU, or one of a dead CPU?  Context: any, interrupts off. */
bool smcg_stock_is_here(const void *stock);

#endif
