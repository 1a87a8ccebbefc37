import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equindex.equalization import gaps
from equindex.errors import DomainError, MethodError

amounts = st.floats(1e-3, 1e6)


def words(found):
    return [gaps.VERDICTS[code] for code in np.atleast_1d(found.verdict)]


def test_rugao_minimum_income_of_town_and_country():
    found = gaps.gap([580.0, 700.0], [420.0, 700.0])  # 城乡低保, 2015 and 2020

    assert found.ratio == pytest.approx([1.380952, 1.0], abs=5e-7)
    assert found.difference.tolist() == [160, 0]
    assert found.relative == pytest.approx([160 / 580, 0], abs=1e-15)
    assert words(gaps.narrowing(found.ratio[0], found.ratio[1])) == ["narrowed"]


@given(a=amounts, b=amounts)
def test_forms_agree_with_the_textbook(a, b):
    found = gaps.gap(a, b)

    p = a / (a + b)
    assert found.ratio == pytest.approx(a / b, rel=1e-14)
    assert found.relative == pytest.approx(1 - b / a, rel=1e-9, abs=1e-12)
    assert found.evenness == pytest.approx(
        -(p * math.log(p) + (1 - p) * math.log1p(-p)) / math.log(2), abs=1e-12
    )
    assert found.evenness == pytest.approx(gaps.gap(b, a).evenness, abs=1e-15)
    assert found.evenness == pytest.approx(gaps.gap(1000 * a, 1000 * b).evenness, abs=1e-14)


