// SPDX-License-Identifier: Apache-2.0
// case_run.hpp: what a case has at hand: the library, the plugin type, instances of it, and the log.
#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <shunt/framework/library.hpp>
#include <shunt/framework/library_store.hpp>
#include <shunt/framework/parameters.hpp>
#include <string>
#include <vector>

#include "calls.hpp"
#include "case_log.hpp"
#include "job.hpp"
#include "sample_parameters.hpp"
#include "subject.hpp"

namespace shunt::validate {

class CaseRun {
 public:
  CaseRun(const Job& job, CaseLog& log) : job_(job), log_(log) {}
  CaseRun(const CaseRun&) = delete;
  CaseRun& operator=(const CaseRun&) = delete;

  const Job& job() const { return job_; }
  CaseLog& log() { return log_; }

  // Loads the library as the host does. False after a failure, which the log then has.
  bool load();
  // load(), finds the type, reads its schema and finds parameters and profiles with which create() succeeds. False after a
  // failure, which the log then has.
  bool settle();

  const Library& library() const { return *library_; }
  const shunt_plugin& plugin() const { return *plugin_; }
  const Schema& schema() const { return *schema_; }
  const boost::json::value& parameters() const { return parameters_; }
  const std::vector<std::string>& profiles() const { return profiles_; }

  // A new instance with the parameters that settle() found. Null after a failure, which the log then has.
  std::unique_ptr<Subject> create();
  std::unique_ptr<Subject> create_with(const boost::json::value& parameters, bool refuse_required = false);

  // A scene with the seed of this run.
  Scene scene(std::uint32_t endpoints = 8) const;
  // Says what the host noted about services: refusals and misuse.
  void judge_services(Subject& subject);

 private:
  // Why create() made no instance.
  struct Refusal {
    std::string text;
    std::vector<std::string> missing_peers;
  };

  bool read_schema();
  bool find_parameters();
  bool try_profiles(const boost::json::value& parameters, std::vector<std::string> names, Refusal& refusal);

  const Job& job_;
  CaseLog& log_;
  std::optional<LibraryStore> store_;
  std::shared_ptr<const Library> library_;
  const shunt_plugin* plugin_ = nullptr;
  std::optional<Schema> schema_;
  boost::json::value parameters_;
  std::vector<std::string> profiles_;
};

// The seed of the k-th instance of something in a run with `seed`.
inline std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t k) { return seed * 1'000'003 + k; }

}  // namespace shunt::validate
