// SPDX-License-Identifier: GPL-2.0
#include "base/progress.hpp"

#include "base/clock.hpp"

#include <unistd.h>

#include <cstdio>

namespace smcg {

namespace {

constexpr uint64_t interval_ns = 250'000'000;

} // namespace

Progress::Progress(bool wanted) : on_(wanted && ::isatty(STDERR_FILENO)) {}

bool Progress::due()
{
	return on_ && now_ns() >= next_;
}

void Progress::say(const std::string &text)
{
	if (!on_)
		return;
	next_ = now_ns() + interval_ns;
	std::fprintf(stderr, "\r%s\033[K", text.c_str());
	shown_ = true;
}

void Progress::clear()
{
	if (shown_)
		std::fputs("\r\033[K", stderr);
	shown_ = false;
}

} // namespace smcg
