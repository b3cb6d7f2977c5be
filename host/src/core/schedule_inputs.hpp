// SPDX-License-Identifier: Apache-2.0
// schedule_inputs.hpp: everything that deciding needs, read and checked: config, endpoints, requests.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <shunt/framework/request.hpp>
#include <string>
#include <vector>

#include "named_text.hpp"
#include "endpoint_pool.hpp"
#include "endpoints_file.hpp"
#include "file_io.hpp"
#include "workspace.hpp"

namespace shunt::host {

// A text and what it is called in messages.
class ScheduleInputs {
 public:
  explicit ScheduleInputs(PluginPath plugin_path) : workspace_(std::move(plugin_path)) {}

  // Reads and builds all three; what is absent could not be read, and has been reported already. Afterwards
  // diagnostics() holds every problem, sorted.
  void load(std::optional<NamedText> config, std::optional<NamedText> endpoints, std::optional<NamedText> requests);

  Diagnostics& diagnostics() { return diagnostics_; }
  const Workspace& workspace() const { return workspace_; }
  EndpointPool& pool() { return *pool_; }
  std::vector<Request>& requests() { return requests_; }

 private:
  Workspace workspace_;
  std::unique_ptr<EndpointPool> pool_;
  std::vector<Request> requests_;
  Diagnostics diagnostics_;
};

// Reads a file, or standard input for "-". A failure is a diagnostic about the file.
std::optional<NamedText> read_named(const std::string& path, std::istream& input, Diagnostics& diagnostics);

// The same for a config, which is refused unread where it is too large to be one, and where it says nothing at all: a file that is
// being written, or the wrong one, is empty. Regular: it is read while requests wait.
std::optional<NamedText> read_named_config(const std::string& path, std::istream& input, Diagnostics& diagnostics,
                                           FileKind kind = FileKind::Any);

}  // namespace shunt::host
