"""What the validator finds: a sentence about one field of a programme document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loyalty_core.text import Language, Text

Severity = Literal["contradiction", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A promise that cannot be kept or that can be abused (contradiction), or that surprises (warning).

    `field` is the dotted path, items of a list by their name; `check` names what was looked for.
    """

    severity: Severity
    field: str
    explanation: Text
    check: str = ""


def contradiction(field: str, en: str, zh: str, **values: object) -> Finding:
    """A contradiction, with the values filled into both texts; a `Text` fills each in its language."""
    return Finding(severity="contradiction", field=field, explanation=_filled(en, zh, values))


def warning(field: str, en: str, zh: str, **values: object) -> Finding:
    """A warning, filled likewise."""
    return Finding(severity="warning", field=field, explanation=_filled(en, zh, values))


def _filled(en: str, zh: str, values: dict[str, object]) -> Text:
    def told(language: Language) -> dict[str, object]:
        return {name: one(language) if isinstance(one, Text) else one for name, one in values.items()}

    return Text(en.format(**told("en")), zh.format(**told("zh")))
