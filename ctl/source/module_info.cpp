// SPDX-License-Identifier: GPL-2.0
#include "source/module_info.hpp"

#include "base/file.hpp"

#include <sstream>

namespace smcg {

std::vector<Hook> parse_hooks(std::string_view text)
{
	std::vector<Hook> hooks;
	std::istringstream lines{std::string(text)};
	for (std::string line; std::getline(lines, line);) {
		std::istringstream words(line);
		Hook hook;
		if (!(words >> hook.name >> hook.symbol))
			continue;
		// Between symbol and need there may be how it is hooked.
		while (words >> hook.need && hook.need != "required" && hook.need != "optional")
			hook.how = hook.need;
		std::getline(words, hook.state);
		hook.state = trimmed(hook.state);
		hooks.push_back(std::move(hook));
	}
	return hooks;
}

std::vector<Dying> parse_dying(std::string_view text)
{
	std::vector<Dying> groups;
	std::istringstream lines{std::string(text)};
	for (std::string line; std::getline(lines, line);) {
		std::istringstream words(line);
		Dying group;
		if (!(words >> group.id))
			continue;
		std::string name;
		for (uint64_t value = 0; words >> name >> value;)
			group.has.emplace_back(name, value);
		groups.push_back(std::move(group));
	}
	return groups;
}

Result<ModuleInfo> read_module(const Shadow &shadow)
{
	ModuleInfo info;
	info.version = shadow.version();
	auto status = shadow.status();
	if (!status)
		return status.error();
	info.status = status.take();
	auto counters = shadow.counters();
	if (!counters)
		return counters.error();
	info.counters = counters.take();
	const auto dying = read_file(shadow.directory() + "/dying");
	if (!dying)
		return dying.error();
	info.dying = parse_dying(*dying);
	const auto hooks = read_file(shadow.directory() + "/hooks");
	if (!hooks)
		return hooks.error();
	info.hooks = parse_hooks(*hooks);
	return info;
}

} // namespace smcg
