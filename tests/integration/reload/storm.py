#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reloads under load: weights, libraries and profiles change while clients send requests without a pause. No request may fail, be
lost, be sent or counted twice, or go to an endpoint that its profile forbids; memory must not grow; decisions must not become slower.

    storm.py SHUNT SHUNT_SIM FIXTURES [WEIGHTS [LIBRARIES]] [--results FILE]

Every trigger has its turn: SIGHUP, POST /v1/reload, `shunt reload` and watched files, which are renamed over or, a config, swapped as
Kubernetes does it. With a host that was built with a sanitizer the bounds on memory and time are not asked for, because it keeps
what was freed and takes its time; both are printed all the same, and any report of the sanitizer is a failure.
"""
import argparse
import collections
import json
import pathlib
import re
import signal
import sys
import time

from rig import PREFERRING, Rig, SHUNT, Sim, SIM, endpoints_of
from storm_load import PROFILE_HEADER, Load, Routing

TRIGGERS = ("signal", "api", "command", "file")
MEMORY_RATIO = 1.1  # at the end, of that after the first hundred reloads
TIME_RATIO = 1.5    # of the 99th percentile of the decision time, of that without reloads
SANITIZERS = {b"__tsan_init": "tsan", b"__asan_init": "asan"}
REPORT = re.compile(r"WARNING: ThreadSanitizer|ERROR: (?:Address|Leak)Sanitizer|runtime error:")


def sanitizer_of(program):
    """"tsan" or "asan", as the presets are called, or None."""
    found = pathlib.Path(program).read_bytes()
    return next((name for symbol, name in SANITIZERS.items() if symbol in found), None)


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
    def __init__(self, rig, sim):
        self.rig = rig
        self.weighed = self.exchanged = 0
        self.refused = []
        self.published = collections.Counter()  # by what asked for it
        self.swaps = 0
        self.next_swaps = True
        # What a version of the library prefers is told by where it sends requests; the server between belongs to the profile.
        self.preferred = {"first": rig.picked()}
        rig.install("last")
        rig.reload()
        self.preferred["last"] = rig.picked()
        rig.install("first")
        rig.reload()
        self.between = ({server.name for server in sim.servers} - set(self.preferred.values())).pop()
        self.routing = Routing(self.preferred.values())
        self.routing.settle(self.preferred["first"])

    # What is changed

    def weigh(self):
        """Another weight; besides, a second scorer or a second profile comes or goes now and then."""
        self.weighed += 1
        number = self.weighed
        sections = self.rig.sections()
        profiles = sections["schedulingProfiles"]
        scorers = profiles[0]["plugins"]
        scorers[0]["weight"] = 1 + number % 97
        comes = goes = False
        if number % 10 == 5:
            if len(scorers) == 2:
                scorers.insert(1, {"pluginRef": "queue-scorer", "weight": 0.001})
            else:
                del scorers[1]
        elif number % 10 == 0:
            goes = len(profiles) == 2
            comes = not goes
        if comes:
            sections["plugins"].append({"type": "label-selector-filter", "parameters": {"matchLabels": {"place": self.between}}})
            profiles.append({"name": "between", "plugins": [{"pluginRef": "label-selector-filter"},
                                                            {"pluginRef": "max-score-picker"}]})
        elif goes:
            self.routing.withdraw()
            del profiles[1]
            sections["plugins"].pop()
        trigger = TRIGGERS[(number + number // 20) % len(TRIGGERS)]
        swaps = trigger == "file" and self.next_swaps
        if trigger == "file":
            self.next_swaps = not swaps
            self.swaps += swaps
        self.reload(trigger, lambda: self.rig.swap(sections) if swaps else self.rig.write(sections))
        if comes:
            self.routing.offer("between", self.between)

    def exchange(self):
        """The other version of the library."""
        self.exchanged += 1
        version = "last" if self.exchanged % 2 else "first"
        self.routing.unsettle()
        self.reload(TRIGGERS[self.exchanged // 2 % len(TRIGGERS)], lambda: self.rig.install(version))
        self.routing.settle(self.preferred[version])

    # What asks for it

    def reload(self, trigger, change):
        """Returns when the change is in force. A watch may come before another trigger; both of them then read the same files."""
        newest = self.newest_number()
        change()
        if trigger == "signal":
            self.rig.process.send_signal(signal.SIGHUP)
            report = self.told_of("signal", newest)
        elif trigger == "api":
            report = self.rig.ask("/v1/reload")[1]
        elif trigger == "command":
            report = json.loads(self.rig.command("reload", "-o", "json").stdout)["reload"]
        else:
            report = self.told_of("file", newest)
        if report["result"] == "refused":
            self.refused.append(report)
        elif report["result"] == "published":
            self.published[trigger] += 1

    def newest_number(self):
        reports = self.rig.reloads()["reloads"]
        return reports[0]["number"] if reports else 0

    def told_of(self, cause, newest):
        """The first report since `newest` with this cause. What a watch had found before, and another trigger was faster with, comes to
        nothing; the change that is waited for does not."""
        def find():
            reports = [report for report in self.rig.reloads()["reloads"] if report["number"] > newest and
                       report["cause"] == cause and (cause != "file" or report["result"] != "unchanged")]
            return reports and reports[-1]
        return self.rig.until(find, f"a reload by {cause}", pause_s=0.003)


def config(sim, patient):
    """With a handler that knows profiles by a header, and a poll that never comes: what is seen of files is seen by the watch.
    `patient`: the host takes its time, so its rehearsals may, and other triggers need longer to be faster than the watch."""
    return {"plugins": PREFERRING["plugins"] + [{"type": "queue-scorer"},
                                                {"type": "header-profile-handler",
                                                 "parameters": {"headerName": PROFILE_HEADER, "defaultProfile": "default"}}],
            "schedulingProfiles": PREFERRING["schedulingProfiles"],
            "endpoints": [{**endpoint, "labels": {"place": endpoint["name"]}} for endpoint in endpoints_of(sim)],
            "serve": {"threads": 2}, "log": {"level": "warning"},
            "reload": {"generations": 1000, "watch": True, "settleMs": 500 if patient else 50, "pollMs": 86400000,
                       "rehearsal": {"timeLimitMs": 100000 if patient else 10000}}}


def received(sim):
    """By every server."""
    return {server.name: server.state()["requests"]["total"]["received"] for server in sim.servers}


def calm(rig, load, seconds):
    """The 99th percentile of the decision time for a while without reloads, in microseconds."""
    start, sent = decisions(rig), load.sent
    end = time.monotonic() + seconds
    while time.monotonic() < end or load.sent - sent < 500:
        time.sleep(0.01)
    return quantile(start, decisions(rig), 0.99) * 1e6


def run(weights, libraries, baseline_s=10.0):
    """What happened, as a dictionary. Without reloads it goes on for `baseline_s` before and after them; the quicker of the two counts."""
    sanitizer = sanitizer_of(SHUNT)
    with Sim(SIM, "--servers", 3, "--time-scale", 0) as sim, \
            Rig(sim, config(sim, sanitizer is not None), library="first") as rig:
        rig.until_ready()
        storm = Storm(rig, sim)
        published = rig.total("shunt_reload_total", result="published")
        requests = rig.total("shunt_requests_total", door="http")
        at_servers = received(sim)
        kib = []
        with Load(rig.door.at, storm.routing) as load:
            calm_before = calm(rig, load, baseline_s)
            start = decisions(rig)
            total = weights + libraries
            for number in range(total):
                if (number + 1) * libraries // total > number * libraries // total:
                    storm.exchange()
                else:
                    storm.weigh()
                kib.append(resident_kib(rig.worker))
            stormy = decisions(rig)
            calm_after = calm(rig, load, baseline_s)
        rig.until(lambda: rig.total("shunt_requests_under_way") == 0, "the end of all requests")
        result = {"build": sanitizer or "plain", "reloads": total, "weights": storm.weighed, "libraries": storm.exchanged,
                  "published": rig.total("shunt_reload_total", result="published") - published,
                  "published_by": {trigger: storm.published[trigger] for trigger in TRIGGERS}, "swaps": storm.swaps,
                  "refused": storm.refused, "requests": load.sent, "named": load.named, "wrong": load.wrong,
                  "counted": rig.total("shunt_requests_total", door="http") - requests,
                  "completed": rig.total("shunt_requests_total", door="http", outcome="completed") - requests,
                  "received": {name: count - at_servers[name] for name, count in received(sim).items()}, "between": storm.between,
                  "p99_calm_us": min(calm_before, calm_after), "p99_storm_us": quantile(start, stormy, 0.99) * 1e6,
                  "p99_calm_before_us": calm_before, "p99_calm_after_us": calm_after,
                  "kib_at_100": kib[min(99, len(kib) - 1)], "kib_at_end": kib[-1], "retired": rig.reloads()["retired"]}
        result["status"] = rig.end()
        result["messages"] = rig.messages()
        return result


def losses(result):
    """Sentences about requests and reloads that did not go as they have to, whatever the build."""
    found = [f"a request went wrong, of {len(result['wrong'])}: {wrong}" for wrong in result["wrong"][:10]]
    found += [f"a reload was refused: {report['diagnostics']}" for report in result["refused"]]
    for what in ("counted", "completed"):
        if result[what] != result["requests"]:
            found.append(f"{result['requests']} requests were sent and {result[what]} are {what}")
    if sum(result["received"].values()) != result["requests"]:
        found.append(f"{result['requests']} requests were sent and the servers received {result['received']}")
    if result["received"][result["between"]] != result["named"]:
        found.append(f"{result['named']} requests were for {result['between']}, and the servers received {result['received']}")
    if result["published"] != result["reloads"]:
        found.append(f"{result['reloads']} changes and {result['published']} new generations")
    if not all(result["published_by"].values()):
        found.append(f"a trigger had no effect: {result['published_by']}")
    if result["status"] != 0:
        found.append(f"the host ended with {result['status']}")
    if REPORT.search(result["messages"]):
        found.append("a sanitizer reports: " + result["messages"])
    return found


def excesses(result):
    """Sentences about bounds that are kept where no sanitizer is in the way."""
    found = []
    if result["build"] == "plain":
        if result["kib_at_end"] > MEMORY_RATIO * result["kib_at_100"]:
            found.append(f"memory grew from {result['kib_at_100']} to {result['kib_at_end']} KiB")
        if result["p99_storm_us"] > TIME_RATIO * result["p99_calm_us"]:
            found.append(f"decisions took {result['p99_storm_us']:.1f} us, and {result['p99_calm_us']:.1f} without reloads")
    return found


def row(result):
    return "| %s | %d | %d | %s | %d | %d | %d | %d | %.1f | %.1f | %d | %d |\n" % (
        result["build"], result["weights"], result["libraries"], ", ".join(map(str, result["published_by"].values())),
        result["published"], len(result["refused"]), result["requests"], len(result["wrong"]), result["p99_calm_us"],
        result["p99_storm_us"], result["kib_at_100"], result["kib_at_end"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for word in ("shunt", "sim", "fixtures"):
        parser.add_argument(word)
    parser.add_argument("weights", type=int, nargs="?", default=1000)
    parser.add_argument("libraries", type=int, nargs="?", default=100)
    parser.add_argument("--results", type=pathlib.Path)
    words = parser.parse_args()
    outcome = run(words.weights, words.libraries)
    print(json.dumps({key: value for key, value in outcome.items() if key != "messages"}, indent=1))
    if words.results:
        with words.results.open("a") as results:
            results.write(row(outcome))
    problems = losses(outcome) + excesses(outcome)
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)
