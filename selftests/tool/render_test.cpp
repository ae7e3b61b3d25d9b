// SPDX-License-Identifier: GPL-2.0
#include "render/render.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>

namespace smcg {
namespace {

Report sample()
{
	Report report;
	report.kernel = "6.1.0-56-amd64";
	report.profile = "6.1";
	report.mode = "follow";
	report.events_applied = 1000;
	report.tally.kinds[SMCG_KIND_STOCK_HIT] = {.real = 90, .shadow = 91, .agree = 80, .ambiguous = 5, .mismatch = 3,
						   .unmatched_real = 2, .unmatched_shadow = 3, .adopted = 1, .unjudged = 4};
	report.adopted = 1;
	report.drift.push_back({"/smcg-1", "memory", 12, 11});
	report.overhead = {123456, 4096, 500};
	report.seconds = 2;
	return report;
}

std::string data(const char *name)
{
	std::ifstream file(std::string("selftests/tool/data/") + name);
	std::stringstream text;
	text << file.rdbuf();
	return text.str();
}

TEST(Render, JsonIsTheContract)
{
	const Report report = sample();
	const std::string expected = data("compare.json");
	ASSERT_FALSE(expected.empty()) << "run from the top of the tree";
	EXPECT_EQ(nlohmann::json::parse(render_json(report, judge(report, {}))), nlohmann::json::parse(expected));
}

TEST(Render, JsonKeysComeInTheContractsOrder)
{
	const auto out = nlohmann::ordered_json::parse(render_json(sample(), {}));
	std::string keys;
	for (const auto &[key, value] : out.items())
		keys += key + " ";
	EXPECT_EQ(keys, "schema verdict kernel profile mode events decisions kinds agreement adopted resyncs witness "
			"drift_pages overhead ");
}

TEST(Render, JsonSurvivesAnyGroupName)
{
	Report report = sample();
	report.drift[0].group = "/\xff\xfe\"\n";
	EXPECT_TRUE(nlohmann::json::accept(render_json(report, {})));
}

TEST(Render, TextEndsWithTheVerdict)
{
	const Report report = sample();
	const std::string text = render_text(report, judge(report, {}));
	const auto last = text.rfind('\n', text.size() - 2);
	EXPECT_TRUE(text.substr(last + 1).starts_with("verdict      fail: 3 mismatches")) << text;
	EXPECT_NE(text.find("drift        /smcg-1 memory: real 12, shadow 11"), std::string::npos);
}

TEST(Render, DifferencesShowBothWorlds)
{
	Difference difference{};
	difference.what = Difference::What::mismatch;
	difference.real.kind = SMCG_KIND_REFILL;
	difference.real.arg = 5ull << 32 | 6;
	difference.shadow = difference.real;
	difference.shadow.kind = SMCG_KIND_STOCK_HIT;
	difference.shadow.flags = SMCG_DEC_ADOPTED;
	const std::string text = render_differences(std::span(&difference, 1));
	EXPECT_NE(text.find("REAL"), std::string::npos);
	EXPECT_NE(text.find("drained=5 left=6"), std::string::npos);
	EXPECT_NE(text.find("ADOPTED"), std::string::npos);
}

} // namespace
} // namespace smcg
