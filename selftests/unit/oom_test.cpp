// SPDX-License-Identifier: GPL-2.0
// SPEC A19: who is killed when a group is out of memory, and with whom.
#include "table.h"

namespace {

using namespace test;

// A task that the search meets.
struct Task {
	unsigned tid, css;
	unsigned pages, swap = 0, tables = 0;
	int adj = 0;
	unsigned flags = 0;
};

void meet(Script &s, const Task &t, unsigned again = 0)
{
	s.raw_gfp(t.flags).put(SMCG_EV_OOM_TASK, t.css, t.tid, again, t.pages | std::uint64_t{t.swap} << 32, t.tables,
			       static_cast<std::uint64_t>(static_cast<std::int64_t>(t.adj)));
}

void ends(Script &s, unsigned how, unsigned tid = 0, long points = 0, unsigned css = kA)
{
	s.raw_gfp(how).put(SMCG_EV_OOM_SCAN_RET, css, tid, 0, 0, static_cast<std::uint64_t>(points));
}

// A charge to C that finds A at its limit of 1000 pages and ends in the OOM killer, up to the search.
void out_of_memory(Script &s, std::uint64_t swap = 0)
{
	s.limit(kA, SMCG_LIMIT_MAX, 1000).charge(kC, 1000).tries(kC, 1000);
	s.charge(kC, 1).tries(kC, 64, kA).tries(kC, 1, kA);
	s.reclaim(kA, 1, 0).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_ALL_RET, kA);
	for (int i = 0; i < 17; i++)
		s.tries(kC, 1, kA).reclaim(kA, 1, 0);
	s.put(SMCG_EV_OOM, kA, 0, SMCG_BY_CHARGE);
	s.told();
	s.put(SMCG_EV_OOM_SCAN, kA, 0, 0, swap);
}

void worst_of(Script &s, std::initializer_list<Task> tasks, unsigned tid, long points)
{
	out_of_memory(s);
	for (const Task &t : tasks)
		meet(s, t);
	ends(s, SMCG_SCAN_CHOSEN, tid, points);
	s.put(SMCG_EV_OOM_RET, 0, 0, 0, 1);
}

