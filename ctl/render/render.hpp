// SPDX-License-Identifier: GPL-2.0
// render.hpp - a report as text or JSON; the differences for people.
#pragma once

#include "model/report.hpp"

#include <span>
#include <string>

namespace smcg {

// Table, then lines about what was lost, unmatched and drifted, then the verdict.
std::string render_text(const Report &report, const Verdict &verdict);

// The contract that other people's scripts read; one line.
std::string render_json(const Report &report, const Verdict &verdict);

// Each difference with what that task did before and after in both worlds.
std::string render_differences(std::span<const Difference> differences);

} // namespace smcg
