// SPDX-License-Identifier: Apache-2.0
#include "case_run.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <shunt/framework/json_text.hpp>
#include <shunt/sdk/text.hpp>

namespace shunt::validate {

namespace json = boost::json;

namespace {

constexpr std::string_view kLibraryHeader = "shunt/abi/library.h";

// Lists of scheduling profiles to begin with. What create() asks for by name comes to them.
const std::vector<std::vector<std::string>>& usual_profiles() {
  static const std::vector<std::vector<std::string>> kAll{{"decode"}, {"prefill", "decode"}};
  return kAll;
}

// No create() asks for more names, one after the other.
constexpr int kMostQuestions = 8;

}  // namespace

bool CaseRun::load() {
  if (library_ != nullptr) return true;
  log_.step("loading the library");
  LibraryStoreOptions options;
  options.staging_parent = job_.staging;
  options.trusted_directories.assign(job_.trusted.begin(), job_.trusted.end());
  store_.emplace(std::move(options));
  auto loaded = store_->load(job_.file);
  if (!loaded) {
    log_.blocked(loaded.error().code + ": " + loaded.error().message, true,
                 "The host loads the library: trusted, mapped, with an entry function and tables that agree with the "
                 "manifest.",
                 kLibraryHeader);
    return false;
  }
  library_ = *loaded;
  return true;
}

bool CaseRun::read_schema() {
  auto schema = check_schema(sdk::to_view(plugin_->parameters_schema));
  if (!schema) {
    log_.blocked("the parameters schema cannot be used: " + schema.error().message, true,
                 "parameters_schema is a JSON Schema in the subset that the host knows.", kLibraryHeader);
    return false;
  }
  schema_.emplace(*schema);
  return true;
}

bool CaseRun::settle() {
  if (plugin_ != nullptr && !parameters_.is_null()) return true;
  if (!load()) return false;
  plugin_ = library_->plugin(job_.type);
  if (plugin_ == nullptr) {
    log_.blocked("the library has no plugin type \"" + job_.type + "\"", true,
                 "describe() answers for every type of the manifest.", kLibraryHeader);
    return false;
  }
  return read_schema() && find_parameters();
}

bool CaseRun::find_parameters() {
  std::vector<json::value> candidates;
  if (!job_.parameters.empty()) {
    candidates.push_back(schema_->apply_defaults(json::parse(job_.parameters)));
  } else {
    candidates = sample_parameters(*schema_, "decode");
    if (candidates.empty()) {
      log_.skip("no parameters could be made that the schema accepts: give some with --parameters");
      return false;
    }
  }
  std::vector<std::vector<std::string>> profiles = usual_profiles();
  if (!job_.profiles.empty()) profiles = {job_.profiles};
  Refusal refusal;
  for (const json::value& parameters : candidates) {
    for (const std::vector<std::string>& names : profiles) {
      if (!try_profiles(parameters, names, refusal)) continue;
      parameters_ = parameters;
      log_.parameters(json_text(parameters_));
      return true;
    }
  }
  if (!refusal.missing_peers.empty()) {
    log_.skip("create() needs the peer " + refusal.missing_peers.front() +
              ", and there are no other plugins here: " + refusal.text);
    return false;
  }
  log_.blocked(
      "create() made no instance: " + (refusal.text.empty() ? "without saying why" : refusal.text), false,
      "create() succeeds with parameters that the schema accepts; give some with --parameters where defaults do "
      "not make an instance, and --profiles where it wants a certain list.",
      kLibraryHeader);
  return false;
}

bool CaseRun::try_profiles(const json::value& parameters, std::vector<std::string> names, Refusal& refusal) {
  for (int i = 0; i < kMostQuestions; ++i) {
    log_.step("create() with " + json_text(parameters).substr(0, 400));
    Subject subject(library_->table(), *plugin_, json::serialize(parameters), names);
    if (subject.created()) {
      profiles_ = std::move(names);
      return true;
    }
    const ServiceNotes notes = subject.host().take_notes();
    if (refusal.text.empty()) refusal.text = subject.error();
    if (subject.stored_nothing()) refusal.text = "it returned SHUNT_OK and stored no instance";
    if (!notes.missing_peers.empty()) refusal = {subject.error(), notes.missing_peers};
    if (!job_.profiles.empty() || notes.missing_profiles.empty()) return false;
    names.insert(names.end(), notes.missing_profiles.begin(), notes.missing_profiles.end());
  }
  return false;
}

std::unique_ptr<Subject> CaseRun::create_with(const json::value& parameters, bool refuse_required) {
  return std::make_unique<Subject>(library_->table(), *plugin_, json::serialize(parameters), profiles_,
                                   refuse_required);
}

std::unique_ptr<Subject> CaseRun::create() {
  if (!settle()) return nullptr;
  auto subject = create_with(parameters_);
  if (subject->created()) return subject;
  log_.fail("create() succeeded once and failed with the same parameters later: " + subject->error(),
            "create() with the same parameters has the same outcome: state lives in instances.", kLibraryHeader);
  return nullptr;
}

Scene CaseRun::scene(std::uint32_t endpoints) const {
  Scene scene;
  scene.endpoints = endpoints;
  scene.seed = job_.seed;
  return scene;
}

void CaseRun::judge_services(Subject& subject) {
  const ServiceNotes notes = subject.host().take_notes();
  for (const std::string& sentence : notes.misused) {
    log_.fail(sentence, "Each service is used where its comment allows it, and on the thread that the host called on.",
              "shunt/abi/host.h");
  }
  for (const std::string& sentence : notes.refused) {
    log_.fail(sentence, "What a plugin hands to a service keeps the service's rules, or is lost.", "shunt/abi/host.h");
  }
}

}  // namespace shunt::validate
