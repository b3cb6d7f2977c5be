// SPDX-License-Identifier: Apache-2.0
// Listens to the host and draws at most once a frame, however much it says.
const detail = new Detail();
const numbers = new Numbers();
const pipeline = new Pipeline();
const endpoints = new Endpoints();
const plugins = new Plugins(detail);
const decisions = new Decisions(new Matrix(detail));

// ---- theme

function systemTheme() { return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"; }
function stored() { try { return localStorage.getItem("theme"); } catch { return null; } }
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  redraw("plots");
}
$("theme").addEventListener("click", () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  try { localStorage.setItem("theme", theme); } catch { /* it lasts as long as the page then */ }
  setTheme(theme);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (!stored()) setTheme(systemTheme()); });

// ---- drawing

const pending = new Map();  // what -> the newest event of it
let frame = 0;
function redraw(what, event) {
  pending.set(what, event);
  if (!frame) frame = requestAnimationFrame(draw);
}
function draw() {
  frame = 0;
  const all = new Map(pending);
  pending.clear();
  if (all.has("profiles")) pipeline.show(all.get("profiles"));
  if (all.has("plugins")) {
    plugins.update(all.get("plugins"));
    pipeline.times(all.get("plugins").plugins);
  }
  if (all.has("endpoints")) endpoints.update(all.get("endpoints"));
  if (all.has("decisions")) decisions.draw();
  if (all.has("plots")) numbers.draw();
}
window.addEventListener("resize", () => redraw("plots"));

// ---- state of the connection

const SILENCE_MS = 4000;
let lastHeard = 0;
let source = null;
let version = null;

function status(className, text, why = "") {
  $("status").className = "pill " + className;
  setText($("status"), text);
  setText($("status-why"), why);
  document.body.classList.toggle("lost", className === "bad" && text === "lost");
}

function heard(counters) {
  lastHeard = performance.now();
  if (counters.draining) status("warn", "draining", "the host is about to end");
  else if (counters.ready) status("good", "live");
  else status("warn", "not ready", counters.why);
}

function connect() {
  source = new EventSource("/v1/events");
  const on = (name, hear) => source.addEventListener(name, (event) => hear(JSON.parse(event.data)));
  on("hello", (hello) => {
    lastHeard = performance.now();
    numbers.reset(hello.latency_bounds);
    decisions.reset();
    // Another program may bring another page.
    if (version !== null && version !== hello.version + hello.commit) location.reload();
    version = hello.version + hello.commit;
    setText($("version"), hello.version);
  });
  on("profiles", (event) => redraw("profiles", event));
  on("plugins", (event) => redraw("plugins", event));
  on("endpoints", (event) => redraw("endpoints", event));
  on("decisions", (event) => {
    decisions.add(event);
    redraw("decisions");
  });
  on("counters", (event) => {
    heard(event);
    numbers.add(event);
    redraw("plots");
  });
  source.onerror = () => lost();
}

function lost() {
  if (source) source.close();
  source = null;
  status("bad", "lost", "no connection to the host; trying again");
  setTimeout(connect, 1500);
}

setInterval(() => { if (source && lastHeard && performance.now() - lastHeard > SILENCE_MS) lost(); }, 1000);
setTheme(stored() || systemTheme());
connect();
