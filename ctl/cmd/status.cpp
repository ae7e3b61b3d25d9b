// SPDX-License-Identifier: GPL-2.0
// smcg status - what is mirrored, what was lost, what it costs.
#include "base/args.hpp"
#include "base/file.hpp"
#include "cmd/verbs.hpp"
#include "source/module_info.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>

namespace smcg {

namespace {

using json = nlohmann::ordered_json;

// Numbers as numbers, everything else as text.
json value_of(const std::string &text)
{
	const auto number = parse_u64(text);
	return number ? json(*number) : json(text);
}

void print_text(const ModuleInfo &info)
{
	std::printf("module       ABI %llu, schema %llu, profile %s, mode %s, clock %s\n",
		    static_cast<unsigned long long>(info.version.abi), static_cast<unsigned long long>(info.version.schema),
		    info.version.profile.c_str(), info.version.mode.c_str(), info.version.clock.c_str());
	for (const auto &[key, value] : info.status.all())
		std::printf("%-20s %s\n", key.c_str(), value.c_str());
	std::printf("\ncounters of watched groups (usage, of it adopted)\n");
	for (const auto &[key, counter] : info.counters)
		std::printf("%10llu %-18s %12lld %8lld\n", static_cast<unsigned long long>(key.first), key.second.c_str(),
			    static_cast<long long>(counter.usage), static_cast<long long>(counter.adopted));
	std::printf("\nremoved groups that are still there (pages; frames, swap, stocked and children keep them)\n");
	for (const Dying &group : info.dying) {
		std::printf("%10llu", static_cast<unsigned long long>(group.id));
		for (const auto &[name, value] : group.has)
			std::printf("  %s %llu", name.c_str(), static_cast<unsigned long long>(value));
		std::printf("\n");
	}
	std::printf("\nhooks\n");
	for (const Hook &hook : info.hooks)
		std::printf("  %-24s %-32s %-10s %-9s %s\n", hook.name.c_str(), hook.symbol.c_str(), hook.how.c_str(),
			    hook.need.c_str(), hook.state.c_str());
}

void print_json(const ModuleInfo &info)
{
	json out;
	out["schema"] = 1;
	out["version"] = {{"abi", info.version.abi}, {"schema", info.version.schema}, {"profile", info.version.profile},
			  {"mode", info.version.mode}, {"clock", info.version.clock}};
	out["status"] = json::object();
	for (const auto &[key, value] : info.status.all())
		out["status"][key] = value_of(value);
	out["counters"] = json::array();
	for (const auto &[key, counter] : info.counters)
		out["counters"].push_back({{"id", key.first}, {"counter", key.second}, {"usage", counter.usage},
					   {"adopted", counter.adopted}});
	out["dying"] = json::array();
	for (const Dying &group : info.dying) {
		json row = {{"id", group.id}};
		for (const auto &[name, value] : group.has)
			row[name] = value;
		out["dying"].push_back(std::move(row));
	}
	out["hooks"] = json::array();
	for (const Hook &hook : info.hooks)
		out["hooks"].push_back({{"name", hook.name}, {"symbol", hook.symbol}, {"how", hook.how}, {"need", hook.need},
					{"state", hook.state}});
	std::printf("%s\n", out.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
}

Result<Exit> run(Args args)
{
	bool as_json = false;
	const std::array table = {Option{"--json", "", false, set_flag(as_json)}};
	const auto parsed = parse_args("status", args, table);
	if (!parsed)
		return parsed.error();
	if (!parsed->operands.empty() || parsed->has_command)
		return usage_error("status", "takes no operand");
	if (const Status root = need_root(); !root)
		return root.error();
	const auto shadow = Shadow::open();
	if (!shadow)
		return shadow.error();
	const auto info = read_module(*shadow);
	if (!info)
		return info.error();
	if (as_json)
		print_json(*info);
	else
		print_text(*info);
	return Exit::good;
}

} // namespace

const Verb status_verb = {
	"status", "what is mirrored, what was lost, what it costs",
	"usage: smcg status [--json]\n"
	"Shows the module's version, its counts (events, losses, decisions, memory, own CPU time), the counters of\n"
	"watched groups, what keeps those that were removed, and its hooks.\n\n"
	"Options:\n"
	"  --json  as JSON\n\n"
	"Exit status: 0, 2 wrong usage, 3 could not look.\n",
	run,
};

} // namespace smcg
