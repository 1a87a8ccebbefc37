"""How much of a ranking is choice: draws of weights, and ranks over draws."""

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
    "confidence",
    "constrained",
    "dirichlet",
    "draw",
    "panel",
    "share_error",
    "share_interval",
    "uniform",
]
