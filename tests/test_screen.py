import csv

import numpy as np
import pytest

from equindex import screen
from equindex.errors import DomainError, MethodError

NAN = float("nan")
COUNTRIES = ["KOR", "LAO", "MYS", "MNG", "MMR", "NZL", "PAK", "PHL", "RUS", "SGP", "THA", "VNM"]
ROWS = [  # COINr 1.0, vignette "Unit screening": Research, Pat, CultServ, CultGood
    [20437, 249.8, 1.79800, NAN],
    [175, NAN, NAN, NAN],
    [8080, 64.2, 1.15292, 7.555],
    [293, 0.3, 0.00266, 0.046],
    [299, NAN, 0.08905, NAN],
    [7731, 46.5, 0.34615, 1.213],
    [7122, 7.2, 0.03553, 1.256],
    [1361, 11.3, 0.29555, 3.185],
    [16182, 141.5, 1.44633, 8.379],
    [11411, 270.5, 0.92780, 14.507],
    [5317, 53.6, 0.08969, 6.661],
    [3618, NAN, NAN, NAN],
]


def test_regions_with_little_data_are_dropped_as_published():
    result = screen.screen(ROWS, min_measured=0.75)

    dropped = [country for country, kept in zip(COUNTRIES, result.keep, strict=True) if not kept]
    assert dropped == ["LAO", "MMR", "VNM"]
    np.testing.assert_array_equal(result.availability.region[:6], [0.75, 0.25, 1, 1, 0.5, 1])
    assert [(r.position, r.rule, r.pillar, r.share, r.limit) for r in result.reasons] == [
        ((1,), "missing", None, 0.25, 0.75),
        ((4,), "missing", None, 0.5, 0.75),
        ((11,), "missing", None, 0.25, 0.75),
    ]


def test_availability_is_as_published(reference):
    meta = reference("asem/asem_imeta.csv")
    with meta.open(encoding="utf-8") as file:
        known = [row for row in csv.DictReader(file) if row["Type"] == "Indicator"]
    with reference("asem/asem_idata.csv").open(encoding="utf-8") as file:
        table = {
            row["uCode"]: [float(row[i["iCode"]].replace("NA", "nan")) for i in known]
            for row in csv.DictReader(file)
        }
    names = sorted({i["Parent"] for i in known})

    found = screen.availability(list(table.values()), pillars=[names.index(i["Parent"]) for i in known])

    at = [list(table).index(country) for country in ("AUS", "AUT", "BEL", "BGD", "BGR", "BRN")]
    assert found.region[at].round(7).tolist() == [1, 1, 1, 0.8775510, 1, 0.7959184]
    assert found.region_nonzero[at].round(7).tolist() == [
        0.9387755,
        0.9591837,
        0.9591837,
        0.9767442,
        1,
        0.9487179,
    ]
    assert found.region.min().round(7) == 0.7959184
    assert found.indicator.round(3).min() == 0.843
    assert found.pillar.shape == (51, 8)


def test_every_share_is_counted():
    x = [[[1, 0, NAN], [0, 0, 3]], [[NAN, NAN, NAN], [1, 2, 3]]]

    found = screen.availability(x, pillars=[4, 4, -1])

    assert found.region.tolist() == [[2 / 3, 1], [0, 1]]
    np.testing.assert_array_equal(found.region_nonzero, [[0.5, 1 / 3], [NAN, 1]])
    assert found.indicator.tolist() == [[1, 1, 0.5], [0.5, 0.5, 0.5]]
    assert found.indicator_nonzero.tolist() == [[0.5, 0, 1], [1, 1, 1]]
    assert found.pillar.tolist() == [[[1], [1]], [[0], [1]]]
    np.testing.assert_array_equal(found.pillar_nonzero, [[[0.5], [0]], [[NAN], [1]]])
    assert found.whole.tolist() == [5 / 6, 0.5]
    assert found.codes.tolist() == [4]


def test_a_share_that_just_meets_its_limit_is_enough():
    assert screen.screen([[1, 2, NAN]]).keep.tolist() == [True]
    assert screen.screen([[1, NAN, NAN]]).keep.tolist() == [False]
    assert screen.screen([[1, 2, NAN]], min_measured=0.67).keep.tolist() == [False]


def test_zeros_are_counted_among_what_is_measured():
    result = screen.screen(
        [[0, 0, 0, 5], [0, 0, 5, NAN], [NAN, NAN, 5, 0]], min_measured=0.5, min_nonzero=0.3
    )

    assert result.keep.tolist() == [False, True, True]
    assert [(r.position, r.rule, r.share) for r in result.reasons] == [((0,), "zero", 0.25)]


def test_pillars_have_limits_of_their_own():
    x = [[1, 2, 3, NAN, NAN], [1, NAN, 3, 4, NAN], [1, 2, 0, 0, 0]]

    result = screen.screen(
        x, min_measured=0.6, pillars=[0, 0, 0, 7, 7], min_measured_pillar=0.5, min_nonzero_pillar=0.4
    )

    assert result.keep.tolist() == [False, True, False]
    assert [(r.position, r.rule, r.pillar, r.share) for r in result.reasons] == [
        ((0,), "missing", 7, 0),
        ((2,), "zero", 7, 0),
    ]


def test_exceptions_are_forced_and_told():
    x = [[1, NAN], [NAN, NAN], [1, 2], [1, 2]]

    result = screen.screen(
        x, min_measured=1, keep=[True, False, True, False], drop=[False, False, False, True]
    )

    assert result.keep.tolist() == [True, False, True, False]
    assert [(r.position, r.rule) for r in result.reasons] == [
        ((0,), "missing"),
        ((0,), "kept"),
        ((1,), "missing"),
        ((3,), "dropped"),
    ]


def test_years_are_screened_each_on_its_own():
    panel = np.stack([ROWS, np.ones((12, 4))])

    result = screen.screen(panel, min_measured=0.75, drop=np.arange(12) == 0)

    np.testing.assert_array_equal(
        result.keep[0], screen.screen(ROWS, min_measured=0.75).keep & (np.arange(12) > 0)
    )
    assert result.keep[1].tolist() == [False] + [True] * 11
    assert [r.position for r in result.reasons] == [(0, 0), (0, 1), (0, 4), (0, 11), (1, 0)]


def test_regions_without_a_value_are_short_of_values_not_of_nonzeros():
    result = screen.screen([[NAN, NAN]], min_nonzero=0.5)

    assert [(r.rule, r.share) for r in result.reasons] == [("missing", 0)]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"min_measured": 1.5}, MethodError),
        ({"min_nonzero": NAN}, MethodError),
        ({"min_measured_pillar": 0.5}, MethodError),
        ({"pillars": [0]}, DomainError),
        ({"keep": [True, False], "drop": [True, False]}, DomainError),
        ({"keep": [1, 0]}, DomainError),
        ({"drop": [True]}, DomainError),
    ],
)
def test_rules_without_sense_are_refused(options, error):
    with pytest.raises(error):
        screen.screen([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]], **options)
