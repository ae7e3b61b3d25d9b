// SPDX-License-Identifier: GPL-2.0
/*
 * charge.c - one charge: consume, try, and what is due next (SPEC A2-A10).
 *
 * Source: seed 000 and try_charge_memcg() of 6.1.  A frame is always either
 * inside something that has an end of its own (a try, a reclaim, a drain, an
 * OOM pass), or an operation in the queue of its CPU waits for what comes next.
 */
#include "world.h"

void smcg_charge(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_group *g = smcg_group_find(w, e->group);
	struct smcg_op *op;

	if (unlikely(w->strays))
		smcg_join_began(w, e);
	if (!smcg_group_watched(g))
		return;
	if (unlikely(e->caller == SMCG_BY_PRECHARGE))
		smcg_move_begins(w, e->tid, g->css);
	/* A task that has nothing to move is charged for that. */
	else if (unlikely(!e->nr))
		goto bad;
	if (unlikely(e->nr > SMCG_PAGES_MAX))
		goto bad;
	op = smcg_queue_push(w, c, e, SMCG_OP_CONSUME);
	op->gfp = e->gfp;
	op->task = e->task;
	op->pfn = e->a;
	op->where = smcg_owner_where(w, e);
	op->judged = true;
	op->tracked = true;
	smcg_queue_lock(w, c, op, SMCG_LOCK_PAGES(e->locks));
	op->plain = !op->past;
	if (w->rules->trylock && e->ctx != SMCG_CTX_TASK && !op->past)
		op->here = e->c <= SMCG_PAGES_MAX ? (u32)e->c : 0;
	smcg_queue_window(c, op);
	if (e->a != SMCG_NO_PFN)
		smcg_pool_prefetch(w, e->a, smcg_where_node(op->where));
	return;
bad:
	w->stats.errors++;
}

/* Return: its pages are kernel memory, and have a counter of their own. */
static bool settle_page(struct smcg_world *w, struct smcg_group *g, u32 caller, u32 nr,
			u64 pfn, u32 where, u64 event)
{
	if (pfn != SMCG_NO_PFN)
		smcg_page_add(w, g, pfn, nr, where, event);
	if (likely(caller == SMCG_BY_FOLIO)) {
		g->stat.pgpgin++;
		return false;
	}
	if (caller == SMCG_BY_SOCK)
		smcg_stat_sock(g, nr);
	if (caller != SMCG_BY_OBJ && caller != SMCG_BY_KMEM_PAGE)
		return false;
	smcg_stat_kernel(g, nr);
	return w->legacy;
}

void smcg_charge_hit(struct smcg_world *w, const struct smcg_op *op)
{
	struct smcg_group *g = smcg_group_find(w, op->css);

	struct smcg_mark m;

	if (g && unlikely(op->caller == SMCG_BY_PRECHARGE))
		smcg_move_charged(w, op->tid, g, op->nr);
	if (unlikely(!g) ||
	    likely(!settle_page(w, g, op->caller, op->nr, op->pfn, op->where, op->event)))
		return;
	memset(&m, 0, sizeof(m));
	m.ctx = op->ctx;
	m.cpu = op->cpu;
	m.tid = op->tid;
	m.event = op->event;
	smcg_kmem_charged(w, g, op->nr, &m);
	smcg_emit(w, &m);
}

u32 smcg_charge_settle(struct smcg_world *w, const struct smcg_frame *f)
{
	if (f->caller == SMCG_BY_PRECHARGE)
		smcg_move_charged(w, f->tid, f->group, f->nr);
	if (f->caller == SMCG_BY_FOLIO)
		smcg_notify_due(w, &w->cpus[f->cpu], f->tid, f->ctx, f->group->css, f->nr);
	return settle_page(w, f->group, f->caller, f->nr, f->pfn, f->where, f->event) ? f->nr : 0;
}

void smcg_charge_done(struct smcg_world *w, const struct smcg_frame *f)
{
	u32 kmem = smcg_charge_settle(w, f);
	struct smcg_mark m;

	if (!kmem)
		return;
	memset(&m, 0, sizeof(m));
	m.ctx = f->ctx;
	m.cpu = f->cpu;
	m.tid = f->tid;
	m.event = f->event;
	smcg_kmem_charged(w, f->group, kmem, &m);
	smcg_say(w, &w->cpus[f->cpu], &m);
}

u32 smcg_first_try(const struct smcg_world *w, u32 gfp, u32 nr)
{
	return gfp & w->rules->exact_gfp ? nr : max(w->batch, nr);
}

