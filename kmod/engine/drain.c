// SPDX-License-Identifier: GPL-2.0
/*
 * drain.c - drains of all stocks below a group (SPEC A12).
 *
 * Which CPUs are flushed is predicted from the shadow's stocks when the drain
 * begins.  A CPU whose answer changes before the real drain has passed it, or
 * whose answer hangs on something not settled, may go either way.
 *
 * Source: drain_all_stock(), drain_local_stock() of 6.1, seed 001.
 */
#include "world.h"

static enum smcg_maybe owes_bytes(const struct smcg_world *w, const struct smcg_stock *s, u32 root)
{
	if (!s->known_obj)
		return SMCG_MAYBE;
	return s->objcg && smcg_group_below(w, s->objcg->css, root) ? SMCG_YES : SMCG_NO;
}

static enum smcg_maybe owes_pages(const struct smcg_world *w, const struct smcg_stock *s, u32 root)
{
	if (!s->known)
		return SMCG_MAYBE;
	if (!s->css || !s->high || !smcg_group_below(w, s->css, root))
		return SMCG_NO;
	return s->low ? SMCG_YES : SMCG_MAYBE;
}

static u8 answer_of(const struct smcg_stock *s, enum smcg_maybe pages, enum smcg_maybe bytes)
{
	if (s->flushing)
		return 0;
	if (pages == SMCG_YES || bytes == SMCG_YES)
		return SMCG_DRAIN_WANT;
	return pages == SMCG_MAYBE || bytes == SMCG_MAYBE ?
		SMCG_DRAIN_WANT | SMCG_DRAIN_MAYBE : 0;
}

static u8 answer(const struct smcg_world *w, const struct smcg_cpu *c, u32 root)
{
	const struct smcg_stock *s = &c->stock;

	if (!c->online)
		return 0;
	return answer_of(s, owes_pages(w, s, root), owes_bytes(w, s, root));
}

/* What the pages, and the bytes, of a stock may owe while operations on it take effect. */
struct may_owe {
	bool pages[2], bytes[2];	/* no, yes */
};

static void add(bool *may, enum smcg_maybe owes)
{
	may[0] |= owes != SMCG_YES;
	may[1] |= owes != SMCG_NO;
}

/*
 * Let an operation that waits take effect on a copy.  While one owner is replaced by
 * another, and when a stock is overfull, there is none for a moment.
 */
static void pass_through(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
			 u32 root, struct may_owe *may)
{
	bool flushing = s->flushing;
	struct smcg_outcome out;

	switch (op->kind) {
	case SMCG_OP_REFILL:
		if (s->css != op->css || s->high + op->nr > w->batch)
			add(may->pages, SMCG_NO);
		smcg_stock_run(w, s, op, &out);
		break;
	case SMCG_OP_CONSUME:
	case SMCG_OP_DRAIN:
		smcg_stock_run(w, s, op, &out);
		break;
	case SMCG_OP_OBJ_REFILL:
	case SMCG_OP_OBJ_STATE:
	case SMCG_OP_OBJ_DRAIN:
		if (s->objcg != op->objcg)
			add(may->bytes, SMCG_NO);
		s->objcg = op->objcg;
		s->known_obj = true;
		break;
	case SMCG_OP_BASE:
		add(may->pages, SMCG_MAYBE);
		add(may->bytes, SMCG_MAYBE);
		break;
	}
	/* Until a flush is over the answer is no, whatever it finds. */
	if (flushing && !s->flushing)
		memset(may, 0, sizeof(*may));
	add(may->pages, owes_pages(w, s, root));
	add(may->bytes, owes_bytes(w, s, root));
}

/*
 * Could what waits in the queue change the answer?  Pages and bytes are taken apart: a
 * put-back of bytes refills the pages before its own owner is gone.
 */
static bool unsettled(struct smcg_world *w, const struct smcg_cpu *c, u32 root, u8 want)
{
	struct smcg_stock s = c->stock;
	struct may_owe may = {};
	bool no = s.flushing;
	u32 i;

	if (!c->online)
		return false;
	add(may.pages, owes_pages(w, &s, root));
	add(may.bytes, owes_bytes(w, &s, root));
	for (i = 0; i < c->queued; i++)
		if (!c->queue[i].placed)
			pass_through(w, &s, &c->queue[i], root, &may);
	if (s.flushing)
		return want;
	no |= may.pages[0] && may.bytes[0];
	return want ? no : may.pages[1] || may.bytes[1];
}

