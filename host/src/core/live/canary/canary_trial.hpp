// SPDX-License-Identifier: Apache-2.0
// canary_trial.hpp: a generation that decides for a share of the requests, and what is found out about it meanwhile.
//
//   CanaryTrial trial(host, candidate, running, settings);
//   trial.begin();
//   ... trial.judge() ...
//   trial.withdraw();
#pragma once

#include <shunt/framework/generation.hpp>
#include <shunt/framework/scheduler.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "live/canary/canary_judgement.hpp"
#include "live/canary/canary_out.hpp"
#include "settings/canary_settings.hpp"
#include "workspace.hpp"

namespace shunt::host {

class LiveHost;

// What a report says about a canary.
struct CanaryReport {
  std::uint64_t generation = 0;  // 0: it would be the next one
  CanarySettings settings;
  std::optional<CanaryEvidence> evidence = {};  // none before it is out
  std::vector<CanaryFinding> findings = {};     // why it has gone
};

// {"generation":8,"share":0.05,"running":{...},"canary":{...},"findings":[...]}
boost::json::object to_json(const CanaryReport& report);
// "5 % of the requests"
std::string share_text(double share);

class CanaryTrial {
 public:
  // `candidate` is held until the trial goes. `decides`: the candidate's generation as the scheduler wants it to be given to requests.
  CanaryTrial(LiveHost& host, std::shared_ptr<Workspace> candidate, std::shared_ptr<const Generation> decides,
              std::shared_ptr<const Generation> running, const CanarySettings& settings);

  // Deciding threads send it its share from now on, and no more. Any thread.
  void begin();
  void withdraw();

  // What came of it so far, and no more behind withdraw(). Any thread.
  CanaryEvidence evidence() const;
  CanaryJudgement judge() const { return shunt::host::judge(settings_, evidence()); }
  CanaryReport report(std::vector<CanaryFinding> findings = {}) const;

  const std::shared_ptr<Workspace>& candidate() const { return candidate_; }
  const Generation& generation() const { return *candidate_->generation(); }

 private:
  CanaryEvidence measure() const;

  LiveHost& host_;
  const std::shared_ptr<Workspace> candidate_;
  const std::shared_ptr<const Generation> running_;
  const CanarySettings settings_;
  const std::int64_t begun_ns_;
  const std::vector<Scheduler::PluginTotals> before_;  // of the running generation, when it began
  const std::shared_ptr<const CanaryOut> out_;
  mutable std::mutex final_mutex_;
  std::optional<CanaryEvidence> final_;  // as it was when it was withdrawn
};

}  // namespace shunt::host
