// SPDX-License-Identifier: Apache-2.0
#include "plugin/manifest_keys.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <set>

#include "plugin/plugin_error.hpp"

namespace shunt::detail {
namespace {

constexpr std::size_t kMaximumReported = 16;

// Sees the text event by event; the parser's tree keeps only the last of equal keys.
struct KeyHandler {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  using Text = boost::json::string_view;
  using Code = boost::json::error_code;

  std::vector<std::set<std::string>> objects;
  std::string key;
  std::vector<std::string> duplicates;

  bool on_object_begin(Code&) {
    objects.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, Code&) {
    objects.pop_back();
    return true;
  }
  bool on_key_part(Text part, std::size_t, Code&) {
    key.append(part.data(), part.size());
    return true;
  }
  bool on_key(Text part, std::size_t, Code&) {
    key.append(part.data(), part.size());
    if (!objects.back().insert(key).second) {
      std::string name = quote(key);
      if (duplicates.size() < kMaximumReported &&
          std::find(duplicates.begin(), duplicates.end(), name) == duplicates.end()) {
        duplicates.push_back(std::move(name));
      }
    }
    key.clear();
    return true;
  }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t, Code&) { return true; }
  bool on_string_part(Text, std::size_t, Code&) { return true; }
  bool on_string(Text, std::size_t, Code&) { return true; }
  bool on_number_part(Text, Code&) { return true; }
  bool on_int64(std::int64_t, Text, Code&) { return true; }
  bool on_uint64(std::uint64_t, Text, Code&) { return true; }
  bool on_double(double, Text, Code&) { return true; }
  bool on_bool(bool, Code&) { return true; }
  bool on_null(Code&) { return true; }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }
};

}  // namespace

std::vector<std::string> duplicate_keys(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kMaximumManifestDepth;
  boost::json::basic_parser<KeyHandler> parser(options);
  boost::json::error_code error;
  parser.write_some(false, text.data(), text.size(), error);
  return error ? std::vector<std::string>{} : parser.handler().duplicates;
}

}  // namespace shunt::detail
