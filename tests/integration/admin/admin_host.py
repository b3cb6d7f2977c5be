# SPDX-License-Identifier: Apache-2.0
"""Starts shunt_admin_host with a config and asks its admin listener.

    with AdminHost(program, rate=100) as host:
        host.get("/v1/endpoints").json
"""
import contextlib
import http.client
import json
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.parse

TOKEN = "correct horse battery staple"
DEADLINE_S = 60


def config(endpoints=4, **sections):
    """A pool of which every seventh endpoint prefills, and a profile with every kind of plugin."""
    pool = [{"name": f"pod-{i:03}", "address": f"10.0.{i // 250}.{i % 250 + 1}:8000",
             "labels": {"llm-d.ai/role": "prefill" if i % 7 == 3 else "decode"},
             "attributes": {"queue": i * 5 % 9, "running": i * 3 % 17, "kv_cache_usage": round(i * 37 % 100 / 100, 2),
                            "active_models": ["llama-3-8b"], "max_concurrency": 32}} for i in range(endpoints)]
    return {"plugins": [{"type": "approx-prefix-cache-producer"}, {"type": "decode-filter", "name": "decode"},
                        {"type": "queue-scorer", "name": "queue"},
                        {"type": "kv-cache-utilization-scorer", "name": "kv"},
                        {"type": "prefix-cache-scorer", "name": "prefix"}, {"type": "load-aware-scorer", "name": "load"},
                        {"type": "max-score-picker", "name": "best"}],
            "schedulingProfiles": [{"name": "default", "plugins": [
                {"pluginRef": "decode"}, {"pluginRef": "queue", "weight": 2}, {"pluginRef": "kv", "weight": 1.5},
                {"pluginRef": "prefix", "weight": 3}, {"pluginRef": "load", "weight": 1}, {"pluginRef": "best"}]}],
            "endpoints": pool, "dataLayer": {"healthCheck": {"enabled": False}},
            "admin": {"listen": "127.0.0.1:0", "tokenFile": "token", "decisions": {"explainedPerSecond": 50, "bundles": 20}},
            **sections}


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def error(self):
        return self.json["error"]["code"]


class AdminHost:
    def __init__(self, program, endpoints=4, rate=None, time_ms=50, **sections):
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        (folder / "token").write_text(TOKEN + "\n")
        (folder / "shunt.json").write_text(json.dumps(config(endpoints, **sections)))
        self.stderr = open(folder / "stderr", "w")
        words = [program, str(folder / "shunt.json")] + ([str(rate), str(time_ms)] if rate else [])
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise AssertionError(f"it did not start: {self.messages()}")
        self.authority = urllib.parse.urlparse(self.url).netloc

    def messages(self):
        return (pathlib.Path(self.folder.name) / "stderr").read_text()

    def connect(self):
        host, port = self.authority.rsplit(":", 1)
        return http.client.HTTPConnection(host, int(port), timeout=DEADLINE_S)

    def ask(self, method, path, body=None, headers=None, host=None):
        with contextlib.closing(self.connect()) as connection:
            connection.putrequest(method, path, skip_host=True)
            for name in ([host] if isinstance(host, str) else host if host is not None else [self.authority]):
                connection.putheader("Host", name)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None:
                body = (body if isinstance(body, str) else json.dumps(body)).encode()
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            return Answer(connection.getresponse())

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def post(self, path, body, token=None):
        return self.ask("POST", path, body, {"Authorization": f"Bearer {token}"} if token else {})

    def metrics(self):
        """{(name, ((label, value), ...)): number}, and {name: kind}."""
        values, kinds = {}, {}
        for line in self.get("/metrics").text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                kinds[name] = kind
            elif line and not line.startswith("#"):
                name, labels, value = re.fullmatch(r"([\w:]+)(?:\{(.*)\})? (\S+)", line).groups()
                pairs = tuple(sorted(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")))
                values[name, pairs] = float(value)
        return values, kinds

    def events(self, count, path="/v1/events"):
        """The first events of a stream: (name, data)."""
        found, name = [], None
        with contextlib.closing(self.connect()) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            assert response.status == 200, response.status
            assert response.headers["Content-Type"] == "text/event-stream"
            while len(found) < count:
                line = response.readline().decode().rstrip("\n")
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    found.append((name, json.loads(line[6:])))
        return found

    def until(self, condition, what):
        end = time.monotonic() + DEADLINE_S
        while not (result := condition()):
            assert time.monotonic() < end, f"{what} did not come about: {self.messages()}"
            time.sleep(0.02)
        return result

    def say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            status = self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.process.stdout.close()
            self.stderr.close()
        if status != 0:
            raise AssertionError(f"it ended with {status}: {self.messages()}")
        self.folder.cleanup()
