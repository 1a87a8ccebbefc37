// The weight explorer: sliders, choices, the live ranking, the link, the export.

const ROW = 34;
const PAPER = 3000; // regions that are printed
const by = (id) => document.getElementById(`x-${id}`);

class Explorer extends Choices {
  constructor(data) {
    super(data);
    this.rank = new Int32Array(Math.max(...data.sizes));
    this.lower = data.regions.map(([id, name]) => `${name} ${id}`.toLowerCase());
    this.names = data.regions.map(([id, name]) => name || id);
    this.sort = { by: "rank", down: false };
    this.pool = [];
    this.pinnedRow = this.line(by("pinned"));
    for (const box of document.querySelectorAll("#x .x-node")) this.control(box);
    this.listen();
    by("live").parentElement.hidden = false;
    this.load();
    this.update();
    this.say();
  }

  // Controls ------------------------------------------------------------------------------------------------------

  control(box) {
    const node = Number(box.dataset.node);
    const [slider, number] = box.querySelectorAll("input");
    const lock = box.querySelector("button");
    const share = box.querySelector("output");
    this.controls.set(node, { slider, number, lock, share });
    slider.addEventListener("input", () => this.changed(() => this.set(node, slider.valueAsNumber / 100), slider));
    number.addEventListener("input", () => (this.typed = number));
    number.addEventListener("blur", () => (this.typed = null));
    number.addEventListener("change", () => {
      this.typed = null;
      this.changed(() => this.set(node, number.valueAsNumber / 100));
    });
    lock.addEventListener("click", () =>
      this.changed(() => (this.locked.has(node) ? this.locked.delete(node) : this.locked.add(node))),
    );
  }

  listen() {
    const choice = (id, use) => by(id) && by(id).addEventListener("change", () => this.changed(() => use(by(id).value)));
    choice("preset", (key) => key && this.choose(key));
    choice("year", (year) => (this.year = this.data.years.indexOf(Number(year))));
    choice("normalise", (key) => (this.variant = this.data.variants.findIndex(([own]) => own === key)));
    choice("aggregate", (key) => (this.aggregate = key));
    const press = (id, use) => by(id).addEventListener("click", use);
    press("reset", () => this.changed(() => this.reset()));
    press("unlock", () => this.changed(() => this.locked.clear()));
    press("export", () => this.export());
    press("link", () => this.copy());
    by("search").addEventListener("input", () => {
      by("rows").scrollTop = 0;
      this.arrange();
      this.draw();
    });
    by("rows").addEventListener("scroll", () => this.draw());
    addEventListener("resize", () => this.draw());
    const paper = (on) => {
      this.paper = on;
      this.draw();
    };
    addEventListener("beforeprint", () => paper(true));
    addEventListener("afterprint", () => paper(false));
    addEventListener("hashchange", () => {
      if (location.hash.slice(1) === this.fragment || !location.hash.startsWith("#x=")) return;
      this.load();
      this.update();
      this.say();
    });
    for (const head of document.querySelectorAll("#x-rows thead th"))
      head.firstChild.addEventListener("click", () => {
        const same = this.sort.by === head.dataset.by;
        this.sort = { by: head.dataset.by, down: same && !this.sort.down };
        this.arrange();
        this.draw();
      });
    for (const cell of document.querySelectorAll("tr[data-region] > th[scope=row]")) {
      const button = make("button", undefined, "x-name");
      button.type = "button";
      button.dataset.region = cell.parentElement.dataset.region;
      if (this.codes.has(button.dataset.region)) cell.append(button), button.append(...[...cell.childNodes].slice(0, -1));
    }
    document.addEventListener("click", (event) => {
      const spot = event.target.closest("[data-region]");
      if (!spot || spot.closest("#x") || !this.codes.has(spot.dataset.region)) return;
      if (event.target.closest("a, button, input, summary") && !event.target.closest("[data-region]:is(a, button)")) return;
      this.show(this.codes.get(spot.dataset.region));
    });
    liveRows = () => this.csv();
  }

