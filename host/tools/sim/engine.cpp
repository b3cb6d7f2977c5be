// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include <algorithm>

namespace shunt::sim {

namespace {

// Those of vLLM.
constexpr double kFirstTokenBounds[] = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,  0.25,
                                        0.5,   0.75,  1.0,  2.5,  5.0,  7.5,  10.0, 20.0, 40.0};
constexpr double kTokenBounds[] = {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5};
constexpr double kWholeBounds[] = {0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0};

double seconds(Nanoseconds duration) { return static_cast<double>(duration) * 1e-9; }

}  // namespace

EngineCounts::EngineCounts() : first_token(kFirstTokenBounds), between_tokens(kTokenBounds), whole(kWholeBounds) {}

Engine::Engine(const EngineSettings& settings)
    : settings_(settings), cache_(settings.num_gpu_blocks), random_(settings.seed) {}

bool Engine::fits(std::uint64_t tokens) const {
  return tokens <= std::uint64_t{settings_.num_gpu_blocks} * settings_.block_size;
}

void Engine::submit(EngineRequest request, Nanoseconds now) {
  const RequestId id = request.id;
  Sequence& sequence = sequences_[id];
  sequence.request = std::move(request);
  sequence.arrival = now;
  waiting_.push_back(&sequence);
  if (!stepping_) begin_step(now);
}

bool Engine::cancel(RequestId id) {
  const auto it = sequences_.find(id);
  if (it == sequences_.end()) return false;
  std::erase(running_, &it->second);
  std::erase(waiting_, &it->second);
  cache_.release(it->second.blocks);
  sequences_.erase(it);
  ++counts_.aborted;
  // A step ends when it ends: what waits for the free room gets it with the next one.
  if (running_.empty() && waiting_.empty()) stepping_ = false;
  return true;
}

std::optional<Nanoseconds> Engine::next() const {
  if (!stepping_) return std::nullopt;
  return step_end_;
}

void Engine::advance(Nanoseconds now, std::vector<Progress>& out) {
  while (stepping_ && step_end_ <= now) {
    end_step(out);
    begin_step(step_end_);
  }
}

template <typename Sequences>
std::vector<int> Engine::adapters_of(const Sequences& sequences) const {
  std::vector<int> adapters;
  if (settings_.max_loras == 0) return adapters;
  for (const Sequence* sequence : sequences) {
    if (sequence->request.adapter >= 0) adapters.push_back(sequence->request.adapter);
  }
  std::ranges::sort(adapters);
  const auto repeated = std::ranges::unique(adapters);
  adapters.erase(repeated.begin(), repeated.end());
  return adapters;
}

void Engine::reset() {
  counts_ = EngineCounts();
  random_ = Random(settings_.seed);
  cache_.forget();
}

std::vector<int> Engine::running_adapters() const { return adapters_of(running_); }
std::vector<int> Engine::waiting_adapters() const { return adapters_of(waiting_); }

void Engine::begin_step(Nanoseconds now) {
  make_room();
  std::uint32_t budget = settings_.max_num_batched_tokens;
  if (budget == 0) budget = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t decoding = 0;
  std::uint64_t prefill = 0;
  const auto take_share = [&](Sequence& sequence) {
    const std::uint32_t left = sequence.known() - sequence.computed;
    sequence.share = std::min(left, budget);
    budget -= sequence.share;
    if (sequence.generated > 0 && left == 1) {
      decoding += sequence.share;
    } else {
      prefill += sequence.share;
    }
  };
  for (Sequence* sequence : running_) take_share(*sequence);
  std::uint32_t loads = 0;
  for (auto it = waiting_.begin(); it != waiting_.end() && budget > 0 && running_.size() < settings_.max_num_seqs;) {
    Sequence& sequence = **it;
    if (!has_slot(sequence.request.adapter)) {
      ++it;  // others need not wait for its adapter
      continue;
    }
    if (!admit(sequence)) break;
    if (load(sequence.request.adapter)) ++loads;
    take_share(sequence);
    running_.push_back(&sequence);
    it = waiting_.erase(it);
  }
  stepping_ = !running_.empty();
  double duration = settings_.lora_load * loads;
  if (prefill > 0) duration += settings_.prefill_fixed + settings_.prefill_per_token * static_cast<double>(prefill);
  if (decoding > 0) duration += settings_.decode_fixed + settings_.decode_per_sequence * decoding;
  if (settings_.jitter > 0) duration *= 1 + settings_.jitter * (2 * random_.share() - 1);
  step_end_ = now + static_cast<Nanoseconds>(duration * slowness_);
}

