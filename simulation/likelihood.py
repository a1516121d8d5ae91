"""Words for probabilities, the same everywhere: the scale of Mastrandrea et al. 2010 (IPCC guidance note)."""

from __future__ import annotations

from loyalty_core.text import Text

_SCALE = (
    (0.99, Text("virtually certain", "几乎确定")),
    (0.90, Text("very likely", "很可能")),
    (0.66, Text("likely", "可能")),
    (0.33, Text("about as likely as not", "可能与否相当")),
    (0.10, Text("unlikely", "不大可能")),
    (0.01, Text("very unlikely", "很不可能")),
    (0.0, Text("exceptionally unlikely", "几乎不可能")),
)


def words_for(share: float, of: int) -> Text:
    """How likely what came about in that share of so many replications is.

    Ten of ten do not make a certainty: half a replication is held back at either end.
    """
    cautious = min(max(share, 0.5 / of), 1 - 0.5 / of)
    return next(words for least, words in _SCALE if cautious >= least)
