// SPDX-License-Identifier: GPL-2.0
// run_options.hpp - what verbs share that run a command in a group of its own, or watch a running group.
#pragma once

#include "base/args.hpp"
#include "cmd/verbs.hpp"
#include "source/group.hpp"

#include <string>
#include <vector>

namespace smcg {

struct RunOptions {
	std::string group;			// -g, or empty
	std::vector<std::string> command;
	std::vector<Setting> settings;		// --set
	std::string run_in;			// --in
	uint64_t duration_s = 10;		// with -g
	bool duration_given = false;
	std::string mode = "follow";
	bool json = false;
};

// --set, --in, --json; with @or_group also -g, --duration and --mode.
std::vector<Option> run_options(RunOptions &options, bool or_group);

// Parses @args by @table into @options and refuses what does not go together.
Status parse_run(std::string_view verb, Args args, const std::vector<Option> &table, bool or_group,
		 RunOptions &options);

// A new group with the settings that the command wants.
Result<TemporaryGroup> own_group(const RunOptions &options);

// The group of -g, unless smcg is in it itself.
Result<Group> running_group(const RunOptions &options);

} // namespace smcg
