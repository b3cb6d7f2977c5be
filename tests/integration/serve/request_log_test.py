#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The log of a running host: one line for each request, refused ones included, and never a prompt.

    request_log_test.py SHUNT SHUNT_SIM
"""
import json
import sys
import unittest

from stack import Host, Sim

SHUNT, SIM = sys.argv[1:3]
SECRET = "nobody shall read this"


class RequestLog(unittest.TestCase):
    def test_one_line_each_and_no_prompt(self):
        with Sim(SIM, "--servers", 1, "--time-scale", 0) as sim, \
                Host(SHUNT, sim, {"log": {"requests": True, "format": "json", "level": "debug"}}) as host:
            host.until_ready()
            self.assertEqual(host.chat(SECRET).status, 200)
            self.assertEqual(host.chat(SECRET, stream=True).status, 200)
            self.assertEqual(host.post("/v1/chat/completions", "{ " + SECRET).status, 400)
            with host.door.socket() as connection:
                connection.sendall(b"NONSENSE\r\n\r\n")
                self.assertIn(b"400", connection.recv(4096).split(b"\r\n")[0])

            def lines():
                found = [json.loads(line) for line in host.messages().splitlines() if line.startswith("{")]
                found = [line for line in found if "outcome" in line]
                return found if len(found) >= 4 else None
            seen = host.until(lines, "four request lines")
            self.assertEqual([line["outcome"] for line in seen], ["completed", "completed", "rejected", "rejected"])
            self.assertEqual([line["status"] for line in seen], [200, 200, 400, 400])
            self.assertEqual(host.total("shunt_requests_total"), 4)
            self.assertNotIn(SECRET, host.messages())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
