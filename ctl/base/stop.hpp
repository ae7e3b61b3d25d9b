// SPDX-License-Identifier: GPL-2.0
// stop.hpp - a request to stop (SIGINT, SIGTERM, SIGHUP), so that everything is left as it was.
#pragma once

#include <csignal>
#include <iterator>

namespace smcg {

// Installs the handlers while it lives.  The first signal asks; it does not kill.
class StopSignals {
public:
	StopSignals();
	~StopSignals();
	StopSignals(const StopSignals &) = delete;
	StopSignals &operator=(const StopSignals &) = delete;

private:
	struct sigaction before_[3];
};

// 0, or the signal that asked for it.
int stop_requested();

} // namespace smcg
