// SPDX-License-Identifier: Apache-2.0
// A scorer of which there are three versions: -DTIER_SCORER=1, 2 or 3. The third one has a defect.
#include <shunt/sdk/scorer.hpp>

namespace {

using shunt::sdk::Request;
using shunt::sdk::Symbol;

class TierScorer {
 public:
#if TIER_SCORER == 1
  SHUNT_PLUGIN("tier-scorer", "1.0.0", "Prefers spot servers")
  static bool wants_steady(const Request&) { return false; }
#elif TIER_SCORER == 2
  SHUNT_PLUGIN("tier-scorer", "1.1.0", "Prefers spot servers, and steady ones for streamed answers")
  static bool wants_steady(const Request& request) { return request.streaming(); }
#else
  SHUNT_PLUGIN("tier-scorer", "1.2.0", "As 1.1.0, and tenants that begin with a plus have steady servers too")
  // The defect: a request without a tenant has no first letter.
  static bool wants_steady(const Request& request) { return request.streaming() || request.tenant().front() == '+'; }
#endif

  explicit TierScorer(shunt::sdk::Init& init)
      : tier_(init.label("tier")), spot_(init.intern("spot")), steady_(init.intern("steady")) {}

  void score(const shunt::sdk::Cycle& cycle, shunt::sdk::View view, std::span<double> score) const {
    const auto tier = tier_(view);
    const Symbol wanted = wants_steady(cycle.request()) ? steady_ : spot_;
    for (std::size_t i = 0; i < score.size(); ++i) score[i] = tier[i] == wanted ? 1.0 : 0.0;
  }

 private:
  shunt::sdk::Column<Symbol> tier_;
  Symbol spot_;
  Symbol steady_;
};

}  // namespace

SHUNT_LIBRARY(TierScorer)
