// SPDX-License-Identifier: GPL-2.0
// compare_options.hpp - the command line of smcg compare.
#pragma once

#include "cmd/run_options.hpp"
#include "model/report.hpp"

namespace smcg {

struct CompareOptions : RunOptions {
	Demands demands;
	uint64_t timeout_s = 0;			// 0: none
	uint64_t ring_mb = 64;
	bool freeze = false, verbose = false;
	std::string dump;			// --dump-mismatches
};

Result<CompareOptions> parse_compare(Args args);

extern const std::string_view compare_help;

} // namespace smcg
