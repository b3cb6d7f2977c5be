// SPDX-License-Identifier: Apache-2.0
#include "live/request_understanding.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "body_walk.hpp"
#include "field_reader.hpp"
#include "live/multipart_form.hpp"
#include "request_body.hpp"
#include "request_headers.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 8> kPaths = {"/v1/chat/completions", "/v1/completions", "/v1/responses",
                                                    "/v1/embeddings",       "/v1/messages",    "/rerank",
                                                    "/v1/rerank",           "/v2/rerank"};
constexpr std::array<std::string_view, 2> kPrefixes = {"/v1/audio/", "/v1/images/"};
constexpr std::size_t kDeepest = 256;

// Of one thread, used again for every body.
struct ParseMemory {
  ParseMemory() : buffer(std::make_unique<unsigned char[]>(kSize)) {}
  static constexpr std::size_t kSize = 64u << 10;
  std::unique_ptr<unsigned char[]> buffer;
  json::parser parser{{}, [] {
                        json::parse_options options;
                        options.max_depth = kDeepest;
                        return options;
                      }()};
};

// The first complaint, in the words of an API.
class FirstComplaint final : public BodyComplaints {
 public:
  void complain(const BodyPlace& place, std::string_view, std::string message) override {
    if (!problem) problem = UnderstandingProblem{std::move(message), name_of(place)};
  }
  std::optional<UnderstandingProblem> problem;

 private:
  static std::string name_of(const BodyPlace& place) {
    if (place.parent == nullptr) return {};
    std::string name = name_of(*place.parent);
    if (place.in_list) return name + "[" + std::to_string(place.index) + "]";
    if (!name.empty()) name += '.';
    return name.append(place.key);
  }
};

std::optional<UnderstandingProblem> read_json(std::string_view body, Request& request) {
  thread_local ParseMemory memory;
  // One for each body: every block that it has taken makes its next one larger, for ever.
  json::monotonic_resource memory_of_tree(memory.buffer.get(), ParseMemory::kSize);
  memory.parser.reset(&memory_of_tree);
  std::optional<UnderstandingProblem> problem;
  {
    boost::system::error_code failed;
    const std::size_t at = memory.parser.write(body.data(), body.size(), failed);
    if (failed) {
      problem = UnderstandingProblem{body.empty() ? std::string("the body is empty; it must be a JSON object")
                                                  : "the body is not valid JSON: " + failed.message() + " at byte " +
                                                        std::to_string(std::min(at, body.size()) + 1),
                                     ""};
    } else {
      const json::value tree = memory.parser.release();
      if (const json::object* object = tree.if_object()) {
        FirstComplaint complaint;
        walk_body(*object, complaint, request);
        problem = std::move(complaint.problem);
      } else {
        problem = UnderstandingProblem{"the body must be a JSON object, found " + describe(tree), ""};
      }
    }
  }
  memory.parser.reset();
  return problem;
}

std::optional<UnderstandingProblem> read_form(std::string_view content_type, std::string_view body, Request& request) {
  MultipartForm form(content_type, body);
  bool any = false;
  while (const auto field = form.next()) {
    any = true;
    if (field->name == "model" && request.model.empty()) request.model = field->value;
    if (field->name == "stream" && field->value == "true") request.streaming = true;
  }
  if (any) return std::nullopt;
  return UnderstandingProblem{"the body is no multipart/form-data with the boundary of its Content-Type", ""};
}

std::string_view header(std::span<const HeaderView> headers, std::string_view lower_name) {
  for (const auto& [name, value] : headers) {
    if (name.size() == lower_name.size() && lower_case(name) == lower_name) return value;
  }
  return {};
}

// The position behind a JSON value of a text that is known to be right.
std::size_t skip_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
      }
      if (depth == 0) return std::min(at + 1, text.size());
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    } else if (c == ',' && depth == 0) {
      return at;
    }
  }
  return at;
}

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

}  // namespace

bool needs_body(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::ranges::find(kPaths, path) != kPaths.end() ||
         std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return path.starts_with(prefix); });
}

std::optional<UnderstandingProblem> understand_headers(std::span<const HeaderView> headers, Request& request) {
  auto& all = request.headers;
  const std::size_t first = all.size();
  for (const auto& [name, value] : headers) {
    std::string key = lower_case(name);
    // What is given several times is one list, as RFC 9110 (5.3) has it.
    const auto known = std::find_if(all.begin() + static_cast<std::ptrdiff_t>(first), all.end(),
                                    [&](const auto& entry) { return entry.first == key; });
    if (known == all.end()) {
      all.emplace_back(std::move(key), value);
    } else {
      known->second.append(", ").append(value);
    }
  }
  HeaderFacts facts(request);
  std::optional<UnderstandingProblem> problem;
  for (std::size_t i = first; i < all.size(); ++i) {
    auto wrong = facts.take(all[i].first, all[i].second);
    if (wrong && !problem) {
      problem = UnderstandingProblem{"the header " + in_quotes(all[i].first) + " " + *wrong, all[i].first};
    }
  }
  facts.finish();
  return problem;
}

std::optional<UnderstandingProblem> understand_request(std::string_view path, std::span<const HeaderView> headers,
                                                       std::string_view body, Request& request) {
  if (request.type.empty()) request.type = type_of_path(path);
  if (auto problem = understand_headers(headers, request)) return problem;
  const std::string_view type = header(headers, "content-type");
  auto problem = MultipartForm::is(type) ? read_form(type, body, request) : read_json(body, request);
  if (problem) return problem;
  // Images have a default model at their providers.
  if (request.model.empty() && !path.starts_with("/v1/images/")) {
    return UnderstandingProblem{"the body names no model", "model"};
  }
  return std::nullopt;
}

std::optional<ModelPlace> place_of_model(std::string_view content_type, std::string_view body, std::string_view model) {
  if (MultipartForm::is(content_type)) {
    MultipartForm form(content_type, body);
    while (const auto field = form.next()) {
      if (field->name != "model") continue;
      const auto begin = static_cast<std::size_t>(field->value.data() - body.data());
      return ModelPlace{begin, begin + field->value.size(), std::string(model)};
    }
    return std::nullopt;
  }
  std::optional<ModelPlace> place;  // the last of several, as parsers have it
  std::size_t at = skip_spaces(body, 0);
  if (at == body.size() || body[at] != '{') return std::nullopt;
  ++at;
  while ((at = skip_spaces(body, at)) < body.size() && body[at] == '"') {
    const std::size_t key_end = skip_value(body, at);
    const std::string_view key = body.substr(at, key_end - at);
    at = skip_spaces(body, key_end);
    if (at == body.size() || body[at] != ':') return std::nullopt;
    const std::size_t begin = skip_spaces(body, at + 1);
    const std::size_t end = skip_value(body, begin);
    if (key == "\"model\"" && begin < body.size() && body[begin] == '"') place = ModelPlace{begin, end, {}};
    at = skip_spaces(body, end);
    if (at < body.size() && body[at] == ',') ++at;
  }
  if (place) place->text = json::serialize(json::value(model));
  return place;
}

}  // namespace shunt::host
