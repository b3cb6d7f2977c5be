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


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
