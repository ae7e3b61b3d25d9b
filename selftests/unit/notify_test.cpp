// SPDX-License-Identifier: GPL-2.0
// SPEC A13, A18 on the legacy hierarchy: what each CPU counts, the looks at thresholds that follow, and OOM notified.
#include "table.h"

namespace {

using namespace test;

constexpr std::uint64_t kFar = 1 << 20;

// A group has counted @nr pages on CPU 0; thresholds, and the soft limit, are looked at behind these.
Script &counted(Script &s, unsigned css, std::uint64_t nr, std::uint64_t target, std::uint64_t soft = kFar)
{
	return s.put(SMCG_EV_BASE_PAGE_EVENTS, css, 0, 0, nr, target, soft);
}

Script &back(Script &s, unsigned css, unsigned nr, unsigned caller)
{
	s.put(SMCG_EV_COUNTER_RET).put(SMCG_EV_COUNTER_UNCHARGE, css, nr, caller, SMCG_WHICH_MEMSW);
	return s.put(SMCG_EV_COUNTER_RET);
}

Script &gone(Script &s, unsigned css, unsigned nr)
{
	return back(s.uncharge(css, nr), css, nr, SMCG_BY_UNCHARGE);
}

// A page, and 63 more in the stock: usage is 64 pages.
Script &page(Script &s, unsigned css, unsigned caller = SMCG_BY_FOLIO)
{
	s.charge(css, 1, caller);
	s.put(SMCG_EV_TRY_ENTER, css, 64, SMCG_BY_CHARGE, 0, SMCG_WHICH_MEMSW).leave(css, 64);
	return s.tries(css, 64).refill(css, 63);
}

// The kernel looks at a counter of a group: how many thresholds, what is charged, what it has counted.
Script &look(Script &s, unsigned css, unsigned which, unsigned nr, std::uint64_t usage, std::uint64_t pages)
{
	return s.put(SMCG_EV_THRESHOLD, css, nr, 0, usage + 1, which, pages + 1);
}

Script &looks(Script &s, unsigned css, std::uint64_t pages)
{
	look(s, css, SMCG_WHICH_MEMORY, 0, s.memory(css), pages);
	return look(s, css, SMCG_WHICH_MEMSW, 0, s.memory(css), pages);
}

Script &threshold(Script &s, unsigned css, unsigned which, unsigned index, unsigned of, std::uint64_t pages,
		  unsigned place)
{
	return s.put(SMCG_EV_THRESHOLD_SET, css, of, which, pages, index, place);
}

const char *const kPage = "memsw g2 n64\nbatch g2 n64\nrefill g2 n63 arg 0:63";

// What an empty group says until it has a page.
std::string after_page(const char *more = nullptr)
{
	return more ? std::string(kPage) + "\n" + more : kPage;
}

struct Case {
	const char *name, *source;
	void (*play)(Script &);
	std::string says;
};

const Case cases[] = {
	{"TheFirstPageLooks", "mem_cgroup_event_ratelimit(): targets are 0",
	 [](Script &s) { looks(page(counted(s, kA, 0, 0, 0), kA), kA, 1); }, after_page("event_target g2 arg 0:1")},
	{"The128thDoesNot", "mem_cgroup_event_ratelimit(): next - val < 0",
	 [](Script &s) { page(counted(s, kA, 127, 128), kA).barrier(); }, after_page()},
	{"The129thDoes", "mem_cgroup_event_ratelimit()",
	 [](Script &s) { looks(page(counted(s, kA, 128, 128), kA), kA, 129); }, after_page("event_target g2")},
	{"TheNextIs129Later", "THRESHOLDS_EVENTS_TARGET",
	 [](Script &s) {
		 looks(page(counted(s, kA, 128, 128), kA), kA, 129);
		 page(s.charge(kA, 63), kA);
		 page(s.charge(kA, 63), kA).barrier().told();	// 257
		 looks(s.charge(kA, 1), kA, 258);
	 },
	 "stock_hit g2 n1\nevent_target g2"},
	{"TheSoftLimitIsLookedAtEvery1024", "SOFTLIMIT_EVENTS_TARGET: only where thresholds are, too",
	 [](Script &s) {
		 looks(page(counted(s, kA, 1023, 1023, 1024), kA), kA, 1024);
		 counted(s, kA, 1152, 1152, 1024);
		 looks(gone(s, kA, 1), kA, 1153);
	 },
	 after_page("event_target g2\nuncharge g2 n1\nevent_target g2 arg 0:1")},
	{"KernelMemoryCountsWhenUncharged", "__memcg_kmem_charge_page() commits nothing",
	 [](Script &s) {
		 page(counted(s, kA, 128, 128), kA, SMCG_BY_KMEM_PAGE);
		 looks(gone(s, kA, 1), kA, 129);
	 },
	 after_page("kmem_charge g2 n1\nuncharge g2 n1\nevent_target g2")},
	{"AMigratedFolioCounts", "mem_cgroup_migrate()",
	 [](Script &s) {
		 counted(s, kA, 128, 128).put(SMCG_EV_COUNTER_CHARGE, kA, 1, SMCG_BY_MIGRATE);
		 s.put(SMCG_EV_COUNTER_RET).put(SMCG_EV_COUNTER_CHARGE, kA, 1, SMCG_BY_MIGRATE, SMCG_WHICH_MEMSW);
		 looks(s.put(SMCG_EV_COUNTER_RET), kA, 129);
	 },
	 "migrate g2 n1\nevent_target g2"},
	{"ASwapOutCounts", "mem_cgroup_swapout()",
	 [](Script &s) {
		 page(counted(s, kA, 127, 128), kA).put(SMCG_EV_SWAPOUT, kA, 1, SMCG_BY_SWAPOUT);
		 s.put(SMCG_EV_COUNTER_UNCHARGE, kA, 1, SMCG_BY_SWAPOUT).put(SMCG_EV_COUNTER_RET);
		 looks(s, kA, 129);
	 },
	 after_page("swapout g2 n1\nevent_target g2")},
	{"AMoveCountsForBoth", "mem_cgroup_move_account(): to, then from",
	 [](Script &s) {
		 counted(counted(s, kC, 128, 128), kB, 128, 128).put(SMCG_EV_MOVE, kC, 1, SMCG_BY_MOVE, 7, kB);
		 looks(looks(s, kC, 129), kB, 0);
		 looks(looks(s, kA, 0), kB, 129);
	 },
	 "move g4 n1 over g3 adopted\nevent_target g4\nevent_target g3"},
	{"AMoveWithoutALook", "mem_cgroup_move_account()",
	 [](Script &s) {
		 counted(counted(s, kC, 1, 128), kB, 128, 128).put(SMCG_EV_MOVE, kC, 1, SMCG_BY_MOVE, 7, kB);
		 looks(s, kB, 129);
	 },
	 "move g4 n1 over g3 adopted\nevent_target g3"},
	{"EachCpuCountsAlone", "vmstats_percpu",
	 [](Script &s) {
		 page(counted(s, kA, 128, 128).at(1, 51), kA).barrier();
	 },
	 after_page()},
	{"AnInterruptLooksForWhatItInterrupted", "uncharge_batch(): the window of a commit",
	 [](Script &s) {
		 gone(page(counted(s, kA, 125, 128), kA), kA, 1).charge(kA, 1);
		 // Only with the hit, which was counted before the interrupt came, are there 129.
		 gone(s.at(0, 50, SMCG_CTX_SOFTIRQ), kA, 1);
		 looks(s, kA, 129).at(0, 50).barrier();
	 },
	 after_page("uncharge g2 n1\nstock_hit g2 n1\nuncharge g2 n1\nevent_target g2")},
	{"UsageThatReachesAThresholdIsSignalled", "__mem_cgroup_threshold()",
	 [](Script &s) {
		 page(counted(s, kA, 128, 128), kA);
		 threshold(threshold(s, kA, 0, 0, 2, 64, 0), kA, 0, 1, 2, 65, 0);
		 look(s, kA, SMCG_WHICH_MEMORY, 2, 64, 129);
	 },
	 after_page("event_target g2\nthreshold g2 n1 arg 0:1")},
	{"AndWhenItFallsBelow", "__mem_cgroup_threshold(): backwards",
	 [](Script &s) {
		 page(counted(s, kA, 128, 128), kA);
		 threshold(threshold(s, kA, 0, 0, 2, 65, 2), kA, 0, 1, 2, 70, 2);
		 look(s, kA, SMCG_WHICH_MEMORY, 2, 64, 129);
	 },
	 after_page("event_target g2\nthreshold g2 n2")},
	{"NothingChangedIsNotSignalled", "__mem_cgroup_threshold()",
	 [](Script &s) {
		 page(counted(s, kA, 128, 128), kA);
		 look(threshold(s, kA, 0, 0, 1, 64, 1), kA, SMCG_WHICH_MEMORY, 1, 64, 129);
	 },
	 after_page("event_target g2\nthreshold g2 arg 0:1")},
	{"WhatWasSignalledIsNotAgain", "mem_cgroup_threshold_ary: current_threshold",
	 [](Script &s) {
		 page(counted(s, kA, 128, 128), kA);
		 look(threshold(s, kA, 0, 0, 1, 64, 0), kA, SMCG_WHICH_MEMORY, 1, 64, 129);
		 counted(s, kA, 257, 257);
		 s.charge(kA, 1);
		 // told again, with the place that the kernel has: the shadow keeps its own
		 look(threshold(s, kA, 0, 0, 1, 64, 0), kA, SMCG_WHICH_MEMORY, 1, 64, 258);
	 },
	 after_page("event_target g2\nthreshold g2 n1 arg 0:1\nstock_hit g2 n1\nevent_target g2\nthreshold g2 arg 0:1")},
	{"MemoryAndSwapHasItsOwn", "mem_cgroup_threshold(): do_memsw_account()",
	 [](Script &s) {
		 page(counted(s, kA, 127, 128), kA).put(SMCG_EV_SWAPOUT, kA, 1, SMCG_BY_SWAPOUT);
		 s.put(SMCG_EV_COUNTER_UNCHARGE, kA, 1, SMCG_BY_SWAPOUT).put(SMCG_EV_COUNTER_RET);
		 threshold(threshold(s, kA, 0, 0, 1, 64, 0), kA, 1, 0, 1, 64, 0);
		 look(s, kA, SMCG_WHICH_MEMORY, 1, 63, 129);
		 look(s, kA, SMCG_WHICH_MEMSW, 1, 64, 129);
	 },
	 after_page("swapout g2 n1\nevent_target g2\nthreshold g2\nthreshold g2 n1 arg 1:1")},
	{"GroupsAboveAreLookedAt", "mem_cgroup_threshold(): parent_mem_cgroup()",
	 [](Script &s) {
		 page(counted(s, kB, 128, 128), kB);
		 looks(threshold(s, kA, 0, 0, 1, 10, 0), kB, 129);
		 look(s, kA, SMCG_WHICH_MEMORY, 1, 64, 7);
		 look(s, kA, SMCG_WHICH_MEMSW, 0, 64, 7);
	 },
	 "memsw g3 n64\nbatch g3 n64\nrefill g3 n63 arg 0:63\nevent_target g3\nthreshold g2 n1 arg 0:1"},
	{"ARemovedThresholdIsForgotten", "__mem_cgroup_usage_unregister_event()",
	 [](Script &s) {
		 page(counted(s, kA, 128, 128), kA);
		 look(threshold(s, kA, 0, 0, 1, 64, 0), kA, SMCG_WHICH_MEMORY, 0, 64, 129);
	 },
	 after_page("event_target g2")},
	{"WhoSetsOneIsNotJudged", "__mem_cgroup_usage_register_event()",
	 [](Script &s) {
		 threshold(s, kA, 0, 0, 1, 0, 0);
		 s.put(SMCG_EV_THRESHOLD, kA, 1, SMCG_BY_WRITE, 1, SMCG_WHICH_MEMORY, 1);
	 },
	 ""},
	{"AWaitNotifies", "mem_cgroup_oom_synchronize()",
	 [](Script &s) {
		 s.put(SMCG_EV_OOM_WAIT, kB).put(SMCG_EV_OOM_NOTIFY, kB);
		 EXPECT_EQ(s.world.group(kC).under_oom, 1u);
		 EXPECT_EQ(s.world.group(kA).under_oom, 0u);
		 s.put(SMCG_EV_OOM_WAITED);
		 EXPECT_EQ(s.world.group(kC).under_oom, 0u);
	 },
	 "oom_notify g3"},
	{"OnlyTheFirstOfThem", "mem_cgroup_oom_trylock(): a group above or below is locked",
	 [](Script &s) {
		 s.put(SMCG_EV_OOM_WAIT, kB).put(SMCG_EV_OOM_NOTIFY, kB);
		 s.at(0, 51).put(SMCG_EV_OOM_WAIT, kA).at(0, 52).put(SMCG_EV_OOM_WAIT, kC);
		 s.put(SMCG_EV_OOM_WAITED).at(0, 51).put(SMCG_EV_OOM_WAITED).at(0, 50).put(SMCG_EV_OOM_WAITED);
		 s.put(SMCG_EV_OOM_WAIT, kA).put(SMCG_EV_OOM_NOTIFY, kA);
	 },
	 "oom_notify g3\noom_notify g2"},
};

class Notify : public testing::TestWithParam<Case> {};

TEST_P(Notify, Says)
{
	World::Setup setup;
	setup.legacy = true;
	Script s(setup);
	s.based();
	s.told();
	GetParam().play(s);
	EXPECT_EQ(s.told(), GetParam().says) << "checked against " << GetParam().source;
	EXPECT_EQ(s.world.stats().errors, 0u);
	EXPECT_EQ(s.world.stats().unexplained, 0u);
}
INSTANTIATE_TEST_SUITE_P(Row, Notify, testing::ValuesIn(cases),
			 [](const auto &info) { return std::string(info.param.name); });

Script legacy()
{
	World::Setup setup;
	setup.legacy = true;
	return Script(setup);
}

TEST(NotifyFollows, ALookThatWasNotDue)
{
	Script s = legacy();
	s.based().told();
	page(s, kA);
	looks(s, kA, 70);
	EXPECT_EQ(s.told(), after_page());
	EXPECT_GT(s.world.stats().unexplained, 0u);
	// Counted as reality does from there on: 70 + 128 is the target.
	page(s.charge(kA, 63), kA);
	page(s.charge(kA, 63), kA).barrier().told();
	looks(s.charge(kA, 1), kA, 199);
	EXPECT_EQ(s.told(), "stock_hit g2 n1\nevent_target g2");
}

TEST(NotifyFollows, TasksThatWereInAChargeHaveCountedUnseen)
{
	Script s = legacy();
	s.based().put(SMCG_EV_BASE_COUNTER, kA, 0, 0, 100);
	counted(s, kA, 100, 128, 200).told();
	page(s, kA);
	looks(s, kA, 129);
	EXPECT_EQ(s.told(), after_page("event_target g2 unsettled"));
	// From there on nothing is unseen: 129 + 128 is the target.
	page(s.charge(kA, 63), kA);
	page(s.charge(kA, 63), kA).barrier().told();
	looks(s.charge(kA, 1), kA, 258);
	EXPECT_EQ(s.told(), "stock_hit g2 n1\nevent_target g2 arg 0:1");
	EXPECT_EQ(s.world.stats().unexplained, 0u);
}

TEST(NotifyFollows, ALookThatDidNotCome)
{
	Script s = legacy();
	s.based();
	counted(s, kA, 128, 128).told();
	page(s, kA).barrier();
	EXPECT_EQ(s.told(), after_page("event_target g2 adopted"));
}

TEST(NotifyFollows, AnOomPassNotifies)
{
	Script s = legacy();
	s.based().limit(kA, SMCG_LIMIT_MEMSW_MAX, 0).charge(kA, 1);
	auto fails = [&s](unsigned nr) {
		s.put(SMCG_EV_TRY_ENTER, kA, nr, SMCG_BY_CHARGE, 0, SMCG_WHICH_MEMSW).leave(kA, nr, kA);
	};
	fails(64);
	fails(1);
	s.reclaim(kA, 1, 0).put(SMCG_EV_DRAIN_ALL, kA, 0, SMCG_BY_CHARGE).put(SMCG_EV_DRAIN_ALL_RET);
	for (int round = 0; round < 17; round++) {
		fails(1);
		s.reclaim(kA, 1, 0);
	}
	s.told();
	s.put(SMCG_EV_OOM_NOTIFY, kA).put(SMCG_EV_OOM, kA, 0, SMCG_BY_CHARGE);
	// Another task meanwhile: the lock is held.
	s.at(1, 51).put(SMCG_EV_OOM_WAIT, kB).put(SMCG_EV_OOM_WAITED);
	s.at(0, 50).put(SMCG_EV_OOM_RET, 0, 0, 0, 1);
	s.at(1, 51).put(SMCG_EV_OOM_WAIT, kB).put(SMCG_EV_OOM_NOTIFY, kB);
	EXPECT_EQ(s.told(), "oom_notify g2\noom g2\noom_notify g3");
}

}  // namespace
