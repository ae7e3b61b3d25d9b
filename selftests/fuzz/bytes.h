// SPDX-License-Identifier: GPL-2.0
// bytes.h - what a fuzzer gives, read as small choices; zeros behind the end.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fuzz {

class Bytes {
      public:
	Bytes(const std::uint8_t *data, std::size_t size) : at_(data), end_(data + size) {}

	bool empty() const { return at_ == end_; }
	unsigned byte() { return at_ == end_ ? 0 : *at_++; }
	unsigned below(unsigned n) { return byte() % n; }

	// One byte for most numbers; the last few announce those at a border, or eight bytes.
	std::uint64_t number()
	{
		const unsigned small = byte();

		if (small < 0xc0)
			return small;
		switch (small) {
		case 0xff: return ~0ULL;
		case 0xfe: return ~0ULL >> 1;
		case 0xfd: return 1ULL << 32;
		case 0xfc: return 1ULL << 30;
		case 0xfb: return (1ULL << 24) + below(2);
		case 0xfa: return 0xffffffffULL - below(64);
		case 0xf9: return word(8);
		case 0xf8: return word(4);
		default: return static_cast<std::uint64_t>(small - 0xbf) << 6 | below(64);
		}
	}

      private:
	std::uint64_t word(unsigned bytes)
	{
		std::uint64_t all = 0;
		while (bytes--)
			all = all << 8 | byte();
		return all;
	}
	const std::uint8_t *at_, *end_;
};

}  // namespace fuzz
