// SPDX-License-Identifier: GPL-2.0
// smcg replay - the engine in user space over a recorded stream.
#include "base/args.hpp"
#include "base/progress.hpp"
#include "cmd/verbs.hpp"
#include "model/kinds.hpp"
#include "source/event_file.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>

extern "C" {
#include "engine/engine.h"
}

namespace smcg {

namespace {

using ull = unsigned long long;

using WorldStats = struct smcg_world_stats; // the function has the same name

constexpr size_t frame_room = 64;	// bytes of pool per frame

void *take(void *, size_t bytes)
{
	return std::calloc(1, bytes);
}

void give(void *, void *memory, size_t)
{
	std::free(memory);
}

struct FreeDeleter {
	void operator()(void *memory) const { std::free(memory); }
};

// A world over memory of its own, laid out like the module's.
class World {
public:
	static Result<World> create(const smcg_file_header &header)
	{
		World world;
		const uint64_t frames = header.frames_per_node ? header.frames_per_node : 1u << 16;
		if (frames > (1ull << 32) / frame_room / header.nr_nodes)
			return Error{"its header asks for " + std::to_string(frames) + " frames on each of " +
				     std::to_string(header.nr_nodes) + " nodes, more than 4 GiB of pool"};
		for (uint32_t node = 0; node < header.nr_nodes; node++) {
			const uint64_t bytes = frames * frame_room;
			world.memory_.emplace_back(std::aligned_alloc(64, bytes));
			if (!world.memory_.back())
				return Error{"no memory for the pool: " + std::to_string(bytes) + " bytes a node"};
			world.regions_->push_back(smcg_region{world.memory_.back().get(), bytes, node});
		}
		smcg_world_config config{};
		config.alloc = smcg_alloc{take, give, nullptr};
		config.profile = static_cast<smcg_profile>(header.profile);
		config.mode = static_cast<smcg_mode>(header.mode);
		config.nr_cpus = header.nr_cpus;
		config.nr_nodes = header.nr_nodes;
		config.nr_regions = static_cast<uint32_t>(world.regions_->size());
		config.regions = world.regions_->data();
		smcg_world *made = nullptr;
		if (const int fault = smcg_world_create(&config, &made))
			return system_error("the engine refuses this world", -fault);
		world.world_.reset(made);
		return world;
	}

	smcg_world *get() const { return world_.get(); }

private:
	struct WorldDeleter {
		void operator()(smcg_world *world) const { smcg_world_destroy(world); }
	};
	World() : regions_(std::make_unique<std::vector<smcg_region>>()) {}

	// Destroyed in reverse: the world before its memory.
	std::vector<std::unique_ptr<void, FreeDeleter>> memory_;
	std::unique_ptr<std::vector<smcg_region>> regions_;
	std::unique_ptr<smcg_world, WorldDeleter> world_;
};

struct Options {
	std::string file;
	bool digest = false, json = false, print = false;
};

Result<Options> parse(Args args)
{
	Options options;
	const std::array table = {Option{"--digest", "", false, set_flag(options.digest)},
				  Option{"--json", "", false, set_flag(options.json)},
				  Option{"--print", "", false, set_flag(options.print)}};
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

Result<Exit> run(Args args)
{
	const auto options = parse(args);
	if (!options)
		return options.error();
	auto file = EventFile::open(options->file);
	if (!file)
		return file.error();
	const auto world = World::create(file->header());
	if (!world)
		return Error{options->file + ": " + world.error().text};
	std::array<uint64_t, nr_kinds> kinds{};
	std::array<smcg_decision, SMCG_APPLY_MAX> decisions;
	uint64_t done = 0;
	Progress progress(!options->print);
	for (;;) {
		const auto events = file->read();
		if (!events)
			return events.error();
		if (events->empty() || std::ferror(stdout))
			break;
		done += events->size();
		progress.show([&] { return std::to_string(done) + " of " + std::to_string(file->records()) + " events"; });
		for (const smcg_event &event : *events) {
			unsigned made = smcg_world_apply(world->get(), &event, decisions.data());
			for (;;) {
				for (const smcg_decision &decision : std::span(decisions.data(), made)) {
					kinds[decision.kind < nr_kinds ? decision.kind : 0]++;
					if (options->print)
						print_decision(decision);
				}
				if (made < decisions.size())
					break;
				made = smcg_world_apply(world->get(), nullptr, decisions.data());
			}
		}
	}
	progress.clear();
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
	"Options:\n"
	"  --digest  print the digest of all decisions only\n"
	"  --print   print each decision\n"
	"  --json    the summary as JSON\n\n"
	"Examples:\n"
	"  smcg replay --digest trace.smcg\n\n"
	"Exit status: 0, 1 the digest is not the recorded one, 2 wrong usage, 3 no good FILE.\n",
	run,
};

} // namespace smcg
