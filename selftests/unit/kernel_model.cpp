// SPDX-License-Identifier: GPL-2.0
// Over 600 lines because the model is one machine: its steps interleave at every line, and
// cut into files they could not be read beside the kernel's functions any more.
#include "kernel_model.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace model {

namespace {
constexpr unsigned kBatch = 64;
constexpr unsigned kPage = 4096;
constexpr int kRetries = 16;
}  // namespace

Machine::Machine(const Options &options)
	: options_(options), rng_(options.seed), groups_(NR_CSS), stocks_(options.cpus),
	  cpus_(options.cpus), left_(options.operations)
{
	auto set = [&](unsigned css, unsigned parent, unsigned flags) {
		groups_[css].css = css;
		groups_[css].parent = parent ? &groups_[parent] : nullptr;
		groups_[css].flags = flags;
	};
	set(ROOT, 0, 0);
	set(A, ROOT, SMCG_GROUP_COUNTED);
	set(W, A, SMCG_GROUP_WATCHED);
	set(W1, W, SMCG_GROUP_WATCHED);
	set(W2, W, SMCG_GROUP_WATCHED);
	set(W1A, W1, SMCG_GROUP_WATCHED);
	set(S, A, SMCG_GROUP_COUNTED);
	set(F, ROOT, 0);
	set(F1, F, 0);
	groups_[A].max = options.max_a;
	groups_[W].max = options.max_w;
	groups_[W1].max = options.max_w1;
	groups_[W1].high = options.high_w1;
	groups_[W1].swap_max = options.swap_max;
	for (unsigned css : {W, W1, W2, W1A, S, F, F1, ROOT}) {
		for (int i = 0; i < (css == W1 ? 2 : 1); i++) {
			auto o = std::make_unique<Objcg>();
			o->id = objcgs_.size() + 1;
			o->group = &groups_[css];
			objcgs_.push_back(std::move(o));
		}
	}
	for (unsigned cpu = 0; cpu < options.cpus; cpu++) {
		for (unsigned i = 0; i <= options.tasks; i++) {
			auto c = std::make_unique<Context>();
			c->tid = 100 * (cpu + 1) + i;
			c->cpu = cpu;
			if (i == options.tasks)
				cpus_[cpu].worker = c.get();
			cpus_[cpu].tasks.push_back(std::move(c));
		}
		for (unsigned level : {SMCG_CTX_SOFTIRQ, SMCG_CTX_HARDIRQ}) {
			cpus_[cpu].irq[level] = std::make_unique<Context>();
			cpus_[cpu].irq[level]->ctx = level;
			cpus_[cpu].irq[level]->cpu = cpu;
		}
	}
}

smcg_event &Machine::event(unsigned type, unsigned group, unsigned nr, unsigned caller,
			   std::uint64_t a, std::uint64_t b, std::uint64_t c)
{
	smcg_event e{};

	e.time = time_ += 7;
	e.type = static_cast<__u16>(type);
	e.group = group;
	e.nr = nr;
	e.caller = static_cast<__u8>(caller);
	e.a = a;
	e.b = b;
	e.c = c;
	if (current) {
		e.ctx = static_cast<__u8>(current->ctx);
		e.cpu = static_cast<__u16>(current->cpu);
		const Cpu &cpu = cpus_[current->cpu];
		e.tid = cpu.running.empty() ? current->tid : cpu.running.front()->tid;
		if (current->memalloc)
			e.task |= SMCG_TASK_MEMALLOC;
		if (current->in_oom)
			e.task |= SMCG_TASK_IN_OOM;
		if (current->dying)
			e.task |= SMCG_TASK_DYING;
		if (current->reaped)
			e.task |= SMCG_TASK_REAPED;
	}
	events_.push_back(e);
	if (on_event)
		on_event(events_.back());
	return events_.back();
}

void Machine::step_seen(unsigned kind, const Group *g, unsigned nr, int result,
			const Group *over, std::uint64_t arg)
{
	Step s;

	s.kind = kind;
	s.group = id_of(g);
	s.nr = nr;
	s.result = result;
	s.over = id_of(over);
	s.arg = arg;
	s.at = events_.size();
	steps_[key(current->tid, current->ctx, current->cpu)].push_back(s);
}

