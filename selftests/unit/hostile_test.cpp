// SPDX-License-Identifier: GPL-2.0
// hostile_test.cpp - streams that no kernel writes: the engine counts errors, and stays whole (ASan, UBSan).
#include <gtest/gtest.h>

#include <initializer_list>
#include <random>

#include "world.h"

namespace {

using test::World;

class Noise {
      public:
	explicit Noise(unsigned seed) : rng_(seed) {}

	// Passes every check that a reader of streams can make; nothing in it needs to fit what came before.
	smcg_event event()
	{
		smcg_event e{};
		e.time = time_ += below(3) * below(1000);
		e.type = static_cast<__u16>(1 + below(SMCG_EV_NR - 1));
		e.ctx = static_cast<__u8>(below(SMCG_CTX_NR));
		e.caller = static_cast<__u8>(below(SMCG_BY_NR));
		e.cpu = static_cast<__u16>(below(4));
		e.tid = below(6);
		e.group = below(20) ? below(8) : word();
		e.nr = below(20) ? below(600) : word();
		e.gfp = word();
		e.task = below(16);
		e.gap = below(50) ? 0 : below(100);
		e.a = number();
		e.b = number();
		e.c = number();
		return e;
	}

      private:
	unsigned below(unsigned n) { return static_cast<unsigned>(rng_() % n); }
	__u32 word() { return static_cast<__u32>(rng_()); }
	// Mostly small, so that ids, page frames and CPUs meet again.
	__u64 number()
	{
		switch (below(8)) {
		case 0: return ~0ULL;
		case 1: return rng_() >> 20;
		case 2: return below(1 << 16);
		default: return below(8);
		}
	}
	std::mt19937_64 rng_;
	__u64 time_ = 1000;
};

struct Case {
	unsigned seed;
	smcg_mode mode;
	smcg_profile profile = SMCG_PROFILE_6_1;
};

void PrintTo(const Case &c, std::ostream *os)
{
	*os << "seed " << c.seed << (c.mode == SMCG_MODE_FREE ? " free" : " follow");
}

class Hostile : public testing::TestWithParam<Case> {};

std::vector<smcg_decision> run(World &world, unsigned seed)
{
	Noise noise(seed);
	std::vector<smcg_decision> all;
	smcg_event start{};
	start.type = SMCG_EV_START;
	start.a = 4;
	start.b = 2;
	world.apply(start);
	for (unsigned i = 0; i < 20000; i++) {
		const auto said = world.apply(noise.event());
		all.insert(all.end(), said.begin(), said.end());
	}
	return all;
}

World::Setup setup(const Case &c)
{
	World::Setup s;
	s.cpus = 4;
	s.nodes = 2;
	s.pool = 1 << 16;
	s.mode = c.mode;
	s.profile = c.profile;
	return s;
}

TEST_P(Hostile, NothingBreaksAndTheSameComesOut)
{
	World one(setup(GetParam())), other(setup(GetParam()));
	ASSERT_EQ(one.error, 0);
	ASSERT_EQ(other.error, 0);
	const auto said = run(one, GetParam().seed);
	EXPECT_EQ(said.size(), run(other, GetParam().seed).size());
	EXPECT_EQ(one.stats().digest, other.stats().digest);
	EXPECT_GT(one.stats().errors, 0u);
	__u64 seq = 0;
	for (const smcg_decision &d : said) {
		ASSERT_EQ(d.seq, ++seq);
		ASSERT_LT(d.kind, SMCG_KIND_NR);
		ASSERT_GT(d.kind, SMCG_KIND_NONE);
	}
}

INSTANTIATE_TEST_SUITE_P(Seeds, Hostile,
			 testing::Values(Case{1, SMCG_MODE_FOLLOW}, Case{2, SMCG_MODE_FOLLOW},
					 Case{3, SMCG_MODE_FOLLOW}, Case{4, SMCG_MODE_FOLLOW},
					 Case{5, SMCG_MODE_FREE}, Case{6, SMCG_MODE_FREE},
					 Case{7, SMCG_MODE_FOLLOW, SMCG_PROFILE_4_18},
					 Case{8, SMCG_MODE_FREE, SMCG_PROFILE_4_18},
					 Case{9, SMCG_MODE_FOLLOW, SMCG_PROFILE_5_10},
					 Case{10, SMCG_MODE_FREE, SMCG_PROFILE_5_10},
					 Case{11, SMCG_MODE_FREE, SMCG_PROFILE_6_12}));

} // namespace
