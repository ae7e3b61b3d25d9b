// SPDX-License-Identifier: GPL-2.0
#include "model/report.hpp"

#include <cstdio>

namespace smcg {

namespace {

// A few frames of each task are open when a running group's watch begins.
constexpr uint64_t boundary_free = 256;

std::string plural(uint64_t count, std::string_view one, std::string_view many)
{
	return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

std::string percent(double value)
{
	char text[32];
	std::snprintf(text, sizeof(text), "%.3g %%", value);
	return text;
}

void find_gaps(const Report &report, const Demands &demands, std::vector<std::string> &reasons)
{
	if (report.events_lost)
		reasons.push_back(plural(report.events_lost, "event", "events") + " lost in the module");
	if (report.decisions_lost)
		reasons.push_back(plural(report.decisions_lost, "decision", "decisions") + " lost on the way out");
	if (report.witness.total())
		reasons.push_back("the witness missed " + plural(report.witness.total(), "step", "steps"));
	if (report.resyncs)
		reasons.push_back(plural(report.resyncs, "resync", "resyncs") + " from the real counters");
	const uint64_t boundary = report.tally.boundary_real + report.tally.boundary_shadow;
	const uint64_t all = boundary + report.tally.total().real + report.tally.total().shadow;
	if (boundary > boundary_free && 100.0 * static_cast<double>(boundary) > demands.most_boundary * static_cast<double>(all))
		reasons.push_back(plural(boundary, "step", "steps") + " left out as the boundary's (" +
				  std::to_string(report.tally.boundary_real) + " real, " +
				  std::to_string(report.tally.boundary_shadow) + " shadow), too many");
	if (report.hooks_missed)
		reasons.push_back(plural(report.hooks_missed, "return", "returns") + " missed by the module's probes");
}

void find_faults(const Report &report, const Demands &demands, std::vector<std::string> &reasons)
{
	const KindTally sum = report.tally.total();
	const uint64_t judged = sum.agree + sum.ambiguous + sum.mismatch + sum.unmatched_real + sum.unmatched_shadow;
	const uint64_t wrong = sum.mismatch + sum.unmatched_real + sum.unmatched_shadow;
	const double share = judged ? 100.0 * static_cast<double>(wrong) / static_cast<double>(judged) : 0.0;
	if (wrong && share > demands.most_mismatch)
		reasons.push_back(plural(sum.mismatch, "mismatch", "mismatches") + ", " +
				  std::to_string(sum.unmatched_real) + " real and " +
				  std::to_string(sum.unmatched_shadow) + " shadow steps unmatched (" + percent(share) +
				  ", allowed " + percent(demands.most_mismatch) + ")");
	if (!report.at_rest)
		return;
	size_t drifting = 0;
	const DriftRow *example = nullptr;
	for (const DriftRow &row : report.drift) {
		if (!row.drifts())
			continue;
		drifting++;
		example = example ? example : &row;
	}
	if (drifting)
		reasons.push_back(plural(drifting, "counter drifts", "counters drift") + ": " + example->counter +
				  " of " + example->group + " is " + std::to_string(example->real) + ", shadow " +
				  std::to_string(example->shadow));
}

// Kinds with fewer steps are judged together: one doubtful step of ten says little.
constexpr uint64_t few_steps = 1000;

void judge_ambiguous(std::string_view what, const KindTally &tally, double most, std::vector<std::string> &reasons)
{
	const double share = tally.real ? 100.0 * static_cast<double>(tally.ambiguous) / static_cast<double>(tally.real) : 0.0;
	if (share > most)
		reasons.push_back(std::to_string(tally.ambiguous) + " of " + std::to_string(tally.real) + " steps of " +
				  std::string(what) + " are ambiguous (" + percent(share) + ", allowed " + percent(most) + ")");
}

// Kind by kind: an overall share is diluted by what hits the stock.
void find_ambiguous(const Report &report, const Demands &demands, std::vector<std::string> &reasons)
{
	KindTally rare;
	for (unsigned kind = 0; kind < nr_kinds; kind++) {
		const KindTally &tally = report.tally.kinds[kind];
		if (tally.real >= few_steps) {
			judge_ambiguous(kind_name(kind), tally, demands.most_ambiguous, reasons);
		} else {
			rare.real += tally.real;
			rare.ambiguous += tally.ambiguous;
		}
	}
	judge_ambiguous("rare kinds", rare, demands.most_ambiguous, reasons);
}

void find_unjudged(const Report &report, const Demands &demands, std::vector<std::string> &reasons)
{
	const KindTally sum = report.tally.total();
	const double share = sum.unjudged ? 100.0 * static_cast<double>(sum.unjudged) / static_cast<double>(sum.shadow + sum.unjudged) : 0.0;
	if (share <= demands.most_unjudged)
		return;
	unsigned most = 1;
	for (unsigned kind = 1; kind < nr_kinds; kind++)
		if (report.tally.kinds[kind].unjudged > report.tally.kinds[most].unjudged)
			most = kind;
	reasons.push_back(percent(share) + " of the decisions are unsettled and not judged, allowed " + percent(demands.most_unjudged) +
			  " (most of them " + std::string(kind_name(most)) + ", " +
			  std::to_string(report.tally.kinds[most].unjudged) + " of " + std::to_string(sum.unjudged) + ")");
}

void find_too_little(const Report &report, const Demands &demands, std::vector<std::string> &reasons)
{
	for (const auto &[kind, least] : demands.least)
		if (report.tally.kinds[kind].real < least)
			reasons.push_back(std::string(kind_name(kind)) + ": " +
					  std::to_string(report.tally.kinds[kind].real) + " steps, at least " +
					  std::to_string(least) + " asked for");
	const KindTally sum = report.tally.total();
	if (!sum.real)
		reasons.push_back("no step to judge");
	find_ambiguous(report, demands, reasons);
	find_unjudged(report, demands, reasons);
	if (!report.at_rest && report.rest_expected)
		reasons.push_back("the real counters did not come to rest, so drift cannot be judged");
	if (report.at_rest)
		for (const std::string &counter : report.without_shadow)
			reasons.push_back("the module does not tell " + counter);
}

} // namespace

Verdict judge(const Report &report, const Demands &demands)
{
	Verdict verdict;
	find_gaps(report, demands, verdict.reasons);
	if (!verdict.reasons.empty())
		verdict.ruling = Ruling::inconclusive;
	const size_t gaps = verdict.reasons.size();
	find_faults(report, demands, verdict.reasons);
	if (!gaps && !verdict.reasons.empty())
		verdict.ruling = Ruling::fail;
	const size_t faults = verdict.reasons.size();
	find_too_little(report, demands, verdict.reasons);
	if (!faults && !verdict.reasons.empty())
		verdict.ruling = Ruling::inconclusive;
	return verdict;
}

std::string_view ruling_name(Ruling ruling)
{
	switch (ruling) {
	case Ruling::pass:
		return "pass";
	case Ruling::fail:
		return "fail";
	case Ruling::inconclusive:
		break;
	}
	return "inconclusive";
}

} // namespace smcg