bool Machine::below(const Group *g, const Group *root) const
{
	for (; g; g = g->parent)
		if (g == root)
			return true;
	return false;
}

void Machine::count(Group *g, std::uint64_t Group::*what)
{
	for (; g && g->parent; g = g->parent)
		(g->*what)++;
}

// --- counters: every level is a step ---------------------------------------

void Machine::read_levels(smcg_event &e, const Group *g, bool swap) const
{
	std::uint64_t read[3] = {};

	for (unsigned i = 0; i < 3 && g && g->parent; i++, g = g->parent)
		read[i] = static_cast<std::uint64_t>(swap ? g->swap : g->usage) + 1;
	e.gfp = static_cast<__u32>(read[0]);
	e.c = read[1] | read[2] << 32;
}

Call<int> Machine::counter_add(Group *g, long nr, bool swap)
{
	for (; g && g->parent; g = g->parent) {
		co_await step();
		(swap ? g->swap : g->usage) += nr;
		assert(g->usage >= 0 && g->swap >= 0);
	}
	co_return 0;
}

Call<int> Machine::counter_try(Group *g, unsigned nr, bool swap, Group **over)
{
	*over = nullptr;
	for (Group *c = g; c->parent; c = c->parent) {
		co_await step();
		long &usage = swap ? c->swap : c->usage;
		usage += nr;
		long seen = usage;
		co_await step();
		if (static_cast<std::uint64_t>(seen) <= (swap ? c->swap_max : c->max))
			continue;
		(swap ? c->swap : c->usage) -= nr;
		for (Group *undo = g; undo != c; undo = undo->parent) {
			co_await step();
			(swap ? undo->swap : undo->usage) -= nr;
		}
		*over = c;
		co_return 0;
	}
	co_return 1;
}

// --- page stock ---------------------------------------------------------------

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
	event(SMCG_EV_DRAIN_ALL, root->css, 0, caller, would_flush(root), 0, 1);
	for (unsigned cpu = 0; cpu < options_.cpus; cpu++) {
		co_await step();
		Stock &s = stocks_[cpu];
		if (!owes(s, root) || s.flushing)
			continue;
		s.flushing = true;
		*mask |= 1ULL << cpu;
		if (cpu == current->cpu) {
			co_await drain_local();
		} else {
			event(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, cpu);
			s.work = true;
		}
	}
	co_await step();
	drain_mutex_ = false;
	co_await step();
	co_return 1;
}

// --- the charge path -----------------------------------------------------------

Call<int> Machine::reclaim(Group *g, unsigned nr)
{
	bool before = current->memalloc;
	unsigned got = 0;

	current->memalloc = true;
	co_await step();
	for (unsigned round = rnd(4); round; round--) {
		unsigned css = A + rnd(NR_CSS - A);
		Group *victim = &groups_[css];
		if (below(victim, g) && victim->folios > 0) {
			unsigned n = 1 + rnd(static_cast<unsigned>(
						std::min<long>(victim->folios, nr + 32)));
			got += n;
			co_await uncharge(victim, n);
			if (percent(20) && tracked(victim))
				co_await swap_out(victim, 1);
		}
		if (percent(10)) {
			Group *mine = percent(50) ? g : &groups_[W1];
			if (watched(mine)) {
				co_await try_charge(mine, SMCG_GFP_BLOCKING, 1, SMCG_BY_KMEM_PAGE);
				mine->kpages++;
			}
		}
		if (percent(30)) {
			current->sleeping = true;
			co_await step();
		}
	}
	current->memalloc = before;
	co_await step();
	co_return percent(30) ? 0 : static_cast<int>(got);
}

void Machine::reclaim_returns(const Group *g, int reclaimed)
{
	smcg_event &e = event(SMCG_EV_RECLAIM_RET, g->css, 0, 0, static_cast<unsigned>(reclaimed),
			      read_mutex());
	read_levels(e, g, false);
}

Call<int> Machine::reclaim_high(Group *g, unsigned nr)
{
	event(SMCG_EV_RECLAIM_HIGH, g->css, nr, SMCG_BY_HIGH);
	for (; g->parent; g = g->parent) {
		co_await step();
		if (static_cast<std::uint64_t>(g->usage) <= g->high)
			continue;
		count(g, &Group::ev_high);
		event(SMCG_EV_RECLAIM, g->css, nr, SMCG_BY_HIGH);
		if (watched(g))
			step_seen(SMCG_KIND_HIGH_EVENT, g, nr);
		int got = co_await reclaim(g, nr);
		event(SMCG_EV_RECLAIM_RET, 0, 0, 0, static_cast<unsigned>(got));
	}
	co_return 0;
}

