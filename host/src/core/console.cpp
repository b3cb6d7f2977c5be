// SPDX-License-Identifier: Apache-2.0
#include "console.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "json_text.hpp"

namespace shunt::host {

void Console::set_color(ColorMode mode, bool no_color_in_environment) {
  color_ = mode == ColorMode::Always || (mode == ColorMode::Auto && terminal_ && !no_color_in_environment);
}

bool Console::write(std::string_view text) {
  if (failed_) return false;
  errno = 0;
  out_.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!out_) note_failure();
  return !failed_;
}

bool Console::flush() {
  if (failed_) return false;
  errno = 0;
  out_.flush();
  if (!out_) note_failure();
  return !failed_;
}

void Console::note_failure() {
  failed_ = true;
  failure_ = errno;
}

void Console::message(std::string_view text) { err_ << "shunt: " << text << '\n'; }

void Console::error(std::string_view code, std::string_view text, std::string_view file,
                    const std::vector<std::string>& advice) {
  if (!json_errors_) {
    err_ << "shunt: " << (color_ ? "\x1b[1;31merror" : "error");
    if (!code.empty()) err_ << '[' << code << ']';
    err_ << (color_ ? "\x1b[0m: " : ": ") << text << '\n';
    for (const std::string& line : advice) err_ << "  " << line << '\n';
    return;
  }
  // The same keys as an error of a file, so that one reader does for both.
  static constexpr std::string_view kSuggestion = "; did you mean ";
  const std::size_t at = std::min(text.find(kSuggestion), text.size());
  Diagnostic d;
  d.code = code;
  d.file = file;
  d.message = text.substr(0, at);
  if (at != text.size()) d.suggestion = text.substr(at + 2);
  d.notes = advice;
  Diagnostics one;
  one.add(std::move(d));
  err_ << compact_json(boost::json::object{{"schema", 1}, {"errors", to_json(one)}}) << '\n';
}

void Console::report(const Diagnostics& diagnostics, std::string_view closing) {
  if (diagnostics.empty()) return;
  if (json_errors_) {
    boost::json::object all{{"schema", 1}};
    for (const boost::json::value& value : to_json(diagnostics)) {
      const std::string_view list = value.at("severity") == "error" ? "errors" : "warnings";
      if (!all.contains(list)) all[list] = boost::json::array();
      all[list].as_array().push_back(value);
    }
    err_ << compact_json(all) << '\n';
    return;
  }
  err_ << render_text(diagnostics, color_) << diagnostics.summary();
  if (!closing.empty()) err_ << "; " << closing;
  err_ << '\n';
}

ExitCode Console::finish(ExitCode code) {
  flush();
  err_.flush();
  if (!failed_) return code;
  // A reader that has seen enough (`| head`) is no failure of ours.
  if (failure_ == EPIPE) return code;
  error("", std::string("the output could not be written") +
                (failure_ != 0 ? std::string(": ") + std::strerror(failure_) : ""));
  return ExitCode::Failed;
}

}  // namespace shunt::host
