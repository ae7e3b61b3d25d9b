// SPDX-License-Identifier: GPL-2.0
/*
 * drain.c - drains of all stocks below a group (SPEC A12, A20).
 *
 * Which CPUs are flushed is predicted from the shadow's stocks when the drain
 * begins.  A CPU whose answer changes before the real drain has passed it, or
 * whose answer hangs on something not settled, may go either way.  Where pages
 * and bytes are drained apart, each half of a CPU has an answer of its own.
 *
 * Source: drain_all_stock(), drain_local_stock() of 6.1, seed 001; drain_all_stock(),
 * is_memcg_drain_needed(), obj_stock_flush_required() of 7.2.
 */
#include "owe.h"

void smcg_drain_note(struct smcg_world *w, const struct smcg_cpu *c, const struct smcg_op *op)
{
	u32 i, half;

	for (i = 0; i < SMCG_DRAINS; i++) {
		const struct smcg_drain *d = &w->drain[i];

		for (half = 0; d->open && half < smcg_halves(w); half++) {
			const struct smcg_question q = smcg_owes_ask(w, d->root_css, half);
			u8 *state = &d->cpu[half][c->cpu], want = *state & SMCG_DRAIN_WANT;

			if (*state & SMCG_DRAIN_DONE)
				continue;
			if (smcg_owes(w, c, &q) != want || (op && smcg_owes_wavers(w, &c->stock, op, &q, want)))
				*state |= SMCG_DRAIN_MAYBE;
		}
	}
}

/* What waits on a CPU makes its answer to an open drain doubtful, if that is still to come. */
static void doubt(struct smcg_world *w, struct smcg_drain *d, u32 cpu, u32 half)
{
	const struct smcg_question q = smcg_owes_ask(w, d->root_css, half);
	u8 *state = &d->cpu[half][cpu];

	if (!(*state & SMCG_DRAIN_DONE) && w->cpus[cpu].queued &&
	    smcg_owes_unsettled(w, &w->cpus[cpu], &q, *state & SMCG_DRAIN_WANT))
		*state |= SMCG_DRAIN_MAYBE;
}

void smcg_drain_doubt(struct smcg_world *w, struct smcg_cpu *c)
{
	u32 i, half;

	for (i = 0; i < SMCG_DRAINS; i++)
		for (half = 0; w->drain[i].open && half < smcg_halves(w); half++)
			doubt(w, &w->drain[i], c->cpu, half);
}

/* Place of a CPU in the mask of a decision: one mask for each half. */
static u64 mask_of(const struct smcg_world *w, u32 cpu, u32 half)
{
	return w->rules->apart ? 1ULL << ((cpu & 31) + 32 * half) : 1ULL << (cpu & 63);
}

u64 smcg_drain_guess(const struct smcg_world *w, u32 root_css)
{
	u32 cpu, half;
	u64 mask = 0;

	for (half = 0; half < smcg_halves(w); half++) {
		const struct smcg_question q = smcg_owes_ask(w, root_css, half);

		for (cpu = 0; cpu < w->config.nr_cpus; cpu++)
			if (smcg_owes(w, &w->cpus[cpu], &q) & SMCG_DRAIN_WANT)
				mask |= mask_of(w, cpu, half);
	}
	return mask;
}

/* What was read of a half: CPUs that would be flushed. */
static u64 read_mask(const struct smcg_event *e, u32 half)
{
	return half == SMCG_HALF_PAGES ? e->a : e->nr | (u64)e->gfp << 32;
}

static void predict(struct smcg_world *w, struct smcg_drain *d, const struct smcg_event *e)
{
	u32 cpu, half;

	for (half = 0; half < smcg_halves(w); half++) {
		const struct smcg_question q = smcg_owes_ask(w, d->root_css, half);

		d->before[half] = read_mask(e, half);
		for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
			d->cpu[half][cpu] = smcg_owes(w, &w->cpus[cpu], &q);
			doubt(w, d, cpu, half);
		}
	}
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
	d->told = e->c == 1 && w->config.nr_cpus <= 64;
	w->drains_open++;
	w->drain_opened = w->stats.events;
	predict(w, d, e);
}

