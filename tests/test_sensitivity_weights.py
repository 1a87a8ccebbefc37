"""Exact weight analysis and what is left out, against brute force, linear programmes and recomputation."""

import ctypes
import os
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog

from equindex import sensitivity
from equindex.errors import DomainError, MethodError
from equindex.sensitivity import bounds

RNG = np.random.default_rng(7)


def moved(w, m, t):
    """Set weight m to t and rescale the others."""
    v = w * (1 - t) / (1 - w[m])
    v[m] = t
    return v


def ranks(scores):
    return 1 + (scores[:, None] < scores - 1e-9).sum(axis=1)


def problem(seed):
    """Draw a small table: coarse values tie, some weights are 0."""
    rng = np.random.default_rng(seed)
    n, k = rng.integers(1, 7), rng.integers(1, 5)
    z = rng.integers(0, 4, (n, k)).astype(float) if seed % 2 else rng.normal(size=(n, k))
    w = rng.dirichlet(np.ones(k)) if seed % 3 else np.full(k, 1 / k)
    if seed % 5 == 0 and k > 1:
        w[0] = 0.0
    return z, w / w.sum()


# Stability


def test_two_regions_swap_where_their_lines_meet():
    found = sensitivity.stability([[80.0, 40.0], [50.0, 60.0]], [0.5, 0.5])

    # 40 + 40 t = 60 - 10 t at t = 0.4, by hand
    assert found.leader == pytest.approx(np.array([[0.4, 1.0], [0.0, 0.6]]))
    assert found.ranking == pytest.approx(found.leader)
    assert found.successor.tolist() == [[1, -1], [-1, 1]]
    assert found.rank.tolist() == [1, 2]


@pytest.mark.parametrize("seed", range(16))
def test_ranks_hold_inside_the_intervals_and_change_beyond(seed):
    z, w = problem(seed)

    found = sensitivity.stability(z, w)

    assert found.rank.tolist() == ranks(z @ w).tolist()
    for m in np.flatnonzero(w < 1):
        for i, (low, high) in enumerate(found.regions[:, m]):
            assert 0 <= low <= w[m] + 1e-15
            assert w[m] - 1e-15 <= high <= 1
            before = np.sign(np.round(z @ w - (z @ w)[i], 9))
            for t in np.linspace(low, high, 23)[1:-1]:
                score = z @ moved(w, m, t)
                assert (1 + (score > score[i] + 1e-9).sum()) == found.rank[i]
            for t in (low - 1e-5, high + 1e-5):
                if 0 <= t <= 1:
                    score = z @ moved(w, m, t)
                    after = np.sign(np.round(score - score[i], 12))
                    assert ((before > 0) != (after > 0)).any(), (m, i, t)


@pytest.mark.parametrize("seed", range(16))
def test_leader_and_ranking_hold_as_long_as_a_scan_says(seed):
    z, w = problem(seed)
    first = ranks(z @ w) == 1
    step = 1e-3

    found = sensitivity.stability(z, w)

    for m in np.flatnonzero(w < 1):
        for side, end in ((0, 0.0), (1, 1.0)):
            grid = np.linspace(w[m], end, max(2, round(abs(end - w[m]) / step)))
            rank = np.array([ranks(z @ moved(w, m, t)) for t in grid])
            for interval, kept in (
                (found.leader, (rank[:, first] == 1).all(axis=1)),
                (found.ranking, (rank == rank[0]).all(axis=1)),
            ):
                last = grid[kept.argmin() - 1] if not kept.all() else end
                assert abs(interval[m, side] - last) < 2 * step
        for side in (0, 1):
            rival, t = found.successor[m, side], found.leader[m, side]
            if rival >= 0:
                score = z @ moved(w, m, t)
                assert score[rival] == pytest.approx(score[first][0])
                assert score[rival] == pytest.approx(score.max())


def test_ties_break_on_one_side():
    found = sensitivity.stability([[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]], [0.5, 0.5])

    assert found.tied.tolist() == [True, True, False]
    assert found.regions[0].tolist() == [[0.5, 1.0], [0.0, 0.5]]
    assert found.leader.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert found.successor.tolist() == [[-1, -1], [-1, -1]]


