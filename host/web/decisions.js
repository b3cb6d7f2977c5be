// SPDX-License-Identifier: Apache-2.0
// The last decisions, newest first. A fixed number of rows is written over, and none while somebody reads.
class Decisions {
  static MOST = 40;
  static KEPT = 400;  // so that there are enough rejected ones among them

  constructor(matrix) {
    this.matrix = matrix;
    this.body = $("decisions").tBodies[0];
    this.list = [];
    this.rows = [];
    this.newest = 0;
    this.paused = false;
    this.reading = false;
    $("pause").addEventListener("click", () => {
      this.paused = !this.paused;
      $("pause").setAttribute("aria-pressed", String(this.paused));
    });
    $("only-rejected").addEventListener("change", () => this.draw());
    // What moves away under the pointer or the focus cannot be clicked.
    this.body.addEventListener("pointerenter", () => { this.reading = true; });
    this.body.addEventListener("pointerleave", () => { this.reading = false; });
    this.body.addEventListener("focusin", () => { this.reading = true; });
    this.body.addEventListener("focusout", () => { this.reading = false; });
    this.body.addEventListener("click", (event) => {
      const row = event.target.closest("tr");
      if (row && row.dataset.id) this.matrix.show(row.dataset.id);
    });
  }

  add(event) {
    const newest = this.list.length > 0 ? this.list[0].sequence : 0;
    const fresh = event.decisions.filter((decision) => decision.sequence > newest).reverse();
    this.list = [...fresh, ...this.list].slice(0, Decisions.KEPT);
    this.newest = event.newest;
  }

  reset() {
    this.list = [];
  }

  draw() {
    const rejected = $("only-rejected").checked;
    const shown = this.list.filter((decision) => !rejected || decision.outcome !== "dispatched").slice(0, Decisions.MOST);
    $("decisions-empty").hidden = shown.length > 0;
    const held = this.paused || this.reading;
    setText($("decision-note"), `${number(this.newest)} so far` + (held ? ", held" : ""));
    if (held) return;
    while (this.rows.length < shown.length) this.rows.push(this.make());
    this.rows.forEach((row, i) => {
      row.tr.hidden = i >= shown.length;
      if (i < shown.length) this.write(row, shown[i]);
    });
  }

  make() {
    const tr = element("tr");
    const cells = Array.from({length: 5}, () => tr.appendChild(element("td")));
    cells[1].className = cells[2].className = "cut";
    cells[4].className = "n";
    const button = element("button", "link");
    button.type = "button";
    cells[1].append(button);
    const place = element("span"), tag = element("span");
    cells[3].append(place, tag);
    this.body.append(tr);
    return {tr, cells, button, place, tag};
  }

  write(row, decision) {
    if (row.tr.dataset.id === decision.id) return;
    row.tr.dataset.id = decision.id;
    const good = decision.outcome === "dispatched";
    setText(row.cells[0], clock(decision.wall_ns));
    setText(row.button, decision.request || decision.id);
    row.button.setAttribute("aria-label", `Why was ${decision.request || decision.id} decided this way?`);
    setText(row.cells[2], decision.model || "–");
    setText(row.place, good ? decision.endpoint : "");
    row.tag.className = good ? (decision.attempt > 0 ? "tag soft" : "") : "tag bad";
    setText(row.tag, good ? (decision.attempt > 0 ? ` attempt ${decision.attempt + 1}` : "") : `${decision.status} ${decision.code}`);
    setText(row.cells[4], duration(decision.duration_ns / 1e9));
  }
}
