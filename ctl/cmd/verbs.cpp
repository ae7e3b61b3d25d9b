// SPDX-License-Identifier: GPL-2.0
#include "cmd/verbs.hpp"

#include <unistd.h>

#include <array>

namespace smcg {

std::span<const Verb> verbs()
{
	static const std::array table = {
		compare_verb, watch_verb, unwatch_verb, status_verb, record_verb,
		replay_verb,  sysinfo_verb, witness_verb,
	};
	return table;
}

Status need_root()
{
	if (::geteuid() != 0)
		return Error{"this needs root: run it with sudo"};
	return {};
}

} // namespace smcg
