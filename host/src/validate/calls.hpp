// SPDX-License-Identifier: Apache-2.0
// calls.hpp: calls every function that an instance offers for requests, in the order in which a host would, and judges the
// answers by what the headers say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "allocation_probe.hpp"
#include "case_log.hpp"
#include "frame.hpp"
#include "subject.hpp"

namespace shunt::validate {

// What one function answered, in a form that can be compared.
struct Answer {
  std::string function;  // "score()"
  std::int32_t status = SHUNT_OK;
  // A value per row and column; scores, keep bytes, produced columns, lengths of reasons. NaN: nothing written.
  std::vector<std::vector<double>> columns;
  std::vector<std::uint64_t> keys;  // of the rows of `columns`
  std::vector<std::uint64_t> list;  // picks as keys, profiles, the parts of a verdict
  std::string text;
};

// What is demanded of the answers, beside what is always demanded.
struct Demands {
  bool finite = true;    // scores and produced numbers are finite
  bool in_range = true;  // scores lie in [0, 1]
  bool no_fault = true;  // no negative status
  bool texts = true;     // what needs a text has one; not where call_alloc() has nothing left
};

struct CallOptions {
  Demands demands;
  bool only_answers = false;       // judge nothing
  bool count_allocations = false;  // of the calls themselves
  bool observe = true;             // picked() too: it may change what later calls answer
};

class Calls {
 public:
  Calls(Subject& subject, CaseLog& log) : subject_(subject), log_(log) {}

  // One request through all functions. Steps are told to the log unless nothing is judged.
  std::vector<Answer> request(Frame& frame, const CallOptions& options = {});
  // Allocations that were counted, by function.
  struct Allocated {
    std::string function;
    std::uint64_t count;
  };
  const std::vector<Allocated>& allocated() const { return allocated_; }
  // CPU time inside the plugin during the last request.
  double milliseconds() const { return milliseconds_; }

 private:
  template <class Function>
  void call(Answer& answer, const testing::FakeCall& made, Function function);

  void produce(Frame& frame, std::vector<Answer>& answers);
  std::vector<Run> handle(Frame& frame, std::vector<Answer>& answers);
  void filter(Frame& frame, std::vector<Answer>& answers);
  void score(Frame& frame, std::vector<Answer>& answers);
  void pick(Frame& frame, std::vector<Answer>& answers);
  void process(Frame& frame, const std::vector<Run>& runs, std::vector<Answer>& answers);
  void picked(Frame& frame, const std::vector<Run>& runs, std::vector<Answer>& answers);
  void explain(Frame& frame, std::string_view id, std::vector<Answer>& answers);
  void judge(const Answer& answer, const testing::FakeCall& made, std::initializer_list<std::int32_t> benign,
             std::string_view source);
  void judge_text(const testing::FakeCall& made, shunt_str text, const std::string& what, std::string_view source);
  void judge_memory(const Answer& answer, const char* damaged, std::string_view source);
  void fail(const std::string& seen, std::string_view required, std::string_view source);
  Answer& start(std::vector<Answer>& answers, Frame& frame, std::string function);

  Subject& subject_;
  CaseLog& log_;
  CallOptions options_;
  std::vector<Allocated> allocated_;
  double milliseconds_ = 0;
};

// CPU time of this thread.
double thread_milliseconds();

template <class Function>
void Calls::call(Answer& answer, const testing::FakeCall& made, Function function) {
  const std::uint64_t before = options_.count_allocations ? counted_allocations() : 0;
  const double begin = thread_milliseconds();
  {
    const PluginCall calling(options_.count_allocations);
    answer.status = function();
  }
  milliseconds_ += thread_milliseconds() - begin;
  if (options_.count_allocations) {
    const std::uint64_t n = counted_allocations() - before;
    if (n > 0) allocated_.push_back({answer.function, n});
  }
  answer.text = made.error;
}

// True when a text is a literal of a loaded object or memory of this call's arena.
bool is_literal_or_call_memory(const testing::FakeCall& made, shunt_str text);

}  // namespace shunt::validate
