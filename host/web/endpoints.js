// SPDX-License-Identifier: Apache-2.0
// The table of endpoints: rows are kept and only what changed in them is written.
class Endpoints {
  static MOST = 400;

  constructor() {
    this.body = $("endpoints").tBodies[0];
    this.rows = new Map();  // name -> parts of its row
    this.list = [];
    $("endpoint-filter").addEventListener("input", () => this.arrange());
    $("endpoint-sort").addEventListener("change", () => this.arrange());
  }

  update(event) {
    const at = Object.fromEntries(event.columns.map((column, i) => [column, i]));
    this.list = event.rows.map((row) => Object.fromEntries(Object.entries(at).map(([column, i]) => [column, row[i]])));
    this.most = Math.max(1, ...this.list.map((endpoint) => endpoint.in_flight));
    for (const endpoint of this.list) this.write(endpoint);
    const names = new Set(this.list.map((endpoint) => endpoint.name));
    for (const [name, row] of this.rows) {
      if (names.has(name)) continue;
      row.tr.remove();
      this.rows.delete(name);
    }
    const bad = this.list.filter((endpoint) => endpoint.health === "unhealthy").length;
    setText($("endpoint-note"), `${this.list.length}` + (bad ? `, ${bad} unhealthy` : ""));
    this.arrange();
  }

  make(name) {
    const tr = element("tr");
    const cells = Array.from({length: 6}, () => tr.appendChild(element("td")));
    for (const cell of cells.slice(3)) cell.className = "n";
    const dot = element("span", "dot");
    const label = element("span", "", name);
    cells[0].className = "cut";
    cells[0].append(dot, label);
    const meters = [cells[1], cells[2]].map((cell, i) => {
      const meter = element("div", i === 0 ? "meter" : "meter kv");
      const track = element("i"), fill = element("i"), text = element("span");
      track.append(fill);
      meter.append(track, text);
      cell.append(meter);
      return {meter, fill, text};
    });
    const row = {tr, cells, dot, meters};
    this.rows.set(name, row);
    return row;
  }

  write(endpoint) {
    const row = this.rows.get(endpoint.name) || this.make(endpoint.name);
    const dot = "dot " + endpoint.health;
    if (row.dot.className !== dot) row.dot.className = dot;
    const told = `${endpoint.name}  ${endpoint.address}  ${endpoint.health}` + (endpoint.problem ? `: ${endpoint.problem}` : "");
    if (row.cells[0].title !== told) row.cells[0].title = told;
    row.tr.classList.toggle("off", !endpoint.routable);
    const room = endpoint.max_concurrency || this.most;
    this.meter(row.meters[0], endpoint.in_flight / room, number(endpoint.in_flight));
    this.meter(row.meters[1], endpoint.kv_cache_usage, percent(endpoint.kv_cache_usage));
    setText(row.cells[3], number(endpoint.queue));
    setText(row.cells[4], number(endpoint.running));
    setText(row.cells[5], endpoint.fetch_age_ms === null ? "–" : duration(Math.round(endpoint.fetch_age_ms / 10) / 100));
  }

  meter(parts, share, text) {
    const known = share !== null && isFinite(share);
    const scale = `scaleX(${known ? Math.min(1, Math.max(0, share)).toFixed(3) : 0})`;
    if (parts.fill.style.transform !== scale) parts.fill.style.transform = scale;
    parts.meter.classList.toggle("full", known && share >= 0.95 && parts.meter.classList.contains("kv"));
    setText(parts.text, text);
  }

  // Moves rows only where their order changed.
  arrange() {
    const wanted = $("endpoint-filter").value.trim().toLowerCase();
    const key = {load: (e) => -e.in_flight, queue: (e) => -(e.queue ?? -1), kv: (e) => -(e.kv_cache_usage ?? -1),
                 health: (e) => ["unhealthy", "unknown", "healthy"].indexOf(e.health)}[$("endpoint-sort").value];
    let shown = this.list.filter((e) => !wanted || e.name.toLowerCase().includes(wanted) || e.address.includes(wanted));
    if (key) shown = shown.map((e, i) => [key(e), i, e]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, , e]) => e);
    shown = shown.slice(0, Endpoints.MOST);
    let at = this.body.firstChild;
    for (const endpoint of shown) {
      const {tr} = this.rows.get(endpoint.name);
      if (tr === at) at = at.nextSibling;
      else this.body.insertBefore(tr, at);
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }
}
