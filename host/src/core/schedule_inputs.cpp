// SPDX-License-Identifier: Apache-2.0
#include "schedule_inputs.hpp"

#include <shunt/abi/extractor.h>
#include <algorithm>
#include <set>
#include <shunt/framework/instance.hpp>
#include <shunt/framework/suggest.hpp>
#include <utility>

#include "field_reader.hpp"
#include "file_io.hpp"
#include "requests_file.hpp"

namespace shunt::host {

namespace {

constexpr std::string_view kMetricsReader = "prometheus-extractor";

std::vector<std::string_view> canonical_names() {
  std::vector<std::string_view> names;
  for (const CanonicalAttribute& attribute : canonical_attributes()) names.push_back(attribute.name);
  return names;
}

std::set<std::string, std::less<>> names_in_use(const Generation& generation) {
  std::set<std::string, std::less<>> names;
  for (const auto& instance : generation.instances()) {
    for (const ColumnRead& column : instance->columns) names.insert(column.name);
  }
  for (const AttributeConfig& attribute : generation.config().attributes) names.insert(attribute.name);
  return names;
}

}  // namespace

std::optional<NamedText> read_named(const std::string& path, std::istream& input, Diagnostics& diagnostics) {
  const bool standard_input = path == "-";
  auto text = standard_input ? read_stream(input) : read_file(path);
  if (text) {
    return NamedText{standard_input ? "<stdin>" : path, std::move(*text),
                     standard_input ? std::filesystem::path(".") : std::filesystem::path(path).parent_path()};
  }
  Diagnostic d;
  d.code = text.error().code;
  d.file = path;
  d.message = text.error().message;
  diagnostics.add(std::move(d));
  return std::nullopt;
}

void ScheduleInputs::load(std::optional<NamedText> config, std::optional<NamedText> endpoints,
                          std::optional<NamedText> requests) {
  if (config) workspace_.open(std::move(config->name), std::move(config->text), config->folder);
  std::optional<EndpointsFile> file;
  if (endpoints) {
    const auto document =
        Document::parse(std::move(endpoints->name), std::move(endpoints->text), DocumentFormat::Detect, diagnostics_);
    if (document) file = read_endpoints(*document, endpoints->folder, diagnostics_);
  }
  if (requests) requests_ = read_requests(requests->name, std::move(requests->text), diagnostics_);
  if (file) register_attributes(*file, *workspace_.attributes(), diagnostics_);
  if (file && file->has_metrics()) {
    workspace_.need_interface(SHUNT_EXTRACTOR_ID, kMetricsReader, "because the endpoints file names metrics pages");
  }
  workspace_.build();
  if (workspace_.generation() != nullptr && !workspace_.generation()->can_decide()) {
    workspace_.diagnostics().add(workspace_.config()->diagnose(
        "", At::File, "E314", "the config has no scheduling profile, so it cannot decide"));
  }
  if (file && workspace_.generation() != nullptr) {
    pool_ = std::make_unique<EndpointPool>(workspace_.attributes());
    pool_->fill(*file, *workspace_.generation(), diagnostics_);
    warn_about_names(*file);
  }
  diagnostics_.merge(std::exchange(workspace_.diagnostics(), {}));
  diagnostics_.sort();
}

// An attribute of one's own is legal, but one that nobody reads and that looks like a canonical one is most likely that.
void ScheduleInputs::warn_about_names(const EndpointsFile& file) {
  const InputFile input{file.document, diagnostics_, 1};
  const auto in_use = names_in_use(*workspace_.generation());
  const auto canonical = canonical_names();
  std::set<std::string, std::less<>> seen;
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

}  // namespace shunt::host
