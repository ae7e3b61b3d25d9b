// SPDX-License-Identifier: GPL-2.0
// tally.hpp - what the referee counted.
#pragma once

#include "model/kinds.hpp"

#include <array>
#include <cstdint>

namespace smcg {

struct KindTally {
	uint64_t real = 0;		// judged steps of the real side
	uint64_t shadow = 0;		// judged decisions
	uint64_t agree = 0;
	uint64_t ambiguous = 0;		// agrees, but another legal order decides otherwise
	uint64_t mismatch = 0;		// a pair that differs, by the real step's kind
	uint64_t unmatched_real = 0;
	uint64_t unmatched_shadow = 0;
	uint64_t adopted = 0;		// decisions that say themselves that reality went another way
	uint64_t unjudged = 0;		// decisions after a gap or from an unsettled state, with their real steps
};

struct Tally {
	std::array<KindTally, nr_kinds> kinds{};
	// Steps at the start or the end of the watch that one side cannot have, or whose partner
	// cannot be told for sure.
	uint64_t boundary_real = 0;
	uint64_t boundary_shadow = 0;
	uint64_t before_real = 0;	// of frames that were open before judging began
	uint64_t before_shadow = 0;

	KindTally total() const
	{
		KindTally sum;
		for (const KindTally &kind : kinds) {
			sum.real += kind.real;
			sum.shadow += kind.shadow;
			sum.agree += kind.agree;
			sum.ambiguous += kind.ambiguous;
			sum.mismatch += kind.mismatch;
			sum.unmatched_real += kind.unmatched_real;
			sum.unmatched_shadow += kind.unmatched_shadow;
			sum.adopted += kind.adopted;
			sum.unjudged += kind.unjudged;
		}
		return sum;
	}
	uint64_t matched() const
	{
		const KindTally sum = total();
		return sum.agree + sum.ambiguous + sum.mismatch;
	}
	// Of the real steps and of what only the shadow took: how much agrees.  1 when there is nothing.
	double agreement() const
	{
		const KindTally sum = total();
		const uint64_t all = sum.agree + sum.ambiguous + sum.mismatch + sum.unmatched_real + sum.unmatched_shadow;
		return all ? static_cast<double>(sum.agree + sum.ambiguous) / static_cast<double>(all) : 1.0;
	}
};

} // namespace smcg