Call<int> Machine::try_charge(Group *g, unsigned gfp, unsigned nr, unsigned caller)
{
	unsigned batch = std::max(kBatch, nr);
	int retries = kRetries, reclaimed = 0;
	bool passed_oom = false, drained = false, raised = false;
	Group *over = nullptr;
	bool mine = watched(g), ok, progress;
	unsigned order = 0;

	if (tracked(g)) {
		smcg_event &e = event(SMCG_EV_CHARGE, g->css, nr, caller, SMCG_NO_PFN);
		e.gfp = gfp;
		e.task &= SMCG_TASK_MEMALLOC | SMCG_TASK_KTHREAD;
	}
	for (;;) {
		co_await step();
		if (nr <= kBatch) {
			Stock &s = stocks_[current->cpu];
			if (s.cached == g && s.nr >= nr) {
				s.nr -= nr;
				if (mine)
					step_seen(SMCG_KIND_STOCK_HIT, g, nr);
				co_return 0;
			}
		}
		co_await step();
		if (tracked(g))
			read_levels(event(SMCG_EV_TRY_ENTER, g->css, batch, SMCG_BY_CHARGE,
					  read_mutex()), g, false);
		ok = co_await counter_try(g, batch, false, &over);
		co_await step();
		if (tracked(g))
			read_levels(event(SMCG_EV_TRY_RET, g->css, batch, SMCG_BY_CHARGE, ok,
					  over ? over->css : 0), g, false);
		if (mine)
			step_seen(batch > nr ? SMCG_KIND_BATCH_CHARGE : SMCG_KIND_EXACT_CHARGE, g,
				  batch, ok ? 0 : -ENOMEM, over);
		if (ok)
			break;
		if (batch > nr) {
			batch = nr;
			continue;
		}
		co_await step();
		if (current->memalloc)
			goto force;
		if (current->in_oom || !(gfp & SMCG_GFP_BLOCKING))
			goto nomem;
		if (current->reaped && options_.profile >= SMCG_PROFILE_6_12)
			goto nomem;
		raised = true;
		count(over, &Group::ev_max);
		if (mine)
			step_seen(SMCG_KIND_MAX_EVENT, over, 0);
		event(SMCG_EV_RECLAIM, over->css, nr, SMCG_BY_CHARGE);
		if (mine)
			step_seen(SMCG_KIND_RECLAIM, over, nr);
		reclaimed = co_await reclaim(over, nr);
		reclaim_returns(g, reclaimed);
		co_await step();
		if (static_cast<std::uint64_t>(over->usage) + nr <= over->max)
			continue;
		if (!drained) {
			std::uint64_t mask;
			if (co_await drain_all(over, SMCG_BY_CHARGE, &mask)) {
				event(SMCG_EV_DRAIN_ALL_RET, over->css, 0, 0, would_flush(over), 0, 1);
				if (mine)
					step_seen(SMCG_KIND_DRAIN, over, 0, 0, nullptr, mask);
			}
			drained = true;
			continue;
		}
		if (gfp & SMCG_GFP_NORETRY)
			goto nomem;
		if (reclaimed && nr <= 8)
			continue;
		if (retries--)
			continue;
		if (gfp & SMCG_GFP_RETRY_MAYFAIL)
			goto nomem;
		if (passed_oom && current->dying)
			goto nomem;
		if (nr > 8)
			goto nomem;
		order = 0;
		while (1u << order < nr)
			order++;
		count(over, &Group::ev_oom);
		event(SMCG_EV_OOM, over->css, order, SMCG_BY_CHARGE);
		if (mine)
			step_seen(SMCG_KIND_OOM, over, order);
		co_await step();
		progress = percent(70);
		if (progress && percent(50))
			current->dying = true;
		for (Group &victim : groups_)
			if (progress && below(&victim, over) && victim.folios > 4 && percent(60))
				co_await uncharge(&victim, static_cast<unsigned>(victim.folios / 2));
		event(SMCG_EV_OOM_RET, 0, 0, 0, progress);
		if (progress) {
			passed_oom = true;
			retries = kRetries;
			continue;
		}
	nomem:
		co_await step();
		if (!(gfp & (SMCG_GFP_NOFAIL | SMCG_GFP_HIGH))) {
			if (mine)
				step_seen(SMCG_KIND_NOMEM, g, nr, -ENOMEM);
			co_return -ENOMEM;
		}
	force:
		if (!raised) {
			count(over, &Group::ev_max);
			if (mine)
				step_seen(SMCG_KIND_MAX_EVENT, over, 0);
		}
		if (tracked(g))
			event(SMCG_EV_COUNTER_CHARGE, g->css, nr, SMCG_BY_CHARGE);
		if (mine)
			step_seen(SMCG_KIND_FORCED, g, nr);
		co_await counter_add(g, nr, false);
		co_return 0;
	}
	co_await step();
	if (batch > nr)
		co_await refill(g, batch - nr, SMCG_BY_OTHER);
	co_await step();
	if (current->ctx == SMCG_CTX_TASK && !current->memalloc &&
	    static_cast<std::uint64_t>(g->usage) > g->high && percent(50) && tracked(g))
		co_await reclaim_high(g, batch);
	co_return 0;
}

