// SPDX-License-Identifier: GPL-2.0
#include "render/render.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>

namespace smcg {

namespace {

using ull = unsigned long long;

__attribute__((format(printf, 2, 3))) void add(std::string &out, const char *format, ...)
{
	std::array<char, 512> line;
	va_list args;
	va_start(args, format);
	std::vsnprintf(line.data(), line.size(), format, args);
	va_end(args);
	out += line.data();
}

void add_kinds(std::string &out, const Tally &tally)
{
	add(out, "%-14s %10s %10s %10s %10s %10s %10s %11s %10s\n", "kind", "real", "shadow", "agree", "ambiguous",
	    "mismatch", "only real", "only shadow", "unjudged");
	const auto row = [&](std::string_view name, const KindTally &kind) {
		add(out, "%-14s %10llu %10llu %10llu %10llu %10llu %10llu %11llu %10llu\n", std::string(name).c_str(),
		    ull{kind.real}, ull{kind.shadow}, ull{kind.agree}, ull{kind.ambiguous}, ull{kind.mismatch},
		    ull{kind.unmatched_real}, ull{kind.unmatched_shadow}, ull{kind.unjudged});
	};
	for (unsigned kind = 1; kind < nr_kinds; kind++)
		if (tally.kinds[kind].real || tally.kinds[kind].shadow || tally.kinds[kind].unjudged)
			row(kind_name(kind), tally.kinds[kind]);
	row("all", tally.total());
}

void add_drift(std::string &out, const Report &report)
{
	size_t rows = 0, drifting = 0;
	for (const DriftRow &row : report.drift) {
		rows++;
		drifting += row.drifts();
		if (row.drifts())
			add(out, "drift        %s %s: real %llu, shadow %lld\n", row.group.c_str(), row.counter.c_str(),
			    ull{row.real}, static_cast<long long>(row.shadow));
	}
	add(out, "drift        %zu of %zu counters%s\n", drifting, rows,
	    report.at_rest ? ", at rest" : " (not judged: never at rest)");
}

std::string step_line(const char *mark, const Step &step)
{
	std::string out;
	add(out, "  %s %llu.%06llu cpu%u ", mark, ull{step.time} / 1'000'000'000, ull{step.time} % 1'000'000'000 / 1000,
	    step.cpu);
	out += describe(step);
	if (step.seq)
		add(out, "  (decision %llu)", ull{step.seq});
	return out + "\n";
}

} // namespace

std::string render_text(const Report &report, const Verdict &verdict)
{
	std::string out;
	const Tally &tally = report.tally;
	add_kinds(out, tally);
	out += "\n";
	add(out, "agreement    %.4f %%\n", 100.0 * tally.agreement());
	add(out, "lost         %llu events of %llu, %llu decisions\n", ull{report.events_lost},
	    ull{report.events_applied}, ull{report.decisions_lost});
	add(out, "left out     at the boundary %llu real, %llu shadow; before it %llu real, %llu shadow\n",
	    ull{tally.boundary_real}, ull{tally.boundary_shadow}, ull{tally.before_real},
	    ull{tally.before_shadow});
	add(out, "adopted      %llu, resyncs %llu, unexplained %llu, engine errors %llu\n", ull{report.adopted},
	    ull{report.resyncs}, ull{report.unexplained}, ull{report.engine_errors});
	add_drift(out, report);
	add(out, "witness      %llu missed (%llu nested, %llu ring full, %llu frames), %llu taken over by a later program\n",
	    ull{report.witness.total()}, ull{report.witness.recursion}, ull{report.witness.no_room},
	    ull{report.witness.no_slot + report.witness.broken}, ull{report.witness.covered});
	for (const std::string &where : report.witness.where)
		add(out, "             %s\n", where.c_str());
	add(out, "overhead     feeder %.3f s of CPU in %.1f s, %llu events/s, pool %llu KiB\n",
	    static_cast<double>(report.overhead.feeder_cpu_ns) / 1e9, report.seconds, ull{report.overhead.events_per_s},
	    ull{report.overhead.pool_bytes} / 1024);
	if (!report.command_status.empty())
		add(out, "command      %s\n", report.command_status.c_str());
	out += "verdict      " + std::string(ruling_name(verdict.ruling));
	for (size_t i = 0; i < verdict.reasons.size(); i++)
		out += (i ? "; " : ": ") + verdict.reasons[i];
	return out + "\n";
}

std::string render_differences(std::span<const Difference> differences)
{
	std::string out;
	for (const Difference &difference : differences) {
		const bool only_shadow = difference.what == Difference::What::unmatched_shadow;
		const Step &named = only_shadow ? difference.shadow : difference.real;
		add(out, "%s %s, tid %u, %s:\n",
		    difference.what == Difference::What::mismatch ? "mismatch of" :
		    only_shadow					  ? "only in the shadow:" :
								    "only real:",
		    std::string(kind_name(named.kind)).c_str(), named.tid, std::string(context_name(named.ctx)).c_str());
		for (const Step &step : difference.before)
			out += step_line("both  ", step);
		if (difference.real.kind)
			out += step_line("REAL  ", difference.real);
		if (difference.shadow.kind)
			out += step_line("SHADOW", difference.shadow);
		const size_t most = std::max(difference.real_after.size(), difference.shadow_after.size());
		for (size_t i = 0; i < most; i++) {
			if (i < difference.real_after.size())
				out += step_line("real  ", difference.real_after[i]);
			if (i < difference.shadow_after.size())
				out += step_line("shadow", difference.shadow_after[i]);
		}
		out += "\n";
	}
	return out;
}

} // namespace smcg
