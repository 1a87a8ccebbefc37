"""How much of a ranking is choice: draws of weights, and ranks over draws."""

from equindex.sensitivity.ahead import class_shares, not_told_apart, winning_shares
from equindex.sensitivity.draws import Sampler, band, chunk, constrained, dirichlet, draw, panel, uniform
from equindex.sensitivity.ranks import (
    Acceptability,
    acceptability,
    acceptability_of,
    confidence,
    share_error,
    share_interval,
)

__all__ = [
    "Acceptability",
    "Sampler",
    "acceptability",
    "acceptability_of",
    "band",
    "chunk",
    "class_shares",
    "confidence",
    "constrained",
    "dirichlet",
    "draw",
    "not_told_apart",
    "panel",
    "share_error",
    "share_interval",
    "uniform",
    "winning_shares",
]
