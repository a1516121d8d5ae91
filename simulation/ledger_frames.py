"""The facts of a run as frames in the declared columns, ready to be published like any import."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER, to_date
from loyalty_core.facts import (
    EARN,
    ENTRY_KINDS,
    EXPIRE,
    HELD_OUT,
    POINTS_ACCOUNT,
    REDEEM,
    REFUND,
    REVERSE,
    SALE,
    STORED_VALUE_ACCOUNTS,
    TREATED,
)
from loyalty_core.history import UNKNOWN_VALUE
from loyalty_core.kernel.derived import CASH, EXPIRY, PURCHASE, RESTORED, STORED_VALUE, TOPPED_UP
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.journal import ACTIVITIES, Facts
from simulation.rows import Arrays

Texts = npt.NDArray[np.object_]


def members(facts: Facts, first_day: int) -> pd.DataFrame:
    """Those who joined on that day or later."""
    new = facts.population.joined_on >= first_day
    joined_on = dates(facts.population.joined_on[new])
    return pd.DataFrame(
        {"member_id": facts.population.ids[new], "valid_from": joined_on, "joined_on": joined_on}
    )


def purchases(facts: Facts, mark: str = "") -> pd.DataFrame:
    """Sales, and the refunds that take them back."""
    rows = facts.purchases
    refund, sale = rows["refund"], sale_ids(facts, rows["member"], rows["ordinal"], mark)
    return pd.DataFrame(
        {
            "purchase_id": np.where(refund, sale + "-R", sale),
            "member_id": facts.population.ids[rows["member"]],
            "kind": np.where(refund, REFUND, SALE),
            "occurred_at": instants(rows["at"]),
            "amount": rows["amount"],
            "discount": rows["discount"],
            "paid_points": rows["paid_points"],
            "paid_stored_value": rows["paid_stored_value"],
            "quantity": rows["quantity"].astype(np.int64),
            "refund_of": only(refund, sale),
        }
    )


def entries(facts: Facts, programme: Programme, mark: str = "") -> pd.DataFrame:
    """The ledger of points.

    Entries of a refund name it; what was earned, paid or fell due names the sale behind it, if any. What a
    reward cost names none: points that name a sale paid for it, and come back with it.
    """
    rows = facts.entries
    kind = pick(ENTRY_KINDS, rows["kind"])
    sale = sale_ids(facts, rows["member"], rows["ordinal"], mark)
    behind = np.where(kind == REVERSE, sale + "-R", sale)
    rewards = [reward.name for reward in programme.rewards]
    reasons = {EARN: PURCHASE, EXPIRE: EXPIRY, REVERSE: REFUND, REDEEM: CASH}
    reason = pd.Series(kind).map(reasons).to_numpy(object)
    reason = np.where((kind == REVERSE) & (rows["amount"] > 0), RESTORED, reason)
    rewarded = rows["reward"] >= 0
    known = rows["ordinal"] >= 0
    reason = np.where((kind == EARN) & ~known, "activity", reason)
    lasting = rows["expires_on"] == NEVER
    there_on = np.where((kind == EARN) | (rows["available_on"] > rows["day"]), rows["available_on"], NEVER)
    return pd.DataFrame(
        {
            "entry_id": _entry_ids(facts, rows, sale, kind),
            "member_id": facts.population.ids[rows["member"]],
            "account": POINTS_ACCOUNT,
            "kind": kind,
            "amount": rows["amount"],
            "occurred_at": instants(rows["at"]),
            "recorded_at": instants(rows["at"]),
            "available_on": dates_if(there_on < NEVER, there_on),
            "expires_on": dates_if(~lasting, rows["expires_on"]),
            "reason": np.where(rewarded, pick((*rewards, None), rows["reward"]), reason),
            "reference": only(known & ~rewarded, behind),
        }
    )


def other_entries(facts: Facts, accounts: Sequence[str], mark: str = "") -> pd.DataFrame:
    """The ledger of the accounts beside that of points: what was earned, what refunds took back, and what
    happened to the money on cards."""
    rows = facts.other_entries
    kind, account = pick(ENTRY_KINDS, rows["kind"]), pick((*accounts, ""), rows["account"])
    sale = sale_ids(facts, rows["member"], rows["ordinal"], mark)
    known, taken, of_card = rows["ordinal"] >= 0, kind == REVERSE, np.isin(account, STORED_VALUE_ACCOUNTS)
    earned = np.where(taken, REFUND, np.where(known, PURCHASE, "activity"))
    of_cards = {EARN: TOPPED_UP, REDEEM: STORED_VALUE, REVERSE: RESTORED, EXPIRE: EXPIRY}
    lasting = rows["expires_on"] == NEVER
    at = instants(rows["at"])
    return pd.DataFrame(
        {
            "entry_id": _entry_ids(facts, rows, sale, account + "-" + kind),
            "member_id": facts.population.ids[rows["member"]],
            "account": account,
            "kind": kind,
            "amount": rows["amount"],
            "occurred_at": at,
            "recorded_at": at,
            "expires_on": dates_if(~lasting, rows["expires_on"]),
            "reason": np.where(of_card, pd.Series(kind).map(of_cards).to_numpy(object), earned),
            "reference": only(known, np.where(taken, sale + "-R", sale)),
        }
    )


def tier_changes(facts: Facts, programme: Programme) -> pd.DataFrame:
    """Joining, upgrades on a purchase, and what reviews decided."""
    rows = facts.tier_changes
    names = tuple(tier.name for tier in programme.tiers)
    joining = rows["from_tier"] < 0
    return pd.DataFrame(
        {
            "member_id": facts.population.ids[rows["member"]],
            "occurred_at": instants(rows["at"]),
            "from_tier": pick((*names, None), rows["from_tier"]),
            "to_tier": pick(names, rows["to_tier"]),
            "reason": np.where(joining, "join", np.where(rows["review"], "review", "upgrade")),
        }
    )


def contacts(facts: Facts, arm: Arm) -> pd.DataFrame:
    """Whom campaigns chose, wave by wave."""
    rows, plan = facts.contacts, arm.plan.campaigns
    campaign = pick((*(one.campaign_id for one in plan), ""), rows["campaign"])
    member = facts.population.ids[rows["member"]]
    days = np.array([to_date(day).isoformat() for day in rows["day"].tolist()], object)
    told = instants(rows["at"])
    return pd.DataFrame(
        {
            "contact_id": campaign + "/" + days + "/" + member,
            "campaign_id": campaign,
            "member_id": member,
            "arm": np.where(rows["treated"], TREATED, HELD_OUT),
            "channel": pick((*(one.channel or None for one in plan), None), rows["campaign"]),
            "planned_at": told,
            "delivered_at": told.where(rows["treated"]),
        }
    )


def campaigns(arm: Arm, first_day: int, contacted: pd.DataFrame) -> pd.DataFrame:
    """The campaigns that had a day in the run, and what their contacts cost."""
    plan = [one for one in arm.plan.campaigns if one.ends_on >= first_day]
    told = contacted.loc[contacted["arm"] == TREATED, "campaign_id"].value_counts()
    ends = {
        name: np.array([getattr(one, name) for one in plan], np.int64) for name in ("starts_on", "ends_on")
    }
    return pd.DataFrame(
        {
            "campaign_id": [one.campaign_id for one in plan],
            "name": [one.campaign_id for one in plan],
            "kind": [one.kind for one in plan],
            "starts_on": dates(ends["starts_on"]),
            "ends_on": dates(ends["ends_on"]),
            "channel": [one.channel or None for one in plan],
            "budget": pd.array([one.budget_minor for one in plan], dtype="Int64"),
            "cost": [one.cost_minor * int(told.get(one.campaign_id, 0)) for one in plan],
        }
    )


def activities(facts: Facts, programme: Programme) -> pd.DataFrame:
    """What members did other than buying; a fee names the tier that it pays for."""
    rows = facts.activities
    value, kind, member = rows["value"], pick(ACTIVITIES, rows["kind"]), facts.population.ids[rows["member"]]
    days = np.array([to_date(day).isoformat() for day in rows["day"].tolist()], object)
    return pd.DataFrame(
        {
            "activity_id": _numbered(kind + "/" + days + "/" + member),
            "member_id": member,
            "occurred_at": instants(rows["at"]),
            "kind": kind,
            "value": pd.Series(value).astype("Int64").where(value != UNKNOWN_VALUE),
            "reference": pick((*(tier.name for tier in programme.tiers), None), rows["tier"]),
        }
    )


def sale_ids(facts: Facts, who: Ints, nth: Ints, mark: str = "") -> Texts:
    """The id of each member's sale of that number."""
    ids = facts.population.ids
    sales = zip(who.tolist(), (nth + 1).tolist(), strict=True)
    return np.array([f"{ids[member]}-{mark}{number:04d}" for member, number in sales], dtype=object)


