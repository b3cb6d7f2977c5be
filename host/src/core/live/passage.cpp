// SPDX-License-Identifier: Apache-2.0
#include "live/passage.hpp"

namespace shunt::host {

std::string_view to_string(Ending ending) {
  switch (ending) {
    case Ending::Completed: return "completed";
    case Ending::Failed: return "failed";
    case Ending::Cancelled: return "cancelled";
    case Ending::Rejected: return "rejected";
    case Ending::Answered: return "answered";
  }
  return "failed";
}

}  // namespace shunt::host
