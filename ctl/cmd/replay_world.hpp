// SPDX-License-Identifier: GPL-2.0
// replay_world.hpp - a world of the engine in user space, for a recorded stream.
#pragma once

#include "base/result.hpp"
#include "shadow_memcg.h"

#include <array>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

extern "C" {
#include "engine/engine.h"
}

namespace smcg {

using WorldStats = struct smcg_world_stats; // the function has the same name

inline constexpr size_t frame_room = 64;	// bytes of pool per frame

inline void *take(void *, size_t bytes)
{
	return std::calloc(1, bytes);
}

inline void give(void *, void *memory, size_t)
{
	std::free(memory);
}

struct FreeDeleter {
	void operator()(void *memory) const { std::free(memory); }
};

struct WorldKind {
	smcg_profile profile;
	smcg_mode mode;
};

// A world over memory of its own, laid out like the module's.
class World {
public:
	static Result<World> create(const smcg_file_header &header, const WorldKind &kind)
	{
		World world;
		const uint64_t frames = header.frames_per_node ? header.frames_per_node : 1u << 16;
		if (frames > (1ull << 32) / frame_room / header.nr_nodes)
			return Error{"its header asks for " + std::to_string(frames) + " frames on each of " +
				     std::to_string(header.nr_nodes) + " nodes, more than 4 GiB of pool"};
		for (uint32_t node = 0; node < header.nr_nodes; node++) {
			const uint64_t bytes = frames * frame_room;
			world.memory_.emplace_back(std::aligned_alloc(64, bytes));
			if (!world.memory_.back())
				return Error{"no memory for the pool: " + std::to_string(bytes) + " bytes a node"};
			world.regions_->push_back(smcg_region{world.memory_.back().get(), bytes, node});
		}
		smcg_world_config config{};
		config.alloc = smcg_alloc{take, give, nullptr};
		config.profile = kind.profile;
		config.mode = kind.mode;
		config.stream = header.profile + 1u;
		config.nr_cpus = header.nr_cpus;
		config.nr_nodes = header.nr_nodes;
		config.nr_regions = static_cast<uint32_t>(world.regions_->size());
		config.regions = world.regions_->data();
		smcg_world *made = nullptr;
		if (const int fault = smcg_world_create(&config, &made))
			return system_error("the engine refuses this world", -fault);
		world.world_.reset(made);
		return world;
	}

	smcg_world *get() const { return world_.get(); }

	// Every decision that an event makes, in order.
	template <typename Each> void apply(const smcg_event &event, Each each) const
	{
		std::array<smcg_decision, SMCG_APPLY_MAX> decisions;
		unsigned made = smcg_world_apply(get(), &event, decisions.data());
		for (;;) {
			for (const smcg_decision &decision : std::span(decisions.data(), made))
				each(decision);
			if (made < decisions.size())
				return;
			made = smcg_world_apply(get(), nullptr, decisions.data());
		}
	}

private:
	struct WorldDeleter {
		void operator()(smcg_world *world) const { smcg_world_destroy(world); }
	};
	World() : regions_(std::make_unique<std::vector<smcg_region>>()) {}

	// Destroyed in reverse: the world before its memory.
	std::vector<std::unique_ptr<void, FreeDeleter>> memory_;
	std::unique_ptr<std::vector<smcg_region>> regions_;
	std::unique_ptr<smcg_world, WorldDeleter> world_;
};

} // namespace smcg
