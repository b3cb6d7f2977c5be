// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"

namespace shunt::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// Everything that a decision can depend on: state of plugins, metrics with an age, a queue, live load, headers.
void write_inputs(const Folder& folder) {
  folder.write("config.jsonc", R"({ "plugins": [
    { "type": "queue-scorer" }, { "type": "prefix-cache-scorer" }, { "type": "kv-cache-utilization-scorer" },
    { "type": "running-requests-size-scorer" } ] })");
  folder.write("a.prom", "vllm:num_requests_waiting 3\nvllm:num_requests_running 2\nvllm:kv_cache_usage_perc 0.37\n");
  folder.write("pool.jsonc", R"({ "endpoints": [
    { "name": "a", "address": "10.0.0.1:80", "metricsFile": "a.prom", "metricsAgeMs": 33.5 },
    { "name": "b", "attributes": { "queue": 1, "running": 1, "kv_cache_usage": 0.1234567890123, "in_flight": 3, "own": ["x"] } },
    { "name": "c", "labels": { "topology.kubernetes.io/zone": "z" }, "attributes": { "queue": 2, "draining": false } } ] })");
  std::string requests;
  for (int i = 0; i < 12; ++i) {
    requests += "{\"id\":\"r/" + std::to_string(i) + "\",\"arrival_ms\":" + std::to_string(i) +
                ".125,\"priority\":" + std::to_string(i % 3) + ",\"headers\":{\"X-A\":\"v\"},\"deadline_ms\":500," +
                "\"body\":{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + std::string(600, 'a') +
                std::to_string(i % 2) + "\"}]}}\n";
  }
  folder.write("r.jsonl", requests);
}

std::string file_of(const Folder& folder, const std::string& id) {
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "bundles")) {
    const std::string name = "bundles/" + entry.path().filename().string();
    if (folder.read(name).find("\"id\": \"" + id + "\"") != std::string::npos) return name;
  }
  return {};
}

TEST(Bundle, PrintsTheSameLineByteForByte) {
  Folder folder;
  write_inputs(folder);
  const std::vector<std::string> base = {"schedule",   "-c",      "config.jsonc", "--endpoints", "pool.jsonc",
                                         "--requests", "r.jsonl", "--bundle-out", "bundles",     "--seed",
                                         "11"};
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--assume"},
        std::vector<std::string>{"--assume", "--batch", "--explain", "--fallbacks", "1"},
        std::vector<std::string>{"--why-not", "c", "--now-ms", "77"}}) {
    std::filesystem::remove_all(folder.path() / "bundles");
    std::vector<std::string> words = base;
    words.insert(words.end(), more.begin(), more.end());
    const Ran recorded = folder.run(words);
    ASSERT_EQ(recorded.code, 0) << recorded.err;
    const auto all = lines(recorded.out);
    ASSERT_THAT(all, SizeIs(12));
    for (const std::string& line : all) {
      const std::size_t from = line.find("\"id\":\"") + 6;
      const std::string id = line.substr(from, line.find('"', from) - from);
      const std::string file = file_of(folder, id);
      ASSERT_FALSE(file.empty()) << id;
      const Ran again = folder.run({"schedule", "--bundle", file});
      EXPECT_EQ(again.code, 0) << again.err;
      EXPECT_EQ(again.err, "");
      EXPECT_EQ(again.out, line + "\n");
    }
  }
}

TEST(Bundle, OtherLibrariesAreAWarning) {
  Folder folder;
  write_inputs(folder);
  ASSERT_EQ(folder
                .run({"schedule", "-c", "config.jsonc", "--endpoints", "pool.jsonc", "--requests", "r.jsonl",
                      "--bundle-out", "bundles"})
                .code,
            0);
  const std::string file = file_of(folder, "r/0");
  std::string text = folder.read(file);
  const std::size_t at = text.find("\"sha256\": \"") + 11;
  text.replace(at, 4, text[at] == '0' ? "1111" : "0000");
  folder.write(file, text);
  const Ran ran = folder.run({"schedule", "--bundle", file});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("warning[E302]"));
}

TEST(Bundle, DamagedOnesAreErrors) {
  Folder folder;
  folder.write("b.json", R"({"config": {}})");
  const Ran ran = folder.run({"schedule", "--bundle", "b.json"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.err, HasSubstr("error[E301]: the bundle has no object \"endpoints\""));
  folder.write("c.json", R"({"config": {}, "endpoints": {"endpoints": []}, "request": {"id": "r"}})");
  EXPECT_THAT(folder.run({"schedule", "--bundle", "c.json"}).err, HasSubstr("error[E301]: the bundle is damaged"));
}

TEST(Bundle, AFolderThatCannotBeMadeIsAFailure) {
  Folder folder;
  write_inputs(folder);
  folder.write("taken", "a file");
  const Ran ran = folder.run({"schedule", "-c", "config.jsonc", "--endpoints", "pool.jsonc", "--requests", "r.jsonl",
                              "--bundle-out", "taken/bundles"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("cannot make the folder taken/bundles"));
}

}  // namespace
}  // namespace shunt::testing
