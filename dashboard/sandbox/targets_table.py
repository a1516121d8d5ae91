"""How likely the programme's targets are reached, under the rules in force and under each what-if."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dashboard import cards, figures
from dashboard.i18n import _, words
from dashboard.page_record import Column
from dashboard.sandbox import finding
from dashboard.sandbox.comparison import Found
from dashboard.told import Told
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text
from simulation.forecast import SIDES


def show(programme: Programme, sides: Sequence[tuple[str, Found]], named: str = "") -> None:
    """A row for each target, a column for what is in force and for each what-if; nothing without targets.
    `named` says what the headings of the columns stand for."""
    by_metric = [{row["metric"]: row for row in found.document["targets"]} for _name, found in sides]
    if not any(by_metric):
        return
    names = list(dict.fromkeys(metric for rows in by_metric for metric in rows))
    first = [by_metric[0].get(name, {}) for name in names]
    aims = [_aim(programme, name, [rows.get(name, {}) for rows in by_metric]) for name in names]
    brief = len(sides) > 1
    columns = [
        Column(_("Target"), aims),
        Column(_("Programme in force"), [_likely(row.get("baseline"), brief) for row in first], str),
        *(
            Column(label, [_likely(rows.get(name, {}).get("scenario"), brief) for name in names], str)
            for (label, _found), rows in zip(sides, by_metric, strict=True)
        ),
    ]
    what = _("Share of the replications whose last whole month ({day}) reaches it, and how likely that is")
    if any("by_chance" in (row[side] or {}) for rows in by_metric for row in rows.values() for side in SIDES):
        what = _(
            "How likely the last whole month ({day}) reaches it: chance, and what is not known of members; "
            "in brackets by the replications alone, which count chance"
        )
    day = next(row[side]["period_end"] for row in first for side in SIDES if row.get(side))
    what = what.format(day=figures.month(date.fromisoformat(day)))
    told = _("{what} ({names})").format(what=what, names=named) if named else what
    cards.table(_("Chance of reaching the targets"), columns, "targets", told, metrics=names)


def _aim(programme: Programme, name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    metric = METRICS[name]
    side = next(row[side] for row in rows for side in ("baseline", "scenario") if row.get(side))
    aim = finding.level(metric, programme, side["target"])
    told = _("{metric} at most {aim}") if metric.direction < 0 else _("{metric} at least {aim}")
    return told.format(metric=words(metric.label), aim=aim)


def _likely(side: Mapping[str, Any] | None, brief: bool) -> Told:
    """A chance in words, too; `brief` where what stands in brackets beside it leaves no room for them."""
    if side is None:
        return Told(figures.UNKNOWN, None)
    share, likely = figures.share(side["probability"], 0), words(Text(**side["likely"]))
    told = _("{share}, {likely}").format(share=share, likely=likely)
    if "by_chance" in side:
        alone = figures.share(side["by_chance"], 0)
        told = _("{told} ({share})").format(told=share if brief else told, share=alone)
    return Told(told, side["probability"])
