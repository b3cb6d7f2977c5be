# SPDX-License-Identifier: Apache-2.0
"""GET /v1/models of the door: what all endpoints say together."""
import json
import threading

from door import DoorTest, main, refusing_address


def model(name, **more):
    return {"id": name, "object": "model", "created": 1, "owned_by": "test", **more}


def says(*models):
    """An endpoint's answer."""
    body = json.dumps({"object": "list", "data": list(models)}).encode()
    return lambda call: call.answer(body=body, headers=[("Content-Type", "application/json")])


class Models(DoorTest):
    def ask(self, client, **more):
        client.get("/v1/models", **more)
        return client.response()

    def ids(self, response):
        self.assertEqual((response.status, response.json()["object"]), (200, "list"))
        return [one["id"] for one in response.json()["data"]]

    def test_the_union_of_all_endpoints(self):
        first = self.endpoint(says(model("shared", max_model_len=1), model("zebra")))
        second = self.endpoint(says(model("shared", max_model_len=2), model("adapter", parent="shared")))
        door = self.door(first, second)
        client = self.client(door)
        response = self.ask(client)
        self.assertEqual(self.ids(response), ["adapter", "shared", "zebra"])
        self.assertEqual(response.headers["content-type"], "application/json")
        self.assertEqual(response.json()["data"][1], model("shared", max_model_len=1), "what the first endpoint says")
        self.assert_ends(door, "answered", 200)
        for endpoint in (first, second):
            call = endpoint.call()
            self.assertEqual((call.method, call.target, call.headers["host"]), ("GET", "/v1/models", endpoint.address))
        # Nobody is asked again at once, on whatever connection.
        self.assertEqual(self.ask(self.client(door)).body, response.body)
        self.assert_ends(door, "answered", 200)
        client.get("/v1/models", method="HEAD")
        head = client.response(head_only=True)
        self.assertEqual((head.status, head.headers["content-length"]), (200, str(len(response.body))))
        self.assert_ends(door, "answered", 200)
        self.assertTrue(first.calls.empty() and second.calls.empty())

    def test_endpoints_that_do_not_answer_hide_no_others(self):
        holder, refusing = refusing_address()
        self.addCleanup(holder.close)
        wrong = [lambda call: call.answer(500), lambda call: call.answer(body=b"no list"), lambda call: call.answer(body=b'{"data":{}}'),
                 lambda call: call.send(b"nonsense\r\n\r\n") or "close", lambda call: call.reset(),
                 lambda call: call.answer(body=b'{"data":[{"id":"half"'), lambda call: call.answer(body=b" " * (1 << 20) + b'{"data":[]}')]
        good = self.endpoint(lambda call: call.send(b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps({"data": [model("there")]}).encode()) or "close")
        door = self.door("endpoint=" + refusing, *[self.endpoint(serve) for serve in wrong], good)
        self.assertEqual(self.ids(self.ask(self.client(door))), ["there"])
        self.assert_ends(door, "answered", 200)

    def test_a_silent_endpoint_is_not_waited_for_long(self):
        silent = self.endpoint(lambda call: call.gone() and "close")
        door = self.door(silent, self.endpoint(says(model("there"))))
        self.assertEqual(self.ids(self.ask(self.client(door))), ["there"])
        self.assert_ends(door, "answered", 200)
        self.assertEqual(silent.result(), "close", "the connection was given up")

    def test_nobody_answers(self):
        holder, refusing = refusing_address()
        self.addCleanup(holder.close)
        door = self.door("endpoint=" + refusing)
        response = self.ask(self.client(door))
        self.assertEqual((response.status, response.error()["code"]), (503, "upstream-unavailable"))
        self.assert_ends(door, "failed", 503, "upstream-unavailable")
        door = self.door()
        self.assertEqual(self.ask(self.client(door)).status, 503)
        self.assert_ends(door, "failed", 503, "upstream-unavailable")
        door = self.door(self.endpoint(says()))
        self.assertEqual(self.ids(self.ask(self.client(door))), [], "an endpoint that says it has none has answered")
        self.assert_ends(door, "answered", 200)

    def test_columns_spare_the_question(self):
        known, unhealthy = self.endpoint(says(model("never asked"))), self.endpoint(says(model("never asked")))
        asked = self.endpoint(says(model("b", max_model_len=7)))
        door = self.door(known, "models=c,b", unhealthy, "unhealthy=1", asked)
        response = self.ask(self.client(door))
        self.assertEqual(response.json()["data"], [model("b", max_model_len=7),
                                                   {"id": "c", "object": "model", "created": 0, "owned_by": "shunt"}])
        self.assert_ends(door, "answered", 200)
        self.assertTrue(known.calls.empty() and unhealthy.calls.empty())
        door = self.door(known, "models=c")
        self.assertEqual(self.ids(self.ask(self.client(door))), ["c"])
        self.assert_ends(door, "answered", 200)
        self.assertTrue(known.calls.empty())

    def test_many_clients_one_question(self):
        let_go = threading.Event()
        self.addCleanup(let_go.set)
        answer = says(model("m"))
        slow = self.endpoint(lambda call: let_go.wait() and answer(call))
        door = self.door(slow)
        clients = [self.client(door) for _ in range(5)]
        clients[0].get("/v1/models")
        slow.call()
        for client in clients[1:]:
            client.get("/v1/models")
        clients[4].close()  # it leaves, and the others still hear
        self.assert_ends(door, "cancelled", 0, "client-gone")
        let_go.set()
        for client in clients[:4]:
            self.assertEqual(self.ids(client.response()), ["m"])
            self.assert_ends(door, "answered", 200)
        self.assertTrue(slow.calls.empty())

    def test_pipelined(self):
        door = self.door(self.endpoint(says(model("m"))))
        client = self.client(door)
        for _ in range(3):
            client.get("/v1/models")
        for _ in range(3):
            self.assertEqual(self.ids(client.response()), ["m"])
            self.assert_ends(door, "answered", 200)

    def test_a_kept_connection_that_is_closed_is_replaced(self):
        connections = []

        def serve(call):
            connections.append(call)
            if call.target != "/v1/models":
                return call.answer()
            if call is connections[0]:
                return call.reset()
            return says(model("m"))(call)

        door = self.door(self.endpoint(serve))
        client = self.client(door)
        client.post()
        client.response()
        self.assert_ends(door, "completed", 200)
        self.assertEqual(self.ids(self.ask(client)), ["m"])
        self.assert_ends(door, "answered", 200)
        self.assertEqual(len(set(map(id, connections))), 2)

    def test_what_endpoints_are_shown(self):
        # Without keys of its own the host passes on the client's, and keeps answers to different ones apart.
        endpoint = self.endpoint(lambda call: says(model(call.headers.get("authorization", "none").split(" ")[-1]))(call))
        door = self.door(endpoint)
        for key in ("one", "two", "one"):
            response = self.ask(self.client(door), headers=[("Authorization", "Bearer " + key)])
            self.assertEqual(self.ids(response), [key])
            self.assert_ends(door, "answered", 200)
        self.assertEqual(endpoint.calls.qsize(), 2)

    def test_the_host_ends_meanwhile(self):
        silent = self.endpoint(lambda call: call.gone() and "close")
        door = self.door(silent)
        client = self.client(door)
        client.get("/v1/models")
        silent.call()
        door.say("stop")
        self.assert_ends(door, "failed", 0, "stopped")
        self.assertIsNone(client.response())


if __name__ == "__main__":
    main()
