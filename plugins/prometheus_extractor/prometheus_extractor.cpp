// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/extractor.hpp>

#include "exposition_parser.hpp"
#include "metric_spec.hpp"
#include "parameters_schema.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace prometheus_extractor {
namespace {

using shunt::sdk::Column;
using shunt::sdk::Context;
using shunt::sdk::EndpointOutput;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::Page;
using shunt::sdk::Parameter;
using shunt::sdk::Set;
using shunt::sdk::Status;
using shunt::sdk::Symbol;
using shunt::sdk::View;

constexpr std::string_view kColumns[] = {"queue",           "running",       "kv_cache_usage", "kv_cache_block_size",
                                         "kv_cache_blocks", "active_models", "waiting_models", "max_active_models"};
constexpr std::string_view kLegacyLabel = "inference.networking.k8s.io/engine-type";

enum class Kind { Count, Share, Any };
enum class Combine { Sum, Highest, Lowest };

// How one numeric column is read from a page.
struct NumberRule {
  EndpointOutput<double> output;
  Kind kind;
  Combine combine;
  MetricSpec metric;
  std::string label;  // holds the number; empty: the sample's value does
};

struct AdapterRule {
  MetricSpec metric;
  std::string active_label;
  std::string waiting_label;
  std::string max_label;
};

struct Engine {
  Symbol name = 0;
  std::vector<NumberRule> numbers;
  std::optional<AdapterRule> adapters;
  NameFilter filter;  // of all their names

  void make_filter() {
    std::vector<std::string_view> names;
    for (const NumberRule& rule : numbers) names.push_back(rule.metric.name());
    if (adapters) names.push_back(adapters->metric.name());
    filter = NameFilter(names);
  }
};

// What the samples of a page amount to for one rule.
struct Gathered {
  double value = 0;
  bool seen = false;

  void add(double number, const NumberRule& rule) {
    if (!std::isfinite(number) || (rule.kind == Kind::Count && number < 0)) return;
    if (rule.kind == Kind::Share) number = std::clamp(number, 0.0, 1.0);
    if (!seen) {
      value = number;
    } else {
      value = rule.combine == Combine::Sum       ? value + number
              : rule.combine == Combine::Highest ? std::max(value, number)
                                                 : std::min(value, number);
    }
    seen = true;
  }
};

// The newest sample that lists adapters: vLLM keeps the older ones on the page, and the value is their time.
struct NewestAdapters {
  std::optional<double> time;
  Labels labels;

  void add(const Sample& sample) {
    if (!std::isfinite(sample.value) || (time && sample.value < *time)) return;
    time = sample.value;
    labels = sample.labels;
  }
};

std::optional<MetricSpec> metric_spec(const Parameter& parameter) {
  const std::string text = parameter.text("");
  if (text.empty()) return std::nullopt;
  std::optional<MetricSpec> spec = MetricSpec::parse(text);
  if (!spec)
    throw Error("parameter " + parameter.pointer() + ": \"" + text + "\" is not of the form name{label=value}");
  return spec;
}

class PrometheusExtractor {
 public:
  SHUNT_PLUGIN("prometheus-extractor", "1.0.0",
               "Reads load, cache and adapter columns from metrics pages of model servers")
  static constexpr std::string_view kParametersSchema = kSchema;
  static constexpr auto& kWrites = kColumns;
  static constexpr auto& kDefaultProducerOf = kColumns;

  explicit PrometheusExtractor(Init& init)
      : queue_(init.endpoint_output<double>("queue")),
        running_(init.endpoint_output<double>("running")),
        usage_(init.endpoint_output<double>("kv_cache_usage")),
        block_size_(init.endpoint_output<double>("kv_cache_block_size")),
        blocks_(init.endpoint_output<double>("kv_cache_blocks")),
        max_active_(init.endpoint_output<double>("max_active_models")),
        active_(init.endpoint_output<Set>("active_models")),
        waiting_(init.endpoint_output<Set>("waiting_models")),
        engine_label_(init.label(init.parameter("engineLabel").text("llm-d.ai/engine-type"))),
        legacy_label_(init.label(kLegacyLabel)),
        pages_(init.counter("pages_total", "Metrics pages read")),
        malformed_(init.counter("malformed_lines_total", "Lines of metrics pages that could not be read")),
        unknown_engines_(
            init.counter("unknown_engine_pages_total", "Pages of endpoints whose engine has no metric names")) {
    const std::string path = init.parameter("path").text("/metrics");
    if (!path.starts_with('/')) throw Error("parameter /path must start with \"/\", found \"" + path + "\"");
    init.fetch(path, static_cast<std::int64_t>(init.parameter("intervalMs").number(50) * 1e6));
    read_engines(init);
    add_custom_metrics(init);
    for (Engine& engine : engines_) engine.make_filter();
    unknown_.make_filter();
  }

