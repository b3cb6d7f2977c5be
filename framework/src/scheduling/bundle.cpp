// SPDX-License-Identifier: Apache-2.0
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <cmath>
#include <exception>
#include <limits>
#include <shunt/framework/bundle.hpp>
#include <shunt/framework/decision_json.hpp>
#include <shunt/framework/endpoint_table.hpp>
#include <shunt/framework/library.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace shunt {

namespace json = boost::json;

namespace {

constexpr double kNanosecondsPerMillisecond = 1e6;
constexpr double kExact = 9007199254740992.0;  // 2^53

// Whole numbers are written without a fraction, as people do.
json::value plain(double number) {
  if (std::trunc(number) == number && std::abs(number) <= kExact) return static_cast<std::int64_t>(number);
  return number;
}

json::value value_of(const Snapshot::Column& column, std::uint32_t row) {
  const SymbolTable& symbols = SymbolTable::process();
  switch (column.type) {
    case AttributeType::Number: return plain(static_cast<const double*>(column.data)[row]);
    case AttributeType::Flag: return static_cast<const std::uint8_t*>(column.data)[row] != 0;
    case AttributeType::Name: return json::string(symbols.text(static_cast<const Symbol*>(column.data)[row]));
    case AttributeType::Set: break;
  }
  const shunt_set_row members = static_cast<const shunt_set_row*>(column.data)[row];
  json::array names;
  for (std::uint32_t i = members.begin; i < members.end; ++i) names.emplace_back(symbols.text(column.pool[i]));
  return names;
}

json::object endpoint_to_json(const Snapshot& snapshot, std::span<const LiveCount> live, std::uint32_t row) {
  json::object labels;
  json::object attributes;
  json::object as_of;
  const AttributeTable& table = *snapshot.attributes();
  for (AttributeId id = 0; id < table.size(); ++id) {
    const Snapshot::Column* column = snapshot.column(id);
    if (column == nullptr || column->absent || (column->valid != nullptr && column->valid[row] == 0)) continue;
    const std::string name = table.name(id);
    if (name == kEndpointName || name == kEndpointAddress) continue;  // said beside the attributes
    if (name.starts_with(kLabelPrefix)) {
      labels.emplace(name.substr(kLabelPrefix.size()), value_of(*column, row));
      continue;
    }
    attributes.emplace(name, value_of(*column, row));
    if (column->as_of_ns != nullptr && column->as_of_ns[row] != std::numeric_limits<std::int64_t>::max()) {
      as_of.emplace(name, column->as_of_ns[row]);
    }
  }
  const std::uint32_t slot = snapshot.live_slot(row);
  const LiveCount count =
      live.empty() ? LiveCount{snapshot.live().in_flight(slot), snapshot.live().in_flight_tokens(slot)} : live[row];
  attributes.insert_or_assign("in_flight", count.requests);
  attributes.insert_or_assign("in_flight_tokens", count.tokens);

  json::object out{{"name", snapshot.name(row)}};
  if (!snapshot.address(row).empty()) out["address"] = snapshot.address(row);
  if (!labels.empty()) out["labels"] = std::move(labels);
  out["attributes"] = std::move(attributes);
  if (!as_of.empty()) out["asOfNs"] = std::move(as_of);
  return out;
}

// Milliseconds where they say the same, else nanoseconds under a key of their own.
void add_time(json::object& out, std::string_view key, std::int64_t nanoseconds) {
  const double milliseconds = static_cast<double>(nanoseconds) / kNanosecondsPerMillisecond;
  const double back = milliseconds * kNanosecondsPerMillisecond;
  if (std::abs(back) < kExact && std::llround(back) == nanoseconds) {
    out[std::string(key) + "_ms"] = plain(milliseconds);
  } else {
    out[std::string(key) + "_ns"] = nanoseconds;
  }
}

template <class Value>
void add_if(json::object& out, std::string_view key, const std::optional<Value>& value) {
  if (value) out[key] = *value;
}

void add_if(json::object& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out[key] = text;
}

json::object pairs(const std::vector<std::pair<std::string, std::string>>& all) {
  json::object out;
  for (const auto& [name, value] : all) out.insert_or_assign(name, value);
  return out;
}

json::object recorded_to_json(const RecordedOutput& output, const Snapshot& snapshot) {
  json::object out{{"name", output.name}, {"scope", output.is_value ? "value" : "column"}, {"type", output.type}};
  if (!output.is_value) {
    json::object numbers;
    for (std::size_t i = 0; i < output.rows.size(); ++i) {
      numbers.emplace(snapshot.name(output.rows[i]), plain(output.numbers[i]));
    }
    out["numbers"] = std::move(numbers);
  } else if (output.type == SHUNT_VALUE_NUMBER) {
    out["number"] = output.numbers.empty() ? json::value() : plain(output.numbers.front());
  } else if (output.type == SHUNT_VALUE_ENDPOINT) {
    out["key"] = output.key;
  } else {
    out["text"] = output.text;
  }
  return out;
}

json::object note_to_json(const Annotation& note) {
  json::object out{{"kind", note.kind}, {"name", note.name}};
  if (!note.removes) out["text"] = note.text;
  return out;
}

Annotation note_from_json(const json::object& from) {
  Annotation note;
  note.kind = from.at("kind").to_number<std::uint32_t>();
  note.name = json::value_to<std::string>(from.at("name"));
  if (note.kind < SHUNT_NOTE_INFO || note.kind > SHUNT_NOTE_TARGET_PORT) {
    throw std::runtime_error("the note \"" + note.name + "\" has the unknown kind " + std::to_string(note.kind));
  }
  const json::value* text = from.if_contains("text");
  note.removes = text == nullptr;
  if (text != nullptr) note.text = json::value_to<std::string>(*text);
  return note;
}

json::object queue_to_json(const shunt_queue_stats& queue) {
  json::array bands;
  for (std::uint32_t i = 0; i < queue.n_bands; ++i) {
    const shunt_queue_band& band = queue.bands[i];
    bands.push_back(
        json::object{{"priority", band.priority}, {"waiting", band.waiting}, {"oldestWaitNs", band.oldest_wait_ns}});
  }
  return {{"waiting", queue.waiting},
          {"highestPriority", queue.highest_priority},
          {"oldestWaitNs", queue.oldest_wait_ns},
          {"anyDeadline", queue.any_deadline != 0},
          {"bands", std::move(bands)}};
}

json::array libraries_to_json(const Generation& generation) {
  json::array out;
  for (const auto& library : generation.libraries()) {
    out.push_back(json::object{{"file", library->file_name()}, {"sha256", library->sha256()}});
  }
  return out;
}

double number_of(const json::value& value) { return value.to_number<double>(); }

RecordedOutput recorded_from_json(const json::object& from, const Snapshot& snapshot) {
  RecordedOutput output;
  output.name = json::value_to<std::string>(from.at("name"));
  output.is_value = from.at("scope").as_string() == "value";
  output.type = from.at("type").to_number<std::uint32_t>();
  const bool known = output.is_value ? output.type >= SHUNT_VALUE_NUMBER && output.type <= SHUNT_VALUE_SYMBOL
                                     : output.type == SHUNT_COLUMN_NUMBER || output.type == SHUNT_COLUMN_FLAG;
  if (!known) throw std::runtime_error("\"" + output.name + "\" has the unknown type " + std::to_string(output.type));
  if (!output.is_value) {
    for (const auto& member : from.at("numbers").as_object()) {
      const std::uint32_t row = snapshot.find(endpoint_key(member.key()));
      if (row == SHUNT_NONE) throw std::runtime_error("unknown endpoint \"" + std::string(member.key()) + "\"");
      output.rows.push_back(row);
      output.numbers.push_back(number_of(member.value()));
    }
  } else if (output.type == SHUNT_VALUE_NUMBER) {
    output.numbers.push_back(number_of(from.at("number")));
  } else if (output.type == SHUNT_VALUE_ENDPOINT) {
    output.key = from.at("key").to_number<std::uint64_t>();
  } else {
    output.text = json::value_to<std::string>(from.at("text"));
  }
  return output;
}

void read_queue(const json::object& from, BundleRun& run) {
  run.has_queue = true;
  run.queue.size = sizeof run.queue;
  run.queue.waiting = from.at("waiting").to_number<std::uint64_t>();
  run.queue.highest_priority = from.at("highestPriority").to_number<std::int32_t>();
  run.queue.oldest_wait_ns = from.at("oldestWaitNs").to_number<std::int64_t>();
  run.queue.any_deadline = from.at("anyDeadline").as_bool() ? 1 : 0;
  for (const json::value& band : from.at("bands").as_array()) {
    const json::object& object = band.as_object();
    run.bands.push_back({sizeof(shunt_queue_band), object.at("priority").to_number<std::int32_t>(),
                         object.at("waiting").to_number<std::uint64_t>(),
                         object.at("oldestWaitNs").to_number<std::int64_t>()});
  }
}

// The trace of the producers, which a replay does not call: without it the explained line would not be the same.
std::vector<TraceStage> producer_stages(const json::value& bundle) {
  std::vector<TraceStage> stages;
  for (const json::value& value : bundle.at("decision").at("trace").as_array()) {
    const json::object& from = value.as_object();
    if (from.at("stage").as_string() != "producer") continue;
    TraceStage& stage = stages.emplace_back();
    stage.stage = TraceStage::Stage::Producer;
    stage.plugin = json::value_to<std::string>(from.at("plugin"));
    stage.type = json::value_to<std::string>(from.at("type"));
    stage.candidates_before = from.at("before").to_number<std::uint32_t>();
    stage.candidates_after = from.at("after").to_number<std::uint32_t>();
    if (const json::value* status = from.if_contains("status")) stage.status = status->to_number<std::int32_t>();
    if (const json::value* error = from.if_contains("error")) stage.error = json::value_to<std::string>(*error);
    if (const json::value* flag = from.if_contains("defaulted")) stage.defaulted = flag->as_bool();
    if (const json::value* faults = from.if_contains("faults")) stage.faults = faults->to_number<std::uint64_t>();
  }
  return stages;
}

// Boost.JSON throws where a document is not as expected; here that is the caller's file, not a fault of the program.
template <class Read>
auto guarded(Read read) -> Result<decltype(read())> {
  try {
    return read();
  } catch (const std::exception& error) {
    return Error{ErrorKind::Config, "E301", std::string("the bundle is damaged: ") + error.what()};
  }
}

}  // namespace

