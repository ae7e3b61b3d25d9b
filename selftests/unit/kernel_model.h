// SPDX-License-Identifier: GPL-2.0
//
// kernel_model.h - a second, independent account of the charge path of 6.1, 6.12 and 7.2.
//
// Several CPUs run tasks, softirqs and hardirqs as coroutines.  Every access to
// shared state is a step of its own, and a random scheduler chooses who makes
// the next one, so that operations interleave as they do on a machine: an
// interrupt in the window between a hook and its effect, two CPUs in the
// levels of one counter.  It writes the events that the hooks would write, and
// the steps that the witness would see.
//
// Source: mm/memcontrol.c and mm/page_counter.c of 6.1, 6.12 and 7.2, seed 000.
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine.h"

namespace model {

constexpr unsigned kBatch = 64;
constexpr unsigned kPage = 4096;
constexpr int kRetries = 16;
constexpr unsigned kPageSlots = 7, kByteSlots = 5;	// of 7.2

struct Step {
	unsigned kind = 0;
	std::uint64_t group = 0;
	std::uint32_t nr = 0;
	int result = 0;
	std::uint64_t over = 0;
	std::uint64_t arg = 0;
	std::uint64_t at = 0;	// events written when it was made

	bool operator==(const Step &o) const
	{
		return kind == o.kind && group == o.group && nr == o.nr && result == o.result &&
		       over == o.over && arg == o.arg;
	}
};

struct Options {
	unsigned cpus = 2;
	unsigned tasks = 4;		// per CPU
	unsigned long operations = 2000;
	std::uint64_t seed = 1;
	std::uint64_t max_w = 600;	// pages, memory.max of the watched root
	std::uint64_t max_w1 = 250;
	std::uint64_t max_a = 100000;
	std::uint64_t high_w1 = SMCG_NO_LIMIT;
	std::uint64_t swap_high_w = SMCG_NO_LIMIT;
	std::uint64_t swap_max = 200;
	unsigned irq_percent = 5;	// chance of an interrupt at a step
	unsigned switch_percent = 30;	// chance that another CPU makes the next step
	bool kmem = true;
	bool foreign = true;
	bool limits_move = false;
	unsigned irq_burst = 0;		// operations of a long interrupt, at most
	unsigned preempt_percent = 0;	// chance that a task loses its CPU at a step
	unsigned move_percent = 0;	// chance that a sleeping task wakes up elsewhere
	// Makes every choice, a number below n, instead of a generator that starts from the seed.
	std::function<unsigned(unsigned n)> choose;
	smcg_profile profile = SMCG_PROFILE_6_1;
	bool legacy = false;		// the legacy hierarchy: "swap" is memory+swap
};

// css ids; the cgroup id is css + 100.
enum Css : unsigned { ROOT = 1, A, W, W1, W2, W1A, S, F, F1, NR_CSS,
	// more than a stock of 7.2 has slots
	X1 = NR_CSS, X2, X3, X4, X5, NR_CSS_SLOTS };

// Legacy: pages that came and went on a CPU, and where they are looked at next.
struct PageEvents {
	std::uint64_t nr = 0, thresholds = 0, soft_limit = 0;
};

struct Group {
	Group *parent = nullptr;
	unsigned css = 0, flags = 0;
	long usage = 0, swap = 0, kmem = 0;	// kmem: legacy, without what is below
	std::uint64_t max = SMCG_NO_LIMIT, high = SMCG_NO_LIMIT, swap_max = SMCG_NO_LIMIT;
	long folios = 0;		// pages that an uncharge may still give back
	long swapped = 0;
	long socks = 0, kpages = 0;
	std::uint64_t swap_high = SMCG_NO_LIMIT;
	std::vector<PageEvents> page_events;	// by CPU
	std::uint64_t ev_max = 0, ev_high = 0, ev_oom = 0, ev_swap_max = 0, ev_swap_fail = 0, ev_swap_high = 0;
};

struct Objcg {
	std::uint64_t id = 0;
	Group *group = nullptr;
	unsigned charged = 0;		// nr_charged_bytes
	std::vector<unsigned> objects;
};

struct PageSlot {
	Group *cached = nullptr;
	unsigned nr = 0;
};

struct ByteSlot {
	Objcg *cached = nullptr;
	unsigned bytes = 0;
};

struct Stock {
	Group *cached = nullptr;
	unsigned nr = 0;
	Objcg *objcg = nullptr;
	unsigned bytes = 0;
	bool flushing = false, work = false;
	// 7.2
	PageSlot page[kPageSlots];
	ByteSlot byte[kByteSlots];
	unsigned page_next = 0, byte_next = 0;
	bool page_lock = false, byte_lock = false;
	bool flushing_obj = false, work_obj = false;
};

struct Context;

// A kernel function that can be left and entered again at every step.
template <typename T> struct Call;

struct PromiseBase {
	std::suspend_always initial_suspend() noexcept { return {}; }
	std::suspend_always final_suspend() noexcept { return {}; }
	void unhandled_exception() { std::terminate(); }
};

struct Context {
	std::vector<std::coroutine_handle<>> stack;
	unsigned tid = 0, ctx = 0, cpu = 0;
	bool memalloc = false, dying = false, in_oom = false, reaped = false;
	bool sleeping = false, preempted = false;
	bool committed = false;		// the folio of its last charge belongs to its group
	bool bound = false;		// may not be moved to another CPU
	Group *trying = nullptr;	// its counter, or that of swap
	bool trying_swap = false;
	Group *adding = nullptr;	// likewise, of what is charged or uncharged without a try
	bool adding_swap = false;
	bool refused = false;		// by a counter
	unsigned over_high = 0;		// memcg_nr_pages_over_high
	Group *group = nullptr;		// of the last charge
	std::function<bool()> done_waiting;
	std::shared_ptr<void> root;
};

template <typename T> struct Call {
	struct promise_type : PromiseBase {
		T value{};
		Call get_return_object()
		{
			return Call{std::coroutine_handle<promise_type>::from_promise(*this)};
		}
		void return_value(T v) { value = v; }
	};
	explicit Call(std::coroutine_handle<promise_type> h) : handle(h) {}
	Call(Call &&o) noexcept : handle(std::exchange(o.handle, nullptr)) {}
	Call(const Call &) = delete;
	~Call()
	{
		if (handle)
			handle.destroy();
	}
	bool await_ready() const noexcept { return false; }
	template <typename P> void await_suspend(std::coroutine_handle<P>);
	T await_resume() { return handle.promise().value; }
	std::coroutine_handle<promise_type> handle;
};

// Where a Call pushes what it calls: set by the scheduler before each resume.
inline Context *current = nullptr;

template <typename T>
template <typename P> void Call<T>::await_suspend(std::coroutine_handle<P>)
{
	current->stack.push_back(handle);
}

class Machine {
      public:
	explicit Machine(const Options &options);

