# SPDX-License-Identifier: Apache-2.0
"""Starts shunt-sim and speaks HTTP with it."""
import contextlib
import http.client
import json
import signal
import socket
import subprocess
import time

DEADLINE_S = 60


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()

    def events(self):
        """(name or None, data) of a stream."""
        out = []
        for block in self.text.split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines())
            if "data" in lines:
                data = lines["data"]
                out.append((lines.get("event"), data if data == "[DONE]" else json.loads(data)))
        return out


class Server:
    def __init__(self, name, address):
        self.name = name
        self.address = address
        host, port = address.rsplit(":", 1)
        self.at = (host, int(port))

    def connect(self):
        return http.client.HTTPConnection(*self.at, timeout=DEADLINE_S)

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

    def socket(self):
        return socket.create_connection(self.at, timeout=DEADLINE_S)

    def send(self, path, body):
        """A request whose answer the caller reads, or leaves."""
        data = json.dumps(body).encode()
        connection = self.socket()
        connection.sendall(b"POST %s HTTP/1.1\r\nHost: sim\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(data)) + data)
        return connection

    def chat(self, content="hello", **more):
        return self.post("/v1/chat/completions", {"messages": [{"role": "user", "content": content}], **more})

    def send_chat(self, content="hello", **more):
        return self.send("/v1/chat/completions", {"messages": [{"role": "user", "content": content}], **more})

    def faults(self, **changes):
        answer = self.post("/sim/faults", changes)
        assert answer.status == 200, answer.text
        return answer.json["faults"]

    def state(self):
        return self.get("/sim/state").json

    def until(self, condition):
        """The first state that the condition holds of. Asks again and again: the answer of the server is the clock."""
        end = time.monotonic() + DEADLINE_S
        while True:
            state = self.state()
            if condition(state):
                return state
            assert time.monotonic() < end, state

    def metric(self, name):
        """The value of the one sample with this beginning."""
        lines = [line for line in self.get("/metrics").text.splitlines() if line.startswith(name)]
        assert len(lines) == 1, lines
        return float(lines[0].rsplit(" ", 1)[1])


class Sim:
    """A running program; `with Sim(program, "--servers", 2) as sim: sim[0].get("/health")`."""

    def __init__(self, program, *flags):
        self.process = subprocess.Popen([program, "--listen", "127.0.0.1:0", *map(str, flags)], stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        assert line, f"ended with {self.process.wait()}"
        self.ready = json.loads(line)
        self.servers = [Server(one["name"], one["address"]) for one in self.ready["servers"]]

    def __getitem__(self, index):
        return self.servers[index]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(DEADLINE_S)
        self.process.stdout.close()
        return status


def read_all(connection):
    """What comes until the end of the connection, and whether it was reset."""
    data = b""
    with connection:
        while True:
            try:
                part = connection.recv(65536)
            except ConnectionResetError:
                return data, True
            if not part:
                return data, False
            data += part
