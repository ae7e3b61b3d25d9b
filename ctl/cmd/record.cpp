// SPDX-License-Identifier: GPL-2.0
// smcg record - the module's event stream to a file that replays exactly.
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/progress.hpp"
#include "base/stop.hpp"
#include "cmd/run_options.hpp"
#include "source/shadow.hpp"
#include "source/workload.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace smcg {

namespace {

constexpr uint64_t second = 1'000'000'000;

struct Options : RunOptions {
	std::string output;
};

Result<Options> parse(Args args)
{
	Options options;
	std::vector<Option> table = run_options(options, true);
	table.push_back(Option{"-o", "--output", true, set_text(options.output)});
	if (const Status good = parse_run("record", args, table, true, options); !good)
		return good.error();
	if (options.output.empty())
		return usage_error("record", "wants -o FILE");
	return options;
}

// The events as they come, behind room for the header.
class Recording {
public:
	static Result<Recording> begin(const Options &options, const Shadow &shadow, const Group &group)
	{
		auto file = NewFile::create(options.output);
		if (!file)
			return file.error();
		auto events = RecordReader::open(shadow, "events", SMCG_RECORD_EVENTS);
		if (!events)
			return events.error();
		const auto status = shadow.status();
		if (!status)
			return status.error();
		Recording recording(shadow, file.take(), events.take(), status->number("events.tap_lost"));
		const smcg_file_header empty{};
		if (const Status put = recording.put(std::as_bytes(std::span(&empty, 1))); !put)
			return put.error();
		auto watch = ShadowWatch::start(shadow, group.id, options.mode);
		if (!watch)
			return watch.error();
		recording.watch_.emplace(watch.take());
		return recording;
	}

	Result<bool> pump()
	{
		Status written;
		const auto bytes = events_.read([&](std::span<const std::byte> records) {
			records_ += records.size() / sizeof(smcg_event);
			if (written)
				written = put(records);
		});
		if (!bytes)
			return bytes.error();
		if (!written)
			return written.error();
		return *bytes > 0;
	}

	uint64_t records() const { return records_; }

	// Ends the stream at the last event that the module's digest covers.
	Result<smcg_file_header> end()
	{
		if (const Status barrier = shadow_->control("barrier"); !barrier)
			return barrier.error();
		const auto status = shadow_->status();
		if (!status)
			return status.error();
		if (const Status stopped = watch_->stop(); !stopped)
			return stopped.error();
		for (;;) {
			const auto more = pump();
			if (!more)
				return more.error();
			if (!*more)
				break;
		}
		const uint64_t lost = status->number("events.tap_lost") - lost_before_;
		if (lost)
			return Error{"the module lost " + std::to_string(lost) +
				     " events on the way out: nothing was written; record less or on more CPUs"};
		smcg_file_header header = events_.header();
		const uint64_t applied = status->number("events.applied");
		header.nr_records = std::min(records_, applied ? applied : records_);
		if (header.nr_records == applied)
			header.digest = parse_hex(status->text("digest"));
		if (::ftruncate(file_.fd(), static_cast<off_t>((header.nr_records + 1) * sizeof(smcg_event))) < 0)
			return system_error("cannot cut " + file_.name());
		const ssize_t put_header = ::pwrite(file_.fd(), &header, sizeof(header), 0);
		if (put_header != sizeof(header))
			return system_error("cannot write " + file_.name());
		if (const Status committed = file_.commit(); !committed)
			return committed.error();
		return header;
	}

private:
	Recording(const Shadow &shadow, NewFile file, RecordReader events, uint64_t lost_before)
		: shadow_(&shadow), file_(std::move(file)), events_(std::move(events)), lost_before_(lost_before)
	{
	}
	Status put(std::span<const std::byte> bytes) { return write_all(file_.fd(), bytes, file_.name()); }
	static uint64_t parse_hex(std::string_view text)
	{
		if (text.starts_with("0x"))
			text.remove_prefix(2);
		uint64_t value = 0;
		std::from_chars(text.data(), text.data() + text.size(), value, 16);
		return value;
	}

