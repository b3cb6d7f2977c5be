// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/build_error_codes.hpp>

#include <array>

namespace shunt {

std::span<const ErrorCodeInfo> build_error_codes() {
  static constexpr auto kCodes = std::to_array<ErrorCodeInfo>({
      {"C501", "the plugin refused to be created",
       "The parameters fit the plugin's schema, but the plugin itself turned them down. Its own words follow the "
       "colon. "
       "Change what it names; its README lists what is possible."},
      {"C502", "the plugin lacks an interface that it promised",
       "The description lists an interface for which the instance returned no table, or a table without the functions "
       "that "
       "every version of it has. This is a defect of the library: ask its author, or use another version."},
      {"C503", "the library could not be initialised",
       "The init function of the library answered with a failure. Its own words follow the colon. All plugin types of "
       "the "
       "library are unusable until that is repaired."},
      {"C504", "a plugin refers to another one that does not fit",
       "A parameter names another instance, but there is none of that name, it does not offer the interface that is "
       "asked for, or the references form a circle. Add the instance to \"plugins\", or name another one."},
      {"C505", "nobody provides a column or value that a plugin requires",
       "A plugin cannot work without an endpoint attribute or request value that no other plugin writes and the config "
       "does not declare. Add the producer that writes it, correct the name, or declare an attribute of your own under "
       "\"attributes\" if your endpoints bring it."},
      {"C506", "a column is used with two different types",
       "One plugin writes, or the config declares, a column as one type, and another plugin reads it as another type. "
       "One of the two names is probably meant to be different."},
      {"C507", "two plugins write the same column or value",
       "Each column and each value has one writer, so that it is clear whose numbers a decision used. Remove one of "
       "the "
       "two instances, or give one another name if its README says that its names depend on it. The counts in_flight "
       "and in_flight_tokens, labels, and what begins with endpoint: are written by shunt itself: no plugin can."},
      {"C508", "producers wait for each other",
       "Producers run in the order of what they read and write. These read each other's results in a circle, so none "
       "can "
       "go first. Remove one of them or one of the readings."},
      {"C509", "it is not clear which producer is meant",
       "Several instances write a column of this name, each under its own, and the reader does not say whose it wants. "
       "Name the producer in the reader's parameters."},
      {"C510", "an attribute is used with two different types",
       "An attribute of endpoints has one type for as long as the program runs. Correct the type under \"attributes\", "
       "or use another name. What begins with label: or endpoint: is always a name."},
      {"C511", "an endpoint cannot be taken over",
       "The endpoint's name is empty, exists already or collides with another, or one of its attributes has a value of "
       "the wrong type. The message names which."},
      {"C512", "the weights of a profile are too large",
       "Totals are sums of weight times score and have to stay finite. Divide all weights of the profile by the same "
       "number: the choice stays the same."},
      {"C513", "a plugin declared something impossible",
       "While it was created the plugin asked for memory beyond the limits, registered a metric twice, passed a text "
       "wrongly, declared a column in a way that the host does not know, or declared an output without an interface "
       "through which it could write it. This is a defect of the library."},
      {"C514", "a plugin type that allows one instance is used twice",
       "The type says that there can be one instance of it in a config only. Refer to the first one wherever the "
       "second "
       "was meant, and delete the second."},
  });
  return kCodes;
}

}  // namespace shunt
