// SPDX-License-Identifier: Apache-2.0
// fake_host.hpp: a host for unit tests of plugins. It offers every service of shunt_host in this process, keeps what
// the plugin did for the test to look at, and notes each service that was used where the ABI forbids it.
//
//   FakeHost host;
//   host.add_profile("decode");
//   PluginUnderTest plugin(shunt_library_entry_v1, "my-scorer", R"({"weight": 2})", host);
//   EXPECT_THAT(host.misuses(), IsEmpty());
//
// For one thread. It has to outlive every plugin that was created with it. Its hash functions are stand-ins: the same
// in every run, but other numbers than XXH3.
#pragma once

#include <shunt/abi/abi.h>
#include <shunt/testing/fake_instance.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace shunt::testing {

// A line that a plugin has logged.
struct LogLine {
  std::uint32_t level;   // SHUNT_LOG_*
  std::string instance;  // name of who logged it
  std::string text;      // without level and name
};

class FakeHost;
// A registered metric. A counter and a gauge have a value, a histogram has observations.
struct FakeMetric {
  // What the plugin registered it as.
  enum class Kind { Counter = SHUNT_METRIC_COUNTER, Gauge = SHUNT_METRIC_GAUGE, Histogram = SHUNT_METRIC_HISTOGRAM };
  FakeHost* host;                             // where it was registered
  Kind kind;                                  // decides what may be done with it
  std::string instance;                       // name of who registered it
  std::string name;                           // without prefix
  std::string help;                           // one sentence
  std::map<std::string, std::string> labels;  // by name
  std::vector<double> bounds;                 // of a histogram
  double value = 0;                           // of a counter or a gauge
  std::vector<double> observations;           // of a histogram, in order
};

// A key of an endpoint, as the content of a request-scoped value.
struct EndpointRef {
  std::uint64_t key;  // FakeHost::key_of() its name
  // By key.
  friend bool operator==(EndpointRef, EndpointRef) = default;
};
// A symbol, as the content of a request-scoped value.
struct SymbolRef {
  std::uint32_t symbol;  // FakeHost::intern() of its text
  // By symbol.
  friend bool operator==(SymbolRef, SymbolRef) = default;
};
// Content of a request-scoped value, in the order of SHUNT_VALUE_*.
using RequestValue = std::variant<double, EndpointRef, std::string, SymbolRef>;

// Content of a set column.
using TextSet = std::vector<std::string>;
// Content of one cell of an endpoint column. Nothing: absent.
using Cell = std::variant<std::monostate, double, bool, std::string, TextSet>;

// A cell that a plugin wrote with put_*(), for the next snapshot.
struct WrittenCell {
  std::string column;      // name
  std::uint64_t endpoint;  // key
  Cell content;            // monostate: made absent
};

// The host of a test. Set it up, create plugins on it, call them, look at what they did.
class FakeHost {
 public:
  // Without profiles, peers or extensions; every column and value that a plugin asks for is known.
  FakeHost();
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost();

  // ---- what the test sets up

  // Adds a scheduling profile; indices count from 0.
  std::uint32_t add_profile(std::string name);
  // Makes an interface of another instance available to peer(). See also PluginUnderTest::offer_as(). Without an instance the
  // peer is called as one that has declared nothing.
  void add_peer(const std::string& name, const std::string& interface_id, const void* table, void* self,
                FakeInstance* instance = nullptr);
  // Makes a host extension available.
  void add_extension(const std::string& id, const void* table);
  // From the first call on, required columns and values other than those named are refused, as a host without a
  // producer for them would do. Without it every name is known.
  void provide(const std::string& column_or_value);
  // Lets put_*() know an endpoint. PluginUnderTest does that with the endpoints of each call.
  std::uint64_t know_endpoint(std::string_view name);
  // Sets a request-scoped value, as a producer that is not under test would do.
  void set_value(const std::string& name, RequestValue content);
  // Makes a request-scoped value absent again.
  void clear_value(const std::string& name);
  // Makes all of them absent again: the next request.
  void clear_values();
  // The SHUNT_LOG_* below which lines are dropped; at first none is.
  void set_log_level(std::uint32_t level) { log_level_ = level; }
  // Bytes that call_alloc() gives in one call.
  void set_arena_bytes(std::uint64_t bytes) { arena_bytes_ = bytes; }

  // ---- what the plugin did

  // Lines in the order in which they were logged.
  const std::vector<LogLine>& logs() const { return logs_; }
  // Metrics in the order in which they were registered.
  const std::deque<FakeMetric>& metrics() const { return metrics_; }
  // The first metric of that name, of any instance or the one named; nullptr when there is none.
  const FakeMetric* metric(std::string_view name, std::string_view instance = {}) const;
  // Request-scoped values by name, published or set by the test. They stay until clear_values().
  const std::map<std::string, RequestValue>& values() const { return values_; }
  // Cells written since the last take_cells().
  const std::vector<WrittenCell>& cells() const { return cells_; }
  // The same, and forgets them.
  std::vector<WrittenCell> take_cells();
  // Services used where the ABI forbids it, one sentence each.
  const std::vector<std::string>& misuses() const { return misuses_; }
  // Objects that were retired and not released yet.
  std::size_t retired() const { return retired_.size(); }
  // Releases what was retired, as after the grace period.
  void run_retired();
  // The same for what one instance has retired.
  void run_retired(const FakeInstance& instance);

  // ---- identities

  // Symbol of a text, interned if it is new; 0 is no symbol.
  std::uint32_t intern(std::string_view text);
  // Symbol of a text; 0 when it was never interned.
  std::uint32_t find_symbol(std::string_view text) const;
  // The host's hash(), which plugins call.
  static std::uint64_t hash(std::string_view bytes, std::uint64_t seed) noexcept;
  // The key of an endpoint name; never 0.
  static std::uint64_t key_of(std::string_view endpoint_name) noexcept;

  // What plugins are given.
  const shunt_host& table() const noexcept { return table_.table; }
  // Profiles that the test has added.
  std::uint32_t profile_count() const noexcept { return static_cast<std::uint32_t>(profiles_.size()); }

  // Calls a library's init() before its first instance and deinit() when the host ends. `error` takes the text of a failure.
  std::int32_t start(const shunt_library& library, std::string* error = nullptr);

 private:
  friend struct FakeDeclarations;
  friend struct FakeServices;
  struct Table {
    shunt_host table;
    FakeHost* owner;
  };
  struct Retired {
    void (*release)(void*);
    void* object;
    const FakeInstance* instance;
  };

  void misuse(const FakeInstance& instance, const std::string& sentence);
  bool provides(const std::string& name) const;

  Table table_;
  std::vector<std::string> profiles_;
  struct OfferedPeer {
    const void* table;
    void* self;
    FakeInstance* instance;
  };
  std::map<std::pair<std::string, std::string>, OfferedPeer> peers_;
  std::deque<FakeInstance> nameless_;
  std::map<std::string, const void*> extensions_;
  std::set<std::string> provided_;
  bool restricted_ = false;
  std::set<std::uint64_t> endpoints_;
  std::map<std::string, RequestValue> values_;
  std::uint32_t log_level_ = SHUNT_LOG_TRACE;
  std::uint64_t arena_bytes_ = 65536;
  std::vector<LogLine> logs_;
  std::deque<FakeMetric> metrics_;
  std::vector<WrittenCell> cells_;
  std::vector<std::string> misuses_;
  std::vector<Retired> retired_;
  std::deque<std::string> texts_;
  std::map<std::string, std::uint32_t, std::less<>> symbols_;
  std::vector<const shunt_library*> libraries_;
};

}  // namespace shunt::testing
