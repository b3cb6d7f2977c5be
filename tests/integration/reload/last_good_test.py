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
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

from rig import DEADLINE_S, PREFERRING, SHUNT, Rig, Sim, SIM

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

            # What crashed does so again from the bundle, whatever lies on the plugin path by now and wherever that is done.
            bundle, = (path for path in rig.state.iterdir() if path.is_dir())
            command, = (line for line in (bundle / "README").read_text().splitlines() if line.startswith("  shunt "))
            rig.install("first")
            for moved in (False, True):
                words = shlex.split(command)[1:]
                if moved:
                    shutil.copytree(bundle, rig.state / "moved")
                    words = [word.replace(str(bundle), str(rig.state / "moved")) for word in words]
                again = subprocess.run([SHUNT, *words], capture_output=True, text=True, timeout=DEADLINE_S, cwd="/", check=False)
                self.assertEqual(again.returncode, -signal.SIGSEGV, again.stderr)
            rig.install("fragile")

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

    def test_a_rollback_brings_nothing_back_that_is_in_quarantine(self):
        with Sim(SIM, "--servers", 3, "--time-scale", 0) as sim, \
                Rig(sim, {**PREFERRING, "admin": KEEP_ALL}, library="fragile") as rig:
            rig.until_ready()
            fragile = {plugin["type"]: plugin["sha256"] for plugin in rig.admin.get("/v1/plugins").json["plugins"]}
            rig.install("first")
            rig.reload()
            first = rig.picked()
            # As another host with the same state folder does it.
            rig.state.mkdir(exist_ok=True)
            entry = {"sha256": fragile["preferring-scorer"], "library": "x", "plugin": "s", "type": "t", "function": "score",
                     "reason": "SIGSEGV", "time": "2026-11-22T00:00:00Z", "report": ""}
            (rig.state / "quarantine.json").write_text(json.dumps({"schema": 1, "libraries": [entry]}))
            status, report = rig.ask("/v1/rollback")
            self.assertEqual((status, [found["code"] for found in report["diagnostics"]]), (409, ["E359"]))
            self.assertEqual(rig.picked(), first)
            self.assertEqual(rig.quarantine("lift", "all").returncode, 0)
            self.assertEqual(rig.ask("/v1/rollback")[0], 200)

    def test_a_generation_that_cannot_be_kept_is_told_with_the_reload(self):
        def weigh(sections):
            sections["schedulingProfiles"][0]["plugins"][0]["weight"] = 2
        with tempfile.TemporaryDirectory() as place, Sim(SIM, "--servers", 3, "--time-scale", 0) as sim, \
                unittest.mock.patch.dict(os.environ, TMPDIR=place), Rig(sim, PREFERRING, library="first") as rig:
            rig.until_ready()
            kept = rig.until(lambda: list(pathlib.Path(place).glob("shunt-staging-*/generation-*.json")), "what is kept")[0]
            # What stands in the way of a file there is a full disk to whoever writes it.
            number = int(kept.stem.rpartition("-")[2]) + 1
            (kept.parent / f"generation-{number:020}.json.part").mkdir()
            rig.change(weigh)
            report = rig.reload()
            self.assertEqual([(found["severity"], found["code"]) for found in report["diagnostics"]], [("warning", "E361")])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
