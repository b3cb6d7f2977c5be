// SPDX-License-Identifier: Apache-2.0
// object_reader.hpp: takes members out of one JSON object of the config file and complains about every one that is not as it
// should be, with its place and a suggestion.
//
//   ObjectReader profile(object, "/schedulingProfiles/0", "profile \"default\"", context);
//   profile.allow(kProfileKeys);
//   std::optional<std::string> name = profile.required_text("name");
//
// For the sections that a host adds to the file, so that they answer as the framework's own do.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <shunt/framework/config.hpp>
#include <shunt/framework/diagnostic.hpp>
#include <shunt/framework/document.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

// Where everything that is being read comes from and where complaints go.
struct ReadContext {
  const Document& document;
  Diagnostics& diagnostics;

  void error(std::string_view pointer, At at, std::string_view code, std::string message, std::string suggestion = {},
             std::vector<std::string> notes = {}) const;
  void warning(std::string_view pointer, At at, std::string_view code, std::string message, std::string suggestion = {},
               std::vector<std::string> notes = {}) const;

  // The value as a list or an object; null, after a complaint, where it is something else. `what` begins the sentence.
  const boost::json::object* object(const boost::json::value& value, std::string_view pointer,
                                    std::string_view what) const;
  const boost::json::array* list(const boost::json::value& value, std::string_view pointer,
                                 std::string_view what) const;

  // True for a string that is not empty.
  bool text(const boost::json::value& value, std::string_view pointer, std::string_view what) const;

  // A note that says where the value, or key, at `pointer` is.
  std::string note_first(std::string_view pointer, At at) const;
};

// `where` completes "in ...": plugin "queue". A member that is absent, or refused with a complaint, is empty.
class ObjectReader {
 public:
  ObjectReader(const boost::json::object& object, std::string pointer, std::string where, const ReadContext& context)
      : object_(object), pointer_(std::move(pointer)), where_(std::move(where)), context_(context) {}

  const std::string& pointer() const { return pointer_; }
  std::string pointer(std::string_view key) const { return child_pointer(pointer_, key); }
  std::string what(std::string_view key) const;  // "weight" in profile "default"
  const boost::json::value* member(std::string_view key) const { return object_.if_contains(key); }

  // Complains about every key that is not in `keys`.
  void allow(std::span<const std::string_view> keys);

  // Complains that `who` lacks `key`, unless allow() has found a misspelt one that may be it.
  void missing(std::string_view key, std::string_view who) const;

  std::optional<std::string> text(std::string_view key) const;
  std::optional<std::string> required_text(std::string_view key) const;
  std::optional<bool> flag(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;  // may be NaN or infinite
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::optional<std::size_t> word(std::string_view key, std::span<const std::string_view> words) const;
  OnError on_error(std::string_view key) const;

  // Null where absent, null or, after a complaint, of another type.
  const boost::json::object* object(std::string_view key) const;
  const boost::json::array* list(std::string_view key) const;

 private:
  const boost::json::object& object_;
  std::string pointer_;
  std::string where_;
  const ReadContext& context_;
  std::vector<std::string> misspelt_;  // what unknown keys may have meant
};

}  // namespace shunt
