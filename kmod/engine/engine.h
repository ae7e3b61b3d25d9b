/* SPDX-License-Identifier: GPL-2.0 */
/*
 * engine.h - the shadow controller: a world takes events and returns decisions.
 *
 * Pure: no clock, no randomness, no file-scope state, no locking.  A world is
 * used by one thread at a time; different worlds are independent.  The same
 * events give the same decisions, byte for byte, in the kernel and outside.
 */
#ifndef SMCG_ENGINE_H
#define SMCG_ENGINE_H

#include "env.h"

#ifdef __cplusplus
extern "C" {
#endif

struct smcg_world;

/* Memory for tables that grow with groups and tasks.  May sleep. */
struct smcg_alloc {
	void *(*alloc)(void *ctx, size_t bytes);	/* zeroed, NULL when there is none */
	void (*free)(void *ctx, void *mem, size_t bytes);
	void *ctx;
};

/* One contiguous piece of the private page pool; frame records are carved from it. */
struct smcg_region {
	void *base;		/* 64-byte aligned */
	__u64 bytes;
	__u32 node;
};

#define SMCG_MAX_CPUS	4096
#define SMCG_MAX_NODES	64

struct smcg_world_config {
	struct smcg_alloc alloc;
	enum smcg_profile profile;
	enum smcg_mode mode;
	__u32 stream;			/* free: 1 + profile of the kernel that the stream is of, 0: @profile */
	__u32 nr_cpus;
	__u32 nr_nodes;
	__u32 batch;			/* stock batch override in pages, 0: the profile's */
	__u32 nr_regions;
	const struct smcg_region *regions;	/* kept by the caller until destroy */
};

/* Most decisions that one event can return. */
#define SMCG_APPLY_MAX	64

struct smcg_world_stats {
	__u64 events;		/* applied */
	__u64 decisions;
	__u64 adopted;		/* decisions where reality was taken over */
	__u64 ambiguous;
	__u64 unexplained;	/* counter operations without a cause */
	__u64 resyncs;
	__u64 lost;		/* events told of by GAP or smcg_event.gap */
	__u64 unsettled;	/* decisions made before the state was settled */
	__u64 frames_used, frames_total, frames_full;	/* full: charges without a frame */
	__u64 frames_unknown;	/* freed or moved pages never seen charged */
	__u64 groups, groups_dying;
	__u64 tasks_open;	/* frames of try_charge_memcg still open */
	__u64 errors;		/* malformed or impossible events, ignored */
	__u64 digest;		/* over all decisions so far */
	__u64 time;		/* of the last event */
	__u32 settled;		/* 1: every stock and counter is known */
	__u32 reserved;
};

/* A counter of the legacy hierarchy, in pages. */
struct smcg_legacy_counter {
	__u64 usage, watermark, failcnt, max;
	__s64 adopted;
};

struct smcg_group_snapshot {
	__u64 id, parent;	/* cgroup ids; parent 0: below the root */
	__u32 css, flags;	/* SMCG_GROUP_* */
	__u64 memory, swap, kmem;		/* pages, following reality */
	__s64 memory_adopted, swap_adopted;	/* part of it that was adopted */
	__u64 watermark, failcnt;
	__u64 limit[SMCG_LIMIT_NR];		/* pages, SMCG_NO_LIMIT: none */
	__u64 min_usage, low_usage, children_min_usage, children_low_usage;
	__u64 emin, elow;	/* protected, as reclaim computed it last; pages */
	__u64 ev_low, ev_high, ev_max, ev_oom, ev_oom_kill, ev_swap_high, ev_swap_max, ev_swap_fail;
	__u64 ev_oom_group_kill, ev_swap_high_doubts;	/* doubts: may be so many more or less */
	__u64 ev_local_low, ev_local_high, ev_local_max, ev_local_oom, ev_local_oom_kill;
	__u64 ev_local_oom_group_kill;
	__u64 oom_group;	/* memory.oom.group */
	__u64 stocked;		/* pages of it in all stocks */
	__u64 frames, frame_pages;	/* resident folios known by page frame number */
	__u64 node_pages[8];
	__u64 rss, cache, shmem, rss_huge, untold;	/* pages of them, by what they are; shmem is in cache, too */
	__u64 children;		/* groups below it that are not freed yet */
	__u64 pinned_folios, pinned_stocks;	/* references that keep it once it is offline */
	__u64 swap_entries;	/* of the group alone; any keep it.  Only if entries_known */
	__s64 kernel, sock;	/* pages, with all groups below; from here on to be used only if known: */
	__u64 pgpgin, pgpgout;	/* folios, of the group alone */
	__u32 stat_known, paged_known, entries_known, unused;
	__u32 legacy;		/* the rest is told, and swap is not */
	__u32 oom_off;
	__u64 under_oom;	/* tasks that wait because of it */
	__u64 soft_limit;
	struct smcg_legacy_counter counter[SMCG_WHICH_NR];
};

/* Most slots of a stock, over all profiles. */
#define SMCG_SNAPSHOT_PAGES	7
#define SMCG_SNAPSHOT_BYTES	5

struct smcg_stock_snapshot {
	__u32 cpu;
	__u8 page_slots, byte_slots;	/* that the profile has */
	__u8 page_next, byte_next;	/* running indices: which goes next when none is free */
	__u8 flushing, flushing_obj, known, reserved[5];
	struct {
		__u64 group;		/* cgroup id, 0 none or not known */
		__u64 nr;		/* pages */
	} page[SMCG_SNAPSHOT_PAGES];
	struct {
		__u64 objcg;		/* id in the stream, 0 none */
		__u64 nr;		/* bytes */
	} byte[SMCG_SNAPSHOT_BYTES];
};

/** smcg_profile_name() - "6.1" and the like; NULL: no world can be made of it.  Any context. */
const char *smcg_profile_name(enum smcg_profile profile);

/**
 * smcg_world_create() - make an empty world.
 * Context: may sleep (calls alloc).  Return: 0, -EINVAL, -ENOMEM.
 */
int smcg_world_create(const struct smcg_world_config *config, struct smcg_world **world);

/** smcg_world_destroy() - give all memory back.  NULL is fine. */
void smcg_world_destroy(struct smcg_world *world);

/**
 * smcg_world_apply() - hand over the next event.
 * @event: the next one, or NULL: only decisions that did not fit before.
 * @out: room for SMCG_APPLY_MAX decisions.
 * When SMCG_APPLY_MAX decisions were written there may be more (a barrier on
 * many CPUs): ask with NULL until fewer come.  They are not lost otherwise,
 * but come first at the next event.
 * A hostile or impossible event changes nothing but stats.errors.
 * Context: feeder, may call alloc.  Return: number of decisions written.
 */
unsigned int smcg_world_apply(struct smcg_world *world, const struct smcg_event *event,
			      struct smcg_decision *out);

/** smcg_world_stats() - counts since the world was made.  Context: feeder. */
void smcg_world_stats(const struct smcg_world *world, struct smcg_world_stats *stats);

/* Iterate groups: start with css 0; returns 0 and fills @snap, or -ENOENT after the last. */
int smcg_world_next_group(const struct smcg_world *world, __u32 *css, struct smcg_group_snapshot *snap);
int smcg_world_find_group(const struct smcg_world *world, __u64 cgroup_id, struct smcg_group_snapshot *snap);
int smcg_world_stock(const struct smcg_world *world, __u32 cpu, struct smcg_stock_snapshot *snap);

/*
 * Digest over decisions: the eight words of a record are mixed by independent
 * multiplications, then one step of 64-bit FNV-1a takes the mix.  (FNV-1a byte by
 * byte costs more than the decision.)  Start with SMCG_DIGEST_INIT.
 */
#define SMCG_DIGEST_INIT 0xcbf29ce484222325ULL
__u64 smcg_digest(__u64 digest, const struct smcg_decision *decision);

#ifdef __cplusplus
}
#endif

#endif
