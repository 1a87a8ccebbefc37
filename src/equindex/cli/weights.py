"""`equindex weights`: printing what was derived, and writing the weight set."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equindex.cli._print import json_line, line, table
from equindex.cli._run import say
from equindex.errors import FrameworkError
from equindex.framework.weightfile import to_toml
from equindex.framework.weights import told

if TYPE_CHECKING:
    from equindex.framework import Framework
    from equindex.framework.weights import Blended, Compared, Matrix, Polled
    from equindex.model import WeightSet

__all__ = ["blended", "compared", "deliver", "method_of", "polled", "tree"]


def deliver(
    weights: WeightSet, output: Path | None, force: bool, quiet: bool, inputs: Sequence[Path]
) -> None:
    """Write a weight set, whole or not at all; what it came from is never overwritten."""
    from equindex import io

    if output is None:
        return
    if output.suffix.lower() != ".toml":
        raise FrameworkError(
            f"a weight set is a TOML file, not {output.name!r}. Write to {output.stem}.toml."
        )
    text = to_toml(weights.model_copy(update={"id": output.stem}))
    io.write({}, output.parent, documents={output.name: text.encode()}, force=force, inputs=inputs)
    if not quiet:
        say(f"Wrote {output}.")


def compared(found: Compared, as_json: bool) -> None:
    """Print priorities, consistency and the judgements that hurt most."""
    if as_json:
        json_line(
            {"weights": found.weights.model_dump(mode="json"), "matrices": list(map(_matrix, found.matrices))}
        )
        return
    for matrix in found.matrices:
        many = len(matrix.experts) > 1
        own = matrix.found.expert_weights.T.tolist()
        rows = [
            [label, float(weight), *(map(float, own[k]) if many else ())]
            for k, (label, weight) in enumerate(zip(matrix.labels, matrix.found.weights, strict=True))
        ]
        title = f"AHP weights{f' below {matrix.parent}' if matrix.parent else ''}"
        table(title, ["element", "weight", *(matrix.experts if many else ())], rows, keep=2)
        line(_consistency(matrix))
        for who, revision in matrix.worst:
            if revision.ratio < 0.99 * _ratio_of(matrix, who):
                line(f"{f'{who}: ' if many else ''}hurts most: {told(revision, matrix.labels)}.")


def _consistency(matrix: Matrix) -> str:
    found = matrix.found
    said = (
        f"Consistency ratio {found.ratio:.3f} (eigenvalue {found.eigenvalue:.3f}, CI {found.index:.3f}, "
        f"random index {found.random:.3f})."
    )
    if found.missing:
        said += f" Pairs without a judgement: {found.missing}."
    if len(matrix.experts) > 1:
        own = ", ".join(
            f"{name} {ratio:.3f}" if ratio == ratio else f"{name} too few pairs"
            for name, ratio in zip(matrix.experts, found.expert_ratio.tolist(), strict=True)
        )
        said += f" Experts: {own}."
    return said


def _ratio_of(matrix: Matrix, who: str) -> float:
    return float(matrix.found.expert_ratio[matrix.experts.index(who)])


def _matrix(matrix: Matrix) -> dict[str, Any]:
    found = matrix.found
    return {
        "parent": matrix.parent,
        "elements": list(matrix.labels),
        "weights": found.weights.tolist(),
        "eigenvalue": found.eigenvalue,
        "consistency_index": found.index,
        "random_index": found.random,
        "consistency_ratio": found.ratio,
        "missing": found.missing,
        "experts": [
            {"expert": name, "consistency_ratio": _plain(ratio), "weights": [_plain(w) for w in weights]}
            for name, ratio, weights in zip(
                matrix.experts, found.expert_ratio.tolist(), found.expert_weights.tolist(), strict=True
            )
        ],
        "hurts_most": [
            {
                "expert": who,
                "a": matrix.labels[revision.row],
                "b": matrix.labels[revision.column],
                "given": revision.given,
                "consistent": revision.consistent,
                "consistency_ratio": revision.ratio,
            }
            for who, revision in matrix.worst
        ],
    }


def _plain(value: Any) -> float | None:
    return float(value) if value == value else None


def polled(found: Polled, as_json: bool) -> None:
    """Print the weights of a panel, how far it differs, and Kendall's W."""
    panel, agreed = found.panel, found.concordance
    columns = ["weight", "mean", "median", "sd", "low", "high"]
    body = [
        [label, *(float(getattr(panel, "weights" if name == "weight" else name)[k]) for name in columns)]
        for k, label in enumerate(found.labels)
    ]
    if as_json:
        rows = [
            {"element": row[0], **{c: _plain(v) for c, v in zip(columns, row[1:], strict=True)}}
            for row in body
        ]
        kendall = (
            None if agreed is None else {"w": agreed.w, "chi2": agreed.chi2, "df": agreed.df, "p": agreed.p}
        )
        json_line({"weights": found.weights.model_dump(mode="json"), "panel": rows, "concordance": kendall})
        return
    table(
        f"Weights of {len(found.experts)} expert{'s' if len(found.experts) > 1 else ''}: {found.weights.method}",
        ["element", *columns],
        body,
        keep=2,
    )
    if agreed is None:
        line("Kendall's W needs two experts and two elements, and an order in someone's numbers.")
    else:
        freedom = f"{agreed.df} degree{'s' if agreed.df > 1 else ''} of freedom"
        line(
            f"Agreement on the order (Kendall's W, 肯德尔和谐系数): {agreed.w:.3f}, chi-square {agreed.chi2:.2f} with "
            f"{freedom}, p {'about' if agreed.df < 7 else '='} {agreed.p:.4f}."
        )


def blended(found: Blended, as_json: bool) -> None:
    """Print combined weights beside what they were made of."""
    coefficients = found.found.coefficients.tolist()
    if as_json:
        given = [dict(zip(found.labels, row, strict=True)) for row in found.given.tolist()]
        parts = [
            {"id": name, "coefficient": a, "weights": row}
            for name, a, row in zip(found.sets, coefficients, given, strict=True)
        ]
        json_line({"weights": found.weights.model_dump(mode="json"), "sets": parts})
        return
    rows = [
        [label, float(weight), *map(float, found.given[:, k])]
        for k, (label, weight) in enumerate(zip(found.labels, found.found.weights, strict=True))
    ]
    table(f"Combined weights: {found.weights.method}", ["element", "weight", *found.sets], rows, keep=2)


def tree(framework: Framework, as_json: bool) -> None:
    """Print the weights of every node: within its parent, and as a share of the root."""
    plan = framework.prepared()
    nodes = plan.tree
    shares = nodes.shares(plan.local)
    rows = [
        {
            "node": nodes.ids[k],
            "name": nodes.names[k],
            "parent": nodes.ids[nodes.parent[k]],
            "level": nodes.levels[k],
            "local": float(plan.local[k]),
            "global": float(shares[k]),
        }
        for k in range(1, len(nodes.ids))
    ]
    if as_json:
        json_line({"weighting": plan.weighting, "weights": rows})
        return
    body = [
        [f"{'  ' * (int(nodes.depth[k]) - 1)}{row['name']}", row["node"], row["local"], row["global"]]
        for k, row in enumerate(rows, start=1)
    ]
    table(f"Weights: {plan.weighting}", ["name", "node", "local", "global"], body, keep=4)


def method_of(text: str) -> Any:
    """Read a method as ``--set`` does: a table in TOML, or a name."""
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text.strip()
