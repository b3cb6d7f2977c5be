// SPDX-License-Identifier: Apache-2.0
// create(): parameters of every sort, and what it declares.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <shunt/sdk/text.hpp>
#include <span>

#include "case_catalog.hpp"

namespace shunt::validate {

namespace json = boost::json;

namespace {

constexpr std::string_view kHeader = "shunt/abi/library.h";
constexpr std::size_t kMebibyte = std::size_t{1} << 20;

// Judges one create(), whatever it was given: it succeeds, or fails with a text.
void try_parameters(CaseRun& run, const EdgeParameters& edge) {
  run.log().step("create() with " + edge.what);
  const auto subject = run.create_with(edge.parameters);
  if (subject->damage() != nullptr) {
    run.log().fail(std::string("create() wrote outside ") + subject->damage(),
                   "create() stores one pointer in `*self`.", kHeader);
  }
  if (subject->stored_nothing()) {
    run.log().fail("create() returned SHUNT_OK and stored no instance", "`*self` is never NULL with SHUNT_OK.",
                   kHeader);
  } else if (!subject->created() && subject->error().empty()) {
    run.log().fail("create() returned " + std::to_string(subject->status()) + " for " + edge.what + " and no text",
                   "A create() that fails says which parameter is wrong, with set_error().", kHeader);
  }
}

bool has_name(std::string_view wanted, const testing::Declarations& declared, bool reads) {
  const auto named = [&](const auto& one) { return one.name == wanted; };
  if (reads) return std::ranges::any_of(declared.columns, named) || std::ranges::any_of(declared.values, named);
  return std::ranges::any_of(declared.outputs, named) || std::ranges::any_of(declared.output_values, named);
}

void check_names(CaseRun& run, const Subject& subject, const shunt_str* names, std::uint32_t n, std::string_view list,
                 bool reads) {
  for (const shunt_str& name : std::span(names, names == nullptr ? 0 : n)) {
    const std::string text(sdk::to_view(name));
    if (has_name(text, subject.declared(), reads)) continue;
    run.log().fail("\"" + text + "\" is in `" + std::string(list) + "`, and create() declares no such " +
                       (reads ? "column or value to read" : "output"),
                   "`reads`, `writes` and `default_producer_of` name what the type declares whatever its parameters.",
                   kHeader);
  }
}

}  // namespace

void case_declarations(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  const shunt_plugin& plugin = run.plugin();
  if (!SHUNT_HAS(&plugin, shunt_plugin, n_default_producer_of)) return;
  run.log().step("comparing the manifest with what create() declared");
  check_names(run, *subject, plugin.reads, plugin.n_reads, "reads", true);
  check_names(run, *subject, plugin.writes, plugin.n_writes, "writes", false);
  check_names(run, *subject, plugin.default_producer_of, plugin.n_default_producer_of, "default_producer_of", false);
  run.judge_services(*subject);
}

void case_parameter_values(CaseRun& run) {
  if (!run.settle()) return;
  for (const EdgeParameters& edge : edge_parameters(run.schema(), run.parameters())) try_parameters(run, edge);
}

void case_unknown_keys(CaseRun& run) {
  if (!run.settle()) return;
  run.log().step("checking a key that no schema names");
  json::value changed = run.parameters();
  changed.as_object()["no-such-parameter"] = 1;
  const json::object& tree = run.schema().tree().as_object();
  const json::value* open = tree.if_contains("additionalProperties");
  const bool is_table = open != nullptr && open->is_object();
  if (!is_table && accepts(run.schema(), changed)) {
    run.log().fail(
        "the schema accepts the key \"no-such-parameter\"",
        "The schema says \"additionalProperties\": false, so that a mistyped parameter is an error of the config.",
        "docs/reference/parameters-schema.md");
  }
  try_parameters(run, {"the unknown key \"no-such-parameter\"", changed});
}

void case_wrong_types(CaseRun& run) {
  if (!run.settle()) return;
  for (const EdgeParameters& edge : wrong_parameters(run.schema(), run.parameters())) try_parameters(run, edge);
}

void case_large_parameters(CaseRun& run) {
  if (!run.settle()) return;
  const json::value large = json::string(kMebibyte, 'x');
  json::value changed = run.parameters();
  changed.as_object()["no-such-parameter"] = large;
  try_parameters(run, {"1 MiB of text under a key that it does not know", changed});
  const json::value* properties = run.schema().tree().as_object().if_contains("properties");
  if (properties == nullptr || !properties->is_object()) return;
  for (const auto& [key, node] : properties->as_object()) {
    json::value one = run.parameters();
    const json::value* type = node.is_object() ? node.as_object().if_contains("type") : nullptr;
    if (type == nullptr || !type->is_string()) continue;
    if (type->as_string() == "string") {
      one.as_object()[key] = large;
    } else if (type->as_string() == "array") {
      // An item that the schema accepts, often enough for a mebibyte.
      const json::value& present =
          run.parameters().as_object().contains(key) ? run.parameters().at(key) : json::value();
      if (!present.is_array() || present.as_array().empty()) continue;
      json::array items;
      const std::size_t each = json::serialize(present.as_array()[0]).size() + 1;
      for (std::size_t bytes = 0; bytes < kMebibyte; bytes += each) items.push_back(present.as_array()[0]);
      one.as_object()[key] = std::move(items);
    } else {
      continue;
    }
    if (accepts(run.schema(), one)) try_parameters(run, {"1 MiB in /" + std::string(key), one});
  }
}

void case_refused_columns(CaseRun& run) {
  if (!run.settle()) return;
  bool reads_required = false;
  {
    const auto subject = run.create();
    if (subject == nullptr) return;
    for (const testing::DeclaredColumn& column : subject->declared().columns) {
      reads_required = reads_required || column.requirement == SHUNT_REQUIRED;
    }
    for (const testing::DeclaredValue& value : subject->declared().values) {
      reads_required = reads_required || value.requirement == SHUNT_REQUIRED;
    }
  }
  if (!reads_required) return;
  run.log().step("create() on a host that knows none of the required columns");
  const auto subject = run.create_with(run.parameters(), true);
  if (subject->created()) {
    run.log().fail("create() succeeded although the host refused a required column",
                   "A service that fails has stored no slot: create() returns its status.", "shunt/abi/host.h");
  } else if (subject->error().empty()) {
    run.log().fail("create() failed without a text after the host had refused a column",
                   "A create() that fails says which parameter is wrong, with set_error().", kHeader);
  }
}

}  // namespace shunt::validate
