// SPDX-License-Identifier: GPL-2.0
// SPEC A4, A9, A14, A15, A16, A18 on the legacy hierarchy: memory+swap, kmem, tcpmem, moves, the OOM killer off.
#include "table.h"

namespace {

using namespace test;

Script &tries_both(Script &s, unsigned css, unsigned nr)
{
	s.put(SMCG_EV_TRY_ENTER, css, nr, SMCG_BY_CHARGE, 0, SMCG_WHICH_MEMSW).leave(css, nr);
	return s.tries(css, nr);
}

// Memory+swap is over.
Script &memsw_fails(Script &s, unsigned css, unsigned nr, unsigned over)
{
	return s.put(SMCG_EV_TRY_ENTER, css, nr, SMCG_BY_CHARGE, 0, SMCG_WHICH_MEMSW).leave(css, nr, over);
}

Script &memsw_back(Script &s, unsigned css, unsigned nr, unsigned caller)
{
	return s.put(SMCG_EV_COUNTER_UNCHARGE, css, nr, caller, SMCG_WHICH_MEMSW).put(SMCG_EV_COUNTER_RET);
}

// Memory is over: what was charged of memory+swap goes back.
Script &memory_fails(Script &s, unsigned css, unsigned nr, unsigned over)
{
	s.put(SMCG_EV_TRY_ENTER, css, nr, SMCG_BY_CHARGE, 0, SMCG_WHICH_MEMSW).leave(css, nr);
	return memsw_back(s.tries(css, nr, over), css, nr, SMCG_BY_CHARGE);
}

Script &fill_both(Script &s, unsigned css, unsigned nr = 1)
{
	s.charge(css, nr);
	return tries_both(s, css, 64).refill(css, 64 - nr);
}

Script &uncharge_both(Script &s, unsigned css, unsigned nr)
{
	return memsw_back(s.uncharge(css, nr), css, nr, SMCG_BY_UNCHARGE);
}

constexpr std::uint64_t kEntry = 77;	// first swap entry of what is swapped out

Script &swapout(Script &s, unsigned css, unsigned nr)
{
	return s.put(SMCG_EV_SWAPOUT, css, nr, SMCG_BY_SWAPOUT, 3, 0, kEntry)
		.put(SMCG_EV_COUNTER_UNCHARGE, css, nr, SMCG_BY_SWAPOUT);
}

std::uint64_t pages(Script &s, unsigned css, unsigned which)
{
	return s.world.group(css).counter[which].usage;
}

std::int64_t adopted(Script &s, unsigned css, unsigned which)
{
	return s.world.group(css).counter[which].adopted;
}

const Row rows[] = {
	{"MemoryAndSwapIsTriedFirst", "try_charge_memcg()", [](Script &s) { fill_both(s, kA); },
	 "memsw g2 n64\nbatch g2 n64\nrefill g2 n63 arg 0:63"},
	{"BatchOverMemoryIsUndone", "try_charge_memcg(): page_counter_uncharge(memsw)",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 10).charge(kA, 1);
		 memory_fails(s, kA, 64, kA);
		 tries_both(s, kA, 1);
		 EXPECT_EQ(pages(s, kA, SMCG_WHICH_MEMSW), 1u);
		 EXPECT_EQ(adopted(s, kA, SMCG_WHICH_MEMSW), 0);
	 },
	 "memsw g2 n64\nbatch g2 n64 ENOMEM over g2\nmemsw g2 n1\nexact g2 n1"},
	{"BatchOverMemoryAndSwapTriesNoMemory", "try_charge_memcg()",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MEMSW_MAX, 10).charge(kB, 1);
		 memsw_fails(s, kB, 64, kA);
		 tries_both(s, kB, 1);
	 },
	 "memsw g3 n64 ENOMEM over g2\nmemsw g3 n1\nexact g3 n1"},
	{"OverMemoryMaySwap", "try_charge_memcg(): MEMCG_RECLAIM_MAY_SWAP",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 0).charge(kA, 1);
		 memory_fails(s, kA, 64, kA);
		 memory_fails(s, kA, 1, kA).reclaim(kA, 1, 0);
	 },
	 "memsw g2 n64\nbatch g2 n64 ENOMEM over g2\nmemsw g2 n1\nexact g2 n1 ENOMEM over g2\nmax_event g2\nreclaim g2 n1"},
	{"OverMemoryAndSwapMustNot", "try_charge_memcg(): reclaim_options stay",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MEMSW_MAX, 0).charge(kA, 1);
		 memsw_fails(s, kA, 64, kA);
		 memsw_fails(s, kA, 1, kA).reclaim(kA, 1, 0);
		 s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_ALL_RET);
		 s.limit(kA, SMCG_LIMIT_MEMSW_MAX, 5).limit(kA, SMCG_LIMIT_MAX, 0);
		 memory_fails(s, kA, 1, kA).reclaim(kA, 1, 0);
	 },
	 "memsw g2 n64 ENOMEM over g2\nmemsw g2 n1 ENOMEM over g2\nmax_event g2\nreclaim g2 n1 arg 0:1\ndrain g2\n"
	 "memsw g2 n1\nexact g2 n1 ENOMEM over g2\nmax_event g2\nreclaim g2 n1 arg 0:1"},
	{"MarginIsTheSmallerOne", "mem_cgroup_margin(): do_memsw_account()",
	 [](Script &s) {
		 // Memory has room, memory+swap has none: the drain is due, not a retry.
		 s.limit(kA, SMCG_LIMIT_MEMSW_MAX, 0).charge(kA, 1);
		 memsw_fails(s, kA, 64, kA);
		 memsw_fails(s, kA, 1, kA).reclaim(kA, 1, 0);
		 s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_ALL_RET);
		 s.limit(kA, SMCG_LIMIT_MEMSW_MAX, 1);
		 tries_both(s, kA, 1);
	 },
	 "memsw g2 n64 ENOMEM over g2\nmemsw g2 n1 ENOMEM over g2\nmax_event g2\nreclaim g2 n1 arg 0:1\ndrain g2\n"
	 "memsw g2 n1\nexact g2 n1"},
	{"RoomInBothIsARetry", "mem_cgroup_margin()",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MEMSW_MAX, 0).charge(kA, 1);
		 memsw_fails(s, kA, 64, kA);
		 memsw_fails(s, kA, 1, kA).put(SMCG_EV_RECLAIM, kA, 1, SMCG_BY_CHARGE);
		 s.limit(kA, SMCG_LIMIT_MEMSW_MAX, 1).put(SMCG_EV_RECLAIM_RET, 0, 0, 0, 1);
		 tries_both(s, kA, 1);
	 },
	 "memsw g2 n64 ENOMEM over g2\nmemsw g2 n1 ENOMEM over g2\nmax_event g2\nreclaim g2 n1 arg 0:1\n"
	 "memsw g2 n1\nexact g2 n1"},
	{"ForcedChargesBoth", "try_charge_memcg(): force",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MEMSW_MAX, 0).with(SMCG_GFP_NOFAIL).charge(kA, 1);
		 memsw_fails(s, kA, 64, kA);
		 memsw_fails(s, kA, 1, kA).put(SMCG_EV_COUNTER_CHARGE, kA, 1, SMCG_BY_CHARGE);
		 s.put(SMCG_EV_COUNTER_CHARGE, kA, 1, SMCG_BY_CHARGE, SMCG_WHICH_MEMSW);
		 EXPECT_EQ(pages(s, kA, SMCG_WHICH_MEMSW), 1u);
		 EXPECT_EQ(adopted(s, kA, SMCG_WHICH_MEMSW), 0);
	 },
	 "memsw g2 n64 ENOMEM over g2\nmemsw g2 n1 ENOMEM over g2\nmax_event g2\nforced g2 n1"},
	{"UnchargesBoth", "uncharge_batch()",
	 [](Script &s) {
		 uncharge_both(fill_both(s, kA), kA, 1);
		 EXPECT_EQ(pages(s, kA, SMCG_WHICH_MEMSW), 63u);
		 EXPECT_EQ(adopted(s, kA, SMCG_WHICH_MEMSW), 0);
	 },
	 "memsw g2 n64\nbatch g2 n64\nrefill g2 n63 arg 0:63\nuncharge g2 n1"},
	{"AWrongAmountIsAdopted", "uncharge_batch()",
	 [](Script &s) {
		 fill_both(s, kA, 4).uncharge(kA, 1);
		 memsw_back(s, kA, 2, SMCG_BY_UNCHARGE).uncharge(kA, 1);
		 EXPECT_EQ(pages(s, kA, SMCG_WHICH_MEMSW), 62u);
		 EXPECT_EQ(adopted(s, kA, SMCG_WHICH_MEMSW), -1);
	 },
	 "memsw g2 n64\nbatch g2 n64\nrefill g2 n60 arg 0:60\nuncharge g2 n1\nuncharge g2 n1"},
	{"ADrainGivesBothBack", "drain_stock()",
	 [](Script &s) {
		 fill_both(s, kA).put(SMCG_EV_DRAIN_LOCAL, 0, 0, SMCG_BY_DRAIN_WORK).drained(kA, 63);
		 memsw_back(s, kA, 63, SMCG_BY_DRAIN);
		 EXPECT_EQ(pages(s, kA, SMCG_WHICH_MEMSW), 1u);
		 EXPECT_EQ(s.memory(kA), 1u);
	 },
	 "memsw g2 n64\nbatch g2 n64\nrefill g2 n63 arg 0:63\ndrain_local g2 n63"},
	{"MigrationChargesBoth", "mem_cgroup_migrate()",
	 [](Script &s) {
		 s.put(SMCG_EV_COUNTER_CHARGE, kA, 1, SMCG_BY_MIGRATE);
		 s.put(SMCG_EV_COUNTER_CHARGE, kA, 1, SMCG_BY_MIGRATE, SMCG_WHICH_MEMSW);
		 EXPECT_EQ(adopted(s, kA, SMCG_WHICH_MEMSW), 0);
		 EXPECT_EQ(pages(s, kA, SMCG_WHICH_MEMSW), 1u);
	 },
	 "migrate g2 n1"},
	{"SwapOutKeepsMemoryAndSwap", "mem_cgroup_swapout()",
	 [](Script &s) {
		 swapout(fill_both(s, kA), kA, 1);
		 EXPECT_EQ(s.memory(kA), 63u);
		 EXPECT_EQ(pages(s, kA, SMCG_WHICH_MEMSW), 64u);
	 },
	 "memsw g2 n64\nbatch g2 n64\nrefill g2 n63 arg 0:63\nswapout g2 n1"},
	{"SwapInGivesTheEntryBack", "mem_cgroup_swapin_uncharge_swap()",
	 [](Script &s) {
		 swapout(fill_both(s, kA), kA, 1).put(SMCG_EV_SWAP_UNCHARGE, 0, 1, SMCG_BY_SWAP);
		 memsw_back(s, kA, 1, SMCG_BY_SWAP);
		 EXPECT_EQ(pages(s, kA, SMCG_WHICH_MEMSW), 63u);
	 },
	 "memsw g2 n64\nbatch g2 n64\nrefill g2 n63 arg 0:63\nswapout g2 n1\nswap_uncharge g2 n1"},
	{"AnOfflineGroupsEntryIsItsParents", "mem_cgroup_id_get_online()",
	 [](Script &s) {
		 fill_both(s, kC, 2).put(SMCG_EV_GROUP_OFFLINE, kC);
		 swapout(s, kC, 1);
		 s.put(SMCG_EV_COUNTER_CHARGE, kB, 1, SMCG_BY_SWAPOUT, SMCG_WHICH_MEMSW);
		 memsw_back(s, kC, 1, SMCG_BY_SWAPOUT);
		 EXPECT_EQ(pages(s, kC, SMCG_WHICH_MEMSW), 63u);
		 EXPECT_EQ(pages(s, kB, SMCG_WHICH_MEMSW), 64u);
		 EXPECT_EQ(adopted(s, kB, SMCG_WHICH_MEMSW), 0);
		 EXPECT_EQ(adopted(s, kC, SMCG_WHICH_MEMSW), 0);
	 },
	 "memsw g4 n64\nbatch g4 n64\nrefill g4 n62 arg 0:62\nswapout g4 n1 over g3 arg 0:1"},
	{"UnlessItHasEntriesStill", "mem_cgroup_id_get_online(): the id lives on with them",
	 [](Script &s) {
		 swapout(fill_both(s, kC, 2), kC, 1).put(SMCG_EV_GROUP_OFFLINE, kC);
		 swapout(s, kC, 1);
		 memsw_back(s, kC, 2, SMCG_BY_SWAP);
		 swapout(s, kC, 1);
	 },
	 "memsw g4 n64\nbatch g4 n64\nrefill g4 n62 arg 0:62\nswapout g4 n1\nswapout g4 n1\nswap_uncharge g4 n2\n"
	 "swapout g4 n1 over g3 arg 0:1"},
	{"KernelMemoryIsCountedWhenCharged", "memcg_account_kmem()",
	 [](Script &s) {
		 s.charge(kA, 1, SMCG_BY_KMEM_PAGE);
		 tries_both(s, kA, 64).refill(kA, 63).charge(kA, 2, SMCG_BY_OBJ).charge(kA, 1).barrier();
		 EXPECT_EQ(pages(s, kA, SMCG_WHICH_KMEM), 3u);
		 s.put(SMCG_EV_KMEM_UNCHARGE, kA, 1, SMCG_BY_KMEM_PAGE, 500).refill(kA, 1);
		 s.uncharge(kA, 1).put(SMCG_EV_COUNTER_UNCHARGE, kA, 1, SMCG_BY_UNCHARGE, SMCG_WHICH_MEMSW);
		 s.put(SMCG_EV_COUNTER_UNCHARGE, kA, 1, SMCG_BY_UNCHARGE, SMCG_WHICH_KMEM);
		 EXPECT_EQ(pages(s, kA, SMCG_WHICH_KMEM), 1u);
		 EXPECT_EQ(adopted(s, kA, SMCG_WHICH_KMEM), 0);
	 },
	 "memsw g2 n64\nbatch g2 n64\nrefill g2 n63 arg 0:63\nkmem_charge g2 n1\nstock_hit g2 n2\nkmem_charge g2 n2\n"
	 "stock_hit g2 n1\nrefill g2 n1 arg 0:61\nuncharge g2 n1"},
	{"OomKillerOffFails", "mem_cgroup_oom(): oom_kill_disable",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_MAX, 0).limit(kA, SMCG_LIMIT_OOM_OFF, 1).charge(kA, 1);
		 memory_fails(s, kA, 64, kA);
		 memory_fails(s, kA, 1, kA).reclaim(kA, 1, 0);
		 s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_ALL_RET);
		 for (int round = 0; round < 17; round++)
			 memory_fails(s, kA, 1, kA).reclaim(kA, 1, 0);
		 s.barrier();
		 s.said.erase(s.said.begin(), s.said.end() - 1);
	 },
	 "nomem g2 n1 ENOMEM"},
	{"SwapOfTheLimitIsWhatItHasOverMemory", "mem_cgroup_get_max(): memsw.max - max",
	 [](Script &s) {
		 // 4,000 pages in all, so each point of adjustment is worth four.
		 s.limit(kA, SMCG_LIMIT_MEMSW_MAX, 4000).limit(kA, SMCG_LIMIT_MAX, 0).charge(kA, 1);
		 memory_fails(s, kA, 64, kA);
		 memory_fails(s, kA, 1, kA).reclaim(kA, 1, 0);
		 s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_ALL_RET);
		 for (int round = 0; round < 17; round++)
			 memory_fails(s, kA, 1, kA).reclaim(kA, 1, 0);
		 s.limit(kA, SMCG_LIMIT_MAX, 1000).put(SMCG_EV_OOM, kA, 0, SMCG_BY_CHARGE).told();
		 s.put(SMCG_EV_OOM_SCAN, kA, 0, 0, SMCG_NO_LIMIT).put(SMCG_EV_OOM_TASK, kA, 71, 0, 7, 0, 2);
		 s.raw_gfp(SMCG_SCAN_CHOSEN).put(SMCG_EV_OOM_SCAN_RET, kA, 71, 0, 0, 7 + 2 * 4);
		 s.put(SMCG_EV_OOM_RET, 0, 0, 0, 1);
	 },
	 "oom_victim g2 n71 arg 0:15"},
	{"TcpIsATry", "mem_cgroup_charge_skmem()",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_TCPMEM_MAX, 2).put(SMCG_EV_SOCK_CHARGE, kA, 2);
		 s.put(SMCG_EV_TRY_ENTER, kA, 2, SMCG_BY_SOCK, 0, SMCG_WHICH_TCPMEM).leave(kA, 2, 0, SMCG_BY_SOCK);
		 s.put(SMCG_EV_SOCK_UNCHARGE, kA, 1);
		 EXPECT_EQ(pages(s, kA, SMCG_WHICH_TCPMEM), 1u);
		 EXPECT_EQ(s.world.stats().tasks_open, 0u);
	 },
	 "tcp_charge g2 n2"},
	{"TcpOverItsLimitFails", "mem_cgroup_charge_skmem()",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_TCPMEM_MAX, 2).put(SMCG_EV_SOCK_CHARGE, kB, 3);
		 s.put(SMCG_EV_TRY_ENTER, kB, 3, SMCG_BY_SOCK, 0, SMCG_WHICH_TCPMEM).leave(kB, 3, kA, SMCG_BY_SOCK);
		 EXPECT_EQ(pages(s, kB, SMCG_WHICH_TCPMEM), 0u);
	 },
	 "tcp_charge g3 n3 ENOMEM over g2"},
};

