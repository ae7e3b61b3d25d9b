/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pressure.h - legacy: memory pressure of a group, and who listens for it.
 */
#ifndef SMCG_PRESSURE_H
#define SMCG_PRESSURE_H

#include "env.h"

struct smcg_cpu;
struct smcg_event;
struct smcg_group;
struct smcg_world;

/* Pages scanned from one look at the level to the next. */
#define SMCG_PRESSURE_WINDOW	512

/* Least share of scanned pages, in percent, that was not reclaimed. */
#define SMCG_PRESSURE_MEDIUM	60
#define SMCG_PRESSURE_CRITICAL	95

/* Calls of one group that are under way at once, and listeners of one, that are followed. */
#define SMCG_SCANS	16
#define SMCG_LISTENERS	32

/* Where a call is: no worker looked meanwhile, or it is before its look, behind it, or nobody knows. */
enum smcg_scan_place { SMCG_SCAN_ALONE, SMCG_SCAN_BEFORE, SMCG_SCAN_AFTER, SMCG_SCAN_EITHER };

/**
 * struct smcg_scanned - a call that tells of scanned pages, not over yet.
 * @before: pages scanned that were there as it began
 * @most: pages scanned that a look found at most, it among them, 0 none
 * @looks: those that it met
 * @place: enum smcg_scan_place
 * @told: @before is known
 * @beside: others were under way at the same time
 * @taken: the worker has taken its pages already
 * @old: ... or may have, in a look that is over
 */
struct smcg_scanned {
	u64 scanned, reclaimed, before, most;
	u32 tid, looks;
	u8 place;
	bool told, beside, taken, old;
};

/**
 * struct smcg_listener - who wants to hear of a level and of those above it.
 * @id: of the event descriptor
 * @level: enum smcg_level
 * @mode: enum smcg_listen_mode
 * @steady: it is there; else it is about to come, or to go
 * @going: ... to go
 * @since: smcg_world.listens as it came, or began to go
 */
struct smcg_listener {
	u64 since;
	u32 id;
	u8 level, mode;
	bool steady, going;
};

/**
 * struct smcg_pressure - of one group.
 * @scanned: pages, since its worker looked last
 * @next_scanned: those behind the look that is going on
 * @maybe: pages of calls that are over, which this look took, or one before it
 * @least: pages scanned that there were as that began
 * @listens: smcg_world.listens as that began
 * @left: smcg_world.listens as the last listener for each level was gone
 * @known: the sums are
 * @doubt: the worker may have taken other pages than was thought
 * @looks: it is looking
 * @taken: ... and has what it takes
 * @unsure: ... and what it takes depends on an order that is not known
 * @unknown: ... or on sums that were not
 * @crowded: more listeners came than are followed
 */
struct smcg_pressure {
	u64 scanned, reclaimed, next_scanned, next_reclaimed, maybe, least, listens;
	u64 left[SMCG_LEVEL_NR];
	u32 nr_scans, nr_listeners;
	bool known, doubt, looks, taken, unsure, unknown, crowded;
	struct smcg_scanned scan[SMCG_SCANS];
	struct smcg_listener listener[SMCG_LISTENERS];
};

/** smcg_pressure_free() - what a group keeps for this. */
void smcg_pressure_free(struct smcg_world *w, struct smcg_group *g);
/** smcg_pressure_forget() - nothing is known of any group's. */
void smcg_pressure_forget(struct smcg_world *w);

/** smcg_pressure_listen() - SMCG_EV_PRESSURE_LISTEN. */
void smcg_pressure_listen(struct smcg_world *w, const struct smcg_event *e);
/** smcg_pressure_enter() - SMCG_EV_PRESSURE: pages that were scanned are about to be counted. */
void smcg_pressure_enter(struct smcg_world *w, const struct smcg_event *e);
/** smcg_pressure_ret() - SMCG_EV_PRESSURE_RET: they are; is it time for the worker? */
void smcg_pressure_ret(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);
/** smcg_pressure_look() - SMCG_EV_PRESSURE_WORK: the worker begins to look. */
void smcg_pressure_look(struct smcg_world *w, const struct smcg_event *e);
/** smcg_pressure_looked() - SMCG_EV_PRESSURE_WORK_RET: what level it found, and whom it told. */
void smcg_pressure_looked(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

#endif
