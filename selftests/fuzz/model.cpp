// SPDX-License-Identifier: GPL-2.0
//
// model.cpp - the engine beside the kernel model, whose workload and interleaving
// the bytes choose, and where interrupts come in: on one CPU every decision
// must be the model's.
#include <random>

#include "../unit/agreement.h"
#include "bytes.h"
#include "need.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	fuzz::Bytes bytes(data, size);
	std::mt19937_64 rest(size);
	model::Options options;
	const unsigned shape = bytes.byte();

	options.cpus = 1;
	options.tasks = 1 + (shape & 3);
	options.operations = 10 + bytes.byte() / 4;
	options.irq_percent = shape & 4 ? 5 : 0;
	options.foreign = shape & 8;
	options.kmem = shape & 16;
	options.limits_move = shape & 32;
	options.high_w1 = shape & 64 ? 100 + bytes.byte() : SMCG_NO_LIMIT;
	options.max_w1 = 70 + bytes.byte();
	options.max_w = 70 + 4 * bytes.byte();
	options.swap_max = bytes.byte();
	options.profile = shape & 128 ? SMCG_PROFILE_6_12 : SMCG_PROFILE_6_1;
	options.choose = [&](unsigned n) {
		if (bytes.empty())
			return static_cast<unsigned>(rest() % n);
		unsigned all = bytes.byte();
		if (n > 256)
			all = all << 8 | bytes.byte();
		return all % n;
	};

	const test::Verdict v = test::compare(options);
	for (const std::string &what : v.mismatches)
		std::fprintf(stderr, "%s\n", what.c_str());
	fuzz::need(v.mismatches.empty(), "the engine decides as the model does, and nothing drifts");
	fuzz::need(!v.stats.adopted && !v.stats.unexplained && !v.stats.errors, "nothing is adopted, all has a cause");
	fuzz::need(v.stats.settled && !v.stats.tasks_open, "everything is at rest in the end");
	fuzz::need(!v.ambiguous || options.irq_percent || options.foreign || options.limits_move,
		   "without interrupts nothing is ambiguous");
	return 0;
}
