// SPDX-License-Identifier: Apache-2.0
#include "live/pool_picture.hpp"

namespace shunt::host {

std::string_view to_string(Health health) {
  switch (health) {
    case Health::Unknown: return "unknown";
    case Health::Healthy: return "healthy";
    case Health::Unhealthy: return "unhealthy";
  }
  return "unknown";
}

}  // namespace shunt::host
