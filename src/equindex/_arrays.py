"""Array types shared by the kernels."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ArrayLike", "BoolArray", "FloatArray", "as_float"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def as_float(x: ArrayLike) -> NDArray[np.float64]:
    """Return `x` as a float64 array, without a copy where it already is one."""
    return np.asarray(x, dtype=np.float64)
