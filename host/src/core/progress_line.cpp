// SPDX-License-Identifier: Apache-2.0
#include "progress_line.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

namespace shunt::host {

namespace {

constexpr const char* kClear = "\r\x1b[K";
// A line that wraps cannot be taken back.
constexpr std::size_t kWidth = 79;

}  // namespace

ProgressLine::~ProgressLine() {
  if (!shown_.empty()) console_.err() << kClear << std::flush;
}

void ProgressLine::set(std::string text) {
  text_ = std::move(text);
  text_.resize(std::min(text_.size(), kWidth));
  tick();
}

void ProgressLine::tick() {
  if (!console_.terminal() || text_ == shown_ || std::chrono::steady_clock::now() < begin_) return;
  shown_ = text_;
  console_.err() << kClear << shown_ << std::flush;
}

}  // namespace shunt::host
