// SPDX-License-Identifier: GPL-2.0
#include "base/args.hpp"

#include "base/file.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace smcg {

namespace {

const Option *find(std::span<const Option> options, std::string_view name)
{
	const auto it = std::ranges::find_if(options, [&](const Option &option) {
		return option.name == name || (!option.alias.empty() && option.alias == name);
	});
	return it == options.end() ? nullptr : &*it;
}

// How many letters must be changed, put in or left out to make one of the other.
size_t distance(std::string_view one, std::string_view other)
{
	std::vector<size_t> row(other.size() + 1);
	std::iota(row.begin(), row.end(), size_t{0});
	for (size_t i = 0; i < one.size(); i++) {
		size_t diagonal = std::exchange(row[0], i + 1);
		for (size_t j = 0; j < other.size(); j++) {
			const size_t changed = diagonal + (one[i] != other[j]);
			diagonal = row[j + 1];
			row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
		}
	}
	return row.back();
}

std::string near_option(std::span<const Option> options, std::string_view name)
{
	std::vector<std::string_view> names;
	for (const Option &option : options) {
		names.push_back(option.name);
		names.push_back(option.alias);
	}
	return did_you_mean(name, names);
}

} // namespace

Error usage_error(std::string_view verb, const std::string &text)
{
	const std::string name(verb);
	return usage_error("smcg " + name + ": " + text + "; try 'smcg help " + name + "'");
}

std::string did_you_mean(std::string_view text, std::span<const std::string_view> candidates)
{
	std::string_view best;
	size_t least = std::min<size_t>(3, text.size() / 2 + 1); // farther is no slip of the finger
	for (const std::string_view candidate : candidates)
		if (const size_t now = distance(text, candidate); candidate.size() > 2 && now < least) {
			least = now;
			best = candidate;
		}
	return best.empty() ? "" : ", did you mean " + std::string(best) + "?";
}

Result<Parsed> parse_args(std::string_view verb, std::span<const std::string> args,
			  std::span<const Option> options)
{
	Parsed parsed;
	for (size_t i = 0; i < args.size(); i++) {
		const std::string &arg = args[i];
		if (arg == "--") {
			parsed.has_command = true;
			parsed.command.assign(args.begin() + static_cast<std::ptrdiff_t>(i) + 1, args.end());
			break;
		}
		if (arg.size() < 2 || arg[0] != '-') {
			parsed.operands.push_back(arg);
			continue;
		}
		const auto equals = arg.starts_with("--") ? arg.find('=') : std::string::npos;
		const std::string name = arg.substr(0, equals);
		const Option *option = find(options, name);
		if (!option)
			return usage_error(verb, "unknown option " + name + near_option(options, name));
		std::string value;
		if (!option->takes_value) {
			if (equals != std::string::npos)
				return usage_error(verb, name + " takes no value");
		} else if (equals != std::string::npos) {
			value = arg.substr(equals + 1);
		} else if (i + 1 < args.size() && args[i + 1] != "--") {
			value = args[++i];
		} else {
			return usage_error(verb, name + " needs a value");
		}
		if (option->takes_value && value.empty())
			return usage_error(verb, name + " needs a value that is not empty");
		if (const Status applied = option->apply(value); !applied)
			return usage_error(verb, applied.error().text);
	}
	return parsed;
}

std::function<Status(std::string_view)> set_flag(bool &flag)
{
	return [&flag](std::string_view) -> Status {
		flag = true;
		return {};
	};
}

std::function<Status(std::string_view)> set_text(std::string &text)
{
	return [&text](std::string_view value) -> Status {
		text = value;
		return {};
	};
}

std::function<Status(std::string_view)> set_number(std::string_view name, uint64_t &number, uint64_t least,
						   uint64_t most)
{
	return [name, &number, least, most](std::string_view value) -> Status {
		const auto parsed = parse_u64(value);
		if (!parsed || *parsed < least || *parsed > most)
			return usage_error(std::string(name) + " wants a number from " + std::to_string(least) +
					   " to " + std::to_string(most) + ", not '" + std::string(value) + "'");
		number = *parsed;
		return {};
	};
}

std::function<Status(std::string_view)> set_percent(std::string_view name, double &number)
{
	return [name, &number](std::string_view value) -> Status {
		const std::string text(value);
		char *end = nullptr;
		const double parsed = std::strtod(text.c_str(), &end);
		if (text.empty() || *end || !std::isfinite(parsed) || parsed < 0 || parsed > 100)
			return usage_error(std::string(name) + " wants a percentage from 0 to 100, not '" + text +
					   "'");
		number = parsed;
		return {};
	};
}

} // namespace smcg
