"""What a calibration has found so far: figures, refusals, and the behaviour and effects that follow."""

from __future__ import annotations

from typing import Any

from simulation.behaviour import Behaviour
from simulation.effects import Effects
from simulation.evidence import Quantity, Sourced, Status, Words, words

Figure = tuple[float | None, ...]  # a value, and the low and high end of its 90 % range


class Findings:
    """Filled step by step; nothing of it is shown before all steps are done."""

    def __init__(self, behaviour: Behaviour, effects: Effects) -> None:
        self.behaviour, self.effects = behaviour, effects
        self.quantities: list[Quantity] = []
        self.refused: list[Words] = []
        self.choice_covariance: tuple[tuple[float, ...], ...] = ()

    def tell(self, key: str, name: Words, unit: str, figure: Figure, status: Status, source: Words) -> None:
        """One more figure."""
        value, low, high = figure
        self.quantities.append(
            Quantity(
                key=key, name=name, unit=unit, value=value, low=low, high=high, status=status, source=source
            )
        )

    def refuse(self, en: str, zh: str) -> None:
        """Something that the past does not tell, and why."""
        self.refused.append(words(en, zh))

    def behave(self, **parts: Sourced) -> None:
        """Other groups of the behaviour."""
        self.behaviour = self.behaviour.model_copy(update=parts)

    def affect(self, key: str, figure: tuple[float, ...], source: str) -> None:
        """An effect as the programme's own past shows it."""
        value, low, high = figure
        update: dict[str, Any] = {"value": value, "low": low, "high": high}
        update |= {"status": Status.CALIBRATED, "source": source}
        effect = getattr(self.effects, key).model_copy(update=update)
        self.effects = self.effects.model_copy(update={key: effect})

    def keep(self, key: str, en: str, zh: str) -> None:
        """An effect that stays as the library has it: told with the library's range, and why."""
        effect = getattr(self.effects, key)
        self.tell(
            key,
            effect.name,
            effect.unit.value,
            (effect.value, effect.low, effect.high),
            effect.status,
            words(f"library: {effect.source}; {en}", f"效应库：{effect.source}；{zh}"),
        )
