/* SPDX-License-Identifier: GPL-2.0 */
/*
 * source.h - what the feeder asks of the hooks.
 *
 * All but convert() are called in process context with the control lock held.
 */
#ifndef SMCG_FEED_SOURCE_H
#define SMCG_FEED_SOURCE_H

#include "shadow_memcg.h"
#include "feed/slot.h"

struct smcg_source {
	/* Make an event of a slot, all but its time and CPU.  False: nothing to tell. */
	bool (*convert)(const struct smcg_slot *slot, unsigned int cpu, struct smcg_event *event);

	/* Begin or end to record what concerns a group (a cgroup id) and those below. */
	int (*watch)(u64 id);
	int (*unwatch)(u64 id);
	unsigned int (*watched)(void);

	/* Path of the group (a cgroup id) in its hierarchy.  Return: its length or a negative errno. */
	int (*path)(u64 id, char *path, size_t size);

	/* Put a baseline into the stream; with @start it begins a world of that mode. */
	int (*baseline)(bool start, enum smcg_mode mode);
	int (*put_barrier)(u64 cookie);

	/* Events that hooks could not see at all, ever growing. */
	u64 (*missed)(void);
};

#endif
