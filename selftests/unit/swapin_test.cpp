// SPDX-License-Identifier: GPL-2.0
// SPEC A1: who pays for a folio that is swapped in.
#include "table.h"

namespace {

using namespace test;

constexpr std::uint64_t kEntry = 0x1ff;	// and the next one begins another chunk

// @nr pages of @css go to swap, from @entry on, and @payer is charged for them.
Script &swaps_out(Script &s, unsigned css, std::uint64_t entry = kEntry, unsigned nr = 1, unsigned over = 0)
{
	s.put(SMCG_EV_SWAP_CHARGE, css, nr, SMCG_BY_SWAP, 3, 0, entry);
	return s.enter(css, nr, SMCG_BY_SWAP).leave(css, nr, over, SMCG_BY_SWAP);
}

// A task whose address space is of @mm asks for the folio at @entry.
Script &asks(Script &s, unsigned mm, std::uint64_t entry = kEntry, unsigned nr = 1)
{
	return s.put(SMCG_EV_SWAPIN, mm, nr, 0, entry);
}

// The same, and it reads who has that entry (smcg_event.b).
Script &reads(Script &s, unsigned mm, std::uint64_t owner)
{
	return s.put(SMCG_EV_SWAPIN, mm, 1, 0, kEntry, owner);
}

const Row rows[] = {
	{"WhoSwappedItOut", "mem_cgroup_swapin_charge_folio(): lookup_swap_cgroup_id()",
	 [](Script &s) { asks(swaps_out(s, kC), kB).charge(kC, 65).tries(kC, 65); },
	 "swap_charge g4 n1\nswapin g4 n1\nexact g4 n65"},
	{"NotWhoTheHookedCallIsFor", "the decision stays as it was",
	 [](Script &s) { asks(swaps_out(s, kC), kB).charge(kB, 65).tries(kB, 65); },
	 "swap_charge g4 n1\nswapin g4 n1 adopted\nexact g3 n65"},
	{"NobodyPays", "the decision stays as it was",
	 [](Script &s) { asks(swaps_out(s, kC), kB).put(SMCG_EV_FREE, 0, 0, 0, 5); },
	 "swap_charge g4 n1\nswapin g4 n1 adopted"},
	{"OfflineItIsWhoAsks", "css_tryget_online(), get_mem_cgroup_from_mm()",
	 [](Script &s) {
		 swaps_out(s, kC).put(SMCG_EV_GROUP_OFFLINE, kC);
		 asks(s, kB).charge(kB, 65).tries(kB, 65);
	 },
	 "swap_charge g4 n1\nswapin g3 n1\nexact g3 n65"},
	{"ItsIdMayBeAnothers", "swap_cgroup_record() has an id that is not used again",
	 [](Script &s) {
		 s.group(12, kA, SMCG_GROUP_WATCHED);
		 swaps_out(s, 12).put(SMCG_EV_GROUP_OFFLINE, 12).put(SMCG_EV_GROUP_FREE, 12);
		 s.put(SMCG_EV_GROUP_ONLINE, 12, 0, 0, 999, kA, SMCG_GROUP_WATCHED);
		 asks(s, kB).charge(kB, 65).tries(kB, 65);
	 },
	 "swap_charge g12 n1\nswapin g3 n1\nexact g3 n65"},
	{"EachEntryOfALargeFolio", "swap_cgroup_record(entry, id, nr)",
	 [](Script &s) {
		 swaps_out(s, kC, kEntry - 8, 512);
		 asks(s, kB, kEntry + 503).charge(kC, 65).tries(kC, 65);
	 },
	 "swap_charge g4 n512\nswapin g4 n1\nexact g4 n65"},
	{"ALargeFolioAtOnce", "the owner of its first entry",
	 [](Script &s) { asks(swaps_out(s, kC, kEntry, 16), kB, kEntry, 16).charge(kC, 65).tries(kC, 65); },
	 "swap_charge g4 n16\nswapin g4 n16\nexact g4 n65"},
	{"TheLastOneToSwapItOut", "swap_cgroup_record() of the same entry",
	 [](Script &s) { asks(swaps_out(swaps_out(s, kC), kB), kA).charge(kB, 65).tries(kB, 65); },
	 "swap_charge g4 n1\nswap_charge g3 n1\nswapin g3 n1\nexact g3 n65"},
	{"WhoWasRefusedDoesNotOwn", "nothing is recorded",
	 [](Script &s) {
		 s.limit(kC, SMCG_LIMIT_SWAP_MAX, 0);
		 asks(swaps_out(s, kC, kEntry, 1, kC), kB).charge(kB, 65).tries(kB, 65);
	 },
	 "swap_charge g4 n1 ENOMEM over g4\nswapin g3 n1 unsettled\nexact g3 n65"},
	{"SomebodyElsesSinceThen", "a group that is not watched has the entry now",
	 [](Script &s) {
		 swaps_out(s, kC).put(SMCG_EV_SWAP_CHARGE, kForeign, 1, SMCG_BY_SWAP, 3, 0, kEntry);
		 asks(s, kB).charge(kB, 65).tries(kB, 65);
	 },
	 "swap_charge g4 n1\nswapin g3 n1 unsettled\nexact g3 n65"},
	{"BeforeTheBaseline", "who swapped it out is not known",
	 [](Script &s) { asks(s, kB).charge(kC, 65).tries(kC, 65); }, "swapin g4 n1 unsettled\nexact g4 n65"},
	{"SomebodyWhoIsNotWatched", "nothing is said",
	 [](Script &s) { asks(s, kB).charge(kForeign, 65); }, ""},
	{"AnInterruptComesFirst", "it is not the task that charges",
	 [](Script &s) {
		 asks(swaps_out(s, kC), kB).at(0, 50, SMCG_CTX_SOFTIRQ).charge(kB, 65, SMCG_BY_SOCK).tries(kB, 65);
		 s.at(0).charge(kC, 65).tries(kC, 65);
	 },
	 "swap_charge g4 n1\nexact g3 n65\nswapin g4 n1\nexact g4 n65"},
	{"TwoTasksAtOnce", "each its own",
	 [](Script &s) {
		 swaps_out(swaps_out(s, kC), kB, kEntry + 1);
		 asks(s, kA).at(1, 51);
		 asks(s, kA, kEntry + 1).at(0).charge(kC, 65).tries(kC, 65).at(1, 51).charge(kB, 65).tries(kB, 65);
	 },
	 "swap_charge g4 n1\nswap_charge g3 n1\nswapin g4 n1\nexact g4 n65\nswapin g3 n1\nexact g3 n65"},
	{"OthersAreNotHeardOfAgain", "unwatched groups pay for what was swapped out before the baseline",
	 [](Script &s) {
		 swaps_out(s, kC);
		 for (unsigned tid = 100; tid < 200; tid++)
			 asks(s.at(1, tid), kForeign, 1000 + tid);
		 asks(s.at(0), kB);
		 for (unsigned tid = 300; tid < 400; tid++)
			 asks(s.at(1, tid), kForeign, 1000 + tid);
		 s.at(0).charge(kC, 65).tries(kC, 65);
		 EXPECT_EQ(s.world.stats().errors, 0u);
	 },
	 "swap_charge g4 n1\nswapin g4 n1\nexact g4 n65"},
	{"NorWaitedForWithoutEnd", "what a task does much later tells nothing of it",
	 [](Script &s) {
		 asks(s, kForeign).at(1, 51);
		 for (unsigned i = 0; i < 5000; i++)
			 s.put(SMCG_EV_FREE, 0, 0, 0, 5);
		 s.at(0).charge(kB, 65).tries(kB, 65);
	 },
	 "exact g3 n65"},
	{"AfterEventsWereLost", "what was swapped out meanwhile nobody told",
	 [](Script &s) {
		 swaps_out(s, kC).put(SMCG_EV_GAP, 0, 0, 0, 1);
		 asks(s, kB).charge(kB, 65);
	 },
	 "swap_charge g4 n1\nswapin g3 n1 after_gap unsettled"},
	{"BeforeTheBaselineAsRead", "lookup_swap_cgroup_id(): who has an entry that the stream does not tell of",
	 [](Script &s) { reads(s, kB, 2 + kC).charge(kC, 65).tries(kC, 65); }, "swapin g4 n1\nexact g4 n65"},
	{"AsReadButSomebodyElsePays", "the decision stays as it was",
	 [](Script &s) { reads(s, kB, 2 + kC).charge(kB, 65).tries(kB, 65); }, "swapin g4 n1 adopted\nexact g3 n65"},
	{"AsReadNobodyIsOnline", "css_tryget_online(), get_mem_cgroup_from_mm()",
	 [](Script &s) { reads(s, kB, 1).charge(kB, 65).tries(kB, 65); }, "swapin g3 n1\nexact g3 n65"},
	{"AsReadSomebodyWhoIsNotWatched", "nothing is said, nor is a charge of the task's waited for",
	 [](Script &s) { reads(s, kB, 2 + kForeign).charge(kB, 65).tries(kB, 65); }, "exact g3 n65"},
	{"WhatTheStreamToldCounts", "what was read does not: the shadow has its own",
	 [](Script &s) { reads(swaps_out(s, kC), kA, 2 + kB).charge(kC, 65).tries(kC, 65); },
	 "swap_charge g4 n1\nswapin g4 n1\nexact g4 n65"},
};
SMCG_TABLE(SwapinTable, rows);

}  // namespace