// Every sequence that runs has blocks for all that it knows; those that came last give theirs up.
void Engine::make_room() {
  for (std::size_t i = 0; i < running_.size(); ++i) {
    Sequence& sequence = *running_[i];
    if (sequence.known() <= sequence.blocks.size() * settings_.block_size) continue;
    while (!cache_.extend(sequence.blocks)) {
      Sequence& victim = *running_.back();
      cache_.release(victim.blocks);
      victim.computed = victim.published = 0;
      waiting_.push_front(&victim);
      running_.pop_back();
      ++counts_.preemptions;
      if (&victim == &sequence) break;
    }
  }
}

bool Engine::admit(Sequence& sequence) {
  const std::uint32_t size = settings_.block_size;
  const std::uint32_t known = sequence.known();
  // At least one token is computed, even where the cache holds all of them.
  const std::size_t reusable =
      settings_.prefix_caching ? std::min<std::size_t>(sequence.request.hashes.size(), (known - 1) / size) : 0;
  const auto found =
      cache_.acquire({sequence.request.hashes.data(), reusable}, (known + size - 1) / size, sequence.blocks);
  if (!found) return false;
  sequence.computed = *found * size;
  sequence.published = *found;
  if (sequence.generated == 0) {
    sequence.cached = sequence.computed;
    counts_.cache_queries += sequence.request.prompt_tokens;
    counts_.cache_hits += sequence.cached;
  }
  return true;
}

std::vector<int>::iterator Engine::idle_adapter() {
  return std::ranges::find_if(loaded_, [this](int adapter) {
    return std::ranges::none_of(running_, [adapter](const Sequence* one) { return one->request.adapter == adapter; });
  });
}

bool Engine::has_slot(int adapter) {
  return adapter < 0 || loaded_.size() < settings_.max_loras || std::ranges::find(loaded_, adapter) != loaded_.end() ||
         idle_adapter() != loaded_.end();
}

// True where it was not loaded.
bool Engine::load(int adapter) {
  if (adapter < 0) return false;
  const auto found = std::ranges::find(loaded_, adapter);
  if (found != loaded_.end()) {
    std::rotate(found, found + 1, loaded_.end());
    return false;
  }
  if (loaded_.size() >= settings_.max_loras) loaded_.erase(idle_adapter());
  loaded_.push_back(adapter);
  return true;
}

void Engine::publish(Sequence& sequence) {
  if (!settings_.prefix_caching) return;
  const std::size_t full =
      std::min<std::size_t>(sequence.computed / settings_.block_size, sequence.request.hashes.size());
  for (; sequence.published < full; ++sequence.published) {
    cache_.publish(sequence.blocks[sequence.published], sequence.request.hashes[sequence.published]);
  }
}

void Engine::end_step(std::vector<Progress>& out) {
  std::erase_if(running_, [&](Sequence* sequence) {
    if (!end_of(*sequence, out)) return false;
    cache_.release(sequence->blocks);
    sequences_.erase(sequence->request.id);
    return true;
  });
}

// Of a step, for one sequence. True where it was its last.
bool Engine::end_of(Sequence& sequence, std::vector<Progress>& out) {
  sequence.computed += sequence.share;
  publish(sequence);
  if (sequence.share == 0 || sequence.computed < sequence.known()) return false;
  if (sequence.generated == 0) {
    counts_.prompt_tokens += sequence.request.prompt_tokens;
    counts_.first_token.add(seconds(step_end_ - sequence.arrival));
  } else {
    counts_.between_tokens.add(seconds(step_end_ - sequence.last_token));
  }
  sequence.last_token = step_end_;
  if (sequence.request.output_tokens > 0) {
    ++sequence.generated;
    ++counts_.generation_tokens;
  }
  const bool finished = sequence.generated == sequence.request.output_tokens;
  if (finished) {
    counts_.whole.add(seconds(step_end_ - sequence.arrival));
    ++(sequence.request.cut_off ? counts_.cut_off : counts_.stopped);
  }
  if (finished || sequence.request.every_token) {
    out.push_back({sequence.request.id, sequence.generated, sequence.cached, finished});
  }
  return finished;
}

}  // namespace shunt::sim
