#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""engine_test.py SHUNT_SIM SHUNT: queue, cache, adapters and pages as clients see them, and thousands of streams."""
import contextlib
import json
import pathlib
import selectors
import subprocess
import sys
import tempfile
import unittest

from sim import Sim, read_all

PROGRAM, SHUNT = sys.argv.pop(1), sys.argv.pop(1)
FIRST_TOKEN_SUM = "vllm:time_to_first_token_seconds_sum"
STREAMS = 1000


def cached_tokens(answer):
    return answer.json["usage"]["prompt_tokens_details"]["cached_tokens"]


class EngineTest(unittest.TestCase):
    def test_prefix_reuse_shows_in_usage_and_latency(self):
        # What a step takes is computed, not measured: the sums on the page are exact.
        with Sim(PROGRAM, "--prefill-ms", 1, "--prefill-tokens-per-second", 10_000, "--max-num-batched-tokens", 0) as sim:
            prompt = "x" * 4 * 1600
            first = sim[0].chat(prompt, max_tokens=1)
            cold = sim[0].metric(FIRST_TOKEN_SUM)
            second = sim[0].chat(prompt + "y", max_tokens=1)
            warm = sim[0].metric(FIRST_TOKEN_SUM) - cold
            self.assertEqual((cached_tokens(first), cached_tokens(second)), (0, 1600))
            self.assertGreater(cold, 0.16)
            self.assertLess(warm, 0.01)
            self.assertEqual(sim[0].metric("vllm:prefix_cache_hits_total"), 1600)

    def test_answer_is_the_prefix_of_the_next_turn(self):
        with Sim(PROGRAM, "--time-scale", 0) as sim:
            messages = [{"role": "user", "content": "first"}]
            first = sim[0].post("/v1/chat/completions", {"messages": messages, "max_tokens": 160}).json
            messages += [first["choices"][0]["message"], {"role": "user", "content": "second"}]
            second = sim[0].post("/v1/chat/completions", {"messages": messages, "max_tokens": 1})
            self.assertGreaterEqual(cached_tokens(second), 160)

    def test_no_prefix_caching(self):
        with Sim(PROGRAM, "--time-scale", 0, "--no-prefix-caching") as sim:
            sim[0].chat("x" * 640)
            self.assertEqual(cached_tokens(sim[0].chat("x" * 640)), 0)

    def test_queue_grows_on_the_page(self):
        with Sim(PROGRAM, "--hold", "--max-num-seqs", 2) as sim, contextlib.ExitStack() as stack:
            for _ in range(5):
                stack.enter_context(sim[0].send_chat(max_tokens=2))
            # The first one's step is under way, and does not end.
            sim[0].until(lambda state: state["waiting"] == 4)
            self.assertEqual(sim[0].metric("vllm:num_requests_running"), 1)
            self.assertEqual(sim[0].metric("vllm:num_requests_waiting"), 4)
            self.assertGreater(sim[0].metric("vllm:kv_cache_usage_perc"), 0)
            sim[0].faults(hold=False)
            state = sim[0].until(lambda state: state["requests"]["chat"]["answered"] == 5)
            self.assertEqual((state["running"], state["waiting"], state["blocks"]["used"]), (0, 0, 0))

    def test_cancel_frees_slot_and_blocks(self):
        for stream in (False, True):
            with self.subTest(stream=stream), Sim(PROGRAM, "--hold", "--max-num-seqs", 1) as sim:
                first = sim[0].send_chat(stream=stream)
                state = sim[0].until(lambda state: state["running"] == 1)
                self.assertGreater(state["blocks"]["used"], 0)
                second = sim[0].send_chat(stream=stream, max_tokens=1)
                sim[0].until(lambda state: state["waiting"] == 1)
                first.close()
                state = sim[0].until(lambda state: state["requests"]["chat"]["cancelled"] == 1)
                self.assertEqual((state["running"], state["blocks"]["used"]), (0, 0))
                sim[0].faults(hold=False)
                sim[0].until(lambda state: state["requests"]["chat"]["answered"] == 1)
                second.close()
                self.assertEqual(sim[0].metric('vllm:request_success_total{engine="0",model_name="base",finished_reason="abort"}'), 1)

    def test_cancel_in_the_middle_of_a_stream(self):
        with Sim(PROGRAM, "--decode-ms", 1) as sim:
            with sim[0].send_chat(stream=True, max_tokens=30_000) as connection:
                connection.recv(1)
            state = sim[0].until(lambda state: state["requests"]["chat"]["cancelled"] == 1)
            self.assertEqual((state["running"], state["blocks"]["used"]), (0, 0))

    def test_full_cache_makes_requests_wait(self):
        with Sim(PROGRAM, "--num-gpu-blocks", 8, "--prefill-ms", 1, "--decode-ms", 1) as sim, contextlib.ExitStack() as stack:
            for word in "abcd":
                stack.enter_context(sim[0].send_chat(word * 160, max_tokens=60))
            state = sim[0].until(lambda state: state["requests"]["chat"]["answered"] == 4)
            self.assertEqual(state["blocks"]["used"], 0)
            self.assertEqual(sim[0].chat("x" * 600).status, 400)

    def test_adapters_on_the_page(self):
        with Sim(PROGRAM, "--hold", "--adapters", "a,b,c", "--max-loras", 1) as sim, contextlib.ExitStack() as stack:
            for model in ("b", "c", "a"):
                waiting = sim[0].state()["waiting"]
                stack.enter_context(sim[0].send_chat(model=model, max_tokens=1))
                sim[0].until(lambda state, waiting=waiting: state["running"] + state["waiting"] == 1 + waiting + (model != "b"))
            line, = [line for line in sim[0].get("/metrics").text.splitlines() if line.startswith("vllm:lora_requests_info")]
            self.assertIn('{max_lora="1",running_lora_adapters="b",waiting_lora_adapters="a,c"}', line)
            sim[0].faults(hold=False)
            state = sim[0].until(lambda state: state["requests"]["chat"]["answered"] == 3)
            self.assertEqual(state["adapters"], {"running": [], "waiting": [], "loaded": ["a"]})

    def test_pages_mean_to_shunt_what_they_say(self):
        for engine in ("vllm", "sglang"):
            with self.subTest(engine), tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
                place = pathlib.Path(folder)
                sim = stack.enter_context(Sim(PROGRAM, "--engine", engine, "--hold", "--adapters", "a,b", "--max-loras", 1,
                                              "--num-gpu-blocks", 100, "--endpoints-out", place / "pool.jsonc"))
                stack.enter_context(sim[0].send_chat("x" * 640, model="a"))
                sim[0].until(lambda state: state["running"] == 1)
                for _ in range(3):
                    stack.enter_context(sim[0].send_chat(model="b"))
                state = sim[0].until(lambda state: state["waiting"] == 3)
                (place / "page.prom").write_bytes(sim[0].get("/metrics").body)
                pool = json.loads((place / "pool.jsonc").read_text())
                pool["endpoints"][0]["metricsFile"] = "page.prom"
                (place / "pool.jsonc").write_text(json.dumps(pool))
                (place / "requests.jsonl").write_text('{"id":"r1","model":"base"}\n')
                done = subprocess.run([SHUNT, "schedule", "--endpoints", place / "pool.jsonc", "--requests", place / "requests.jsonl",
                                       "--bundle-out", place / "bundles"], capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(json.loads(done.stdout)["addresses"], [sim[0].address])
                read = json.loads((place / "bundles/r1.json").read_text())["endpoints"]["endpoints"][0]["attributes"]
                expected = {"queue": 3, "running": 1, "kv_cache_usage": state["blocks"]["used"] / 100, "kv_cache_block_size": 16,
                            "kv_cache_blocks": 100, "models": ["base", "a", "b"]}
                if engine == "vllm":
                    expected |= {"active_models": ["a"], "waiting_models": ["b"], "max_active_models": 1}
                self.assertEqual({name: read.get(name) for name in expected}, expected)

    def test_a_thousand_streams_at_once(self):
        body = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 8, "stream": True}
        with Sim(PROGRAM, "--servers", 4, "--hold", "--max-num-seqs", STREAMS) as sim:
            with selectors.DefaultSelector() as selector:
                for i in range(STREAMS):
                    connection = sim[i % 4].send("/v1/chat/completions", body)
                    selector.register(connection, selectors.EVENT_READ, bytearray())
                for server in sim.servers:
                    server.until(lambda state: state["running"] + state["waiting"] == STREAMS // 4)
                sim[0].post("/sim/faults?server=*", {"hold": False})
                while selector.get_map():
                    for key, _ in selector.select(60):
                        part = key.fileobj.recv(65536)
                        key.data.extend(part)
                        if not part or key.data.endswith(b"0\r\n\r\n"):
                            self.assertEqual((key.data.count(b'"content":"'), key.data.count(b"data: [DONE]")), (9, 1))
                            selector.unregister(key.fileobj)
                            key.fileobj.close()
            states = sim[0].get("/sim/state?server=*").json["servers"]
            self.assertEqual([one["requests"]["chat"]["answered"] for one in states], [STREAMS // 4] * 4)
            self.assertEqual([one["tokens"]["generation"] for one in states], [8 * STREAMS // 4] * 4)

    def test_ends_cleanly_with_open_requests(self):
        sim = Sim(PROGRAM, "--servers", 3, "--hold", "--threads", 2)
        connections = [server.send_chat(stream=True) for server in sim.servers]
        for server in sim.servers:
            server.until(lambda state: state["running"] == 1)
        self.assertEqual(sim.end(), 0)
        for connection in connections:
            self.assertEqual(read_all(connection)[0], b"")


if __name__ == "__main__":
    unittest.main()
