"""What a mistyped name may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def near(name: str, known: Iterable[str]) -> str:
    """The names that come close to the one given, else the first few known, as the end of an error."""
    known = list(known)
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(close)}?"
    if not known:
        return "there is none"
    more = ", …" if len(known) > 12 else ""
    return f"there are {', '.join(known[:12])}{more}"
