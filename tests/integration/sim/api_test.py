#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""api_test.py SHUNT_SIM: what every API answers, whole and as a stream."""
import base64
import contextlib
import json
import struct
import sys
import unittest

from sim import Sim, read_all

PROGRAM = sys.argv.pop(1)
CHAT = {"model": "base", "messages": [{"role": "user", "content": "What is a shunt?"}]}


class ApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sim = Sim(PROGRAM, "--servers", 2, "--time-scale", 0, "--adapters", "sql-lora")
        cls.server = cls.sim[1]

    @classmethod
    def tearDownClass(cls):
        cls.sim.end()

    def ask(self, path, body):
        answer = self.server.post(path, body)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(answer.headers["x-sim-server"], "sim-1")
        return answer

    def test_chat(self):
        answer = self.ask("/v1/chat/completions", {**CHAT, "max_tokens": 6}).json
        self.assertEqual(answer["object"], "chat.completion")
        choice, = answer["choices"]
        self.assertEqual((choice["message"]["role"], choice["finish_reason"]), ("assistant", "length"))
        self.assertTrue(choice["message"]["content"].startswith("sim-1: "))
        self.assertEqual(len(choice["message"]["content"]), 6 * 4)
        usage = answer["usage"]
        self.assertEqual((usage["completion_tokens"], usage["total_tokens"]), (6, usage["prompt_tokens"] + 6))
        self.assertIn("cached_tokens", usage["prompt_tokens_details"])

    def test_chat_stream(self):
        whole = self.ask("/v1/chat/completions", {**CHAT, "max_tokens": 6}).json
        answer = self.ask("/v1/chat/completions", {**CHAT, "max_completion_tokens": 6, "stream": True})
        self.assertEqual(answer.headers["content-type"], "text/event-stream; charset=utf-8")
        *chunks, last = [data for _, data in answer.events()]
        self.assertEqual(last, "[DONE]")
        self.assertEqual(chunks[0]["choices"][0]["delta"], {"role": "assistant", "content": ""})
        text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
        self.assertEqual(text, whole["choices"][0]["message"]["content"])
        self.assertEqual([chunk["choices"][0]["finish_reason"] for chunk in chunks], [None] * 7 + ["length"])
        self.assertEqual(chunks[-1]["choices"][0]["delta"], {})
        self.assertEqual({chunk["object"] for chunk in chunks}, {"chat.completion.chunk"})
        self.assertEqual(len({chunk["id"] for chunk in chunks}), 1)
        self.assertNotIn("usage", chunks[0])

    def test_usage_of_a_stream(self):
        body = {**CHAT, "max_tokens": 2, "stream": True, "stream_options": {"include_usage": True}}
        *chunks, usage, done = [data for _, data in self.ask("/v1/chat/completions", body).events()]
        self.assertEqual(done, "[DONE]")
        self.assertTrue(all(chunk["usage"] is None for chunk in chunks))
        self.assertEqual((usage["choices"], usage["usage"]["completion_tokens"]), ([], 2))

    def test_completions(self):
        for prompt in ("Say", ["Say"], [1, 2, 3], [[1, 2, 3]]):
            answer = self.ask("/v1/completions", {"prompt": prompt, "max_tokens": 3}).json
            self.assertEqual((answer["object"], len(answer["choices"][0]["text"])), ("text_completion", 12))
            self.assertEqual(answer["usage"]["prompt_tokens"], 1 if "Say" in prompt else 3)
        events = self.ask("/v1/completions", {"prompt": "Say", "max_tokens": 3, "stream": True}).events()
        self.assertEqual(len("".join(data["choices"][0]["text"] for _, data in events[:-1])), 12)
        self.assertEqual((events[-2][1]["choices"][0]["finish_reason"], events[-1][1]), ("length", "[DONE]"))

    def test_responses(self):
        body = {"model": "base", "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]}
        whole = self.ask("/v1/responses", body).json
        self.assertEqual((whole["object"], whole["status"]), ("response", "completed"))
        text = whole["output"][0]["content"][0]["text"]
        self.assertEqual(len(text), 4 * whole["usage"]["output_tokens"])
        events = self.ask("/v1/responses", {**body, "stream": True}).events()
        self.assertTrue(all(name == data["type"] for name, data in events))
        self.assertEqual([data["sequence_number"] for _, data in events], list(range(len(events))))
        names = [name for name, _ in events]
        self.assertEqual(names[:4], ["response.created", "response.in_progress", "response.output_item.added",
                                     "response.content_part.added"])
        self.assertEqual(names[-4:], ["response.output_text.done", "response.content_part.done", "response.output_item.done",
                                      "response.completed"])
        self.assertEqual("".join(data["delta"] for name, data in events if name == "response.output_text.delta"), text)
        self.assertEqual(events[-1][1]["response"]["usage"]["output_tokens"], whole["usage"]["output_tokens"])
        cut = self.ask("/v1/responses", {"input": "Hi", "max_output_tokens": 1}).json
        self.assertEqual((cut["status"], cut["incomplete_details"]), ("incomplete", {"reason": "max_output_tokens"}))

    def test_messages(self):
        body = {"model": "base", "system": "Be short.", "messages": CHAT["messages"], "max_tokens": 5}
        whole = self.ask("/v1/messages", body).json
        self.assertEqual((whole["type"], whole["role"], whole["stop_reason"]), ("message", "assistant", "max_tokens"))
        self.assertEqual(whole["usage"]["output_tokens"], 5)
        events = self.ask("/v1/messages", {**body, "stream": True}).events()
        self.assertEqual([name for name, _ in events],
                         ["message_start", "content_block_start", "ping", *["content_block_delta"] * 5, "content_block_stop",
                          "message_delta", "message_stop"])
        self.assertEqual("".join(data["delta"]["text"] for name, data in events if name == "content_block_delta"),
                         whole["content"][0]["text"])

    def test_embeddings(self):
        body = {"input": ["one", "two", "one"], "dimensions": 8}
        answer = self.ask("/v1/embeddings", body).json
        vectors = [one["embedding"] for one in answer["data"]]
        self.assertEqual([len(vector) for vector in vectors], [8, 8, 8])
        self.assertEqual(vectors[0], vectors[2])
        self.assertNotEqual(vectors[0], vectors[1])
        packed = self.ask("/v1/embeddings", {**body, "encoding_format": "base64"}).json
        self.assertEqual(list(struct.unpack("<8f", base64.b64decode(packed["data"][1]["embedding"]))), vectors[1])

    def test_rerank(self):
        for path in ("/rerank", "/v1/rerank"):
            answer = self.ask(path, {"query": "q", "documents": ["a", "b", "c", "d"], "top_n": 3}).json
            scores = [one["relevance_score"] for one in answer["results"]]
            self.assertEqual((len(scores), scores), (3, sorted(scores, reverse=True)))
            self.assertEqual(answer["results"][0]["document"]["text"], "abcd"[answer["results"][0]["index"]])

    def test_transcriptions(self):
        form = ('--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nsql-lora\r\n'
                '--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF\r\n--x--\r\n')
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        answer = self.server.post("/v1/audio/transcriptions", form, kind)
        self.assertTrue(answer.json["text"].startswith("sim-1: "))
        self.assertEqual(self.server.post("/v1/audio/transcriptions", form.replace("sql-lora", "none"), kind).status, 404)
        self.assertEqual(self.server.post("/v1/audio/transcriptions", form.replace('"file"', '"other"'), kind).status, 400)

    def test_images(self):
        answer = self.ask("/v1/images/generations", {"prompt": "a shunt", "n": 2}).json
        self.assertEqual([base64.b64decode(one["b64_json"])[1:4] for one in answer["data"]], [b"PNG", b"PNG"])

    def test_pages(self):
        self.assertEqual((self.server.get("/health").status, self.server.get("/health").body), (200, b""))
        self.assertEqual(self.server.get("/version").json["version"], "shunt-sim")
        models = self.server.get("/v1/models").json["data"]
        self.assertEqual([(one["id"], one["parent"]) for one in models], [("base", None), ("sql-lora", "base")])

    def test_wrong_requests(self):
        for status, path, body in (
                (404, "/v1/chat/completions", {**CHAT, "model": "other"}),
                (400, "/v1/chat/completions", {"model": "base"}),
                (400, "/v1/chat/completions", {**CHAT, "max_tokens": 0}),
                (400, "/v1/chat/completions", {**CHAT, "max_tokens": 100_000}),
                (400, "/v1/chat/completions", "{"),
                (400, "/v1/completions", {"prompt": ["a", "b"]}),
                (400, "/v1/embeddings", {"input": {}}),
                (404, "/v1/nothing", {})):
            answer = self.server.post(path, body)
            self.assertEqual(answer.status, status, answer.text)
            self.assertEqual(answer.json["error"]["code"], status)
        self.assertEqual(self.server.get("/v1/completions").status, 405)
        wrong = self.server.post("/v1/messages", {"messages": CHAT["messages"]})
        self.assertEqual((wrong.status, wrong.json["error"]["type"]), (400, "invalid_request_error"))
        with self.server.socket() as connection:
            connection.sendall(b"nonsense\r\n\r\n")
            self.assertIn(b" 400 ", connection.recv(4096))

    def test_one_connection_serves_many_requests(self):
        connections = self.server.state()["connections"]
        with contextlib.closing(self.server.connect()) as connection:
            for stream in (False, True, False):
                connection.request("POST", "/v1/chat/completions", json.dumps({**CHAT, "max_tokens": 2, "stream": stream}))
                self.assertEqual(b"[DONE]" in connection.getresponse().read(), stream)
            self.assertEqual(self.server.state()["connections"], connections + 1)

    def test_requests_that_do_not_wait_for_answers(self):
        one = b"GET /health HTTP/1.1\r\nHost: s\r\n\r\n"
        with self.server.socket() as connection:
            connection.sendall(one * 3 + one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            data, reset = read_all(connection)
        self.assertEqual((data.count(b"HTTP/1.1 200 OK"), reset), (4, False))

    def test_large_body(self):
        with Sim(PROGRAM, "--time-scale", 0, "--max-model-len", 4_000_000, "--num-gpu-blocks", 300_000) as sim:
            body = json.dumps({"prompt": "x" * (8 << 20), "max_tokens": 1}).encode()
            with sim[0].socket() as connection:
                connection.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: s\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
                                   % len(body))
                self.assertEqual(connection.recv(4096), b"HTTP/1.1 100 Continue\r\n\r\n")
                connection.sendall(body)
                self.assertIn(b'"prompt_tokens":%d' % ((8 << 20) // 4), connection.recv(65536))

    def test_upgrade(self):
        with self.server.socket() as connection:
            connection.sendall(b"GET /sim/upgrade HTTP/1.1\r\nHost: s\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly")
            reader = connection.makefile("rb")
            self.assertEqual(reader.readline(), b"HTTP/1.1 101 Switching Protocols\r\n")
            headers = dict(line.rstrip(b"\r\n").split(b": ") for line in iter(reader.readline, b"\r\n"))
            self.assertEqual((headers[b"Upgrade"], headers[b"Connection"]), (b"echo", b"Upgrade"))
            self.assertEqual(reader.read(5), b"early")
            for size in (1, 100_000):
                connection.sendall(b"z" * size)
                self.assertEqual(reader.read(size), b"z" * size)
        self.assertEqual(self.server.get("/sim/upgrade").status, 426)

    def test_mirror(self):
        answer = self.server.request("PUT", "/sim/mirror?a=1", "body", {"X-One": "1"}).json
        self.assertEqual((answer["method"], answer["target"], answer["body"]), ("PUT", "/sim/mirror?a=1", "body"))
        self.assertIn(["X-One", "1"], answer["headers"])

    def test_same_seed_same_answers(self):
        def answers(*flags):
            with Sim(PROGRAM, "--time-scale", 0, *flags) as sim:
                return [sim[0].chat(f"Question {i}").json["choices"][0]["message"]["content"] for i in range(20)]
        first = answers("--seed", 7)
        self.assertEqual(first, answers("--seed", 7))
        self.assertNotEqual(first, answers("--seed", 8))
        self.assertGreater(len({len(text) for text in first}), 5)


if __name__ == "__main__":
    unittest.main()
