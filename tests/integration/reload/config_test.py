#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The config of a running host is replaced: by every trigger, in whole or not at all.

    config_test.py SHUNT SHUNT_SIM FIXTURES
"""
import json
import os
import pathlib
import signal
import sys
import unittest

from rig import PROFILE, Rig, SIM, Sim, SimTest, TOKEN

def weigh(weight):
    def change(sections):
        sections["schedulingProfiles"][0]["plugins"][0]["weight"] = weight
    return change


def newest(rig):
    """A report is written when all is done: a little later than the config is in force."""
    return rig.until(lambda: rig.reloads()["reloads"], "a report")[0]


class Reload(SimTest):
    SERVERS = 2

    def rig(self, **sections):
        rig = Rig(self.sim, {**PROFILE, **sections})
        self.addCleanup(rig.__exit__, None, None, None)
        return rig.until_ready()

    def weight_in_force(self, rig):
        return rig.admin.get("/v1/profiles").json["profiles"][0]["steps"][0]["weight"]

    def test_a_weight(self):
        rig = self.rig()
        rig.change(weigh(7))
        report = rig.reload()
        self.assertEqual(report["result"], "published")
        self.assertEqual([change["kind"] for change in report["changes"]], ["profile-changed"])
        self.assertEqual(self.weight_in_force(rig), 7)
        self.assertEqual(rig.chat().status, 200)
        self.assertEqual(rig.total("shunt_reload_total", cause="api", result="published"), 1)

    def test_a_profile_in_the_shadow_of_another(self):
        rig = self.rig()

        def add(sections):
            profile = sections["schedulingProfiles"][0]
            sections["schedulingProfiles"].insert(0, {**profile, "name": "tried", "shadow": {"every": 2}})
        rig.change(add)
        report = rig.reload()
        self.assertEqual([change["subject"] for change in report["changes"]], ["tried"], report)
        self.assertIn("shadow for one in 2 requests", report["changes"][0]["text"])
        for _ in range(10):
            self.assertEqual(rig.chat().status, 200)
        self.assertEqual(rig.total("shunt_shadow_runs_total", profile="tried"), 5)
        self.assertEqual(rig.total("shunt_shadow_runs_total", profile="tried", result="same"), 5)
        shown = rig.admin.get("/v1/profiles").json["profiles"]
        self.assertEqual([profile["name"] for profile in shown], ["default", "tried"])
        self.assertEqual(shown[1]["shadow"]["runs"]["same"], 5)

    def test_nothing_has_changed(self):
        rig = self.rig()
        report = rig.reload()
        self.assertEqual((report["result"], report["changes"]), ("unchanged", []))
        self.assertEqual(report["generation"], report["replaced"])

    def test_what_is_wrong_changes_nothing_and_is_told_in_full(self):
        rig = self.rig()
        before = rig.reloads()["generation"]

        def spoil(sections):
            sections["plugins"].append({"type": "queue-scorerr"})
            sections["schedulingProfiles"][0]["plugins"][0]["wieght"] = 2
            sections["serve"]["drainMs"] = -1
        rig.change(spoil)
        status, report = rig.ask("/v1/reload")
        self.assertEqual((status, report["result"]), (409, "refused"))
        codes = sorted(found["code"] for found in report["diagnostics"] if found["severity"] == "error")
        self.assertEqual(len(codes), 3, report["diagnostics"])
        self.assertTrue(all(found["line"] and found["column"] for found in report["diagnostics"]))
        self.assertEqual(rig.reloads()["generation"], before)
        self.assertEqual(rig.chat().status, 200)

        done = rig.command("reload")
        self.assertEqual(done.returncode, 3)
        self.assertIn('did you mean "queue-scorer"', done.stderr)
        self.assertIn("3 errors; nothing was changed, generation %d stays active" % before, done.stderr)

    def test_a_dry_run_only_tells(self):
        rig = self.rig()
        before = rig.reloads()["generation"]
        rig.change(weigh(3))
        done = rig.command("reload", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("this would take the place of generation %d" % before, done.stdout)
        self.assertIn('profile "default": queue-scorer x3, max-score-picker; before: queue-scorer x1, max-score-picker', done.stdout)
        self.assertEqual(rig.reloads()["generation"], before)
        self.assertEqual(self.weight_in_force(rig), 1)

    def test_the_command(self):
        rig = self.rig()
        rig.change(weigh(3))
        done = rig.command("reload", "--wait", "-o", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["reload"]["result"], "published")
        self.assertEqual(self.weight_in_force(rig), 3)

    def test_rollback(self):
        rig = self.rig()
        done = rig.command("rollback")
        self.assertEqual(done.returncode, 1)
        self.assertIn("E354", done.stderr)
        first = rig.reloads()["generation"]
        rig.change(weigh(3))
        rig.reload()
        self.assertEqual(rig.reloads()["rollbackTo"], first)
        self.assertEqual(rig.command("rollback", "--dry-run").returncode, 0)
        self.assertEqual(self.weight_in_force(rig), 3)
        done = rig.command("rollback")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((rig.reloads()["generation"], self.weight_in_force(rig)), (first, 1))
        self.assertEqual(rig.chat().status, 200)
        self.assertEqual(rig.command("rollback").returncode, 0, "and forth again")
        self.assertEqual(self.weight_in_force(rig), 3)

    def test_the_signal(self):
        rig = self.rig()
        rig.change(weigh(5))
        rig.process.send_signal(signal.SIGHUP)
        rig.until(lambda: self.weight_in_force(rig) == 5, "the new weight")
        self.assertEqual(newest(rig)["cause"], "signal")

    def test_endpoints_of_the_config(self):
        rig = self.rig()
        rig.change(lambda sections: sections["endpoints"].pop())
        rig.reload()
        names = [endpoint["name"] for endpoint in rig.admin.get("/v1/endpoints").json["endpoints"]]
        self.assertEqual(names, ["sim-0"])

    def test_sections_that_a_reload_cannot_change_are_told(self):
        rig = self.rig()
        rig.change(lambda sections: sections["serve"].update(drainMs=1234))
        change = rig.reload()["changes"][0]
        self.assertEqual((change["kind"], change["subject"], change["needsRestart"]), ("section", "serve", True))

    def test_many_at_once_happen_one_after_the_other(self):
        rig = self.rig()
        for weight in range(2, 22):
            rig.change(weigh(weight))
            rig.process.send_signal(signal.SIGHUP)
        rig.until(lambda: self.weight_in_force(rig) == 21, "the last weight")

    def test_one_older_generation_is_enough_where_nobody_needs_it(self):
        rig = self.rig(reload={"generations": 1})
        for weight in range(2, 6):
            rig.change(weigh(weight))
            self.assertEqual(rig.reload()["result"], "published")
            rig.chat(max_tokens=1)
            rig.until(lambda: rig.reloads()["retired"] == 0, "requests have left all older ones")

    def test_a_pipe_in_its_place_keeps_nobody_waiting(self):
        rig = self.rig()
        os.unlink(rig.config)
        os.mkfifo(rig.config)
        status, report = rig.ask("/v1/reload")
        self.assertEqual((status, report["diagnostics"][0]["code"]), (409, "E101"))
        self.assertIn("it is not a regular file", report["diagnostics"][0]["message"])
        self.assertEqual(rig.end(), 0)

    def test_what_is_too_large_is_not_read(self):
        rig = self.rig()
        os.truncate(rig.config, 1 << 40)
        status, report = rig.ask("/v1/reload")
        self.assertEqual((status, report["diagnostics"][0]["code"]), (409, "E101"))
        self.assertIn("it has more than 16 MiB", report["diagnostics"][0]["message"])

    def test_an_empty_one_is_not_the_default(self):
        rig = self.rig()
        for text in ("", " \n\t", "// nothing yet\n/* nor\nhere */\n# nor here"):
            rig.write(text)
            status, report = rig.ask("/v1/reload")
            self.assertEqual((status, [found["code"] for found in report["diagnostics"]]), (409, ["E109"]), text)
        rig.write("{}")
        self.assertNotIn("E109", [found["code"] for found in rig.ask("/v1/reload?dry_run=1")[1]["diagnostics"]])

    def test_a_misspelt_wish_is_not_something_else(self):
        rig = self.rig()
        rig.change(weigh(7))
        for path, said in (("/v1/reload?dry-run=1", 'did you mean "dry_run"'), ("/v1/reload?DRY_RUN", 'did you mean "dry_run"'),
                           ("/v1/reload?dry_run=yes", 'is 1 or 0, true or false, not "yes"'),
                           ("/v1/reload?dry_run=0&dry_run=1", "is there twice"), ("/v1/rollback?fresh_worker=1", "there are: dry_run, canary"),
                           ("/v1/log-level?x=1", "there are: none")):
            answer = rig.admin.request("POST", path, headers={"Authorization": "Bearer " + TOKEN, "Content-Length": "0"})
            self.assertEqual((answer.status, answer.json["error"]["code"]), (400, "bad-parameter"), path)
            self.assertIn(said, answer.json["error"]["message"])
        self.assertEqual(rig.admin.get("/v1/decisions?limits=3").status, 400)
        self.assertEqual(rig.admin.get("/readyz?verbose").status, 200)
        self.assertEqual((rig.reloads()["reloads"], self.weight_in_force(rig)), ([], 1))
        self.assertEqual(rig.ask("/v1/reload?dry_run=false")[1]["result"], "published")

    def test_only_with_the_token(self):
        rig = self.rig()
        for path in ("/v1/reload", "/v1/rollback"):
            self.assertEqual(rig.admin.request("POST", path).status, 401)
            self.assertEqual(rig.admin.get(path).status, 405)

    def test_an_instance_that_stays_keeps_what_it_knows(self):
        rig = self.rig(plugins=[{"type": "approx-prefix-cache-producer"}, {"type": "prefix-cache-scorer"},
                                {"type": "max-score-picker"}],
                       schedulingProfiles=[{"name": "default", "plugins": [
                           {"pluginRef": "prefix-cache-scorer", "weight": 1}, {"pluginRef": "max-score-picker"}]}])
        long = "the same beginning " * 200
        first = rig.endpoint_of(rig.chat(long, max_tokens=1))
        rig.change(weigh(9))
        self.assertEqual(rig.reload()["state"], [], "nothing was replaced")
        for _ in range(5):
            self.assertEqual(rig.endpoint_of(rig.chat(long, max_tokens=1)), first)

    def test_state_that_is_required_and_cannot_be_handed_over(self):
        rig = self.rig(plugins=[{"type": "approx-prefix-cache-producer", "state": "required"}, {"type": "prefix-cache-scorer"},
                                {"type": "max-score-picker"}],
                       schedulingProfiles=[{"name": "default", "plugins": [
                           {"pluginRef": "prefix-cache-scorer", "weight": 1}, {"pluginRef": "max-score-picker"}]}])
        rig.change(lambda sections: sections["plugins"][0].update(parameters={"blockSizeTokens": 32}))
        status, report = rig.ask("/v1/reload")
        self.assertEqual((status, [found["code"] for found in report["diagnostics"]]), (409, ["E353"]))
        rig.change(lambda sections: sections["plugins"][0].update(state="best-effort"))
        self.assertEqual(rig.reload()["result"], "published")


class Watch(unittest.TestCase):
    """Watched files: what an editor, a package manager and Kubernetes do to them."""

    def setUp(self):
        self.sim = Sim(SIM, "--servers", 1, "--time-scale", 0)
        self.sim.__enter__()
        self.addCleanup(self.sim.__exit__, None, None, None)

    def start(self, poll_ms=10000):
        rig = Rig(self.sim, {**PROFILE, "reload": {"watch": True, "settleMs": 20, "pollMs": poll_ms}})
        self.addCleanup(rig.__exit__, None, None, None)
        return rig.until_ready()

    def until_weight(self, rig, weight):
        rig.until(lambda: rig.admin.get("/v1/profiles").json["profiles"][0]["steps"][0]["weight"] == weight,
                  "weight %s" % weight)

    def text(self, rig, weight):
        sections = rig.sections()
        weigh(weight)(sections)
        return json.dumps(sections)

    def test_renamed_over(self):
        rig = self.start()
        rig.change(weigh(2))
        self.until_weight(rig, 2)
        self.assertEqual(newest(rig)["cause"], "file")

    def test_overwritten_in_place_in_pieces(self):
        rig = self.start()
        text = self.text(rig, 3)
        with open(rig.config, "w", encoding="utf-8") as file:
            for character in text:
                file.write(character)
                file.flush()
        self.until_weight(rig, 3)
        # Half a file may have been tried; it was refused, and what was in force went on.
        for report in rig.reloads()["reloads"]:
            self.assertIn(report["result"], ("published", "refused"))

    def test_emptied_and_written_again(self):
        rig = self.start(poll_ms=100)
        text = self.text(rig, 4)
        os.truncate(rig.config, 0)
        rig.until(lambda: newest(rig)["result"] == "refused", "a refusal")
        self.assertEqual(rig.chat().status, 200)
        rig.config.write_text(text)
        self.until_weight(rig, 4)

    def test_gone_and_back(self):
        rig = self.start()
        text = self.text(rig, 4)
        os.unlink(rig.config)
        self.assertEqual(rig.chat().status, 200)
        rig.config.write_text(text)
        self.until_weight(rig, 4)

    def test_behind_a_symbolic_link_as_kubernetes_does_it(self):
        rig = self.start()
        folder = rig.config.parent
        for name, weight in (("..one", 5), ("..two", 6)):
            (folder / name).mkdir()
            (folder / name / rig.config.name).write_text(self.text(rig, weight))
        os.symlink("..one", folder / "..data")
        os.symlink(pathlib.Path("..data") / rig.config.name, folder / "link")
        os.replace(folder / "link", rig.config)
        self.until_weight(rig, 5)
        os.symlink("..two", folder / "..next")
        os.replace(folder / "..next", folder / "..data")
        self.until_weight(rig, 6)

    def test_a_dry_run_takes_no_change_away(self):
        rig = self.start(poll_ms=200)
        rig.change(weigh(9))
        rig.ask("/v1/reload?dry_run=1")
        self.until_weight(rig, 9)

    def test_a_wrong_one_is_refused_once_and_a_right_one_follows(self):
        rig = self.start(poll_ms=100)
        right = self.text(rig, 8)
        rig.write("{ this is no config")
        self.assertEqual(newest(rig)["result"], "refused")
        rig.config.write_text("{ nor is this")
        rig.until(lambda: len(rig.reloads()["reloads"]) == 2, "another refusal")
        self.assertEqual(rig.chat().status, 200)
        rig.write(right)
        self.until_weight(rig, 8)
        rig.until(lambda: len(rig.reloads()["reloads"]) == 3, "a third report")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
