#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Containment: plugins that crash, hang or end the process, under load. The report names the guilty one, its library is quarantined
and stays so, the next worker serves on the same sockets, and clients that try twice see no error.

    containment_test.py SHUNT SHUNT_SIM FIXTURES
"""
import fcntl
import http.client
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

from stack import DEADLINE_S, Host, Sim

SHUNT, SIM, FIXTURES = sys.argv[1:4]
CLIENTS = 6
WARM_CALLS = 40
HANG_MS = 400


def worker_of(host):
    """The process number of the worker; the newest where there are two."""
    pid = host.process.pid
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[-1]) if children else None


def stop(pid):
    """Returns when no thread of it runs any more."""
    os.kill(pid, signal.SIGSTOP)
    tasks = pathlib.Path(f"/proc/{pid}/task")
    while any(task.joinpath("stat").read_text().rpartition(")")[2].split()[0] != "T" for task in tasks.iterdir()):
        pass


class Load:
    """Clients that send requests until they are stopped, each on a new connection, and try once more where one fails."""

    def __init__(self, host, tries=2):
        self.host = host
        self.tries = tries
        self.good = 0
        self.failed = []
        self.retried = 0
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def run(self):
        while not self.stopping.is_set():
            for attempt in range(self.tries):
                problem = self.one()
                with self.lock:
                    if problem is None:
                        self.good += 1
                    elif attempt + 1 < self.tries:
                        self.retried += 1
                    else:
                        self.failed.append(problem)
                if problem is None:
                    break

    def one(self):
        try:
            answer = self.host.chat("containment", max_tokens=2)
        except (ConnectionError, http.client.HTTPException) as problem:
            return repr(problem)
        return None if answer.status == 200 else f"{answer.status} {answer.text}"


class Contained(Host):
    """A host with a plugin of a hostile library in its config, and its state folder."""

    def __init__(self, sim, plugins, state, library="crashing.so", flags=(), **sections):
        self.plugins = tempfile.TemporaryDirectory()
        os.chmod(self.plugins.name, 0o755)
        self.library = pathlib.Path(self.plugins.name) / pathlib.Path(library).name
        shutil.copy(pathlib.Path(FIXTURES) / library, self.library)
        self.state = pathlib.Path(state)
        config = {"pluginDirs": [self.plugins.name], "plugins": [{"type": "queue-scorer"}, *plugins],
                  "limits": {"pluginHangMilliseconds": HANG_MS, "controlHangMilliseconds": HANG_MS},
                  "serve": {"threads": 2, "retries": {"attempts": 1}}, **sections}
        super().__init__(SHUNT, sim, config, flags, state=state)

    def reports(self):
        return [json.loads(file.read_text()) for file in sorted(self.state.glob("crash-*.json"))]

    def quarantined(self):
        file = self.state / "quarantine.json"
        return json.loads(file.read_text())["libraries"] if file.exists() else []

    def restarts(self, cause):
        return self.total("shunt_worker_restarts_total", cause=cause)

    def left_out(self):
        return [plugin["name"] for plugin in self.admin.get("/v1/plugins").json["left_out"]]

    def __exit__(self, *details):
        super().__exit__(*details)
        self.plugins.cleanup()


def quarantine(*words, state):
    done = subprocess.run([SHUNT, "quarantine", *words, "-o", "json", "--state-dir", str(state)], check=True,
                          stdout=subprocess.PIPE, text=True, timeout=DEADLINE_S)
    return json.loads(done.stdout)


class ContainmentTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sim = cls.enterClassContext(Sim(SIM, "--servers", 2, "--time-scale", 0.01))

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = pathlib.Path(folder.name) / "state"

    def crash(self, how, function="score", cause="crash", kind="scorer", bundle=True):
        """Load until the plugin has struck and the next worker has served; the report."""
        plugin = {"type": f"crashing-{kind}", "name": "bad", "parameters": {"how": how, "in": function, "after": WARM_CALLS}}
        with Contained(self.sim, [plugin], self.state) as host:
            host.until_ready()
            first = worker_of(host)
            with Load(host) as load:
                host.until(lambda: len(host.quarantined()) == 1, "the quarantine")
                host.until(lambda: worker_of(host) not in (None, first), "the next worker")
                host.until(lambda: host.restarts(cause) == 1, "the count of restarts")
                before = load.good
                host.until(lambda: load.good > before + 20, "service")
            self.assertEqual(load.failed, [], host.messages())
            report, = host.reports()
            guilty = report["guilty"]
            self.assertEqual(report["cause"], cause)
            self.assertEqual((report["worker"], report["process"]), (1, first))
            self.assertEqual(guilty["library"], str(host.library))
            self.assertEqual(guilty["sha256"], host.quarantined()[0]["sha256"])
            self.assertEqual(host.left_out(), ["bad"])
            self.assertEqual(host.admin.get("/readyz").json["left_out"][0]["name"], "bad")
            self.assertEqual(host.total("shunt_plugins_left_out"), 1)
            self.assertEqual(host.total("shunt_libraries_quarantined"), 1)
            self.assertGreater(host.total("shunt_worker_restart_seconds"), 0)
            self.assertIn("the library is quarantined", host.messages())
            if bundle:
                self.check_bundle(report)
            self.assertEqual(host.end(), 0)
        return report

    def kill(self, host):
        before = worker_of(host)
        os.kill(before, signal.SIGKILL)
        host.until(lambda: worker_of(host) not in (None, before), "the next worker")

    def check_bundle(self, report):
        folder = pathlib.Path(report["bundle"])
        self.assertEqual(report["guilty"]["plugin"], "bad")
        for name in ("config.json", "endpoints.json", "requests.jsonl", "options.json", "library.so", "README"):
            self.assertTrue((folder / name).exists(), name)
        self.assertIn("containment", (folder / "requests.jsonl").read_text())
        command, = (line for line in (folder / "README").read_text().splitlines() if line.startswith("  shunt "))
        # Nothing has been counted in this process, so nothing crashes.
        again = subprocess.run([SHUNT, *shlex.split(command)[1:]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               timeout=DEADLINE_S, cwd="/", check=False)
        self.assertEqual((again.returncode, len(again.stdout.splitlines())), (0, 1), again.stderr)

    def names(self, report, function, generation=1):
        guilty = report["guilty"]
        self.assertEqual((guilty["plugin"], guilty["function"], guilty["generation"]), ("bad", function, generation))

    def test_crash_in_a_hot_call(self):
        report = self.crash("segv")
        self.names(report, "score")
        self.assertEqual((report["reason"], report["signal"]), ("SIGSEGV", signal.SIGSEGV))
        self.assertEqual(report["status"] & 0x7f, signal.SIGSEGV)

    def test_crash_under_the_lock_of_the_allocator(self):
        report = self.crash("malloc", bundle=False)
        self.names(report, "score")
        self.assertEqual(report["signal"], signal.SIGABRT)

    def test_stack_overflow(self):
        report = self.crash("stack")
        self.names(report, "score")
        self.assertTrue(report["stack_overflow"])

    def test_endless_loop(self):
        self.names(self.crash("loop", cause="hang"), "score")

    def test_sleep(self):
        self.names(self.crash("sleep", cause="hang"), "score")

    def test_exit(self):
        report = self.crash("exit", cause="exit")
        self.names(report, "score")
        self.assertEqual(report["guilty_because"], "the thread was in this call")

    def test_exit_without_handlers(self):
        report = self.crash("_exit", cause="exit", bundle=False)
        self.names(report, "score")

    def test_end_of_the_thread(self):
        report = self.crash("pthread_exit", bundle=False)
        self.names(report, "score")

    def test_thread_of_the_plugin(self):
        report = self.crash("thread", bundle=False)
        self.assertEqual(report["guilty"]["function"], "a thread of its own")
        self.assertEqual(report["guilty_because"], "its code was running")

    def test_crash_in_picked_and_in_events(self):
        for function in ("picked", "events"):
            with self.subTest(function):
                shutil.rmtree(self.state, ignore_errors=True)
                self.names(self.crash("segv", function, kind="observer", bundle=function == "picked"), function)

    def test_events_that_never_return(self):
        self.names(self.crash("loop", "events", cause="hang", kind="observer", bundle=False), "events")

    def test_crash_in_create(self):
        plugin = {"type": "crashing-scorer", "name": "bad", "parameters": {"how": "segv", "in": "create"}}
        with Contained(self.sim, [plugin], self.state) as host:
            host.until_ready()
            self.names(host.reports()[0], "create", generation=0)
            self.assertEqual(host.left_out(), ["bad"])
            self.assertEqual(host.chat().status, 200)

    def test_create_that_never_returns(self):
        plugin = {"type": "crashing-scorer", "name": "bad", "parameters": {"how": "sleep", "in": "create"}}
        with Contained(self.sim, [plugin], self.state) as host:
            host.until_ready()
            self.names(host.reports()[0], "create", generation=0)
            self.assertEqual(host.reports()[0]["cause"], "hang")

    def test_crash_in_destroy(self):
        plugin = {"type": "crashing-scorer", "name": "bad", "parameters": {"how": "abort", "in": "destroy"}}
        with Contained(self.sim, [plugin], self.state) as host:
            host.until_ready()
            self.assertEqual(host.end(), 1)
            self.names(host.reports()[0], "destroy")

    def test_crash_while_a_library_is_loaded(self):
        for library, function in (("crash_constructor", "load"), ("crash_entry", "describe")):
            with self.subTest(library), tempfile.TemporaryDirectory() as state:
                with Contained(self.sim, [], state, f"libraries/{library}.so") as host:
                    host.until_ready()
                    guilty = host.reports()[0]["guilty"]
                    self.assertEqual((guilty["function"], guilty["library"]), (function, str(host.library)))
                    self.assertEqual(host.chat().status, 200)

    def test_quarantine_survives_a_restart_and_is_lifted_by_command(self):
        plugin = {"type": "crashing-scorer", "name": "bad", "parameters": {"how": "segv", "in": "create"}}
        with Contained(self.sim, [plugin], self.state) as host:
            host.until_ready()
            self.assertEqual(host.end(), 0)
        self.assertEqual(len(quarantine("list", state=self.state)["quarantined"]), 1)
        harmless = {"type": "crashing-scorer", "name": "good"}
        with Contained(self.sim, [harmless], self.state) as host:
            host.until_ready()
            self.assertEqual(host.left_out(), ["good"])
            self.assertIn("P169", host.messages())
            self.assertEqual(len(host.reports()), 1, "nothing crashed this time")
            digits = host.quarantined()[0]["sha256"][:12]
        self.assertEqual(len(quarantine("lift", digits, state=self.state)["lifted"]), 1)
        with Contained(self.sim, [harmless], self.state) as host:
            host.until_ready()
            self.assertEqual(host.left_out(), [])
            self.assertIn("good", [plugin["name"] for plugin in host.admin.get("/v1/plugins").json["plugins"]])

    def test_worker_killed_under_load(self):
        with Contained(self.sim, [], self.state) as host:
            host.until_ready()
            first = worker_of(host)
            with Load(host) as load:
                host.until(lambda: load.good > 50, "load")
                os.kill(first, signal.SIGKILL)
                host.until(lambda: worker_of(host) not in (None, first), "the next worker")
                before = load.good
                host.until(lambda: load.good > before + 50, "service")
            self.assertEqual(load.failed, [], host.messages())
            self.assertEqual((host.restarts("killed"), host.quarantined()), (1, []))
            report, = host.reports()
            self.assertEqual((report["cause"], report["guilty"]), ("killed", None))
            self.assertEqual(host.end(), 0)

    def test_the_next_worker_has_the_libraries_and_the_gaps_of_the_one_before(self):
        bad = {"type": "crashing-scorer", "name": "bad", "parameters": {"how": "segv", "in": "create"}}
        with Contained(self.sim, [bad], self.state) as host:
            host.until_ready()
            for restarts in (1, 2):
                self.kill(host)
                host.until(lambda: host.restarts("killed") == restarts, "the count of restarts")
                self.assertEqual((host.left_out(), host.chat().status), (["bad"], 200))
        shutil.rmtree(self.state)
        good = {"type": "crashing-scorer", "name": "good"}
        with Contained(self.sim, [good], self.state) as host:
            host.until_ready()

            def library():
                plugins = host.admin.get("/v1/plugins").json["plugins"]
                return [(plugin["library"], plugin["sha256"]) for plugin in plugins if plugin["name"] == "good"]
            loaded = library()
            host.library.write_bytes(b"no library any more")
            host.config.write_text("{")
            self.kill(host)
            self.assertEqual(library(), loaded)
            self.assertEqual((host.metrics()["shunt_generation", ()], host.chat().status), (2, 200))

    def test_connections_in_the_listen_queue_are_served_by_the_next_worker(self):
        with Contained(self.sim, [], self.state) as host:
            host.until_ready()
            first = worker_of(host)
            stop(first)
            body = json.dumps({"model": "base", "messages": [{"role": "user", "content": "queued"}]})
            waiting = []
            for _ in range(20):
                connection = host.door.connect()
                connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
                waiting.append(connection)
            os.kill(first, signal.SIGKILL)
            self.assertEqual({connection.getresponse().status for connection in waiting}, {200})
            for connection in waiting:
                connection.close()

    def test_a_stopped_worker_does_not_hang(self):
        with Contained(self.sim, [], self.state) as host:
            host.until_ready()
            worker = worker_of(host)
            with Load(host, tries=1) as load:
                host.until(lambda: load.good > 20, "load")
                stop(worker)
                # Its supervisor goes on meanwhile; what passes is the time of the machine.
                subprocess.run(["sleep", str(HANG_MS * 3 / 1000)], check=True)
                os.kill(worker, signal.SIGCONT)
                before = load.good
                host.until(lambda: load.good > before + 20, "service")
            self.assertEqual((load.failed, worker_of(host), host.reports()), ([], worker, []))

    def test_a_fresh_worker_takes_over_without_a_failed_request(self):
        with Contained(self.sim, [], self.state) as host:
            host.until_ready()
            first = worker_of(host)
            with Load(host, tries=1) as load:
                for _ in range(3):
                    host.until(lambda: load.good > 20, "load")
                    first = worker_of(host)
                    os.kill(host.process.pid, signal.SIGUSR2)
                    host.until(lambda: worker_of(host) not in (None, first), "the next worker")
                    host.until(lambda: not pathlib.Path(f"/proc/{first}").exists(), "the end of the worker before")
                    before = load.good
                    host.until(lambda: load.good > before + 20, "service")
            self.assertEqual(load.failed, [], host.messages())
            self.assertEqual((host.restarts("hand_over"), host.reports()), (3, []))
            self.assertEqual(host.end(), 0)

    def test_a_state_folder_that_takes_nothing_lets_no_library_back(self):
        bad = {"type": "crashing-scorer", "name": "bad", "parameters": {"how": "segv", "in": "score", "after": 3}}
        with Contained(self.sim, [bad], self.state) as host:
            host.until_ready()
            self.state.write_text("no folder")
            first = worker_of(host)
            with Load(host) as load:
                host.until(lambda: worker_of(host) not in (None, first), "the next worker")
                before = load.good
                host.until(lambda: load.good > before + 20, "service")
            self.assertEqual((load.failed, host.restarts("crash"), host.left_out()), ([], 1, ["bad"]))
            self.assertEqual(host.total("shunt_libraries_quarantined"), 1)
            self.assertIn("until this host ends, and not beyond", host.messages())
            for path in re.findall(r"; report: (.*?);", host.messages()):
                self.assertTrue(pathlib.Path(path).exists(), path)
            self.kill(host)
            host.until(lambda: host.restarts("killed") == 1, "the count of restarts")
            self.assertEqual((host.left_out(), host.chat().status), (["bad"], 200))
            # It is written as soon as that can be done.
            self.state.unlink()
            self.kill(host)
            host.until(lambda: host.restarts("killed") == 2, "the count of restarts")
            self.assertEqual((host.left_out(), len(host.quarantined())), (["bad"], 1))

    def test_a_locked_state_folder_holds_nobody_up(self):
        bad = {"type": "crashing-scorer", "name": "bad", "parameters": {"how": "segv", "in": "score", "after": 3}}
        self.state.mkdir()
        lock = os.open(self.state, os.O_RDONLY)
        self.addCleanup(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)
        with Contained(self.sim, [bad], self.state) as host:
            host.until_ready()
            first = worker_of(host)
            with Load(host) as load:
                host.until(lambda: worker_of(host) not in (None, first), "the next worker")
                before = load.good
                host.until(lambda: load.good > before + 20, "service")
            self.assertEqual((load.failed, host.left_out(), len(host.quarantined())), ([], ["bad"], 1))
            self.assertIn("locked", host.messages())
            refused = subprocess.run([SHUNT, "quarantine", "lift", "all", "--state-dir", self.state], check=False,
                                     stderr=subprocess.PIPE, text=True, timeout=DEADLINE_S)
            self.assertEqual((refused.returncode, len(host.quarantined())), (1, 1))
            self.assertIn("E362", refused.stderr)
            self.assertEqual(host.end(), 0)

    def test_a_quarantine_of_what_nothing_can_replace_does_not_end_the_host(self):
        with Contained(self.sim, [], self.state) as host:
            host.until_ready()
            needed = {plugin["type"]: plugin for plugin in host.admin.get("/v1/plugins").json["plugins"]
                      if plugin["type"] in ("max-score-picker", "single-profile-handler")}
            self.assertEqual(len(needed), 2)
            self.state.mkdir(exist_ok=True)
            entries = [{"sha256": plugin["sha256"], "library": plugin["library"], "plugin": plugin["name"], "type": kind,
                        "function": "pick", "reason": "SIGSEGV", "time": "2026-11-22T00:00:00Z", "report": ""}
                       for kind, plugin in needed.items()]
            (self.state / "quarantine.json").write_text(json.dumps({"schema": 1, "libraries": entries}))
            self.kill(host)
            host.until(lambda: host.restarts("killed") == 1, "the count of restarts")
            self.check_spared(host, needed)
            # What the host makes of the file again is the same.
            os.kill(host.process.pid, signal.SIGHUP)
            host.until(lambda: host.total("shunt_reload_total", cause="signal") == 1, "the reload")
            self.assertEqual(host.total("shunt_reload_total", result="refused"), 0, host.messages())
            self.assertEqual(host.end(), 0)
        with Contained(self.sim, [], self.state) as host:
            host.until_ready()
            self.check_spared(host, needed)

    def check_spared(self, host, needed):
        self.assertEqual((host.chat().status, host.left_out()), (200, []))
        for path in ("/readyz", "/v1/plugins"):
            used = {library["sha256"] for library in host.admin.get(path).json["quarantined_in_use"]}
            self.assertEqual(used, {plugin["sha256"] for plugin in needed.values()})
        self.assertEqual(host.total("shunt_libraries_quarantined_in_use"), 2)
        self.assertEqual(host.messages().count("is loaded all the same"), 2)

    def test_one_process_names_the_plugin_too(self):
        plugin = {"type": "crashing-scorer", "name": "bad", "parameters": {"how": "segv", "in": "score"}}
        with Contained(self.sim, [plugin], self.state, flags=["--no-supervisor"]) as host:
            host.until_ready()
            with self.assertRaises((ConnectionError, http.client.HTTPException)):
                host.chat()
            self.assertEqual(host.process.wait(DEADLINE_S), -signal.SIGSEGV)
            self.assertIn('SIGSEGV in score of plugin "bad" from', host.messages())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
