// SPDX-License-Identifier: Apache-2.0
// Inference requests: from their arrival through the engine to their answer.
#include <algorithm>
#include <cmath>

#include "clock.hpp"
#include "sim_server.hpp"
#include "text.hpp"

namespace shunt::sim {

namespace {

constexpr std::uint64_t kTranscriptTokens = 16;

std::uint64_t tokens_of(std::size_t bytes) {
  return std::max<std::uint64_t>(1, (bytes + kTokenBytes - 1) / kTokenBytes);
}

}  // namespace

void SimServer::infer(Session& session, Api api) {
  session.exchange = std::make_unique<Exchange>();
  Exchange& exchange = *session.exchange;
  exchange.api = api;
  ++counts_of(session).received;
  exchange.fate = draw_fate(settings_.faults, chance_);
  if (const auto id = session.request()["x-request-id"]; !id.empty()) {
    append(exchange.headers, "x-request-id: ", std::string_view(id.data(), id.size()), "\r\n");
  }
  double delay = settings_.faults.latency_ms;
  if (settings_.faults.latency_jitter_ms > 0) delay += settings_.faults.latency_jitter_ms * chance_.share();
  if (delay > 0) {
    session.after(delay, [this, &session] { decide(session); });
  } else {
    decide(session);
  }
}

void SimServer::decide(Session& session) {
  switch (session.exchange->fate) {
    case Fate::Reset: fail(session, fault_counts_.reset); return session.reset();
    case Fate::Hang: ++fault_counts_.hang; return;
    case Fate::Error: {
      const auto status = static_cast<unsigned>(settings_.faults.error_status);
      const Api api = session.exchange->api;
      std::string headers = std::move(session.exchange->headers);
      if (settings_.faults.retry_after > 0) append(headers, "Retry-After: ", settings_.faults.retry_after, "\r\n");
      fail(session, fault_counts_.error);
      return session.respond(status, "application/json", error_body(api, status, "injected by shunt-sim"), headers);
    }
    default: begin(session);
  }
}

void SimServer::fail(Session& session, std::uint64_t& faults) {
  ++faults;
  ++counts_of(session).failed;
  session.exchange.reset();
}

void SimServer::reject(Session& session, unsigned status, std::string_view message) {
  ++counts_of(session).rejected;
  const Api api = session.exchange->api;
  const std::string headers = std::move(session.exchange->headers);
  session.exchange.reset();
  session.respond(status, "application/json", error_body(api, status, message), headers);
}

void SimServer::begin(Session& session) {
  const auto type = session.request()[boost::beast::http::field::content_type];
  auto read = read_call(session.exchange->api, {type.data(), type.size()}, session.body());
  session.body() = {};  // may be large
  if (const std::string* const wrong = std::get_if<std::string>(&read)) return reject(session, 400, *wrong);
  submit(session, std::get<ApiCall>(std::move(read)));
}

std::uint64_t SimServer::output_length(const ApiCall& call, std::uint64_t prompt_tokens, std::uint64_t chance) const {
  if (call.api == Api::Transcriptions) return kTranscriptTokens;
  if (!generates_text(call.api)) return 0;
  if (call.max_tokens) return *call.max_tokens;
  // Many short ones and few long ones; of the prompt alone, so that every server gives the same length.
  const double drawn = -std::log(1 - Random(chance).share()) * static_cast<double>(settings_.output_tokens);
  const std::uint64_t room = settings_.max_model_len > prompt_tokens ? settings_.max_model_len - prompt_tokens : 1;
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(drawn), 1, room);
}

std::vector<std::uint64_t> SimServer::block_hashes(std::string_view text, std::string_view model) const {
  std::vector<std::uint64_t> hashes;
  if (settings_.no_prefix_caching) return hashes;
  const std::size_t bytes = settings_.block_size * kTokenBytes;
  hashes.reserve(text.size() / bytes);
  std::uint64_t chain = hash_bytes(model);
  for (; text.size() >= bytes; text.remove_prefix(bytes)) {
    chain = hash_bytes(text.substr(0, bytes), chain);
    hashes.push_back(chain);
  }
  return hashes;
}