json::object snapshot_to_json(const Snapshot& snapshot, std::span<const LiveCount> live) {
  json::array endpoints;
  for (std::uint32_t row = 0; row < snapshot.size(); ++row) endpoints.push_back(endpoint_to_json(snapshot, live, row));
  return {{"endpoints", std::move(endpoints)}};
}

json::object request_to_json(const Request& request, const Snapshot& snapshot) {
  json::object out{{"id", request.id}, {"number", request.number}};
  if (request.attempt != 0) out["attempt"] = request.attempt;
  add_if(out, "path", request.path);
  add_if(out, "type", request.type);
  add_if(out, "model", request.model);
  add_if(out, "target_model", request.target_model);
  if (request.has_prompt || !request.prompt.empty()) out["prompt"] = request.prompt;
  add_if(out, "cache_salt", request.cache_salt);
  add_if(out, "user", request.user);
  add_if(out, "session", request.session);
  add_if(out, "tenant", request.tenant);
  if (request.streaming) out["stream"] = true;
  if (request.multimodal) out["multimodal"] = true;
  add_time(out, "arrival", request.arrival_ns);
  if (request.deadline_ns) add_time(out, "deadline", *request.deadline_ns);
  if (request.ttft_slo_ns) add_time(out, "ttft_slo", *request.ttft_slo_ns);
  if (request.tpot_slo_ns) add_time(out, "tpot_slo", *request.tpot_slo_ns);
  add_if(out, "priority", request.priority);
  add_if(out, "prompt_tokens", request.prompt_tokens);
  if (request.prompt_tokens_estimated) out["prompt_tokens_estimated"] = true;
  add_if(out, "max_tokens", request.max_tokens);
  add_if(out, "batch_size", request.batch_size);
  add_if(out, "input_bytes", request.input_bytes);
  if (request.estimated_flops) out["estimated_flops"] = plain(*request.estimated_flops);
  if (request.cost_budget) out["cost_budget"] = plain(*request.cost_budget);
  add_if(out, "preferred_endpoint", request.preferred_endpoint);
  if (!request.block_hashes.empty()) {
    out["block_hashes"] = json::array(request.block_hashes.begin(), request.block_hashes.end());
  }
  if (!request.token_ids.empty()) out["token_ids"] = json::array(request.token_ids.begin(), request.token_ids.end());
  if (!request.excluded.empty()) {
    json::array names;
    for (const std::uint64_t key : request.excluded) {
      if (const std::uint32_t row = snapshot.find(key); row != SHUNT_NONE) names.emplace_back(snapshot.name(row));
    }
    out["excluded"] = std::move(names);
  }
  if (!request.headers.empty()) out["headers"] = pairs(request.headers);
  if (!request.tags.empty()) out["tags"] = pairs(request.tags);
  return out;
}

