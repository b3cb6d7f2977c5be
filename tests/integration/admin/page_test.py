#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The admin page in headless Chromium: what it shows, what a click opens, and that nothing is an error.

  page_test.py SHUNT_ADMIN_HOST [--screenshots DIR]

Ends with 77 (skipped) where there is no Chromium.
"""
import argparse
import base64
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from admin_host import AdminHost

SKIPPED = 77
DEADLINE_S = 180
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-renderer-backgrounding",
         "--disable-backgrounding-occluded-windows", "--disable-background-timer-throttling", "--disable-component-update", "--disable-sync", "--disable-extensions",
         "--no-proxy-server", "--force-device-scale-factor=1"]


class Browser:
    """Speaks WebDriver to chromedriver."""

    def __init__(self, width=1500, height=1250):
        self.profile = tempfile.TemporaryDirectory(prefix="shunt-chromium.")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                       start_new_session=True)
        line = ""
        while "started successfully on port " not in line:
            line = self.driver.stdout.readline()
            assert line, "chromedriver does not start"
        self.base = "http://127.0.0.1:" + line.rpartition("on port ")[2].strip().rstrip(".")
        capabilities = {"browserName": "chrome", "pageLoadStrategy": "none", "timeouts": {"script": DEADLINE_S * 1000},
                        "goog:loggingPrefs": {"browser": "ALL"},
                        "goog:chromeOptions": {"binary": shutil.which("chromium"),
                                               "args": [*FLAGS, f"--window-size={width},{height}",
                                                        f"--user-data-dir={self.profile.name}"]}}
        self.session = "/session"
        try:
            self.session += "/" + self.call("POST", "", {"capabilities": {"alwaysMatch": capabilities}})["sessionId"]
        except BaseException:
            self.close()
            raise

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + self.session + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()[:600]) from None

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def until(self, script, what, *arguments):
        end = time.monotonic() + DEADLINE_S
        while not (result := self.run(script, *arguments)):
            assert time.monotonic() < end, f"{what} did not come about; the page says: {self.run('return document.body.innerText')[:1500]}"
            time.sleep(0.1)
        return result

    def screenshot(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self.call("GET", "/screenshot")))

    def messages(self):
        return [entry for entry in self.call("POST", "/se/log", {"type": "browser"}) if entry["level"] in ("SEVERE", "WARNING")]

    def close(self):
        with contextlib.suppress(Exception):
            self.call("DELETE", "")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.driver.pid, signal.SIGKILL)
        self.driver.wait()
        self.driver.stdout.close()
        # A browser that no longer hears its driver.
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"--user-data-dir={self.profile.name}".encode() in (process / "cmdline").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
        with contextlib.suppress(OSError):  # it may still write while it dies
            self.profile.cleanup()


COUNT = "return document.querySelectorAll(arguments[0]).length"
TEXT = "return document.querySelector(arguments[0]).textContent"
CLICK = "document.querySelector(arguments[0]).click()"
EXPLAINED = """
  const done = arguments[0];
  return [...document.querySelectorAll('#decisions tbody tr')].find(row => !row.hidden && row.querySelector('.tag.bad') === null)?.dataset.id
