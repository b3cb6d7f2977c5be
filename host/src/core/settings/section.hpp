// SPDX-License-Identifier: Apache-2.0
// section.hpp: reads one section of the config file into plain data, each member with its key, bounds and place.
#pragma once

#include <shunt/framework/object_reader.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::host {

inline constexpr std::int64_t kDayMs = 24 * 3600 * 1000;

// A section that is absent reads as an empty object: everything keeps its default.
class Section {
 public:
  Section(const ObjectReader& parent, std::string_view key, std::span<const std::string_view> keys,
          const ReadContext& context)
      : object_(parent.object(key)),
        reader_(object_ != nullptr ? *object_ : empty(), parent.pointer(key), "\"" + std::string(key) + "\"", context),
        context_(context) {
    reader_.allow(keys);
  }

  bool written() const { return object_ != nullptr; }
  ObjectReader& reader() { return reader_; }
  const ObjectReader& reader() const { return reader_; }

  template <class Number>
  void integer(std::string_view key, std::int64_t least, std::int64_t most, Number& to) const {
    if (const auto number = reader_.integer(key, least, most)) to = static_cast<Number>(*number);
  }
  // Finite, from `least` to `most`.
  void number(std::string_view key, double least, double most, double& to) const;
  void flag(std::string_view key, bool& to) const {
    if (const auto flag = reader_.flag(key)) to = *flag;
  }
  void text(std::string_view key, std::string& to) const {
    if (auto text = filled(key)) to = std::move(*text);
  }
  // Counts from `folder`.
  void file(std::string_view key, const std::filesystem::path& folder, std::filesystem::path& to) const {
    if (const auto text = filled(key)) to = folder / *text;
  }
  // "host:port"; port 0 means any that is free.
  void address(std::string_view key, std::string& to) const;
  // A URL path.
  void path(std::string_view key, std::string& to) const;

 private:
  static const boost::json::object& empty() {
    static const boost::json::object kEmpty;
    return kEmpty;
  }
  std::optional<std::string> filled(std::string_view key) const;

  const boost::json::object* object_;
  ObjectReader reader_;
  const ReadContext& context_;
};

}  // namespace shunt::host
