"""What a treatment measured of each column, how it is applied, and the moments it is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import ArrayLike, FloatArray, IntArray, as_float, positioned, refused_cells

__all__ = ["Treatment", "kurtosis", "shape", "skewness"]

_LOST = 1e-6  # of a range relative to its values: six digits fewer to tell them apart


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Treatment:
    r"""What is done to each column: values are held between two fences and then, where there is a power, bent.

    .. math:: y = s \, \frac{(s \, x' + c)^\lambda - 1}{\lambda}, \qquad
       x' = \min(h, \max(l, x)), \qquad \lambda = 0: \; y = s \ln (s \, x' + c)

    Parameters
    ----------
    low, high : ndarray, shape (..., indicators)
        Fences l and h; infinite where there is none. [unit of the indicator]
    sign : ndarray, shape (..., indicators)
        s: 1 where the long tail is on the right, -1 where it is on the left.
    shift : ndarray, shape (..., indicators)
        c, added before the power is taken. [unit of the indicator]
    power : ndarray, shape (..., indicators)
        :math:`\lambda`, 0 for the logarithm; NaN where values are not bent.
    n, below, above : ndarray of int, shape (..., indicators)
        Values measured, and how many of them the fences moved up and down.
    skewness, kurtosis : ndarray, shape (..., indicators)
        Of the measured values before treatment; NaN where undefined.
    skewness_after, kurtosis_after : ndarray, shape (..., indicators)
        Of the measured values after it.
    """

    low: FloatArray
    high: FloatArray
    sign: FloatArray
    shift: FloatArray
    power: FloatArray
    n: IntArray
    below: IntArray
    above: IntArray
    skewness: FloatArray
    kurtosis: FloatArray
    skewness_after: FloatArray
    kurtosis_after: FloatArray

    @classmethod
    def of(
        cls,
        x: FloatArray,
        *,
        low: ArrayLike = -np.inf,
        high: ArrayLike = np.inf,
        sign: ArrayLike = 1.0,
        shift: ArrayLike = 0.0,
        power: ArrayLike = np.nan,
    ) -> Treatment:
        """Return the treatment with these parameters, and what it does to `x`.

        Parameters
        ----------
        x : ndarray, shape (..., regions, indicators)
            Values it was measured on; NaN is missing. [unit of the indicator]
        low, high, sign, shift, power : array_like, shape (..., indicators) or scalar
            As above.
        """
        columns = (*x.shape[:-2], x.shape[-1])
        parts: dict[str, Any] = {
            name: np.broadcast_to(as_float(part), columns).copy()
            for name, part in (
                ("low", low),
                ("high", high),
                ("sign", sign),
                ("shift", shift),
                ("power", power),
            )
        }
        parts["below"] = (x < parts["low"][..., None, :]).sum(axis=-2)
        parts["above"] = (x > parts["high"][..., None, :]).sum(axis=-2)
        parts["n"] = (~np.isnan(x)).sum(axis=-2)
        with np.errstate(over="ignore"):
            treated = _apply(x, **{name: parts[name] for name in ("low", "high", "sign", "shift", "power")})
        _refuse_lost(x, treated, parts["power"])
        (skew, kurt), (skew_after, kurt_after) = shape(x), shape(treated)
        return cls(
            **parts, skewness=skew, kurtosis=kurt, skewness_after=skew_after, kurtosis_after=kurt_after
        )

    @property
    def action(self) -> NDArray[np.str_]:
        """What is done to each column: ``none``, ``fences``, ``log`` or ``power``."""
        fenced = np.isfinite(self.low) | np.isfinite(self.high)
        bent = np.where(self.power == 0, "log", "power")
        return np.where(~np.isnan(self.power), bent, np.where(fenced, "fences", "none"))

    def apply(self, x: ArrayLike) -> FloatArray:
        """Treat values with what was measured.

        Parameters
        ----------
        x : array_like, shape (..., regions, indicators)
            The measured values or others of the same indicators; NaN is missing. [unit of the indicator]

        Returns
        -------
        ndarray, shape (..., regions, indicators)
            NaN where `x` is NaN. [unit of the indicator, or its log or power]

        Raises
        ------
        DomainError
            If a value lies so far outside the measured ones that its logarithm or power does not exist.
        """
        return _apply(as_float(x), self.low, self.high, self.sign, self.shift, self.power)

    def take(self, indicators: ArrayLike) -> Treatment:
        """Return the treatment of the chosen indicators (positions or a boolean mask), in the order given."""
        chosen = np.asarray(indicators)
        return Treatment(**{name: part[..., chosen] for name, part in self.parts().items()})

    def to_dict(self) -> dict[str, Any]:
        """Return lists that JSON can hold, NaN and infinite fences as None; every float survives exactly."""
        return {name: _listed(part) for name, part in self.parts().items()}

    @classmethod
    def from_dict(cls, parts: Mapping[str, Any]) -> Treatment:
        """Return the treatment that `to_dict` wrote."""
        arrays: dict[str, Any] = {name: np.asarray(part, dtype=np.float64) for name, part in parts.items()}
        for name, open_end in (("low", -np.inf), ("high", np.inf)):
            arrays[name] = np.where(np.isnan(arrays[name]), open_end, arrays[name])
        return cls(
            **{n: a.astype(np.int64) if n in ("n", "below", "above") else a for n, a in arrays.items()}
        )

    def parts(self) -> dict[str, Any]:
        """Return the arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def skewness(x: ArrayLike) -> FloatArray:
    r"""Return the sample skewness of each column, as SAS and the SKEW of spreadsheets (type 2).

    In Chinese: 偏度.

    .. math:: G_1 = \frac{\sqrt{n (n - 1)}}{n - 2} \, \frac{m_3}{m_2^{3/2}}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        NaN is missing. [any unit]

    Returns
    -------
    ndarray, shape (..., indicators)
        NaN for a constant column or fewer than three values. [no unit]

    References
    ----------
    .. [1] Joanes, Gill, "Comparing measures of sample skewness and kurtosis", The Statistician 47(1), 1998,
       p. 183-189.

    Examples
    --------
    >>> skewness(np.array([[3, 4, 5, 2, 3, 4, 5, 6, 4, 7.0]]).T).round(6)
    array([0.359543])
    """
    return shape(as_float(x))[0]


def kurtosis(x: ArrayLike) -> FloatArray:
    r"""Return the sample excess kurtosis of each column, as SAS and the KURT of spreadsheets (type 2).

    In Chinese: 峰度.

    .. math:: G_2 = \frac{n - 1}{(n - 2)(n - 3)} \left( (n + 1) \left( \frac{m_4}{m_2^2} - 3 \right) + 6 \right)

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        NaN is missing. [any unit]

    Returns
    -------
    ndarray, shape (..., indicators)
        0 for a normal distribution; NaN for a constant column or fewer than four values. [no unit]

    References
    ----------
    .. [1] Joanes, Gill, "Comparing measures of sample skewness and kurtosis", The Statistician 47(1), 1998,
       p. 183-189.

    Examples
    --------
    >>> kurtosis(np.array([[3, 4, 5, 2, 3, 4, 5, 6, 4, 7.0]]).T).round(6)
    array([-0.1518])
    """
    return shape(as_float(x))[1]


def shape(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return `skewness` and `kurtosis` together."""
    holes = np.isnan(x)
    n = x.shape[-2] - holes.sum(axis=-2, dtype=np.float64)
    flat = ~(np.fmax.reduce(x, axis=-2) > np.fmin.reduce(x, axis=-2))
    apart = np.where(holes, 0.0, x)
    with np.errstate(all="ignore"):
        for _ in range(2):  # the second pass takes out the rounding error of the first mean
            apart -= (apart.sum(axis=-2) / n)[..., None, :]
            apart[holes] = 0.0
        apart /= np.sqrt(np.einsum("...ri,...ri->...i", apart, apart) / n)[..., None, :]
        square = apart * apart
        third, fourth = (np.einsum("...ri,...ri->...i", square, part) / n for part in (apart, square))
        skew = np.sqrt(n * (n - 1)) / (n - 2) * third
        kurt = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (fourth - 3) + 6)
    return np.where(flat | (n < 3), np.nan, skew), np.where(flat | (n < 4), np.nan, kurt)


def _apply(
    x: FloatArray, low: FloatArray, high: FloatArray, sign: FloatArray, shift: FloatArray, power: FloatArray
) -> FloatArray:
    """Hold values between the fences, and bend the columns that have a power."""
    y = np.clip(x, low[..., None, :], high[..., None, :])
    columns = np.flatnonzero((~np.isnan(power)).reshape(-1, power.shape[-1]).any(axis=0))
    if columns.size == 0:
        return y
    sign, shift, power = (part[..., None, columns] for part in (sign, shift, power))
    bends = ~np.isnan(power)
    base = sign * y[..., columns] + shift
    bad = np.zeros(y.shape, dtype=bool)
    bad[..., columns] = bends & ~((base > 0) & np.isfinite(base)) & ~np.isnan(base)
    if bad.any():
        need = "this treatment bends values within the range it measured"
        raise refused_cells(
            need, np.broadcast_to(x, y.shape), bad, "Measure it on these values too, or use fences."
        )
    logs = np.log(base, where=bends, out=np.zeros_like(base))
    divisor = np.where(bends & (power != 0), power, 1.0)
    y[..., columns] = np.where(
        bends, sign * np.where(power == 0, logs, np.expm1(divisor * logs) / divisor), y[..., columns]
    )
    return y


def _refuse_lost(x: FloatArray, treated: FloatArray, power: FloatArray) -> None:
    """Refuse powers that overflow, or after which values that differ are the same but for their last digits."""
    with np.errstate(all="ignore"):
        before, after = (
            (np.fmax.reduce(z, axis=-2) - np.fmin.reduce(z, axis=-2)) / np.fmax.reduce(np.abs(z), axis=-2)
            for z in (x, treated)
        )
        lost = ~np.isnan(power) & (before > 0) & ~(after > _LOST * before)
    if lost.any():
        raise positioned(
            f"treatment by a power of {power[lost][0]:.6g} overflows or underflows: after it the values of "
            f"{lost.sum()} of {lost.size} indicators cannot be told apart. Use a power nearer to 0, or give the values "
            "in another unit.",
            lost,
            columns=True,
        )


def _listed(part: NDArray[Any]) -> Any:
    """Return nested lists, what is not finite as None."""
    return (
        np.where(np.isfinite(part), part, np.asarray(None)).tolist()
        if part.dtype.kind == "f"
        else part.tolist()
    )
