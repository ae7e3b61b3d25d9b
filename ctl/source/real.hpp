// SPDX-License-Identifier: GPL-2.0
// real.hpp - counters of the real memory controller, from cgroup files.
#pragma once

#include "source/group.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace smcg {

// By group name and counter name, in pages or counts, as the module's `counters` file has them.
struct RealCounter {
	uint64_t group_id;
	std::string group;
	std::string counter;
	uint64_t value;
	bool operator==(const RealCounter &) const = default;
};

// What the files of these groups say now.  A file that is not there (the root group) is left out.
std::vector<RealCounter> read_real(const std::vector<Group> &groups);

// Lines of memory.stat that the module may tell.  The kernel may be up to some seconds late with them.
std::vector<RealCounter> read_stats(const std::vector<Group> &groups);

} // namespace smcg
