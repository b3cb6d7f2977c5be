#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The process ends, or is replaced, while a canary is out: the next one decides with what was in force.

    canary_loss_test.py SHUNT SHUNT_SIM FIXTURES
"""
import http.client
import signal
import sys
import unittest

from rig import PREFERRING, Rig, SimTest

# All of the requests, so that it is the canary that meets the one at which it crashes.
ALL = {"share": 1, "durationMs": 3600000, "timeLimitMs": 3600000}
KEEP_ALL = {"decisions": {"explainedPerSecond": 1000000}}


class Loss(SimTest):
    SERVERS = 3

    def rig(self, version):
        rig = Rig(self.sim, {**PREFERRING, "admin": KEEP_ALL, "reload": {"canary": ALL}}, library="first")
        self.addCleanup(rig.__exit__, None, None, None)
        rig.until_ready()
        self.first = rig.picked()
        rig.install(version)
        self.report = rig.reload()
        self.assertEqual(self.report["result"], "canary", self.report)
        self.assertNotEqual(rig.picked(), self.first)
        return rig

    def test_a_crash(self):
        rig = self.rig("fragile")
        worker = rig.worker
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionError)):
            rig.chat(user="nemesis")
        rig.until(lambda: rig.picked() == self.first, "what was in force")
        self.assertNotEqual(rig.worker, worker)
        self.assertEqual(rig.total("shunt_libraries_quarantined"), 1)
        self.assertEqual(rig.total("shunt_plugins_left_out"), 0)
        self.assertEqual(rig.total("shunt_canary_share_ratio"), 0)
        self.assertGreater(rig.reloads()["generation"], self.report["canary"]["generation"], "numbers are never used twice")
        # The file is still the one that crashes.
        status, report = rig.ask("/v1/reload")
        codes = [found["code"] for found in report["diagnostics"] if found["severity"] == "error"]
        self.assertEqual((status, codes), (409, ["E359"]))

    def test_a_fresh_worker_begins_without_it(self):
        rig = self.rig("last")
        worker = rig.worker
        rig.process.send_signal(signal.SIGUSR2)
        rig.until(lambda: rig.worker != worker and rig.admin.get("/readyz").status == 200 and
                  rig.reloads()["canary"] is None, "another worker")
        self.assertEqual(rig.picked(), self.first)

    def test_the_end(self):
        rig = self.rig("last")
        self.assertEqual(rig.end(), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
