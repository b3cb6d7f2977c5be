#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Chaos: endpoints that refuse, reset, break off, say 503 and flap, clients that leave and that send nonsense. Afterwards every
request that a client began is one of the outcomes that the host counted, no more and no less, and nothing is left under way.

    chaos_test.py SHUNT SHUNT_SIM
"""
import collections
import json
import random
import sys
import threading
import unittest

from stack import DEADLINE_S, Host, Server, Sim

SHUNT, SIM = sys.argv[1:3]
CLIENTS = 8
REQUESTS = 250  # of each client
FAULTS = [{}, {}, {"refuse": True}, {"resetRate": 0.5}, {"abortRate": 0.5}, {"errorRate": 0.5}, {"errorRate": 0.3, "errorStatus": 500},
          {"metricsPage": "malformed"}, {"metricsPage": "endless"}, {"healthStatus": 500}]


class Client:
    """Sends requests one after the other, each on a connection of its own, and counts what it saw."""

    def __init__(self, host, seed):
        self.host = host
        self.random = random.Random(seed)
        self.seen = collections.Counter()
        self.wrong = []

    def run(self):
        for _ in range(REQUESTS):
            try:
                self.seen[self.one()] += 1
            except Exception as problem:  # noqa: BLE001  (a thread has nobody to raise it to)
                self.wrong.append(repr(problem))

    def one(self):
        kind = self.random.choice(["whole", "whole", "stream", "stream", "leave", "nonsense"])
        body = {"model": "base", "messages": [{"role": "user", "content": "chaos"}], "max_tokens": 20,
                "stream": kind in ("stream", "leave")}
        data = b"{" if kind == "nonsense" else json.dumps(body).encode()
        connection = self.host.door.socket()
        connection.settimeout(DEADLINE_S)
        with connection:
            connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: shunt\r\nConnection: close\r\n"
                               b"Content-Length: %d\r\n\r\n" % len(data) + data)
            if kind == "leave":
                return "left"
            answer = b""
            try:
                while part := connection.recv(65536):
                    answer += part
            except ConnectionResetError:
                pass
        return self.judge(answer)

    def judge(self, answer):
        head, _, rest = answer.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if b"transfer-encoding: chunked" in head.lower():
            whole = rest.endswith(b"0\r\n\r\n")
        else:
            length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            whole = not length or len(rest) == int(length[0].split(b":")[1])
        if not whole:
            return "broken off"
        return "ok" if status == 200 else f"status {status}"


class Chaos(unittest.TestCase):
    def test_what_clients_saw_is_what_the_host_counted(self):
        config = {"serve": {"timeouts": {"connectMs": 500, "responseHeaderMs": 20_000}, "threads": 2},
                  "dataLayer": {"healthCheck": {"intervalMs": 50, "unhealthyAfter": 2}}}
        with Sim(SIM, "--servers", 4, "--time-scale", 0.02, "--control", "127.0.0.1:0") as sim, Host(SHUNT, sim, config) as host:
            host.until_ready()
            clients = [Client(host, seed) for seed in range(CLIENTS)]
            threads = [threading.Thread(target=client.run) for client in clients]
            for thread in threads:
                thread.start()
            chance = random.Random(99)
            turns = 0
            while any(thread.is_alive() for thread in threads):
                self.flap(sim, chance)
                turns += 1
                threads[turns % CLIENTS].join(0.05)
            for thread in threads:
                thread.join()
            self.assertEqual([problem for client in clients for problem in client.wrong], [])
            seen = sum((client.seen for client in clients), collections.Counter())
            sent = CLIENTS * REQUESTS
            self.assertEqual(sum(seen.values()), sent)
            host.until(lambda: host.total("shunt_requests_under_way") == 0, "the end of all requests")
            outcomes = {outcome: host.total("shunt_requests_total", door="http", outcome=outcome)
                        for outcome in ("completed", "failed", "cancelled", "rejected", "answered")}
            self.assertEqual(sum(outcomes.values()), sent, (outcomes, seen))
            self.assertEqual(outcomes["answered"], 0)
            # A client that left may have been too late to be one that left; everybody else saw what was counted.
            self.assertLessEqual(outcomes["cancelled"], seen["left"], (outcomes, seen))
            self.assertGreaterEqual(outcomes["rejected"], seen["status 400"], (outcomes, seen))
            self.assertGreaterEqual(outcomes["failed"], seen["broken off"], (outcomes, seen))
            self.assertGreaterEqual(outcomes["completed"], seen["ok"], (outcomes, seen))
            self.assertGreater(seen["ok"], 0)
            for endpoint in host.admin.get("/v1/endpoints").json["endpoints"]:
                self.assertEqual((endpoint["in_flight"], endpoint["in_flight_tokens"]), (0, 0), endpoint)
            self.assertEqual(host.end(), 0)

    def flap(self, sim, chance):
        control = Server("control", sim.ready["control"])
        server = chance.choice(sim.servers).name
        for path, body in (("/sim/reset", {}), ("/sim/faults", chance.choice(FAULTS))):
            answer = control.post(f"{path}?server={server}", body)
            self.assertEqual(answer.status, 200, answer.text)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
