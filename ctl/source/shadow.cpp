// SPDX-License-Identifier: GPL-2.0
#include "source/shadow.hpp"

#include "base/file.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <charconv>
#include <cstring>
#include <sstream>

namespace smcg {

namespace {

constexpr size_t read_size = 1 << 20;

template <typename F> void each_line(std::string_view text, F use)
{
	while (!text.empty()) {
		const auto end = text.find('\n');
		if (const auto line = trimmed(text.substr(0, end)); !line.empty())
			use(line);
		if (end == std::string_view::npos)
			return;
		text.remove_prefix(end + 1);
	}
}

std::string numbers(std::string_view what, uint64_t module, uint64_t tool)
{
	return std::string(what) + " " + std::to_string(module) + ", this tool speaks " + std::to_string(tool);
}

Error no_module(const std::string &directory)
{
	struct statfs info = {};
	if (::access("/sys/kernel/debug", X_OK) < 0 || ::statfs("/sys/kernel/debug", &info) < 0)
		return Error{"cannot look into /sys/kernel/debug: be root, and mount debugfs there"};
	if (info.f_type != DEBUGFS_MAGIC)
		return Error{"debugfs, where the module has its files, is not there: mount -t debugfs none /sys/kernel/debug"};
	utsname name{};
	::uname(&name);
	return Error{"module shadow_memcg is not loaded (no " + directory + "): insmod build/" + name.release +
		     "/shadow_memcg.ko, or modprobe shadow_memcg where it is installed"};
}

} // namespace

KeyValues KeyValues::parse(std::string_view text)
{
	KeyValues values;
	each_line(text, [&](std::string_view line) {
		const auto space = line.find_first_of(" \t");
		const std::string key(line.substr(0, space));
		const std::string value(space == std::string_view::npos ? "" : trimmed(line.substr(space)));
		values.all_.emplace_back(key, value);
		values.by_key_[key] = value;
	});
	return values;
}

uint64_t KeyValues::number(const std::string &key) const
{
	return parse_u64(text(key)).value_or(0);
}

std::string KeyValues::text(const std::string &key) const
{
	const auto it = by_key_.find(key);
	return it == by_key_.end() ? "" : it->second;
}

Result<ShadowCounters> parse_counters(std::string_view text)
{
	ShadowCounters counters;
	std::string bad;
	each_line(text, [&](std::string_view line) {
		std::istringstream words{std::string(line)};
		uint64_t id = 0;
		std::string name;
		ShadowCounter counter;
		if (words >> id >> name >> counter.usage >> counter.adopted)
			counters[{id, name}] = counter;
		else
			bad = line;
	});
	if (!bad.empty())
		return Error{"the module's counters have a line that this tool does not know: " + bad};
	return counters;
}

Result<Shadow> Shadow::open(const std::string &directory)
{
	if (::access(directory.c_str(), F_OK) < 0)
		return no_module(directory);
	const auto text = read_file(directory + "/version");
	if (!text)
		return text.error();
	const KeyValues values = KeyValues::parse(*text);
	ModuleVersion version{values.number("abi"), values.number("schema"), values.text("profile"),
			      values.text("mode"), values.text("clock")};
	if (version.abi != SMCG_ABI)
		return Error{numbers("the module speaks ABI", version.abi, SMCG_ABI) + ": build both from one tree"};
	if (version.schema > SMCG_SCHEMA)
		return Error{numbers("the module has schema", version.schema, SMCG_SCHEMA) + ": use a newer smcg"};
	return Shadow(directory, std::move(version));
}

Status Shadow::control(const std::string &command) const
{
	return write_file(directory_ + "/control", command);
}

Result<KeyValues> Shadow::status() const
{
	const auto text = read_file(directory_ + "/status");
	if (!text)
		return text.error();
	return KeyValues::parse(*text);
}

Result<ShadowCounters> Shadow::counters() const
{
	const auto text = read_file(directory_ + "/counters");
	if (!text)
		return text.error();
	return parse_counters(*text);
}

Result<ShadowWatch> ShadowWatch::start(const Shadow &shadow, uint64_t group, std::string_view mode)
{
	std::string command = "watch " + std::to_string(group);
	if (!mode.empty())
		command += " " + std::string(mode);
	if (const Status done = shadow.control(command); !done)
		return done.error();
	return ShadowWatch(shadow, group);
}

Status ShadowWatch::stop()
{
	if (!group_)
		return {};
	return shadow_->control("unwatch " + std::to_string(std::exchange(group_, 0)));
}

Status check_header(const smcg_file_header &header, smcg_record_kind kind, const std::string &name)
{
	if (header.magic != SMCG_MAGIC)
		return Error{name + " is not a stream of shadow-memcg (wrong magic)"};
	if (header.abi != SMCG_ABI)
		return Error{name + ": " + numbers("it has ABI", header.abi, SMCG_ABI)};
	if (header.schema > SMCG_SCHEMA)
		return Error{name + ": " + numbers("it has schema", header.schema, SMCG_SCHEMA)};
	if (header.record_size != sizeof(smcg_event))
		return Error{name + ": records of " + std::to_string(header.record_size) + " bytes, not 64"};
	if (header.record_kind != kind)
		return Error{name + (kind == SMCG_RECORD_EVENTS ? " does not hold events" : " does not hold decisions")};
	if (header.profile >= SMCG_PROFILE_NR || header.mode > SMCG_MODE_FREE)
		return Error{name + ": unknown profile or mode in its header"};
	return {};
}

RecordReader::RecordReader(Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)), buffer_(read_size) {}

Result<RecordReader> RecordReader::open(const Shadow &shadow, const std::string &file, smcg_record_kind kind)
{
	const std::string name = shadow.directory() + "/" + file;
	Fd fd(::open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	if (!fd && errno == EBUSY)
		return Error{name + " has a reader already: wait until that smcg has ended"};
	if (!fd)
		return system_error("cannot open " + name);
	RecordReader reader(std::move(fd), name);
	if (const Status good = reader.read_header(kind); !good)
		return good.error();
	return reader;
}

Status RecordReader::read_header(smcg_record_kind kind)
{
	const ssize_t got = ::read(fd_.get(), &header_, sizeof(header_));
	if (got < 0)
		return system_error("cannot read " + name_);
	if (got != sizeof(header_))
		return Error{name_ + " ends inside its header"};
	return check_header(header_, kind, name_);
}

Result<size_t> RecordReader::read(const std::function<void(std::span<const std::byte>)> &take)
{
	const ssize_t got = ::read(fd_.get(), buffer_.data() + partial_, buffer_.size() - partial_);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return size_t{0};
	if (got < 0)
		return system_error("cannot read " + name_);
	const size_t have = partial_ + static_cast<size_t>(got), whole = have - have % sizeof(smcg_event);
	if (whole)
		take(std::span(buffer_.data(), whole));
	partial_ = have - whole;
	std::memmove(buffer_.data(), buffer_.data() + whole, partial_);
	return static_cast<size_t>(got);
}

} // namespace smcg
