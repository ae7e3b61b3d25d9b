// SPDX-License-Identifier: GPL-2.0
// misses.hpp - what the witness did not see.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace smcg {

struct WitnessMisses {
	uint64_t recursion = 0;		// runs that all programs of a function missed
	uint64_t covered = 0;		// runs that the first missed and a later one took: not missed
	uint64_t no_room = 0;		// steps lost because the ring was full
	uint64_t no_slot = 0;		// frames that could not be followed
	uint64_t broken = 0;		// more taken over than missed: the pairing itself is wrong
	std::vector<std::string> where;	// "function: count" of recursion

	uint64_t total() const { return recursion + no_room + no_slot + broken; }
};

} // namespace smcg
