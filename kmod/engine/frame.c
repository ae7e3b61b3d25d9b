// SPDX-License-Identifier: GPL-2.0
/* frame.c - open frames by (tid, context level), innermost first. */
#include "world.h"

static u32 bucket_of(u64 key)
{
	return (u32)((key * 0x9e3779b97f4a7c15ULL) >> 54) & (SMCG_FRAME_BUCKETS - 1);
}

struct smcg_frame *smcg_frame_find(struct smcg_world *w, u64 key)
{
	struct smcg_frame *f;

	for (f = w->frames[bucket_of(key)]; f; f = f->next)
		if (f->key == key)
			return f;
	return NULL;
}

struct smcg_frame *smcg_frame_top(struct smcg_world *w, const struct smcg_event *e)
{
	if (!w->stats.tasks_open)
		return NULL;
	return smcg_frame_find(w, smcg_frame_key(e->tid, e->ctx, e->cpu));
}

struct smcg_frame *smcg_frame_push(struct smcg_world *w, u32 tid, u32 ctx, u32 cpu, u32 kind)
{
	u64 key = smcg_frame_key(tid, ctx, cpu);
	struct smcg_frame *outer = smcg_frame_find(w, key);
	struct smcg_frame *f = w->frames_spare;
	struct smcg_frame **at;

	if (f) {
		w->frames_spare = f->next;
		memset(f, 0, sizeof(*f));
	} else {
		f = smcg_alloc(w, sizeof(*f));
	}
	if (!f)
		return NULL;
	f->key = key;
	f->tid = tid;
	f->ctx = (u8)ctx;
	f->cpu = (u16)cpu;
	f->kind = (u8)kind;
	f->event = w->stats.events;
	f->outer = outer;
	at = &w->frames[bucket_of(key)];
	if (outer) {
		while (*at != outer)
			at = &(*at)->next;
		*at = outer->next;
	}
	f->next = w->frames[bucket_of(key)];
	w->frames[bucket_of(key)] = f;
	w->stats.tasks_open++;
	return f;
}

static void let_go(struct smcg_world *w, struct smcg_frame *f)
{
	struct smcg_cpu *c = f->wait_cpu;
	u32 i;

	if (c) {
		for (i = 0; i < c->queued; i++)
			if (c->queue[i].frame == f)
				c->queue[i].frame = NULL;
	}
	if (unlikely(w->parked))
		smcg_park_forget_frame(w, f);
	if (unlikely(f->parked))
		smcg_counter_try_parked(w, f->group, f->counter, -(s64)f->tried, f->watch);
	if (f->watch && f->state == SMCG_ST_TRYING && f->group)
		smcg_counter_try_end(f->group, f->counter, f->tried, f->group);
	smcg_watch_close(w, f->watch);
	smcg_watch_close(w, f->swap_watch);
	smcg_watch_close(w, f->memsw);
	if (f->drain) {
		w->drain[f->drain - 1].open = false;
		w->drains_open--;
		w->drain_ended = w->stats.events;
	}
	w->may_drain -= f->may_drain;
}

void smcg_frame_pop(struct smcg_world *w, struct smcg_frame *f)
{
	struct smcg_frame **at = &w->frames[bucket_of(f->key)];

	let_go(w, f);
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	if (f->outer) {
		f->outer->next = *at;
		*at = f->outer;
	}
	f->next = w->frames_spare;
	w->frames_spare = f;
	w->stats.tasks_open--;
}

static bool knows(const struct smcg_frame *f, const struct smcg_group *group)
{
	u32 i;

	if (!group || f->group == group || f->over == group || f->at == group)
		return true;
	for (i = 0; f->watch && i < f->watch->nr; i++)
		if (f->watch->level[i].group == group)
			return true;
	for (i = 0; f->swap_watch && i < f->swap_watch->nr; i++)
		if (f->swap_watch->level[i].group == group)
			return true;
	return false;
}

void smcg_frame_forget(struct smcg_world *w, const struct smcg_group *group)
{
	u32 i;

	for (i = 0; i < SMCG_FRAME_BUCKETS; i++) {
		struct smcg_frame *f = w->frames[i];

		while (f) {
			struct smcg_frame *in, *bad = NULL;

			for (in = f; in; in = in->outer)
				if (knows(in, group))
					bad = in;
			if (!bad) {
				f = f->next;
				continue;
			}
			while (f != bad) {
				smcg_frame_pop(w, f);
				f = smcg_frame_find(w, bad->key);
			}
			smcg_frame_pop(w, bad);
			f = w->frames[i];
		}
	}
}

void smcg_frame_free_all(struct smcg_world *w)
{
	struct smcg_frame *f;

	if (w->frames)
		smcg_frame_forget(w, NULL);
	while (w->frames_spare) {
		f = w->frames_spare;
		w->frames_spare = f->next;
		smcg_free(w, f, sizeof(*f));
	}
}
