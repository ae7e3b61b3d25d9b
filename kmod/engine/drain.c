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
#include "world.h"

/* What is asked of a stock: does this half of it owe something to a group below @root? */
struct question {
	u32 root;
	bool pages, bytes;
};

static struct question ask(const struct smcg_world *w, u32 root, u32 half)
{
	const struct question q = {
		.root = root,
		.pages = half == SMCG_HALF_PAGES,
		.bytes = half == SMCG_HALF_BYTES || !w->rules->apart,
	};

	return q;
}

static enum smcg_maybe owes_bytes(const struct smcg_world *w, const struct smcg_stock *s,
				  const struct question *q)
{
	u32 i;

	if (!q->bytes)
		return SMCG_NO;
	if (!s->known_obj)
		return SMCG_MAYBE;
	for (i = 0; i < s->byte_slots; i++)
		if (s->byte[i].objcg && smcg_group_below(w, s->byte[i].objcg->css, q->root))
			return SMCG_YES;
	return SMCG_NO;
}

static enum smcg_maybe owes_pages(const struct smcg_world *w, const struct smcg_stock *s,
				  const struct question *q)
{
	enum smcg_maybe owes = SMCG_NO;
	u32 i;

	if (!q->pages)
		return SMCG_NO;
	if (!s->known)
		return SMCG_MAYBE;
	for (i = 0; i < s->page_slots; i++) {
		const struct smcg_page_slot *p = &s->page[i];

		if (!p->css || !p->high || !smcg_group_below(w, p->css, q->root))
			continue;
		if (p->low)
			return SMCG_YES;
		owes = SMCG_MAYBE;
	}
	return owes;
}

static bool flushing(const struct smcg_stock *s, const struct question *q)
{
	return q->pages ? s->flushing : s->flushing_obj;
}

static u8 answer_of(bool flushing, enum smcg_maybe pages, enum smcg_maybe bytes)
{
	if (flushing)
		return 0;
	if (pages == SMCG_YES || bytes == SMCG_YES)
		return SMCG_DRAIN_WANT;
	return pages == SMCG_MAYBE || bytes == SMCG_MAYBE ?
		SMCG_DRAIN_WANT | SMCG_DRAIN_MAYBE : 0;
}

