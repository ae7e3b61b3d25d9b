/* SPDX-License-Identifier: GPL-2.0 */
/*
 * command.h - what is written to `control`, taken apart.
 *
 * Pure, so that user space can test it: no kernel state, no allocation.
 */
#ifndef SMCG_REPORT_COMMAND_H
#define SMCG_REPORT_COMMAND_H

#include "engine/env.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the longest command, and the zero behind it. */
#define SMCG_COMMAND_MAX 64

enum smcg_verb {
	SMCG_VERB_WATCH,
	SMCG_VERB_UNWATCH,
	SMCG_VERB_BARRIER,
	SMCG_VERB_RESYNC,
};

/**
 * struct smcg_command - one command of INTERFACE.md.
 * @verb: what to do
 * @mode: of a watch
 * @id: cgroup id of a watch or unwatch
 */
struct smcg_command {
	enum smcg_verb verb;
	enum smcg_mode mode;
	__u64 id;
};

/**
 * smcg_command_parse() - take a command apart.
 * @text: what was written, @bytes long, with a zero behind it; is cut into words.
 * @bytes: how long
 * @command: set on success only
 * Context: any.  Return: 0 or -EINVAL.
 */
int smcg_command_parse(char *text, size_t bytes, struct smcg_command *command);

#ifdef __cplusplus
}
#endif

#endif