// What ends a move: the counter of a group gives pages back.
Script &ends(Script &s, unsigned css, unsigned nr, unsigned which)
{
	return s.put(SMCG_EV_COUNTER_UNCHARGE, css, nr, SMCG_BY_MOVE, which).put(SMCG_EV_COUNTER_RET);
}

// A page of A and what is charged for two that shall move to C; tid 50 moves.
Script &precharged(Script &s)
{
	s.charge(kB, 1, SMCG_BY_FOLIO, 7);
	tries_both(s, kB, 64).refill(kB, 63).charge(kC, 2, SMCG_BY_PRECHARGE);
	tries_both(s, kC, 64).put(SMCG_EV_REFILL, kC, 62).drained(kB, 63);
	return memsw_back(s, kB, 63, SMCG_BY_DRAIN);
}

const Row move_rows[] = {
	{"AFolioMovesAndTheRestIsGivenBack", "mem_cgroup_move_account(), __mem_cgroup_clear_mc()",
	 [](Script &s) {
		 precharged(s).put(SMCG_EV_MOVE, kC, 1, SMCG_BY_MOVE, 7, kB).put(SMCG_EV_MOVE_END);
		 ends(s, kC, 1, SMCG_WHICH_MEMORY);
		 ends(s, kC, 1, SMCG_WHICH_MEMSW);
		 ends(s, kB, 1, SMCG_WHICH_MEMORY);
		 ends(s, kB, 1, SMCG_WHICH_MEMSW);
		 EXPECT_EQ(s.memory(kC), 63u);
		 EXPECT_EQ(s.memory(kB), 63u);	// what is below it
		 EXPECT_EQ(adopted(s, kB, SMCG_WHICH_MEMORY), 0);
		 EXPECT_EQ(adopted(s, kB, SMCG_WHICH_MEMSW), 0);
		 EXPECT_EQ(s.world.group(kC).frames, 1u);
		 EXPECT_EQ(s.world.group(kB).frames, 0u);
	 },
	 "memsw g3 n64\nbatch g3 n64\nrefill g3 n63 arg 0:63\nmemsw g4 n64\nbatch g4 n64\n"
	 "refill g4 n62 over g3 arg 63:62\nmove g4 n1 over g3\nmove_end g4 n1\nmove_end g4 n1\nmove_end g3 n1\n"
	 "move_end g3 n1"},
	{"WhoSwappedItOutPaysForItInMemory", "mem_cgroup_swapin_charge_folio(): lookup_swap_cgroup_id()",
	 [](Script &s) {
		 swapout(fill_both(s, kC), kC, 1).told();
		 s.put(SMCG_EV_SWAPIN, kB, 1, 0, kEntry).charge(kC, 1);
	 },
	 "swapin g4 n1\nstock_hit g4 n1"},
	{"AnEntryOfSomebodyElse", "mem_cgroup_swapout() of a group that is not watched",
	 [](Script &s) {
		 swapout(fill_both(s, kC), kC, 1).put(SMCG_EV_SWAPOUT, kForeign, 1, SMCG_BY_SWAPOUT, 3, 0, kEntry).told();
		 s.put(SMCG_EV_SWAPIN, kB, 1, 0, kEntry).charge(kC, 1);
	 },
	 "swapin g4 n1 unsettled\nstock_hit g4 n1"},
	{"AnEntryThatMovedHasANewOwner", "mem_cgroup_move_swap_account(): swap_cgroup_cmpxchg()",
	 [](Script &s) {
		 swapout(precharged(s), kB, 1).put(SMCG_EV_MOVE_ENTRY, 0, 1, SMCG_BY_MOVE, kEntry).told();
		 s.put(SMCG_EV_SWAPIN, kA, 1, 0, kEntry).charge(kC, 1);
	 },
	 "swapin g4 n1\nstock_hit g4 n1"},
	{"AnEntryMovesMemoryAndSwapOnly", "__mem_cgroup_clear_mc(): moved_swap",
	 [](Script &s) {
		 swapout(precharged(s), kB, 1).put(SMCG_EV_MOVE_ENTRY, 0, 1, SMCG_BY_MOVE).put(SMCG_EV_MOVE_END);
		 ends(s, kC, 1, SMCG_WHICH_MEMORY);
		 ends(s, kC, 1, SMCG_WHICH_MEMSW);
		 ends(s, kB, 1, SMCG_WHICH_MEMSW);
		 ends(s, kC, 1, SMCG_WHICH_MEMORY);
		 EXPECT_EQ(s.memory(kC), 62u);
		 EXPECT_EQ(pages(s, kC, SMCG_WHICH_MEMSW), 63u);
		 EXPECT_EQ(pages(s, kB, SMCG_WHICH_MEMSW), 63u);
		 EXPECT_EQ(s.world.stats().adopted, 0u);
		 EXPECT_EQ(s.world.stats().unexplained, 0u);
	 },
	 "memsw g3 n64\nbatch g3 n64\nrefill g3 n63 arg 0:63\nmemsw g4 n64\nbatch g4 n64\n"
	 "refill g4 n62 over g3 arg 63:62\nswapout g3 n1\nmove_end g4 n1\nmove_end g4 n1\nmove_end g3 n1\nmove_end g4 n1"},
	{"MoreThanMovedIsAdopted", "__mem_cgroup_clear_mc()",
	 [](Script &s) {
		 precharged(s).put(SMCG_EV_MOVE, kC, 1, SMCG_BY_MOVE, 7, kB).put(SMCG_EV_MOVE_END);
		 ends(s, kC, 2, SMCG_WHICH_MEMORY);
		 EXPECT_EQ(adopted(s, kC, SMCG_WHICH_MEMORY), -2);
	 },
	 "memsw g3 n64\nbatch g3 n64\nrefill g3 n63 arg 0:63\nmemsw g4 n64\nbatch g4 n64\n"
	 "refill g4 n62 over g3 arg 63:62\nmove g4 n1 over g3\nmove_end g4 n1 adopted"},
	{"NothingToMoveIsChargedToo", "mem_cgroup_do_precharge(0): a batch for the stock",
	 [](Script &s) {
		 s.charge(kC, 0, SMCG_BY_PRECHARGE);
		 tries_both(s, kC, 64).refill(kC, 64).put(SMCG_EV_MOVE_END);
	 },
	 "memsw g4 n64\nbatch g4 n64\nrefill g4 n64 arg 0:64"},
	{"WaitingForAMoveIsAFreeRound", "mem_cgroup_wait_acct_move()",
	 [](Script &s) {
		 precharged(s).put(SMCG_EV_MOVE, kC, 1, SMCG_BY_MOVE, 7, kB).limit(kA, SMCG_LIMIT_MAX, 0);
		 s.at(1, 51).charge(kB, 1);
		 memory_fails(s, kB, 64, kA);
		 memory_fails(s, kB, 1, kA).reclaim(kA, 1, 0);
		 s.put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_QUEUED, 0, 0, 0, 0);
		 s.put(SMCG_EV_DRAIN_ALL_RET);
		 // Sixteen rounds would be the budget: these cost nothing, and no OOM is due.
		 for (int round = 0; round < 20; round++)
			 memory_fails(s, kB, 1, kA).reclaim(kA, 1, 0);
		 memory_fails(s, kB, 1, kA);
		 s.said.erase(s.said.begin(), s.said.end() - 1);
		 EXPECT_EQ(s.world.stats().adopted, 0u);
	 },
	 "max_event g2"},
};

