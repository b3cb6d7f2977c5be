// SPDX-License-Identifier: Apache-2.0
// State that goes from an instance to its successor: what save() writes, and what load() makes of it and of worse.
#include <algorithm>
#include <optional>
#include <shunt/sdk/text.hpp>

#include "case_catalog.hpp"

namespace shunt::validate {

namespace {

using testing::FakeCall;
using testing::Stage;

constexpr std::string_view kSource = "shunt/abi/state.h";
constexpr std::size_t kCapacity = std::size_t{64} << 20;
// Far above what any format needs: a defect of this sort ends when the machine does.
constexpr std::uint64_t kWritesAfterRefusal = 100'000;
// Of processor time; a fraction of the least time limit of a case.
constexpr double kMillisecondsForDamage = 1500;

// Keeps the rules of a stream, and notes who does not.
struct Stream : shunt_state_stream {
  explicit Stream(std::uint64_t takes)
      : shunt_state_stream{sizeof(shunt_state_stream), 0, takes, write}, limit(takes) {}

  static std::int32_t write(shunt_state_stream* stream, const void* data, std::uint64_t length) noexcept {
    auto& to = *static_cast<Stream*>(stream);
    if (data == nullptr && length != 0) return SHUNT_INVALID;
    to.refused = to.refused || length > to.limit - to.bytes.size();
    if (to.refused && ++to.after_refusal > kWritesAfterRefusal) to.endless = true;
    if (to.refused) return SHUNT_OUT_OF_MEMORY;
    if (length != 0) to.bytes.append(static_cast<const char*>(data), length);
    return SHUNT_OK;
  }

  std::uint64_t limit;
  std::string bytes;
  std::uint64_t after_refusal = 0;
  bool refused = false;
  bool endless = false;
};

// The instances of one case, and the table that each has.
class StateCalls {
 public:
  explicit StateCalls(CaseRun& run) : run_(run) {}

  // Nothing: it failed, or the stream had refused a write.
  std::optional<std::string> save(Subject& from, std::uint64_t capacity = kCapacity) {
    const auto* table = from.table<shunt_state_table>(SHUNT_STATE_ID);
    if (table == nullptr) return std::nullopt;
    Stream stream(capacity);
    run_.log().step("save() of at most " + std::to_string(capacity) + " bytes");
    FakeCall made(from.instance(), Stage::Control);
    std::int32_t status = SHUNT_OK;
    {
      const PluginCall calling;
      status = table->save(from.self(), made.handle(), &stream);
    }
    // Why a write was refused is the host's to say.
    judge("save()", status, made, stream.refused);
    if (stream.endless) {
      fail("save() went on writing when the stream took no more",
           "A stream that has refused a write refuses all others.");
    }
    if (status != SHUNT_OK || stream.refused) return std::nullopt;
    return std::move(stream.bytes);
  }

  std::int32_t load(Subject& to, std::string_view version, std::string_view bytes, const std::string& what) {
    const auto* table = to.table<shunt_state_table>(SHUNT_STATE_ID);
    if (table == nullptr) return SHUNT_UNSUPPORTED;
    run_.log().step("load() of " + what);
    GuardedMemory memory;
    const char* tag = memory.text("the version of the saved state", version);
    const char* data = memory.text("the saved state", bytes);
    memory.protect(true);
    FakeCall made(to.instance(), Stage::Control);
    std::int32_t status = SHUNT_OK;
    {
      const PluginCall calling;
      status = table->load(to.self(), made.handle(), {tag, version.size()}, data, bytes.size());
    }
    judge("load()", status, made, false);
    return status;
  }

  std::string version(Subject& of) {
    const auto* table = of.table<shunt_state_table>(SHUNT_STATE_ID);
    return table == nullptr ? std::string() : std::string(sdk::to_view(table->version));
  }

  // A request through every function, judged: what came of loading is an instance like any other.
  void ask(Subject& subject, std::uint64_t number) {
    Scene scene = run_.scene(4);
    scene.request_number = number;
    Frame frame(subject, scene);
    Calls(subject, run_.log()).request(frame);
    subject.forget_request(number);
  }

  void fail(const std::string& seen, std::string_view rule) { run_.log().fail(seen, rule, kSource); }

 private:
  void judge(const std::string& function, std::int32_t status, const FakeCall& made, bool has_text) {
    if (status > SHUNT_OK) {
      fail(function + " returned the status " + std::to_string(status),
           "A positive status that the function's comment does not name is a fault.");
    } else if (status < SHUNT_OK && made.error.empty() && !has_text) {
      fail(function + " returned the status " + std::to_string(status) + " and no text",
           "A function that fails says why, with set_error().");
    }
  }

