// SPDX-License-Identifier: GPL-2.0
#include "base/args.hpp"
#include "base/file.hpp"
#include "source/group.hpp"
#include "source/shadow.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace smcg {
namespace {

smcg_file_header header()
{
	smcg_file_header made{};
	made.magic = SMCG_MAGIC;
	made.abi = SMCG_ABI;
	made.schema = SMCG_SCHEMA;
	made.record_size = 64;
	made.record_kind = SMCG_RECORD_DECISIONS;
	made.profile = SMCG_PROFILE_6_1;
	return made;
}

TEST(Header, GoodIsTaken)
{
	EXPECT_TRUE(check_header(header(), SMCG_RECORD_DECISIONS, "f"));
}

// A field that has gained meaning is 0 in an older stream: it can be read, a newer one cannot.
TEST(Header, AnOlderSchemaIsTaken)
{
	smcg_file_header older = header();
	for (older.schema = 1; older.schema <= SMCG_SCHEMA; older.schema++)
		EXPECT_TRUE(check_header(older, SMCG_RECORD_DECISIONS, "f"));
	const Status refused = check_header(older, SMCG_RECORD_DECISIONS, "f");
	ASSERT_FALSE(refused);
	EXPECT_NE(refused.error().text.find(std::to_string(SMCG_SCHEMA + 1)), std::string::npos);
}

TEST(Header, EachFaultIsRefusedInOneLine)
{
	std::vector<smcg_file_header> bad(7, header());
	bad[0].magic++;
	bad[1].abi++;
	bad[2].schema++;
	bad[3].record_size = 32;
	bad[4].record_kind = SMCG_RECORD_EVENTS;
	bad[5].profile = SMCG_PROFILE_NR;
	bad[6].mode = 2;
	for (const auto &each : bad) {
		const Status refused = check_header(each, SMCG_RECORD_DECISIONS, "f");
		ASSERT_FALSE(refused);
		EXPECT_EQ(refused.error().exit, Exit::failed);
		EXPECT_EQ(refused.error().text.find('\n'), std::string::npos);
	}
}

TEST(Header, AnotherAbiTellsBothNumbers)
{
	smcg_file_header other = header();
	other.abi = 42;
	const std::string text = check_header(other, SMCG_RECORD_DECISIONS, "f").error().text;
	EXPECT_NE(text.find("42"), std::string::npos);
	EXPECT_NE(text.find(std::to_string(SMCG_ABI)), std::string::npos);
}

TEST(Counters, AreParsedStrictly)
{
	const auto good = parse_counters("12 memory 100 -3\n12 events.max 5 0\n");
	ASSERT_TRUE(good);
	EXPECT_EQ(good->at({12, "memory"}).adopted, -3);
	EXPECT_EQ(good->at({12, "events.max"}).usage, 5);
	EXPECT_FALSE(parse_counters("12 memory\n"));
	EXPECT_FALSE(parse_counters("rubbish\n"));
	EXPECT_TRUE(parse_counters(""));
}

TEST(KeyValues, MissingAndOddOnesAreZero)
{
	const KeyValues values = KeyValues::parse("a 1\nb\n c  x y \n");
	EXPECT_EQ(values.number("a"), 1u);
	EXPECT_EQ(values.number("b"), 0u);
	EXPECT_EQ(values.number("none"), 0u);
	EXPECT_EQ(values.text("c"), "x y");
}

TEST(Shadow, AWrongAbiNamesBothNumbers)
{
	const auto directory = std::filesystem::temp_directory_path() / ("smcg-test-" + std::to_string(::getpid()));
	std::filesystem::create_directory(directory);
	std::ofstream(directory / "version") << "abi 77\nschema 1\nprofile 6.1\nmode follow\nclock tsc\n";
	const auto shadow = Shadow::open(directory.string());
	ASSERT_FALSE(shadow);
	EXPECT_NE(shadow.error().text.find("77"), std::string::npos);
	std::filesystem::remove_all(directory);
}

TEST(Numbers, AreParsedWhole)
{
	EXPECT_EQ(parse_u64("12"), 12u);
	for (const char *bad : {"", "x", "12x", "-1", " 1", "99999999999999999999"})
		EXPECT_FALSE(parse_u64(bad)) << bad;
	EXPECT_EQ(parse_size("64M"), 64u << 20);
	EXPECT_FALSE(parse_size("M"));
	EXPECT_FALSE(parse_size("99999999999G"));
}

TEST(Settings, GoodAndBad)
{
	const auto inner = parse_setting("a/b/memory.max=64M");
	ASSERT_TRUE(inner);
	EXPECT_EQ(inner->directory, "a/b");
	EXPECT_EQ(inner->file, "memory.max");
	EXPECT_EQ(inner->value, "64M");
	for (const char *bad : {"", "=", "memory.max", "../memory.max=1", "/etc/passwd.x=1", "a/../../m.x=1", "nodot=1"})
		EXPECT_FALSE(parse_setting(bad)) << bad;
}

TEST(NewFile, VanishesUnlessCommitted)
{
	const auto directory = std::filesystem::temp_directory_path() / ("smcg-new-" + std::to_string(::getpid()));
	std::filesystem::create_directory(directory);
	const std::string path = (directory / "file").string();
	{
		auto file = NewFile::create(path);
		ASSERT_TRUE(file);
	}
	EXPECT_TRUE(std::filesystem::is_empty(directory));
	{
		auto file = NewFile::create(path);
		ASSERT_TRUE(file);
		ASSERT_TRUE(write_all(file->fd(), std::as_bytes(std::span("abc", 3)), path));
		EXPECT_FALSE(std::filesystem::exists(path));
		ASSERT_TRUE(file->commit());
	}
	EXPECT_EQ(*read_file(path), "abc");
	// What a killed one with the same process number left is in nobody's way.
	std::ofstream(path + ".tmp-" + std::to_string(::getpid()) + "-0");
	EXPECT_TRUE(NewFile::create(path));
	std::filesystem::remove_all(directory);
}

TEST(Args, OptionsOperandsAndCommand)
{
	bool json = false;
	std::string group;
	const std::array options = {Option{"--json", "", false, set_flag(json)}, Option{"-g", "--group", true, set_text(group)}};
	const std::vector<std::string> args = {"x", "--json", "--group=/a", "--", "cmd", "--json", "-z"};
	const auto parsed = parse_args("verb", args, options);
	ASSERT_TRUE(parsed);
	EXPECT_TRUE(json);
	EXPECT_EQ(group, "/a");
	EXPECT_EQ(parsed->operands, std::vector<std::string>{"x"});
	EXPECT_EQ(parsed->command.size(), 3u);
}

TEST(Args, FaultsAreUsageErrors)
{
	bool json = false;
	std::string group;
	uint64_t number = 0;
	double percent = 0;
	const std::array options = {Option{"--json", "", false, set_flag(json)}, Option{"-g", "", true, set_text(group)},
				    Option{"--n", "", true, set_number("--n", number, 1, 9)},
				    Option{"--p", "", true, set_percent("--p", percent)}};
	const std::vector<std::vector<std::string>> bad = {
		{"--none"}, {"--json=1"}, {"-g"}, {"-g", "--"}, {"-g", ""}, {"--n", "0"}, {"--n", "10"}, {"--n=x"},
		{"--p", "101"}, {"--p", "nan"}, {"--p", "1x"}, {"--p", "-1"},
	};
	for (const auto &args : bad) {
		const auto parsed = parse_args("verb", args, options);
		ASSERT_FALSE(parsed) << args[0];
		EXPECT_EQ(parsed.error().exit, Exit::usage);
		EXPECT_EQ(parsed.error().text.find('\n'), std::string::npos);
	}
}

} // namespace
} // namespace smcg
