"""How much of a ranking is choice: draws of weights and ranks over them, effects of factors, exact weight analysis."""

from equindex.sensitivity.ahead import class_shares, not_told_apart, winning_shares
from equindex.sensitivity.bounds import Bounds, rank_bounds
from equindex.sensitivity.draws import Sampler, band, chunk, constrained, dirichlet, draw, panel, uniform
from equindex.sensitivity.exact import Shares, Swings, enumerate_indices, one_at_a_time
from equindex.sensitivity.left_out import (
    Lines,
    minmax_without_region,
    moved_up,
    scores_without_region,
    without,
    zscore_without_region,
)
from equindex.sensitivity.polytope import Leading, Polytope, can_lead, dominance, ordered, polytope
from equindex.sensitivity.ranks import (
    Acceptability,
    acceptability,
    acceptability_of,
    confidence,
    share_error,
    share_interval,
)
from equindex.sensitivity.reversals import Swaps, swaps
from equindex.sensitivity.samples import Design, discrete, sample
from equindex.sensitivity.stability import Stability, stability
from equindex.sensitivity.variance import Indices, Moments, indices, weight_indices
from equindex.sensitivity.weights import Change, rivals, smallest_change

__all__ = [
    "Acceptability",
    "Bounds",
    "Change",
    "Design",
    "Indices",
    "Leading",
    "Lines",
    "Moments",
    "Polytope",
    "Sampler",
    "Shares",
    "Stability",
    "Swaps",
    "Swings",
    "acceptability",
    "acceptability_of",
    "band",
    "can_lead",
    "chunk",
    "class_shares",
    "confidence",
    "constrained",
    "dirichlet",
    "discrete",
    "dominance",
    "draw",
    "enumerate_indices",
    "indices",
    "minmax_without_region",
    "moved_up",
    "not_told_apart",
    "one_at_a_time",
    "ordered",
    "panel",
    "polytope",
    "rank_bounds",
    "rivals",
    "sample",
    "scores_without_region",
    "share_error",
    "share_interval",
    "smallest_change",
    "stability",
    "swaps",
    "uniform",
    "weight_indices",
    "winning_shares",
    "without",
    "zscore_without_region",
]
