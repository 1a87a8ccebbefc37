"""Batches against Polars, DuckDB and pandas in chunks: min-max, mean, rank within the year, Parquet to Parquet.

    python benchmarks/bench_batch.py [--rows 10_000_000] [--columns 30] [--runs 3]

Every run is a process of its own, contestants take turns. Seconds are those of the work, without starting Python;
memory is the most that the process held. Reading the values twice and nothing else is the limit. On the smallest table
indices and ranks of all contestants are held against ours.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

from _harness import header

GROUP = 1 << 18
HEAD = """
import json, resource, sys, time
source, out, columns = sys.argv[1], sys.argv[2], [f"i{k}" for k in range(int(sys.argv[3]))]
"""
TAIL = """
print(json.dumps([took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
OURS = """
from equindex import batch
from equindex.framework import Framework
content = {"id": "x", "methods": {"normalise": "minmax"}, "indicator": [{"id": c} for c in columns]}
framework = Framework.from_dict({"framework": content, "regions": [], "weights": None})
start = time.perf_counter()
batch.run(framework, source, out, footer=%s, workers=%s)
took = time.perf_counter() - start
"""
CONTESTANTS = {
    "batch, two passes": OURS % (False, 2),
    "batch, footers": OURS % (True, 2),
    "batch, two passes, one worker": OURS % (False, 1),
    "Polars streaming": """
import polars as pl
start = time.perf_counter()
lazy = pl.scan_parquet(source)
low, high = ([getattr(pl.col(c), f)().alias(f[1] + c) for c in columns] for f in ("min", "max"))
ends = lazy.select(low + high)
ends = ends.collect(engine="streaming").row(0, named=True)
score = sum((pl.col(c) - ends["i" + c]) * (100 / (ends["a" + c] - ends["i" + c]) / len(columns)) for c in columns)
lazy.select("region", "year", score.alias("index")).sink_parquet(out + ".parquet", engine="streaming")
again = pl.scan_parquet(out + ".parquet")
again.with_columns(pl.col("index").rank("min", descending=True).over("year")).sink_parquet(out + "r.parquet")
took = time.perf_counter() - start
""",
    "DuckDB": """
import duckdb
start = time.perf_counter()
db = duckdb.connect()
db.execute("set threads = 2; set preserve_insertion_order = false; set memory_limit = '2GB'")
ends = db.execute("select " + ", ".join(f"min({c}), max({c})" for c in columns) + f" from '{source}'").fetchone()
terms = [f"({c} - {l!r}) * {100 / (h - l) / len(columns)!r}" for c, l, h in zip(columns, ends[::2], ends[1::2])]
db.execute(f"copy (select region, year, {' + '.join(terms)} as score from '{source}') to '{out}.parquet'")
db.execute(f"copy (select region, year, rank() over (partition by year order by score desc) as rank "
           f"from '{out}.parquet') to '{out}r.parquet'")
took = time.perf_counter() - start
""",
    "pandas in chunks": """
import numpy as np, pandas as pd, pyarrow as pa, pyarrow.parquet as pq
start = time.perf_counter()
low = high = None
for b in pq.ParquetFile(source).iter_batches(1 << 18, columns=columns):
    f = b.to_pandas()
    low = f.min() if low is None else np.minimum(low, f.min())
    high = f.max() if high is None else np.maximum(high, f.max())
parts, writer = [], None
for b in pq.ParquetFile(source).iter_batches(1 << 18):
    f = b.to_pandas()
    f = f[["region", "year"]].assign(index=((f[columns] - low) / (high - low) * 100).mean(axis=1))
    parts.append(f[["year", "index"]])
    t = pa.Table.from_pandas(f, preserve_index=False)
    writer = writer or pq.ParquetWriter(out + ".parquet", t.schema)
    writer.write_table(t)
writer.close()
f = pd.concat(parts)
f.groupby("year")["index"].rank(method="min", ascending=False).to_frame().to_parquet(out + "r.parquet")
took = time.perf_counter() - start
""",
    "reading twice": """
import pyarrow.parquet as pq
start = time.perf_counter()
for _ in range(2):
    for b in pq.ParquetFile(source).iter_batches(1 << 16, columns=columns):
        pass
took = time.perf_counter() - start
""",
}


def generate(path: Path, rows: int, columns: int) -> None:
    """Write regions of four years, a row group at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng, writer = np.random.default_rng(1), None
    for start in range(0, rows, GROUP):
        size = min(GROUP, rows - start)
        values = {f"i{k}": rng.gamma(2.0, 10.0, size) for k in range(columns)}
        region = [f"{at:012d}" for at in range(start, start + size)]
        table = pa.table({"region": region, "year": np.full(size, 2020 + 4 * start // rows)} | values)
        writer = writer or pq.ParquetWriter(path, table.schema, use_dictionary=["region"])
        writer.write_table(table)
    if writer is not None:
        writer.close()


def outcome(out: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of all regions, and their ranks, in the order of the regions' codes where these are told."""
    import pandas as pd

    ours = (out / "scores").exists()
    scores = pd.read_parquet(out / "scores" if ours else f"{out}.parquet").sort_values("region")
    ranks = pd.read_parquet(out / "ranks" if ours else f"{out}r.parquet")
    ranks = ranks.sort_values("region") if "region" in ranks else ranks
    named = next(name for name in ("index", "score") if name in scores)
    return scores[named].to_numpy(), ranks[
        next(name for name in ("rank", "index") if name in ranks)
    ].to_numpy()


def check(source: Path, columns: int, folder: Path) -> None:
    """Stop unless all contestants find the same."""
    wanted: tuple[np.ndarray, np.ndarray] | None = None
    for contestant, code in CONTESTANTS.items():
        if contestant != "reading twice":
            measure(code, source, columns, folder, keep=True)
            found = outcome(folder / "work" / "out")
            wanted = wanted or found
            np.testing.assert_allclose(found[0], wanted[0], rtol=1e-12)
            apart = np.count_nonzero(found[1] != wanted[1])
            assert apart <= len(found[1]) // 100_000, (
                f"{contestant}: {apart} ranks differ"
            )  # ties by rounding
    print(f"all contestants give the same indices and ranks of {len(found[0]):,} rows")


def measure(
    code: str, source: Path, columns: int, folder: Path, *, keep: bool = False
) -> tuple[float, float]:
    """Run one contestant in a process of its own; return seconds and MB."""
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    words = [sys.executable, "-c", HEAD + code + TAIL, str(source), str(work / "out"), str(columns)]
    took, peak = json.loads(
        subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip().splitlines()[-1]
    )
    if not keep:
        shutil.rmtree(work)
    return took, peak


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    header()
    ours = "batch, two passes"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes, growth = [given.rows // 10, 3 * given.rows // 10, given.rows], []
        for rows in sizes:
            source = folder / f"{rows}.parquet"
            generate(source, rows, given.columns)
            if rows == sizes[0]:
                check(source, given.columns, folder)
            chosen = CONTESTANTS if rows == sizes[-1] else {ours: CONTESTANTS[ours]}
            found: dict[str, list[tuple[float, float]]] = {contestant: [] for contestant in chosen}
            for _ in range(given.runs):
                for contestant, code in chosen.items():
                    found[contestant].append(measure(code, source, given.columns, folder))
            growth.append(
                (rows, median(took for took, _ in found[ours]), max(peak for _, peak in found[ours]))
            )
            source.unlink()
        print(
            f"\n{given.rows:,} rows x {given.columns}, median of {given.runs} interleaved runs, each a process"
        )
        for contestant, runs in found.items():
            ratio = [took / own for (took, _), (own, _) in zip(runs, found[ours], strict=True)]
            print(
                f"  {contestant:30} {median(took for took, _ in runs):7.2f} s  {median(ratio):5.2f}x of ours "
                f"[{min(ratio):.2f} to {max(ratio):.2f}]  {max(peak for _, peak in runs):6.0f} MB"
            )
        slope = math.log(growth[-1][1] / growth[0][1]) / math.log(growth[-1][0] / growth[0][0])
        for rows, took, peak in growth:
            print(f"  {rows:>12,} rows {took:7.2f} s {peak:6.0f} MB")
        print(f"  exponent over rows {slope:.2f}")


if __name__ == "__main__":
    main()
