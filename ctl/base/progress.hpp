// SPDX-License-Identifier: GPL-2.0
// progress.hpp - what long work is doing, as one line on a terminal, rewritten in place.
#pragma once

#include <cstdint>
#include <string>

namespace smcg {

// Silent unless stderr is a terminal.  The line is gone when its owner is.
class Progress {
public:
	explicit Progress(bool wanted = true);
	~Progress() { clear(); }
	Progress(const Progress &) = delete;
	Progress &operator=(const Progress &) = delete;

	// Shown at once: a new phase of the work.
	void say(const std::string &text);

	// Shown some times a second at most; @text, a function, is only called then.
	template <typename F> void show(F text)
	{
		if (due())
			say(text());
	}
	void clear();

private:
	bool due();
	bool on_, shown_ = false;
	uint64_t next_ = 0;
};

} // namespace smcg
