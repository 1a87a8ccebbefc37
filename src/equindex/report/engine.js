// The engine again: values normalised, rolled up the tree with missing ones reweighted, ranked.

class Engine {
  constructor(data) {
    this.nodes = data.nodes;
    this.rule = data.rule;
    this.least = data.least;
    this.decimals = data.decimals;
    this.sizes = data.sizes;
    this.starts = [];
    let start = 0;
    for (const size of data.sizes) {
      this.starts.push(start);
      start += size;
    }
    this.rows = start;
    this.kids = data.nodes.map(() => []);
    data.nodes.forEach((node, at) => {
      if (node.parent >= 0) this.kids[node.parent].push(at);
    });
    this.x = data.x.map((packed) => packed && columnOf(packed));
    this.shown = data.shown;
    this.codes = data.z;
    this.z = data.z.map(() => []);
    this.forms = new Map();
    const most = Math.max(...data.sizes);
    this.score = data.nodes.map(() => new Float64Array(most));
    this.coverage = data.nodes.map(() => new Float64Array(most));
    this.share = new Float64Array(most);
    this.lost = new Uint8Array(most);
    this.whole = data.nodes.map(() => true);
    this.ranker = new Ranker(most);
  }

  // A value on its indicator's own scale; null where values are left out of the page.
  value(leaf, row) {
    if (!this.x[leaf]) return null;
    const packed = this.shown[leaf];
    if (packed === undefined) return this.x[leaf][row];
    if (!(packed instanceof Float64Array)) this.shown[leaf] = columnOf(packed);
    return this.shown[leaf][row];
  }

  // Normalised column of an indicator, computed when it is first asked for.
  column(variant, leaf) {
    const known = this.z[variant][leaf];
    if (known) return known;
    const code = this.codes[variant][leaf];
    let column;
    if (code.of === "published") column = this.column(0, leaf);
    else if (code.of === undefined) column = columnOf(code);
    else column = this.derive(code, this.x[leaf]);
    this.z[variant][leaf] = column;
    return column;
  }

  derive(code, x) {
    const column = new Float64Array(this.rows);
    const ranks = code.of === "ranks" ? midranks(x, 0, this.rows) : null;
    this.starts.forEach((start, year) => {
      const end = start + this.sizes[year];
      const basis =
        code.of === "ranks_of_year" ? midranks(x, start, end) : (ranks || x).subarray(start, end);
      const [origin, span, length, from, least, greatest] = code.lines[code.lines.length > 1 ? year : 0];
      for (let r = start; r < end; r++) {
        const z = from + length * ((basis[r - start] - origin) / span);
        column[r] = z < least ? least : z > greatest ? greatest : z;
      }
    });
    return column;
  }

  // A column as a mean sums it up: itself, its logarithms or its reciprocals, 0 where there is none. `least` is its
  // smallest score, `holes` the rows of each year without one.
  form(variant, leaf, call) {
    const key = `${variant} ${leaf} ${call}`;
    const known = this.forms.get(key);
    if (known) return known;
    const column = this.column(variant, leaf);
    let least = Infinity;
    for (let r = 0; r < this.rows; r++) if (column[r] < least) least = column[r];
    const holes = this.starts.map((start, year) => this.holes(column, start, this.sizes[year]));
    let values = column;
    if (call === "geometric") values = column.map(Math.log);
    if (call === "harmonic") values = column.map((value) => 1 / value);
    if (holes.some((rows) => rows.length)) values = values.map((value, r) => (column[r] === column[r] ? value : 0));
    const found = { values, least, holes };
    this.forms.set(key, found);
    return found;
  }

  holes(column, start, size) {
    const rows = [];
    for (let r = 0; r < size; r++) if (column[start + r] !== column[start + r]) rows.push(r);
    return Int32Array.from(rows);
  }

  call(node, aggregate) {
    return aggregate && !this.nodes[node].own ? aggregate : this.nodes[node].call;
  }

