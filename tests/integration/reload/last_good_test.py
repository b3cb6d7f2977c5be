#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A version that passes rehearsal and crashes under live traffic: the host comes back with what decided before, keeps the library
out until somebody says otherwise, and loses nothing else.

    last_good_test.py SHUNT SHUNT_SIM FIXTURES
"""
import http.client
import json
import os
import pathlib
import signal
import sys
import unittest

from rig import PREFERRING, Rig, Sim, SIM

KEEP_ALL = {"decisions": {"explainedPerSecond": 1000000}}


class LastGood(unittest.TestCase):
    def test_the_last_good_generation_comes_back(self):
        with Sim(SIM, "--servers", 3, "--time-scale", 0) as sim, \
                Rig(sim, {**PREFERRING, "admin": KEEP_ALL}, library="first") as rig:
            rig.until_ready()
            first = rig.picked()
            rig.install("fragile")
            generation = rig.reload()["generation"]
            self.assertNotEqual(rig.picked(), first)

            worker = rig.worker
            with self.assertRaises((http.client.RemoteDisconnected, ConnectionError)):
                rig.chat(user="nemesis")
            rig.until(lambda: rig.picked() == first, "the version that decided before")
            self.assertNotEqual(rig.worker, worker)
            self.assertEqual(rig.total("shunt_libraries_quarantined"), 1)
            self.assertGreater(rig.reloads()["generation"], generation, "numbers are never used twice")

            # The file is still the fragile one.
            status, report = rig.ask("/v1/reload")
            codes = [found["code"] for found in report["diagnostics"] if found["severity"] == "error"]
            self.assertEqual((status, codes), (409, ["E359"]))
            self.assertEqual(rig.picked(), first)

            # Nothing else is held up by it.
            def weigh(sections):
                sections["schedulingProfiles"][0]["plugins"][0]["weight"] = 2
            rig.install("first")
            rig.change(weigh)
            self.assertEqual(rig.reload()["result"], "published")
            rig.install("fragile")
            self.assertEqual(rig.ask("/v1/reload")[0], 409)

            lifted = rig.quarantine("lift", "all")
            self.assertEqual(lifted.returncode, 0, lifted.stderr)
            self.assertEqual(rig.reload()["result"], "published")
            self.assertNotEqual(rig.picked(), first)
            self.assertEqual(json.loads(rig.quarantine("list", "-o", "json").stdout)["quarantined"], [])

    def test_an_earlier_version_is_not_forgotten_over_changes_that_bring_no_other(self):
        def weigh(weight):
            def change(sections):
                sections["schedulingProfiles"][0]["plugins"][0]["weight"] = weight
            rig.change(change)
            self.assertEqual(rig.reload()["result"], "published")

        def hand_over():
            worker = rig.worker
            os.kill(rig.process.pid, signal.SIGUSR2)
            rig.until(lambda: rig.worker != worker and not pathlib.Path(f"/proc/{worker}").exists(), "a fresh worker")

        def steps():
            return [step["kind"] for step in rig.admin.get("/v1/profiles").json["profiles"][0]["steps"]]

        with Sim(SIM, "--servers", 3, "--time-scale", 0) as sim, \
                Rig(sim, {**PREFERRING, "admin": KEEP_ALL}, library="first") as rig:
            rig.until_ready()
            first, with_scorer = rig.picked(), steps()
            rig.install("fragile")
            rig.reload()
            for weight in range(2, 12):
                weigh(weight)
            for _ in range(10):
                hand_over()
            with self.assertRaises((http.client.RemoteDisconnected, ConnectionError)):
                rig.chat(user="nemesis")
            rig.until(lambda: rig.picked() == first, "the version that decided before")
            self.assertEqual((steps(), rig.total("shunt_plugins_left_out")), (with_scorer, 0))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