Call<int> Machine::uncharge(Group *g, unsigned nr)
{
	g->folios -= nr;
	co_await step();
	if (tracked(g))
		event(SMCG_EV_COUNTER_UNCHARGE, g->css, nr, SMCG_BY_UNCHARGE);
	if (watched(g))
		step_seen(SMCG_KIND_UNCHARGE, g, nr);
	co_await counter_add(g, -static_cast<long>(nr), false);
	co_return 0;
}

// --- kernel memory --------------------------------------------------------------

Call<int> Machine::kmem_uncharge(Objcg *o, unsigned nr, unsigned caller)
{
	event(SMCG_EV_KMEM_UNCHARGE, o->group->css, nr, caller, o->id);
	if (caller == SMCG_BY_OBJ && watched(o->group))
		step_seen(SMCG_KIND_KMEM_UNCHARGE, o->group, nr);
	co_await step();
	co_await refill(o->group, nr, SMCG_BY_OTHER);
	co_return 0;
}

Call<int> Machine::obj_charge(Objcg *o, unsigned bytes)
{
	event(SMCG_EV_OBJ_CHARGE, o->group->css, told(o), 0, o->id, bytes);
	co_await step();
	Stock &s = stocks_[current->cpu];
	if (s.objcg == o && s.bytes >= bytes) {
		s.bytes -= bytes;
		if (watched(o->group))
			step_seen(SMCG_KIND_OBJ_HIT, o->group, 0, 0, nullptr, bytes);
		co_return 0;
	}
	unsigned nr = (bytes + kPage - 1) / kPage;
	if (watched(o->group))
		step_seen(SMCG_KIND_OBJ_MISS, o->group, nr, 0, nullptr, bytes);
	co_await step();
	unsigned gfp = current->ctx == SMCG_CTX_TASK ? SMCG_GFP_BLOCKING : SMCG_GFP_HIGH;
	int err = co_await try_charge(o->group, gfp, nr, SMCG_BY_OBJ);
	if (!err && bytes % kPage)
		co_await obj_refill(o, kPage - bytes % kPage, false);
	co_return err;
}

Call<int> Machine::obj_refill(Objcg *o, unsigned bytes, bool allow)
{
	unsigned pages = 0, flushed;

	event(SMCG_EV_OBJ_REFILL, o->group->css, told(o), 0, o->id, bytes, allow);
	co_await step();
	Cpu &cpu = cpus_[current->cpu];
	Stock &s = stocks_[current->cpu];
	cpu.irq_off = true;
	if (s.objcg != o) {
		co_await put_back_bytes(&flushed);
		co_await step();
		s.objcg = o;
		s.bytes = std::exchange(o->charged, 0);
		allow = true;
	}
	s.bytes += bytes;
	if (allow && s.bytes > kPage) {
		pages = s.bytes / kPage;
		s.bytes %= kPage;
	}
	cpu.irq_off = false;
	co_await step();
	if (pages)
		co_await kmem_uncharge(o, pages, SMCG_BY_OBJ);
	co_return 0;
}

