/* SPDX-License-Identifier: GPL-2.0 */
/*
 * convert.h - from raw slots to events.
 */
#ifndef SMCG_HOOKS_CONVERT_H
#define SMCG_HOOKS_CONVERT_H

#include "shadow_memcg.h"
#include "feed/slot.h"

/* Make an event of a slot, all but its time.  Feeder only. */
bool smcg_convert(const struct smcg_slot *slot, unsigned int cpu, struct smcg_event *event);

#endif
