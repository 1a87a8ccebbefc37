"""The whole path from a DataFrame to scores and tidy tables, against pandas; peak memory; start of the command."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc

import numpy as np
import pandas as pd

from _harness import compare, header
from equindex import Framework
from equindex.model import FrameworkFile, parse

REGIONS, YEARS, INDICATORS, PILLARS = 3_000, 30, 80, 8


def framework() -> Framework:
    pillars = [{"id": f"p{j}"} for j in range(PILLARS)]
    indicators = [{"id": f"i{k}", "pillar": f"p{k % PILLARS}"} for k in range(INDICATORS)]
    methods = {"normalise": {"name": "minmax", "lower": 1}, "weighting": {"name": "equal", "by": "indicator"}}
    data = {"id": "bench", "methods": methods, "pillar": pillars, "indicator": indicators}
    return Framework(model=parse(FrameworkFile, data, "bench"))


def table(missing: float = 0.0) -> pd.DataFrame:
    random = np.random.default_rng(1)
    x = random.uniform(1, 100, (REGIONS * YEARS, INDICATORS))
    x[random.random(x.shape) < missing] = np.nan
    frame = pd.DataFrame(x, columns=[f"i{k}" for k in range(INDICATORS)])
    frame.insert(0, "year", np.repeat(np.arange(1990, 1990 + YEARS), REGIONS))
    frame.insert(0, "region", np.tile([f"r{k:05d}" for k in range(REGIONS)], YEARS))
    return frame


def by_pandas(frame: pd.DataFrame, *, tidy: bool) -> pd.DataFrame | pd.Series[float]:
    """Min-max and a weighted mean, as a spreadsheet user writes them; the tidy form holds scores alone."""
    values = frame.drop(columns=["region", "year"])
    z = 1 + 99 * (values - values.min()) / (values.max() - values.min())
    index = z.dot(np.full(INDICATORS, 1 / INDICATORS))
    if not tidy:
        return index
    z["index"] = index
    ranks = z.groupby(frame["year"]).rank(ascending=False, method="min")
    keys = [frame["region"], frame["year"]]
    long = z.set_index(keys).stack().rename("score").reset_index()
    long["rank"] = ranks.set_index(keys).stack().to_numpy()
    return long


def peak(function: object) -> float:
    tracemalloc.start()
    function()  # type: ignore[operator]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def main() -> None:
    header()
    chosen, frame, holed = framework(), table(), table(0.05)
    cells = f"{REGIONS:,} regions x {YEARS} years x {INDICATORS} indicators"
    close = np.abs(chosen.score(frame).index.to_numpy() - by_pandas(frame, tidy=False).to_numpy()).max()
    print(f"largest difference from pandas: {close:.1e}")
    compare(
        f"{cells}: the index alone (checked data, provenance, reasons)",
        {
            "pandas: min-max and a dot product": lambda: by_pandas(frame, tidy=False),
            'equindex, keep="index"': lambda: chosen.score(frame, keep="index").index,
            'equindex, keep="index", 5 % missing': lambda: chosen.score(holed, keep="index").index,
        },
        runs=5,
    )
    compare(
        f"{cells}: tidy table of every node, ranked by year",
        {
            "pandas: scores and ranks, stacked": lambda: by_pandas(frame, tidy=True),
            "equindex: all 19 columns": lambda: chosen.score(frame).to_frame(),
        },
        runs=5,
    )
    size = frame.drop(columns=["region", "year"]).to_numpy().nbytes
    for name, data in (("no", frame), ("5 %", holed)):
        share = peak(lambda data=data: chosen.score(data, keep="index").index) / size
        print(f'memory beside the input, keep="index", {name} values missing: {share:.2f} of the input')
    compare(
        "start of the command   goal: at most 16x bare Python",
        {
            "equindex --help": lambda: subprocess.run(
                [sys.executable, "-m", "equindex", "--help"], check=True, capture_output=True
            ),
            "python -c pass": lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
        },
    )


if __name__ == "__main__":
    main()
