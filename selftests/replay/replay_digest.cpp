// SPDX-License-Identifier: GPL-2.0
//
// smcg-replay-digest FILE: run a recorded stream of events through the engine
// and print the digest of its decisions; for tests of determinism.  Exit status 0
// good, 1 the file names another digest, 2 wrong usage, 3 could not run.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "engine.h"

namespace {

void *alloc_zeroed(void *, std::size_t bytes)
{
	return std::calloc(1, bytes);
}

void give_back(void *, void *mem, std::size_t)
{
	std::free(mem);
}

int fail(const char *file, const char *what)
{
	std::fprintf(stderr, "smcg-replay-digest: %s: %s\n", file, what);
	return 3;
}

}  // namespace

int main(int argc, char **argv)
{
	if (argc != 2) {
		std::fputs("usage: smcg-replay-digest FILE\n", stderr);
		return 2;
	}
	std::unique_ptr<std::FILE, int (*)(std::FILE *)> in(std::fopen(argv[1], "rb"), std::fclose);
	if (!in)
		return fail(argv[1], "cannot be opened");
	smcg_file_header head;
	if (std::fread(&head, sizeof(head), 1, in.get()) != 1 || head.magic != SMCG_MAGIC)
		return fail(argv[1], "is not a shadow-memcg file");
	if (head.abi != SMCG_ABI || head.schema > SMCG_SCHEMA || head.record_size != 64)
		return fail(argv[1], "has another ABI");
	if (head.record_kind != SMCG_RECORD_EVENTS)
		return fail(argv[1], "holds no events");

	smcg_world_config config{};
	config.alloc = {alloc_zeroed, give_back, nullptr};
	config.profile = static_cast<smcg_profile>(head.profile);
	config.mode = static_cast<smcg_mode>(head.mode);
	config.nr_cpus = head.nr_cpus;
	config.nr_nodes = head.nr_nodes;
	struct smcg_world *world = nullptr;
	if (smcg_world_create(&config, &world))
		return fail(argv[1], "asks for a world that cannot be made");

	std::vector<smcg_decision> out(SMCG_APPLY_MAX);
	smcg_event e;
	std::uint64_t left = head.nr_records ? head.nr_records : ~0ULL;
	while (left-- && std::fread(&e, sizeof(e), 1, in.get()) == 1)
		if (smcg_world_apply(world, &e, out.data()) == SMCG_APPLY_MAX)
			while (smcg_world_apply(world, nullptr, out.data()) == SMCG_APPLY_MAX)
				;
	struct smcg_world_stats stats;
	smcg_world_stats(world, &stats);
	smcg_world_destroy(world);
	std::printf("digest %016" PRIx64 " events %" PRIu64 " decisions %" PRIu64 "\n",
		    static_cast<std::uint64_t>(stats.digest), static_cast<std::uint64_t>(stats.events),
		    static_cast<std::uint64_t>(stats.decisions));
	return head.digest && head.digest != stats.digest;
}
