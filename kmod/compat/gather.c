// SPDX-License-Identifier: GPL-2.0
/* gather.c - struct uncharge_gather: its first member differs, and so may the rest. */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "compat/btf_member.h"
#include "compat/gather.h"

static struct smcg_member pages, folios, kernel;

int smcg_gather_init(void)
{
	int err;

	err = smcg_btf_member("uncharge_gather", "nr_memory", &pages);
	if (!err)
		err = smcg_btf_member("uncharge_gather", "pgpgout", &folios);
	if (!err)
		err = smcg_btf_member("uncharge_gather", "nr_kmem", &kernel);
	if (err)
		return err;
	if (pages.size == sizeof(long) && folios.size == sizeof(long) &&
	    kernel.size == sizeof(long))
		return 0;
	pr_err("batches of folios (uncharge_gather) have a layout that is not known\n");
	return -EOPNOTSUPP;
}

static __always_inline unsigned long member(const void *gather, const struct smcg_member *m)
{
	return READ_ONCE(*(const unsigned long *)(gather + m->offset));
}

notrace void smcg_gather_read(const void *gather, struct smcg_gather *what)
{
	what->pages = member(gather, &pages);
	what->folios = member(gather, &folios);
	what->kernel = member(gather, &kernel);
}
