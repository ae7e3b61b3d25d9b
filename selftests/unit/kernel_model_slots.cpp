// SPDX-License-Identifier: GPL-2.0
// kernel_model_slots.cpp - the stocks of 7.2: several groups each, and a lock that is only tried for.
//
// Interrupts stay on: one that comes while the lock is held goes past the stock.
//
// Source: mm/memcontrol.c of 7.2: consume_stock(), refill_stock(), drain_stock(),
// __consume_obj_stock(), __refill_obj_stock(), drain_obj_stock_slot(), drain_all_stock().
#include "kernel_model.h"

#include <cassert>
#include <utility>

namespace model {

// The slot that has an owner; none: that many.
template <typename Slots, typename Owner> static unsigned slot_of(const Slots &slots, Owner owner)
{
	unsigned i = 0;
	while (i < std::size(slots) && slots[i].cached != owner)
		i++;
	return i;
}

unsigned Machine::lock_bits() const
{
	const Stock &s = stocks_[current->cpu];
	auto state = [](bool held) { return held ? SMCG_LOCK_HELD : SMCG_LOCK_FREE; };

	return static_cast<unsigned>(state(s.page_lock) | state(s.byte_lock) << 2);
}

Call<int> Machine::consume_slots(Group *g, unsigned nr)
{
	Stock &s = stocks_[current->cpu];
	bool hit = false;

	if (nr > kBatch || s.page_lock)
		co_return 0;
	s.page_lock = true;
	co_await step();
	unsigned at = slot_of(s.page, g);
	if (at < kPageSlots && s.page[at].nr >= nr) {
		s.page[at].nr -= nr;
		hit = true;
	}
	co_await step();
	s.page_lock = false;
	co_return hit;
}

// Under the lock, or of a dead CPU.  Returns the pages given back.
Call<int> Machine::drain_slot(PageSlot *slot)
{
	Group *old = slot->cached;
	unsigned nr = slot->nr;

	if (!old)
		co_return 0;
	if (nr) {
		if (tracked(old))
			event(SMCG_EV_COUNTER_UNCHARGE, old->css, nr, SMCG_BY_DRAIN);
		co_await counter_add(old, -static_cast<long>(nr), false);
		slot->nr = 0;
	}
	co_await step();
	slot->cached = nullptr;
	co_return static_cast<int>(nr);
}

Call<int> Machine::refill_past(Group *g, unsigned nr)
{
	if (watched(g))
		step_seen(SMCG_KIND_REFILL, g, nr, 0, nullptr, static_cast<std::uint64_t>(nr) << 32);
	if (tracked(g))
		event(SMCG_EV_COUNTER_UNCHARGE, g->css, nr, SMCG_BY_REFILL);
	co_await counter_add(g, -static_cast<long>(nr), false);
	co_return 0;
}

// Pages in the group's slot of this CPU.
unsigned Machine::pages_here(const Group *g) const
{
	const Stock &s = stocks_[current->cpu];
	unsigned at = slot_of(s.page, g);

	return at < kPageSlots ? s.page[at].nr : 0;
}

Call<int> Machine::refill_slots(Group *g, unsigned nr, unsigned caller)
{
	const Stock &here = stocks_[current->cpu];
	unsigned own = slot_of(here.page, g), goes = own, drained = 0;
	Group *other = nullptr;

	if (goes == kPageSlots)
		goes = slot_of(here.page, static_cast<Group *>(nullptr));
	if (goes == kPageSlots)
		goes = here.page_next;
	event(SMCG_EV_REFILL, g->css, nr, caller, (own < kPageSlots ? here.page[own].nr : 0) + 1,
	      (goes + 1) | (own < kPageSlots ? SMCG_REFILL_OWN : 0));
	co_await step();
	Stock &s = stocks_[current->cpu];	// the task may have been moved
	if (nr > kBatch || s.page_lock) {
		co_await refill_past(g, nr);
		co_return 0;
	}
	s.page_lock = true;
	co_await step();
	unsigned at = slot_of(s.page, g);
	if (at < kPageSlots) {
		s.page[at].nr += nr;
		assert(s.page[at].nr < 256);
		co_await step();
		if (s.page[at].nr > kBatch) {
			event(SMCG_EV_SLOT_DRAIN, g->css, s.page[at].nr, 0, at);
			drained = static_cast<unsigned>(co_await drain_slot(&s.page[at]));
		}
	} else {
		at = slot_of(s.page, static_cast<Group *>(nullptr));
		if (at == kPageSlots) {
			at = s.page_next;
			s.page_next = (s.page_next + 1) % kPageSlots;
			Group *old = s.page[at].cached;
			event(SMCG_EV_SLOT_DRAIN, old->css, s.page[at].nr, 0, at);
			drained = static_cast<unsigned>(co_await drain_slot(&s.page[at]));
			other = drained && watched(old) ? old : nullptr;
			if (!other)
				drained = 0;	// pages of somebody else are not told
		}
		co_await step();
		s.page[at].cached = g;
		s.page[at].nr = nr;
	}
	if (watched(g) || watched(other))
		step_seen(SMCG_KIND_REFILL, g, nr, 0, other,
			  static_cast<std::uint64_t>(drained) << 32 | s.page[at].nr);
	co_await step();
	s.page_lock = false;
	co_return 0;
}

Call<int> Machine::drain_local_pages()
{
	Stock &s = stocks_[current->cpu];

	event(SMCG_EV_DRAIN_LOCAL, 0, 0, SMCG_BY_DRAIN_WORK);
	co_await step();
	assert(!s.page_lock);
	s.page_lock = true;
	for (PageSlot &slot : s.page) {
		Group *old = slot.cached;
		co_await step();
		unsigned nr = static_cast<unsigned>(co_await drain_slot(&slot));
		if (nr && watched(old))
			step_seen(SMCG_KIND_DRAIN_LOCAL, old, nr);
	}
	s.flushing = false;
	co_await step();
	s.page_lock = false;
	co_await step();
	event(SMCG_EV_DRAIN_LOCAL_RET);
	co_return 0;
}

Call<int> Machine::drain_byte_slot(ByteSlot *slot, unsigned caller)
{
	Objcg *old = slot->cached;

	if (!old)
		co_return 0;
	event(SMCG_EV_OBJ_DRAIN, 0, slot->bytes + 1, caller,
	      static_cast<std::uint64_t>(slot - stocks_[current->cpu].byte), old->id);
	co_await step();
	if (slot->bytes) {
		unsigned pages = slot->bytes / kPage, rest = slot->bytes % kPage;
		if (pages) {
			if (tracked(old->group))
				event(SMCG_EV_COUNTER_UNCHARGE, old->group->css, pages, SMCG_BY_OBJ_DRAIN);
			co_await counter_add(old->group, -static_cast<long>(pages), false);
		}
		co_await step();
		old->charged += rest;
		slot->bytes = 0;
	}
	co_await step();
	slot->cached = nullptr;
	co_return 0;
}

Call<int> Machine::drain_local_bytes()
{
	Stock &s = stocks_[current->cpu];

	event(SMCG_EV_DRAIN_LOCAL, 0, 0, SMCG_BY_OBJ_DRAIN_WORK);
	co_await step();
	assert(!s.byte_lock);
	s.byte_lock = true;
	for (ByteSlot &slot : s.byte) {
		co_await step();
		co_await drain_byte_slot(&slot, SMCG_BY_OBJ_DRAIN_WORK);
	}
	s.flushing_obj = false;
	co_await step();
	s.byte_lock = false;
	co_await step();
	event(SMCG_EV_DRAIN_LOCAL_RET);
	co_return 0;
}

unsigned Machine::told_slots(const Objcg *o) const
{
	const Stock &s = stocks_[current->cpu];
	unsigned at = slot_of(s.byte, o);

	return at < kByteSlots ? s.byte[at].bytes + 2 : 1;
}

Call<int> Machine::consume_bytes(Objcg *o, unsigned bytes)
{
	Stock &s = stocks_[current->cpu];
	bool hit = false;

	if (s.byte_lock)
		co_return 0;
	s.byte_lock = true;
	co_await step();
	unsigned at = slot_of(s.byte, o);
	if (at < kByteSlots && s.byte[at].bytes >= bytes) {
		s.byte[at].bytes -= bytes;
		hit = true;
	}
	co_await step();
	s.byte_lock = false;
	co_return hit;
}

// With the lock.  Returns the whole pages that are due to the counters.
Call<int> Machine::bytes_into_slot(Objcg *o, unsigned bytes, bool allow)
{
	Stock &s = stocks_[current->cpu];
	unsigned at = slot_of(s.byte, o), pages = 0, all;

	if (at < kByteSlots) {
		all = s.byte[at].bytes;
	} else {
		at = slot_of(s.byte, static_cast<Objcg *>(nullptr));
		if (at == kByteSlots) {
			at = s.byte_next;
			s.byte_next = (s.byte_next + 1) % kByteSlots;
			co_await drain_byte_slot(&s.byte[at], SMCG_BY_OTHER);
		}
		co_await step();
		all = std::exchange(o->charged, 0);
		co_await step();
		s.byte[at].cached = o;
		allow = true;
	}
	all += bytes;
	if ((allow && all > kPage) || all > 0xffff) {
		pages = all / kPage;
		all %= kPage;
	}
	s.byte[at].bytes = all;
	co_return static_cast<int>(pages);
}

Call<int> Machine::obj_refill_slots(Objcg *o, unsigned bytes, bool allow)
{
	Stock &s = stocks_[current->cpu];
	bool past = s.byte_lock;
	unsigned pages;

	if (!past)
		s.byte_lock = true;
	co_await step();
	// The hook sees what was tried for: that it is its own by now does not count.
	smcg_event &e = event(SMCG_EV_OBJ_REFILL, o->group->css, told_slots(o), 0, o->id, bytes, allow);
	e.locks = static_cast<__u16>((e.locks & 3) | (past ? SMCG_LOCK_HELD : SMCG_LOCK_FREE) << 2);
	co_await step();
	if (past) {
		pages = bytes / kPage;
		o->charged += bytes % kPage;
	} else {
		pages = static_cast<unsigned>(co_await bytes_into_slot(o, bytes, allow));
	}
	co_await step();
	if (pages)
		co_await kmem_uncharge(o, pages, SMCG_BY_OBJ);
	co_await step();
	if (!past)
		s.byte_lock = false;
	co_return 0;
}

bool Machine::owes_pages(const Stock &s, const Group *root) const
{
	for (const PageSlot &slot : s.page)
		if (slot.cached && slot.nr && below(slot.cached, root))
			return true;
	return false;
}

bool Machine::owes_bytes(const Stock &s, const Group *root) const
{
	for (const ByteSlot &slot : s.byte)
		if (slot.cached && below(slot.cached->group, root))
			return true;
	return false;
}

void Machine::would_flush_slots(smcg_event &e, const Group *root) const
{
	e.a = 0;
	e.nr = 0;
	for (unsigned cpu = 0; cpu < options_.cpus; cpu++) {
		const Stock &s = stocks_[cpu];
		if (!s.flushing && owes_pages(s, root))
			e.a |= 1ULL << cpu;
		if (!s.flushing_obj && owes_bytes(s, root))
			e.nr |= 1u << cpu;
	}
}

// One half of a CPU.  Returns whether it is flushed.
Call<int> Machine::drain_half(unsigned cpu, const Group *root, bool bytes)
{
	Stock &s = stocks_[cpu];
	bool &flushing = bytes ? s.flushing_obj : s.flushing;
	auto owed = [&] { return bytes ? owes_bytes(s, root) : owes_pages(s, root); };

	co_await step();
	if (flushing || !owed())
		co_return 0;
	flushing = true;
	co_await step();
	if (cpu == current->cpu) {
		if (bytes)
			co_await drain_local_bytes();
		else
			co_await drain_local_pages();
	} else {
		unsigned owes = owed() ? SMCG_OWES_SOME : SMCG_OWES_NOTHING;
		event(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, cpu, percent(80) ? owes : 0, bytes);
		(bytes ? s.work_obj : s.work) = true;
	}
	co_return 1;
}

Call<int> Machine::drain_all_slots(Group *root, std::uint64_t *mask)
{
	current->bound = true;
	for (unsigned cpu = 0; cpu < options_.cpus; cpu++) {
		if (co_await drain_half(cpu, root, false))
			*mask |= 1ULL << cpu;
		if (co_await drain_half(cpu, root, true))
			*mask |= 1ULL << (cpu + 32);
	}
	current->bound = false;
	co_return 0;
}

void Machine::base_slots(unsigned cpu)
{
	for (unsigned i = 0; i < kPageSlots; i++)
		event(SMCG_EV_BASE_SLOT, 0, 0, 0, i, 0, 1).cpu = static_cast<__u16>(cpu);
	for (unsigned i = 0; i < kByteSlots; i++)
		event(SMCG_EV_BASE_SLOT, 0, 0, 0, i, 0, 2).cpu = static_cast<__u16>(cpu);
	event(SMCG_EV_BASE_SLOT, 0, 0, 0, 0, 0, 3).cpu = static_cast<__u16>(cpu);
}

}  // namespace model
