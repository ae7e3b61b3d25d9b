// SPDX-License-Identifier: GPL-2.0
#include "witness/let_go.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace smcg {

namespace {

// Only what is kept stays open: no pipe of the caller waits for this process, nobody's file is busy.
void close_all_but(const std::vector<int> &kept)
{
	unsigned from = 0;
	for (const int fd : kept) {
		if (static_cast<unsigned>(fd) > from)
			::close_range(from, static_cast<unsigned>(fd) - 1, 0);
		from = static_cast<unsigned>(fd) + 1;
	}
	::close_range(from, ~0U, 0);
}

// A signal only interrupts it.
template <typename Call, typename... Args>
auto retried(Call call, Args... args)
{
	auto done = call(args...);
	while (done < 0 && errno == EINTR)
		done = call(args...);
	return done;
}

// After a fork: system calls only.
[[noreturn]] void keep(const std::vector<int> &kept, int ready, int end)
{
	char nothing = 0;
	::setsid();
	::prctl(PR_SET_NAME, "smcg_detach");
	close_all_but(kept);
	if (::write(ready, &nothing, 1) == 1)
		while (::read(end, &nothing, 1) > 0)
			;
	::_exit(0);
}

} // namespace

Fd keep_for_later(std::vector<int> descriptors)
{
	std::array<int, 2> ready, end;
	if (descriptors.empty() || ::pipe2(ready.data(), O_CLOEXEC))
		return {};
	const Fd ready_out(ready[0]);
	Fd ready_in(ready[1]);
	if (::pipe2(end.data(), O_CLOEXEC))
		return {};
	const Fd end_out(end[0]);
	Fd end_in(end[1]);
	descriptors.push_back(ready[1]);
	descriptors.push_back(end[0]);
	std::ranges::sort(descriptors);
	// Its parent ends at once: nobody has to wait for it later.
	const pid_t between = ::fork();
	if (!between) {
		if (::fork())
			::_exit(0);
		keep(descriptors, ready[1], end[0]);
	}
	ready_in.reset();
	char nothing = 0;
	if (between < 0 || retried(::waitpid, between, nullptr, 0) != between || retried(::read, ready[0], &nothing, 1) != 1)
		return {};
	return end_in;
}

} // namespace smcg
