"""Variance-based indices against closed forms, slow textbook twins and SALib."""

from itertools import product
from math import pi, prod

import numpy as np
import pytest
from scipy import integrate, stats

from equindex import _arrays
from equindex.errors import DomainError, MethodError
from equindex.sensitivity import Moments, discrete, indices, sample, weight_indices
from equindex.sensitivity.samples import resample_counts

FIELDS = ("first", "first_low", "first_high", "total", "total_low", "total_high", "variance")


def evaluated(model, design, **options):
    y = model(design.points())
    return indices(y[:, 0], y[:, -1], y[:, 1:-1], **options)


def ishigami(u):
    """Ishigami and Homma (1990): sin x1 + 7 sin² x2 + 0.1 x3⁴ sin x1, x uniform between -π and π."""
    x = pi * (2 * u - 1)
    return np.sin(x[..., 0]) * (1 + 0.1 * x[..., 2] ** 4) + 7 * np.sin(x[..., 1]) ** 2


# Sobol' and Levitan (1999), as in Saltelli et al., "Global Sensitivity Analysis: the primer", 2008, section 4.7.
ISHIGAMI_PARTS = {(0,): (1 + 0.1 * pi**4 / 5) ** 2 / 2, (1,): 49 / 8, (0, 2): 0.01 * pi**8 * 8 / 225}
ISHIGAMI_V = sum(ISHIGAMI_PARTS.values())
ISHIGAMI_FIRST = [ISHIGAMI_PARTS.get((i,), 0) / ISHIGAMI_V for i in range(3)]
ISHIGAMI_TOTAL = [sum(v for s, v in ISHIGAMI_PARTS.items() if i in s) / ISHIGAMI_V for i in range(3)]

# Saltelli and Sobol' (1995): product of (|4u - 2| + a) / (1 + a); V_i = 1 / (3 (1 + a)²).
G_A = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])
G_PARTS = 1 / (3 * (1 + G_A) ** 2)
G_V = prod(1 + G_PARTS) - 1
G_FIRST = G_PARTS / G_V
G_TOTAL = G_PARTS * prod(1 + G_PARTS) / (1 + G_PARTS) / G_V


def g_function(u):
    return ((np.abs(4 * u - 2) + G_A) / (1 + G_A)).prod(axis=-1)


def twin(a, b, ab, counts=None):
    """Textbook sums for one output, one factor at a time."""
    counts = np.ones(len(a)) if counts is None else counts
    rows = np.repeat(np.arange(len(a)), counts.astype(int))
    centre = np.concatenate([a[:, None], b[:, None], ab], axis=1).mean()
    variance = np.concatenate([a[rows], b[rows]]).var()
    first = [np.mean((b[rows] - centre) * (own[rows] - a[rows])) / variance for own in ab.T]
    total = [np.mean((a[rows] - own[rows]) ** 2) / (2 * variance) for own in ab.T]
    return np.array(first), np.array(total), variance


# --- Samples ------------------------------------------------------------------------------------------


def test_a_longer_run_begins_with_the_shorter():
    short, long = sample(64, 3, seed=0), sample(256, 3, seed=0)

    assert (long.points(slice(0, 64)) == short.points()).all()


def test_a_seed_is_a_seed_even_if_0():
    first = sample(64, 3, seed=0).points()

    assert (first == sample(64, 3, seed=0).points()).all()
    assert (first != sample(64, 3, seed=1).points()).any()
    for seed in (None, True, -1, 0.5):
        with pytest.raises(MethodError, match="seed must be a whole number of 0 or more"):
            sample(64, 3, seed=seed)
        with pytest.raises(MethodError, match="seed must be a whole number of 0 or more"):
            resample_counts(8, 0, seed)


def test_points_are_even_and_strictly_inside_the_cube():
    design = sample(1024, 5)

    for column in np.concatenate([design.a, design.b], axis=1).T:
        assert (np.sort((column * 1024).astype(int)) == np.arange(1024)).all()
        assert 0 < column.min() <= column.max() < 1


@pytest.mark.parametrize(
    ("n", "said"), [(1000, "512 or 1,024"), (1, "2 or 4"), (0, "2 or 4"), (-8, "8"), (96, "64 or 128")]
)
def test_numbers_that_are_no_power_of_two_are_refused(n, said):
    with pytest.raises(MethodError, match=f"power of two, but is {n:,}") as refused:
        sample(n, 2)

    assert said in str(refused.value)


