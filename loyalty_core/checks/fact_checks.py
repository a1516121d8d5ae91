"""Checks of the facts themselves: each function returns the rows for which its name is not true."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.arrays import Flags, Ints
from loyalty_core.checks.evidence import COLUMNS, Evidence, microseconds
from loyalty_core.days import to_date
from loyalty_core.errors import InputError
from loyalty_core.facts import ADJUST, EXPIRE, REFUND, REVERSE, SALE, TABLES, Column
from loyalty_core.history import Members
from loyalty_core.metrics.campaign_goals import goals_of

_STEPS = ("planned", "delivered", "opened", "clicked")
_EVENTS = ("purchases", "entries", "tier_changes", "activities")
_OF_MEMBERS = (*_EVENTS, "contacts", "coupons")


def every_key_stands_once(evidence: Evidence) -> pd.DataFrame:
    """Rows of a table that share their key with another."""
    found = []
    for table in TABLES.values():
        frame = evidence.table(table.name)
        key = list(table.key)
        twice = frame.loc[frame.duplicated(key, keep=False), key].sort_values(key)
        found.append(pd.DataFrame({"table": table.name, "key": _as_text(twice)}))
    return pd.concat(found, ignore_index=True)


def every_value_is_as_declared(evidence: Evidence) -> pd.DataFrame:
    """Values that are missing though required, outside the declared words or beyond the declared bounds."""
    found = []
    for table in TABLES.values():
        frame = evidence.table(table.name)
        for column in table:
            if column.name in COLUMNS[table.name]:
                wrong = frame.loc[_undeclared(frame[column.name], column)]
                row = {"table": table.name, "key": _as_text(wrong[list(table.key)]), "column": column.name}
                found.append(pd.DataFrame(row | {"value": wrong[column.name].astype("str")}))
    return pd.concat(found, ignore_index=True)


def sales_are_not_negative_and_refunds_not_positive(evidence: Evidence) -> pd.DataFrame:
    """Purchases whose amount has the sign of the other kind."""
    purchases = evidence.table("purchases")
    negative_sale = (purchases["kind"] == SALE) & (purchases["amount"] < 0)
    return purchases.loc[negative_sale | ((purchases["kind"] == REFUND) & (purchases["amount"] > 0))]


def every_member_of_a_fact_is_known(evidence: Evidence) -> pd.DataFrame:
    """Members that occur in facts but not among the members, per table; silent where there are no members."""
    known = evidence.table("members")["member_id"]
    return _strangers(evidence, "member_id", known, _OF_MEMBERS if len(known) else ())


def nothing_happens_before_joining(evidence: Evidence) -> pd.DataFrame:
    """Events of members on a day before they joined, where the source says when that was."""
    members = evidence.table("members")
    ids = pd.Index(evidence.history.members.ids, dtype="str")
    stated = ids.isin(members["member_id"][members["joined_on"].notna()])
    return _events_where(evidence, lambda them, who, day: stated[who] & (day < them.joined_on[who]))


def nothing_happens_after_leaving(evidence: Evidence) -> pd.DataFrame:
    """Purchases, earnings, redemptions and activities on a day after the member left."""
    found = _events_where(evidence, lambda members, who, day: day > members.left_on[who])
    return found.loc[(found["table"] != "tier_changes") & ~found["kind"].isin([EXPIRE, ADJUST, REVERSE])]


def nobody_leaves_before_joining(evidence: Evidence) -> pd.DataFrame:
    """Members whose day of leaving lies before that of joining."""
    members = evidence.history.members
    wrong = members.left_on < members.joined_on
    days = {"joined_on": members.joined_on[wrong], "left_on": members.left_on[wrong]}
    dates = {name: [to_date(day) for day in values] for name, values in days.items()}
    return pd.DataFrame({"member_id": members.ids[wrong]} | dates)


def every_refund_names_a_known_sale(evidence: Evidence) -> pd.DataFrame:
    """Refunds of a sale that is not there, or that is itself a refund, or of another member."""
    refunds = _refunds_and_sales(evidence)
    other = refunds["member_id"].fillna("") != refunds["member_id_sale"].fillna("")
    return refunds.loc[(refunds["kind_sale"] != SALE) | other]


def no_refund_exceeds_its_sale(evidence: Evidence) -> pd.DataFrame:
    """Sales of which more was taken back than was paid."""
    refunds = _refunds_and_sales(evidence)
    refunds = refunds.loc[refunds["kind_sale"] == SALE]
    sales = refunds.groupby("refund_of", as_index=False).agg(
        refunded=("amount", "sum"), sale=("amount_sale", "first")
    )
    return sales.loc[-sales["refunded"] > sales["sale"]]


def every_campaign_named_is_known(evidence: Evidence) -> pd.DataFrame:
    """Campaigns that contacts or coupons name and the table of campaigns does not hold."""
    known = evidence.table("campaigns")["campaign_id"]
    return _strangers(evidence, "campaign_id", known, ("contacts", "coupons"))


def every_goal_in_numbers_can_be_told(evidence: Evidence) -> pd.DataFrame:
    """Campaigns whose goal names what is no metric of campaigns, or no number."""
    campaigns = evidence.table("campaigns")
    wrong = {}
    for place, text in campaigns["goal"].dropna().items():
        try:
            goals_of(text)
        except InputError as error:
            wrong[place] = str(error)
    found = campaigns.loc[list(wrong), ["campaign_id"]]
    return found.assign(problem=list(wrong.values()))


def every_contact_runs_forward(evidence: Evidence) -> pd.DataFrame:
    """Contacts that were opened before they were delivered, or clicked before they were opened."""
    contacts = evidence.table("contacts")
    steps = np.stack([microseconds(contacts[f"{step}_at"]) for step in _STEPS])
    # An instant that is not known lies before all others: clicked is then held against delivered.
    unknown = steps == np.iinfo(np.int64).min
    backward = ~unknown[1:] & (steps[1:] < np.maximum.accumulate(steps)[:-1])
    return contacts.loc[pd.Series(backward.any(axis=0))]


def _strangers(evidence: Evidence, column: str, known: pd.Series[Any], tables: Iterable[str]) -> pd.DataFrame:
    """What the column names in those tables and is not among the known, with the number of rows."""
    found = [pd.DataFrame({"table": [], column: [], "rows": []})]
    for table in tables:
        strange = evidence.table(table)[column].value_counts(sort=False)
        strange = strange[~strange.index.isin(known)]
        found.append(pd.DataFrame({"table": table, column: strange.index, "rows": strange.to_numpy()}))
    return pd.concat(found, ignore_index=True)


def _events_where(evidence: Evidence, chosen: Callable[[Members, Ints, Ints], Flags]) -> pd.DataFrame:
    """The events of members, of all tables, that are chosen by the member's position and the business day."""
    members = evidence.history.members
    ids = pd.Index(members.ids, dtype="str")
    found = [pd.DataFrame({"table": [], "key": [], "member_id": [], "kind": [], "occurred_at": []})]
    for table in _EVENTS:
        frame = evidence.table(table)
        frame = frame.assign(kind=frame.get("kind", ""), day=evidence.day(table)).dropna(subset="member_id")
        who = ids.get_indexer(pd.Index(frame["member_id"], dtype="str"))
        frame = frame.loc[chosen(members, who, frame["day"].to_numpy(np.int64))]
        row = {"table": table, "key": _as_text(frame[list(TABLES[table].key)])}
        found.append(pd.DataFrame(row | {name: frame[name] for name in ("member_id", "kind", "occurred_at")}))
    return pd.concat(found, ignore_index=True)


def _refunds_and_sales(evidence: Evidence) -> pd.DataFrame:
    """Refunds that name a sale, beside it (columns ending in _sale)."""
    purchases = evidence.table("purchases")
    refunds = purchases.loc[(purchases["kind"] == REFUND) & (purchases["refund_of"].fillna("") != "")]
    sales = purchases[["purchase_id", "member_id", "kind", "amount"]].add_suffix("_sale")
    return refunds.merge(sales, how="left", left_on="refund_of", right_on="purchase_id_sale")


def _undeclared(values: pd.Series[Any], column: Column) -> pd.Series[Any]:
    missing = values.isna()
    wrong = missing if column.required else missing & False
    if column.choices:
        wrong = wrong | (~missing & ~values.isin(column.choices))
    if column.least is not None:
        wrong = wrong | (~missing & (values < column.least).fillna(False))
    if column.most is not None:
        wrong = wrong | (~missing & (values > column.most).fillna(False))
    return wrong.astype(bool)


def _as_text(key: pd.DataFrame) -> pd.Series[Any]:
    """A key of one or more columns as one text."""
    return key.astype("str").fillna("").agg(" ".join, axis=1) if len(key) else pd.Series([], dtype="str")
