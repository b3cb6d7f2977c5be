#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the data of the demonstration: endpoints with captured metrics pages, and a workload.

The result is committed, so nobody needs Python to run the demonstration. The same script always writes the same bytes.

    python3 host/demo/make_data.py
"""

import json
import math
import pathlib
import random

FOLDER = pathlib.Path(__file__).resolve().parent
RANDOM = random.Random(20260101)

BLOCK_TOKENS = 512  # one entry of block_hashes
SYSTEM_PROMPTS = 6
SESSIONS = 260
REQUESTS = 1040
ADAPTERS = ["sql-lora", "support-lora", "legal-lora", "code-lora"]


def uniform(low, high):
    return low + (high - low) * RANDOM.random()


def log_normal(median, sigma, low, high):
    # Box-Muller, because the library's own generators may change between versions of Python.
    radius = math.sqrt(-2.0 * math.log(1.0 - RANDOM.random()))
    normal = radius * math.cos(2.0 * math.pi * RANDOM.random())
    return int(min(high, max(low, median * math.exp(sigma * normal))))


def pick(values):
    return values[int(RANDOM.random() * len(values))]


def gauge(lines, name, text, labels, value):
    lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge", f"{name}{{{labels}}} {value}"]


def counter(lines, name, text, labels, value):
    lines += [f"# HELP {name} {text}", f"# TYPE {name} counter", f"{name}{{{labels}}} {value}"]


def histogram(lines, name, text, labels, bounds, total):
    lines += [f"# HELP {name} {text}", f"# TYPE {name} histogram"]
    for index, bound in enumerate(bounds):
        share = 1.0 - math.exp(-2.0 * (index + 1) / len(bounds))
        lines.append(f'{name}_bucket{{{labels},le="{bound}"}} {float(int(total * share))}')
    lines.append(f'{name}_bucket{{{labels},le="+Inf"}} {float(total)}')
    lines.append(f"{name}_count{{{labels}}} {float(total)}")
    lines.append(f"{name}_sum{{{labels}}} {round(total * bounds[len(bounds) // 2] * 0.9, 3)}")


def vllm_page(load):
    labels = 'engine="0",model_name="base"'
    waiting, running, usage = load
    served = int(uniform(2000, 9000))
    lines = []
    gauge(lines, "vllm:num_requests_running", "Requests in model execution batches.", labels, float(running))
    gauge(lines, "vllm:num_requests_waiting", "Requests waiting to be processed.", labels, float(waiting))
    gauge(lines, "vllm:kv_cache_usage_perc", "KV cache usage, 1 is 100 percent.", labels, round(usage, 4))
    blocks = pick([24576, 27008, 31250])
    gauge(lines, "vllm:cache_config_info", "Configuration of the cache.",
          f'block_size="16",cache_dtype="auto",enable_prefix_caching="True",engine="0",num_gpu_blocks="{blocks}"', 1.0)
    loaded = ",".join(sorted({pick(ADAPTERS) for _ in range(2)}))
    gauge(lines, "vllm:lora_requests_info", "Running stats on LoRA requests.",
          f'max_lora="4",running_lora_adapters="{loaded}",waiting_lora_adapters=""', 1763000000.0 + served)
    counter(lines, "vllm:prompt_tokens_total", "Prefill tokens processed.", labels, float(served * 3100))
    counter(lines, "vllm:generation_tokens_total", "Generation tokens processed.", labels, float(served * 240))
    counter(lines, "vllm:request_success_total", "Successfully processed requests.",
            labels + ',finished_reason="stop"', float(served))
    histogram(lines, "vllm:time_to_first_token_seconds", "Time to first token in seconds.", labels,
              [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0], served)
    return lines


def sglang_page(load):
    labels = 'model_name="base",tp_rank="0"'
    waiting, running, usage = load
    lines = []
    gauge(lines, "sglang:num_running_reqs", "Running requests.", labels, float(running))
    gauge(lines, "sglang:num_queue_reqs", "Requests in the waiting queue.", labels, float(waiting))
    gauge(lines, "sglang:token_usage", "Token usage.", labels, round(usage, 4))
    gauge(lines, "sglang:cache_config_info", "Configuration of the cache.", 'num_pages="28000",page_size="16"', 1.0)
    gauge(lines, "sglang:gen_throughput", "Generation throughput in tokens per second.", labels, 812.5)
    return lines


def trtllm_page(load):
    labels = 'engine_type="trtllm",model_name="base"'
    waiting, running, usage = load
    lines = []
    gauge(lines, "trtllm_num_requests_running", "Running requests.", labels, float(running))
    gauge(lines, "trtllm_num_requests_waiting", "Waiting requests.", labels, float(waiting))
    gauge(lines, "trtllm_kv_cache_utilization", "KV cache utilization.", labels, round(usage, 4))
    gauge(lines, "trtllm_kv_cache_tokens_per_block", "Tokens per block.", labels, 32.0)
    gauge(lines, "trtllm_kv_cache_max_blocks", "Blocks of the KV cache.", labels, 14000.0)
    return lines


def write_endpoints():
    pages = FOLDER / "metrics"
    pages.mkdir(exist_ok=True)
    names = [("vllm", f"vllm-{i:02d}") for i in range(33)]
    names += [("sglang", "sglang-00"), ("sglang", "sglang-01"), ("trtllm-serve", "trtllm-00")]
    entries = []
    for index, (engine, name) in enumerate(names):
        busy = 1.0 if index % 9 == 4 else 0.35
        load = (int(uniform(0, 9) * busy), int(4 + uniform(0, 24) * busy), min(0.97, uniform(0.12, 0.75) * (0.6 + busy)))
        page = {"vllm": vllm_page, "sglang": sglang_page, "trtllm-serve": trtllm_page}[engine](load)
        (pages / f"{name}.prom").write_text("\n".join(page) + "\n")
        role = "prefill" if index % 8 == 7 else "decode" if index % 8 == 3 else "both"
        labels = {"llm-d.ai/role": role, "topology.kubernetes.io/zone": "abc"[index % 3]}
        if engine != "vllm":
            labels["llm-d.ai/engine-type"] = engine
        entries.append({"name": name, "address": f"10.0.{index // 16}.{10 + index}:8000", "labels": labels,
                        "attributes": {"max_concurrency": 64}, "metricsFile": f"metrics/{name}.prom",
                        "metricsAgeMs": int(uniform(5, 95))})
    text = "// Generated by make_data.py: captured metrics of a pool of three kinds of model servers.\n{ \"endpoints\": [\n"
    text += ",\n".join("  " + json.dumps(entry) for entry in entries) + "\n] }\n"
    (FOLDER / "endpoints.jsonc").write_text(text)


class Session:
    """A conversation: each turn's prompt begins with everything that was said before."""

    next_block = 1000

    def __init__(self, number):
        system = int(RANDOM.random() ** 2 * SYSTEM_PROMPTS)
        self.name = f"s{number:03d}"
        self.model = pick(ADAPTERS) if RANDOM.random() < 0.25 else "base"
        self.blocks = [100 * (system + 1) + block for block in range(2 + 2 * system)]
        self.tail = 0  # tokens behind the last full block

    def turn(self):
        self.grow(log_normal(420, 1.1, 12, 16000))
        tokens = len(self.blocks) * BLOCK_TOKENS + self.tail
        prompt = list(self.blocks)
        output = log_normal(180, 0.9, 4, 2000)
        self.grow(output)
        return tokens, output, prompt

    def grow(self, tokens):
        self.tail += tokens
        while self.tail >= BLOCK_TOKENS:
            self.tail -= BLOCK_TOKENS
            self.blocks.append(Session.next_block)
            Session.next_block += 1


