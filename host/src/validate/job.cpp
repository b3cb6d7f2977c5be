// SPDX-License-Identifier: Apache-2.0
#include "job.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>

namespace shunt::validate {

namespace json = boost::json;

std::string to_json_text(const Job& job) {
  return json::serialize(json::object{{"file", job.file},
                                      {"type", job.type},
                                      {"case", job.case_name},
                                      {"seed", job.seed},
                                      {"parameters", job.parameters},
                                      {"profiles", json::array(job.profiles.begin(), job.profiles.end())},
                                      {"staging", job.staging},
                                      {"trusted", json::array(job.trusted.begin(), job.trusted.end())}});
}

Job job_from_json_text(std::string_view text) {
  const json::value all = json::parse(text);
  const auto word = [&](const char* key) { return json::value_to<std::string>(all.at(key)); };
  Job job;
  job.file = word("file");
  job.type = word("type");
  job.case_name = word("case");
  job.seed = all.at("seed").to_number<std::uint64_t>();
  job.parameters = word("parameters");
  job.profiles = json::value_to<std::vector<std::string>>(all.at("profiles"));
  job.staging = word("staging");
  job.trusted = json::value_to<std::vector<std::string>>(all.at("trusted"));
  return job;
}

}  // namespace shunt::validate
