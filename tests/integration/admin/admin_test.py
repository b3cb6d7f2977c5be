#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The admin listener over its socket: routes, rules, limits, events, metrics.

  admin_test.py SHUNT_ADMIN_HOST [unittest arguments]
"""
import json
import pathlib
import re
import socket
import sys
import time
import unittest

from admin_host import TOKEN, AdminHost

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "host/packaging"))
from metric_table import read_table  # noqa: E402

PROGRAM = None


class Quiet(unittest.TestCase):
    """A host without traffic."""

    @classmethod
    def setUpClass(cls):
        cls.host = AdminHost(PROGRAM).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.host.__exit__()

    def request(self, **more):
        return {"id": "s1", "model": "llama-3-8b", "prompt": "hello", **more}

    def test_health_and_readiness(self):
        self.assertEqual(self.host.get("/healthz").status, 200)
        self.assertEqual(self.host.get("/readyz").json["status"], "ready")

    def test_every_answer_has_its_schema(self):
        for path in ("/healthz", "/readyz", "/v1/plugins", "/v1/profiles", "/v1/endpoints", "/v1/models", "/v1/decisions",
                     "/v1/config", "/help", "/nothing"):
            answer = self.host.get(path)
            self.assertEqual(answer.json["schema"], 1, path)
            self.assertEqual(answer.headers["Content-Type"], "application/json", path)
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff", path)
            self.assertEqual(answer.headers["Cache-Control"], "no-store", path)

    def test_help_names_every_route_and_each_answers(self):
        for route in self.host.get("/help").json["routes"]:
            path = route["path"].replace("{name}", "approx-prefix-cache-producer").replace("{id}", "0000000000000001")
            if path == "/v1/events":
                continue
            answer = self.host.ask(route["method"], path, "" if route["method"] == "POST" else None)
            self.assertNotIn(answer.status, (405, 500), path)

    def test_plugins(self):
        plugins = {plugin["name"]: plugin for plugin in self.host.get("/v1/plugins").json["plugins"]}
        self.assertEqual(plugins["queue"]["type"], "queue-scorer")
        self.assertEqual(plugins["queue"]["kinds"], "scorer")
        self.assertTrue(plugins["approx-prefix-cache-producer"]["state"])
        self.assertFalse(plugins["queue"]["state"])

    def test_state(self):
        state = self.host.get("/v1/plugins/approx-prefix-cache-producer/state").json["state"]
        self.assertEqual((state["blocks"], state["block_size_tokens"]), (0, 16))
        self.assertEqual((self.host.get("/v1/plugins/queue/state").status, self.host.get("/v1/plugins/queue/state").error),
                         (404, "no-state"))
        self.assertEqual(self.host.get("/v1/plugins/nobody/state").error, "no-such-plugin")

    def test_profiles(self):
        profiles = self.host.get("/v1/profiles").json
        steps = [(step["kind"], step["plugin"], step.get("weight")) for step in profiles["profiles"][0]["steps"]]
        self.assertEqual(steps, [("filter", "decode", None), ("scorer", "queue", 2), ("scorer", "kv", 1.5),
                                 ("scorer", "prefix", 3), ("scorer", "load", 1), ("picker", "best", None)])
        self.assertEqual([step["plugin"] for step in profiles["producers"]], ["approx-prefix-cache-producer"])
        self.assertEqual(profiles["handler"]["type"], "single-profile-handler")

    def test_endpoints_and_models(self):
        endpoints = self.host.get("/v1/endpoints").json["endpoints"]
        self.assertEqual([endpoint["name"] for endpoint in endpoints], ["pod-000", "pod-001", "pod-002", "pod-003"])
        one = endpoints[1]
        self.assertEqual((one["address"], one["in_flight"], one["routable"]), ("10.0.0.2:8000", 0, True))
        self.assertEqual(one["attributes"]["queue"], 5)
        self.assertEqual(one["attributes"]["active_models"], ["llama-3-8b"])
        self.assertEqual(one["attributes"]["label:llm-d.ai/role"], "decode")
        self.assertEqual(self.host.get("/v1/models").json["models"],
                         [{"id": "llama-3-8b", "configured": False, "endpoints": 0, "active_on": 4}])

    def test_config(self):
        config = self.host.get("/v1/config").json["config"]
        self.assertEqual(config["schedulingProfiles"][0]["name"], "default")
        self.assertNotIn(TOKEN, json.dumps(config))

    def test_schedule_one(self):
        answer = self.host.post("/v1/schedule?explain=1&fallbacks=1", self.request())
        self.assertEqual(answer.status, 200, answer.text)
        decision = answer.json
        self.assertEqual((decision["schema"], decision["id"], decision["outcome"]), (1, "s1", "dispatched"))
        self.assertEqual(len(decision["addresses"]), 1)
        self.assertEqual(len(decision["fallbacks"]), 1)
        self.assertIn("scorer", [stage["stage"] for stage in decision["trace"]])

    def test_schedule_several(self):
        body = {"requests": [self.request(id=f"s{i}") for i in range(6)], "assume": True}
        decisions = self.host.post("/v1/schedule", body).json["decisions"]
        self.assertEqual([decision["id"] for decision in decisions], [f"s{i}" for i in range(6)])
        self.assertNotIn("trace", decisions[0])
        self.assertEqual(len(self.host.post("/v1/schedule", body["requests"]).json["decisions"]), 6)

    def test_schedule_changes_nothing(self):
        before = self.host.get("/v1/decisions").json["newest"]
        body = {"requests": [self.request(id=f"s{i}") for i in range(20)], "assume": True}
        self.assertEqual(self.host.post("/v1/schedule", body).status, 200)
        self.assertEqual({endpoint["in_flight"] for endpoint in self.host.get("/v1/endpoints").json["endpoints"]}, {0})
        self.assertEqual(self.host.get("/v1/decisions").json["newest"], before)
        self.assertEqual(self.host.get("/v1/plugins/approx-prefix-cache-producer/state").json["state"]["blocks"], 0)

    def test_schedule_refuses_with_places(self):
        answer = self.host.post("/v1/schedule", {"requests": [self.request(), {"id": "x", "priority": "hihg"}]})
        self.assertEqual(answer.status, 400)
        problem = answer.json["error"]["problems"][0]
        self.assertEqual((problem["code"], problem["pointer"]), ("E107", "/requests/1/priority"))
        self.assertIn("high", problem["suggestion"])
        for body in ("", "{", "[1]", '{"requests": 3}', '{"requests": [], "more": 1}', '"text"', "[" * 200):
            self.assertEqual(self.host.post("/v1/schedule", body).status, 400, body)
        self.assertEqual(self.host.post("/v1/schedule", [self.request(id=f"s{i}") for i in range(300)]).status, 413)
        self.assertEqual(self.host.post("/v1/schedule?fallbacks=x", self.request()).error, "bad-parameter")

    def test_methods(self):
        for path in ("/v1/schedule", "/v1/log-level"):
            answer = self.host.get(path)
            self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST"))
        answer = self.host.post("/v1/endpoints", {})
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET, HEAD"))
        head = self.host.ask("HEAD", "/v1/endpoints")
        self.assertEqual((head.status, head.text), (200, ""))
        self.assertGreater(int(head.headers["Content-Length"]), 100)

    def test_token(self):
        self.assertEqual(self.host.post("/v1/log-level", {"level": "debug"}).status, 401)
        for wrong in (TOKEN[:-1], TOKEN + "x", TOKEN.upper(), ""):
            self.assertEqual(self.host.post("/v1/log-level", {"level": "debug"}, wrong).status, 401)
        answer = self.host.post("/v1/log-level", {"level": "debug", "requests": True}, TOKEN)
        self.assertEqual((answer.status, answer.json["level"], answer.json["requests"]), (200, "debug", True))
        self.assertEqual(self.host.post("/v1/log-level", {"level": "loud"}, TOKEN).status, 400)
        self.assertEqual(self.host.post("/v1/log-level", {"level": "info", "requests": False}, TOKEN).json["level"], "info")

    def test_foreign_hosts(self):
        for host in ("evil.example", "localhost.evil.example", "127.0.0.1.nip.io:80", "", "a b", "[::1", "::1"):
            answer = self.host.ask("GET", "/v1/endpoints", host=host)
            self.assertIn(answer.status, (400, 403), host)
        for host in ("localhost", "LOCALHOST:9", "127.0.0.1:80", "[::1]:80", "192.168.7.1"):
            self.assertEqual(self.host.ask("GET", "/v1/endpoints", host=host).status, 200, host)
        self.assertEqual(self.host.ask("GET", "/healthz", host=[]).status, 400)
        self.assertEqual(self.host.ask("GET", "/healthz", host=["localhost", "evil.example"]).status, 400)

    def test_foreign_origins(self):
        own = {"Origin": self.host.url}
        self.assertEqual(self.host.ask("POST", "/v1/schedule", self.request(), own).status, 200)
        for origin in ("http://evil.example", "null", "https://localhost", "file://", self.host.url + "0"):
            answer = self.host.ask("POST", "/v1/schedule", self.request(), {"Origin": origin})
            self.assertEqual((answer.status, answer.error), (403, "foreign-origin"), origin)

    def test_page(self):
        answer = self.host.get("/")
        self.assertTrue(answer.headers["Content-Type"].startswith("text/html"))
        policy = answer.headers["Content-Security-Policy"]
        nonce = re.search(r"script-src 'nonce-([\w-]{24})'", policy)[1]
        self.assertIn("default-src 'none'", policy)
        self.assertIn("frame-ancestors 'none'", policy)
        self.assertEqual(answer.text.count(f'nonce="{nonce}"'), 2)
        self.assertNotIn("NONCE", answer.text)
        self.assertNotIn("@include", answer.text)
        self.assertIsNone(re.search(r"(?:src|href)=\"(?:https?:)?//", answer.text), "it takes something from elsewhere")
        self.assertNotEqual(self.host.get("/").headers["Content-Security-Policy"], policy)

    def test_limits(self):
        self.assertEqual(self.host.get("/healthz", **{"X-Long": "x" * 20_000}).status, 431)
        answer = self.host.ask("POST", "/v1/schedule", headers={"Content-Length": str(1 << 30)})
        self.assertEqual((answer.status, answer.error), (413, "body-too-large"))
        with socket.create_connection(self.host.authority.split(":")) as raw:
            raw.sendall(b"nonsense\r\n\r\n")
            self.assertIn(b" 400 ", raw.recv(4096))

    def test_a_connection_serves_again_and_again(self):
        connection = self.host.connect()
        for _ in range(5):
            connection.request("GET", "/healthz")
            response = connection.getresponse()
            self.assertEqual((response.status, response.read()[:12]), (200, b'{"schema":1,'))
        connection.close()

    def test_expect_continue(self):
        body = json.dumps(self.request()).encode()
        with socket.create_connection(self.host.authority.split(":")) as raw:
            raw.sendall(b"POST /v1/schedule HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
            self.assertIn(b"100 Continue", raw.recv(4096))
            raw.sendall(body)
            self.assertIn(b" 200 ", raw.recv(4096))

    def test_the_table_of_metrics_is_what_is_exported(self):
        values, kinds = self.host.metrics()
        table = read_table()
        self.assertGreater(len(table), 40)
        types = {plugin["type"] for plugin in self.host.get("/v1/plugins").json["plugins"]}
        of_plugins = tuple("shunt_" + kind.replace("-", "_") + "_" for kind in types)
        own = {name: kind for name, kind in kinds.items() if not name.startswith(of_plugins)}
        self.assertEqual(own, {metric.name: metric.kind for metric in table})
        for metric in table:
            for (found, pairs) in values:
                if metric.name in (found, re.sub(r"_(bucket|sum|count)$", "", found)):
                    self.assertEqual({label for label, _ in pairs} - {"le"}, set(metric.labels), metric.name)

    def test_metrics_of_plugins(self):
        values, kinds = self.host.metrics()
        name = "shunt_approx_prefix_cache_producer_blocks"
        self.assertEqual(kinds[name], "gauge")
        self.assertEqual(values[name, (("name", "approx-prefix-cache-producer"),)], 0)


class Busy(unittest.TestCase):
    """A host with traffic."""

    @classmethod
    def setUpClass(cls):
        cls.host = AdminHost(PROGRAM, endpoints=20, rate=200).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.host.__exit__()

    def decisions(self, query=""):
        return self.host.until(lambda: self.host.get("/v1/decisions" + query).json["decisions"], "a decision")

    def explained(self):
        return self.host.until(lambda: [one for one in self.decisions("?outcome=dispatched") if one["explained"]], "an explanation")[0]

    def test_decisions(self):
        newest = self.decisions("?limit=5")
        self.assertLessEqual(len(newest), 5)
        sequences = [decision["sequence"] for decision in newest]
        self.assertEqual(sequences, sorted(sequences, reverse=True))
        self.assertTrue(all(decision["outcome"] == "rejected" for decision in self.decisions("?outcome=rejected")))
        rejected = self.decisions("?outcome=rejected")[0]
        self.assertEqual((rejected["status"], rejected["code"]), (503, "rejected-no-endpoints"))
        endpoint = self.explained()["endpoint"]
        self.assertEqual({decision["endpoint"] for decision in self.decisions(f"?endpoint={endpoint}")}, {endpoint})
        for wrong in ("?limit=x", "?after=-1", "?outcome=perhaps"):
            self.assertEqual(self.host.get("/v1/decisions" + wrong).error, "bad-parameter")

    def test_one_decision(self):
        one = self.explained()
        decision = self.host.get("/v1/decisions/" + one["id"]).json
        self.assertEqual(decision["explanation"]["id"], one["request"])
        self.assertEqual(decision["explanation"]["endpoints"][0], one["endpoint"])
        self.assertEqual({stage["stage"] for stage in decision["explanation"]["trace"]} & {"filter", "scorer", "picker"},
                         {"filter", "scorer", "picker"})
        self.assertNotIn("secret", json.dumps(decision))
        self.assertEqual(self.host.get("/v1/decisions/ffffffffffffffff").error, "no-such-decision")

    def test_why_not(self):
        one = self.explained()
        scores = self.host.get("/v1/decisions/" + one["id"]).json["explanation"]["scores"]
        answers = set()
        for name in list(scores) + ["pod-003", "nobody"]:
            why = self.host.get(f"/v1/decisions/{one['id']}?why_not={name}").json["why_not"]
            answers.add(why["answer"])
            self.assertEqual(why["endpoint"], name)
            self.assertIn(name, why["text"])
            if why["answer"] == "weight-change":
                self.assertNotEqual(why["weight"], why["weight_now"])
        self.assertLessEqual({"chosen", "filtered", "not-a-candidate"}, answers)

    def test_bundle(self):
        one = self.host.until(lambda: [one for one in self.decisions() if one["bundle"]], "a bundle")[0]
        path = f"/v1/decisions/{one['id']}/bundle"
        # It holds the prompt.
        self.assertEqual(self.host.get(path).status, 401)
        answer = self.host.get(path, Authorization="Bearer " + TOKEN)
        if answer.status == 404:  # it has been pushed out meanwhile
            return
        self.assertEqual(answer.json["request"]["id"], one["request"])
        self.assertIn("attachment", answer.headers["Content-Disposition"])

    def test_metrics_add_up(self):
        def ended_and_sum():
            values, _ = self.host.metrics()
            return sum(value for (name, _), value in values.items() if name == "shunt_requests_total")

        self.host.until(lambda: ended_and_sum() > 20, "twenty requests")
        door = ("door", "test")

        def page_that_adds_up():
            """Numbers are read one after the other while requests come and go: of some pages, not of each."""
            values, _ = self.host.metrics()
            ended = sum(value for (name, _), value in values.items() if name == "shunt_requests_total")
            begun = values["shunt_requests_begun_total", (door,)]
            return values if begun >= ended and values["shunt_requests_under_way", ()] == begun - ended else None
        values = self.host.until(page_that_adds_up, "a page that adds up")
        decided = sum(value for (name, pairs), value in values.items() if name == "shunt_decisions_total")
        self.assertEqual(values["shunt_decision_duration_seconds_count", (door,)], decided)
        self.assertEqual(values["shunt_decision_duration_seconds_bucket", tuple(sorted((door, ("le", "+Inf"))))], decided)
        self.assertGreater(values["shunt_tokens_total", tuple(sorted((door, ("kind", "output"))))], 0)
        self.assertGreater(values["shunt_plugin_duration_seconds_count", (("kind", "scorer"), ("name", "queue"), ("plugin", "queue-scorer"))], 0)
        self.assertEqual(values["shunt_endpoints_routable", ()], 20)
        rejected = (("code", "rejected-no-endpoints"), door, ("outcome", "rejected"))
        self.assertGreater(values["shunt_requests_total", tuple(sorted(rejected))], 0)

    def test_labels_have_no_ids(self):
        for (_, pairs) in self.host.metrics()[0]:
            for label, value in pairs:
                self.assertNotRegex(value, r"^(pod-\d+|r\d+|10\.0\.)", label)

    def test_events(self):
        events = self.host.events(14)
        names = [name for name, _ in events]
        self.assertEqual(names[:5], ["hello", "profiles", "plugins", "endpoints", "counters"])
        self.assertTrue(all(data["schema"] == 1 for _, data in events))
        decisions = [data for name, data in events if name == "decisions"]
        self.assertGreaterEqual(len(decisions), 2)
        for data in decisions:
            self.assertLessEqual(len(data["decisions"]), 40)
            sequences = [decision["sequence"] for decision in data["decisions"]]
            self.assertEqual(sequences, sorted(sequences))
        rows = dict(events)["endpoints"]
        self.assertEqual(len(rows["rows"]), 20)
        self.assertEqual(len(rows["rows"][0]), len(rows["columns"]))
        self.assertNotIn("secret", json.dumps(events))

    def test_clients_of_events_are_limited(self):
        open_ones = []
        for _ in range(40):
            raw = socket.create_connection(self.host.authority.split(":"))
            raw.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            raw.settimeout(20)
            open_ones.append(raw)
        first = [raw.recv(12) for raw in open_ones]
        self.assertLessEqual(first.count(b"HTTP/1.1 200"), 16)
        self.assertIn(b"HTTP/1.1 503", first)
        for raw in open_ones:
            raw.close()
        self.host.until(lambda: self.host.metrics()[0]["shunt_admin_event_clients", ()] == 0, "the end of all clients")

    def test_state_grows_and_plugins_are_called(self):
        def blocks():
            return self.host.get("/v1/plugins/approx-prefix-cache-producer/state").json["state"]["blocks"]

        self.host.until(lambda: blocks() > 0, "a remembered prompt")
        queue = [plugin for plugin in self.host.get("/v1/plugins").json["plugins"] if plugin["name"] == "queue"][0]
        self.assertGreater(queue["calls"], 0)
        self.assertGreater(queue["seconds"], 0)


class Logs(unittest.TestCase):
    def test_request_lines_and_no_prompt(self):
        for form in ("json", "text"):
            with AdminHost(PROGRAM, rate=50, log={"requests": True, "format": form, "file": "log"}) as host:
                path = pathlib.Path(host.folder.name) / "log"
                host.until(lambda: path.exists() and path.read_text().count("\n") > 25, "lines of requests")
                text = path.read_text()
            self.assertNotIn("secret", text)
            lines = [line for line in text.splitlines() if "r1" in line]
            if form == "json":
                line = [json.loads(one) for one in text.splitlines() if '"id":"r1"' in one][0]
                self.assertEqual((line["outcome"], line["status"], line["door"], line["output_tokens"]), ("completed", 200, "test", 60))
                self.assertGreater(line["duration_ms"], 0)
            else:
                self.assertRegex(lines[0], r"^\d{4}-\d\d-\d\dT[\d:.]+Z request id=r1 decision=[0-9a-f]{16} door=test .*outcome=completed")

    def test_lines_can_be_switched_on(self):
        with AdminHost(PROGRAM, rate=50, log={"file": "log"}) as host:
            path = pathlib.Path(host.folder.name) / "log"
            time.sleep(0.1)
            self.assertNotIn("outcome=", path.read_text())
            host.post("/v1/log-level", {"requests": True}, TOKEN)
            host.until(lambda: "outcome=" in path.read_text(), "a line of a request")


class Ends(unittest.TestCase):
    def test_draining_is_not_ready(self):
        with AdminHost(PROGRAM) as host:
            host.say("drain")
            host.until(lambda: host.get("/readyz").status == 503, "the end of readiness")
            self.assertIn("draining", host.get("/readyz").json["why"])
            self.assertEqual(host.get("/healthz").status, 200)

    def test_without_endpoints_it_is_not_ready(self):
        with AdminHost(PROGRAM, endpoints=0) as host:
            self.assertEqual((host.get("/readyz").status, host.get("/readyz").json["why"]), (503, "there is no endpoint"))

    def test_without_a_token_nothing_can_be_changed(self):
        with AdminHost(PROGRAM, admin={"listen": "127.0.0.1:0"}) as host:
            self.assertEqual((host.post("/v1/log-level", {"level": "debug"}, "x").status, host.post("/v1/log-level", {}).error),
                             (403, "no-token-configured"))

    def test_names_of_the_config_are_known(self):
        with AdminHost(PROGRAM, admin={"listen": "127.0.0.1:0", "hosts": ["Shunt.example"]}) as host:
            self.assertEqual(host.ask("GET", "/healthz", host="shunt.example:80").status, 200)
            self.assertEqual(host.ask("GET", "/healthz", host="other.example").status, 403)

    def test_it_ends_with_open_streams(self):
        with AdminHost(PROGRAM, rate=20) as host:
            raw = socket.create_connection(host.authority.split(":"))
            raw.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            raw.recv(100)
        raw.close()


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
