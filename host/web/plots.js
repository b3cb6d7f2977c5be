// SPDX-License-Identifier: Apache-2.0
// Small plots of the last two minutes, and the numbers above them.
const KEPT = 120;

// A value at most so large that a share of `share` of what was counted between two lists of buckets lies below it.
function quantile(bounds, before, after, share) {
  let total = 0;
  const counts = after.map((count, i) => {
    const fresh = Math.max(0, count - (before[i] || 0));
    total += fresh;
    return fresh;
  });
  if (total === 0) return null;
  let below = 0;
  for (let i = 0; i < counts.length; ++i) {
    if (below + counts[i] >= share * total && counts[i] > 0) {
      const low = i === 0 ? 0 : bounds[i - 1];
      const high = i < bounds.length ? bounds[i] : bounds[bounds.length - 1];
      return low + (high - low) * ((share * total - below) / counts[i]);
    }
    below += counts[i];
  }
  return bounds[bounds.length - 1];
}

class Plot {
  // `names`: of the lines, for those who cannot see them. `format`: of a value.
  constructor(id, names, format, colors) {
    this.canvas = $(id);
    this.names = names;
    this.format = format;
    this.colors = colors;
    this.lines = names.map(() => []);
  }

  add(values) {
    values.forEach((value, i) => {
      this.lines[i].push(value);
      if (this.lines[i].length > KEPT) this.lines[i].shift();
    });
    const said = this.names.map((name, i) => `${name} ${this.format(values[i])}`).join(", ");
    this.canvas.setAttribute("aria-label", said);
  }

  draw(style) {
    const scale = window.devicePixelRatio || 1;
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight;
    if (width === 0) return;
    if (this.canvas.width !== Math.round(width * scale)) {
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
    }
    const context = this.canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.strokeStyle = style.line;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, height - 0.5);
    context.lineTo(width, height - 0.5);
    context.stroke();
    const most = Math.max(1e-12, ...this.lines.flat().filter((value) => value !== null)) * 1.12;
    [...this.lines].reverse().forEach((line, turn) => {
      this.drawLine(context, line, most, width, height, style[this.colors[this.lines.length - 1 - turn]], this.lines.length === 1);
    });
  }

  drawLine(context, line, most, width, height, color, filled) {
    const x = (i) => width - (line.length - 1 - i) * (width / (KEPT - 1));
    const y = (value) => height - 1.5 - (value / most) * (height - 4);
    context.strokeStyle = color;
    context.lineWidth = 1.6;
    context.lineJoin = "round";
    let begin = -1;
    for (let i = 0; i <= line.length; ++i) {
      const there = i < line.length && line[i] !== null;
      if (there && begin < 0) begin = i;
      if (there || begin < 0) continue;
      context.beginPath();
      for (let j = begin; j < i; ++j) j === begin ? context.moveTo(x(j), y(line[j])) : context.lineTo(x(j), y(line[j]));
      if (i - begin === 1) context.lineTo(x(begin) - 2, y(line[begin]));
      context.stroke();
      if (filled) {
        context.lineTo(x(i - 1), height - 1);
        context.lineTo(x(begin), height - 1);
        context.globalAlpha = 0.12;
        context.fillStyle = color;
        context.fill();
        context.globalAlpha = 1;
      }
      begin = -1;
    }
  }
}

class Numbers {
  constructor() {
    this.bounds = [];
    this.before = null;
    this.history = [];  // of counters, to smooth latencies over ten seconds
    this.plots = {
      requests: new Plot("plot-requests", ["requests per second"], rate, ["accent"]),
      failures: new Plot("plot-failures", ["requests not completed per second"], rate, ["bad"]),
      decision: new Plot("plot-decision", ["median", "99th percentile"], duration, ["accent", "second"]),
      first: new Plot("plot-first", ["median", "99th percentile"], duration, ["accent", "second"]),
      duration: new Plot("plot-duration", ["median", "99th percentile"], duration, ["accent", "second"]),
      tokens: new Plot("plot-tokens", ["output tokens per second"], rate, ["accent"]),
    };
  }

  reset(bounds) {
    this.bounds = bounds;
    this.before = null;
    this.history = [];
  }

  // A request that was answered by the host itself went as well as one that an endpoint completed.
  static failures(counters) {
    return counters.outcomes.filter(([, ending]) => ending !== "completed" && ending !== "answered")
      .reduce((sum, [, , , count]) => sum + count, 0);
  }

  add(counters) {
    const before = this.before;
    this.before = counters;
    this.history.push(counters);
    if (this.history.length > 11) this.history.shift();
    setText($("under-way"), `${number(Math.max(0, counters.begun - counters.ended))} under way`);
    if (!before || counters.now_ns <= before.now_ns) return;
    const seconds = (counters.now_ns - before.now_ns) / 1e9;
    const per = (now, then) => Math.max(0, now - then) / seconds;
    const requests = per(counters.begun, before.begun);
    const failures = per(Numbers.failures(counters), Numbers.failures(before));
    const ended = per(counters.ended, before.ended);
    const tokens = per(counters.tokens.output, before.tokens.output);
    const prompt = counters.tokens.prompt - before.tokens.prompt;
    setText($("rate-requests"), rate(requests));
    setText($("rate-failures"), rate(failures));
    setText($("failure-share"), ended > 0 ? percent(failures / ended) + " of all" : "");
    setText($("rate-tokens"), rate(tokens));
    setText($("cached-share"), prompt > 0 ? percent((counters.tokens.cached - before.tokens.cached) / prompt) + " cached" : "");
    this.plots.requests.add([requests]);
    this.plots.failures.add([failures]);
    this.plots.tokens.add([tokens]);
    const old = this.history[0];
    for (const [name, key] of [["decision", "decision"], ["first", "first_token"], ["duration", "duration"]]) {
      const values = [0.5, 0.99].map((share) => quantile(this.bounds, old[key].buckets, counters[key].buckets, share));
      setText($(name + "-p50"), duration(values[0]));
      setText($(name + "-p99"), duration(values[1]));
      this.plots[name].add(values);
    }
  }

  draw() {
    const css = getComputedStyle(document.documentElement);
    const style = {};
    for (const name of ["accent", "second", "bad", "line"]) style[name] = css.getPropertyValue("--" + name).trim();
    for (const plot of Object.values(this.plots)) plot.draw(style);
  }
}
