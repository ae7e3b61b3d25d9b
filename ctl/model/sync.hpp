// SPDX-License-Identifier: GPL-2.0
// sync.hpp - where two sequences that started at different points meet for sure.
#pragma once

#include "model/step.hpp"

#include <cstddef>
#include <deque>
#include <optional>

namespace smcg {

inline constexpr size_t meeting_window = 1024;	// steps of either side that are looked at

struct Meeting {
	size_t real, shadow;	// index on either side
};

// Hits look all alike: pairing the first ones would shift everything behind them.  So both sides
// meet at a step whose moment both stamp closely (a counter try, a refill), where the steps agree,
// the stamps are nearest, and the steps that follow agree as well.
// @complete: nothing follows, so fewer steps behind it are enough.
std::optional<Meeting> find_meeting(const std::deque<Step> &real, const std::deque<Step> &shadow, bool complete);

} // namespace smcg
