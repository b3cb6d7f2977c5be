// SPDX-License-Identifier: Apache-2.0
// How a diagnostic is drawn. Positions are bytes; only here they become columns of a terminal.
#include <algorithm>
#include <array>
#include <cstddef>
#include <shunt/framework/diagnostic.hpp>
#include <string>
#include <string_view>

#include "text.hpp"

namespace shunt {

namespace {

constexpr std::size_t kTabWidth = 8;
constexpr std::size_t kGutterWidth = 5;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Empty strings where colour is off, so that the text is the same in both cases.
struct Palette {
  std::string_view bold, error, warning, caret, note, reset;
};
constexpr Palette kPlain{};
constexpr Palette kColoured{"\x1b[1m", "\x1b[1;31m", "\x1b[1;35m", "\x1b[1;32m", "\x1b[1;36m", "\x1b[0m"};

char32_t decode(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(character[i])); };
  switch (character.size()) {
    case 2: return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
    case 3: return (byte(0) & 0xFU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
    case 4: return (byte(0) & 0x7U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U | (byte(3) & 0x3FU);
    default: return byte(0);
  }
}

// Cells that a character takes. wcwidth() would depend on the locale of the process; these ranges cover combining
// marks, East Asian scripts and emoji, which is what people write into names.
std::size_t cells(char32_t c) {
  struct Range {
    char32_t first, last;
  };
  static constexpr std::array<Range, 5> kNone = {
      {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}}};
  static constexpr std::array<Range, 8> kTwo = {{{0x1100, 0x115F},
                                                 {0x2E80, 0xA4CF},
                                                 {0xAC00, 0xD7A3},
                                                 {0xF900, 0xFAFF},
                                                 {0xFE30, 0xFE6F},
                                                 {0xFF00, 0xFF60},
                                                 {0x1F300, 0x1FAFF},
                                                 {0x20000, 0x3FFFD}}};
  const auto inside = [c](const Range& range) { return c >= range.first && c <= range.last; };
  if (std::any_of(kNone.begin(), kNone.end(), inside)) return 0;
  return std::any_of(kTwo.begin(), kTwo.end(), inside) ? 2 : 1;
}

// A source line as it appears, and where the marked bytes [from, to) of it land.
struct Drawn {
  std::string text;
  std::size_t caret = 0;
  std::size_t width = 0;
};

Drawn draw(std::string_view line, std::size_t from, std::size_t to) {
  Drawn drawn;
  std::size_t column = 0;
  std::size_t end = 0;
  std::size_t at = 0;
  while (at < line.size()) {
    if (at <= from) drawn.caret = column;
    const std::size_t length = config_text::utf8_length(line.substr(at, 4));
    const std::string_view character = line.substr(at, std::max<std::size_t>(length, 1));
    const char32_t code = length == 0 ? U'\xFFFD' : decode(character);
    if (code == U'\t') {
      const std::size_t width = kTabWidth - column % kTabWidth;
      drawn.text.append(width, ' ');
      column += width;
    } else if (length == 0 || code < 0x20 || (code >= 0x7F && code < 0xA0)) {
      drawn.text += kReplacement;  // a terminal must not obey what a config file says
      ++column;
    } else {
      drawn.text += character;
      column += cells(code);
    }
    at += character.size();
    if (at <= to) end = column;
  }
  if (from >= line.size()) drawn.caret = column;
  drawn.width = end > drawn.caret ? end - drawn.caret : 1;
  return drawn;
}

void render_source(const Diagnostic& d, const Palette& palette, std::string& out) {
  const std::string number = std::to_string(d.position.line);
  const std::size_t gutter = std::max(kGutterWidth, number.size());
  const std::string_view dots = d.source_column > 1 ? "..." : "";
  const std::size_t from = d.position.column >= d.source_column ? d.position.column - d.source_column : 0;
  const std::size_t to = std::min<std::size_t>(from + d.length, d.source_line.size());
  const Drawn drawn = draw(d.source_line, from, to);

  out.append(gutter - number.size(), ' ').append(number).append(" | ").append(dots).append(drawn.text).append("\n");
  out.append(gutter, ' ').append(" | ").append(dots.size() + drawn.caret, ' ');
  out.append(palette.caret).append("^").append(drawn.width - 1, '~');
  if (!d.suggestion.empty()) out.append(" ").append(d.suggestion);
  out.append(palette.reset).append("\n");
}

void render_one(const Diagnostic& d, const Palette& palette, std::string& out) {
  out.append(palette.bold).append(d.file);
  const bool placed = d.position.line != 0;
  if (placed) out.append(":" + std::to_string(d.position.line) + ":" + std::to_string(d.position.column));
  out.append(": ").append(palette.reset);
  out.append(d.severity == Severity::Error ? palette.error : palette.warning);
  out.append(to_string(d.severity)).append("[").append(d.code).append("]").append(palette.reset);
  out.append(": ").append(palette.bold).append(d.message).append(palette.reset).append("\n");

  const auto note = [&](std::string_view text) {
    out.append("  ").append(palette.note).append("note:").append(palette.reset).append(" ").append(text).append("\n");
  };
  if (placed) {
    render_source(d, palette, out);
  } else if (!d.suggestion.empty()) {
    note(d.suggestion);
  }
  for (const std::string& text : d.notes) note(text);
}

}  // namespace

std::string render_text(const Diagnostics& diagnostics, bool color) {
  const Palette& palette = color ? kColoured : kPlain;
  std::string out;
  for (const Diagnostic& d : diagnostics) render_one(d, palette, out);
  if (diagnostics.dropped() != 0) {
    out += "  and " + std::to_string(diagnostics.dropped()) + " more problems that are not shown\n";
  }
  return out;
}

}  // namespace shunt
