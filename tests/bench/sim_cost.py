#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sim_cost.py SHUNT_SIM: CPU time of shunt-sim per request, per page and per token of a stream.

Counts the processor time of the simulator alone, so that a slow client does not matter. A client that keeps the simulator less
busy than it could be makes the numbers higher, not lower: every wake-up serves fewer connections.
"""
import json
import os
import pathlib
import selectors
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration/sim"))
from sim import Sim  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(sim):
    fields = pathlib.Path(f"/proc/{sim.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def drive(sim, request, count, connections, ends):
    """`count` requests, one after the other on each connection; the mean CPU time of one."""
    with selectors.DefaultSelector() as selector:
        for i in range(connections):
            selector.register(sim[i % len(sim.servers)].socket(), selectors.EVENT_READ, bytearray())
        for key in selector.get_map().values():
            key.fileobj.sendall(request)
        begin, sent, done = cpu_seconds(sim), connections, 0
        while done < count:
            for key, _ in selector.select():
                key.data.extend(key.fileobj.recv(1 << 18))
                if ends(key.data):
                    key.data.clear()
                    done += 1
                    if sent < count:
                        sent += 1
                        key.fileobj.sendall(request)
        spent = cpu_seconds(sim) - begin
        for key in list(selector.get_map().values()):
            key.fileobj.close()
    return spent / count


def has_length(data):
    head, found, body = data.partition(b"\r\n\r\n")
    return found and len(body) >= int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])


def post(body):
    data = json.dumps(body).encode()
    return b"POST /v1/chat/completions HTTP/1.1\r\nHost: sim\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(data) + data


def main():
    program = sys.argv[1]
    chat = {"model": "base", "messages": [{"role": "user", "content": "x" * 1000}], "max_tokens": 16}
    with Sim(program, "--time-scale", 0) as sim:
        for connections in (1, 64):
            spent = drive(sim, post(chat), 20_000, connections, has_length)
            print(f"request, 1 kB prompt, 16 tokens, {connections} connections: {spent * 1e6:.1f} us")
        spent = drive(sim, b"GET /metrics HTTP/1.1\r\nHost: sim\r\n\r\n", 20_000, 64, has_length)
        print(f"/metrics page, 64 connections: {spent * 1e6:.1f} us")
    with Sim(program, "--servers", 1000, "--time-scale", 0) as sim:
        spent = drive(sim, b"GET /metrics HTTP/1.1\r\nHost: sim\r\n\r\n", 20_000, 1000, has_length)
        print(f"/metrics page of 1000 servers, a connection each: {spent * 1e6:.1f} us")
    with Sim(program, "--servers", 4, "--max-num-seqs", 1000) as sim:
        spent = drive(sim, post({**chat, "max_tokens": 100, "stream": True}), 2000, 2000, lambda data: data.endswith(b"0\r\n\r\n"))
        print(f"token of a stream, 2000 streams at a time: {spent / 100 * 1e6:.1f} us")


if __name__ == "__main__":
    main()
