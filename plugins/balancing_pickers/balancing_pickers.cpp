// SPDX-License-Identifier: Apache-2.0
// Pickers that spread requests without comparing scores: in turns, by chance in proportion to free capacity, and the better of
// two.
#include <shunt/sdk/observer.hpp>
#include <shunt/sdk/picker.hpp>

#include <atomic>
#include <cmath>
#include <limits>
#include <utility>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Decision;
using shunt::sdk::Init;
using shunt::sdk::Picks;
using shunt::sdk::View;

// In turns, in the order of the endpoints' keys: a place in a list would move when an endpoint comes or goes.
class RoundRobinPicker {
 public:
  SHUNT_PLUGIN("round-robin-picker", "1.0.0", "Picks the endpoints in turns, whatever their totals")

  explicit RoundRobinPicker(Init& init) { init.request_state(sizeof(std::uint64_t)); }

  void pick(const Cycle& cycle, View view, std::span<const double>, Picks& picks) const {
    if (view.empty()) return;
    const std::uint64_t before = last_.load(std::memory_order_relaxed);
    // The least key above the last one, or where there is none the least of all. One less than it, unsigned, does both.
    std::size_t next = 0;
    std::uint64_t nearest = view.key(0) - before - 1;
    for (std::size_t i = 1; i < view.size(); ++i) {
      const std::uint64_t distance = view.key(i) - before - 1;
      next = distance < nearest ? i : next;
      nearest = distance < nearest ? distance : nearest;
    }
    *static_cast<std::uint64_t*>(cycle.request_state()) = view.key(next);
    picks.add(next);
  }

  // Only a decision that was made takes a turn, so that asking twice gives the same answer.
  void picked(const Cycle& cycle, View, const Decision& decision) const {
    const std::uint64_t chosen = *static_cast<const std::uint64_t*>(cycle.request_state());
    if (chosen != 0 && decision.dispatched()) last_.store(chosen, std::memory_order_relaxed);
  }

 private:
  mutable std::atomic<std::uint64_t> last_{0};
};

// By chance, in proportion to free capacity: one draw of the weighted sampling of Efraimidis and Spirakis.
class WeightedRoundRobinPicker {
 public:
  SHUNT_PLUGIN("weighted-round-robin-picker", "1.0.0",
               "Picks endpoints at random, with chances in proportion to their free capacity")
  static constexpr std::string_view kReads[] = {"load"};

  explicit WeightedRoundRobinPicker(Init& init) : load_(init.optional_column<double>("load")) {}

  void pick(const Cycle& cycle, View view, std::span<const double>, Picks& picks) const {
    if (view.empty()) return;
    // An absent load reads as 0: nobody has said that the endpoint is busy.
    const auto load = load_(view);
    std::size_t chosen = 0;
    Place best(cycle.seed(), view.key(0), load[0]);
    for (std::size_t i = 1; i < view.size(); ++i) {
      if (const Place other(cycle.seed(), view.key(i), load[i]); other.before(best)) {
        best = other;
        chosen = i;
      }
    }
    picks.add(chosen);
  }

 private:
  // An endpoint's place in the draw. Those without capacity come last and draw lots among themselves.
  class Place {
   public:
    Place(std::uint64_t seed, std::uint64_t key, double load) : draw_(shunt_draw(seed, key)) {
      const double capacity = 1.0 - load;
      if (capacity > 0.0) log_key_ = std::log(shunt_draw_unit(seed, key)) / capacity;
    }
    bool before(const Place& other) const {
      return log_key_ != other.log_key_ ? log_key_ > other.log_key_ : draw_ > other.draw_;
    }

   private:
    double log_key_ = -std::numeric_limits<double>::infinity();
    std::uint64_t draw_;
  };

  Column<double> load_;
};

// Two by chance, and of these the better one.
class PowerOfTwoPicker {
 public:
  SHUNT_PLUGIN("power-of-two-picker", "1.0.0", "Picks the better of two endpoints that are drawn at random")

  explicit PowerOfTwoPicker(Init&) {}

  void pick(const Cycle& cycle, View view, std::span<const double> totals, Picks& picks) const {
    const std::size_t n = view.size();
    if (n == 0) return;
    if (n <= 2) {
      picks.add(n == 2 && totals[1] > totals[0] ? 1 : 0);
      return;
    }
    // Those with the two highest draws: any pair is as likely as any other, whatever the order of the endpoints.
    Drawn first = draw(cycle, view, 0);
    Drawn second = draw(cycle, view, 1);
    if (second.number > first.number) std::swap(first, second);
    for (std::size_t i = 2; i < n; ++i) {
      const Drawn other = draw(cycle, view, i);
      if (other.number > first.number) {
        second = first;
        first = other;
      } else if (other.number > second.number) {
        second = other;
      }
    }
    picks.add(totals[second.row] > totals[first.row] ? second.row : first.row);
  }

 private:
  struct Drawn {
    std::uint64_t number;
    std::size_t row;
  };
  static Drawn draw(const Cycle& cycle, View view, std::size_t row) {
    return {shunt_draw(cycle.seed(), view.key(row)), row};
  }
};

}  // namespace

SHUNT_LIBRARY(RoundRobinPicker, WeightedRoundRobinPicker, PowerOfTwoPicker)
