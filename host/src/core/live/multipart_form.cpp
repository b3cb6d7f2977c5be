// SPDX-License-Identifier: Apache-2.0
#include "live/multipart_form.hpp"

#include "request_headers.hpp"

namespace shunt::host {

namespace {

constexpr std::string_view kType = "multipart/form-data";

// The value of `name=` in a header, quoted or not.
std::string_view parameter(std::string_view header, std::string_view name) {
  const std::string lower = lower_case(header);
  for (std::size_t at = lower.find(name); at != std::string::npos; at = lower.find(name, at + 1)) {
    const std::size_t value = at + name.size();
    const bool begins = at > 0 && (lower[at - 1] == ';' || lower[at - 1] == ' ' || lower[at - 1] == '\t');
    if (!begins || value >= lower.size() || lower[value] != '=') continue;
    std::string_view rest = header.substr(value + 1);
    if (rest.starts_with('"')) return rest.substr(1, rest.find('"', 1) - 1);
    return rest.substr(0, rest.find_first_of("; \t\r\n"));
  }
  return {};
}

}  // namespace

bool MultipartForm::is(std::string_view content_type) {
  return lower_case(content_type.substr(0, kType.size())) == kType;
}

MultipartForm::MultipartForm(std::string_view content_type, std::string_view body) : rest_(body) {
  const std::string_view boundary = parameter(content_type, "boundary");
  if (boundary.empty()) {
    rest_ = {};
  } else {
    delimiter_ = "\r\n--" + std::string(boundary);
  }
}

std::optional<MultipartForm::Field> MultipartForm::next() {
  if (delimiter_.empty()) return std::nullopt;
  if (first_) {
    // What stands in front of the first part has no meaning; the first delimiter may begin the body.
    first_ = false;
    const std::string_view bare = std::string_view(delimiter_).substr(2);
    if (rest_.starts_with(bare)) {
      rest_.remove_prefix(bare.size());
    } else {
      const std::size_t at = rest_.find(delimiter_);
      rest_ = at == std::string_view::npos ? std::string_view() : rest_.substr(at + delimiter_.size());
    }
  }
  if (!rest_.starts_with("\r\n")) return std::nullopt;
  const std::size_t head_end = rest_.find("\r\n\r\n");
  const std::size_t end = rest_.find(delimiter_, head_end == std::string_view::npos ? rest_.size() : head_end + 2);
  if (head_end == std::string_view::npos || end == std::string_view::npos) return std::nullopt;
  std::string_view head = rest_.substr(2, head_end - 2);
  Field field;
  const std::size_t value = head_end + 4;
  // A view of the body also where it is empty: who rewrites it needs its place.
  field.value = rest_.substr(value, end >= value ? end - value : 0);
  rest_.remove_prefix(end + delimiter_.size());
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    if (lower_case(line.substr(0, 20)) == "content-disposition:") {
      field.name = parameter(line, "name");
      field.file = !parameter(line, "filename").empty();
    }
    head.remove_prefix(std::min(head.size(), line.size() + 2));
  }
  return field;
}

}  // namespace shunt::host
