/* SPDX-License-Identifier: GPL-2.0 */
/*
 * groups.h - groups/PATH/: the shadow's cgroup files.
 */
#ifndef SMCG_REPORT_GROUPS_H
#define SMCG_REPORT_GROUPS_H

#include <linux/dcache.h>

#include "report/entry.h"

void smcg_groups_init(struct dentry *root, const struct smcg_report_ops *ops);
void smcg_groups_exit(void);

/* Bring the directories up to date soon, from a worker. */
void smcg_groups_changed(void);

#endif