	// Runs to the end; everything is at rest afterwards.
	void run();

	const std::vector<smcg_event> &events() const { return events_; }
	using Key = std::pair<std::uint32_t, std::uint32_t>;	// tid or cpu, ctx
	const std::map<Key, std::vector<Step>> &steps() const { return steps_; }
	const Group &group(unsigned css) const { return groups_[css]; }
	unsigned nr_css() const { return static_cast<unsigned>(groups_.size()); }
	const Stock &stock(unsigned cpu) const { return stocks_[cpu]; }
	static Key key(unsigned tid, unsigned ctx, unsigned cpu)
	{
		return {ctx == SMCG_CTX_TASK && tid ? tid : 0x80000000u | cpu, ctx};
	}
	static std::uint64_t id_of(const Group *g) { return g ? g->css + 100 : 0; }
	// Called after each event with the machine in the state of that moment.
	std::function<void(const smcg_event &)> on_event;

      private:
	struct Yield {
		bool await_ready() const noexcept { return false; }
		void await_suspend(std::coroutine_handle<>) const noexcept {}
		void await_resume() const noexcept {}
	};
	struct Cpu {
		std::vector<Context *> running;		// task at the bottom
		std::vector<std::unique_ptr<Context>> tasks;
		std::unique_ptr<Context> irq[SMCG_CTX_NR];
		Context *worker = nullptr;
		bool irq_off = false;
		unsigned next_task = 0;
	};

	void baseline();
	smcg_event &event(unsigned type, unsigned group = 0, unsigned nr = 0, unsigned caller = 0,
			  std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0);
	void step_seen(unsigned kind, const Group *g, unsigned nr, int result = 0,
		       const Group *over = nullptr, std::uint64_t arg = 0);
	bool pick_and_step();
	void preempt();
	void try_seen(bool again);
	void move(unsigned from, Context *task, unsigned to);
	bool resume(Context *c);
	void start(Context *c, Call<int> call);
	void interrupt(unsigned cpu, unsigned level);
	bool tracked(const Group *g) const
	{
		return g->flags & (SMCG_GROUP_WATCHED | SMCG_GROUP_COUNTED);
	}
	bool watched(const Group *g) const { return g && g->flags & SMCG_GROUP_WATCHED; }
	bool below(const Group *g, const Group *root) const;
	bool bounded(const Group *g) const;
	bool owes(const Stock &s, const Group *root) const;
	std::uint64_t would_flush(const Group *root) const;	// what a hook reads
	unsigned pages_here(const Group *g) const;
	void read_levels(smcg_event &e, const Group *g, bool swap) const;
	unsigned read_mutex() const { return drain_mutex_ ? SMCG_MUTEX_HELD : SMCG_MUTEX_FREE; }
	void reclaim_returns(const Group *g, int reclaimed);
	unsigned rnd(unsigned n)
	{
		if (!n)
			return 0;
		return options_.choose ? options_.choose(n) : static_cast<unsigned>(rng_() % n);
	}
	bool percent(unsigned p) { return rnd(100) < p; }
	void count(Group *g, std::uint64_t Group::*what);
	Yield step() { return {}; }
	// What a hook reads of the byte stock: 1 it is of another, else 2 + bytes.
	unsigned told(const Objcg *o) const
	{
		const Stock &s = stocks_[current->cpu];
		return slots() ? told_slots(o) : s.objcg == o ? s.bytes + 2 : 1;
	}