const Row victim_rows[] = {
	{"MostMemory", "oom_badness(): rss, swap entries and page tables",
	 [](Script &s) { worst_of(s, {{71, kC, 300, 0, 5}, {72, kB, 200, 150, 6}, {73, kB, 355}}, 72, 356); },
	 "oom_victim g2 n72 arg 0:356"},
	{"OfEqualOnesTheLater", "oom_evaluate_task(): points < chosen_points",
	 [](Script &s) { worst_of(s, {{71, kC, 300}, {72, kB, 300}}, 72, 300); }, "oom_victim g2 n72 arg 0:300"},
	{"AdjustedByShareOfTheLimit", "oom_badness(): adj *= totalpages / 1000",
	 [](Script &s) { worst_of(s, {{71, kC, 300}, {72, kB, 100, 0, 0, 201}}, 72, 301); }, "oom_victim g2 n72 arg 0:301"},
	{"SwapCountsInTheShare", "mem_cgroup_get_max(): min(swap.max, total_swap_pages)",
	 [](Script &s) {
		 s.limit(kA, SMCG_LIMIT_SWAP_MAX, 2000);
		 out_of_memory(s, 5000);
		 meet(s, {71, kC, 700});
		 meet(s, {72, kB, 100, 0, 0, 201});
		 ends(s, SMCG_SCAN_CHOSEN, 72, 703);
		 s.put(SMCG_EV_OOM_RET, 0, 0, 0, 1);
	 },
	 "oom_victim g2 n72 arg 0:703"},
	{"LeastBadBelowZero", "LONG_MIN alone is never chosen",
	 [](Script &s) { worst_of(s, {{71, kC, 10, 0, 0, -500}}, 71, -490); },
	 "oom_victim g2 n71 arg 4294967295:4294966806"},
	{"OneThatIsGoneWhileLookedAt", "oom_evaluate_task(): tsk_is_oom_victim(), MMF_OOM_SKIP",
	 [](Script &s) {
		 out_of_memory(s);
		 meet(s, {71, kC, 700, 0, 0, 0, SMCG_OOM_VICTIM});
		 meet(s, {71, kC, 0, 0, 0, 0, SMCG_OOM_VICTIM | SMCG_OOM_VICTIM_DONE | SMCG_OOM_NO_MM}, 1);
		 meet(s, {72, kB, 300});
		 meet(s, {72, kB, 300}, 1);
		 ends(s, SMCG_SCAN_CHOSEN, 72, 300);
		 s.put(SMCG_EV_OOM_RET, 0, 0, 0, 1);
	 },
	 "oom_victim g2 n72 arg 0:300"},
	{"OutOfTheQuestion", "oom_unkillable_task(), OOM_SCORE_ADJ_MIN, MMF_OOM_SKIP, in_vfork()",
	 [](Script &s) {
		 worst_of(s,
			  {{1, kC, 900, 0, 0, 0, SMCG_OOM_UNKILLABLE},
			   {72, kC, 901, 0, 0, -1000},
			   {73, kC, 902, 0, 0, 0, SMCG_OOM_SKIP},
			   {74, kC, 903, 0, 0, 0, SMCG_OOM_VFORK},
			   {75, kC, 0, 0, 0, 0, SMCG_OOM_NO_MM},
			   {76, kC, 904, 0, 0, 0, SMCG_OOM_VICTIM | SMCG_OOM_VICTIM_DONE},
			   {77, kC, 3}},
			  77, 3);
	 },
	 "oom_victim g2 n77 arg 0:3"},
	{"OriginFirst", "oom_task_origin(): points = LONG_MAX",
	 [](Script &s) {
		 worst_of(s, {{71, kC, 900}, {72, kC, 1, 0, 0, 0, SMCG_OOM_ORIGIN}, {73, kC, 901}}, 72, INT64_MAX);
	 },
	 "oom_victim g2 n72 arg 2147483647:4294967295"},
	{"AVictimStillDies", "oom_evaluate_task(): goto abort",
	 [](Script &s) {
		 out_of_memory(s);
		 meet(s, {71, kC, 300});
		 meet(s, {72, kC, 1, 0, 0, 0, SMCG_OOM_VICTIM});
		 ends(s, SMCG_SCAN_ABORTED);
		 s.put(SMCG_EV_OOM_RET, 0, 0, 0, 1);
	 },
	 "oom_victim g2 error"},
	{"Nobody", "out_of_memory(): no killable processes",
	 [](Script &s) {
		 out_of_memory(s);
		 meet(s, {71, kC, 300, 0, 0, -1000});
		 ends(s, SMCG_SCAN_NONE);
		 s.put(SMCG_EV_OOM_RET, 0, 0, 0, 0);
	 },
	 "oom_victim g2 error\nnomem g4 n1 ENOMEM"},
	{"ChangedWhileLookedAt", "find_lock_task_mm(): another CPU charges meanwhile",
	 [](Script &s) {
		 out_of_memory(s);
		 meet(s, {71, kC, 300});
		 meet(s, {71, kC, 310}, 1);
		 meet(s, {72, kC, 305});
		 meet(s, {72, kC, 305}, 1);
		 ends(s, SMCG_SCAN_CHOSEN, 71, 308);
		 s.put(SMCG_EV_OOM_RET, 0, 0, 0, 1);
	 },
	 "oom_victim g2 n71 arg 0:308 ambiguous"},
	{"NotPossible", "the decision stays as it was",
	 [](Script &s) {
		 out_of_memory(s);
		 meet(s, {71, kC, 300});
		 meet(s, {71, kC, 300}, 1);
		 meet(s, {72, kC, 305});
		 meet(s, {72, kC, 305}, 1);
		 ends(s, SMCG_SCAN_CHOSEN, 71, 300);
		 s.put(SMCG_EV_OOM_RET, 0, 0, 0, 1);
	 },
	 "oom_victim g2 n72 arg 0:305 adopted"},
	{"WithItsWholeGroup", "mem_cgroup_get_oom_group(): the highest one below",
	 [](Script &s) {
		 s.limit(kC, SMCG_LIMIT_OOM_GROUP, 1).limit(kB, SMCG_LIMIT_OOM_GROUP, 1);
		 worst_of(s, {{71, kC, 300}}, 71, 300);
	 },
	 "oom_victim g2 n71 over g3 arg 0:300"},
	{"NotAboveTheOneOutOfMemory", "mem_cgroup_get_oom_group(): memcg == oom_domain",
	 [](Script &s) {
		 s.group(10, kC, SMCG_GROUP_WATCHED).limit(kA, SMCG_LIMIT_OOM_GROUP, 1);
		 s.limit(kB, SMCG_LIMIT_MAX, 1000).charge(10, 1000).tries(10, 1000);
		 s.charge(10, 1).tries(10, 64, kB).tries(10, 1, kB).reclaim(kB, 1, 0);
		 s.put(SMCG_EV_DRAIN_ALL, kB, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_ALL_RET, kB);
		 for (int i = 0; i < 17; i++)
			 s.tries(10, 1, kB).reclaim(kB, 1, 0);
		 s.put(SMCG_EV_OOM, kB, 0, SMCG_BY_CHARGE).told();
		 s.put(SMCG_EV_OOM_SCAN, kB);
		 meet(s, {71, kC, 300});
		 ends(s, SMCG_SCAN_CHOSEN, 71, 300, kB);
		 s.put(SMCG_EV_OOM_RET, 0, 0, 0, 1);
	 },
	 "oom_victim g3 n71 arg 0:300"},
	{"ExitsAnyway", "oom_kill_process(): task_will_free_mem()",
	 [](Script &s) {
		 s.limit(kB, SMCG_LIMIT_OOM_GROUP, 1);
		 worst_of(s, {{71, kC, 300, 0, 0, 0, SMCG_OOM_FREES}}, 71, 300);
	 },
	 "oom_victim g2 n71 arg 0:300"},
};
SMCG_TABLE(VictimTable, victim_rows);