def test_too_many_factors_are_refused():
    for k in (0, 10_601):
        with pytest.raises(MethodError, match="1 to 10,600 factors"):
            sample(2, k)


def test_points_exchange_one_group_at_a_time():
    design = sample(8, 4, groups=[5, 2, 5, 9])

    found = design.points()

    assert found.shape == (8, 5, 4)
    for row in range(8):
        a, b = design.a[row], design.b[row]
        assert (found[row, 0] == a).all()
        assert (found[row, 1] == [a[0], b[1], a[2], a[3]]).all()
        assert (found[row, 2] == [b[0], a[1], b[2], a[3]]).all()
        assert (found[row, 3] == [a[0], a[1], a[2], b[3]]).all()
        assert (found[row, 4] == b).all()


@pytest.mark.parametrize("groups", [[0, 1], [0.0, 1.0, 2.0], [[0, 1, 2]]])
def test_groups_that_do_not_fit_are_refused(groups):
    with pytest.raises(DomainError, match="one whole number for each of 3 factors"):
        sample(8, 3, groups=groups)


def test_levels_are_drawn_as_often_as_their_probability_says():
    u = sample(1024, 1).a.ravel()

    assert (np.bincount(discrete(u, 4)) == 256).all()
    assert (np.bincount(discrete(u, [1, 0, 3])) == [256, 0, 768]).all()
    assert discrete(np.nextafter(1, 0), [0.1] * 10 + [0]) == 9


@pytest.mark.parametrize("levels", [0, -1, [], [0, 0], [1, -1], [1, np.nan], [[1, 2]]])
def test_levels_without_probability_are_refused(levels):
    with pytest.raises(DomainError, match="row of probabilities"):
        discrete([0.5], levels)


def test_resamples_count_every_row_drawn():
    counts = resample_counts(64, 1500, seed=3)

    assert (counts[0] == 1).all()
    assert (counts.sum(axis=1) == 64).all()
    assert (counts[:11] == resample_counts(64, 10, seed=3)).all()
    assert (counts[:1200] == resample_counts(64, 1199, seed=3)).all()
    assert (counts[1:477] != counts[1025:]).any()
    assert counts[1:].var() == pytest.approx(63 / 64, rel=0.05)  # binomial(64, 1/64)
    for resamples in (-1, 1):
        with pytest.raises(MethodError, match="resamples must be 0"):
            resample_counts(8, resamples, seed=0)


# --- Estimates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "k", "first", "total", "variance"),
    [(ishigami, 3, ISHIGAMI_FIRST, ISHIGAMI_TOTAL, ISHIGAMI_V), (g_function, 8, G_FIRST, G_TOTAL, G_V)],
)
def test_closed_forms_lie_within_the_intervals(model, k, first, total, variance):
    found = evaluated(model, sample(8192, k, seed=1), resamples=200, level=0.99)

    assert ((found.first_low <= first) & (first <= found.first_high)).all()
    assert ((found.total_low <= total) & (total <= found.total_high)).all()
    assert (found.first_high - found.first_low < 0.15).all()
    np.testing.assert_allclose(found.first, first, atol=0.02)
    np.testing.assert_allclose(found.total, total, atol=0.005)
    assert found.variance == pytest.approx(variance, rel=0.005)


def test_a_group_has_the_effects_of_its_factors_together():
    found = evaluated(ishigami, sample(8192, 3, groups=[1, 0, 1]))

    shares = np.array([ISHIGAMI_PARTS[1,], ISHIGAMI_PARTS[0,] + ISHIGAMI_PARTS[0, 2]]) / ISHIGAMI_V
    np.testing.assert_allclose(found.first, shares, atol=0.003)
    np.testing.assert_allclose(found.total, shares, atol=0.003)


