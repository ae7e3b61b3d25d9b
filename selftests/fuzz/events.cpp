// SPDX-License-Identifier: GPL-2.0
//
// events.cpp - any stream into the engine.  The first bytes make the world, the
// others events, some eight bytes each, about few groups, tasks and pages, so
// that they meet.  Two worlds take the same stream.
#include "bytes.h"
#include "checked_world.h"

namespace {

constexpr unsigned most_events = 600;

smcg_event of_type(unsigned type, unsigned group = 0, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0)
{
	smcg_event e{};

	e.type = static_cast<__u16>(type);
	e.group = group;
	e.a = a;
	e.b = b;
	e.c = c;
	return e;
}

// What a real stream begins with: root 1, watched 2 > 3 > 4, counted 5, foreign 6; stocks and counters are empty.
std::vector<smcg_event> beginning(unsigned cpus)
{
	std::vector<smcg_event> events = {of_type(SMCG_EV_START, 0, cpus, 1)};
	const auto online = [&](unsigned css, unsigned parent, unsigned flags) {
		events.push_back(of_type(SMCG_EV_GROUP_ONLINE, css, css + 100, parent, flags));
	};

	online(1, 0, 0);
	online(2, 1, SMCG_GROUP_WATCHED);
	online(3, 2, SMCG_GROUP_WATCHED);
	online(4, 3, SMCG_GROUP_WATCHED);
	online(5, 1, SMCG_GROUP_COUNTED);
	online(6, 1, 0);
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		events.push_back(of_type(SMCG_EV_BASE_STOCK));
		events.back().cpu = static_cast<__u16>(cpu);
	}
	for (unsigned css = 1; css < 7; css++)
		events.push_back(of_type(SMCG_EV_BASE_COUNTER, css));
	events.push_back(of_type(SMCG_EV_BASE_DONE));
	return events;
}

// Fields that an event does not use would only make the search longer.
smcg_event next_event(fuzz::Bytes &bytes, std::uint64_t &time)
{
	smcg_event e{};
	const unsigned where = bytes.byte(), who = bytes.byte(), amount = bytes.byte(), rest = bytes.byte();

	e.type = static_cast<__u16>(bytes.below(SMCG_EV_NR + 1));
	e.time = time += 10;
	e.cpu = static_cast<__u16>(where & 3);
	e.ctx = static_cast<__u8>((where >> 2 & 3) == 3 ? (where >> 4) % 6 : where >> 2 & 1);
	e.tid = where >> 4 & 3 ? (where >> 4 & 3) : 0;
	e.group = who & 7;
	e.caller = static_cast<__u8>((who >> 3) % (SMCG_BY_NR + 1));
	e.nr = amount < 0xe0 ? amount & 0x7f : static_cast<__u32>(bytes.number());
	e.gfp = rest & 0x1f;
	e.task = rest >> 5;
	if (amount & 0x80) {
		e.a = bytes.number();
		e.b = bytes.number();
		e.c = bytes.number();
	} else {
		e.a = bytes.below(8);
		e.b = e.type == SMCG_EV_GROUP_ONLINE ? rest & 7 : 64 * (rest & 31);
		e.c = rest & 3;
	}
	if (where == 0xff)
		e.gap = bytes.byte();
	return e;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	fuzz::Bytes bytes(data, size);
	const unsigned shape = bytes.byte(), memory = bytes.byte();
	test::World::Setup setup;
	long some = memory, same = memory;

	setup.cpus = 1 + (shape & 3);
	setup.nodes = 1 + (shape >> 2 & 1);
	setup.mode = shape & 8 ? SMCG_MODE_FREE : SMCG_MODE_FOLLOW;
	if (memory >= 192)
		setup.profile = static_cast<smcg_profile>(memory & 3);
	setup.pool = shape & 16 ? 4096 : 16384;
	setup.batch = shape & 32 ? 1 + memory % 80 : 0;
	// Memory may run out at any allocation.
	if (shape & 64)
		setup.allocations_left = &some;
	fuzz::CheckedWorld one(setup, true);
	if (shape & 64)
		setup.allocations_left = &same;
	fuzz::CheckedWorld other(setup, false);
	if (!one.made() || !other.made())
		return 0;
	const auto both = [&](const smcg_event &e) {
		one.apply(e);
		other.apply(e);
	};
	if (!(shape & 128))
		for (const smcg_event &e : beginning(setup.cpus))
			both(e);
	std::uint64_t time = 1000;
	for (unsigned i = 0; i < most_events && !bytes.empty(); i++)
		both(next_event(bytes, time));
	both(of_type(SMCG_EV_BARRIER));
	one.end();
	other.end();
	fuzz::same_decisions(one, other);
	return 0;
}
