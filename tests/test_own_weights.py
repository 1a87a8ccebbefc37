"""Benefit of the doubt in a framework: unique scores, weights of each region, what may be said of contributions."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from typer.testing import CliRunner

from equindex.cli import app
from equindex.errors import DomainError, FrameworkError, MethodError
from small import framework, node, table

NAN = math.nan
TRUE = {"name": "scaled", "low": 0, "high": 1, "lower": 0, "upper": 1}  # scores are the values
DATA = table(a=[0.8, 0.2, 0.4], b=[0.2, 0.8, 0.4])


def bod(*leaves, call="bod", **sections):
    methods = {"normalise": TRUE, "aggregate": call, **sections.pop("methods", {})}
    return framework(leaves or ["a", "b"], methods=methods, **sections)


@pytest.mark.parametrize("keep", ["all", "index"])
def test_regions_are_scored_by_the_weights_that_suit_them(keep):
    assert bod().score(DATA, keep=keep).index.tolist() == pytest.approx([1, 1, 0.8])


@pytest.mark.parametrize("keep", ["all", "index"])
def test_each_year_has_a_frontier_of_its_own(keep):
    data = pd.concat([DATA, table(years=2021, a=[0.1, 0.2], b=[0.1, 0.4])])

    assert bod().score(data, keep=keep).index.tolist() == pytest.approx([1, 1, 0.8, 0.5, 1])


def by_linprog(x, low, high):
    """Return the best scores with bounds on each weight's part in their sum, one programme for each region."""
    k, rows = x.shape[1], []
    for one in np.eye(k):
        at = int(one.argmax())
        rows += [low[at] * np.ones(k) - one, one - high[at] * np.ones(k)]
    limit = np.r_[np.ones(len(x)), np.zeros(2 * k)]
    return [-linprog(-own, A_ub=np.vstack([x, rows]), b_ub=limit).fun for own in x]


def test_bounds_of_every_part_hold_by_name():
    rng = np.random.default_rng(4)
    x = rng.uniform(0.1, 1, (12, 3))
    leaves = [{"id": name, "pillar": "p"} for name in "ab"] + [{"id": "c", "pillar": "q"}]
    data = table(**dict(zip("abc", x.T, strict=True)))
    call = {"name": "bod", "low": {"p": 0.3, "q": 0.1}, "high": {"q": 0.6}}
    pillars = [{"id": "p", "aggregate": {"name": "bod", "high": {"b": 0.7}}}, {"id": "q", "aggregate": "bod"}]

    scores = bod(*leaves, call={"index": call}, pillar=pillars).score(data)

    inner = by_linprog(x[:, :2], [0, 0], [1, 0.7])
    assert node(scores.to_frame(), "p", "score") == pytest.approx(inner, rel=1e-9)
    outer = by_linprog(np.column_stack([inner, x[:, 2] / x[:, 2].max()]), [0.3, 0.1], [1, 0.6])
    assert scores.index.tolist() == pytest.approx(outer, rel=1e-9)
    found = scores.region_weights.set_index(["node", "region"])["weight"]
    assert found["p"].between(0.4 - 1e-9, 0.9 + 1e-9).all()
    assert found["b"].max() <= 0.7 + 1e-9


def test_the_weights_of_every_region_are_kept_and_flagged():
    frame = bod().score(DATA).region_weights

    third = frame[frame["region"] == "C"]
    assert third["node"].tolist() == ["a", "b"]
    assert third["weight"].tolist() == pytest.approx([0.5, 0.5])
    assert third["share"].tolist() == pytest.approx([0.5, 0.5])
    assert third["unique"].tolist() == [True, True]
    assert not frame.loc[frame["region"] != "C", "unique"].any()
    sums = frame.groupby("region", observed=True)[["weight", "share"]].sum()
    np.testing.assert_allclose(sums, 1, rtol=1e-12)


def test_effective_weights_are_the_regions_own():
    data = table(a=[0.8, 0.2, 0.6], b=[0.2, 0.8, 0.3])  # C: max 0.6 v + 0.3 w at v = w = 1, shares 2 to 1
    leaves = [{"id": "a", "pillar": "p"}, {"id": "b", "pillar": "p"}]

    scores = bod(*leaves, call={"pillar": "bod", "index": "bod"}, pillar=[{"id": "p"}]).score(data)

    frame = scores.to_frame()
    assert [node(frame, name, "effective")[2] for name in ("index", "p", "a", "b")] == pytest.approx(
        [1, 1, 0.5, 0.5]
    )
    shares = scores.region_weights.set_index(["region", "node"])["share"]
    assert shares[("C", "a")] == pytest.approx(2 / 3)
    assert scores.weights["local"].tolist() == [1, 1, 0.5, 0.5]


