// SPDX-License-Identifier: GPL-2.0
// smcg watch, smcg unwatch - which groups the module mirrors.
#include "base/args.hpp"
#include "cmd/verbs.hpp"
#include "source/group.hpp"
#include "source/shadow.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>

namespace smcg {

namespace {

struct Options {
	std::string group, mode;
	bool json = false;
};

Result<Options> parse(std::string_view verb, Args args, bool with_mode)
{
	Options options;
	std::vector<Option> table = {Option{"--json", "", false, set_flag(options.json)},
				     Option{"-g", "--group", true, set_text(options.group)}};
	if (with_mode)
		table.push_back(Option{"--mode", "", true, set_text(options.mode)});
	auto parsed = parse_args(verb, args, table);
	if (!parsed)
		return parsed.error();
	if (options.group.empty() && parsed->operands.size() == 1)
		options.group = parsed->operands.front();
	else if (!parsed->operands.empty())
		options.group.clear();
	if (options.group.empty())
		return usage_error(verb, "wants one GROUP");
	if (parsed->has_command)
		return usage_error(verb, "takes no command");
	if (!options.mode.empty() && options.mode != "follow" && options.mode != "free")
		return usage_error(verb, "--mode is follow or free, not '" + options.mode + "'");
	return options;
}

Result<Exit> change(const Options &options, std::string_view verb)
{
	if (const Status root = need_root(); !root)
		return root.error();
	const auto group = find_group(options.group);
	if (!group)
		return group.error();
	const auto shadow = Shadow::open();
	if (!shadow)
		return shadow.error();
	std::string command = std::string(verb) + " " + std::to_string(group->id);
	if (!options.mode.empty())
		command += " " + options.mode;
	const Status done = shadow->control(command);
	if (!done && done.error().number == EEXIST)
		return Error{group->name + " is watched already: unwatch it first to begin anew"};
	if (!done && done.error().number == ENOENT && verb == "unwatch")
		return Error{group->name + " is not watched"};
	if (!done)
		return Error{"cannot " + std::string(verb) + " " + group->name + ": " + done.error().text};
	if (options.json) {
		const nlohmann::ordered_json out = {{"schema", 1}, {"group", group->name}, {"id", group->id},
						    {"watched", verb == "watch"}};
		std::printf("%s\n", out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
	} else {
		std::printf("%s %s (id %llu)\n", verb == "watch" ? "watching" : "no longer watching", group->name.c_str(),
			    static_cast<unsigned long long>(group->id));
	}
	return Exit::good;
}

Result<Exit> run_watch(Args args)
{
	const auto options = parse("watch", args, true);
	if (!options)
		return options.error();
	return change(*options, "watch");
}

Result<Exit> run_unwatch(Args args)
{
	const auto options = parse("unwatch", args, false);
	if (!options)
		return options.error();
	return change(*options, "unwatch");
}

} // namespace

const Verb watch_verb = {
	"watch", "mirror a group and all below it",
	"usage: smcg watch [OPTION]… GROUP\n"
	"Returns when the state was taken.  GROUP is a path below /sys/fs/cgroup; its mirror is in\n"
	"/sys/kernel/debug/shadow_memcg/groups.\n\n"
	"Options:\n"
	"  -g, --group GROUP   the same as GROUP\n"
	"  --mode follow|free  take over reality's outcome after each decision, or live alone (default follow)\n"
	"  --json              what was done as JSON\n\n"
	"Examples:\n"
	"  smcg watch system.slice/foo.service\n\n"
	"Exit status: 0, 2 wrong usage, 3 could not do it.\n",
	run_watch,
};

const Verb unwatch_verb = {
	"unwatch", "no longer mirror a group",
	"usage: smcg unwatch [OPTION]… GROUP\n"
	"Returns when the last decision of the group was told.\n\n"
	"Options:\n"
	"  -g, --group GROUP  the same as GROUP\n"
	"  --json             what was done as JSON\n\n"
	"Exit status: 0, 2 wrong usage, 3 could not do it.\n",
	run_unwatch,
};

} // namespace smcg
