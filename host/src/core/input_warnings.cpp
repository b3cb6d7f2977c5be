// SPDX-License-Identifier: Apache-2.0
#include "input_warnings.hpp"

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <set>
#include <shunt/framework/instance.hpp>
#include <shunt/framework/suggest.hpp>
#include <utility>

#include "field_reader.hpp"
#include "metrics_page.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

using Names = std::set<std::string, std::less<>>;

constexpr std::string_view kMetricsReader = "prometheus-extractor";
constexpr std::string_view kLegacyEngineLabel = "inference.networking.k8s.io/engine-type";
constexpr std::size_t kMostShown = 160;  // bytes of a line of a page
constexpr std::size_t kShownBefore = 60;

std::vector<std::string_view> canonical_names() {
  std::vector<std::string_view> names;
  for (const CanonicalAttribute& attribute : canonical_attributes()) names.push_back(attribute.name);
  return names;
}

Names names_in_use(const Generation& generation) {
  Names names;
  for (const auto& instance : generation.instances()) {
    for (const ColumnRead& column : instance->columns) names.insert(column.name);
  }
  for (const AttributeConfig& attribute : generation.config().attributes) names.insert(attribute.name);
  return names;
}

// An attribute of one's own is legal, but one that nobody reads and that looks like a canonical one is most likely that.
void warn_about_attributes(const EndpointsFile& file, const Generation& generation, const InputFile& input) {
  const Names in_use = names_in_use(generation);
  const auto canonical = canonical_names();
  Names seen;
  for (const EndpointEntry& entry : file.endpoints) {
    for (const WrittenAttribute& written : entry.attributes) {
      const bool known = in_use.contains(written.name) || std::ranges::find(canonical, written.name) != canonical.end();
      if (known || !seen.insert(written.name).second) continue;
      if (const auto close = suggest(written.name, canonical)) {
        input.warning(written.pointer, At::Key, "E202", "nothing reads the attribute " + in_quotes(written.name),
                      did_you_mean(*close));
      }
    }
  }
}

// What one extractor makes of the label that names the engine of an endpoint.
struct EngineNames {
  std::array<std::string, 2> labels;  // the first that an endpoint has counts
  std::vector<std::string> engines;

  const std::pair<std::string, std::string>* label_of(const EndpointEntry& entry) const {
    for (const std::string& key : labels) {
      const auto found = std::ranges::find(entry.definition.labels, key, &std::pair<std::string, std::string>::first);
      if (found != entry.definition.labels.end()) return &*found;
    }
    return nullptr;
  }
};

std::vector<EngineNames> engine_names(const Config& config) {
  std::vector<EngineNames> all;
  for (const PluginConfig& plugin : config.plugins) {
    const json::object* parameters = plugin.effective_parameters.if_object();
    if (plugin.type != kMetricsReader || parameters == nullptr) continue;
    const json::value* label = parameters->if_contains("engineLabel");
    const json::value* engines = parameters->if_contains("engines");
    if (label == nullptr || !label->is_string() || engines == nullptr || !engines->is_object()) continue;
    EngineNames& names = all.emplace_back();
    names.labels = {std::string(label->get_string()), std::string(kLegacyEngineLabel)};
    for (const auto& engine : engines->get_object()) names.engines.emplace_back(engine.key());
  }
  return all;
}

// Of an engine without metric names nothing is read but custom metrics: told once for each word, at its first place.
void warn_about_engines(const EndpointsFile& file, const Config& config, const InputFile& input) {
  const std::vector<EngineNames> extractors = engine_names(config);
  Names seen;
  for (const EndpointEntry& entry : file.endpoints) {
    const bool known = std::ranges::any_of(extractors, [&](const EngineNames& names) {
      const auto* label = names.label_of(entry);
      return label == nullptr || std::ranges::find(names.engines, label->second) != names.engines.end();
    });
    if (known || extractors.empty()) continue;
    const EngineNames& names = extractors.front();
    const auto& [key, engine] = *names.label_of(entry);
    if (!seen.insert(engine).second) continue;
    const auto close = suggest(engine, names.engines);
    const std::vector<std::string_view> all(names.engines.begin(), names.engines.end());
    input.warning(child_pointer(entry.pointer + "/labels", key), At::Value, "E207",
                  "no plugin of the config knows the metric names of the engine " + in_quotes(engine),
                  close ? did_you_mean(*close) : "", {"engines: " + listed(all)});
  }
}

// One warning for a page, however much of it is damaged.
void warn_about_pages(const EndpointsFile& file, Diagnostics& diagnostics) {
  Names seen;
  for (const EndpointEntry& entry : file.endpoints) {
    if (!entry.has_metrics || !seen.insert(entry.metrics_path).second) continue;
    const PageFaults faults = check_page(entry.metrics);
    if (faults.lines == 0) continue;
    Diagnostic d;
    d.severity = Severity::Warning;
    d.code = "E206";
    d.file = entry.metrics_path;
    d.position = {faults.line, faults.column};
    const std::size_t column = faults.column - 1;
    const std::size_t from = faults.text.size() > kMostShown && column > kShownBefore ? column - kShownBefore : 0;
    d.source_line = faults.text.substr(from, kMostShown);
    d.source_column = static_cast<std::uint32_t>(from + 1);
    d.length = static_cast<std::uint32_t>(std::max<std::size_t>(faults.text.size() - column, 1));
    d.message = faults.lines == 1 ? "this line is no sample, so it is not read"
                                  : std::to_string(faults.lines) +
                                        " lines of the page are no samples, so they are not read; this is the first";
    d.notes.push_back("it is the metrics page of " + in_quotes(entry.definition.name));
    diagnostics.add(std::move(d));
  }
}

}  // namespace

void warn_about_endpoints(const EndpointsFile& file, const Generation& generation, Diagnostics& diagnostics) {
  const InputFile input{file.document, diagnostics, 1};
  warn_about_attributes(file, generation, input);
  warn_about_engines(file, generation.config(), input);
  warn_about_pages(file, diagnostics);
}

}  // namespace shunt::host
