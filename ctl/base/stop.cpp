// SPDX-License-Identifier: GPL-2.0
#include "base/stop.hpp"

namespace smcg {

namespace {

constexpr int caught[] = {SIGINT, SIGTERM, SIGHUP};
volatile std::sig_atomic_t requested; // a handler can reach nothing else

void note(int number)
{
	requested = number;
}

} // namespace

StopSignals::StopSignals()
{
	requested = 0;
	struct sigaction action = {};
	action.sa_handler = note; // no SA_RESTART: waiting ends early
	for (size_t i = 0; i < std::size(caught); i++)
		sigaction(caught[i], &action, &before_[i]);
}

StopSignals::~StopSignals()
{
	for (size_t i = 0; i < std::size(caught); i++)
		sigaction(caught[i], &before_[i], nullptr);
}

int stop_requested()
{
	return requested;
}

} // namespace smcg