// 4.18: the charge fails, and its fault ends in the OOM killer. Up to the search.
void settled_later(Script &s)
{
	s.limit(kA, SMCG_LIMIT_MAX, 1000).charge(kC, 1000).tries(kC, 1000);
	s.charge(kC, 1).tries(kC, 32, kA).tries(kC, 1, kA);
	s.reclaim(kA, 1, 0).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_ALL_RET, kA);
	for (int i = 0; i < 6; i++)
		s.tries(kC, 1, kA).reclaim(kA, 1, 0);
	s.put(SMCG_EV_OOM, kA).told();
	s.put(SMCG_EV_OOM_SCAN, kA);
}

void worst_later(Script &s, std::initializer_list<Task> tasks, unsigned tid, long points)
{
	settled_later(s);
	for (const Task &t : tasks)
		meet(s, t);
	ends(s, SMCG_SCAN_CHOSEN, tid, points);
	s.put(SMCG_EV_OOM_RET, 0, 0, 0, 1);
}

const Row old_victim_rows[] = {
	{"A19_MostMemory_4_18", "oom_badness(): rss, swap entries and page tables",
	 [](Script &s) { worst_later(s, {{71, kC, 300, 0, 5}, {72, kB, 200, 150, 6}, {73, kB, 355}}, 72, 356); },
	 "oom_victim g2 n72 arg 0:356"},
	{"A19_OfEqualOnesTheFirst_4_18", "oom_evaluate_task(): thread_group_leader(oc->chosen)",
	 [](Script &s) { worst_later(s, {{71, kC, 300}, {72, kB, 300}}, 71, 300); }, "oom_victim g2 n71 arg 0:300"},
	{"A19_NeverBelowOne_4_18", "oom_badness(): points > 0 ? points : 1",
	 [](Script &s) {
		 worst_later(s, {{71, kC, 10, 0, 0, -500}, {72, kC, 300, 0, 0, -400}, {73, kC, 2, 0, 0, -1000}}, 71, 1);
	 },
	 "oom_victim g2 n71 arg 0:1"},
	{"A19_WhoAsksForItLast_4_18", "oom_evaluate_task(): oom_task_origin(): goto select",
	 [](Script &s) {
		 worst_later(s, {{71, kC, 1, 0, 0, 0, SMCG_OOM_ORIGIN}, {72, kC, 1, 0, 0, 0, SMCG_OOM_ORIGIN}, {73, kC, 900}}, 72,
			     INT64_MAX);
	 },
	 "oom_victim g2 n72 arg 2147483647:4294967295"},
	{"A19_OnlyWhoNotedItIsJudged_4_18", "mem_cgroup_oom_synchronize(): current->memcg_in_oom",
	 [](Script &s) {
		 settled_later(s);
		 ends(s, SMCG_SCAN_NONE);
		 s.put(SMCG_EV_OOM_RET).told();
		 s.put(SMCG_EV_OOM_SCAN, kA);
		 meet(s, {71, kC, 300});
		 ends(s, SMCG_SCAN_CHOSEN, 71, 300);
	 },
	 ""},
};

class OldVictimTable : public testing::TestWithParam<Row> {};

TEST_P(OldVictimTable, Says)
{
	Script s({.profile = SMCG_PROFILE_4_18});

	s.based().told();
	GetParam().play(s);
	s.barrier();
	EXPECT_EQ(s.told(), GetParam().says) << "checked against " << GetParam().source;
	EXPECT_EQ(s.world.stats().errors, 0u);
	EXPECT_EQ(s.world.stats().adopted, 0u);
}

INSTANTIATE_TEST_SUITE_P(Row, OldVictimTable, testing::ValuesIn(old_victim_rows), row_name);

// Somebody lowered a limit: no charge asked, and no step is due. The group that dies is counted.
TEST(Oom, AskedForByAWrite)
{
	Script s;

	s.based().limit(kA, SMCG_LIMIT_MAX, 1000).limit(kB, SMCG_LIMIT_OOM_GROUP, 1);
	s.put(SMCG_EV_OOM, kA, 0, SMCG_BY_WRITE).put(SMCG_EV_OOM_SCAN, kA);
	meet(s, {71, kC, 300});
	ends(s, SMCG_SCAN_CHOSEN, 71, 300);
	EXPECT_EQ(s.told(), "");
	EXPECT_EQ(s.world.group(kB).ev_local_oom_group_kill, 1u);
	EXPECT_EQ(s.world.group(kA).ev_oom_group_kill, 1u);
	EXPECT_EQ(s.world.group(kA).ev_local_oom_group_kill, 0u);
	EXPECT_EQ(s.world.group(kB).oom_group, 1u);
}

// More doubtful tasks than the engine keeps: it says so and never goes wrong.
TEST(Oom, ManyContenders)
{
	Script s;

	s.based();
	out_of_memory(s);
	for (unsigned i = 0; i < 100; i++) {
		meet(s, {100 + i, kC, 100});
		meet(s, {100 + i, kC, 900}, 1);
	}
	ends(s, SMCG_SCAN_CHOSEN, 199, 500);
	EXPECT_EQ(s.told(), "oom_victim g2 n199 arg 0:500 ambiguous");
}

}  // namespace