json::object make_bundle(const Decision& decision, const Request& request, const Snapshot& snapshot,
                         const Generation& generation, const ScheduleOptions& options) {
  json::object bundle{{"schema", 1},
                      {"kind", "shunt-bundle"},
                      {"seed", options.seed},
                      {"now_ns", options.now_ns},
                      {"fallbacks", options.fallbacks}};
  if (options.queue != nullptr) bundle["queue"] = queue_to_json(*options.queue);
  if (options.subset) bundle["subset"] = json::array(options.subset->begin(), options.subset->end());
  bundle["libraries"] = libraries_to_json(generation);
  bundle["config"] = effective_config(generation.config());
  bundle["endpoints"] = snapshot_to_json(snapshot, options.live);
  bundle["request"] = request_to_json(request, snapshot);
  json::array recorded;
  for (const RecordedOutput& output : decision.recorded) recorded.push_back(recorded_to_json(output, snapshot));
  bundle["recorded"] = std::move(recorded);
  if (!decision.recorded_notes.empty()) {
    json::array notes;
    for (const Annotation& note : decision.recorded_notes) notes.push_back(note_to_json(note));
    bundle["notes"] = std::move(notes);
  }
  bundle["decision"] = json::parse(decision_to_json(decision, request, snapshot, generation, {.trace = true}));
  return bundle;
}

