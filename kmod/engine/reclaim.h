/* SPDX-License-Identifier: GPL-2.0 */
/* reclaim.h - who goes when a world that lives on its own needs room. */
#ifndef SMCG_RECLAIM_H
#define SMCG_RECLAIM_H

#include "env.h"

struct smcg_world;
struct smcg_group;

/**
 * struct smcg_reclaim_policy - one way of choosing victims.
 * @name: as users write it
 * @reclaim: take at least @nr pages from the branch of @over if it can;
 *	returns the pages that it took
 */
struct smcg_reclaim_policy {
	const char *name;
	u32 (*reclaim)(struct smcg_world *w, struct smcg_group *over, u32 nr);
};

/* Folios in the order in which they were charged. */
extern const struct smcg_reclaim_policy smcg_reclaim_oldest;

#endif
