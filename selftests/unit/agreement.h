// SPDX-License-Identifier: GPL-2.0
//
// agreement.h - the engine beside the kernel model on one workload: the same
// steps in the same order per (tid, level), no drift.  An ambiguous decision
// agrees when a legal order yields it.
#pragma once

#include <string>
#include <vector>

#include "kernel_model.h"
#include "world.h"

namespace test {

struct Verdict {
	unsigned long steps = 0, ambiguous = 0;
	std::vector<std::string> mismatches;	// one text each: what differs first, group by group, task by task
	struct smcg_world_stats stats{};
};

// Feeds the machine's events; compares at the end.
Verdict compare(const model::Options &options);

}  // namespace test
