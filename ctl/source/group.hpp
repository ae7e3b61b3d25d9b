// SPDX-License-Identifier: GPL-2.0
// group.hpp - control groups of the running kernel: naming, reading, making, removing.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smcg {

inline constexpr std::string_view cgroup_root = "/sys/fs/cgroup";

struct Group {
	std::string path;	// absolute
	std::string name;	// from the root of the hierarchy: "/app/db", or "/"
	uint64_t id = 0;	// inode number of the directory
	unsigned level = 0;	// 0 is the root
	bool legacy = false;	// of a cgroup v1 hierarchy
};

// Where the memory controller's groups are.
struct Hierarchy {
	std::string root;
	bool legacy;	// cgroup v1
};

// cgroup v2 at /sys/fs/cgroup, or v1's memory hierarchy at /sys/fs/cgroup/memory.
Result<Hierarchy> memory_hierarchy();

// @text: absolute below /sys/fs/cgroup, or relative to it, with or without a leading slash.
Result<Group> find_group(std::string_view text);

// The group and all below it, parents first.
std::vector<Group> subtree(const Group &group);

// Whether the calling process is in the group or below it.
bool am_in(const Group &group);

// Kills every process in the group at @path and below it.  Those that fork meanwhile may leave some.
void kill_all(const std::string &path);

// A group that is frozen until its owner goes (cgroup v2 only).
class Frozen {
public:
	// Waits until every task in it stands still (at most ten seconds).
	static Result<Frozen> freeze(const Group &group);
	Frozen(Frozen &&other) noexcept : path_(std::exchange(other.path_, {})) {}
	Frozen &operator=(Frozen &&) = delete;
	~Frozen();

private:
	explicit Frozen(std::string path) : path_(std::move(path)) {}
	std::string path_;
};

// "FILE=VALUE": a cgroup file, possibly below a directory of its own.
struct Setting {
	std::string directory;	// relative, "" for the group itself
	std::string file;
	std::string value;
};

Result<Setting> parse_setting(std::string_view text);

// A tree of groups that is removed with everything in it when its owner goes.
class TemporaryGroup {
public:
	// Makes NAME at the top of the hierarchy and the directories that settings and @run_in name, then writes the settings.
	static Result<TemporaryGroup> make(const std::string &name, const std::vector<Setting> &settings,
					   const std::string &run_in);
	TemporaryGroup(TemporaryGroup &&other) noexcept;
	TemporaryGroup &operator=(TemporaryGroup &&) = delete;
	~TemporaryGroup();

	const Group &group() const { return group_; }
	const std::string &run_path() const { return run_path_; }

	// Kills what is left in it and removes it.
	Status remove();

private:
	TemporaryGroup() = default;
	Group group_;
	std::string run_path_;
};

} // namespace smcg