@pytest.mark.parametrize("interval", ["percentile", "normal"])
def test_estimates_and_intervals_equal_the_textbook_sums(interval):
    y = np.random.default_rng(0).normal(50, 3, (16, 6, 3)) + np.arange(3)

    found = indices(y[:, 0], y[:, -1], y[:, 1:-1], resamples=30, seed=5, level=0.9, interval=interval)

    counts = resample_counts(16, 30, 5)
    for output in range(3):
        own = y[..., output]
        first, total, variance = twin(own[:, 0], own[:, -1], own[:, 1:-1])
        drawn = [twin(own[:, 0], own[:, -1], own[:, 1:-1], c)[:2] for c in counts[1:]]
        np.testing.assert_allclose(found.first[output], first, atol=1e-12)
        np.testing.assert_allclose(found.total[output], total, atol=1e-12)
        assert found.variance[output] == pytest.approx(variance, rel=1e-12)
        for name, values, middle in (
            ("first", [f for f, _ in drawn], first),
            ("total", [t for _, t in drawn], total),
        ):
            if interval == "percentile":
                low, high = np.quantile(values, [0.05, 0.95], axis=0)
            else:
                width = stats.norm.ppf(0.95) * np.std(values, axis=0, ddof=1)
                low, high = middle - width, middle + width
            np.testing.assert_allclose(getattr(found, f"{name}_low")[output], low, atol=1e-12)
            np.testing.assert_allclose(getattr(found, f"{name}_high")[output], high, atol=1e-12)


def test_many_outputs_equal_each_alone():
    y = np.random.default_rng(0).normal(size=(64, 5, 2, 3))

    found = indices(y[:, 0], y[:, -1], y[:, 1:-1], resamples=10)

    assert found.first.shape == (2, 3, 3)
    assert found.variance.shape == found.constant.shape == (2, 3)
    for i, j in product(range(2), range(3)):
        alone = y[..., i, j]
        one = indices(alone[:, 0], alone[:, -1], alone[:, 1:-1], resamples=10)
        for field in FIELDS:
            np.testing.assert_allclose(getattr(found, field)[i, j], getattr(one, field), atol=1e-12)


def test_rows_may_come_in_blocks():
    y = np.random.default_rng(0).normal(1e3, 1, size=(64, 5, 7))
    moments = Moments(64, resamples=10, seed=2)

    for rows in (slice(0, 3), slice(3, 50), slice(50, 64)):
        moments.add(y[rows, 0], y[rows, -1], y[rows, 1:-1])

    found = moments.indices()
    whole = indices(y[:, 0], y[:, -1], y[:, 1:-1], resamples=10, seed=2)
    for field in FIELDS:
        np.testing.assert_allclose(getattr(found, field), getattr(whole, field), rtol=1e-10, atol=1e-12)


def test_large_problems_are_the_same_bits_on_any_number_of_threads(monkeypatch):
    y = np.random.default_rng(0).normal(size=(128, 6, 1500))
    z, w = y[0, 0, :1200].reshape(300, 4), np.abs(y[:, :2, :4])
    found = {}

    for cpus in (1, 4):
        monkeypatch.setattr(_arrays, "cpus", lambda cpus=cpus: cpus)
        found[cpus] = [
            indices(y[:, 0], y[:, -1], y[:, 1:-1], resamples=4),
            weight_indices(z, w[:, 0], w[:, 1], resamples=20),
            weight_indices(z, w[:, 0], w[:, 1], resamples=20, groups=[0, 1, 1, 0]),
        ]

    for one, four in zip(found[1], found[4], strict=True):
        for field in FIELDS:
            assert (getattr(one, field) == getattr(four, field)).all()
    some = y[..., -1]
    np.testing.assert_allclose(
        found[1][0].first[-1], twin(some[:, 0], some[:, -1], some[:, 1:-1])[0], atol=1e-12
    )


def test_intervals_cover_as_often_as_they_say():
    rng = np.random.default_rng(0)
    inside = []
    for seed in range(150):
        u = rng.random((2, 256, 3))  # independent rows, as the bootstrap takes them to be
        ab = np.where(np.eye(3, dtype=bool)[:, None], u[1], u[0]).swapaxes(0, 1)
        y = np.concatenate([u[0][:, None], ab, u[1][:, None]], axis=1) @ [1.0, 2.0, 2.0]
        for interval in ("percentile", "normal"):
            found = indices(
                y[:, 0], y[:, -1], y[:, 1:-1], resamples=150, seed=seed, interval=interval, level=0.9
            )
            truth = np.array([1, 4, 4]) / 9
            inside.append(
                np.concatenate(
                    [
                        (found.first_low <= truth) & (truth <= found.first_high),
                        (found.total_low <= truth) & (truth <= found.total_high),
                    ]
                )
            )

    share = np.mean(inside, axis=0)
    assert (share > 0.82).all()
    assert (share < 0.97).all()


