#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A reload that goes to a share of the requests first: it is promoted where nothing speaks against it, goes by itself where something
does, and ends when somebody says so.

    canary_test.py SHUNT SHUNT_SIM FIXTURES
"""
import collections
import concurrent.futures
import json
import pathlib
import sys
import unittest

from rig import PREFERRING, Rig, SimTest, TOKEN

AN_HOUR = 3600000
KEEP_ALL = {"decisions": {"explainedPerSecond": 1000000, "keep": 10000}}
BREAKER_OFF = {"breaker": {"enabled": False}}
# Every other request, until so many have been decided that what is asserted about the share cannot be chance.
HALF = {"share": 0.5, "durationMs": 300, "timeLimitMs": AN_HOUR, "minimumRequests": 200}
LONG = {**HALF, "durationMs": AN_HOUR}
REQUEST = {"id": "one"}
ENDS = ("promoted", "rolled-back", "superseded")


def weigh(weight):
    def change(sections):
        sections["schedulingProfiles"][0]["plugins"][0]["weight"] = weight
    return change


class CanaryTest(SimTest):
    SERVERS = 3

    def rig(self, canary=None, library="first", **sections):
        reload = {"rehearsal": {"enabled": False}, **({"canary": canary} if canary else {})}
        rig = Rig(self.sim, {**PREFERRING, "admin": KEEP_ALL, "reload": reload, **sections}, library=library)
        self.addCleanup(rig.__exit__, None, None, None)
        return rig.until_ready()

    def order(self, rig, body, path="/v1/reload"):
        return rig.admin.post(path, body, {"Authorization": "Bearer " + TOKEN})

    def out(self, rig, version="last"):
        """The report of the reload that let the canary out."""
        rig.install(version)
        report = rig.reload()
        self.assertEqual((report["result"], report["generation"]), ("canary", report["replaced"]), report)
        return report

    def end_of(self, rig, report):
        """How it ended; None while it has not."""
        return next((other for other in rig.reloads()["reloads"] if other["result"] in ENDS and
                     other["canary"]["generation"] == report["canary"]["generation"]), None)

    def load(self, rig, requests=40, **headers):
        """From several connections at once; how often each status was answered."""
        with concurrent.futures.ThreadPoolExecutor(4) as clients:
            answers = clients.map(lambda _: rig.chat(max_tokens=1).status, range(requests))
            return collections.Counter(answers)

    def load_until_the_end(self, rig, report):
        statuses = collections.Counter()

        def ended():
            statuses.update(self.load(rig))
            return self.end_of(rig, report)
        return rig.until(ended, "the end of the canary"), statuses

    def picks(self, rig, requests):
        return collections.Counter(rig.picked() for _ in range(requests))


class Looked(CanaryTest):
    def ask(self, rig, path, body=None):
        answer = rig.admin.get(path) if body is None else self.order(rig, body, path)
        return answer.status, answer.json

    def calls(self, rig, path="/v1/plugins"):
        _, view = self.ask(rig, path)
        return view["generation"], {one["name"]: (one["calls"], one["breaker"]["state"]) for one in view["plugins"]}

    def test_it_can_be_looked_at_beside_the_running_one(self):
        rig = self.rig(LONG)
        running_pick = rig.picked()
        report = self.out(rig)
        running, canary = report["generation"], report["canary"]["generation"]
        before = self.calls(rig)[1]["preferring-scorer"][0]
        self.load(rig, 60)
        decided = rig.reloads()["canary"]
        self.assertEqual(self.calls(rig, "/v1/plugins?canary=1")[0], canary)
        self.assertEqual(self.calls(rig, "/v1/plugins?canary=1")[1]["preferring-scorer"],
                         (decided["canary"]["decisions"], "closed"), "its own calls")
        self.assertEqual(self.calls(rig)[0], running)
        self.assertEqual(self.calls(rig)[1]["preferring-scorer"][0] - before, 60, "those of both: the metrics have one name for them")
        for path in ("/v1/profiles", "/v1/config"):
            self.assertEqual(self.ask(rig, path + "?canary=1")[0], 200)
        libraries = [self.ask(rig, path)[1]["plugins"][0]["sha256"] for path in ("/v1/plugins", "/v1/plugins?canary=1")]
        self.assertNotEqual(*libraries)

        there, here = (self.ask(rig, path, REQUEST)[1]["endpoints"] for path in ("/v1/schedule?canary=1", "/v1/schedule"))
        self.assertEqual(here, [running_pick])
        self.assertNotEqual(there, here)
        self.assertEqual(rig.reloads()["canary"]["canary"]["decisions"], decided["canary"]["decisions"], "these do not count")

    def test_without_one_there_is_nothing_to_look_at(self):
        rig = self.rig()
        for path in ("/v1/plugins", "/v1/profiles", "/v1/config", "/v1/plugins/preferring-scorer/state"):
            status, answer = self.ask(rig, path + "?canary=1")
            self.assertEqual((status, answer["error"]["code"]), (404, "no-canary"), path)
        self.assertEqual(self.ask(rig, "/v1/schedule?canary=1", REQUEST)[1]["error"]["code"], "no-canary")


class Judged(CanaryTest):
    def test_a_good_one_is_promoted(self):
        rig = self.rig(HALF)
        first = rig.picked()
        report = self.out(rig)
        before, canary = report["generation"], report["canary"]["generation"]
        self.assertGreater(canary, before)
        self.assertEqual(rig.total("shunt_canary_share_ratio"), 0.5)
        self.assertEqual(rig.total("shunt_canary_generation"), canary)
        self.assertEqual(rig.total("shunt_generation"), before)
        self.assertEqual(rig.total("shunt_generations_retired"), 0)
        self.assertEqual(len(self.picks(rig, 30)), 2, "each decides some")

        end, statuses = self.load_until_the_end(rig, report)
        self.assertEqual(set(statuses), {200})
        self.assertEqual((end["result"], end["cause"], end["replaced"], end["generation"]),
                         ("promoted", "canary", before, canary), end)
        self.assertEqual(end["canary"]["findings"], [])
        tried, running = end["canary"]["canary"], end["canary"]["running"]
        self.assertGreaterEqual(tried["decisions"], 200)
        self.assertGreaterEqual(end["canary"]["elapsedMs"], 300)
        share = tried["decisions"] / (tried["decisions"] + running["decisions"])
        self.assertTrue(0.3 < share < 0.7, end)
        self.assertEqual([(side["rejections"], side["errors"]) for side in (tried, running)], [(0, 0), (0, 0)])

        now = self.picks(rig, 20)
        self.assertEqual(len(now), 1, now)
        self.assertNotIn(first, now)
        self.assertEqual(rig.total("shunt_canary_share_ratio"), 0)
        self.assertEqual(rig.total("shunt_reload_total", cause="api", result="canary"), 1)
        self.assertEqual(rig.total("shunt_reload_total", cause="canary", result="promoted"), 1)
        self.assertIsNone(rig.reloads()["canary"])
        self.assertEqual(rig.reloads()["rollbackTo"], before)
        self.assertEqual(rig.ask("/v1/rollback")[1]["generation"], before)
        self.assertEqual(set(self.picks(rig, 5)), {first})

    def test_wrong_answers(self):
        rig = self.rig(HALF)
        first = rig.picked()
        report = self.out(rig, "wrong")
        end, statuses = self.load_until_the_end(rig, report)
        self.assertEqual(set(statuses), {200}, "its answers were corrected")
        self.assertEqual((end["result"], end["cause"], end["generation"]), ("rolled-back", "canary", report["generation"]))
        finding = end["canary"]["findings"][0]
        self.assertEqual((finding["what"], finding["plugin"]), ("faults", "preferring-scorer"), end)
        plugin = next(one for one in end["canary"]["plugins"] if one["plugin"] == "preferring-scorer")
        self.assertGreaterEqual(plugin["faults"], 5)
        self.assertEqual(plugin["runningFaults"], 0)
        self.assertEqual(set(self.picks(rig, 20)), {first})
        self.assertEqual(rig.total("shunt_reload_total", cause="canary", result="rolled-back"), 1)
        rig.until(lambda: 'decides no more, generation' in rig.messages(), "the line of the log")
        self.assertEqual(rig.reloads()["rollbackTo"], 0)

    def test_a_filter_that_removes_all(self):
        rig = self.rig({**HALF, "share": 0.2})

        def nobody(sections):
            sections["plugins"].append({"type": "label-selector-filter", "parameters": {"matchLabels": {"no": "such"}}})
            sections["schedulingProfiles"][0]["plugins"].insert(0, {"pluginRef": "label-selector-filter"})
        rig.change(nobody)
        report = rig.reload()
        self.assertEqual(report["result"], "canary")
        end, statuses = self.load_until_the_end(rig, report)
        self.assertEqual(end["result"], "rolled-back")
        self.assertEqual([finding["what"] for finding in end["canary"]["findings"]], ["rejections"])
        self.assertEqual(sum(statuses.values()) - statuses[200], end["canary"]["canary"]["rejections"])
        self.assertEqual(set(self.load(rig)), {200})

    def test_a_slow_plugin(self):
        rig = self.rig(HALF, limits=BREAKER_OFF)
        report = self.out(rig, "slow")
        end, statuses = self.load_until_the_end(rig, report)
        self.assertEqual((end["result"], set(statuses)), ("rolled-back", {200}))
        finding = end["canary"]["findings"][0]
        self.assertEqual((finding["what"], finding["plugin"]), ("decision-time", "preferring-scorer"), end)

    def test_too_few_requests(self):
        rig = self.rig({**HALF, "durationMs": 1, "timeLimitMs": 200})
        report = self.out(rig)
        end = rig.until(lambda: self.end_of(rig, report), "the end")
        self.assertEqual((end["result"], end["canary"]["findings"][0]["what"]), ("rolled-back", "too-few-requests"))

    def test_it_is_not_tried_again_before_a_file_changes(self):
        rig = self.rig({**HALF, "durationMs": 1, "timeLimitMs": 1})
        rig.change(lambda sections: sections["reload"].update(watch=True, settleMs=1, pollMs=100))
        self.assertEqual(self.order(rig, {"canary": False}).json["reload"]["result"], "published")
        rig.install("last")
        end = rig.until(lambda: next((one for one in rig.reloads()["reloads"] if one["result"] == "rolled-back"), None),
                        "the end")
        looks = rig.reloads()["reloads"][0]["number"]
        self.load(rig, 400)
        self.assertEqual(rig.reloads()["reloads"][0]["number"], looks)
        rig.change(weigh(7))
        rig.until(lambda: [one["result"] for one in rig.reloads()["reloads"]].count("rolled-back") == 2, "the next one")
        self.assertEqual(rig.reloads()["generation"], end["generation"])


class Told(CanaryTest):
    def test_a_rollback_ends_it_at_once(self):
        rig = self.rig(LONG)
        first = rig.picked()
        report = self.out(rig)
        self.assertEqual(len(self.picks(rig, 30)), 2)
        tried = rig.ask("/v1/rollback?dry_run=1")[1]
        self.assertEqual((tried["result"], tried["canary"]["generation"]), ("tried", report["canary"]["generation"]))
        self.assertEqual(rig.reloads()["canary"]["generation"], report["canary"]["generation"])
        status, end = rig.ask("/v1/rollback?canary=1")
        self.assertEqual((status, end["result"], end["cause"]), (200, "rolled-back", "rollback"))
        self.assertEqual(end["generation"], report["generation"])
        self.assertEqual(set(self.picks(rig, 30)), {first})
        # Nothing has been put in force, so there is nothing to go back to.
        status, again = rig.ask("/v1/rollback")
        self.assertEqual((status, again["diagnostics"][0]["code"]), (409, "E354"))
        rig.until(lambda: rig.total("shunt_generations_retired") == 0, "the end of its generation")

    def test_a_rollback_ends_the_one_that_is_out_while_another_reload_is_rehearsed(self):
        rig = Rig(self.sim, {**PREFERRING, "admin": KEEP_ALL,
                             "reload": {"rehearsal": {"timeLimitMs": AN_HOUR}, "canary": LONG}}, library="first")
        self.addCleanup(rig.__exit__, None, None, None)
        first = rig.until_ready().picked()
        out = self.out(rig)
        rig.install("hanging")
        children = pathlib.Path(f"/proc/{rig.worker}/task")
        with concurrent.futures.ThreadPoolExecutor(1) as other:
            reload = other.submit(rig.ask, "/v1/reload")
            rig.until(lambda: any((thread / "children").read_text() for thread in children.iterdir()), "the rehearsal")
            status, end = rig.ask("/v1/rollback?canary=1")
            self.assertEqual((status, end["result"], end["canary"]["generation"]),
                             (200, "rolled-back", out["canary"]["generation"]), end)
            status, report = reload.result()
            self.assertEqual((status, report["diagnostics"][0]["code"]), (409, "E360"), report)
        self.assertEqual(set(self.picks(rig, 20)), {first})

    def test_promoted_by_hand(self):
        rig = self.rig(LONG)
        first = rig.picked()
        report = self.out(rig)
        status, end = rig.ask("/v1/promote")
        self.assertEqual((status, end["result"], end["cause"], end["generation"]),
                         (200, "promoted", "api", report["canary"]["generation"]))
        self.assertNotIn(first, self.picks(rig, 10))
        status, again = rig.ask("/v1/promote")
        self.assertEqual((status, again["diagnostics"][0]["code"]), (409, "E364"))
        # It has become what decides: who wanted to end a canary does not want to go back behind it.
        done = rig.command("rollback", "--canary")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("E364", done.stderr)
        self.assertEqual(rig.reloads()["generation"], end["generation"])

    def test_another_reload_takes_its_place(self):
        rig = self.rig(LONG)
        first = self.out(rig)
        same = rig.reload()
        self.assertEqual((same["result"], same["canary"]["generation"]), ("unchanged", first["canary"]["generation"]),
                         "it is out already")
        rig.change(weigh(2))
        second = rig.reload()
        self.assertEqual(second["result"], "canary")
        self.assertEqual(self.end_of(rig, first)["result"], "superseded")
        self.assertEqual(rig.reloads()["canary"]["generation"], second["canary"]["generation"])
        # What is wrong is refused, and the one that is out stays.
        rig.write("{")
        self.assertEqual(rig.ask("/v1/reload")[0], 409)
        self.assertEqual(rig.reloads()["canary"]["generation"], second["canary"]["generation"])

    def test_nothing_to_try_any_more(self):
        rig = self.rig(LONG)
        report = self.out(rig)
        rig.install("first")
        self.assertEqual(rig.reload()["result"], "unchanged")
        self.assertEqual(self.end_of(rig, report)["result"], "superseded")
        self.assertIsNone(rig.reloads()["canary"])

    def test_each_side_learns_from_what_it_decides(self):
        rig = self.rig(LONG, "=remembering_1", plugins=[{"type": "remembering-scorer"}, {"type": "max-score-picker"}],
                       schedulingProfiles=[{"name": "default", "plugins": [
                           {"pluginRef": "remembering-scorer", "weight": 1}, {"pluginRef": "max-score-picker"}]}])

        def calls():
            return rig.admin.get("/v1/plugins/remembering-scorer/state").json["state"]["calls"]

        def step(number):
            rig.change(lambda sections: sections["plugins"][0].update(parameters={"step": number}))
            report = rig.reload()
            self.assertEqual((report["result"], report["state"][0]["outcome"]), ("canary", "taken"), report)
        self.load(rig, 5)
        step(2)
        self.load(rig, 40)
        back = rig.ask("/v1/rollback")[1]["canary"]
        self.assertEqual(calls(), 5 + back["running"]["decisions"])
        self.assertEqual(back["running"]["decisions"] + back["canary"]["decisions"], 40)
        before = calls()
        step(3)
        self.load(rig, 40)
        forth = rig.ask("/v1/promote")[1]["canary"]
        self.assertEqual(calls(), before + forth["canary"]["decisions"])

    def test_a_dry_run_says_so(self):
        rig = self.rig(LONG)
        rig.install("last")
        report = rig.ask("/v1/reload?dry_run=1")[1]
        self.assertEqual((report["result"], report["canary"]["share"]), ("tried", 0.5))
        self.assertIsNone(rig.reloads()["canary"])

    def test_for_one_reload(self):
        rig = self.rig()
        rig.install("last")
        report = self.order(rig, {"canary": LONG}).json["reload"]
        self.assertEqual((report["result"], report["canary"]["share"], report["canary"]["durationMs"]),
                         ("canary", 0.5, AN_HOUR))
        report = self.order(rig, {"canary": False}).json["reload"]
        self.assertEqual(report["result"], "published")
        rig.install("first")
        self.assertEqual(rig.reload()["result"], "published")

    def test_a_wrong_order(self):
        rig = self.rig()
        for body, code in (({"canary": {"share": 2}}, "C404"), ({"canary": {"shar": 0.5}}, "C104"),
                           ({"canari": {}}, "C104"), ({"canary": True}, "C105"), ([], "C105")):
            answer = self.order(rig, body)
            self.assertEqual((answer.status, answer.json["error"]["problems"][0]["code"]), (400, code), answer.text)
        self.assertEqual(rig.reloads()["reloads"], [])

    def test_a_session_stays_on_its_side(self):
        rig = self.rig({**LONG, "share": 0.4})
        self.out(rig)
        sides = collections.Counter()
        for session in range(40):
            def picked():
                return rig.endpoint_of(rig.post("/v1/chat/completions", {
                    "model": "base", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]},
                    {"x-session-id": "session %d" % session}))
            found = {picked() for _ in range(4)}
            self.assertEqual(len(found), 1)
            sides.update(found)
        self.assertEqual(len(sides), 2, sides)

    def test_the_command(self):
        rig = self.rig()
        rig.install("last")
        command = rig.command("reload", "--canary", "50%")
        self.assertEqual(command.returncode, 0, command.stderr)
        self.assertRegex(command.stdout, r"^canary: generation \d+ decides for 50 % of the requests, generation \d+ for the others")
        command = rig.command("reload", "--promote")
        self.assertEqual(command.returncode, 0, command.stderr)
        self.assertRegex(command.stdout, r"^generation \d+, which was the canary, takes the place of \d+")
        self.assertEqual(rig.command("reload", "--promote").returncode, 1)
        for wrong in (("--canary", "101%"), ("--canary", "some"), ("--canary", "-1"), ("--canary", "5%", "--promote")):
            self.assertEqual(rig.command("reload", *wrong).returncode, 2, wrong)

        rig.change(lambda sections: sections["reload"].update(canary=HALF))
        rig.install("wrong")
        with concurrent.futures.ThreadPoolExecutor(1) as background:
            waiting = background.submit(rig.command, "reload", "--wait")
            rig.until(lambda: self.load(rig) and waiting.done(), "the answer")
            command = waiting.result()
        self.assertEqual(command.returncode, 1, command.stdout + command.stderr)
        self.assertIn('  plugin "preferring-scorer" failed, gave wrong answers', command.stdout)
        command = rig.command("reload", "--canary", "0", "-o", "json")
        self.assertEqual(json.loads(command.stdout)["reload"]["result"], "published")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
