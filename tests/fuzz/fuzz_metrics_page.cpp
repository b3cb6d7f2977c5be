// SPDX-License-Identifier: Apache-2.0
// A metrics page of a model server: the parser alone, and the extractor that turns samples into columns.
#include <algorithm>
#include <cmath>
#include <shunt/testing/plugin_under_test.hpp>
#include <variant>

#include "exposition_parser.hpp"
#include "metric_spec.hpp"
#include "properties.hpp"

extern "C" const shunt_library* shunt_entry_prometheus_extractor(void);

namespace {

using prometheus_extractor::MetricSpec;
using prometheus_extractor::PageCounts;
using prometheus_extractor::Sample;
using shunt::fuzz::require;

bool lies_in(std::string_view part, std::string_view whole) {
  const std::less_equal<> in_order;
  return in_order(whole.data(), part.data()) && in_order(part.data() + part.size(), whole.data() + whole.size());
}

// What is not a number was called so on the page.
bool says_nan(std::string_view page) {
  const auto same = [](char a, char b) { return (a | 0x20) == b; };
  constexpr std::string_view kWord = "nan";
  return std::search(page.begin(), page.end(), kWord.begin(), kWord.end(), same) != page.end();
}

void check_label(const Sample& sample, std::string_view name, std::string_view page) {
  const std::optional<std::string_view> escaped = sample.labels.find(name);
  if (!escaped) return;
  require(lies_in(*escaped, page), "a label from outside of the page:", *escaped);
  std::string meaning;
  prometheus_extractor::append_meaning(*escaped, meaning);
  require(meaning.size() <= escaped->size(), "a label means more than it says:", *escaped);
  require(prometheus_extractor::means(*escaped, meaning), "a label does not mean what it means:", *escaped);
  require(!prometheus_extractor::means(*escaped, meaning + "x"), "a label means more than it means:", *escaped);
}

PageCounts parse(std::string_view page) {
  std::uint64_t handed = 0;
  const PageCounts counts = prometheus_extractor::parse_exposition(
      page, [](std::string_view name) { return !name.empty(); },
      [&](const Sample& sample) {
        ++handed;
        require(lies_in(sample.name, page), "a name from outside of the page:", sample.name);
        require(!std::isnan(sample.value) || says_nan(page), "a NaN that the page does not have:", sample.name);
        for (const std::string_view label : {"model_name", "engine", "le", "l"}) check_label(sample, label, page);
        const std::optional<MetricSpec> spec = MetricSpec::parse(sample.name);
        require(spec && spec->matches(sample), "a sample does not match its own name:", sample.name);
      });
  require(counts.samples == handed, "samples are miscounted");
  return counts;
}

// A page means what its lines mean, one by one.
void check_lines(std::string_view page) {
  const PageCounts whole = parse(page);
  PageCounts sum;
  for (const std::string_view line : shunt::fuzz::lines_of(page)) {
    (void)MetricSpec::parse(line);
    const PageCounts one = parse(line);
    sum.samples += one.samples;
    sum.malformed += one.malformed;
    require(one.samples + one.malformed <= 1, "a line counts twice:", line);
    prometheus_extractor::Sample unused;
    std::string_view rest = line;
    // OpenMetrics: nothing counts behind this line.
    if (prometheus_extractor::detail::read_name(rest, unused.name) ==
        prometheus_extractor::detail::LineKind::EndOfPage) {
      break;
    }
  }
  require(whole.samples == sum.samples && whole.malformed == sum.malformed, "a page is not the sum of its lines");
}

// The plugin as a program links it, with one endpoint for each of its engines.
class Extractor {
 public:
  Extractor() : plugin_(shunt_entry_prometheus_extractor, "prometheus-extractor", kParameters, host_) {
    require(plugin_.created(), "the extractor cannot be created:", plugin_.creation().error);
    for (const char* engine : {"vllm", "sglang", "trtllm-serve", "triton-tensorrt-llm", "triton", "unknown"}) {
      endpoints_.add(engine);
      endpoints_[engines_.size()].label("llm-d.ai/engine-type", engine);
      engines_.emplace_back(engine);
    }
  }

  void check(std::string_view page) {
    for (const std::string& engine : engines_) {
      shunt::testing::FetchedPage fetched;
      fetched.body = page;
      const shunt::testing::Answer answer = plugin_.extract(endpoints_, engine, fetched);
      require(answer.status >= 0 || !answer.error.empty(), "a page is refused without a word");
      for (const shunt::testing::WrittenCell& cell : host_.take_cells()) check_cell(cell);
      require(host_.misuses().empty(),
              "the extractor misuses its host:", host_.misuses().empty() ? std::string() : host_.misuses().front());
    }
  }

 private:
  static constexpr const char* kParameters =
      R"({"customMetrics": [{"attribute": "most", "metric": "custom", "combine": "max"},
                            {"attribute": "least", "metric": "custom{l=low}", "combine": "min"}]})";

  static void check_cell(const shunt::testing::WrittenCell& cell) {
    if (const double* number = std::get_if<double>(&cell.content)) {
      require(std::isfinite(*number), "no number is written to the column", cell.column);
      require(*number >= 0 || cell.column == "most" || cell.column == "least", "a count below zero:", cell.column);
      require(*number <= 1 || cell.column != "kv_cache_usage", "a share above one");
    }
  }

  shunt::testing::FakeHost host_;
  shunt::testing::EndpointSet endpoints_;
  shunt::testing::PluginUnderTest plugin_;
  std::vector<std::string> engines_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Extractor extractor;
  const std::string_view page = shunt::fuzz::text_of(data, size);
  check_lines(page);
  extractor.check(page);
  return 0;
}
