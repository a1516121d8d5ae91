"""What all parts of the programme document are made of."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

Amount = Annotated[Decimal, Field(ge=0, max_digits=15)]
Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=15)]
# As the source systems write it (gold, 金卡); a dot would break the paths of scenario changes.
Name = Annotated[str, Field(pattern=r"^[^\s.]([^.]*[^\s.])?$", max_length=60)]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Months = Annotated[int, Field(ge=1, le=240)]
Days = Annotated[int, Field(ge=1, le=3650)]


class Document(BaseModel):
    """A frozen part of the document; unknown fields are errors, so that a typo is not a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Itself: accounts are copied for each run, and what nobody can change need not be."""
        return self


class Label(Document):
    """A name in both languages; either may stand for the other."""

    en: str = ""
    zh: str = ""
