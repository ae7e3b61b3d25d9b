// SPDX-License-Identifier: GPL-2.0
// smcg replay - the engine in user space over a recorded stream.
#include "base/args.hpp"
#include "base/progress.hpp"
#include "cmd/replay_profile.hpp"
#include "cmd/replay_world.hpp"
#include "cmd/verbs.hpp"
#include "model/kinds.hpp"
#include "source/event_file.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>

namespace smcg {

namespace {

using ull = unsigned long long;

struct Options {
	std::string file;
	std::optional<smcg_profile> profile;	// of another kernel
	bool digest = false, json = false, print = false;
};

Result<Options> parse(Args args)
{
	Options options;
	const std::array table = {Option{"--digest", "", false, set_flag(options.digest)},
				  Option{"--json", "", false, set_flag(options.json)},
				  Option{"--print", "", false, set_flag(options.print)},
				  Option{"--profile", "", true, set_profile(options.profile)}};
	const auto parsed = parse_args("replay", args, table);
	if (!parsed)
		return parsed.error();
	if (parsed->operands.size() != 1 || parsed->has_command)
		return usage_error("replay", "wants one FILE");
	options.file = parsed->operands.front();
	return options;
}

std::string hex(uint64_t value)
{
	char text[17];
	std::snprintf(text, sizeof(text), "%016llx", static_cast<ull>(value));
	return text;
}

void print_decision(const smcg_decision &decision)
{
	std::printf("%llu %llu %u %s cpu%u %s\n", static_cast<ull>(decision.seq), static_cast<ull>(decision.time), decision.tid,
		    std::string(context_name(decision.ctx)).c_str(), decision.cpu, describe(step_of(decision)).c_str());
}

void summarize(const Options &options, const WorldStats &stats, const std::array<uint64_t, nr_kinds> &kinds,
	       uint64_t recorded)
{
	if (options.json) {
		nlohmann::ordered_json out = {{"schema", 1},
					      {"events", stats.events},
					      {"decisions", stats.decisions},
					      {"adopted", stats.adopted},
					      {"ambiguous", stats.ambiguous},
					      {"unexplained", stats.unexplained},
					      {"resyncs", stats.resyncs},
					      {"lost", stats.lost},
					      {"errors", stats.errors},
					      {"digest", hex(stats.digest)},
					      {"recorded_digest", recorded ? nlohmann::ordered_json(hex(recorded)) : nullptr}};
		for (unsigned kind = 1; kind < nr_kinds; kind++)
			out["kinds"].push_back({{"kind", kind_name(kind)}, {"shadow", kinds[kind]}});
		std::printf("%s\n", out.dump().c_str());
		return;
	}
	if (options.digest) {
		std::printf("%s\n", hex(stats.digest).c_str());
		return;
	}
	for (unsigned kind = 1; kind < nr_kinds; kind++)
		if (kinds[kind])
			std::printf("%-14s %10llu\n", std::string(kind_name(kind)).c_str(), static_cast<ull>(kinds[kind]));
	std::printf("%llu events, %llu decisions, %llu adopted, %llu ambiguous, %llu unexplained, %llu errors\n",
		    static_cast<ull>(stats.events), static_cast<ull>(stats.decisions), static_cast<ull>(stats.adopted),
		    static_cast<ull>(stats.ambiguous), static_cast<ull>(stats.unexplained), static_cast<ull>(stats.errors));
	std::printf("digest       %s%s\n", hex(stats.digest).c_str(),
		    !recorded			? "" :
		    recorded == stats.digest ? ", as the module's" :
						  (", but the module had " + hex(recorded)).c_str());
}

// Hands every event of the file to @each.
template <typename Each> Status read_all(EventFile &file, bool quiet, Each each)
{
	uint64_t done = 0;
	Progress progress(!quiet);
	for (;;) {
		const auto events = file.read();
		if (!events)
			return events.error();
		if (events->empty() || std::ferror(stdout))
			break;
		done += events->size();
		progress.show([&] { return std::to_string(done) + " of " + std::to_string(file.records()) + " events"; });
		for (const smcg_event &event : *events)
			each(event);
	}
	progress.clear();
	return {};
}

// "What would that kernel have done with this workload?"
Result<Exit> run_profile(const Options &options, EventFile &file)
{
	auto both = TwoProfiles::create(file.header(), *options.profile);
	if (!both)
		return Error{options.file + ": " + both.error().text};
	const auto read = read_all(file, options.print, [&](const smcg_event &event) {
		both->apply(event, [&](const smcg_decision &decision) {
			if (options.print)
				print_decision(decision);
		});
	});
	if (!read)
		return read.error();
	if (options.digest)
		std::printf("%s\n", hex(both->digest()).c_str());
	else
		std::printf("%s\n", (options.json ? both->json() : both->text()).c_str());
	return Exit::good;
}

Result<Exit> run(Args args)
{
	const auto options = parse(args);
	if (!options)
		return options.error();
	auto file = EventFile::open(options->file);
	if (!file)
		return file.error();
	if (options->profile)
		return run_profile(*options, *file);
	const auto &header = file->header();
	const auto world = World::create(header, {static_cast<smcg_profile>(header.profile), static_cast<smcg_mode>(header.mode)});
	if (!world)
		return Error{options->file + ": " + world.error().text};
	std::array<uint64_t, nr_kinds> kinds{};
	const auto read = read_all(*file, options->print, [&](const smcg_event &event) {
		world->apply(event, [&](const smcg_decision &decision) {
			kinds[decision.kind < nr_kinds ? decision.kind : 0]++;
			if (options->print)
				print_decision(decision);
		});
	});
	if (!read)
		return read.error();
	WorldStats stats{};
	smcg_world_stats(world->get(), &stats);
	const uint64_t recorded = file->header().digest;
	summarize(*options, stats, kinds, recorded);
	return recorded && recorded != stats.digest ? Exit::bad_verdict : Exit::good;
}

} // namespace

const Verb replay_verb = {
	"replay", "the engine in user space over a recorded stream",
	"usage: smcg replay [OPTION]… FILE\n"
	"Decides every event of a recorded stream again and compares the digest of the decisions with the\n"
	"module's.  Needs neither root nor the module.\n\n"
	"With --profile: what would another kernel have decided about this workload?  The causes in the stream\n"
	"(charges, frees, limits, objects) drive two worlds that live with their own decisions, one by the rules\n"
	"of the stream's kernel and one by those of PROFILE; the summary compares them.\n\n"
	"Options:\n"
	"  --digest           print the digest of all decisions only\n"
	"  --print            print each decision\n"
	"  --profile PROFILE  also decide by the rules of another kernel: 4.18, 5.10, 6.1, 6.12\n"
	"  --json             the summary as JSON\n\n"
	"Examples:\n"
	"  smcg replay --digest trace.smcg\n"
	"  smcg replay --profile 4.18 trace.smcg\n\n"
	"Exit status: 0, 1 the digest is not the recorded one, 2 wrong usage, 3 no good FILE.\n",
	run,
};

} // namespace smcg
