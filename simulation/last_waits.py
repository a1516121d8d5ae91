"""How a member's last wait may have ended, by customer-base model: with the data, or as the member left.

Each way is a pair, by member: for how many weeks of the last wait the member was still there, and the log of
the chance, or density, of leaving then, all purchases before told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.customers.bg_nbd import BgNbd, MbgNbd
from simulation.waits import Waits

Ways = Iterator[tuple[Floats, Floats]]
# Of all waits, each member's usual gap, and the two parameters of leaving.
Ends = Callable[[Waits, Floats, float, float], Ways]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)


def _after_a_purchase(model: type[BgNbd]) -> Ends:
    def ends(waits: Waits, usual: Floats, a: float, b: float) -> Ways:
        from scipy.special import betaln

        chances = waits.repeats + model.CHANCES_AT_START
        yield waits.open_weeks, betaln(a, b + chances) - betaln(a, b)
        gone = betaln(a + 1, b + np.maximum(chances, 1) - 1) - betaln(a, b)
        yield np.zeros(len(usual)), np.where(chances > 0, gone, -np.inf)

    return ends


def _at_any_time(waits: Waits, usual: Floats, s: float, beta: float) -> Ways:
    """As in Pareto/NBD. The day of leaving is integrated over, nodes lie closer in the first usual gaps."""
    before, all_of_it = waits.weeks_until_last, waits.open_weeks
    yield all_of_it, -s * np.log1p((before + all_of_it) / beta)
    reach = np.log1p(all_of_it / usual)
    for node, weight in zip((1 + _NODES) / 2, _WEIGHTS / 2, strict=True):
        weeks = usual * np.expm1(node * reach)
        density = np.log(s / beta) - (s + 1) * np.log1p((before + weeks) / beta)
        with np.errstate(
            divide="ignore"
        ):  # nothing lies between, where the last purchase was on the last day
            yield weeks, density + np.log(weight * reach * (usual + weeks))


# Nobody leaves is among them, where leaving is rare.
WAYS_TO_LEAVE: tuple[Ends, ...] = (_after_a_purchase(BgNbd), _after_a_purchase(MbgNbd), _at_any_time)
