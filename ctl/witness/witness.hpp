// SPDX-License-Identifier: GPL-2.0
// witness.hpp - loads and attaches the BPF witness, hands out its steps, tells what it missed.
#pragma once

#include "base/result.hpp"
#include "model/misses.hpp"
#include "model/step.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace smcg {

// Of one group, in pages.  Stale: the kernel notes a group's part in passing, without a lock, so CPUs that
// race may leave it behind until the next change; then it is not what usage and bounds make it.
struct Protected {
	uint64_t group = 0;
	uint64_t min_usage = 0, low_usage = 0, children_min = 0, children_low = 0;
	bool stale = false;
};

class Witness {
public:
	// @legacy: the memory controller is on a cgroup v1 hierarchy.
	// Context: root, not on a hot path (attaching takes a second or so).  All or nothing.
	static Result<Witness> attach(size_t ring_bytes, bool legacy);
	Witness(Witness &&) noexcept;
	Witness &operator=(Witness &&) noexcept;
	~Witness();

	// Steps of the subtree below this group are given from now on.
	void watch(uint64_t cgroup_id, unsigned level);
	void stop();

	// What the kernel's own counters of the group and all below it hold of protected memory.
	Result<std::vector<Protected>> protection(const std::string &path);

	// Hands over at most @most steps that are waiting; returns how many.
	size_t drain(size_t most, const std::function<void(const Step &)> &take);

	// Groups of the watched subtree that were removed meanwhile and are not freed yet, with their counters.
	struct Removed {
		uint64_t group_id, memory, swap; // in pages
	};
	std::vector<Removed> removed() const;

	// No more events within seconds, for which another process waits; steps that are in the ring and misses stay readable.
	void detach();
	WitnessMisses misses() const;

private:
	struct State;
	explicit Witness(std::unique_ptr<State> state);
	std::unique_ptr<State> state_;
};

} // namespace smcg
