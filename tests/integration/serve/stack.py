# SPDX-License-Identifier: Apache-2.0
"""Starts `shunt serve` in front of simulated model servers, and reads its counters.

    with Sim(sim_program, "--servers", 2) as sim, Host(shunt_program, sim) as host:
        host.post("/v1/chat/completions", {...})
"""
import contextlib
import http.client
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "sim"))
from sim import Answer, Server, Sim  # noqa: E402,F401  (what tests need of it)

DEADLINE_S = 120


def endpoints_of(sim):
    return [{"name": server.name, "address": server.address} for server in sim.servers]


class Listener:
    """One address of the host."""

    def __init__(self, url):
        self.url = url
        host, port = re.fullmatch(r"https?://(.+):(\d+)", url).groups()
        self.at = (host.strip("[]"), int(port))

    def connect(self):
        return http.client.HTTPConnection(*self.at, timeout=DEADLINE_S)

    def socket(self):
        return socket.create_connection(self.at, timeout=DEADLINE_S)

    def request(self, method, path, body=None, headers=None):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        with contextlib.closing(self.connect()) as connection:
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())

    def get(self, path, **headers):
        return self.request("GET", path, headers=headers)

    def post(self, path, body, headers=None):
        return self.request("POST", path, body, headers)


class Host:
    """A running host. `config` may replace or add sections."""

    def __init__(self, program, sim=None, config=None, flags=(), state=None):
        self.folder = tempfile.TemporaryDirectory()
        sections = {"endpoints": endpoints_of(sim) if sim else [],
                    "dataLayer": {"healthCheck": {"intervalMs": 50, "unhealthyAfter": 1}}}
        for key, value in (config or {}).items():
            if isinstance(value, dict):
                value = {**sections.get(key, {}), **value}
            sections[key] = value
        sections["serve"] = {"listen": "127.0.0.1:0", "threads": 1, **sections.get("serve", {})}
        sections["admin"] = {"listen": "127.0.0.1:0", **sections.get("admin", {})}
        self.config = pathlib.Path(self.folder.name) / "shunt.json"
        self.config.write_text(json.dumps(sections))
        self.log = open(pathlib.Path(self.folder.name) / "stderr", "w+")
        self.process = subprocess.Popen([program, "serve", "-c", str(self.config), "-o", "json", "--state-dir",
                                         str(state or pathlib.Path(self.folder.name) / "state"), *map(str, flags)],
                                        stdout=subprocess.PIPE, stderr=self.log)
        line = self.process.stdout.readline()
        if not line:
            status = self.process.wait()
            raise AssertionError(f"ended with {status}: {self.messages()}")
        self.listening = json.loads(line)["listening"]
        self.door = Listener(self.listening["http"]) if "http" in self.listening else None
        self.admin = Listener(self.listening["admin"]) if "admin" in self.listening else None

    def messages(self):
        self.log.flush()
        return (pathlib.Path(self.folder.name) / "stderr").read_text()

    def get(self, path, **headers):
        return self.door.get(path, **headers)

    def post(self, path, body, headers=None):
        return self.door.post(path, body, headers)

    def chat(self, content="hello", **more):
        return self.post("/v1/chat/completions", {"model": "base", "messages": [{"role": "user", "content": content}], **more})

    def metrics(self):
        """{(name, ((label, value), ...)): number}"""
        out = {}
        for line in self.admin.get("/metrics").text.splitlines():
            if not line or line.startswith("#"):
                continue
            name, labels, value = re.fullmatch(r"([\w:]+)(?:\{(.*)\})? (\S+)", line).groups()
            pairs = tuple(sorted(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")))
            out[name, pairs] = float(value)
        return out

    def total(self, name, **labels):
        """The sum over every sample of that name with these labels."""
        return sum(value for (found, pairs), value in self.metrics().items()
                   if found == name and labels.items() <= dict(pairs).items())

    def until(self, condition, what="the condition", pause_s=0.0):
        """Asks again and again: the answers of the host are the clock. A pause leaves the processor to a host that is measured."""
        end = time.monotonic() + DEADLINE_S
        while not (result := condition()):
            assert time.monotonic() < end, f"{what} did not come about: {self.messages()}"
            time.sleep(pause_s)
        return result

    def until_ready(self):
        self.until(lambda: self.admin.get("/readyz").status == 200, "readiness")
        return self

    def end(self, signal_number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        status = self.process.wait(DEADLINE_S)
        self.process.stdout.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.end()
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.log.close()
            self.folder.cleanup()
