// SPDX-License-Identifier: Apache-2.0
// state_transfer.hpp: hands what a replaced instance has learned to the instance of the next generation, through the extension
// shunt.state.
//
//   for (const StateTransfer& transfer : transfer_state(*running, *candidate)) log(transfer);
#pragma once

#include <shunt/framework/generation.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace shunt {

inline constexpr std::size_t kStateTransferLimit = std::size_t{256} << 20;

// Of one instance that has a predecessor of the same name and type.
struct StateTransfer {
  enum class Outcome : std::uint8_t {
    Taken,        // the new instance has the state of the old one
    NotOffered,   // one of the two has no shunt.state
    Discarded,    // the config does not want it
    NotReadable,  // the new one cannot read this version, and starts empty
    Failed  // saving or loading failed; `problem` says why. What the new one has taken in by then is its own affair
  };
  std::string instance;
  Outcome outcome = Outcome::NotOffered;
  std::string problem;
  std::uint64_t bytes = 0;
};

// What one instance has learned, as it has written it.
struct SavedState {
  std::string instance;
  std::string type;
  std::string version;  // as the one that wrote it calls its form
  std::string bytes;
};

// save() of each instance that has one and for which `wanted` is true, `limit` bytes in all: what fails, or does not fit any more, is
// left out. No event is delivered to an instance meanwhile. For a trial: nobody hands anything over. [control]
std::vector<SavedState> save_states(const Generation& generation, const std::function<bool(const Instance&)>& wanted,
                                    std::size_t limit = kStateTransferLimit);
// load() of the instance of that name and type, where there is one that can. False where it said no. [control]
bool load_state(const Generation& generation, const SavedState& state);

// Calls save() of every instance of `from` that `to` replaces, and load() of its successor, one after the other; a state of more
// than `limit` bytes is a failure. No event is delivered to the two meanwhile, and from then on the successor also hears of
// requests that its predecessor has begun with: nothing falls between them. To be called before `to` is published. [control]
std::vector<StateTransfer> transfer_state(const Generation& from, const Generation& to,
                                          std::size_t limit = kStateTransferLimit);

// Undoes the second half, for a generation that becomes the current one again.
void forget_successors(const Generation& generation);

}  // namespace shunt