void smcg_charge_missed(struct smcg_world *w, struct smcg_op *op)
{
	struct smcg_frame *f = smcg_frame_push(w, op->tid, op->ctx, op->cpu, SMCG_FRAME_CHARGE);

	if (unlikely(w->joins) && op->ctx == SMCG_CTX_TASK && !(op->task & w->rules->force_task))
		smcg_join_over(w, op->tid);
	if (!f) {
		w->stats.errors++;
		return;
	}
	f->group = smcg_group_find(w, op->css);
	f->nr = op->nr;
	f->batch = smcg_first_try(w, op->gfp, op->nr);
	f->past = op->past;
	f->gfp = op->gfp;
	f->task = op->task;
	f->where = op->where;
	f->pfn = op->pfn;
	f->caller = op->caller;
	f->retries_low = (s32)w->rules->retries;
	f->retries_high = f->retries_low;
	f->state = SMCG_ST_RETRY;
}

u32 smcg_charge_order(u32 nr)
{
	u32 order = 0;

	while (1U << order < nr)
		order++;
	return order;
}

void smcg_charge_say(struct smcg_world *w, struct smcg_frame *f, u32 kind, u32 flags)
{
	struct smcg_mark m;

	memset(&m, 0, sizeof(m));
	m.kind = (u8)kind;
	m.ctx = f->ctx;
	m.cpu = f->cpu;
	m.tid = f->tid;
	m.event = f->event;
	m.group = f->group->id;
	m.nr = f->nr;
	switch (kind) {
	case SMCG_KIND_MAX_EVENT:
		m.nr = 0;
		m.group = f->over->id;
		break;
	case SMCG_KIND_RECLAIM:
		m.group = f->over->id;
		m.arg = f->no_swap;
		break;
	case SMCG_KIND_DRAIN:
		m.nr = 0;
		m.group = f->over->id;
		m.arg = f->mask;
		break;
	case SMCG_KIND_OOM:
		m.nr = smcg_charge_order(f->nr);
		m.group = f->over->id;
		break;
	case SMCG_KIND_NOMEM:
		m.result = -ENOMEM;
		break;
	case SMCG_KIND_REFILL:
		m.nr = f->surplus;
		m.arg = f->surplus;
		break;
	}
	if (f->unsure)
		flags |= SMCG_DEC_AMBIGUOUS;
	f->unsure = false;
	if (w->after_gap)
		flags &= ~SMCG_DEC_ADOPTED;
	m.flags = (u8)(flags | smcg_flags_now(w, f->group));
	smcg_say(w, &w->cpus[f->cpu], &m);
}

void smcg_charge_say_max(struct smcg_world *w, struct smcg_frame *f)
{
	bool unsure = f->unsure;

	smcg_charge_say(w, f, SMCG_KIND_MAX_EVENT, 0);
	f->unsure = unsure;
	f->raised_max = true;
	smcg_group_count(f->over, SMCG_COUNT_MAX);
}

static struct smcg_op *wait_op(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
			       const struct smcg_event *e, u32 kind)
{
	struct smcg_op *op = smcg_queue_push(w, c, e, kind);

	op->frame = f;
	f->wait_cpu = c;
	f->cpu = c->cpu;
	f->event = w->stats.events;
	return op;
}

void smcg_charge_wait(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		      const struct smcg_event *e, u32 state)
{
	f->state = (u8)state;
	smcg_queue_window(c, wait_op(w, c, f, e, SMCG_OP_WAIT));
}

void smcg_charge_retry(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		       const struct smcg_event *e, u32 state)
{
	struct smcg_op *op = wait_op(w, c, f, e, SMCG_OP_CONSUME);

	f->may_drain = state == SMCG_ST_RECLAIMED && f->drained != SMCG_YES;
	w->may_drain += f->may_drain;
	f->state = (u8)state;
	op->css = f->group->css;
	op->nr = f->nr;
	op->pfn = f->pfn;
	op->where = f->where;
	op->caller = f->caller;
	op->judged = true;
	op->tracked = true;
	op->gfp = f->gfp;
	/* What it interrupted has stood still since. */
	op->past = f->past;
	op->pinned = f->past;
	op->pin_event = op->event;
	smcg_queue_window(c, op);
}

void smcg_charge_nomem(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		       const struct smcg_event *e)
{
	enum smcg_turn turn = smcg_turn_at_end(w->rules, f->gfp);

	smcg_charge_wait(w, c, f, e, turn == SMCG_TURN_FORCE ? SMCG_ST_FORCE_DUE : SMCG_ST_NOMEM_DUE);
}

/* The exact try failed. */
void smcg_charge_slow(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		      const struct smcg_event *e)
{
	switch (smcg_turn_after_exact(w->rules, f->gfp, f->task)) {
	case SMCG_TURN_FORCE:
		smcg_charge_wait(w, c, f, e, SMCG_ST_FORCE_DUE);
		break;
	case SMCG_TURN_FAIL:
		smcg_charge_nomem(w, c, f, e);
		break;
	case SMCG_TURN_ON:
		smcg_charge_say_max(w, f);
		smcg_charge_wait(w, c, f, e, SMCG_ST_RECLAIM_DUE);
		break;
	}
}

