// SPDX-License-Identifier: Apache-2.0
#include "request_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <shunt/framework/endpoint_table.hpp>
#include <shunt/framework/suggest.hpp>
#include <unordered_map>
#include <utility>

#include "request_body.hpp"
#include "request_headers.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

// The last ones are for bundles, which keep everything about a request, also times that milliseconds cannot hold.
// One key a line would fill a page.
// clang-format off
constexpr auto kKeys = std::to_array<std::string_view>(
    {"id", "path", "body", "headers", "arrival_ms", "priority", "deadline_ms", "ttft_slo_ms", "tpot_slo_ms",
     "prompt_tokens", "block_hashes", "input_bytes", "estimated_flops", "batch_size", "user", "cost_budget", "type",
     "preferred_endpoint", "tags", "model", "target_model", "prompt", "session", "tenant", "cache_salt", "stream",
     "multimodal", "max_tokens", "token_ids", "excluded", "attempt", "number", "prompt_tokens_estimated", "arrival_ns",
     "deadline_ns", "ttft_slo_ns", "tpot_slo_ns"});
// clang-format on
constexpr std::array<std::string_view, 3> kTypes = {"chat", "generate", "embedding"};

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class RequestReader {
 public:
  RequestReader(const FieldReader& reader, Request& request) : reader_(reader), request_(request) {}

  void read() {
    reader_.allow(kKeys);
    read_identity();
    read_times();
    read_size();
    request_.tags = reader_.texts("tags");
    read_headers();
    if (const json::object* body = reader_.members("body")) {
      read_body(FieldReader(reader_.file(), *body, reader_.pointer("body"), "the body"), request_);
    }
  }

 private:
  void read_identity() {
    if (reader_.member("id") == nullptr) {
      reader_.file().error(reader_.pointer(), At::Value, "E104", "the request has no \"id\"");
    }
    request_.id = reader_.filled_text("id").value_or("");
    // The path alone says which API it is; what follows the question mark does not.
    request_.path = reader_.text("path").value_or("");
    request_.path.resize(std::min(request_.path.find('?'), request_.path.size()));
    read_type();
    request_.model = reader_.text("model").value_or("");
    request_.target_model = reader_.text("target_model").value_or("");
    request_.user = reader_.text("user").value_or("");
    request_.session = reader_.text("session").value_or("");
    request_.tenant = reader_.text("tenant").value_or("");
    request_.cache_salt = reader_.text("cache_salt").value_or("");
    request_.preferred_endpoint = reader_.text("preferred_endpoint").value_or("");
    request_.streaming = reader_.flag("stream").value_or(false);
    request_.multimodal = reader_.flag("multimodal").value_or(false);
    if (auto prompt = reader_.text("prompt")) {
      request_.prompt = std::move(*prompt);
      request_.has_prompt = true;
    }
    read_priority();
    if (const json::array* names = reader_.list("excluded")) {
      for (std::size_t i = 0; i < names->size(); ++i) {
        if (const json::string* name = (*names)[i].if_string()) {
          request_.excluded.push_back(endpoint_key(*name));
        } else {
          element_error("excluded", i, "the name of an endpoint", (*names)[i]);
        }
      }
    }
  }

  void read_type() {
    if (const auto type = reader_.text("type")) {
      if (std::ranges::find(kTypes, *type) == kTypes.end()) {
        const auto close = suggest(*type, kTypes);
        reader_.file().error(reader_.pointer("type"), At::Value, "E107",
                             "a request cannot be of type " + in_quotes(*type), close ? did_you_mean(*close) : "",
                             {"allowed: " + listed(kTypes)});
        return;
      }
      request_.type = *type;
    } else {
      request_.type = type_of_path(request_.path);
    }
  }

  void read_priority() {
    const json::value* value = reader_.member("priority");
    if (value == nullptr) return;
    if (const json::string* word = value->if_string()) {
      request_.priority = priority_of_word(*word);
      if (request_.priority) return;
      const auto close = suggest(std::string_view(*word), kPriorityWords);
      reader_.file().error(reader_.pointer("priority"), At::Value, "E107", "a priority cannot be " + in_quotes(*word),
                           close ? did_you_mean(*close) : "",
                           {"allowed: a whole number, or " + listed(kPriorityWords) + " (-2 to 2)"});
      return;
    }
    const auto number = reader_.integer("priority");
    if (!number) return;
    if (std::abs(static_cast<double>(*number)) > std::numeric_limits<std::int32_t>::max()) {
      reader_.file().error(reader_.pointer("priority"), At::Value, "E105",
                           "a priority must be from -2147483647 to 2147483647, found " + describe(*value));
      return;
    }
    request_.priority = static_cast<std::int32_t>(*number);
  }

  std::optional<std::int64_t> time(const std::string& name) {
    const auto milliseconds = reader_.duration_ns(name + "_ms");
    const auto nanoseconds = reader_.count(name + "_ns");
    if (!nanoseconds) return milliseconds;
    constexpr auto kLatest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(std::min(*nanoseconds, kLatest));
  }

  void read_times() {
    request_.arrival_ns = time("arrival").value_or(0);
    request_.deadline_ns = time("deadline");
    request_.ttft_slo_ns = time("ttft_slo");
    request_.tpot_slo_ns = time("tpot_slo");
    if (const auto number = reader_.count("number")) request_.number = *number;
    if (const auto attempt = reader_.count("attempt")) {
      request_.attempt =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(*attempt, std::numeric_limits<std::uint32_t>::max()));
    }
  }

  void read_size() {
    request_.prompt_tokens = reader_.count("prompt_tokens");
    request_.prompt_tokens_estimated = reader_.flag("prompt_tokens_estimated").value_or(false);
    request_.max_tokens = reader_.count("max_tokens");
    request_.batch_size = reader_.count("batch_size");
    request_.input_bytes = reader_.count("input_bytes");
    request_.estimated_flops = reader_.number("estimated_flops", 0.0, kInfinity);
    request_.cost_budget = reader_.number("cost_budget", 0.0, kInfinity);
    if (const json::array* hashes = reader_.list("block_hashes")) {
      for (std::size_t i = 0; i < hashes->size(); ++i) {
        if (const auto hash = as_count((*hashes)[i])) {
          request_.block_hashes.push_back(*hash);
        } else {
          element_error("block_hashes", i, "a whole number, 0 or more", (*hashes)[i]);
        }
      }
    }
    if (const json::array* ids = reader_.list("token_ids")) {
      for (std::size_t i = 0; i < ids->size(); ++i) {
        const auto id = as_count((*ids)[i]);
        if (id && *id <= std::numeric_limits<std::uint32_t>::max()) {
          request_.token_ids.push_back(static_cast<std::uint32_t>(*id));
        } else {
          element_error("token_ids", i, "a whole number below 2^32", (*ids)[i]);
        }
      }
      if (!request_.prompt_tokens) request_.prompt_tokens = request_.token_ids.size();
    }
  }

  void element_error(std::string_view key, std::size_t index, std::string_view expected, const json::value& found) {
    reader_.file().error(
        child_pointer(reader_.pointer(key), index), At::Value, "E103",
        "each element of " + reader_.what(key) + " must be " + std::string(expected) + ", found " + describe(found));
  }

  // What a front door takes from headers. Keys beside them say the same more directly and win.
  // Names mean the same in either case. What is given several times is one list, as RFC 9110 (5.3) has it.
  void read_headers() {
    std::vector<std::pair<std::string, std::string>> written;  // by the name as it stands first
    std::unordered_map<std::string, std::size_t> places;
    for (auto& [name, value] : reader_.texts("headers")) {
      const auto [place, fresh] = places.emplace(lower_case(name), written.size());
      if (fresh) {
        written.emplace_back(name, std::move(value));
      } else {
        written[place->second].second.append(", ").append(value);
      }
    }
    HeaderFacts facts(request_);
    for (auto& [name, value] : written) {
      std::string key = lower_case(name);
      if (const auto problem = facts.take(key, value)) {
        reader_.file().error(child_pointer(reader_.pointer("headers"), name), At::Value, "E213",
                             "the header " + in_quotes(name) + " " + *problem);
      }
      request_.headers.emplace_back(std::move(key), std::move(value));
    }
    facts.finish();
  }

  const FieldReader& reader_;
  Request& request_;
};

}  // namespace

bool read_request(const InputFile& file, const json::object& object, const std::string& pointer, Request& request) {
  const std::size_t before = file.diagnostics.errors();
  const json::value* id = object.if_contains("id");
  const std::string where = id != nullptr && id->is_string() ? "request " + in_quotes(id->get_string()) : "the request";
  const FieldReader reader(file, object, pointer, where);
  RequestReader(reader, request).read();
  return file.diagnostics.errors() == before;
}

}  // namespace shunt::host
