# SPDX-License-Identifier: Apache-2.0
"""`shunt serve` as a service manager and a shell see it: the ready line, signals, exit codes.

Run by CTest with the program in SHUNT_PROGRAM.
"""
import http.client
import json
import os
import select
import signal
import socket
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ["SHUNT_PROGRAM"]
PATIENCE = 60  # seconds


class Serve:
    """The program, started in a folder of its own."""

    def __init__(self, *words, config=None, environment=None):
        self.folder = tempfile.TemporaryDirectory()
        arguments = [PROGRAM, "serve", *words]
        if config is not None:
            with open(os.path.join(self.folder.name, "router.jsonc"), "w", encoding="utf-8") as file:
                file.write(config)
            arguments += ["-c", "router.jsonc"]
        self.process = subprocess.Popen(arguments, cwd=self.folder.name, stdin=subprocess.DEVNULL, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={**os.environ, "XDG_STATE_HOME": self.folder.name, **(environment or {})})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self.folder.cleanup()

    def ready(self):
        """The line that says where it listens."""
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        assert readable, "no ready line"
        return json.loads(self.process.stdout.readline())

    def end(self):
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


# Nothing listens, so that no port is taken; parts that do are tested where they are.
QUIET = '{ "admin": { "enabled": false }, "serve": { "listen": "127.0.0.1:0"%s } }'


class Lifecycle(unittest.TestCase):
    def test_ready_line_and_clean_end(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number), Serve("-o", "json", config=QUIET % "") as serve:
                line = serve.ready()
                self.assertEqual(line["schema"], 1)
                self.assertIsInstance(line["listening"], dict)
                self.assertIsNone(serve.process.poll())
                serve.process.send_signal(number)
                code, out, err = serve.end()
                self.assertEqual((code, out, err), (0, "", ""))

    def test_the_service_manager_is_told(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            path = os.path.join(folder, "notify")
            manager.bind(path)
            manager.settimeout(PATIENCE)
            with Serve("-o", "json", config=QUIET % "",
                       environment={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "60000"}) as serve:
                self.assertEqual(manager.recv(256), b"READY=1")
                self.assertEqual(manager.recv(256), b"WATCHDOG=1")
                serve.process.terminate()
                while (heard := manager.recv(256)) == b"WATCHDOG=1":
                    pass
                self.assertEqual(heard, b"STOPPING=1")
                self.assertEqual(serve.end()[0], 0)

    def test_the_service_manager_hears_of_a_reload(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            path = os.path.join(folder, "notify")
            manager.bind(path)
            manager.settimeout(PATIENCE)
            with Serve("-o", "json", config=QUIET % "", environment={"NOTIFY_SOCKET": path}) as serve:
                self.assertEqual(manager.recv(256), b"READY=1")
                serve.process.send_signal(signal.SIGHUP)
                self.assertRegex(manager.recv(256), rb"^RELOADING=1\nMONOTONIC_USEC=\d+$")
                self.assertEqual(manager.recv(256), b"READY=1")
                serve.process.terminate()
                self.assertEqual(manager.recv(256), b"STOPPING=1")
                self.assertEqual(serve.end()[0], 0)

    def test_a_manager_that_cannot_be_told_is_named(self):
        with Serve("-o", "json", config=QUIET % "", environment={"NOTIFY_SOCKET": "/nowhere/at/all"}) as serve:
            serve.ready()
            serve.process.terminate()
            code, _, err = serve.end()
            self.assertEqual(code, 0)
            self.assertIn("the service manager could not be told", err)

    def test_a_second_signal_ends_the_delay(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            path = os.path.join(folder, "notify")
            manager.bind(path)
            manager.settimeout(PATIENCE)
            with Serve("-o", "json", config=QUIET % ', "drainDelayMs": 600000',
                       environment={"NOTIFY_SOCKET": path}) as serve:
                self.assertEqual(manager.recv(256), b"READY=1")
                serve.process.terminate()
                self.assertEqual(manager.recv(256), b"STOPPING=1")
                self.assertIsNone(serve.process.poll(), "it waits for its balancers")
                serve.process.terminate()
                self.assertEqual(serve.end()[0], 0)

    def test_requests_are_taken_during_the_delay(self):
        config = '{ "admin": { "listen": "127.0.0.1:0" }, "serve": { "listen": "127.0.0.1:0", "drainDelayMs": 600000 } }'
        with Serve("-o", "json", config=config) as serve:
            listening = serve.ready()["listening"]

            def ask(part, method, path):
                connection = http.client.HTTPConnection(listening[part].removeprefix("http://"), timeout=PATIENCE)
                try:
                    connection.request(method, path, body=json.dumps({"model": "base", "messages": []}) if method == "POST" else None)
                    answer = connection.getresponse()
                    return answer.status, answer.read().decode(), answer.headers.get("Connection")
                finally:
                    connection.close()

            serve.process.terminate()
            deadline = time.monotonic() + PATIENCE
            while "draining" not in ask("admin", "GET", "/readyz")[1]:
                assert time.monotonic() < deadline, "it does not stop being ready"
            # There is no endpoint, which is what a request is told before the signal too.
            status, text, connection = ask("http", "POST", "/v1/chat/completions")
            self.assertEqual((status, connection), (503, "close"))
            self.assertIn("rejected-no-endpoints", text)
            serve.process.terminate()
            self.assertEqual(serve.end()[0], 0)

    def test_many_signals_are_one_clean_end(self):
        with Serve("-o", "json", config=QUIET % "") as serve:
            serve.ready()
            for _ in range(20):
                serve.process.terminate()
            self.assertEqual(serve.end()[0], 0)

    def test_a_reader_that_is_gone_is_no_failure(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            path = os.path.join(folder, "notify")
            manager.bind(path)
            manager.settimeout(PATIENCE)
            with Serve("-o", "text", config=QUIET % "", environment={"NOTIFY_SOCKET": path}) as serve:
                serve.process.stdout.close()
                self.assertEqual(manager.recv(256), b"READY=1")
                serve.process.terminate()
                self.assertEqual(serve.process.wait(PATIENCE), 0)

    def test_a_wrong_config_starts_nothing(self):
        with Serve(config='{ "plugins": [ { "type": "queue-scorerr" } ], "serve": { "drainMs": -1 } }') as serve:
            code, out, err = serve.end()
            self.assertEqual((code, out), (3, ""))
            self.assertIn("queue-scorerr", err)
            self.assertIn("drainMs", err)
            self.assertIn("nothing was started", err)

    def test_a_config_that_is_not_there(self):
        with Serve("-c", "missing.jsonc") as serve:
            code, _, err = serve.end()
            self.assertEqual(code, 3)
            self.assertIn("missing.jsonc", err)

    def test_wrong_words(self):
        for words in (["--admin", "nonsense"], ["--listen", "127.0.0.1:99999"], ["--no-such-flag"], ["-o", "yaml"]):
            with self.subTest(words), Serve(*words) as serve:
                code, out, err = serve.end()
                self.assertEqual((code, out), (2, ""))
                self.assertIn("shunt serve --help", err)


if __name__ == "__main__":
    unittest.main()
