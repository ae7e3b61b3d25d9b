// SPDX-License-Identifier: GPL-2.0
// Recorded streams may come from anywhere: each fault is told in one line, none crashes.
#include "source/event_file.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

namespace smcg {
namespace {

class EventFiles : public testing::Test {
protected:
	void SetUp() override
	{
		path_ = (std::filesystem::temp_directory_path() / ("smcg-events-" + std::to_string(::getpid()))).string();
		header_.magic = SMCG_MAGIC;
		header_.abi = SMCG_ABI;
		header_.schema = SMCG_SCHEMA;
		header_.record_size = sizeof(smcg_event);
		header_.record_kind = SMCG_RECORD_EVENTS;
		header_.nr_cpus = 2;
		header_.nr_nodes = 1;
		header_.profile = SMCG_PROFILE_6_1;
		events_.resize(3);
		for (smcg_event &event : events_)
			event.type = SMCG_EV_CHARGE;
		header_.nr_records = events_.size();
	}
	void TearDown() override { std::filesystem::remove(path_); }

	std::string bytes() const
	{
		std::string text(reinterpret_cast<const char *>(&header_), sizeof(header_));
		text.append(reinterpret_cast<const char *>(events_.data()), events_.size() * sizeof(smcg_event));
		return text;
	}
	// Number of events, or the error's text.
	Result<size_t> decode(const std::string &text)
	{
		std::ofstream(path_, std::ios::binary | std::ios::trunc) << text;
		auto file = EventFile::open(path_);
		if (!file)
			return file.error();
		size_t count = 0;
		for (;;) {
			const auto events = file->read();
			if (!events)
				return events.error();
			if (events->empty())
				return count;
			count += events->size();
		}
	}
	void refused(const std::string &text)
	{
		const auto result = decode(text);
		ASSERT_FALSE(result);
		EXPECT_EQ(result.error().exit, Exit::failed);
		EXPECT_FALSE(result.error().text.empty());
		EXPECT_EQ(result.error().text.find('\n'), std::string::npos);
	}

	std::string path_;
	smcg_file_header header_{};
	std::vector<smcg_event> events_;
};

TEST_F(EventFiles, GoodOnesAreRead)
{
	EXPECT_EQ(*decode(bytes()), 3u);
	header_.nr_records = 0; // unknown: to the end
	EXPECT_EQ(*decode(bytes()), 3u);
	events_.resize(20000, events_[0]);
	EXPECT_EQ(*decode(bytes()), 20000u);
}

TEST_F(EventFiles, EveryTruncationIsRefused)
{
	const std::string whole = bytes();
	for (size_t size = 0; size < whole.size(); size++)
		refused(whole.substr(0, size));
}

TEST_F(EventFiles, RubbishBehindIsRefused)
{
	refused(bytes() + "x");
	refused(bytes() + std::string(64, '\0'));
}

TEST_F(EventFiles, WrongHeadersAreRefused)
{
	const smcg_file_header good = header_;
	const auto with = [&](auto change) {
		header_ = good;
		change(header_);
		refused(bytes());
	};
	with([](smcg_file_header &header) { header.magic = 0; });
	with([](smcg_file_header &header) { header.abi = 99; });
	with([](smcg_file_header &header) { header.schema = 99; });
	with([](smcg_file_header &header) { header.record_size = 65; });
	with([](smcg_file_header &header) { header.record_kind = SMCG_RECORD_DECISIONS; });
	with([](smcg_file_header &header) { header.nr_cpus = 0; });
	with([](smcg_file_header &header) { header.nr_cpus = 4097; });
	with([](smcg_file_header &header) { header.nr_nodes = 0; });
	with([](smcg_file_header &header) { header.profile = 77; });
	with([](smcg_file_header &header) { header.nr_records = 1ull << 60; });
}

TEST_F(EventFiles, ImpossibleRecordsAreRefused)
{
	const auto good = events_;
	const auto with = [&](auto change) {
		events_ = good;
		change(events_[2]);
		refused(bytes());
	};
	with([](smcg_event &event) { event.type = SMCG_EV_NONE; });
	with([](smcg_event &event) { event.type = SMCG_EV_NR; });
	with([](smcg_event &event) { event.ctx = 4; });
	with([](smcg_event &event) { event.cpu = 2; });
	with([](smcg_event &event) { event.caller = SMCG_BY_NR; });
	with([](smcg_event &event) { event.locks = 3; });
	with([](smcg_event &event) { event.locks = 3 << 2; });
	with([](smcg_event &event) { event.locks = 1 << 4; });
}

TEST_F(EventFiles, DirectoriesAndDevicesAreRefused)
{
	EXPECT_FALSE(EventFile::open("/"));
	EXPECT_FALSE(EventFile::open("/dev/zero"));
	EXPECT_FALSE(EventFile::open("/none/at/all"));
}

TEST_F(EventFiles, RandomBytesNeverCrash)
{
	std::mt19937 random(1);
	for (int round = 0; round < 500; round++) {
		std::string text(random() % 400, '\0');
		for (char &byte : text)
			byte = static_cast<char>(random());
		EXPECT_FALSE(decode(text));
	}
	// And with a good header in front, so that the records are looked at.
	header_.nr_records = 0;
	for (int round = 0; round < 500; round++) {
		std::string text = bytes();
		for (int change = 0; change < 4; change++)
			text[sizeof(header_) + random() % (text.size() - sizeof(header_))] = static_cast<char>(random());
		(void)!decode(text);
	}
}

} // namespace
} // namespace smcg