def pick(names: Sequence[str | None], codes: Ints) -> Texts:
    """The name of each code; code -1 finds the last name."""
    return np.array(names, dtype=object)[codes]


def only(flags: Flags, names: Texts) -> Texts:
    """The names where flagged, None elsewhere."""
    kept = names.astype(object)
    kept[~flags] = None
    return kept


def dates(days: Ints) -> pd.Series[pd.Timestamp]:
    """Days since 1970-01-01 as dates."""
    return pd.Series(days.astype("datetime64[D]").astype("datetime64[s]"))


def instants(at: Ints) -> pd.Series[pd.Timestamp]:
    """Microseconds since 1970-01-01 UTC as instants."""
    return pd.Series(at.astype("datetime64[us]")).dt.tz_localize("UTC")


def dates_if(there: Flags, days: Ints) -> pd.Series[pd.Timestamp]:
    """As `dates`, missing where not there."""
    return dates(np.where(there, days, 0)).where(there)


def _entry_ids(facts: Facts, rows: Arrays, sale: Texts, kind: Texts) -> Texts:
    """Sale and kind; where no sale is behind it the day. Further ones of the same name are numbered."""
    known = rows["ordinal"] >= 0
    days = np.array([to_date(day).isoformat() for day in rows["day"][~known].tolist()], object)
    behind = sale.copy()
    behind[~known] = facts.population.ids[rows["member"][~known]] + "-" + days
    return _numbered(behind + "-" + kind)


def _numbered(names: Texts) -> Texts:
    """The names, a second one of the same with ~2, a third with ~3."""
    turn = pd.Series(names).groupby(names).cumcount().to_numpy() + 1
    further = turn > 1
    found = names.copy()
    found[further] = names[further] + "~" + turn[further].astype(str).astype(object)
    return found
