/* SPDX-License-Identifier: GPL-2.0 */
/*
 * entry.h - the only way into the report.
 *
 * What the feeder calls takes no lock that a hooked path could hold.
 */
#ifndef SMCG_REPORT_ENTRY_H
#define SMCG_REPORT_ENTRY_H

#include <linux/seq_file.h>

#include "engine/engine.h"

/* What the report needs of the rest. */
struct smcg_report_ops {
	/* commands, in process context */
	int (*watch)(u64 id, enum smcg_mode mode);
	int (*unwatch)(u64 id);
	int (*pass_barrier)(void);
	int (*resync)(void);

	/* path of a group (a cgroup id): its length, or a negative errno */
	int (*path)(u64 id, char *path, size_t size);
	bool legacy;				/* the groups are cgroup v1's */

	/* the world, locked; may be NULL, is put in any case */
	const struct smcg_world *(*world_get)(void);
	void (*world_put)(void);

	/* key value lines; the world is locked */
	void (*status)(struct seq_file *m);
	void (*hooks)(struct seq_file *m);

	const char *clock;
	const char *preemption;
	void (*pool)(struct seq_file *m);	/* a line per node */
	u64 frames_per_node;
};

/**
 * smcg_report_init() - make the debugfs tree.
 * Context: process.  Return: 0 or a negative errno.
 */
int smcg_report_init(const struct smcg_report_ops *ops);
/* Remove it; when it returns nobody reads any more. */
void smcg_report_exit(void);

/* By the feeder, with the world locked. */
void smcg_report_event(const struct smcg_event *event);
void smcg_report_decision(const struct smcg_decision *decision);
void smcg_report_gap(const struct smcg_event *gap);
/* Wake who waits for records: after each batch. */
void smcg_report_flush(void);
/* Groups came, went, or were (un)watched. */
void smcg_report_groups_changed(void);

#endif
