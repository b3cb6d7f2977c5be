#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reloads, rollbacks and losses around the moments at which one worker follows another: whatever comes when, one worker serves, with
what was put in force last.

    hand_over_test.py SHUNT SHUNT_SIM FIXTURES
"""
import json
import os
import pathlib
import signal
import sys
import unittest

from rig import PROFILE, Rig, Sim, SIM, TOKEN


def weigh(weight):
    def change(sections):
        sections["schedulingProfiles"][0]["plugins"][0]["weight"] = weight
    return change


class HandOver(unittest.TestCase):
    def setUp(self):
        self.sim = Sim(SIM, "--servers", 1, "--time-scale", 0)
        self.sim.__enter__()
        self.addCleanup(self.sim.__exit__, None, None, None)
        self.rig = Rig(self.sim, PROFILE)
        self.addCleanup(self.rig.__exit__, None, None, None)
        self.rig.until_ready()

    def workers(self):
        pid = self.rig.process.pid
        return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def weight(self):
        return self.rig.admin.get("/v1/profiles").json["profiles"][0]["steps"][0]["weight"]

    def until_one_serves(self, not_these=()):
        def settled():
            workers = self.workers()
            return len(workers) == 1 and workers[0] not in not_these and self.rig.chat(max_tokens=1).status == 200
        self.rig.until(settled, "one worker that serves")

    def test_a_rollback_outlives_the_worker(self):
        self.rig.change(weigh(2))
        self.rig.reload()
        self.assertEqual(self.rig.ask("/v1/rollback")[0], 200)
        before = self.workers()
        os.kill(before[0], signal.SIGKILL)
        self.until_one_serves(before)
        self.assertEqual(self.weight(), 1)
        # A worker serves a moment before its parent hears of it, and until then the parent wants no other one.
        self.rig.until(lambda: "worker 2 serves" in self.rig.messages(), "the parent's word about it")
        before = self.workers()
        self.rig.process.send_signal(signal.SIGUSR2)
        self.until_one_serves(before)
        self.assertEqual(self.weight(), 1)

    def reports(self):
        return self.rig.reloads()["reloads"]

    def from_file(self):
        """Those that a changed file has asked for: reloads come one after the other, so they are over when this one is."""
        self.rig.ask("/v1/reload?dry_run=1")
        return [report for report in self.reports() if report["cause"] == "file"]

    def replace(self):
        before = self.workers()
        self.rig.process.send_signal(signal.SIGUSR2)
        self.until_one_serves(before)

    def test_what_was_taken_back_is_no_change_for_the_next_worker(self):
        self.rig.change(lambda sections: sections.update(reload={"watch": True, "settleMs": 1, "pollMs": 100}))
        self.rig.reload()
        self.rig.change(weigh(2))
        self.rig.until(lambda: self.weight() == 2, "weight 2")
        self.assertEqual(self.rig.ask("/v1/rollback")[0], 200)
        for lose in (lambda: os.kill(before[0], signal.SIGKILL), lambda: self.rig.process.send_signal(signal.SIGUSR2)):
            before = self.workers()
            lose()
            self.until_one_serves(before)
            for _ in range(200):
                self.assertEqual(self.rig.chat(max_tokens=1).status, 200)
            self.assertEqual((self.weight(), self.from_file()), (1, []))
            self.rig.until(lambda: "worker 2 serves" in self.rig.messages(), "the parent's word about it")
        self.rig.change(weigh(3))
        self.rig.until(lambda: self.weight() == 3, "weight 3")

    def test_what_was_refused_is_no_change_for_the_next_worker(self):
        self.rig.change(lambda sections: sections.update(reload={"watch": True, "settleMs": 1, "pollMs": 100}))
        self.rig.reload()
        self.rig.write("{ this is no config")
        self.rig.until(lambda: self.reports()[0]["result"] == "refused", "the refusal")
        self.replace()
        for _ in range(200):
            self.assertEqual(self.rig.chat(max_tokens=1).status, 200)
        self.assertEqual(self.from_file(), [])

    def test_what_has_changed_meanwhile_is_a_change_for_the_next_worker(self):
        self.rig.change(lambda sections: sections.update(reload={"watch": True, "settleMs": 1, "pollMs": 3600000}))
        self.rig.reload()
        self.rig.change(weigh(2))
        self.rig.until(lambda: self.weight() == 2, "weight 2")
        self.assertEqual(self.rig.ask("/v1/rollback")[0], 200)
        worker = self.workers()
        os.kill(worker[0], signal.SIGSTOP)  # so that it sees nothing of it
        self.rig.change(weigh(3))
        os.kill(worker[0], signal.SIGKILL)
        self.until_one_serves(worker)
        self.rig.until(lambda: self.weight() == 3, "weight 3")

    def test_a_reload_and_a_hand_over_at_once(self):
        for weight in range(2, 8):
            before = self.workers()
            self.rig.change(weigh(weight))
            first, second = (signal.SIGHUP, signal.SIGUSR2) if weight % 2 else (signal.SIGUSR2, signal.SIGHUP)
            self.rig.process.send_signal(first)
            self.rig.process.send_signal(second)
            self.until_one_serves(before)
            self.rig.reload()
            self.assertEqual(self.weight(), weight)
        self.assertEqual(list((pathlib.Path(self.rig.folder.name) / "state").glob("crash-*")), [])

    def test_a_reload_in_a_fresh_worker(self):
        before = self.workers()
        dry = self.rig.command("reload", "--fresh-worker", "--dry-run")
        self.assertEqual(dry.returncode, 0, dry.stderr)
        self.assertEqual(self.workers(), before)
        for weight in (5, 5):  # the second time nothing has changed, and a fresh worker is wanted all the same
            before = self.workers()
            self.rig.change(weigh(weight))
            done = self.rig.command("reload", "--fresh-worker")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("a fresh worker takes over", done.stdout)
            self.until_one_serves(before)
            self.assertEqual(self.weight(), weight)
        self.assertEqual(self.rig.total("shunt_worker_restarts_total", cause="hand_over"), 2)
        refused = self.rig.command("reload", "--fresh-worker", "--canary", "5%")
        self.assertEqual(refused.returncode, 2)
        answer = self.rig.admin.request("POST", "/v1/reload?fresh_worker=1", body={"canary": {"share": 0.5}},
                                        headers={"Authorization": "Bearer " + TOKEN})
        self.assertEqual(answer.status, 400)

    def frozen(self, worker):
        """It listens no more: connections go to the other one."""
        sockets = pathlib.Path(f"/proc/{worker}/fd")
        listening = {line.split()[9] for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
                     if line.split()[3] == "0A"}
        held = {os.readlink(link) for link in sockets.iterdir()}
        return not any(f"socket:[{inode}]" in held for inode in listening)

    def test_a_successor_that_is_lost_is_replaced_while_the_old_one_still_drains(self):
        slow = Sim(SIM, "--servers", 1)
        slow.__enter__()
        self.addCleanup(slow.__exit__, None, None, None)
        self.rig.change(lambda sections: sections.update(
            endpoints=[{"name": "slow", "address": slow.servers[0].address}]))
        self.rig.reload()
        connection = self.rig.door.connect()
        self.addCleanup(connection.close)
        connection.request("POST", "/v1/chat/completions", json.dumps(
            {"model": "base", "stream": True, "max_tokens": 100000, "messages": [{"role": "user", "content": "x"}]}))
        response = connection.getresponse()
        response.read(10)
        old = self.workers()[0]
        started = self.rig.total("process_start_time_seconds")
        self.rig.process.send_signal(signal.SIGUSR2)
        new = self.rig.until(lambda: [pid for pid in self.workers() if pid != old], "a second worker")[0]
        self.rig.until(lambda: self.rig.total("process_start_time_seconds") > started, "its answers")
        self.rig.until(lambda: self.frozen(old), "the old one's end of service")
        os.kill(new, signal.SIGKILL)
        self.rig.until(lambda: [pid for pid in self.workers() if pid not in (old, new)], "a third worker")
        self.assertEqual(self.rig.chat(max_tokens=1).status, 200)
        self.assertTrue(response.read(10), "the old stream goes on")

    def test_the_end_comes_whatever_is_under_way(self):
        self.rig.process.send_signal(signal.SIGUSR2)
        self.rig.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.rig.end(), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
