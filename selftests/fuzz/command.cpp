// SPDX-License-Identifier: GPL-2.0
// command.cpp - what may be written to `control`: each command is refused or means what INTERFACE.md says.
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "need.h"
#include "report/command.h"

using fuzz::need;

namespace {

// As the file does it: a buffer of its own, exactly as long as what may be looked at.
int parse(const std::string &text, smcg_command &command)
{
	std::vector<char> room(text.size() + 1);

	std::memcpy(room.data(), text.data(), text.size());
	return smcg_command_parse(room.data(), text.size(), &command);
}

std::string written(const smcg_command &command)
{
	const std::string id = " " + std::to_string(command.id);

	switch (command.verb) {
	case SMCG_VERB_WATCH: return "watch" + id + (command.mode == SMCG_MODE_FREE ? " free" : " follow");
	case SMCG_VERB_UNWATCH: return "unwatch" + id;
	case SMCG_VERB_BARRIER: return "barrier";
	case SMCG_VERB_RESYNC: return "resync";
	}
	return "";
}

bool equal(const smcg_command &a, const smcg_command &b)
{
	return a.verb == b.verb && a.mode == b.mode && a.id == b.id;
}

std::vector<std::string> words(const std::string &text)
{
	std::string blanks = text;
	for (char &letter : blanks)
		if (letter == '\t' || letter == '\n')
			letter = ' ';
	std::vector<std::string> all;
	std::istringstream in(blanks);
	for (std::string word; std::getline(in, word, ' ');)
		if (!word.empty())
			all.push_back(word);
	return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	const std::string text(reinterpret_cast<const char *>(data), size);
	smcg_command command, again;

	std::memset(&command, 0xa5, sizeof(command));
	std::memcpy(&again, &command, sizeof(command));
	if (parse(text, command)) {
		need(!std::memcmp(&command, &again, sizeof(command)), "what is refused leaves nothing behind");
		const auto all = words(text);
		need(!(all.size() == 1 && all[0] == "barrier" && text.find('\0') == text.npos), "a barrier is taken");
		return 0;
	}
	const auto all = words(text);
	need(text.find('\0') == text.npos, "no zero byte inside");
	need(!all.empty() && all.size() <= (command.verb == SMCG_VERB_WATCH ? 3u : command.verb == SMCG_VERB_UNWATCH ? 2u : 1u),
	     "no word too many");
	need(written(command).starts_with(all[0]), "the verb is the one that was written");
	if (all.size() > 1) {
		char *end;
		need(std::strtoull(all[1].c_str(), &end, 0) == command.id && !*end, "the id is the one that was written");
	}
	if (all.size() > 2)
		need(written(command).ends_with(" " + all[2]), "the mode is the one that was written");
	need(!parse(written(command), again) && equal(command, again), "written again it means the same");
	return 0;
}