  // Change the state, and show it in the next frame.
  changed(use, held) {
    use();
    this.held = held;
    this.complaint = "";
    if (!this.due)
      this.due = requestAnimationFrame(() => {
        this.due = 0;
        this.update();
      });
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      this.say();
      history.replaceState(null, "", `#${this.fragment}`);
    }, 300);
  }

  // Scoring and drawing -------------------------------------------------------------------------------------------

  score() {
    return this.engine.run(this.year, this.variant, this.aggregate, this.local, this.rank);
  }

  update() {
    this.refused = this.score();
    if (!this.refused) this.arrange();
    this.draw();
    this.drawControls();
    this.drawProfile();
  }

  drawControls() {
    const local = this.local;
    const shares = this.nodes.map(() => 1);
    this.engine.kids.forEach((kids, node) => kids.forEach((kid) => (shares[kid] = shares[node] * local[kid])));
    for (const [node, { slider, number, lock, share }] of this.controls) {
      const percent = 100 * local[node];
      if (slider !== this.held) put(slider, "value", String(percent));
      if (slider === this.held && Math.abs(slider.valueAsNumber - percent) > 0.6) slider.value = String(percent);
      if (number !== this.typed) put(number, "value", String(Number(percent.toFixed(1)))); // typing is not interrupted
      put(share, "textContent", `${(100 * shares[node]).toFixed(1)} %`);
      const fixed = this.locked.has(node) || !this.free(node).length;
      put(slider, "disabled", fixed);
      put(number, "disabled", fixed);
      put(slider, "ariaValueText", `${percent.toFixed(1)} %`);
      const pressed = String(this.locked.has(node));
      if (lock.getAttribute("aria-pressed") !== pressed) lock.setAttribute("aria-pressed", pressed);
    }
    const base = this.presets.get(this.preset).weights;
    by("preset").value = this.weights.every((weight, node) => weight === base[node]) ? this.preset : "";
    if (by("year")) by("year").value = String(this.data.years[this.year]);
    if (by("normalise")) by("normalise").value = this.data.variants[this.variant][0];
    if (by("aggregate")) by("aggregate").value = this.aggregate;
  }

  row(at) {
    return this.engine.starts[this.year] + at;
  }

  name(at) {
    return this.names[this.region[this.row(at)]];
  }

  // The rows to show, in order.
  arrange() {
    const { sort, rank } = this;
    const wanted = by("search").value.trim().toLowerCase();
    let list = this.engine.order.subarray(0, this.engine.sizes[this.year]);
    if (wanted) list = list.filter((at) => this.lower[this.region[this.row(at)]].includes(wanted));
    if (sort.by === "rank" || sort.by === "score") {
      if (sort.down) list = list.slice().reverse();
    } else {
      const move = (at) => (this.published[this.row(at)] && rank[at] ? this.published[this.row(at)] - rank[at] : -Infinity);
      const was = (at) => this.published[this.row(at)] || Infinity;
      const sign = sort.down ? -1 : 1;
      if (!this.alphabet && sort.by === "name") {
        const collator = new Intl.Collator(document.documentElement.lang);
        const codes = [...this.names.keys()].sort((a, b) => collator.compare(this.names[a], this.names[b]));
        this.alphabet = new Int32Array(codes.length);
        codes.forEach((code, place) => (this.alphabet[code] = place));
      }
      const key = { name: (at) => this.alphabet[this.region[this.row(at)]], move: (at) => -move(at), was }[sort.by];
      const keys = new Float64Array(rank.length);
      for (const at of list) keys[at] = key(at);
      list = list.slice().sort((a, b) => sign * (keys[a] - keys[b] || 0));
    }
    this.list = list;
    put(by("found"), "textContent", wanted ? fill(words.found, list.length, this.engine.sizes[this.year]) : "");
    for (const head of document.querySelectorAll("#x-rows thead th")) {
      const wants = head.dataset.by === sort.by ? (sort.down ? "descending" : "ascending") : null;
      if (wants === null) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", wants);
    }
  }

  line(body) {
    const row = body.insertRow();
    const cells = [0, 1, 2, 3, 4].map((column) => {
      const cell = make(column === 2 ? "th" : "td");
      if (column === 2) cell.scope = "row";
      row.append(cell);
      return cell;
    });
    const mark = make("span");
    const read = make("span", undefined, "x-read");
    mark.setAttribute("aria-hidden", "true");
    cells[1].append(mark, read);
    const pin = make("button", undefined, "x-pin");
    const name = make("button", undefined, "x-name");
    pin.type = name.type = "button";
    cells[2].append(pin, name);
    const found = { row, cells, mark, read, pin, name, at: -1 };
    name.addEventListener("click", () => this.show(this.region[this.row(found.at)]));
    pin.addEventListener("click", () =>
      this.changed(() => {
        const code = this.region[this.row(found.at)];
        this.pinned = this.pinned === code ? -1 : code;
      }),
    );
    return found;
  }

  // Fill a line of the table with a row of the year.
  write(line, at) {
    const rank = this.rank[at];
    const was = this.published[this.row(at)];
    const move = rank && was ? was - rank : 0;
    const code = this.region[this.row(at)];
    const score = this.engine.score[0][at];
    const name = this.names[code];
    line.at = at;
    put(line.cells[0], "textContent", rank ? String(rank) : "—");
    put(line.mark, "textContent", move > 0 ? `▲ ${move}` : move < 0 ? `▼ ${-move}` : rank && was ? "＝" : "—");
    put(line.mark, "className", move > 0 ? "x-up" : move < 0 ? "x-down" : "");
    put(line.read, "textContent", this.movement(rank, was));
    put(line.name, "textContent", name);
    put(line.name, "title", `${name} (${this.data.regions[code][0]})`);
    put(line.cells[3], "textContent", rank ? score.toFixed(2) : "—");
    put(line.cells[4], "textContent", was ? String(was) : "—");
    put(line.pin, "ariaPressed", String(code === this.pinned));
    put(line.pin, "ariaLabel", `${code === this.pinned ? words.unpin : words.pin} ${name}`);
    put(line.row, "className", code === this.open ? "x-chosen" : "");
  }

  movement(rank, was) {
    if (!rank || !was) return words.unranked;
    return rank < was ? fill(words.up, was - rank) : rank > was ? fill(words.down, rank - was) : words.same;
  }

  draw() {
    const frame = by("rows");
    const error = by("error");
    put(frame, "ariaBusy", String(Boolean(this.refused)));
    frame.style.opacity = this.refused ? "0.35" : "";
    const needed = (this.engine.sizes[this.year] + 1 + (this.at(this.pinned) >= 0)) * ROW + 2;
    put(frame.style, "maxHeight", `${needed}px`);
    error.hidden = !this.refused && !this.complaint;
    if (this.refused) {
      const { node, kid } = this.refused;
      const said = fill(words.refused, this.data.methods[this.engine.call(node, this.aggregate)], apart(this.nodes[kid].name));
      put(error, "textContent", said);
      return;
    }
    put(error, "textContent", this.complaint || "");
    const room = this.paper ? PAPER : Math.ceil((frame.clientHeight || 544) / ROW) + 1;
    const body = by("window");
    if (this.pool.length > 2 * room) for (const line of this.pool.splice(room)) line.row.remove();
    while (this.pool.length < Math.min(room, this.list.length)) this.pool.push(this.line(body));
    const above = this.paper ? 0 : Math.floor(frame.scrollTop / ROW);
    const first = Math.max(0, Math.min(above, this.list.length - room));
    this.pool.forEach((line, i) => {
      const there = i < room && first + i < this.list.length;
      put(line.row, "hidden", !there);
      if (!there) return;
      this.write(line, this.list[first + i]);
      line.row.setAttribute("aria-rowindex", first + i + 2);
    });
    body.parentElement.setAttribute("aria-rowcount", this.list.length + 1);
    const shown = Math.min(room, this.list.length);
    const space = (id, rows) => {
      put(by(id), "hidden", rows <= 0);
      by(id).rows[0].cells[0].style.height = `${Math.max(0, rows) * ROW}px`;
    };
    space("above", first);
    space("below", this.list.length - first - shown);
    const at = this.at(this.pinned);
    put(this.pinnedRow.row, "hidden", at < 0);
    if (at >= 0) this.write(this.pinnedRow, at);
  }

  // Place of a region among the year's rows, -1 where it has none.
  at(code) {
    if (code < 0) return -1;
    const start = this.engine.starts[this.year];
    return this.region.subarray(start, start + this.engine.sizes[this.year]).indexOf(code);
  }

  // Profile -------------------------------------------------------------------------------------------------------

  show(code) {
    this.changed(() => (this.open = code));
    this.update();
    const panel = by("profile");
    panel.scrollIntoView({ block: "start" });
    panel.focus({ preventScroll: true });
  }

  drawProfile() {
    const panel = by("profile");
    const at = this.at(this.open);
    if (at < 0) {
      if (panel.dataset.open) panel.replaceChildren(make("p", words.choose, "x-note"));
      delete panel.dataset.open;
      return;
    }
    if (this.refused) return;
    panel.dataset.open = "1";
    const { year, variant, aggregate, local, rank, published } = this;
    showProfile(panel, this.engine, {
      year, variant, aggregate, local, rank, published,
      years: this.data.years,
      name: (row) => this.names[this.region[row]],
      open: (other) => this.show(this.region[this.row(other)]),
      close: () => this.changed(() => (this.open = -1)),
      trend: (row) => this.trend(this.region[row]),
    }, at);
  }

  // Score and rank of a region in every year under the present choices.
  trend(code) {
    if (this.data.years.length < 2) return [];
    const local = this.local;
    const rank = new Int32Array(this.rank.length);
    const points = this.data.years.map((year, place) => {
      const start = this.engine.starts[place];
      const at = this.region.subarray(start, start + this.engine.sizes[place]).indexOf(code);
      const refused = at < 0 || this.engine.run(place, this.variant, this.aggregate, local, rank);
      const score = refused ? NaN : this.engine.score[0][at];
      return { year, score, rank: refused ? 0 : rank[at], was: at < 0 ? 0 : this.published[start + at] };
    });
    this.score();
    return points.filter((point) => Number.isFinite(point.score));
  }

  // Words and files -----------------------------------------------------------------------------------------------

  // Tell in a sentence what the present choices change.
  say() {
    if (this.refused) return;
    const count = this.engine.sizes[this.year];
    let changes = 0;
    let most = -1;
    const move = (at) => this.published[this.row(at)] - this.rank[at];
    for (let at = 0; at < count; at++) {
      if (!this.rank[at] || !this.published[this.row(at)] || !move(at)) continue;
      changes++;
      if (most < 0 || Math.abs(move(at)) > Math.abs(move(most))) most = at;
    }
    const first = this.engine.order[0];
    const parts = [this.rank[first] ? fill(words.leader, apart(this.name(first)), this.engine.score[0][first].toFixed(2)) : words.nobody];
    if (!changes) parts.push(words.nothing_moved);
    else {
      parts.push(fill(words.moved, changes));
      parts.push(fill(words.most, apart(this.name(most)), this.movement(this.rank[most], this.published[this.row(most)])));
    }
    const text = parts.join(" ");
    const live = by("live");
    if (live.textContent === text) return;
    live.textContent = text;
    live.classList.remove("x-flash");
    void live.offsetWidth;
    live.classList.add("x-flash");
  }

  export() {
    const name = `${this.data.id}-weights.toml`;
    save(name, this.toml(), "application/toml");
    by("live").textContent = fill(words.exported, name) + (this.settings ? ` ${fill(words.with_options, this.settings)}` : "");
  }

  copy() {
    history.replaceState(null, "", `#${this.fragment}`);
    const said = (key) => (by("live").textContent = words[key]);
    if (!navigator.clipboard) return said("not_copied");
    return navigator.clipboard.writeText(location.href).then(() => said("copied"), () => said("not_copied"));
  }

  csv() {
    const year = this.data.years[this.year];
    const head = [words.year, "id", words.region, words.score, words.rank, words.was];
    const line = (at) => [
      year, this.data.regions[this.region[this.row(at)]][0], this.name(at),
      this.rank[at] ? this.engine.score[0][at] : "", this.rank[at] || "", this.published[this.row(at)] || "",
    ];
    return [head, ...[...this.list].map(line)];
  }

  // What tests and the curious ask for: the ranking as numbers, and how long scoring and drawing take.
  ranking() {
    const count = this.engine.sizes[this.year];
    return Array.from({ length: count }, (_, at) => [
      this.data.regions[this.region[this.row(at)]][0],
      Number.isFinite(this.engine.score[0][at]) ? this.engine.score[0][at] : null,
      this.rank[at],
    ]);
  }

  time(draws = true) {
    const start = performance.now();
    if (draws) {
      this.update();
      void by("rows").offsetHeight;
    } else this.score();
    return performance.now() - start;
  }
}

// Set a property only where it changes, which saves the browser work.
function put(element, property, value) {
  if (element[property] !== value) element[property] = value;
}

if (content.explorer) {
  const page = new Explorer(content.explorer);
  globalThis.equindex = { ranking: () => page.ranking(), time: (draws) => page.time(draws), toml: () => page.toml() };
}
