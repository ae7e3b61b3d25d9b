// SPDX-License-Identifier: GPL-2.0
// checked_world.h - a world that is looked at after each event, and ends the program where something is wrong.
#pragma once

#include <cstring>
#include <vector>

#include "../unit/world.h"
#include "invariants.h"
#include "need.h"

namespace fuzz {

class CheckedWorld {
      public:
	CheckedWorld(const test::World::Setup &setup, bool look_inside)
		: world_(setup), cpus_(setup.cpus), look_inside_(look_inside)
	{
	}

	bool made() const { return !world_.error; }
	const std::vector<smcg_decision> &decisions() const { return all_; }

	void apply(const smcg_event &e)
	{
		events_++;
		const std::size_t before = all_.size();
		for (const smcg_decision &d : world_.apply(e))
			take(d);
		for (std::size_t i = before; i < all_.size(); i++)
			need(all_[i].time == e.time, "a decision has the time of the event that settled it");
		if (look_inside_)
			if (const char *broken = smcg_broken_invariant(world_.raw()))
				need(false, broken);
	}

	// What is counted is what came out, and the numbers that are shown can be.
	void end()
	{
		const struct smcg_world_stats s = world_.stats();

		need(s.events == events_, "each event is counted");
		need(s.decisions == all_.size(), "each decision is counted, and came out");
		need(s.digest == digest_, "the digest is that of the decisions");
		need(s.adopted == adopted_ && s.ambiguous == ambiguous_ && s.unsettled == unsettled_,
		     "what decisions are marked with is counted");
		smcg_group_snapshot group;
		for (__u32 css = 0; !smcg_world_next_group(world_.raw(), &css, &group);)
			need(group.memory <= ~0ULL >> 1 && group.swap <= ~0ULL >> 1 && group.kmem <= ~0ULL >> 1,
			     "no counter that is shown is negative");
		smcg_stock_snapshot stock;
		for (unsigned cpu = 0; cpu < cpus_; cpu++)
			need(!smcg_world_stock(world_.raw(), cpu, &stock) && stock.cpu == cpu, "each CPU has a stock");
		need(smcg_world_stock(world_.raw(), cpus_, &stock) != 0, "others have none");
	}

	std::uint64_t digest() const { return digest_; }

      private:
	void take(const smcg_decision &d)
	{
		need(d.seq == all_.size() + 1, "decisions are numbered from 1 without a hole");
		need(d.kind > SMCG_KIND_NONE && d.kind < SMCG_KIND_NR, "a decision is of a kind");
		need(d.ctx < SMCG_CTX_NR && d.cpu < cpus_, "a decision is of a CPU and level");
		need(!d.result || d.result == -ENOMEM, "a decision succeeds or has no memory");
		need(d.event >= 1 && d.event <= events_, "a decision is of an event that was");
		need(!(d.flags & ~0xfu), "a decision has no unknown marks");
		digest_ = smcg_digest(digest_, &d);
		adopted_ += !!(d.flags & SMCG_DEC_ADOPTED);
		ambiguous_ += !!(d.flags & SMCG_DEC_AMBIGUOUS);
		unsettled_ += !!(d.flags & (SMCG_DEC_UNSETTLED | SMCG_DEC_AFTER_GAP));
		all_.push_back(d);
	}

	test::World world_;
	unsigned cpus_;
	bool look_inside_;
	std::vector<smcg_decision> all_;
	std::uint64_t events_ = 0, digest_ = SMCG_DIGEST_INIT;
	std::uint64_t adopted_ = 0, ambiguous_ = 0, unsettled_ = 0;
};

// The same events give the same bytes.
inline void same_decisions(const CheckedWorld &one, const CheckedWorld &other)
{
	const auto &a = one.decisions(), &b = other.decisions();

	need(a.size() == b.size() && one.digest() == other.digest() &&
		     (a.empty() || !std::memcmp(a.data(), b.data(), a.size() * sizeof(a[0]))),
	     "the same events give the same decisions");
}

}  // namespace fuzz
