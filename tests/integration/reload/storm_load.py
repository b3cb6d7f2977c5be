# SPDX-License-Identifier: Apache-2.0
"""Clients that send requests without a pause, and know where each of them may go."""
import contextlib
import http.client
import json
import random
import threading

from rig import DEADLINE_S

PROFILE_HEADER = "EPP-Profile"


class Routing:
    """What clients know of the host: which servers may get a request of the profile that is always there, and which one those of a
    profile that comes and goes."""

    def __init__(self, servers):
        self.ever = frozenset(servers)
        self.now = self.ever
        self.profile = None  # its name and its server
        self.users = 0
        self.changed = threading.Condition()

    def settle(self, server):
        """From now on, after a reload, it is this one."""
        self.now = frozenset([server])

    def unsettle(self):
        """A reload is under way that makes it another one at some moment."""
        self.now = self.ever

    def offer(self, name, server):
        with self.changed:
            self.profile = (name, server)

    def withdraw(self):
        """Returns when nobody uses the profile any more."""
        with self.changed:
            self.profile = None
            assert self.changed.wait_for(lambda: not self.users, DEADLINE_S), "requests of the profile do not end"

    @contextlib.contextmanager
    def use(self):
        """The profile's name and server, or None; it stays until the end of the block."""
        with self.changed:
            profile = self.profile
            self.users += profile is not None
        try:
            yield profile
        finally:
            with self.changed:
                self.users -= profile is not None
                self.changed.notify_all()


class Client(threading.Thread):
    """Sends requests over one connection, whole ones and streams in turn, until it is told to stop."""

    def __init__(self, at, routing, seed):
        super().__init__()
        self.at = at
        self.routing = routing
        self.seed = seed
        self.random = random.Random(seed)
        self.stop = threading.Event()
        self.sent = 0
        self.named = 0  # with the header that names the profile
        self.wrong = []

    def run(self):
        connection = http.client.HTTPConnection(*self.at, timeout=DEADLINE_S)
        try:
            while not self.stop.is_set():
                if self.random.random() < 0.2:
                    with self.routing.use() as profile:
                        self.request(connection, profile)
                else:
                    self.request(connection, None)
        except Exception as problem:  # noqa: BLE001  (a thread has nobody to raise it to)
            self.wrong.append(repr(problem))
        finally:
            connection.close()

    def request(self, connection, profile):
        stream = self.random.random() < 0.3
        body = {"model": "base", "max_tokens": 4, "stream": stream,
                "messages": [{"role": "user", "content": "storm %d" % self.sent}]}
        number = "%d-%d" % (self.seed, self.sent)
        headers = {"x-request-id": number}
        if profile:
            headers[PROFILE_HEADER] = profile[0]
            self.named += 1
        self.sent += 1
        before = self.routing.now
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
        if response.status != 200 or (stream and not text.rstrip().endswith(b"[DONE]")):
            self.wrong.append((response.status, text[:300].decode(errors="replace")))
            return
        if response.headers["x-request-id"] != number:
            self.wrong.append((number, "got the answer of", response.headers["x-request-id"]))
        if profile:
            allowed = {profile[1]}
        else:
            allowed = before if before is self.routing.now else self.routing.ever
        if response.headers["x-sim-server"] not in allowed:
            self.wrong.append((number, "went to", response.headers["x-sim-server"], "instead of", *sorted(allowed)))


class Load:
    CLIENTS = 4

    def __init__(self, at, routing):
        self.clients = [Client(at, routing, seed) for seed in range(self.CLIENTS)]

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
    def named(self):
        return sum(client.named for client in self.clients)

    @property
    def wrong(self):
        return [wrong for client in self.clients for wrong in client.wrong]
