// SPDX-License-Identifier: Apache-2.0
// building.hpp: from the text of a config and scripted plugins to a generation, or to the words that refuse it.
#pragma once

#include "scripted_library.hpp"

#include <shunt/framework/config.hpp>
#include <shunt/framework/generation.hpp>
#include <shunt/framework/instance.hpp>
#include <shunt/framework/registry_catalog.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace shunt::testing {

struct Built {
  std::shared_ptr<const Generation> generation;
  std::string text;  // every diagnostic
};

// A config with one profile. `plugins` and `references` are JSON with a comma behind each entry.
inline std::string config_text(std::string_view plugins, std::string_view references = "", std::string_view more = "") {
  std::string text = "{ \"apiVersion\": \"shunt/v1\", \"kind\": \"Config\",\n  \"plugins\": [\n";
  text.append(plugins).append("\n    { \"type\": \"picker\" }, { \"type\": \"handler\" } ],\n");
  text.append(more);
  text.append("  \"schedulingProfiles\": [ { \"name\": \"default\", \"plugins\": [\n    ");
  text.append(references).append(" { \"pluginRef\": \"picker\" } ] } ] }\n");
  return text;
}

// The scripted library, with the picker and the handler that config_text() names.
struct Workbench {
  Workbench() {
    library.add("picker", {SHUNT_PICKER_ID});
    library.add("handler", {SHUNT_PROFILE_HANDLER_ID});
  }

  Built build(const std::string& text, const std::shared_ptr<AttributeTable>& attributes_used,
              const BuildOptions& options = {}) {
    Registry registry;
    if (loaded == nullptr) loaded = library.load();
    registry.add(loaded).value();
    Diagnostics diagnostics;
    Built built;
    auto document = Document::parse("c.json", text, DocumentFormat::Json, diagnostics);
    if (document) {
      auto config = read_config(std::make_shared<const Document>(std::move(*document)), diagnostics);
      if (config) (void)resolve_config(*config, RegistryCatalog(registry), diagnostics);
      if (config && !diagnostics.has_errors()) {
        built.generation = build_generation(std::move(*config), registry, attributes_used, diagnostics, options);
      }
    }
    built.text = render_text(diagnostics, false);
    return built;
  }
  Built build(const std::string& text) { return build(text, attributes); }
  // In place of another one.
  Built rebuild(const std::string& text, const std::shared_ptr<const Generation>& previous) {
    return build(text, attributes, {.previous = previous});
  }

  ScriptedLibrary library;
  std::shared_ptr<const Library> loaded;
  std::shared_ptr<AttributeTable> attributes = std::make_shared<AttributeTable>();
};

}  // namespace shunt::testing