void smcg_charge_again(struct smcg_world *w, struct smcg_cpu *c, struct smcg_frame *f,
		       const struct smcg_event *e)
{
	if (f->tried > f->nr) {
		f->batch = f->nr;
		smcg_charge_retry(w, c, f, e, SMCG_ST_RETRY);
	} else {
		smcg_charge_slow(w, c, f, e);
	}
}

/* The first counter that is tried, or on the legacy hierarchy the second. */
static bool is_try(const struct smcg_world *w, const struct smcg_frame *f,
		   const struct smcg_event *e, bool second)
{
	return e && e->type == SMCG_EV_TRY_ENTER && e->caller == SMCG_BY_CHARGE &&
		e->group == f->group->css &&
		(smcg_which(w, e, e->b) == SMCG_COUNTER_MEMORY) == (second || !w->legacy);
}

static bool is_undo(const struct smcg_world *w, const struct smcg_frame *f,
		    const struct smcg_event *e)
{
	return e && e->type == SMCG_EV_COUNTER_UNCHARGE && e->caller == SMCG_BY_CHARGE &&
		e->group == f->group->css && smcg_which(w, e, e->a) == SMCG_COUNTER_MEMSW;
}

/* A refill cannot tell a surplus from other pages: the next one of the charge is it. */
static bool is_surplus(const struct smcg_frame *f, const struct smcg_event *e)
{
	return e && e->type == SMCG_EV_REFILL && e->caller != SMCG_BY_OBJ_DRAIN &&
		e->group == f->group->css;
}

/* What was due did not come.  The step stays as decided; follow what did come. */
static u32 contradict(struct smcg_world *w, struct smcg_frame *f, const struct smcg_event *e,
		      u32 kind)
{
	smcg_charge_say(w, f, kind, SMCG_DEC_ADOPTED);
	if (is_try(w, f, e, false))
		f->state = SMCG_ST_RETRY;
	else
		smcg_frame_pop(w, f);
	return SMCG_SHOWN_VOID;
}

/*
 * The event (NULL: silence) that ended the wait of a frame.  Returns what it
 * shows of the consume, if the frame waited on one.
 */
u32 smcg_charge_shown(struct smcg_world *w, struct smcg_frame *f, const struct smcg_event *e)
{
	bool by_charge = e && e->caller == SMCG_BY_CHARGE;

	switch (f->state) {
	case SMCG_ST_RETRY:
		if (is_try(w, f, e, false))
			return SMCG_SHOWN_MISS;
		smcg_frame_pop(w, f);
		return SMCG_SHOWN_HIT;
	case SMCG_ST_SURPLUS:
		if (is_surplus(f, e))
			return SMCG_SHOWN_VOID;
		smcg_charge_done(w, f);
		return contradict(w, f, NULL, SMCG_KIND_REFILL);
	case SMCG_ST_RECLAIM_DUE:
		if (by_charge && e->type == SMCG_EV_RECLAIM)
			return SMCG_SHOWN_VOID;
		return contradict(w, f, e, SMCG_KIND_RECLAIM);
	case SMCG_ST_FORCE_DUE:
		if (by_charge && e->type == SMCG_EV_COUNTER_CHARGE && e->group == f->group->css)
			return SMCG_SHOWN_VOID;
		smcg_counter_adopt(f->group, SMCG_COUNTER_MEMORY, -(s64)f->nr);
		return contradict(w, f, e, SMCG_KIND_FORCED);
	case SMCG_ST_NOMEM_DUE:
		if (is_try(w, f, e, false))
			return contradict(w, f, e, SMCG_KIND_NOMEM);
		smcg_charge_say(w, f, SMCG_KIND_NOMEM, 0);
		smcg_frame_pop(w, f);
		return SMCG_SHOWN_VOID;
	case SMCG_ST_RECLAIMED:
		return smcg_after_reclaim(w, f, e);
	case SMCG_ST_MEMORY_DUE:
		if (is_try(w, f, e, true))
			return SMCG_SHOWN_VOID;
		return contradict(w, f, e, SMCG_KIND_EXACT_CHARGE);
	case SMCG_ST_UNDO_DUE:
		if (is_undo(w, f, e))
			return SMCG_SHOWN_VOID;
		smcg_counter_adopt(f->group, SMCG_COUNTER_MEMSW, f->tried);
		return contradict(w, f, e, SMCG_KIND_MEMSW_CHARGE);
	}
	smcg_frame_pop(w, f);
	return SMCG_SHOWN_VOID;
}
