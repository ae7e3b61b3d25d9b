// SPDX-License-Identifier: GPL-2.0
// session.hpp - both streams of one comparison, from attaching to rest.
#pragma once

#include "cmd/compare_options.hpp"
#include "model/referee.hpp"
#include "source/group.hpp"
#include "source/real.hpp"
#include "source/shadow.hpp"
#include "witness/witness.hpp"

#include <memory>
#include <optional>

namespace smcg {

Error interrupted();

// Attaches in begin(), detaches when it goes; what it found is in report().
class Session {
public:
	static Result<Session> begin(const CompareOptions &options, const Group &group);

	// Reads what both sides have now.  Returns whether there was anything.
	Result<bool> pump();

	// Pumps until nothing comes, then for @ns more, sleeping between.
	Status pump_for(uint64_t ns);

	// Waits for rest (at most @limit_ns), reads all counters, ends both streams and judges what is left.
	Result<Report> end(uint64_t limit_ns, bool rest_expected);

	const Tally &tally() const { return referee_.tally(); }
	size_t waiting() const { return referee_.waiting(); }

private:
	Session(const CompareOptions &options, Group group, Shadow shadow, Witness witness, RecordReader decisions);
	Status watch();
	std::vector<RealCounter> real_counters(const std::vector<Group> &groups) const;
	Status settle(uint64_t limit_ns, Report &report);
	Status drain();
	Status add_protection(std::vector<RealCounter> &real);
	Status add_stats(ShadowCounters &mirrored, std::vector<RealCounter> &real);
	void fill(const KeyValues &status, Report &report) const;

	const CompareOptions *options_;
	Group group_;
	std::unique_ptr<Shadow> shadow_;	// the watch points at it
	Witness witness_;
	RecordReader decisions_;
	std::optional<ShadowWatch> watch_;
	Referee referee_;
	KeyValues before_;			// status as the watch began
	uint64_t begun_ns_ = 0, ended_ns_ = 0;
};

} // namespace smcg
