// SPDX-License-Identifier: GPL-2.0
#include "cmd/compare_options.hpp"

#include "base/args.hpp"
#include "base/file.hpp"
#include "model/kinds.hpp"

#include <array>

namespace smcg {

const std::string_view compare_help =
	"usage: smcg compare [OPTION]… -- COMMAND…\n"
	"       smcg compare [OPTION]… -g GROUP\n"
	"Runs COMMAND in a group of its own, or watches a running GROUP, and judges each decision of the\n"
	"shadow against what the real memory controller did.\n\n"
	"  -g, --group GROUP       a path below /sys/fs/cgroup\n"
	"  --duration S            with -g: how long to watch (default 10; Ctrl-C ends it earlier)\n"
	"  --freeze                with -g: freeze the group while state is taken, for exact numbers\n"
	"  --set FILE=VALUE        write a cgroup file first (memory.max=64M, inner/memory.max=32M)\n"
	"  --in DIR                run COMMAND in this group inside (made if needed)\n"
	"  --min KIND=N            inconclusive unless there were N real steps of that kind\n"
	"  --max-ambiguous PCT     most of the steps that may be ambiguous (default 5)\n"
	"  --max-unjudged PCT      most of the decisions that may rest on a state not yet known (default 1)\n"
	"  --max-mismatch PCT      most of the steps that may differ (default 0)\n"
	"  --timeout S             kill COMMAND after that time\n"
	"  --ring-mb N             size of the witness's ring (default 64)\n"
	"  --mode follow|free      how the shadow lives (default follow)\n"
	"  --json                  the report as JSON; COMMAND's output goes to stderr\n"
	"  --verbose               show differences with their neighbourhood on stderr\n"
	"  --dump-mismatches FILE  write them to FILE\n\n"
	"Exit status: 0 pass, 1 fail or inconclusive, 2 wrong usage, 3 could not run.\n";

namespace {

Status parse_least(std::string_view text, Demands &demands)
{
	const auto equals = text.find('=');
	const auto kind = kind_by_name(text.substr(0, equals));
	const auto count = equals == std::string_view::npos ? std::nullopt : parse_u64(text.substr(equals + 1));
	if (!kind || !count)
		return usage_error("--min wants KIND=N, like reclaim=10, not '" + std::string(text) + "'");
	demands.least[*kind] = *count;
	return {};
}

Status check(const CompareOptions &options, const std::vector<std::string> &operands, bool duration_given)
{
	const auto wrong = [](const std::string &text) {
		return usage_error("smcg compare: " + text + "; try 'smcg compare --help'");
	};
	if (!operands.empty())
		return wrong("unexpected '" + operands.front() + "' (the command goes behind --)");
	if (options.group.empty() == options.command.empty())
		return wrong("wants either -g GROUP or -- COMMAND");
	if (options.group.empty() && (options.freeze || duration_given))
		return wrong("--freeze and --duration go with -g GROUP");
	if (!options.group.empty() && (!options.settings.empty() || !options.run_in.empty() || options.timeout_s))
		return wrong("--set, --in and --timeout go with -- COMMAND");
	if (options.mode != "follow" && options.mode != "free")
		return wrong("--mode is follow or free, not '" + options.mode + "'");
	return {};
}

} // namespace

Result<CompareOptions> parse_compare(Args args)
{
	CompareOptions options;
	bool duration_given = false;
	const auto set = [&](std::string_view text) -> Status {
		auto setting = parse_setting(text);
		if (!setting)
			return setting.error();
		options.settings.push_back(setting.take());
		return {};
	};
	const auto duration = [&](std::string_view text) -> Status {
		duration_given = true;
		return set_number("--duration", options.duration_s, 1, 1'000'000)(text);
	};
	const std::array table = {
		Option{"-g", "--group", true, set_text(options.group)},
		Option{"--set", "", true, set},
		Option{"--in", "", true, set_text(options.run_in)},
		Option{"--min", "", true, [&](std::string_view text) { return parse_least(text, options.demands); }},
		Option{"--max-ambiguous", "", true, set_percent("--max-ambiguous", options.demands.most_ambiguous)},
		Option{"--max-unjudged", "", true, set_percent("--max-unjudged", options.demands.most_unjudged)},
		Option{"--max-mismatch", "", true, set_percent("--max-mismatch", options.demands.most_mismatch)},
		Option{"--timeout", "", true, set_number("--timeout", options.timeout_s, 1, 1'000'000)},
		Option{"--duration", "", true, duration},
		Option{"--ring-mb", "", true, set_number("--ring-mb", options.ring_mb, 1, 1024)},
		Option{"--mode", "", true, set_text(options.mode)},
		Option{"--freeze", "", false, set_flag(options.freeze)},
		Option{"--json", "", false, set_flag(options.json)},
		Option{"--verbose", "-v", false, set_flag(options.verbose)},
		Option{"--dump-mismatches", "", true, set_text(options.dump)},
	};
	auto parsed = parse_args("compare", args, table);
	if (!parsed)
		return parsed.error();
	options.command = std::move(parsed->command);
	if (const Status good = check(options, parsed->operands, duration_given); !good)
		return good.error();
	if (parsed->has_command && options.command.empty())
		return usage_error("smcg compare: no command behind --; try 'smcg compare --help'");
	return options;
}

} // namespace smcg
