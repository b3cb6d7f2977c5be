// SPDX-License-Identifier: Apache-2.0
#include "contain/worker_job.hpp"

#include <boost/json.hpp>

namespace shunt::host {

namespace json = boost::json;

std::string WorkerJob::to_text() const {
  json::array counts(restarts.begin(), restarts.end());
  const json::object root{{"page", page},
                          {"parent", parent},
                          {"number", number},
                          {"run_folder", run_folder},
                          {"state_folder", state_folder},
                          {"announce", announce},
                          {"restore", restore},
                          {"generation", generation},
                          {"generations_before", generations_before},
                          {"lost_ns", lost_ns},
                          {"restarts", std::move(counts)},
                          {"quarantined", host::to_json(quarantined)}};
  return json::serialize(root);
}

std::optional<WorkerJob> WorkerJob::from_text(std::string_view text) {
  try {
    const json::value root = json::parse(text);
    WorkerJob job;
    job.page = root.at("page").to_number<int>();
    job.parent = root.at("parent").to_number<int>();
    job.number = root.at("number").to_number<int>();
    job.run_folder = root.at("run_folder").as_string();
    job.state_folder = root.at("state_folder").as_string();
    job.announce = root.at("announce").as_bool();
    job.restore = root.at("restore").as_bool();
    job.generation = root.at("generation").to_number<std::uint64_t>();
    job.generations_before = root.at("generations_before").to_number<std::uint64_t>();
    job.lost_ns = root.at("lost_ns").to_number<std::int64_t>();
    const json::array& counts = root.at("restarts").as_array();
    for (std::size_t i = 0; i < job.restarts.size(); ++i) job.restarts[i] = counts.at(i).to_number<std::uint64_t>();
    job.quarantined = quarantined_from_json(root.at("quarantined")).value();
    return job;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace shunt::host
