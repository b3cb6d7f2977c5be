// SPDX-License-Identifier: Apache-2.0
// The table of plugins, and the state that some of them show.
class Plugins {
  constructor(detail) {
    this.detail = detail;
    this.body = $("plugins").tBodies[0];
    this.rows = new Map();
  }

  update(event) {
    const list = event.plugins;
    const names = new Set(list.map((plugin) => plugin.name));
    for (const [name, row] of this.rows) {
      if (!names.has(name)) {
        row.tr.remove();
        this.rows.delete(name);
      }
    }
    for (const plugin of list) this.write(plugin);
    const libraries = new Set(list.map((plugin) => plugin.library)).size;
    setText($("plugin-note"), `${list.length} in ${libraries} ${libraries === 1 ? "library" : "libraries"}`);
  }

  make(plugin) {
    const tr = element("tr");
    const cells = Array.from({length: 9}, (_, i) => tr.appendChild(element("td", i >= 4 && i <= 7 ? "n" : "")));
    if (plugin.state) {
      const button = element("button", "link", "show");
      button.type = "button";
      button.setAttribute("aria-label", "Show the state of " + plugin.name);
      button.addEventListener("click", () => this.show(plugin.name));
      cells[8].append(button);
    }
    this.body.append(tr);
    const row = {tr, cells};
    this.rows.set(plugin.name, row);
    return row;
  }

  write(plugin) {
    const {tr, cells} = this.rows.get(plugin.name) || this.make(plugin);
    const told = `${plugin.summary || ""}\n${plugin.library}`;
    if (tr.title !== told) tr.title = told;
    this.writeName(cells[0], plugin);
    setText(cells[1], plugin.type);
    setText(cells[2], plugin.kinds.replaceAll("+", ", "));
    setText(cells[3], plugin.version || "–");
    setText(cells[4], number(plugin.calls));
    setText(cells[5], plugin.calls ? duration(plugin.seconds / plugin.calls) : "–");
    setText(cells[6], number(plugin.over_budget));
    const errors = number(plugin.errors);
    if (cells[7].textContent !== errors) cells[7].replaceChildren(element("span", plugin.errors ? "tag bad" : "", errors));
  }

  // Beside the name, because it says how to read the rest of the row: the plugin may not be called at all.
  writeName(cell, plugin) {
    const breaker = plugin.breaker || {state: "closed"};
    const open = breaker.state !== "closed";
    const key = open ? plugin.name + breaker.state : plugin.name;
    if (cell.dataset.key !== key) {
      cell.dataset.key = key;
      cell.replaceChildren(plugin.name);
      if (open) cell.append(" ", element("span", "tag bad", breaker.state === "open" ? "not called" : "on trial"));
    }
    const told = open ? `Circuit breaker ${breaker.state}: opened ${number(breaker.opened)} times, ${number(breaker.skipped)} calls skipped` : "";
    if (cell.title !== told) cell.title = told;
  }

  async show(name) {
    this.detail.open(`State of ${name}`);
    const answer = await ask(`/v1/plugins/${encodeURIComponent(name)}/state`);
    const section = element("section");
    if (answer.error) section.append(element("p", "answer bad", answer.error.message));
    else section.append(element("pre", "state", JSON.stringify(answer.state, null, 2)));
    this.detail.fill(section);
  }
}
