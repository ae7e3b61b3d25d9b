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

struct ModuleInfo {
	ModuleVersion version;
	KeyValues status;
	ShadowCounters counters;
	std::vector<Hook> hooks;
};

Result<ModuleInfo> read_module(const Shadow &shadow);

} // namespace smcg