Result<std::vector<RecordedOutput>> recorded_outputs(const json::value& bundle, const Snapshot& snapshot) {
  return guarded([&] {
    std::vector<RecordedOutput> outputs;
    for (const json::value& output : bundle.at("recorded").as_array()) {
      outputs.push_back(recorded_from_json(output.as_object(), snapshot));
    }
    return outputs;
  });
}

ScheduleOptions BundleRun::options() {
  ScheduleOptions options;
  options.now_ns = now_ns;
  options.seed = seed;
  options.fallbacks = fallbacks;
  options.scores = true;
  options.trace = true;
  options.replay = &recorded;
  options.replay_notes = notes;
  if (has_subset) options.subset = std::span<const std::uint64_t>(subset);
  if (has_queue) {
    queue.bands = bands.data();
    queue.n_bands = static_cast<std::uint32_t>(bands.size());
    queue.band_stride = sizeof(shunt_queue_band);
    options.queue = &queue;
  }
  return options;
}

Result<BundleRun> bundle_run(const json::value& bundle, const Snapshot& snapshot) {
  auto recorded = recorded_outputs(bundle, snapshot);
  if (!recorded) return recorded.error();
  return guarded([&] {
    const json::object& object = bundle.as_object();
    BundleRun run;
    run.recorded = std::move(*recorded);
    run.producers = producer_stages(bundle);
    if (const json::value* notes = object.if_contains("notes")) {
      for (const json::value& note : notes->as_array()) run.notes.push_back(note_from_json(note.as_object()));
    }
    run.seed = object.at("seed").to_number<std::uint64_t>();
    run.now_ns = object.at("now_ns").to_number<std::int64_t>();
    run.fallbacks = object.at("fallbacks").to_number<std::uint32_t>();
    if (const json::value* queue = object.if_contains("queue")) read_queue(queue->as_object(), run);
    if (const json::value* subset = object.if_contains("subset")) {
      run.has_subset = true;
      for (const json::value& key : subset->as_array()) run.subset.push_back(key.to_number<std::uint64_t>());
    }
    return run;
  });
}

}  // namespace shunt
