// SPDX-License-Identifier: GPL-2.0
#include "source/real.hpp"

#include "base/file.hpp"
#include "source/shadow.hpp"

#include <array>

namespace smcg {

namespace {

constexpr uint64_t page_size = 4096;

struct PageFile {
	const char *file, *counter;
};
constexpr std::array page_files = {PageFile{"memory.current", "memory"}, PageFile{"memory.swap.current", "swap"}};

struct EventFile {
	const char *file, *prefix;
	std::array<const char *, 6> keys;
};
constexpr std::array event_files = {
	EventFile{"memory.events", "events.", {"low", "high", "max", "oom", "oom_kill", "oom_group_kill"}},
	EventFile{"memory.events.local", "events.local.", {"low", "high", "max", "oom", "oom_kill", "oom_group_kill"}},
	EventFile{"memory.swap.events", "swap.events.", {"high", "max", "fail"}},
};

} // namespace

std::vector<RealCounter> read_real(const std::vector<Group> &groups)
{
	std::vector<RealCounter> counters;
	for (const Group &group : groups) {
		for (const PageFile &file : page_files) {
			const auto text = read_file(group.path + "/" + file.file);
			const auto bytes = text ? parse_u64(trimmed(*text)) : std::nullopt;
			if (bytes)
				counters.push_back({group.id, group.name, file.counter, *bytes / page_size});
		}
		for (const EventFile &file : event_files) {
			const auto text = read_file(group.path + "/" + file.file);
			if (!text)
				continue;
			const KeyValues values = KeyValues::parse(*text);
			for (const char *key : file.keys)
				if (key && !values.text(key).empty())
					counters.push_back({group.id, group.name, std::string(file.prefix) + key,
							    values.number(key)});
		}
	}
	return counters;
}

} // namespace smcg
