"""Variants of a framework: keys changed as on the command line, and nodes left out."""

from __future__ import annotations

import numpy as np
import pytest

from equindex import Framework, scoring
from equindex._resources import path
from equindex.errors import FrameworkError
from equindex.framework import Source, with_settings, without
from equindex.model import WeightSet

FILE = path("data/china-services/framework.toml")
DATA = path("data/china-services/observations.csv")


@pytest.fixture(scope="module")
def provinces() -> Framework:
    return Framework.from_toml(FILE)


@pytest.mark.parametrize(
    "settings",
    [
        ["normalise=zscore"],
        ["normalise.lower=0"],
        ["aggregate=geometric", "base=1999"],
        ['equalization.reference="median"'],
        ["weighting=entropy"],
        ["missing=propagate"],
    ],
)
def test_settings_do_what_set_does(provinces, settings):
    asked = Framework.from_toml(FILE, settings=settings)
    changed = with_settings(provinces, settings)
    assert changed.model == asked.model
    assert changed.digest == asked.digest


def test_no_settings_change_nothing(provinces):
    assert with_settings(provinces, []) is provinces


def test_settings_that_do_not_fit_are_refused(provinces):
    with pytest.raises(FrameworkError, match="minmax"):
        with_settings(provinces, ["normalise=minmx"])


def test_leaving_out_is_a_weight_of_zero(provinces):
    tree = provinces.prepared().tree
    for node in tree.ids[1:]:
        found = without(provinces, node).score(DATA).index
        at = tree.ids.index(node)
        share = provinces.prepared().local.copy()
        share[at] = 0.0
        for above in range(len(tree.ids) - 1, 0, -1):
            if tree.children[above].size and not share[tree.children[above]].any():
                share[above] = 0.0
        for inside in tree.children:
            if share[inside].any():
                share[inside] /= share[inside].sum()
        weights = dict(zip(provinces.prepared().leaves, tree.shares(share)[tree.nodes], strict=True))
        expected = provinces.replace(weights=WeightSet(scope="global", weights=weights)).score(DATA).index
        np.testing.assert_allclose(found.to_numpy(), expected.to_numpy(), rtol=1e-12)


def test_leaving_out_takes_weights_and_targets_along():
    plan = Framework.from_toml(path("data/rugao-2025/framework.toml"))
    pillar = next(p.id for p in plan.model.pillar)
    smaller = without(plan, pillar)
    gone = {i.id for i in plan.model.indicator} - {i.id for i in smaller.model.indicator}
    assert gone
    assert not gone & {target.indicator for target in smaller.model.target}
    assert pillar not in {p.id for p in smaller.model.pillar}


def test_nothing_left_and_nothing_there_are_refused(provinces):
    with pytest.raises(FrameworkError, match="no indicator or pillar 'nobody'"):
        without(provinces, "nobody")
    small = provinces
    names = [i.id for i in provinces.model.indicator]
    for name in names[:-1]:
        small = without(small, name)
    assert [i.id for i in small.model.indicator] == names[-1:]
    with pytest.raises(FrameworkError, match="nothing is left"):
        without(small, names[-1])


def test_data_are_read_once_for_variants_of_methods(provinces):
    source = Source(provinces, DATA)
    panel = source.panel(provinces)
    assert source.panel(with_settings(provinces, ["normalise=zscore"])) is panel
    fewer = source.panel(without(provinces, provinces.model.indicator[0].id))
    assert fewer is not panel
    assert fewer.x.shape[1] == panel.x.shape[1] - 1


def test_a_variant_runs_only_the_steps_that_it_changes(provinces, monkeypatch):
    run = []
    for name in ("fill", "measure_treatments", "measure", "normalised", "weigh", "attain", "aggregated"):
        plain = getattr(scoring, name)
        monkeypatch.setattr(
            scoring, name, lambda *args, name=name, plain=plain: run.append(name) or plain(*args)
        )
    source = Source(provinces, DATA)

    def steps(*settings):
        run.clear()
        variant = with_settings(provinces, settings)
        scores = source.score(variant, ("index", "attainment"))
        done = list(run)
        np.testing.assert_array_equal(scores.index, variant.score(DATA).index)
        return done

    normal = ["measure", "normalised"]
    assert steps() == ["fill", "measure_treatments", *normal, "aggregated", "attain"]
    assert steps("aggregate=median") == ["aggregated"]
    assert steps("normalise=zscore") == [*normal, "aggregated"]
    assert steps("normalise=zscore", "aggregate=median") == ["aggregated"]
    assert steps("weighting=entropy") == ["weigh", "aggregated", "attain"]
    assert steps("treat=iqr") == ["measure_treatments", *normal, "aggregated"]
    assert steps("treat=iqr", "weighting=entropy") == ["weigh", "aggregated", "attain"]
    assert steps("impute=mean") == ["fill", "measure_treatments", *normal, "aggregated"]
    assert steps() == ["aggregated"]
