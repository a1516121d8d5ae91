"""The full ledger of a run: it passes every check, and the rules explain every line of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from dashboard.cli import app
from data.live import live_history
from data.offered import open_coupons
from data.quality import findings_of
from data.registry import new_version
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.days import to_date
from loyalty_core.facts import POINTS_ACCOUNT, STORED_VALUE_ACCOUNTS
from loyalty_core.histories import history_from_frames
from loyalty_core.kernel.replay import replay
from loyalty_core.reconciling.reconciliation import reconciliation
from loyalty_core.rules.programme import Programme, programme_from_dict, programme_from_yaml
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Storing
from simulation.engine import simulate
from simulation.full_ledger import full_ledger
from simulation.full_run import full_run
from simulation.outset import outset
from simulation.scenario import scenario_from_dict
from simulation.shard import Cut, part_of
from simulation.streams import Streams
from simulation.subscribing import Subscribing
from tests.core.whole_programmes import whole_programmes
from tests.simulation.arms_by_lot import behaviour, with_coupons, with_rewards
from tests.simulation.crowds import DAYS, FIRST, PROGRAMME, crowd
from tests.simulation.plain_engine import simulate_plainly
from tests.simulation.test_calendar import REFERRING, WITH_POINTS

CAMPAIGNS = [
    {
        "name": "wake up",
        "kind": "wake_up",
        "first_day": to_date(FIRST + 100),
        "last_day": to_date(FIRST + 260),
        "repeat": "monthly",
        "lasts_days": 20,
        "channel": "app",
        "cost_per_contact": "0.3",
        "coupon": "come back",
    },
    {
        "name": "spring",
        "kind": "double_points",
        "first_day": to_date(FIRST + 60),
        "last_day": to_date(FIRST + 70),
    },
]


COUPONS = [
    {
        "name": "welcome",
        "face_value": 5,
        "minimum_spend": 20,
        "days_valid": 60,
        "given_on_entering": ["basic"],
    },
    {"name": "next time", "percent_off": 10, "days_valid": 30, "given_for": {"at_least": 60}, "stacks": True},
    {"name": "come back", "face_value": 8, "days_valid": 20, "stacks": True},
]
SCARCE = {
    "changes": {"rewards.tea.stock": 60},
    "budgets": [
        {"name": "b", "amount": 90, "first_day": to_date(FIRST + 90), "last_day": to_date(FIRST + 200)}
    ],
    "shocks": [
        {"name": "storm", "first_day": to_date(FIRST + 30), "last_day": to_date(FIRST + 50), "demand": 0.3}
    ],
    "desks": [{"name": "parcels", "work": "fulfilment", "places": 1, "minutes": 15}],
}
CARDS = {"bonuses": [{"from_amount": 100, "bonus_share": "0.1"}], "bonus_expiry": {"months": 3}}
PLUS = {"name": "plus", "entry": "paid", "fee": 30, "fee_months": 2, "earn_percent": 200}
TIERS = [*WITH_POINTS.model_dump(mode="json")["tiers"], PLUS]
RICH = programme_from_dict(
    WITH_POINTS.model_dump(mode="json") | {"coupons": COUPONS, "stored_value": CARDS, "tiers": TIERS}
)
WITH_CARDS = REFERRING.model_copy(
    update={
        "storing": Storing(holders=0.3),
        "subscribing": Subscribing(buys=0.02, renewal_days=(-9, -1, 12)),
    }
)


def published(
    folder: Path, tables: Mapping[str, pd.DataFrame], programme: Programme | None = None
) -> Snapshot:
    """The snapshot of the workspace in that folder with these rows, and with the programme if it is new."""
    version = None if programme is None else new_version(programme, "a run")
    with Workspace.open(folder, create=version is not None).writer("simulation") as writer:
        for name, frame in tables.items():
            writer.append(name, frame)
        return writer.publish("a run", version=version)


def ledger(arm: Arm, members: int) -> dict[str, pd.DataFrame]:
    """What so many members did in a run, and what came of it."""
    return full_ledger(simulate(crowd(members), arm, DAYS, Streams(5, 1)), arm, DAYS)


def broken(snapshot: Snapshot, programme: Programme) -> list[tuple[str, pd.DataFrame]]:
    """The checks that its rows do not pass, each with some of them."""
    found = findings_of(snapshot, programme, full=True)
    return [(one.check.name, one.rows.head(3)) for one in found if len(one.rows)]


def test_published_it_passes_every_check_and_every_entry_is_what_the_rules_say(tmp_path: Path) -> None:
    scenario = scenario_from_dict({"name": "s", "campaigns": CAMPAIGNS, **SCARCE})
    programme = scenario.programme(RICH)
    arm = Arm.of(programme, WITH_CARDS, plan=scenario.plan(RICH))
    tables = ledger(arm, 300)
    assert all(len(frame) for frame in tables.values()) and len(tables["members"]) > 400
    assert (tables["activities"]["reference"] == "plus").sum() > 50
    assert (tables["entries"]["reason"] == "tea").sum() == 60
    assert broken(published(tmp_path, tables, programme), programme) == []
    explained = reconciliation(tables, programme, DAYS[1])
    on_cards = tables["entries"]["account"].isin(STORED_VALUE_ACCOUNTS)
    assert explained.entries == (~on_cards).sum() == explained.explained
    assert explained.rewarded.missing == 0
    assert on_cards.sum() > 500 and money_on_cards(tables, programme, tables["entries"]) == money_on_cards(
        tables, programme
    )


def money_on_cards(
    tables: Mapping[str, pd.DataFrame], programme: Programme, told: pd.DataFrame | None = None
) -> list[tuple[object, ...]]:
    """The entries of cards that are told, or else those that a replay of the deeds derives."""
    without = {name: frame for name, frame in tables.items() if name not in ("entries", "tier_changes")}
    whole = without if told is None else {**without, "entries": told}
    history = history_from_frames(whole, programme)
    rows = replay(history, programme, DAYS[1]) if told is None else history
    labels, entries = rows.labels, rows.entries
    of_cards = [labels["entries.account"].index(name) for name in STORED_VALUE_ACCOUNTS]
    account, reason = entries.codes["account"], entries.codes["reason"]
    return sorted(
        (
            str(history.members.ids[entries.member[row]]),
            int(entries.at[row]),
            labels["entries.account"][account[row]],
            labels["entries.reason"][reason[row]],
            int(entries.kind[row]),
            int(entries.amount[row]),
            int(entries.expires_on[row]),
        )
        for row in np.flatnonzero(np.isin(account, of_cards))
    )


def test_a_top_up_that_lifts_its_member_comes_before_the_sale_that_it_pays_for() -> None:
    """At one instant no reader of the ledger could tell whether the sale had earned in the higher tier."""
    by_top_up = {"name": "saver", "reach": {"at_least": {"activity_score": 1}}, "earn_percent": 300}
    document = PROGRAMME.model_dump(mode="json") | {
        "tiers": [{"name": "basic"}, by_top_up],
        "qualification": {"reviews": "monthly", "activity_scores": {"top_up": 1}},
    }
    programme = programme_from_dict(document)
    tables = ledger(Arm.of(programme, Behaviour(storing=Storing(holders=1, tops_up=0.5))), 30)
    assert (tables["tier_changes"]["to_tier"] == "saver").sum() > 10
    explained = reconciliation(tables, programme, DAYS[1])
    on_cards = tables["entries"]["account"].isin(STORED_VALUE_ACCOUNTS)
    assert explained.explained == explained.entries == (~on_cards).sum()


def test_a_ledger_that_was_tampered_with_is_no_longer_explained() -> None:
    arm = Arm.of(PROGRAMME, Behaviour())
    tables = ledger(arm, 80)
    entries = tables["entries"].copy()
    entries.loc[entries.index[entries["kind"] == "earn"][3], "amount"] += 1
    spoilt = reconciliation({**tables, "entries": entries}, PROGRAMME, DAYS[1])
    assert spoilt.explained < spoilt.entries


@settings(max_examples=8)
@given(programme=whole_programmes(), number=st.integers(0, 10**6))
def test_the_rules_explain_every_entry_under_programmes_of_any_kind(
    programme: Programme, number: int
) -> None:
    lot, days = Random(number), (FIRST, FIRST + 299)
    arm = Arm.of(with_coupons(with_rewards(programme, lot, False), lot), behaviour(lot))
    tables = full_ledger(simulate(crowd(6, *days), arm, days, Streams(number, 1)), arm, days)
    explained = reconciliation(tables, arm.programme, days[1])
    on_cards = tables["entries"]["account"].isin(STORED_VALUE_ACCOUNTS)
    assert explained.explained == explained.entries == (~on_cards).sum()
    if all(rule.account == POINTS_ACCOUNT for rule in programme.earning.all_rules):
        assert explained.rewarded.missing == 0


def test_the_months_after_a_programme_s_past_fit_it_and_its_desks_tell_how_they_keep_up(
    tmp_path: Path,
) -> None:
    arm = Arm.of(PROGRAMME, Behaviour())
    past = ledger(arm, 250)
    before = published(tmp_path, past, PROGRAMME)
    scenario = scenario_from_dict(
        {
            "name": "later",
            "months": 3,
            "later": [{"first_day": "2026-05-15", "changes": {"expiry.months": 30}}],
            "joining": {"referrals_a_year": 0.5},
            "desks": [{"name": "parcels", "work": "fulfilment", "places": 1, "minutes": 15}],
        }
    )
    run = full_run(live_history(before, PROGRAMME), PROGRAMME, scenario)
    after = published(tmp_path, run.tables)
    assert broken(after, PROGRAMME) == []
    assert len(run.tables["members"]) > 20 and len(run.tables["entries"]) > 200
    parcels = run.desks[0]
    assert parcels["requests"] == (run.tables["entries"]["kind"] == "redeem").sum() > 0
    assert [one["period_end"] for one in parcels["backlog"]] == ["2026-04-30", "2026-05-31", "2026-06-30"]


def test_a_run_may_go_on_from_the_ledger_of_another(tmp_path: Path) -> None:
    arm = Arm.of(PROGRAMME, Behaviour())
    snapshot = published(tmp_path, ledger(arm, 60), PROGRAMME)
    scenario = scenario_from_dict({"name": "on", "months": 2, "joining": {"referrals_a_year": 2}})
    joined = []
    for _ in range(2):
        run = full_run(live_history(snapshot, PROGRAMME), PROGRAMME, scenario)
        joined.append(set(run.tables["members"]["member_id"]))
        snapshot = published(tmp_path, run.tables)
    assert all(joined) and not joined[0] & joined[1]
    assert broken(snapshot, PROGRAMME) == []


def test_a_run_hands_out_what_its_past_has_left_of_a_stock(tmp_path: Path) -> None:
    past = ledger(Arm.of(PROGRAMME, Behaviour()), 250)
    document = PROGRAMME.model_dump(mode="json")
    document["rewards"][0]["stock"] = int((past["entries"]["reason"] == "tea").sum()) + 5
    stocked = programme_from_dict(document)
    before = published(tmp_path, past, stocked)
    more = {"reward": "tea", "pieces": 3, "first_day": "2026-05-20"}
    scenario = scenario_from_dict({"name": "later", "months": 2, "replenishment": [more]})
    run = full_run(live_history(before, stocked), stocked, scenario)
    assert (run.tables["entries"]["reason"] == "tea").sum() == 5 + 3
    assert [str(one.effective_on) for one in run.programmes] == ["2026-04-01"]
    assert broken(published(tmp_path, run.tables, run.programmes[0]), run.programmes[0]) == []


def test_what_those_have_who_left_before_a_run_falls_due_in_it(tmp_path: Path) -> None:
    arm = Arm.of(RICH, WITH_CARDS)
    past = ledger(arm, 250)
    left_on = pd.Timestamp(to_date(DAYS[1] - 20))
    busy = pd.concat([past[name][["member_id", "occurred_at"]] for name in ("purchases", "activities")])
    busy = set(busy.loc[busy["occurred_at"] >= left_on.tz_localize("UTC"), "member_id"])
    joined = past["members"]
    leaves = ~joined["member_id"].isin(busy) & (joined["joined_on"] < left_on)
    past["members"] = joined.assign(left_on=pd.Series(left_on, joined.index).where(leaves))
    before = published(tmp_path, past, RICH)
    scenario, left = scenario_from_dict({"name": "later", "months": 9}), set(joined["member_id"][leaves])
    history = live_history(before, RICH)
    run = full_run(history, RICH, scenario, WITH_CARDS, open_coupons=open_coupons(before))
    due = run.tables["entries"].loc[run.tables["entries"]["member_id"].isin(left)]
    assert set(due["kind"]) == {"expire"} and set(due["account"]) == {"points", "stored_value_bonus"}
    assert not any(frame["member_id"].isin(left).any() for name, frame in run.tables.items()
                   if name not in ("entries", "campaigns"))  # fmt: skip
    after = published(tmp_path, run.tables)
    assert broken(after, RICH) == []
    some = full_run(history, RICH, scenario, WITH_CARDS, members=100)
    assert not some.tables["entries"]["member_id"].isin(left).any()


def test_coupons_held_before_a_run_are_named_where_they_are_used(tmp_path: Path) -> None:
    arm = Arm.of(RICH, Behaviour())
    past = ledger(arm, 250)
    before = published(tmp_path, past, RICH)
    scenario, open_before = scenario_from_dict({"name": "later", "months": 2}), open_coupons(before)
    run = full_run(live_history(before, RICH), RICH, scenario, Behaviour(), open_coupons=open_before)
    told, sales = run.tables["coupons"], run.tables["purchases"]
    held = told[told["coupon_id"].isin(open_before["coupon_id"])]
    assert len(held) > 10 and (held["state"] == "redeemed").all()
    assert (sales["coupon_id"].notna() == ((sales["discount"] > 0) & (sales["kind"] == "sale"))).all()
    after = published(tmp_path, run.tables)
    assert broken(after, RICH) == []
    left = open_coupons(after)["coupon_id"]
    assert set(open_before["coupon_id"]) & set(left) == set(open_before["coupon_id"]) - set(held["coupon_id"])


def test_members_each_on_their_own_use_the_coupons_that_the_ledger_names(tmp_path: Path) -> None:
    arm = Arm.of(RICH, Behaviour())
    past = ledger(arm, 60)
    before = published(tmp_path, past, RICH)
    scenario, open_before = scenario_from_dict({"name": "later", "months": 2}), open_coupons(before)
    history = live_history(before, RICH)
    run = full_run(history, RICH, scenario, Behaviour(), open_coupons=open_before)
    start = outset(history, RICH, 2, scenario.seed, Behaviour(), most_joining=scenario.most_joining)
    arm = scenario.arm(RICH, start.behaviour, start.effects, start.days[0])
    cuts_of_one = (Cut(places=np.array([place]), known=True) for place in range(len(start.members)))
    alone = [part_of(start, one, [RICH]).prepared().accounts[0] for one in cuts_of_one]
    streams = Streams(scenario.seed, 1)
    plain = full_ledger(
        simulate_plainly(start.members, arm, start.days, streams, alone), arm, start.days, open_before
    )
    for name in ("coupons", "purchases"):
        known = run.tables[name]["member_id"].isin(start.members.ids)
        order = f"{name[:-1]}_id"
        pd.testing.assert_frame_equal(
            *(one.sort_values(order, ignore_index=True) for one in (run.tables[name][known], plain[name])),
            check_dtype=False,  # texts of a part without rows are objects
        )
    assert plain["coupons"]["coupon_id"].isin(open_before["coupon_id"]).any()


def test_the_command_writes_the_ledger_of_a_run_to_an_empty_folder(tmp_path: Path) -> None:
    arm = Arm.of(PROGRAMME, Behaviour())
    past = ledger(arm, 120)
    published(tmp_path / "workspace", past, PROGRAMME)
    desk = "desks: [{name: parcels, work: fulfilment, places: 1, minutes: 15}]"
    (tmp_path / "busy.yaml").write_text(f"months: 1\nreplications: 1\n{desk}\n", encoding="utf-8")
    asked = [
        "simulate",
        str(tmp_path / "busy.yaml"),
        "--workers",
        "1",
        "--workspace",
        str(tmp_path / "workspace"),
    ]
    done = CliRunner().invoke(app, [*asked, "--ledger", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    assert "parcels: " in done.output and "purchases" in done.output
    written = (tmp_path / "run" / "programme-2026-04-01.yaml").read_text(encoding="utf-8")
    assert programme_from_yaml(written).rewards == PROGRAMME.rewards
    rows = pd.read_parquet(tmp_path / "run" / "purchases.parquet")
    assert len(rows) > 10 and rows["occurred_at"].min() >= pd.Timestamp("2026-03-31T16:00Z")
    again = CliRunner().invoke(app, [*asked, "--ledger", str(tmp_path / "run")])
    assert again.exit_code != 0 and "this is there already" in str(again.exception) + again.output
