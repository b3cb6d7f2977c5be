// SPDX-License-Identifier: Apache-2.0
#include "sim_settings.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

namespace shunt::sim {

namespace {

constexpr double kManyTokens = 1e8;
constexpr double kLongMs = 3.6e6;

// One that a capture-less lambda finds in the settings.
#define SIM_AT(member) [](ServerSettings& s) -> Target { return &s.member; }

constexpr Field kFields[] = {
    {.flag = "engine",
     .value = "WORD",
     .at = SIM_AT(engine),
     .words = "vllm|sglang",
     .help = "Whose metric names the page has; default: vllm"},
    {.flag = "models",
     .value = "NAMES",
     .at = SIM_AT(models),
     .help = "Names of the model, separated by commas; default: base"},
    {.flag = "adapters",
     .value = "NAMES",
     .at = SIM_AT(adapters),
     .help = "LoRA adapters that it serves as well; default: none"},
    {.flag = "max-model-len",
     .value = "N",
     .at = SIM_AT(max_model_len),
     .least = 1,
     .most = kManyTokens,
     .help = "Tokens of prompt and answer together; default: 32768"},
    {.flag = "max-num-seqs",
     .value = "N",
     .at = SIM_AT(max_num_seqs),
     .least = 1,
     .most = 1e6,
     .help = "Requests that run at a time; default: 256"},
    {.flag = "max-num-batched-tokens",
     .value = "N",
     .at = SIM_AT(max_num_batched_tokens),
     .least = 0,
     .most = kManyTokens,
     .help = "Tokens that a step computes; 0: any number; default: 8192"},
    {.flag = "block-size",
     .value = "N",
     .at = SIM_AT(block_size),
     .least = 1,
     .most = 4096,
     .help = "Tokens of a block of the KV cache; default: 16"},
    {.flag = "num-gpu-blocks",
     .value = "N",
     .at = SIM_AT(num_gpu_blocks),
     .least = 1,
     .most = 1e8,
     .help = "Blocks of the KV cache; default: 8192"},
    {.flag = "no-prefix-caching",
     .value = "",
     .at = SIM_AT(no_prefix_caching),
     .help = "Never reuse blocks of another request"},
    {.flag = "max-loras",
     .value = "N",
     .at = SIM_AT(max_loras),
     .least = 1,
     .most = 1e4,
     .help = "Adapters that are loaded at a time; default: 4"},
    {.flag = "lora-load-ms",
     .value = "MS",
     .at = SIM_AT(lora_load_ms),
     .least = 0,
     .most = kLongMs,
     .help = "Loading an adapter takes so long; default: 100"},
    {.flag = "prefill-ms",
     .value = "MS",
     .at = SIM_AT(prefill_ms),
     .least = 0,
     .most = kLongMs,
     .help = "A step that computes prompts takes at least so long; default: 10"},
    {.flag = "prefill-tokens-per-second",
     .value = "N",
     .at = SIM_AT(prefill_tokens_per_second),
     .least = 1,
     .most = 1e12,
     .help = "How fast prompts are computed beyond that; default: 20000"},
    {.flag = "decode-ms",
     .value = "MS",
     .at = SIM_AT(decode_ms),
     .least = 0,
     .most = kLongMs,
     .help = "A step that makes tokens takes at least so long; default: 12"},
    {.flag = "decode-ms-per-sequence",
     .value = "MS",
     .at = SIM_AT(decode_ms_per_sequence),
     .least = 0,
     .most = kLongMs,
     .help = "And so much longer for each of them; default: 0.05"},
    {.flag = "step-jitter",
     .value = "SHARE",
     .at = SIM_AT(step_jitter),
     .least = 0,
     .most = 1,
     .help = "Steps take up to this share more or less; default: 0"},
    {.flag = "output-tokens",
     .value = "N",
     .at = SIM_AT(output_tokens),
     .least = 1,
     .most = 1e6,
     .help = "Mean length of answers that have no maximum; default: 128"},
    {.flag = "chunk-tokens",
     .value = "N",
     .at = SIM_AT(chunk_tokens),
     .least = 1,
     .most = 1e6,
     .help = "Tokens in one event of a stream; default: 1"},
    {.flag = "error-rate",
     .value = "SHARE",
     .at = SIM_AT(faults.error_rate),
     .least = 0,
     .most = 1,
     .help = "Requests that are answered with an error; default: 0",
     .fault = true},
    {.flag = "error-status",
     .value = "N",
     .at = SIM_AT(faults.error_status),
     .least = 400,
     .most = 599,
     .help = "The HTTP status of such an answer; default: 503",
     .fault = true},
    {.flag = "retry-after",
     .value = "N",
     .at = SIM_AT(faults.retry_after),
     .least = 0,
     .most = 1e6,
     .help = "Its Retry-After header in seconds; 0: none; default: 0",
     .fault = true},
    {.flag = "reset-rate",
     .value = "SHARE",
     .at = SIM_AT(faults.reset_rate),
     .least = 0,
     .most = 1,
     .help = "Requests whose connection is reset before the first byte; default: 0",
     .fault = true},
    {.flag = "hang-rate",
     .value = "SHARE",
     .at = SIM_AT(faults.hang_rate),
     .least = 0,
     .most = 1,
     .help = "Requests that are never answered; default: 0",
     .fault = true},
    {.flag = "abort-rate",
     .value = "SHARE",
     .at = SIM_AT(faults.abort_rate),
     .least = 0,
     .most = 1,
     .help = "Requests whose connection is reset in the middle of the answer; default: 0",
     .fault = true},
    {.flag = "abort-after",
     .value = "N",
     .at = SIM_AT(faults.abort_after),
     .least = 0,
     .most = 1e6,
     .help = "Tokens of a stream before that; default: 3",
     .fault = true},
    {.flag = "refuse",
     .value = "",
     .at = SIM_AT(faults.refuse),
     .help = "Refuse connections, and close those that are idle",
     .fault = true},
    {.flag = "hold",
     .value = "",
     .at = SIM_AT(faults.hold),
     .help = "Stand still: requests are accepted and make no progress",
     .fault = true},
    {.flag = "slow-factor",
     .value = "N",
     .at = SIM_AT(faults.slow_factor),
     .least = 0,
     .most = 1e6,
     .help = "Steps take so many times as long; default: 1",
     .fault = true},
    {.flag = "latency-ms",
     .value = "MS",
     .at = SIM_AT(faults.latency_ms),
     .least = 0,
     .most = kLongMs,
     .help = "Requests reach the engine so much later; default: 0",
     .fault = true},
    {.flag = "latency-jitter-ms",
     .value = "MS",
     .at = SIM_AT(faults.latency_jitter_ms),
     .least = 0,
     .most = kLongMs,
     .help = "And up to so much more, evenly drawn; default: 0",
     .fault = true},
    {.flag = "metrics-page",
     .value = "WORD",
     .at = SIM_AT(faults.metrics_page),
     .words = "ok|malformed|empty|endless|error|hang|reset",
     .help = "What /metrics answers; default: ok",
     .fault = true},
    {.flag = "metrics-delay-ms",
     .value = "MS",
     .at = SIM_AT(faults.metrics_delay_ms),
     .least = 0,
     .most = kLongMs,
     .help = "How late it does; default: 0",
     .fault = true},
    {.flag = "health-status",
     .value = "N",
     .at = SIM_AT(faults.health_status),
     .least = 200,
     .most = 599,
     .help = "The HTTP status of /health; default: 200",
     .fault = true},
};
#undef SIM_AT

std::string number_text(double number) {
  std::string text;
  append_decimal(text, number);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string range_problem(const Field& field, bool whole) {
  return std::string("must be a ") + (whole ? "whole " : "") + "number from " + number_text(field.least) + " to " +
         number_text(field.most);
}

// Empty where it was set.
std::string set_number(const Field& field, Target target, double number) {
  auto* const whole = std::get_if<std::uint64_t*>(&target);
  if (!(number >= field.least && number <= field.most) || (whole && number != std::floor(number))) {
    return range_problem(field, whole != nullptr);
  }
  if (whole) {
    **whole = static_cast<std::uint64_t>(number);
  } else {
    *std::get<double*>(target) = number;
  }
  return {};
}

std::string set_word(const Field& field, std::string& target, std::string_view word) {
  std::string_view rest = field.words;
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find('|'));
    if (one == word) {
      target = word;
      return {};
    }
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
  }
  return "must be one of " + std::string(field.words);
}

bool is_name(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c != '"' && c != '\\' && c != ',' && c != 0x7f; });
}

