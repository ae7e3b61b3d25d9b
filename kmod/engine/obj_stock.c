// SPDX-License-Identifier: GPL-2.0
/*
 * obj_stock.c - bytes of kernel objects, on one CPU (SPEC A14).
 *
 * Source: consume_obj_stock(), drain_obj_stock(), refill_obj_stock(),
 * mod_objcg_state() of 6.1.  Bytes set aside in an object group are shared by
 * all CPUs: when two touch them at overlapping times, only their sum is known.
 */
#include "world.h"

static u32 whole_pages(u32 bytes)
{
	return bytes > SMCG_PAGE_BYTES ? bytes >> SMCG_PAGE_SHIFT : 0;
}

static u32 ceiling(const struct smcg_objcg *o)
{
	if (!o->known)
		return SMCG_BYTES_ANY;
	return (u32)min_t(s64, max_t(s64, o->total + o->coming, 0), SMCG_BYTES_ANY);
}

void smcg_objcg_touch(struct smcg_world *w, struct smcg_objcg *o)
{
	struct smcg_scratch *t = &w->scratch;
	struct smcg_undo *undo;

	if (!t->trial || t->undos == SMCG_UNDO)
		return;
	undo = &t->undo[t->undos++];
	undo->objcg = o;
	undo->holders = o->holders;
	undo->low = o->low;
	undo->high = o->high;
	undo->open = o->open;
	undo->total = o->total;
	undo->coming = o->coming;
}

static u64 by_others(const struct smcg_last *last, const struct smcg_op *op)
{
	return last->cpu == op->cpu ? last->before : last->at;
}

static void changed(const struct smcg_world *w, struct smcg_last *last, const struct smcg_op *op)
{
	if (w->scratch.trial)
		return;
	last->before = by_others(last, op);
	last->at = w->stats.events;
	last->cpu = op->cpu;
}

static u64 begin_of(const struct smcg_op *op)
{
	return op->pinned ? op->pin_event : op->event;
}

void smcg_obj_add(struct smcg_world *w, struct smcg_objcg *o, const struct smcg_op *op, s64 bytes)
{
	if (!bytes)
		return;
	o->total += bytes;
	changed(w, &o->summed, op);
}

static void spend(struct smcg_world *w, struct smcg_objcg *o, const struct smcg_op *op, s64 bytes)
{
	smcg_obj_add(w, o, op, -bytes);
	if (bytes && !w->scratch.trial)
		o->spent = w->stats.events;
}

/* The amounts set aside change; did another CPU do the same at the same time? */
static bool raced(struct smcg_world *w, struct smcg_objcg *o, const struct smcg_op *op)
{
	u64 begin = begin_of(op);
	bool other = by_others(&o->touched, op) > begin;

	changed(w, &o->touched, op);
	return other && (ceiling(o) || o->high || o->spent > begin);
}

bool smcg_obj_told(struct smcg_stock *s, const struct smcg_op *op)
{
	u32 bytes = op->told - 2;

	if (!op->told || !s->known_obj)
		return false;
	if (op->told == 1)
		return s->objcg == op->objcg;
	if (s->objcg != op->objcg)
		return true;
	if (!s->objcg->known)
		return false;
	if (bytes < s->bytes_low || bytes > s->bytes_high)
		return true;
	s->bytes_low = bytes;
	s->bytes_high = bytes;
	return false;
}

void smcg_obj_blur(struct smcg_world *w, struct smcg_objcg *o, struct smcg_stock *mine)
{
	u32 cpu;

	/* Not even the sum of now bounds what was there then: sharpen() does, later. */
	o->low = 0;
	o->high = SMCG_BYTES_ANY;
	if (mine->objcg == o) {
		mine->bytes_low = 0;
		mine->bytes_high = o->high;
	}
	if (w->scratch.trial)
		return;
	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		struct smcg_stock *s = &w->cpus[cpu].stock;

		if (s == mine || s->objcg != o)
			continue;
		s->bytes_low = 0;
		s->bytes_high = o->high;
	}
}

/*
 * Bytes that can be in one place only are known exactly; but what other CPUs did after this
 * operation is in the sum already, and not in what was there then.
 */
static void sharpen(struct smcg_objcg *o, struct smcg_stock *s, const struct smcg_op *op,
		    const struct smcg_outcome *out)
{
	u32 all;

	if (!o->known || o->open || out->raced ||
	    max(by_others(&o->touched, op), by_others(&o->summed, op)) > begin_of(op))
		return;
	all = ceiling(o);
	o->high = min(o->high, all);
	o->low = min(o->low, o->high);
	if (s->objcg == o) {
		s->bytes_high = min(s->bytes_high, all);
		s->bytes_low = min(s->bytes_low, s->bytes_high);
	}
	if (!o->holders) {
		o->low = all;
		o->high = all;
	} else if (o->holders == 1 && s->objcg == o && o->low == o->high) {
		s->bytes_low = all - o->high;
		s->bytes_high = s->bytes_low;
	} else if (o->holders == 1 && s->objcg == o && s->bytes_low == s->bytes_high) {
		o->low = all - s->bytes_low;
		o->high = o->low;
	}
}

