// SPDX-License-Identifier: Apache-2.0
// api_answer.hpp: answers in the shapes of the APIs, whole or as events of a stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "api_call.hpp"

namespace shunt::sim {

// The text of an answer: who gives it, then words drawn by a seed. It is never stored.
class AnswerText {
 public:
  AnswerText(std::string_view server, std::uint64_t seed);
  void append(std::string& to, std::uint64_t first, std::uint64_t last) const;  // tokens [first, last)

 private:
  std::string name_;
  std::uint64_t seed_;
};

struct Usage {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t cached_tokens = 0;
  std::uint64_t output_tokens = 0;
};

struct AnswerFacts {
  ApiCall call;
  std::string id;  // without the prefix that an API gives it
  std::int64_t created = 0;
  AnswerText text;
  std::uint64_t prompt_hash = 0;
  std::uint64_t prompt_tokens = 0;
  bool cut_off = false;
};

// One per request. begin, tokens and end are the parts of a stream, whole is the answer without one.
class Answer {
 public:
  explicit Answer(AnswerFacts facts) : facts_(std::move(facts)) {}
  virtual ~Answer() = default;
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  virtual void begin(std::string&, const Usage&) {}
  virtual void tokens(std::string&, std::uint64_t, std::uint64_t) {}
  virtual void end(std::string&, const Usage&) {}
  virtual void whole(std::string& to, const Usage& usage) = 0;

 protected:
  const AnswerFacts& facts() const { return facts_; }
  std::string quoted_text(std::uint64_t tokens) const;

 private:
  AnswerFacts facts_;
};

std::unique_ptr<Answer> make_answer(AnswerFacts facts);
std::unique_ptr<Answer> make_openai_answer(AnswerFacts facts);  // chat and completions
std::unique_ptr<Answer> make_responses_answer(AnswerFacts facts);
std::unique_ptr<Answer> make_messages_answer(AnswerFacts facts);
std::unique_ptr<Answer> make_pooling_answer(AnswerFacts facts);  // embeddings, rerank, transcriptions, images

// Whether an answer of this kind is made of tokens, and can be a stream.
bool generates_text(Api api);
// An error in the shape of the API.
std::string error_body(Api api, unsigned status, std::string_view message);

}  // namespace shunt::sim
