// SPDX-License-Identifier: GPL-2.0
/*
 * obj_stock.c - bytes of kernel objects, on one CPU (SPEC A14, A20).
 *
 * Source: consume_obj_stock(), drain_obj_stock(), refill_obj_stock(),
 * mod_objcg_state() of 6.1; __consume_obj_stock(), drain_obj_stock_slot(),
 * __refill_obj_stock() of 7.2.  Bytes set aside in an object group are shared by
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
	undo->known = o->known;
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
	struct smcg_byte_slot *b;
	u32 bytes = op->told - 2;

	if (!op->told || !s->known_obj)
		return false;
	b = smcg_bytes_of(s, op->objcg);
	if (op->told == 1)
		return b;
	if (!b)
		return true;
	if (!b->objcg->known)
		return false;
	if (bytes < b->low || bytes > b->high)
		return true;
	b->low = bytes;
	b->high = bytes;
	return false;
}

static void anything(struct smcg_byte_slot *b)
{
	if (!b)
		return;
	b->low = 0;
	b->high = SMCG_BYTES_ANY;
}

/* What is set aside, and what other CPUs than that of @mine took of it, are not known any more. */
static void blur_elsewhere(struct smcg_world *w, struct smcg_objcg *o, const struct smcg_stock *mine)
{
	u32 cpu;

	/* Not even the sum of now bounds what was there then: sharpen() does, later. */
	o->low = 0;
	o->high = SMCG_BYTES_ANY;
	if (w->scratch.trial)
		return;
	for (cpu = 0; cpu < w->config.nr_cpus; cpu++) {
		struct smcg_stock *s = &w->cpus[cpu].stock;

		if (s != mine)
			anything(smcg_bytes_of(s, o));
	}
}

void smcg_obj_blur(struct smcg_world *w, struct smcg_objcg *o, struct smcg_stock *mine)
{
	anything(smcg_bytes_of(mine, o));
	blur_elsewhere(w, o, mine);
}

/*
 * Bytes that can be in one place only are known exactly; but what other CPUs did after this
 * operation is in the sum already, and not in what was there then.
 */
static void sharpen(struct smcg_objcg *o, struct smcg_stock *s, const struct smcg_op *op,
		    const struct smcg_outcome *out)
{
	struct smcg_byte_slot *b = smcg_bytes_of(s, o);
	u32 all;

	if (!o->known || o->open || out->raced ||
	    max(by_others(&o->touched, op), by_others(&o->summed, op)) > begin_of(op))
		return;
	all = ceiling(o);
	o->high = min(o->high, all);
	o->low = min(o->low, o->high);
	if (b) {
		b->high = min(b->high, all);
		b->low = min(b->low, b->high);
	}
	if (!o->holders) {
		o->low = all;
		o->high = all;
	} else if (o->holders == 1 && b && o->low == o->high) {
		b->low = all - o->high;
		b->high = b->low;
	} else if (o->holders == 1 && b && b->low == b->high) {
		o->low = all - b->low;
		o->high = o->low;
	}
}

