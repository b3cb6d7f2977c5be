// SPDX-License-Identifier: Apache-2.0
#include "bench_words.hpp"

#include <charconv>
#include <string>
#include <utility>

#include "argument_words.hpp"
#include "subject_words.hpp"

namespace shunt::host {

namespace {

constexpr std::uint32_t kMostEndpoints = 100'000;

struct BenchWords {
  BenchArguments arguments;
  std::string endpoints = "8,64,512,4096";
  std::string profiles;
  std::string without;
};

UsageError usage(std::string message) { return {std::move(message), "", "shunt plugin bench --help"}; }

// The sizes, or what is wrong with them.
std::optional<UsageError> read_sizes(const std::string& text, std::vector<std::uint32_t>& sizes) {
  for (const std::string& word : split_at_commas(text)) {
    std::uint32_t size = 0;
    const auto read = std::from_chars(word.data(), word.data() + word.size(), size);
    if (read.ec != std::errc{} || read.ptr != word.data() + word.size() || size == 0 || size > kMostEndpoints) {
      return usage("--endpoints takes whole numbers from 1 to " + std::to_string(kMostEndpoints) +
                   ", separated by commas; " + in_quotes(word) + " is none");
    }
    sizes.push_back(size);
  }
  if (sizes.empty()) return usage("--endpoints names at least one number");
  return std::nullopt;
}

Finished finish(const BenchWords& words, OutputFormat format) {
  BenchArguments to = words.arguments;
  if (auto wrong = problem_of_subject(to, "plugin bench", true)) return *std::move(wrong);
  if (auto wrong = read_sizes(words.endpoints, to.endpoints)) return *std::move(wrong);
  if (to.budget_us == 0) return usage("--budget-us is at least 1");
  if (to.time_limit_ms == 0) return usage("--time-limit-ms is at least 1");
  to.profiles = split_at_commas(words.profiles);
  to.without = split_at_commas(words.without);
  to.format = format;
  return to;
}

}  // namespace

void add_bench_command(CommandTree& tree, CLI::App& plugin) {
  BenchWords& words = tree.target<BenchWords>();
  BenchArguments& to = words.arguments;
  CLI::App& app = tree.add_command(plugin, "bench", "Time every function of a plugin, and count what it allocates",
                                   "shunt plugin bench ./my_scorer.so\n"
                                   "shunt plugin bench queue_scorer.so --endpoints 100,10000 -o json");
  add_subject_flags(tree, app, to, words.profiles);
  tree.add_text(app, "--endpoints", words.endpoints, "NUMBERS",
                "How many endpoints there are, separated by commas; default: 8,64,512,4096");
  tree.add_text(app, "--without", words.without, "NAMES",
                "Columns and request-scoped values that nobody produces, separated by commas");
  tree.add_number(app, "--budget-us", to.budget_us, "Time that one call may take, to compare with; default: 1000");
  tree.add_number(app, "--time-limit-ms", to.time_limit_ms, "How long one plugin type may take; default: 60000");
  tree.add_format(app, "text", {"text", "json", "jsonl"});
  tree.finish(app, [&tree, &words] { return finish(words, tree.format(OutputFormat::Text)); });
}

}  // namespace shunt::host
