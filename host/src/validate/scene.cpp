// SPDX-License-Identifier: Apache-2.0
#include "scene.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <shunt/testing/fake_host.hpp>

namespace shunt::validate {

namespace {

// Matched blocks never exceed the blocks of the prompt.
constexpr double kPromptBlocks = 64;

std::uint64_t draw(const Scene& scene, std::string_view column, std::uint32_t endpoint) {
  return testing::FakeHost::hash(column, scene.seed * 1'000'003 + endpoint);
}

// Columns that count or measure something; all others are shares from 0 to 1.
double highest_of(std::string_view column) {
  struct Known {
    std::string_view name;
    double highest;
  };
  static constexpr std::array<Known, 17> kKnown{{{"queue", 40},
                                                 {"running", 30},
                                                 {"in_flight", 30},
                                                 {"in_flight_tokens", 60000},
                                                 {"max_concurrency", 64},
                                                 {"kv_cache_block_size", 32},
                                                 {"kv_cache_blocks", 20000},
                                                 {"kv_cache_free_bytes", 80e9},
                                                 {"requests_served", 1e6},
                                                 {"max_active_models", 6},
                                                 {"avg_latency_ms", 2000},
                                                 {"tokens_per_second", 4000},
                                                 {"gpu_count", 8},
                                                 {"price_per_gpu_hour", 12},
                                                 {"predicted_ttft_ms", 900},
                                                 {"predicted_tpot_ms", 60},
                                                 {"prefix_matched_blocks", kPromptBlocks}}};
  for (const Known& known : kKnown) {
    if (column == known.name || (column.size() > known.name.size() && column.ends_with(known.name) &&
                                 column[column.size() - known.name.size() - 1] == '/')) {
      return known.highest;
    }
  }
  return 0;
}

double odd_number(std::uint64_t draw, bool finite) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  static constexpr std::array<double, 12> kOdd{
      -1,   -0.0,  std::numeric_limits<double>::denorm_min(), -3.5, 1e15,      0,
      -1e6, 2.5e9, std::numeric_limits<double>::min(),        kNan, kInfinity, -kInfinity};
  return kOdd[draw % (finite ? 9 : kOdd.size())];
}

}  // namespace

std::string Scene::describe() const {
  std::string text = std::to_string(endpoints) + (endpoints == 1 ? " endpoint" : " endpoints");
  if (numbers == Numbers::Absent) text += ", absent columns";
  if (numbers == Numbers::Partial) text += ", columns with gaps";
  if (numbers == Numbers::Odd) text += ", negative, denormal and very large numbers";
  if (numbers == Numbers::NotFinite) text += ", NaN and infinite numbers";
  if (request == RequestForm::Bare) text += ", a request without any optional field";
  if (request == RequestForm::Known) text += ", a request of a known user";
  if (request == RequestForm::Full) text += ", a request with every field";
  if (every_second) text += ", half of them filtered out";
  if (reversed) text += ", in another order";
  if (all_runs_fail) text += ", every profile run without an endpoint";
  return text;
}

bool Scene::produces(std::string_view name) const {
  return numbers != Numbers::Absent && std::ranges::find(without, name) == without.end();
}

bool sample_present(const Scene& scene, std::string_view column, std::uint32_t endpoint) {
  return scene.produces(column) && (scene.numbers != Numbers::Partial || endpoint % 2 == 0);
}

std::optional<double> sample_number(const Scene& scene, std::string_view column, std::uint32_t endpoint) {
  if (!sample_present(scene, column, endpoint)) return std::nullopt;
  const std::uint64_t drawn = draw(scene, column, endpoint);
  if (scene.numbers == Numbers::Odd) return odd_number(drawn, true);
  if (scene.numbers == Numbers::NotFinite) return odd_number(drawn, false);
  const double highest = highest_of(column);
  if (highest > 0) return static_cast<double>(drawn % (static_cast<std::uint64_t>(highest) + 1));
  return static_cast<double>(drawn % 10001) / 10000.0;
}

bool sample_flag(const Scene& scene, std::string_view column, std::uint32_t endpoint) {
  return draw(scene, column, endpoint) % 4 != 0;
}

std::optional<std::string> sample_text(const Scene& scene, std::string_view column, std::uint32_t endpoint) {
  if (column == "endpoint:name") return endpoint_name(endpoint);
  if (column == "endpoint:address") return "10.0.0." + std::to_string(endpoint % 250) + ":8000";
  static constexpr std::array<std::string_view, 6> kTexts{"decode", "prefill", "both", "a", "vllm", "b"};
  const std::uint64_t drawn = draw(scene, column, endpoint) % (kTexts.size() + 1);
  if (!sample_present(scene, column, endpoint) || drawn == kTexts.size()) return std::nullopt;
  return std::string(kTexts[drawn]);
}

std::vector<std::string> sample_set(const Scene& scene, std::string_view column, std::uint32_t endpoint) {
  std::vector<std::string> members;
  const std::uint64_t drawn = draw(scene, column, endpoint);
  for (std::uint64_t i = 0; i < drawn % 4; ++i) members.push_back("model-" + std::to_string((drawn / 8 + i) % 8));
  return members;
}

double sample_value(std::string_view name) {
  if (name.ends_with("total_blocks")) return kPromptBlocks;
  return name.ends_with("block_size_tokens") ? 16 : 0.5;
}

std::string endpoint_name(std::uint32_t endpoint) { return "pod-" + std::to_string(endpoint); }

}  // namespace shunt::validate
