"""The morning's news: alerts as sentences, for the Overview's inbox, the command line, mail and webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING
from zlib import crc32

from dashboard import figures, live
from dashboard.filters import View, days
from dashboard.i18n import _, ngettext, words
from dashboard.live import Live
from dashboard.readings import Reading, column, exact
from dashboard.spans import Span, periods_until
from data.alerts_kept import Answer, alert_rules, answers
from loyalty_core.metrics.alert_rules import COMPARISONS, LOOKS, AlertRule
from loyalty_core.metrics.alerts import Alert, Ground, alerts
from loyalty_core.metrics.dictionary import aimed_at
from loyalty_core.metrics.metric import Unit
from loyalty_core.rules.programme import Programme

if TYPE_CHECKING:
    from dashboard.watch_page import WatchPage


@dataclass(frozen=True, slots=True)
class News:
    """An alert as a sentence, and what somebody made of it; its name is that of its ground and its day."""

    name: str
    alert: Alert
    sentence: str
    answer: Answer | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has dismissed it."""
        return self.answer is None or self.answer.state != "dismissed"


def news(page: WatchPage, readings: Mapping[str, Reading]) -> list[News]:
    """All alerts of the as-of day, bad news first: those of what was read, and of everybody, whoever is
    looked at, those of further targets and of rules."""
    shown, day = page.shown.whole, page.view.as_of.isoformat()
    registry = live.opened(shown.workspace).registry
    said, whose = answers(registry), _whose(page.view)
    further = _further_targets(page, readings)
    found = [
        (f"{alert.metric.name}:{day}{of}", alert, told(alert, read[alert.metric.name]))
        for read, of in ((readings, whose), (further, ""))
        for alert in raised(read)
    ]
    for rule in alert_rules(registry):
        values = past(shown, page.view.as_of, rule)
        if (alert := rule.alert(*_last_two(values))) is not None:
            found.append((f"{rule.name}:{day}", alert, told_by(rule, alert, shown.programme)))
    every = [(f"{alert.ground.value}:{name}", alert, sentence) for name, alert, sentence in found]
    told_of = [News(name, alert, sentence, said.get(name)) for name, alert, sentence in every]
    return sorted(told_of, key=lambda one: one.alert.verdict)


def _further_targets(page: WatchPage, readings: Mapping[str, Reading]) -> dict[str, Reading]:
    """What has a target and was not read, of everybody: so it is found out once, whatever is filtered."""
    names = [name for name in aimed_at(page.programme) if name not in readings]
    everybody = replace(page, shown=page.shown.whole, view=replace(page.view, where={}, segment=""))
    return everybody.readings(names) if names else {}


def _whose(view: View) -> str:
    """What tells an alert of some members from that of all."""
    if view.is_whole:
        return ""
    chosen = sorted((name, sorted(labels)) for name, labels in view.where.items())
    return f":{crc32(repr((chosen, view.segment)).encode()):08x}"


def raised(readings: Mapping[str, Reading]) -> list[Alert]:
    """The alerts of what was read, bad news first."""
    trends = {reading.metric: reading.trend for reading in readings.values()}
    aims = {
        name: (reading.proved, reading.target)
        for name, reading in readings.items()
        if reading.proved is not None and reading.target is not None
    }
    return alerts(trends, aims)


def past(shown: Live, as_of: date, rule: AlertRule) -> list[float | None]:
    """What a rule looks at, period by period: those of a year, and the one before."""
    periods = periods_until(rule.period, as_of, LOOKS[rule.period] + 1, live.begins(shown))
    return column(live.measured(shown, periods, [rule.metric], (), rule.where), rule.metric)


def _last_two(values: Sequence[float | None]) -> tuple[float | None, float | None]:
    """The latest value, and the one before it, if there is one."""
    return values[-1], values[-2] if len(values) > 1 else None


def told(alert: Alert, reading: Reading) -> str:
    """One alert as a sentence."""
    missed = _("{metric}: {value}; the target is {expected}.")
    unproved = _("{metric}: the sample proves {value} or more; the target is {expected}.")
    sentence = {
        Ground.TARGET: unproved if reading.is_sampled else missed,
        Ground.MOVEMENT: _(
            "{metric} moved unlike before: {value}, where about {expected} was to be expected."
        ),
    }[alert.ground]
    return sentence.format(
        metric=reading.label, value=reading.exact(alert.value), expected=reading.exact(alert.expected)
    )


def told_by(rule: AlertRule, alert: Alert, programme: Programme) -> str:
    """The alert of a rule as a sentence."""
    return _("{rule}: {condition}; it is {value}.").format(
        rule=rule.name, condition=condition(rule, programme), value=exact(rule.of, programme, alert.value)
    )


def condition(rule: AlertRule, programme: Programme) -> str:
    """When the rule tells, in words."""
    threshold = float(rule.threshold)
    if rule.comparison in ("above", "below"):
        limit = exact(rule.of, programme, rule.limit(None))
    elif rule.of.unit is Unit.SHARE:
        limit = figures.signed_points(threshold / 100).lstrip("+")
    else:
        limit = figures.share(threshold / 100)
    return _("{metric} {comparison} {limit}").format(
        metric=words(rule.of.label), comparison=words(COMPARISONS[rule.comparison]), limit=limit
    )


def digest(readings: Mapping[str, Reading], found: Sequence[News], provenance: str, span: Span) -> str:
    """The whole digest: where it comes from and which days it is about, every figure with its change, and the
    alerts that wait."""
    lines = [provenance, days(span), ""]
    for reading in readings.values():
        change = "" if reading.change is None else f" ({reading.change_in_words()})"
        told = f"{reading.exact(reading.value)}{change}"
        lines.append("  " + _("{name}: {labels}").format(name=reading.label, labels=told))
    lines += ["", _("Worth a look:") if found else _("Nothing unusual.")]
    lines += [f"  {one.sentence}" for one in found]
    return "\n".join(lines)


def count(found: Sequence[News]) -> str:
    """How many alerts there are, in words; of a single one what it says."""
    bad = sum(one.alert.verdict < 0 for one in found)
    told = ngettext("{count} alert", "{count} alerts", len(found)).format(count=figures.count(len(found)))
    if len(found) == 1:
        return _("{alerts}: {sentence}").format(alerts=told, sentence=found[0].sentence)
    if bad in (0, len(found)):
        return _("{alerts}: bad news").format(alerts=told) if bad else told
    return _("{alerts}, {bad} of them bad news").format(alerts=told, bad=figures.count(bad))
