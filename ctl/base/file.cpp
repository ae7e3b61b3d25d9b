// SPDX-License-Identifier: GPL-2.0
#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <charconv>
#include <filesystem>

namespace smcg {

namespace {

constexpr int kNames = 100; // of a new file until it is complete

} // namespace

Result<std::string> read_file(const std::string &path)
{
	Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
	if (!fd)
		return system_error("cannot open " + path);
	std::string text;
	std::array<char, 16384> buffer;
	for (;;) {
		const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return system_error("cannot read " + path);
		if (got == 0)
			return text;
		text.append(buffer.data(), static_cast<size_t>(got));
	}
}

Status write_file(const std::string &path, std::string_view text)
{
	Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
	if (!fd)
		return system_error("cannot open " + path);
	ssize_t put;
	do {
		put = ::write(fd.get(), text.data(), text.size());
	} while (put < 0 && errno == EINTR);
	if (put < 0)
		return system_error("cannot write \"" + std::string(trimmed(text)) + "\" to " + path);
	if (static_cast<size_t>(put) != text.size())
		return Error{"short write to " + path};
	return {};
}

Status write_all(int fd, std::span<const std::byte> bytes, const std::string &name)
{
	while (!bytes.empty()) {
		const ssize_t put = ::write(fd, bytes.data(), bytes.size());
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return system_error("cannot write " + name);
		bytes = bytes.subspan(static_cast<size_t>(put));
	}
	return {};
}

std::string_view trimmed(std::string_view text)
{
	const auto start = text.find_first_not_of(" \t\n");
	if (start == std::string_view::npos)
		return {};
	return text.substr(start, text.find_last_not_of(" \t\n") - start + 1);
}

std::optional<uint64_t> parse_u64(std::string_view text)
{
	uint64_t value = 0;
	const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
	if (fault != std::errc{} || end != text.data() + text.size())
		return std::nullopt;
	return value;
}

std::optional<uint64_t> parse_size(std::string_view text)
{
	unsigned shift = 0;
	if (!text.empty()) {
		const char unit = text.back();
		shift = unit == 'k' || unit == 'K' ? 10 : unit == 'm' || unit == 'M' ? 20 :
			unit == 'g' || unit == 'G' ? 30 : 0;
		if (shift)
			text.remove_suffix(1);
	}
	const auto value = parse_u64(text);
	if (!value || *value > (UINT64_MAX >> shift))
		return std::nullopt;
	return *value << shift;
}

NewFile::NewFile(std::string path, std::string temporary, Fd fd)
	: path_(std::move(path)), temporary_(std::move(temporary)), fd_(std::move(fd))
{
}

NewFile::NewFile(NewFile &&other) noexcept
	: path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, {})),
	  fd_(std::move(other.fd_))
{
}

NewFile::~NewFile()
{
	if (!temporary_.empty())
		::unlink(temporary_.c_str());
}

Result<NewFile> NewFile::create(const std::string &path)
{
	// A device or directory must not be replaced, and that should not come out at the end.
	struct stat info = {};
	if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
		return Error{path + " is there and is no regular file: name another"};
	// One that was killed leaves its own behind, and its number comes again.
	std::string temporary;
	Fd fd;
	for (int n = 0; n == 0 || (!fd && errno == EEXIST && n < kNames); n++) {
		temporary = path + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(n);
		fd = Fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
	}
	if (!fd)
		return system_error("cannot create " + path);
	return NewFile(path, temporary, std::move(fd));
}

Status NewFile::commit()
{
	if (::fsync(fd_.get()) < 0)
		return system_error("cannot flush " + path_);
	if (::rename(temporary_.c_str(), path_.c_str()) < 0)
		return system_error("cannot rename " + temporary_ + " to " + path_);
	temporary_.clear();
	const auto parent = std::filesystem::path(path_).parent_path();
	Fd directory(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (directory)
		::fsync(directory.get());
	return {};
}

} // namespace smcg
