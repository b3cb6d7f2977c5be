// SPDX-License-Identifier: Apache-2.0
#include "requests_file.hpp"

#include <boost/json/value.hpp>
#include <shunt/framework/document.hpp>
#include <shunt/framework/suggest.hpp>
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
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// Offsets into a document have 32 bits, and its tree takes several times the memory of its text.
constexpr std::size_t kMostDocumentBytes = std::size_t{256} << 20;

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
  RequestsReader(const std::string& file, Diagnostics& diagnostics, std::optional<EndpointNames> endpoints)
      : file_(file), diagnostics_(diagnostics), endpoints_(std::move(endpoints)) {}

  std::vector<Request> read(std::string text) {
    if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
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
    if (text.size() > kMostDocumentBytes) {
      Diagnostic d;
      d.code = "C108";
      d.file = file_;
      d.message = "the file has " + std::to_string(text.size()) + " bytes; at most " +
                  std::to_string(kMostDocumentBytes) + " are read as one list";
      d.notes.emplace_back("a file with one request a line may have 1 GiB");
      diagnostics_.add(std::move(d));
      return;
    }
    const auto document =
        Document::parse(file_, std::move(text), DocumentFormat::Detect, diagnostics_, kMostDocumentBytes);
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
      // Files that were appended to each other have such marks inside. As blanks they do not move any column.
      std::string blanked;
      if (line.starts_with(kByteOrderMark)) {
        blanked.assign(line).replace(0, kByteOrderMark.size(), kByteOrderMark.size(), ' ');
        line = blanked;
      }
      const std::size_t first = line.find_first_not_of(kSpaces);
      if (first == std::string_view::npos || line.substr(first).starts_with("//")) continue;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.size() > Document::kMaxBytes) {
        too_long(line.size(), number);
        continue;
      }
      Diagnostics syntax;
      const auto document = Document::parse(file_, std::string(line), DocumentFormat::Json, syntax);
      for (const Diagnostic& d : syntax) diagnostics_.add(moved_to_line(with_line_in_notes(d, number), number));
      if (document) read_entry({*document, diagnostics_, number}, document->root(), "");
    }
  }

  void too_long(std::size_t bytes, std::uint32_t number) {
    Diagnostic d;
    d.code = "E214";
    d.file = file_;
    d.position = {number, 1};
    d.message = "the line has " + std::to_string(bytes) + " bytes; at most " + std::to_string(Document::kMaxBytes) +
                " are read";
    diagnostics_.add(std::move(d));
  }

  // What was excluded or preferred may have gone since, so this is no error.
  void check_endpoint(const InputFile& input, const json::value& name, const std::string& pointer,
                      std::string_view key) {
    const json::string* text = name.if_string();
    if (text == nullptr || text->empty() || endpoints_->contains(std::string_view(*text))) return;
    if (!unknown_.insert(std::string(*text)).second) return;
    // More than that is not kept, and a word is compared with every endpoint.
    const auto close =
        unknown_.size() <= Diagnostics::kKept ? suggest(std::string_view(*text), *endpoints_) : std::nullopt;
    input.warning(pointer, At::Value, "E312",
                  "there is no endpoint " + in_quotes(*text) + ", which " + in_quotes(key) + " names",
                  close ? did_you_mean(*close) : "");
  }

  void check_endpoints(const InputFile& input, const json::object& object, const std::string& pointer) {
    if (const json::value* name = object.if_contains("preferred_endpoint")) {
      check_endpoint(input, *name, child_pointer(pointer, "preferred_endpoint"), "preferred_endpoint");
    }
    const json::value* names = object.if_contains("excluded");
    if (names == nullptr || !names->is_array()) return;
    const std::string list = child_pointer(pointer, "excluded");
    for (std::size_t i = 0; i < names->get_array().size(); ++i) {
      check_endpoint(input, names->get_array()[i], child_pointer(list, i), "excluded");
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
    if (endpoints_ && !trace) check_endpoints(input, *object, pointer);
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
  std::optional<EndpointNames> endpoints_;
  EndpointNames unknown_;
  std::uint64_t entries_ = 0;                             // also those that were left out
  std::unordered_map<std::string, std::uint32_t> first_;  // id -> line
};

}  // namespace

std::vector<Request> read_requests(const std::string& file, std::string text, Diagnostics& diagnostics,
                                   std::optional<EndpointNames> endpoints) {
  return RequestsReader(file, diagnostics, std::move(endpoints)).read(std::move(text));
}

}  // namespace shunt::host
