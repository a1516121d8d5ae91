"""A chart as a value: what is drawn and its frame, in Plotly's own words.

Plotly's own figures check and copy every part whenever one is made, changed, copied or sent, which took most
of a page's time. Ours are drawn at their word; `checked` is Plotly's figure of the same, for whoever asks
what it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import plotly.graph_objects as go
import plotly.io

Part = dict[str, Any]  # a trace, an axis, a note … in Plotly's own words


@dataclass(frozen=True, slots=True)
class Figure:
    """The traces of a chart and the layout that frames them; what was made is not changed, but made anew."""

    traces: Sequence[Part]
    layout: Part

    def laid_out(self, **layout: Any) -> Figure:
        """The same traces with other parts of the layout, laid over those that are there."""
        return replace(self, layout=_over(self.layout, layout))

    def noted(self, notes: Sequence[Part], shapes: Sequence[Part]) -> Figure:
        """The same with further words and shapes upon it."""
        held = {name: self.layout.get(name, ()) for name in ("annotations", "shapes")}
        return self.laid_out(annotations=[*held["annotations"], *notes], shapes=[*held["shapes"], *shapes])

    @property
    def parts(self) -> Part:
        """All that a browser draws of it."""
        return {"data": list(self.traces), "layout": {"template": _template()} | self.layout}

    @property
    def checked(self) -> go.Figure:
        """Plotly's own figure; a ValueError where it knows no such part."""
        return go.Figure(self.parts)


def _over(part: Part, other: Part) -> Part:
    """One part laid over another: what both have is laid over in turn, down to plain values."""
    both = [name for name in part.keys() & other.keys() if isinstance(other[name], dict)]
    return part | other | {name: _over(part[name], other[name]) for name in both}


@cache
def _template() -> Part:
    """What a chart looks like where it does not say: Streamlit's, once its charts are there."""
    template: Part = plotly.io.templates[plotly.io.templates.default].to_plotly_json()
    return template
