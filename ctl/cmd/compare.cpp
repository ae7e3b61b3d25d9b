// SPDX-License-Identifier: GPL-2.0
// smcg compare - run or attach, then the table of agreement and a verdict.
#include "base/clock.hpp"
#include "base/file.hpp"
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

// One line on a terminal, rewritten in place.
class Progress {
public:
	explicit Progress(bool quiet) : on_(!quiet && ::isatty(STDERR_FILENO)) {}
	~Progress() { clear(); }

	void show(const Session &session)
	{
		if (!on_ || now_ns() < next_)
			return;
		next_ = now_ns() + second / 4;
		const KindTally sum = session.tally().total();
		std::fprintf(stderr, "\r%llu steps judged, %llu differ, %zu waiting\033[K",
			     static_cast<unsigned long long>(sum.agree + sum.ambiguous + sum.mismatch),
			     static_cast<unsigned long long>(sum.mismatch + sum.unmatched_real + sum.unmatched_shadow),
			     session.waiting());
		shown_ = true;
	}
	void clear()
	{
		if (shown_)
			std::fputs("\r\033[K", stderr);
		shown_ = false;
	}

private:
	bool on_, shown_ = false;
	uint64_t next_ = 0;
};

Error interrupted()
{
	return Error{"stopped by a signal: no verdict; everything was detached"};
}

// Pumps until the command is over.
Result<std::string> follow_command(Session &session, Workload &workload, uint64_t timeout_s, const std::string &path,
				   bool quiet)
{
	Progress progress(quiet);
	const uint64_t limit = timeout_s ? now_ns() + timeout_s * second : UINT64_MAX;
	bool timed_out = false;
	for (;;) {
		const auto status = workload.finished();
		const auto more = session.pump();
		if (!more)
			return more.error();
		if (status)
			return describe_status(*status) + (timed_out ? " (timed out)" : "");
		if (stop_requested())
			return interrupted();
		if (!timed_out && now_ns() > limit) {
			timed_out = true;
			(void)write_file(path + "/cgroup.kill", "1");
		}
		progress.show(session);
		if (!*more)
			sleep_ns(2'000'000);
	}
}

Result<Report> compare_command(const CompareOptions &options)
{
	auto group = TemporaryGroup::make("smcg-" + std::to_string(::getpid()), options.settings, options.run_in);
	if (!group)
		return group.error();
	// Forked before anything is attached; it waits in its pipe.
	auto workload = Workload::prepare(options.command, group->run_path(), options.json);
	if (!workload)
		return workload.error();
	auto session = Session::begin(options, group->group());
	if (!session)
		return session.error();
	if (const Status going = workload->go(); !going)
		return going.error();
	auto status = follow_command(*session, *workload, options.timeout_s, group->group().path, options.json);
	if (!status)
		return status.error();
	// What the command left behind belongs to it; daemons would never let the group come to rest.
	(void)write_file(group->group().path + "/cgroup.kill", "1");
	auto report = session->end(20 * second, true);
	if (!report)
		return report.error();
	report->command_status = *status;
	return report;
}

Result<Report> compare_group(const CompareOptions &options)
{
	const auto group = find_group(options.group);
	if (!group)
		return group.error();
	if (am_in(*group))
		return Error{"smcg itself runs in " + group->name +
			     " and would watch itself: run it from another group"};
	auto session = Session::begin(options, *group);
	if (!session)
		return session.error();
	const uint64_t until = now_ns() + options.duration_s * second;
	{
		Progress progress(options.json);
		while (now_ns() < until && !stop_requested()) {
			const auto more = session->pump();
			if (!more)
				return more.error();
			progress.show(*session);
			if (!*more)
				sleep_ns(2'000'000);
		}
	}
	std::optional<Frozen> frozen;
	if (options.freeze) {
		auto freezing = Frozen::freeze(*group);
		if (!freezing)
			return freezing.error();
		frozen.emplace(freezing.take());
	}
	return session->end(options.freeze ? 10 * second : 2 * second, options.freeze);
}

Status write_dump(const std::string &path, const Report &report)
{
	auto file = NewFile::create(path);
	if (!file)
		return file.error();
	const std::string text = render_differences(report.differences);
	if (const Status put = write_all(file->fd(), std::as_bytes(std::span(text)), path); !put)
		return put;
	return file->commit();
}

Result<Exit> run(Args args)
{
	const auto options = parse_compare(args);
	if (!options)
		return options.error();
	if (const Status root = need_root(); !root)
		return root.error();
	const StopSignals signals;
	// On one CPU the readers must get their turn while the watched tasks spin.
	::setpriority(PRIO_PROCESS, 0, -5);
	auto report = options->group.empty() ? compare_command(*options) : compare_group(*options);
	if (!report)
		return report.error();
	const Verdict verdict = judge(*report, options->demands);
	if (!options->dump.empty())
		if (const Status dumped = write_dump(options->dump, *report); !dumped)
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
