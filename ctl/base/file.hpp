// SPDX-License-Identifier: GPL-2.0
// file.hpp - small files: read whole, write once, and files that appear whole or not at all.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace smcg {

Result<std::string> read_file(const std::string &path);

// One write(2), as kernel files want it.
Status write_file(const std::string &path, std::string_view text);

// All of it, in as many writes as it takes.
Status write_all(int fd, std::span<const std::byte> bytes, const std::string &name);

std::optional<uint64_t> parse_u64(std::string_view text);

// "64M" and the like, or plain bytes.
std::optional<uint64_t> parse_size(std::string_view text);

std::string_view trimmed(std::string_view text);

// A file that is written beside its place and moved there when it is complete.
class NewFile {
public:
	static Result<NewFile> create(const std::string &path);
	NewFile(NewFile &&other) noexcept;
	NewFile &operator=(NewFile &&) = delete;
	~NewFile();

	int fd() const { return fd_.get(); }
	const std::string &name() const { return path_; }
	// fsync, rename, fsync of the directory.  Without it the file vanishes.
	Status commit();

private:
	NewFile(std::string path, std::string temporary, Fd fd);
	std::string path_, temporary_;
	Fd fd_;
};

} // namespace smcg
