// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/compose.hpp>

#include <shunt/framework/registry_catalog.hpp>

#include <boost/json.hpp>

namespace shunt {

Composition::Composition() {
  root_["apiVersion"] = "shunt/v1";
  root_["kind"] = "Config";
}

Composition& Composition::library(std::shared_ptr<const Library> library) {
  libraries_.push_back(std::move(library));
  return *this;
}

Composition& Composition::plugin(std::string_view type, std::string_view name, boost::json::object parameters) {
  boost::json::object plugin{{"type", type}};
  if (!name.empty()) plugin["name"] = name;
  if (!parameters.empty()) plugin["parameters"] = std::move(parameters);
  if (!root_.contains("plugins")) root_["plugins"].emplace_array();
  root_["plugins"].as_array().push_back(std::move(plugin));
  return *this;
}

Composition& Composition::profile(std::string_view name) {
  if (!root_.contains("schedulingProfiles")) root_["schedulingProfiles"].emplace_array();
  root_["schedulingProfiles"].as_array().push_back(
      boost::json::object{{"name", name}, {"plugins", boost::json::array{}}});
  return *this;
}

Composition& Composition::use(std::string_view plugin_ref, double weight, std::string_view on_error) {
  if (!root_.contains("schedulingProfiles")) profile("default");
  boost::json::object reference{{"pluginRef", plugin_ref}};
  if (weight != 1.0) reference["weight"] = weight;
  if (!on_error.empty()) reference["onError"] = on_error;
  root_["schedulingProfiles"].as_array().back().as_object()["plugins"].as_array().push_back(std::move(reference));
  return *this;
}

Composition& Composition::shadow(std::uint32_t every, std::string_view of) {
  boost::json::object shadow{{"every", every}};
  if (!of.empty()) shadow["of"] = of;
  root_["schedulingProfiles"].as_array().back().as_object()["shadow"] = std::move(shadow);
  return *this;
}

Composition& Composition::set(std::string_view key, boost::json::value value) {
  root_[key] = std::move(value);
  return *this;
}

std::shared_ptr<const Generation> Composition::build(const std::shared_ptr<AttributeTable>& attributes,
                                                     Diagnostics& diagnostics, const BuildOptions& options) const {
  Registry registry;
  for (const auto& library : libraries_) {
    if (const Result<void> added = registry.add(library); !added) {
      Diagnostic problem;
      problem.code = added.error().code;
      problem.file = "<composition>";
      problem.message = added.error().message;
      diagnostics.add(std::move(problem));
    }
  }
  auto document = Document::parse("<composition>", boost::json::serialize(root_), DocumentFormat::Json, diagnostics);
  if (!document) return nullptr;
  auto config = read_config(std::make_shared<const Document>(std::move(*document)), diagnostics);
  if (!config) return nullptr;
  (void)resolve_config(*config, RegistryCatalog(registry), diagnostics);
  if (diagnostics.has_errors()) return nullptr;
  return build_generation(std::move(*config), registry, attributes, diagnostics, options);
}

}  // namespace shunt