  CaseRun& run_;
};

// An instance that has something to remember, if it remembers requests.
std::unique_ptr<Subject> learned(CaseRun& run, StateCalls& calls) {
  auto subject = run.create();
  for (std::uint64_t i = 1; subject != nullptr && i <= 3; ++i) calls.ask(*subject, i);
  return subject;
}

struct Sample {
  std::string what;
  std::string bytes;
};

// What is no state, or no longer.
std::vector<Sample> damaged(const std::string& saved, std::uint64_t seed) {
  std::vector<Sample> samples{{"nothing at all", ""}, {"one byte", "\x01"}};
  std::uint64_t draw = seed * 0x9e3779b97f4a7c15u + 1;
  const auto next = [&draw] { return (draw = draw * 6364136223846793005u + 1442695040888963407u) >> 33; };
  std::string noise;
  for (int i = 0; i < 4096; ++i) noise += static_cast<char>(next());
  samples.push_back({"4 KiB of noise", noise});
  samples.push_back({"1 MiB of zeroes", std::string(std::size_t{1} << 20, '\0')});
  samples.push_back({"1 MiB of bytes 0xff", std::string(std::size_t{1} << 20, '\xff')});
  for (std::size_t length = 0; length < saved.size(); length += std::max<std::size_t>(1, saved.size() / 32)) {
    samples.push_back(
        {"state that is cut off after " + std::to_string(length) + " of " + std::to_string(saved.size()) + " bytes",
         saved.substr(0, length)});
  }
  samples.push_back({"state with a byte too much", saved + '\0'});
  samples.push_back({"the same state twice", saved + saved});
  if (saved.empty()) return samples;
  // Lengths stand near the beginning, as a rule: every early byte, then some of the others.
  for (std::size_t i = 0; i < 96; ++i) {
    const std::size_t at = i < 64 ? i : static_cast<std::size_t>(next() % saved.size());
    if (at >= saved.size()) continue;
    for (const unsigned mask : {0x01u, 0x80u, 0xffu}) {
      std::string changed = saved;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ mask);
      samples.push_back({"state whose byte " + std::to_string(at) + " is another", std::move(changed)});
    }
  }
  return samples;
}

}  // namespace

void case_state(CaseRun& run) {
  StateCalls calls(run);
  const auto subject = learned(run, calls);
  if (subject == nullptr) return;
  const std::string version = calls.version(*subject);
  if (version.empty() || version.size() > 64) {
    calls.fail("the version of the state has " + std::to_string(version.size()) + " bytes",
               "The tag of the format has 1 to 64 bytes.");
    return;
  }
  const auto saved = calls.save(*subject);
  if (!saved) {
    calls.fail("save() failed", "An instance can save the state that it has.");
    return;
  }
  if (calls.save(*subject) != saved) {
    calls.fail("save() wrote something else the second time", "Saving is reading: it changes nothing.");
  }
  calls.ask(*subject, 4);
  const auto successor = run.create();
  if (successor == nullptr) return;
  if (const std::int32_t status = calls.load(*successor, version, *saved, "what save() wrote"); status != SHUNT_OK) {
    calls.fail("load() returned " + std::to_string(status) + " for what save() wrote",
               "load() is offered the tag that save() was called under, and takes the state over.");
    return;
  }
  if (calls.save(*successor) != saved) {
    calls.fail("what the successor saves is not what it loaded",
               "Saved state is complete: save, load, save gives the same bytes.");
  }
  calls.ask(*successor, 5);
  // A host that takes less than there is.
  for (const std::size_t capacity :
       {std::size_t{0}, saved->size() / 2, saved->size() - std::min<std::size_t>(1, saved->size())}) {
    const auto part = calls.save(*successor, capacity);
    const auto other = run.create();
    if (!part || other == nullptr) continue;
    if (calls.load(*other, version, *part, "what save() wrote for " + std::to_string(capacity) + " bytes") !=
        SHUNT_OK) {
      calls.fail("load() refused what save() wrote into a smaller stream",
                 "What a successful save() has written is a state, however small the stream.");
    }
  }
  run.judge_services(*subject);
  run.judge_services(*successor);
}

void case_odd_state(CaseRun& run) {
  StateCalls calls(run);
  const auto subject = learned(run, calls);
  const auto fresh = run.create();
  if (subject == nullptr || fresh == nullptr) return;
  const std::string version = calls.version(*subject);
  const auto saved = calls.save(*subject);
  const auto nothing = calls.save(*fresh);
  if (!saved || !nothing) return;  // what the case "state" is about
  const auto untouched = [&](Subject& refuser, const std::string& what) {
    if (calls.save(refuser) == nothing) return;
    calls.fail("after load() had refused " + what + ", the instance no longer was as create() had made it",
               "After any failure the instance is as create() has made it.");
  };
  for (const std::string& other : {version + "0", std::string("no-such-version"), std::string("\xff\x00", 2)}) {
    const auto to = run.create();
    if (to == nullptr) return;
    if (calls.load(*to, other, *saved, "the version \"" + other + "\"") == SHUNT_OK) {
      calls.fail("load() accepted a version that it has not heard of", "load() looks at the version.");
    } else {
      untouched(*to, "an unknown version");
    }
  }
  const double until = thread_milliseconds() + kMillisecondsForDamage;
  std::uint64_t request = 100;
  for (const Sample& sample : damaged(*saved, run.job().seed)) {
    if (thread_milliseconds() > until) {
      run.log().note("not every damaged state was tried: loading takes long");
      break;
    }
    const auto to = run.create();
    if (to == nullptr) return;
    if (calls.load(*to, version, sample.bytes, sample.what) == SHUNT_OK) {
      calls.ask(*to, ++request);
      (void)calls.save(*to);
    } else {
      untouched(*to, sample.what);
    }
  }
}

}  // namespace shunt::validate