void SimServer::submit(Session& session, ApiCall call) {
  Exchange& exchange = *session.exchange;
  if (call.model.empty()) call.model = settings_.models.front();
  int adapter = -1;
  if (std::ranges::find(settings_.models, call.model) == settings_.models.end()) {
    const auto found = std::ranges::find(settings_.adapters, call.model);
    if (found == settings_.adapters.end()) {
      return reject(session, 404, "The model `" + call.model + "` does not exist.");
    }
    adapter = static_cast<int>(found - settings_.adapters.begin());
  }
  const std::uint64_t prompt_tokens = tokens_of(call.prompt.size());
  const std::uint64_t prompt_hash = hash_bytes(call.prompt, all_.seed);
  const std::uint64_t output = output_length(call, prompt_tokens, prompt_hash);
  const std::uint64_t most = std::min(settings_.max_model_len, settings_.num_gpu_blocks * settings_.block_size);
  if (prompt_tokens + output > most) {
    return reject(session, 400,
                  "This model's maximum context length is " + std::to_string(most) +
                      " tokens. However, you requested " + std::to_string(prompt_tokens + output) + " tokens.");
  }
  const bool text = generates_text(call.api);
  exchange.id = ++last_id_;
  exchange.stream = call.stream && text;
  exchange.prompt_tokens = prompt_tokens;
  EngineRequest request;
  request.id = exchange.id;
  request.prompt_tokens = static_cast<std::uint32_t>(prompt_tokens);
  request.output_tokens = static_cast<std::uint32_t>(output);
  request.every_token = exchange.stream;
  request.cut_off = text && call.max_tokens.has_value();
  request.adapter = adapter;
  AnswerFacts facts{.call = std::move(call),
                    .id = settings_.name + "-" + std::to_string(exchange.id),
                    .created = unix_seconds(),
                    .text = AnswerText(settings_.name, prompt_hash),
                    .cut_off = request.cut_off};
  if (text) {
    // The blocks of the answer too: it is the beginning of the next prompt of a conversation.
    facts.text.append(facts.call.prompt, 0, output);
    request.hashes = block_hashes(facts.call.prompt, facts.call.model);
    facts.call.prompt = {};
  } else {
    request.hashes = block_hashes(facts.call.prompt, facts.call.model);
  }
  exchange.answer = make_answer(std::move(facts));
  in_flight_.emplace(exchange.id, session.shared_from_this());
  engine_.submit(std::move(request), engine_now());
  pump();
}

void SimServer::pump() {
  if (held_ || stopped_) return;
  progress_.clear();
  engine_.advance(engine_now(), progress_);
  for (const Progress& progress : progress_) deliver(progress);
  for (const std::shared_ptr<Session>& session : touched_) {
    session->touched = false;
    session->flush();
  }
  touched_.clear();
  arm();
}

void SimServer::arm() {
  const std::optional<Nanoseconds> next = engine_.next();
  if (!next || held_) {
    if (armed_for_ != 0) timer_.cancel();
    armed_for_ = 0;
  } else if (*next != armed_for_) {
    armed_for_ = *next;
    timer_.expires_at(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(armed_for_ + stood_)));
    timer_.async_wait([this](boost::system::error_code cancelled) {
      if (cancelled) return;
      armed_for_ = 0;
      pump();
    });
  }
}

void SimServer::deliver(const Progress& progress) {
  const auto found = in_flight_.find(progress.id);
  if (found == in_flight_.end()) return;
  const std::shared_ptr<Session> session = found->second;
  Exchange& exchange = *session->exchange;
  const Usage usage{exchange.prompt_tokens, progress.cached_tokens, progress.tokens};
  if (!session->touched) {
    session->touched = true;
    touched_.push_back(session);
  }
  if (exchange.stream) {
    if (!exchange.begun) {
      exchange.begun = true;
      session->begin_stream("text/event-stream; charset=utf-8", exchange.headers);
      exchange.answer->begin(session->stream(), usage);
    }
    const bool aborts = exchange.fate == Fate::Abort;
    const std::uint64_t last =
        aborts ? std::min<std::uint64_t>(progress.tokens, settings_.faults.abort_after) : progress.tokens;
    if (last > exchange.sent && (last - exchange.sent >= settings_.chunk_tokens || progress.finished || aborts)) {
      exchange.answer->tokens(session->stream(), exchange.sent, last);
      exchange.sent = last;
    }
    if (aborts && (last >= settings_.faults.abort_after || progress.finished)) {
      in_flight_.erase(found);
      if (!progress.finished) engine_.cancel(progress.id);
      fail(*session, fault_counts_.abort);
      return session->break_off("");
    }
  }
  if (!progress.finished) return;
  in_flight_.erase(found);
  end_answer(*session, usage);
}

void SimServer::end_answer(Session& session, const Usage& usage) {
  Exchange& exchange = *session.exchange;
  if (exchange.stream) {
    exchange.answer->end(session.stream(), usage);
    session.end_stream();
  } else {
    text_.clear();
    exchange.answer->whole(text_, usage);
    if (exchange.fate == Fate::Abort) {
      std::string half = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
      append(half, "Content-Length: ", text_.size(), "\r\n\r\n", std::string_view(text_).substr(0, text_.size() / 2));
      fail(session, fault_counts_.abort);
      return session.break_off(half);
    }
    session.respond(200, "application/json", text_, exchange.headers);
  }
  ++counts_of(session).answered;
  session.exchange.reset();
}

}  // namespace shunt::sim
