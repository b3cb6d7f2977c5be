#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""GET /v1/models of the whole host, in front of simulated servers with different models, one of which goes away.

    models_stack_test.py SHUNT SHUNT_SIM
"""
import sys
import unittest

from stack import Host, Sim, endpoints_of

SHUNT, SIM = sys.argv[1:3]


class Models(unittest.TestCase):
    def test_all_that_is_served(self):
        with Sim(SIM, "--models", "zeta,shared") as first, Sim(SIM, "--models", "shared,alpha") as second, \
                Sim(SIM, "--models", "gone") as third:
            endpoints = [{**endpoint, "name": f"sim-{i}"} for i, sim in enumerate((first, second, third))
                         for endpoint in endpoints_of(sim)]
            third.end()
            # Health checks that never come: the one that is down is asked like the others.
            for health in ({"intervalMs": 50, "unhealthyAfter": 1}, {"enabled": False}):
                with self.subTest(health), Host(SHUNT, config={"endpoints": endpoints, "dataLayer": {"healthCheck": health}}) as host:
                    host.until_ready()
                    answer = host.until(lambda: (got := host.get("/v1/models")).status == 200 and got, "a list")
                    models = answer.json["data"]
                    self.assertEqual([one["id"] for one in models], ["alpha", "shared", "zeta"])
                    self.assertTrue(all(one["owned_by"] == "shunt-sim" and one["max_model_len"] for one in models))
                    self.assertGreaterEqual(host.total("shunt_requests_total", door="http", outcome="answered"), 1)
                    self.assertEqual(host.total("shunt_decisions_total"), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
