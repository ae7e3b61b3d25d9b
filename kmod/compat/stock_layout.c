// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/percpu.h>

#include "compat/btf_member.h"
#include "compat/kallsyms.h"
#include "compat/stock_layout.h"

/* The stock of pages, or that of bytes.  Without slots they are the same structure. */
struct half {
	void __percpu *base;
	struct smcg_member owner, amount, flags;
	struct smcg_member next, work, lock;	/* with slots */
};

static struct half pages, bytes;
static struct mutex *drain_mutex;	/* NULL: not found, not told */
static u32 cache_size;			/* offset of the size in struct kmem_cache */

static const struct wanted {
	const char *structure, *name;
	struct smcg_member *member;
} single[] = {
	{ "memcg_stock_pcp", "cached", &pages.owner },
	{ "memcg_stock_pcp", "nr_pages", &pages.amount },
	{ "memcg_stock_pcp", "flags", &pages.flags },
	{ "memcg_stock_pcp", "cached_objcg", &bytes.owner },
	{ "memcg_stock_pcp", "nr_bytes", &bytes.amount },
	{ "memcg_stock_pcp", "flags", &bytes.flags },
	{ }
}, slots[] = {
	{ "memcg_stock_pcp", "cached", &pages.owner },
	{ "memcg_stock_pcp", "nr_pages", &pages.amount },
	{ "memcg_stock_pcp", "flags", &pages.flags },
	{ "memcg_stock_pcp", "drain_idx", &pages.next },
	{ "memcg_stock_pcp", "work", &pages.work },
	{ "memcg_stock_pcp", "lock", &pages.lock },
	{ "obj_stock_pcp", "cached", &bytes.owner },
	{ "obj_stock_pcp", "nr_bytes", &bytes.amount },
	{ "obj_stock_pcp", "flags", &bytes.flags },
	{ "obj_stock_pcp", "drain_idx", &bytes.next },
	{ "obj_stock_pcp", "work", &bytes.work },
	{ "obj_stock_pcp", "lock", &bytes.lock },
	{ }
};

static int find_members(const struct wanted *wanted)
{
	int err;

	for (; wanted->name; wanted++) {
		err = smcg_btf_member(wanted->structure, wanted->name, wanted->member);
		if (err)
			return err;
	}
	return 0;
}

/* What a slot's amount is stored in differs; the locks are bytes that are not zero while held. */
static bool understood(const struct half *half, u32 most)
{
	return half->owner.nr == half->amount.nr && half->owner.nr <= most &&
	       half->owner.size == sizeof(void *) &&
	       (half->amount.size == 1 || half->amount.size == 2 || half->amount.size == 4);
}

static int find_slots(void)
{
	struct smcg_member acquired, size;
	int err;

	bytes.base = (void __percpu *)smcg_lookup("obj_stock");
	if (!bytes.base) {
		pr_err("no per-CPU stock of objects (obj_stock) in this kernel\n");
		return -ENOENT;
	}
	err = find_members(slots);
	if (!err)
		err = smcg_btf_member("local_trylock", "acquired", &acquired);
	if (!err)
		err = smcg_btf_member("kmem_cache", "size", &size);
	if (err)
		return err;
	pages.lock.offset += acquired.offset;
	bytes.lock.offset += acquired.offset;
	cache_size = size.offset;
	return 0;
}

int smcg_stock_layout_init(void)
{
	int err;

	pages.base = (void __percpu *)smcg_lookup("memcg_stock");
	drain_mutex = (struct mutex *)smcg_lookup("percpu_charge_mutex");
	if (!pages.base) {
		pr_err("no per-CPU stock (memcg_stock) in this kernel\n");
		return -ENOENT;
	}
	err = smcg_btf_open();
	if (err)
		return err;
	bytes.base = pages.base;
	err = SMCG_STOCK_SLOTS ? find_slots() : find_members(single);
	if (err)
		return err;
	if (!understood(&pages, SMCG_PAGE_SLOTS) || !understood(&bytes, SMCG_BYTE_SLOTS)) {
		pr_err("the stocks of this kernel have a layout that is not known\n");
		return -EOPNOTSUPP;
	}
	return 0;
}

static __always_inline void *owner(const void *base, const struct half *half, u32 i)
{
	return READ_ONCE(((void **)(base + half->owner.offset))[i]);
}

static __always_inline u32 amount(const void *base, const struct half *half, u32 i)
{
	const void *at = base + half->amount.offset;

	switch (half->amount.size) {
	case 1:
		return READ_ONCE(((const u8 *)at)[i]);
	case 2:
		return READ_ONCE(((const u16 *)at)[i]);
	default:
		return READ_ONCE(((const u32 *)at)[i]);
	}
}

