// SPDX-License-Identifier: GPL-2.0
#include <linux/hashtable.h>
#include <linux/slab.h>

#include "hooks/objid.h"

struct objid {
	struct hlist_node node;
	u64 addr, id;
};

static DEFINE_HASHTABLE(objids, 12);
static u64 last_id;

static struct objid *find(u64 addr)
{
	struct objid *o;

	hash_for_each_possible(objids, o, node, addr) {
		if (o->addr == addr)
			return o;
	}
	return NULL;
}

u64 smcg_objid(u64 addr)
{
	struct objid *o;

	if (!addr)
		return 0;
	o = find(addr);
	if (o)
		return o->id;
	o = kmalloc(sizeof(*o), GFP_KERNEL);
	if (!o)
		return 0;
	o->addr = addr;
	o->id = ++last_id;
	hash_add(objids, &o->node, addr);
	return o->id;
}

void smcg_objid_forget(u64 addr)
{
	struct objid *o = find(addr);

	if (!o)
		return;
	hash_del(&o->node);
	kfree(o);
}

void smcg_objid_reset(void)
{
	struct hlist_node *next;
	struct objid *o;
	int bucket;

	hash_for_each_safe(objids, bucket, next, o, node) {
		hash_del(&o->node);
		kfree(o);
	}
	last_id = 0;
}