def test_equal_regions_a_constant_and_a_single_one_never_move():
    for z in ([[1.0, 2.0]], [[1.0, 2.0], [1.0, 2.0]], [[5.0, 3.0], [5.0, 2.0]]):
        found = sensitivity.stability(z, [0.3, 0.7])

        assert found.regions.tolist() == [[[0.0, 1.0]] * 2] * len(z)


def test_a_weight_of_one_cannot_move_and_a_weight_of_zero_can_grow():
    alone = sensitivity.stability([[1.0], [2.0]], [1.0])
    zero = sensitivity.stability([[1.0, 2.0], [2.0, 1.0]], [1.0, 0.0])

    assert alone.ranking.tolist() == [[1.0, 1.0]]
    assert zero.leader.tolist() == [[1.0, 1.0], [0.0, 0.5]]


def test_stability_does_not_depend_on_the_order_of_regions():
    z, w = RNG.normal(size=(40, 5)), RNG.dirichlet(np.ones(5))
    shuffled = RNG.permutation(40)

    found, other = sensitivity.stability(z, w), sensitivity.stability(z[shuffled], w)

    assert other.regions == pytest.approx(found.regions[shuffled], abs=1e-12)


# Smallest changes


def programme(z, w, ahead, behind, measure):
    """Solve the smallest change as a linear programme; None where there is none."""
    k, c = len(w), z[behind] - z[ahead]
    scale = -np.eye(k) if measure == "sum" else -w[:, None]
    extra = scale.shape[1]
    found = linprog(
        np.r_[np.zeros(k), np.ones(extra)],
        A_ub=np.block([[np.eye(k), scale], [-np.eye(k), scale], [-c[None], np.zeros((1, extra))]]),
        b_ub=np.r_[w, -w, 0.0],
        A_eq=np.r_[np.ones(k), np.zeros(extra)][None],
        b_eq=[1.0],
    )
    return found.fun if found.status == 0 else None


@pytest.mark.parametrize("measure", ["sum", "relative"])
@pytest.mark.parametrize("of", ["leader", "neighbours"])
@pytest.mark.parametrize("seed", range(25))
def test_smallest_changes_agree_with_linear_programmes(seed, of, measure):
    z, w = problem(seed)
    ahead, behind = sensitivity.rivals(z, w, of=of)

    found = sensitivity.smallest_change(z, w, ahead, behind, measure=measure)

    for pair, (a, b) in enumerate(zip(ahead, behind, strict=True)):
        least, v = programme(z, w, a, b, measure), found.weights[pair]
        assert found.reachable[pair] == (least is not None)
        if least is None:
            assert np.isnan(found.size[pair])
            assert np.isnan(v).all()
            continue
        change = np.abs(v - w)
        size = change.sum() if measure == "sum" else (change[w > 0] / w[w > 0]).max()
        assert found.size[pair] == pytest.approx(least, abs=1e-7)
        assert size == pytest.approx(found.size[pair], abs=1e-12)
        assert v.sum() == pytest.approx(1)
        assert v.min() >= 0
        assert v @ (z[b] - z[a]) >= -1e-12


def test_a_dominated_region_cannot_reach_whatever_the_weights():
    z = [[3.0, 3.0], [1.0, 2.0], [0.0, 3.0]]

    found = sensitivity.smallest_change(z, [0.5, 0.5], 0, [1, 2])
    kept = sensitivity.smallest_change(z, [1.0, 0.0], 0, [1, 2], measure="relative")

    assert found.reachable.tolist() == [False, True]
    assert found.size[1] == 1.0  # all weight on what they share, by hand
    assert kept.reachable.tolist() == [False, False]  # a weight of 0 stays 0


def test_a_region_already_ahead_needs_no_change():
    found = sensitivity.smallest_change([[1.0, 1.0], [2.0, 2.0]], [0.5, 0.5], 0, 1, measure="relative")

    assert (found.size.tolist(), found.weights.tolist()) == ([0.0], [[0.5, 0.5]])


