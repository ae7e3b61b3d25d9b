// SPDX-License-Identifier: GPL-2.0
#include "source/workload.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <array>

namespace smcg {

namespace {

// What the child tells if it cannot become the command.
struct Failure {
	int stage;	// 1: entering the group, 2: exec
	int number;
};

[[noreturn]] void fail(int fd, int stage)
{
	const Failure failure{stage, errno};
	(void)!::write(fd, &failure, sizeof(failure));
	::_exit(127);
}

// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(char *const argv[], const char *procs, int start, int report, bool quiet)
{
	for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
		::signal(number, SIG_DFL);
	::prctl(PR_SET_PDEATHSIG, SIGKILL);
	::setpriority(PRIO_PROCESS, 0, 0);
	char byte;
	if (::read(start, &byte, 1) != 1)
		::_exit(127); // the tool gave up
	if (quiet)
		::dup2(STDERR_FILENO, STDOUT_FILENO);
	const int fd = ::open(procs, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || ::write(fd, "0", 1) != 1)
		fail(report, 1);
	::close(fd);
	::execvp(argv[0], argv);
	fail(report, 2);
}

} // namespace

Workload::Workload(Workload &&other) noexcept
	: pid_(std::exchange(other.pid_, -1)), start_(std::move(other.start_)), report_(std::move(other.report_)),
	  name_(std::move(other.name_)), status_(other.status_)
{
}

Workload::~Workload()
{
	if (pid_ < 0 || status_)
		return;
	kill();
	int status;
	while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR)
		;
}

Result<Workload> Workload::prepare(const std::vector<std::string> &command, const std::string &group_path, bool quiet)
{
	std::array<int, 2> start, report;
	if (::pipe2(start.data(), O_CLOEXEC) < 0)
		return system_error("cannot make a pipe");
	Fd start_read(start[0]), start_write(start[1]);
	if (::pipe2(report.data(), O_CLOEXEC) < 0)
		return system_error("cannot make a pipe");
	Fd report_read(report[0]), report_write(report[1]);
	std::vector<char *> argv;
	for (const std::string &word : command)
		argv.push_back(const_cast<char *>(word.c_str())); // execvp's signature; not written to
	argv.push_back(nullptr);
	const std::string procs = group_path + "/cgroup.procs";
	const pid_t pid = ::fork();
	if (pid < 0)
		return system_error("cannot fork");
	if (pid == 0) {
		start_write.reset();
		become(argv.data(), procs.c_str(), start_read.get(), report_write.get(), quiet);
	}
	return Workload(pid, std::move(start_write), std::move(report_read), command.front());
}

Status Workload::go()
{
	if (::write(start_.get(), "g", 1) != 1)
		return system_error("cannot start the command");
	start_.reset();
	Failure failure;
	ssize_t got;
	do {
		got = ::read(report_.get(), &failure, sizeof(failure)); // ends when it has become the command
	} while (got < 0 && errno == EINTR);
	if (got != sizeof(failure))
		return {};
	return system_error(failure.stage == 1 ? "cannot enter the group" : "cannot run " + name_, failure.number);
}

std::optional<int> Workload::finished()
{
	if (status_)
		return status_;
	int status;
	if (::waitpid(pid_, &status, WNOHANG) == pid_)
		status_ = status;
	return status_;
}

void Workload::kill()
{
	if (pid_ > 0 && !status_)
		::kill(pid_, SIGKILL);
}

std::string describe_status(int status)
{
	if (WIFSIGNALED(status))
		return "killed by signal " + std::to_string(WTERMSIG(status));
	return "exit " + std::to_string(WEXITSTATUS(status));
}

} // namespace smcg
