// SPDX-License-Identifier: Apache-2.0
#include "metric_spec.hpp"

#include <algorithm>

namespace prometheus_extractor {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool is_name(std::string_view text) {
  if (text.empty() || (text.front() >= '0' && text.front() <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
  });
}

// Takes a value, quoted or bare, off the front of what stands between the braces.
std::optional<std::string> take_value(std::string_view& text) {
  if (text.starts_with('"')) {
    const std::size_t end = text.find('"', 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string value(text.substr(1, end - 1));
    text.remove_prefix(end + 1);
    return value;
  }
  const std::size_t end = std::min(text.find(','), text.size());
  const std::string_view value = trimmed(text.substr(0, end));
  if (value.empty() || value.find_first_of("\"{}= \t") != std::string_view::npos) return std::nullopt;
  text.remove_prefix(end);
  return std::string(value);
}

}  // namespace

std::optional<MetricSpec> MetricSpec::parse(std::string_view text) {
  text = trimmed(text);
  const std::size_t brace = text.find('{');
  MetricSpec spec;
  spec.name_ = trimmed(text.substr(0, brace));
  if (!is_name(spec.name_)) return std::nullopt;
  if (brace == std::string_view::npos) return spec;
  if (!text.ends_with('}')) return std::nullopt;
  std::string_view rest = trimmed(text.substr(brace + 1, text.size() - brace - 2));
  while (!rest.empty()) {
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view label = trimmed(rest.substr(0, equals));
    rest = trimmed(rest.substr(equals + 1));
    std::optional<std::string> value = take_value(rest);
    if (!is_name(label) || !value) return std::nullopt;
    spec.labels_.emplace_back(label, std::move(*value));
    rest = trimmed(rest);
    if (rest.empty()) break;
    if (rest.front() != ',') return std::nullopt;
    rest = trimmed(rest.substr(1));
    if (rest.empty()) return std::nullopt;
  }
  return spec;
}

bool MetricSpec::matches(const Sample& sample) const {
  return sample.name == name_ && std::all_of(labels_.begin(), labels_.end(), [&](const auto& wanted) {
           const std::optional<std::string_view> value = sample.labels.find(wanted.first);
           return value && means(*value, wanted.second);
         });
}

}  // namespace prometheus_extractor
