"""How long, how often, on how many members and with which luck something is simulated, and how many of these
are supposed never to redeem."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.i18n import _
from dashboard.number_fields import number
from simulation.scenario import Scenario
from simulation.scenario_calendar import Value
from simulation.stopping import Tolerance

MOST_SEED = 2**53 - 1  # that browsers count exactly
CLOSENESS = "closeness"
NEVER, NEVER_SHARE = "never", "redeeming.never_share"  # the field, and its path in a scenario's behaviour
CLOSEST, WIDEST = 0.1, 100.0  # percent of the gain


def run_fields(enrolled: int, key: Callable[[str], str]) -> None:
    """The four fields; `key` is the key of a field of that name."""
    number(_("Months ahead"), 1, 120, key=key("months"))
    number(
        _("Replications"),
        1,
        1000,
        key=key("replications"),
        help=_("Each replication is another possible future; more of them make the intervals narrower."),
    )
    number(
        _("Members simulated"),
        1,
        max(enrolled, 1),
        step=1000,
        key=key("members"),
        help=_("Fewer members are a random sample: faster, with wider intervals."),
    )
    number(
        _("Seed"),
        0,
        MOST_SEED,
        key=key("seed"),
        help=_("The same seed meets the same luck: a run can be repeated exactly."),
    )


def closeness_field(key: Callable[[str], str]) -> None:
    """When a run may end before all its replications are done."""
    number(
        _("± of the gain, %"),
        CLOSEST,
        WIDEST,
        step=1.0,
        may_be_empty=True,
        placeholder=_("all replications"),
        key=key(CLOSENESS),
        help=_(
            "A run ends once the gain is known so closely: half of its 95% interval is at most this share of "
            "it. The replications are then the most that are run."
        ),
    )


def closeness(scenario: Scenario) -> float | None:
    """The tolerance as the field shows it; None without one, and of one that only a document gives."""
    if scenario.tolerance is None:
        return None
    asked = Tolerance.of(scenario.tolerance)
    percent = round(100 * asked.size, 6)
    return percent if asked.relative and CLOSEST <= percent <= WIDEST else None


def tolerance(scenario: Scenario, entered: float | None) -> float | str | None:
    """The tolerance with what was entered; one that only a document gives stays while nothing is."""
    if entered is not None:
        return f"{entered:g}%"
    return scenario.tolerance if closeness(scenario) is None else None


def never_field(key: Callable[[str], str]) -> None:
    """The share of members who never redeem; empty, as many as the past tells."""
    number(
        _("Members who never redeem, %"),
        0.0,
        100.0,
        step=1.0,
        may_be_empty=True,
        placeholder=_("as known"),
        key=key(NEVER),
        help=_("Supposed of this what-if alone: in the programme in force it stays what the past tells."),
    )


def never(scenario: Scenario) -> float | None:
    """It as the field shows it; None where the scenario supposes nothing of it."""
    share = scenario.behaviour.get(NEVER_SHARE)
    return round(100 * share, 6) if isinstance(share, int | float) else None


def behaviour(scenario: Scenario, entered: float | None) -> dict[str, Value]:
    """What the scenario supposes of members, with what was entered."""
    others = {path: value for path, value in scenario.behaviour.items() if path != NEVER_SHARE}
    return others if entered is None else others | {NEVER_SHARE: round(entered / 100, 8)}
