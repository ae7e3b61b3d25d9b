// SPDX-License-Identifier: GPL-2.0
// kernel_model_stock.cpp - the stock of a CPU, and drains of all of them.
#include "kernel_model.h"

namespace model {

// With interrupts off.  Returns the pages given back.
Call<int> Machine::drain_stock(unsigned cpu)
{
	Stock &s = stocks_[cpu];
	Group *old = s.cached;
	unsigned nr = s.nr;

	if (!old)
		co_return 0;
	if (nr) {
		event(SMCG_EV_COUNTER_UNCHARGE, old->css, nr, SMCG_BY_DRAIN);
		co_await counter_add(old, -static_cast<long>(nr), false);
		co_await memsw_follows(old, -static_cast<long>(nr), SMCG_BY_DRAIN);
		s.nr = 0;
	}
	s.cached = nullptr;
	co_return static_cast<int>(nr);
}

Call<int> Machine::refill_off(Group *g, unsigned nr, unsigned caller)
{
	Stock &s = stocks_[current->cpu];
	Group *other = nullptr;
	unsigned drained = 0;

	event(SMCG_EV_REFILL, g->css, nr, caller, s.nr + 1);
	co_await step();
	if (s.cached != g) {
		other = s.nr && watched(s.cached) ? s.cached : nullptr;
		drained = static_cast<unsigned>(co_await drain_stock(current->cpu));
		if (!other)
			drained = 0;	// pages of somebody else are not told
		s.cached = g;
	}
	s.nr += nr;
	if (s.nr > kBatch)
		drained += static_cast<unsigned>(co_await drain_stock(current->cpu));
	if (watched(g) || watched(other))
		step_seen(SMCG_KIND_REFILL, g, nr, 0, other,
			  static_cast<std::uint64_t>(drained) << 32 | s.nr);
	co_return 0;
}

Call<int> Machine::refill(Group *g, unsigned nr, unsigned caller)
{
	Cpu &cpu = cpus_[current->cpu];

	if (slots()) {
		co_await refill_slots(g, nr, caller);
		co_return 0;
	}
	cpu.irq_off = true;
	co_await refill_off(g, nr, caller);
	cpu.irq_off = false;
	co_return 0;
}

Call<int> Machine::put_back_bytes(unsigned *pages)
{
	Stock &s = stocks_[current->cpu];
	Objcg *old = s.objcg;

	*pages = 0;
	event(SMCG_EV_OBJ_DRAIN, 0, s.bytes + 1);
	co_await step();
	if (!old)
		co_return 0;
	if (s.bytes) {
		*pages = s.bytes / kPage;
		old->group->kmem -= *pages;
		if (*pages)
			co_await refill_off(old->group, *pages, SMCG_BY_OBJ_DRAIN);
		co_await step();
		old->charged += s.bytes % kPage;
		s.bytes = 0;
	}
	s.objcg = nullptr;
	co_return 0;
}

Call<int> Machine::drain_local()
{
	Cpu &cpu = cpus_[current->cpu];
	Stock &s = stocks_[current->cpu];
	unsigned pages;

	cpu.irq_off = true;
	co_await step();
	co_await put_back_bytes(&pages);
	event(SMCG_EV_DRAIN_LOCAL);
	Group *old = s.cached;
	unsigned nr = s.nr;
	co_await drain_stock(current->cpu);
	s.flushing = false;
	if (watched(old) && nr)
		step_seen(SMCG_KIND_DRAIN_LOCAL, old, nr);
	cpu.irq_off = false;
	co_await step();
	event(SMCG_EV_DRAIN_LOCAL_RET);
	co_return 0;
}

bool Machine::owes(const Stock &s, const Group *root) const
{
	return (s.cached && s.nr && below(s.cached, root)) ||
	       (s.objcg && below(s.objcg->group, root));
}

std::uint64_t Machine::would_flush(const Group *root) const
{
	std::uint64_t mask = 0;

	for (unsigned cpu = 0; cpu < options_.cpus; cpu++)
		if (!stocks_[cpu].flushing && owes(stocks_[cpu], root))
			mask |= 1ULL << cpu;
	return mask;
}

Call<int> Machine::drain_all(Group *root, unsigned caller, std::uint64_t *mask)
{
	*mask = 0;
	co_await step();
	if (drain_mutex_)
		co_return 0;
	drain_mutex_ = true;
	co_await step();
	smcg_event &e = event(SMCG_EV_DRAIN_ALL, root->css, 0, caller, would_flush(root), 0, 1);
	if (slots()) {
		would_flush_slots(e, root);
		co_await drain_all_slots(root, mask);
	}
	for (unsigned cpu = 0; cpu < options_.cpus && !slots(); cpu++) {
		co_await step();
		Stock &s = stocks_[cpu];
		if (!owes(s, root) || s.flushing)
			continue;
		s.flushing = true;
		*mask |= 1ULL << cpu;
		if (cpu == current->cpu) {
			co_await drain_local();
		} else {
			co_await step();
			unsigned owed = owes(s, root) ? SMCG_OWES_SOME : SMCG_OWES_NOTHING;
			event(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, cpu, percent(80) ? owed : 0);
			s.work = true;
		}
	}
	co_await step();
	drain_mutex_ = false;
	co_await step();
	co_return 1;
}

}  // namespace model
