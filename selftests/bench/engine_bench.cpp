// SPDX-License-Identifier: GPL-2.0
//
// What an event costs in the engine.  Every benchmark replays a prepared
// stream; "ratio" is its time per event against a loop of the same run that only copies
// the event, so that machines can be compared.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

#include "engine.h"

namespace {

void *alloc_zeroed(void *, std::size_t bytes)
{
	return std::calloc(1, bytes);
}

void give_back(void *, void *mem, std::size_t)
{
	std::free(mem);
}

struct Stream {
	std::vector<smcg_event> events;
	unsigned cpus = 1;
	std::size_t pool = 0;
	std::size_t setup = 0;	// events before the measured ones

	smcg_event &add(unsigned type, unsigned group = 0, unsigned nr = 0, unsigned caller = 0,
			std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0)
	{
		smcg_event e{};
		e.time = 1000 + events.size() * 10;
		e.type = static_cast<__u16>(type);
		e.group = group;
		e.nr = nr;
		e.caller = static_cast<__u8>(caller);
		e.tid = 77;
		e.a = a;
		e.b = b;
		e.c = c;
		events.push_back(e);
		return events.back();
	}
	void begin(unsigned groups, unsigned depth)
	{
		add(SMCG_EV_START, 0, 0, 0, cpus, 1);
		add(SMCG_EV_GROUP_ONLINE, 1, 0, 0, 101, 0, 0);
		for (unsigned i = 0; i < groups; i++)
			add(SMCG_EV_GROUP_ONLINE, 2 + i, 0, 0, 102 + i, i % depth ? 1 + i : 1,
			    SMCG_GROUP_WATCHED);
		for (unsigned cpu = 0; cpu < cpus; cpu++)
			add(SMCG_EV_BASE_STOCK).cpu = static_cast<__u16>(cpu);
		for (unsigned i = 0; i <= groups; i++)
			add(SMCG_EV_BASE_COUNTER, 1 + i);
		add(SMCG_EV_BASE_DONE);
		setup = events.size();
	}
	void miss(unsigned group, unsigned nr, std::uint64_t pfn)
	{
		charge(group, nr, pfn);
		add(SMCG_EV_TRY_ENTER, group, 64, SMCG_BY_CHARGE);
		add(SMCG_EV_TRY_RET, group, 64, SMCG_BY_CHARGE, 1);
		add(SMCG_EV_REFILL, group, 64 - nr, SMCG_BY_OTHER);
	}
	void charge(unsigned group, unsigned nr, std::uint64_t pfn)
	{
		add(SMCG_EV_CHARGE, group, nr, SMCG_BY_FOLIO, pfn, 0).gfp = SMCG_GFP_BLOCKING;
	}
	void uncharge(unsigned group, unsigned nr)
	{
		add(SMCG_EV_COUNTER_UNCHARGE, group, nr, SMCG_BY_UNCHARGE);
	}
};

// Time of this thread on a CPU: the machine may be shared.
double now_ns()
{
	timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

// Nanoseconds to copy one event, measured beside.
double copy_ns(const Stream &s)
{
	smcg_event to;
	double begin = now_ns();
	for (int round = 0; round < 4; round++)
		for (const smcg_event &e : s.events) {
			to = e;
			benchmark::DoNotOptimize(to);
		}
	return (now_ns() - begin) / static_cast<double>(4 * s.events.size());
}

void run(benchmark::State &state, const Stream &s)
{
	smcg_decision out[SMCG_APPLY_MAX];
	smcg_region region{};
	smcg_world_config config{};
	double ns = 0, events = 0;
	struct smcg_world_stats stats{};

	if (s.pool) {
		region.base = std::aligned_alloc(4096, s.pool);
		region.bytes = s.pool;
		config.regions = &region;
		config.nr_regions = 1;
	}
	config.alloc = {alloc_zeroed, give_back, nullptr};
	config.profile = SMCG_PROFILE_6_1;
	config.nr_cpus = s.cpus;
	config.nr_nodes = 1;
	for (auto _ : state) {
		struct smcg_world *world = nullptr;
		if (smcg_world_create(&config, &world))
			abort();
		for (std::size_t i = 0; i < s.setup; i++)
			smcg_world_apply(world, &s.events[i], out);
		double begin = now_ns();
		for (std::size_t i = s.setup; i < s.events.size(); i++)
			benchmark::DoNotOptimize(smcg_world_apply(world, &s.events[i], out));
		double took = now_ns() - begin;
		state.SetIterationTime(took * 1e-9);
		ns += took;
		events += static_cast<double>(s.events.size() - s.setup);
		smcg_world_stats(world, &stats);
		smcg_world_destroy(world);
	}
	state.counters["ns/event"] = ns / events;
	state.counters["events/s"] = events / ns * 1e9;
	state.counters["ratio"] = ns / events / copy_ns(s);
	state.counters["adopted"] = static_cast<double>(stats.adopted);
	std::free(region.base);
}

// One miss brings 63 pages: 63 hits follow it.  No page is recorded.
void stock_hit(benchmark::State &state)
{
	Stream s;
	s.begin(1, 1);
	for (int round = 0; round < 2000; round++) {
		s.miss(2, 1, SMCG_NO_PFN);
		for (int i = 0; i < 63; i++)
			s.charge(2, 1, SMCG_NO_PFN);
		s.uncharge(2, 64);
	}
	run(state, s);
}
BENCHMARK(stock_hit)->UseManualTime();

// The same with a record of every page: arg pages stay resident.
void stock_hit_frames(benchmark::State &state)
{
	Stream s;
	std::mt19937_64 rng(1);
	std::uint64_t pages = static_cast<std::uint64_t>(state.range(0)), pfn = 0;
	s.pool = std::max<std::size_t>(1 << 16, pages * 80);
	s.begin(1, 1);
	auto next = [&] { return 1 + (pfn++ * 7919) % pages; };
	for (std::uint64_t i = 0; i < pages; i += 64) {
		s.miss(2, 1, next());
		for (int k = 0; k < 63; k++)
			s.charge(2, 1, next());
		s.uncharge(2, 64);
	}
	s.setup = s.events.size();
	for (int round = 0; round < 1000; round++) {
		s.miss(2, 1, next());
		for (int k = 0; k < 63; k++) {
			std::uint64_t p = next();
			s.add(SMCG_EV_FREE, 0, 0, 0, p);
			s.charge(2, 1, p);
		}
		s.uncharge(2, 64);
	}
	run(state, s);
}
BENCHMARK(stock_hit_frames)->UseManualTime()->RangeMultiplier(10)->Range(1000, 1000000);

void charge_miss(benchmark::State &state)
{
	Stream s;
	unsigned depth = static_cast<unsigned>(state.range(0));
	s.begin(depth, depth);
	for (int round = 0; round < 20000; round++) {
		s.charge(1 + depth, 64, SMCG_NO_PFN);
		s.add(SMCG_EV_TRY_ENTER, 1 + depth, 64, SMCG_BY_CHARGE);
		s.add(SMCG_EV_TRY_RET, 1 + depth, 64, SMCG_BY_CHARGE, 1);
		s.uncharge(1 + depth, 64);
	}
	run(state, s);
}
BENCHMARK(charge_miss)->UseManualTime()->DenseRange(1, 10, 3);

// Hits, misses, frees and bytes of many groups, one after the other.
void mixed_groups(benchmark::State &state)
{
	Stream s;
	std::mt19937_64 rng(2);
	unsigned groups = static_cast<unsigned>(state.range(0));
	s.begin(groups, 3);
	for (unsigned i = 0; i < groups; i++)
		s.add(SMCG_EV_BASE_OBJCG, 2 + i, 0, 0, 1000 + i, 0);
	s.setup = s.events.size();
	unsigned last = 0;
	for (int round = 0; round < 20000; round++) {
		unsigned g = 2 + static_cast<unsigned>(rng() % groups);
		if (g == last)
			continue;
		s.charge(g, 1, SMCG_NO_PFN);
		s.add(SMCG_EV_TRY_ENTER, g, 64, SMCG_BY_CHARGE);
		s.add(SMCG_EV_TRY_RET, g, 64, SMCG_BY_CHARGE, 1);
		s.add(SMCG_EV_REFILL, g, 63, SMCG_BY_OTHER);
		if (last)
			s.add(SMCG_EV_COUNTER_UNCHARGE, last, 57, SMCG_BY_DRAIN);
		for (int i = 0; i < 6; i++)
			s.charge(g, 1, SMCG_NO_PFN);
		s.uncharge(g, 7);
		last = g;


	}
	run(state, s);
}
BENCHMARK(mixed_groups)->UseManualTime()->RangeMultiplier(10)->Range(10, 10000);

}  // namespace

BENCHMARK_MAIN();
