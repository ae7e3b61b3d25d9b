// SPDX-License-Identifier: GPL-2.0
// step.hpp - one step of the controller, as either side tells it.
#pragma once

#include "shadow_memcg.h"

#include <cstdint>

namespace smcg {

struct Step {
	uint64_t time = 0;	// ns
	uint64_t began = 0;	// ns, real side only: when the task's outermost open frame began
	uint64_t group = 0;
	uint64_t over = 0;
	uint64_t arg = 0;
	uint64_t seq = 0;	// shadow side only
	uint64_t untold = 0;	// bits of arg that could not be read, real side only
	uint32_t tid = 0;
	uint32_t nr = 0;
	uint16_t kind = 0;	// enum smcg_kind
	uint16_t cpu = 0;
	int16_t result = 0;
	uint8_t ctx = 0;
	uint8_t flags = 0;	// SMCG_DEC_*, shadow side only
};

// Steps with the same key come in the order in which they happened.  Interrupt levels and the
// idle task go by CPU, as frames do.
inline uint64_t key_of(const Step &step)
{
	const bool by_task = step.ctx == SMCG_CTX_TASK && step.tid;
	return by_task ? step.tid : (1ull << 63) | uint64_t{step.cpu} << 8 | step.ctx;
}

inline Step step_of(const smcg_decision &decision)
{
	Step step;
	step.time = decision.time;
	step.began = decision.time;
	step.group = decision.group;
	step.over = decision.over;
	step.arg = decision.arg;
	step.seq = decision.seq;
	step.tid = decision.tid;
	step.nr = decision.nr;
	step.kind = decision.kind;
	step.cpu = decision.cpu;
	step.result = decision.result;
	step.ctx = decision.ctx;
	step.flags = decision.flags;
	return step;
}

} // namespace smcg
