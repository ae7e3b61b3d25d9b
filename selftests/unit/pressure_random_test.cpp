// SPDX-License-Identifier: GPL-2.0
// SPEC A18 on the legacy hierarchy: calls of reclaimers and looks of the worker that race, in every order.
#include <algorithm>
#include <map>
#include <random>

#include "pressure_script.h"

namespace {

using namespace test;

// A kernel with tasks that tell of pages and a worker, which lose their CPUs anywhere: what it does, and what its hooks read.
class Reclaimers {
      public:
	Reclaimers(unsigned seed, unsigned tasks) : random_(seed), script_(legacy()), tasks_(tasks)
	{
		script_.based().told();
	}
	void run(unsigned steps)
	{
		while (steps--) {
			const unsigned who = pick(tasks_.size() + 1);
			who == tasks_.size() ? work() : reclaim(who);
		}
		while (worker_.at)
			work();
		for (unsigned who = 0; who < tasks_.size(); who++)
			while (tasks_[who].at)
				reclaim(who);
	}
	// Decisions of a task, or of the worker, in its order: what was done, and what is said of it.
	std::map<unsigned, std::vector<std::string>> did;
	const std::vector<smcg_decision> &said() const { return script_.decisions; }
	struct smcg_world_stats stats() const { return script_.world.stats(); }

      private:
	struct Task {
		unsigned at = 0;
		std::uint64_t scanned = 0, reclaimed = 0;
	};
	unsigned pick(unsigned below) { return std::uniform_int_distribution<unsigned>(0, below - 1)(random_); }
	std::uint64_t read() const { return sums(scanned_, reclaimed_); }
	void reclaim(unsigned who)
	{
		Task &t = tasks_[who];
		const unsigned tid = 50 + who;
		switch (t.at++) {
		case 0:
			t.scanned = pick(5) ? 1 + pick(150) : 512;
			t.reclaimed = pick(static_cast<unsigned>(t.scanned) + 1);
			tells(script_, tid, t.scanned, t.reclaimed, read());
			break;
		case 1:
			scanned_ += t.scanned;
			reclaimed_ += t.reclaimed;
			if (scanned_ >= 512) {
				queued_ = true;
				did[tid].push_back("pressure");
			}
			break;
		default:
			told(script_, tid, read());
			t.at = 0;
			break;
		}
	}
	void work()
	{
		if (!worker_.at && !queued_)
			return;
		switch (worker_.at++) {
		case 0:
			queued_ = false;
			looks(script_, read());
			break;
		case 1:
			if (scanned_)
				did[7].push_back("pressure_level n" + std::to_string(scanned_) + " of " + std::to_string(reclaimed_));
			scanned_ = 0;
			reclaimed_ = 0;
			break;
		default:
			looked(script_);
			worker_.at = 0;
			break;
		}
	}

	std::mt19937 random_;
	Script script_;
	std::vector<Task> tasks_;
	Task worker_;
	std::uint64_t scanned_ = 0, reclaimed_ = 0;
	bool queued_ = false;
};

std::string lines(const std::vector<std::string> &steps)
{
	std::string all;
	for (const std::string &step : steps)
		all += "\n " + step;
	return all;
}

class PressureRandom : public testing::TestWithParam<unsigned> {};

// What is said without a doubt was done, in that order, and nothing was that is not said.
TEST_P(PressureRandom, WhatIsCertainWasDone)
{
	unsigned doubtful = 0, all = 0;
	for (unsigned seed = 0; seed < 500; seed++) {
		Reclaimers kernel(seed * 16 + GetParam(), GetParam());
		kernel.run(400);
		std::map<unsigned, std::vector<std::string>> certain;
		std::map<unsigned, unsigned> maybe;
		for (const smcg_decision &d : kernel.said()) {
			all++;
			if (d.flags) {
				doubtful++;
				maybe[d.tid]++;
				continue;
			}
			certain[d.tid].push_back(d.kind == SMCG_KIND_PRESSURE ? "pressure" :
				"pressure_level n" + std::to_string(d.nr) + " of " + std::to_string(d.arg >> 32));
		}
		for (const auto &said : certain)
			kernel.did[said.first];	// who did nothing has nothing certain either
		for (const auto &[tid, steps] : kernel.did) {
			const std::vector<std::string> &has = certain[tid];
			auto at = steps.begin();
			for (const std::string &step : has) {
				at = std::find(at, steps.end(), step);
				ASSERT_NE(at, steps.end()) << "seed " << seed << ", task " << tid << ", " << step
							   << "\ndid: " << lines(steps) << "\nsaid: " << lines(has);
				++at;
			}
			// What the worker finds in doubt where nothing was thought to be left is not said at all.
			if (tid != 7) {
				ASSERT_LE(steps.size(), has.size() + maybe[tid]) << "seed " << seed << ", task " << tid;
			}
		}
		EXPECT_EQ(kernel.stats().errors, 0u);
	}
	EXPECT_GT(all, 5000u);
	// Alone nothing is doubtful but beside the worker.
	EXPECT_LT(doubtful * 100, all * (GetParam() == 1 ? 15 : 60)) << doubtful << " of " << all;
	RecordProperty("doubtful", static_cast<int>(doubtful));
	RecordProperty("decisions", static_cast<int>(all));
}
INSTANTIATE_TEST_SUITE_P(Tasks, PressureRandom, testing::Values(1u, 2u, 3u, 6u));

} // namespace
