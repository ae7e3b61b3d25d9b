// SPDX-License-Identifier: GPL-2.0
//
// slots_script.h - what scripts about the stocks of 7.2 share: locks, bytes, and tasks that lose their CPU.
#pragma once

#include "table.h"

namespace test {

inline constexpr unsigned kIrqTid = 50;	// of the task that an interrupt came on

inline Script &in_softirq(Script &s, unsigned pages, unsigned bytes = SMCG_LOCK_FREE)
{
	return s.at(0, kIrqTid, SMCG_CTX_SOFTIRQ).locks(pages, bytes);
}

inline Script &in_task(Script &s)
{
	return s.at(0).locks(SMCG_LOCK_FREE, SMCG_LOCK_FREE);
}

inline Script &refill_bytes(Script &s, unsigned bytes, bool allow, std::uint64_t o, unsigned css = kA)
{
	return s.put(SMCG_EV_OBJ_REFILL, css, 0, 0, o, bytes, allow);
}

// The task loses its CPU, and what is read there then: pages of slot 0, bytes of slot 0.
inline Script &preempted(Script &s, unsigned pages, unsigned bytes = 0)
{
	return s.put(SMCG_EV_PREEMPTED, 0, 0, 0, SMCG_SWITCH_TOLD | pages, bytes, 1 | (bytes ? 256 : 0));
}

inline Script &resumed(Script &s, unsigned cpu = 0)
{
	return s.at(cpu).put(SMCG_EV_PREEMPTED, 0, 0, 1);
}

inline Script &other_task(Script &s)
{
	return s.at(0, 51);
}

}  // namespace test
