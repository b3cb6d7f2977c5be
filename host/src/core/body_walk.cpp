// SPDX-License-Identifier: Apache-2.0
#include "body_walk.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "field_reader.hpp"
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

// An object of the body with its place. What it hands out lies in the tree.
struct BodyPart {
  const json::object& object;
  const BodyPlace& place;
  std::string_view called;  // completes "of": "the message"

  BodyPlace at(std::string_view key) const { return {&place, key, 0, false}; }
  std::string what(std::string_view key) const { return in_quotes(key) + " of " + std::string(called); }
  // Null where the key is absent or null: both mean that nothing is known.
  const json::value* member(std::string_view key) const {
    const json::value* value = object.if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }
};

class BodyWalk {
 public:
  BodyWalk(const json::object& body, BodyComplaints& complaints, Request& request)
      : body_{body, root_, "the body"}, complaints_(complaints), request_(request) {}

  void read() {
    if (request_.model.empty()) request_.model = text(body_, "model").value_or("");
    if (request_.user.empty()) request_.user = text(body_, "user").value_or("");
    if (request_.cache_salt.empty()) request_.cache_salt = text(body_, "cache_salt").value_or("");
    if (flag(body_, "stream")) request_.streaming = true;
    for (const std::string_view key : kMaximumTokens) {
      const auto number = count(body_, key);
      if (!request_.max_tokens) request_.max_tokens = number;
    }
    if (request_.has_prompt) return;
    if (body_.member("messages") != nullptr) {
      set_type("chat");
      if (const json::array* messages = list(body_, "messages")) read_messages(*messages, body_.at("messages"));
    } else if (const json::value* prompt = body_.member("prompt")) {
      set_type("generate");
      read_prompt("prompt", *prompt);
    } else if (const json::value* input = body_.member("input")) {
      read_input(*input);
    }
  }

 private:
  std::optional<std::string_view> text(const BodyPart& part, std::string_view key) {
    const json::value* value = part.member(key);
    if (value == nullptr) return std::nullopt;
    if (const json::string* string = value->if_string()) return std::string_view(*string);
    wrong_type(part, key, "a string", *value);
    return std::nullopt;
  }

  bool flag(const BodyPart& part, std::string_view key) {
    const json::value* value = part.member(key);
    if (value == nullptr) return false;
    if (const bool* set = value->if_bool()) return *set;
    wrong_type(part, key, "true or false", *value);
    return false;
  }

  std::optional<std::uint64_t> count(const BodyPart& part, std::string_view key) {
    const json::value* value = part.member(key);
    if (value == nullptr) return std::nullopt;
    const auto number = as_count(*value);
    if (number) return number;
    if (!value->is_number()) {
      wrong_type(part, key, "a whole number", *value);
    } else {
      complaints_.complain(part.at(key), "E105",
                           part.what(key) + " must be a whole number, 0 or more, found " + describe(*value));
    }
    return std::nullopt;
  }

  const json::array* list(const BodyPart& part, std::string_view key) {
    const json::value* value = part.member(key);
    if (value == nullptr) return nullptr;
    if (!value->is_array()) wrong_type(part, key, "a list", *value);
    return value->if_array();
  }

  void wrong_type(const BodyPart& part, std::string_view key, std::string_view expected, const json::value& found) {
    complain(part.at(key), part.what(key), expected, found);
  }

  void complain(const BodyPlace& place, std::string_view what, std::string_view expected, const json::value& found) {
    complaints_.complain(place, "E103",
                         std::string(what) + " must be " + std::string(expected) + ", found " + describe(found));
  }

  void set_type(std::string_view type) {
    if (request_.type.empty()) request_.type = type;
  }

  void add_turn(std::string_view role, std::string_view content) {
    request_.has_prompt = true;
    request_.prompt.append(role).append("\n").append(content).append("\n");
  }