  // Score every node in the rows of a year; return null, or the node and child where a mean refuses a score.
  roll(year, variant, aggregate, local) {
    const start = this.starts[year];
    const count = this.sizes[year];
    const { share, lost } = this;
    for (let node = this.nodes.length - 1; node >= 0; node--) {
      if (!this.kids[node].length) continue;
      const call = this.call(node, aggregate);
      const out = this.score[node].fill(0, 0, count);
      const coverage = this.coverage[node];
      const leaves = this.kids[node].filter((kid) => this.nodes[kid].leaf >= 0);
      const pillars = this.kids[node].filter((kid) => this.nodes[kid].leaf < 0);
      const forms = leaves.map((kid) => this.form(variant, this.nodes[kid].leaf, call));
      const used = leaves.filter((kid) => local[kid] > 0);
      const refused = used.find((kid) => call !== "arithmetic" && forms[leaves.indexOf(kid)].least <= 0);
      if (refused !== undefined) return { node, kid: refused };
      const columns = used.map((kid) => forms[leaves.indexOf(kid)].values.subarray(start, start + count));
      addUp(out, columns, used.map((kid) => local[kid]), count);
      const whole = forms.every(({ holes }) => !holes[year].length) && pillars.every((kid) => this.whole[kid]);
      this.whole[node] = whole;
      if (whole) {
        for (const kid of pillars) {
          const found = this.addPillar(out, kid, local[kid], call, count);
          if (!found) return { node, kid };
        }
        coverage.fill(1, 0, count);
        this.back(out, call, count);
        continue;
      }
      share.fill(leaves.reduce((sum, kid) => sum + local[kid], 0), 0, count);
      lost.fill(0, 0, count);
      leaves.forEach((kid, i) => {
        for (const r of forms[i].holes[year]) {
          share[r] -= local[kid];
          if (local[kid] > 0) lost[r] = 1;
        }
      });
      coverage.set(share.subarray(0, count));
      for (const kid of pillars) {
        const own = this.score[kid];
        if (call !== "arithmetic" && local[kid] > 0 && own.subarray(0, count).some((value) => value <= 0)) return { node, kid };
        const values = call === "geometric" ? own.map(Math.log) : call === "harmonic" ? own.map((value) => 1 / value) : own;
        addPart({ out, share, lost, coverage }, values, this.coverage[kid], local[kid], count);
      }
      this.settle(year, variant, local, node);
      this.back(out, call, count);
    }
    return null;
  }

  // Scale sums by the weight that is there, and leave unscored what too little of it covers.
  settle(year, variant, local, node) {
    const { share, lost } = this;
    const out = this.score[node];
    const coverage = this.coverage[node];
    const propagate = this.rule === "propagate";
    const least = propagate ? -1 : this.least - 1e-9;
    const count = this.sizes[year];
    for (let r = 0; r < count; r++) {
      if (lost[r]) out[r] = propagate ? NaN : out[r] / (share[r] < 0.01 ? this.present(year, variant, local, node, r) : share[r]);
      if (coverage[r] > 1) coverage[r] = 1;
      else if (coverage[r] < least) out[r] = NaN;
    }
  }

  // Add a pillar that every row has; false where the mean refuses one of its scores.
  addPillar(out, kid, weight, call, count) {
    const own = this.score[kid];
    if (!(weight > 0)) return true;
    if (call === "arithmetic") {
      addUp(out, [own], [weight], count);
      return true;
    }
    for (let r = 0; r < count; r++) {
      if (own[r] <= 0) return false;
      out[r] += weight * (call === "geometric" ? Math.log(own[r]) : 1 / own[r]);
    }
    return true;
  }

  // From what a mean sums up to the mean.
  back(out, call, count) {
    if (call === "geometric") for (let r = 0; r < count; r++) out[r] = Math.exp(out[r]);
    else if (call === "harmonic") for (let r = 0; r < count; r++) out[r] = 1 / out[r];
  }

  // Weight of the children that a row has, counted up: where little is left, what is subtracted would cost digits.
  present(year, variant, local, node, at) {
    let sum = 0;
    for (const kid of this.kids[node]) {
      const leaf = this.nodes[kid].leaf;
      const value = leaf >= 0 ? this.column(variant, leaf)[this.starts[year] + at] : this.score[kid][at];
      if (value === value) sum += local[kid];
    }
    return sum;
  }

  // Score and rank a year; the order of its rows is in `this.order`.
  run(year, variant, aggregate, local, rank) {
    const refused = this.roll(year, variant, aggregate, local);
    if (refused) return refused;
    this.order = this.ranker.rank(this.score[0], this.sizes[year], this.decimals, rank);
    return null;
  }

