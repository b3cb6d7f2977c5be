// SPDX-License-Identifier: Apache-2.0
#include "api_answer.hpp"

#include "text.hpp"

namespace shunt::sim {

namespace {

// A token each, and nothing that JSON would have to escape.
constexpr char kWords[][kTokenBytes + 1] = {"the ", "and ", "you ", "that", " was", " for", " are",
                                            "with", " his", "they", " one", "have", "this", " hot",
                                            " but", " all", "some", " not", " can", " out", "then"};

}  // namespace

AnswerText::AnswerText(std::string_view server, std::uint64_t seed) : name_(server), seed_(seed) {
  name_ += ": ";
  name_.resize((name_.size() + kTokenBytes - 1) / kTokenBytes * kTokenBytes, ' ');
}

void AnswerText::append(std::string& to, std::uint64_t first, std::uint64_t last) const {
  const std::uint64_t named = name_.size() / kTokenBytes;
  for (std::uint64_t token = first; token < last; ++token) {
    if (token < named) {
      to.append(name_, token * kTokenBytes, kTokenBytes);
    } else {
      to.append(kWords[Random(seed_ + token).next() % std::size(kWords)], kTokenBytes);
    }
  }
}

std::string Answer::quoted_text(std::uint64_t tokens) const {
  std::string text;
  text.reserve(tokens * kTokenBytes + 2);
  text += '"';
  facts_.text.append(text, 0, tokens);
  text += '"';
  return text;
}

bool generates_text(Api api) {
  return api == Api::Chat || api == Api::Completions || api == Api::Responses || api == Api::Messages;
}

std::unique_ptr<Answer> make_answer(AnswerFacts facts) {
  switch (facts.call.api) {
    case Api::Chat:
    case Api::Completions: return make_openai_answer(std::move(facts));
    case Api::Responses: return make_responses_answer(std::move(facts));
    case Api::Messages: return make_messages_answer(std::move(facts));
    default: return make_pooling_answer(std::move(facts));
  }
}

std::string error_body(Api api, unsigned status, std::string_view message) {
  std::string body;
  if (api == Api::Messages) {
    const std::string_view type = status == 429                    ? "rate_limit_error"
                                  : status == 404                  ? "not_found_error"
                                  : status == 503 || status == 529 ? "overloaded_error"
                                  : status >= 500                  ? "api_error"
                                                                   : "invalid_request_error";
    append(body, R"({"type":"error","error":{"type":")", type, R"(","message":)");
    append_json(body, message);
    return body += "}}";
  }
  const std::string_view type = status == 404   ? "NotFoundError"
                                : status == 429 ? "RateLimitError"
                                : status == 503 ? "ServiceUnavailableError"
                                : status >= 500 ? "InternalServerError"
                                                : "BadRequestError";
  body = R"({"error":{"message":)";
  append_json(body, message);
  append(body, R"(,"type":")", type, R"(","param":null,"code":)", status, "}}");
  return body;
}

}  // namespace shunt::sim
