// SPDX-License-Identifier: GPL-2.0
// options.cpp - any command line: wrong usage in one line, or options within their bounds.  Words end with a line feed.
#include <cmath>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "cmd/compare_options.hpp"
#include "need.h"
#include "source/shadow.hpp"

using fuzz::need;

namespace {

void wrong_usage(const smcg::Error &error)
{
	need(error.exit == smcg::Exit::usage, "a bad option is wrong usage");
	need(error.text.starts_with("smcg "), "the error says who speaks");
}

bool percentage(double number)
{
	return std::isfinite(number) && number >= 0 && number <= 100;
}

void compare(const std::vector<std::string> &args)
{
	const auto options = smcg::parse_compare(args);
	if (!options) {
		wrong_usage(options.error());
		return;
	}
	need(options->group.empty() != options->command.empty(), "either a group or a command");
	need(options->command.empty() || !options->command.front().empty(), "a command has a name");
	need(options->ring_mb >= 1 && options->ring_mb <= 1024, "a ring has a size");
	need(options->duration_s >= 1 && options->duration_s <= 1'000'000, "a time has an end");
	need(options->timeout_s <= 1'000'000, "a limit of time has an end");
	need(options->mode == "follow" || options->mode == "free", "there are two modes");
	need(percentage(options->demands.most_ambiguous) && percentage(options->demands.most_mismatch) &&
		     percentage(options->demands.most_unjudged),
	     "a percentage is one");
	for (const smcg::Setting &setting : options->settings) {
		need(!setting.file.empty() && !setting.value.empty(), "a setting has a file and a value");
		need(setting.file.find('/') == setting.file.npos, "a setting's file is in its group");
		need(setting.directory.empty() ||
			     (setting.directory[0] != '/' && ("/" + setting.directory + "/").find("/../") == std::string::npos),
		     "a setting stays inside of its group");
	}
}

void run_without_group(const std::vector<std::string> &args)
{
	smcg::RunOptions options;
	const auto table = smcg::run_options(options, false);
	if (const smcg::Status good = smcg::parse_run("witness", args, table, false, options); !good)
		wrong_usage(good.error());
	else
		need(!options.command.empty() && options.group.empty(), "there is a command");
}

// What the module prints is parsed by the same rules: nothing that is no number is one.
void module_text(const std::string &text)
{
	const auto values = smcg::KeyValues::parse(text);
	for (const auto &[key, value] : values.all()) {
		need(!key.empty() && key.find_first_of(" \t\n") == key.npos, "a key is a word");
		const uint64_t number = values.number(key);
		need(!number || smcg::parse_u64(values.text(key)) == number, "a number is one");
	}
	if (const auto counters = smcg::parse_counters(text); counters)
		for (const auto &[name, counter] : *counters)
			need(!name.second.empty(), "a counter has a name");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	const std::string text(reinterpret_cast<const char *>(data), size);
	std::vector<std::string> args;

	for (size_t at = 0; at < text.size();) {
		const size_t end = std::min(text.find('\n', at), text.size());
		args.push_back(text.substr(at, end - at));
		at = end + 1;
	}
	compare(args);
	run_without_group(args);
	module_text(text);
	return 0;
}
