// SPDX-License-Identifier: GPL-2.0
// seeds.cpp - writes streams of the kernel model as recorded files, for the fuzzer to start from.
#include <cstdio>
#include <memory>
#include <string>

#include "../unit/kernel_model.h"

namespace {

bool write_stream(const std::string &path, unsigned seed)
{
	model::Options options;
	options.seed = seed;
	options.cpus = 1 + seed % 3;
	options.operations = 40;
	model::Machine machine(options);
	machine.run();

	smcg_file_header header{};
	header.magic = SMCG_MAGIC;
	header.abi = SMCG_ABI;
	header.schema = SMCG_SCHEMA;
	header.record_size = sizeof(smcg_event);
	header.record_kind = SMCG_RECORD_EVENTS;
	header.nr_cpus = static_cast<__u16>(options.cpus);
	header.nr_nodes = 1;
	header.profile = SMCG_PROFILE_6_1;
	header.mode = seed % 4 ? SMCG_MODE_FOLLOW : SMCG_MODE_FREE;
	const std::unique_ptr<std::FILE, int (*)(std::FILE *)> out(std::fopen(path.c_str(), "wb"), std::fclose);
	const auto &events = machine.events();
	return out && std::fwrite(&header, sizeof(header), 1, out.get()) == 1 &&
	       std::fwrite(events.data(), sizeof(events[0]), events.size(), out.get()) == events.size() &&
	       std::fflush(out.get()) == 0;
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 2) {
		std::fputs("usage: seeds DIRECTORY\n", stderr);
		return 2;
	}
	for (unsigned seed = 1; seed <= 8; seed++) {
		const std::string path = std::string(argv[1]) + "/model-" + std::to_string(seed);
		if (!write_stream(path, seed)) {
			std::fprintf(stderr, "seeds: cannot write %s\n", path.c_str());
			return 3;
		}
	}
	return 0;
}
