// SPDX-License-Identifier: Apache-2.0
// `shunt plugin bench`, from outside. Never how long something takes: only what is said about it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <set>
#include <string>

#include "program.hpp"

namespace shunt::testing {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The functions and sizes that were measured for the first plugin of the first library.
std::set<std::string> measured(const json::value& report) {
  std::set<std::string> out;
  for (const json::value& one : report.at_pointer("/libraries/0/plugins/0/measurements").as_array()) {
    out.insert(std::string(one.at("function").as_string()) + " " +
               std::to_string(one.at("candidates").to_number<std::uint32_t>()));
  }
  return out;
}

TEST(PluginBench, MeasuresEveryFunctionAtEverySize) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "bench", "max_score_picker.so", "--endpoints", "8,64", "-o", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json::value report = json::parse(ran.out);
  EXPECT_EQ(report.at("schema").to_number<int>(), 1);
  EXPECT_THAT(measured(report), ElementsAre("pick() 64", "pick() 8"));
  EXPECT_EQ(report.at_pointer("/libraries/0/plugins/0/failure").as_string(), "");
  const json::value& one = report.at_pointer("/libraries/0/plugins/0/measurements/1");
  EXPECT_GT(one.at("nanoseconds_per_call").to_number<double>(), 0.0);
  EXPECT_GE(one.at("nanoseconds_per_call").to_number<double>(),
            one.at("fastest_nanoseconds_per_call").to_number<double>());
  EXPECT_DOUBLE_EQ(one.at("nanoseconds_per_candidate").to_number<double>() * 64,
                   one.at("nanoseconds_per_call").to_number<double>());
  EXPECT_DOUBLE_EQ(one.at("budget_share").to_number<double>() * 1e6,
                   one.at("nanoseconds_per_call").to_number<double>());
}

TEST(PluginBench, HandlersProducersObserversAndSwappersAreMeasuredToo) {
  Folder folder;
  const Ran handler = folder.run({"plugin", "bench", "single_profile_handler.so", "--endpoints", "8", "-o", "json"});
  EXPECT_THAT(measured(json::parse(handler.out)), ElementsAre("pick_profiles() 8", "process_results() 8"));
  const Ran producer =
      folder.run({"plugin", "bench", "approx_prefix_cache_producer.so", "--endpoints", "8", "-o", "json"});
  EXPECT_THAT(measured(json::parse(producer.out)), ElementsAre("picked() 8", "produce() 8"));
  // 64 models at most: nobody runs more.
  const Ran swapper = folder.run({"plugin", "bench", "group.so", "--endpoints", "8,512", "-o", "json"});
  EXPECT_THAT(measured(json::parse(swapper.out)), ElementsAre("eviction_for() 8"));
}

TEST(PluginBench, CountsAllocations) {
  Folder folder;
  const Ran none = folder.run({"plugin", "bench", "queue_scorer.so", "--endpoints", "64", "-o", "json"});
  if (json::parse(none.out).at_pointer("/libraries/0/plugins/0/measurements/0/allocations_per_call").is_null()) {
    GTEST_SKIP() << "allocations are not counted under a sanitizer";
  }
  EXPECT_EQ(json::parse(none.out)
                .at_pointer("/libraries/0/plugins/0/measurements/0/allocations_per_call")
                .to_number<double>(),
            0.0);
  const Ran some = folder.run({"plugin", "bench", mutant("scorer_score_allocates"), "--endpoints", "64", "-o", "json"});
  EXPECT_GE(json::parse(some.out)
                .at_pointer("/libraries/0/plugins/0/measurements/0/allocations_per_call")
                .to_number<double>(),
            1.0);
}

TEST(PluginBench, ACrashIsTold) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "bench", mutant("scorer_score_throws"), "--endpoints", "8"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.out, HasSubstr("FAILED: the process ended with signal SIGABRT"));
}

TEST(PluginBench, ItsRequestsComeFromAUser) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "bench", mutant("scorer_score_needs_a_user"), "--endpoints", "8"});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
}

TEST(PluginBench, LeavesColumnsAndValuesOut) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "bench", "latency_scorer.so", "--endpoints", "8", "-o", "json", "--without",
                              "predicted_ttft_ms,predicted_tpot_ms,prefix_total_blocks"});
  ASSERT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(measured(json::parse(ran.out)), ElementsAre("score() 8"));
}

TEST(PluginBench, ChecksItsArguments) {
  Folder folder;
  EXPECT_EQ(folder.run({"plugin", "bench"}).code, 2);
  const Ran sizes = folder.run({"plugin", "bench", "queue_scorer.so", "--endpoints", "8,many"});
  EXPECT_EQ(sizes.code, 2);
  EXPECT_THAT(sizes.err, HasSubstr("\"many\" is none"));
  EXPECT_EQ(folder.run({"plugin", "bench", "queue_scorer.so", "--endpoints", "0"}).code, 2);
  EXPECT_EQ(folder.run({"plugin", "bench", "queue_scorer.so", "--budget-us", "0"}).code, 2);
  EXPECT_EQ(folder.run({"plugin", "bench", "queue_scorer.so", "--parameters", "[]"}).code, 3);
  EXPECT_EQ(folder.run({"plugin", "bench", "no_such.so"}).code, 4);
}

TEST(PluginBench, TextHasOneTablePerPlugin) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "bench", "queue_scorer.so", "--endpoints", "8", "--budget-us", "50"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("queue-scorer 1.0.0  parameters {}\n"));
  EXPECT_THAT(ran.out, HasSubstr("candidates  ns per call  per candidate  allocations    of 50 us\n"));
}

}  // namespace
}  // namespace shunt::testing