  void read_messages(const json::array& messages, const BodyPlace& place) {
    request_.has_prompt = true;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const BodyPlace at{&place, {}, i, true};
      if (const json::object* message = messages[i].if_object()) {
        read_message(*message, at);
      } else {
        complain(at, "each message", "an object", messages[i]);
      }
    }
  }

  void read_message(const json::object& object, const BodyPlace& place) {
    const BodyPart message{object, place, "the message"};
    request_.has_prompt = true;
    request_.prompt.append(text(message, "role").value_or("")).append("\n");
    if (const json::value* content = message.member("content")) read_content(*content, message.at("content"));
    // What an assistant asked tools to do is part of what the model reads next time.
    if (const json::array* calls = list(message, "tool_calls")) {
      for (const json::value& call : *calls) request_.prompt += compact_json(call);
    }
    request_.prompt += '\n';
  }

  void read_content(const json::value& content, const BodyPlace& place) {
    if (const json::string* whole = content.if_string()) {
      request_.prompt.append(*whole);
      return;
    }
    const json::array* parts = content.if_array();
    if (parts == nullptr) {
      complain(place, "the content of a message", "a string or a list of parts", content);
      return;
    }
    for (std::size_t i = 0; i < parts->size(); ++i) read_part((*parts)[i], {&place, {}, i, true});
  }

  void read_part(const json::value& value, const BodyPlace& place) {
    if (const json::string* whole = value.if_string()) {
      request_.prompt.append(*whole);
      return;
    }
    const json::object* object = value.if_object();
    if (object == nullptr) {
      complain(place, "a content part", "an object with \"type\"", value);
      return;
    }
    const BodyPart part{*object, place, "the content part"};
    const std::string_view type = text(part, "type").value_or("text");
    if (is_media_part(type)) {
      request_.multimodal = true;
    } else if (is_text_part(type)) {
      request_.prompt.append(text(part, type == "refusal" ? "refusal" : "text").value_or(""));
    }
  }

  // The forms that "prompt" and an embedding's "input" may have: a text, texts, the token ids of one or of several prompts.
  void read_prompt(std::string_view key, const json::value& value) {
    request_.has_prompt = true;
    if (const json::string* whole = value.if_string()) {
      request_.prompt = std::string_view(*whole);
      return;
    }
    const json::array* parts = value.if_array();
    if (parts == nullptr) {
      wrong_type(body_, key, "a string, a list of strings, or token ids", value);
      return;
    }
    const bool ids =
        std::ranges::any_of(*parts, [](const json::value& part) { return part.is_number() || part.is_array(); });
    const BodyPlace place = body_.at(key);
    for (std::size_t i = 0; i < parts->size(); ++i) {
      const BodyPlace at{&place, {}, i, true};
      const json::value& part = (*parts)[i];
      if (const json::array* prompt = part.if_array()) {
        for (std::size_t j = 0; j < prompt->size(); ++j) add_token((*prompt)[j], {&at, {}, j, true});
      } else if (ids) {
        add_token(part, at);
      } else if (const json::string* one = part.if_string()) {
        request_.prompt.append(i == 0 ? "" : "\n").append(*one);
      } else {
        complain(at, "each prompt", "a string", part);
      }
    }
    // A list of token ids is its own count; without a text there is no prompt to hash.
    if (ids) {
      request_.has_prompt = false;
      if (!request_.prompt_tokens) request_.prompt_tokens = request_.token_ids.size();
    }
  }

  void add_token(const json::value& value, const BodyPlace& place) {
    const auto id = as_count(value);
    if (id && *id <= std::numeric_limits<std::uint32_t>::max()) {
      request_.token_ids.push_back(static_cast<std::uint32_t>(*id));
    } else {
      complain(place, "a token id", "a whole number below 2^32", value);
    }
  }

  // "input" of embeddings is like "prompt"; that of responses is a text or a list of items.
  void read_input(const json::value& input) {
    const json::array* items = input.if_array();
    const bool conversation =
        items != nullptr && std::ranges::any_of(*items, [](const json::value& item) { return item.is_object(); });
    const auto instructions = text(body_, "instructions");
    if (conversation || instructions || body_.member("max_output_tokens") != nullptr) set_type("chat");
    if (request_.type == "embedding" || (!conversation && request_.type != "chat")) {
      read_prompt("input", input);
      return;
    }
    if (instructions) add_turn("system", *instructions);
    const BodyPlace place = body_.at("input");
    if (const json::string* whole = input.if_string()) {
      add_turn("user", *whole);
    } else if (items != nullptr) {
      request_.has_prompt = true;
      for (std::size_t i = 0; i < items->size(); ++i) read_item((*items)[i], {&place, {}, i, true});
    } else {
      wrong_type(body_, "input", "a string or a list", input);
    }
  }

  void read_item(const json::value& value, const BodyPlace& place) {
    const json::object* object = value.if_object();
    if (object == nullptr) {
      complain(place, "each item of \"input\"", "an object", value);
    } else if (object->contains("content") || object->contains("role")) {
      read_message(*object, place);
    } else {
      // Calls of functions and their results: their whole text is what the model reads.
      const BodyPart item{*object, place, "the item"};
      add_turn(text(item, "type").value_or(""), compact_json(value));
    }
  }

  const BodyPlace root_{};
  const BodyPart body_;
  BodyComplaints& complaints_;
  Request& request_;
};

}  // namespace

void walk_body(const json::object& body, BodyComplaints& complaints, Request& request) {
  BodyWalk(body, complaints, request).read();
}

}  // namespace shunt::host
