// SPDX-License-Identifier: GPL-2.0
#include "source/group.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace smcg {

namespace fs = std::filesystem;

namespace {

Status need_cgroup2()
{
	struct statfs info = {};
	if (::statfs(cgroup_root.data(), &info) < 0 || info.f_type != CGROUP2_SUPER_MAGIC)
		return Error{"/sys/fs/cgroup is not a cgroup v2 hierarchy: boot with systemd.unified_cgroup_hierarchy=1 "
			     "or mount cgroup2 there"};
	return {};
}

Result<Group> group_at(const fs::path &path)
{
	struct stat info = {};
	if (::stat(path.c_str(), &info) < 0)
		return system_error("no group " + path.string());
	if (!S_ISDIR(info.st_mode))
		return Error{path.string() + " is not a group: it is no directory"};
	struct statfs system = {};
	if (::statfs(path.c_str(), &system) < 0 || system.f_type != CGROUP2_SUPER_MAGIC)
		return Error{path.string() + " is not a group: it is not on cgroup v2"};
	Group group;
	group.path = path.string();
	group.id = info.st_ino;
	const fs::path relative = path.lexically_relative(cgroup_root);
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

Result<Group> find_group(std::string_view text)
{
	if (const Status good = need_cgroup2(); !good)
		return good.error();
	fs::path path(text);
	if (!text.starts_with(cgroup_root))
		path = fs::path(cgroup_root) / path.relative_path();
	path = path.lexically_normal();
	if (!path.has_filename())
		path = path.parent_path();
	if (!path.string().starts_with(cgroup_root))
		return Error{path.string() + " is not below " + std::string(cgroup_root)};
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
	const auto start = text->find("0::");
	if (start == std::string::npos)
		return false;
	const std::string mine = text->substr(start + 3, text->find('\n', start) - start - 3);
	if (group.name == "/") // the root itself is not charged, what is below it is
		return mine != "/";
	return mine == group.name || mine.starts_with(group.name + "/");
}

Result<Frozen> Frozen::freeze(const Group &group)
{
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
	if (const Status good = need_cgroup2(); !good)
		return good.error();
	if (!is_relative_inside(run_in))
		return usage_error("--in wants a directory inside the group, not '" + run_in + "'");
	const fs::path top = fs::path(cgroup_root) / name;
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
	if (const Status enabled = enable(cgroup_root, controllers); !enabled)
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
		(void)write_file(top + "/cgroup.kill", "1");
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
