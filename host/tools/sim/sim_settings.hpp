// SPDX-License-Identifier: Apache-2.0
// sim_settings.hpp: what can be set, for one server and for the program. One table of fields makes the flags, the keys of the
// config, the keys of POST /sim/faults and the help.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine.hpp"
#include "faults.hpp"

namespace shunt::sim {

struct ServerSettings {
  std::string name;
  std::string engine = "vllm";
  std::vector<std::string> models{"base"};
  std::vector<std::string> adapters;
  std::uint64_t max_model_len = 32768;
  std::uint64_t max_num_seqs = 256;
  std::uint64_t max_num_batched_tokens = 8192;
  std::uint64_t block_size = 16;
  std::uint64_t num_gpu_blocks = 8192;
  bool no_prefix_caching = false;
  std::uint64_t max_loras = 4;
  double lora_load_ms = 100;
  double prefill_ms = 10;
  double prefill_tokens_per_second = 20000;
  double decode_ms = 12;
  double decode_ms_per_sequence = 0.05;
  double step_jitter = 0;
  std::uint64_t output_tokens = 128;
  std::uint64_t chunk_tokens = 1;
  std::map<std::string, std::string> labels;
  Faults faults;
};

struct SimSettings {
  std::vector<ServerSettings> servers;
  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 8000;
  std::string control;  // empty: no listener for control alone
  std::uint64_t threads = 0;
  std::uint64_t seed = 0;
  double time_scale = 1;
  std::string ready_file;
  std::string endpoints_out;
  std::string discovery_out;
};

// Where a setting is kept.
using Target = std::variant<double*, std::uint64_t*, bool*, std::string*, std::vector<std::string>*>;

struct Field {
  std::string_view flag;        // without "--"; the key of the config is the same in camelCase
  std::string_view value = {};  // what stands for the value in the help; empty: it takes none
  Target (*at)(ServerSettings&) = nullptr;
  double least = 0;
  double most = 0;
  std::string_view words = {};  // that a text may be, separated by "|"
  std::string_view help = {};
  bool fault = false;
};

std::span<const Field> server_fields();
std::string key_of(const Field& field);

// Each problem as a sentence, in the order in which it was found.
using Problems = std::vector<std::string>;

// The value of a flag. Lists are separated by commas.
void set_from_text(const Field& field, ServerSettings& settings, std::string_view text, const std::string& where,
                   Problems& problems);
// Every key that `settings` has is taken from the object; others are problems unless `also` knows them.
void set_from_object(const boost::json::object& object, bool faults_only, std::span<const std::string_view> also,
                     ServerSettings& settings, const std::string& where, Problems& problems);
// The same fields as they are now.
boost::json::object faults_object(const ServerSettings& settings);
// What holds between fields.
void check(const ServerSettings& settings, const std::string& where, Problems& problems);

// The engine's view of a server. Durations are scaled.
EngineSettings engine_settings(const ServerSettings& settings, std::uint64_t seed, double time_scale);

}  // namespace shunt::sim
