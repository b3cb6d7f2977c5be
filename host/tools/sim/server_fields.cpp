// SPDX-License-Identifier: Apache-2.0
// The table of everything that can be set for a server.
#include "sim_settings.hpp"

namespace shunt::sim {

namespace {

using Place = Target (*)(ServerSettings&);
using Text = std::string_view;

constexpr double kManyTokens = 1e8;
constexpr double kLongMs = 3.6e6;

constexpr Field number(Text flag, Place at, double least, double most, Text help) {
  return {.flag = flag, .value = "N", .at = at, .least = least, .most = most, .help = help};
}
constexpr Field duration(Text flag, Place at, Text help) {
  return {.flag = flag, .value = "MS", .at = at, .most = kLongMs, .help = help};
}
constexpr Field share(Text flag, Place at, Text help) {
  return {.flag = flag, .value = "SHARE", .at = at, .most = 1, .help = help};
}
constexpr Field word(Text flag, Place at, Text words, Text help) {
  return {.flag = flag, .value = "WORD", .at = at, .words = words, .help = help};
}
constexpr Field names(Text flag, Place at, Text help) {
  return {.flag = flag, .value = "NAMES", .at = at, .help = help};
}
constexpr Field flag(Text name, Place at, Text help) { return {.flag = name, .at = at, .help = help}; }
constexpr Field fault(Field field) {
  field.fault = true;
  return field;
}

#define AT(member) [](ServerSettings& s) -> Target { return &s.member; }

constexpr Field kFields[] = {
    word("engine", AT(engine), "vllm|sglang", "Whose metric names the page has: vllm or sglang; default: vllm"),
    names("models", AT(models), "Names of the model, separated by commas; default: base"),
    names("adapters", AT(adapters), "LoRA adapters that it serves as well; default: none"),
    number("max-model-len", AT(max_model_len), 1, kManyTokens, "Tokens of prompt and answer together; default: 32768"),
    number("max-num-seqs", AT(max_num_seqs), 1, 1e6, "Requests that run at a time; default: 256"),
    number("max-num-batched-tokens", AT(max_num_batched_tokens), 0, kManyTokens,
           "Tokens that a step computes; 0: any number; default: 8192"),
    number("block-size", AT(block_size), 1, 4096, "Tokens of a block of the KV cache; default: 16"),
    number("num-gpu-blocks", AT(num_gpu_blocks), 1, 1e8, "Blocks of the KV cache; default: 8192"),
    flag("no-prefix-caching", AT(no_prefix_caching), "Never reuse blocks of another request"),
    number("max-loras", AT(max_loras), 1, 1e4, "Adapters that are loaded at a time; default: 4"),
    duration("lora-load-ms", AT(lora_load_ms), "Loading an adapter takes so long; default: 100"),
    duration("prefill-ms", AT(prefill_ms), "A step that computes prompts takes at least so long; default: 10"),
    number("prefill-tokens-per-second", AT(prefill_tokens_per_second), 1, 1e12,
           "How fast prompts are computed beyond that; default: 20000"),
    duration("decode-ms", AT(decode_ms), "A step that makes tokens takes at least so long; default: 12"),
    duration("decode-ms-per-sequence", AT(decode_ms_per_sequence),
             "And so much longer for each of them; default: 0.05"),
    share("step-jitter", AT(step_jitter), "Steps take up to this share more or less; default: 0"),
    number("output-tokens", AT(output_tokens), 1, 1e6, "Mean length of answers that have no maximum; default: 128"),
    number("chunk-tokens", AT(chunk_tokens), 1, 1e6, "Tokens in one event of a stream; default: 1"),
    fault(share("error-rate", AT(faults.error_rate), "Requests that are answered with an error; default: 0")),
    fault(number("error-status", AT(faults.error_status), 400, 599, "The HTTP status of such an answer; default: 503")),
    fault(number("retry-after", AT(faults.retry_after), 0, 1e6,
                 "Its Retry-After header in seconds; 0: none; default: 0")),
    fault(share("reset-rate", AT(faults.reset_rate),
                "Requests whose connection is reset before the first byte; default: 0")),
    fault(share("hang-rate", AT(faults.hang_rate), "Requests that are never answered; default: 0")),
    fault(share("abort-rate", AT(faults.abort_rate),
                "Requests whose connection is reset in the middle of the answer; default: 0")),
    fault(number("abort-after", AT(faults.abort_after), 0, 1e6, "Tokens of a stream before that; default: 3")),
    fault(flag("refuse", AT(faults.refuse), "Refuse connections, and close those that are idle")),
    fault(flag("hold", AT(faults.hold), "Stand still: requests are accepted and make no progress")),
    fault(number("slow-factor", AT(faults.slow_factor), 0, 1e6, "Steps take so many times as long; default: 1")),
    fault(duration("latency-ms", AT(faults.latency_ms), "Requests reach the engine so much later; default: 0")),
    fault(duration("latency-jitter-ms", AT(faults.latency_jitter_ms),
                   "And up to so much more, evenly drawn; default: 0")),
    fault(word("metrics-page", AT(faults.metrics_page), "ok|malformed|empty|endless|error|hang|reset",
               "What /metrics answers: ok, malformed, empty, endless, error, hang or reset; default: ok")),
    fault(duration("metrics-delay-ms", AT(faults.metrics_delay_ms), "How late it does; default: 0")),
    fault(number("health-status", AT(faults.health_status), 200, 599, "The HTTP status of /health; default: 200")),
};

#undef AT

}  // namespace

std::span<const Field> server_fields() { return kFields; }

}  // namespace shunt::sim
