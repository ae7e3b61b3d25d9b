// SPDX-License-Identifier: GPL-2.0
// verbs.hpp - the table of verbs; one file per verb.
#pragma once

#include "base/result.hpp"

#include <span>
#include <string>
#include <string_view>

namespace smcg {

using Args = std::span<const std::string>;

struct Verb {
	std::string_view name;
	std::string_view summary;
	std::string_view help;
	Result<Exit> (*run)(Args args);
};

std::span<const Verb> verbs();

// "needs root" unless it is.
Status need_root();

extern const Verb compare_verb;
extern const Verb record_verb;
extern const Verb replay_verb;
extern const Verb status_verb;
extern const Verb sysinfo_verb;
extern const Verb unwatch_verb;
extern const Verb watch_verb;
extern const Verb witness_verb;

} // namespace smcg
