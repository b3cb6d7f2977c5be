// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <iterator>
#include <shunt/framework/diagnostic.hpp>
#include <tuple>
#include <utility>

namespace shunt {

std::string_view to_string(Severity severity) { return severity == Severity::Error ? "error" : "warning"; }

// Counts are exact whatever is dropped, so the verdict on a file never depends on the bound.
void Diagnostics::add(Diagnostic diagnostic) {
  ++(diagnostic.severity == Severity::Error ? errors_ : warnings_);
  if (kept_.size() < kKept) kept_.push_back(std::move(diagnostic));
}

void Diagnostics::merge(Diagnostics other) {
  errors_ += other.errors_;
  warnings_ += other.warnings_;
  const std::size_t room = std::min(kKept - kept_.size(), other.kept_.size());
  const auto last = other.kept_.begin() + static_cast<std::ptrdiff_t>(room);
  kept_.insert(kept_.end(), std::make_move_iterator(other.kept_.begin()), std::make_move_iterator(last));
}

void Diagnostics::sort() {
  const auto place = [](const Diagnostic& d) { return std::tie(d.file, d.position.line, d.position.column); };
  std::stable_sort(kept_.begin(), kept_.end(),
                   [&](const Diagnostic& left, const Diagnostic& right) { return place(left) < place(right); });
}

std::string Diagnostics::summary() const {
  const auto counted = [](std::size_t count, const char* word) {
    return std::to_string(count) + ' ' + word + (count == 1 ? "" : "s");
  };
  if (empty()) return "no problems";
  if (warnings_ == 0) return counted(errors_, "error");
  if (errors_ == 0) return counted(warnings_, "warning");
  return counted(errors_, "error") + ", " + counted(warnings_, "warning");
}

// Source lines stay out: whoever reads this has the file, and a config may hold secrets.
boost::json::array to_json(const Diagnostics& diagnostics) {
  boost::json::array out;
  for (const Diagnostic& d : diagnostics) {
    boost::json::object one;
    one["file"] = d.file;
    one["line"] = d.position.line;
    one["column"] = d.position.column;
    one["pointer"] = d.pointer;
    one["code"] = d.code;
    one["severity"] = to_string(d.severity);
    one["message"] = d.message;
    one["suggestion"] = d.suggestion;
    one["notes"] = boost::json::array(d.notes.begin(), d.notes.end());
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace shunt
