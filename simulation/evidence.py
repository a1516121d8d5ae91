"""What a number rests on: its source, its status, and how far it may be off."""

from __future__ import annotations

from enum import StrEnum

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


class Sourced(Document):
    """Numbers that belong together and where they come from; as certain as the least certain of them."""

    status: Status = Status.ASSUMPTION
    source: str = "default of the simulator"
