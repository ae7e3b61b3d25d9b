// SPDX-License-Identifier: GPL-2.0
// sync.hpp - where two sequences that started at different points meet for sure.
#pragma once

#include "model/step.hpp"

#include <cstddef>
#include <deque>
#include <optional>

namespace smcg {

inline constexpr size_t meeting_window = 1024;	// steps of either side after which both are judged as they are

struct Meeting {
	size_t real, shadow;	// index on either side
};

// Hits look all alike: pairing the first ones would shift everything behind them.  So each number of
// steps that one side may have seen alone is tried, and the one is taken with which the steps that follow
// agree, and were stamped at nearly the same time.  Both sides meet where, so paired, some agree in a row.
// @complete: nothing follows, so fewer steps are enough.
std::optional<Meeting> find_meeting(const std::deque<Step> &real, const std::deque<Step> &shadow, bool complete);

} // namespace smcg
