// SPDX-License-Identifier: GPL-2.0
// smcg - judges the shadow memory controller against the live kernel.
#include "cmd/verbs.hpp"

#include <cstdio>
#include <string>
#include <vector>

namespace {

void usage(std::FILE *out)
{
	std::fputs("usage: smcg VERB [OPTION]…\n\n", out);
	for (const smcg::Verb &verb : smcg::verbs())
		std::fprintf(out, "  %-10.*s %.*s\n", static_cast<int>(verb.name.size()), verb.name.data(),
			     static_cast<int>(verb.summary.size()), verb.summary.data());
	std::fputs("\n'smcg VERB --help' tells the options.  Exit status: 0 good, 1 verdict bad, 2 wrong usage, "
		   "3 could not run.\n", out);
}

} // namespace

int main(int argc, char **argv)
{
	const std::vector<std::string> args(argv + 1, argv + argc);
	if (args.empty()) {
		std::fputs("smcg: no verb given; try 'smcg --help'\n", stderr);
		return static_cast<int>(smcg::Exit::usage);
	}
	if (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
		usage(stdout);
		return 0;
	}
	for (const smcg::Verb &verb : smcg::verbs()) {
		if (verb.name != args[0])
			continue;
		const std::span<const std::string> rest(args.begin() + 1, args.end());
		for (const std::string &arg : rest) {
			if (arg == "--")
				break;
			if (arg == "--help" || arg == "-h") {
				std::fwrite(verb.help.data(), 1, verb.help.size(), stdout);
				return 0;
			}
		}
		const smcg::Result<smcg::Exit> done = verb.run(rest);
		if (done)
			return static_cast<int>(*done);
		std::fprintf(stderr, "%s%s\n", done.error().text.starts_with("smcg ") ? "" : "smcg: ",
			     done.error().text.c_str());
		return static_cast<int>(done.error().exit);
	}
	std::fprintf(stderr, "smcg: unknown verb '%s'; try 'smcg --help'\n", args[0].c_str());
	return static_cast<int>(smcg::Exit::usage);
}
