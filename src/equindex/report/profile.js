// A region's profile: what its score is made of, where it is ahead and behind, who is like it, its years.

const SVG = "http://www.w3.org/2000/svg";
const shownNumber = (value, digits = 2) => (Number.isFinite(value) ? value.toFixed(digits) : "—");
const brief = (value) => (value === null ? "—" : Number.isFinite(value) ? String(Number(value.toPrecision(6))) : words.missing);

function tableOf(name, caption, heads, rows, titled = false) {
  const table = make("table", undefined, "x-table");
  table.dataset.csv = name;
  table.append(make("caption", caption, titled ? "x-read" : ""));
  const head = table.createTHead().insertRow();
  for (const text of heads) {
    const cell = make("th", text);
    cell.scope = "col";
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((part, column) => {
      const cell = make(column ? "td" : "th");
      if (!column) cell.scope = "row";
      if (part instanceof Node) cell.append(part);
      else if (typeof part === "object") {
        cell.textContent = part.text;
        cell.dataset.value = Number.isFinite(part.value) ? part.value : "";
        if (part.bar !== undefined) barIn(cell, part.bar);
      } else cell.append(make("bdi", part));
      line.append(cell);
    });
  }
  const frame = make("div", undefined, "x-scroll");
  frame.append(table);
  tools(table);
  frame.tabIndex = 0;
  return frame;
}

function barIn(cell, share) {
  const bar = make("span", undefined, share < 0 ? "x-mark x-minus" : "x-mark");
  bar.style.width = `${Math.min(1, Math.abs(share)) * 4}em`;
  bar.setAttribute("aria-hidden", "true");
  cell.append(" ", bar);
}

const number = (value, digits) => ({ text: shownNumber(value, digits), value });

// Mean score of each indicator over the rows of a year.
function means(engine, year, variant) {
  return engine.x.map((_, leaf) => {
    const column = engine.column(variant, leaf);
    let sum = 0;
    let count = 0;
    for (let r = engine.starts[year]; r < engine.starts[year] + engine.sizes[year]; r++)
      if (column[r] === column[r]) {
        sum += column[r];
        count++;
      }
    return count ? sum / count : NaN;
  });
}

// The rows of the year whose indicator scores are nearest, by weighted root mean square over what both have.
function similar(engine, year, variant, shares, at, most = 5) {
  const start = engine.starts[year];
  const count = engine.sizes[year];
  const sum = new Float64Array(count);
  const weight = new Float64Array(count);
  engine.nodes.forEach((node, place) => {
    if (node.leaf < 0 || !(shares[place] > 0)) return;
    const column = engine.column(variant, node.leaf);
    const own = column[start + at];
    if (own !== own) return;
    for (let r = 0; r < count; r++) {
      const gap = column[start + r] - own;
      if (gap === gap) {
        sum[r] += shares[place] * gap * gap;
        weight[r] += shares[place];
      }
    }
  });
  return [...sum.keys()]
    .filter((r) => r !== at && weight[r] > 0.5)
    .map((r) => [r, Math.sqrt(sum[r] / weight[r])])
    .sort((a, b) => a[1] - b[1])
    .slice(0, most);
}

function chartOf(points) {
  const known = points.filter((point) => Number.isFinite(point.score));
  if (known.length < 2) return null;
  const [low, high] = [Math.min(...known.map((p) => p.score)), Math.max(...known.map((p) => p.score))];
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 300 90");
  svg.setAttribute("class", "x-trend");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", known.map((p) => `${p.year}: ${shownNumber(p.score)}`).join(", "));
  const [first, last] = [known[0].year, known[known.length - 1].year];
  const place = (p) => [20 + (260 * (p.year - first)) / (last - first), 65 - (50 * (p.score - low)) / (high - low || 1)];
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute("points", known.map((p) => place(p).join(",")).join(" "));
  svg.append(line);
  for (const p of known) {
    const [x, y] = place(p);
    const dot = document.createElementNS(SVG, "circle");
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
    dot.setAttribute("r", 3);
    svg.append(dot);
  }
  for (const p of [known[0], known[known.length - 1]]) {
    const [x, y] = place(p);
    for (const [text, height] of [[p.year, 84], [shownNumber(p.score, 1), y - 7]]) {
      const label = document.createElementNS(SVG, "text");
      label.setAttribute("x", x);
      label.setAttribute("y", height);
      label.textContent = text;
      svg.append(label);
    }
  }
  return svg;
}

