// SPDX-License-Identifier: GPL-2.0
//
// script.h - a stream written by hand: each line is one event, and what the
// engine says of it is collected as short text, one line per decision.
#pragma once

#include <string>
#include <vector>

#include "world.h"

namespace test {

constexpr unsigned kRoot = 1, kA = 2, kB = 3, kC = 4, kForeign = 8, kCounted = 9;

inline const char *kind_name(unsigned kind)
{
	static const char *const names[] = {
		"none",	 "stock_hit", "batch",	     "exact",	     "reclaim",	     "drain",	"forced",
		"nomem", "oom",	      "max_event",   "high_event",   "uncharge",     "refill",	"drain_local",
		"obj_hit", "obj_miss", "kmem_uncharge", "migrate",    "swap_charge", "swap_uncharge",
		"cancel", "oom_victim", "over_high", "high_penalty", "high_work", "protection",
		"memsw", "swapout", "kmem_charge", "tcp_charge", "move", "move_end",
		"event_target", "threshold", "oom_notify", "swapin",
		"pressure", "pressure_level", "pressure_signal"};
	return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "?";
}

// KIND gGROUP nN [result] [over gX] [arg D:L] [flags]; groups by css id.
inline std::string text(const smcg_decision &d)
{
	std::string s = kind_name(d.kind);

	s += " g" + std::to_string(d.group - 100);
	if (d.nr)
		s += " n" + std::to_string(d.nr);
	if (d.result)
		s += d.result == -ENOMEM ? " ENOMEM" : " error";
	if (d.over)
		s += " over g" + std::to_string(d.over - 100);
	if (d.arg)
		s += " arg " + std::to_string(d.arg >> 32) + ":" +
		     std::to_string(d.arg & 0xffffffff);
	if (d.flags & SMCG_DEC_AMBIGUOUS)
		s += " ambiguous";
	if (d.flags & SMCG_DEC_AFTER_GAP)
		s += " after_gap";
	if (d.flags & SMCG_DEC_ADOPTED)
		s += " adopted";
	if (d.flags & SMCG_DEC_UNSETTLED)
		s += " unsettled";
	return s;
}

// Groups: root 1; A 2 below it, B 3 below A, C 4 below B, all watched;
// foreign 8 and counted 9 below the root.
class Script {
      public:
	explicit Script(const World::Setup &setup = {})
	    : world(setup), slots_(setup.profile >= SMCG_PROFILE_7_2), cpus_(setup.cpus),
	      batch_(setup.profile <= SMCG_PROFILE_5_10 ? 32 : 64), legacy_(setup.legacy)
	{
		read_ = setup.legacy ? SMCG_START_LEGACY : 0;
		put(SMCG_EV_START, 0, 0, 0, setup.cpus, setup.nodes);
		read_ = 0;
		group(kRoot, 0, 0);
		group(kA, kRoot, SMCG_GROUP_WATCHED);
		group(kB, kA, SMCG_GROUP_WATCHED);
		group(kC, kB, SMCG_GROUP_WATCHED);
		group(kForeign, kRoot, 0);
		group(kCounted, kRoot, SMCG_GROUP_COUNTED);
	}