void smcg_drain_note(struct smcg_world *w, const struct smcg_cpu *c, const struct smcg_op *op)
{
	u32 i;

	for (i = 0; i < SMCG_DRAINS; i++) {
		const struct smcg_drain *d = &w->drain[i];
		u8 want, *state;

		if (!d->open || d->cpu[c->cpu] & SMCG_DRAIN_DONE)
			continue;
		state = &d->cpu[c->cpu];
		want = *state & SMCG_DRAIN_WANT;
		if (answer(w, c, d->root_css) != want)
			*state |= SMCG_DRAIN_MAYBE;
		/* While one owner is replaced by another there is none for a moment. */
		if (op && op->kind == SMCG_OP_REFILL && op->drains &&
		    answer_of(&c->stock, SMCG_NO, owes_bytes(w, &c->stock, d->root_css)) != want)
			*state |= SMCG_DRAIN_MAYBE;
		if (op && op->kind == SMCG_OP_REFILL && op->caller == SMCG_BY_OBJ_DRAIN &&
		    answer_of(&c->stock, SMCG_NO, SMCG_NO) != want)
			*state |= SMCG_DRAIN_MAYBE;
		if (op && op->seen_switch &&
		    answer_of(&c->stock, owes_pages(w, &c->stock, d->root_css), SMCG_NO) != want)
			*state |= SMCG_DRAIN_MAYBE;
	}
}

void smcg_drain_doubt(struct smcg_world *w, struct smcg_cpu *c)
{
	u32 i;

	for (i = 0; i < SMCG_DRAINS; i++) {
		const struct smcg_drain *d = &w->drain[i];
		u8 *state = &d->cpu[c->cpu];

		if (d->open && !(*state & SMCG_DRAIN_DONE) &&
		    unsettled(w, c, d->root_css, *state & SMCG_DRAIN_WANT))
			*state |= SMCG_DRAIN_MAYBE;
	}
}

u64 smcg_drain_guess(const struct smcg_world *w, u32 root_css)
{
	u64 mask = 0;
	u32 cpu;

	for (cpu = 0; cpu < w->config.nr_cpus; cpu++)
		if (answer(w, &w->cpus[cpu], root_css) & SMCG_DRAIN_WANT)
			mask |= 1ULL << (cpu & 63);
	return mask;
}

void smcg_drain_all(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_frame *f = smcg_frame_top(w, e);
	struct smcg_drain *d = NULL;
	u32 i;

	for (i = 0; i < SMCG_DRAINS && !d; i++)
		if (!w->drain[i].open)
			d = &w->drain[i];
	if (!d) {
		w->stats.errors++;
		return;
	}
	if (!f || f->kind != SMCG_FRAME_CHARGE || f->state != SMCG_ST_DRAINING || f->drain) {
		f = smcg_frame_push(w, e->tid, e->ctx, e->cpu, SMCG_FRAME_DRAIN);
		if (!f) {
			w->stats.errors++;
			return;
		}
		f->state = SMCG_ST_DRAINING;
	}
	f->cpu = c->cpu;
	f->event = w->stats.events;
	f->drain = (u8)(d - w->drain + 1);
	d->open = true;
	d->key = f->key;
	d->seq = w->stats.events;
	d->root_css = e->group;
	d->before = e->a;
	d->told = e->c == 1 && w->config.nr_cpus <= 64;
	w->drains_open++;
	w->drain_opened = w->stats.events;
	for (i = 0; i < w->config.nr_cpus; i++) {
		u8 want = answer(w, &w->cpus[i], d->root_css);

		d->cpu[i] = want;
		if (w->cpus[i].queued && unsettled(w, &w->cpus[i], d->root_css, want))
			d->cpu[i] |= SMCG_DRAIN_MAYBE;
	}
}

/* The real drain has passed a CPU: what waits there may have come before or after. */
static void passed(struct smcg_world *w, struct smcg_drain *d, u32 cpu)
{
	struct smcg_cpu *c = &w->cpus[cpu];

	if (!(d->cpu[cpu] & SMCG_DRAIN_DONE) && c->queued &&
	    unsettled(w, c, d->root_css, d->cpu[cpu] & SMCG_DRAIN_WANT))
		d->cpu[cpu] |= SMCG_DRAIN_MAYBE;
	d->cpu[cpu] |= SMCG_DRAIN_DONE;
}

