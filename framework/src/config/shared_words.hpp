// SPDX-License-Identifier: Apache-2.0
// shared_words.hpp: the nearest of several names that are made of words with dashes between, where no spelling is close.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace shunt {

// The candidate that has most words in common with `name`, two at least; of several the shortest, then the first: for
// "multicluster-queue-scorer" the "queue-scorer".
std::optional<std::string> nearest_by_words(std::string_view name, std::span<const std::string> candidates);

// Of the candidates that end in the same word as `name`, which says what kind of plugin it is, the one that is spelt most alike.
std::optional<std::string> nearest_of_kind(std::string_view name, std::span<const std::string> candidates);

}  // namespace shunt
