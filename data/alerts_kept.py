"""What people keep of alerts: the rules by which they want to be told, and what they made of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from data.registry import Registry
from loyalty_core.metrics.alert_rules import AlertRule, alert_rule

RULE, ANSWER = "alert", "alert answer"  # kinds of what is saved
State = Literal["seen", "dismissed"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody made of an alert: that it was seen, or is to be told no longer; who, and why."""

    state: State
    who: str
    why: str


def alert_rules(registry: Registry) -> tuple[AlertRule, ...]:
    """The rules that somebody wrote, by name."""
    return tuple(alert_rule(one.document, f"alert {one.name}") for one in registry.all_saved(RULE))


def keep_rule(registry: Registry, rule: AlertRule) -> None:
    """Keep the rule under its name, in place of the one before."""
    registry.save(RULE, rule.name, rule.model_dump(mode="json"))


def answers(registry: Registry) -> dict[str, Answer]:
    """What was made of alerts, by their names."""
    return {one.name: Answer(**one.document) for one in registry.all_saved(ANSWER)}


def answer(registry: Registry, alert: str, given: Answer) -> None:
    """Keep what somebody made of the alert of that name."""
    registry.save(ANSWER, alert, {"state": given.state, "who": given.who, "why": given.why})
