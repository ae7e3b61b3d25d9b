// SPDX-License-Identifier: GPL-2.0
// need.h - what must hold ends the program where it does not, so that the fuzzer keeps the input.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace fuzz {

inline void need(bool holds, const char *what)
{
	if (holds)
		return;
	std::fprintf(stderr, "does not hold: %s\n", what);
	std::abort();
}

}  // namespace fuzz
