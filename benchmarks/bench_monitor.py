"""Plans over time and opinion: ``python benchmarks/bench_monitor.py``.

Paths, pace and projections are held against the same done cell by cell, column by column with pandas and numpy;
the rank range over the weight of opinion against ranking a grid of weights, which only comes near it, and against
ranking at every crossing of two regions, which is exact.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pandas as pd
from scipy import stats

from _harness import compare, header
from equindex import attainment

REGIONS, INDICATORS = 3000, 50
YEARS = np.arange(2016.0, 2024.0)
RNG = np.random.default_rng(0)


def by_column(x: pd.DataFrame, points: np.ndarray, milestones: np.ndarray) -> list[pd.DataFrame]:
    """Work out expected value, completion and pace, one column after the other."""
    found = []
    for column, path in zip(x, np.moveaxis(points, 1, 0), strict=True):
        cells = pd.DataFrame({"x": x[column], "start": path[:, 0], "end": path[:, -1]})
        cells["expected"] = [np.interp(2023, milestones, row) for row in path]
        cells["completion"] = 100 * (cells["x"] - cells["start"]) / (cells["end"] - cells["start"])
        cells["achieved"] = (cells["x"] - cells["start"]) / 3
        cells["required"] = (cells["end"] - cells["x"]) / 2
        found.append(cells)
    return found


def by_cell(x: np.ndarray) -> np.ndarray:
    """Fit and predict cell by cell."""
    found = np.empty((3, *x.shape[1:]))
    for cell in np.ndindex(x.shape[1:]):
        y = x[(slice(None), *cell)]
        t, y = YEARS[~np.isnan(y)], y[~np.isnan(y)]
        slope, start = np.polyfit(t - 2020, y, 1)
        error = np.sqrt(((y - start - slope * (t - 2020)) ** 2).sum() / (len(t) - 2))
        far = 1 + 1 / len(t) + (2025 - t.mean()) ** 2 / ((t - t.mean()) ** 2).sum()
        half = stats.t.ppf(0.9, len(t) - 2) * error * np.sqrt(far)
        value = start + 5 * slope
        found[(slice(None), *cell)] = value, value - half, value + half
    return found


def at_weights(objective: np.ndarray, subjective: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Best and worst rank over some weights."""
    best, worst = np.full(objective.size, objective.size + 1.0), np.zeros(objective.size)
    for weight in weights:
        ranks = stats.rankdata(-((1 - weight) * objective + weight * subjective), method="min")
        best, worst = np.minimum(best, ranks), np.maximum(worst, ranks)
    return np.stack([best, worst])


def between_crossings(objective: np.ndarray, subjective: np.ndarray) -> np.ndarray:
    """Return the ends, and a weight between each two neighbouring crossings."""
    rows, columns = np.triu_indices(objective.size, 1)
    lead, gain = objective[rows] - objective[columns], subjective[rows] - subjective[columns]
    crossings = np.sort(lead / (lead - gain))
    points = np.concatenate([[0], crossings[(crossings > 0) & (crossings < 0.5)], [0.5]])
    return np.concatenate([[0], (points[1:] + points[:-1]) / 2, [0.5]])


def main() -> None:
    header()
    milestones = np.array([2020.0, 2022.0, 2024.0, 2025.0])
    points = RNG.uniform(50, 60, (REGIONS, INDICATORS, 4)).cumsum(axis=-1)
    x = RNG.uniform(50, 200, (REGIONS, INDICATORS))
    frame = pd.DataFrame(x)
    start, end = points[..., 0], points[..., -1]
    compare(
        f"expected value, completion and pace, {REGIONS:,} regions x {INDICATORS} indicators   goal: 10x",
        {
            "pandas, column by column": lambda: by_column(frame, points, milestones),
            "equindex": lambda: (
                attainment.along(2023, milestones, points),
                attainment.completion(x, start, end),
                attainment.pace(x, start, end, 2023, 2020, 2025),
            ),
        },
        runs=5,
    )

    x = RNG.normal(50, 5, (YEARS.size, 100, 10))
    x[1:5][RNG.random((4, 100, 10)) < 0.3] = np.nan
    found = attainment.project(YEARS, x, 2025)
    np.testing.assert_allclose(np.stack([found.value, found.low, found.high]), by_cell(x), rtol=1e-8)
    compare(
        f"projection with interval, {YEARS.size} years x 100 regions x 10 indicators   goal: 100x",
        {"polyfit, cell by cell": lambda: by_cell(x), "equindex": lambda: attainment.project(YEARS, x, 2025)},
        runs=5,
    )

    objective, subjective = RNG.uniform(60, 95, (2, 150))
    weights = between_crossings(objective, subjective)
    ranges = attainment.rank_range(objective, subjective)
    np.testing.assert_array_equal(
        np.stack([ranges.best, ranges.worst]), at_weights(objective, subjective, weights)
    )
    grid = np.linspace(0, 0.5, 101)
    compare(
        f"rank range of {objective.size} regions, {weights.size:,} weights to try   goal: 100x",
        {
            "ranks between all crossings": lambda: at_weights(objective, subjective, weights),
            "ranks at 101 weights (not exact)": lambda: at_weights(objective, subjective, grid),
            "equindex": lambda: attainment.rank_range(objective, subjective),
        },
        runs=5,
    )

    print("\nrank range, seconds by number of regions (regions² log regions)")
    for regions in (1000, 2000, 4000):
        objective, subjective = RNG.uniform(60, 95, (2, regions))
        begin = perf_counter()
        attainment.rank_range(objective, subjective)
        seconds = perf_counter() - begin
        print(f"  {regions:6,} {seconds:8.3f} s   {1e9 * seconds / regions**2:6.1f} ns per pair")


if __name__ == "__main__":
    main()
