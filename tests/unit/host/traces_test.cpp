// SPDX-License-Identifier: Apache-2.0
#include "core/traces.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/requests_file.hpp"
#include "golden.hpp"

namespace shunt::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::lines_of;

TEST(Mooncake, IsTakenAsItIs) {
  Diagnostics diagnostics;
  const auto requests =
      read_requests("trace.jsonl",
                    "{\"timestamp\": 0, \"input_length\": 6758, \"output_length\": 500, \"hash_ids\": [0, 1, 2]}\n"
                    "{\"timestamp\": 27482, \"input_length\": 10, \"output_length\": 5, \"hash_ids\": [0, 14]}\n",
                    diagnostics);
  EXPECT_THAT(lines_of(diagnostics), IsEmpty());
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].id, "trace-1");
  EXPECT_EQ(requests[1].id, "trace-2");
  EXPECT_EQ(requests[1].arrival_ns, 27'482'000'000);
  EXPECT_EQ(requests[0].prompt_tokens, 6758U);
  EXPECT_EQ(requests[0].max_tokens, 500U);
  EXPECT_THAT(requests[1].block_hashes, ElementsAre(0U, 14U));
}

TEST(Mooncake, WrongValuesAreErrorsAtTheirLine) {
  Diagnostics diagnostics;
  read_requests("trace.jsonl",
                "{\"timestamp\": 0, \"input_length\": 1, \"hash_ids\": [0]}\n"
                "{\"timestamp\": 0, \"input_length\": -1, \"hash_ids\": [\"x\"]}\n",
                diagnostics);
  EXPECT_THAT(
      lines_of(diagnostics),
      ElementsAre("trace.jsonl:2:34: E105 \"input_length\" of the trace line must be a whole number, 0 or more, "
                  "found the number -1",
                  "trace.jsonl:2:51: E103 a hash id must be a whole number, 0 or more, found the string \"x\""));
}

TEST(Azure, IsTakenAsItIs) {
  Diagnostics diagnostics;
  const auto requests = read_requests("azure.csv",
                                      "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
                                      "2023-11-16 18:15:46.6805900,374,44\r\n"
                                      "2023-11-16 18:15:50.9951690,396,109\r\n",
                                      diagnostics);
  EXPECT_THAT(lines_of(diagnostics), IsEmpty());
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].arrival_ns, 0);
  EXPECT_EQ(requests[1].arrival_ns, 4'314'579'000);
  EXPECT_EQ(requests[1].prompt_tokens, 396U);
  EXPECT_EQ(requests[1].max_tokens, 109U);
  EXPECT_EQ(requests[1].id, "trace-2");
  EXPECT_EQ(requests[1].number, 1U);
}

TEST(Azure, ReportsAllBadLines) {
  Diagnostics diagnostics;
  read_requests("azure.csv",
                "TIMESTAMP,ContextTokens,GeneratedTokens\n"
                "2023-11-16 18:15:46.6,374,44\n"
                "2023-11-16 18:15:46.7,374\n"
                "yesterday,374,44\n"
                "2023-11-16 18:15:46.7,many,44\n"
                "2023-11-16 18:15:46.7,1,-44\n"
                "2023-11-16 18:15:00.0,1,4\n",
                diagnostics);
  EXPECT_THAT(lines_of(diagnostics),
              ElementsAre(HasSubstr("azure.csv:3:1: E212 a line of the trace has three fields"),
                          "azure.csv:4:1: E212 the time must be like 2023-11-16 18:15:46.68, found \"yesterday\"",
                          "azure.csv:5:23: E212 the context tokens must be a whole number, found \"many\"",
                          "azure.csv:6:25: E212 the generated tokens must be a whole number, found \"-44\"",
                          "azure.csv:7:1: E212 the time is before that of the first line"));
}

TEST(Timestamp, IsReadExactly) {
  EXPECT_EQ(parse_timestamp("1970-01-01 00:00:00"), 0);
  EXPECT_EQ(parse_timestamp("1970-01-02 00:00:01.5"), 86'401'500'000'000);
  EXPECT_EQ(parse_timestamp("2024-02-29T12:00:00Z"), 1'709'208'000'000'000'000);
  EXPECT_EQ(parse_timestamp("2024-05-10 01:00:00.009930+01:00"), parse_timestamp("2024-05-10 00:00:00.009930"));
  for (const char* text : {"", "2023-02-29 00:00:00", "2023-11-16", "2023-11-16 24:00:00", "2023-11-16 18:15:46.",
                           "2023-11-16 18:15:46 x", "9999-01-01 00:00:00"}) {
    EXPECT_FALSE(parse_timestamp(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace shunt::host
