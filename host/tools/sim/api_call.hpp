// SPDX-License-Identifier: Apache-2.0
// api_call.hpp: what a client asks for, read from the body of its request.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace shunt::sim {

enum class Api { Chat, Completions, Responses, Messages, Embeddings, Rerank, Transcriptions, Images };
inline constexpr std::size_t kApis = 8;
inline constexpr std::array<std::string_view, kApis> kApiNames{
    "chat", "completions", "responses", "messages", "embeddings", "rerank", "transcriptions", "images"};
std::optional<Api> api_of(std::string_view path);

// A token is four bytes of text: those of the prompt here, those of an answer in AnswerText.
inline constexpr std::size_t kTokenBytes = 4;

struct ApiCall {
  Api api = Api::Chat;
  std::string model;  // empty: not named
  bool stream = false;
  bool include_usage = false;
  std::optional<std::uint64_t> max_tokens;
  std::string prompt;  // as the chat template of a model would put it together
  // One per text to embed or to rank, as the end of each in `prompt`.
  std::vector<std::size_t> ends;
  std::vector<std::string> documents;
  std::uint64_t dimensions = 16;
  bool base64 = false;
  std::uint64_t count = 1;  // of images; of results of a ranking, 0: all
};

// Otherwise a sentence about what is wrong.
std::variant<ApiCall, std::string> read_call(Api api, std::string_view content_type, std::string_view body);

}  // namespace shunt::sim
