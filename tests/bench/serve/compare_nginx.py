#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a proxied request costs shunt and nginx, in one run: the same backends, the same load, one thread each on the same core,
in turn.

  compare_nginx.py SHUNT [--rounds 5] [--seconds 5] [--connections 32] [--force] [--json FILE]

Prints microseconds of CPU per request (user and system, of the whole process), requests per second, and the ratios with their
spread. Refuses to print where other processes took more than 3 % of the machine meanwhile.
Needs: nginx, wrk, taskset, two cores.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
LIMIT = 0.03
PROXY_CORE, OTHER_CORE = 0, 1
CASES = [("1 KiB request, 1 KiB response", 1, 1), ("64 KiB request, 1 KiB response", 64, 1),
         ("1 KiB request, 64 KiB response", 1, 64), ("64 KiB request, 64 KiB response", 64, 64)]


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_for(port):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"nobody listens on port {port}")


def filled(name, folder, **words):
    text = (HERE / name).read_text()
    for key, value in {"FOLDER": str(folder), **words}.items():
        text = text.replace(f"@{key}@", str(value))
    path = folder / name
    path.write_text(text)
    return path


def family(pid):
    """A process and its children."""
    out = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            out += family(int(child))
    return out


def ticks_of(pids):
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total


def busy_ticks():
    fields = [int(x) for x in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4]


