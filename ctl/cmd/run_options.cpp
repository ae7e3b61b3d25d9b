// SPDX-License-Identifier: GPL-2.0
#include "cmd/run_options.hpp"

#include <unistd.h>

namespace smcg {

std::vector<Option> run_options(RunOptions &options, bool or_group)
{
	const auto set = [&options](std::string_view text) -> Status {
		auto setting = parse_setting(text);
		if (!setting)
			return setting.error();
		options.settings.push_back(setting.take());
		return {};
	};
	const auto duration = [&options](std::string_view text) -> Status {
		options.duration_given = true;
		return set_number("--duration", options.duration_s, 1, 1'000'000)(text);
	};
	std::vector<Option> table = {
		Option{"--set", "", true, set},
		Option{"--in", "", true, set_text(options.run_in)},
		Option{"--json", "", false, set_flag(options.json)},
	};
	if (or_group) {
		table.push_back(Option{"-g", "--group", true, set_text(options.group)});
		table.push_back(Option{"--duration", "", true, duration});
		table.push_back(Option{"--mode", "", true, set_text(options.mode)});
	}
	return table;
}

Status parse_run(std::string_view verb, Args args, const std::vector<Option> &table, bool or_group, RunOptions &options)
{
	auto parsed = parse_args(verb, args, table);
	if (!parsed)
		return parsed.error();
	options.command = std::move(parsed->command);
	const bool in_group = !options.group.empty();
	if (!parsed->operands.empty())
		return usage_error(verb, "unexpected '" + parsed->operands.front() + "' (the command goes behind --)");
	if (parsed->has_command && (options.command.empty() || options.command.front().empty()))
		return usage_error(verb, "no command behind --");
	if (!or_group && options.command.empty())
		return usage_error(verb, "wants -- COMMAND");
	if (or_group && in_group == parsed->has_command)
		return usage_error(verb, "wants either -g GROUP or -- COMMAND");
	if (in_group && (!options.settings.empty() || !options.run_in.empty()))
		return usage_error(verb, "--set and --in go with -- COMMAND");
	if (!in_group && options.duration_given)
		return usage_error(verb, "--duration goes with -g GROUP");
	if (options.mode != "follow" && options.mode != "free")
		return usage_error(verb, "--mode is follow or free, not '" + options.mode + "'");
	return {};
}

Result<TemporaryGroup> own_group(const RunOptions &options)
{
	return TemporaryGroup::make("smcg-" + std::to_string(::getpid()), options.settings, options.run_in);
}

Result<Group> running_group(const RunOptions &options)
{
	auto group = find_group(options.group);
	if (group && am_in(*group))
		return Error{"smcg itself runs in " + group->name + " and would watch itself: run it from another group"};
	return group;
}

} // namespace smcg
