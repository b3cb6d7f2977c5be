// SPDX-License-Identifier: Apache-2.0
#include "live/served_config.hpp"

#include <shunt/abi/extractor.h>

#include <utility>

namespace shunt::host {

namespace {

constexpr std::string_view kMetricsReader = "prometheus-extractor";

// Plugins may ask for attributes that only the endpoints of the config bring.
void expect_attributes(Workspace& workspace, Diagnostics& diagnostics) {
  for (const EndpointEntry& entry : workspace.host_settings().endpoints.endpoints) {
    for (const WrittenAttribute& written : entry.attributes) {
      if (const auto fits = workspace.expect_attribute(written.name, type_of(written.value), written.pointer); !fits) {
        diagnostics.add(workspace.config()->diagnose(written.pointer, At::Value, "E201", fits.error().message));
      }
    }
  }
}

}  // namespace

NamedText default_config() { return {"<default config>", "", "."}; }

bool build_served(Workspace& workspace, std::optional<NamedText> config, const BuildOptions& options,
                  Diagnostics& diagnostics) {
  if (config) {
    workspace.open(std::move(config->name), std::move(config->text), config->folder);
    if (workspace.config()) expect_attributes(workspace, diagnostics);
    workspace.need_interface(SHUNT_EXTRACTOR_ID, kMetricsReader,
                             "because a running host reads the metrics of its endpoints");
    if (!diagnostics.has_errors()) workspace.build(options);
    if (workspace.generation() != nullptr && !workspace.generation()->can_decide()) {
      workspace.diagnostics().add(workspace.config()->diagnose(
          "/plugins", At::Key, "E314", "the config has no scheduling profile, so it cannot decide"));
    }
  }
  diagnostics.merge(std::exchange(workspace.diagnostics(), {}));
  diagnostics.sort();
  return !diagnostics.has_errors();
}

}  // namespace shunt::host
