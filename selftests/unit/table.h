// SPDX-License-Identifier: GPL-2.0
//
// table.h - tables of behaviour: a stream, and what the engine says of it.
// Every row names what it was checked against.
#pragma once

#include <gtest/gtest.h>

#include "script.h"

namespace test {

struct Row {
	const char *name;
	const char *source;	// function of the kernel, or seed
	void (*play)(Script &);
	const char *says;
};

inline std::string row_name(const testing::TestParamInfo<Row> &info)
{
	return info.param.name;
}

class Table : public testing::TestWithParam<Row> {};

// One suite per table: SMCG_TABLE(name, rows) after the rows.
#define SMCG_TABLE(suite, rows)                                                             \
	class suite : public test::Table {};                                                \
	TEST_P(suite, Says)                                                                 \
	{                                                                                   \
		test::Script s;                                                             \
		s.based();                                                                  \
		s.told();                                                                   \
		GetParam().play(s);                                                         \
		s.barrier();                                                                \
		EXPECT_EQ(s.told(), GetParam().says) << "checked against " << GetParam().source; \
		EXPECT_EQ(s.world.stats().errors, 0u);                                      \
	}                                                                                   \
	INSTANTIATE_TEST_SUITE_P(Row, suite, testing::ValuesIn(rows), test::row_name)

}  // namespace test