def test_a_factor_that_changes_nothing_has_no_total_effect_at_all():
    found = evaluated(lambda u: np.exp(u[..., 0]) + u[..., 2] / 3, sample(256, 3), resamples=20)

    assert found.total[1] == found.total_low[1] == found.total_high[1] == 0
    assert found.first[1] == found.first_low[1] == found.first_high[1] == 0
    assert (found.total[[0, 2]] > 0).all()


def test_first_effects_below_0_are_shown_as_they_are():
    found = evaluated(lambda u: g_function(u) * (1 + 0 * u[..., 0]), sample(16, 8, seed=2))

    assert found.first.min() < 0 <= found.total.min()


def test_constant_outputs_are_flagged_not_scored():
    y = np.random.default_rng(0).normal(size=(64, 5, 3))
    y[..., 1] = 0.1 * (1 + 1e-15 * y[..., 1])

    found = indices(y[:, 0], y[:, -1], y[:, 1:-1], resamples=5)

    assert (found.constant == [False, True, False]).all()
    for field in FIELDS[:-1]:
        assert (np.isnan(getattr(found, field)).all(axis=1) == found.constant).all()
    assert found.variance[1] == 0


def test_resamples_in_which_an_output_rests_are_left_out():
    y = np.zeros((8, 3))
    y[3, :2] = 1, 2  # a resample misses row 3 with probability 0.34

    for interval in ("percentile", "normal"):
        found = indices(y[:, 0], y[:, -1], y[:, 1:-1], resamples=40, interval=interval)

        assert not found.constant
        counts = resample_counts(8, 40, 0)[1:]
        drawn = [twin(y[:, 0], y[:, -1], y[:, 1:-1], c)[1][0] for c in counts if c[3]]
        assert len(drawn) < 40
        expected = np.quantile(drawn, 0.975)
        if interval == "normal":
            expected = found.total[0] + stats.norm.ppf(0.975) * np.std(drawn, ddof=1)
        assert found.total_high[0] == pytest.approx(expected, rel=1e-12)


def test_a_missing_output_names_its_draw():
    design = sample(16, 3)
    y = np.repeat(design.points().sum(axis=-1)[..., None], 4, axis=-1)
    y[9, 2, 3] = np.nan
    y[9, 3, 0] = np.inf

    moments = Moments(16)
    moments.add(y[:8, 0], y[:8, -1], y[:8, 1:-1])

    message = (
        r"2 of 160 are missing or infinite \(first: draw 47: row 9 of A with group 1 from B, output \(3,\)\)"
    )
    with pytest.raises(DomainError, match=message):
        moments.add(y[8:, 0], y[8:, -1], y[8:, 1:-1])
    assert (design.points().reshape(-1, 3)[47] == design.points()[9, 2]).all()
    y[0, 0, 0] = y[0, -1, 0] = np.nan
    with pytest.raises(DomainError, match="draw 0: row 0 of A, output"):
        indices(y[:, 0], y[:, -1], y[:, 1:-1])
    with pytest.raises(DomainError, match=r"draw 4: row 0 of B\)"):
        indices(y[:, 1, 0], y[:, -1, 0], y[:, 1:-1, 0])


def test_wrong_shapes_and_options_are_refused():
    y = np.random.default_rng(0).normal(size=(8, 4))
    a, b, ab = y[:, 0], y[:, -1], y[:, 1:-1]

    with pytest.raises(DomainError, match="outputs need the shapes"):
        indices(a, b, a)
    with pytest.raises(DomainError, match="outputs need the shapes"):
        indices(a, b[:4], ab)
    with pytest.raises(MethodError, match="level must lie between 0 and 1"):
        indices(a, b, ab, level=95)
    with pytest.raises(MethodError, match="interval cannot be 'percent'"):
        indices(a, b, ab, interval="percent")
    moments = Moments(16)
    with pytest.raises(DomainError, match="only 0 were added"):
        moments.indices()
    moments.add(a, b, ab)
    with pytest.raises(DomainError, match="only 8 were added"):
        moments.indices()
    with pytest.raises(DomainError, match="same outputs and groups"):
        moments.add(a, b, ab[:, :1])
    moments.add(a, b, ab)
    with pytest.raises(DomainError, match="has 16 rows, but 24 were added"):
        moments.add(a, b, ab)


