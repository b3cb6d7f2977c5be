# SPDX-License-Identifier: Apache-2.0
"""Endpoints that refuse, hang, die, lie; clients that leave."""
import socket
import threading

from door import CHAT, DoorTest, Endpoint, main, refusing_address


def dies(call):
    call.reset()


class Faults(DoorTest):
    def refusing(self):
        holder, address = refusing_address()
        self.addCleanup(holder.close)
        return "endpoint=" + address

    def test_the_next_endpoint_takes_over_from_one_that_refuses(self):
        endpoint = self.endpoint()
        door = self.door(self.refusing(), endpoint)
        client = self.client(door)
        client.post()
        self.assertEqual(client.response().status, 200)
        self.assertEqual(endpoint.call().body_text, CHAT)
        door.event("attempt-failed")
        self.assert_ends(door, "completed", 200)

    def test_after_the_fallbacks_it_is_decided_anew(self):
        endpoint = self.endpoint()
        door = self.door(self.refusing(), self.refusing(), endpoint, "perDecision=1")
        client = self.client(door)
        client.post()
        self.assertEqual(client.response().status, 200)
        for _ in range(3):
            door.event("decide")
        self.assert_ends(door, "completed", 200)

    def test_nobody_is_left(self):
        door = self.door(self.refusing(), self.refusing(), "perDecision=1")
        client = self.client(door)
        client.post()
        response = client.response()
        self.assertEqual((response.status, response.error()["code"]), (502, "upstream-refused"))
        self.assert_ends(door, "failed", 502, "upstream-refused")
        client.post()
        self.assertEqual(client.response().status, 502, "the connection goes on")
        self.assert_ends(door, "failed", 502, "upstream-refused")

    def test_attempts_are_limited(self):
        door = self.door(*[self.refusing() for _ in range(5)], "perDecision=5", "attempts=2")
        client = self.client(door)
        client.post()
        self.assertEqual(client.response().status, 502)
        self.assertEqual([door.event("dispatched", "complete")["event"] for _ in range(3)],
                         ["dispatched", "dispatched", "complete"])

    def test_the_budget_of_retries_ends(self):
        door = self.door(self.refusing(), self.refusing())
        client = self.client(door)
        failed = 0
        for _ in range(15):
            client.post()
            self.assertEqual(client.response().status, 502)
            while door.event("attempt-failed", "complete")["event"] != "complete":
                failed += 1
        self.assertEqual(failed, 15 + 10)

    def test_a_reset_before_the_first_byte_is_tried_elsewhere(self):
        endpoint = self.endpoint()
        door = self.door(self.endpoint(dies), endpoint)
        client = self.client(door)
        client.post()
        self.assertEqual(client.response().status, 200)
        self.assert_ends(door, "completed", 200)

    def test_503_is_tried_elsewhere(self):
        busy = self.endpoint(lambda call: call.answer(503, b"busy"))
        door = self.door(busy, self.endpoint())
        client = self.client(door)
        client.post()
        self.assertEqual(client.response().body, b"{}")
        door.event("attempt-failed")
        self.assert_ends(door, "completed", 200)

    def test_the_last_503_is_passed_on(self):
        door = self.door(*[self.endpoint(lambda call: call.answer(503, b"busy")) for _ in range(2)])
        client = self.client(door)
        client.post()
        response = client.response()
        self.assertEqual((response.status, response.body), (503, b"busy"))
        self.assert_ends(door, "completed", 503)

    def test_a_connection_that_went_stale_costs_no_attempt(self):
        def once(call):
            call.answer()
            return "close" if call.target == "/first" else None

        def silent_end(call):
            if count.pop(0):
                return call.answer()
            call.reset()
            return None

        count = [1, 0, 1]
        endpoint = self.endpoint(silent_end)
        door = self.door(endpoint, "attempts=1")
        client = self.client(door)
        client.post()
        self.assertEqual(client.response().status, 200)
        self.assert_ends(door, "completed", 200)
        client.post()
        self.assertEqual(client.response().status, 200)
        self.assert_ends(door, "completed", 200)
        self.assertEqual(endpoint.connections, 2)

    def test_an_end_in_the_middle_of_a_stream_is_no_end(self):
        def serve(call):
            call.stream()
            call.piece(b"data: 1\n\n")
            go.wait(60)
            call.reset()

        go = threading.Event()
        door = self.door(self.endpoint(serve))
        client = self.client(door)
        client.post()
        client.head()
        self.assertEqual(client.chunk(), b"data: 1\n\n")
        go.set()
        self.assertIsNone(client.chunk(), "the last chunk must not come")
        self.assert_ends(door, "failed", 200, "upstream-aborted")

    def test_an_end_in_the_middle_of_a_length_is_no_end(self):
        def serve(call):
            call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            return "close"

        door = self.door(self.endpoint(serve))
        client = self.client(door)
        client.post()
        response = client.response()
        self.assertEqual((response.body, response.clean), (b"half", False))
        self.assert_ends(door, "failed", 200, "upstream-aborted")

    def test_malformed_heads(self):
        for text in (b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                     b"HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                     b"HTTP/1.1 200 OK\r\nA: " + b"a" * 70000 + b"\r\n\r\n", b"HTTP/1.1 101 X\r\nUpgrade: a\r\n\r\n",
                     b"SSH-2.0-OpenSSH\r\n"):
            with self.subTest(text=text[:40]):
                def serve(call):
                    call.send(text)
                    call.gone()
                    return "close"

                door = self.door(self.endpoint(serve), self.endpoint())
                client = self.client(door)
                client.post()
                response = client.response()
                self.assertEqual((response.status, response.error()["code"]), (502, "upstream-malformed"))
                self.assert_ends(door, "failed", 502, "upstream-malformed")

    def test_malformed_chunks(self):
        def serve(call):
            call.stream()
            if call.target == "/late":
                call.piece(b"hello")
                go.wait(60)
            call.send(b"zz\r\n")
            call.gone()
            return "close"

        go = threading.Event()
        door = self.door(self.endpoint(serve))
        client = self.client(door)
        client.post("/late")
        client.head()
        self.assertEqual(client.chunk(), b"hello")
        go.set()
        self.assertIsNone(client.chunk())
        self.assert_ends(door, "failed", 200, "upstream-malformed")

    def test_interim_answers_are_not_the_answer(self):
        def serve(call):
            call.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n")
            call.answer(body=b"end")

        door = self.door(self.endpoint(serve))
        client = self.client(door)
        client.post()
        self.assertEqual(client.response().body, b"end")
        self.assert_ends(door, "completed", 200)

    def test_a_client_that_leaves_ends_the_call(self):
        def serve(call):
            if call.target == "/streams":
                call.stream()
                call.piece(b"data: 1\n\n")
            call.gone()
            return "gone"

        endpoint = self.endpoint(serve)
        door = self.door(endpoint)
        for path, leave in (("/v1/completions", "close"), ("/v1/completions", "half"), ("/streams", "close"), ("/streams", "half")):
            with self.subTest(path=path, leave=leave):
                client = self.client(door)
                client.post(path, b'{"model":"m","prompt":"x"}')
                status = 0
                if path == "/streams":
                    client.head()
                    client.chunk()
                    status = 200
                endpoint.call()
                if leave == "close":
                    client.close()
                else:
                    client.socket.shutdown(socket.SHUT_WR)
                self.assertEqual(endpoint.result(), "gone")
                self.assert_ends(door, "cancelled", status, "client-gone")

    def test_a_client_that_leaves_in_the_middle_of_its_request(self):
        door = self.door(self.endpoint())
        for text in (b"GET", b"POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n{"):
            client = self.client(door)
            client.send(text)
            client.close()
            self.assert_ends(door, "cancelled", 0, "client-gone")

    def test_an_early_answer_to_an_upload(self):
        def serve(call):
            call.answer(413, b"too much", [("Connection", "close")])
            return "close"

        serve.reads_body = False
        door = self.door(self.endpoint(serve))
        client = self.client(door)
        client.send(b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n" + b"a" * 1000)
        response = client.response()
        self.assertEqual((response.status, response.body), (413, b"too much"))
        self.assert_ends(door, "completed", 413)

    def test_stop_in_the_middle(self):
        def serve(call):
            call.stream()
            call.piece(b"data: 1\n\n")
            call.gone()
            return "gone"

        endpoint = self.endpoint(serve)
        door = self.door(endpoint)
        client = self.client(door)
        client.post()
        client.head()
        client.chunk()
        door.say("stop")
        self.assertIsNone(client.chunk())
        self.assertEqual(endpoint.result(), "gone")
        self.assert_ends(door, "failed", 0, "stopped")


if __name__ == "__main__":
    main()
