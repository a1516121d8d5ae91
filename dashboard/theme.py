"""The look of the product, declared once: colours of both modes, and the slots by which charts name them.

Streamlit's frontend replaces thirty reserved colours (#000001 …) of a figure by the palettes of
config.toml when it draws, for the mode the reader is in. Charts therefore use `slot("active")`, never a
colour, and follow a change of mode at once; `painted` does the same replacement for decks and print.
`.streamlit/config.toml` repeats these values, and a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["light", "dark"]

FONT = "Inter, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One mode. `meanings` are fixed everywhere; `accents` go from a pale band to a strong line."""

    background: str
    panel: str  # cards, sidebar, quiet surfaces
    text: str
    border: str
    accent: str  # what can be clicked
    meanings: dict[str, str]
    accents: tuple[str, ...]
    tiers: tuple[str, ...]  # neutral to gold


LIGHT = Palette(
    background="#FFFFFF",
    panel="#F5F7FA",
    text="#0B1320",
    border="#DCE2EA",
    accent="#2952CC",
    meanings={
        "active": "#178F88",
        "silent": "#C2851B",
        "churned": "#C05A70",
        "new": "#5B7BE0",
        "never": "#8791A0",
        "scenario": "#2952CC",
        "baseline": "#5F6B7B",
        "good": "#0B7448",
        "bad": "#B42335",
        "quiet": "#C3CBD6",
    },
    accents=(
        "#E8EDFC",
        "#D3DDF9",
        "#B5C5F3",
        "#91A9EC",
        "#6E8CE4",
        "#4E71DA",
        "#3A5FD2",
        "#2952CC",
        "#1F42A8",
        "#183382",
    ),
    tiers=(
        "#D5DBE3",
        "#C2C9D2",
        "#AEB6C1",
        "#A3A69F",
        "#A9A07F",
        "#B39D5F",
        "#BC9A40",
        "#BF9226",
        "#B58312",
        "#A06F05",
    ),
)

DARK = Palette(
    background="#0E131B",
    panel="#161D28",
    text="#E6EBF2",
    border="#2B3545",
    accent="#3F6DE6",
    meanings={
        "active": "#35C2B0",
        "silent": "#E3AC45",
        "churned": "#EC7F92",
        "new": "#8DA6FF",
        "never": "#8791A1",
        "scenario": "#7FA0FF",
        "baseline": "#9AA5B5",
        "good": "#3CCB8D",
        "bad": "#FF8591",
        "quiet": "#3B4759",
    },
    accents=(
        "#19233A",
        "#1F2D4F",
        "#27396A",
        "#324A8A",
        "#3F5DAD",
        "#4E71CE",
        "#6387E6",
        "#7FA0FF",
        "#A3BBFF",
        "#C8D6FF",
    ),
    tiers=(
        "#4A5566",
        "#5A6474",
        "#6B7482",
        "#7F817C",
        "#918A6A",
        "#A59457",
        "#BA9E46",
        "#CFA93C",
        "#E3B644",
        "#F4C85C",
    ),
)

PALETTES: dict[Mode, Palette] = {"light": LIGHT, "dark": DARK}

# Streamlit's reserved colours, in the order of its three chart palettes.
_RESERVED = tuple(f"#0000{number:02d}" for number in range(1, 31))
_MEANINGS = tuple(LIGHT.meanings)


def slot(meaning: str) -> str:
    """The colour that stands for a meaning: active, silent, churned, new, never, scenario, good …"""
    return _RESERVED[_MEANINGS.index(meaning)]


def accent_slot(strength: int) -> str:
    """The accent from 0 (the pale band of an interval) to 9."""
    return _RESERVED[10 + strength]


def tier_slots(tiers: int) -> list[str]:
    """A colour for each of so many tiers, the lowest neutral and the highest gold."""
    steps = [0] if tiers == 1 else [round(9 * rank / (tiers - 1)) for rank in range(tiers)]
    return [_RESERVED[20 + min(step, 9)] for step in steps]


def painted(figure_json: str, mode: Mode) -> str:
    """The figure's JSON with every slot replaced by its colour in that mode."""
    palette = PALETTES[mode]
    colours = (*palette.meanings.values(), *palette.accents, *palette.tiers)
    for reserved, colour in zip(_RESERVED, colours, strict=True):
        figure_json = figure_json.replace(reserved, colour)
    return figure_json
