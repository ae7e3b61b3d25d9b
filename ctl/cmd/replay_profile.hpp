// SPDX-License-Identifier: GPL-2.0
// replay_profile.hpp - one stream, decided by the rules of two kernels.
#pragma once

#include "cmd/replay_world.hpp"
#include "model/kinds.hpp"

#include <functional>
#include <optional>

namespace smcg {

// For Option::apply: the profile with that name.
std::function<Status(std::string_view)> set_profile(std::optional<smcg_profile> &profile);

// Both live with their own decisions, so that they differ in nothing but the rules.
class TwoProfiles {
public:
	static Result<TwoProfiles> create(const smcg_file_header &header, smcg_profile other);

	// @each is given the decisions of the other profile.
	template <typename Each> void apply(const smcg_event &event, Each each)
	{
		own_.world.apply(event, [&](const smcg_decision &decision) { own_.count(decision); });
		other_.world.apply(event, [&](const smcg_decision &decision) {
			other_.count(decision);
			each(decision);
		});
	}

	uint64_t digest() const { return other_.stats().digest; }
	std::string text() const;
	std::string json() const;

private:
	struct Side {
		World world;
		smcg_profile profile;
		std::array<uint64_t, nr_kinds> kinds{};
		std::array<uint64_t, nr_kinds> pages{};

		void count(const smcg_decision &decision);
		WorldStats stats() const;
		std::string name() const { return smcg_profile_name(profile); }
	};
	TwoProfiles(World own, smcg_profile own_profile, World other, smcg_profile other_profile)
	    : own_{std::move(own), own_profile}, other_{std::move(other), other_profile}
	{
	}
	Side own_, other_;
};

} // namespace smcg
