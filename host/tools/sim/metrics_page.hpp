// SPDX-License-Identifier: Apache-2.0
// metrics_page.hpp: the /metrics page of a server, with the names of the engine that it stands for.
#pragma once

#include <string>
#include <string_view>

#include "engine.hpp"
#include "sim_settings.hpp"

namespace shunt::sim {

class MetricsPage {
 public:
  explicit MetricsPage(const ServerSettings& settings);

  // `unix_seconds` is the value of vLLM's list of adapters.
  void append_to(std::string& page, const Engine& engine, double unix_seconds) const;

 private:
  void append_vllm(std::string& page, const Engine& engine, double unix_seconds) const;
  void append_sglang(std::string& page, const Engine& engine) const;
  void number(std::string& page, std::string_view name, std::string_view type, std::string_view help,
              double value) const;
  void histogram(std::string& page, std::string_view name, std::string_view help, const Histogram& values) const;
  std::string names_of(const std::vector<int>& adapters) const;

  const ServerSettings& settings_;
  std::string labels_;  // of every sample, without braces
};

}  // namespace shunt::sim
