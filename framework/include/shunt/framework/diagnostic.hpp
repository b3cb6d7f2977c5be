// SPDX-License-Identifier: Apache-2.0
// diagnostic.hpp: problems found in a text that a person wrote, with the place, the cause and the way out.
//
// Whoever checks something adds to a Diagnostics and goes on, so that one run shows every problem:
//
//   shunt::Diagnostics diagnostics;
//   diagnostics.add(document.diagnose("/limits", shunt::At::Key, "C105", "expected an object, found a number"));
//   if (diagnostics.has_errors()) std::cerr << render_text(diagnostics, false) << diagnostics.summary() << '\n';
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

// An error makes the text unusable; a warning does not.
enum class Severity { Error, Warning };

// "error", "warning".
std::string_view to_string(Severity severity);

// 1-based line and byte column. Zero means unknown: the problem then belongs to the file as a whole.
struct SourcePosition {
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  friend bool operator==(const SourcePosition&, const SourcePosition&) = default;
};

// One problem. Everything in it is a copy, so it outlives the document it was found in.
struct Diagnostic {
  Severity severity = Severity::Error;
  std::string code;                 // stable, "C104"; explained by the error code table
  std::string file;                 // as the user named it
  SourcePosition position;          // where the caret goes
  std::uint32_t length = 0;         // bytes to underline from there; may reach past the end of the line
  std::string pointer;              // RFC 6901 JSON pointer of the value concerned; "" is the whole document
  std::string message;              // complete, without code and position
  std::string suggestion;           // a phrase: did you mean "weight"?
  std::vector<std::string> notes;   // one line each: what is allowed, where the other one is
  std::string source_line;          // the line at `position`; of a very long line only the part around it
  std::uint32_t source_column = 1;  // byte column of the first byte of `source_line`
};

// A list of diagnostics in the order they were found. Only the first kKept are stored, so that a hostile or
// generated file cannot fill the memory or the screen; the rest is still counted.
class Diagnostics {
 public:
  static constexpr std::size_t kKept = 1000;

  void add(Diagnostic diagnostic);

  // Appends everything that `other` holds, and its counts.
  void merge(Diagnostics other);

  // By file, then by position; what is at the same place stays in the order it was found.
  void sort();

  const std::vector<Diagnostic>& all() const { return kept_; }
  auto begin() const { return kept_.begin(); }
  auto end() const { return kept_.end(); }

  std::size_t errors() const { return errors_; }
  std::size_t warnings() const { return warnings_; }
  bool has_errors() const { return errors_ != 0; }
  bool empty() const { return errors_ == 0 && warnings_ == 0; }

  // Found but not stored.
  std::size_t dropped() const { return errors_ + warnings_ - kept_.size(); }

  // "2 errors, 1 warning"; "no problems" where there are none.
  std::string summary() const;

 private:
  std::vector<Diagnostic> kept_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

// For people, the way compilers print it. Ends with a newline unless empty; has no closing summary line.
//
//   router.jsonc:14:9: error[C104]: unknown key "wieght" in profile "default"
//      14 |         "wieght": 2.0,
//         |         ^~~~~~~~ did you mean "weight"?
//     note: allowed keys: pluginRef, weight, onError
//
// `color` adds ANSI escapes; it never changes the text itself.
std::string render_text(const Diagnostics& diagnostics, bool color);

// For programs: one object per diagnostic with file, line, column, pointer, code, severity, message, suggestion, notes.
boost::json::array to_json(const Diagnostics& diagnostics);

}  // namespace shunt
