// SPDX-License-Identifier: GPL-2.0
/*
 * legacy.c - what only the legacy hierarchy counts (SPEC A4, A14, A15).
 *
 * Memory and swap share a counter, which is charged before memory and follows it in everything
 * else; kernel memory and the buffers of TCP are counted apart.
 *
 * Source: try_charge_memcg(), mem_cgroup_swapout(), __mem_cgroup_uncharge_swap(),
 * memcg_account_kmem(), mem_cgroup_charge_skmem() of 6.1, seeds 001 and 003.
 */
#include "world.h"

/* What a swap-out does, step by step. */
enum smcg_swapout_step {
	STEP_MEMORY = 1 << 0,	/* memory is uncharged */
	STEP_OWNER = 1 << 1,	/* another group owns the entry and is charged for it */
	STEP_MEMSW = 1 << 2,	/* then the first gives its own charge back */
};

void smcg_base_legacy(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_counter *c;

	if (!g || !w->legacy || e->caller >= SMCG_WHICH_NR || e->a > S64_MAX) {
		w->stats.errors++;
		return;
	}
	if (e->caller == SMCG_WHICH_MEMORY) {
		c = &g->counter[SMCG_COUNTER_MEMORY];
		g->id_users = e->nr;
		g->id_known = true;
		g->stat.paged = !e->b;
	} else {
		c = &g->counter[SMCG_COUNTER_MEMSW + e->caller - SMCG_WHICH_MEMSW];
		smcg_counter_set(g, (u32)(c - g->counter), e->a);
	}
	c->watermark = e->b;
	c->failcnt = e->c;
}

void smcg_memsw_tried(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		      const struct smcg_event *e, struct smcg_group *over)
{
	if (!over) {
		smcg_charge_wait(w, c, f, e, SMCG_ST_MEMORY_DUE);
		return;
	}
	f->over = over;
	/* Swapping would not lower what is over. */
	f->no_swap = true;
	smcg_charge_again(w, c, f, e);
}

/* What was predicted did not come: the shadow alone would have it. */
static void never_came(struct smcg_world *w, struct smcg_group *g, s64 nr)
{
	if (!smcg_group_watched(g))
		return;
	w->stats.unexplained++;
	smcg_counter_adopt(g, SMCG_COUNTER_MEMSW, -nr);
}

void smcg_memsw_due(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		    const struct smcg_group *g, s64 nr)
{
	struct smcg_due *due = &c->due[e->ctx];

	if (!w->legacy)
		return;
	if (due->css)
		never_came(w, smcg_group_find(w, due->css), due->nr);
	due->css = g->css;
	due->nr = nr;
}

/* Is it what had to follow? */
static bool is_due(struct smcg_due *due, const struct smcg_group *g, s64 nr)
{
	if (due->css != g->css || due->nr != nr)
		return false;
	due->css = 0;
	return true;
}

static bool take_step(struct smcg_due *due, const struct smcg_event *e, u32 step, u32 css)
{
	if (!(due->left & step) || e->group != css || e->nr != due->entries)
		return false;
	due->left &= ~step;
	return true;
}

bool smcg_swapped_out(struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_due *due = &c->due[e->ctx];

	return take_step(due, e, STEP_MEMORY, due->swapout);
}

/* The charge whose memory did not fit gives memory+swap back, and goes on. */
static bool undo(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
		 struct smcg_group *g, s64 nr)
{
	struct smcg_frame *f = smcg_frame_top(w, e);

	if (!f || f->kind != SMCG_FRAME_CHARGE || f->state != SMCG_ST_UNDO_DUE || f->group != g)
		return false;
	smcg_counter_adopt(g, SMCG_COUNTER_MEMSW, nr + f->tried);
	smcg_account(w, c, e, g, SMCG_COUNTER_MEMSW, nr);
	f->cpu = c->cpu;
	f->event = w->stats.events;
	smcg_charge_again(w, c, f, e);
	return true;
}

static bool forced_tcp(struct smcg_world *w, const struct smcg_event *e,
		       const struct smcg_group *g)
{
	struct smcg_frame *f = smcg_frame_top(w, e);
	bool due = f && f->kind == SMCG_FRAME_SOCK && f->state == SMCG_ST_FORCE_DUE &&
		f->group == g && f->nr == e->nr;

	if (due)
		smcg_frame_pop(w, f);
	return due;
}

static bool memsw_explained(struct smcg_cpu *c, const struct smcg_event *e,
			    const struct smcg_group *g, s64 nr)
{
	struct smcg_due *due = &c->due[e->ctx];

	if (e->caller != SMCG_BY_SWAPOUT)
		return is_due(due, g, nr);
	return nr > 0 ? take_step(due, e, STEP_OWNER, due->owner) :
			take_step(due, e, STEP_MEMSW, due->swapout);
}

void smcg_legacy_changed(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e,
			 struct smcg_group *g, u32 kind, s64 nr)
{
	bool explained;

	switch (kind) {
	case SMCG_COUNTER_MEMSW:
		if (e->caller == SMCG_BY_CHARGE && nr < 0 && undo(w, c, e, g, nr))
			return;
		explained = memsw_explained(c, e, g, nr);
		break;
	case SMCG_COUNTER_TCPMEM:
		explained = nr > 0 && forced_tcp(w, e, g);
		break;
	default:
		/* How many of the folios of a batch are the kernel's only reality can tell. */
		explained = e->caller == SMCG_BY_UNCHARGE;
		break;
	}
	if (!explained)
		smcg_unexplained(w, g, kind, nr);
	smcg_account(w, c, e, g, kind, nr);
}

void smcg_legacy_forget(struct smcg_cpu *c)
{
	memset(c->due, 0, sizeof(c->due));
}

