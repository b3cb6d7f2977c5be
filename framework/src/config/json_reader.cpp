// SPDX-License-Identifier: Apache-2.0
#include <boost/json/stream_parser.hpp>
#include <charconv>
#include <limits>
#include <system_error>
#include <utility>

#include "contents.hpp"
#include "json_scanner.hpp"

namespace shunt {

namespace json = boost::json;

namespace {

// Boost.JSON reads a number in one pass and may be off in the last digit; written out and read again a weight must
// stay the same, so the text decides.
void round_exactly(json::value& value, const Document::Contents& contents, std::uint32_t node) {
  const LocationTree::Node& location = contents.locations.nodes[node];
  const auto child = [&](std::size_t index) { return contents.locations.children[location.first_child + index].node; };
  if (double* number = value.if_double()) {
    const char* first = contents.text.data() + location.value.offset;
    double exact = 0;
    const auto result = std::from_chars(first, first + location.value.length, exact);
    if (result.ec == std::errc{}) *number = exact;
  } else if (json::array* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) round_exactly((*array)[i], contents, child(i));
  } else if (json::object* object = value.if_object()) {
    std::size_t i = 0;
    for (auto& member : *object) round_exactly(member.value(), contents, child(i++));
  }
}

void report(TextProblem problem, const Document::Contents& contents, Diagnostics& diagnostics) {
  diagnostics.add(contents.diagnose(problem.span, problem.code, std::move(problem.message),
                                    std::move(problem.suggestion), std::move(problem.notes)));
}

}  // namespace

bool read_json(Document::Contents& contents, Diagnostics& diagnostics) {
  JsonScanner scanner(contents, contents.locations);
  const bool scanned = scanner.scan();
  for (const TextProblem& duplicate : scanner.duplicates()) report(duplicate, contents, diagnostics);
  if (!scanned) {
    report(*scanner.problem(), contents, diagnostics);
    return false;
  }
  if (scanner.empty()) {
    contents.locations.root = contents.locations.add({});
    return true;
  }

  json::parse_options options;
  options.allow_comments = true;
  options.allow_trailing_commas = true;
  options.max_depth = Document::kMaxDepth;
  json::stream_parser parser({}, options);
  json::error_code error;
  const std::size_t used = parser.write(contents.text, error);
  if (!error) parser.finish(error);
  if (error) {  // what the scanner has no words for, such as an exponent with a hundred digits
    report({{static_cast<std::uint32_t>(used), 1}, "C101", "this is not JSON: " + error.message(), {}, {}}, contents,
           diagnostics);
    return false;
  }
  contents.root = parser.release();
  round_exactly(contents.root, contents, contents.locations.root);
  return true;
}

}  // namespace shunt
