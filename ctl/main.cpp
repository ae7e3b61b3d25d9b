// SPDX-License-Identifier: GPL-2.0
// smcg - judges the shadow memory controller against the live kernel.
#include "base/args.hpp"
#include "cmd/verbs.hpp"
#include "shadow_memcg.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using smcg::Exit;
using smcg::Result;

void print(std::string_view text)
{
	std::fwrite(text.data(), 1, text.size(), stdout);
}

void overview()
{
	print("usage: smcg VERB [OPTION]…\n"
	      "Judges the decisions of shadow_memcg.ko, a second memory controller, against the kernel's own.\n\n"
	      "Verbs:\n");
	for (const smcg::Verb &verb : smcg::verbs())
		std::printf("  %-10.*s%.*s\n", static_cast<int>(verb.name.size()), verb.name.data(),
			    static_cast<int>(verb.summary.size()), verb.summary.data());
	print("\n'smcg help VERB' tells the options.  Start with 'smcg sysinfo': it says what works here.\n\n"
	      "Options:\n"
	      "  -h, --help  this, or behind a verb that verb's options\n"
	      "  --version   version of the tool and of the interface that it speaks\n\n"
	      "Exit status: 0 good, 1 verdict bad, 2 wrong usage, 3 could not run.\n");
}

void version()
{
	std::printf("smcg %s, module ABI %d, schema %d\n", SMCG_VERSION, SMCG_ABI, SMCG_SCHEMA);
}

Result<const smcg::Verb *> find_verb(const std::string &name)
{
	std::vector<std::string_view> names;
	for (const smcg::Verb &verb : smcg::verbs()) {
		if (verb.name == name)
			return &verb;
		names.push_back(verb.name);
	}
	return smcg::usage_error("unknown verb '" + name + "'" + smcg::did_you_mean(name, names) + "; try 'smcg help'");
}

Result<Exit> help(std::span<const std::string> of)
{
	if (of.size() > 1)
		return smcg::usage_error("help is for one verb; try 'smcg help'");
	if (of.empty()) {
		overview();
		return Exit::good;
	}
	const auto verb = find_verb(of.front());
	if (!verb)
		return verb.error();
	print((*verb)->help);
	return Exit::good;
}

Result<Exit> run(std::span<const std::string> args)
{
	if (args.empty())
		return smcg::usage_error("no verb given; try 'smcg help'");
	const std::string &first = args.front();
	const auto rest = args.subspan(1);
	if (first == "--help" || first == "-h" || first == "help")
		return help(rest);
	if (first == "--version" || first == "version") {
		version();
		return Exit::good;
	}
	const auto verb = find_verb(first);
	if (!verb)
		return verb.error();
	const auto options = rest.first(static_cast<size_t>(std::ranges::find(rest, "--") - rest.begin()));
	if (std::ranges::any_of(options, [](const std::string &arg) { return arg == "--help" || arg == "-h"; }))
		return help(args.first(1));
	return (*verb)->run(rest);
}

// One line, whatever names it repeats.
void complain(std::string text)
{
	for (char &letter : text)
		if (static_cast<unsigned char>(letter) < ' ' || letter == 0x7f)
			letter = '?';
	std::fprintf(stderr, "%s%s\n", text.starts_with("smcg ") ? "" : "smcg: ", text.c_str());
}

// Files that are opened later must not become one of the three that everybody writes to.
void keep_standard_files()
{
	for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
		if (::fcntl(fd, F_GETFD) < 0) // open() takes the lowest; it refuses what is done with it
			(void)!::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

} // namespace

int main(int argc, char **argv)
{
	keep_standard_files();
	std::signal(SIGPIPE, SIG_IGN); // a pipe that closes must not end us with a group left behind
	const std::vector<std::string> args(argv + std::min(argc, 1), argv + argc);
	const Result<Exit> done = run(args);
	if (!done)
		complain(done.error().text);
	// What was printed must have arrived.
	errno = 0;
	if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
		complain(smcg::system_error("cannot write the output", errno ? errno : EIO).text);
		return static_cast<int>(Exit::failed);
	}
	return static_cast<int>(done ? *done : done.error().exit);
}
