// SPDX-License-Identifier: GPL-2.0
// args.hpp - a command line: options from a table, then operands, then "-- COMMAND".
#pragma once

#include "base/result.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace smcg {

struct Option {
	std::string_view name;		// "--json" or "-g"
	std::string_view alias;		// another name, or empty
	bool takes_value;
	std::function<Status(std::string_view)> apply;
};

struct Parsed {
	std::vector<std::string> operands;
	std::vector<std::string> command;	// behind "--"
	bool has_command = false;
};

// Options may stand anywhere before "--"; "--name=value" and "--name value" are the same.
Result<Parsed> parse_args(std::string_view verb, std::span<const std::string> args,
			  std::span<const Option> options);

// "smcg VERB: TEXT; try 'smcg help VERB'"
Error usage_error(std::string_view verb, const std::string &text);

// ", did you mean X?" with the candidate that is nearest, or nothing if none is near.
std::string did_you_mean(std::string_view text, std::span<const std::string_view> candidates);

// For Option::apply: sets a flag, a text, a number.
std::function<Status(std::string_view)> set_flag(bool &flag);
std::function<Status(std::string_view)> set_text(std::string &text);
std::function<Status(std::string_view)> set_number(std::string_view name, uint64_t &number, uint64_t least,
						   uint64_t most);
std::function<Status(std::string_view)> set_percent(std::string_view name, double &number);

} // namespace smcg