class Runner:
    def __init__(self):
        self.processes = []

    def start(self, words, core, **more):
        process = subprocess.Popen(["taskset", "-c", str(core), *map(str, words)], **more)
        self.processes.append(process)
        return process

    def end(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(timeout=60)


def load_script(folder, kib):
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": ""}]})
    body = body.replace('""', '"' + "lorem ipsum " * (kib * 1024 // 12 - 5) + '"')
    path = folder / f"load{kib}.lua"
    path.write_text('wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = [[' + body + "]]\n")
    return path


def load(port, script, arguments):
    """Requests, seconds, errors; ticks of the load generator."""
    words = ["taskset", "-c", str(OTHER_CORE), "wrk", "-t1", f"-c{arguments.connections}", f"-d{arguments.seconds}s", "-s", str(script),
             f"http://127.0.0.1:{port}/v1/chat/completions"]
    before = os.times()
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    after = os.times()
    requests, seconds = re.search(r"(\d+) requests in ([\d.]+)s", text).groups()
    wrong = re.search(r"(Non-2xx[^\n]*|Socket errors[^\n]*)", text)
    if wrong:
        raise SystemExit(f"the load on port {port} met errors: {wrong.group(1)}")
    used = (after.children_user - before.children_user + after.children_system - before.children_system) * TICKS
    return int(requests), float(seconds), used


def measure(target, script, everybody, arguments):
    pids = target["pids"]
    ours, all_ours, busy, start = ticks_of(pids), ticks_of(everybody), busy_ticks(), time.monotonic()
    requests, seconds, load_ticks = load(target["port"], script, arguments)
    ours, all_ours, busy = ticks_of(pids) - ours, ticks_of(everybody) - all_ours, busy_ticks() - busy
    elapsed = time.monotonic() - start
    foreign = max(0.0, busy - all_ours - load_ticks) / (elapsed * TICKS * os.cpu_count())
    return {"cpu_us": ours / TICKS * 1e6 / requests, "rps": requests / seconds, "foreign": foreign}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("shunt", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--backends", type=int, default=4)
    parser.add_argument("--force", action="store_true", help="print although other processes were busy")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures there too")
    arguments = parser.parse_args()
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="shunt-bench."))
    results = {}
    foreign = 0.0
    for name, request_kib, response_kib in CASES:
        runner = Runner()
        try:
            backend, proxy, own = (folder / part for part in ("backend", "proxy", "own"))
            for part in (backend, proxy, own):
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir(parents=True)
            usage = '"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14}}'
            answer = '{"choices":[{"message":{"content":"'
            answer += "x" * (response_kib * 1024 - len(answer) - len(usage) - 5) + '"}}],' + usage
            (backend / "answer").write_text(answer)
            os.chmod(folder, 0o755)
            ports = free_ports(arguments.backends + 2)
            backends, (proxy_port, own_port) = ports[:-2], ports[-2:]
            listen = " ".join(f"listen 127.0.0.1:{p};" for p in backends)
            one = runner.start([nginx, "-p", backend, "-c", filled("backend.conf", backend, LISTEN=listen, AFFINITY="10")], OTHER_CORE)
            two = runner.start([nginx, "-p", proxy, "-c", filled("nginx.conf", proxy, PORT=proxy_port, AFFINITY="01",
                                                                 SERVERS=" ".join(f"server 127.0.0.1:{p};" for p in backends))], PROXY_CORE)
            endpoints = ", ".join(f'{{"name": "b{i}", "address": "127.0.0.1:{p}"}}' for i, p in enumerate(backends))
            three = runner.start([arguments.shunt, "serve", "-c", filled("shunt.jsonc", own, PORT=own_port, ENDPOINTS=endpoints)],
                                 PROXY_CORE, stderr=subprocess.DEVNULL)
            for port in ports:
                wait_for(port)
            print(f"{name}: nginx on port {proxy_port}, shunt on port {own_port}", file=sys.stderr)
            targets = {"nginx": {"port": proxy_port, "pids": family(two.pid)}, "shunt": {"port": own_port, "pids": family(three.pid)}}
            everybody = [pid for process in (one, two, three) for pid in family(process.pid)]
            script = load_script(folder, request_kib)
            rows = {"nginx": [], "shunt": []}
            for target in targets.values():  # warm
                load(target["port"], script, argparse.Namespace(connections=arguments.connections, seconds=1))
            for _ in range(arguments.rounds):
                for side in ("nginx", "shunt"):
                    rows[side].append(measure(targets[side], script, everybody, arguments))
                    foreign = max(foreign, rows[side][-1]["foreign"])
            results[name] = rows
        finally:
            runner.end()
    shutil.rmtree(folder, ignore_errors=True)
    if foreign > LIMIT and not arguments.force:
        sys.exit(f"other processes took up to {foreign:.1%} of the machine: figures would say nothing (--force prints them)")
    summary = {"other_processes": round(foreign, 4), "nginx": subprocess.run([nginx, "-v"], capture_output=True, text=True).stderr.strip()}
    for name, rows in results.items():
        cpu = [s["cpu_us"] / n["cpu_us"] for n, s in zip(rows["nginx"], rows["shunt"])]
        rps = [s["rps"] / n["rps"] for n, s in zip(rows["nginx"], rows["shunt"])]
        side = {key: {what: round(statistics.median(r[what] for r in rows[key]), 1) for what in ("cpu_us", "rps")} for key in rows}
        summary[name] = {**side, "cpu_ratio": [round(f(cpu), 3) for f in (statistics.median, min, max)],
                         "rps_ratio": [round(f(rps), 3) for f in (statistics.median, min, max)]}
        print(f"{name}: CPU us/request nginx {side['nginx']['cpu_us']}, shunt {side['shunt']['cpu_us']}, "
              f"ratio {statistics.median(cpu):.2f} ({min(cpu):.2f} to {max(cpu):.2f}); requests/s nginx {side['nginx']['rps']:.0f}, "
              f"shunt {side['shunt']['rps']:.0f}, ratio {statistics.median(rps):.2f} ({min(rps):.2f} to {max(rps):.2f})")
    print(f"other processes took up to {foreign:.1%} of the machine; {arguments.rounds} rounds of {arguments.seconds} s in turn")
    if arguments.json:
        arguments.json.write_text(json.dumps(summary, indent=2) + "\n")


if __name__ == "__main__":
    main()