# Polytopes of weights


def polytopes(k, rng):
    """Return all weights, a band, an order, and a band with an order, each with its corners by brute force."""
    middle = np.full(k, 1 / k)
    a = np.zeros((1, k))
    a[0, [0, k - 1]] = -1.0, 1.0
    return [
        sensitivity.polytope(k),
        sensitivity.polytope(k, low=middle * 0.5, high=middle * 1.6),
        sensitivity.ordered(rng.permutation(k).tolist(), low=0.02),
        sensitivity.polytope(k, low=0.05, a=a, b=0.0),
    ]


def corners(weights):
    """Enumerate the corners: every choice of k - 1 active constraints."""
    k = len(weights.low)
    rows = np.concatenate([np.eye(k), -np.eye(k), weights.a])
    right = np.concatenate([weights.high, -weights.low, weights.b])
    found = []
    for active in combinations(range(len(rows)), k - 1):
        system = np.concatenate([np.ones((1, k)), rows[list(active)]])
        if abs(np.linalg.det(system)) > 1e-9:
            w = np.linalg.solve(system, np.r_[1.0, right[list(active)]])
            if (rows @ w <= right + 1e-9).all():
                found.append(w)
    return np.array(found)


@pytest.mark.parametrize("seed", range(6))
def test_dominance_is_that_at_all_corners(seed):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 5))
    z = rng.integers(0, 5, (12, k)).astype(float) if seed % 2 else rng.normal(size=(12, k))

    for weights in polytopes(k, rng):
        found = sensitivity.dominance(z, weights)

        difference = (z[:, None] - z) @ corners(weights).T
        expected = (difference.min(axis=-1) >= -1e-9) & (difference.max(axis=-1) > 1e-9)
        assert (found == expected).all()


def test_plain_dominance_is_being_as_good_in_everything():
    z = RNG.integers(0, 4, (30, 3)).astype(float)

    found = sensitivity.dominance(z)

    difference = z[:, None] - z
    assert (found == ((difference >= 0).all(axis=-1) & (difference > 0).any(axis=-1))).all()


def dense(weights, rng, count=4000):
    """Draw weights all over a polytope: mixtures of its corners, and the corners."""
    ends = corners(weights)
    return np.concatenate([ends, rng.dirichlet(np.full(len(ends), 0.5), count) @ ends])


@pytest.mark.parametrize("seed", range(6))
def test_ranks_stay_within_the_bounds_and_reach_them(seed):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 5))
    z = rng.integers(0, 5, (9, k)) * 1.0 if seed % 2 else rng.normal(size=(9, k))

    for weights in polytopes(k, rng):
        found = sensitivity.rank_bounds(z, weights)

        seen = np.array([ranks(z @ w) for w in dense(weights, rng)])
        assert found.exact.all()
        assert (found.best <= seen.min(axis=0)).all()
        assert (found.worst >= seen.max(axis=0)).all()
        for i in range(len(z)):
            for w, rank in ((found.best_weights[i], found.best[i]), (found.worst_weights[i], found.worst[i])):
                assert rank == 1 + (z @ w > z[i] @ w + 5e-6 * np.ptp(z, axis=0).max()).sum()
                assert w.sum() == pytest.approx(1)
                assert (w >= weights.low - 1e-7).all()
                assert (weights.a @ w <= weights.b + 1e-7).all()


def test_without_search_the_bounds_hold_all_the_same():
    z = RNG.normal(size=(25, 4))

    exact, bound = sensitivity.rank_bounds(z), sensitivity.rank_bounds(z, most=0)

    assert exact.exact.all()
    assert not bound.exact.all()
    assert (bound.best <= exact.best).all()
    assert (bound.worst >= exact.worst).all()
    assert (bound.best_found >= exact.best).all()
    assert (bound.worst_found <= exact.worst).all()


