"""What differs between two programme documents, field by field."""

from __future__ import annotations

from typing import Any

from loyalty_core.rules.programme import Programme


def differences(before: Programme, after: Programme) -> list[dict[str, Any]]:
    """Fields whose value differs, as field, from and to; None where a document lacks the field.

    Tiers and rewards are told apart by name: tiers.gold.threshold. What a document leaves at its
    default is looked at only where the other one says otherwise.
    """
    old, new = (dict(_fields(programme.model_dump(mode="json"))) for programme in (before, after))
    said = [
        field
        for programme in (before, after)
        for field, _ in _fields(programme.model_dump(mode="json", exclude_defaults=True))
    ]
    return [
        {"field": field, "from": old.get(field), "to": new.get(field)}
        for field in dict.fromkeys(said)
        if old.get(field) != new.get(field)
    ]


def _fields(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list) and value and all(isinstance(one, dict) and "name" in one for one in value):
        parts = {one["name"]: {k: v for k, v in one.items() if k != "name"} for one in value}.items()
    else:
        return [(path, value)]
    return [field for name, part in parts for field in _fields(part, f"{path}.{name}" if path else str(name))]
