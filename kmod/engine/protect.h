/* SPDX-License-Identifier: GPL-2.0 */
/* protect.h - memory.min and memory.low as reclaim meets them (SPEC A3, A18). */
#ifndef SMCG_PROTECT_H
#define SMCG_PROTECT_H

#include "env.h"

/* What a limit of "max" is in the kernel's arithmetic, in pages: PAGE_COUNTER_MAX. */
#define SMCG_PAGES_ANY	((u64)S64_MAX >> 12)

struct smcg_world;
struct smcg_cpu;
struct smcg_group;

/** smcg_protect_asked() - reclaim begins to compute what of a group is protected. */
void smcg_protect_asked(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/** smcg_protect_forget() - nothing that goes on may know @group; NULL: any. */
void smcg_protect_forget(struct smcg_world *w, const struct smcg_group *group);

/** smcg_protect() - reclaim has computed what of a group is protected: what it must be. */
void smcg_protect(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

/** smcg_shrunk() - it reclaims from the group that it looked at last. */
void smcg_shrunk(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e);

#endif
