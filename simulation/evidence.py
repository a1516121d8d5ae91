"""What a number rests on: its source, its status, and how far it may be off."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from loyalty_core.rules.document import Document
from loyalty_core.text import Text


class Status(StrEnum):
    """What a number rests on."""

    CALIBRATED = "calibrated"
    PUBLISHED = "published"
    ASSUMPTION = "assumption"


STATUS_WORDS = {
    Status.CALIBRATED: Text("calibrated on this programme", "以本计划数据校准"),
    Status.PUBLISHED: Text("published", "已发表"),
    Status.ASSUMPTION: Text("assumption", "假设"),
}


class Words(Document):
    """The same words in both languages."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)

    @property
    def text(self) -> Text:
        return Text(self.en, self.zh)


class Sourced(Document):
    """Numbers that belong together and where they come from; as certain as the least certain of them."""

    status: Status = Status.ASSUMPTION
    source: str = "default of the simulator"


class Quantity(Document):
    """One figure of a calibration, its 90 % range, and what it rests on; None where nothing is known."""

    key: str
    name: Words
    unit: str
    value: float | None = Field(allow_inf_nan=False)
    low: float | None = Field(None, allow_inf_nan=False)
    high: float | None = Field(None, allow_inf_nan=False)
    status: Status
    source: Words


Z_90 = 1.6448536269514722  # a normal lies between minus and plus this with 90 %
Z_95 = 1.959963984540054


MEDIAN_OF_NORMAL = 0.6744897501960817  # the distance from its middle that half of a normal keeps


def off(value: float, low: float, high: float, steps: float) -> float:
    """A value that lies between the two ends in nine of ten draws, so many standard deviations off: normal on
    either side of the value."""
    reach = high - value if steps > 0 else value - low
    return value + steps / Z_90 * reach


def words(en: str, zh: str) -> Words:
    """A shorthand: most words are written where they are used."""
    return Words(en=en, zh=zh)
