// SPDX-License-Identifier: GPL-2.0
#include "cmd/session.hpp"

#include "base/clock.hpp"
#include "base/stop.hpp"
#include "source/real.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>

namespace smcg {

namespace {

constexpr size_t steps_at_once = 65536;
constexpr uint64_t ms = 1'000'000;
constexpr uint64_t stat_lag_ns = 5000 * ms;

// The module's counters may have started before this watch.
uint64_t since(const KeyValues &now, const KeyValues &before, const std::string &key)
{
	const uint64_t value = now.number(key), old = before.number(key);
	return value >= old ? value - old : value;
}

std::string running_kernel()
{
	utsname name{};
	return ::uname(&name) == 0 ? name.release : "";
}

} // namespace

Error interrupted()
{
	return Error{"stopped by a signal: no verdict; everything is detached within seconds"};
}

Session::Session(const CompareOptions &options, Group group, Shadow shadow, Witness witness, RecordReader decisions)
	: options_(&options), group_(std::move(group)), shadow_(std::make_unique<Shadow>(std::move(shadow))),
	  witness_(std::move(witness)), decisions_(std::move(decisions)), referee_(RefereeConfig{})
{
}

Result<Session> Session::begin(const CompareOptions &options, const Group &group)
{
	auto shadow = Shadow::open();
	if (!shadow)
		return shadow.error();
	// Also while programs are attached: code that runs is not patched under the group's feet.
	std::optional<Frozen> frozen;
	if (options.freeze) {
		auto freezing = Frozen::freeze(group);
		if (!freezing)
			return freezing.error();
		frozen.emplace(freezing.take());
	}
	auto witness = Witness::attach(options.ring_mb << 20, group.legacy);
	if (!witness)
		return witness.error();
	auto decisions = RecordReader::open(*shadow, "decisions", SMCG_RECORD_DECISIONS);
	if (!decisions)
		return decisions.error();
	Session session(options, group, shadow.take(), witness.take(), decisions.take());
	if (const Status watching = session.watch(); !watching)
		return watching.error();
	return session;
}

Status Session::watch()
{
	const bool running = !options_->group.empty();
	witness_.watch(group_.id, group_.level);
	auto watch = ShadowWatch::start(*shadow_, group_.id, options_->mode);
	begun_ns_ = now_ns();
	if (!watch)
		return watch.error();
	watch_.emplace(watch.take());
	RefereeConfig config;
	config.begin_ns = begun_ns_;
	config.examples_per_kind = options_->dump.empty() && !options_->verbose ? 0 : 16;
	auto status = shadow_->status();
	if (!status)
		return status.error();
	before_ = status.take();
	// A frozen group's tasks go on after this: both sides know all that they do then.
	if (options_->freeze)
		config.begin_tolerance_ns = now_ns() - begun_ns_;
	else if (running)
		config.begin_tolerance_ns = 100 * ms;
	referee_ = Referee(config);
	return {};
}

Result<bool> Session::pump()
{
	const std::function<void(const Step &)> real = [this](const Step &step) { referee_.real(step); };
	const std::function<void(std::span<const std::byte>)> shadow = [this](std::span<const std::byte> bytes) {
		for (; bytes.size() >= sizeof(smcg_decision); bytes = bytes.subspan(sizeof(smcg_decision))) {
			smcg_decision decision;
			std::memcpy(&decision, bytes.data(), sizeof(decision));
			referee_.shadow(step_of(decision));
		}
	};
	const size_t steps = witness_.drain(steps_at_once, real);
	const auto bytes = decisions_.read(shadow);
	if (!bytes)
		return bytes.error();
	return steps + *bytes > 0;
}

Status Session::drain()
{
	for (;;) {
		const auto more = pump();
		if (!more)
			return more.error();
		if (!*more)
			return {};
	}
}

Status Session::pump_for(uint64_t ns)
{
	const uint64_t until = now_ns() + ns;
	do {
		if (const Status done = drain(); !done)
			return done;
		sleep_ns(2 * ms);
	} while (now_ns() < until);
	return {};
}

// What the files say, and the witness of groups that have none any more.
std::vector<RealCounter> Session::real_counters(const std::vector<Group> &groups) const
{
	std::vector<RealCounter> counters = read_real(groups);
	for (const Witness::Removed &group : witness_.removed()) {
		const std::string name = "removed group " + std::to_string(group.group_id);
		counters.push_back({group.group_id, name, "memory", group.memory});
		counters.push_back({group.group_id, name, "swap", group.swap});
	}
	return counters;
}

// At rest: every event applied, the real counters unchanged around the reading of the shadow's.
Status Session::settle(uint64_t limit_ns, Report &report)
{
	const uint64_t limit = now_ns() + limit_ns;
	std::vector<RealCounter> last, real;
	ShadowCounters mirrored;
	unsigned quiet = 0;
	while (quiet < 3) {
		// With -g a signal is how watching ends; here it comes while we wait.
		if (options_->group.empty() && stop_requested())
			return interrupted();
		if (now_ns() > limit) {
			report.at_rest = false;
			break;
		}
		if (const Status done = pump_for(50 * ms); !done)
			return done;
		const auto groups = subtree(group_);
		real = real_counters(groups);
		if (const Status barrier = shadow_->control("barrier"); !barrier)
			return barrier;
		auto counters = shadow_->counters();
		if (!counters)
			return counters.error();
		mirrored = counters.take();
		quiet = real == last && real_counters(groups) == real ? quiet + 1 : 0;
		last = real;
	}
	if (report.at_rest) {
		if (const Status read = add_protection(real); !read)
			return read;
		if (const Status read = add_stats(mirrored, real); !read)
			return read;
	}
	for (const RealCounter &row : real) {
		const auto it = mirrored.find({row.group_id, row.counter});
		if (it == mirrored.end())
			report.without_shadow.push_back(row.counter + " of " + row.group);
		else
			report.drift.push_back({row.group, row.counter, row.value, it->second.usage - it->second.adopted});
	}
	return {};
}

// The kernel sums up what its CPUs hold back of memory.stat every two seconds, on some versions only then: what
// differs is read until it has done so, on both sides: what is given back to a stock by then changes these lines
// and no counter.  A line of a group that had memory before is not told by the module.
Status Session::add_stats(ShadowCounters &mirrored, std::vector<RealCounter> &real)
{
	const uint64_t limit = now_ns() + stat_lag_ns;
	const auto groups = subtree(group_);
	const std::vector<RealCounter> before = real_counters(groups);
	std::vector<RealCounter> rows;
	for (;;) {
		rows = read_stats(groups);
		std::erase_if(rows, [&](const RealCounter &row) { return !mirrored.contains({row.group_id, row.counter}); });
		const bool agree = std::ranges::all_of(rows, [&](const RealCounter &row) {
			return mirrored.at({row.group_id, row.counter}).usage == static_cast<int64_t>(row.value);
		});
		if (agree)
			break;
		if (now_ns() > limit) {
			if (real_counters(groups) != before) // something moved again meanwhile
				rows.clear();
			break;
		}
		if (const Status done = pump_for(250 * ms); !done)
			return done;
		if (const Status barrier = shadow_->control("barrier"); !barrier)
			return barrier;
		const auto now = shadow_->counters();
		if (!now)
			return now.error();
		for (const RealCounter &row : rows)
			if (const auto it = now->find({row.group_id, row.counter}); it != now->end())
				mirrored.at({row.group_id, row.counter}) = it->second;
	}
	real.insert(real.end(), rows.begin(), rows.end());
	return {};
}

// What the kernel keeps of protected memory is in no file: the witness reads it.
Status Session::add_protection(std::vector<RealCounter> &real)
{
	const auto rows = witness_.protection(group_.path);
	if (!rows)
		return rows.error();
	std::map<uint64_t, std::string> names;
	for (const Group &group : subtree(group_))
		names[group.id] = group.name;
	if (std::ranges::any_of(*rows, &Protected::stale))
		return {};
	for (const Protected &row : *rows) {
		const auto name = names.find(row.group);
		if (name == names.end())
			continue;
		real.push_back({row.group, name->second, "min_usage", row.min_usage});
		real.push_back({row.group, name->second, "low_usage", row.low_usage});
		real.push_back({row.group, name->second, "children_min_usage", row.children_min});
		real.push_back({row.group, name->second, "children_low_usage", row.children_low});
	}
	return {};
}

Result<Report> Session::end(uint64_t limit_ns, bool rest_expected)
{
	Report report;
	report.rest_expected = rest_expected;
	ended_ns_ = now_ns();
	if (::access(group_.path.c_str(), F_OK) < 0)
		return Error{"group " + group_.name + " vanished while it was watched: no verdict"};
	if (const Status settled = settle(limit_ns, report); !settled)
		return settled.error();
	// What happens from here on may reach one side only.
	const uint64_t end_ns = now_ns();
	if (const Status barrier = shadow_->control("barrier"); !barrier)
		return barrier.error();
	const auto status = shadow_->status(); // it goes with the last watch
	if (!status)
		return status.error();
	witness_.stop();
	if (const Status stopped = watch_->stop(); !stopped)
		return stopped.error();
	if (const Status drained = drain(); !drained)
		return drained.error();
	referee_.finish(end_ns);
	fill(*status, report);
	return report;
}

void Session::fill(const KeyValues &status, Report &report) const
{
	report.kernel = running_kernel();
	report.profile = shadow_->version().profile;
	report.mode = options_->mode;
	report.events_applied = since(status, before_, "events.applied");
	report.events_lost = since(status, before_, "events.lost");
	report.decisions_lost = since(status, before_, "decisions.lost");
	report.adopted = since(status, before_, "adopted");
	report.resyncs = since(status, before_, "resyncs");
	report.unexplained = since(status, before_, "unexplained");
	report.engine_errors = since(status, before_, "errors");
	report.hooks_missed = since(status, before_, "missed");
	report.tally = referee_.tally();
	report.witness = witness_.misses();
	report.differences = referee_.differences();
	report.seconds = static_cast<double>(ended_ns_ - begun_ns_) / 1e9;
	report.overhead.feeder_cpu_ns = since(status, before_, "feeder.cpu_ns");
	report.overhead.pool_bytes = status.number("pool.bytes");
	if (report.seconds > 0)
		report.overhead.events_per_s =
			static_cast<uint64_t>(static_cast<double>(report.events_applied) / report.seconds);
}

} // namespace smcg
