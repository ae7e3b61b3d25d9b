// SPDX-License-Identifier: GPL-2.0
// kernel_model.cpp - the machine of the model: its groups, its events, and who makes the next step.
#include "kernel_model.h"

#include <utility>

namespace model {

Machine::Machine(const Options &options)
	: options_(options), rng_(options.seed),
	  groups_(options.profile >= SMCG_PROFILE_7_2 ? NR_CSS_SLOTS : NR_CSS), stocks_(options.cpus),
	  cpus_(options.cpus), left_(options.operations)
{
	auto set = [&](unsigned css, unsigned parent, unsigned flags) {
		groups_[css].css = css;
		groups_[css].parent = parent ? &groups_[parent] : nullptr;
		groups_[css].flags = flags;
		groups_[css].page_events.resize(options.cpus);
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
	if (slots()) {
		set(X1, W2, SMCG_GROUP_WATCHED);
		set(X2, W2, SMCG_GROUP_WATCHED);
		set(X3, W1A, SMCG_GROUP_WATCHED);
		set(X4, F, 0);
		set(X5, S, SMCG_GROUP_COUNTED);
	}
	groups_[A].max = options.max_a;
	groups_[W].max = options.max_w;
	groups_[W1].max = options.max_w1;
	groups_[W1].high = options.high_w1;
	groups_[W1].swap_max = options.swap_max;
	groups_[W].swap_high = options.swap_high_w;
	for (unsigned css : {W, W1, W2, W1A, S, F, F1, ROOT, X1, X2, X3, X4, X5}) {
		if (css >= groups_.size())
			break;
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
		bool locks = type == SMCG_EV_CHARGE || type == SMCG_EV_REFILL ||
			     type == SMCG_EV_OBJ_CHARGE || type == SMCG_EV_OBJ_REFILL;
		if (slots() && locks)
			e.locks = static_cast<__u16>(lock_bits());
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
	for (; g && g->parent; g = options_.legacy ? nullptr : g->parent)
		(g->*what)++;
}

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
		if (std::exchange(c->preempted, false)) {
			current = c;
			event(SMCG_EV_PREEMPTED, 0, 0, 1);
			try_seen(true);
			current = nullptr;
		}
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
	bool locked = stocks_[next_cpu_].page_lock || stocks_[next_cpu_].byte_lock;
	if (options_.preempt_percent && alive && !sleeps && top->ctx == SMCG_CTX_TASK && !cpu.irq_off &&
	    !locked && percent(options_.preempt_percent)) {
		current = top;
		preempt();
		current = nullptr;
		cpu.running.pop_back();
		if (top != cpu.worker && !top->bound && percent(options_.move_percent))
			move(next_cpu_, top, rnd(options_.cpus));
	}
	if (sleeps && alive && top != cpu.worker && percent(options_.move_percent))
		move(next_cpu_, top, rnd(options_.cpus));
	return true;
}

// A task loses its CPU inside the kernel, which nobody does who has a lock of a stock.
void Machine::preempt()
{
	try_seen(false);
	const Stock &s = stocks_[current->cpu];
	smcg_event &e = event(SMCG_EV_PREEMPTED, 0, s.byte[kByteSlots - 1].bytes, 0, SMCG_SWITCH_TOLD);

	for (unsigned i = 0; i < kPageSlots; i++) {
		e.a |= static_cast<std::uint64_t>(s.page[i].nr) << 8 * i;
		e.c |= s.page[i].cached ? 1u << i : 0;
	}
	for (unsigned i = 0; i < kByteSlots; i++)
		e.c |= s.byte[i].cached ? 256u << i : 0;
	for (unsigned i = 0; i + 1 < kByteSlots; i++)
		e.b |= static_cast<std::uint64_t>(s.byte[i].bytes) << 16 * i;
	e.a |= s.flushing ? SMCG_SWITCH_PAGES_FLUSHING : 0;
	e.a |= s.flushing_obj ? SMCG_SWITCH_BYTES_FLUSHING : 0;
	e.a |= current->committed ? SMCG_SWITCH_COMMITTED : 0;
	e.gfp = current->over_high + 1;
	current->preempted = true;
}

// A task in the middle of a try, or of another operation on a counter, loses its CPU, or has it again.
void Machine::try_seen(bool again)
{
	if (current->adding)
		read_levels(event(SMCG_EV_TRY_SEEN, current->adding->css, 0,
				  current->adding_swap ? SMCG_BY_SWAP : SMCG_BY_UNCHARGE,
				  (again ? SMCG_TRY_AGAIN : 0) | SMCG_TRY_NONE),
			    current->adding, current->adding_swap);
	if (current->trying)
		read_levels(event(SMCG_EV_TRY_SEEN, current->trying->css, 0,
				  current->trying_swap ? SMCG_BY_SWAP : SMCG_BY_CHARGE,
				  (again ? SMCG_TRY_AGAIN : 0) | (current->refused ? SMCG_TRY_REFUSED : 0)),
			    current->trying, current->trying_swap);
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
	event(SMCG_EV_START, 0, 0, 0, options_.cpus, 1, 0).gfp = options_.legacy ? SMCG_START_LEGACY : 0;
	for (unsigned css = ROOT; css < nr_css(); css++) {
		const Group &g = groups_[css];
		event(SMCG_EV_GROUP_ONLINE, css, 0, 0, css + 100, g.parent ? g.parent->css : 0,
		      g.flags);
		event(SMCG_EV_LIMIT, css, 0, SMCG_LIMIT_MAX, g.max);
		event(SMCG_EV_LIMIT, css, 0, SMCG_LIMIT_HIGH, g.high);
		event(SMCG_EV_LIMIT, css, 0, options_.legacy ? SMCG_LIMIT_MEMSW_MAX : SMCG_LIMIT_SWAP_MAX, g.swap_max);
		event(SMCG_EV_LIMIT, css, 0, SMCG_LIMIT_SWAP_HIGH, g.swap_high);
	}
	for (unsigned cpu = 0; cpu < options_.cpus; cpu++) {
		if (slots())
			base_slots(cpu);
		else
			event(SMCG_EV_BASE_STOCK).cpu = static_cast<__u16>(cpu);
	}
	for (unsigned css = ROOT; css < nr_css(); css++)
		event(SMCG_EV_BASE_COUNTER, css);
	for (unsigned css = ROOT; options_.legacy && css < NR_CSS; css++)
		for (unsigned which = 0; which < SMCG_WHICH_NR; which++)
			event(SMCG_EV_BASE_LEGACY, css, 1, which);
	for (const auto &o : objcgs_)
		event(SMCG_EV_BASE_OBJCG, o->group->css, 0, 0, o->id, 0);
	event(SMCG_EV_BASE_DONE);
	for (const Cpu &cpu : cpus_)
		for (const auto &task : cpu.tasks)
			event(SMCG_EV_TASK_NEW, 0, 0, 0, task->tid);
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
			if (s.work || s.work_obj)
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