std::string set_names(std::vector<std::string>& target, std::vector<std::string> names) {
  for (const std::string& name : names) {
    if (!is_name(name))
      return "has " + json_text(name) + ", which cannot be a name: it would be empty, or need quoting";
  }
  target = std::move(names);
  return {};
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    if (!part.empty()) parts.emplace_back(part);
    text.remove_prefix(std::min(text.size(), part.size() + 1));
  }
  return parts;
}

std::string set_value(const Field& field, Target target, const boost::json::value& value) {
  if (auto* const flag = std::get_if<bool*>(&target)) {
    if (!value.is_bool()) return "must be true or false";
    **flag = value.as_bool();
    return {};
  }
  if (auto* const text = std::get_if<std::string*>(&target)) {
    return value.is_string() ? set_word(field, **text, value.as_string())
                             : "must be one of " + std::string(field.words);
  }
  if (auto* const names = std::get_if<std::vector<std::string>*>(&target)) {
    std::vector<std::string> read;
    if (!value.is_array()) return "must be a list of names";
    for (const boost::json::value& one : value.as_array()) {
      if (!one.is_string()) return "must be a list of names";
      read.emplace_back(one.as_string());
    }
    return set_names(**names, std::move(read));
  }
  if (!value.is_number()) return range_problem(field, std::holds_alternative<std::uint64_t*>(target));
  return set_number(field, target, value.to_number<double>());
}

}  // namespace