/* FLUSHING_CACHED_CHARGE is bit 0. */
static bool flushing(const void *base, const struct half *half)
{
	return READ_ONCE(*(const unsigned long *)(base + half->flags.offset)) & 1;
}

static __always_inline u32 next_slot(const void *base, const struct half *half)
{
	return SMCG_STOCK_SLOTS ? READ_ONCE(*(const u8 *)(base + half->next.offset)) : 0;
}

notrace void smcg_stock_read(unsigned int cpu, struct smcg_stock *stock)
{
	const void *base = per_cpu_ptr(pages.base, cpu);
	u32 i;

	stock->page_slots = pages.owner.nr;
	for (i = 0; i < stock->page_slots; i++) {
		stock->group[i] = owner(base, &pages, i);
		stock->nr_pages[i] = amount(base, &pages, i);
	}
	stock->next_page = next_slot(base, &pages);
	stock->pages_flushing = flushing(base, &pages);
	base = per_cpu_ptr(bytes.base, cpu);
	stock->byte_slots = bytes.owner.nr;
	for (i = 0; i < stock->byte_slots; i++) {
		stock->objcg[i] = owner(base, &bytes, i);
		stock->nr_bytes[i] = amount(base, &bytes, i);
	}
	stock->next_byte = next_slot(base, &bytes);
	stock->bytes_flushing = flushing(base, &bytes);
}

notrace int smcg_drain_mutex_held(void)
{
	return drain_mutex ? mutex_is_locked(drain_mutex) : -ENOENT;
}

notrace bool smcg_drain_mutex_mine(void)
{
#ifdef CONFIG_PREEMPT_RT
	return false;
#else
	/* the low bits are flags */
	return drain_mutex && (atomic_long_read(&drain_mutex->owner) & ~7UL) ==
		(unsigned long)current;
#endif
}

notrace u32 smcg_stock_bytes_here(const struct obj_cgroup *objcg)
{
	const void *base = this_cpu_ptr(bytes.base);
	u32 i;

	for (i = 0; i < bytes.owner.nr; i++) {
		if (owner(base, &bytes, i) == objcg)
			return amount(base, &bytes, i) + 2;
	}
	return 1;
}

notrace u32 smcg_stock_slot_bytes(const void *stock, u32 i, struct obj_cgroup **objcg)
{
	*objcg = NULL;
	if (i >= bytes.owner.nr)
		return 0;
	*objcg = owner(stock, &bytes, i);
	return amount(stock, &bytes, i);
}

notrace u32 smcg_stock_slot_pages(const void *stock, u32 i, struct mem_cgroup **group)
{
	*group = NULL;
	if (i >= pages.owner.nr)
		return 0;
	*group = owner(stock, &pages, i);
	return amount(stock, &pages, i);
}

notrace u32 smcg_stock_pages_here(const struct mem_cgroup *group, u32 *slot, bool *own)
{
	const void *base = this_cpu_ptr(pages.base), *cached;
	u32 i;

	*slot = 0;
	*own = false;
	if (!SMCG_STOCK_SLOTS)
		return amount(base, &pages, 0);
	for (i = 0; i < pages.owner.nr; i++) {
		cached = owner(base, &pages, i);
		if (cached == group) {
			*slot = i + 1;
			*own = true;
			return amount(base, &pages, i);
		}
		if (!cached && !*slot)
			*slot = i + 1;
	}
	if (!*slot)
		*slot = next_slot(base, &pages) + 1;
	return 0;
}

static __always_inline bool locked(const struct half *half)
{
	return READ_ONCE(*(const u8 *)(this_cpu_ptr(half->base) + half->lock.offset));
}

notrace bool smcg_stock_pages_locked(void)
{
	return locked(&pages);
}

notrace bool smcg_stock_bytes_locked(void)
{
	return locked(&bytes);
}

notrace bool smcg_stock_is_here(const void *stock)
{
	return stock == this_cpu_ptr(bytes.base);
}

notrace bool smcg_stock_is_byte_work(unsigned int cpu, const void *work)
{
	return SMCG_STOCK_SLOTS && work == per_cpu_ptr(bytes.base, cpu) + bytes.work.offset;
}

/* Beside each object the kernel keeps whose it is. */
notrace u32 smcg_object_bytes(const struct kmem_cache *cache)
{
	return READ_ONCE(*(const u32 *)((const void *)cache + cache_size)) +
	       sizeof(struct obj_cgroup *);
}
