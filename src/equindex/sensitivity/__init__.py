"""How much of a ranking is choice: draws of weights, and ranks over draws."""

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
    "acceptability",
    "acceptability_of",
    "confidence",
    "share_error",
    "share_interval",
]
