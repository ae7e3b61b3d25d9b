// SPDX-License-Identifier: GPL-2.0
// invariants.h - what holds in a world after any event, whatever the stream was.
#pragma once

struct smcg_world;

// Null, or what does not hold, in words.
extern "C" const char *smcg_broken_invariant(const struct smcg_world *world);
