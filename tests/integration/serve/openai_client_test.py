#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""OpenAI's own client library through the HTTP door: every API that it shares with the host, streamed and not, and errors as
its exceptions.

    openai_client_test.py SHUNT SHUNT_SIM
"""
import sys
import unittest

import openai
from stack import Host, Sim

SHUNT, SIM = sys.argv[1:3]


class OpenAiClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sim = cls.enterClassContext(Sim(SIM, "--servers", 3, "--time-scale", 0, "--models", "base"))
        cls.host = cls.enterClassContext(Host(SHUNT, cls.sim, {"serve": {"decisionHeader": True}})).until_ready()
        cls.client = openai.OpenAI(base_url=cls.host.door.url + "/v1", api_key="none", max_retries=0)

    def test_chat(self):
        answer = self.client.chat.completions.create(
            model="base", messages=[{"role": "user", "content": "hello"}], max_tokens=7)
        self.assertEqual(answer.choices[0].finish_reason, "length")
        self.assertEqual(answer.usage.completion_tokens, 7)
        self.assertRegex(answer.choices[0].message.content, "^sim-[012]:")

    def test_chat_streamed(self):
        stream = self.client.chat.completions.create(
            model="base", messages=[{"role": "user", "content": "hello"}], max_tokens=9, stream=True,
            stream_options={"include_usage": True})
        chunks = list(stream)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        self.assertRegex(text, "^sim-[012]:")
        self.assertEqual(chunks[-1].usage.completion_tokens, 9)
        self.assertEqual([chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1], "length")

    def test_completions(self):
        answer = self.client.completions.create(model="base", prompt="once upon", max_tokens=4)
        self.assertEqual(answer.usage.completion_tokens, 4)
        chunks = list(self.client.completions.create(model="base", prompt="once upon", max_tokens=4, stream=True))
        self.assertTrue("".join(chunk.choices[0].text for chunk in chunks if chunk.choices))

    def test_responses(self):
        answer = self.client.responses.create(model="base", input="hello", max_output_tokens=6)
        self.assertTrue(answer.output_text)
        self.assertEqual(answer.usage.output_tokens, 6)
        types = [event.type for event in
                 self.client.responses.create(model="base", input="hello", max_output_tokens=6, stream=True)]
        self.assertEqual(types[0], "response.created")
        self.assertIn("response.output_text.delta", types)
        self.assertIn(types[-1], ("response.completed", "response.incomplete"))

    def test_embeddings(self):
        answer = self.client.embeddings.create(model="base", input=["a", "b"])
        self.assertEqual(len(answer.data), 2)

    def test_models(self):
        self.assertIn("base", [model.id for model in self.client.models.list()])

    def test_decision_is_named(self):
        raw = self.client.chat.completions.with_raw_response.create(
            model="base", messages=[{"role": "user", "content": "hello"}], max_tokens=1)
        self.assertRegex(raw.headers["x-shunt-decision"], "^[0-9a-f]{16}$")

    def test_errors_are_its_exceptions(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            self.client.chat.completions.create(model="base", messages="no list")
        self.assertTrue(caught.exception.message)
        with Host(SHUNT, None) as empty:
            client = openai.OpenAI(base_url=empty.door.url + "/v1", api_key="none", max_retries=0)
            with self.assertRaises(openai.InternalServerError) as caught:
                client.chat.completions.create(model="base", messages=[{"role": "user", "content": "hello"}])
            self.assertEqual(caught.exception.status_code, 503)
            self.assertEqual(caught.exception.code, "rejected-no-endpoints")

    def test_a_client_that_stops_reading_frees_the_server(self):
        stream = self.client.chat.completions.create(
            model="base", messages=[{"role": "user", "content": "hello"}], max_tokens=30000, stream=True)
        next(iter(stream))
        stream.close()
        for server in self.sim.servers:
            server.until(lambda state: state["running"] == 0)

    def test_the_host_counts_what_the_client_saw(self):
        before = self.host.total("shunt_requests_total", door="http")
        for _ in range(20):
            self.client.chat.completions.create(
                model="base", messages=[{"role": "user", "content": "hello"}], max_tokens=1)
        self.host.until(lambda: self.host.total("shunt_requests_total", door="http") >= before + 20, "the count")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
