// SPDX-License-Identifier: Apache-2.0
// The profiles from left to right. Times come with the plugins.
class Pipeline {
  constructor() {
    this.root = $("pipeline");
    this.nodes = [];  // [instance name, node, place of its time]
    this.seen = new Map();  // instance name -> [calls, seconds] of the last look
  }

  show(profiles) {
    this.nodes = [];
    this.root.replaceChildren();
    const handler = profiles.handler ? [profiles.handler] : [];
    for (const profile of profiles.profiles) {
      const flow = element("div", "flow");
      flow.append(element("div", "name", profile.name));
      flow.lastChild.title = profile.name;
      if (profile.shadow) flow.append(element("div", "muted", this.agreement(profile.shadow)));
      if (profiles.producers.length > 0) flow.append(this.stage("Producers", profiles.producers));
      if (handler.length > 0) flow.append(this.stage("Handler", handler));
      for (const [title, kind] of [["Filters", "filter"], ["Scorers", "scorer"], ["Picker", "picker"]]) {
        const steps = profile.steps.filter((step) => step.kind === kind);
        if (steps.length > 0) flow.append(this.stage(title, steps));
      }
      this.root.append(flow);
    }
    const many = profiles.profiles.length;
    setText($("pipeline-note"), `${many} ${many === 1 ? "profile" : "profiles"}`);
    setText($("generation"), String(profiles.generation));
  }

  // What came of the runs of a profile that decides nothing.
  agreement(shadow) {
    const runs = Object.values(shadow.runs).reduce((sum, n) => sum + n, 0);
    const same = runs > 0 ? ` · ${(100 * shadow.runs.same / runs).toFixed(1)} % of ${runs} the same` : "";
    return `shadow${shadow.of ? " of " + shadow.of : ""}, 1 in ${shadow.every}${same}`;
  }

  stage(title, steps) {
    const made = element("div", "stage");
    made.append(element("h3", "", title));
    for (const step of steps) {
      const node = element("div", "node");
      node.title = `${step.plugin} (${step.type})`;
      node.append(element("span", "", step.plugin));
      if (step.weight !== undefined) node.append(element("span", "weight", "× " + number(step.weight)));
      const time = element("span", "time");
      node.append(time);
      this.nodes.push([step.plugin, node, time]);
      made.append(node);
    }
    return made;
  }

  // Mean time of the calls since the last look, or of all where there was none.
  times(plugins) {
    const now = new Map(plugins.map((plugin) => [plugin.name, plugin]));
    for (const [name, node, time] of this.nodes) {
      const plugin = now.get(name);
      if (!plugin || !plugin.calls) continue;
      const [calls, seconds] = this.seen.get(name) || [0, 0];
      const fresh = plugin.calls > calls;
      const mean = fresh ? (plugin.seconds - seconds) / (plugin.calls - calls) : plugin.seconds / plugin.calls;
      setText(time, duration(mean));
      node.classList.toggle("failing", plugin.errors > 0);
    }
    for (const plugin of plugins) this.seen.set(plugin.name, [plugin.calls, plugin.seconds]);
  }
}
