// SPDX-License-Identifier: Apache-2.0
// parallelism.hpp: how the accelerators of an endpoint would be divided up, as a note for whoever starts model servers.
#pragma once

#include <algorithm>
#include <string_view>

namespace sagellm {

// Ways of each sort; their product is at most the number of accelerators.
struct Parallelism {
  std::string_view strategy;  // tp, pp, dp, ep or hybrid
  double tensor = 1;
  double pipeline = 1;
  double data = 1;
  double expert = 1;
};

// By the hint if it is one of the five words, else by the number of accelerators.
inline Parallelism parallelism_of(double gpu_count, std::string_view hint) {
  const int gpus = gpu_count >= 1.0 ? static_cast<int>(std::min(gpu_count, 1e6)) : 1;  // what is no number is one
  const auto power_of_two = [gpus] {
    int power = 1;
    while (power * 2 <= gpus) power *= 2;
    return static_cast<double>(power);
  };
  const std::string_view strategy = hint == "tp" || hint == "pp" || hint == "dp" || hint == "ep" || hint == "hybrid"
                                        ? hint
                                    : gpus >= 8 ? "hybrid"
                                    : gpus >= 4 ? "tp"
                                    : gpus >= 2 ? "dp"
                                                : "tp";
  if (strategy == "tp") return {.strategy = "tp", .tensor = power_of_two()};
  if (strategy == "pp") return {.strategy = "pp", .pipeline = static_cast<double>(std::min(gpus, 4))};
  if (strategy == "dp") return {.strategy = "dp", .data = static_cast<double>(gpus)};
  if (strategy == "ep") return {.strategy = "ep", .expert = static_cast<double>(std::min(gpus, 8))};
  if (gpus >= 16) return {.strategy = "hybrid", .tensor = 4, .pipeline = 2, .data = static_cast<double>(gpus / 8)};
  if (gpus >= 8) return {.strategy = "hybrid", .tensor = 4, .data = static_cast<double>(gpus / 4)};
  return {.strategy = "hybrid", .tensor = static_cast<double>(gpus >= 4 ? gpus : std::min(gpus, 2))};
}

}  // namespace sagellm