static void put_back(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		     struct smcg_outcome *out)
{
	struct smcg_objcg *o = s->objcg;
	u32 low = s->bytes_low, high = s->bytes_high, pages = op->seen_flushed;
	bool race;

	s->objcg = NULL;
	s->bytes_low = 0;
	s->bytes_high = 0;
	s->known_obj = true;
	out->flushed = pages;
	if (!o)
		return;
	if (!o->known) {
		/* Not all of its charges are events: no bound holds. */
	} else if (op->put_told > low && op->put_told - 1 <= high) {
		low = op->put_told - 1;
		high = low;
	} else if (op->put_told && w->scratch.trial) {
		out->agrees = false;
	}
	if (o->known) {
		out->agrees &= pages >= low >> SMCG_PAGE_SHIFT && pages <= high >> SMCG_PAGE_SHIFT;
		if (low >> SMCG_PAGE_SHIFT == high >> SMCG_PAGE_SHIFT)
			out->flushed = low >> SMCG_PAGE_SHIFT;
	}
	low = max(low, pages << SMCG_PAGE_SHIFT);
	high = min(high, ((pages + 1) << SMCG_PAGE_SHIFT) - 1);
	if (low > high) {
		low = pages << SMCG_PAGE_SHIFT;
		high = ((pages + 1) << SMCG_PAGE_SHIFT) - 1;
	}
	smcg_objcg_touch(w, o);
	race = raced(w, o, op);
	o->low += low - (pages << SMCG_PAGE_SHIFT);
	o->high = min(o->high + high - (pages << SMCG_PAGE_SHIFT), SMCG_BYTES_ANY);
	spend(w, o, op, (s64)pages << SMCG_PAGE_SHIFT);
	o->holders--;
	out->raced |= race;
	if (race)
		smcg_obj_blur(w, o, s);
	sharpen(o, s, op, out);
}

static void take(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		 struct smcg_outcome *out)
{
	struct smcg_objcg *o = op->objcg;
	bool race;

	smcg_objcg_touch(w, o);
	/* Another CPU may have put bytes back, or taken them, that is not settled yet. */
	race = raced(w, o, op) || (o->busy && (ceiling(o) || o->high || o->spent > op->event));
	s->objcg = o;
	s->bytes_low = o->low;
	s->bytes_high = o->high;
	s->known_obj = true;
	o->low = 0;
	o->high = 0;
	o->holders++;
	out->raced |= race;
	if (race)
		smcg_obj_blur(w, o, s);
	sharpen(o, s, op, out);
}

/* Another object group than before?  Returns whether reality switched. */
static bool change(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		   struct smcg_outcome *out)
{
	bool same = s->objcg == op->objcg;

	out->switched = s->known_obj ? !same : op->seen_switch;
	out->unknown |= !s->known_obj;
	if (out->switched != op->seen_switch)
		out->agrees = false;
	if (!op->seen_switch && same)
		return false;
	if (!op->seen_switch && !s->known_obj) {
		/* It was there already, with what we do not know. */
		smcg_objcg_touch(w, op->objcg);
		op->objcg->holders++;
		s->objcg = op->objcg;
		s->bytes_high = SMCG_BYTES_ANY;
		s->known_obj = true;
		op->objcg->known = false;
		return false;
	}
	put_back(w, s, op, out);
	take(w, s, op, out);
	return true;
}

void smcg_obj_put_back(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		       struct smcg_outcome *out)
{
	out->unknown = !s->known_obj;
	put_back(w, s, op, out);
}

void smcg_obj_state(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		    struct smcg_outcome *out)
{
	if (op->seen_switch || !op->could_idle)
		change(w, s, op, out);
}

/* Whole pages that become pages at once leave the bytes as they were. */
static bool refill_could_idle(const struct smcg_stock *s, const struct smcg_op *op)
{
	u32 pages = op->bytes >> SMCG_PAGE_SHIFT;

	return op->allow && pages << SMCG_PAGE_SHIFT == op->bytes &&
		s->bytes_high < SMCG_BYTES_ANY &&
		whole_pages(s->bytes_low + op->bytes) == pages &&
		whole_pages(s->bytes_high + op->bytes) == pages;
}