	// The rest of the baseline: empty stocks and counters.
	Script &based()
	{
		for (unsigned c = 0; c < cpus_; c++) {
			at(c);
			if (slots_)
				empty_slots();
			else
				put(SMCG_EV_BASE_STOCK);
		}
		at(0);
		for (unsigned css : {kRoot, kA, kB, kC, kForeign, kCounted})
			put(SMCG_EV_BASE_COUNTER, css);
		for (unsigned css : {kRoot, kA, kB, kC, kForeign, kCounted})
			for (unsigned which = 0; legacy_ && which < SMCG_WHICH_NR; which++)
				put(SMCG_EV_BASE_LEGACY, css, 1, which);
		// What is counted towards a look at thresholds is far from it.
		for (unsigned css : {kRoot, kA, kB, kC, kForeign, kCounted})
			for (unsigned c = 0; legacy_ && c < cpus_; c++)
				put(SMCG_EV_BASE_PAGE_EVENTS, css, c, 0, 0, 1 << 20, 1 << 20);
		return put(SMCG_EV_BASE_DONE);
	}
	Script &group(unsigned css, unsigned parent, unsigned flags)
	{
		return put(SMCG_EV_GROUP_ONLINE, css, 0, 0, css + 100, parent, flags);
	}
	Script &at(unsigned cpu, unsigned tid = 50, unsigned ctx = SMCG_CTX_TASK)
	{
		cpu_ = cpu;
		tid_ = tid;
		ctx_ = ctx;
		return *this;
	}
	Script &with(unsigned gfp, unsigned task = 0)
	{
		gfp_ = gfp;
		task_ = task;
		return *this;
	}
	// What the locks of the stocks were at the events that follow (7.2).
	Script &locks(unsigned pages, unsigned bytes = SMCG_LOCK_FREE)
	{
		locks_ = pages | bytes << 2;
		return *this;
	}
	// What the next event, a try or the end of a reclaim, reads of its group's counter.
	Script &reads(unsigned pages)
	{
		read_ = pages + 1;
		return *this;
	}
	// gfp of the next event, for those that have something else there.
	Script &raw_gfp(unsigned value)
	{
		read_ = value;
		return *this;
	}
	Script &put(unsigned type, unsigned css = 0, unsigned nr = 0, unsigned caller = 0,
		    std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0)
	{
		smcg_event e{};

		e.time = ++time_;
		e.type = static_cast<__u16>(type);
		e.cpu = static_cast<__u16>(cpu_);
		e.ctx = static_cast<__u8>(ctx_);
		e.tid = tid_;
		e.gfp = type == SMCG_EV_CHARGE ? gfp_ : read_;
		e.task = task_;
		e.locks = static_cast<__u16>(locks_);
		e.group = css;
		e.nr = nr;
		e.caller = static_cast<__u8>(caller);
		e.a = a;
		e.b = b;
		e.c = c;
		read_ = 0;
		for (const smcg_decision &d : world.apply(e)) {
			said.push_back(text(d));
			decisions.push_back(d);
		}
		return *this;
	}
	Script &limit(unsigned css, unsigned which, std::uint64_t pages)
	{
		return put(SMCG_EV_LIMIT, css, 0, which, pages);
	}
	Script &charge(unsigned css, unsigned nr, unsigned caller = SMCG_BY_FOLIO,
		       std::uint64_t pfn = SMCG_NO_PFN)
	{
		return put(SMCG_EV_CHARGE, css, nr, caller, pfn);
	}
	Script &enter(unsigned css, unsigned nr, unsigned caller = SMCG_BY_CHARGE)
	{
		return put(SMCG_EV_TRY_ENTER, css, nr, caller);
	}
	Script &leave(unsigned css, unsigned nr, unsigned over = 0, unsigned caller = SMCG_BY_CHARGE)
	{
		return put(SMCG_EV_TRY_RET, css, nr, caller, !over, over);
	}
	Script &tries(unsigned css, unsigned nr, unsigned over = 0)
	{
		return enter(css, nr).leave(css, nr, over);
	}
	Script &refill(unsigned css, unsigned nr, unsigned caller = SMCG_BY_OTHER)
	{
		return put(SMCG_EV_REFILL, css, nr, caller);
	}
	Script &drained(unsigned css, unsigned nr)
	{
		return put(SMCG_EV_COUNTER_UNCHARGE, css, nr, SMCG_BY_DRAIN);
	}
	Script &uncharge(unsigned css, unsigned nr)
	{
		return put(SMCG_EV_COUNTER_UNCHARGE, css, nr, SMCG_BY_UNCHARGE);
	}
	Script &reclaim(unsigned css, unsigned nr, std::uint64_t got, unsigned caller = SMCG_BY_CHARGE)
	{
		put(SMCG_EV_RECLAIM, css, nr, caller);
		return put(SMCG_EV_RECLAIM_RET, 0, 0, 0, got);
	}
	Script &barrier() { return put(SMCG_EV_BARRIER); }
	// A charge that misses and leaves 64 - nr pages in the stock.
	Script &fill(unsigned css, unsigned nr = 1)
	{
		return charge(css, nr).tries(css, 64).refill(css, 64 - nr);
	}
	// What was said since the last call, in one string.
	std::string told()
	{
		std::string all;
		for (const std::string &s : said)
			all += (all.empty() ? "" : "\n") + s;
		said.clear();
		return all;
	}
	// Pages that a charge asks for at once, in the profile of this world.
	unsigned batch() const { return batch_; }
	// Has a stock a slot for each of several groups?
	bool slots() const { return slots_; }
	std::uint64_t memory(unsigned css) { return world.group(css).memory; }

	World world;
	std::vector<std::string> said;
	std::vector<smcg_decision> decisions;

      private:
	void empty_slots()
	{
		for (unsigned i = 0; i < SMCG_SNAPSHOT_PAGES; i++)
			put(SMCG_EV_BASE_SLOT, 0, 0, 0, i, 0, 1);
		for (unsigned i = 0; i < SMCG_SNAPSHOT_BYTES; i++)
			put(SMCG_EV_BASE_SLOT, 0, 0, 0, i, 0, 2);
		put(SMCG_EV_BASE_SLOT, 0, 0, 0, 0, 0, 3);
	}

	bool slots_;
	unsigned locks_ = 0;
	unsigned cpus_, batch_, cpu_ = 0, tid_ = 50, ctx_ = SMCG_CTX_TASK;
	unsigned gfp_ = SMCG_GFP_BLOCKING, task_ = 0, read_ = 0;
	std::uint64_t time_ = 0;
	bool legacy_;
};

}  // namespace test
