// SPDX-License-Identifier: GPL-2.0
#include "model/sync.hpp"

#include "model/kinds.hpp"

#include <algorithm>

namespace smcg {

namespace {

constexpr size_t run = 8;		// agreeing steps that a meeting needs
constexpr uint64_t apart_ns = 500'000;	// most between the two stamps of one step

bool stamped_closely(const Step &step)
{
	switch (step.kind) {
	case SMCG_KIND_BATCH_CHARGE:
	case SMCG_KIND_EXACT_CHARGE:
	case SMCG_KIND_REFILL:
	case SMCG_KIND_RECLAIM:
	case SMCG_KIND_SWAP_CHARGE:
	case SMCG_KIND_UNCHARGE:
		return true;
	default:
		return false;
	}
}

uint64_t apart(const Step &a, const Step &b)
{
	return a.time > b.time ? a.time - b.time : b.time - a.time;
}

// How many steps agree from here on, at most @run.
size_t agreeing(const std::deque<Step> &real, size_t i, const std::deque<Step> &shadow, size_t j)
{
	size_t count = 0;
	while (count < run && i + count < real.size() && j + count < shadow.size() &&
	       same_step(real[i + count], shadow[j + count]))
		count++;
	return count;
}

// The decision nearest in time to this step.
std::optional<size_t> nearest(const Step &step, const std::deque<Step> &shadow, size_t most)
{
	std::optional<size_t> best;
	for (size_t j = 0; j < most; j++) {
		if (!same_step(step, shadow[j]) || apart(step, shadow[j]) > apart_ns)
			continue;
		if (!best || apart(step, shadow[j]) < apart(step, shadow[*best]))
			best = j;
	}
	return best;
}

} // namespace

std::optional<Meeting> find_meeting(const std::deque<Step> &real, const std::deque<Step> &shadow, bool complete)
{
	const size_t rows = std::min(real.size(), meeting_window), columns = std::min(shadow.size(), meeting_window);
	// Both sides must be there beyond the place, or the nearest may be yet to come.
	if (!complete && (rows < 2 * run || columns < 2 * run))
		return std::nullopt;
	for (size_t i = 0; i < rows; i++) {
		if (!stamped_closely(real[i]) || (!complete && i + run > rows))
			continue;
		const auto j = nearest(real[i], shadow, columns);
		if (!j)
			continue;
		const size_t needed = complete ? std::min({run, real.size() - i, shadow.size() - *j}) : run;
		if (agreeing(real, i, shadow, *j) >= needed)
			return Meeting{i, *j};
	}
	return std::nullopt;
}

} // namespace smcg
