#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reloads under load: weights, libraries and profiles change while clients send requests without a pause. No request may fail, be
lost, be counted twice or go to an endpoint that its profile forbids; memory must not grow; decisions must not become slower.

    storm.py SHUNT SHUNT_SIM FIXTURES [WEIGHTS [LIBRARIES]] [--results FILE]
"""
import argparse
import http.client
import json
import pathlib
import random
import signal
import sys
import threading
import time

from rig import DEADLINE_S, PREFERRING, Rig, Sim, SIM

CLIENTS = 4


class Client(threading.Thread):
    """Sends requests over one connection, whole ones and streams in turn, until it is told to stop."""

    def __init__(self, at, seed):
        super().__init__()
        self.at = at
        self.random = random.Random(seed)
        self.stop = threading.Event()
        self.sent = 0
        self.wrong = []

    def run(self):
        connection = http.client.HTTPConnection(*self.at, timeout=DEADLINE_S)
        try:
            while not self.stop.is_set():
                stream = self.random.random() < 0.3
                body = {"model": "base", "max_tokens": 4, "stream": stream,
                        "messages": [{"role": "user", "content": "storm %d" % self.sent}]}
                self.sent += 1
                connection.request("POST", "/v1/chat/completions", json.dumps(body))
                response = connection.getresponse()
                text = response.read()
                if response.status != 200 or (stream and not text.rstrip().endswith(b"[DONE]")):
                    self.wrong.append((response.status, text[:300]))
        except Exception as problem:  # noqa: BLE001  (a thread has nobody to raise it to)
            self.wrong.append(repr(problem))
        finally:
            connection.close()


class Load:
    def __init__(self, rig):
        self.clients = [Client(rig.door.at, seed) for seed in range(CLIENTS)]

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.stop.set()
        for client in self.clients:
            client.join()

    @property
    def sent(self):
        return sum(client.sent for client in self.clients)

    @property
    def wrong(self):
        return [wrong for client in self.clients for wrong in client.wrong]


def resident_kib(pid):
    return int(pathlib.Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0])


def decisions(rig):
    """Upper bounds and cumulative counts of the decision time."""
    buckets = {}
    for (name, pairs), value in rig.metrics().items():
        if name == "shunt_decision_duration_seconds_bucket":
            bound = float(dict(pairs)["le"].replace("+Inf", "inf"))
            buckets[bound] = buckets.get(bound, 0) + value
    return buckets


def quantile(before, after, share):
    """Between two readings, interpolated within a bucket as Prometheus does it."""
    bounds = sorted(after)
    counts = [after[bound] - before.get(bound, 0) for bound in bounds]
    wanted = counts[-1] * share
    for i, count in enumerate(counts):
        if count >= wanted:
            low = bounds[i - 1] if i else 0.0
            below = counts[i - 1] if i else 0.0
            if bounds[i] == float("inf"):
                return low
            return low + (bounds[i] - low) * ((wanted - below) / max(count - below, 1))
    return 0.0


class Storm:
    def __init__(self, rig):
        self.rig = rig
        self.random = random.Random(1)
        self.refused = []
        self.published = 0

    def note(self, report):
        if report["result"] == "published":
            self.published += 1
        elif report["result"] == "refused":
            self.refused.append(report)

    def weigh(self, number):
        """Over the admin listener, by signal and by command; every tenth also adds or removes a profile's second scorer."""
        def change(sections):
            plugins = sections["schedulingProfiles"][0]["plugins"]
            plugins[0]["weight"] = 1 + number % 97
            if number % 10 == 0:
                if len(plugins) == 2:
                    plugins.insert(1, {"pluginRef": "queue-scorer", "weight": 0.001})
                else:
                    del plugins[1]
        self.rig.change(change)
        if number % 50 == 25:
            before = self.rig.total("shunt_reload_total", cause="signal")
            self.rig.process.send_signal(signal.SIGHUP)
            self.rig.until(lambda: self.rig.total("shunt_reload_total", cause="signal") > before, "the signal's reload")
        elif number % 50 == 26:
            done = self.rig.command("reload", "-o", "json")
            self.note(json.loads(done.stdout)["reload"])
        else:
            self.note(self.rig.ask("/v1/reload")[1])

    def exchange(self, number):
        self.rig.install("last" if number % 2 == 0 else "first")
        self.note(self.rig.ask("/v1/reload")[1])


def run(weights, libraries, baseline_s=2.0):
    """What happened, as a dictionary."""
    sections = {**PREFERRING, "plugins": PREFERRING["plugins"] + [{"type": "queue-scorer"}],
                "reload": {"generations": 1000}, "log": {"level": "warning"}}
    with Sim(SIM, "--servers", 3, "--time-scale", 0) as sim, Rig(sim, sections, library="first") as rig:
        rig.until_ready()
        storm = Storm(rig)
        with Load(rig) as load:
            start = decisions(rig)
            before = load.sent
            end = time.monotonic() + baseline_s
            while time.monotonic() < end or load.sent - before < 500:
                time.sleep(0.01)
            calm = decisions(rig)
            kib = []
            every = max(1, (weights + libraries) // (libraries + 1))
            exchanged = 0
            for number in range(1, weights + libraries + 1):
                if number % every == 0 and exchanged < libraries:
                    storm.exchange(exchanged)
                    exchanged += 1
                else:
                    storm.weigh(number)
                kib.append(resident_kib(rig.worker))
            stormy = decisions(rig)
        rig.until(lambda: rig.total("shunt_requests_under_way") == 0, "the end of all requests")
        counted = rig.total("shunt_requests_total", door="http")
        completed = rig.total("shunt_requests_total", door="http", outcome="completed")
        return {"reloads": weights + libraries, "published": rig.total("shunt_reload_total", result="published"),
                "refused": storm.refused, "requests": load.sent, "wrong": load.wrong, "counted": counted,
                "completed": completed, "p99_calm_us": quantile(start, calm, 0.99) * 1e6,
                "p99_storm_us": quantile(calm, stormy, 0.99) * 1e6, "kib_at_100": kib[min(99, len(kib) - 1)],
                "kib_at_end": kib[-1], "retired": rig.reloads()["retired"], "errors": rig.messages()}


def row(result):
    return "| %d | %d | %d | %d | %d | %.1f | %.1f | %d | %d |\n" % (
        result["reloads"], result["published"], len(result["refused"]), result["requests"], len(result["wrong"]),
        result["p99_calm_us"], result["p99_storm_us"], result["kib_at_100"], result["kib_at_end"])


def bad(result):
    return bool(result["wrong"] or result["refused"] or result["requests"] != result["completed"]
                or result["requests"] != result["counted"] or result["kib_at_end"] > 1.1 * result["kib_at_100"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for word in ("shunt", "sim", "fixtures"):
        parser.add_argument(word)
    parser.add_argument("weights", type=int, nargs="?", default=1000)
    parser.add_argument("libraries", type=int, nargs="?", default=100)
    parser.add_argument("--results", type=pathlib.Path)
    words = parser.parse_args()
    outcome = run(words.weights, words.libraries)
    print(json.dumps({key: value for key, value in outcome.items() if key != "errors"}, indent=1))
    if words.results:
        with words.results.open("a") as results:
            results.write(row(outcome))
    sys.exit(1 if bad(outcome) else 0)
