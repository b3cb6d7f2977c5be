// SPDX-License-Identifier: Apache-2.0
// state_calls.cpp: the calls of PluginUnderTest that save and load.
#include <shunt/testing/plugin_under_test.hpp>

#include <algorithm>
#include <vector>

#include "call_frame.hpp"
#include "text.hpp"

namespace shunt::testing {

namespace {

struct StateStream : shunt_state_stream {
  explicit StateStream(std::uint64_t takes)
      : shunt_state_stream{sizeof(shunt_state_stream), 0, takes, write}, limit(takes) {}

  static std::int32_t write(shunt_state_stream* stream, const void* data, std::uint64_t len) {
    auto& to = *static_cast<StateStream*>(stream);
    if (data == nullptr && len != 0) return SHUNT_INVALID;
    to.refused = to.refused || len > to.limit - to.bytes.size();
    if (to.refused) return SHUNT_OUT_OF_MEMORY;
    if (len != 0) to.bytes.append(static_cast<const char*>(data), len);
    return SHUNT_OK;
  }

  std::uint64_t limit;
  std::string bytes;
  bool refused = false;
};

}  // namespace

Saved PluginUnderTest::save_state(std::uint64_t capacity) {
  Saved answer;
  const auto* table = need<shunt_state_table>(SHUNT_STATE_ID, answer);
  if (table == nullptr) return answer;
  answer.version = detail::copy(table->version);
  StateStream stream(capacity);
  FakeCall call(instance(), Stage::Control);
  answer.status = table->save(self(), call.handle(), &stream);
  answer.intact = stream.capacity == capacity && stream.size == sizeof(shunt_state_stream);
  finish(answer, call);
  if (stream.refused && answer.status == SHUNT_OK) {
    answer.status = SHUNT_OUT_OF_MEMORY;
    answer.error = "save() succeeded, although the stream had refused a write";
  }
  if (answer.status == SHUNT_OK) answer.bytes = std::move(stream.bytes);
  return answer;
}

Answer PluginUnderTest::load_state(std::string_view version, std::string_view bytes) {
  Answer answer;
  const auto* table = need<shunt_state_table>(SHUNT_STATE_ID, answer);
  if (table == nullptr) return answer;
  // Copies that end with their last byte, for a sanitizer; behind one byte, so that nothing is aligned by chance.
  const std::vector<char> tag(version.begin(), version.end());
  std::vector<char> data(bytes.size() + 1);
  std::ranges::copy(bytes, data.begin() + 1);
  FakeCall call(instance(), Stage::Control);
  answer.status = table->load(self(), call.handle(), {tag.data(), tag.size()}, data.data() + 1, bytes.size());
  finish(answer, call);
  return answer;
}

Answer PluginUnderTest::load_state(const Saved& saved) {
  if (!saved.ok()) return static_cast<const Answer&>(saved);
  return load_state(saved.version, saved.bytes);
}

}  // namespace shunt::testing
