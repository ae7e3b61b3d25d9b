// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>
#include <linux/kernel.h>

#include "compat/btf_member.h"
#include "compat/page_events.h"

u32 smcg_page_events_at, smcg_page_targets_at;

int smcg_page_events_init(void)
{
	struct smcg_member count, targets;
	int err;

	err = smcg_btf_member("memcg_vmstats_percpu", "nr_page_events", &count);
	if (!err)
		err = smcg_btf_member("memcg_vmstats_percpu", "targets", &targets);
	if (err)
		return err;
	if (count.size != sizeof(long) || targets.size != sizeof(long) || targets.nr != 2) {
		pr_err("pages are counted for events in another way in this kernel\n");
		return -EOPNOTSUPP;
	}
	smcg_page_events_at = count.offset;
	smcg_page_targets_at = targets.offset;
	return 0;
}
