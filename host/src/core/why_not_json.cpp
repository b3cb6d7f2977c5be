// SPDX-License-Identifier: Apache-2.0
#include "why_not_json.hpp"

namespace shunt::host {

namespace {

std::string_view answer_word(WhyNot::Answer answer) {
  switch (answer) {
    case WhyNot::Answer::Chosen: return "chosen";
    case WhyNot::Answer::Filtered: return "filtered";
    case WhyNot::Answer::NotACandidate: return "not-a-candidate";
    case WhyNot::Answer::WeightChange: return "weight-change";
    case WhyNot::Answer::NoWeightChange: return "no-weight-change";
    case WhyNot::Answer::Rejected: break;
  }
  return "rejected";
}

}  // namespace

boost::json::object why_not_object(const WhyNot& why, std::string_view endpoint) {
  boost::json::object out{{"endpoint", endpoint}, {"answer", answer_word(why.answer)}};
  if (!why.plugin.empty()) out["plugin"] = why.plugin;
  if (why.answer == WhyNot::Answer::WeightChange) {
    out["weight_now"] = why.weight_now;
    out["weight"] = why.weight;
  }
  const bool scored = why.answer == WhyNot::Answer::Chosen || why.answer == WhyNot::Answer::WeightChange ||
                      why.answer == WhyNot::Answer::NoWeightChange;
  if (scored) {
    out["total"] = why.total;
    out["best_total"] = why.best_total;
  }
  out["text"] = to_text(why, endpoint);
  return out;
}

}  // namespace shunt::host
