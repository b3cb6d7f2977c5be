// SPDX-License-Identifier: Apache-2.0
// request_builder.hpp: a request, spelled out in a test. What is not named stays absent.
//
//   RequestBuilder request;
//   request.model("llama-3").prompt("hello").priority(2).header("x-tier", "gold");
#pragma once

#include <shunt/abi/request.h>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace shunt::testing {

// Owns every text and list that raw() points to; raw() is valid until the builder is changed or goes away.
class RequestBuilder {
 public:
  // A request with nothing in it.
  RequestBuilder();
  RequestBuilder(const RequestBuilder&) = delete;
  RequestBuilder& operator=(const RequestBuilder&) = delete;
  ~RequestBuilder();

  // As the client or the front door named it.
  RequestBuilder& id(std::string text);
  // The target model follows the model unless it is named.
  RequestBuilder& model(std::string text);
  // The model after rewriting.
  RequestBuilder& target_model(std::string text);
  // "chat", "generate" or "embedding".
  RequestBuilder& type(std::string text);
  // URL path without query.
  RequestBuilder& path(std::string text);
  // Says its length too, as the host does.
  RequestBuilder& prompt(std::string text);
  // Texts of shunt_request of the same names:
  RequestBuilder& cache_salt(std::string text);
  RequestBuilder& user(std::string text);
  RequestBuilder& session(std::string text);
  RequestBuilder& tenant(std::string text);

  // The running number tells requests apart: each has its own request state.
  RequestBuilder& number(std::uint64_t value);
  // Members of shunt_request of the same names:
  RequestBuilder& attempt(std::uint32_t value);
  RequestBuilder& arrival_ns(std::int64_t value);
  // Traits of the request:
  RequestBuilder& streaming();
  RequestBuilder& multimodal();

  // Optional numbers of shunt_request of the same names, which become present:
  RequestBuilder& priority(std::int32_t value);
  RequestBuilder& deadline_ns(std::int64_t value);
  RequestBuilder& ttft_slo_ns(std::int64_t value);
  RequestBuilder& tpot_slo_ns(std::int64_t value);
  RequestBuilder& prompt_bytes(std::uint64_t value);
  RequestBuilder& prompt_tokens(std::uint64_t value);
  // prompt_tokens() that are an estimate.
  RequestBuilder& estimated_prompt_tokens(std::uint64_t value);
  // Optional numbers of shunt_request of the same names, which become present:
  RequestBuilder& max_tokens(std::uint64_t value);
  RequestBuilder& batch_size(std::uint64_t value);
  // Stands in for the length of the prompt where that is not known.
  RequestBuilder& input_bytes(std::uint64_t value);
  // Optional numbers of shunt_request of the same names, which become present:
  RequestBuilder& estimated_flops(double value);
  RequestBuilder& cost_budget(double value);
  // Keys: EndpointSet::key().
  RequestBuilder& preferred_endpoint(std::uint64_t key);
  // An endpoint that was taken out before any filter, by key.
  RequestBuilder& exclude(std::uint64_t key);
  // Appends the hash of the prompt's next block.
  RequestBuilder& block_hash(std::uint64_t hash);
  // Appends the prompt's next token.
  RequestBuilder& token_id(std::uint32_t token);
  // Names in lower case, as the host hands them over.
  RequestBuilder& header(std::string name, std::string value);
  // A tag for plugins.
  RequestBuilder& tag(std::string name, std::string value);

  const shunt_request& raw() const noexcept { return raw_; }

 private:
  shunt_str own(std::string text);
  RequestBuilder& set(shunt_str& field, std::string text);
  template <class T>
  RequestBuilder& plain(T& field, T value) {
    field = value;
    return *this;
  }
  template <class T>
  RequestBuilder& set(T& field, T value, std::uint64_t bits) {
    field = value;
    raw_.present |= bits;
    return *this;
  }
  template <class T>
  RequestBuilder& append(std::vector<T>& list, T value, const T*& data, std::uint64_t& size) {
    list.push_back(value);
    data = list.data();
    size = list.size();
    return *this;
  }

  shunt_request raw_{};
  bool rewritten_ = false;
  std::deque<std::string> texts_;
  std::vector<std::uint64_t> excluded_;
  std::vector<std::uint64_t> block_hashes_;
  std::vector<std::uint32_t> token_ids_;
  std::vector<shunt_pair> headers_;
  std::vector<shunt_pair> tags_;
};

}  // namespace shunt::testing
