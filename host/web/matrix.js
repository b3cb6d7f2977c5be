// SPDX-License-Identifier: Apache-2.0
// The dialog for one thing, and in it the reasons of one decision: who was dropped, every score, and why not another one.
async function ask(path) {
  try {
    return await (await fetch(path)).json();
  } catch {
    return {error: {message: "the host does not answer"}};
  }
}

class Detail {
  constructor() {
    this.dialog = $("detail");
    $("detail-close").addEventListener("click", () => this.dialog.close());
    // A click beside it.
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
  }
  open(title) {
    setText($("detail-title"), title);
    $("detail-body").replaceChildren(element("p", "empty", "…"));
    if (!this.dialog.open) this.dialog.showModal();
  }
  fill(...sections) { $("detail-body").replaceChildren(...sections); }
}

class Matrix {
  static MOST = 60;

  constructor(detail) { this.detail = detail; }

  async show(id) {
    this.detail.open("Decision " + id);
    const decision = await ask("/v1/decisions/" + id);
    if (decision.error) return this.detail.fill(section(element("p", "answer bad", decision.error.message)));
    const title = decision.outcome === "dispatched" ? `${decision.request || decision.id} → ${decision.endpoint}` : `${decision.request || decision.id} rejected`;
    setText($("detail-title"), title);
    const parts = [section(this.facts(decision))];
    const explanation = decision.explanation;
    if (!explanation) {
      parts.push(section(element("p", "muted", "This decision was not explained. So many are each second and thread as admin.decisions.explainedPerSecond says.")));
    } else {
      for (const run of this.runs(explanation)) parts.push(...this.run(decision, explanation, run));
    }
    this.detail.fill(...parts);
  }

  facts(decision) {
    const list = element("dl", "facts");
    const add = (name, value) => {
      if (value === undefined || value === null || value === "") return;
      const pair = element("div");
      pair.append(element("dt", "", name), element("dd", "", String(value)));
      list.append(pair);
    };
    add("decision", decision.id);
    add("at", clock(decision.wall_ns));
    add("door", decision.door);
    add("model", decision.model);
    add("path", decision.path);
    add("profile", decision.profile);
    add("took", duration(decision.duration_ns / 1e9));
    add("generation", decision.generation);
    if (decision.attempt > 0) add("attempt", decision.attempt + 1);
    if (decision.outcome !== "dispatched") add("rejected", `${decision.status} ${decision.code}: ${decision.reason}`);
    return list;
  }

  // Calls of one profile run follow each other; the picker ends it.
  runs(explanation) {
    const runs = [];
    let ended = true;
    for (const stage of explanation.trace || []) {
      if (stage.profile === undefined) continue;
      const last = runs[runs.length - 1];
      if (ended || !last || last.profile !== stage.profile) runs.push({profile: stage.profile, stages: []});
      runs[runs.length - 1].stages.push(stage);
      ended = stage.stage === "picker";
    }
    return runs;
  }

  run(decision, explanation, run) {
    const parts = [];
    const filters = run.stages.filter((stage) => stage.stage === "filter");
    const scorers = run.stages.filter((stage) => stage.stage === "scorer");
    const picks = run.stages.filter((stage) => stage.stage === "picker").flatMap((stage) => stage.picks);
    const answer = element("p", "answer");
    answer.hidden = true;
    answer.setAttribute("role", "status");
    const whyNot = async (name) => {
      answer.hidden = false;
      setText(answer, "…");
      const asked = await ask(`/v1/decisions/${decision.id}?why_not=${encodeURIComponent(name)}`);
      answer.classList.toggle("bad", Boolean(asked.error));
      setText(answer, asked.error ? asked.error.message : asked.why_not.text);
    };
    if (filters.length > 0) parts.push(section(element("h3", "", "Filters"), this.filters(filters, whyNot)));
    const title = element("h3", "", "Scores ");
    title.append(element("span", "muted", `profile ${run.profile}`));
    parts.push(section(title, this.table(explanation, run, scorers, picks, whyNot), answer));
    return parts;
  }

