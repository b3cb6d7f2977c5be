// SPDX-License-Identifier: Apache-2.0
#include "api_call.hpp"

#include <boost/json.hpp>
#include <stdexcept>

#include "text.hpp"

namespace shunt::sim {

namespace json = boost::json;

namespace {

constexpr std::uint64_t kMostDimensions = 4096;
constexpr std::uint64_t kMostImages = 10;

[[noreturn]] void wrong(std::string text) { throw std::invalid_argument(std::move(text)); }

const json::value& member(const json::object& object, std::string_view key) {
  const json::value* const found = object.if_contains(key);
  if (!found || found->is_null()) wrong("\"" + std::string(key) + "\" is missing");
  return *found;
}

std::uint64_t whole(const json::object& object, std::string_view key, std::uint64_t least, std::uint64_t most,
                    std::uint64_t standard) {
  const json::value* const found = object.if_contains(key);
  if (!found || found->is_null()) return standard;
  boost::system::error_code error;
  const auto number = found->to_number<std::uint64_t>(error);
  if (error || number < least || number > most) {
    wrong("\"" + std::string(key) + "\" must be a whole number from " + std::to_string(least) + " to " +
          std::to_string(most));
  }
  return number;
}

bool flag(const json::object& object, std::string_view key) {
  const json::value* const found = object.if_contains(key);
  return found && found->is_bool() && found->as_bool();
}

// A part that is no text counts as a token or two, and different ones differ.
void append_content(std::string& to, const json::value& content) {
  if (content.is_string()) {
    to.append(content.as_string());
  } else if (content.is_array()) {
    for (const json::value& part : content.as_array()) append_content(to, part);
  } else if (const json::object* part = content.if_object()) {
    if (const json::value* text = part->if_contains("text"); text && text->is_string()) {
      to.append(text->as_string());
    } else if (const json::value* inner = part->if_contains("content")) {
      append_content(to, *inner);
    } else {
      append(to, "<part ", hash_bytes(json::serialize(*part)), ">");
    }
  }
}

void append_message(std::string& to, std::string_view role, const json::value& content) {
  append(to, "<|", role, "|>");
  append_content(to, content);
  to += "<|end|>";
}

void append_messages(std::string& to, const json::value& list) {
  if (!list.is_array() || list.as_array().empty()) wrong("\"messages\" must be a list with at least one message");
  for (const json::value& one : list.as_array()) {
    const json::object* const message = one.if_object();
    if (!message) wrong("a message must be an object");
    const json::value& role = member(*message, "role");
    if (!role.is_string()) wrong("\"role\" must be a text");
    const json::value* const content = message->if_contains("content");
    append_message(to, role.as_string(), content ? *content : json::value());
    if (const json::value* calls = message->if_contains("tool_calls")) to += json::serialize(*calls);
  }
}

void append_tools(std::string& to, const json::object& body) {
  const json::value* const tools = body.if_contains("tools");
  if (tools && tools->is_array() && !tools->as_array().empty()) append(to, "<|tools|>", json::serialize(*tools));
}

// A text, or numbers of tokens: four bytes each.
void append_input(std::string& to, const json::value& input, std::string_view key) {
  if (input.is_string()) {
    to.append(input.as_string());
  } else if (input.is_array() && !input.as_array().empty()) {
    for (const json::value& token : input.as_array()) {
      boost::system::error_code error;
      const auto number = token.to_number<std::uint32_t>(error);
      if (error) wrong("\"" + std::string(key) + "\" must be a text or a list of token numbers");
      for (unsigned shift = 0; shift < 32; shift += 8) to += static_cast<char>(number >> shift & 0xff);
    }
  } else {
    wrong("\"" + std::string(key) + "\" must be a text or a list of token numbers");
  }
}

bool is_list_of_inputs(const json::value& input) {
  return input.is_array() && !input.as_array().empty() && !input.as_array().front().is_number();
}

void read_chat(const json::object& body, ApiCall& call) {
  append_tools(call.prompt, body);
  append_messages(call.prompt, member(body, "messages"));
  call.prompt += "<|assistant|>";
}

void read_completions(const json::object& body, ApiCall& call) {
  const json::value* prompt = &member(body, "prompt");
  if (is_list_of_inputs(*prompt)) {
    if (prompt->as_array().size() > 1) wrong("more than one prompt in a request is not simulated");
    prompt = &prompt->as_array().front();
  }
  append_input(call.prompt, *prompt, "prompt");
}

void read_responses(const json::object& body, ApiCall& call) {
  append_tools(call.prompt, body);
  if (const json::value* instructions = body.if_contains("instructions"); instructions && instructions->is_string()) {
    append_message(call.prompt, "system", *instructions);
  }
  const json::value& input = member(body, "input");
  if (input.is_array()) {
    for (const json::value& one : input.as_array()) {
      const json::object* const item = one.if_object();
      const json::value* const role = item ? item->if_contains("role") : nullptr;
      const bool message = role && role->is_string() && item->contains("content");
      append_message(call.prompt, message ? std::string_view(role->as_string()) : "user",
                     message ? *item->if_contains("content") : one);
    }
  } else if (input.is_string()) {
    append_message(call.prompt, "user", input);
  } else {
    wrong("\"input\" must be a text or a list of items");
  }
  call.prompt += "<|assistant|>";
}

void read_messages(const json::object& body, ApiCall& call) {
  member(body, "max_tokens");
  append_tools(call.prompt, body);
  if (const json::value* system = body.if_contains("system")) append_message(call.prompt, "system", *system);
  append_messages(call.prompt, member(body, "messages"));
  call.prompt += "<|assistant|>";
}

void read_embeddings(const json::object& body, ApiCall& call) {
  const json::value& input = member(body, "input");
  const auto one = [&call](const json::value& text) {
    append_input(call.prompt, text, "input");
    call.ends.push_back(call.prompt.size());
  };
  if (is_list_of_inputs(input)) {
    for (const json::value& text : input.as_array()) one(text);
  } else {
    one(input);
  }
  call.dimensions = whole(body, "dimensions", 1, kMostDimensions, call.dimensions);
  const json::value* const format = body.if_contains("encoding_format");
  call.base64 = format && format->is_string() && format->as_string() == "base64";
}

void read_rerank(const json::object& body, ApiCall& call) {
  append_input(call.prompt, member(body, "query"), "query");
  const json::value& documents = member(body, "documents");
  if (!documents.is_array()) wrong("\"documents\" must be a list");
  for (const json::value& document : documents.as_array()) {
    std::string text;
    append_content(text, document);
    call.prompt += text;
    call.ends.push_back(call.prompt.size());
    call.documents.push_back(std::move(text));
  }
  call.count = whole(body, "top_n", 0, 1'000'000, 0);
}

void read_images(const json::object& body, ApiCall& call) {
  append_input(call.prompt, member(body, "prompt"), "prompt");
  call.count = whole(body, "n", 1, kMostImages, 1);
}

void read_json(const json::object& body, ApiCall& call) {
  if (const json::value* model = body.if_contains("model"); model && !model->is_null()) {
    if (!model->is_string()) wrong("\"model\" must be a text");
    call.model = model->as_string();
  }
  call.stream = flag(body, "stream");
  if (const json::value* options = body.if_contains("stream_options"); options && options->is_object()) {
    call.include_usage = flag(options->as_object(), "include_usage");
  }
  for (const std::string_view key : {"max_completion_tokens", "max_tokens", "max_output_tokens"}) {
    const std::uint64_t number = whole(body, key, 1, 100'000'000, 0);
    if (number > 0 && !call.max_tokens) call.max_tokens = number;
  }
  switch (call.api) {
    case Api::Chat: return read_chat(body, call);
    case Api::Completions: return read_completions(body, call);
    case Api::Responses: return read_responses(body, call);
    case Api::Messages: return read_messages(body, call);
    case Api::Embeddings: return read_embeddings(body, call);
    case Api::Rerank: return read_rerank(body, call);
    case Api::Transcriptions:
    case Api::Images: return read_images(body, call);
  }
}

// Fields of a form: the name of the model, and the file, of which only its hash counts.
void read_form(std::string_view content_type, std::string_view body, ApiCall& call) {
  const std::size_t at = content_type.find("boundary=");
  if (!content_type.starts_with("multipart/form-data") || at == std::string_view::npos) {
    wrong("the body must be multipart/form-data with a boundary");
  }
  std::string_view boundary = content_type.substr(at + 9);
  boundary = boundary.substr(0, boundary.find(';'));
  if (boundary.starts_with('"') && boundary.size() > 1) boundary = boundary.substr(1, boundary.find('"', 1) - 1);
  const std::string delimiter = "--" + std::string(boundary);
  bool file = false;
  for (std::size_t begin = body.find(delimiter); begin != std::string_view::npos;) {
    begin += delimiter.size();
    const std::size_t end = body.find(delimiter, begin);
    if (end == std::string_view::npos) break;
    const std::string_view part = body.substr(begin, end - begin);
    begin = end;
    const std::size_t head = part.find("\r\n\r\n");
    if (head == std::string_view::npos || part.size() < head + 6) continue;
    const std::string_view value = part.substr(head + 4, part.size() - head - 6);
    const std::string_view headers = part.substr(0, head);
    if (headers.find("name=\"model\"") != std::string_view::npos) call.model = value;
    if (headers.find("name=\"file\"") != std::string_view::npos) {
      file = true;
      append(call.prompt, "<audio ", hash_bytes(value), ">");
    }
  }
  if (!file) wrong("the form has no \"file\"");
}

}  // namespace

std::optional<Api> api_of(std::string_view path) {
  if (path == "/v1/chat/completions") return Api::Chat;
  if (path == "/v1/completions") return Api::Completions;
  if (path == "/v1/responses") return Api::Responses;
  if (path == "/v1/messages") return Api::Messages;
  if (path == "/v1/embeddings") return Api::Embeddings;
  if (path == "/v1/rerank" || path == "/rerank") return Api::Rerank;
  if (path == "/v1/audio/transcriptions") return Api::Transcriptions;
  if (path == "/v1/images/generations") return Api::Images;
  return std::nullopt;
}

std::variant<ApiCall, std::string> read_call(Api api, std::string_view content_type, std::string_view body) {
  ApiCall call;
  call.api = api;
  try {
    if (api == Api::Transcriptions) {
      read_form(content_type, body, call);
      return call;
    }
    unsigned char buffer[8192];
    json::monotonic_resource memory(buffer);
    json::parse_options options;
    options.max_depth = 128;
    boost::system::error_code error;
    const json::value value = json::parse(body, error, &memory, options);
    if (error) return "the body is not JSON: " + error.message();
    if (!value.is_object()) return std::string("the body must be a JSON object");
    read_json(value.as_object(), call);
  } catch (const std::invalid_argument& problem) {
    return std::string(problem.what());
  }
  return call;
}

}  // namespace shunt::sim