class LegacyTable : public testing::TestWithParam<Row> {};

TEST_P(LegacyTable, Says)
{
	World::Setup setup;
	setup.legacy = true;
	Script s(setup);
	s.based();
	s.told();
	GetParam().play(s);
	s.barrier();
	EXPECT_EQ(s.told(), GetParam().says) << "checked against " << GetParam().source;
	EXPECT_EQ(s.world.stats().errors, 0u);
	EXPECT_EQ(s.world.stats().settled, 1u);
}
INSTANTIATE_TEST_SUITE_P(Row, LegacyTable, testing::ValuesIn(rows), row_name);
INSTANTIATE_TEST_SUITE_P(Move, LegacyTable, testing::ValuesIn(move_rows), row_name);

TEST(Legacy, TcpIsForcedWithoutFail)
{
	World::Setup setup;
	setup.legacy = true;
	Script s(setup);
	s.based().limit(kA, SMCG_LIMIT_TCPMEM_MAX, 2).told();
	smcg_event e{};
	e.time = 1000;
	e.type = SMCG_EV_SOCK_CHARGE;
	e.tid = 50;
	e.group = kA;
	e.nr = 3;
	e.gfp = SMCG_GFP_NOFAIL;
	s.world.apply(e);
	s.put(SMCG_EV_TRY_ENTER, kA, 3, SMCG_BY_SOCK, 0, SMCG_WHICH_TCPMEM).leave(kA, 3, kA, SMCG_BY_SOCK);
	s.put(SMCG_EV_COUNTER_CHARGE, kA, 3, SMCG_BY_SOCK, SMCG_WHICH_TCPMEM);
	EXPECT_EQ(s.told(), "tcp_charge g2 n3 ENOMEM over g2\ntcp_charge g2 n3 arg 0:1");
	EXPECT_EQ(pages(s, kA, SMCG_WHICH_TCPMEM), 3u);
	EXPECT_EQ(adopted(s, kA, SMCG_WHICH_TCPMEM), 0);
}