  Status extract(const Context& context, const Page& page) {
    if (page.http_status() < 200 || page.http_status() > 299) {
      return context.fail("the metrics page answered with HTTP status " + std::to_string(page.http_status()));
    }
    const Engine& engine = engine_of(page.row());
    const shunt_host& host = context.host();
    gathered_.assign(engine.numbers.size(), Gathered());
    NewestAdapters adapters;
    const PageCounts counts = parse_exposition(
        page.body(), [&](std::string_view name) { return is_wanted(engine, name); },
        [&](const Sample& sample) { gather(engine, sample, adapters); }, engine.filter);
    host.metric_add(pages_, 1);
    host.metric_add(malformed_, static_cast<double>(counts.malformed));
    if (&engine == &unknown_) host.metric_add(unknown_engines_, 1);
    if (counts.samples == 0 && !engine.numbers.empty()) {
      return context.fail("the metrics page holds none of the metrics of its engine");
    }
    return put(context, page.endpoint(), engine, adapters);
  }

 private:
  void read_engines(Init& init) {
    const std::string standard = init.parameter("defaultEngine").text("vllm");
    const Parameter engines = init.parameter("engines");
    const std::vector<std::string> names = engines.keys();
    const auto found = std::find(names.begin(), names.end(), standard);
    if (found == names.end()) throw Error("parameter /defaultEngine: there is no engine \"" + standard + "\"");
    default_ = static_cast<std::size_t>(found - names.begin());
    for (const std::string& name : names) engines_.push_back(read_engine(init.intern(name), engines[name]));
  }

  Engine read_engine(Symbol name, const Parameter& from) const {
    Engine engine;
    engine.name = name;
    const auto number = [&](const char* key, EndpointOutput<double> output, Kind kind, Combine combine,
                            std::string label = {}) {
      if (std::optional<MetricSpec> metric = metric_spec(from[key])) {
        engine.numbers.push_back({output, kind, combine, std::move(*metric), std::move(label)});
      }
    };
    // Ranks of one endpoint add up; the fullest of them decides whether another request still fits.
    number("queue", queue_, Kind::Count, Combine::Sum);
    number("running", running_, Kind::Count, Combine::Sum);
    number("kvCacheUsage", usage_, Kind::Share, Combine::Highest);
    number("blockSize", block_size_, Kind::Count, Combine::Highest, from["blockSizeLabel"].text(""));
    number("blocks", blocks_, Kind::Count, Combine::Sum, from["blocksLabel"].text(""));
    if (std::optional<MetricSpec> metric = metric_spec(from["lora"])) {
      engine.adapters = AdapterRule{std::move(*metric), from["loraActiveLabel"].text(""),
                                    from["loraWaitingLabel"].text(""), from["loraMaxLabel"].text("")};
    }
    return engine;
  }

  // Metrics that belong to no engine are looked for on every page, so each engine gets their rules too.
  void add_custom_metrics(Init& init) {
    const Parameter list = init.parameter("customMetrics");
    std::vector<std::string> taken(std::begin(kColumns), std::end(kColumns));
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string attribute = list[i]["attribute"].text("");
      const std::optional<MetricSpec> metric = metric_spec(list[i]["metric"]);
      if (attribute.empty() || !metric)
        throw Error("parameter " + list[i].pointer() + " needs an attribute and a metric");
      if (std::find(taken.begin(), taken.end(), attribute) != taken.end()) {
        throw Error("parameter " + list[i].pointer() + "/attribute: \"" + attribute + "\" is written already");
      }
      taken.push_back(attribute);
      const std::string word = list[i]["combine"].text("max");
      const Combine combine = word == "sum" ? Combine::Sum : word == "min" ? Combine::Lowest : Combine::Highest;
      const NumberRule rule{init.endpoint_output<double>(attribute), Kind::Any, combine, *metric, {}};
      for (Engine& engine : engines_) engine.numbers.push_back(rule);
      unknown_.numbers.push_back(rule);
    }
  }

