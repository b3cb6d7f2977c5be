// SPDX-License-Identifier: Apache-2.0
// What comes as one piece: embeddings, rankings, transcriptions and images.
#include <algorithm>
#include <boost/beast/core/detail/base64.hpp>
#include <cstring>

#include "api_answer.hpp"
#include "text.hpp"

namespace shunt::sim {

namespace {

// One black pixel.
constexpr std::string_view kPixel =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";

std::string base64(const std::vector<float>& numbers) {
  namespace codec = boost::beast::detail::base64;
  const std::size_t bytes = numbers.size() * sizeof(float);
  std::string out(codec::encoded_size(bytes), '\0');
  out.resize(codec::encode(out.data(), numbers.data(), bytes));
  return out;
}

class PoolingAnswer final : public Answer {
 public:
  using Answer::Answer;

  void whole(std::string& to, const Usage& usage) override {
    switch (facts().call.api) {
      case Api::Embeddings: return embeddings(to, usage);
      case Api::Rerank: return ranking(to, usage);
      case Api::Transcriptions:
        append(to, R"({"text":)", quoted_text(16), R"(,"usage":{"type":"duration","seconds":1}})");
        return;
      default: return images(to, usage);
    }
  }

 private:
  // Chance that the same text always gets.
  Random chance_of(std::size_t index) const {
    const ApiCall& call = facts().call;
    const std::size_t begin = index == 0 ? 0 : call.ends[index - 1];
    return Random(hash_bytes(std::string_view(call.prompt).substr(begin, call.ends[index] - begin)));
  }

  void embeddings(std::string& to, const Usage& usage) const {
    const ApiCall& call = facts().call;
    append(to, R"({"id":"embd-)", facts().id, R"(","object":"list","created":)", facts().created, R"(,"model":)",
           json_text(call.model), R"(,"data":[)");
    for (std::size_t i = 0; i < call.ends.size(); ++i) {
      Random random = chance_of(i);
      std::vector<float> numbers(call.dimensions);
      for (float& number : numbers) number = static_cast<float>(2 * random.share() - 1);
      append(to, i > 0 ? "," : "", R"({"index":)", i, R"(,"object":"embedding","embedding":)");
      if (call.base64) {
        append(to, "\"", base64(numbers), "\"");
      } else {
        for (std::size_t k = 0; k < numbers.size(); ++k) {
          to += k == 0 ? '[' : ',';
          append_decimal(to, static_cast<double>(numbers[k]));
        }
        to += ']';
      }
      to += '}';
    }
    append(to, R"(],"usage":{"prompt_tokens":)", usage.prompt_tokens, R"(,"total_tokens":)", usage.prompt_tokens,
           R"(,"completion_tokens":0,"prompt_tokens_details":null}})");
  }

  void ranking(std::string& to, const Usage& usage) const {
    const ApiCall& call = facts().call;
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t i = 0; i < call.ends.size(); ++i) order.emplace_back(chance_of(i).share(), i);
    std::ranges::sort(order, [](const auto& a, const auto& b) { return a.first > b.first; });
    if (call.count > 0 && order.size() > call.count) order.resize(call.count);
    append(to, R"({"id":"rerank-)", facts().id, R"(","model":)", json_text(call.model), R"(,"usage":{"total_tokens":)",
           usage.prompt_tokens, R"(},"results":[)");
    for (const auto& [score, index] : order) {
      append(to, &score == &order.front().first ? "" : ",", R"({"index":)", index, R"(,"document":{"text":)",
             json_text(call.documents[index]), R"(},"relevance_score":)");
      append_decimal(to, score);
      to += '}';
    }
    to += "]}";
  }

  void images(std::string& to, const Usage& usage) const {
    append(to, R"({"created":)", facts().created, R"(,"data":[)");
    for (std::uint64_t i = 0; i < facts().call.count; ++i)
      append(to, i > 0 ? "," : "", R"({"b64_json":")", kPixel, "\"}");
    append(to, R"(],"usage":{"input_tokens":)", usage.prompt_tokens, R"(,"output_tokens":0,"total_tokens":)",
           usage.prompt_tokens, "}}");
  }
};

}  // namespace

std::unique_ptr<Answer> make_pooling_answer(AnswerFacts facts) {
  return std::make_unique<PoolingAnswer>(std::move(facts));
}

}  // namespace shunt::sim
