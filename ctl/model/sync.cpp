// SPDX-License-Identifier: GPL-2.0
#include "model/sync.hpp"

#include "model/kinds.hpp"
#include "model/align.hpp"

#include <algorithm>

namespace smcg {

namespace {

constexpr size_t run = 8;		// agreeing steps that a meeting needs
constexpr long most_offset = 64;	// steps that one side may have seen alone
constexpr size_t depth = 256;		// pairs that an offset is judged by
constexpr uint64_t apart_ns = 500'000;	// stamps further apart say no more
constexpr uint64_t differing_ns = 4 * apart_ns;

uint64_t apart(const Step &a, const Step &b)
{
	return a.time > b.time ? a.time - b.time : b.time - a.time;
}

// Of decision @offset places behind the step: where both sides begin, and how many pairs there are.
struct Pairs {
	size_t real, shadow, count;
};

Pairs pairs_at(const std::deque<Step> &real, const std::deque<Step> &shadow, long offset)
{
	const size_t i = offset < 0 ? static_cast<size_t>(-offset) : 0, j = offset > 0 ? static_cast<size_t>(offset) : 0;
	if (i >= real.size() || j >= shadow.size())
		return {i, j, 0};
	return {i, j, std::min({real.size() - i, shadow.size() - j, depth})};
}

// How badly the sides fit with this offset: ns per pair.
uint64_t misfit(const std::deque<Step> &real, const std::deque<Step> &shadow, const Pairs &pairs)
{
	uint64_t sum = 0;
	for (size_t k = 0; k < pairs.count; k++) {
		const Step &a = real[pairs.real + k], &b = shadow[pairs.shadow + k];
		const bool fits = not_judged(b) ? a.kind == b.kind : same_step(a, b);
		sum += fits ? std::min(apart(a, b), apart_ns) : differing_ns;
	}
	return sum / pairs.count;
}

// The best one; of equals the one that leaves out least.
std::optional<Pairs> best_pairs(const std::deque<Step> &real, const std::deque<Step> &shadow)
{
	std::optional<Pairs> best;
	uint64_t least = 0;
	for (long n = 0; n <= 2 * most_offset; n++) {
		const long offset = n % 2 ? (n + 1) / 2 : -n / 2;
		const Pairs pairs = pairs_at(real, shadow, offset);
		if (!pairs.count)
			continue;
		const uint64_t cost = misfit(real, shadow, pairs);
		if (!best || cost < least) {
			best = pairs;
			least = cost;
		}
	}
	return best;
}

} // namespace

std::optional<Meeting> find_meeting(const std::deque<Step> &real, const std::deque<Step> &shadow, bool complete)
{
	const size_t both = std::min(real.size(), shadow.size());
	// With fewer, a wrong offset may look as good as the right one.
	if (!complete && both < depth + most_offset)
		return std::nullopt;
	const auto pairs = best_pairs(real, shadow);
	if (!pairs)
		return std::nullopt;
	const size_t needed = std::min(run, pairs->count);
	size_t agreeing = 0;
	for (size_t k = 0; k < pairs->count; k++) {
		agreeing = same_step(real[pairs->real + k], shadow[pairs->shadow + k]) ? agreeing + 1 : 0;
		if (agreeing == needed)
			return Meeting{pairs->real + k + 1 - needed, pairs->shadow + k + 1 - needed};
	}
	return std::nullopt;
}

} // namespace smcg