bool smcg_obj_could_idle(const struct smcg_stock *s, const struct smcg_op *op)
{
	bool same = s->known_obj && s->objcg == op->objcg;

	if (op->kind == SMCG_OP_OBJ_REFILL)
		return same && refill_could_idle(s, op);
	return op->kind == SMCG_OP_OBJ_STATE ? same : !same || s->bytes_low < op->bytes;
}

void smcg_obj_consume(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		      struct smcg_outcome *out)
{
	bool same = s->known_obj && s->objcg == op->objcg;
	bool may_hit = !s->known_obj || (same && s->bytes_high >= op->bytes);
	bool may_miss = smcg_obj_could_idle(s, op);
	bool hit;

	out->unknown = !s->known_obj || !op->objcg->known;
	out->unsure = may_hit && may_miss;
	may_miss |= op->could_idle;
	out->hit = may_hit && !(may_miss && op->shown == SMCG_SHOWN_MISS);
	hit = out->hit;
	if (op->judged && op->shown == SMCG_SHOWN_HIT) {
		out->agrees = may_hit;
		hit = true;
	} else if (op->judged && op->shown == SMCG_SHOWN_MISS) {
		out->agrees = may_miss;
		hit = false;
	}
	if (!hit) {
		if (same && op->bytes && !op->could_idle)
			s->bytes_high = min(s->bytes_high, op->bytes - 1);
		s->bytes_low = min(s->bytes_low, s->bytes_high);
		return;
	}
	smcg_objcg_touch(w, op->objcg);
	spend(w, op->objcg, op, op->bytes);
	if (!same)
		return;
	s->bytes_low = max(s->bytes_low, op->bytes) - op->bytes;
	s->bytes_high = max(s->bytes_high, op->bytes) - op->bytes;
	if (op->open && out->unsure) {
		out->guessed = true;
		op->objcg->open++;
		op->objcg->coming += op->bytes;
		s->bytes_high = max(s->bytes_high, op->bytes - 1);
	}
	if (!op->judged)
		s->bytes_low = 0;
}

void smcg_obj_refill(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		     struct smcg_outcome *out)
{
	struct smcg_objcg *o = op->objcg;
	u32 seen = op->seen_pages, least, most;
	bool allow;

	if (op->could_idle && !op->seen_switch && seen << SMCG_PAGE_SHIFT == op->bytes) {
		out->unknown = !o->known;
		out->pages = seen;
		return;
	}
	allow = change(w, s, op, out) || out->switched || op->allow;
	allow &= w->rules->bytes == SMCG_BYTES_PAGES_LEAVE;
	out->unknown |= !o->known;
	smcg_objcg_touch(w, o);
	smcg_obj_add(w, o, op, op->bytes);
	if (s->objcg != o)
		return;
	s->bytes_low = min(s->bytes_low + op->bytes, SMCG_BYTES_ANY);
	s->bytes_high = min(s->bytes_high + op->bytes, SMCG_BYTES_ANY);
	least = allow ? whole_pages(s->bytes_low) : 0;
	most = allow ? whole_pages(s->bytes_high) : 0;
	s->overfull = w->rules->bytes == SMCG_BYTES_ALL_LEAVE && s->bytes_low > SMCG_PAGE_BYTES;
	if (op->shown == SMCG_SHOWN_ANY)
		seen = least;
	out->unsure |= least != most;
	out->pages = least != most && seen >= least && seen <= most ? seen : least;
	if (op->judged && (seen < least || seen > most))
		out->agrees = false;
	spend(w, o, op, (s64)seen << SMCG_PAGE_SHIFT);
	if (op->open && least != most) {
		out->guessed = true;
		o->open++;
		/* Not told yet how many pages: the least, so that the sum is not too low. */
		s->bytes_low = 0;
		s->bytes_high = SMCG_PAGE_BYTES;
	} else if (seen) {
		s->bytes_low = max(s->bytes_low, seen << SMCG_PAGE_SHIFT);
		s->bytes_high = min(s->bytes_high, ((seen + 1) << SMCG_PAGE_SHIFT) - 1);
		if (s->bytes_low > s->bytes_high)
			s->bytes_low = seen << SMCG_PAGE_SHIFT;
		s->bytes_low -= seen << SMCG_PAGE_SHIFT;
		s->bytes_high = max(s->bytes_high, seen << SMCG_PAGE_SHIFT) -
				(seen << SMCG_PAGE_SHIFT);
	} else if (allow && most) {
		s->bytes_high = min(s->bytes_high, SMCG_PAGE_BYTES);
		s->bytes_low = min(s->bytes_low, s->bytes_high);
	}
	sharpen(o, s, op, out);
}
