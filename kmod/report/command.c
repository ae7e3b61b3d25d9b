// SPDX-License-Identifier: GPL-2.0
/* command.c - words of a command, see INTERFACE.md. */
#include <linux/kstrtox.h>
#include <linux/string.h>

#include "report/command.h"

/* The next word, or NULL behind the last one. */
static const char *next_word(char **text)
{
	const char *word;

	do
		word = strsep(text, " \t\n");
	while (word && !*word);
	return word;
}

static int parse_id(const char *word, __u64 *id)
{
	u64 value;

	if (!word || kstrtou64(word, 0, &value))
		return -EINVAL;
	*id = value;
	return 0;
}

static int parse_mode(const char *word, enum smcg_mode *mode)
{
	if (!word || !strcmp(word, "follow"))
		*mode = SMCG_MODE_FOLLOW;
	else if (!strcmp(word, "free"))
		*mode = SMCG_MODE_FREE;
	else
		return -EINVAL;
	return 0;
}

int smcg_command_parse(char *text, size_t bytes, struct smcg_command *command)
{
	struct smcg_command found = {};
	const char *verb;

	/* a zero byte inside would hide what follows it */
	if (strlen(text) != bytes)
		return -EINVAL;
	verb = next_word(&text);
	if (!verb)
		return -EINVAL;
	if (!strcmp(verb, "watch")) {
		found.verb = SMCG_VERB_WATCH;
		if (parse_id(next_word(&text), &found.id) ||
		    parse_mode(next_word(&text), &found.mode))
			return -EINVAL;
	} else if (!strcmp(verb, "unwatch")) {
		found.verb = SMCG_VERB_UNWATCH;
		if (parse_id(next_word(&text), &found.id))
			return -EINVAL;
	} else if (!strcmp(verb, "barrier")) {
		found.verb = SMCG_VERB_BARRIER;
	} else if (!strcmp(verb, "resync")) {
		found.verb = SMCG_VERB_RESYNC;
	} else {
		return -EINVAL;
	}
	if (next_word(&text))
		return -EINVAL;
	*command = found;
	return 0;
}
