// SPDX-License-Identifier: Apache-2.0
// OpenAI's responses API.
#include "api_answer.hpp"
#include "text.hpp"

namespace shunt::sim {

namespace {

class ResponsesAnswer final : public Answer {
 public:
  using Answer::Answer;

  void begin(std::string& to, const Usage&) override {
    for (const std::string_view type : {"response.created", "response.in_progress"}) {
      event(to, type);
      to += R"("response":)";
      append_response(to, "in_progress", nullptr);
      to += "}\n\n";
    }
    event(to, "response.output_item.added");
    append(to, R"("output_index":0,"item":)", item("in_progress", "[]"), "}\n\n");
    event(to, "response.content_part.added");
    append(to, place(), R"(,"part":)", part("\"\""), "}\n\n");
  }

  void tokens(std::string& to, std::uint64_t first, std::uint64_t last) override {
    event(to, "response.output_text.delta");
    append(to, place(), R"(,"delta":")");
    facts().text.append(to, first, last);
    to += "\",\"logprobs\":[]}\n\n";
  }

  void end(std::string& to, const Usage& usage) override {
    const std::string text = quoted_text(usage.output_tokens);
    event(to, "response.output_text.done");
    append(to, place(), R"(,"text":)", text, ",\"logprobs\":[]}\n\n");
    event(to, "response.content_part.done");
    append(to, place(), R"(,"part":)", part(text), "}\n\n");
    event(to, "response.output_item.done");
    append(to, R"("output_index":0,"item":)", item(ending(), "[" + part(text) + "]"), "}\n\n");
    event(to, facts().cut_off ? "response.incomplete" : "response.completed");
    to += R"("response":)";
    append_response(to, ending(), &usage);
    to += "}\n\n";
  }

  void whole(std::string& to, const Usage& usage) override { append_response(to, ending(), &usage); }

 private:
  std::string_view ending() const { return facts().cut_off ? "incomplete" : "completed"; }

  void event(std::string& to, std::string_view type) {
    append(to, "event: ", type, "\ndata: {\"type\":\"", type, R"(","sequence_number":)", sequence_++, ",");
  }

  std::string place() const { return R"("item_id":"msg_)" + facts().id + R"(","output_index":0,"content_index":0)"; }

  static std::string part(const std::string& text) {
    return R"({"type":"output_text","text":)" + text + R"(,"annotations":[],"logprobs":[]})";
  }

  std::string item(std::string_view status, const std::string& content) const {
    std::string out;
    append(out, R"({"id":"msg_)", facts().id, R"(","type":"message","role":"assistant","status":")", status,
           R"(","content":)", content, "}");
    return out;
  }

  // `usage` is known once it has ended.
  void append_response(std::string& to, std::string_view status, const Usage* usage) const {
    const AnswerFacts& is = facts();
    append(to, R"({"id":"resp_)", is.id, R"(","object":"response","created_at":)", is.created, R"(,"status":")", status,
           R"(","error":null,"incomplete_details":)",
           usage && is.cut_off ? R"({"reason":"max_output_tokens"})" : "null",
           R"(,"instructions":null,"max_output_tokens":)");
    append(to, is.call.max_tokens ? std::to_string(*is.call.max_tokens) : "null", R"(,"model":)",
           json_text(is.call.model), R"(,"output":)",
           usage ? "[" + item(status, "[" + part(quoted_text(usage->output_tokens)) + "]") + "]" : "[]",
           R"(,"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},)"
           R"("store":false,"temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],)"
           R"("top_p":1.0,"truncation":"disabled","usage":)");
    if (usage) {
      append(to, R"({"input_tokens":)", usage->prompt_tokens, R"(,"input_tokens_details":{"cached_tokens":)",
             usage->cached_tokens, R"(},"output_tokens":)", usage->output_tokens,
             R"(,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":)",
             usage->prompt_tokens + usage->output_tokens, "}");
    } else {
      to += "null";
    }
    to += R"(,"user":null,"metadata":{}})";
  }

  std::uint64_t sequence_ = 0;
};

}  // namespace

std::unique_ptr<Answer> make_responses_answer(AnswerFacts facts) {
  return std::make_unique<ResponsesAnswer>(std::move(facts));
}

}  // namespace shunt::sim
