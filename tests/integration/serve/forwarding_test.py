# SPDX-License-Identifier: Apache-2.0
"""Requests and responses on their way through the door."""
import json

from door import CHAT, DoorTest, main


class Forwarding(DoorTest):
    def test_a_request_and_its_answer(self):
        answer = b'{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}}'
        endpoint = self.endpoint(lambda call: call.answer(body=answer, headers=[("X-Own", "1")]))
        door = self.door(endpoint)
        client = self.client(door)
        client.post(headers=[("traceparent", "00-1-2-01"), ("X-Request-Id", "abc"), ("X-Session-Id", "s1")])
        response = client.response()
        self.assertEqual((response.status, response.body), (200, answer))
        self.assertEqual(response.headers["x-own"], "1")
        self.assertEqual(response.headers["x-request-id"], "abc")
        call = endpoint.call()
        self.assertEqual(call.first, "POST /v1/chat/completions HTTP/1.1")
        self.assertEqual(call.body_text, CHAT)
        self.assertEqual(call.headers["traceparent"], "00-1-2-01")
        self.assertEqual(call.headers["x-forwarded-for"], "127.0.0.1")
        self.assertEqual(call.headers["x-forwarded-proto"], "http")
        self.assertEqual(call.headers["x-request-id"], "abc")
        self.assertEqual(call.headers["host"], "shunt")
        decided = door.event("decide")
        self.assertEqual((decided["id"], decided["model"], decided["session"]), ("abc", "m", "s1"))
        self.assertEqual(decided["prompt"], "user\nhi\n")
        line = self.assert_ends(door, "completed", 200)
        self.assertEqual((line["prompt_tokens"], line["output_tokens"], line["cached_tokens"]), (7, 3, 4))

    def test_connections_are_kept(self):
        endpoint = self.endpoint()
        door = self.door(endpoint)
        client = self.client(door)
        for _ in range(5):
            client.post()
            self.assertEqual(client.response().status, 200)
            self.assert_ends(door, "completed", 200)
        self.assertEqual(endpoint.connections, 1)

    def test_pipelined_requests_are_answered_in_their_order(self):
        endpoint = self.endpoint(lambda call: call.answer(body=call.target.encode()))
        door = self.door(endpoint)
        client = self.client(door)
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % i for i in range(50)))
        for i in range(50):
            self.assertEqual(client.response().body, b"/%d" % i)
            self.assert_ends(door, "completed", 200)

    def test_own_answers_to_pipelined_requests(self):
        door = self.door("reject=429")
        client = self.client(door)
        client.send(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n" * 2000)
        for _ in range(2000):
            response = client.response()
            self.assertEqual(response.status, 429)
            self.assert_ends(door, "rejected", 429, "rejected-saturated")
        self.assertEqual(response.headers["x-llm-d-request-dropped-reason"], "rejected-saturated")
        self.assertEqual(response.headers["retry-after"], "1")
        self.assertEqual(response.error()["message"], "all are busy")

    def test_hop_by_hop_and_system_owned_headers_stay_here(self):
        endpoint = self.endpoint(
            lambda call: call.answer(headers=[("Connection", "keep-alive, X-Hop"), ("Keep-Alive", "timeout=5"), ("X-Hop", "1")]))
        door = self.door(endpoint)
        client = self.client(door)
        client.post(headers=[("Connection", "keep-alive, X-Mine"), ("X-Mine", "1"), ("TE", "trailers"),
                             ("X-LLM-D-SLO-TTFT-MS", "200"), ("x-gateway-destination-endpoint", "evil:1"),
                             ("x-shunt-priority", "high"), ("X-Forwarded-For", "10.0.0.1"), ("X-Kept", "yes")])
        response = client.response()
        self.assertNotIn("x-hop", response.headers)
        self.assertNotIn("keep-alive", response.headers)
        headers = endpoint.call().headers
        for name in ("x-mine", "te", "x-llm-d-slo-ttft-ms", "x-gateway-destination-endpoint", "x-shunt-priority", "connection"):
            self.assertNotIn(name, headers)
        self.assertEqual(headers["x-forwarded-for"], "10.0.0.1, 127.0.0.1")
        self.assertEqual(headers["x-kept"], "yes")
        self.assert_ends(door, "completed", 200)

    def test_plugins_headers_are_set_replaced_and_removed(self):
        endpoint = self.endpoint(lambda call: call.answer(headers=[("X-Theirs", "old"), ("X-Away", "1")]))
        door = self.door(endpoint, "requestHeader=x-new:1", "requestHeader=x-old:mine", "requestHeader=x-drop",
                         "responseHeader=x-theirs:new", "responseHeader=x-away", "requestHeader=content-length:0")
        client = self.client(door)
        client.post(headers=[("X-Old", "client"), ("X-Drop", "1")])
        response = client.response()
        self.assertEqual(response.headers["x-theirs"], "new")
        self.assertNotIn("x-away", response.headers)
        call = endpoint.call()
        self.assertEqual((call.headers["x-new"], call.headers["x-old"]), ("1", "mine"))
        self.assertNotIn("x-drop", call.headers)
        self.assertEqual(call.body_text, CHAT)
        self.assert_ends(door, "completed", 200)

    def test_the_model_is_rewritten_towards_the_endpoint(self):
        endpoint = self.endpoint()
        door = self.door(endpoint)
        client = self.client(door)
        body = b' {"messages": [{"role":"user","content":"\\"model\\": \\"m\\""}], "model" : "base", "x": {"model":"no"}} '
        client.post(body=body, headers=[("x-llm-d-model-name-rewrite", 'lora "1"')])
        self.assertEqual(client.response().status, 200)
        call = endpoint.call()
        self.assertEqual(call.body_text, body.replace(b'"base"', b'"lora \\"1\\""'))
        self.assertNotIn("x-llm-d-model-name-rewrite", call.headers)
        self.assertEqual(door.event("decide")["target_model"], 'lora "1"')
        self.assert_ends(door, "completed", 200)

    def test_a_multipart_form_names_its_model(self):
        endpoint = self.endpoint()
        door = self.door(endpoint)
        client = self.client(door)
        body = (b'--xx\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n\r\n--x\0\xff\r\n'
                b'--xx\r\ncontent-disposition: form-data; name="model"\r\n\r\nwhisper\r\n--xx--\r\n')
        client.post("/v1/audio/transcriptions", body,
                    [("Content-Type", 'multipart/form-data; boundary="xx"'), ("x-gateway-model-name-rewrite", "w2")])
        self.assertEqual(client.response().status, 200)
        self.assertEqual(door.event("decide")["model"], "whisper")
        self.assertEqual(endpoint.call().body_text, body.replace(b"whisper", b"w2"))
        self.assert_ends(door, "completed", 200)

    def test_head_and_bodiless_answers(self):
        def serve(call):
            status = {"/head": 200, "/204": 204, "/304": 304, "/empty": 200}[call.target]
            length = {"/head": b"Content-Length: 99\r\n", "/empty": b"Content-Length: 0\r\n"}.get(call.target, b"")
            call.send(b"HTTP/1.1 %d X\r\n%s\r\n" % (status, length))

        endpoint = self.endpoint(serve)
        door = self.door(endpoint)
        client = self.client(door)
        client.get("/head", method="HEAD")
        self.assertEqual(client.response(head_only=True).headers["content-length"], "99")
        self.assert_ends(door, "completed", 200)
        for status in (204, 304):
            client.get("/%d" % status)
            response = client.response()
            self.assertEqual(response.status, status)
            self.assertNotIn("transfer-encoding", response.headers)
            self.assert_ends(door, "completed", status)
        client.get("/empty")
        self.assertEqual(client.response().body, b"")
        self.assert_ends(door, "completed", 200)
        self.assertEqual(endpoint.connections, 1)

    def test_100_continue(self):
        endpoint = self.endpoint()
        door = self.door(endpoint)
        for path in ("/v1/chat/completions", "/other"):
            client = self.client(door)
            client.send(b"POST %s HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
                        % (path.encode(), len(CHAT)))
            self.assertEqual(client.until(b"\r\n\r\n"), b"HTTP/1.1 100 Continue")
            client.send(CHAT)
            self.assertEqual(client.response().status, 200)
            call = endpoint.call()
            self.assertEqual(call.body_text, CHAT)
            self.assertNotIn("expect", call.headers)
            self.assert_ends(door, "completed", 200)

    def test_chunked_uploads(self):
        endpoint = self.endpoint()
        door = self.door(endpoint)
        for path in ("/v1/chat/completions", "/other"):
            client = self.client(door)
            client.send(b"POST %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" % path.encode())
            for i in range(0, len(CHAT), 7):
                piece = CHAT[i:i + 7]
                client.send(b"%x;ext=1\r\n%s\r\n" % (len(piece), piece))
            client.send(b"0\r\nTrailer: ignored\r\n\r\n")
            self.assertEqual(client.response().status, 200)
            self.assertEqual(endpoint.call().body_text, CHAT)
            self.assert_ends(door, "completed", 200)
            client.get("/again")
            self.assertEqual(client.response().status, 200)
            self.assert_ends(door, "completed", 200)

    def test_large_bodies_both_ways(self):
        endpoint = self.endpoint(lambda call: call.answer(body=call.body_text))
        door = self.door(endpoint)
        client = self.client(door)
        text = bytes(range(32, 127)).replace(b'"', b"").replace(b"\\", b"") * 60000  # 5.5 MB
        chat = json.dumps({"model": "m", "prompt": text.decode()}).encode()
        for path, body in (("/v1/completions", chat), ("/upload", bytes(range(256)) * 20000)):
            client.post(path, body)
            response = client.response()
            self.assertTrue(response.body == body and response.clean)
            self.assert_ends(door, "completed", 200)

    def test_a_response_that_ends_with_its_connection(self):
        def serve(call):
            call.send(b"HTTP/1.1 200 OK\r\n\r\nall")
            return "close"

        door = self.door(self.endpoint(serve))
        client = self.client(door)
        client.get()
        response = client.response()
        self.assertEqual((response.body, response.clean), (b"all", True))
        self.assertEqual(response.headers["transfer-encoding"], "chunked")
        self.assert_ends(door, "completed", 200)
        client.send(b"GET /a HTTP/1.0\r\n\r\n")
        first, headers = client.head()
        self.assertNotIn("transfer-encoding", headers)
        self.assertEqual(client.rest(), b"all")
        self.assert_ends(door, "completed", 200)

    def test_an_upgraded_connection_is_a_pipe(self):
        def serve(call):
            if call.headers.get("upgrade") != "echo" or call.headers["connection"].lower() != "upgrade":
                return call.answer(400)
            call.send(b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello")
            while data := call.socket.recv(65536):
                call.send(data[::-1])
            return "close"

        door = self.door(self.endpoint(serve))
        client = self.client(door)
        client.get(headers=[("Connection", "Upgrade"), ("Upgrade", "echo")])
        response = client.response()
        self.assertEqual((response.status, response.headers["upgrade"]), (101, "echo"))
        self.assertEqual(client.exactly(5), b"hello")
        for word in (b"abc", b"GET / HTTP/1.1\r\n\r\n", bytes(range(256))):
            client.send(word)
            self.assertEqual(client.exactly(len(word)), word[::-1])
        client.close()
        self.assert_ends(door, "completed", 101)

    def test_drain_lets_requests_finish(self):
        def serve(call):
            call.stream()
            call.piece(b"data: 1\n\n")
            go.wait(60)
            call.piece(b"data: 2\n\n")
            call.send(b"0\r\n\r\n")

        import threading
        go = threading.Event()
        door = self.door(self.endpoint(serve))
        idle = self.client(door)
        client = self.client(door)
        client.post()
        first, headers = client.head()
        self.assertEqual(client.chunk(), b"data: 1\n\n")
        door.say("drain")
        self.assertEqual(idle.rest(), b"", "an idle connection ends at once")
        door.say("drained?")
        self.assertFalse(door.event("drained")["yes"])
        go.set()
        self.assertEqual(client.chunk(), b"data: 2\n\n")
        self.assertEqual(client.chunk(), b"")
        self.assertEqual(client.rest(), b"", "it ends after its response")
        self.assert_ends(door, "completed", 200)

    def test_decisions_are_named_where_asked(self):
        door = self.door(self.endpoint(), "decisionHeader=1")
        client = self.client(door)
        client.post()
        self.assertEqual(client.response().headers["x-shunt-decision"], "00000000000004d2")
        self.assert_ends(door, "completed", 200)


if __name__ == "__main__":
    main()
