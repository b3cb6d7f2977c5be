// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/decision.hpp>

namespace shunt {

void Decision::clear() {
  outcome = Outcome::Rejected;
  http_status = 0;
  code.clear();
  reason.clear();
  primary_profile = SHUNT_NONE;
  picks.clear();
  fallbacks.clear();
  for (Annotation& annotation : annotations) spare_annotations.push_back(std::move(annotation));
  annotations.clear();
  seed = 0;
  now_ns = 0;
  generation = 0;
  snapshot_version = 0;
  duration_ns = 0;
  run_count = 0;
  primary_run = 0;
  counted_tokens = 0;
  trace.clear();
  recorded.clear();
  recorded_notes.clear();
}

}  // namespace shunt
