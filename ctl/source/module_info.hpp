// SPDX-License-Identifier: GPL-2.0
// module_info.hpp - everything that the module tells of itself.
#pragma once

#include "source/shadow.hpp"

namespace smcg {

struct Hook {
	std::string name, symbol;
	std::string how;	// "entry", "return", or empty
	std::string need;	// "required" or "optional"
	std::string state;	// "attached", or the reason why not
	bool attached() const { return state == "attached"; }
};

std::vector<Hook> parse_hooks(std::string_view text);

// A watched group that was removed and is kept by what it has: pages and groups, by name ("swap", "children").
struct Dying {
	uint64_t id = 0;
	std::vector<std::pair<std::string, uint64_t>> has;
};

std::vector<Dying> parse_dying(std::string_view text);

struct ModuleInfo {
	ModuleVersion version;
	KeyValues status;
	ShadowCounters counters;
	std::vector<Dying> dying;
	std::vector<Hook> hooks;
};

Result<ModuleInfo> read_module(const Shadow &shadow);

} // namespace smcg
