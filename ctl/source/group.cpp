// SPDX-License-Identifier: GPL-2.0
#include "source/group.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

namespace smcg {

namespace fs = std::filesystem;

namespace {

constexpr const char *legacy_root = "/sys/fs/cgroup/memory";

bool is_on(const fs::path &path, long magic)
{
	struct statfs info = {};
	return ::statfs(path.c_str(), &info) == 0 && info.f_type == magic;
}

Result<Group> group_at(const fs::path &path)
{
	struct stat info = {};
	if (::stat(path.c_str(), &info) < 0)
		return system_error("no group " + path.string());
	if (!S_ISDIR(info.st_mode))
		return Error{path.string() + " is not a group: it is no directory"};
	const auto hierarchy = memory_hierarchy();
	if (!hierarchy)
		return hierarchy.error();
	if (!is_on(path, hierarchy->legacy ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC))
		return Error{path.string() + " is not a group: it is not on cgroup " + (hierarchy->legacy ? "v1" : "v2")};
	Group group;
	group.legacy = hierarchy->legacy;
	group.path = path.string();
	group.id = info.st_ino;
	const fs::path relative = path.lexically_relative(hierarchy->root);
	if (relative == ".") {
		group.name = "/";
	} else {
		group.name = "/" + relative.string();
		group.level = static_cast<unsigned>(std::distance(relative.begin(), relative.end()));
	}
	return group;
}

bool is_relative_inside(const fs::path &path)
{
	return !path.is_absolute() && std::ranges::none_of(path, [](const fs::path &part) { return part == ".."; });
}

// What must be on in the parent for @file to exist: "memory" for memory.max.
std::string controller_of(const std::string &file)
{
	const std::string prefix = file.substr(0, file.find('.'));
	return prefix == "cgroup" ? "" : prefix;
}

Status enable(const fs::path &parent, const std::set<std::string> &controllers)
{
	if (controllers.empty())
		return {};
	const auto available = read_file(parent / "cgroup.controllers");
	if (!available)
		return available.error();
	for (const std::string &controller : controllers) {
		const Status put = write_file(parent / "cgroup.subtree_control", "+" + controller);
		if (!put)
			return Error{put.error().text + " (available there: " + std::string(trimmed(*available)) + ")"};
	}
	return {};
}

} // namespace

Result<Hierarchy> memory_hierarchy()
{
	if (is_on(cgroup_root, CGROUP2_SUPER_MAGIC))
		return Hierarchy{std::string(cgroup_root), false};
	if (is_on(legacy_root, CGROUP_SUPER_MAGIC))
		return Hierarchy{legacy_root, true};
	return Error{"/sys/fs/cgroup is not a cgroup v2 hierarchy, and /sys/fs/cgroup/memory none of v1: boot with "
		     "systemd.unified_cgroup_hierarchy=1 or mount one there"};
}

Result<Group> find_group(std::string_view text)
{
	const auto hierarchy = memory_hierarchy();
	if (!hierarchy)
		return hierarchy.error();
	fs::path path(text);
	if (!text.starts_with(hierarchy->root))
		path = fs::path(hierarchy->root) / path.relative_path();
	path = path.lexically_normal();
	if (!path.has_filename())
		path = path.parent_path();
	if (!path.string().starts_with(hierarchy->root))
		return Error{path.string() + " is not below " + hierarchy->root};
	return group_at(path);
}

std::vector<Group> subtree(const Group &group)
{
	std::vector<Group> groups{group};
	std::error_code fault;
	for (size_t i = 0; i < groups.size(); i++) {
		std::vector<fs::path> children;
		for (const auto &entry : fs::directory_iterator(groups[i].path, fault))
			if (entry.is_directory(fault))
				children.push_back(entry.path());
		std::ranges::sort(children);
		for (const fs::path &child : children)
			if (auto found = group_at(child))
				groups.push_back(found.take());
	}
	return groups;
}

bool am_in(const Group &group)
{
	const auto text = read_file("/proc/self/cgroup");
	if (!text)
		return false;
	const std::string_view mark = group.legacy ? ":memory:" : "0::";
	auto start = text->find(mark);
	if (start == std::string::npos)
		return false;
	start += mark.size();
	const std::string mine = text->substr(start, text->find('\n', start) - start);
	if (group.name == "/") // the root itself is not charged, what is below it is
		return mine != "/";
	return mine == group.name || mine.starts_with(group.name + "/");
}

void kill_all(const std::string &path)
{
	if (write_file(path + "/cgroup.kill", "1"))
		return;
	// cgroup v1: one by one.
	Group group;
	group.path = path;
	for (const Group &inner : subtree(group)) {
		const auto text = read_file(inner.path + "/cgroup.procs");
		std::istringstream words(text ? *text : "");
		for (pid_t pid; words >> pid;)
			if (pid > 0)
				::kill(pid, SIGKILL);
	}
}

Result<Frozen> Frozen::freeze(const Group &group)
{
	if (group.legacy)
		return Error{"--freeze wants cgroup v2, and " + group.name + " is a group of v1"};
	if (const Status put = write_file(group.path + "/cgroup.freeze", "1"); !put)
		return put.error();
	Frozen frozen(group.path);
	for (int attempt = 0; attempt < 1000; attempt++) {
		const auto events = read_file(group.path + "/cgroup.events");
		if (!events)
			return events.error();
		if (events->find("frozen 1") != std::string::npos)
			return frozen;
		sleep_ns(10'000'000);
	}
	return Error{"group " + group.name + " did not freeze within ten seconds: compare it without --freeze"};
}

Frozen::~Frozen()
{
	if (!path_.empty())
		(void)write_file(path_ + "/cgroup.freeze", "0");
}

Result<Setting> parse_setting(std::string_view text)
{
	const auto equals = text.find('=');
	if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size())
		return usage_error("--set wants FILE=VALUE, not '" + std::string(text) + "'");
	const fs::path path = fs::path(text.substr(0, equals)).lexically_normal();
	Setting setting{path.parent_path().string(), path.filename().string(), std::string(text.substr(equals + 1))};
	if (!is_relative_inside(path) || setting.file.find('.') == std::string::npos)
		return usage_error("--set wants a cgroup file like memory.max or inner/memory.max, not '" +
				   path.string() + "'");
	// Those move, stop or kill processes, perhaps of others.
	if (setting.file.starts_with("cgroup.") && !setting.file.starts_with("cgroup.max."))
		return usage_error("--set is for limits and weights, not for " + setting.file);
	return setting;
}

