// SPDX-License-Identifier: Apache-2.0
#include "sim_settings.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

namespace shunt::sim {

namespace {

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
    const auto field = std::ranges::find_if(server_fields(), [&](const Field& one) { return key_of(one) == name; });
    if (field == server_fields().end() || (faults_only && !field->fault)) {
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
  for (const Field& field : server_fields()) {
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
