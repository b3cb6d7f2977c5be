#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a worker begins with that follows another one: endpoints, sockets and settings are those of before, whoever has ended it and
whatever has become of the files since.

    succession_test.py SHUNT SHUNT_SIM FIXTURES
"""
import json
import operator
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

from rig import PROFILE, Rig, SHUNT, SimTest, endpoints_of


class Clients:
    """Send requests without a pause, each once more where it was refused or its connection broke, until told to end."""

    def __init__(self, rig, tries):
        self.rig, self.tries = rig, tries
        self.failed, self.answered = [], [0, 0, 0]
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.send, args=(client,)) for client in range(3)]

    def one(self):
        why = None
        for _ in range(self.tries):
            try:
                answer = self.rig.chat(max_tokens=1)
            except OSError as broken:
                why = repr(broken)
                continue
            if answer.status == 200:
                return None
            why = answer.text
        return why

    def send(self, client):
        while not self.ending.is_set():
            if why := self.one():
                self.failed.append(why)
            self.answered[client] += 1

    def go_on(self):
        """Each of them has answers to requests that it has sent from now on."""
        enough = [answered + 2 for answered in self.answered]
        self.rig.until(lambda: all(map(operator.ge, self.answered, enough)), "requests")

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()


class Succession(SimTest):
    SERVERS = 2

    def rig(self, flags=(), **sections):
        rig = Rig(self.sim, {**PROFILE, **sections}, flags=flags)
        self.addCleanup(rig.__exit__, None, None, None)
        return rig.until_ready()

    def listed(self):
        """A file with the endpoints, for --endpoints."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        file = pathlib.Path(folder.name) / "pool.json"
        file.write_text(json.dumps({"endpoints": endpoints_of(self.sim)}))
        return file

    def replace(self, rig, number):
        """Ends the worker by that signal, or has the supervisor replace it; returns when another one serves."""
        before = rig.worker
        if number == signal.SIGUSR2:
            rig.process.send_signal(number)
        else:
            os.kill(before, number)

        def another():
            try:
                return rig.worker != before and rig.admin.get("/readyz").status == 200
            except (OSError, IndexError):
                return False
        rig.until(another, "another worker")

    def test_endpoints_of_a_file_are_known_before_the_door_opens(self):
        rig = self.rig(flags=("--endpoints", self.listed()), endpoints=[])
        for number, tries in ((signal.SIGUSR2, 1), (signal.SIGKILL, 2)):
            with self.subTest(number):
                with Clients(rig, tries) as clients:
                    for _ in range(4):
                        self.replace(rig, number)
                        # A client tries once more, not twice: none may still be at it when the next worker goes.
                        clients.go_on()
                self.assertEqual(clients.failed, [])

    def test_a_file_that_cannot_be_read_keeps_no_door_shut(self):
        rig = self.rig(discovery={"files": [{"path": "/nowhere/at/all.json"}]})
        self.replace(rig, signal.SIGKILL)
        self.assertEqual(rig.chat(max_tokens=1).status, 200, "the endpoint of the config")

    def test_settings_stay_until_the_host_is_started_again(self):
        busy = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(busy.close)
        taken = "127.0.0.1:%d" % busy.getsockname()[1]
        for section, value in (("serve", {"listen": taken}), ("admin", {"listen": taken}),
                               ("admin", {"tokenFile": "/nowhere/token"}), ("serve", {"apiKeysFile": "/nowhere/keys"})):
            with self.subTest(section, **value):
                rig = self.rig()
                rig.change(lambda sections, section=section, value=value: (
                    sections[section].update(value), sections["schedulingProfiles"][0]["plugins"][0].update(weight=7)))
                report = rig.reload()
                self.assertIn(True, [change["needsRestart"] for change in report["changes"]])
                self.replace(rig, signal.SIGKILL)
                self.assertEqual(rig.chat(max_tokens=1).status, 200, "on the same sockets")
                self.assertEqual(rig.admin.get("/v1/profiles").json["profiles"][0]["steps"][0]["weight"], 7)
                self.assertEqual(rig.ask("/v1/reload")[0], 200, "with the same token")

    def test_a_quarantine_file_that_breaks_meanwhile(self):
        rig = self.rig()
        file = pathlib.Path(rig.folder.name) / "state" / "quarantine.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text("{ \"libraries\": [")
        self.replace(rig, signal.SIGKILL)
        self.assertEqual(rig.chat(max_tokens=1).status, 200)
        self.assertIn("is no quarantine file", rig.messages())

    def unfinished_request(self, rig):
        """Its body does not come. An old worker listens for a moment longer than a new one needs to serve: then another one is sent."""
        def under_way():
            connection = rig.door.connect()
            self.addCleanup(connection.close)
            connection.putrequest("POST", "/v1/chat/completions")
            connection.putheader("Content-Length", "1000")
            connection.endheaders(b"{")
            return rig.total("shunt_requests_under_way") > 0
        rig.until(under_way, "the request")

    def test_a_fresh_worker_while_others_finish_their_requests(self):
        rig = self.rig()
        for replaced in (1, 2, 3):
            self.unfinished_request(rig)
            done = rig.command("reload", "--fresh-worker")
            self.assertEqual(done.returncode, 0, done.stderr)
            rig.until(lambda replaced=replaced: rig.total("shunt_worker_restarts_total", cause="hand_over") == replaced,
                      "a fresh worker")
        self.assertNotIn("is not started now", rig.messages())
        pid = rig.process.pid
        self.assertEqual(len(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()), 4)

    def test_without_a_supervisor_nobody_takes_over(self):
        rig = self.rig(flags=("--no-supervisor",))
        rig.process.send_signal(signal.SIGUSR2)
        rig.process.send_signal(signal.SIGHUP)
        rig.until(lambda: rig.reloads()["reloads"], "the reload")
        self.assertEqual(rig.chat(max_tokens=1).status, 200)

    def test_the_worker_of_a_supervisor_that_is_gone_leaves_its_sockets(self):
        rig = self.rig()
        worker = rig.worker
        self.unfinished_request(rig)
        rig.process.kill()
        rig.process.wait()
        self.addCleanup(lambda: os.kill(worker, signal.SIGKILL))
        rig.change(lambda sections: (sections["serve"].update(listen="%s:%d" % rig.door.at),
                                     sections["admin"].update(listen="%s:%d" % rig.admin.at)))

        def another():
            after = subprocess.Popen([SHUNT, "serve", "-c", rig.config, "-o", "json", "--state-dir",
                                      pathlib.Path(rig.folder.name) / "state"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            line = after.stdout.readline()
            if not line:
                after.wait()
                after.stdout.close()
                return None
            return after
        after = rig.until(another, "another host on the same addresses")
        try:
            self.assertTrue(pathlib.Path(f"/proc/{worker}").exists(), "the old one still has a request")
        finally:
            after.terminate()
            after.wait()
            after.stdout.close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
