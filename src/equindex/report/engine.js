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
    this.x = data.x.map(columnOf);
    this.shown = data.shown;
    this.codes = data.z;
    this.z = data.z.map(() => []);
    this.forms = new Map();
    this.holed = this.starts.map(() => []);
    const most = Math.max(...data.sizes);
    this.score = data.nodes.map(() => new Float64Array(most));
    this.coverage = data.nodes.map(() => new Float64Array(most));
    this.share = new Float64Array(most);
    this.lost = new Uint8Array(most);
    this.ranker = new Ranker(most);
  }

  value(leaf, row) {
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

  // A column as a mean sums it up: itself, its logarithms or its reciprocals; `least` is its smallest score.
  form(variant, leaf, call) {
    const key = `${variant} ${leaf} ${call}`;
    let found = this.forms.get(key);
    if (!found) {
      const column = this.column(variant, leaf);
      let least = Infinity;
      for (let r = 0; r < this.rows; r++) if (column[r] < least) least = column[r];
      let values = column;
      if (call === "geometric") values = column.map(Math.log);
      if (call === "harmonic") values = column.map((value) => 1 / value);
      found = { values, least };
      this.forms.set(key, found);
    }
    return found;
  }

  // Whether an indicator has gaps in a year; the same in every normalisation.
  gaps(year, leaf) {
    const known = this.holed[year][leaf];
    if (known !== undefined) return known;
    const column = this.column(0, leaf);
    let found = false;
    for (let r = this.starts[year]; r < this.starts[year] + this.sizes[year] && !found; r++) found = column[r] !== column[r];
    this.holed[year][leaf] = found;
    return found;
  }

  call(node, aggregate) {
    return aggregate && !this.nodes[node].own ? aggregate : this.nodes[node].call;
  }

  // Score every node in the rows of a year; return null, or the node and child where a mean refuses a score.
  roll(year, variant, aggregate, local) {
    const start = this.starts[year];
    const count = this.sizes[year];
    const complete = this.nodes.every((node) => node.leaf < 0 || !this.gaps(year, node.leaf));
    this.complete = complete;
    for (let node = this.nodes.length - 1; node >= 0; node--) {
      const kids = this.kids[node];
      if (!kids.length) continue;
      const call = this.call(node, aggregate);
      const out = this.score[node];
      const { share, lost } = this;
      const coverage = this.coverage[node];
      out.fill(0, 0, count);
      if (!complete) {
        coverage.fill(0, 0, count);
        share.fill(0, 0, count);
        lost.fill(0, 0, count);
      }
      for (const kid of kids) {
        const weight = local[kid];
        const leaf = this.nodes[kid].leaf;
        let values;
        let offset = 0;
        if (leaf >= 0) {
          const form = this.form(variant, leaf, call);
          if (weight > 0 && call !== "arithmetic" && form.least <= 0) return { node, kid };
          values = form.values;
          offset = start;
        } else {
          values = this.score[kid];
          if (call !== "arithmetic") {
            values = new Float64Array(count);
            const own = this.score[kid];
            for (let r = 0; r < count; r++) {
              if (own[r] <= 0 && weight > 0) return { node, kid };
              values[r] = call === "geometric" ? Math.log(own[r]) : 1 / own[r];
            }
          }
        }
        if (complete) {
          if (weight > 0) for (let r = 0; r < count; r++) out[r] += weight * values[offset + r];
          continue;
        }
        const below = leaf >= 0 ? null : this.coverage[kid];
        for (let r = 0; r < count; r++) {
          const value = values[offset + r];
          if (value === value) {
            if (weight > 0) out[r] += weight * value;
            share[r] += weight;
            coverage[r] += below === null ? weight : weight * below[r];
          } else if (weight > 0) lost[r] = 1;
        }
      }
      if (!complete) {
        const least = this.least - 1e-9;
        for (let r = 0; r < count; r++) {
          if (coverage[r] > 1) coverage[r] = 1;
          if (lost[r]) out[r] = this.rule === "propagate" ? NaN : out[r] / share[r];
          if (this.rule === "reweight" && coverage[r] < least) out[r] = NaN;
        }
      }
      if (call === "geometric") for (let r = 0; r < count; r++) out[r] = Math.exp(out[r]);
      else if (call === "harmonic") for (let r = 0; r < count; r++) out[r] = 1 / out[r];
    }
    return null;
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
