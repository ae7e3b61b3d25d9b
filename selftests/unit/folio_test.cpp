// SPDX-License-Identifier: GPL-2.0
//
// SPEC A13: what is resident, in the cache, of a tmpfs and huge among a group's folios. Linux 4.18 counts it where a
// folio is committed and uncharged; later ones as it is mapped or cached, so that there it says what folios were charged for.
#include "script.h"

#include <gtest/gtest.h>

namespace {

using namespace test;

constexpr std::uint64_t kPfn = 1024, kEntry = 9000, kObj = 500;
constexpr unsigned kHuge = 512, kMany = 100;

struct Lines {
	std::uint64_t rss, cache, shmem, huge, untold;
	bool operator==(const Lines &) const = default;
	friend std::ostream &operator<<(std::ostream &to, const Lines &l)
	{
		return to << "rss " << l.rss << " cache " << l.cache << " shmem " << l.shmem << " huge " << l.huge << " untold " << l.untold;
	}
};

Lines lines(Script &s, unsigned css)
{
	const smcg_group_snapshot g = s.world.group(css);
	return {g.rss, g.cache, g.shmem, g.rss_huge, g.untold};
}

// A folio is charged, and committed: its task went on.
Script &folio(Script &s, unsigned css, unsigned nr, std::uint64_t pfn, unsigned what)
{
	return s.put(SMCG_EV_CHARGE, css, nr, SMCG_BY_FOLIO, pfn, what << SMCG_FOLIO_SHIFT).tries(css, nr);
}

Script &committed(Script &s)
{
	return s.put(SMCG_EV_OBJ_STATE, kA, 0, 0, kObj).barrier();
}

// It goes to swap, as what it is, and is freed.
Script &out(Script &s, unsigned css, std::uint64_t pfn, unsigned what)
{
	s.raw_gfp(what).put(SMCG_EV_SWAP_CHARGE, css, 1, SMCG_BY_SWAP, pfn, 0, kEntry);
	s.enter(css, 1, SMCG_BY_SWAP).leave(css, 1, 0, SMCG_BY_SWAP);
	return s.put(SMCG_EV_FREE, 0, 0, 0, pfn);
}

Script &in(Script &s, unsigned css, std::uint64_t pfn, std::uint64_t entry = kEntry)
{
	s.put(SMCG_EV_SWAPIN, css, 1, 0, entry);
	return folio(s, css, kMany, pfn, SMCG_FOLIO_SWAPPABLE);
}

struct FolioRow {
	const char *name;
	const char *source;
	void (*play)(Script &);
	Lines a;
};

const FolioRow rows[] = {
	{"A13_Anonymous", "mem_cgroup_charge_statistics(): PageAnon", [](Script &s) { folio(s, kA, kMany, kPfn, SMCG_FOLIO_ANON); },
	 {kMany, 0, 0, 0, 0}},
	{"A13_Cached", "mem_cgroup_charge_statistics(): MEMCG_CACHE", [](Script &s) { folio(s, kA, kMany, kPfn, SMCG_FOLIO_CACHE); },
	 {0, kMany, 0, 0, 0}},
	{"A13_OfATmpfsIsCachedToo", "mem_cgroup_charge_statistics(): PageSwapBacked",
	 [](Script &s) { folio(s, kA, kMany, kPfn, SMCG_FOLIO_SWAPPABLE); }, {0, kMany, kMany, 0, 0}},
	{"A13_Huge", "mem_cgroup_charge_statistics(): compound", [](Script &s) { folio(s, kA, kHuge, kPfn, SMCG_FOLIO_ANON); },
	 {kHuge, 0, 0, kHuge, 0}},
	{"A13_HugeWhateverItIs", "mem_cgroup_charge_statistics(): compound",
	 [](Script &s) { folio(s, kA, kHuge, kPfn, SMCG_FOLIO_SWAPPABLE); }, {0, kHuge, kHuge, kHuge, 0}},
	{"A13_SplitIsNotHuge", "mem_cgroup_split_huge_fixup()",
	 [](Script &s) { committed(folio(s, kA, kHuge, kPfn, SMCG_FOLIO_ANON)).put(SMCG_EV_SPLIT, 0, kHuge, 0, kPfn, 1); },
	 {kHuge, 0, 0, 0, 0}},
	{"A13_APartOfWhatWasSplitGoes", "uncharge_page()",
	 [](Script &s) {
		 committed(folio(s, kA, kHuge, kPfn, SMCG_FOLIO_CACHE)).put(SMCG_EV_SPLIT, 0, kHuge, 0, kPfn, 1);
		 s.put(SMCG_EV_FREE, 0, 0, 0, kPfn + 5);
	 },
	 {0, kHuge - 1, 0, 0, 0}},
	{"A13_Uncharged", "uncharge_batch(): nr_anon, nr_file, nr_shmem, nr_huge",
	 [](Script &s) {
		 folio(s, kA, kHuge, kPfn, SMCG_FOLIO_ANON);
		 folio(s, kA, kMany, 2 * kPfn, SMCG_FOLIO_CACHE);
		 committed(folio(s, kA, kMany, 3 * kPfn, SMCG_FOLIO_SWAPPABLE));
		 for (unsigned i = 1; i <= 3; i++)
			 s.put(SMCG_EV_FREE, 0, 0, 0, i * kPfn);
	 },
	 {0, 0, 0, 0, 0}},
	{"A13_OfTheGroupAlone", "__mod_memcg_state()", [](Script &s) { folio(s, kB, kMany, kPfn, SMCG_FOLIO_ANON); }, {0, 0, 0, 0, 0}},
	{"A13_Untold", "", [](Script &s) { folio(s, kA, kMany, kPfn, SMCG_FOLIO_UNTOLD); }, {0, 0, 0, 0, kMany}},
	{"A13_AnonymousComesBackFromSwap", "do_swap_page(): mem_cgroup_commit_charge(), PageAnon",
	 [](Script &s) { in(out(committed(folio(s, kA, kMany, kPfn, SMCG_FOLIO_ANON)), kA, kPfn, SMCG_FOLIO_ANON), kA, 2 * kPfn); },
	 {kMany, 0, 0, 0, 0}},
	{"A13_OfATmpfsComesBackFromSwap", "shmem_getpage_gfp(): mem_cgroup_commit_charge()",
	 [](Script &s) {
		 in(out(committed(folio(s, kA, kMany, kPfn, SMCG_FOLIO_SWAPPABLE)), kA, kPfn, SMCG_FOLIO_SWAPPABLE), kA, 2 * kPfn);
	 },
	 {0, kMany, kMany, 0, 0}},
	{"A13_FromSwapWithoutATrace", "", [](Script &s) { in(s, kA, kPfn); }, {0, 0, 0, 0, kMany}},
	{"A13_TheNextOneIsOfATmpfs", "",
	 [](Script &s) {
		 in(out(committed(folio(s, kA, kMany, kPfn, SMCG_FOLIO_ANON)), kA, kPfn, SMCG_FOLIO_ANON), kA, 2 * kPfn);
		 folio(s, kA, kMany, 3 * kPfn, SMCG_FOLIO_SWAPPABLE);
	 },
	 {kMany, kMany, kMany, 0, 0}},
	{"A13_AnotherTaskDoesNotBringItIn", "",
	 [](Script &s) {
		 out(committed(folio(s, kA, kMany, kPfn, SMCG_FOLIO_ANON)), kA, kPfn, SMCG_FOLIO_ANON).put(SMCG_EV_SWAPIN, kA, 1, 0, kEntry);
		 committed(folio(s.at(1, 51), kA, kMany, 2 * kPfn, SMCG_FOLIO_SWAPPABLE)).at(0);
	 },
	 {0, kMany, kMany, 0, 0}},
	{"A13_AnEntryThatIsUsedAgain", "",
	 [](Script &s) {
		 out(committed(folio(s, kA, kMany, kPfn, SMCG_FOLIO_ANON)), kA, kPfn, SMCG_FOLIO_ANON);
		 out(committed(folio(s, kA, kMany, kPfn, SMCG_FOLIO_SWAPPABLE)), kA, kPfn, SMCG_FOLIO_SWAPPABLE);
		 in(s, kA, 2 * kPfn);
	 },
	 {0, kMany, kMany, 0, 0}},
};

class Folio : public testing::TestWithParam<std::tuple<FolioRow, smcg_profile>> {};

// In a 4.18 of its own, and beside a 6.1.
TEST_P(Folio, Lines)
{
	const auto &[row, profile] = GetParam();
	World::Setup setup{.profile = profile};
	if (profile == SMCG_PROFILE_4_18)
		setup.mode = SMCG_MODE_FREE;
	Script s(setup);
	row.play(s.based());
	committed(s);
	EXPECT_EQ(lines(s, kA), row.a) << "checked against " << row.source;
	EXPECT_EQ(s.world.stats().errors, 0u);
}

INSTANTIATE_TEST_SUITE_P(Row, Folio,
			 testing::Combine(testing::ValuesIn(rows), testing::Values(SMCG_PROFILE_4_18, SMCG_PROFILE_6_1)),
			 [](const auto &info) {
				 return std::string(std::get<0>(info.param).name) +
					(std::get<1>(info.param) == SMCG_PROFILE_4_18 ? "_4_18" : "_6_1");
			 });

// mem_cgroup_commit_charge(), mem_cgroup_cancel_charge(): what is not committed counts as nothing.
TEST(FolioCommit, A13_NotBefore_4_18)
{
	Script s({.mode = SMCG_MODE_FREE, .profile = SMCG_PROFILE_4_18});
	s.based();
	folio(s, kA, kHuge, kPfn, SMCG_FOLIO_ANON);
	EXPECT_EQ(lines(s, kA), Lines{});
	EXPECT_EQ(s.world.group(kA).frame_pages, kHuge);
	s.put(SMCG_EV_FREE, 0, 9, 0, kPfn);
	EXPECT_EQ(lines(s, kA), Lines{}) << "cancelled";
	committed(folio(s, kA, kHuge, kPfn, SMCG_FOLIO_ANON));
	EXPECT_EQ(lines(s, kA), (Lines{kHuge, 0, 0, kHuge, 0}));
}

// mem_cgroup_migrate(): the new page is committed as what the old one is, which goes when it is freed.
TEST(FolioMigrated, A13_AsWhatItWas)
{
	for (auto profile : {SMCG_PROFILE_4_18, SMCG_PROFILE_6_1, SMCG_PROFILE_6_12}) {
		World::Setup setup{.profile = profile};
		setup.mode = profile == SMCG_PROFILE_4_18 ? SMCG_MODE_FREE : SMCG_MODE_FOLLOW;
		Script s(setup);
		committed(folio(s.based(), kA, kMany, kPfn, SMCG_FOLIO_SWAPPABLE));
		s.put(SMCG_EV_MIGRATE, kA, kMany, SMCG_BY_MIGRATE, kPfn, 2 * kPfn);
		if (profile == SMCG_PROFILE_6_1)
			s.put(SMCG_EV_COUNTER_CHARGE, kA, kMany, SMCG_BY_MIGRATE);
		if (profile != SMCG_PROFILE_6_12) {
			EXPECT_EQ(lines(s, kA), (Lines{0, 2 * kMany, 2 * kMany, 0, 0})) << "until the old one is freed";
			s.put(SMCG_EV_FREE, 0, 0, 0, kPfn);
		}
		EXPECT_EQ(lines(s, kA), (Lines{0, kMany, kMany, 0, 0}));
	}
}

// mem_cgroup_move_account(), mem_cgroup_swapout(), mem_cgroup_move_swap_account() on the legacy hierarchy.
TEST(FolioLegacy, A13_GoesWithItsTask)
{
	World::Setup setup;
	setup.legacy = true;
	Script s(setup);
	const auto both = [&](unsigned css) -> Script & {
		s.put(SMCG_EV_TRY_ENTER, css, kMany, SMCG_BY_CHARGE, 0, SMCG_WHICH_MEMSW).leave(css, kMany);
		return s.tries(css, kMany);
	};
	s.based().put(SMCG_EV_CHARGE, kA, kMany, SMCG_BY_FOLIO, kPfn, SMCG_FOLIO_ANON << SMCG_FOLIO_SHIFT);
	both(kA).charge(kB, kMany, SMCG_BY_PRECHARGE);
	both(kB);
	s.put(SMCG_EV_MOVE, kB, kMany, SMCG_BY_MOVE, kPfn, kA);
	EXPECT_EQ(lines(s, kA), Lines{});
	EXPECT_EQ(lines(s, kB), (Lines{kMany, 0, 0, 0, 0}));
	s.raw_gfp(SMCG_FOLIO_ANON).put(SMCG_EV_SWAPOUT, kA, 1, SMCG_BY_SWAPOUT, 2 * kPfn, 0, kEntry);
	s.put(SMCG_EV_COUNTER_UNCHARGE, kA, 1, SMCG_BY_SWAPOUT);
	s.put(SMCG_EV_MOVE_ENTRY, 0, 1, SMCG_BY_MOVE, kEntry);
	s.put(SMCG_EV_SWAPIN, kB, 1, 0, kEntry);
	s.put(SMCG_EV_CHARGE, kB, kMany, SMCG_BY_FOLIO, 3 * kPfn, SMCG_FOLIO_SWAPPABLE << SMCG_FOLIO_SHIFT);
	both(kB).barrier();
	EXPECT_EQ(lines(s, kB), (Lines{2 * kMany, 0, 0, 0, 0}));
}

// A charge to somebody who is not watched was not heard of: it does not speak for what its task does much later.
TEST(FolioSwapin, A13_NotForever)
{
	Script s;
	committed(folio(s.based(), kA, kMany, kPfn, SMCG_FOLIO_ANON));
	out(s, kA, kPfn, SMCG_FOLIO_ANON).put(SMCG_EV_SWAPIN, kForeign, 1, 0, kEntry);
	for (unsigned i = 0; i < 5000; i++)
		s.put(SMCG_EV_FREE, 0, 0, 0, 99);
	folio(s, kA, kMany, kPfn, SMCG_FOLIO_SWAPPABLE).barrier();
	EXPECT_EQ(lines(s, kA), (Lines{0, kMany, kMany, 0, 0}));
}

// After a loss what is swapped out is not known, and what is resident goes on.
TEST(FolioLoss, A13_SwapIsForgotten)
{
	Script s;
	out(committed(folio(s.based(), kA, kMany, kPfn, SMCG_FOLIO_ANON)), kA, kPfn, SMCG_FOLIO_ANON);
	s.put(SMCG_EV_GAP, 0, 0, 0, 1);
	in(s, kA, 2 * kPfn).barrier();
	EXPECT_EQ(lines(s, kA), (Lines{0, 0, 0, 0, kMany}));
}

}  // namespace
