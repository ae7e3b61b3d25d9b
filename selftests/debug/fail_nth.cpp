// SPDX-License-Identifier: GPL-2.0
// fail_nth - do one thing again and again, with its first, second, ...
// allocation failing.
//
//   fail_nth [-d DENSE] [-r REFUSED] load MODULE [PARAMETERS]
//     load a module; it is taken out again after each success. REFUSED are
//     parameters with which the kernel does not let it start: what it allocates
//     until then is the kernel's own, and not made to fail
//   fail_nth [-d DENSE] write FILE TEXT [UNDO]
//     write TEXT to FILE; UNDO is written after each success
//
// Needs CONFIG_FAULT_INJECTION and failslab, fail_page_alloc set up for
// allocations that may sleep (faults.sh does it). The kernel counts down
// /proc/self/fail-nth at every allocation of this task and fails the one at
// which it gets to zero; what is left there afterwards tells whether it got so
// far. Ends at the first run in which nothing failed, which must succeed. From
// the DENSE-th on (default 64) not every number is tried: each is larger than
// the one before by 8/DENSE of it.
//
// Prints a line per errno with its count. Exit status: 0 all well, 1 a run
// ended in a way that no lack of memory explains, 3 could not run.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

constexpr int kDense = 64;
constexpr int kGrowth = 8;
constexpr int kMost = 100000;

[[noreturn]] void die(const std::string &what) {
  std::cerr << "fail_nth: " << what << ": " << std::strerror(errno) << '\n';
  std::exit(3);
}

// One write, opened before anything fails; files of a debugfs control have no
// place to write at. Returns 0 or an errno.
int write_to(int fd, const std::string &text) {
  return ::write(fd, text.data(), text.size()) ==
                 static_cast<ssize_t>(text.size())
             ? 0
             : errno;
}

int open_for_writing(const std::string &file) {
  const int fd = open(file.c_str(), O_WRONLY | O_CLOEXEC);

  if (fd < 0)
    die(file);
  return fd;
}

struct Deed {
  std::function<int()> act;  // 0 or an errno
  std::function<int()> undo; // after a success
};

Deed loading(const std::string &file, const std::string &parameters) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> image((std::istreambuf_iterator<char>(in)), {});
  std::string name = file.substr(file.rfind('/') + 1);

  if (image.empty())
    die(file);
  name.resize(name.rfind('.'));
  return {[=] {
            return syscall(SYS_init_module, image.data(), image.size(),
                           parameters.c_str())
                       ? errno
                       : 0;
          },
          [=] {
            return syscall(SYS_delete_module, name.c_str(), O_NONBLOCK) ? errno
                                                                        : 0;
          }};
}

Deed writing(const std::string &file, const std::string &text,
             const std::string &undo) {
  const int fd = open_for_writing(file);

  return {[=] { return write_to(fd, text); },
          [=] { return undo.empty() ? 0 : write_to(fd, undo); }};
}

// The N-th allocation of this task fails from now on.
void count_down(int countdown, int n) {
  if (write_to(countdown, std::to_string(n)))
    die("/proc/self/fail-nth");
}

// How many of them were left; it fails none any more.
int ended(int countdown) {
  char left[16] = {};

  if (pread(countdown, left, sizeof(left) - 1, 0) < 1 ||
      pwrite(countdown, "0", 1, 0) != 1)
    die("/proc/self/fail-nth");
  return std::atoi(left);
}

// Allocations of what is refused, which is to fail for that.
int allocations(const std::function<int()> &refused, int countdown) {
  count_down(countdown, kMost);
  const int error = refused();
  const int left = ended(countdown);

  if (error != EINVAL) {
    errno = error;
    die("was to be refused");
  }
  return kMost - left;
}

int run(const Deed &deed, int dense, const std::function<int()> &refused) {
  const int countdown = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
  std::map<int, int> ends;

  if (countdown < 0)
    die("/proc/self/fail-nth");
  const int before = refused ? allocations(refused, countdown) : 0;
  for (int n = before + 1; n < kMost;
       n += n - before < dense ? 1 : std::max(1, kGrowth * (n - before) / dense)) {
    count_down(countdown, n);
    const int error = deed.act();
    const bool failed = ended(countdown) == 0;

    ends[error]++;
    if (error && error != ENOMEM && error != ENOSPC && error != EINTR) {
      std::cout << "allocation " << n << ": " << std::strerror(error) << '\n';
      return 1;
    }
    if (!error) {
      if (const int undone = deed.undo(); undone) {
        std::cout << "allocation " << n
                  << ": cannot undo: " << std::strerror(undone) << '\n';
        return 1;
      }
    }
    if (!failed) {
      for (const auto &[why, times] : ends)
        std::cout << times << " times " << (why ? std::strerror(why) : "done")
                  << '\n';
      std::cout << "fewer than " << n << " allocations, the first " << before
                << " left out\n";
      if (error)
        std::cout << "with none failing: " << std::strerror(error) << '\n';
      return error ? 1 : 0;
    }
  }
  std::cout << "more than " << kMost << " allocations\n";
  return 1;
}

} // namespace

int main(int argc, char **argv) {
  std::string refused;
  int dense = kDense, option;

  while ((option = getopt(argc, argv, "+d:r:")) != -1) {
    if (option == 'd')
      dense = std::max(1, std::atoi(optarg));
    else if (option == 'r')
      refused = optarg;
    else
      return 2;
  }
  const std::vector<std::string> args(argv + optind, argv + argc);
  if (args.size() >= 2 && args[0] == "load")
    return run(loading(args[1], args.size() > 2 ? args[2] : ""), dense,
               refused.empty() ? nullptr : loading(args[1], refused).act);
  if (args.size() >= 3 && args[0] == "write" && refused.empty())
    return run(writing(args[1], args[2], args.size() > 3 ? args[3] : ""),
               dense, nullptr);
  std::cerr << "usage: fail_nth [-d DENSE] [-r REFUSED] load MODULE "
               "[PARAMETERS] | write FILE TEXT [UNDO]\n";
  return 2;
}
