// SPDX-License-Identifier: Apache-2.0
// exposition_parser.hpp: reads a page in the Prometheus text format (or OpenMetrics) line by line, without allocating.
//
//   const PageCounts counts = parse_exposition(
//       page, [](std::string_view name) { return name == "queue_length"; },
//       [&](const Sample& sample) { total += sample.value; });
//
// Any bytes are allowed: a line that is neither sample nor comment is skipped and counted.
#pragma once

#include "name_filter.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace prometheus_extractor {

// The labels of one sample, in the text of the page.
class Labels {
 public:
  Labels() = default;
  // `text` runs from behind the opening brace to the closing one, and has been checked.
  explicit Labels(std::string_view text) : text_(text) {}

  // Value of a label with its escapes as they stand on the page.
  std::optional<std::string_view> find(std::string_view name) const;

 private:
  std::string_view text_ = "}";
};

// Whether a label value as it stands on the page means `text`.
bool means(std::string_view escaped, std::string_view text);
// Appends what a label value as it stands on the page means.
void append_meaning(std::string_view escaped, std::string& out);

// Valid as long as the page.
struct Sample {
  std::string_view name;
  Labels labels;
  double value = 0;  // may be infinite or NaN
};

struct PageCounts {
  std::uint64_t samples = 0;    // handed to the callback
  std::uint64_t malformed = 0;  // lines skipped
};

// A decimal number, an infinity or NaN, and nothing else, in the spelling of the format.
std::optional<double> parse_number(std::string_view text);

namespace detail {

inline bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; }

enum class LineKind { Empty, Named, Malformed, EndOfPage };

// Tells what a line is; a named one is a sample as far as its name goes, and `line` keeps what follows the name.
LineKind read_name(std::string_view& line, std::string_view& name);
// Reads labels and value; false when the text after a name is not that.
bool read_labels_and_value(std::string_view text, Sample& sample);

}  // namespace detail

// Calls on_sample(const Sample&) for every sample whose name wanted(std::string_view) accepts. Of the other samples only the
// name is looked at, and of most of them, where `filter` knows what is wanted, not even that: a page has thousands of them.
template <class Wanted, class OnSample>
PageCounts parse_exposition(std::string_view page, Wanted&& wanted, OnSample&& on_sample,
                            const NameFilter& filter = {}) {
  PageCounts counts;
  while (!page.empty()) {
    const std::size_t end = page.find('\n');
    std::string_view line = page.substr(0, end);
    page.remove_prefix(end == std::string_view::npos ? page.size() : end + 1);
    if (!line.empty() && detail::starts_name(line.front()) && !filter.may_begin(line)) continue;
    Sample sample;
    const detail::LineKind kind = detail::read_name(line, sample.name);
    if (kind == detail::LineKind::EndOfPage) break;
    if (kind == detail::LineKind::Empty) continue;
    if (kind == detail::LineKind::Named && !wanted(sample.name)) continue;
    if (kind == detail::LineKind::Malformed || !detail::read_labels_and_value(line, sample)) {
      ++counts.malformed;
      continue;
    }
    ++counts.samples;
    on_sample(static_cast<const Sample&>(sample));
  }
  return counts;
}

}  // namespace prometheus_extractor
