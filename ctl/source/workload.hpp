// SPDX-License-Identifier: GPL-2.0
// workload.hpp - a command that runs inside a group.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace smcg {

class Workload {
public:
	// The command waits for go() before it becomes itself.  @quiet: its output goes to stderr.
	static Result<Workload> prepare(const std::vector<std::string> &command, const std::string &group_path,
					bool quiet);
	Workload(Workload &&other) noexcept;
	Workload &operator=(Workload &&) = delete;
	~Workload();	// kills and reaps it

	// Returns when it has become the command, or why it could not.
	Status go();
	// Its wait status once it is over.  Does not block.
	std::optional<int> finished();
	void kill();

private:
	Workload(pid_t pid, Fd start, Fd report, std::string name)
		: pid_(pid), start_(std::move(start)), report_(std::move(report)), name_(std::move(name))
	{
	}
	pid_t pid_ = -1;
	Fd start_, report_;
	std::string name_;
	std::optional<int> status_;
};

// "exit 0", "killed by signal 9".
std::string describe_status(int status);

} // namespace smcg
