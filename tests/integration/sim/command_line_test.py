#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""command_line_test.py SHUNT_SIM: flags, config, files and exit status."""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

from sim import Sim

PROGRAM = sys.argv.pop(1)


def run(*words):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)


class CommandLineTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.place = pathlib.Path(folder.name)

    def config(self, text):
        (self.place / "sim.jsonc").write_text(text)
        return self.place / "sim.jsonc"

    def test_help_and_version(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertLess(done.stdout.index("Examples"), done.stdout.index("Flags"))
        self.assertRegex(run("--version").stdout, r"^shunt-sim \d+\.\d+\.\d+\n$")

    def test_every_wrong_flag_is_told_at_once(self):
        done = run("--sevrers", 3, "--hodl")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn('there is no flag --sevrers; did you mean "--servers"?', done.stderr)
        self.assertIn('there is no flag --hodl; did you mean "--hold"?', done.stderr)
        done = run("--servers", 0, "--listen", "here", "--engine", "gpu", "--error-rate", 1.5, "--block-size", 1.5,
                   "--time-scale", "-1", "--models", "a b", "--latency-ms", "")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        for flag in ("servers", "listen", "engine", "error-rate", "block-size", "time-scale", "models", "latency-ms"):
            self.assertRegex(done.stderr, rf"(?m)^shunt-sim: --{flag} ")

    def test_every_wrong_setting_is_told_at_once(self):
        done = run("-c", self.config('{ "servers": -1, "timeScale": "fast", "listen": 1, "maxNumSeqs": 0, "nothing": 1, // wrong\n'
                                     '  "groups": [ { "count": "two", "adapters": ["base"], "labels": 1 }, 5 ] }'))
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        for pointer in ("/servers", "/timeScale", "/listen", "/maxNumSeqs", "/nothing", "/groups/0/count", "/groups/0/labels",
                        "/groups/1"):
            self.assertRegex(done.stderr, rf"(?m)^shunt-sim: \S+/sim\.jsonc: {pointer}\b")
        self.assertIn('"base" is the name of both a model and an adapter', done.stderr)
        done = run("-c", self.config('{\n  "servers": }'))
        self.assertEqual(done.returncode, 3)
        self.assertIn("sim.jsonc:2:14: this is not JSON", done.stderr)
        self.assertEqual(run("-c", self.place / "none.jsonc").returncode, 3)

    def test_taken_port(self):
        with Sim(PROGRAM) as sim:
            done = run("--listen", sim[0].address)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(f"cannot listen at {sim[0].address} for sim-0", done.stderr)
        self.assertEqual(run("--listen", "127.0.0.1:0", "--endpoints-out", self.place / "none/pool.jsonc").returncode, 1)

    def test_consecutive_ports(self):
        for _ in range(100):
            # Those behind one that was free a moment ago are most likely free too.
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                start = free.getsockname()[1]
            if start > 65533:
                continue
            process = subprocess.Popen([PROGRAM, "--servers", "3", "--listen", f"127.0.0.1:{start}"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL)
            line = process.stdout.readline()
            process.terminate()
            self.assertEqual(process.wait(60), 0 if line else 1)
            process.stdout.close()
            if line:
                addresses = [one["address"] for one in json.loads(line)["servers"]]
                self.assertEqual(addresses, [f"127.0.0.1:{start + i}" for i in range(3)])
                return
        self.fail("no three free ports in a row")

    def test_groups_flags_and_files(self):
        config = self.config("""{
            "timeScale": 0, "models": ["llama"], "labels": { "zone": "a" },  // of all
            "groups": [ { "name": "fast", "count": 2, "adapters": ["l1"] },
                        { "name": "old", "engine": "sglang", "healthStatus": 503, "labels": { "zone": "b" } } ],
        }""")
        files = {flag: self.place / flag for flag in ("endpoints-out", "discovery-out")}
        with Sim(PROGRAM, "-c", config, "--retry-after", 9, *[word for flag in files for word in (f"--{flag}", files[flag])]) as sim:
            self.assertEqual([one.name for one in sim.servers], ["fast-0", "fast-1", "old-0"])
            pool = json.loads(files["endpoints-out"].read_text())["endpoints"]
            self.assertEqual([one["address"] for one in pool], [one.address for one in sim.servers])
            self.assertEqual([one["attributes"]["models"] for one in pool], [["llama", "l1"], ["llama", "l1"], ["llama"]])
            self.assertEqual(pool[2]["labels"], {"zone": "b", "llm-d.ai/engine-type": "sglang"})
            discovery = files["discovery-out"].read_text()
            for server in sim.servers:
                host, port = server.address.rsplit(":", 1)
                self.assertIn(f'- name: "{server.name}"\n  namespace: "default"\n  address: "{host}"\n  port: "{port}"\n', discovery)
            self.assertEqual([one.get("/health").status for one in sim.servers], [200, 200, 503])
            self.assertEqual({one.get("/sim/faults").json["faults"]["retryAfter"] for one in sim.servers}, {9})
            self.assertEqual(sim[1].chat(model="llama").status, 200)
        self.assertEqual(run("-c", config, "--servers", 3).returncode, 2)

    def test_ready_file(self):
        ready = self.place / "ready.json"
        with subprocess.Popen([PROGRAM, "--listen", "127.0.0.1:0", "--ready-file", ready], stdout=subprocess.PIPE) as process:
            # The file comes in one piece.
            while not ready.exists():
                self.assertIsNone(process.poll())
            self.assertEqual(len(json.loads(ready.read_text())["servers"]), 1)
            process.terminate()
            self.assertEqual(process.stdout.read(), b"")
        self.assertEqual(process.returncode, 0)


if __name__ == "__main__":
    unittest.main()
