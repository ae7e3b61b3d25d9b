// SPDX-License-Identifier: GPL-2.0
// clock.hpp - the clock that witness and module stamp with.
#pragma once

#include <cstdint>
#include <ctime>

namespace smcg {

// CLOCK_MONOTONIC, ns.
inline uint64_t now_ns()
{
	timespec now{};
	clock_gettime(CLOCK_MONOTONIC, &now);
	return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

inline void sleep_ns(uint64_t ns)
{
	timespec wait{static_cast<time_t>(ns / 1'000'000'000u), static_cast<long>(ns % 1'000'000'000u)};
	nanosleep(&wait, nullptr);
}

} // namespace smcg
