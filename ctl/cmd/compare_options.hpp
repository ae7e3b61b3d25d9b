// SPDX-License-Identifier: GPL-2.0
// compare_options.hpp - the command line of smcg compare.
#pragma once

#include "cmd/verbs.hpp"
#include "model/report.hpp"
#include "source/group.hpp"

namespace smcg {

struct CompareOptions {
	std::string group;			// -g, or empty
	std::vector<std::string> command;
	std::vector<Setting> settings;
	std::string run_in;
	Demands demands;
	uint64_t timeout_s = 0;			// 0: none
	uint64_t duration_s = 10;		// with -g
	uint64_t ring_mb = 64;
	bool json = false, freeze = false, verbose = false;
	std::string dump;			// --dump-mismatches
	std::string mode = "follow";
};

Result<CompareOptions> parse_compare(Args args);

extern const std::string_view compare_help;

} // namespace smcg
