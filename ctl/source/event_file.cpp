// SPDX-License-Identifier: GPL-2.0
#include "source/event_file.hpp"

#include "source/shadow.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace smcg {

namespace {

constexpr size_t events_at_once = 8192;

// As many bytes as asked for, unless the file ends.
Result<size_t> read_full(int fd, void *to, size_t bytes, const std::string &path)
{
	size_t have = 0;
	while (have < bytes) {
		const ssize_t got = ::read(fd, static_cast<char *>(to) + have, bytes - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return system_error("cannot read " + path);
		if (got == 0)
			break;
		have += static_cast<size_t>(got);
	}
	return have;
}

} // namespace

std::optional<std::string> impossible(const smcg_event &event, const smcg_file_header &header)
{
	if (event.type == SMCG_EV_NONE || event.type >= SMCG_EV_NR)
		return "type " + std::to_string(event.type);
	if (event.ctx >= SMCG_CTX_NR)
		return "context level " + std::to_string(event.ctx);
	if (event.cpu >= header.nr_cpus)
		return "CPU " + std::to_string(event.cpu) + " of " + std::to_string(header.nr_cpus);
	if (event.caller >= SMCG_BY_NR)
		return "caller " + std::to_string(event.caller);
	if (event.locks >> 4 || SMCG_LOCK_PAGES(event.locks) > SMCG_LOCK_HELD ||
	    SMCG_LOCK_BYTES(event.locks) > SMCG_LOCK_HELD)
		return "locks " + std::to_string(event.locks);
	return std::nullopt;
}

Result<EventFile> EventFile::open(const std::string &path)
{
	Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
	if (!fd)
		return system_error("cannot open " + path);
	EventFile file(std::move(fd), path);
	const auto got = read_full(file.fd_.get(), &file.header_, sizeof(file.header_), path);
	if (!got)
		return got.error();
	if (*got != sizeof(file.header_))
		return Error{path + " is not a stream of shadow-memcg (shorter than its header)"};
	if (const Status good = check_header(file.header_, SMCG_RECORD_EVENTS, path); !good)
		return good.error();
	if (const Status good = file.check_size(); !good)
		return good.error();
	return file;
}

Status EventFile::check_size()
{
	struct stat info = {};
	if (::fstat(fd_.get(), &info) < 0)
		return system_error("cannot look at " + path_);
	if (!S_ISREG(info.st_mode))
		return Error{path_ + " is not a regular file"};
	if (header_.nr_cpus == 0 || header_.nr_cpus > 4096 || header_.nr_nodes == 0 || header_.nr_nodes > 64)
		return Error{path_ + ": " + std::to_string(header_.nr_cpus) + " CPUs on " +
			     std::to_string(header_.nr_nodes) + " nodes in its header cannot be"};
	const uint64_t bytes = static_cast<uint64_t>(info.st_size) - sizeof(header_);
	records_ = bytes / sizeof(smcg_event);
	if (bytes % sizeof(smcg_event))
		return Error{path_ + " is cut off inside record " + std::to_string(records_ + 1)};
	if (header_.nr_records && header_.nr_records != records_)
		return Error{path_ + " holds " + std::to_string(records_) + " records, its header says " +
			     std::to_string(header_.nr_records)};
	return {};
}

Result<std::vector<smcg_event>> EventFile::read()
{
	std::vector<smcg_event> events(std::min<uint64_t>(events_at_once, records_ - done_));
	const size_t bytes = events.size() * sizeof(smcg_event);
	const auto got = read_full(fd_.get(), events.data(), bytes, path_);
	if (!got)
		return got.error();
	if (*got != bytes)
		return Error{path_ + " became shorter while it was read"};
	for (size_t i = 0; i < events.size(); i++)
		if (const auto why = impossible(events[i], header_))
			return Error{path_ + ": record " + std::to_string(done_ + i + 1) + " cannot be: " + *why};
	done_ += events.size();
	return events;
}

} // namespace smcg
