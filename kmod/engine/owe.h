/* SPDX-License-Identifier: GPL-2.0 */
/*
 * owe.h - would a drain flush a stock (SPEC A12, A20)?
 *
 * Source: drain_all_stock(), obj_stock_flush_required() of 6.1; is_memcg_drain_needed() of 7.2.
 */
#ifndef SMCG_ENGINE_OWE_H
#define SMCG_ENGINE_OWE_H

#include "world.h"

/**
 * struct smcg_question - does a stock owe something to a group below @root?
 * @root: css id of the group that is drained
 * @pages, @bytes: the half of it that is asked for, both where one answer is for both
 */
struct smcg_question {
	u32 root;
	bool pages, bytes;
};

/** smcg_owes_ask() - the question of a drain of @root for one half (SMCG_HALF_*). */
struct smcg_question smcg_owes_ask(const struct smcg_world *w, u32 root, u32 half);

/** smcg_owes() - the answer of the stock of @c by now: SMCG_DRAIN_WANT, SMCG_DRAIN_MAYBE. */
u8 smcg_owes(const struct smcg_world *w, const struct smcg_cpu *c, const struct smcg_question *q);

/** smcg_owes_unsettled() - could what waits on @c change its answer, which is @want by now? */
bool smcg_owes_unsettled(struct smcg_world *w, const struct smcg_cpu *c,
			 const struct smcg_question *q, u8 want);

/** smcg_owes_wavers() - was the answer another one while @op, just over, took effect on @s? */
bool smcg_owes_wavers(const struct smcg_world *w, const struct smcg_stock *s,
		      const struct smcg_op *op, const struct smcg_question *q, u8 want);

#endif
