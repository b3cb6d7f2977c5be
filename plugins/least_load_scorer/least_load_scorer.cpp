// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/least.hpp>
#include <shunt/sdk/scorer.hpp>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::score_least;
using shunt::sdk::View;

// An unknown load is not a low one: endpoints that report none score 0.
class LeastLoadScorer {
 public:
  SHUNT_PLUGIN("least-load-scorer", "1.0.0", "Prefers endpoints with little load, relative to the other candidates")
  static constexpr std::string_view kReads[] = {"load"};

  explicit LeastLoadScorer(Init& init) : load_(init.column<double>("load")) {}
  void score(const Cycle&, View view, std::span<double> score) const { score_least(load_(view), score); }

 private:
  Column<double> load_;
};

class LeastConnectionsScorer {
 public:
  SHUNT_PLUGIN("least-connections-scorer", "1.0.0",
               "Prefers endpoints with few requests of this host, relative to the other candidates")
  static constexpr std::string_view kReads[] = {"in_flight"};

  explicit LeastConnectionsScorer(Init& init) : in_flight_(init.column<double>("in_flight")) {}
  void score(const Cycle&, View view, std::span<double> score) const { score_least(in_flight_(view), score); }

 private:
  Column<double> in_flight_;
};

}  // namespace

SHUNT_LIBRARY(LeastLoadScorer, LeastConnectionsScorer)