def write_requests():
    sessions = [Session(number) for number in range(SESSIONS)]
    lines = []
    now = 0.0
    for number in range(REQUESTS):
        # Bursts: now and then many arrive at once.
        now += 0.0 if RANDOM.random() < 0.3 else -math.log(1.0 - RANDOM.random()) * 80.0
        place = int(RANDOM.random() ** 1.6 * SESSIONS)
        if len(sessions[place].blocks) > 40:  # a long conversation ends, and somebody begins a new one
            sessions[place] = Session(int(sessions[place].name[1:]) + SESSIONS)
        session = sessions[place]
        tokens, output, prompt = session.turn()
        request = {"id": f"r{number:04d}", "path": "/v1/chat/completions", "model": session.model,
                   "headers": {"x-session-id": session.name}, "arrival_ms": int(now), "prompt_tokens": tokens,
                   "max_tokens": max(64, 1 << output.bit_length()), "block_hashes": prompt}
        if RANDOM.random() < 0.15:
            request["priority"] = pick(["high", "low", "background"])
        if RANDOM.random() < 0.2:
            request["ttft_slo_ms"] = pick([200, 400, 800])
        lines.append(request)
    lines += written_out(int(now))
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    (FOLDER / "requests.jsonl").write_text(text)


def written_out(now):
    """Requests as clients send them, with their whole text."""
    system = "You are the assistant of a bicycle shop. Answer briefly. " * 80
    question = "My rear wheel makes a clicking noise when I coast."
    answer = "That is usually the freehub. Does it stop when you pedal?"
    first = [{"role": "system", "content": system}, {"role": "user", "content": question}]
    second = first + [{"role": "assistant", "content": answer}, {"role": "user", "content": "Yes, it does."}]
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    parts = [{"type": "text", "text": "What is this part called?"}, image]
    tool = [{"role": "tool", "tool_call_id": "call-1", "content": "{\"in_stock\": 3}"}]
    chat = "/v1/chat/completions"
    bodies = [
        (chat, {"model": "base", "messages": first, "max_tokens": 128, "stream": True}),
        (chat, {"model": "base", "messages": second, "max_tokens": 128, "stream": True}),
        (chat, {"model": "base", "messages": first[:1] + [{"role": "user", "content": parts}]}),
        (chat, {"model": "base", "messages": second + tool, "max_completion_tokens": 64}),
        ("/v1/completions", {"model": "code-lora", "prompt": "def fibonacci(n):", "max_tokens": 64}),
        ("/v1/responses", {"model": "base", "instructions": system, "input": question, "max_output_tokens": 64}),
    ]
    return [{"id": f"full-{index}", "path": path, "body": body, "arrival_ms": now + 10 * (index + 1),
             "headers": {"x-session-id": "bicycle"}} for index, (path, body) in enumerate(bodies)]


def main():
    write_endpoints()
    write_requests()


if __name__ == "__main__":
    main()
