// SPDX-License-Identifier: GPL-2.0
// fault PAGES ROUNDS - guest instructions per anonymous 4 KiB fault, freeing included.
//
// Under QEMU's icount with shift=0 one tick of the TSC is one instruction, so the counter tells
// instructions of this vCPU, interrupts included; the median over the rounds leaves rounds with a timer tick out.
#include <sys/mman.h>
#include <x86intrin.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr size_t page = 4096;

uint64_t one_round(size_t pages)
{
	const uint64_t start = __rdtsc();
	auto *mem = static_cast<volatile char *>(
		mmap(nullptr, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	if (mem == MAP_FAILED)
		std::exit(3);
	madvise(const_cast<char *>(mem), pages * page, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < pages; i++)
		mem[i * page] = 1;
	munmap(const_cast<char *>(mem), pages * page);
	return __rdtsc() - start;
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 3) {
		std::fprintf(stderr, "usage: fault PAGES ROUNDS\n");
		return 2;
	}
	const size_t pages = std::strtoul(argv[1], nullptr, 0);
	const size_t rounds = std::strtoul(argv[2], nullptr, 0);
	if (pages == 0 || rounds == 0) {
		std::fprintf(stderr, "fault: PAGES and ROUNDS must be positive numbers\n");
		return 2;
	}
	std::vector<uint64_t> cost;
	one_round(pages);
	for (size_t i = 0; i < rounds; i++)
		cost.push_back(one_round(pages));
	std::ranges::sort(cost);
	std::printf("min %.1f median %.1f\n", double(cost.front()) / double(pages),
		    double(cost[rounds / 2]) / double(pages));
}
