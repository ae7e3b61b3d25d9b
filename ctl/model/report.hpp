// SPDX-License-Identifier: GPL-2.0
// report.hpp - everything that a comparison found, and the verdict on it.
#pragma once

#include "model/misses.hpp"
#include "model/referee.hpp"
#include "model/tally.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace smcg {

struct DriftRow {
	std::string group;	// name in the hierarchy
	std::string counter;	// "memory", "swap" in pages; "events.max" and the like are counts
	uint64_t real = 0;
	int64_t shadow = 0;	// what the shadow has without what it adopted
	bool drifts() const { return shadow != static_cast<int64_t>(real); }
};

struct Overhead {
	uint64_t feeder_cpu_ns = 0, pool_bytes = 0, events_per_s = 0;
};

struct Report {
	std::string kernel, profile, mode;
	uint64_t events_applied = 0, events_lost = 0, decisions_lost = 0;
	uint64_t adopted = 0, resyncs = 0, unexplained = 0, engine_errors = 0, hooks_missed = 0;
	Tally tally;
	WitnessMisses witness;
	std::vector<DriftRow> drift;
	std::vector<std::string> without_shadow;	// counters that the module does not tell
	bool at_rest = true;		// false: counters were still moving, drift cannot be judged
	bool rest_expected = true;	// false: a running group was watched, so that is no surprise
	Overhead overhead;
	double seconds = 0;
	std::string command_status;	// empty if there was no command
	std::vector<Difference> differences;
};

struct Demands {
	std::map<unsigned, uint64_t> least;	// real steps of a kind
	double most_ambiguous = 5.0;		// percent of the real steps of each kind; rare kinds together
	double most_unjudged = 1.0;		// percent of all decisions: unsettled or after a gap
	double most_boundary = 1.0;		// percent of all steps, beyond the first few hundred
	double most_mismatch = 0.0;		// percent of the judged steps; unmatched count as well
};

enum class Ruling { pass, fail, inconclusive };

struct Verdict {
	Ruling ruling = Ruling::pass;
	std::vector<std::string> reasons;
};

// An incomplete account cannot condemn or acquit: what was lost comes first, then what is wrong,
// then what is too little.
Verdict judge(const Report &report, const Demands &demands);

std::string_view ruling_name(Ruling ruling);

} // namespace smcg
