"""What all parts of the programme document are made of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Amount = Annotated[Decimal, Field(ge=0, max_digits=15)]
Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=15)]
# As the source systems write it (gold, 金卡); a dot would break the paths of scenario changes.
Name = Annotated[str, Field(pattern=r"^[^\s.]([^.]*[^\s.])?$", max_length=60)]


def _in_some_year(day: str) -> str:
    try:
        date.fromisoformat(f"2024-{day}")
    except ValueError as error:
        raise ValueError("no year has that day; write one like 02-28") from error
    return day


MonthDay = Annotated[str, Field(pattern=r"^\d\d-\d\d$"), AfterValidator(_in_some_year)]
Months = Annotated[int, Field(ge=1, le=240)]
Days = Annotated[int, Field(ge=1, le=3650)]


class Document(BaseModel):
    """A frozen part of the document; unknown fields are errors, so that a typo is not a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Label(Document):
    """A name in both languages; either may stand for the other."""

    en: str = ""
    zh: str = ""
