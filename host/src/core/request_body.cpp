// SPDX-License-Identifier: Apache-2.0
#include "request_body.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "json_text.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 3> kMaximumTokens = {"max_completion_tokens", "max_tokens", "max_output_tokens"};

bool is_text_part(std::string_view type) {
  return type == "text" || type == "input_text" || type == "output_text" || type == "refusal" || type == "summary_text";
}

bool is_media_part(std::string_view type) {
  return type.find("image") != std::string_view::npos || type.find("audio") != std::string_view::npos ||
         type.find("video") != std::string_view::npos || type.find("file") != std::string_view::npos;
}

class BodyReader {
 public:
  BodyReader(const FieldReader& body, Request& request) : body_(body), request_(request) {}

  void read() {
    if (request_.model.empty()) request_.model = body_.text("model").value_or("");
    if (request_.user.empty()) request_.user = body_.text("user").value_or("");
    if (request_.cache_salt.empty()) request_.cache_salt = body_.text("cache_salt").value_or("");
    if (body_.flag("stream").value_or(false)) request_.streaming = true;
    for (const std::string_view key : kMaximumTokens) {
      const auto count = body_.count(key);
      if (!request_.max_tokens) request_.max_tokens = count;
    }
    if (request_.has_prompt) return;
    if (body_.member("messages") != nullptr) {
      set_type("chat");
      if (const json::array* messages = body_.list("messages")) read_messages(*messages, body_.pointer("messages"));
    } else if (const json::value* prompt = body_.member("prompt")) {
      set_type("generate");
      read_prompt("prompt", *prompt);
    } else if (const json::value* input = body_.member("input")) {
      read_input(*input);
    }
  }

 private:
  void set_type(std::string_view type) {
    if (request_.type.empty()) request_.type = type;
  }

  void complain(const std::string& pointer, std::string_view what, std::string_view expected,
                const json::value& found) {
    body_.file().error(pointer, At::Value, "E103",
                       std::string(what) + " must be " + std::string(expected) + ", found " + describe(found));
  }

  void add_turn(std::string_view role, std::string_view content) {
    request_.has_prompt = true;
    request_.prompt.append(role).append("\n").append(content).append("\n");
  }

