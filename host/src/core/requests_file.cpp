// SPDX-License-Identifier: Apache-2.0
#include "requests_file.hpp"

#include <boost/json/value.hpp>
#include <shunt/framework/document.hpp>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "field_reader.hpp"
#include "request_reader.hpp"
#include "traces.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::string_view kSpaces = " \t\r\n";

// The notes of a document of one line know that line as line 1.
Diagnostic with_line_in_notes(Diagnostic diagnostic, std::uint32_t line) {
  constexpr std::string_view kFirst = "line 1";
  for (std::string& note : diagnostic.notes) {
    const std::size_t at = note.find(kFirst);
    const std::size_t end = at + kFirst.size();
    const bool whole = at != std::string::npos && (end == note.size() || note[end] < '0' || note[end] > '9');
    if (whole) note.replace(at, kFirst.size(), "line " + std::to_string(line));
  }
  return diagnostic;
}

class RequestsReader {
 public:
  RequestsReader(const std::string& file, Diagnostics& diagnostics) : file_(file), diagnostics_(diagnostics) {}

  std::vector<Request> read(std::string text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    if (is_azure(text)) {
      requests_ = read_azure(file_, text, diagnostics_);
    } else if (is_one_document(text)) {
      read_document(std::move(text));
    } else {
      read_lines(text);
    }
    return std::move(requests_);
  }

 private:
  bool is_one_document(std::string_view text) const {
    if (file_.ends_with(".yaml") || file_.ends_with(".yml")) return true;
    const std::size_t first = text.find_first_not_of(kSpaces);
    return first != std::string_view::npos && text[first] == '[';
  }

  void read_document(std::string text) {
    const auto document = Document::parse(file_, std::move(text), DocumentFormat::Detect, diagnostics_);
    if (!document || document->root().is_null()) return;
    const InputFile input{*document, diagnostics_, 1};
    const json::array* list = document->root().if_array();
    if (list == nullptr) {
      input.error(
          "", At::Value, "E103",
          "a requests file is a list of requests, or has one request a line, found " + describe(document->root()));
      return;
    }
    for (std::size_t i = 0; i < list->size(); ++i) read_entry(input, (*list)[i], child_pointer("", i));
  }

  void read_lines(std::string_view text) {
    std::uint32_t number = 0;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      ++number;
      const std::size_t first = line.find_first_not_of(kSpaces);
      if (first == std::string_view::npos || line.substr(first).starts_with("//")) continue;
      if (line.ends_with('\r')) line.remove_suffix(1);
      Diagnostics syntax;
      const auto document = Document::parse(file_, std::string(line), DocumentFormat::Json, syntax);
      for (const Diagnostic& d : syntax) diagnostics_.add(moved_to_line(with_line_in_notes(d, number), number));
      if (document) read_entry({*document, diagnostics_, number}, document->root(), "");
    }
  }

  void read_entry(const InputFile& input, const json::value& value, const std::string& pointer) {
    const json::object* object = value.if_object();
    if (object == nullptr) {
      input.error(pointer, At::Value, "E211", "a request must be an object, found " + describe(value));
      return;
    }
    Request request;
    request.number = entries_++;
    const bool trace = is_mooncake(*object);
    const bool good =
        trace ? read_mooncake(input, *object, pointer, request) : read_request(input, *object, pointer, request);
    const auto [known, added] = first_.emplace(request.id, input.line_of(pointer, At::Value));
    if (!added && !request.id.empty()) {
      input.error(pointer + "/id", At::Value, "E106", "duplicate request id " + in_quotes(request.id), {},
                  {"the first one is at line " + std::to_string(known->second)});
    } else if (good) {
      requests_.push_back(std::move(request));
    }
  }

  const std::string& file_;
  Diagnostics& diagnostics_;
  std::vector<Request> requests_;
  std::uint64_t entries_ = 0;                             // also those that were left out
  std::unordered_map<std::string, std::uint32_t> first_;  // id -> line
};

}  // namespace

std::vector<Request> read_requests(const std::string& file, std::string text, Diagnostics& diagnostics) {
  return RequestsReader(file, diagnostics).read(std::move(text));
}

}  // namespace shunt::host