@pytest.mark.parametrize("seed", range(2))
def test_a_region_can_lead_if_its_best_rank_is_one(seed):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(9, 3))

    for weights in polytopes(3, rng):
        found = sensitivity.can_lead(z, weights)

        assert (found.possible == (sensitivity.rank_bounds(z, weights).best == 1)).all()
        for i, w in enumerate(found.weights):
            others = np.delete(z, i, axis=0)
            assert found.margin[i] == pytest.approx((z[i] - others).dot(w).min(), abs=1e-7)
            drawn = (z[i] - others) @ dense(weights, rng, 300).T
            assert drawn.min(axis=0).max() <= found.margin[i] + 1e-7


def test_one_region_one_indicator_and_equal_regions_have_bounds():
    alone = sensitivity.rank_bounds([[1.0, 2.0]])
    single = sensitivity.rank_bounds([[1.0], [3.0], [3.0]])
    equal = sensitivity.rank_bounds([[1.0, 2.0]] * 3)

    assert (alone.best.tolist(), alone.worst.tolist()) == ([1], [1])
    assert (single.best.tolist(), single.worst.tolist()) == ([3, 1, 1], [3, 1, 1])
    assert (equal.best.tolist(), equal.worst.tolist()) == ([1, 1, 1], [1, 1, 1])
    assert sensitivity.can_lead([[1.0, 2.0]]).margin.tolist() == [np.inf]
    assert not sensitivity.dominance([[1.0, 2.0]] * 3).any()


def test_what_a_solver_prints_stays_out_of_stdout(capfd):
    libc = ctypes.CDLL("ucrtbase" if os.name == "nt" else None)

    with bounds._stdout_kept():
        libc.puts(b"from C")
    print("from Python")

    assert capfd.readouterr() == ("from Python\n", "")


# Refusals


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"low": 0.4}, "low sums to 1.2, more than 1"),
        ({"high": [0.1, 0.2, 0.3]}, "high sums to 0.6, less than 1"),
        ({"low": [0.5, 0.1, 0.1], "high": [0.4, 0.9, 0.9]}, r"low is above high at positions \[0\]"),
        ({"low": [0.1, 0.2]}, "one number or one for each of 3 indicators"),
        ({"a": [[1.0, 0.0]], "low": np.nan}, "a needs 3 columns.*; bounds and constraints must be finite"),
        (
            {"a": [[-1.0, 1, 0], [0, -1, 1], [1, 0, -1]], "b": -0.1},
            "cannot hold together",
        ),
    ],
)
def test_contradictory_polytopes_are_refused(options, words):
    with pytest.raises(DomainError, match=words):
        sensitivity.polytope(3, **options)


def test_orders_must_name_every_indicator_once():
    with pytest.raises(DomainError, match="each of the positions 0 to 2 once"):
        sensitivity.ordered([0, 1, 1])
    with pytest.raises(DomainError, match="between 0 and 1/3"):
        sensitivity.ordered([0, 1, 2], low=0.4)
    with pytest.raises(DomainError, match="for 2 indicators, but there are 3"):
        sensitivity.dominance([[1.0, 2.0, 3.0]], sensitivity.polytope(2))


@pytest.mark.parametrize("function", [sensitivity.stability, sensitivity.rivals])
@pytest.mark.parametrize(
    ("z", "w", "words"),
    [
        ([[1.0, np.nan], [2.0, 1.0]], [0.5, 0.5], r"1 of 2 regions .* \(region positions \[0\]\)"),
        ([[1.0, 2.0], [2.0, 1.0]], [0.0, 0.0], "sum to 1"),
        ([[1.0, 2.0], [2.0, 1.0]], [1.5, -0.5], "at least 0"),
        ([[1.0, 2.0], [2.0, 1.0]], [1.0], "one for each of 2 indicators"),
        ([], [1.0], "a table of regions"),
    ],
)
def test_what_does_not_fit_is_refused(function, z, w, words):
    with pytest.raises(DomainError, match=words):
        function(z, w)


def test_unknown_words_are_refused():
    with pytest.raises(MethodError, match="measure cannot be 'max'"):
        sensitivity.smallest_change([[1.0], [2.0]], [1.0], 0, 1, measure="max")
    with pytest.raises(MethodError, match="of cannot be 'all'"):
        sensitivity.rivals([[1.0], [2.0]], [1.0], of="all")
