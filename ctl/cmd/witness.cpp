// SPDX-License-Identifier: GPL-2.0
// smcg witness - the witness alone: what the real controller did while a command ran.
#include "base/clock.hpp"
#include "base/progress.hpp"
#include "base/stop.hpp"
#include "cmd/run_options.hpp"
#include "model/kinds.hpp"
#include "source/workload.hpp"
#include "witness/witness.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <optional>

namespace smcg {

namespace {

struct Options : RunOptions {
	uint64_t ring_mb = 64;
	bool print = false;
};

Result<Options> parse(Args args)
{
	Options options;
	std::vector<Option> table = run_options(options, false);
	table.push_back(Option{"--ring-mb", "", true, set_number("--ring-mb", options.ring_mb, 1, 1024)});
	table.push_back(Option{"--print", "", false, set_flag(options.print)});
	if (const Status good = parse_run("witness", args, table, false, options); !good)
		return good.error();
	return options;
}

struct Counts {
	std::array<uint64_t, nr_kinds> kinds{};
	std::array<uint64_t, SMCG_CTX_NR> contexts{};
	uint64_t total = 0;
};

void print_text(const Counts &counts, const WitnessMisses &misses, double attach_s, double run_s)
{
	for (unsigned kind = 1; kind < nr_kinds; kind++)
		std::printf("%-14s %10llu\n", std::string(kind_name(kind)).c_str(),
			    static_cast<unsigned long long>(counts.kinds[kind]));
	for (unsigned ctx = 0; ctx < SMCG_CTX_NR; ctx++)
		std::printf("in %-11s %10llu\n", std::string(context_name(ctx)).c_str(),
			    static_cast<unsigned long long>(counts.contexts[ctx]));
	std::printf("missed %llu (recursion %llu, ring full %llu, frames %llu, broken %llu), taken over %llu\n",
		    static_cast<unsigned long long>(misses.total()), static_cast<unsigned long long>(misses.recursion),
		    static_cast<unsigned long long>(misses.no_room), static_cast<unsigned long long>(misses.no_slot),
		    static_cast<unsigned long long>(misses.broken), static_cast<unsigned long long>(misses.covered));
	for (const std::string &where : misses.where)
		std::printf("  %s\n", where.c_str());
	std::printf("%llu steps in %.1f s; attaching took %.1f s\n", static_cast<unsigned long long>(counts.total), run_s,
		    attach_s);
}

void print_json(const Counts &counts, const WitnessMisses &misses)
{
	nlohmann::ordered_json out;
	out["schema"] = 1;
	for (unsigned kind = 1; kind < nr_kinds; kind++)
		out["kinds"].push_back({{"kind", kind_name(kind)}, {"real", counts.kinds[kind]}});
	out["witness"] = {{"missed", misses.total()}, {"taken_over", misses.covered}, {"no_room", misses.no_room}};
	std::printf("%s\n", out.dump().c_str());
}

void print_step(const Step &step)
{
	std::printf("%llu %u %s/%u cpu%u %s\n", static_cast<unsigned long long>(step.time), step.tid,
		    std::string(context_name(step.ctx)).c_str(), step.ctx, step.cpu, describe(step).c_str());
}

Result<Exit> run(Args args)
{
	auto options = parse(args);
	if (!options)
		return options.error();
	if (const Status root = need_root(); !root)
		return root.error();
	const StopSignals signals;
	Progress progress(!options->json && !options->print);
	auto group = own_group(*options);
	if (!group)
		return group.error();
	progress.say("attaching the witness");
	const uint64_t start = now_ns();
	auto witness = Witness::attach(options->ring_mb << 20, group->group().legacy);
	if (!witness)
		return witness.error();
	const uint64_t attached = now_ns();
	auto workload = Workload::prepare(options->command, group->run_path(), options->json);
	if (!workload)
		return workload.error();
	witness->watch(group->group().id, group->group().level);
	if (const Status going = workload->go(); !going)
		return going.error();

	Counts counts;
	const std::function<void(const Step &)> take = [&](const Step &step) {
		counts.kinds[step.kind < nr_kinds ? step.kind : 0]++;
		counts.contexts[step.ctx & 3]++;
		counts.total++;
		if (options->print)
			print_step(step);
	};
	bool over = false;
	while (!over) {
		// Nobody reads what is printed any more: then the run is over, too.
		over = workload->finished().has_value() || stop_requested() || std::ferror(stdout);
		if (over)
			sleep_ns(300'000'000); // what is freed behind its back
		while (witness->drain(65536, take))
			;
		progress.show([&] { return std::to_string(counts.total) + " steps"; });
		if (!over)
			sleep_ns(2'000'000);
	}
	witness->stop();
	while (witness->drain(65536, take))
		;
	const WitnessMisses misses = witness->misses();
	witness->detach();
	progress.clear();
	if (options->json)
		print_json(counts, misses);
	else
		print_text(counts, misses, static_cast<double>(attached - start) / 1e9,
			   static_cast<double>(now_ns() - attached) / 1e9);
	return misses.total() ? Exit::bad_verdict : Exit::good;
}

} // namespace

const Verb witness_verb = {
	"witness", "what the real controller does while a command runs, without the module",
	"usage: smcg witness [OPTION]… -- COMMAND…\n"
	"Runs COMMAND in a group of its own and counts the steps of the real memory controller.\n\n"
	"Options:\n"
	"  --set FILE=VALUE  write a cgroup file first (memory.max=64M, inner/memory.max=32M)\n"
	"  --in DIR          run COMMAND in this group inside (made if needed)\n"
	"  --ring-mb N       size of the ring between kernel and tool (default 64)\n"
	"  --print           print each step\n"
	"  --json            counts as JSON; COMMAND's output goes to stderr\n\n"
	"Examples:\n"
	"  smcg witness --set memory.max=64M -- sort big\n\n"
	"Exit status: 0, 1 steps were missed, 2 wrong usage, 3 could not run.\n",
	run,
};

} // namespace smcg