  const Engine& engine_of(View row) const {
    auto label = engine_label_(row);
    if (!label.has(0)) label = legacy_label_(row);
    if (!label.has(0)) return engines_[default_];
    const auto found =
        std::find_if(engines_.begin(), engines_.end(), [&](const Engine& engine) { return engine.name == label[0]; });
    return found == engines_.end() ? unknown_ : *found;
  }

  static bool is_wanted(const Engine& engine, std::string_view name) {
    if (engine.adapters && engine.adapters->metric.name() == name) return true;
    return std::any_of(engine.numbers.begin(), engine.numbers.end(),
                       [&](const NumberRule& rule) { return rule.metric.name() == name; });
  }

  void gather(const Engine& engine, const Sample& sample, NewestAdapters& adapters) {
    for (std::size_t i = 0; i < engine.numbers.size(); ++i) {
      const NumberRule& rule = engine.numbers[i];
      if (!rule.metric.matches(sample)) continue;
      if (rule.label.empty()) {
        gathered_[i].add(sample.value, rule);
      } else if (const std::optional<std::string_view> text = sample.labels.find(rule.label)) {
        gathered_[i].add(parse_number(*text).value_or(std::nan("")), rule);
      }
    }
    if (engine.adapters && engine.adapters->metric.matches(sample)) adapters.add(sample);
  }

  // What the page does not say keeps the value that it has.
  Status put(const Context& context, std::uint64_t endpoint, const Engine& engine, const NewestAdapters& adapters) {
    Status status = SHUNT_OK;
    for (std::size_t i = 0; i < gathered_.size(); ++i) {
      if (gathered_[i].seen)
        status = std::min(status, engine.numbers[i].output.put(context, endpoint, gathered_[i].value));
    }
    if (!engine.adapters || !adapters.time) return status;
    if (const auto names = adapters.labels.find(engine.adapters->active_label)) {
      status = std::min(status, active_.put(context, endpoint, split(*names)));
    }
    if (const auto names = adapters.labels.find(engine.adapters->waiting_label)) {
      status = std::min(status, waiting_.put(context, endpoint, split(*names)));
    }
    if (const auto text = adapters.labels.find(engine.adapters->max_label)) {
      const double most = parse_number(*text).value_or(-1);
      if (std::isfinite(most) && most >= 0) status = std::min(status, max_active_.put(context, endpoint, most));
    }
    return status;
  }

  // The names of a list with commas; valid until the next call.
  std::span<const shunt_str> split(std::string_view escaped) {
    names_text_.clear();
    names_.clear();
    append_meaning(escaped, names_text_);
    std::string_view rest = names_text_;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      std::string_view name = rest.substr(0, comma);
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
      while (name.starts_with(' ')) name.remove_prefix(1);
      while (name.ends_with(' ')) name.remove_suffix(1);
      if (!name.empty()) names_.push_back(shunt::sdk::to_abi(name));
    }
    return names_;
  }

  EndpointOutput<double> queue_;
  EndpointOutput<double> running_;
  EndpointOutput<double> usage_;
  EndpointOutput<double> block_size_;
  EndpointOutput<double> blocks_;
  EndpointOutput<double> max_active_;
  EndpointOutput<Set> active_;
  EndpointOutput<Set> waiting_;
  Column<Symbol> engine_label_;
  Column<Symbol> legacy_label_;
  shunt_metric* pages_;
  shunt_metric* malformed_;
  shunt_metric* unknown_engines_;
  std::vector<Engine> engines_;
  std::size_t default_ = 0;
  Engine unknown_;  // of endpoints whose label names no known engine: custom metrics only
  // Working memory of one call: calls of one instance never overlap.
  std::vector<Gathered> gathered_;
  std::vector<shunt_str> names_;
  std::string names_text_;
};

}  // namespace
}  // namespace prometheus_extractor

SHUNT_LIBRARY(prometheus_extractor::PrometheusExtractor)
