// SPDX-License-Identifier: Apache-2.0
#include "core/json_text.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace shunt::host {
namespace {

TEST(CompactJson, KeepsOrderAndWritesPlainNumbers) {
  EXPECT_EQ(compact_json(boost::json::parse(R"({"z": 2.0, "a": [1, 0.5, "x\n"], "e": {}, "n": null})")),
            R"({"z":2,"a":[1,0.5,"x\n"],"e":{},"n":null})");
}

TEST(PrettyJson, PutsShortThingsOnOneLine) {
  EXPECT_EQ(pretty_json(boost::json::parse(R"({"a": {"b": [1, 2], "c": {"d": 1}}, "e": []})")),
            "{\n  \"a\": {\n    \"b\": [1, 2],\n    \"c\": { \"d\": 1 }\n  },\n  \"e\": []\n}\n");
}

TEST(PrettyJson, BreaksLongLists) {
  boost::json::array list;
  for (int i = 0; i < 60; ++i) list.push_back(1000 + i);
  const std::string text = pretty_json(list);
  EXPECT_EQ(boost::json::parse(text), boost::json::value(list));
  EXPECT_EQ(text.substr(0, 11), "[\n  1000,\n ");
}

}  // namespace
}  // namespace shunt::host