	// 7.2: slots, and locks that are tried for.
	bool slots() const { return options_.profile >= SMCG_PROFILE_7_2; }
	unsigned lock_bits() const;
	unsigned told_slots(const Objcg *o) const;
	bool owes_pages(const Stock &s, const Group *root) const;
	bool owes_bytes(const Stock &s, const Group *root) const;
	void would_flush_slots(smcg_event &e, const Group *root) const;
	void base_slots(unsigned cpu);
	Call<int> consume_slots(Group *g, unsigned nr);
	Call<int> drain_slot(PageSlot *slot);
	Call<int> refill_past(Group *g, unsigned nr);
	Call<int> refill_slots(Group *g, unsigned nr, unsigned caller);
	Call<int> drain_local_pages();
	Call<int> drain_byte_slot(ByteSlot *slot, unsigned caller);
	Call<int> drain_local_bytes();
	Call<int> consume_bytes(Objcg *o, unsigned bytes);
	Call<int> bytes_into_slot(Objcg *o, unsigned bytes, bool allow);
	Call<int> obj_refill_slots(Objcg *o, unsigned bytes, bool allow);
	Call<int> drain_half(unsigned cpu, const Group *root, bool bytes);
	Call<int> drain_all_slots(Group *root, std::uint64_t *mask);

	// The kernel.
	Call<int> counter_add(Group *g, long nr, bool swap);
	Call<int> counter_try(Group *g, unsigned nr, bool swap, Group **over);
	Call<int> try_both(Group *g, unsigned nr, unsigned wanted, Group **over, bool *no_swap);
	Call<int> memsw_follows(Group *g, long nr, unsigned caller);
	Call<int> swap_out_legacy(Group *g, unsigned nr);
	void kmem_charged(Group *g, unsigned nr);
	void page_events(Group *g, unsigned nr);
	bool oom_trylock(Group *over);
	bool has_room(const Group *over, unsigned nr) const;
	unsigned read_memsw(const Group *g) const
	{
		return options_.legacy && g->parent ? static_cast<unsigned>(g->swap) + 1 : 0;
	}
	Call<int> try_charge(Group *g, unsigned gfp, unsigned nr, unsigned caller);
	Call<int> charge_pages(Group *g, unsigned gfp, unsigned nr, unsigned caller);
	Call<int> refill(Group *g, unsigned nr, unsigned caller);
	Call<int> refill_off(Group *g, unsigned nr, unsigned caller);
	Call<int> drain_stock(unsigned cpu);
	Call<int> drain_local();
	Call<int> drain_all(Group *root, unsigned caller, std::uint64_t *mask);
	Call<int> reclaim(Group *g, unsigned nr);
	Call<int> reclaim_high(Group *g, unsigned nr);
	Call<int> look_at_high(Group *g, unsigned gfp, unsigned batch);
	Call<int> handle_over_high(unsigned caller);
	unsigned penalty(const Group *g, unsigned nr) const;
	Call<int> put_back_bytes(unsigned *pages);
	Call<int> obj_charge(Objcg *o, unsigned bytes);
	Call<int> obj_refill(Objcg *o, unsigned bytes, bool allow);
	Call<int> obj_state(Objcg *o);
	Call<int> kmem_uncharge(Objcg *o, unsigned nr, unsigned caller);
	Call<int> uncharge(Group *g, unsigned nr);
	Call<int> swap_out(Group *g, unsigned nr);
	Call<int> swap_free(Group *g, unsigned nr);
	Call<int> migrate(Group *g, unsigned nr);

	// The workload.
	Call<int> task_main();
	Call<int> worker_main();
	Call<int> irq_main();
	Objcg *random_objcg();
	Call<int> random_operation(bool atomic);

	Options options_;
	std::mt19937_64 rng_;
	std::vector<Group> groups_;
	std::vector<Stock> stocks_;
	std::vector<Cpu> cpus_;
	std::vector<std::unique_ptr<Objcg>> objcgs_;
	std::vector<smcg_event> events_;
	std::map<Key, std::vector<Step>> steps_;
	unsigned long left_ = 0;
	bool drain_mutex_ = false;
	std::vector<Group *> oom_locked_;
	bool stopping_ = false;
	unsigned next_cpu_ = 0;
	std::uint64_t time_ = 1000;
};

}  // namespace model
