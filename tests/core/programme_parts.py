"""Parts of programme documents: what the cases of contradictions are put together from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# check, field, the parts that have it, the same but for the remedy
Case = tuple[str, str, dict[str, Any], dict[str, Any]]
# A sound programme, to which each case adds its parts.
SOUND: dict[str, Any] = {
    "name": "club",
    "tiers": [{"name": "member"}, {"name": "silver", "threshold": 1000, "earn_percent": 120}],
    "refunds": {"claw_back": "allow_negative"},
    "rewards": [{"name": "tea", "points": 500, "cost": 4, "face_value": 8}],
}


def tiers(**silver: Any) -> dict[str, Any]:
    return {"tiers": [{"name": "member"}, {"name": "silver", **silver}]}


def three(silver: Mapping[str, Any], gold: Mapping[str, Any]) -> dict[str, Any]:
    return {"tiers": [{"name": "member"}, {"name": "silver", **silver}, {"name": "gold", **gold}]}


def asks(**least: Any) -> dict[str, Any]:
    return {"reach": {"at_least": least}}


def rules(*declared: Mapping[str, Any], **earning: Any) -> dict[str, Any]:
    return {"earning": {"rules": list(declared), **earning}}


def multipliers(*declared: Mapping[str, Any], **earning: Any) -> dict[str, Any]:
    return {"earning": {"multipliers": list(declared), **earning}}


STATUS = {"name": "visits", "measure": "count", "points": 10, "account": "status"}
SIGN_IN = {"name": "sign_in", "when": {"event": "sign_in"}, "points": 5, "caps": {"day": 5}}
NEW_YEAR = {"effective_on": "2026-01-01"}
OVER = {"first_day": "2025-01-01", "last_day": "2025-12-31"}
SINGLE_DAY = {"first_day": "2026-11-11", "last_day": "2026-11-11"}  # a Wednesday
TEA = SOUND["rewards"][0]
HALF = {"first_day": "2026-05-01", "last_day": "2026-05-31", "percent": 50}


def rewards(**parts: Any) -> dict[str, Any]:
    return {"rewards": [TEA | parts]}


def coupons(**parts: Any) -> dict[str, Any]:
    return {"coupons": [{"name": "c", "face_value": 10, "minimum_spend": 100} | parts]}


def partners(*prices: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "partners": [
            {"name": name, "role": role, "settlement_per_point": price} for name, role, price in prices
        ]
    }
