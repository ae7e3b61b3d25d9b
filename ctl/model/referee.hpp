// SPDX-License-Identifier: GPL-2.0
// referee.hpp - joins the real steps and the shadow's decisions, and judges each pair.
#pragma once

#include "model/tally.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace smcg {

struct RefereeConfig {
	size_t look_ahead = 16;			// steps looked at when heads differ
	uint64_t begin_ns = 0;			// judging begins; frames open at that time are left out
	// Only for groups that run already: sequences that are alive within this time after the
	// begin have a part of which one side saw nothing.  They are judged from the first step at
	// which both sides surely meet (see sync.hpp); what is before that is the boundary's.
	uint64_t begin_tolerance_ns = 0;
	size_t examples_per_kind = 16;		// differences kept with their neighbourhood
	size_t neighbours = 6;
};

// One difference with the steps around it, for people.
struct Difference {
	enum class What { mismatch, unmatched_real, unmatched_shadow };
	What what;
	Step real, shadow;			// one of them is empty if unmatched
	std::vector<Step> before;		// agreed steps of the same sequence, oldest first
	std::vector<Step> real_after, shadow_after;
};

// Streams are consumed as they come; kept is only what has no partner yet.
class Referee {
public:
	explicit Referee(RefereeConfig config) : config_(config) {}

	// Steps with the same key_of() must come in order; the two sides may run ahead of each other.
	void real(const Step &step);
	void shadow(const Step &step);

	// Nothing follows.  Unpaired steps at or after @end_ns are the boundary's.
	void finish(uint64_t end_ns = UINT64_MAX);

	const Tally &tally() const { return tally_; }
	const std::vector<Difference> &differences() const { return differences_; }
	size_t waiting() const { return waiting_; }	// steps without a partner so far

private:
	struct Sequence {
		std::deque<Step> real, shadow;
		std::deque<Step> agreed;	// the last few
		bool synced = false;	// where both sides meet is known
	};

	Sequence &sequence_of(const Step &step);
	void settle(Sequence &sequence, bool complete);
	bool meet(Sequence &sequence, bool complete);
	void apply_pair(Sequence &sequence);
	void drop(Sequence &sequence, bool real_side);
	void agree(Sequence &sequence, const Step &real, const Step &shadow);
	void keep(Difference::What what, const Sequence &sequence, const Step &real, const Step &shadow);

	RefereeConfig config_;
	Tally tally_;
	std::unordered_map<uint64_t, Sequence> sequences_;
	std::vector<Difference> differences_;
	std::array<size_t, nr_kinds> kept_{};
	size_t waiting_ = 0;
	uint64_t end_ns_ = UINT64_MAX;
};

} // namespace smcg