Call<int> Machine::obj_state(Objcg *o)
{
	unsigned flushed;

	event(SMCG_EV_OBJ_STATE, o->group->css, told(o), 0, o->id);
	co_await step();
	Cpu &cpu = cpus_[current->cpu];
	Stock &s = stocks_[current->cpu];
	cpu.irq_off = true;
	if (s.objcg != o) {
		co_await put_back_bytes(&flushed);
		co_await step();
		s.objcg = o;
		s.bytes = std::exchange(o->charged, 0);
	}
	cpu.irq_off = false;
	co_return 0;
}

// --- swap and migration -----------------------------------------------------------

Call<int> Machine::swap_out(Group *g, unsigned nr)
{
	Group *over;
	bool no_slot = percent(10);

	event(SMCG_EV_SWAP_CHARGE, g->css, nr, SMCG_BY_SWAP, 77, no_slot);
	co_await step();
	if (no_slot) {
		count(g, &Group::ev_swap_fail);
		co_return 0;
	}
	read_levels(event(SMCG_EV_TRY_ENTER, g->css, nr, SMCG_BY_SWAP, read_mutex()), g, true);
	bool ok = co_await counter_try(g, nr, true, &over);
	co_await step();
	read_levels(event(SMCG_EV_TRY_RET, g->css, nr, SMCG_BY_SWAP, ok, over ? over->css : 0), g, true);
	if (watched(g))
		step_seen(SMCG_KIND_SWAP_CHARGE, g, nr, ok ? 0 : -ENOMEM, over);
	if (ok) {
		g->swapped += nr;
	} else {
		count(g, &Group::ev_swap_max);
		count(g, &Group::ev_swap_fail);
	}
	co_return ok ? 0 : -ENOMEM;
}

Call<int> Machine::swap_free(Group *g, unsigned nr)
{
	g->swapped -= nr;
	event(SMCG_EV_SWAP_UNCHARGE, 0, nr, SMCG_BY_SWAP);
	co_await step();
	event(SMCG_EV_COUNTER_UNCHARGE, g->css, nr, SMCG_BY_SWAP);
	if (watched(g))
		step_seen(SMCG_KIND_SWAP_UNCHARGE, g, nr);
	co_await counter_add(g, -static_cast<long>(nr), true);
	co_return 0;
}

Call<int> Machine::migrate(Group *g, unsigned nr)
{
	bool replaces = percent(30);

	event(SMCG_EV_MIGRATE, g->css, nr, replaces ? SMCG_BY_OTHER : SMCG_BY_MIGRATE, 5, 6);
	if (options_.profile >= SMCG_PROFILE_6_12 && !replaces) {
		if (watched(g))
			step_seen(SMCG_KIND_MIGRATE, g, nr, 0, nullptr, 1);
		co_return 0;
	}
	co_await step();
	event(SMCG_EV_COUNTER_CHARGE, g->css, nr, SMCG_BY_MIGRATE);
	if (watched(g))
		step_seen(SMCG_KIND_MIGRATE, g, nr);
	co_await counter_add(g, nr, false);
	g->folios += nr;
	co_return 0;
}

// --- the workload -----------------------------------------------------------------