# --- Weights of a composite ---------------------------------------------------------------------------


def composites(z, design):
    """Every draw normalised by itself, then one weighted mean after the other."""
    points = design.points()
    return np.array([[z @ (w / w.sum()) for w in row] for row in points])


@pytest.mark.parametrize("groups", [None, [3, 1, 0, 2, 4], [0, 1, 0, 2, 1]])
def test_products_of_matrices_equal_the_draws_one_by_one(groups):
    z = np.random.default_rng(0).uniform(0, 100, (2, 7, 5))
    u = sample(32, 5, groups=groups, seed=4)
    design = type(u)(a=0.2 + u.a, b=0.2 + u.b, groups=u.groups)

    found = weight_indices(z, design.a, design.b, groups=groups, resamples=20, seed=1)

    y = composites(z, design)
    direct = indices(y[:, 0], y[:, -1], y[:, 1:-1], resamples=20, seed=1)
    for field in FIELDS:
        assert getattr(found, field).shape == getattr(direct, field).shape
        np.testing.assert_allclose(getattr(found, field), getattr(direct, field), rtol=1e-10, atol=1e-10)
    first, total, variance = twin(y[:, 0, 1, 6], y[:, -1, 1, 6], y[:, 1:-1, 1, 6])
    np.testing.assert_allclose(found.first[1, 6], first, atol=1e-10)
    np.testing.assert_allclose(found.total[1, 6], total, atol=1e-10)
    assert found.variance[1, 6] == pytest.approx(variance, rel=1e-10)


def test_more_regions_and_rows_than_one_block_equal_the_draws():
    z = np.random.default_rng(0).normal(size=(300, 3))
    design = sample(1024, 3)

    found = weight_indices(z, design.a, design.b)

    y = composites(z[[0, 127, 128, 299]], design)
    direct = indices(y[:, 0], y[:, -1], y[:, 1:-1])
    np.testing.assert_allclose(found.first[[0, 127, 128, 299]], direct.first, atol=1e-10)
    np.testing.assert_allclose(found.total[[0, 127, 128, 299]], direct.total, atol=1e-10)


def test_two_indicators_have_the_effects_of_a_ratio_of_uniforms():
    # y = u / (u + v): E(y | u) = u ln((1 + u) / u); V = E(y²) - 1/4, E(y² | u) = u / (1 + u) (integrals over v).
    variance = integrate.quad(lambda u: u / (1 + u), 0, 1)[0] - 0.25
    first = (integrate.quad(lambda u: (u * np.log((1 + u) / u)) ** 2, 0, 1)[0] - 0.25) / variance
    design = sample(1 << 14, 2)

    found = weight_indices([[0.0, 1.0], [10.0, 30.0]], design.a, design.b)

    np.testing.assert_allclose(found.first, first, atol=0.002)
    np.testing.assert_allclose(found.total, 1 - first, atol=0.002)
    np.testing.assert_allclose(found.variance, [variance, 400 * variance], rtol=0.002)


def test_exponential_factors_make_uniform_weights():
    # Flat Dirichlet weights of k indicators: covariance (I k - 1) / (k² (k + 1)).
    z, k = np.array([3.0, 10.0, 50.0, 70.0]), 4
    design = sample(1 << 13, k)

    found = weight_indices(z[None], -np.log(design.a), -np.log(design.b))

    expected = z @ (k * np.eye(k) - 1) @ z / (k**2 * (k + 1))
    assert found.variance[0] == pytest.approx(expected, rel=0.01)


