// SPDX-License-Identifier: Apache-2.0
#include "admin/why_not_explanation.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace shunt::host {
namespace {

using ::testing::HasSubstr;

// The decision of the README, and before it a run of another profile with other scores.
constexpr std::string_view kExplanation = R"({"schema":1,"id":"r1","outcome":"dispatched","profile":"default",
  "endpoints":["pod-0"],"scores":{"pod-0":2.4,"pod-1":0.9,"pod-2":1.8},"reason":"","trace":[
  {"stage":"pick-profiles","plugin":"handler","round":0,"profiles":["prefill","default"]},
  {"stage":"scorer","plugin":"queue","profile":"prefill","round":0,"weight":9,"scores":{"pod-3":{"raw":1,"weighted":9}}},
  {"stage":"picker","plugin":"best","profile":"prefill","round":0,"picks":["pod-3"]},
  {"stage":"filter","plugin":"decode","profile":"default","round":0,"before":4,"after":3,"dropped":["pod-3"],
   "reasons":{"pod-3":"role=prefill"}},
  {"stage":"scorer","plugin":"queue","profile":"default","round":0,"weight":2,"scores":{
    "pod-0":{"raw":1,"weighted":2},"pod-1":{"raw":0,"weighted":0},"pod-2":{"raw":0.5,"weighted":1}}},
  {"stage":"scorer","plugin":"kv","profile":"default","round":0,"weight":1,"scores":{
    "pod-0":{"raw":0.4,"weighted":0.4},"pod-1":{"raw":0.9,"weighted":0.9},"pod-2":{"raw":0.8,"weighted":0.8}}},
  {"stage":"picker","plugin":"best","profile":"default","round":0,"picks":["pod-0"]}]})";

boost::json::object ask(std::string_view endpoint, std::string_view explanation = kExplanation) {
  const boost::json::value value = boost::json::parse({explanation.data(), explanation.size()});
  return why_not_from(value.get_object(), endpoint);
}

TEST(WhyNotExplanation, KnowsTheSmallestChangeOfAWeight) {
  const boost::json::object why = ask("pod-2");
  EXPECT_EQ(why.at("answer").as_string(), "weight-change");
  EXPECT_EQ(why.at("plugin").as_string(), "queue");
  EXPECT_NEAR(why.at("weight").to_number<double>(), 0.8, 1e-9);
  EXPECT_LT(why.at("weight").to_number<double>(), 0.8);
  EXPECT_EQ(why.at("weight_now").to_number<double>(), 2.0);
  EXPECT_EQ(why.at("best_total").to_number<double>(), 2.4);
  EXPECT_THAT(std::string(why.at("text").as_string()),
              HasSubstr("it would lead if \"queue\" had a weight just below 0.8"));
}

TEST(WhyNotExplanation, KnowsWhoWasDroppedAndWhy) {
  const boost::json::object why = ask("pod-3");
  EXPECT_EQ(why.at("answer").as_string(), "filtered");
  EXPECT_EQ(why.at("plugin").as_string(), "decode");
  EXPECT_THAT(std::string(why.at("text").as_string()), HasSubstr("role=prefill"));
}

TEST(WhyNotExplanation, KnowsTheChosenOneAndStrangers) {
  EXPECT_EQ(ask("pod-0").at("answer").as_string(), "chosen");
  EXPECT_EQ(ask("pod-9").at("answer").as_string(), "not-a-candidate");
}

TEST(WhyNotExplanation, OfARejectionNobodyWasChosen) {
  EXPECT_EQ(
      ask("pod-0", R"({"outcome":"rejected","reason":"full","endpoints":[],"trace":[]})").at("answer").as_string(),
      "rejected");
}

// What is kept was written by this program, but a damaged text must not harm it.
TEST(WhyNotExplanation, TakesWhateverThereIs) {
  for (const char* text :
       {"{}", R"({"outcome":"dispatched"})", R"({"outcome":1,"trace":{},"endpoints":3,"scores":[]})",
        R"({"outcome":"dispatched","profile":"p","trace":[1,{"stage":"scorer","profile":"p","scores":{"a":1}},
                              {"stage":"picker","profile":"p","picks":[1]}],"scores":{"a":"x"},"endpoints":["b"]})"}) {
    EXPECT_FALSE(ask("a", text).at("text").as_string().empty()) << text;
  }
}

}  // namespace
}  // namespace shunt::host
