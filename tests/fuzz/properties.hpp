// SPDX-License-Identifier: Apache-2.0
// properties.hpp: what every fuzz target demands of the code under it.
//
//   shunt::fuzz::require(!document || !text.empty(), "an empty text has a tree");
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <shunt/framework/diagnostic.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

// The one entry point of a target. Called with any bytes whatever; they end exactly at `size`.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace shunt::fuzz {

// Ends the process where a property does not hold: that is what both libFuzzer and CTest call a finding.
inline void require(bool holds, std::string_view otherwise, std::string_view detail = {}) {
  if (holds) return;
  std::fprintf(stderr, "property violated: %.*s %.*s\n", static_cast<int>(otherwise.size()), otherwise.data(),
               static_cast<int>(detail.size()), detail.data());
  std::abort();
}

// The same with a detail that is only made where it is needed.
template <class Detail>
  requires std::is_invocable_r_v<std::string, Detail>
void require(bool holds, std::string_view otherwise, Detail&& detail) {
  if (!holds) require(false, otherwise, std::string_view(std::string(detail())));
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(data), size);
}

// Documents leave out a byte order mark and count from behind it.
inline std::string_view without_byte_order_mark(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

// Lines end with "\n"; behind the last one is the line where an end of file is reported.
inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

// Every diagnostic is complete, and points at a place that is in `text`.
inline void require_sound(const Diagnostics& diagnostics, std::string_view text, std::string_view file) {
  const std::vector<std::string_view> lines = lines_of(without_byte_order_mark(text));
  for (const Diagnostic& d : diagnostics) {
    require(!d.message.empty(), "a diagnostic says nothing", d.code);
    require(!d.code.empty(), "a diagnostic has no code", d.message);
    require(d.file == file, "a diagnostic names another file", d.file);
    require((d.position.line == 0) == (d.position.column == 0), "half a position", d.message);
    if (d.position.line == 0) continue;
    require(d.position.line <= lines.size(), "a position behind the last line", d.message);
    const std::string_view line = lines[d.position.line - 1];
    require(d.position.column <= line.size() + 1, "a position behind the end of its line", d.message);
    require(d.source_column >= 1 && d.source_column - 1 <= line.size(), "a source line from nowhere", d.message);
    require(line.substr(d.source_column - 1).starts_with(d.source_line), "a source line that is not in the text",
            d.source_line);
  }
  const std::string shown = render_text(diagnostics, false);
  require(shown.empty() == diagnostics.all().empty(), "diagnostics that are not shown");
  require(shown.empty() || shown.ends_with('\n'), "shown diagnostics end within a line", shown);
}

}  // namespace shunt::fuzz