TemporaryGroup::TemporaryGroup(TemporaryGroup &&other) noexcept
	: group_(std::exchange(other.group_, {})), run_path_(std::move(other.run_path_))
{
}

TemporaryGroup::~TemporaryGroup()
{
	(void)remove();
}

Result<TemporaryGroup> TemporaryGroup::make(const std::string &name, const std::vector<Setting> &settings,
					    const std::string &run_in)
{
	const auto hierarchy = memory_hierarchy();
	if (!hierarchy)
		return hierarchy.error();
	if (!is_relative_inside(run_in))
		return usage_error("--in wants a directory inside the group, not '" + run_in + "'");
	const fs::path top = fs::path(hierarchy->root) / name;
	std::set<std::string> controllers{"memory"}, directories;
	const auto add = [&](const fs::path &directory) {
		fs::path so_far;
		for (const fs::path &part : directory.lexically_normal()) {
			so_far /= part;
			if (!part.empty() && part != ".")
				directories.insert(so_far.string());
		}
	};
	add(run_in);
	for (const Setting &setting : settings) {
		add(setting.directory);
		if (const std::string controller = controller_of(setting.file); !controller.empty())
			controllers.insert(controller);
	}
	if (hierarchy->legacy) // its one controller is on everywhere
		controllers.clear();
	if (const Status enabled = enable(hierarchy->root, controllers); !enabled)
		return enabled.error();
	if (::mkdir(top.c_str(), 0755) < 0)
		return system_error("cannot make group " + top.string());
	TemporaryGroup made;
	made.group_.path = top.string(); // from here on it is removed on every path
	auto found = group_at(top);
	if (!found)
		return found.error();
	made.group_ = found.take();
	for (const std::string &directory : directories) { // sorted: parents first
		const fs::path path = top / directory;
		if (const Status enabled = enable(path.parent_path(), controllers); !enabled)
			return enabled.error();
		if (::mkdir(path.c_str(), 0755) < 0)
			return system_error("cannot make group " + path.string());
	}
	for (const Setting &setting : settings)
		if (const Status put = write_file((top / setting.directory / setting.file).string(), setting.value); !put)
			return put.error();
	made.run_path_ = (top / run_in).lexically_normal().string();
	while (made.run_path_.ends_with('/'))
		made.run_path_.pop_back();
	return made;
}

Status TemporaryGroup::remove()
{
	if (group_.path.empty())
		return {};
	const std::string top = std::exchange(group_.path, {});
	std::error_code fault;
	if (!fs::exists(top, fault))
		return {};
	for (int attempt = 0; attempt < 300; attempt++) {
		kill_all(top);
		Group group;
		group.path = top;
		auto groups = subtree(group);
		bool gone = true;
		for (auto it = groups.rbegin(); it != groups.rend(); ++it)
			gone &= ::rmdir(it->path.c_str()) == 0 || errno == ENOENT;
		if (gone)
			return {};
		sleep_ns(10'000'000);
	}
	return system_error("cannot remove group " + top);
}

} // namespace smcg
