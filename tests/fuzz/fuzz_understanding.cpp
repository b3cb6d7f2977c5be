// SPDX-License-Identifier: Apache-2.0
// A request over the wire: its path on the first line, a header on each line up to an empty one, then the body. Compared with
// what the reader of files makes of the same body, and with itself after its model was rewritten.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <core/live/request_understanding.hpp>
#include <core/requests_file.hpp>
#include <shunt/framework/request.hpp>

#include "properties.hpp"

namespace {

namespace json = boost::json;

using shunt::fuzz::require;
using shunt::host::HeaderView;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

struct Wire {
  std::string_view path;
  std::vector<HeaderView> headers;
  std::string_view body;
};

Wire split(std::string_view text) {
  Wire wire;
  wire.path = take_line(text);
  for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    wire.headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
  }
  wire.body = text;
  return wire;
}

// The reader of files knows no forms, and has its own opinion on ids and headers: only the body is compared.
void compare_with_file(const Wire& wire, const shunt::Request& seen) {
  boost::system::error_code failed;
  const json::value body = json::parse(json::string_view(wire.body.data(), wire.body.size()), failed);
  if (failed || !body.is_object()) return;
  const json::object entry{{"id", "r"}, {"path", "/v1/chat/completions"}, {"body", body}};
  shunt::Diagnostics diagnostics;
  const auto read = shunt::host::read_requests("requests.jsonl", json::serialize(entry), diagnostics);
  shunt::Request again;
  const auto problem = shunt::host::understand_request("/v1/chat/completions", {}, wire.body, again);
  // A file is stricter: keys that stand there twice, numbers beyond 64 bits.
  if (diagnostics.has_errors() || problem || read.size() != 1) return;
  const shunt::Request& filed = read.front();
  require(filed.model == again.model && filed.prompt == again.prompt && filed.has_prompt == again.has_prompt &&
              filed.token_ids == again.token_ids && filed.max_tokens == again.max_tokens &&
              filed.streaming == again.streaming && filed.multimodal == again.multimodal && filed.user == again.user,
          "a file and the wire say different things:", wire.body);
  require(seen.model.empty() || seen.model == again.model, "the path changes the model:", wire.body);
}

void check_rewriting(const Wire& wire, std::string_view type, const shunt::Request& seen) {
  constexpr std::string_view kModel = "another \"model\"";
  const auto place = shunt::host::place_of_model(type, wire.body, kModel);
  if (!place) return;
  require(place->begin <= place->end && place->end <= wire.body.size(), "a model beyond the body");
  std::string body(wire.body.substr(0, place->begin));
  body.append(place->text).append(wire.body.substr(place->end));
  shunt::Request request;
  const auto problem = shunt::host::understand_request(wire.path, wire.headers, body, request);
  // A key may be spelled with escapes; then another one is meant.
  std::string lower(type);
  for (char& character : lower) character = static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
  if (wire.body.find('\\') != std::string_view::npos || lower.find("multipart") != std::string::npos) return;
  require(!problem, "a rewritten body is wrong:", [&] { return problem->message + "\n" + body; });
  require(request.model == kModel && request.prompt == seen.prompt, "a rewritten body says something else:", body);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Wire wire = split(shunt::fuzz::text_of(data, size));
  (void)shunt::host::needs_body(wire.path);
  shunt::Request request;
  const auto problem = shunt::host::understand_request(wire.path, wire.headers, wire.body, request);
  for (const auto& [name, value] : request.headers) {
    require(std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
            "a header in capitals:", name);
  }
  (void)request.seal();
  if (problem) {
    require(!problem->message.empty(), "a problem without words");
    return 0;
  }
  std::string_view type;
  for (const auto& [name, value] : request.headers) {
    if (name == "content-type") type = value;
  }
  if (type.find("multipart") == std::string_view::npos) compare_with_file(wire, request);
  check_rewriting(wire, type, request);
  return 0;
}
