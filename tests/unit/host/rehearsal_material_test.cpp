// SPDX-License-Identifier: Apache-2.0
#include "core/live/reload/rehearsal_material.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include <stdexcept>

namespace shunt::host {
namespace {

namespace json = boost::json;

// As the other process gets it.
json::object over_the_pipe(const json::object& told) { return json::parse(json::serialize(told)).as_object(); }

TEST(RehearsalMaterial, ArrivesAsItWasWhateverTheBytes) {
  RehearsalMaterial material;
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) bytes += static_cast<char>(i * 31);
  material.states.push_back({"index", "approx-prefix-cache-producer", "\xff 1", bytes});
  material.states.push_back({"empty", "learner", "1", ""});
  material.pages.push_back({"pod-0", "/metrics", "text/plain", "text/\xfe", std::string("a\0b", 3), 200, 9000, -5});
  const SharedMaterial shared(material);
  const RehearsalMaterial read = read_material(over_the_pipe(shared.to_json()));
  ASSERT_EQ(read.states.size(), 2u);
  EXPECT_EQ(read.states[0].instance, "index");
  EXPECT_EQ(read.states[0].type, "approx-prefix-cache-producer");
  EXPECT_EQ(read.states[0].version, "\xff 1");
  EXPECT_EQ(read.states[0].bytes, bytes);
  EXPECT_EQ(read.states[1].bytes, "");
  ASSERT_EQ(read.pages.size(), 1u);
  const SampledPage& page = read.pages[0];
  EXPECT_EQ(page.endpoint + page.path + page.accept + page.content_type, "pod-0/metricstext/plaintext/\xfe");
  EXPECT_EQ(page.body, std::string("a\0b", 3));
  EXPECT_EQ(page.port, 9000u);
  EXPECT_EQ(page.fetched_ns, -5);
}

TEST(RehearsalMaterial, MayBeNothing) {
  const SharedMaterial shared({});
  const RehearsalMaterial read = read_material(over_the_pipe(shared.to_json()));
  EXPECT_TRUE(read.states.empty());
  EXPECT_TRUE(read.pages.empty());
}

TEST(RehearsalMaterial, APlaceBeyondItsEndIsRefused) {
  const SharedMaterial shared({{{"a", "b", "1", "bytes"}}, {}});
  json::object told = over_the_pipe(shared.to_json());
  told["states"].as_array()[0].as_object()["bytes"] = json::array{4, 1000};
  EXPECT_THROW((void)read_material(told), std::out_of_range);
  told["states"].as_array()[0].as_object()["bytes"] = json::array{std::uint64_t{1} << 63, 1};
  EXPECT_THROW((void)read_material(told), std::out_of_range);
}

}  // namespace
}  // namespace shunt::host
