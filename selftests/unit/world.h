// SPDX-License-Identifier: GPL-2.0
// world.h - a world in a test: RAII, short ways to write events.
#pragma once

#include <cstdlib>
#include <new>
#include <stdexcept>
#include <vector>

#include "engine.h"

namespace test {

inline void *alloc_zeroed(void *ctx, std::size_t bytes)
{
	auto *left = static_cast<long *>(ctx);
	if (left && (*left)-- <= 0)
		return nullptr;
	return std::calloc(1, bytes);
}

inline void give_back(void *, void *mem, std::size_t)
{
	std::free(mem);
}

class World {
      public:
	struct Setup {
		unsigned cpus = 2;
		unsigned nodes = 1;
		unsigned batch = 0;
		std::size_t pool = 1 << 20;	// bytes per node
		smcg_mode mode = SMCG_MODE_FOLLOW;
		smcg_profile profile = SMCG_PROFILE_6_1;
		unsigned stream = 0;	// 1 + profile of the kernel that the events are of
		bool legacy = false;		// of the legacy hierarchy: said by START
		long *allocations_left = nullptr;
	};

	World() : World(Setup{}) {}
	explicit World(const Setup &setup)
	{
		smcg_world_config config{};
		for (unsigned node = 0; node < setup.nodes && setup.pool; node++) {
			smcg_region r{};
			r.base = std::aligned_alloc(64, setup.pool);
			r.bytes = setup.pool;
			r.node = node;
			regions_.push_back(r);
		}
		config.alloc = {alloc_zeroed, give_back, setup.allocations_left};
		config.profile = setup.profile;
		config.mode = setup.mode;
		config.stream = setup.stream;
		config.nr_cpus = setup.cpus;
		config.nr_nodes = setup.nodes;
		config.batch = setup.batch;
		config.nr_regions = static_cast<__u32>(regions_.size());
		config.regions = regions_.data();
		error = smcg_world_create(&config, &world_);
	}
	~World()
	{
		smcg_world_destroy(world_);
		for (auto &r : regions_)
			std::free(r.base);
	}
	World(const World &) = delete;

	std::vector<smcg_decision> apply(const smcg_event &e)
	{
		std::vector<smcg_decision> all(SMCG_APPLY_MAX);
		if (!world_)
			return {};
		unsigned nr = smcg_world_apply(world_, &e, all.data());
		all.resize(nr);
		while (nr == SMCG_APPLY_MAX) {
			smcg_decision more[SMCG_APPLY_MAX];
			nr = smcg_world_apply(world_, nullptr, more);
			all.insert(all.end(), more, more + nr);
		}
		return all;
	}
	struct smcg_world_stats stats() const
	{
		struct smcg_world_stats s;
		smcg_world_stats(world_, &s);
		return s;
	}
	smcg_group_snapshot group(unsigned css) const
	{
		smcg_group_snapshot s{};
		__u32 at = css - 1;
		if (smcg_world_next_group(world_, &at, &s) || at != css)
			s = {};
		return s;
	}
	smcg_stock_snapshot stock(unsigned cpu) const
	{
		smcg_stock_snapshot s{};
		smcg_world_stock(world_, cpu, &s);
		return s;
	}
	struct smcg_world *raw() { return world_; }
	int error = 0;

      private:
	std::vector<smcg_region> regions_;
	struct smcg_world *world_ = nullptr;
};

}  // namespace test
