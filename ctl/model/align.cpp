// SPDX-License-Identifier: GPL-2.0
#include "model/align.hpp"

#include "model/kinds.hpp"

#include <algorithm>
#include <array>

namespace smcg {

namespace {

constexpr size_t most = 64;

// A decision of the right kind with a wrong field is a wrong decision; one of another kind
// still costs less than two that have no partner.
constexpr unsigned cost_drop = 3, cost_other_kind = 5, cost_other_field = 2, cost_not_judged = 1;

unsigned cost_pair(const Step &real, const Step &shadow)
{
	if (same_step(real, shadow))
		return 0;
	if (real.kind != shadow.kind)
		return cost_other_kind;
	return not_judged(shadow) ? cost_not_judged : cost_other_field;
}

} // namespace

Move next_move(const std::deque<Step> &real, const std::deque<Step> &shadow, size_t window, bool complete)
{
	window = std::min(window, most);
	const size_t rows = std::min(real.size(), window), columns = std::min(shadow.size(), window);
	const bool all_real = complete && rows == real.size(), all_shadow = complete && columns == shadow.size();
	std::array<std::array<unsigned, most + 1>, most + 1> cost;
	for (size_t i = 0; i <= rows; i++)
		cost[i][columns] = all_shadow ? static_cast<unsigned>(rows - i) * cost_drop : 0;
	for (size_t j = 0; j <= columns; j++)
		cost[rows][j] = all_real ? static_cast<unsigned>(columns - j) * cost_drop : 0;
	for (size_t i = rows; i-- > 0;)
		for (size_t j = columns; j-- > 0;)
			cost[i][j] = std::min({cost_pair(real[i], shadow[j]) + cost[i + 1][j + 1],
					       cost_drop + cost[i + 1][j], cost_drop + cost[i][j + 1]});
	if (cost[0][0] == cost_pair(real[0], shadow[0]) + cost[1][1])
		return Move::pair;
	return cost[0][0] == cost_drop + cost[0][1] ? Move::drop_shadow : Move::drop_real;
}

} // namespace smcg