/* The closest group that may own a swap entry: it is online, or has such entries already. */
static struct smcg_group *entry_owner(struct smcg_group *g)
{
	while (g && !g->id_users)
		g = g->parent;
	return g;
}

void smcg_swapout(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group), *owner;
	struct smcg_due *due = &c->due[e->ctx];
	struct smcg_mark m;

	if (!w->legacy || !e->nr || e->nr > SMCG_PAGES_MAX) {
		w->stats.errors += !e->nr || e->nr > SMCG_PAGES_MAX;
		return;
	}
	smcg_owner_is(w, e->c, e->nr, smcg_group_tracked(g) ? entry_owner(g) : NULL,
		      smcg_where_folio(smcg_where(0, e->gfp)));
	if (!smcg_group_tracked(g))
		return;
	w->stats.unexplained += !!due->left;
	owner = entry_owner(g);
	due->swapout = g->css;
	g->stat.pgpgout++;
	due->owner = owner ? owner->css : 0;
	due->entries = e->nr;
	due->left = STEP_MEMORY;
	if (owner != g)
		due->left |= STEP_MEMSW | (owner ? STEP_OWNER : 0);
	if (owner)
		owner->id_users += e->nr;
	smcg_notify_due(w, c, e->tid, e->ctx, g->css, e->nr);
	if (!smcg_group_watched(g))
		return;
	smcg_mark_event(w, &m, e, SMCG_KIND_SWAPOUT);
	m.over = owner && owner != g ? owner->id : 0;
	m.arg = owner != g;
	smcg_say(w, c, &m);
}

void smcg_kmem_charged(struct smcg_world *w, struct smcg_group *g, u32 nr, struct smcg_mark *m)
{
	smcg_counter_add(w, g, SMCG_COUNTER_KMEM, nr, NULL);
	m->kind = SMCG_KIND_KMEM_CHARGE;
	m->flags |= (u8)smcg_flags_now(w, g);
	m->group = g->id;
	m->nr = nr;
	m->over = 0;
	m->arg = 0;
}

void smcg_kmem_given(struct smcg_world *w, struct smcg_group *g, u32 nr)
{
	smcg_stat_kernel(g, -(s64)nr);
	if (w->legacy && smcg_group_tracked(g))
		smcg_counter_add(w, g, SMCG_COUNTER_KMEM, -(s64)nr, NULL);
}

void smcg_sock_charge(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_frame *f = smcg_frame_top(w, e);

	if (f && f->kind == SMCG_FRAME_SOCK) {
		/* It should have been forced. */
		if (f->state == SMCG_ST_FORCE_DUE)
			smcg_counter_adopt(f->group, SMCG_COUNTER_TCPMEM, -(s64)f->nr);
		smcg_frame_pop(w, f);
	}
	if (!w->legacy || !smcg_group_tracked(g) || !e->nr || e->nr > SMCG_PAGES_MAX)
		return;
	f = smcg_frame_push(w, e->tid, e->ctx, e->cpu, SMCG_FRAME_SOCK);
	if (!f) {
		w->stats.errors++;
		return;
	}
	f->group = g;
	f->nr = e->nr;
	f->gfp = e->gfp;
	f->state = SMCG_ST_RETRY;
}

void smcg_sock_uncharge(struct smcg_world *w, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);

	if (!smcg_group_tracked(g) || e->nr > SMCG_PAGES_MAX)
		return;
	if (!w->legacy)
		smcg_stat_sock(g, -(s64)e->nr);
	else
		smcg_counter_add(w, g, SMCG_COUNTER_TCPMEM, -(s64)e->nr, NULL);
}

static void say_tcp(struct smcg_world *w, const struct smcg_frame *f, const struct smcg_group *over,
		    u32 flags, bool forced)
{
	struct smcg_mark m;

	memset(&m, 0, sizeof(m));
	m.kind = SMCG_KIND_TCP_CHARGE;
	m.ctx = f->ctx;
	m.cpu = f->cpu;
	m.tid = f->tid;
	m.event = f->event;
	m.group = f->group->id;
	m.nr = f->tried;
	m.result = over ? -ENOMEM : 0;
	m.over = over ? over->id : 0;
	m.arg = forced;
	m.flags = (u8)flags;
	smcg_say(w, &w->cpus[f->cpu], &m);
}

void smcg_tcp_tried(struct smcg_world *w, struct smcg_frame *f, const struct smcg_try *t,
		    struct smcg_group *over)
{
	struct smcg_group *mine = t->legal ? over : t->over;
	struct smcg_frame *sock = f->outer;
	u32 flags = w->after_gap ? SMCG_DEC_AFTER_GAP : 0;
	bool forced;

	if (sock && (sock->kind != SMCG_FRAME_SOCK || sock->group != f->group ||
		     sock->nr != f->tried))
		sock = NULL;
	forced = sock && over && sock->gfp & SMCG_GFP_NOFAIL;
	if (smcg_group_watched(f->group)) {
		if (t->unsure && !flags)
			flags = SMCG_DEC_AMBIGUOUS;
		if (!t->legal && !w->after_gap) {
			flags |= SMCG_DEC_ADOPTED;
			smcg_counter_adopt(f->group, SMCG_COUNTER_TCPMEM,
					   over ? -(s64)f->tried : (s64)f->tried);
		}
		say_tcp(w, f, mine, flags, false);
		if (forced)
			say_tcp(w, f, NULL, flags & ~SMCG_DEC_ADOPTED, true);
	}
	smcg_frame_pop(w, f);
	if (forced)
		sock->state = SMCG_ST_FORCE_DUE;
	else if (sock)
		smcg_frame_pop(w, sock);
}
