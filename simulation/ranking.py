"""Which of several scenarios is worth most, and what choosing another one costs, read off samples.

A sample is what each of them is worth in one and the same world: a replication, or a draw of all that is not
known. What it says of the best and of regret is the same for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from loyalty_core.arrays import Floats
from simulation.likelihood import words_for


def best_and_regret(worth: Floats) -> tuple[Floats, Floats]:
    """For each scenario (columns) in how large a share of the samples (rows) it is worth most – those that
    tie share a sample –, and by how much it falls short on average of whichever is worth most there: the
    expected regret of choosing it (expected opportunity loss: Chick, Inoue 2001, Operations Research 49(5)).
    """
    most = worth.max(axis=1, keepdims=True)
    best = worth == most
    return (best / best.sum(axis=1, keepdims=True)).mean(axis=0), (most - worth).mean(axis=0)


def ranking_json(names: Sequence[str], money: Floats, samples: Floats, draws: int) -> list[dict[str, Any]]:
    """A row for each scenario; `money` is what each is worth, `draws` how many tell how likely that is."""
    chance, regret = best_and_regret(samples)
    return [
        {
            "name": name,
            "money": float(money[number]),
            "probability_best": float(chance[number]),
            "likely_best": asdict(words_for(chance[number], draws)),
            "expected_regret": float(regret[number]),
        }
        for number, name in enumerate(names)
    ]
