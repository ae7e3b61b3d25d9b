// SPDX-License-Identifier: GPL-2.0
// align.hpp - what to do with two sequences whose heads differ.
#pragma once

#include "model/step.hpp"

#include <cstddef>
#include <deque>

namespace smcg {

enum class Move {
	pair,		// the heads belong together
	drop_real,	// the real head has no partner
	drop_shadow,
};

// The first move of the cheapest alignment of the next @window steps of both sides.
// @complete: nothing follows behind them, so what is left over costs too.
// Both sequences must have a head.  Pure; O(window^2).
Move next_move(const std::deque<Step> &real, const std::deque<Step> &shadow, size_t window, bool complete);

// Whether a decision is one that is not judged.
inline bool not_judged(const Step &shadow)
{
	return shadow.flags & (SMCG_DEC_AFTER_GAP | SMCG_DEC_UNSETTLED);
}

} // namespace smcg