def test_an_indicator_without_weight_has_no_total_effect_at_all():
    z = np.random.default_rng(0).uniform(1, 100, (20, 4))
    design = sample(256, 4)
    none, fixed = np.array([1, 1, 0, 1]), np.array([0.0, 0, 0, 1])

    found = weight_indices(z, design.a * none, design.b * none, resamples=10)
    still = weight_indices(z, np.where(fixed, 0.3, design.a), np.where(fixed, 0.3, design.b))
    grouped = weight_indices(z, design.a * none, design.b * none, groups=[0, 0, 1, 2])

    assert (found.total[:, 2] == 0).all()
    assert (found.first[:, 2] == 0).all()
    assert (found.total_low[:, 2] == 0).all()
    assert (found.total_high[:, 2] == 0).all()
    assert (still.total[:, 3] == 0).all()
    assert (grouped.total[:, 1] == 0).all()
    assert (found.total[:, [0, 1, 3]] > 0).all()


def test_logarithms_give_the_geometric_mean():
    z = np.random.default_rng(0).uniform(1, 100, (3, 4))
    design = sample(64, 4)

    found = weight_indices(np.log(z), design.a, design.b)

    points = design.points()
    w = points / points.sum(axis=-1, keepdims=True)
    y = np.log((z ** w[..., None, :]).prod(axis=-1))
    direct = indices(y[:, 0], y[:, -1], y[:, 1:-1])
    np.testing.assert_allclose(found.first, direct.first, atol=1e-10)
    np.testing.assert_allclose(found.total, direct.total, atol=1e-10)


def test_the_level_of_scores_does_not_cost_digits():
    z = np.random.default_rng(0).uniform(0, 1, (5, 6))
    design = sample(128, 6)

    near, far = (weight_indices(z + level, design.a, design.b) for level in (0, 2.0**20))

    np.testing.assert_allclose(far.first, near.first, atol=1e-8)
    np.testing.assert_allclose(far.total, near.total, atol=1e-8)


def test_regions_that_no_weights_move_are_flagged():
    z = np.array([[0.1, 0.1, 0.1], [1.0, 2.0, 3.0]])
    design = sample(64, 3)

    for groups in (None, [0, 0, 1]):
        found = weight_indices(z, design.a, design.b, groups=groups)
        assert (found.constant == [True, False]).all()
        assert np.isnan(found.first[0]).all()
        assert np.isnan(found.total[0]).all()
    fixed = np.full((64, 3), 0.3)
    assert weight_indices(z, fixed, fixed).constant.all()


def test_weights_and_scores_that_do_not_fit_are_refused():
    z, design = np.ones((2, 3)), sample(8, 3)
    a, b = design.a.copy(), design.b.copy()

    with pytest.raises(DomainError, match="one column for each of the indicators"):
        weight_indices(z[:, :2], a, b)
    with pytest.raises(DomainError, match=r"1 of 6 is not \(first: nan at position \(0, 1\)\)"):
        weight_indices([[1, np.nan, 2], [1, 2, 3]], a, b)
    b[2, 1] = -0.5
    with pytest.raises(DomainError, match=r"not negative.*-0.5 at position \(2, 1\)"):
        weight_indices(z, a, b)
    a[:], b[:] = [1, 0, 0], [0, 1, 0]  # the exchange of column 0 leaves nothing
    for groups, number in ((None, 1), ([1, 0, 0], 2)):
        with pytest.raises(DomainError, match=f"all weights are 0 in 8 of .* draw {number}: row 0 of A with"):
            weight_indices(z, a, b, groups=groups)


def test_salib_finds_the_same_from_the_same_sample():
    sobol = pytest.importorskip("SALib.analyze.sobol", reason="SALib is not installed: pip install SALib")
    z = np.random.default_rng(0).uniform(0, 100, (4, 6))
    design = sample(256, 6)

    found = weight_indices(z, design.a, design.b)
    y = composites(z, design)
    general = indices(y[:, 0], y[:, -1], y[:, 1:-1])

    names = {"num_vars": 6, "names": list("abcdef"), "bounds": [[0, 1]] * 6}
    for region in range(4):
        theirs = sobol.analyze(names, y[..., region].ravel(), calc_second_order=False, num_resamples=2)
        for ours in (found, general):
            np.testing.assert_allclose(ours.first[region], theirs["S1"], rtol=0, atol=1e-10)
            np.testing.assert_allclose(ours.total[region], theirs["ST"], rtol=0, atol=1e-10)