/* Bytes of one slot go back into their object group, but for @pages whole ones. */
static void put_back(struct smcg_world *w, struct smcg_stock *s, struct smcg_byte_slot *b,
		     const struct smcg_op *op, struct smcg_outcome *out, u32 pages)
{
	u32 told = s->byte_slots == 1 ? op->put_told : op->slot_told[b - s->byte];
	struct smcg_objcg *o = b->objcg;
	u32 low = b->low, high = b->high;
	bool race;

	smcg_bytes_clear(b);
	s->known_obj |= s->byte_slots == 1;
	out->flushed = pages;
	if (!o)
		return;
	if (!o->known) {
		/* Not all of its charges are events: no bound holds. */
	} else if (told > low && told - 1 <= high) {
		low = told - 1;
		high = low;
	} else if (told && w->scratch.trial) {
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

/* Did an interrupt on top of it, that found the lock taken, add to the same object group? */
static bool added_meanwhile(const struct smcg_world *w, const struct smcg_op *op)
{
	const struct smcg_cpu *c = &w->cpus[op->cpu];
	u32 i;

	for (i = 0; w->rules->trylock && i < c->queued; i++)
		if (c->queue[i].past && c->queue[i].kind == SMCG_OP_OBJ_REFILL &&
		    c->queue[i].objcg == op->objcg && c->queue[i].ctx > op->ctx)
			return true;
	return false;
}

static void take(struct smcg_world *w, struct smcg_stock *s, struct smcg_byte_slot *b,
		 const struct smcg_op *op, struct smcg_outcome *out)
{
	struct smcg_objcg *o = op->objcg;
	bool race;

	smcg_objcg_touch(w, o);
	/* Another CPU may have put bytes back, or taken them, that is not settled yet. */
	race = raced(w, o, op) || (o->busy && (ceiling(o) || o->high || o->spent > op->event)) ||
		added_meanwhile(w, op);
	b->objcg = o;
	b->low = o->low;
	b->high = o->high;
	s->known_obj |= s->byte_slots == 1;
	o->low = 0;
	o->high = 0;
	o->holders++;
	out->raced |= race;
	if (race)
		smcg_obj_blur(w, o, s);
	sharpen(o, s, op, out);
}

/* It was there already, with what we do not know. */
static void found(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op)
{
	struct smcg_byte_slot *b = &s->byte[smcg_bytes_goes(s, op->objcg)];

	smcg_objcg_touch(w, op->objcg);
	if (b->objcg) {
		smcg_objcg_touch(w, b->objcg);
		b->objcg->holders--;
		b->objcg->known = false;
	}
	op->objcg->holders++;
	b->objcg = op->objcg;
	b->low = 0;
	b->high = SMCG_BYTES_ANY;
	s->known_obj |= s->byte_slots == 1;
	op->objcg->known = false;
}

/* The whole pages that were seen to come out of one slot of those that are put back. */
static u32 seen_out(const struct smcg_stock *s, const struct smcg_op *op, const struct smcg_byte_slot *b,
		    u32 *at)
{
	u32 told = op->slot_told[b - s->byte], i;

	for (i = 0; i < op->drains; i++) {
		if (op->drain[i].slot != b - s->byte + 1U)
			continue;
		++*at;
		return op->drain[i].nr;
	}
	/* They may still be to come. */
	if (op->open)
		return (told > b->low && told - 1 <= b->high ? told - 1 : b->low) >> SMCG_PAGE_SHIFT;
	if (op->emptied)
		return 0;
	if (*at >= op->drains || !(b->high >> SMCG_PAGE_SHIFT) ||
	    op->drain[*at].css != b->objcg->css)
		return 0;
	return op->drain[(*at)++].nr;
}

/* The slot that an object group without one goes to is made free. */
static struct smcg_byte_slot *make_free(struct smcg_world *w, struct smcg_stock *s,
				    const struct smcg_op *op, struct smcg_outcome *out)
{
	u32 at = smcg_bytes_goes(s, op->objcg), seen = 0, pages;
	struct smcg_byte_slot *b = &s->byte[at];

	if (s->byte_slots == 1) {
		put_back(w, s, b, op, out, op->seen_flushed);
		return b;
	}
	if (op->emptied && op->emptied - 1U != at) {
		out->agrees = false;
		at = op->emptied - 1U;
		b = &s->byte[at];
	}
	if (!b->objcg)
		return b;
	s->byte_next = (u8)((at + 1) % s->byte_slots);
	pages = seen_out(s, op, b, &seen);
	/* Nobody tells what other groups give back. */
	if (!smcg_group_tracked(smcg_group_find(w, b->objcg->css)))
		pages = b->low >> SMCG_PAGE_SHIFT;
	put_back(w, s, b, op, out, pages);
	return b;
}

/* Was there a switch?  Where several are held nothing shows one but what was read. */
static bool switched(const struct smcg_stock *s, const struct smcg_op *op)
{
	if (s->byte_slots == 1)
		return op->seen_switch;
	return op->told ? op->told == 1 : !smcg_bytes_in(s, op->objcg);
}

/* Another object group than before?  Returns whether reality switched. */
static bool change(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		   struct smcg_outcome *out)
{
	bool same = smcg_bytes_in(s, op->objcg), seen = switched(s, op);

	out->switched = s->known_obj ? !same : seen;
	out->unknown |= !s->known_obj;
	if (out->switched != seen)
		out->agrees = false;
	if (!seen && same)
		return false;
	if (!seen && (!s->known_obj || s->byte_slots > 1)) {
		found(w, s, op);
		return false;
	}
	if (same && s->byte_slots > 1)
		put_back(w, s, smcg_bytes_of(s, op->objcg), op, out, 0);
	take(w, s, make_free(w, s, op, out), op, out);
	return true;
}

void smcg_obj_put_back(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		       struct smcg_outcome *out)
{
	u32 i, at = 0;

	out->unknown = !s->known_obj;
	if (s->byte_slots == 1) {
		put_back(w, s, &s->byte[0], op, out, op->seen_flushed);
		return;
	}
	for (i = 0; i < s->byte_slots; i++)
		if (s->byte[i].objcg)
			put_back(w, s, &s->byte[i], op, out, seen_out(s, op, &s->byte[i], &at));
	out->agrees &= at == op->drains || !s->known_obj;
	s->known_obj = true;
	if (!op->allow)
		s->flushing_obj = false;
}

void smcg_obj_state(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		    struct smcg_outcome *out)
{
	if (op->seen_switch || !op->could_idle)
		change(w, s, op, out);
}

/* Whole pages that become pages at once leave the bytes as they were. */
static bool refill_could_idle(const struct smcg_byte_slot *b, const struct smcg_op *op)
{
	u32 pages = op->bytes >> SMCG_PAGE_SHIFT;

	return op->allow && pages << SMCG_PAGE_SHIFT == op->bytes &&
		b->high < SMCG_BYTES_ANY &&
		whole_pages(b->low + op->bytes) == pages &&
		whole_pages(b->high + op->bytes) == pages;
}

bool smcg_obj_could_idle(const struct smcg_stock *s, const struct smcg_op *op)
{
	const struct smcg_byte_slot *b = s->known_obj ? smcg_bytes_in(s, op->objcg) : NULL;

	if (op->kind == SMCG_OP_OBJ_REFILL)
		return b && refill_could_idle(b, op);
	return op->kind == SMCG_OP_OBJ_STATE ? !!b : !b || op->past || b->low < op->bytes;
}

static bool may_have(const struct smcg_stock *s, const struct smcg_op *op)
{
	const struct smcg_byte_slot *b = smcg_bytes_in(s, op->objcg);

	return !op->past && (!s->known_obj || (b && b->high >= op->bytes));
}

void smcg_obj_consume(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		      struct smcg_outcome *out)
{
	struct smcg_byte_slot *b = s->known_obj ? smcg_bytes_of(s, op->objcg) : NULL;
	bool may_hit = may_have(s, op), may_miss = smcg_obj_could_idle(s, op);
	bool hit;

	out->unknown = !s->known_obj || !op->objcg->known;
	out->unsure = may_hit && may_miss;
	may_miss |= op->could_idle;
	out->hit = may_hit && !(may_miss && op->shown == SMCG_SHOWN_MISS);
	hit = out->hit;
	if (op->judged && op->shown == SMCG_SHOWN_HIT) {
		out->agrees = may_hit || op->delayed;
		hit = true;
	} else if (op->judged && op->shown == SMCG_SHOWN_MISS) {
		out->agrees = may_miss;
		hit = false;
	}
	if (!hit) {
		if (b && op->bytes && !op->could_idle && !op->past)
			b->high = min(b->high, op->bytes - 1);
		if (b)
			b->low = min(b->low, b->high);
		return;
	}
	smcg_objcg_touch(w, op->objcg);
	spend(w, op->objcg, op, op->bytes);
	if (unlikely(op->delayed) && !out->hit) {
		/* It took what was here as the full queue was resolved without it. */
		out->hit = true;
		out->unsure = true;
		out->unlikely = true;
		smcg_obj_blur(w, op->objcg, s);
		return;
	}
	if (!b)
		return;
	b->low = max(b->low, op->bytes) - op->bytes;
	b->high = max(b->high, op->bytes) - op->bytes;
	if (op->open && out->unsure) {
		out->guessed = true;
		op->objcg->open++;
		op->objcg->coming += op->bytes;
		b->high = max(b->high, op->bytes - 1);
	}
	if (!op->judged)
		b->low = 0;
}

/* Is what it interrupted about to take what is set aside in the same object group, or has it done so? */
static bool taken_meanwhile(const struct smcg_world *w, const struct smcg_op *op)
{
	const struct smcg_cpu *c = &w->cpus[op->cpu];
	u32 i;

	for (i = 0; i < c->queued; i++)
		if (c->queue[i].kind == SMCG_OP_OBJ_REFILL && !c->queue[i].past &&
		    c->queue[i].objcg == op->objcg && c->queue[i].ctx < op->ctx &&
		    c->queue[i].told < 2)
			return true;
	return false;
}

/* Without the lock whole pages are given back, and the rest goes to the object group. */
static void refill_past(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
			struct smcg_outcome *out)
{
	u32 pages = op->bytes >> SMCG_PAGE_SHIFT, rest = op->bytes & (SMCG_PAGE_BYTES - 1);
	struct smcg_objcg *o = op->objcg;
	bool race, taken = rest && taken_meanwhile(w, op);

	out->past = true;
	out->unknown |= !o->known;
	out->pages = pages;
	out->agrees = !op->judged || op->shown == SMCG_SHOWN_ANY || op->seen_pages == pages;
	smcg_objcg_touch(w, o);
	race = (rest && raced(w, o, op)) || taken;
	smcg_obj_add(w, o, op, op->bytes);
	spend(w, o, op, (s64)pages << SMCG_PAGE_SHIFT);
	o->low = min(o->low + rest, SMCG_BYTES_ANY);
	o->high = min(o->high + rest, SMCG_BYTES_ANY);
	out->raced |= race;
	/* What the stock of this CPU has is none of it, unless it took what was set aside just then. */
	if (taken)
		smcg_obj_blur(w, o, s);
	else if (race)
		blur_elsewhere(w, o, s);
	sharpen(o, s, op, out);
}

/* Whole pages that a slot gives back at a refill. */
static u32 given_back(const struct smcg_world *w, u32 bytes, bool allow)
{
	return allow || bytes > w->rules->bytes_most ? whole_pages(bytes) : 0;
}

/* What is left in the slot once it is seen how many pages were given back. */
static void leave(const struct smcg_world *w, const struct smcg_op *op, struct smcg_byte_slot *b,
		  u32 seen, bool allow, bool unsure)
{
	if (op->open && unsure) {
		/* Not told yet how many pages: the least, so that the sum is not too low. */
		b->low = 0;
		b->high = SMCG_PAGE_BYTES;
	} else if (seen) {
		b->low = max(b->low, seen << SMCG_PAGE_SHIFT);
		b->high = min(b->high, ((seen + 1) << SMCG_PAGE_SHIFT) - 1);
		if (b->low > b->high)
			b->low = seen << SMCG_PAGE_SHIFT;
		b->low -= seen << SMCG_PAGE_SHIFT;
		b->high = max(b->high, seen << SMCG_PAGE_SHIFT) - (seen << SMCG_PAGE_SHIFT);
	} else {
		b->high = min(b->high, allow ? SMCG_PAGE_BYTES : w->rules->bytes_most);
		b->low = min(b->low, b->high);
	}
}

/* It found its object group, which is not here now: that was before the full queue was resolved without it. */
static bool refilled_before(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
			    struct smcg_outcome *out)
{
	struct smcg_objcg *o = op->objcg;

	if (likely(!op->delayed) || op->open || op->seen_switch || s->byte_slots > 1 || !s->known_obj ||
	    smcg_bytes_in(s, o))
		return false;
	out->unsure = true;
	out->unlikely = true;
	out->unknown = !o->known;
	out->pages = op->seen_pages;
	smcg_objcg_touch(w, o);
	smcg_obj_add(w, o, op, op->bytes);
	spend(w, o, op, (s64)op->seen_pages << SMCG_PAGE_SHIFT);
	smcg_obj_blur(w, o, s);
	return true;
}

void smcg_obj_refill(struct smcg_world *w, struct smcg_stock *s, const struct smcg_op *op,
		     struct smcg_outcome *out)
{
	struct smcg_objcg *o = op->objcg;
	u32 seen = op->seen_pages, least, most;
	struct smcg_byte_slot *b;
	bool allow;

	if (op->past) {
		refill_past(w, s, op, out);
		return;
	}
	if (op->could_idle && !op->seen_switch && seen << SMCG_PAGE_SHIFT == op->bytes) {
		out->unknown = !o->known;
		out->pages = seen;
		return;
	}
	if (refilled_before(w, s, op, out))
		return;
	allow = change(w, s, op, out) || out->switched || op->allow;
	allow &= w->rules->bytes == SMCG_BYTES_PAGES_LEAVE;
	out->unknown |= !o->known;
	smcg_objcg_touch(w, o);
	smcg_obj_add(w, o, op, op->bytes);
	b = smcg_bytes_of(s, o);
	if (!b)
		return;
	b->low = min(b->low + op->bytes, SMCG_BYTES_ANY);
	b->high = min(b->high + op->bytes, SMCG_BYTES_ANY);
	least = given_back(w, b->low, allow);
	most = given_back(w, b->high, allow);
	s->overfull = w->rules->bytes == SMCG_BYTES_ALL_LEAVE && b->low > SMCG_PAGE_BYTES;
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
	}
	leave(w, op, b, seen, allow, least != most);
	sharpen(o, s, op, out);
}