	const Shadow *shadow_;
	NewFile file_;
	RecordReader events_;
	std::optional<ShadowWatch> watch_;
	uint64_t records_ = 0, lost_before_;
};

// Pumps until @over says so or a signal asks.
template <typename F> Status pump_until(Recording &recording, Progress &progress, F over)
{
	while (!stop_requested()) {
		const bool last = over();
		const auto more = recording.pump();
		if (!more)
			return more.error();
		if (last)
			return {};
		progress.show([&] { return std::to_string(recording.records()) + " events"; });
		if (!*more)
			sleep_ns(2'000'000);
	}
	return {};
}

Result<smcg_file_header> record_command(const Options &options, const Shadow &shadow)
{
	Progress progress(!options.json);
	auto group = own_group(options);
	if (!group)
		return group.error();
	auto workload = Workload::prepare(options.command, group->run_path(), options.json);
	if (!workload)
		return workload.error();
	auto recording = Recording::begin(options, shadow, group->group());
	if (!recording)
		return recording.error();
	if (const Status going = workload->go(); !going)
		return going.error();
	if (const Status done = pump_until(*recording, progress, [&] { return workload->finished().has_value(); }); !done)
		return done.error();
	return recording->end();
}

Result<smcg_file_header> record_group(const Options &options, const Shadow &shadow)
{
	Progress progress(!options.json);
	const auto group = running_group(options);
	if (!group)
		return group.error();
	auto recording = Recording::begin(options, shadow, *group);
	if (!recording)
		return recording.error();
	const uint64_t until = now_ns() + options.duration_s * second;
	if (const Status done = pump_until(*recording, progress, [&] { return now_ns() > until; }); !done)
		return done.error();
	return recording->end();
}

Result<Exit> run(Args args)
{
	const auto options = parse(args);
	if (!options)
		return options.error();
	if (const Status root = need_root(); !root)
		return root.error();
	const auto shadow = Shadow::open();
	if (!shadow)
		return shadow.error();
	const StopSignals signals;
	const auto header = options->group.empty() ? record_command(*options, *shadow) : record_group(*options, *shadow);
	if (!header)
		return header.error();
	char digest[17];
	std::snprintf(digest, sizeof(digest), "%016llx", static_cast<unsigned long long>(header->digest));
	if (options->json) {
		const nlohmann::ordered_json out = {{"schema", 1}, {"events", header->nr_records}, {"digest", digest}};
		std::printf("%s\n", out.dump().c_str());
	} else {
		std::printf("%llu events, digest of the module's decisions %s\n",
			    static_cast<unsigned long long>(header->nr_records), digest);
	}
	return Exit::good;
}

} // namespace

const Verb record_verb = {
	"record", "the event stream to a file that replays exactly",
	"usage: smcg record -o FILE [OPTION]… -- COMMAND…\n"
	"       smcg record -o FILE [OPTION]… -g GROUP\n"
	"Writes every event that the module's engine is given while COMMAND runs, or from a running GROUP,\n"
	"for 'smcg replay'.\n\n"
	"Options:\n"
	"  -o, --output FILE   appears only when it is complete\n"
	"  -g, --group GROUP   a path below /sys/fs/cgroup\n"
	"  --duration S        with -g: how long (default 10; Ctrl-C ends it earlier)\n"
	"  --set FILE=VALUE    write a cgroup file first (memory.max=64M, inner/memory.max=32M)\n"
	"  --in DIR            run COMMAND in this group inside (made if needed)\n"
	"  --mode follow|free  how the shadow lives (default follow)\n"
	"  --json              the summary as JSON; COMMAND's output goes to stderr\n\n"
	"Examples:\n"
	"  smcg record -o trace.smcg --set memory.max=64M -- sort big\n"
	"  smcg replay trace.smcg\n\n"
	"Exit status: 0, 2 wrong usage, 3 could not run or lost events: FILE is not there.\n",
	run,
};

} // namespace smcg
