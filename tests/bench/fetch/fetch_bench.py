#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What fetching costs: `shunt serve` with many simulated servers and no request, its CPU time per thread from the kernel.

    fetch_bench.py --shunt build/bench/host/shunt --sim build/bench/host/shunt-sim --servers 1000 --seconds 20

Prints one JSON object. "cpu_percent" is of one core, over all threads of shunt; the keeper's thread does the fetching.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time


def thread_times(pid):
    """Nanoseconds of CPU by thread name."""
    times = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name = (task / "comm").read_text().strip()
        times[name] = times.get(name, 0) + int((task / "schedstat").read_text().split()[0])
    return times


def split_times(pid):
    """Seconds in user and in kernel mode."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    tick = os.sysconf("SC_CLK_TCK")
    return int(fields[11]) / tick, int(fields[12]) / tick


def requests_sent(pid):
    """By all connections of the process that are open: each request is one segment with data. -1 where nobody can tell."""
    try:
        listed = subprocess.run(["ss", "-tinpH", "state", "established"], capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        return -1
    return sum(int(count) for owner, count in re.findall(r"pid=(\d+),[^\n]*\n[^\n]*?\bdata_segs_out:(\d+)", listed)
               if int(owner) == pid)


def wait_for(path, process, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended with {process.returncode}")
        if path.exists() and path.stat().st_size:
            return
        time.sleep(0.05)
    sys.exit(f"{path} did not appear")


def config_of(arguments):
    interval = arguments.interval_ms
    return {
        "apiVersion": "shunt/v1",
        "kind": "Config",
        "plugins": [
            {"type": "prometheus-extractor", "parameters": {"intervalMs": interval}},
            {"type": "queue-scorer"},
            {"type": "kv-cache-utilization-scorer"},
            {"type": "lora-affinity-scorer"},
            {"type": "max-score-picker"},
        ],
        "dataLayer": {
            "publishIntervalMs": arguments.publish_ms,
            "healthCheck": {"enabled": arguments.health, "intervalMs": interval},
        },
        "admin": {"enabled": False},
        "serve": {"listen": "127.0.0.1:0", "threads": 1},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shunt", required=True)
    parser.add_argument("--sim", required=True)
    parser.add_argument("--servers", type=int, default=1000)
    parser.add_argument("--interval-ms", type=int, default=1000)
    parser.add_argument("--publish-ms", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--warm-up", type=float, default=5)
    parser.add_argument("--health", action="store_true", help="check health as often, over the same connections")
    parser.add_argument("--perf", metavar="FILE", help="profile shunt with perf record into this file")
    arguments = parser.parse_args()
    # One connection for each endpoint, on both sides.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    with tempfile.TemporaryDirectory(prefix="shunt-fetch-") as name:
        folder = pathlib.Path(name)
        (folder / "shunt.json").write_text(json.dumps(config_of(arguments)))
        sim = subprocess.Popen(
            [arguments.sim, "--servers", str(arguments.servers), "--listen", "127.0.0.1:0", "--threads", "1",
             "--endpoints-out", folder / "pool.json", "--ready-file", folder / "sim.json"],
            stdout=subprocess.DEVNULL)
        host = None
        try:
            wait_for(folder / "sim.json", sim)
            with open(folder / "log", "w") as log:
                host = subprocess.Popen(
                    [arguments.shunt, "serve", "--no-supervisor", "-c", folder / "shunt.json", "--endpoints", folder / "pool.json"],
                    stdout=log, stderr=log)
            time.sleep(arguments.warm_up)
            if host.poll() is not None:
                sys.exit((folder / "log").read_text())
            perf = None
            if arguments.perf:
                perf = subprocess.Popen(["perf", "record", "-g", "-F", "2000", "-o", arguments.perf, "-p",
                                         str(host.pid), "--", "sleep", str(arguments.seconds)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            sent = requests_sent(host.pid)
            before, split_before, begin = thread_times(host.pid), split_times(host.pid), time.monotonic()
            time.sleep(arguments.seconds)
            after, split_after, elapsed = thread_times(host.pid), split_times(host.pid), time.monotonic() - begin
            sent = requests_sent(host.pid) - sent
            if perf:
                perf.wait()
        finally:
            for process in (host, sim):
                if process is not None:
                    process.terminate()
                    process.wait(30)
        complaints = [line for line in (folder / "log").read_text().splitlines() if ": /metrics: " in line]
        threads = {thread: round((after[thread] - before.get(thread, 0)) / elapsed / 1e7, 3) for thread in after}
        user, kernel = (round((b - a) / elapsed * 100, 2) for a, b in zip(split_before, split_after))
        print(json.dumps({
            "schema": 1,
            "servers": arguments.servers,
            "interval_ms": arguments.interval_ms,
            "publish_ms": arguments.publish_ms,
            "health_checks": arguments.health,
            "seconds": round(elapsed, 2),
            "cpu_percent": round(sum(threads.values()), 3),
            "user_percent": user,
            "kernel_percent": kernel,
            "threads_percent": dict(sorted(threads.items())),
            "requests_per_second": round(sent / elapsed, 1),
            "complaints": len(complaints),
            "first_complaint": complaints[0] if complaints else "",
            "load_average": os.getloadavg()[0],
            "machine": platform.machine() + " " + platform.release(),
            "cores": os.cpu_count(),
        }, indent=2))


if __name__ == "__main__":
    main()
