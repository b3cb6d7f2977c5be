// SPDX-License-Identifier: Apache-2.0
// token-producer: how many tokens a prompt has, for requests that do not say so.
#include <shunt/sdk/producer.hpp>
#include <shunt/sdk/prompt_tokens.hpp>

#include <array>
#include <string>
#include <string_view>

namespace {

namespace sdk = shunt::sdk;

constexpr std::string_view kSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "estimate": { "type": "object", "additionalProperties": true, "default": {},
      "description": "Accepted and without effect: it is about images, audio and video, whose sizes a plugin does not see" },
    "modelName": { "type": "string",
      "description": "Refused: it asks a model server to count, which a decision does not wait for" },
    "vllm": { "type": "object", "additionalProperties": true,
      "description": "Refused, like modelName" }
  }
})";

class TokenProducer {
 public:
  SHUNT_PLUGIN("token-producer", "1.0.0",
               "Says how many tokens a prompt has, four bytes to a token where nobody counted")
  static constexpr std::string_view kParametersSchema = kSchema;
  static constexpr std::string_view kDefaultProducerOf[] = {"prompt_tokens"};

  explicit TokenProducer(sdk::Init& init) : TokenProducer(init, kType) {}

  sdk::Status produce(const sdk::Cycle& cycle, sdk::View, const sdk::Outputs&) const {
    const auto tokens = sdk::prompt_tokens(cycle.request());
    if (!tokens) return SHUNT_SKIP;
    return tokens_.set(cycle, static_cast<double>(*tokens));
  }

 protected:
  TokenProducer(sdk::Init& init, std::string_view type)
      : tokens_(init.output_value<double>(init.own_prefix(type) + "prompt_tokens")) {
    for (const char* key : {"modelName", "vllm"}) {
      if (!init.parameter(key).exists()) continue;
      throw sdk::Error("parameter /" + std::string(key) +
                       " asks a model server to count tokens, which a decision does not wait for: without it they are "
                       "estimated, or taken from \"prompt_tokens\" or \"token_ids\" of the request");
    }
  }

 private:
  sdk::OutputValue<double> tokens_;
};

class Tokenizer : public TokenProducer {
 public:
  SHUNT_PLUGIN("tokenizer", "1.0.0", "Former name of token-producer")
  static constexpr std::uint32_t kStability = SHUNT_STABILITY_DEPRECATED;
  static constexpr std::array<std::string_view, 0> kDefaultProducerOf{};
  explicit Tokenizer(sdk::Init& init) : TokenProducer(init, kType) {}
};

}  // namespace

SHUNT_LIBRARY(TokenProducer, Tokenizer)