Call<int> Machine::random_operation(bool atomic)
{
	static const unsigned crowd[] = {W, W1, W1, W1, W2, W2, W1A, W1A, S, F, F1};
	static const unsigned sizes[] = {1, 1, 1, 1, 1, 1, 2, 4, 8, 9, 16, 64, 70};
	Group *g = &groups_[crowd[rnd(options_.foreign ? 11 : 8)]];
	unsigned nr = sizes[rnd(atomic ? 7 : 13)], gfp = atomic ? 0 : SMCG_GFP_BLOCKING;

	if (percent(atomic ? 50 : 5))
		gfp |= SMCG_GFP_HIGH;
	if (percent(3))
		gfp |= SMCG_GFP_NOFAIL;
	if (percent(10))
		gfp |= SMCG_GFP_NORETRY;
	if (percent(10))
		gfp |= SMCG_GFP_RETRY_MAYFAIL;
	switch (rnd(options_.kmem ? 13 : 5)) {
	case 0:
	case 1:
	case 2: {
		int err = co_await try_charge(g, gfp, nr, SMCG_BY_FOLIO);
		if (!err)
			g->folios += nr;
		break;
	}
	case 3:
		if (g->folios > 0)
			co_await uncharge(g, 1 + rnd(static_cast<unsigned>(
							 std::min<long>(g->folios, 40))));
		break;
	case 4:
		if (!tracked(g))
			break;
		if (g->swapped > 0 && percent(50))
			co_await swap_free(g, 1 + rnd(static_cast<unsigned>(g->swapped)));
		else if (percent(80))
			co_await swap_out(g, 1 + rnd(20));
		else if (g->folios > 0)
			co_await migrate(g, 1);
		break;
	case 5:
	case 6:
	case 7: {
		Objcg *o = objcgs_[rnd(options_.foreign ? 9u : 5u)].get();
		if (o->group == &groups_[ROOT])
			break;
		static const unsigned bytes[] = {32, 64, 192, 1000, 2048, 4096, 6000};
		unsigned b = bytes[rnd(7)];
		if (!co_await obj_charge(o, b)) {
			o->objects.push_back(b);
			co_await obj_state(o);
		}
		break;
	}
	case 8:
	case 9:
	case 10: {
		Objcg *o = objcgs_[rnd(options_.foreign ? 9u : 5u)].get();
		if (o->objects.empty())
			break;
		unsigned b = o->objects.back();
		o->objects.pop_back();
		co_await obj_refill(o, b, true);
		co_await obj_state(o);
		break;
	}
	case 11:
		if (g->socks > 0 && percent(50)) {
			g->socks -= 1;
			event(SMCG_EV_SOCK_UNCHARGE, g->css, 1);
			co_await step();
			co_await refill(g, 1, SMCG_BY_OTHER);
		} else if (!co_await try_charge(g, gfp, 1, SMCG_BY_SOCK)) {
			g->socks += 1;
		}
		break;
	case 12: {
		Objcg *o = objcgs_[rnd(5)].get();
		if (o->group->kpages > 0) {
			o->group->kpages--;
			co_await kmem_uncharge(o, 1, SMCG_BY_KMEM_PAGE);
		} else if (!co_await try_charge(o->group, gfp, 1, SMCG_BY_KMEM_PAGE)) {
			o->group->kpages++;
		}
		break;
	}
	}
	co_return 0;
}

Call<int> Machine::task_main()
{
	while (left_ && !stopping_) {
		left_--;
		if (options_.limits_move && percent(3)) {
			Group *g = &groups_[percent(50) ? W1 : W];
			std::uint64_t max = 100 + rnd(600);
			// The hook tells it with the next event; the write is seen at once.
			g->max = max;
			event(SMCG_EV_LIMIT, g->css, 0, SMCG_LIMIT_MAX, max);
		}
		current->in_oom = percent(2);
		current->reaped = percent(2);
		co_await random_operation(false);
		current->in_oom = false;
		current->reaped = false;
		current->dying = false;
		if (percent(20))
			current->sleeping = true;
		co_await step();
	}
	co_return 0;
}

Call<int> Machine::worker_main()
{
	for (;;) {
		if (stocks_[current->cpu].work) {
			stocks_[current->cpu].work = false;
			co_await drain_local();
		}
		current->sleeping = true;
		co_await step();
	}
}

Call<int> Machine::irq_main()
{
	co_await random_operation(true);
	co_return 0;
}

// --- the scheduler ------------------------------------------------------------------

void Machine::start(Context *c, Call<int> call)
{
	auto held = std::make_shared<Call<int>>(std::move(call));

	c->stack.assign(1, held->handle);
	c->root = held;
}

// One step of a context.  Returns whether it goes on.
bool Machine::resume(Context *c)
{
	current = c;
	for (;;) {
		std::size_t depth = c->stack.size();
		c->stack.back().resume();
		if (c->stack.size() > depth)
			continue;		// it called something: enter that
		if (!c->stack.back().done())
			break;			// a step
		c->stack.pop_back();
		if (c->stack.empty())
			break;
	}
	current = nullptr;
	return !c->stack.empty();
}

void Machine::interrupt(unsigned cpu, unsigned level)
{
	Context *c = cpus_[cpu].irq[level].get();

	current = c;
	start(c, irq_main());
	current = nullptr;
	cpus_[cpu].running.push_back(c);
}

