// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/fake_host.hpp>

#include <utility>

#include "fake_services.hpp"

namespace shunt::testing {

FakeHost::FakeHost() : table_{FakeServices::kTable, this} {}

FakeHost::~FakeHost() {
  run_retired();
  for (const shunt_library* library : libraries_) {
    if (library->deinit != nullptr) library->deinit();
  }
}

std::uint32_t FakeHost::add_profile(std::string name) {
  profiles_.push_back(std::move(name));
  return static_cast<std::uint32_t>(profiles_.size() - 1);
}

void FakeHost::add_peer(const std::string& name, const std::string& interface_id, const void* table, void* self,
                        FakeInstance* instance) {
  if (instance == nullptr) instance = &nameless_.emplace_back(*this, name);
  peers_[{name, interface_id}] = {table, self, instance};
}

void FakeHost::add_extension(const std::string& id, const void* table) { extensions_[id] = table; }

void FakeHost::provide(const std::string& column_or_value) {
  provided_.insert(column_or_value);
  restricted_ = true;
}

std::uint64_t FakeHost::know_endpoint(std::string_view name) {
  const std::uint64_t key = key_of(name);
  endpoints_.insert(key);
  return key;
}

void FakeHost::set_value(const std::string& name, RequestValue content) { values_[name] = std::move(content); }

void FakeHost::clear_value(const std::string& name) { values_.erase(name); }

void FakeHost::clear_values() { values_.clear(); }

const FakeMetric* FakeHost::metric(std::string_view name, std::string_view instance) const {
  for (const FakeMetric& candidate : metrics_) {
    if (candidate.name == name && (instance.empty() || candidate.instance == instance)) return &candidate;
  }
  return nullptr;
}

void FakeHost::run_retired() {
  for (const Retired& entry : std::exchange(retired_, {})) entry.release(entry.object);
}

void FakeHost::run_retired(const FakeInstance& instance) {
  for (auto entry = retired_.begin(); entry != retired_.end();) {
    if (entry->instance == &instance) {
      entry->release(entry->object);
      entry = retired_.erase(entry);
    } else {
      ++entry;
    }
  }
}

std::uint32_t FakeHost::intern(std::string_view text) {
  if (text.empty()) return 0;
  if (const auto found = symbols_.find(text); found != symbols_.end()) return found->second;
  texts_.emplace_back(text);
  const auto symbol = static_cast<std::uint32_t>(texts_.size());
  symbols_.emplace(texts_.back(), symbol);
  return symbol;
}

std::uint32_t FakeHost::find_symbol(std::string_view text) const {
  const auto found = symbols_.find(text);
  return found == symbols_.end() ? 0 : found->second;
}

std::uint64_t FakeHost::hash(std::string_view bytes, std::uint64_t seed) noexcept {
  std::uint64_t state = 0xcbf29ce484222325u ^ (seed * 0x9e3779b97f4a7c15u);
  for (const char c : bytes) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  state = (state ^ (state >> 32)) * 0xd6e8feb86659fd93u;
  return state ^ (state >> 32);
}

std::uint64_t FakeHost::key_of(std::string_view endpoint_name) noexcept {
  const std::uint64_t key = hash(endpoint_name, 0);
  return key == 0 ? 1 : key;
}

std::int32_t FakeHost::start(const shunt_library& library, std::string* error) {
  for (const shunt_library* known : libraries_) {
    if (known == &library) return SHUNT_OK;
  }
  FakeInstance nobody(*this, library.name.data == nullptr ? "" : std::string(library.name.data, library.name.len));
  FakeCall call(nobody, Stage::Control);
  const std::int32_t status = library.init == nullptr ? SHUNT_OK : library.init(&table(), call.handle());
  if (status == SHUNT_OK) libraries_.push_back(&library);
  if (error != nullptr) *error = call.error;
  return status;
}

void FakeHost::misuse(const FakeInstance& instance, const std::string& sentence) {
  misuses_.push_back(instance.name + ": " + sentence);
}

bool FakeHost::provides(const std::string& name) const { return !restricted_ || provided_.count(name) != 0; }

std::vector<WrittenCell> FakeHost::take_cells() { return std::exchange(cells_, {}); }

}  // namespace shunt::testing
