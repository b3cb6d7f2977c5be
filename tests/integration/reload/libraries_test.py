#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Libraries of a running host are replaced: the traps that lie in dlopen() and in files that change under its feet.

    libraries_test.py SHUNT SHUNT_SIM FIXTURES
"""
import os
import pathlib
import shutil
import sys
import unittest

from rig import FIXTURES, PREFERRING, Rig, SimTest

KEEP_ALL = {"decisions": {"explainedPerSecond": 1000000}}


class Libraries(SimTest):
    SERVERS = 3

    def rig(self, **more):
        rig = Rig(self.sim, {**PREFERRING, "admin": KEEP_ALL, **more}, library="first")
        self.addCleanup(rig.__exit__, None, None, None)
        return rig.until_ready()

    def test_another_file_under_the_same_name(self):
        rig = self.rig()
        first = rig.picked()
        rig.install("last")
        self.assertEqual(rig.picked(), first, "a file alone changes nothing")
        report = rig.reload()
        self.assertEqual([change["kind"] for change in report["changes"]], ["plugin-library"])
        last = rig.picked()
        self.assertNotEqual(first, last)
        rig.install("first")
        rig.reload()
        self.assertEqual(rig.picked(), first)

    def test_overwritten_in_place(self):
        rig = self.rig()
        first = rig.picked()
        shutil.copyfile(pathlib.Path(FIXTURES) / "preferring_last.so", rig.plugins / "plugin.so")
        self.assertEqual(rig.picked(), first, "the code that runs is a copy")
        rig.reload()
        self.assertNotEqual(rig.picked(), first)

    def test_truncated(self):
        rig = self.rig()
        first = rig.picked()
        library = rig.plugins / "plugin.so"
        for size in (0, 10, 64, 4096, os.path.getsize(library) // 2):
            os.truncate(library, 0)
            with open(library, "wb") as file:
                file.write((pathlib.Path(FIXTURES) / "preferring_last.so").read_bytes()[:size])
            status, report = rig.ask("/v1/reload")
            self.assertEqual((status, report["result"]), (409, "refused"), size)
            self.assertEqual(rig.picked(), first)
        rig.install("last")
        rig.reload()
        self.assertNotEqual(rig.picked(), first)

    def test_equal_bytes_share_a_mapping_and_the_instance_stays(self):
        rig = self.rig()
        rig.picked()
        rig.install("first")
        self.assertEqual(rig.reload()["result"], "unchanged")
        copies = sum("-plugin.so" in line and " r-xp " in line
                     for line in pathlib.Path(f"/proc/{rig.worker}/maps").read_text().splitlines())
        rig.install("last")
        rig.reload()
        for version in ("first", "last") * 10:
            rig.install(version)
            rig.reload()
        self.assertEqual(sum("-plugin.so" in line and " r-xp " in line
                             for line in pathlib.Path(f"/proc/{rig.worker}/maps").read_text().splitlines()), copies + 1)

    def test_rollback_brings_the_old_code_back_whatever_the_file_holds(self):
        rig = self.rig()
        first = rig.picked()
        rig.install("last")
        rig.reload()
        os.unlink(rig.plugins / "plugin.so")
        status, report = rig.ask("/v1/rollback")
        self.assertEqual((status, report["result"]), (200, "published"))
        self.assertEqual(rig.picked(), first)

    def test_a_library_that_is_gone_is_refused(self):
        rig = self.rig()
        first = rig.picked()
        os.unlink(rig.plugins / "plugin.so")
        status, report = rig.ask("/v1/reload")
        self.assertEqual((status, report["diagnostics"][0]["code"]), (409, "C203"))
        self.assertEqual(rig.picked(), first)

    def test_a_pipe_among_them_keeps_nobody_waiting(self):
        rig = self.rig(reload={"watch": True, "settleMs": 20, "pollMs": 100})
        first = rig.picked()
        os.mkfifo(rig.plugins / "pipe.so", 0o644)
        rig.install("last")
        rig.until(lambda: rig.picked() != first, "the other endpoint")
        self.assertEqual(rig.reload()["result"], "unchanged")
        self.assertEqual(rig.end(), 0)

    def test_rights_that_are_put_right_are_a_change(self):
        rig = self.rig(reload={"watch": True, "settleMs": 20})
        first = rig.picked()
        os.chmod(rig.plugins, 0o775)
        rig.install("last")
        refused = rig.until(lambda: [one for one in rig.reloads()["reloads"] if one["result"] == "refused"], "a refusal")[0]
        self.assertIn("P114", {found["code"] for found in refused["diagnostics"]})
        self.assertEqual(rig.picked(), first)
        os.chmod(rig.plugins, 0o755)
        rig.until(lambda: rig.picked() != first, "the other endpoint")

    def test_watched(self):
        rig = self.rig(reload={"watch": True, "settleMs": 20})
        first = rig.picked()
        rig.install("last")
        rig.until(lambda: rig.picked() != first, "the other endpoint")
        report = rig.until(lambda: rig.reloads()["reloads"], "a report")[0]
        self.assertEqual(report["cause"], "file")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
