// SPDX-License-Identifier: Apache-2.0
#include "sim_output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "text.hpp"

namespace shunt::sim {

namespace {

constexpr std::string_view kEngineLabel = "llm-d.ai/engine-type";

std::map<std::string, std::string> labels_of(const ServerSettings& settings) {
  std::map<std::string, std::string> labels = settings.labels;
  if (settings.engine != "vllm") labels.emplace(kEngineLabel, settings.engine);
  return labels;
}

}  // namespace

std::string ready_line(const Fleet& fleet) {
  std::string line = R"({"schema":1,"servers":[)";
  for (const auto& server : fleet.servers()) {
    append(line, line.back() == '[' ? "" : ",", R"({"name":)", json_text(server->name()), R"(,"address":)",
           json_text(server->address()), "}");
  }
  line += "]";
  if (const std::string control = fleet.control_address(); !control.empty())
    append(line, R"(,"control":)", json_text(control));
  return line + "}\n";
}

std::string endpoints_file(const Fleet& fleet) {
  std::string file = "{ \"schema\": 1, \"endpoints\": [";
  std::string_view comma = "";
  for (const auto& server : fleet.servers()) {
    const ServerSettings& settings = server->settings();
    append(file, comma, "\n  { \"name\": ", json_text(settings.name), ", \"address\": ", json_text(server->address()),
           ", \"labels\": {");
    std::string_view inner = " ";
    for (const auto& [name, value] : labels_of(settings)) {
      append(file, inner, json_text(name), ": ", json_text(value));
      inner = ", ";
    }
    append(file, inner == " " ? "" : " ", "},\n    \"attributes\": { \"models\": [");
    inner = "";
    for (const std::vector<std::string>* const list : {&settings.models, &settings.adapters}) {
      for (const std::string& name : *list) {
        append(file, inner, json_text(name));
        inner = ", ";
      }
    }
    file += "] } }";
    comma = ",";
  }
  return file + "\n] }\n";
}

std::string discovery_file(const Fleet& fleet) {
  std::string file = "endpoints:\n";
  for (const auto& server : fleet.servers()) {
    const std::string& address = server->address();
    const std::size_t colon = address.rfind(':');
    append(file, "- name: ", json_text(server->name()),
           "\n  namespace: \"default\"\n  address: ", json_text(address.substr(0, colon)),
           "\n  port: ", json_text(address.substr(colon + 1)), "\n");
    const auto labels = labels_of(server->settings());
    if (!labels.empty()) file += "  labels:\n";
    for (const auto& [name, value] : labels) append(file, "    ", json_text(name), ": ", json_text(value), "\n");
  }
  return file;
}

void write_file(const std::string& path, const std::string& text) {
  const std::string other = path + ".tmp";
  {
    std::ofstream file(other, std::ios::binary | std::ios::trunc);
    file << text << std::flush;
    if (!file) throw std::runtime_error("cannot write " + other + ": " + std::strerror(errno));
  }
  if (std::rename(other.c_str(), path.c_str()) != 0) {
    throw std::runtime_error("cannot write " + path + ": " + std::strerror(errno));
  }
}

}  // namespace shunt::sim
