// SPDX-License-Identifier: GPL-2.0
// event_file.hpp - recorded event streams: strict to read, whole to write.
#pragma once

#include "base/file.hpp"
#include "base/result.hpp"
#include "shadow_memcg.h"

#include <string>
#include <vector>

namespace smcg {

// Refuses what is no stream of events, is cut off, has rubbish behind it or impossible records.
class EventFile {
public:
	static Result<EventFile> open(const std::string &path);

	const smcg_file_header &header() const { return header_; }
	uint64_t records() const { return records_; }

	// The next events, at most some thousands; empty at the end.
	Result<std::vector<smcg_event>> read();

private:
	EventFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
	Status check_size();
	Fd fd_;
	std::string path_;
	smcg_file_header header_{};
	uint64_t records_ = 0;	// in the file
	uint64_t done_ = 0;
};

// Why an event cannot be, or nothing.
std::optional<std::string> impossible(const smcg_event &event, const smcg_file_header &header);

} // namespace smcg
