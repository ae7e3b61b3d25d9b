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

	// Hands over at most @most steps that are waiting; returns how many.
	size_t drain(size_t most, const std::function<void(const Step &)> &take);

	// No more events; steps that are in the ring and misses stay readable.
	void detach();
	WitnessMisses misses() const;

private:
	struct State;
	explicit Witness(std::unique_ptr<State> state);
	std::unique_ptr<State> state_;
};

} // namespace smcg
