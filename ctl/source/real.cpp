// SPDX-License-Identifier: GPL-2.0
#include "source/real.hpp"

#include "base/file.hpp"
#include "source/shadow.hpp"

#include <unistd.h>

#include <array>
#include <span>

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
// cgroup v1.  What each saw at most and how often it was over races without locks: exact on one CPU.
constexpr std::array legacy_page_files = {
	PageFile{"memory.usage_in_bytes", "memory"},
	PageFile{"memory.memsw.usage_in_bytes", "memsw"},
	PageFile{"memory.kmem.usage_in_bytes", "kmem"},
	PageFile{"memory.kmem.tcp.usage_in_bytes", "tcpmem"},
};
constexpr std::array legacy_one_cpu_files = {
	PageFile{"memory.max_usage_in_bytes", "memory.most"},
	PageFile{"memory.memsw.max_usage_in_bytes", "memsw.most"},
};
constexpr std::array legacy_count_files = {
	PageFile{"memory.failcnt", "memory.failcnt"},
	PageFile{"memory.memsw.failcnt", "memsw.failcnt"},
};

constexpr std::array event_files = {
	EventFile{"memory.events", "events.", {"low", "high", "max", "oom", "oom_kill", "oom_group_kill"}},
	EventFile{"memory.events.local", "events.local.", {"low", "high", "max", "oom", "oom_kill", "oom_group_kill"}},
	EventFile{"memory.swap.events", "swap.events.", {"high", "max", "fail"}},
};

// Lines of memory.stat: of the group and all below it on v2, in bytes; of the group alone on v1.
constexpr std::array stat_lines = {"kernel", "sock"};
constexpr std::array legacy_stat_lines = {"pgpgin", "pgpgout"};

void add_lines(const Group &group, std::span<const char *const> lines, uint64_t unit, std::vector<RealCounter> &counters)
{
	const auto text = read_file(group.path + "/memory.stat");
	if (!text)
		return;
	const KeyValues values = KeyValues::parse(*text);
	for (const char *line : lines)
		if (!values.text(line).empty())
			counters.push_back({group.id, group.name, std::string("stat.") + line, values.number(line) / unit});
}

void read_numbers(const Group &group, std::span<const PageFile> files, uint64_t unit, std::vector<RealCounter> &counters)
{
	for (const PageFile &file : files) {
		const auto text = read_file(group.path + "/" + file.file);
		const auto number = text ? parse_u64(trimmed(*text)) : std::nullopt;
		if (number)
			counters.push_back({group.id, group.name, file.counter, *number / unit});
	}
}

void read_legacy(const Group &group, std::vector<RealCounter> &counters)
{
	if (group.level == 0) // its files are made up of statistics
		return;
	read_numbers(group, legacy_page_files, page_size, counters);
	const auto text = read_file(group.path + "/memory.oom_control");
	if (text)
		counters.push_back({group.id, group.name, "events.oom_kill", KeyValues::parse(*text).number("oom_kill")});
	if (::sysconf(_SC_NPROCESSORS_ONLN) != 1)
		return;
	read_numbers(group, legacy_one_cpu_files, page_size, counters);
	read_numbers(group, legacy_count_files, 1, counters);
}

} // namespace

std::vector<RealCounter> read_real(const std::vector<Group> &groups)
{
	std::vector<RealCounter> counters;
	for (const Group &group : groups) {
		if (group.legacy) {
			read_legacy(group, counters);
			continue;
		}
		read_numbers(group, page_files, page_size, counters);
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

std::vector<RealCounter> read_stats(const std::vector<Group> &groups)
{
	std::vector<RealCounter> counters;
	for (const Group &group : groups) {
		if (group.level == 0)
			continue;
		// Reading this one makes some kernels sum up what their CPUs hold back, of memory.stat as well.
		(void)read_file(group.path + "/cpu.stat");
		if (group.legacy)
			add_lines(group, legacy_stat_lines, 1, counters);
		else
			add_lines(group, stat_lines, page_size, counters);
	}
	return counters;
}

} // namespace smcg
