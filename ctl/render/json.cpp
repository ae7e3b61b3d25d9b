// SPDX-License-Identifier: GPL-2.0
#include "render/render.hpp"

#include <nlohmann/json.hpp>

namespace smcg {

std::string render_json(const Report &report, const Verdict &verdict)
{
	using json = nlohmann::ordered_json;
	const KindTally sum = report.tally.total();
	json kinds = json::array(), drift = json::array();
	for (unsigned kind = 1; kind < nr_kinds; kind++) {
		const KindTally &tally = report.tally.kinds[kind];
		kinds.push_back({{"kind", kind_name(kind)},
				 {"real", tally.real},
				 {"shadow", tally.shadow},
				 {"agree", tally.agree},
				 {"ambiguous", tally.ambiguous},
				 {"mismatch", tally.mismatch},
				 {"unjudged", tally.unjudged}});
	}
	for (const DriftRow &row : report.drift)
		drift.push_back({{"group", row.group}, {"counter", row.counter}, {"real", row.real}, {"shadow", row.shadow}});
	json out;
	out["schema"] = 1;
	out["verdict"] = ruling_name(verdict.ruling);
	out["kernel"] = report.kernel;
	out["profile"] = report.profile;
	out["mode"] = report.mode;
	out["events"] = {{"applied", report.events_applied}, {"lost", report.events_lost}};
	out["decisions"] = {{"matched", report.tally.matched()},
			    {"unmatched_real", sum.unmatched_real},
			    {"unmatched_shadow", sum.unmatched_shadow},
			    {"unjudged", sum.unjudged}};
	out["kinds"] = std::move(kinds);
	out["agreement"] = report.tally.agreement();
	out["adopted"] = report.adopted;
	out["resyncs"] = report.resyncs;
	out["witness"] = {{"missed", report.witness.total()}};
	out["drift_pages"] = std::move(drift);
	out["overhead"] = {{"feeder_cpu_ns", report.overhead.feeder_cpu_ns},
			   {"pool_bytes", report.overhead.pool_bytes},
			   {"events_per_s", report.overhead.events_per_s}};
	// Paths may hold any bytes.
	return out.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace smcg
