// SPDX-License-Identifier: Apache-2.0
// Anthropic's messages API.
#include "api_answer.hpp"
#include "text.hpp"

namespace shunt::sim {

namespace {

class MessagesAnswer final : public Answer {
 public:
  using Answer::Answer;

  void begin(std::string& to, const Usage& usage) override {
    to += "event: message_start\ndata: {\"type\":\"message_start\",\"message\":";
    append_message(to, "[]", "null", usage, 0);
    to +=
        "}\n\nevent: content_block_start\ndata: "
        R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"
        "\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n";
  }

  void tokens(std::string& to, std::uint64_t first, std::uint64_t last) override {
    to +=
        "event: content_block_delta\ndata: "
        R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")";
    facts().text.append(to, first, last);
    to += "\"}}\n\n";
  }

  void end(std::string& to, const Usage& usage) override {
    append(to,
           "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: "
           "message_delta\ndata: ",
           R"({"type":"message_delta","delta":{"stop_reason":)", reason(),
           R"(,"stop_sequence":null},"usage":{"output_tokens":)", usage.output_tokens,
           "}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
  }

  void whole(std::string& to, const Usage& usage) override {
    append_message(to, R"([{"type":"text","text":)" + quoted_text(usage.output_tokens) + "}]", reason(), usage,
                   usage.output_tokens);
  }

 private:
  std::string_view reason() const { return facts().cut_off ? "\"max_tokens\"" : "\"end_turn\""; }

  // This API counts tokens of the cache apart.
  void append_message(std::string& to, const std::string& content, std::string_view stop_reason, const Usage& usage,
                      std::uint64_t output_tokens) const {
    append(to, R"({"id":"msg_)", facts().id, R"(","type":"message","role":"assistant","model":)",
           json_text(facts().call.model), R"(,"content":)", content, R"(,"stop_reason":)", stop_reason,
           R"(,"stop_sequence":null,"usage":{"input_tokens":)", usage.prompt_tokens - usage.cached_tokens,
           R"(,"cache_creation_input_tokens":0,"cache_read_input_tokens":)", usage.cached_tokens,
           R"(,"output_tokens":)", output_tokens, "}}");
  }
};

}  // namespace

std::unique_ptr<Answer> make_messages_answer(AnswerFacts facts) {
  return std::make_unique<MessagesAnswer>(std::move(facts));
}

}  // namespace shunt::sim