bool Machine::pick_and_step()
{
	if (percent(options_.switch_percent))
		next_cpu_ = rnd(options_.cpus);
	Cpu &cpu = cpus_[next_cpu_];
	if (cpu.running.empty()) {
		Context *c = cpu.tasks[rnd(static_cast<unsigned>(cpu.tasks.size()))].get();
		if (c->stack.empty()) {
			next_cpu_ = rnd(options_.cpus);
			return false;
		}
		cpu.running.push_back(c);
	}
	Context *top = cpu.running.back();
	if (!cpu.irq_off && left_ && percent(options_.irq_percent)) {
		unsigned level = top->ctx == SMCG_CTX_TASK && percent(70) ? SMCG_CTX_SOFTIRQ
									 : SMCG_CTX_HARDIRQ;
		if (level > top->ctx) {
			interrupt(next_cpu_, level);
			top = cpu.running.back();
		}
	}
	bool alive = resume(top);
	bool sleeps = std::exchange(top->sleeping, false) && top->ctx == SMCG_CTX_TASK;
	if (!alive || sleeps)
		cpu.running.pop_back();
	if (sleeps && alive && top != cpu.worker && percent(options_.move_percent))
		move(next_cpu_, top, rnd(options_.cpus));
	return true;
}

// A sleeping task wakes up on another CPU.
void Machine::move(unsigned from, Context *task, unsigned to)
{
	auto &tasks = cpus_[from].tasks;
	auto it = std::find_if(tasks.begin(), tasks.end(),
			       [&](const auto &t) { return t.get() == task; });

	task->cpu = to;
	auto taken = std::move(*it);
	tasks.erase(it);
	cpus_[to].tasks.push_back(std::move(taken));
}

void Machine::baseline()
{
	event(SMCG_EV_START, 0, 0, 0, options_.cpus, 1, 0);
	for (unsigned css = ROOT; css < NR_CSS; css++) {
		const Group &g = groups_[css];
		event(SMCG_EV_GROUP_ONLINE, css, 0, 0, css + 100, g.parent ? g.parent->css : 0,
		      g.flags);
		event(SMCG_EV_LIMIT, css, 0, SMCG_LIMIT_MAX, g.max);
		event(SMCG_EV_LIMIT, css, 0, SMCG_LIMIT_HIGH, g.high);
		event(SMCG_EV_LIMIT, css, 0, SMCG_LIMIT_SWAP_MAX, g.swap_max);
	}
	for (unsigned cpu = 0; cpu < options_.cpus; cpu++)
		event(SMCG_EV_BASE_STOCK).cpu = static_cast<__u16>(cpu);
	for (unsigned css = ROOT; css < NR_CSS; css++)
		event(SMCG_EV_BASE_COUNTER, css);
	for (const auto &o : objcgs_)
		event(SMCG_EV_BASE_OBJCG, o->group->css, 0, 0, o->id, 0);
	event(SMCG_EV_BASE_DONE);
}

void Machine::run()
{
	// CPUs of the baseline stocks are set after the fact: tell the listener at the end.
	auto listener = std::exchange(on_event, nullptr);
	baseline();
	if (listener)
		for (const smcg_event &e : events_)
			listener(e);
	on_event = listener;
	for (Cpu &cpu : cpus_)
		for (auto &c : cpu.tasks) {
			current = c.get();
			start(c.get(), c.get() == cpu.worker ? worker_main() : task_main());
		}
	current = nullptr;
	auto busy = [&] {
		for (const Cpu &cpu : cpus_) {
			if (cpu.running.size() > 1)
				return true;
			for (const auto &c : cpu.tasks)
				if (c.get() != cpu.worker && !c->stack.empty())
					return true;
		}
		for (const Stock &s : stocks_)
			if (s.work)
				return true;
		return false;
	};
	for (unsigned long idle = 0; idle < 5000;) {
		pick_and_step();
		idle = busy() ? 0 : idle + 1;
	}
	stopping_ = true;
	for (Cpu &cpu : cpus_) {
		while (!cpu.running.empty() && cpu.running.back()->ctx != SMCG_CTX_TASK)
			if (!resume(cpu.running.back()))
				cpu.running.pop_back();
	}
	event(SMCG_EV_BARRIER);
}

}  // namespace model