  void read_messages(const json::array& messages, const std::string& pointer) {
    request_.has_prompt = true;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const std::string at = child_pointer(pointer, i);
      if (const json::object* message = messages[i].if_object()) {
        read_message(*message, at);
      } else {
        complain(at, "each message", "an object", messages[i]);
      }
    }
  }

  void read_message(const json::object& object, const std::string& pointer) {
    const FieldReader message(body_.file(), object, pointer, "the message");
    const std::string role = message.text("role").value_or("");
    std::string text;
    if (const json::value* content = message.member("content"))
      text = read_content(*content, message.pointer("content"));
    // What an assistant asked tools to do is part of what the model reads next time.
    if (const json::array* calls = message.list("tool_calls")) {
      for (const json::value& call : *calls) text += compact_json(call);
    }
    add_turn(role, text);
  }

  std::string read_content(const json::value& content, const std::string& pointer) {
    if (const json::string* text = content.if_string()) return std::string(*text);
    std::string out;
    const json::array* parts = content.if_array();
    if (parts == nullptr) {
      complain(pointer, "the content of a message", "a string or a list of parts", content);
      return out;
    }
    for (std::size_t i = 0; i < parts->size(); ++i) out += read_part((*parts)[i], child_pointer(pointer, i));
    return out;
  }

  std::string read_part(const json::value& value, const std::string& pointer) {
    if (const json::string* text = value.if_string()) return std::string(*text);
    const json::object* object = value.if_object();
    if (object == nullptr) {
      complain(pointer, "a content part", "an object with \"type\"", value);
      return {};
    }
    const FieldReader part(body_.file(), *object, pointer, "the content part");
    const std::string type = part.text("type").value_or("text");
    if (is_media_part(type)) {
      request_.multimodal = true;
      return {};
    }
    return is_text_part(type) ? part.text(type == "refusal" ? "refusal" : "text").value_or("") : std::string();
  }

  // The forms that "prompt" and an embedding's "input" may have: a text, texts, the token ids of one or of several prompts.
  void read_prompt(std::string_view key, const json::value& value) {
    request_.has_prompt = true;
    if (const json::string* text = value.if_string()) {
      request_.prompt = *text;
      return;
    }
    const json::array* list = value.if_array();
    if (list == nullptr) {
      body_.wrong_type(key, "a string, a list of strings, or token ids", value);
      return;
    }
    const bool ids =
        std::ranges::any_of(*list, [](const json::value& part) { return part.is_number() || part.is_array(); });
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string pointer = child_pointer(body_.pointer(key), i);
      const json::value& part = (*list)[i];
      if (const json::array* prompt = part.if_array()) {
        for (std::size_t j = 0; j < prompt->size(); ++j) add_token((*prompt)[j], child_pointer(pointer, j));
      } else if (ids) {
        add_token(part, pointer);
      } else if (const json::string* text = part.if_string()) {
        request_.prompt.append(i == 0 ? "" : "\n").append(*text);
      } else {
        complain(pointer, "each prompt", "a string", part);
      }
    }
    // A list of token ids is its own count; without a text there is no prompt to hash.
    if (ids) {
      request_.has_prompt = false;
      if (!request_.prompt_tokens) request_.prompt_tokens = request_.token_ids.size();
    }
  }

  void add_token(const json::value& value, const std::string& pointer) {
    const auto id = as_count(value);
    if (id && *id <= std::numeric_limits<std::uint32_t>::max()) {
      request_.token_ids.push_back(static_cast<std::uint32_t>(*id));
    } else {
      complain(pointer, "a token id", "a whole number below 2^32", value);
    }
  }

  // "input" of embeddings is like "prompt"; that of responses is a text or a list of items.
  void read_input(const json::value& input) {
    const json::array* items = input.if_array();
    const bool conversation =
        items != nullptr && std::ranges::any_of(*items, [](const json::value& item) { return item.is_object(); });
    const auto instructions = body_.text("instructions");
    if (conversation || instructions || body_.member("max_output_tokens") != nullptr) set_type("chat");
    if (request_.type == "embedding" || (!conversation && request_.type != "chat")) {
      read_prompt("input", input);
      return;
    }
    if (instructions) add_turn("system", *instructions);
    if (const json::string* text = input.if_string()) {
      add_turn("user", *text);
    } else if (items != nullptr) {
      request_.has_prompt = true;
      for (std::size_t i = 0; i < items->size(); ++i) read_item((*items)[i], child_pointer(body_.pointer("input"), i));
    } else {
      body_.wrong_type("input", "a string or a list", input);
    }
  }

  void read_item(const json::value& value, const std::string& pointer) {
    const json::object* object = value.if_object();
    if (object == nullptr) {
      complain(pointer, "each item of \"input\"", "an object", value);
    } else if (object->contains("content") || object->contains("role")) {
      read_message(*object, pointer);
    } else {
      // Calls of functions and their results: their whole text is what the model reads.
      const FieldReader item(body_.file(), *object, pointer, "the item");
      add_turn(item.text("type").value_or(""), compact_json(value));
    }
  }

  const FieldReader& body_;
  Request& request_;
};

}  // namespace

void read_body(const FieldReader& body, Request& request) { BodyReader(body, request).read(); }

std::string_view type_of_path(std::string_view path) {
  path = path.substr(0, path.find('?'));
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.ends_with("/chat/completions") || path.ends_with("/responses") || path.ends_with("/messages")) return "chat";
  if (path.ends_with("/completions")) return "generate";
  if (path.ends_with("/embeddings")) return "embedding";
  return {};
}

}  // namespace shunt::host
