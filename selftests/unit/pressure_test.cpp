// SPDX-License-Identifier: GPL-2.0
// SPEC A18 on the legacy hierarchy: memory pressure, its levels, and who is told of them.
#include "pressure_script.h"

namespace {

using namespace test;

Script &scans(Script &s, std::uint64_t scanned, std::uint64_t reclaimed, std::uint64_t sum = 0, std::uint64_t got = 0,
	      unsigned css = kB)
{
	tells(s, 50, scanned, reclaimed, sums(sum, got), css);
	return told(s, 50, sums(sum + scanned, got + reclaimed), css);
}

// What it finds when nobody else is there: of @scanned pages @reclaimed are got.
Script &level(Script &s, std::uint64_t scanned, std::uint64_t reclaimed, unsigned css = kB)
{
	scans(s, scanned, reclaimed, 0, 0, css);
	return looked(looks(s, sums(scanned, reclaimed), css), css);
}

Script &listen(Script &s, unsigned css, unsigned id, unsigned level, unsigned mode = SMCG_LISTEN_DEFAULT)
{
	s.put(SMCG_EV_PRESSURE_LISTEN, css, id, SMCG_LISTEN_COMES, level, mode);
	return s.put(SMCG_EV_PRESSURE_LISTEN, css, id, SMCG_LISTEN_THERE, level, mode);
}

Script &leave(Script &s, unsigned css, unsigned id)
{
	s.put(SMCG_EV_PRESSURE_LISTEN, css, id, SMCG_LISTEN_GOES);
	return s.put(SMCG_EV_PRESSURE_LISTEN, css, id, SMCG_LISTEN_GONE);
}

const char *const kLow = "pressure g3\npressure_level g3 n512 arg 512:0";
const char *const kMedium = "pressure g3\npressure_level g3 n600 arg 240:1";

struct Case {
	const char *name, *source;
	void (*play)(Script &);
	std::string says;
};

const Case cases[] = {
	{"AWindowIsScanned", "vmpressure(): vmpressure_win", [](Script &s) { scans(s, 512, 0); }, "pressure g3"},
	{"AWindowIsNotScannedYet", "vmpressure(): vmpressure_win", [](Script &s) { scans(s, 511, 0); }, ""},
	{"PagesAreSummedUp", "vmpressure(): tree_scanned",
	 [](Script &s) {
		 scans(s, 500, 1);
		 scans(s, 12, 2, 500, 1);
		 scans(s, 1, 0, 512, 3);
	 },
	 "pressure g3\npressure g3"},
	{"WhatWasNotScannedIsNothing", "vmpressure(): !scanned",
	 [](Script &s) {
		 s.at(0).raw_gfp(kAll).put(SMCG_EV_PRESSURE, kB, 0, 1, 0, 600, sums(0, 0));
		 scans(s, 512, 0);
		 looked(looks(s, sums(512, 0)));
	 },
	 "pressure g3\npressure_level g3 n512 arg 0:2"},
	{"UsersCannotHelpWithThatMemory", "vmpressure(): gfp",
	 [](Script &s) {
		 s.at(0).raw_gfp(SMCG_GFP_BLOCKING | SMCG_GFP_HIGH).put(SMCG_EV_PRESSURE, kB, 0, 1, 600, 0, sums(0, 0));
		 s.put(SMCG_EV_PRESSURE_RET, kB, 0, 0, 0, 0, sums(0, 0));
	 },
	 ""},
	{"OneOfTheFlagsWillDo", "vmpressure(): gfp",
	 [](Script &s) {
		 s.at(0).raw_gfp(SMCG_GFP_IO).put(SMCG_EV_PRESSURE, kB, 0, 1, 600, 0, sums(0, 0));
		 s.put(SMCG_EV_PRESSURE_RET, kB, 0, 0, 0, 0, sums(600, 0));
		 s.raw_gfp(SMCG_GFP_MOVABLE).put(SMCG_EV_PRESSURE, kB, 0, 1, 600, 0, sums(600, 0));
		 s.put(SMCG_EV_PRESSURE_RET, kB, 0, 0, 0, 0, sums(1200, 0));
	 },
	 "pressure g3\npressure g3"},
	{"PartsOfASubtreeAreNotUsers", "vmpressure(): cgroup_subsys_on_dfl()",
	 [](Script &s) {
		 s.at(0).raw_gfp(kAll).put(SMCG_EV_PRESSURE, kB, 0, 0, 600, 0, sums(0, 0));
		 s.put(SMCG_EV_PRESSURE_RET, kB, 0, 0, 0, 0, sums(0, 0));
	 },
	 ""},
	{"GroupsAreApart", "vmpressure(): memcg_to_vmpressure()",
	 [](Script &s) {
		 scans(s, 500, 0);
		 scans(s, 500, 0, 0, 0, kC);
	 },
	 ""},
	{"AllIsReclaimed", "vmpressure_calc_level()", [](Script &s) { level(s, 512, 512); }, kLow},
	{"MoreIsReclaimedThanScanned", "vmpressure_calc_level(): slab pages",
	 [](Script &s) { level(s, 512, 600); }, "pressure g3\npressure_level g3 n512 arg 600:0"},
	{"JustNotMedium", "vmpressure_calc_level(): vmpressure_level_med",
	 [](Script &s) { level(s, 1000, 410); }, "pressure g3\npressure_level g3 n1000 arg 410:0"},
	{"JustMedium", "vmpressure_calc_level(): vmpressure_level_med",
	 [](Script &s) { level(s, 1000, 400); }, "pressure g3\npressure_level g3 n1000 arg 400:1"},
	{"JustNotCritical", "vmpressure_calc_level(): vmpressure_level_critical",
	 [](Script &s) { level(s, 1000, 60); }, "pressure g3\npressure_level g3 n1000 arg 60:1"},
	{"JustCritical", "vmpressure_calc_level(): vmpressure_level_critical",
	 [](Script &s) { level(s, 1000, 50); }, "pressure g3\npressure_level g3 n1000 arg 50:2"},
	{"RoundedInFavourOfMore", "vmpressure_calc_level(): of the sum of both",
	 [](Script &s) { level(s, 514, 26); }, "pressure g3\npressure_level g3 n514 arg 26:2"},
	{"PriorityIsLow", "vmpressure_prio(): a window, nothing of it reclaimed",
	 [](Script &s) { level(s, 512, 0); }, "pressure g3\npressure_level g3 n512 arg 0:2"},
	{"TheWorkerTakesAll", "vmpressure_work_fn()",
	 [](Script &s) {
		 level(s, 512, 512);
		 scans(s, 500, 0);
		 scans(s, 100, 240, 500, 0);
		 looked(looks(s, sums(600, 240)));
	 },
	 std::string(kLow) + "\n" + kMedium},
	{"TheWorkerFindsNothing", "vmpressure_work_fn(): !scanned", [](Script &s) { looked(looks(s, sums(0, 0))); }, ""},
	{"ThreeListen", "vmpressure_event()",
	 [](Script &s) {
		 listen(s, kB, 1, SMCG_LEVEL_LOW);
		 listen(s, kB, 2, SMCG_LEVEL_MEDIUM);
		 listen(s, kB, 3, SMCG_LEVEL_CRITICAL);
		 level(s, 600, 240);
	 },
	 std::string(kMedium) + "\npressure_signal g3 n2 arg 0:1"},
	{"NobodyWantsThatLevel", "vmpressure_event(): level",
	 [](Script &s) { level(listen(s, kB, 3, SMCG_LEVEL_CRITICAL), 600, 240); }, kMedium},
	{"AboveTheyHearOfIt", "vmpressure_work_fn(): vmpressure_parent()",
	 [](Script &s) { level(listen(s, kA, 1, SMCG_LEVEL_LOW), 600, 240); },
	 std::string(kMedium) + "\npressure_signal g3 n1 arg 0:2"},
	{"TheRootHearsOfIt", "vmpressure_parent()",
	 [](Script &s) { level(listen(s, kRoot, 1, SMCG_LEVEL_LOW), 600, 240); },
	 std::string(kMedium) + "\npressure_signal g3 n1 arg 0:4"},
	{"BelowNobodyDoes", "vmpressure_parent()",
	 [](Script &s) { level(listen(s, kC, 1, SMCG_LEVEL_LOW), 600, 240); }, kMedium},
	{"HeardBelowItIsNotPassedOn", "vmpressure_event(): signalled",
	 [](Script &s) {
		 listen(s, kB, 1, SMCG_LEVEL_LOW);
		 listen(s, kA, 2, SMCG_LEVEL_LOW);
		 level(s, 600, 240);
	 },
	 std::string(kMedium) + "\npressure_signal g3 n1 arg 0:1"},
	{"TwoOfAGroupAreBothTold", "vmpressure_event(): signalled is of groups below",
	 [](Script &s) {
		 listen(s, kB, 1, SMCG_LEVEL_LOW);
		 listen(s, kB, 2, SMCG_LEVEL_LOW);
		 level(s, 600, 240);
	 },
	 std::string(kMedium) + "\npressure_signal g3 n2 arg 0:1"},
	{"TheWholeHierarchyHears", "vmpressure_event(): VMPRESSURE_NO_PASSTHROUGH",
	 [](Script &s) {
		 listen(s, kB, 1, SMCG_LEVEL_LOW);
		 listen(s, kA, 2, SMCG_LEVEL_LOW, SMCG_LISTEN_HIERARCHY);
		 listen(s, kRoot, 3, SMCG_LEVEL_LOW);
		 level(s, 600, 240);
	 },
	 std::string(kMedium) + "\npressure_signal g3 n2 arg 0:3"},
	{"OnlyOfItsOwn", "vmpressure_event(): VMPRESSURE_LOCAL",
	 [](Script &s) {
		 listen(s, kA, 1, SMCG_LEVEL_LOW, SMCG_LISTEN_LOCAL);
		 listen(s, kB, 2, SMCG_LEVEL_LOW, SMCG_LISTEN_LOCAL);
		 level(s, 600, 240);
	 },
	 std::string(kMedium) + "\npressure_signal g3 n1 arg 0:1"},
	{"TheSameOneTwice", "vmpressure_register_event()",
	 [](Script &s) {
		 listen(s, kB, 1, SMCG_LEVEL_LOW);
		 listen(s, kB, 1, SMCG_LEVEL_CRITICAL);
		 level(s, 600, 240);
		 level(leave(s, kB, 1), 600, 240);
	 },
	 std::string(kMedium) + "\npressure_signal g3 n1 arg 0:1\n" + kMedium + "\npressure_signal g3 n1 arg 0:1"},
	{"GoneTheyHearNothing", "vmpressure_unregister_event()",
	 [](Script &s) {
		 listen(s, kB, 1, SMCG_LEVEL_LOW);
		 listen(s, kB, 2, SMCG_LEVEL_LOW);
		 level(leave(s, kB, 1), 600, 240);
		 leave(s, kB, 2);
		 level(s, 512, 512);
	 },
	 std::string(kMedium) + "\npressure_signal g3 n1 arg 0:1\n" + kLow},
	{"RefusedTheyHearNothing", "vmpressure_register_event(): -ENOMEM",
	 [](Script &s) {
		 s.put(SMCG_EV_PRESSURE_LISTEN, kB, 1, SMCG_LISTEN_COMES, SMCG_LEVEL_LOW);
		 s.put(SMCG_EV_PRESSURE_LISTEN, kB, 1, SMCG_LISTEN_FAILED, SMCG_LEVEL_LOW);
		 level(s, 600, 240);
	 },
	 kMedium},
	{"WhoComesMayBeTold", "vmpressure_register_event(): events_lock",
	 [](Script &s) {
		 s.put(SMCG_EV_PRESSURE_LISTEN, kB, 1, SMCG_LISTEN_COMES, SMCG_LEVEL_LOW);
		 level(s, 600, 240);
	 },
	 std::string(kMedium) + "\npressure_signal g3 ambiguous"},
	{"WhoGoesMayBeTold", "vmpressure_unregister_event(): events_lock",
	 [](Script &s) {
		 listen(s, kB, 1, SMCG_LEVEL_LOW).put(SMCG_EV_PRESSURE_LISTEN, kB, 1, SMCG_LISTEN_GOES);
		 level(s, 600, 240);
	 },
	 std::string(kMedium) + "\npressure_signal g3 n1 arg 0:1 ambiguous"},
	{"WhoCameMeanwhileMayBeTold", "vmpressure_event(): events_lock",
	 [](Script &s) {
		 scans(s, 600, 240);
		 looks(s, sums(600, 240));
		 looked(listen(s, kB, 1, SMCG_LEVEL_LOW));
	 },
	 std::string(kMedium) + "\npressure_signal g3 n1 arg 0:1 ambiguous"},
	{"WhoIsGoneMeanwhileMayBeTold", "vmpressure_event(): events_lock",
	 [](Script &s) {
		 listen(s, kA, 1, SMCG_LEVEL_LOW);
		 scans(s, 600, 240);
		 looks(s, sums(600, 240));
		 looked(leave(s, kA, 1));
		 level(s, 600, 240);
	 },
	 std::string(kMedium) + "\npressure_signal g3 ambiguous\n" + kMedium},
	{"WhoWantsAnotherLevelOrGroupDoesNotMatter", "vmpressure_event(): level",
	 [](Script &s) {
		 listen(s, kA, 1, SMCG_LEVEL_CRITICAL);
		 scans(s, 600, 240);
		 looks(s, sums(600, 240));
		 listen(s, kB, 2, SMCG_LEVEL_CRITICAL);
		 listen(s, kC, 3, SMCG_LEVEL_LOW);
		 looked(leave(s, kA, 1));
	 },
	 kMedium},
	{"TheBaselineTellsWhoListens", "the hooks of this project",
	 [](Script &s) {
		 listen(s, kB, 1, SMCG_LEVEL_LOW).put(SMCG_EV_PRESSURE_LISTEN, kB, 0, SMCG_LISTEN_ANEW);
		 s.put(SMCG_EV_PRESSURE_LISTEN, kB, 2, SMCG_LISTEN_BASE, SMCG_LEVEL_MEDIUM);
		 s.put(SMCG_EV_PRESSURE_LISTEN, kB, 3, SMCG_LISTEN_BASE, SMCG_LEVEL_LOW);
		 level(s, 600, 240);
	 },
	 std::string(kMedium) + "\npressure_signal g3 n2 arg 0:1"},
	{"TooManyListen", "the engine follows so many",
	 [](Script &s) {
		 for (unsigned id = 0; id < 40; id++)
			 listen(s, kB, id, SMCG_LEVEL_LOW);
		 level(s, 600, 240);
	 },
	 std::string(kMedium) + "\npressure_signal g3 n32 arg 0:1 ambiguous"},

	// Calls on two CPUs
	{"WhichOfTwoIsFirstDoesNotMatter", "vmpressure(): sr_lock",
	 [](Script &s) {
		 tells(s, 50, 100, 1, sums(0, 0));
		 tells(s, 51, 100, 2, sums(0, 0));
		 told(s, 51, sums(100, 2));
		 told(s, 50, sums(200, 3));
		 looked(looks(s, sums(200, 3)));
	 },
	 "pressure_level g3 n200 arg 3:2"},
	{"TheReadingBeforeTellsWhoIsLast", "vmpressure(): sr_lock",
	 [](Script &s) {
		 tells(s, 50, 300, 0, sums(0, 0));
		 tells(s, 51, 300, 0, sums(300, 0));
		 told(s, 50, sums(600, 0));
		 told(s, 51, sums(600, 0));
	 },
	 "pressure g3 ambiguous\npressure g3"},
	{"TheReadingAfterTellsWhoIsFirst", "vmpressure(): sr_lock",
	 [](Script &s) {
		 tells(s, 50, 300, 0, sums(0, 0));
		 tells(s, 51, 300, 0, sums(0, 0));
		 told(s, 50, sums(300, 0));
		 told(s, 51, sums(600, 0));
	 },
	 "pressure g3 ambiguous"},
	{"TheWorkerHasItAlready", "vmpressure_work_fn(): sr_lock",
	 [](Script &s) {
		 scans(s, 512, 0);
		 tells(s, 51, 88, 240, sums(512, 0));
		 looked(looks(s, sums(600, 240)));
		 told(s, 51, sums(0, 0));
		 scans(s, 511, 0);
	 },
	 "pressure g3\npressure_level g3 n600 arg 240:1\npressure g3"},
	{"TheWorkerTakesItBeforeItReturns", "vmpressure_work_fn(): sr_lock",
	 [](Script &s) {
		 scans(s, 512, 0);
		 tells(s, 51, 88, 240, sums(512, 0));
		 looks(s, sums(512, 0));
		 told(s, 51, sums(0, 0));
		 looked(s);
		 scans(s, 511, 0);
	 },
	 "pressure g3\npressure g3\npressure_level g3 n600 arg 240:1"},
	{"ItIsBehindTheWorker", "vmpressure_work_fn(): sr_lock",
	 [](Script &s) {
		 scans(s, 512, 512);
		 tells(s, 51, 88, 0, sums(512, 512));
		 looks(s, sums(512, 512));
		 told(s, 51, sums(88, 0));
		 looked(s);
		 scans(s, 511, 0, 88, 0);
	 },
	 std::string(kLow) + "\npressure g3"},
	{"ItComesInTimeBehindTheWorkersBegin", "vmpressure_work_fn(): sr_lock",
	 [](Script &s) {
		 scans(s, 512, 0);
		 looks(s, sums(512, 0));
		 tells(s, 51, 88, 240, sums(512, 0));
		 told(s, 51, sums(600, 240));
		 looked(s);
		 scans(s, 511, 0);
	 },
	 "pressure g3\npressure g3\npressure_level g3 n600 arg 240:1"},
	{"ItComesTooLate", "vmpressure_work_fn(): sr_lock",
	 [](Script &s) {
		 scans(s, 512, 512);
		 looks(s, sums(512, 512));
		 tells(s, 51, 88, 0, sums(0, 0));
		 told(s, 51, sums(88, 0));
		 looked(s);
		 scans(s, 423, 0, 88, 0);
	 },
	 kLow},
	{"ItIsOverLongBeforeTheWorkerEnds", "vmpressure_work_fn(): events_lock",
	 [](Script &s) {
		 scans(s, 512, 512);
		 looks(s, sums(512, 512));
		 scans(s, 500, 0);
		 scans(s, 100, 240, 500, 0);
		 scans(s, 20, 0, 600, 240);
		 looked(s);
		 looked(looks(s, sums(620, 240)));
	 },
	 "pressure g3\npressure g3\npressure g3\npressure_level g3 n512 arg 512:0\npressure_level g3 n620 arg 240:1"},
	{"WhatIsTakenIsTakenOnce", "vmpressure_work_fn(): sr_lock",
	 [](Script &s) {
		 scans(s, 512, 0);
		 tells(s, 51, 88, 240, sums(512, 0));
		 looked(looks(s, sums(600, 240)));
		 scans(s, 600, 240);
		 looked(looks(s, sums(600, 240)));
		 told(s, 51, sums(0, 0));
	 },
	 "pressure g3\npressure_level g3 n600 arg 240:1\npressure g3\npressure_level g3 n600 arg 240:1\npressure g3"},
	{"NobodyKnowsWhoWasFirst", "vmpressure_work_fn(): sr_lock",
	 [](Script &s) {
		 scans(s, 512, 512);
		 tells(s, 51, 88, 0, sums(512, 512));
		 looked(looks(s, sums(512, 512)));
		 told(s, 51, sums(0, 0));
		 scans(s, 511, 0);
	 },
	 "pressure g3\npressure_level g3 n512 arg 512:0 ambiguous\npressure g3"},
};

class Pressure : public testing::TestWithParam<Case> {};

TEST_P(Pressure, Says)
{
	Script s = legacy();
	s.based();
	s.told();
	GetParam().play(s);
	EXPECT_EQ(s.told(), GetParam().says) << "checked against " << GetParam().source << " of 6.1.192";
	EXPECT_EQ(s.world.stats().errors, 0u);
	EXPECT_EQ(s.world.stats().unexplained, 0u);
}
INSTANTIATE_TEST_SUITE_P(Row, Pressure, testing::ValuesIn(cases),
			 [](const auto &info) { return std::string(info.param.name); });

TEST(PressureFollows, SumsThatAreNotItsOwn)
{
	Script s = legacy();
	s.based().told();
	scans(s, 400, 0);
	scans(s, 100, 0, 450, 0);
	EXPECT_EQ(s.world.stats().unexplained, 1u);
	EXPECT_EQ(s.told(), "pressure g3") << "as read it goes on";
}

TEST(PressureFollows, TheWorkerTookAnotherSum)
{
	Script s = legacy();
	s.based().told();
	scans(s, 512, 0);
	looked(looks(s, sums(700, 0)));
	EXPECT_EQ(s.world.stats().unexplained, 1u);
	EXPECT_EQ(s.told(), "pressure g3\npressure_level g3 n512 arg 0:2 ambiguous");
}

TEST(PressureFollows, AReturnThatWasLost)
{
	Script s = legacy();
	s.based().told();
	tells(s, 50, 512, 0, sums(0, 0));
	scans(s, 10, 0, 512, 0);
	EXPECT_EQ(s.told(), "pressure g3");
	EXPECT_EQ(s.world.stats().unexplained, 0u);
}

TEST(PressureFollows, NothingIsKnownAfterALoss)
{
	Script s = legacy();
	s.based().told();
	scans(s, 400, 0);
	tells(s, 51, 100, 0, sums(400, 0));
	s.put(SMCG_EV_GAP, 0, 0, 0, 3);
	told(s, 51, sums(0, 0));
	scans(s, 300, 100, 212, 12);
	looked(looks(s, sums(512, 112)));
	EXPECT_EQ(s.told(), "pressure g3 after_gap unsettled\npressure_level g3 n512 arg 112:1 after_gap unsettled");
	EXPECT_EQ(s.world.stats().unexplained, 0u);
}

TEST(PressureFollows, WhatMakesNoSense)
{
	Script s = legacy();
	s.based().told();
	s.put(SMCG_EV_PRESSURE, 77, 0, 1, 1, 1).put(SMCG_EV_PRESSURE_RET, 77).put(SMCG_EV_PRESSURE_WORK, 77);
	s.put(SMCG_EV_PRESSURE_WORK_RET, 77).put(SMCG_EV_PRESSURE_LISTEN, 77);
	s.put(SMCG_EV_PRESSURE, kB, 0, 1, 1ULL << 40, 1).put(SMCG_EV_PRESSURE_LISTEN, kB, 1, 99);
	s.put(SMCG_EV_PRESSURE_LISTEN, kB, 1, SMCG_LISTEN_BASE, SMCG_LEVEL_NR);
	s.put(SMCG_EV_PRESSURE_LISTEN, kB, 1, SMCG_LISTEN_BASE, 0, SMCG_LISTEN_MODES);
	EXPECT_EQ(s.told(), "");
	EXPECT_EQ(s.world.stats().errors, 9u);
}

TEST(PressureFollows, MoreCallsThanItFollows)
{
	Script s = legacy();
	s.based().told();
	for (unsigned tid = 100; tid < 118; tid++)
		tells(s, tid, 10, 0, sums(0, 0));
	for (unsigned tid = 100; tid < 118; tid++)
		told(s, tid, sums((tid - 99) * 10, 0));
	scans(s, 400, 0, 180, 0);
	EXPECT_EQ(s.told(), "pressure g3");
	EXPECT_EQ(s.world.stats().unexplained, 0u);
}

} // namespace
