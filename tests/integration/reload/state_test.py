#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a plugin has learned survives its replacement: by other parameters, by another library, where both understand each other.

    state_test.py SHUNT SHUNT_SIM FIXTURES
"""
import sys
import unittest

from rig import Rig, SimTest

REMEMBERING = {"plugins": [{"type": "remembering-scorer"}, {"type": "max-score-picker"}],
               "schedulingProfiles": [{"name": "default", "plugins": [{"pluginRef": "remembering-scorer", "weight": 1},
                                                                      {"pluginRef": "max-score-picker"}]}]}


class State(SimTest):
    SERVERS = 1

    def rig(self, version=1):
        # Rehearsals make an instance of their own; off, so that nothing but this host counts.
        rig = Rig(self.sim, {**REMEMBERING, "reload": {"rehearsal": {"enabled": False}}},
                  library=f"=remembering_{version}")
        self.addCleanup(rig.__exit__, None, None, None)
        rig.until_ready()
        for _ in range(5):
            self.assertEqual(rig.chat(max_tokens=1).status, 200)
        self.assertEqual(self.calls(rig), 5)
        return rig

    def calls(self, rig):
        return rig.admin.get("/v1/plugins/remembering-scorer/state").json["state"]["calls"]

    def step(self, rig, step, **more):
        rig.change(lambda sections: sections["plugins"][0].update(parameters={"step": step}, **more))
        return rig.ask("/v1/reload")[1]

    def test_other_parameters(self):
        rig = self.rig()
        report = self.step(rig, 2)
        self.assertEqual(report["state"], [{"plugin": "remembering-scorer", "outcome": "taken", "bytes": 1}])
        rig.chat(max_tokens=1)
        self.assertEqual(self.calls(rig), 6)

    def test_a_newer_library_reads_what_an_older_one_wrote(self):
        rig = self.rig()
        rig.install("=remembering_2")
        self.assertEqual(rig.reload()["state"][0]["outcome"], "taken")
        self.assertEqual(self.calls(rig), 5)

    def test_a_library_that_cannot_read_it_starts_anew(self):
        rig = self.rig()
        rig.install("=remembering_3")
        self.assertEqual(rig.reload()["state"][0]["outcome"], "not-readable")
        self.assertEqual(self.calls(rig), 0)

    def test_or_is_refused_where_the_config_requires_it(self):
        rig = self.rig()
        rig.change(lambda sections: sections["plugins"][0].update(state="required"))
        rig.install("=remembering_3")
        status, report = rig.ask("/v1/reload")
        self.assertEqual((status, report["diagnostics"][0]["code"]), (409, "E353"))
        rig.chat(max_tokens=1)
        self.assertEqual(self.calls(rig), 6)
        rig.install("=remembering_2")
        self.assertEqual(rig.reload()["result"], "published")
        self.assertEqual(self.calls(rig), 6)

    def test_discarded_on_request(self):
        rig = self.rig()
        self.assertEqual(self.step(rig, 2, state="discard")["state"][0]["outcome"], "discarded")
        self.assertEqual(self.calls(rig), 0)

    def test_a_rollback_brings_back_what_the_old_one_knew(self):
        rig = self.rig()
        self.step(rig, 2)
        for _ in range(3):
            rig.chat(max_tokens=1)
        self.assertEqual(self.calls(rig), 8)
        self.assertEqual(rig.ask("/v1/rollback")[0], 200)
        self.assertEqual(self.calls(rig), 5)


PREFIX_CACHE = {"plugins": [{"type": "approx-prefix-cache-producer"}, {"type": "prefix-cache-scorer"},
                            {"type": "max-score-picker"}],
                "schedulingProfiles": [{"name": "default", "plugins": [{"pluginRef": "prefix-cache-scorer", "weight": 1},
                                                                       {"pluginRef": "max-score-picker"}]}]}


class PrefixIndex(SimTest):
    """What approx-prefix-cache-producer knows of prompts outlives its parameters."""
    SERVERS = 4
    PROMPTS = [f"prompt number {n}: " + str(n) * 400 for n in range(24)]
    PRODUCER = "approx-prefix-cache-producer"

    def setUp(self):
        self.rig = Rig(self.sim, {**PREFIX_CACHE, "reload": {"rehearsal": {"enabled": False}},
                                  "admin": {"decisions": {"explainedPerSecond": 1000000}}})
        self.addCleanup(self.rig.__exit__, None, None, None)
        self.rig.until_ready()
        self.homes = self.endpoints()
        self.assertGreater(len(set(self.homes)), 1, "prompts that nobody has seen go anywhere")
        self.assertEqual(self.endpoints(), self.homes, "and then where they were")

    def endpoints(self):
        return [self.rig.endpoint_of(self.rig.chat(max_tokens=1, content=prompt)) for prompt in self.PROMPTS]

    def index(self):
        return self.rig.admin.get(f"/v1/plugins/{self.PRODUCER}/state").json["state"]

    def reload(self, parameters, **more):
        self.rig.change(lambda sections: sections["plugins"][0].update(parameters=parameters, **more))
        return self.rig.ask("/v1/reload")

    def test_another_capacity_keeps_the_index(self):
        before = self.index()
        status, report = self.reload({"lruCapacityPerServer": 5000, "maxPrefixTokensToMatch": 65536}, state="required")
        self.assertEqual((status, report["result"]), (200, "published"), report)
        taken, = [entry for entry in report["state"] if entry["plugin"] == self.PRODUCER]
        self.assertEqual(taken["outcome"], "taken")
        self.assertGreater(taken["bytes"], before["holdings"] * 8)
        after = self.index()
        self.assertEqual((after["default_capacity"], after["maximum_blocks"]), (5000, 4096))
        self.assertEqual([after[name] for name in ("endpoints", "blocks", "holdings")],
                         [before[name] for name in ("endpoints", "blocks", "holdings")])
        self.assertEqual(self.endpoints(), self.homes)

    def test_other_blocks_are_another_index(self):
        status, report = self.reload({"blockSizeTokens": 32})
        self.assertEqual(status, 200, report)
        refused, = [entry for entry in report["state"] if entry["plugin"] == self.PRODUCER]
        self.assertEqual(refused["outcome"], "not-readable")
        self.assertIn("blockSizeTokens", refused["problem"])
        self.assertEqual(self.index()["blocks"], 0)

    def test_where_the_index_is_required_other_blocks_are_refused(self):
        status, report = self.reload({"blockSizeTokens": 32}, state="required")
        self.assertEqual((status, report["diagnostics"][0]["code"]), (409, "E353"))
        self.assertEqual(self.endpoints(), self.homes)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
