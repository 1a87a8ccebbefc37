// Packed columns back to numbers; scores to ranks, by the engine's rules for ties.

const bytesOf = (text) => {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes.buffer;
};

const floatsOf = (text) => new Float64Array(bytesOf(text));
const integersOf = (text) => new Int32Array(bytesOf(text));

function columnOf(packed) {
  if (packed.f8 !== undefined) return floatsOf(packed.f8);
  if (packed.f4 !== undefined) return Float64Array.from(new Float32Array(bytesOf(packed.f4)));
  const whole = integersOf(packed.i4);
  const unit = 10 ** packed.p;
  return Float64Array.from(whole, (value) => (value === -2147483648 ? NaN : value / unit));
}

// Nearest integer, halves to even.
function rint(value) {
  if (!(Math.abs(value) < 4503599627370496)) return value;
  const low = Math.floor(value);
  const over = value - low;
  return over < 0.5 || (over === 0.5 && low % 2 === 0) ? low : low + 1;
}

// Scores as they are ranked: rounded to `decimals`, or (null) to twelve digits of the largest, so that rounding errors
// make no ranks.
function tied(score, count, decimals, keys) {
  if (decimals !== null) {
    const unit = Number(`1e${decimals}`);
    for (let r = 0; r < count; r++) keys[r] = rint(score[r] * unit) / unit;
    return;
  }
  let largest = 0;
  for (let r = 0; r < count; r++) {
    const size = Math.abs(score[r]);
    if (size > largest) largest = size;
  }
  const unit = Number(`1e${12 - Math.ceil(Math.log10(largest))}`);
  const usable = largest > 0 && Number.isFinite(unit);
  for (let r = 0; r < count; r++) keys[r] = usable ? rint(score[r] * unit) : score[r];
}

class Ranker {
  constructor(most) {
    this.keys = new Float64Array(most);
    this.words = new Uint32Array(this.keys.buffer);
    this.high = new Uint32Array(most);
    this.low = new Uint32Array(most);
    this.order = new Uint32Array(most);
    this.other = new Uint32Array(most);
    this.counts = new Uint32Array(6 * 2048);
  }

  // Fill `rank` (1 is best, equals share the better rank, 0 is unranked); return the order, the best first.
  rank(score, count, decimals, rank) {
    const { keys, words, high, low, counts } = this;
    let { order, other } = this;
    tied(score, count, decimals, keys);
    counts.fill(0);
    let scored = 0;
    for (let r = 0; r < count; r++) {
      if (keys[r] !== keys[r]) continue;
      keys[r] = -keys[r] + 0;
      let h = words[2 * r + 1];
      let l = words[2 * r];
      if (h >>> 31) {
        h = ~h >>> 0;
        l = ~l >>> 0;
      } else h = (h | 0x80000000) >>> 0;
      high[r] = h;
      low[r] = l;
      order[scored++] = r;
      counts[l & 2047]++;
      counts[2048 + ((l >>> 11) & 2047)]++;
      counts[4096 + (((l >>> 22) | (h << 10)) & 2047)]++;
      counts[6144 + ((h >>> 1) & 2047)]++;
      counts[8192 + ((h >>> 12) & 2047)]++;
      counts[10240 + (h >>> 23)]++;
    }
    for (let pass = 0; pass < 6; pass++) {
      const base = pass * 2048;
      let sum = 0;
      let alone = false;
      for (let i = 0; i < 2048; i++) {
        const count = counts[base + i];
        if (count === scored) alone = true;
        counts[base + i] = sum;
        sum += count;
      }
      if (alone) continue;
      for (let i = 0; i < scored; i++) {
        const r = order[i];
        const l = low[r];
        const h = high[r];
        const digit =
          pass === 0 ? l & 2047
          : pass === 1 ? (l >>> 11) & 2047
          : pass === 2 ? ((l >>> 22) | (h << 10)) & 2047
          : pass === 3 ? (h >>> 1) & 2047
          : pass === 4 ? (h >>> 12) & 2047
          : h >>> 23;
        other[counts[base + digit]++] = r;
      }
      [order, other] = [other, order];
    }
    this.order = order;
    this.other = other;
    rank.fill(0, 0, count);
    for (let i = 0; i < scored; i++) {
      const r = order[i];
      rank[r] = i && keys[r] === keys[order[i - 1]] ? rank[order[i - 1]] : i + 1;
    }
    let last = scored;
    for (let r = 0; r < count; r++) if (keys[r] !== keys[r]) order[last++] = r;
    return order;
  }
}

// Ranks of a column, 1 the lowest, equals sharing their mean.
function midranks(column, from, to) {
  const place = [];
  for (let r = from; r < to; r++) if (column[r] === column[r]) place.push(r);
  place.sort((a, b) => column[a] - column[b]);
  const found = new Float64Array(to - from).fill(NaN);
  for (let i = 0; i < place.length; ) {
    let j = i;
    while (j < place.length && column[place[j]] === column[place[i]]) j++;
    for (let k = i; k < j; k++) found[place[k] - from] = (i + j + 1) / 2;
    i = j;
  }
  return found;
}
