// SPDX-License-Identifier: Apache-2.0
// rehearsal_material.hpp: what a rehearsal is given beside requests: what running instances have learned, and pages as endpoints have
// sent them. It may be large and need not be text, so it goes to the other process as memory that both have.
#pragma once

#include <shunt/framework/state_transfer.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse_options.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "live/page_samples.hpp"

namespace shunt::host {

struct RehearsalMaterial {
  std::vector<SavedState> states;
  std::vector<SampledPage> pages;
};

// The host's side. Lives until the other process has ended.
class SharedMaterial {
 public:
  // What there is no memory for is left out.
  explicit SharedMaterial(const RehearsalMaterial& material);
  ~SharedMaterial();
  SharedMaterial(const SharedMaterial&) = delete;
  SharedMaterial& operator=(const SharedMaterial&) = delete;
  // For read_material() of the other process.
  const boost::json::object& to_json() const { return told_; }

 private:
  int descriptor_;
  boost::json::object told_;
};

// Throws std::exception where the two sides do not speak of the same.
RehearsalMaterial read_material(const boost::json::object& told);

// For what two processes of this program tell each other: names of files have any bytes.
boost::json::parse_options any_bytes();

// Of this process.
std::uint64_t resident_kib();

}  // namespace shunt::host
