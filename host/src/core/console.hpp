// SPDX-License-Identifier: Apache-2.0
// console.hpp: where a command writes. Data goes to `out`, messages to `err`, and a broken pipe or a full disk is noticed.
//
//   Console console(std::cout, std::cerr, ColorMode::Never, false);
//   if (!console.line("{\"schema\":1}")) return console.finish(ExitCode::Ok);  // nobody listens any more
#pragma once

#include <ostream>
#include <shunt/framework/diagnostic.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "exit_code.hpp"

namespace shunt::host {

enum class ColorMode { Auto, Always, Never };

class Console {
 public:
  // `terminal` says whether messages go to a person; it decides ColorMode::Auto.
  Console(std::ostream& out, std::ostream& err, bool terminal) : out_(out), err_(err), terminal_(terminal) {}

  // NO_COLOR in the environment switches Auto off; an explicit Always wins over it.
  void set_color(ColorMode mode, bool no_color_in_environment);
  // Errors as one JSON object instead of text.
  void set_json_errors(bool json) { json_errors_ = json; }

  // Writes data. False once writing has failed: the command may as well stop.
  bool write(std::string_view text);
  bool line(std::string_view text) { return write(text) && write("\n"); }
  // For a reader who waits for what was written. False as for write().
  bool flush();

  // "shunt: ..." for people.
  void message(std::string_view text);
  // A failure that is no place in a text. What follows "; did you mean" in a message is its suggestion as JSON; `file` is
  // what it is about, and stands in the text already.
  void error(std::string_view code, std::string_view text, std::string_view file = {},
             const std::vector<std::string>& advice = {});
  // Every diagnostic, and `closing` behind the count: "2 errors; nothing was scheduled". As JSON: errors and warnings in
  // lists of their own, where there are any.
  void report(const Diagnostics& diagnostics, std::string_view closing);

  // To be called last: the exit code, unless the output could not be written.
  ExitCode finish(ExitCode code);

  std::ostream& err() { return err_; }
  bool color() const { return color_; }
  bool terminal() const { return terminal_; }

 private:
  void note_failure();

  std::ostream& out_;
  std::ostream& err_;
  bool terminal_;
  bool color_ = false;
  bool json_errors_ = false;
  bool failed_ = false;
  int failure_ = 0;  // errno of the first failed write
};

}  // namespace shunt::host
