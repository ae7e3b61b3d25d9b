// SPDX-License-Identifier: GPL-2.0
// smcg compare - run or attach, then the table of agreement and a verdict.
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/progress.hpp"
#include "base/stop.hpp"
#include "cmd/compare_options.hpp"
#include "cmd/session.hpp"
#include "render/render.hpp"
#include "source/workload.hpp"

#include <sys/resource.h>

#include <cstdio>

namespace smcg {

namespace {

constexpr uint64_t second = 1'000'000'000;

std::string so_far(const Session &session)
{
	const KindTally sum = session.tally().total();
	return std::to_string(sum.agree + sum.ambiguous + sum.mismatch) + " steps judged, " +
	       std::to_string(sum.mismatch + sum.unmatched_real + sum.unmatched_shadow) + " differ, " +
	       std::to_string(session.waiting()) + " waiting";
}

// Pumps until the command is over.
Result<std::string> follow_command(Session &session, Workload &workload, uint64_t timeout_s, const std::string &path,
				   Progress &progress)
{
	const uint64_t limit = timeout_s ? now_ns() + timeout_s * second : UINT64_MAX;
	bool timed_out = false;
	for (;;) {
		const auto status = workload.finished();
		const auto more = session.pump();
		if (!more)
			return more.error();
		// First, because Ctrl-C on a terminal ends the command, too.
		if (stop_requested())
			return interrupted();
		if (status)
			return describe_status(*status) + (timed_out ? " (timed out)" : "");
		if (!timed_out && now_ns() > limit) {
			timed_out = true;
			kill_all(path);
		}
		progress.show([&] { return so_far(session); });
		if (!*more)
			sleep_ns(2'000'000);
	}
}

Result<Report> compare_command(const CompareOptions &options)
{
	Progress progress(!options.json);
	auto group = own_group(options);
	if (!group)
		return group.error();
	// Forked before anything is attached; it waits in its pipe.
	auto workload = Workload::prepare(options.command, group->run_path(), options.json);
	if (!workload)
		return workload.error();
	progress.say("attaching the witness");
	auto session = Session::begin(options, group->group());
	if (!session)
		return session.error();
	if (const Status going = workload->go(); !going)
		return going.error();
	auto status = follow_command(*session, *workload, options.timeout_s, group->group().path, progress);
	if (!status)
		return status.error();
	// What the command left behind belongs to it; daemons would never let the group come to rest.
	kill_all(group->group().path);
	progress.say("waiting until the group is at rest");
	auto report = session->end(20 * second, true);
	if (!report)
		return report.error();
	report->command_status = *status;
	return report;
}

Result<Report> compare_group(const CompareOptions &options)
{
	Progress progress(!options.json);
	const auto group = running_group(options);
	if (!group)
		return group.error();
	progress.say("attaching the witness");
	auto session = Session::begin(options, *group);
	if (!session)
		return session.error();
	const uint64_t until = now_ns() + options.duration_s * second;
	while (now_ns() < until && !stop_requested()) {
		const auto more = session->pump();
		if (!more)
			return more.error();
		progress.show([&] { return so_far(*session); });
		if (!*more)
			sleep_ns(2'000'000);
	}
	std::optional<Frozen> frozen;
	if (options.freeze) {
		auto freezing = Frozen::freeze(*group);
		if (!freezing)
			return freezing.error();
		frozen.emplace(freezing.take());
	}
	progress.say("waiting until the group is at rest");
	return session->end(options.freeze ? 10 * second : 2 * second, options.freeze);
}

Status write_dump(NewFile &file, const Report &report)
{
	const std::string text = render_differences(report.differences);
	if (const Status put = write_all(file.fd(), std::as_bytes(std::span(text)), file.name()); !put)
		return put;
	return file.commit();
}

Result<Exit> run(Args args)
{
	const auto options = parse_compare(args);
	if (!options)
		return options.error();
	if (const Status root = need_root(); !root)
		return root.error();
	std::optional<NewFile> dump; // made first: a long run must not end at a wrong name
	if (!options->dump.empty()) {
		auto file = NewFile::create(options->dump);
		if (!file)
			return file.error();
		dump.emplace(file.take());
	}
	const StopSignals signals;
	// On one CPU the readers must get their turn while the watched tasks spin.
	::setpriority(PRIO_PROCESS, 0, -5);
	auto report = options->group.empty() ? compare_command(*options) : compare_group(*options);
	if (!report)
		return report.error();
	const Verdict verdict = judge(*report, options->demands);
	if (dump)
		if (const Status dumped = write_dump(*dump, *report); !dumped)
			return dumped.error();
	if (options->verbose)
		std::fputs(render_differences(report->differences).c_str(), stderr);
	if (options->json) {
		std::fputs(render_json(*report, verdict).c_str(), stdout);
		// For people who look at the log; the text form has it as its last line.
		for (const std::string &reason : verdict.reasons)
			std::fprintf(stderr, "smcg compare: %s\n", reason.c_str());
	} else {
		std::fputs(render_text(*report, verdict).c_str(), stdout);
	}
	return verdict.ruling == Ruling::pass ? Exit::good : Exit::bad_verdict;
}

} // namespace

const Verb compare_verb = {"compare", "judge the shadow while a command runs, or on a running group", compare_help, run};

} // namespace smcg
