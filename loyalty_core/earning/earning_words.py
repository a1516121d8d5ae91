"""Why an event earns what it earns, in words: the rules that apply, those that do not, what is cut."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from loyalty_core.arrays import Ints
from loyalty_core.earning.earner import Earner, Working
from loyalty_core.earning.earning_conditions import Events
from loyalty_core.history import UNKNOWN_VALUE
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

_ROUNDED = {
    "down": Text("rounded down", "向下取整"),
    "nearest": Text("rounded to the nearest", "四舍五入"),
    "up": Text("rounded up", "向上取整"),
}
_STACKED = {
    "multiply": Text("multiplied", "相乘"),
    "add": Text("their extra shares added", "加成相加"),
    "best": Text("the largest alone", "仅取最高"),
}


def explained(earner: Earner, kind: str, event: Events, tier: Ints) -> tuple[Text, ...]:
    """A sentence or two per rule about a single event that is to be earned next; nothing moves."""
    workings = earner.workings(kind, event, tier)
    unmet = earner.unmet(kind, event, tier)
    multiplied = earner.multiplied(kind, event, tier)
    told = []
    for working, missing, multipliers in zip(workings, unmet, multiplied, strict=True):
        name = earner.programme.rule_label(working.rule.name)
        if missing:
            what = Text("{rule}: does not apply, because of {parts}.", "{rule}：不适用，因为{parts}不符合。")
            parts = _joined(missing, Text(", ", "、"))
            told.append(_filled(what, rule=name, parts=parts))
        else:
            told.append(_applies(earner.programme, working, event, int(tier[0]), multipliers, workings))
    return tuple(told)


def _applies(
    programme: Programme,
    working: Working,
    event: Events,
    tier: int,
    multipliers: list[tuple[str, int]],
    workings: list[Working],
) -> Text:
    steps = [_measure(programme, working, event), *_percents(programme, working, tier, multipliers)]
    steps.append(_ROUNDED[working.rule.rounding])
    first = _filled(
        Text("{rule}: {points} points ({steps}).", "{rule}：{points} 分（{steps}）。"),
        rule=programme.rule_label(working.rule.name),
        points=_points(programme, working.rounded),
        steps=_joined(steps, Text(", ", "，")),
    )
    return _joined([first, *_losses(programme, working, workings)], Text(" ", ""))


def _measure(programme: Programme, working: Working, event: Events) -> Text:
    rule = working.rule
    if rule.streak is not None and working.step is not None:
        return _filled(Text("step {n} of the days in a row", "连续签到第 {n} 档"), n=int(working.step[0]) + 1)
    if rule.points is not None:
        return Text("a fixed number", "固定数量")
    value = int(event.value[0])
    measured = {
        "amount": Decimal(int(event.amount_minor[0])).scaleb(-programme.currency_decimals),
        "quantity": int(event.quantity[0]),
        "value": 0 if value == UNKNOWN_VALUE else value,
        "count": 1,
    }[rule.measure]
    return Text.same(f"{measured} × {rule.points_per_unit}")


def _percents(
    programme: Programme, working: Working, tier: int, multipliers: list[tuple[str, int]]
) -> list[Text]:
    standing = programme.tiers[tier]
    found = []
    if working.rule.times_tier and standing.earn_percent != 100:
        found.append(_percent(programme.tier_label(standing.name), standing.earn_percent))
    found += [_percent(programme.rule_label(name), percent) for name, percent in multipliers]
    return found + [_STACKED[programme.earning.stacking]] * (len(multipliers) > 1)


def _percent(name: Text, percent: int) -> Text:
    return Text(f"{name.en} {percent}%", f"{name.zh} {percent}%")


def _losses(programme: Programme, working: Working, workings: list[Working]) -> list[Text]:
    """What the rule's caps cut, which rule won its group, what the caps of the whole cut."""
    rounded, capped, given = (int(one[0]) for one in (working.rounded, working.capped, working.given))
    found = []
    if capped < rounded:
        what = Text("Its caps leave {points}.", "受该规则上限限制，计 {points} 分。")
        found.append(_filled(what, points=_points(programme, working.capped)))
    winner = _winner(working, workings)
    if winner is not working and capped:
        what = Text(
            "It does not count: {winner} gives as much or more in the same group.",
            "不计入：同组的{winner}给得不少于它。",
        )
        found.append(_filled(what, winner=programme.rule_label(winner.rule.name)))
    elif given < capped:
        what = Text("The caps of the whole programme leave {points}.", "受总上限限制，计 {points} 分。")
        found.append(_filled(what, points=_points(programme, working.given)))
    return found


def _winner(working: Working, workings: list[Working]) -> Working:
    """The rule of its group that gives most for the single event, itself where it has no group."""
    if working.rule.group is None:
        return working
    rivals = [one for one in workings if one.rule.group == working.rule.group]
    return max(rivals, key=lambda one: int(one.capped[0]))


def _points(programme: Programme, units: Ints) -> Decimal:
    return Decimal(int(units[0])).scaleb(-programme.point_decimals)


def _joined(texts: Iterable[Text], between: Text) -> Text:
    parts = list(texts)
    return Text(between.en.join(part.en for part in parts), between.zh.join(part.zh for part in parts))


def _filled(sentence: Text, **values: object) -> Text:
    """As `Text.filled`, each language with its own words of a value that is a text."""

    def of(words: object, language: str) -> object:
        return getattr(words, language) if isinstance(words, Text) else words

    return Text(
        sentence.en.format(**{name: of(value, "en") for name, value in values.items()}),
        sentence.zh.format(**{name: of(value, "zh") for name, value in values.items()}),
    )
