"""Maximum likelihood: the parameters under which a past is least surprising, and how sure they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loyalty_core.arrays import Floats

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

FEWEST_REPEATERS = 50  # below, four parameters are not told apart
STEP = 1e-3  # of a logarithm, for derivatives
FARTHEST = 7.5  # logarithms of parameters are searched between minus and plus this
_EDGE, _FLAT = 7.3, 1e-4
_MOST_STEPS = 150


@dataclass(frozen=True, slots=True)
class Fit:
    """Maximum likelihood estimates in the order of the model's parameters."""

    parameters: tuple[float, ...]
    log_likelihood: float
    converged: bool
    inside: bool  # no parameter is at the edge of what was searched
    covariance: Floats  # of the parameters' logarithms; nan where the likelihood has no proper peak

    @property
    def told(self) -> bool:
        """Whether the past tells all parameters apart."""
        return self.converged and bool(np.isfinite(self.covariance).all())

    def ranges(self, z: float) -> list[tuple[float, float]]:
        """Low and high end of each parameter, z standard errors of its logarithm away, but no farther than
        from one end of what is searched to the other; nan if not told."""
        reach = np.minimum(z * np.sqrt(np.diag(self.covariance)), 2 * FARTHEST)
        return [
            (float(value * np.exp(-r)), float(value * np.exp(r)))
            for value, r in zip(self.parameters, reach, strict=True)
        ]


def log_of_sum(one: Floats, other: Floats) -> Floats:
    """log(exp(one) + exp(other)), where not both are minus infinity; much faster than `np.logaddexp`."""
    total: Floats = np.maximum(one, other) + np.log1p(np.exp(-np.abs(one - other)))
    return total


def fitted(
    log_likelihood: Callable[[tuple[float, ...]], Floats],
    weight: Floats,
    starts: Sequence[tuple[float, ...]],
) -> Fit:
    """The maximum over positive parameters, searched on their logarithms, from the first start that settles.

    `log_likelihood` gives a value for each different past, `weight` the members who share it.
    """
    size = float(weight.sum())

    def loss(logs: Floats) -> float:
        with np.errstate(all="ignore"):
            parameters = tuple(float(value) for value in np.exp(logs))
            # Summed by itself: a dot product wakes a crowd of threads for it, in an order of their own.
            value = -float((weight * log_likelihood(parameters)).sum()) / size
        return value if np.isfinite(value) else 1e12

    found = [_searched(loss, starts[0], size)]
    for start in starts[1:]:
        if found[-1].converged or not found[-1].inside:  # beyond the edge there is nothing to look for
            break
        found.append(_searched(loss, start, size))
    return max(found, key=lambda fit: (fit.converged, fit.log_likelihood))


def _searched(loss: Callable[[Floats], float], start: tuple[float, ...], size: float) -> Fit:
    bounds = np.full((len(start), 2), (-FARTHEST, FARTHEST))
    found = least(loss, np.log(start), bounds, ftol=1e-11, gtol=1e-6, maxiter=_MOST_STEPS)
    inside = bool(np.all(np.abs(found.x) < _EDGE))
    settled = bool(np.max(np.abs(found.jac)) < _FLAT)
    return Fit(
        tuple(float(v) for v in np.exp(found.x)),
        -float(found.fun) * size,
        settled and inside,
        inside,
        inverse_information(loss, found.x, size),
    )


def least(loss: Callable[[Floats], float], start: Floats, bounds: Floats, **options: float) -> OptimizeResult:
    """Where a smooth function of a few numbers is smallest; `bounds` has the low and high end of each."""
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    # Matrices so small are handed to threads at every step, which takes ten times as long as all the rest.
    with threadpool_limits(1):
        return minimize(loss, start, method="L-BFGS-B", bounds=bounds, options=options)


def inverse_information(loss: Callable[[Floats], float], peak: Floats, size: float) -> Floats:
    """Covariance of estimates at the peak: second derivatives of the mean loss of `size` cases, inverted.

    By central differences; nan where the peak is none.
    """
    n, steps = len(peak), np.eye(len(peak)) * 10 * STEP
    information = np.zeros((n, n))
    for i in range(n):
        for j in range(i, n):
            corners = [s * t * loss(peak + s * steps[i] + t * steps[j]) for s in (1, -1) for t in (1, -1)]
            information[i, j] = information[j, i] = sum(corners) / (4 * (10 * STEP) ** 2)
    if not np.isfinite(information).all() or np.any(np.linalg.eigvalsh(information) <= 0):
        return np.full((n, n), np.nan)
    return np.asarray(np.linalg.inv(information) / size)
