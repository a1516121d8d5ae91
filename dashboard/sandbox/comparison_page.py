"""The result of a what-if on screen: sentence, provenance, charts, table, and what the figures rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import streamlit as st

from dashboard import cards, figures, frame, page_record
from dashboard.i18n import _, ngettext, words
from dashboard.sandbox import (
    comparison_charts,
    desk_table,
    difference_table,
    finding,
    grounds,
    suppositions,
    targets_table,
    verdict,
)
from dashboard.sandbox.comparison import TABLED, Estimate, Found
from dashboard.sandbox.questions.answer import members_simulated
from dashboard.told import Told
from data.formula_guard import guarded
from data.tables import Run
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme, programme_from_dict
from loyalty_core.text import Text
from simulation.forecast import SIDES
from simulation.scenario import Scenario

CHARTED = ("reward_cost", "redemption_rate", "points_outstanding", "revenue", "members_active")


def result(run: Run, document: Mapping[str, Any], below: Callable[[], None] = lambda: None) -> None:
    """Everything that a finished run, or one on its way, has found; `below` draws what else is known of it
    under the answers in short."""
    found, programme = Found(document), programme_from_dict(run.payload["programme"])
    scenario = Scenario.model_validate(run.payload["scenario"])
    frame.sentence(finding.headline(found, programme, run.payload["scenario"]))
    page_record.now().programme = programme
    page_record.now().marks = suppositions.marks(programme, scenario)
    unseen = [words(Text(**one)) for one in document.get("unseen", ())]  # earlier results lack it
    page_record.now().provenance = " · ".join([provenance(run, found), *unseen])
    st.caption(provenance(run, found))
    for one in unseen:
        st.info(one, icon=":material/hourglass_empty:")
    parts = suppositions.rest_on(scenario, found.document["assumptions"])
    verdict.show(verdict.answered(found, programme, scenario.changes, parts))
    below()
    with st.grid(2, min_column_width=frame.NARROWEST):
        _tiers(found, programme)
        for metric in CHARTED:
            if found.has(metric):
                _difference(found, programme, metric)
    _table(found, programme)
    targets_table.show(programme, [(_("What-if"), found)])
    desk_table.table(document)
    grounds.show(parts)


def provenance(run: Run, found: Found) -> str:
    """What every figure below was computed from."""
    asked = run.payload
    parts = [
        _("{first} – {last}, against the programme in force").format(
            first=figures.day(date.fromisoformat(found.document["from"])),
            last=figures.day(date.fromisoformat(found.document["to"])),
        ),
        _replications(run, found),
        _("seed {seed}").format(seed=asked["scenario"]["seed"]),
        members_simulated(found.document),
        _("data to {day} · snapshot {snapshot}").format(
            day=figures.day(date.fromisoformat(found.document["data_to"])), snapshot=asked["snapshot"]
        ),
    ]
    parts += suppositions.counted([Scenario.model_validate(asked["scenario"])])
    return " · ".join(parts)


def _replications(run: Run, found: Found) -> str:
    done, wanted = found.replications, run.payload["scenario"]["replications"]
    if done < wanted:
        return _("only {done} of {wanted} replications so far").format(done=done, wanted=wanted)
    return ngettext("{count} replication", "{count} replications", done).format(count=done)


def _tiers(found: Found, programme: Programme) -> None:
    metric = METRICS["tier_members"]
    what = _("Shares of the tiers, and their change by {day} with its 95% interval").format(
        day=figures.day(found.period_ends[-1])
    )
    if closed := [tier.name for tier in programme.tiers if tier.entry == "invitation"]:
        names = _(", ").join(words(programme.tier_label(name)) for name in closed)
        what = _("; ").join([what, _("{tiers}: nobody is invited in a run").format(tiers=names)])
    figure = comparison_charts.distribution(
        [_tier(found, programme, tier.name) for tier in programme.tiers],
        (_("In force"), _("What-if")),
        lambda value: finding.signed(metric, programme, value),
        lambda value: finding.short_signed(metric, programme, value),
    )
    rows = [_row(found, programme, "tier_members", tier.name) for tier in programme.tiers]
    columns = difference_table.columns(rows)
    cards.chart(
        finding.tier_title(found, programme), figure, "tiers", what, columns=columns, metrics=[metric.name]
    )


def _tier(found: Found, programme: Programme, name: str) -> comparison_charts.TierChange:
    def both(metric: str) -> tuple[Estimate, Estimate]:
        return found.in_all("baseline", metric, name), found.in_all("scenario", metric, name)

    return comparison_charts.TierChange(
        label=words(programme.tier_label(name)),
        members=both("tier_members"),
        difference=found.in_all("differences", "tier_members", name),
        shares=both("tier_share"),
    )


def _difference(found: Found, programme: Programme, name: str) -> None:
    metric = METRICS[name]
    figure = comparison_charts.difference(
        figures.closes(found.period_ends),
        found.by_month("differences", name),
        lambda value: finding.signed(metric, programme, value),
        lambda value: finding.short_signed(metric, programme, value),
    )
    what = _("What-if minus programme in force, per month; band: 95% interval")
    if (interval := finding.between(metric, programme, found.in_all("differences", name))) != figures.UNKNOWN:
        what = _("At the horizon {interval} (95%); {what}").format(
            interval=interval, what=finding.in_sentence(what)
        )
    cards.chart(finding.title(found, programme, name), figure, name, what, metrics=[name])


def _table(found: Found, programme: Programme) -> None:
    rows = [_row(found, programme, name) for name in TABLED if found.has(name)]
    rows += [_row(found, programme, "tier_members", tier.name) for tier in programme.tiers]
    difference_table.show(
        _("At the horizon"),
        _("Flows over the whole span, stocks and shares at its close; intervals at 95%"),
        rows,
        "differences",
    )


def _row(found: Found, programme: Programme, name: str, tier: str | None = None) -> difference_table.Row:
    metric, difference = METRICS[name], found.in_all("differences", name, tier)
    label = words(metric.label) if tier is None else words(programme.tier_label(tier))
    about = {_("Figure"): label if tier is None else guarded(_("Members in {tier}").format(tier=label))}
    means = [found.in_all(side, name, tier).mean for side in SIDES]
    sides = difference_table.sides(
        *(Told(finding.level(metric, programme, mean), mean) for mean in means),
        Told(finding.signed(metric, programme, difference.mean, difference.values), difference.mean),
        finding.between(metric, programme, difference),
    )
    return about | sides | {_("Reading"): _verdict(found, name, tier)}


def _verdict(found: Found, name: str, tier: str | None) -> str:
    difference = found.in_all("differences", name, tier)
    if difference.mean is None:
        return figures.UNKNOWN
    if difference.mean == 0 and not difference.half_width:
        return _("no difference")
    if difference.is_of_one_run:
        return _(finding.ONE_RUN)
    if not difference.is_clear:
        return _("within chance")
    return _("higher") if difference.mean > 0 else _("lower")