  filters(filters, whyNot) {
    const list = element("ol", "steps");
    for (const stage of filters) {
      const item = element("li");
      item.append(element("b", "", stage.plugin), element("span", "muted", `${stage.before} → ${stage.after}`));
      for (const name of stage.dropped.slice(0, 12)) {
        const button = element("button", "", name);
        button.type = "button";
        button.title = (stage.reasons || {})[name] || "dropped";
        button.addEventListener("click", () => whyNot(name));
        item.append(button);
      }
      if (stage.dropped.length > 12) item.append(element("span", "muted", `and ${stage.dropped.length - 12} more`));
      if (stage.dropped.length === 0) item.append(element("span", "muted", "kept all"));
      if (stage.skipped) item.append(element("span", "tag bad", "not called: circuit breaker open"));
      if (stage.error) item.append(element("span", "tag bad", stage.error));
      list.append(item);
    }
    return list;
  }

  table(explanation, run, scorers, picks, whyNot) {
    const totals = new Map();
    for (const stage of scorers) {
      for (const [name, score] of Object.entries(stage.scores)) totals.set(name, (totals.get(name) || 0) + (score.weighted || 0));
    }
    if (run.profile === explanation.profile) {
      for (const [name, total] of Object.entries(explanation.scores)) totals.set(name, total);
    }
    for (const name of picks) if (!totals.has(name)) totals.set(name, 0);
    const rank = (name) => picks.includes(name) ? picks.indexOf(name) - 1e9 : 0;
    const names = [...totals.keys()].sort((a, b) => rank(a) - rank(b) || totals.get(b) - totals.get(a));
    const most = Math.max(...totals.values(), 1e-12);
    const table = element("table");
    const head = table.createTHead().insertRow();
    const column = (text, className = "n", told = "") => {
      const cell = element("th", className, text);
      cell.scope = "col";
      cell.title = told;
      head.append(cell);
    };
    column("Endpoint", "");
    for (const stage of scorers) column(`${stage.plugin} × ${number(stage.weight)}`, "n", stage.error || stage.type);
    column("Total");
    column("", "");
    const body = table.createTBody();
    for (const name of names.slice(0, Matrix.MOST)) {
      const row = body.insertRow();
      row.append(element("td", "", name));
      for (const stage of scorers) row.append(this.cell(stage, stage.scores[name]));
      const total = element("td", "total", fixed(totals.get(name)));
      total.style.background = `rgb(var(--heat) / ${(0.30 * totals.get(name) / most).toFixed(3)})`;
      row.append(total, element("td"));
      if (picks.includes(name)) {
        row.className = "chosen";
        row.lastChild.append(element("span", "tag soft", "chosen"));
      } else {
        const button = element("button", "link why-not", "why not?");
        button.type = "button";
        button.setAttribute("aria-label", "Why not " + name + "?");
        button.addEventListener("click", () => whyNot(name));
        row.lastChild.append(button);
      }
    }
    const frame = element("div", "matrix");
    frame.tabIndex = 0;
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", "Scores");
    frame.append(table);
    if (names.length > Matrix.MOST) frame.append(element("p", "empty", `and ${names.length - Matrix.MOST} more endpoints with lower totals`));
    return frame;
  }

  cell(stage, score) {
    const cell = element("td", "score");
    if (!score) return cell;
    cell.append(element("span", "", fixed(score.raw)), element("small", "", fixed(score.weighted)));
    const share = score.raw === null || score.raw === undefined ? 0 : Math.min(1, Math.max(0, score.raw));
    cell.style.background = `rgb(var(--heat) / ${(0.22 * share).toFixed(3)})`;
    return cell;
  }
}

function section(...children) {
  const made = element("section");
  made.append(...children);
  return made;
}
