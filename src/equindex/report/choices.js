// What a reader has chosen: weights, locks, methods, year, regions; as a link, and as a weight set.

const MILLION = 1e6;

class Choices {
  constructor(data) {
    this.data = data;
    this.engine = new Engine(data);
    this.nodes = data.nodes;
    this.presets = new Map(data.presets.map(([key, title, packed]) => [key, { title, weights: floatsOf(packed) }]));
    this.region = integersOf(data.region);
    this.published = integersOf(data.published);
    this.first = this.usual();
    this.codes = new Map(data.regions.map(([id], code) => [id, code]));
    this.controls = new Map();
    this.reset();
  }

  // State ---------------------------------------------------------------------------------------------------------

  reset() {
    this.locked = new Set();
    this.year = this.first;
    this.variant = 0;
    this.aggregate = "";
    this.pinned = -1;
    this.open = -1;
    this.choose("published");
  }

  // The year of the report, else the last with a ranked region.
  usual() {
    const { starts, sizes } = this.engine;
    const told = content.report ? this.data.years.indexOf(content.report.year) : -1;
    if (told >= 0) return told;
    const found = starts.findLastIndex((start, year) => this.published.subarray(start, start + sizes[year]).some(Boolean));
    return found < 0 ? sizes.length - 1 : found;
  }

  choose(key) {
    this.preset = key;
    this.weights = this.presets.get(key).weights.slice();
    this.locked.clear();
  }

  // Weights within each parent, summing to 1.
  get local() {
    const local = this.weights.slice();
    for (const kids of this.engine.kids) {
      const total = kids.reduce((sum, kid) => sum + this.weights[kid], 0);
      for (const kid of kids) local[kid] = this.weights[kid] / total;
    }
    return local;
  }

  siblings(node) {
    return this.engine.kids[this.nodes[node].parent].filter((kid) => !this.nodes[kid].hidden);
  }

  free(node) {
    return this.siblings(node).filter((kid) => kid !== node && !this.locked.has(kid));
  }

  // Give a node this share of its parent; unlocked siblings share the rest as they did, in whole millionths.
  set(node, share) {
    const free = this.free(node);
    if (!free.length || this.locked.has(node) || !Number.isFinite(share)) return;
    const local = this.local;
    const held = this.siblings(node).filter((kid) => this.locked.has(kid));
    const whole = Math.max(0, MILLION - Math.round(MILLION * held.reduce((sum, kid) => sum + local[kid], 0)));
    const own = Math.min(whole, Math.max(0, Math.round(MILLION * share)));
    const total = free.reduce((sum, kid) => sum + local[kid], 0);
    let given = 0;
    let sum = 0;
    for (const kid of free) {
      sum += total > 0 ? local[kid] / total : 1 / free.length;
      const upto = Math.round((whole - own) * Math.min(1, sum));
      this.weights[kid] = (upto - given) / MILLION;
      given = upto;
    }
    this.weights[node] = (whole - given) / MILLION;
  }

  // The link ------------------------------------------------------------------------------------------------------

  get fragment() {
    const { weights: base } = this.presets.get(this.preset);
    const changed = [];
    this.engine.kids.forEach((kids, node) => {
      if (kids.some((kid) => this.weights[kid] !== base[kid]))
        changed.push(`${node.toString(36)}-${kids.map((kid) => (this.weights[kid] === base[kid] ? "" : Math.round(MILLION * this.weights[kid]).toString(36))).join(".")}`);
    });
    const parts = new URLSearchParams({ x: "1" });
    const put = (key, value, usual) => value !== usual && parts.set(key, value);
    put("s", this.preset, "published");
    put("w", changed.join("_"), "");
    put("l", [...this.locked].map((node) => node.toString(36)).join("."), "");
    put("y", String(this.data.years[this.year]), String(this.data.years[this.first]));
    put("n", this.data.variants[this.variant][0], "published");
    put("a", this.aggregate, "");
    put("p", this.pinned < 0 ? "" : this.data.regions[this.pinned][0], "");
    put("r", this.open < 0 ? "" : this.data.regions[this.open][0], "");
    return parts.toString();
  }

  // Take the state from the link; what does not fit is left as published, and said.
  load() {
    const text = location.hash.slice(1);
    if (!text.startsWith("x=")) return;
    const parts = new URLSearchParams(text);
    this.reset();
    let bad = false;
    const take = (key, use) => parts.has(key) && (use(parts.get(key)) || (bad = true));
    take("s", (key) => this.presets.has(key) && (this.choose(key), true));
    take("w", (all) => all.split("_").map((one) => this.readWeights(one)).every(Boolean));
    take("l", (all) =>
      all.split(".").every((one) => {
        const node = parseInt(one, 36);
        return this.controls.has(node) && this.locked.add(node);
      }),
    );
    take("y", (year) => this.data.years.includes(Number(year)) && ((this.year = this.data.years.indexOf(Number(year))), true));
    take("n", (key) => {
      const found = this.data.variants.findIndex(([own]) => own === key);
      return found >= 0 && ((this.variant = found), true);
    });
    take("a", (key) => this.data.aggregates.includes(key) && ((this.aggregate = key), true));
    take("p", (id) => this.codes.has(id) && ((this.pinned = this.codes.get(id)), true));
    take("r", (id) => this.codes.has(id) && ((this.open = this.codes.get(id)), true));
    this.complaint = bad ? words.link_part : "";
  }

  readWeights(text) {
    const [parent, list] = text.split("-");
    const kids = this.engine.kids[parseInt(parent, 36)];
    if (!kids || !kids.length || list === undefined) return false;
    const found = list.split(".").map((part, i) => (part === "" ? this.weights[kids[i]] : /^[0-9a-z]{1,5}$/.test(part) ? parseInt(part, 36) / MILLION : NaN));
    if (found.length !== kids.length || !found.every((share) => share >= 0 && share <= 1) || !found.some((share) => share > 0)) return false;
    kids.forEach((kid, i) => (this.weights[kid] = found[i]));
    return true;
  }

  // The --set options that ask for what is switched.
  get settings() {
    const found = [...this.data.variants[this.variant][2]];
    if (this.aggregate) found.push(`aggregate=${this.aggregate}`);
    return found.map((one) => `--set ${one}`).join(" ");
  }

  toml() {
    const text = (value) => JSON.stringify(value).replaceAll("\x7f", "\\u007f");
    const local = this.local;
    const unnamed = new Set(this.data.unnamed);
    const head = {
      id: `${this.data.id}-explorer`,
      title: fill(words.export_title, this.data.title),
      method: words.export_method,
      source: this.data.title,
      date: new Date().toISOString().slice(0, 10),
    };
    if (this.settings) head.note = fill(words.with_options, this.settings);
    head.scope = "local";
    const lines = Object.entries(head).map(([key, value]) => `${key} = ${text(value)}`);
    lines.push("", "[weights]");
    this.nodes.forEach((node, at) => {
      if (node.parent >= 0 && !unnamed.has(node.parent)) lines.push(`${text(node.id)} = ${String(local[at])}`);
    });
    return `${lines.join("\n")}\n`;
  }
}