std::span<const Field> server_fields() { return kFields; }

std::string key_of(const Field& field) {
  std::string key;
  for (std::size_t i = 0; i < field.flag.size(); ++i) {
    const bool after_dash = i > 0 && field.flag[i - 1] == '-';
    if (field.flag[i] != '-') key += after_dash ? static_cast<char>(field.flag[i] - 'a' + 'A') : field.flag[i];
  }
  return key;
}

void set_from_text(const Field& field, ServerSettings& settings, std::string_view text, const std::string& where,
                   Problems& problems) {
  const Target target = field.at(settings);
  std::string wrong;
  if (auto* const flag = std::get_if<bool*>(&target)) {
    **flag = true;
  } else if (auto* const word = std::get_if<std::string*>(&target)) {
    wrong = set_word(field, **word, text);
  } else if (auto* const names = std::get_if<std::vector<std::string>*>(&target)) {
    wrong = set_names(**names, split(text));
  } else {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    wrong = error != std::errc() || end != text.data() + text.size()
                ? range_problem(field, std::holds_alternative<std::uint64_t*>(target))
                : set_number(field, target, number);
  }
  if (!wrong.empty()) problems.push_back(where + " " + wrong + ", not " + json_text(text));
}

void set_from_object(const boost::json::object& object, bool faults_only, std::span<const std::string_view> also,
                     ServerSettings& settings, const std::string& where, Problems& problems) {
  for (const auto& [key, value] : object) {
    const std::string_view name = key;
    const auto field = std::ranges::find_if(kFields, [&](const Field& one) { return key_of(one) == name; });
    if (field == std::end(kFields) || (faults_only && !field->fault)) {
      if (std::ranges::find(also, name) == also.end())
        problems.push_back(where + "/" + std::string(name) + ": there is no such key");
      continue;
    }
    const std::string wrong = set_value(*field, field->at(settings), value);
    if (!wrong.empty()) problems.push_back(where + "/" + std::string(name) + " " + wrong);
  }
}

boost::json::object faults_object(const ServerSettings& settings) {
  boost::json::object out;
  ServerSettings copy = settings;
  for (const Field& field : kFields) {
    if (!field.fault) continue;
    std::visit(
        [&](auto* member) {
          if constexpr (!std::is_same_v<decltype(member), std::vector<std::string>*>) out[key_of(field)] = *member;
        },
        field.at(copy));
  }
  return out;
}

void check(const ServerSettings& settings, const std::string& where, Problems& problems) {
  if (settings.models.empty()) problems.push_back(where + ": a server needs the name of a model");
  for (const std::string& adapter : settings.adapters) {
    if (std::ranges::find(settings.models, adapter) != settings.models.end()) {
      problems.push_back(where + ": " + json_text(adapter) + " is the name of both a model and an adapter");
    }
  }
}

EngineSettings engine_settings(const ServerSettings& settings, std::uint64_t seed, double time_scale) {
  const double ms = 1e6 * time_scale;
  EngineSettings out;
  out.max_num_seqs = static_cast<std::uint32_t>(settings.max_num_seqs);
  out.max_num_batched_tokens = static_cast<std::uint32_t>(settings.max_num_batched_tokens);
  out.block_size = static_cast<std::uint32_t>(settings.block_size);
  out.num_gpu_blocks = static_cast<std::uint32_t>(settings.num_gpu_blocks);
  out.prefix_caching = !settings.no_prefix_caching;
  out.max_loras = settings.adapters.empty() ? 0 : static_cast<std::uint32_t>(settings.max_loras);
  out.prefill_fixed = settings.prefill_ms * ms;
  out.prefill_per_token = 1000 * ms / settings.prefill_tokens_per_second;
  out.decode_fixed = settings.decode_ms * ms;
  out.decode_per_sequence = settings.decode_ms_per_sequence * ms;
  out.lora_load = settings.lora_load_ms * ms;
  out.jitter = settings.step_jitter;
  out.seed = seed;
  return out;
}

}  // namespace shunt::sim
