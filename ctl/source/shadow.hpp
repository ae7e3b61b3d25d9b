// SPDX-License-Identifier: GPL-2.0
// shadow.hpp - the module, through its files in debugfs (kmod/report/INTERFACE.md).
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"
#include "shadow_memcg.h"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace smcg {

struct ModuleVersion {
	uint64_t abi = 0, schema = 0;
	std::string profile, mode, clock;
};

// Lines of "key value", as in `status`.
class KeyValues {
public:
	static KeyValues parse(std::string_view text);
	// 0 if there is no such key or it is no number.
	uint64_t number(const std::string &key) const;
	std::string text(const std::string &key) const;
	const std::vector<std::pair<std::string, std::string>> &all() const { return all_; }

private:
	std::vector<std::pair<std::string, std::string>> all_;
	std::map<std::string, std::string> by_key_;
};

struct ShadowCounter {
	int64_t usage = 0;
	int64_t adopted = 0;	// the part of it that was taken over from reality
};

// By cgroup id and counter name ("memory", "events.max").
using ShadowCounters = std::map<std::pair<uint64_t, std::string>, ShadowCounter>;
Result<ShadowCounters> parse_counters(std::string_view text);

class Shadow {
public:
	static constexpr std::string_view default_directory = "/sys/kernel/debug/shadow_memcg";

	// Refuses another ABI or a newer schema, and says both numbers.
	static Result<Shadow> open(const std::string &directory = std::string(default_directory));

	const ModuleVersion &version() const { return version_; }
	const std::string &directory() const { return directory_; }
	Status control(const std::string &command) const;
	Result<KeyValues> status() const;
	Result<ShadowCounters> counters() const;

private:
	Shadow(std::string directory, ModuleVersion version)
		: directory_(std::move(directory)), version_(std::move(version))
	{
	}
	std::string directory_;
	ModuleVersion version_;
};

// Watches while it lives; unwatches on every path.
class ShadowWatch {
public:
	static Result<ShadowWatch> start(const Shadow &shadow, uint64_t group, std::string_view mode);
	ShadowWatch(ShadowWatch &&other) noexcept : shadow_(other.shadow_), group_(std::exchange(other.group_, 0)) {}
	ShadowWatch &operator=(ShadowWatch &&) = delete;
	~ShadowWatch() { (void)stop(); }
	Status stop();

private:
	ShadowWatch(const Shadow &shadow, uint64_t group) : shadow_(&shadow), group_(group) {}
	const Shadow *shadow_;
	uint64_t group_;
};

// One of the binary rings, `decisions` or `events`.
class RecordReader {
public:
	static Result<RecordReader> open(const Shadow &shadow, const std::string &file, smcg_record_kind kind);

	const smcg_file_header &header() const { return header_; }

	// Hands over whole 64-byte records that are there now, at most @most bytes at once.
	// Returns the number of bytes; 0 when nothing is there.
	Result<size_t> read(const std::function<void(std::span<const std::byte>)> &take);

private:
	RecordReader(Fd fd, std::string name);
	Status read_header(smcg_record_kind kind);

	Fd fd_;
	std::string name_;
	smcg_file_header header_{};
	std::vector<std::byte> buffer_;
	size_t partial_ = 0;	// bytes of an incomplete record at the front of the buffer
};

// Whether a header is one of ours; @name for the message.
Status check_header(const smcg_file_header &header, smcg_record_kind kind, const std::string &name);

} // namespace smcg