/* The real drain has passed a CPU: what waits there may have come before or after. */
static void passed(struct smcg_world *w, struct smcg_drain *d, u32 cpu, u32 half)
{
	doubt(w, d, cpu, half);
	d->cpu[half][cpu] |= SMCG_DRAIN_DONE;
}

/* From now on a flush is on its way.  One before it is over, even if it is not settled here. */
static void flush_begins(struct smcg_cpu *c, u32 half)
{
	u32 kind = half == SMCG_HALF_PAGES ? SMCG_OP_DRAIN : SMCG_OP_OBJ_DRAIN, i;

	if (half == SMCG_HALF_PAGES)
		c->stock.flushing = true;
	else
		c->stock.flushing_obj = true;
	for (i = 0; i < c->queued; i++)
		c->queue[i].allow |= c->queue[i].kind == kind;
}

/* The halves of a CPU are passed one after the other, and so are the CPUs. */
static void passed_to(struct smcg_world *w, struct smcg_drain *d, u32 cpu, u32 half)
{
	u32 at, part;

	for (at = 0; at <= cpu; at++)
		for (part = 0; part < smcg_halves(w) && (at < cpu || part <= half); part++)
			passed(w, d, at, part);
}

/* The drain of this task has flushed @cpu, and passed what is before it.  Return: it is one's. */
static bool flushed(struct smcg_world *w, const struct smcg_event *e, u32 cpu, u32 half)
{
	bool any = false;
	u64 key = smcg_frame_key(e->tid, e->ctx, e->cpu);
	u32 i;

	for (i = 0; i < SMCG_DRAINS; i++) {
		struct smcg_drain *d = &w->drain[i];

		if (!d->open || d->key != key)
			continue;
		passed_to(w, d, cpu, half);
		d->cpu[half][cpu] |= SMCG_DRAIN_REAL;
		if (e->b == SMCG_OWES_SOME)
			d->cpu[half][cpu] |= SMCG_DRAIN_OWED;
		any = true;
	}
	return any;
}

/* Is this half of a stock marked to be flushed, as the task of @e loses its CPU?  Others are not told. */
static enum smcg_maybe marked(const struct smcg_event *e, u32 cpu, u32 half)
{
	u64 mark = half == SMCG_HALF_PAGES ? SMCG_SWITCH_PAGES_FLUSHING : SMCG_SWITCH_BYTES_FLUSHING;

	if (cpu != e->cpu)
		return SMCG_NO;
	if (!(e->a & SMCG_SWITCH_TOLD))
		return SMCG_MAYBE;
	return e->a & mark ? SMCG_YES : SMCG_NO;
}

/*
 * The task of a drain loses its CPU.  A half that owed something all the time, and is neither flushed nor
 * marked to be, has not been looked at: nor has what comes behind it.  (Or it has, a few instructions before it is
 * marked.)  One that is marked will be flushed, whatever others leave there.
 */
static void drain_away(struct smcg_world *w, struct smcg_drain *d, const struct smcg_event *e)
{
	const u8 asked = SMCG_DRAIN_WANT | SMCG_DRAIN_MAYBE | SMCG_DRAIN_DONE;
	bool again = false;
	u32 cpu, half;

	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		for (half = 0; half < smcg_halves(w); half++) {
			u8 *state = &d->cpu[half][cpu];

			doubt(w, d, cpu, half);
			if (!again && (*state & asked) == SMCG_DRAIN_WANT) {
				enum smcg_maybe mark = marked(e, cpu, half);

				if (mark == SMCG_YES)
					passed_to(w, d, cpu, half);
				again = mark == SMCG_NO;
				if (again)
					*state |= SMCG_DRAIN_LATE;
			}
			if (again)
				*state |= SMCG_DRAIN_AGAIN;
		}
	}
}

/* It has one: what was not looked at is asked now. */
static void drain_back(struct smcg_world *w, struct smcg_drain *d)
{
	u32 cpu, half;

	for (half = 0; half < smcg_halves(w); half++) {
		const struct smcg_question q = smcg_owes_ask(w, d->root_css, half);

		for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
			u8 *state = &d->cpu[half][cpu], was = *state;

			if (!(was & SMCG_DRAIN_AGAIN))
				continue;
			*state = smcg_owes(w, &w->cpus[cpu], &q) | (was & SMCG_DRAIN_LATE);
			doubt(w, d, cpu, half);
		}
	}
}

