"""Checks of what was offered: rewards and coupons held against what the programme declares of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.arrays import Flags, Ints
from loyalty_core.checks.evidence import Evidence, days, microseconds
from loyalty_core.days import NEVER, to_date
from loyalty_core.earning.earner import events
from loyalty_core.facts import SALE
from loyalty_core.rewards.catalogue import REFUSALS, Catalogue, Refusal, stock_of
from loyalty_core.rewards.coupons import VERDICTS, Candidates, CouponRules, Verdict
from loyalty_core.rewards.taken import RewardsTaken, rewards_taken
from loyalty_core.tiers.tiers_held import tiers_before

_PLENTY = 2**62  # a balance that suffices for every reward: accounts are checked elsewhere
_PLACES = ("store", "channel", "categories")


def rewards_are_given_as_declared(evidence: Evidence) -> pd.DataFrame:
    """Redemptions for a reward out of its dates, by another tier, or without the spend it asks for."""
    history, programme = evidence.history, evidence.programme
    taken = rewards_taken(history, programme)
    if not len(taken.entry):
        return pd.DataFrame()
    member, day = (getattr(history.entries, name)[taken.entry] for name in ("member", "day"))
    spent = _spent_on_the_day(evidence, member, day)
    plenty = np.full(len(day), _PLENTY)
    refusal = Catalogue(programme).refusal(taken.reward, taken.tier, day, plenty, spent)
    wrong = refusal != Refusal.NONE
    return _rewards(evidence, taken, wrong, [REFUSALS[Refusal(code)].en for code in refusal[wrong]])


def no_more_is_given_than_there_is(evidence: Evidence) -> pd.DataFrame:
    """Redemptions for a reward of which none was left."""
    history, programme = evidence.history, evidence.programme
    taken = rewards_taken(history, programme)
    if not len(taken.entry):
        return pd.DataFrame()
    order = np.lexsort((history.entries.at[taken.entry], taken.reward))
    reward, pieces = taken.reward[order], taken.pieces[order]
    so_far = np.cumsum(pieces)
    before = (so_far - pieces)[np.searchsorted(reward, reward)]
    beyond = np.zeros(len(order), bool)
    beyond[order] = so_far - before > stock_of(programme)[reward]
    return _rewards(evidence, taken, beyond, [REFUSALS[Refusal.STOCK].en] * int(beyond.sum()))


def _spent_on_the_day(evidence: Evidence, member: Ints, day: Ints) -> Ints:
    """What each member bought for on the day, in minor units."""
    purchases = evidence.history.purchases
    bought = pd.DataFrame({"member": purchases.member, "day": purchases.day, "amount": purchases.amount})
    spent = bought.groupby(["member", "day"])["amount"].sum()
    asked = pd.MultiIndex.from_arrays([member, day])
    found: Ints = spent.reindex(asked, fill_value=0).to_numpy(np.int64)
    return found


def _rewards(evidence: Evidence, taken: RewardsTaken, wrong: Flags, why: list[str]) -> pd.DataFrame:
    history, rewards = evidence.history, evidence.programme.rewards
    entry = taken.entry[wrong]
    on: list[Any] = [to_date(int(day)) for day in history.entries.day[entry]]
    told: dict[str, Any] = {
        "member_id": history.members.ids[history.entries.member[entry]],
        "on": on,
        "reward": [rewards[place].name for place in taken.reward[wrong]],
        "amount": history.entries.amount[entry],
        "why": why,
    }
    return pd.DataFrame(told)


def coupons_are_used_by_their_rules(evidence: Evidence) -> pd.DataFrame:
    """Coupons used after their end, below their minimum spend, by other members or elsewhere than they are
    for, or oftener than a member may."""
    used = _used(evidence)
    if used.empty:
        return pd.DataFrame()
    verdict = _verdicts(evidence, used)
    own = np.select(
        [
            days(used["expires_on"], int(NEVER)) <= used["day"].to_numpy(),
            (used["before"] < used["minimum_spend"].fillna(0)).to_numpy(bool),
        ],
        [Verdict.DATES, Verdict.SPEND],
        Verdict.COUNTS,
    )
    verdict = np.where(own != Verdict.COUNTS, own, verdict)
    wrong = verdict != Verdict.COUNTS
    why = [VERDICTS[Verdict(code)].en for code in verdict[wrong]]
    shown: pd.DataFrame = used.loc[wrong, ["coupon_id", "member_id", "purchase_id", "reference"]]
    return shown.assign(why=why)


def coupons_of_one_purchase_go_together(evidence: Evidence) -> pd.DataFrame:
    """Coupons used for one purchase though they are of one group, or one of them is to be used alone."""
    used = _used(evidence)
    used = used.loc[used["rule"] >= 0] if len(used) else used
    if used.empty:
        return pd.DataFrame()
    rules = evidence.programme.coupons
    group = [rules[place].group or f".{rules[place].name}" for place in used["rule"]]
    used = used.assign(group=group, stacks=[rules[place].stacks for place in used["rule"]])
    several = used.groupby("purchase_id")["coupon_id"].transform("size") > 1
    alone = several & ~used.groupby("purchase_id")["stacks"].transform("all")
    alike = used.duplicated(["purchase_id", "group"], keep=False)
    why = np.where(alike, "another one of its group is used, too", "one of them is to be used alone")
    wrong = alone | alike
    shown: pd.DataFrame = used.loc[wrong, ["coupon_id", "purchase_id", "reference"]]
    return shown.assign(why=why[wrong])


def _used(evidence: Evidence) -> pd.DataFrame:
    """Coupons used for a known sale, with its `day`, instant `at`, amount `before` discounts and coupons,
    where it was, and the place of their `rule` (-1 for none), in the order of time."""
    coupons, purchases = evidence.table("coupons"), evidence.table("purchases")
    sales = purchases.loc[(purchases["kind"] == SALE) & purchases["member_id"].notna()]
    named = sales.dropna(subset="coupon_id").drop_duplicates("coupon_id")
    by_coupon = named.set_index("coupon_id")["purchase_id"]
    named_by_sale = coupons["coupon_id"].map(by_coupon).astype("str")
    sold = coupons["purchase_id"].astype("str").fillna(named_by_sale)
    coupons = coupons.assign(purchase_id=sold).loc[(coupons["state"] == "redeemed") & sold.notna()]
    columns = ["purchase_id", "member_id", "occurred_at", "amount", "discount", "quantity", *_PLACES]
    used = coupons.drop(columns="member_id").merge(sales[columns], on="purchase_id")
    if used.empty:
        return used
    rules = evidence.programme.coupons
    place = {text: n for n, one in enumerate(rules) for text in (one.label.en, one.label.zh, one.name)}
    used = used.assign(
        day=evidence.day_of(used["occurred_at"]),
        at=microseconds(used["occurred_at"]),
        issued=evidence.day_of(used["offered_at"]),
        before=used["amount"].astype("int64") + used["discount"].fillna(0).astype("int64"),
        rule=[place.get(text, -1) if isinstance(text, str) and text else -1 for text in used["reference"]],
    )
    return used.sort_values(["at", "coupon_id"]).reset_index(drop=True)


def _verdicts(evidence: Evidence, used: pd.DataFrame) -> Ints:
    """A `Verdict` per coupon by the programme's rules; COUNTS where no rule is known."""
    found = np.full(len(used), int(Verdict.COUNTS))
    ruled = used.loc[used["rule"] >= 0]
    if ruled.empty:
        return found
    history, programme = evidence.history, evidence.programme
    member = pd.Index(history.members.ids).get_indexer(pd.Index(ruled["member_id"]))
    tier = tiers_before(history, programme, member, ruled["at"].to_numpy())
    labels, codes = _places(ruled)
    bought = events(
        member,
        ruled["day"].to_numpy(),
        amount_minor=ruled["before"].to_numpy(),
        quantity=ruled["quantity"].fillna(0).to_numpy(np.int64),
        store=codes["store"],
        channel=codes["channel"],
        categories=codes["categories"],
    )
    held = Candidates(
        purchase=np.arange(len(ruled)),
        rule=ruled["rule"].to_numpy(np.int64),
        issued_on=ruled["issued"].to_numpy(),
        used_before=ruled.groupby(["member_id", "rule"]).cumcount().to_numpy(np.int64),
    )
    found[ruled.index] = CouponRules(programme, labels).verdicts(bought, tier, held)
    return found


def _places(rows: pd.DataFrame) -> tuple[dict[str, tuple[str, ...]], dict[str, Ints]]:
    """Labels and codes of where purchases were and what they were of."""
    labels: dict[str, tuple[str, ...]] = {}
    codes: dict[str, Ints] = {}
    for name in _PLACES:
        texts = [_text(value) for value in rows[name]]
        code, known = pd.factorize(np.array(texts, object))
        labels[f"purchases.{name}"], codes[name] = tuple(known), code.astype(np.int32)
    return labels, codes


def _text(value: Any) -> str | None:
    """A label; several categories joined as a history joins them."""
    if isinstance(value, str):
        return value
    return "|".join(value) if isinstance(value, (list, tuple, np.ndarray)) and len(value) else None