"""


def shows_everything(browser, endpoints):
    browser.until("return document.getElementById('status')?.textContent === 'live'", "a connection")
    browser.until("return document.querySelectorAll('#endpoints tbody tr').length === arguments[0]", "every endpoint", endpoints)
    browser.until("return document.querySelectorAll('#decisions tbody tr').length >= 20", "decisions")
    browser.until("return document.getElementById('decision-p50').textContent.endsWith('µs')", "latencies")
    browser.until("return parseFloat(document.getElementById('rate-requests').textContent) > 0", "a rate")
    stages = browser.run("return [...document.querySelectorAll('.stage h3')].map(h => h.textContent)")
    assert stages == ["Producers", "Handler", "Filters", "Scorers", "Picker"], stages
    assert browser.run(COUNT, ".node .weight") == 4
    assert "approx-prefix-cache-producer" in browser.run("return document.getElementById('plugins').textContent")
    drawn = """
      const c = document.getElementById('plot-requests');
      return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(x => x > 0)"""
    assert browser.run(drawn), "the plot is empty"
    label = browser.run("return document.getElementById('plot-decision').getAttribute('aria-label')")
    assert "99th percentile" in label, label


def a_click_opens_the_matrix(browser):
    # Of the busy list only some decisions were explained: those are asked for, and the page is held while one is looked at.
    # In a busy second rejections can fill the list for a moment.
    browser.until("""
        const rows = [...document.querySelectorAll('#decisions tbody tr')];
        const dispatched = rows.some(row => !row.hidden && !row.querySelector('.tag.bad'));
        if (dispatched) document.getElementById('pause').click();
        return dispatched""", "a dispatched decision")
    ids = browser.run("return [...document.querySelectorAll('#decisions tbody tr')].filter(r => !r.hidden && !r.querySelector('.tag.bad')).map(r => r.dataset.id)")
    for one in ids:
        browser.run("document.querySelector(`#decisions tr[data-id='${arguments[0]}'] button`).click()", one)
        browser.until("return document.querySelector('#detail-body dl.facts') !== null", "the facts")
        if browser.run(COUNT, "#detail .matrix tbody tr"):
            break
        browser.run("document.getElementById('detail-close').click()")
    rows = browser.run(COUNT, "#detail .matrix tbody tr")
    assert rows > 2, "no decision of the list was explained"
    head = browser.run("return [...document.querySelectorAll('#detail .matrix th')].map(h => h.textContent)")
    assert head[1:5] == ["queue × 2", "kv × 1.5", "prefix × 3", "load × 1"], head
    assert browser.run(COUNT, "#detail tr.chosen") == 1
    totals = browser.run("return [...document.querySelectorAll('#detail td.total')].map(t => parseFloat(t.textContent))")
    assert totals == sorted(totals, reverse=True), totals
    browser.run(CLICK, "#detail .why-not")
    answer = browser.until("const a = document.querySelector('#detail .answer'); return !a.hidden && a.textContent.length > 10 && a.textContent", "an answer")
    assert "the chosen one" in answer or "no weight" in answer or "weight" in answer, answer
    browser.run("document.querySelector('#detail .steps button')?.click()")
    browser.until("return document.querySelector('#detail .answer').textContent.includes('decode')", "why one was dropped")


def the_keyboard_is_enough(browser):
    browser.run("document.getElementById('detail').close()")
    browser.run("document.querySelector('#decisions tbody tr:not([hidden]) button').focus()")
    enter, escape = "\ue007", "\ue00c"
    for key, is_open in ((enter, True), (escape, False)):
        browser.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]})
        browser.until("return document.getElementById('detail').open === arguments[0]", f"open: {is_open}", is_open)
    browser.run("document.activeElement.blur()")
    unnamed = browser.run("""
      return [...document.querySelectorAll('button, input, select, a')]
        .filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.closest('label'))).map(e => e.outerHTML)""")
    assert unnamed == [], unnamed


def endpoints_are_sorted_and_filtered(browser):
    browser.run("const s = document.getElementById('endpoint-sort'); s.value = 'queue'; s.dispatchEvent(new Event('change'))")
    queues = browser.run("return [...document.querySelectorAll('#endpoints tbody tr')].map(r => parseFloat(r.cells[3].textContent))")
    assert queues == sorted(queues, reverse=True), queues[:10]
    browser.run("const f = document.getElementById('endpoint-filter'); f.value = 'pod-01'; f.dispatchEvent(new Event('input'))")
    assert browser.run(COUNT, "#endpoints tbody tr") == 10
    browser.run("const f = document.getElementById('endpoint-filter'); f.value = ''; f.dispatchEvent(new Event('input'))")


def state_of_a_plugin(browser):
    browser.run("document.querySelector('#plugins button').click()")
    browser.until("return document.querySelector('#detail pre.state')?.textContent.includes('\"blocks\"')", "the state")
    browser.run("document.getElementById('detail').close()")


def it_keeps_up(browser):
    """Processor time of scripts, styles and layouts: wall time says more about the other tests on this machine."""
    def spent():
        metrics = {metric["name"]: metric["value"] for metric in browser.devtools("Performance.getMetrics")["metrics"]}
        return metrics["TaskDuration"], metrics["LayoutDuration"] + metrics["RecalcStyleDuration"], metrics["ScriptDuration"]

    browser.devtools("Performance.enable", timeDomain="threadTicks")
    before, began = spent(), time.monotonic()
    time.sleep(6)
    seconds = time.monotonic() - began
    task, layout, script = ((now - then) / seconds for now, then in zip(spent(), before))
    print(f"share of a core: {task:.1%} in all, {script:.1%} scripts, {layout:.1%} layout and style")
    assert task < 0.6, "the page takes too much of a processor"
    elements = browser.run("return document.querySelectorAll('*').length")
    assert elements < 12000, elements


def themes(browser, shots):
    for theme in ("light", "dark"):
        browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        browser.until("return document.documentElement.dataset.theme === arguments[0]", theme, theme)
        time.sleep(0.4)
        if shots:
            browser.screenshot(shots / f"page-{theme}.png")
    browser.run(CLICK, "#theme")
    assert browser.run("return document.documentElement.dataset.theme") == "light"


def tells_when_the_host_is_gone(browser):
    browser.until("return document.getElementById('status').textContent === 'lost'", "the loss")


def check(program, shots):
    browser = Browser()
    try:
        with AdminHost(program, endpoints=200, rate=1000, time_ms=800, admin={"listen": "127.0.0.1:0", "decisions": {"keep": 20_000}}) as host:
            browser.open(host.url + "/")
            shows_everything(browser, 200)
            endpoints_are_sorted_and_filtered(browser)
            it_keeps_up(browser)
            if shots:
                time.sleep(25)
            themes(browser, shots)
            a_click_opens_the_matrix(browser)
            if shots:
                browser.screenshot(shots / "matrix-light.png")
                browser.run(CLICK, "#theme")
                time.sleep(0.3)
                browser.screenshot(shots / "matrix-dark.png")
                browser.run(CLICK, "#theme")
            the_keyboard_is_enough(browser)
            state_of_a_plugin(browser)
            wrong = browser.messages()
            assert wrong == [], json.dumps(wrong, indent=1)
        tells_when_the_host_is_gone(browser)
        if shots:
            browser.screenshot(shots / "lost.png")
    finally:
        browser.close()
    print("the page is well")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the browser ends too
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--screenshots", type=pathlib.Path)
    arguments = parser.parse_args()
    if not shutil.which("chromium") or not shutil.which("chromedriver"):
        print("skipped: there is no chromium or no chromedriver (packages chromium, chromium-driver)")
        sys.exit(SKIPPED)
    if arguments.screenshots:
        arguments.screenshots.mkdir(parents=True, exist_ok=True)
    check(arguments.program, arguments.screenshots)
