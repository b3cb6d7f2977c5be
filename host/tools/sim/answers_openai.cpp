// SPDX-License-Identifier: Apache-2.0
// Chat completions and completions.
#include "api_answer.hpp"
#include "text.hpp"

namespace shunt::sim {

namespace {

void append_usage(std::string& to, const Usage& usage) {
  append(to, R"({"prompt_tokens":)", usage.prompt_tokens, R"(,"total_tokens":)",
         usage.prompt_tokens + usage.output_tokens, R"(,"completion_tokens":)", usage.output_tokens,
         R"(,"prompt_tokens_details":{"cached_tokens":)", usage.cached_tokens, "}}");
}

class OpenAiAnswer final : public Answer {
 public:
  explicit OpenAiAnswer(AnswerFacts given) : Answer(std::move(given)), chat_(facts().call.api == Api::Chat) {
    model_ = json_text(facts().call.model);
    finish_ = facts().cut_off ? "\"length\"" : "\"stop\"";
  }

  void begin(std::string& to, const Usage&) override {
    const std::string_view usage = facts().call.include_usage ? ",\"usage\":null" : "";
    head_ = "data: ";
    append_head(head_, chat_ ? "chat.completion.chunk" : "text_completion");
    tail_ = "]";
    append(tail_, usage, "}\n\n");
    append(choice_head_, head_, R"([{"index":0,)", chat_ ? R"("delta":{"content":")" : R"("text":")");
    append(choice_tail_, chat_ ? "\"}" : "\"", R"(,"logprobs":null,"finish_reason":null})", tail_);
    if (chat_) {
      append(to, head_,
             R"([{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null})", tail_);
    }
  }

  void tokens(std::string& to, std::uint64_t first, std::uint64_t last) override {
    to += choice_head_;
    facts().text.append(to, first, last);
    to += choice_tail_;
  }

  void end(std::string& to, const Usage& usage) override {
    append(to, head_, R"([{"index":0,)", chat_ ? R"("delta":{})" : R"("text":"")",
           R"(,"logprobs":null,"finish_reason":)", finish_, "}", tail_);
    if (facts().call.include_usage) {
      append(to, head_, R"([],"usage":)");
      append_usage(to, usage);
      to += "}\n\n";
    }
    to += "data: [DONE]\n\n";
  }

  void whole(std::string& to, const Usage& usage) override {
    append_head(to, chat_ ? "chat.completion" : "text_completion");
    const std::string text = quoted_text(usage.output_tokens);
    if (chat_) {
      append(to, R"([{"index":0,"message":{"role":"assistant","content":)", text,
             R"(,"refusal":null,"tool_calls":[]})");
    } else {
      append(to, R"([{"index":0,"text":)", text);
    }
    append(to, R"(,"logprobs":null,"finish_reason":)", finish_, R"(,"stop_reason":null}],"usage":)");
    append_usage(to, usage);
    to += "}";
  }

 private:
  void append_head(std::string& to, std::string_view object) const {
    append(to, R"({"id":")", chat_ ? "chatcmpl-" : "cmpl-", facts().id, R"(","object":")", object, R"(","created":)",
           facts().created, R"(,"model":)", model_, R"(,"choices":)");
  }

  bool chat_;
  std::string model_;
  std::string_view finish_;
  // What stands around the text of every event.
  std::string head_;
  std::string tail_;
  std::string choice_head_;
  std::string choice_tail_;
};

}  // namespace

std::unique_ptr<Answer> make_openai_answer(AnswerFacts facts) {
  return std::make_unique<OpenAiAnswer>(std::move(facts));
}

}  // namespace shunt::sim
