#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""faults_test.py SHUNT_SIM: every way in which a server can be made to misbehave, switched while it runs."""
import sys
import time
import unittest

from sim import Sim, read_all

PROGRAM = sys.argv.pop(1)


class FaultsTest(unittest.TestCase):
    def setUp(self):
        self.sim = Sim(PROGRAM, "--servers", 2, "--time-scale", 0, "--control", "127.0.0.1:0")
        self.server = self.sim[0]

    def tearDown(self):
        self.sim.end()

    def counts(self):
        """Of the chat requests, and nothing vanishes."""
        counts = self.server.state()["requests"]["chat"]
        self.assertEqual(counts["received"], sum(counts[name] for name in counts if name != "received"), counts)
        return counts

    def test_errors(self):
        for status, kind in ((503, "ServiceUnavailableError"), (500, "InternalServerError"), (429, "RateLimitError")):
            self.server.faults(errorRate=1, errorStatus=status, retryAfter=7)
            answer = self.server.chat()
            self.assertEqual((answer.status, answer.headers["retry-after"], answer.json["error"]["type"]), (status, "7", kind))
        answer = self.server.post("/v1/messages", {})
        self.assertEqual((answer.status, answer.json["type"], answer.json["error"]["type"]), (429, "error", "rate_limit_error"))
        self.assertEqual(self.server.faults(errorRate=0)["errorStatus"], 429)
        self.assertEqual(self.server.chat().status, 200)
        self.assertEqual((self.counts()["failed"], self.counts()["answered"]), (3, 1))
        self.assertEqual(self.server.state()["injected"]["error"], 4)

    def test_rates_are_the_same_with_the_same_seed(self):
        def statuses():
            self.server.post("/sim/reset", "")
            self.server.faults(errorRate=0.5)
            return [self.server.chat().status for _ in range(40)]
        first = statuses()
        self.assertTrue(5 < first.count(503) < 35, first)
        self.assertEqual(first, statuses())

    def test_reset_before_the_first_byte(self):
        self.server.faults(resetRate=1)
        self.assertEqual(read_all(self.server.send_chat()), (b"", True))
        self.assertEqual(self.counts()["failed"], 1)

    def test_hang_until_the_client_leaves(self):
        self.server.faults(hangRate=1)
        connection = self.server.send_chat()
        self.server.until(lambda state: state["injected"]["hang"] == 1)
        self.assertEqual(self.counts()["open"], 1)
        connection.close()
        self.server.until(lambda state: state["requests"]["chat"]["cancelled"] == 1)
        self.assertEqual(self.counts()["open"], 0)

    def test_abort_in_the_middle(self):
        self.server.faults(abortRate=1, abortAfter=2)
        data, reset = read_all(self.server.send_chat(stream=True, max_tokens=10))
        self.assertEqual((data.count(b'"content":"'), b"[DONE]" in data, reset), (3, False, True))
        data, reset = read_all(self.server.send_chat(max_tokens=10))
        self.assertTrue(data.startswith(b"HTTP/1.1 200 OK\r\n") and not data.endswith(b"}"), data)
        self.assertEqual((reset, self.counts()["failed"], self.server.state()["blocks"]["used"]), (True, 2, 0))

    def test_refused_connections(self):
        idle = self.server.socket()
        refused = self.server.post("/sim/faults", {"refuse": True})
        self.assertEqual((refused.status, refused.headers["connection"]), (200, "close"))
        self.assertEqual(read_all(idle)[0], b"")
        self.assertRaises(ConnectionRefusedError, self.server.socket)
        # The others go on, and can be asked about this one.
        self.assertTrue(self.sim[1].get("/sim/faults?server=sim-0").json["faults"]["refuse"])
        self.sim[1].post("/sim/faults?server=sim-0", {"refuse": False})
        self.assertEqual(self.server.chat().status, 200)

    def test_control_address(self):
        control = type(self.server)("control", self.sim.ready["control"])
        control.post("/sim/faults?server=*", {"refuse": True})
        for server in self.sim.servers:
            self.assertRaises(ConnectionRefusedError, server.socket)
        states = control.post("/sim/reset?server=*", "").json["servers"]
        self.assertEqual([one["faults"]["refuse"] for one in states], [False, False])
        self.assertEqual(self.server.chat().status, 200)
        self.assertEqual(control.chat().status, 404)
        self.assertEqual(control.get("/sim/state").status, 404)

    def test_latency(self):
        self.server.faults(latencyMs=60, latencyJitterMs=20)
        begin = time.monotonic()
        self.assertEqual(self.server.chat().status, 200)
        self.assertGreaterEqual(time.monotonic() - begin, 0.06)

    def test_slow_steps(self):
        with Sim(PROGRAM, "--slow-factor", 100, "--prefill-ms", 1, "--decode-ms", 0, "--decode-ms-per-sequence", 0) as sim:
            sim[0].chat(max_tokens=1)
            self.assertGreaterEqual(sim[0].metric("vllm:time_to_first_token_seconds_sum"), 0.1)

    def test_health(self):
        self.server.faults(healthStatus=503)
        self.assertEqual(self.server.get("/health").status, 503)

    def test_metrics_pages(self):
        self.server.faults(metricsPage="malformed")
        self.assertIn(b"many", self.server.get("/metrics").body)
        self.server.faults(metricsPage="empty")
        self.assertEqual(self.server.get("/metrics").body, b"")
        self.server.faults(metricsPage="error")
        self.assertEqual(self.server.get("/metrics").status, 500)
        self.server.faults(metricsPage="ok", metricsDelayMs=50)
        begin = time.monotonic()
        self.assertEqual(self.server.metric("vllm:num_requests_waiting"), 0)
        self.assertGreaterEqual(time.monotonic() - begin, 0.05)

    def test_metrics_page_without_end(self):
        self.server.faults(metricsPage="endless")
        with self.server.socket() as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: s\r\n\r\n")
            size = 0
            while size < 5_000_000:
                size += len(connection.recv(1 << 20))
        self.server.until(lambda state: state["connections"] == 1)

    def test_metrics_page_that_never_comes(self):
        self.server.faults(metricsPage="hang")
        with self.server.socket() as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: s\r\n\r\n")
            self.server.until(lambda state: state["pages"]["metrics"] == 1 and state["connections"] == 2)
        self.server.until(lambda state: state["connections"] == 1)
        self.server.faults(metricsPage="reset")
        with self.server.socket() as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: s\r\n\r\n")
            self.assertEqual(read_all(connection), (b"", True))

    def test_wrong_faults_change_nothing(self):
        answer = self.server.post("/sim/faults", {"errorRate": 2, "hold": 1, "metricsPage": "bad", "errorrate": 1, "models": [],
                                                  "latencyMs": 5})
        self.assertEqual(answer.status, 400)
        self.assertEqual(len(answer.json["errors"]), 5, answer.text)
        self.assertEqual(self.server.get("/sim/faults").json["faults"]["latencyMs"], 0)
        self.assertEqual(self.server.post("/sim/faults", "[]").status, 400)
        self.assertEqual(self.server.get("/sim/state?server=sim-9").status, 404)


if __name__ == "__main__":
    unittest.main()
