#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Versions of a library that fail are offered to a running host: rehearsal refuses each, names it, and nothing else happens.

    rehearsal_test.py SHUNT SHUNT_SIM FIXTURES
"""
import http.server
import json
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import unittest
import unittest.mock

from rig import PREFERRING, Rig, SimTest

KEEP_ALL = {"decisions": {"explainedPerSecond": 1000000}}


class PageServer(http.server.ThreadingHTTPServer):
    """A model server whose metrics page has bytes that are no text."""
    PAGE = b'vllm:num_requests_waiting 1\nvllm:lora_requests_info{max_lora="4",running_lora_adapters="odd\xff",waiting_lora_adapters=""} 1\n'

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = PageServer.PAGE if self.path == "/metrics" else b"{}"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.address = "127.0.0.1:%d" % self.server_port
        self.thread = threading.Thread(target=self.serve_forever)

    def handle_error(self, *_):
        """Who has read enough closes."""

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join()
        self.server_close()


class Rehearsal(SimTest):
    SERVERS = 3

    def rig(self, **rehearsal):
        rig = Rig(self.sim, {**PREFERRING, "admin": KEEP_ALL, "reload": {"rehearsal": rehearsal}}, library="first")
        self.addCleanup(rig.__exit__, None, None, None)
        return rig.until_ready()

    def refused(self, rig, version):
        before = rig.reloads()["generation"]
        first = rig.picked()
        worker = rig.worker
        rig.install(version)
        status, report = rig.ask("/v1/reload")
        self.assertEqual((status, report["result"], len(report["diagnostics"])), (409, "refused", 1), report)
        self.assertEqual(rig.reloads()["generation"], before)
        self.assertEqual(rig.picked(), first)
        self.assertEqual(rig.worker, worker)
        return report["diagnostics"][0]

    def message(self, report, code):
        return next((one["message"] for one in report["diagnostics"] if one["code"] == code), f"no {code} in {report}")

    def test_a_crash(self):
        found = self.refused(self.rig(), "crashing")
        self.assertEqual(found["code"], "E355")
        self.assertEqual(found["message"], 'the rehearsal died of SIGSEGV: plugin "preferring-scorer" in score()')

    def test_a_hang(self):
        found = self.refused(self.rig(timeLimitMs=500), "hanging")
        self.assertEqual(found["code"], "E355")
        self.assertEqual(found["message"],
                         'the rehearsal did not end within 500 ms: plugin "preferring-scorer" in score()')

    def test_it_leaves_nothing_behind_however_it_ends(self):
        with tempfile.TemporaryDirectory() as folder:
            with unittest.mock.patch.dict(os.environ, TMPDIR=folder, XDG_RUNTIME_DIR=""):
                rig = self.rig(timeLimitMs=500)

            def folders():
                return sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_dir())
            before = folders()
            for version in ("crashing", "hanging"):
                self.refused(rig, version)
                self.assertEqual(folders(), before, version)
            self.assertEqual(rig.end(), 0)

    def test_a_crash_is_not_repeated_and_a_hang_may_pass(self):
        rig = self.rig(timeLimitMs=300)
        rig.change(lambda sections: sections["reload"].update(watch=True, settleMs=1, pollMs=100))
        rig.reload()

        def refusals():
            return sum(one["result"] == "refused" for one in rig.reloads()["reloads"])
        rig.install("crashing")
        rig.until(lambda: refusals() == 1, "a refusal")
        for _ in range(300):
            self.assertEqual(rig.chat(max_tokens=1).status, 200)
        self.assertEqual(refusals(), 1)
        rig.install("hanging")
        rig.until(lambda: refusals() == 4, "another one, and another one")

    def test_any_bytes_of_a_page_pass(self):
        with PageServer() as pages:
            rig = Rig(None, {**PREFERRING, "endpoints": [{"name": "odd", "address": pages.address, "labels": {"k": "\u0001"}}]},
                      library="first")
            self.addCleanup(rig.__exit__, None, None, None)
            rig.until(lambda: "odd\ufffd" in rig.admin.get("/v1/endpoints").text, "the adapter")
            json.loads(rig.admin.get("/v1/endpoints").text)
            rig.install("last")
            report = rig.reload()
            self.assertEqual((report["result"], report["rehearsal"]["decisions"]), ("published", 2000), report)

    def test_its_memory_is_bounded(self):
        rig = self.rig(timeLimitMs=60000)
        rig.install("=crashing", "another.so")
        rig.change(lambda sections: sections["plugins"].append({"type": "crashing-scorer", "parameters": {"in": "create", "how": "memory"}}))
        status, report = rig.ask("/v1/reload")
        self.assertEqual(status, 409, report)
        self.assertRegex(self.message(report, "E355"), r'died of SIGKILL: plugin "crashing-scorer" in create.*MiB of memory')

    def test_wrong_answers(self):
        found = self.refused(self.rig(), "wrong")
        self.assertEqual(found["code"], "E356")
        self.assertRegex(found["message"], r'plugin "preferring-scorer" failed or gave wrong answers in rehearsal: \d+ in \d+ calls')
        self.assertEqual(found["pointer"], "/plugins/0")

    def test_a_leak(self):
        found = self.refused(self.rig(decisions=200, growthKib=1024), "leaking")
        self.assertEqual(found["code"], "E357")
        self.assertIn('new are "preferring-scorer"', found["message"])

    def test_what_crashes_while_it_is_loaded_or_made(self):
        for library, plugin, found in (
                ("=libraries/crash_constructor", {"type": "crash-constructor"}, "in load()"),
                ("=crashing", {"type": "crashing-scorer", "parameters": {"in": "create", "how": "segv"}},
                 'plugin "crashing-scorer" in create()')):
            for path in ("/v1/reload?dry_run=1", "/v1/reload"):
                with self.subTest(library, path=path):
                    rig = self.rig()
                    worker = rig.worker
                    rig.install(library, "another.so")
                    rig.change(lambda sections: sections["plugins"].append(plugin))
                    status, report = rig.ask(path)
                    self.assertEqual((status, report["diagnostics"][0]["code"]), (409, "E355"), report)
                    self.assertIn(found, report["diagnostics"][0]["message"])
                    self.assertEqual(rig.worker, worker)

    def test_what_crashes_with_a_state_or_with_a_page(self):
        for kind, function, called in (("learner", "load_state", "load_state()"), ("learner", "save_state", "save_state()"),
                                       ("extractor", "extract", "extract()")):
            with self.subTest(function):
                rig = self.rig()
                rig.install("=crashing", "another.so")
                plugin = {"type": f"crashing-{kind}", "name": "bad"}
                rig.change(lambda sections: sections["plugins"].append(plugin))
                self.assertEqual(rig.reload()["result"], "published")
                worker = rig.worker
                rig.change(lambda sections: sections["plugins"][-1].update(parameters={"in": function}))
                status, report = rig.ask("/v1/reload")
                self.assertEqual(status, 409, report)
                self.assertIn(f'plugin "bad" in {called}', self.message(report, "E355"))
                self.assertEqual(rig.worker, worker)

    def test_a_state_is_loaded_there_first_also_where_the_code_lies_in_another_file(self):
        rig = self.rig()
        rig.install("=crashing", "another.so")
        plugin = {"type": "crashing-learner", "name": "bad", "parameters": {"in": "load_state"}}
        rig.change(lambda sections: sections["plugins"].append(plugin))
        self.assertEqual(rig.reload()["result"], "published", "it replaces nobody yet")
        worker = rig.worker
        elsewhere = rig.plugins.parent / "elsewhere"
        elsewhere.mkdir(mode=0o755)
        # The same library with other bytes.
        shutil.copyfile(rig.plugins / "plugin.so", elsewhere / "plugin.so")
        (elsewhere / "another.so").write_bytes((rig.plugins / "another.so").read_bytes() + b"another")
        for file in elsewhere.iterdir():
            file.chmod(0o644)
        rig.change(lambda sections: sections.update(pluginDirs=[str(elsewhere)]))
        self.assertEqual(rig.ask("/v1/reload?dry_run=1")[0], 200, "which asks nothing of running instances")
        status, report = rig.ask("/v1/reload")
        self.assertEqual(status, 409, report)
        self.assertIn('plugin "bad" in load_state()', self.message(report, "E355"))
        self.assertEqual(rig.worker, worker)

    def test_a_dry_run_saves_nothing(self):
        rig = self.rig(enabled=False)
        rig.install("=crashing", "another.so")
        plugin = {"type": "crashing-learner", "name": "bad", "parameters": {"in": "save_state"}}
        rig.change(lambda sections: sections["plugins"].append(plugin))
        self.assertEqual(rig.reload()["result"], "published")
        worker = rig.worker

        def harmless(sections):
            sections["reload"]["rehearsal"]["enabled"] = True
            sections["plugins"][-1]["parameters"] = {}
        rig.change(harmless)
        self.assertEqual(rig.ask("/v1/reload?dry_run=1")[0], 200)
        self.assertEqual(rig.worker, worker)

    def test_an_extractor_is_handed_what_endpoints_have_sent_and_what_they_might_send(self):
        rig = self.rig()
        rig.install("=crashing", "another.so")

        def extractor(**parameters):
            rig.change(lambda sections: sections.update(
                plugins=sections["plugins"][:2] + [{"type": "crashing-extractor", "parameters": parameters}]))
        extractor()
        self.assertEqual(rig.reload()["result"], "published")
        rig.until(lambda: rig.total("shunt_plugin_background_duration_seconds_count", plugin="crashing-extractor") > 0, "a page")
        # The page of the server, and six bad ones: it has not asked for failures.
        for after, passes in ((6, False), (7, True)):
            extractor(**{"in": "extract", "after": after})
            status, report = rig.ask("/v1/reload?dry_run=1")
            self.assertEqual(status == 200, passes, report)

    def test_a_dry_run_rehearses_too(self):
        rig = self.rig()
        rig.install("crashing")
        status, report = rig.ask("/v1/reload?dry_run=1")
        self.assertEqual((status, report["diagnostics"][0]["code"]), (409, "E355"))

    def test_what_is_right_passes(self):
        rig = self.rig()
        first = rig.picked()
        rig.install("last")
        report = rig.reload()
        self.assertEqual(report["rehearsal"]["decisions"], 2000)
        self.assertNotEqual(rig.picked(), first)

    def test_weights_alone_are_not_rehearsed(self):
        rig = self.rig()

        def weigh(sections):
            sections["schedulingProfiles"][0]["plugins"][0]["weight"] = 2
        rig.change(weigh)
        self.assertEqual(rig.reload()["rehearsal"]["decisions"], 0)

    def test_it_can_be_switched_off(self):
        rig = self.rig(enabled=False)
        rig.install("wrong")
        self.assertEqual(rig.reload()["rehearsal"]["decisions"], 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