def test_contributions_are_explained_where_no_other_weights_give_the_score():
    data = table(a=[0.8, 0.2, 0.6], b=[0.2, 0.8, 0.3])

    found = bod().score(data).explain("C")

    parts = found.parts.set_index("node")
    assert found.score == pytest.approx(0.9)
    assert parts["contribution"].to_dict() == pytest.approx({"a": 0.6, "b": 0.3})
    assert parts["effective"].to_dict() == pytest.approx({"a": 0.5, "b": 0.5})
    assert parts["lead"].to_dict() == pytest.approx(
        {"a": 0.6 - 1.6 / 3, "b": 0.3 - 1.3 / 3}
    )  # a point counts 1


def test_contributions_that_other_weights_would_change_are_refused():
    with pytest.raises(DomainError, match=r"'index' is that of the weights which suit[\s\S]*region_weights"):
        bod().score(DATA).explain("A")


def test_weights_say_who_takes_part():
    scores = bod({"id": "a", "weight": 1}, {"id": "b", "weight": 9}, {"id": "c", "weight": 0}).score(
        DATA.assign(c=[0.1, 0.1, 1.0])
    )

    assert scores.index.tolist() == pytest.approx([1, 1, 0.8])
    assert scores.region_weights.set_index(["region", "node"])["weight"][("C", "c")] == 0


def test_a_region_is_judged_by_what_it_has_and_left_out_below_the_coverage():
    data = table(a=[0.8, 0.2, 0.4, 0.6, NAN], b=[0.2, 0.8, 0.4, NAN, NAN])

    scores = bod(methods={"missing": {"rule": "reweight", "min_coverage": 0.5}}).score(data)

    assert scores.index.fillna(-1).tolist() == pytest.approx([1, 1, 0.8, 0.75, -1])
    assert set(scores.region_weights["region"]) == set("ABCD")
    bounded = bod(
        call={"name": "bod", "low": 0.1}, methods={"missing": {"rule": "reweight", "min_coverage": 0.5}}
    )
    with pytest.raises(
        DomainError, match=r"lower bounds needs complete regions[\s\S]*in 'index': 'b' \(D, 2020\)"
    ):
        bounded.score(data.iloc[:4])


def test_nothing_at_all_scores_0_by_the_frameworks_weights():
    scores = bod().score(table(a=[0.8, 0.2, 0.0], b=[0.2, 0.8, 0.0]))

    assert scores.index.tolist() == pytest.approx([1, 1, 0])
    assert scores.region_weights.query("region == 'C'")["weight"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            {"name": "bod", "low": {"aa": 0.2}},
            "low of bod names 'aa', which is not directly in it. Did you mean 'a'",
        ),
        ({"name": "bod", "low": {"a": "much"}}, "option 'low' of bod should be a finite number"),
        ({"name": "topsis", "norm": {"a": 1}}, "option 'norm' of topsis should be text"),
    ],
)
def test_bounds_that_name_nothing_are_refused_before_scoring(call, said):
    with pytest.raises(FrameworkError, match=said):
        bod(call=call)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"name": "bod", "low": 0.5}, "bounds low(.|\n)*in 'index'"),
        ({"name": "bod", "of": "units"}, "of cannot be 'units'"),
    ],
)
def test_bounds_that_leave_nothing_to_choose_are_refused_with_the_node(call, said):
    with pytest.raises((DomainError, MethodError)) as caught:
        bod(call=call).score(DATA)

    assert re.search(said, "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])]))


def test_negative_scores_are_named():
    with pytest.raises(DomainError, match=r"values of at least 0[\s\S]*in 'index': 'a' \(A, 2020\)"):
        framework(["a", "b"], methods={"normalise": "zscore", "aggregate": "bod"}).score(
            DATA.assign(a=[0.1, 0.2, 0.6])
        )


def test_the_table_is_written_beside_the_scores(tmp_path):
    (tmp_path / "f.toml").write_text(
        'id = "doubt"\n[methods]\nnormalise = { name = "goalposts", low = 0, high = 1 }\n'
        'aggregate = { name = "bod", low = 0.1 }\n[[indicator]]\nid = "a"\n[[indicator]]\nid = "b"\n',
        encoding="utf-8",
    )
    DATA.to_csv(tmp_path / "d.csv", index=False)

    done = CliRunner().invoke(
        app, ["score", str(tmp_path / "f.toml"), str(tmp_path / "d.csv"), "-o", str(tmp_path / "out")]
    )

    assert done.exit_code == 0, done.output
    frame = pd.read_csv(tmp_path / "out" / "region_weights.csv")
    assert frame.columns.tolist() == [
        "region",
        "region_name",
        "year",
        "parent",
        "node",
        "node_name",
        "weight",
        "share",
        "unique",
    ]
    assert len(frame) == 6
