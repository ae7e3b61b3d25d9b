// SPDX-License-Identifier: GPL-2.0
#include "cmd/replay_profile.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace smcg {

namespace {

using ull = unsigned long long;

template <typename... Args> std::string format(const char *form, Args... args)
{
	char line[256];
	std::snprintf(line, sizeof(line), form, args...);
	return line;
}

// Groups that are watched themselves but whose parent is not: what was asked to be mirrored.
std::vector<smcg_group_snapshot> roots_of(smcg_world *world)
{
	std::vector<smcg_group_snapshot> found;
	smcg_group_snapshot group{}, parent{};
	uint32_t css = 0;
	while (!smcg_world_next_group(world, &css, &group)) {
		const bool below = group.parent && !smcg_world_find_group(world, group.parent, &parent) &&
				   parent.flags & SMCG_GROUP_WATCHED;
		if (group.flags & SMCG_GROUP_WATCHED && !below)
			found.push_back(group);
	}
	return found;
}

nlohmann::ordered_json group_json(const smcg_group_snapshot &group)
{
	return {{"memory", group.memory}, {"peak", group.watermark}, {"failed_tries", group.failcnt},
		{"max_events", group.ev_max}, {"oom_events", group.ev_oom}};
}

} // namespace

std::function<Status(std::string_view)> set_profile(std::optional<smcg_profile> &profile)
{
	return [&profile](std::string_view text) -> Status {
		std::string known;
		for (unsigned i = 0; i < SMCG_PROFILE_NR; i++) {
			const auto candidate = static_cast<smcg_profile>(i);
			const char *name = smcg_profile_name(candidate);
			if (!name)
				continue;
			if (text == name) {
				profile = candidate;
				return {};
			}
			known += (known.empty() ? "" : ", ") + std::string(name);
		}
		return usage_error("no profile '" + std::string(text) + "'; there are " + known);
	};
}

Result<TwoProfiles> TwoProfiles::create(const smcg_file_header &header, smcg_profile other)
{
	const auto own = static_cast<smcg_profile>(header.profile);
	auto first = World::create(header, {own, SMCG_MODE_FREE});
	if (!first)
		return first.error();
	auto second = World::create(header, {other, SMCG_MODE_FREE});
	if (!second)
		return second.error();
	return TwoProfiles(first.take(), own, second.take(), other);
}

void TwoProfiles::Side::count(const smcg_decision &decision)
{
	const unsigned kind = decision.kind < nr_kinds ? decision.kind : 0;
	kinds[kind]++;
	pages[kind] += kind == SMCG_KIND_OOM ? 0 : decision.nr;
}

WorldStats TwoProfiles::Side::stats() const
{
	WorldStats stats{};
	smcg_world_stats(world.get(), &stats);
	return stats;
}

std::string TwoProfiles::text() const
{
	std::string out = format("%-14s %12s %12s %12s\n", "decisions", own_.name().c_str(), other_.name().c_str(), "difference");
	for (unsigned kind = 1; kind < nr_kinds; kind++) {
		const uint64_t mine = own_.kinds[kind], theirs = other_.kinds[kind];
		if (mine || theirs)
			out += format("%-14s %12llu %12llu %+12lld\n", std::string(kind_name(kind)).c_str(),
				      static_cast<ull>(mine), static_cast<ull>(theirs), static_cast<long long>(theirs - mine));
	}
	const auto theirs = roots_of(other_.world.get());
	for (const smcg_group_snapshot &mine : roots_of(own_.world.get()))
		for (const smcg_group_snapshot &other : theirs)
			if (other.id == mine.id)
				out += format("group %llu: pages %llu | %llu, peak %llu | %llu, max events %llu | %llu, OOM %llu | %llu\n",
					      static_cast<ull>(mine.id), static_cast<ull>(mine.memory), static_cast<ull>(other.memory),
					      static_cast<ull>(mine.watermark), static_cast<ull>(other.watermark),
					      static_cast<ull>(mine.ev_max), static_cast<ull>(other.ev_max),
					      static_cast<ull>(mine.ev_oom), static_cast<ull>(other.ev_oom));
	const WorldStats stats = other_.stats();
	return out + format("%llu events, %llu | %llu decisions, %llu errors; both live with their own decisions",
			    static_cast<ull>(stats.events), static_cast<ull>(own_.stats().decisions),
			    static_cast<ull>(stats.decisions), static_cast<ull>(stats.errors));
}

std::string TwoProfiles::json() const
{
	const WorldStats stats = other_.stats();
	nlohmann::ordered_json out = {{"schema", 1}, {"mode", "free"}, {"stream_profile", own_.name()},
				      {"profile", other_.name()}, {"events", stats.events}, {"errors", stats.errors},
				      {"digest", format("%016llx", static_cast<ull>(stats.digest))}};
	for (unsigned kind = 1; kind < nr_kinds; kind++)
		out["kinds"].push_back({{"kind", kind_name(kind)}, {"stream_profile", own_.kinds[kind]}, {"profile", other_.kinds[kind]},
					{"stream_profile_pages", own_.pages[kind]}, {"profile_pages", other_.pages[kind]}});
	out["groups"] = nlohmann::ordered_json::array();
	const auto theirs = roots_of(other_.world.get());
	for (const smcg_group_snapshot &mine : roots_of(own_.world.get()))
		for (const smcg_group_snapshot &other : theirs)
			if (other.id == mine.id)
				out["groups"].push_back({{"group", mine.id}, {"stream_profile", group_json(mine)}, {"profile", group_json(other)}});
	return out.dump();
}

} // namespace smcg