function listOf(title, items) {
  const box = make("div");
  box.append(make("h4", title));
  const list = make("ul");
  for (const item of items.length ? items : [words.none]) {
    const line = make("li");
    line.append(item instanceof Node ? item : make("span", item));
    list.append(line);
  }
  box.append(list);
  return box;
}

// Show the profile of a row of the year; `view` names regions, ranks, and opens others.
function showProfile(panel, engine, view, at) {
  const { year, variant, aggregate, local } = view;
  const { score, amount, effective } = engine.explain(year, variant, aggregate, local, at);
  const average = means(engine, year, variant);
  const row = engine.starts[year] + at;
  const name = view.name(row);
  const title = make("h3");
  title.append(make("bdi", name));
  const close = make("button", words.close);
  close.type = "button";
  close.addEventListener("click", view.close);
  const said = Number.isFinite(score[0])
    ? fill(words.ranked, view.years[year], shownNumber(score[0]), view.rank[at], view.published[row] || "—")
    : fill(words.no_score, view.years[year], shownNumber(engine.coverage[0][at]));
  const leaves = engine.nodes
    .map((node, place) => ({ node, place }))
    .filter(({ node }) => node.leaf >= 0 && !node.hidden)
    .map(({ node, place }) => ({
      name: node.name,
      unit: node.unit,
      value: engine.value(node.leaf, row),
      score: score[place],
      weight: effective[place],
      amount: Number.isFinite(score[0]) ? amount[place] : NaN,
      lead: Number.isFinite(score[0] + score[place]) ? effective[place] * (score[place] - average[node.leaf]) : 0,
    }));
  const most = Math.max(...leaves.map((leaf) => Math.abs(leaf.amount) || 0), 1e-300);
  const rows = [...leaves]
    .sort((a, b) => b.amount - a.amount || 0)
    .map((leaf) => [
      leaf.name,
      { text: leaf.unit && Number.isFinite(leaf.value) ? `${brief(leaf.value)} ${leaf.unit}` : brief(leaf.value), value: leaf.value },
      number(leaf.score),
      { text: `${shownNumber(100 * leaf.weight, 1)} %`, value: leaf.weight },
      { ...number(leaf.amount), bar: leaf.amount / most || 0 },
      number(leaf.lead),
    ]);
  const lines = (chosen) => chosen.slice(0, 5).map((leaf) => fill(words.lead_of, apart(leaf.name), `${leaf.lead > 0 ? "+" : "−"}${shownNumber(Math.abs(leaf.lead))}`));
  const ahead = leaves.filter((leaf) => leaf.lead > 0).sort((a, b) => b.lead - a.lead);
  const behind = leaves.filter((leaf) => leaf.lead < 0).sort((a, b) => a.lead - b.lead);
  const shares = engine.nodes.map(() => 1);
  engine.kids.forEach((kids, node) => kids.forEach((kid) => (shares[kid] = shares[node] * local[kid])));
  const near = similar(engine, year, variant, shares, at).map(([other, gap]) => {
    const button = make("button", view.name(engine.starts[year] + other), "x-name");
    button.type = "button";
    button.addEventListener("click", () => view.open(other));
    const line = make("span");
    line.append(button, ` ${words.distance} ${shownNumber(gap, 1)}`);
    return line;
  });
  const parts = make("div", undefined, "x-sides");
  parts.append(listOf(words.strengths, lines(ahead)), listOf(words.shortfalls, lines(behind)), listOf(words.similar, near));
  panel.replaceChildren(title, close, make("p", said), parts);
  panel.append(
    tableOf("profile", words.contributions, [words.indicator, words.value, words.leaf_score, words.weight, words.contribution, words.lead], rows),
  );
  const points = view.trend(row);
  if (points.length > 1) {
    panel.append(make("h4", words.trend));
    const chart = chartOf(points);
    if (chart) panel.append(chart);
    panel.append(
      tableOf("trend", words.trend, [words.year, words.score, words.rank, words.was],
        points.map((p) => [String(p.year), number(p.score), { text: String(p.rank || "—"), value: p.rank || NaN }, { text: String(p.was || "—"), value: p.was || NaN }]), true),
    );
  }
}