void smcg_drain_parked(struct smcg_world *w, const struct smcg_event *e, bool parked)
{
	u64 key = smcg_frame_key(e->tid, SMCG_CTX_TASK, 0);
	u32 i;

	for (i = 0; i < SMCG_DRAINS; i++) {
		struct smcg_drain *d = &w->drain[i];

		if (!d->open || d->key != key)
			continue;
		if (!parked)
			drain_back(w, d);
		else if (e->a & SMCG_SWITCH_DRAINED)
			passed_to(w, d, w->config.nr_cpus - 1, smcg_halves(w) - 1);
		else
			drain_away(w, d, e);
	}
}

void smcg_drain_queued(struct smcg_world *w, const struct smcg_event *e)
{
	u32 half = w->rules->apart && e->c ? SMCG_HALF_BYTES : SMCG_HALF_PAGES;

	if (e->a >= w->config.nr_cpus) {
		w->stats.errors++;
		return;
	}
	flushed(w, e, (u32)e->a, half);
	flush_begins(&w->cpus[e->a], half);
	if (w->drains_open)
		smcg_drain_note(w, &w->cpus[e->a], NULL);
}

static u32 half_of(const struct smcg_world *w, const struct smcg_event *e)
{
	return w->rules->apart && e->caller == SMCG_BY_OBJ_DRAIN_WORK ? SMCG_HALF_BYTES :
		SMCG_HALF_PAGES;
}

/* A drain begins to flush its own CPU; where all is flushed at once: the bytes first. */
void smcg_drain_begins(struct smcg_world *w, const struct smcg_event *e)
{
	u32 half = half_of(w, e);

	if (w->drains_open && flushed(w, e, e->cpu, half))
		flush_begins(&w->cpus[e->cpu], half);
}

void smcg_drain_local(struct smcg_world *w, struct smcg_cpu *c, const struct smcg_event *e)
{
	smcg_drain_begins(w, e);
	if (half_of(w, e) == SMCG_HALF_BYTES)
		smcg_obj_flushed(w, c, e);
	else
		smcg_queue_begins(w, c, smcg_queue_push(w, c, e, SMCG_OP_DRAIN));
}

/*
 * Can a doubtful CPU be settled by what was read before and after the drain, and as it passed?
 * A stock that owed nothing at both ends was left alone.  One that owed something was flushed.
 */
static bool still(const struct smcg_drain *d, const struct smcg_event *e, u32 cpu, u32 half)
{
	bool before = d->before[half] & 1ULL << cpu, after = read_mask(e, half) & 1ULL << cpu;
	u8 state = d->cpu[half][cpu];

	if (state & SMCG_DRAIN_REAL && state & SMCG_DRAIN_OWED)
		return true;
	if (!d->told || e->c != 1)
		return false;
	return state & SMCG_DRAIN_REAL ? before : !before && !after;
}

/* What is said of one half of a CPU.  Return: SMCG_DEC_*. */
static u32 say_half(struct smcg_world *w, struct smcg_frame *f, const struct smcg_drain *d,
		    const struct smcg_event *e, u32 cpu, u32 half)
{
	bool real = d->cpu[half][cpu] & SMCG_DRAIN_REAL;
	bool mine = d->cpu[half][cpu] & SMCG_DRAIN_WANT;
	bool late = real && d->cpu[half][cpu] & SMCG_DRAIN_LATE;
	u32 flags = 0;

	if (d->cpu[half][cpu] & SMCG_DRAIN_MAYBE || (late && !mine)) {
		mine = real;
		if (!still(d, e, cpu, half))
			flags = SMCG_DEC_AMBIGUOUS;
	}
	if (mine)
		f->mask |= mask_of(w, cpu, half);
	return mine != real ? SMCG_DEC_ADOPTED : flags;
}

static void say_drain(struct smcg_world *w, struct smcg_frame *f, struct smcg_drain *d,
		      const struct smcg_event *e)
{
	u32 cpu, half, flags = 0;

	f->mask = 0;
	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		for (half = 0; half < smcg_halves(w); half++) {
			passed(w, d, cpu, half);
			flags |= say_half(w, f, d, e, cpu, half);
		}
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