def test_groups_with_nothing_have_documented_gaps():
    found = gaps.gap([5.0, 0.0, 0.0, np.nan], [0.0, 5.0, 0.0, 1.0])

    np.testing.assert_array_equal(found.ratio, [np.nan, 0, np.nan, np.nan])
    np.testing.assert_array_equal(found.difference, [5, -5, 0, np.nan])
    np.testing.assert_array_equal(found.relative, [1, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(found.evenness, [0, 0, np.nan, np.nan])


def test_a_batch_of_years_and_indicators_is_one_call():
    a, b = np.arange(1.0, 7).reshape(2, 3), np.array([[2.0], [3.0]])

    found = gaps.gap(a, b)

    for form in gaps.GAPS:
        parts = [[getattr(gaps.gap(a[i, j], b[i, 0]), form) for j in range(3)] for i in range(2)]
        np.testing.assert_array_equal(getattr(found, form), parts)


@pytest.mark.parametrize("bad", [-1.0, np.inf])
def test_negative_and_infinite_values_are_refused_with_their_position(bad):
    with pytest.raises(DomainError, match=r"0 or more.*position") as caught:
        gaps.gap([1.0, bad], [1.0, 1.0])

    assert caught.value.positions == ((1,),)


def test_means_of_groups_by_hand():
    x = [[1.0, 2.0, np.nan, 5.0], [1.0, 2.0, 3.0, 5.0]]
    town = np.array([[True, True, True, False], [True, False, True, False]])  # the second region moved

    weighted = gaps.group_mean(x, town, population=[1, 3, 9, np.nan])

    assert weighted.tolist() == [1.75, 2.8]
    assert gaps.group_mean(x, town).tolist() == [1.5, 2]
    np.testing.assert_array_equal(gaps.group_mean(x, ~town, population=[1, 3, 9, np.nan]), [np.nan, 2])


def test_means_of_resampled_groups_are_the_means_of_resamples():
    x, n = np.array([1.0, 4.0, 2.0, 8.0]), np.array([1.0, 2.0, 3.0, 4.0])
    members, picked = np.array([True, True, True, False]), [0, 0, 1, 3]

    found = gaps.group_mean(x, members, population=np.array([[2, 1, 0, 1]]) * n)

    assert found == pytest.approx([gaps.group_mean(x[picked], members[picked], population=n[picked])])


def test_codes_are_not_members():
    with pytest.raises(MethodError, match="true or false"):
        gaps.group_mean([1.0, 2.0], [0, 1])
    with pytest.raises(DomainError, match="0 or more"):
        gaps.group_mean([1.0, 2.0], [True, True], population=[1, -1])


def test_ratios_on_either_side_of_one_are_as_far():
    found = gaps.narrowing([2.0, 2.0, 0.5], [0.5, 0.4, 0.8])

    assert found.change == pytest.approx([0, math.log(1.25), math.log(0.625)], abs=1e-15)
    assert found.verdict.tolist() == [0, 1, -1]
    assert found.error.tolist() == [0, 0, 0]


def test_errors_decide_what_can_be_told_apart():
    found = gaps.narrowing(
        [10.0, 10.0, 5.0], [6.0, 6.0, -4.0], measure="difference", errors=([3, 1, 1], [4, 1, 1])
    )

    assert found.change.tolist() == [-4, -4, -1]
    assert found.error == pytest.approx([5, math.sqrt(2), math.sqrt(2)])
    assert found.low == pytest.approx(found.change - 1.959963984540054 * found.error)
    assert words(found) == ["not distinguishable", "narrowed", "not distinguishable"]


def test_errors_of_a_ratio_are_those_of_its_logarithm():
    found = gaps.narrowing(2.0, 1.25, errors=(0.2, 0.1), correlation=0.5)

    assert found.error == pytest.approx(math.sqrt(0.1**2 + 0.08**2 - 2 * 0.5 * 0.1 * 0.08))


@pytest.mark.parametrize(("start", "end", "sign"), [(5.0, 3.0, -1), (5.0, -3.0, 1), (-5.0, -3.0, -1)])
def test_correlated_errors_cancel_unless_the_gap_turned_round(start, end, sign):
    found = gaps.narrowing(start, end, measure="difference", errors=(2.0, 1.0), correlation=1)

    assert found.error == pytest.approx(2 + sign)


def test_replicates_give_the_percentiles_of_the_change():
    start = np.array([4.0, 5.0, np.nan, 6.0, 7.0, 8.0])
    end = np.array([1.0, -2.0, 9.0, 3.0, 2.0, 1.0])

    found = gaps.narrowing(6.0, 2.0, measure="difference", replicates=(start, end), level=0.5)

    changes = sorted(abs(e) - abs(s) for s, e in zip(start, end, strict=True) if s > 0)  # -7 -5 -3 -3 -3
    assert (found.low, found.high) == (changes[1], changes[3])
    assert found.error == pytest.approx(np.std(changes, ddof=1))
    assert words(found) == ["narrowed"]


def test_evenness_narrows_as_it_grows():
    assert gaps.narrowing([0.9, 0.9], [0.95, 0.8], measure="evenness").verdict.tolist() == [-1, 1]


def test_a_missing_gap_is_not_judged():
    found = gaps.narrowing([np.nan, 2.0], [1.0, np.nan], errors=(0.1, 0.1))

    assert np.isnan(found.change).all()
    assert words(found) == ["not distinguishable"] * 2


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"measure": "ratios"}, MethodError, "Did you mean 'ratio'"),
        ({"level": 95}, MethodError, r"0\.95"),
        ({"errors": (-1, 1)}, DomainError, "0 or more"),
        ({"correlation": 2}, DomainError, "-1 to 1"),
    ],
)
def test_wrong_options_are_refused(options, error, match):
    with pytest.raises(error, match=match):
        gaps.narrowing(1.0, 1.0, **options)


def test_a_ratio_of_0_is_refused():
    with pytest.raises(DomainError, match="above 0") as caught:
        gaps.narrowing([1.0, 0.0], [1.0, 1.0])

    assert caught.value.positions == ((1,),)


def test_regions_below_the_standard_by_hand():
    x = [[2.0, 2.3, np.nan, 4.0], [1.0, 2.0, 3.0, 2.2]]

    found = gaps.below(x, 2.3, population=[10, 20, 30, np.nan])

    assert found.short.tolist() == [[True, False, False, False], [True, True, False, True]]
    np.testing.assert_allclose(found.shortfall, [[0.3, 0, np.nan, 0], [1.3, 0.3, 0, 0.1]], atol=1e-15)
    assert found.count.tolist() == [1, 3]
    assert found.share == pytest.approx([10 / 30, 30 / 60])
    assert gaps.below(x, 2.3).share == pytest.approx([1 / 3, 3 / 4])


def test_where_less_is_better_regions_above_the_standard_are_short():
    found = gaps.below([3.0, 5.0], [4.0, 4.0], -1)

    assert found.short.tolist() == [False, True]
    assert found.shortfall.tolist() == [0, 1]


def test_nothing_measured_has_no_share():
    assert np.isnan(gaps.below([np.nan], 1.0).share)
    assert np.isnan(gaps.below([1.0], 2.0, population=[0]).share)
