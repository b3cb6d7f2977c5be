#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A plugin whose answers are worth nothing, in a running host: it is left out, requests go on, and a reload brings it back.

    breaker_test.py SHUNT SHUNT_SIM FIXTURES
"""
import concurrent.futures
import sys
import unittest

from rig import PREFERRING, Rig, SimTest, TOKEN

AN_HOUR = 3600000


class Breaker(SimTest):
    SERVERS = 3

    def rig(self, library, **breaker):
        rig = Rig(self.sim, {**PREFERRING, "limits": {"pluginBudgetMicroseconds": 60000000, "breaker": breaker},
                             "admin": {"decisions": {"explainedPerSecond": 1000000}}}, library=library)
        self.addCleanup(rig.__exit__, None, None, None)
        return rig.until_ready()

    def plugin(self, rig):
        plugins = rig.admin.get("/v1/plugins").json["plugins"]
        return next(plugin for plugin in plugins if plugin["name"] == "preferring-scorer")

    def load(self, rig, requests):
        """From several connections at once; the status of each answer."""
        with concurrent.futures.ThreadPoolExecutor(4) as clients:
            return {answer.status for answer in clients.map(lambda _: rig.chat(max_tokens=1), range(requests))}

    def test_it_opens_under_load_and_closes_when_the_plugin_is_replaced(self):
        rig = self.rig("wrong", calls=20, failedPercent=50, openMilliseconds=AN_HOUR)
        self.assertEqual(self.load(rig, 60), {200})
        plugin = self.plugin(rig)
        self.assertEqual(plugin["breaker"], {"state": "open", "opened": 1, "skipped": 60 - plugin["calls"]})
        self.assertEqual(plugin["calls"], 10, "half of the window is reached with the tenth")
        self.assertEqual(rig.total("shunt_plugin_breaker_state", plugin="preferring-scorer"), 2)
        self.assertEqual(rig.total("shunt_plugin_breaker_state", plugin="max-score-picker"), 0)
        self.assertEqual(rig.total("shunt_plugin_breaker_opened_total"), 1)
        self.assertEqual(rig.total("shunt_plugin_calls_skipped_total"), plugin["breaker"]["skipped"])
        rig.until(lambda: "circuit breaker of plugin preferring-scorer" in rig.messages(), "the log line")

        answer = rig.chat(max_tokens=1)
        path = "/v1/decisions/" + answer.headers["x-shunt-decision"]
        record = rig.until(lambda: (found := rig.admin.get(path)).status == 200 and found, "the record").json
        stages = {stage["plugin"]: stage for stage in record["explanation"]["trace"]}
        self.assertTrue(stages["preferring-scorer"]["skipped"], record)
        self.assertNotIn("skipped", stages["max-score-picker"])
        what_if = rig.admin.post("/v1/schedule?explain=1", {"id": "1", "model": "base", "prompt": "hello"},
                                 {"Authorization": "Bearer " + TOKEN}).json
        stages = {stage["plugin"]: stage for stage in what_if["trace"]}
        self.assertTrue(stages["preferring-scorer"]["skipped"], what_if)

        # Of the same library a reload keeps the instance, and what is known of it.
        rig.change(lambda sections: sections["schedulingProfiles"][0]["plugins"][0].update(weight=2))
        self.assertEqual(rig.reload()["result"], "published")
        self.assertEqual(self.plugin(rig)["breaker"]["state"], "open")

        rig.install("first")
        self.assertEqual(rig.reload()["result"], "published")
        self.assertEqual(self.load(rig, 20), {200})
        plugin = self.plugin(rig)
        self.assertEqual((plugin["breaker"]["state"], plugin["breaker"]["opened"]), ("closed", 1))
        self.assertEqual(plugin["calls"], 30, "they go on counting")
        self.assertEqual(rig.total("shunt_plugin_breaker_state"), 0)
        rig.until(lambda: "closed: the plugin is called again" in rig.messages(), "the log line")

    def test_probes_go_on_while_it_is_wrong(self):
        rig = self.rig("wrong", calls=4, failedPercent=50, openMilliseconds=1)
        self.assertEqual(self.load(rig, 20), {200})
        rig.until(lambda: self.load(rig, 5) == {200} and self.plugin(rig)["breaker"]["opened"] > 5, "more probes")
        plugin = self.plugin(rig)
        self.assertEqual(plugin["calls"], 2 + plugin["breaker"]["opened"] - 1, "each probe opens it again")

    def test_a_good_plugin_is_never_left_out(self):
        rig = self.rig("first", calls=1, failedPercent=1, slowPercent=1)
        self.assertEqual(self.load(rig, 100), {200})
        plugin = self.plugin(rig)
        self.assertEqual((plugin["calls"], plugin["breaker"]), (100, {"state": "closed", "opened": 0, "skipped": 0}))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
