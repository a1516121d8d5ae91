"""What may be turned: a value of an effect, a behaviour or a rule, between two ends, and what it brings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, get_args

from loyalty_core.documents import validated
from loyalty_core.errors import InputError
from loyalty_core.rules.cross_checks import MONEY, POINTS
from loyalty_core.rules.document import Document
from loyalty_core.rules.programme import Programme
from simulation.behaviour import Behaviour
from simulation.comparison import Comparison
from simulation.effects import OF_LEDGERS, Effects, default_effects
from simulation.evidence import Quantity, Status
from simulation.experiment import contest_of, run
from simulation.outset import Outset
from simulation.scenario import Scenario, place_of
from simulation.scenario_campaigns import CampaignLine

CAMPAIGNS = "campaigns"
GROUPS = ("changes", "behaviour", "effects", CAMPAIGNS)
OF_PAST = {  # behaviour by the key of what a calibration says of it
    "level": "purchasing.level",
    "redeem_appeal": "redeeming.appeal",
    "redeem_eagerness": "redeeming.eagerness",
    "redeem_ambition": "redeeming.ambition",
    "refund_share": "refunding.share",
    "coupons_used": "couponing.uses",
    "pays_with_points": "paying.with_points",
    "referrals_a_year": "referring.a_year",
    "tier_bought": "subscribing.buys",
    "tier_renewed": "subscribing.renews",
    "tier_renewed_silent": "subscribing.renews_silent",
    "never_redeem": "redeeming.never_share",
    "common_shock": "common_shock.spread",
    "card_holders": "storing.holders",
    "tops_up": "storing.tops_up",
    "pays_by_card": "storing.pays",
}
_MONEY = {CampaignLine: ("cost_per_contact", "budget")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """A value by its path, which begins with its group: `effects.goal_gradient`,
    `behaviour.redeeming.appeal`, `changes.rewards.voucher.points`, `campaigns.wake up.response.lift`;
    looked at between two ends.

    `status` is what the range rests on, None where somebody asked for it; `finest` the decimals that its
    document takes, None where any number of them.
    """

    path: str
    low: float
    high: float
    status: Status | None = None
    finest: int | None = None

    def __post_init__(self) -> None:
        group, _, name = self.path.partition(".")
        if group not in GROUPS or not name:
            known = f"{', '.join(f'{one}.' for one in GROUPS[:-1])} or {GROUPS[-1]}."
            raise InputError(f"{self.path}: begin with {known}")
        if not (isfinite(self.low) and isfinite(self.high)):
            raise InputError(f"{self.path}: the ends of a range are finite numbers, like 100,300")
        if not self.low < self.high:
            ends = f"{self.low:g} to {self.high:g}"
            raise InputError(f"{self.path}: the range from {ends} is empty; give the lower end first")

    @classmethod
    def of(cls, text: str) -> Lever:
        """From `PATH=LOW,HIGH`; InputError for anything else."""
        path, _, ends = text.partition("=")
        try:
            low, high = (float(end) for end in ends.split(","))
        except ValueError:
            raise InputError(f"lever {text}: write it like changes.rewards.tea.points=100,300") from None
        return cls(path=path.strip(), low=low, high=high)

    @property
    def decimals(self) -> int:
        """As one writes a value: documents take no endless decimals, and prices in points often none."""
        width = self.high - self.low
        of_width = 4 if width <= 10 else 2 if width < 100 else 0
        return of_width if self.finest is None else min(of_width, self.finest)

    def written(self, value: float) -> float:
        """A value as one would write it."""
        return round(value, self.decimals)


def levers_of(
    effects: Effects,
    told: Sequence[Quantity] = (),
    campaigns: Sequence[CampaignLine] = (),
    *,
    also_neutral: bool = False,
) -> tuple[Lever, ...]:
    """Every effect that changes anything in a run (`also_neutral`: that is on, though its value may change
    nothing), over the range of what is known of it, all behaviour of
    which a calibration has `told` a range, and the responses to `campaigns` that come with one.

    What the library says of ledgers is behaviour in a run: its range counts where the past tells none.
    """
    supposed = [
        Lever(path=f"effects.{key}", low=effect.low, high=effect.high, status=effect.status)
        for key, effect in effects.items()
        if effect.active or (also_neutral and effect.on)
        if effect.low < effect.high and key not in OF_LEDGERS
    ]
    seen = [
        Lever(path=f"behaviour.{OF_PAST[one.key]}", low=one.low, high=one.high, status=one.status)
        for one in told
        if one.key in OF_PAST and (one.status is Status.CALIBRATED or one.key in OF_LEDGERS)
        if one.low is not None and one.high is not None and one.low < one.high
    ]
    responses = [
        Lever(path=f"{CAMPAIGNS}.{path}", low=ends[0], high=ends[1], status=Status.ASSUMPTION)
        for line in campaigns
        for path, ends in (
            (f"{line.name}.response.lift", line.response.lift_range),
            (f"{line.name}.response.returns", line.response.returns_range),
        )
        if ends is not None and ends[0] < ends[1]
    ]
    return (*supposed, *seen, *responses)


def with_values(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """The scenario with other values at those paths, but for campaigns that it does not have; InputError for
    a value that a campaign cannot have."""
    found = {group: dict(getattr(scenario, group)) for group in GROUPS if group != CAMPAIGNS}
    of_campaigns = dict[str, float]()
    for path, value in values.items():
        group, _, name = path.partition(".")
        (of_campaigns if group == CAMPAIGNS else found[group])[name] = value
    lines = tuple(_turned(line, of_campaigns) for line in scenario.campaigns)
    return scenario.model_copy(update=found | {CAMPAIGNS: lines})


def _turned(line: CampaignLine, values: Mapping[str, float]) -> CampaignLine:
    own = {path: value for path, value in values.items() if path.startswith(f"{line.name}.")}
    if not own:
        return line
    document, where = line.model_dump(), f"campaign {line.name}"
    for path, value in own.items():
        place, last = place_of([document], path, where)
        place[last] = value
    return validated(CampaignLine, document, where)


def known_levers(levers: Sequence[Lever], programme: Programme, scenario: Scenario) -> tuple[Lever, ...]:
    """The levers of a scenario, no finer than what they turn; InputError for one that is given twice or turns
    what there is not. To be asked before a past is read."""
    paths = [one.path for one in levers]
    documents = {"changes": programme, "behaviour": Behaviour(), "effects": default_effects()}
    found = []
    for lever in levers:
        if paths.count(lever.path) > 1:
            raise InputError(f"lever {lever.path}: this is given twice; give one range for it")
        group, _, name = lever.path.partition(".")
        document = documents.get(group, scenario)
        path = lever.path if group == CAMPAIGNS else f"{name}.value" if group == "effects" else name
        place_of(document.model_dump(mode="json"), path, f"lever {group}")
        found.append(replace(lever, finest=_finest(document, path, programme)))
    return tuple(found)


def _finest(document: Document, path: str, programme: Programme) -> int | None:
    """The decimals that can stand at a path that the document has; None for any number of them."""
    *way, last = path.split(".")
    place: Any = document
    for step in way:
        known = {one.name: one for one in place} if isinstance(place, tuple) else place
        place = known[step] if isinstance(known, Mapping) else getattr(known, step, None)
    if place is None:  # a part that the document leaves out and says otherwise
        return None
    if isinstance(place, Mapping):
        return 0 if isinstance(place[last], int) else None
    if last in (MONEY | _MONEY).get(type(place), ()):
        return programme.currency_decimals
    if last in POINTS.get(type(place), ()):
        return programme.point_decimals
    kinds = _kinds(type(place).model_fields[last].annotation)
    return 0 if int in kinds and float not in kinds else None


def _kinds(annotation: Any) -> set[Any]:
    """The types that an annotation is made of."""
    parts = get_args(annotation)
    return set().union(*map(_kinds, parts)) if parts else {annotation}


def compared(
    start: Outset,
    programme: Programme,
    sides: tuple[Scenario, Scenario],
    executor: Executor | None,
    cancelled: Callable[[], bool] = lambda: False,
    asked: Collection[str] = (),
) -> Comparison:
    """The second scenario beside the first, from there on; equal sides and seeds meet equal luck. Metrics
    that are `asked` for are told beside the usual ones."""
    design, nothing = contest_of(start, programme, sides)
    design = replace(design, asked=tuple(asked))
    return run(design, nothing, sides[1], executor=executor, cancelled=cancelled).beside(1)
