// SPDX-License-Identifier: GPL-2.0
// kinds.hpp - names of kinds and which fields are compared, as kmod/engine/MODEL.md has it.
#pragma once

#include "model/step.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace smcg {

inline constexpr unsigned nr_kinds = SMCG_KIND_NR;

std::string_view kind_name(unsigned kind);
std::optional<unsigned> kind_by_name(std::string_view name);
std::string_view context_name(unsigned ctx);

// All compared fields are equal, the kind included.
bool same_step(const Step &real, const Step &shadow);

// "batch_charge group=12 nr=64 result=0 over=0", the compared fields.
std::string describe(const Step &step);

} // namespace smcg
