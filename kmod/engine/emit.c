// SPDX-License-Identifier: GPL-2.0
/*
 * emit.c - decisions leave here: numbered, counted, in the digest.
 *
 * An event can settle more decisions than the caller has room for (a barrier
 * on many CPUs): the rest waits in the backlog and keeps its order.
 */
#include "emit.h"
#include "world.h"

__u64 smcg_digest(__u64 digest, const struct smcg_decision *d)
{
	return smcg_digest_step(digest, d);
}

static struct smcg_decision *backlog_room(struct smcg_world *w)
{
	struct smcg_decision *more;
	u32 room;

	if (w->backlog_first + w->backlog_nr < w->backlog_room)
		return &w->backlog[w->backlog_first + w->backlog_nr++];
	room = max(2 * w->backlog_nr, 4U * SMCG_APPLY_MAX);
	more = smcg_alloc(w, room * sizeof(*more));
	if (!more)
		return NULL;
	if (w->backlog_nr)
		memcpy(more, w->backlog + w->backlog_first, w->backlog_nr * sizeof(*more));
	smcg_free(w, w->backlog, w->backlog_room * sizeof(*more));
	w->backlog = more;
	w->backlog_room = room;
	w->backlog_first = 0;
	return &w->backlog[w->backlog_nr++];
}

void smcg_emit(struct smcg_world *w, const struct smcg_mark *mark)
{
	struct smcg_decision *d;

	if (likely(w->nr_out < SMCG_APPLY_MAX))
		d = &w->out[w->nr_out++];
	else
		d = backlog_room(w);
	if (unlikely(!d)) {
		w->stats.errors++;
		return;
	}
	w->digest = smcg_emit_words(d, w->digest, ++w->stats.decisions, w->now, mark);
	if (unlikely(mark->flags)) {
		w->stats.adopted += !!(mark->flags & SMCG_DEC_ADOPTED);
		w->stats.ambiguous += !!(mark->flags & SMCG_DEC_AMBIGUOUS);
		w->stats.unsettled += !!(mark->flags & (SMCG_DEC_UNSETTLED | SMCG_DEC_AFTER_GAP));
	}
}

u32 smcg_flags_now(const struct smcg_world *w, const struct smcg_group *g)
{
	u32 flags = w->after_gap ? SMCG_DEC_AFTER_GAP : 0;

	if (g && !g->counter[SMCG_COUNTER_MEMORY].known)
		flags |= SMCG_DEC_UNSETTLED;
	return flags;
}

void smcg_say(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_mark *mark)
{
	struct smcg_op *op;

	if (!c || !c->queued) {
		smcg_emit(w, mark);
		return;
	}
	/* Were there no room to close what it waits for, it would be said first. */
	smcg_queue_room(w, c);
	op = smcg_queue_push(w, c, NULL, SMCG_OP_SAY);
	op->mark = *mark;
}

void smcg_mark_event(const struct smcg_world *w, struct smcg_mark *mark,
		     const struct smcg_event *e, u32 kind)
{
	memset(mark, 0, sizeof(*mark));
	mark->kind = (u8)kind;
	mark->ctx = e->ctx;
	mark->cpu = e->cpu;
	mark->tid = e->tid;
	mark->nr = e->nr;
	mark->event = w->stats.events;
	mark->group = smcg_group_id(w, e->group);
	mark->flags = (u8)smcg_flags_now(w, smcg_group_find(w, e->group));
}
