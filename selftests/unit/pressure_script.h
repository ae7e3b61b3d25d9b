// SPDX-License-Identifier: GPL-2.0
// pressure_script.h - what the hooks tell of memory pressure.
#pragma once

#include "table.h"

namespace test {

inline Script legacy()
{
	World::Setup setup;
	setup.legacy = true;
	return Script(setup);
}

constexpr unsigned kAll = SMCG_GFP_FS | SMCG_GFP_IO | SMCG_GFP_MOVABLE | SMCG_GFP_HIGHMEM;

// Sums as a hook reads them.
inline std::uint64_t sums(std::uint64_t scanned, std::uint64_t reclaimed) { return (scanned + 1) << 32 | reclaimed; }

// A task of its own tells of pages; the sums are what they were before.
inline Script &tells(Script &s, unsigned tid, std::uint64_t scanned, std::uint64_t reclaimed, std::uint64_t read,
	      unsigned css = kB)
{
	return s.at(tid % 2, tid).raw_gfp(kAll).put(SMCG_EV_PRESSURE, css, 0, 1, scanned, reclaimed, read);
}

inline Script &told(Script &s, unsigned tid, std::uint64_t read, unsigned css = kB)
{
	return s.at(tid % 2, tid).put(SMCG_EV_PRESSURE_RET, css, 0, 0, 0, 0, read);
}

// The worker is task 7.
inline Script &looks(Script &s, std::uint64_t read, unsigned css = kB)
{
	return s.at(0, 7).put(SMCG_EV_PRESSURE_WORK, css, 0, 0, 0, 0, read);
}

inline Script &looked(Script &s, unsigned css = kB) { return s.at(0, 7).put(SMCG_EV_PRESSURE_WORK_RET, css); }

} // namespace test
