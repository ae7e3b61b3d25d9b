// SPDX-License-Identifier: GPL-2.0
// file.cpp - any bytes as a recorded stream: refused in one line, or read as a whole and replayed.
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "checked_world.h"
#include "source/event_file.hpp"

using fuzz::need;

namespace {

void one_line(const smcg::Error &error)
{
	need(!error.text.empty() && error.text.find('\n') == error.text.npos, "an error is one line");
	need(error.exit == smcg::Exit::failed, "a bad file is no wrong usage");
}

void replay(const smcg_file_header &header, const std::vector<smcg_event> &events)
{
	test::World::Setup setup;

	if (header.nr_cpus > 64 || header.nr_nodes > 4)
		return;
	setup.cpus = header.nr_cpus;
	setup.nodes = header.nr_nodes;
	setup.pool = 8192;
	setup.mode = static_cast<smcg_mode>(header.mode);
	setup.profile = static_cast<smcg_profile>(header.profile);
	fuzz::CheckedWorld one(setup, true), other(setup, false);
	need(one.made() == other.made(), "the same header makes the same world");
	if (!one.made())
		return;
	for (const smcg_event &e : events) {
		one.apply(e);
		other.apply(e);
	}
	one.end();
	fuzz::same_decisions(one, other);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	static const int fd = ::memfd_create("stream", 0);
	static const std::string path = "/proc/self/fd/" + std::to_string(fd);

	need(!::ftruncate(fd, 0) && ::pwrite(fd, data, size, 0) == static_cast<ssize_t>(size), "there is room for a file");
	auto file = smcg::EventFile::open(path);
	if (!file) {
		one_line(file.error());
		return 0;
	}
	const smcg_file_header &header = file->header();
	need(size == sizeof(header) + file->records() * sizeof(smcg_event), "the records are the file");
	need(header.nr_cpus && header.nr_nodes && header.profile < SMCG_PROFILE_NR, "the header can be");
	std::vector<smcg_event> events;
	for (;;) {
		const auto some = file->read();
		if (!some) {
			one_line(some.error());
			return 0;
		}
		if (some->empty())
			break;
		events.insert(events.end(), some->begin(), some->end());
	}
	need(events.size() == file->records(), "each record is read");
	need(events.empty() || !std::memcmp(events.data(), data + sizeof(header), events.size() * sizeof(events[0])),
	     "what is read is what is there");
	for (const smcg_event &e : events)
		need(!smcg::impossible(e, header), "no impossible record is read");
	replay(header, events);
	return 0;
}
