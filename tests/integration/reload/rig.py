# SPDX-License-Identifier: Apache-2.0
"""A host that is reloaded: with a token, a folder for libraries, and a config that is rewritten while it runs."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "serve"))
from stack import DEADLINE_S, Host, Server, Sim, endpoints_of  # noqa: E402,F401

SHUNT, SIM, FIXTURES = sys.argv[1:4]
TOKEN = "only-for-this-test"
PROFILE = {"plugins": [{"type": "queue-scorer"}, {"type": "max-score-picker"}],
           "schedulingProfiles": [{"name": "default", "plugins": [{"pluginRef": "queue-scorer", "weight": 1},
                                                                  {"pluginRef": "max-score-picker"}]}]}
# One endpoint, always the same, which the version of the library decides.
PREFERRING = {"plugins": [{"type": "preferring-scorer"}, {"type": "max-score-picker"}],
              "schedulingProfiles": [{"name": "default", "plugins": [{"pluginRef": "preferring-scorer", "weight": 1},
                                                                     {"pluginRef": "max-score-picker"}]}]}


class SimTest(unittest.TestCase):
    """Tests that share simulated servers which take no time."""
    SERVERS = 1

    @classmethod
    def setUpClass(cls):
        cls.sim = Sim(SIM, "--servers", cls.SERVERS, "--time-scale", 0)
        cls.sim.__enter__()
        cls.addClassCleanup(cls.sim.__exit__, None, None, None)


class Rig(Host):
    def __init__(self, sim, config, library=None, flags=()):
        self.own = tempfile.TemporaryDirectory()
        self.plugins = pathlib.Path(self.own.name) / "plugins"
        self.plugins.mkdir(mode=0o755)
        (pathlib.Path(self.own.name) / "token").write_text(TOKEN + "\n")
        if library:
            self.install(library)
        sections = {**config, "serve": {"decisionHeader": True, **config.get("serve", {})}, "pluginDirs": [str(self.plugins)],
                    "admin": {"tokenFile": self.token_file, **config.get("admin", {})}}
        super().__init__(SHUNT, sim, sections, flags)

    @property
    def token_file(self):
        return str(pathlib.Path(self.own.name) / "token")

    def install(self, version, name="plugin.so"):
        """As a package manager does it: another file under the same name. A version of `preferring`, or "=" and a library."""
        beside = self.plugins / (name + ".new")
        name_of_file = version[1:] if version.startswith("=") else f"preferring_{version}"
        shutil.copyfile(pathlib.Path(FIXTURES) / f"{name_of_file}.so", beside)
        os.chmod(beside, 0o644)
        os.replace(beside, self.plugins / name)

    def sections(self):
        return json.loads(self.config.read_text())

    def write(self, sections):
        """In one step, so that nobody sees half of it."""
        beside = self.config.with_suffix(".new")
        beside.write_text(sections if isinstance(sections, str) else json.dumps(sections))
        os.replace(beside, self.config)

    def swap(self, sections):
        """As Kubernetes does it: the file is a link through `..data`, which leads to a folder, and another folder takes its place."""
        folder = self.config.parent
        data, beside = folder / "..data", folder / "..beside"

        def put(text):
            former = data.resolve() if data.is_symlink() else None
            fresh = pathlib.Path(tempfile.mkdtemp(prefix="..", dir=folder))
            (fresh / self.config.name).write_text(text)
            os.symlink(fresh.name, beside)
            os.replace(beside, data)
            if former:
                shutil.rmtree(former)

        if not self.config.is_symlink():
            put(self.config.read_text())  # which is no change, so whoever watches has nothing to do
            os.symlink(pathlib.Path(data.name) / self.config.name, beside)
            os.replace(beside, self.config)
        put(json.dumps(sections))

    def change(self, change):
        sections = self.sections()
        change(sections)
        self.write(sections)

    def ask(self, path):
        """The report of a reload that was asked for over the admin listener."""
        answer = self.admin.request("POST", path, headers={"Authorization": "Bearer " + TOKEN, "Content-Length": "0"})
        return answer.status, answer.json["reload"]

    def reload(self):
        status, report = self.ask("/v1/reload")
        assert status == 200, report
        return report

    def reloads(self):
        return self.admin.get("/v1/reloads").json

    def command(self, *words):
        return subprocess.run([SHUNT, *words, "--admin", "%s:%d" % self.admin.at, "--token-file", self.token_file],
                              capture_output=True, text=True, timeout=DEADLINE_S, check=False)

    def picked(self):
        """The name of the endpoint that gets the next request."""
        return self.endpoint_of(self.chat(max_tokens=1))

    def quarantine(self, *words):
        return subprocess.run([SHUNT, "quarantine", *words, "--state-dir", self.state],
                              capture_output=True, text=True, timeout=DEADLINE_S, check=False)

    @property
    def state(self):
        return pathlib.Path(self.folder.name) / "state"

    @property
    def worker(self):
        """The process that serves: the child of the one that was started."""
        pid = self.process.pid
        return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def endpoint_of(self, answer):
        """Records are written behind the requests that they are about."""
        assert answer.status == 200, answer.text
        decision = "/v1/decisions/" + answer.headers["x-shunt-decision"]
        found = self.until(lambda: (record := self.admin.get(decision)).status == 200 and record, "the record")
        return found.json["endpoint"]

    def __exit__(self, *error):
        try:
            super().__exit__(*error)
        finally:
            self.own.cleanup()
