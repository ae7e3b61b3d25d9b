// SPDX-License-Identifier: GPL-2.0
#include "cmd/compare_options.hpp"

#include "base/args.hpp"
#include "base/file.hpp"
#include "model/kinds.hpp"

#include <functional>

namespace smcg {

const std::string_view compare_help =
	"usage: smcg compare [OPTION]… -- COMMAND…\n"
	"       smcg compare [OPTION]… -g GROUP\n"
	"Runs COMMAND in a group of its own, or watches a running GROUP, and judges each decision of the\n"
	"shadow against what the real memory controller did.\n\n"
	"Options:\n"
	"  -g, --group GROUP       a path below /sys/fs/cgroup\n"
	"  --duration S            with -g: how long to watch (default 10; Ctrl-C ends it earlier)\n"
	"  --freeze                with -g: freeze the group while state is taken, for exact numbers\n"
	"  --set FILE=VALUE        write a cgroup file first (memory.max=64M, inner/memory.max=32M)\n"
	"  --in DIR                run COMMAND in this group inside (made if needed)\n"
	"  --min KIND=N            inconclusive unless there were N real steps of that kind\n"
	"  --max-ambiguous PCT     most steps of a kind, rare kinds together, that may be ambiguous (default 5)\n"
	"  --max-unjudged PCT      most of the decisions that may rest on a state not yet known (default 1)\n"
	"  --max-mismatch PCT      most of the steps that may differ (default 0)\n"
	"  --timeout S             kill COMMAND after that time\n"
	"  --ring-mb N             size of the witness's ring (default 64)\n"
	"  --mode follow|free      how the shadow lives (default follow)\n"
	"  --json                  the report as JSON; COMMAND's output goes to stderr\n"
	"  -v, --verbose           show differences with their neighbourhood on stderr\n"
	"  --dump-mismatches FILE  write them to FILE\n\n"
	"Examples:\n"
	"  smcg compare --set memory.max=256M -- make -j8\n"
	"  smcg compare -g system.slice/foo.service --freeze --duration 30\n"
	"  smcg compare --json --min reclaim=10 --set memory.max=64M -- sort big | jq .verdict\n\n"
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

} // namespace

Result<CompareOptions> parse_compare(Args args)
{
	CompareOptions options;
	std::vector<Option> table = run_options(options, true);
	const auto add = [&](std::string_view name, bool takes_value, std::function<Status(std::string_view)> apply,
			     std::string_view alias = "") {
		table.push_back(Option{name, alias, takes_value, std::move(apply)});
	};
	add("--min", true, [&](std::string_view text) { return parse_least(text, options.demands); });
	add("--max-ambiguous", true, set_percent("--max-ambiguous", options.demands.most_ambiguous));
	add("--max-unjudged", true, set_percent("--max-unjudged", options.demands.most_unjudged));
	add("--max-mismatch", true, set_percent("--max-mismatch", options.demands.most_mismatch));
	add("--timeout", true, set_number("--timeout", options.timeout_s, 1, 1'000'000));
	add("--ring-mb", true, set_number("--ring-mb", options.ring_mb, 1, 1024));
	add("--freeze", false, set_flag(options.freeze));
	add("--verbose", false, set_flag(options.verbose), "-v");
	add("--dump-mismatches", true, set_text(options.dump));
	if (const Status good = parse_run("compare", args, table, true, options); !good)
		return good.error();
	if (options.group.empty() && options.freeze)
		return usage_error("compare", "--freeze goes with -g GROUP");
	if (!options.group.empty() && options.timeout_s)
		return usage_error("compare", "--timeout goes with -- COMMAND");
	return options;
}

} // namespace smcg