/* From now on a flush is on its way.  One before it is over, even if it is not settled here. */
static void flush_begins(struct smcg_cpu *c)
{
	u32 i;

	c->stock.flushing = true;
	for (i = 0; i < c->queued; i++)
		c->queue[i].allow |= c->queue[i].kind == SMCG_OP_DRAIN;
}

/* The drain of this task has flushed @cpu, and passed those before it.  Return: it is one's. */
static bool flushed(struct smcg_world *w, const struct smcg_event *e, u32 cpu)
{
	bool any = false;
	u64 key = smcg_frame_key(e->tid, e->ctx, e->cpu);
	u32 i, at;

	for (i = 0; i < SMCG_DRAINS; i++) {
		struct smcg_drain *d = &w->drain[i];

		if (!d->open || d->key != key)
			continue;
		for (at = 0; at <= cpu; at++)
			passed(w, d, at);
		d->cpu[cpu] |= SMCG_DRAIN_REAL;
		if (e->type == SMCG_EV_DRAIN_QUEUED && e->b == SMCG_OWES_SOME)
			d->cpu[cpu] |= SMCG_DRAIN_OWED;
		any = true;
	}
	return any;
}

void smcg_drain_queued(struct smcg_world *w, const struct smcg_event *e)
{
	if (e->a >= w->config.nr_cpus) {
		w->stats.errors++;
		return;
	}
	flushed(w, e, (u32)e->a);
	flush_begins(&w->cpus[e->a]);
	if (w->drains_open)
		smcg_drain_note(w, &w->cpus[e->a], NULL);
}

/* A drain begins to flush its own CPU: the bytes first. */
void smcg_drain_begins(struct smcg_world *w, const struct smcg_event *e)
{
	if (w->drains_open && flushed(w, e, e->cpu))
		flush_begins(&w->cpus[e->cpu]);
}

void smcg_drain_local(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	smcg_drain_begins(w, e);
	smcg_queue_collect(c, smcg_queue_push(w, c, e, SMCG_OP_DRAIN));
}

/*
 * Can a doubtful CPU be settled by what was read before and after the drain, and as it passed?
 * A stock that owed nothing at both ends was left alone.  One that owed something was flushed.
 */
static bool still(const struct smcg_drain *d, const struct smcg_event *e, u32 cpu, bool real)
{
	bool before = d->before & 1ULL << cpu, after = e->a & 1ULL << cpu;

	if (real && d->cpu[cpu] & SMCG_DRAIN_OWED)
		return true;
	if (!d->told || e->c != 1)
		return false;
	return real ? before : !before && !after;
}

static void say_drain(struct smcg_world *w, struct smcg_frame *f, struct smcg_drain *d,
		      const struct smcg_event *e)
{
	u32 cpu, flags = 0;

	f->mask = 0;
	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		bool mine, real;

		passed(w, d, cpu);
		real = d->cpu[cpu] & SMCG_DRAIN_REAL;
		mine = d->cpu[cpu] & SMCG_DRAIN_WANT;
		if (d->cpu[cpu] & SMCG_DRAIN_MAYBE) {
			mine = real;
			if (!still(d, e, cpu, real))
				flags |= SMCG_DEC_AMBIGUOUS;
		}
		if (mine != real)
			flags |= SMCG_DEC_ADOPTED;
		if (mine)
			f->mask |= 1ULL << (cpu & 63);
	}
	if (!f->over || f->over->css != d->root_css)
		flags |= SMCG_DEC_ADOPTED;
	smcg_charge_say(w, f, SMCG_KIND_DRAIN, flags);
}

void smcg_drain_ret(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	struct smcg_frame *f = smcg_frame_top(w, e);
	struct smcg_drain *d;

	if (!f || !f->drain) {
		w->stats.errors++;
		return;
	}
	f->cpu = c->cpu;
	f->event = w->stats.events;
	d = &w->drain[f->drain - 1];
	d->open = false;
	w->drains_open--;
	w->drain_ended = w->stats.events;
	f->drain = 0;
	if (f->kind != SMCG_FRAME_CHARGE) {
		smcg_frame_pop(w, f);
		return;
	}
	say_drain(w, f, d, e);
	f->drained = SMCG_YES;
	smcg_charge_retry(w, c, f, e, SMCG_ST_RETRY);
}