static u8 answer(const struct smcg_world *w, const struct smcg_cpu *c, const struct question *q)
{
	const struct smcg_stock *s = &c->stock;

	if (!c->online)
		return 0;
	return answer_of(flushing(s, q), owes_pages(w, s, q), owes_bytes(w, s, q));
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
 * A refill takes effect on a copy.  While one owner is replaced by another, and when a slot
 * is overfull, there is none in it for a moment.
 */
static void refill_passes(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
			  const struct question *q, struct may_owe *may)
{
	u32 at = smcg_pages_goes(s, op->css);
	struct smcg_page_slot *p = &s->page[at], was = *p;
	bool other = p->css != op->css;
	struct smcg_outcome out;

	if (op->past || (w->rules->refill_past && op->nr > w->batch))
		return;
	if (other || p->high + op->nr > w->batch) {
		smcg_pages_clear(p);
		add(may->pages, owes_pages(w, s, q));
		p->css = op->css;
		p->low = op->nr;
		p->high = op->nr + (other ? 0 : was.high);
		add(may->pages, owes_pages(w, s, q));
		*p = was;
	}
	smcg_stock_run(w, s, op, &out);
}

/* An object group takes a slot of a copy: whose bytes are there is all that is asked. */
static void bytes_pass(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		       const struct question *q, struct may_owe *may)
{
	u32 at = smcg_bytes_goes(s, op->objcg);

	if (op->past || s->byte[at].objcg == op->objcg)
		return;
	if (s->byte[at].objcg)
		s->byte_next = (u8)((at + 1) % s->byte_slots);
	s->byte[at].objcg = NULL;
	add(may->bytes, s->byte_slots > 1 ? owes_bytes(w, s, q) : SMCG_NO);
	s->byte[at].objcg = op->objcg;
	s->known_obj |= s->byte_slots == 1;
}

/* Bytes of a copy are put back. */
static void bytes_leave(struct smcg_stock *s, const struct smcg_op *op)
{
	u32 i;

	for (i = 0; i < s->byte_slots; i++)
		smcg_bytes_clear(&s->byte[i]);
	s->known_obj = true;
	if (!op->allow)
		s->flushing_obj = false;
}

/* Let an operation that waits take effect on a copy. */
static void pass_through(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
			 const struct question *q, struct may_owe *may)
{
	bool was_flushing = flushing(s, q);
	struct smcg_outcome out;

	switch (op->kind) {
	case SMCG_OP_REFILL:
		refill_passes(w, s, op, q, may);
		break;
	case SMCG_OP_CONSUME:
	case SMCG_OP_DRAIN:
		smcg_stock_run(w, s, op, &out);
		break;
	case SMCG_OP_OBJ_REFILL:
	case SMCG_OP_OBJ_STATE:
		bytes_pass(w, s, op, q, may);
		break;
	case SMCG_OP_OBJ_DRAIN:
		bytes_leave(s, op);
		add(may->bytes, SMCG_NO);
		break;
	case SMCG_OP_BASE:
		add(may->pages, q->pages ? SMCG_MAYBE : SMCG_NO);
		add(may->bytes, q->bytes ? SMCG_MAYBE : SMCG_NO);
		break;
	}
	/* Until a flush is over the answer is no, whatever it finds. */
	if (was_flushing && !flushing(s, q))
		memset(may, 0, sizeof(*may));
	add(may->pages, owes_pages(w, s, q));
	add(may->bytes, owes_bytes(w, s, q));
}

/*
 * Could what waits in the queue change the answer?  Pages and bytes are taken apart: a
 * put-back of bytes refills the pages before its own owner is gone.
 */
static bool unsettled(struct smcg_world *w, const struct smcg_cpu *c, const struct question *q,
		      u8 want)
{
	struct smcg_stock s = c->stock;
	struct may_owe may = {};
	bool no = flushing(&s, q);
	u32 i;

	if (!c->online)
		return false;
	add(may.pages, owes_pages(w, &s, q));
	add(may.bytes, owes_bytes(w, &s, q));
	for (i = 0; i < c->queued; i++)
		if (!c->queue[i].placed)
			pass_through(w, &s, &c->queue[i], q, &may);
	if (flushing(&s, q))
		return want;
	no |= may.pages[0] && may.bytes[0];
	return want ? no : may.pages[1] || may.bytes[1];
}

/* Without the slot that the operation just emptied for a moment. */
static enum smcg_maybe pages_without(const struct smcg_world *w, const struct smcg_stock *s,
				     const struct smcg_op *op, const struct question *q)
{
	struct smcg_stock rest = *s;
	struct smcg_page_slot *p = smcg_pages_of(&rest, op->css);

	if (p)
		smcg_pages_clear(p);
	return owes_pages(w, &rest, q);
}

static enum smcg_maybe bytes_without(const struct smcg_world *w, const struct smcg_stock *s,
				     const struct smcg_op *op, const struct question *q)
{
	struct smcg_stock rest = *s;
	struct smcg_byte_slot *b = smcg_bytes_of(&rest, op->objcg);

	if (b)
		smcg_bytes_clear(b);
	return owes_bytes(w, &rest, q);
}

/* Of several slots: it was not seen that the object group had one already. */
static bool may_switch(const struct smcg_stock *s, const struct smcg_op *op)
{
	return op->kind == SMCG_OP_OBJ_REFILL && s->byte_slots > 1 && !op->past && op->told < 2;
}

/* While one owner is replaced by another there is none for a moment. */
static bool wavers(const struct smcg_world *w, const struct smcg_stock *s,
		   const struct smcg_op *op, const struct question *q, u8 want)
{
	bool on_its_way = flushing(s, q);

	if (op->kind == SMCG_OP_REFILL && op->drains &&
	    answer_of(on_its_way, pages_without(w, s, op, q), owes_bytes(w, s, q)) != want)
		return true;
	if (op->kind == SMCG_OP_REFILL && op->caller == SMCG_BY_OBJ_DRAIN &&
	    answer_of(on_its_way, SMCG_NO, SMCG_NO) != want)
		return true;
	return (op->seen_switch || may_switch(s, op)) &&
		answer_of(on_its_way, owes_pages(w, s, q), bytes_without(w, s, op, q)) != want;
}

void smcg_drain_note(struct smcg_world *w, const struct smcg_cpu *c, const struct smcg_op *op)
{
	u32 i, half;

	for (i = 0; i < SMCG_DRAINS; i++) {
		const struct smcg_drain *d = &w->drain[i];

		for (half = 0; d->open && half < smcg_halves(w); half++) {
			const struct question q = ask(w, d->root_css, half);
			u8 *state = &d->cpu[half][c->cpu], want = *state & SMCG_DRAIN_WANT;

			if (*state & SMCG_DRAIN_DONE)
				continue;
			if (answer(w, c, &q) != want || (op && wavers(w, &c->stock, op, &q, want)))
				*state |= SMCG_DRAIN_MAYBE;
		}
	}
}

/* What waits on a CPU makes its answer to an open drain doubtful, if that is still to come. */
static void doubt(struct smcg_world *w, struct smcg_drain *d, u32 cpu, u32 half)
{
	const struct question q = ask(w, d->root_css, half);
	u8 *state = &d->cpu[half][cpu];

	if (!(*state & SMCG_DRAIN_DONE) && w->cpus[cpu].queued &&
	    unsettled(w, &w->cpus[cpu], &q, *state & SMCG_DRAIN_WANT))
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
		const struct question q = ask(w, root_css, half);

		for (cpu = 0; cpu < w->config.nr_cpus; cpu++)
			if (answer(w, &w->cpus[cpu], &q) & SMCG_DRAIN_WANT)
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
		const struct question q = ask(w, d->root_css, half);

		d->before[half] = read_mask(e, half);
		for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
			d->cpu[half][cpu] = answer(w, &w->cpus[cpu], &q);
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

void smcg_drain_looked(struct smcg_world *w, const struct smcg_event *e)
{
	u64 key = smcg_frame_key(e->tid, e->ctx, e->cpu);
	u32 i;

	for (i = 0; i < SMCG_DRAINS; i++)
		if (w->drain[i].open && w->drain[i].key == key)
			passed_to(w, &w->drain[i], w->config.nr_cpus - 1, smcg_halves(w) - 1);
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
	u32 flags = 0;

	if (d->cpu[half][cpu] & SMCG_DRAIN_MAYBE) {
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
