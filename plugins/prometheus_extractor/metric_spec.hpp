// SPDX-License-Identifier: Apache-2.0
// metric_spec.hpp: which samples of a page are meant: a metric name and label values that a sample has to carry.
//
//   const auto spec = MetricSpec::parse("nv_trt_llm_request_metrics{request_type=waiting}");
#pragma once

#include "exposition_parser.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prometheus_extractor {

class MetricSpec {
 public:
  // `name` or `name{label=value,...}`; a value with blanks, commas or braces stands in quotes. Nothing when it is neither.
  static std::optional<MetricSpec> parse(std::string_view text);

  const std::string& name() const { return name_; }
  // The sample may carry further labels.
  bool matches(const Sample& sample) const;

 private:
  std::string name_;
  std::vector<std::pair<std::string, std::string>> labels_;
};

}  // namespace prometheus_extractor