TEST(Legacy, EventsAreTheGroupsOwn)
{
	World::Setup setup;
	setup.legacy = true;
	Script s(setup);
	s.based().limit(kA, SMCG_LIMIT_MEMSW_MAX, 0).charge(kB, 1);
	s.limit(kB, SMCG_LIMIT_MEMSW_MAX, 0);
	memsw_fails(s, kB, 64, kB);
	memsw_fails(s, kB, 1, kB);
	EXPECT_EQ(s.world.group(kB).ev_max, 1u);
	EXPECT_EQ(s.world.group(kA).ev_max, 0u);
}

TEST(Legacy, BaselineGivesEveryCounter)
{
	World::Setup setup;
	setup.legacy = true;
	Script s(setup);
	for (unsigned which = 0; which < SMCG_WHICH_NR; which++)
		s.put(SMCG_EV_BASE_LEGACY, kA, 1, which, 10 + which, 20 + which, 30 + which);
	s.limit(kA, SMCG_LIMIT_SOFT, 7);
	const auto g = s.world.group(kA);
	EXPECT_EQ(g.soft_limit, 7u);
	for (unsigned which = SMCG_WHICH_MEMSW; which < SMCG_WHICH_NR; which++)
		EXPECT_EQ(g.counter[which].usage, 10 + which);
	for (unsigned which = 0; which < SMCG_WHICH_NR; which++) {
		EXPECT_EQ(g.counter[which].watermark, 20 + which);
		EXPECT_EQ(g.counter[which].failcnt, 30 + which);
	}
}

}  // namespace