  // What each node contributes to a row's score, and its share of the weight; after `roll` of that year.
  explain(year, variant, aggregate, local, at) {
    const row = this.starts[year] + at;
    const size = this.nodes.length;
    const score = new Float64Array(size);
    for (let node = 0; node < size; node++) {
      const leaf = this.nodes[node].leaf;
      score[node] = leaf >= 0 ? this.column(variant, leaf)[row] : this.score[node][at];
    }
    const factor = new Float64Array(size);
    const amount = new Float64Array(size);
    const effective = new Float64Array(size);
    const there = Number.isFinite(score[0]);
    factor[0] = effective[0] = there ? 1 : 0;
    amount[0] = there ? score[0] : 0;
    for (let node = 0; node < size; node++) {
      const kids = this.kids[node].filter((kid) => Number.isFinite(score[kid]));
      const total = kids.reduce((sum, kid) => sum + local[kid], 0);
      if (!kids.length || !(total > 0)) continue;
      const weights = kids.map((kid) => local[kid] / total);
      const call = this.call(node, aggregate);
      const value = score[node];
      let parts;
      if (!Number.isFinite(value)) parts = kids.map(() => 0);
      else if (value === 0 && amount[node]) parts = weights.map((weight) => amount[node] * weight);
      else if (call === "arithmetic") parts = kids.map((kid, i) => factor[node] * weights[i] * score[kid]);
      else if (call === "geometric" && Math.abs(Math.log(value)) > 1e-9)
        parts = kids.map((kid, i) => (factor[node] * weights[i] * Math.log(score[kid]) * value) / Math.log(value));
      else parts = shapley(call, kids.map((kid) => score[kid]), weights).map((part) => factor[node] * part);
      kids.forEach((kid, i) => {
        amount[kid] = parts[i];
        factor[kid] = call === "arithmetic" && value ? factor[node] * weights[i] : score[kid] ? parts[i] / score[kid] : 0;
        effective[kid] = effective[node] * weights[i];
      });
    }
    return { score, amount, effective };
  }
}

// Add a pillar that some rows lack: its score, its weight where it is there, and how much of it is covered.
function addPart({ out, share, lost, coverage }, values, below, weight, count) {
  for (let r = 0; r < count; r++) {
    const value = values[r];
    if (value === value) {
      if (weight > 0) out[r] += weight * value;
      share[r] += weight;
      coverage[r] += weight * below[r];
    } else if (weight > 0) lost[r] = 1;
  }
}

// Add weighted columns to a sum, four at a time, which spares it three of four visits.
function addUp(sum, columns, weights, count) {
  let i = 0;
  for (; i + 3 < columns.length; i += 4) {
    const [a, b, c, d] = columns.slice(i);
    const [v, w, x, y] = weights.slice(i);
    for (let r = 0; r < count; r++) sum[r] += v * a[r] + w * b[r] + x * c[r] + y * d[r];
  }
  for (; i < columns.length; i++) {
    const column = columns[i];
    const weight = weights[i];
    for (let r = 0; r < count; r++) sum[r] += weight * column[r];
  }
}

// Shapley values of siblings under a mean: a coalition is worth the score of its members, none is worth 0.
function shapley(call, scores, weights) {
  const k = scores.length;
  if (k > 16) return scores.map(() => NaN);
  const worth = new Float64Array(2 ** k);
  const size = new Uint8Array(2 ** k);
  for (let set = 1; set < 2 ** k; set++) {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < k; i++) {
      if (!((set >> i) & 1)) continue;
      size[set]++;
      total += weights[i];
      sum += weights[i] * (call === "geometric" ? Math.log(scores[i]) : call === "harmonic" ? 1 / scores[i] : scores[i]);
    }
    if (total > 0) worth[set] = call === "geometric" ? Math.exp(sum / total) : call === "harmonic" ? total / sum : sum / total;
  }
  const factorial = [1];
  for (let i = 1; i <= k; i++) factorial.push(factorial[i - 1] * i);
  return scores.map((_, i) => {
    let value = 0;
    for (let set = 0; set < 2 ** k; set++)
      if (!((set >> i) & 1))
        value += ((factorial[size[set]] * factorial[k - size[set] - 1]) / factorial[k]) * (worth[set | (1 << i)] - worth[set]);
    return value;
  });
}
