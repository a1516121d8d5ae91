"""The demo: repeatable, plausible, free of broken promises, and only ever put into an empty workspace."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest

from dashboard.demo_workspace import published
from data.snapshots import state_hash
from data.workspace import Workspace
from loyalty_core.days import NEVER
from loyalty_core.errors import InputError
from loyalty_core.facts import TABLES
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import programme_from_yaml
from simulation.demo import Demo, Tables, stages
from simulation.demo.contacts import campaigns
from tests.living import asked

PROGRAMME = programme_from_yaml(files("data").joinpath("programmes/demo.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo(programme=PROGRAMME, members=2000, seed=3)


@pytest.fixture(scope="module")
def tables(demo: Demo) -> dict[str, pd.DataFrame]:
    return frames_of(demo)


def frames_of(demo: Demo) -> dict[str, pd.DataFrame]:
    made = Tables(demo.parts[0])
    names = ("members", "entries", "tier_changes", "contacts", "activities", "coupons")
    frames = {name: getattr(made, name) for name in names}
    frames["purchases"] = pd.concat([made.purchases, made.guests])
    frames["campaigns"] = campaigns(demo, made.contacts)
    return frames


def test_every_table_has_declared_columns_and_single_keys(tables: dict[str, pd.DataFrame]) -> None:
    for name, frame in tables.items():
        assert set(frame.columns) <= {column.name for column in TABLES[name]}, name
        assert not frame.duplicated(list(TABLES[name].key)).any(), name
        assert len(frame) > 0, name


def test_it_spans_24_months_up_to_the_last_day_of_october_2026(
    demo: Demo, tables: dict[str, pd.DataFrame]
) -> None:
    local = tables["purchases"]["occurred_at"].dt.tz_convert("Asia/Shanghai").dt.date
    assert local.min() == date(2024, 11, 1) and local.max() == date(2026, 10, 31)
    for name in ("entries", "tier_changes", "activities"):
        days = tables[name]["occurred_at"].dt.tz_convert("Asia/Shanghai").dt.date
        assert date(2024, 11, 1) <= days.min() <= days.max() <= date(2026, 10, 31), name
    assert tables["members"]["joined_on"].dt.month.nunique() == 12


def test_it_has_channels_regions_tiers_rewards_guests_refunds_and_hold_outs(
    tables: dict[str, pd.DataFrame],
) -> None:
    members, purchases = tables["members"], tables["purchases"]
    assert members["region"].nunique() == 4 and members["channel"].nunique() == 3
    assert members["birth_year"].between(1940, 2008).mean() > 0.85
    assert members.groupby("member_id")["region"].nunique().gt(1).sum() > 50  # they moved
    assert set(tables["tier_changes"]["to_tier"]) == {"basic", "bronze", "silver", "gold", "plus"}
    assert set(tables["tier_changes"]["reason"]) == {"join", "upgrade", "review", "paid"}
    assert tables["entries"]["reason"].nunique() >= 4 + 3
    assert 0.015 < (purchases["kind"] == "refund").mean() < 0.04
    assert 0.15 < purchases["member_id"].isna().mean() < 0.35
    assert 0.1 < (tables["contacts"]["arm"] == "held_out").mean() < 0.25
    assert tables["contacts"].loc[tables["contacts"]["arm"] == "held_out", "delivered_at"].isna().all()


def test_campaigns_of_every_kind_ran_one_runs_and_one_is_planned(
    demo: Demo, tables: dict[str, pd.DataFrame]
) -> None:
    told, contacts = tables["campaigns"], tables["contacts"]
    kinds = {"wake_up", "win_back", "double_points", "member_day", "coupon", "birthday"}
    assert set(told["kind"]) == kinds
    last = pd.Timestamp(demo.until)
    running = told.loc[(told["starts_on"] <= last) & (told["ends_on"] > last)]
    planned = told.loc[told["starts_on"] > last]
    assert len(running) and len(planned) == 1 and planned["cost"].isna().all() and told["budget"].gt(0).all()
    assert not contacts["campaign_id"].isin(planned["campaign_id"]).any()
    arms = contacts.groupby("campaign_id")["arm"].nunique()
    assert (arms == 1).sum() >= 1 and (arms == 2).sum() >= 15
    assert set(contacts["channel"]) == {"sms", "mail", "app", "wechat"}
    assert all(" · " in name for name in told["name"])


def test_those_whom_campaigns_woke_bought_more_than_those_held_out(tables: dict[str, pd.DataFrame]) -> None:
    told = tables["campaigns"].set_index("campaign_id")
    sold = tables["purchases"].query("kind == 'sale'").dropna(subset="member_id")
    chosen = tables["contacts"].loc[tables["contacts"]["campaign_id"].str.endswith("wake-up")]
    pairs = chosen.merge(sold[["member_id", "occurred_at"]], on="member_id")
    until = pd.to_datetime(pairs["campaign_id"].map(told["ends_on"])).dt.tz_localize("Asia/Shanghai")
    inside = pairs["occurred_at"].between(pairs["planned_at"], until + pd.Timedelta("1D"))
    responded = chosen["contact_id"].isin(pairs.loc[inside, "contact_id"])
    rates = responded.groupby(chosen["arm"]).mean()
    assert rates["treated"] > rates["held_out"] + 0.04


def test_coupons_of_every_state_fit_the_sales_that_took_them(tables: dict[str, pd.DataFrame]) -> None:
    coupons, sold = tables["coupons"], tables["purchases"].set_index("purchase_id")
    assert set(coupons["state"]) == {"offered", "claimed", "redeemed", "expired", "void"}
    used = coupons.loc[coupons["state"] == "redeemed"]
    sale = sold.loc[used["purchase_id"]]
    assert len(used) > 100 and used["purchase_id"].is_unique
    assert (sale["coupon_id"].to_numpy() == used["coupon_id"].to_numpy()).all()
    assert (sale["member_id"].to_numpy() == used["member_id"].to_numpy()).all()
    assert (sale["discount"].to_numpy() >= used["face_value"].to_numpy()).all()
    before = sale["amount"].to_numpy() + sale["discount"].to_numpy()
    assert (before >= used["minimum_spend"].to_numpy()).all()
    assert sold["coupon_id"].notna().sum() == len(used)


def test_cards_and_points_pay_for_no_more_than_there_is(tables: dict[str, pd.DataFrame]) -> None:
    sold, entries = tables["purchases"], tables["entries"]
    paid = sold["paid_points"].fillna(0) + sold["paid_stored_value"].fillna(0)
    assert (paid[sold["kind"] == "sale"] <= sold.loc[sold["kind"] == "sale", "amount"]).all()
    assert (sold["paid_points"] > 0).sum() > 50 and (sold["paid_stored_value"] > 0).sum() > 500
    moved = entries.loc[entries["account"].isin(["stored_value", "stored_value_bonus"])]
    assert -moved.loc[moved["kind"] == "redeem", "amount"].sum() == sold["paid_stored_value"].sum()
    for account, own in entries.groupby("account"):
        running = own.sort_values("occurred_at", kind="stable").groupby("member_id")["amount"].cumsum()
        assert running.min() >= 0, account


def test_members_do_what_pages_show(tables: dict[str, pd.DataFrame]) -> None:
    kinds = tables["activities"]["kind"].value_counts()
    assert set(kinds.index) | {"pay_out"} == {  # seldom anybody leaves with money on a card
        "sign_in", "survey", "nps", "review", "share", "share_converted", "complaint", "complaint_closed",
        "suggestion", "suggestion_adopted", "task_offered", "task", "quality_sample", "contact", "referral",
        "referred", "top_up", "pay_out", "membership_fee", "benefit",
    }  # fmt: skip
    assert kinds["complaint_closed"] <= kinds["complaint"] and kinds["referral"] == kinds["referred"]
    left = tables["members"].dropna(subset="left_on")
    assert left["left_reason"].notna().all() and left["left_reason"].nunique() >= 4
    profiles = tables["members"].drop_duplicates("member_id")
    assert 0.05 < profiles["birthday"].isna().mean() < 0.15 and not profiles["consent"].all()


def test_paid_tiers_are_bought_in_the_run_and_the_ledger_gives_them_at_the_same_time(
    demo: Demo, tables: dict[str, pd.DataFrame]
) -> None:
    part, (plus,) = demo.parts[0], [n for n, one in enumerate(PROGRAMME.tiers) if one.entry == "paid"]
    moved = part.facts.tier_changes
    into = moved["to_tier"] == plus
    run = set(zip(part.population.ids[moved["member"][into]], moved["at"][into], strict=True))
    told = tables["tier_changes"].query("to_tier == 'plus'")
    at = told["occurred_at"].astype("datetime64[us, UTC]").astype("int64")
    stayed = set(part.population.ids[part.left_on == NEVER])
    assert len(run) > 50
    assert {one for one in run if one[0] in stayed} == {
        one for one in zip(told["member_id"], at, strict=True) if one[0] in stayed
    }


def test_a_few_accounts_play_the_programme(demo: Demo, tables: dict[str, pd.DataFrame]) -> None:
    local = tables["activities"].assign(at=tables["activities"]["occurred_at"].dt.tz_convert("Asia/Shanghai"))
    night = local.loc[(local["kind"] == "sign_in") & local["at"].dt.hour.between(3, 4)]
    assert (night.groupby("member_id").size() == 75).sum() == 6 and night["at"].dt.minute.nunique() == 1
    brought = local.loc[local["kind"] == "referral"].groupby("member_id").size()
    assert brought.max() >= 10 > brought.nlargest(2).iloc[1]
    points = tables["entries"].loc[tables["entries"]["account"] == "points"]
    taken = points.loc[points["kind"] == "redeem"]
    a_day = taken.groupby(["member_id", taken["occurred_at"].dt.date]).size()
    assert a_day.max() >= 10
    given = points.loc[points["kind"] == "adjust"].groupby("member_id")["amount"].sum()
    assert given.max() >= 3000 > 10 * given.nlargest(2).iloc[1]


def test_the_rules_changed_in_the_middle(demo: Demo, demo_workspace: Path) -> None:
    before, after = demo.versions
    assert before.effective_on is None and after.effective_on == date(2025, 11, 1)
    assert before.tiers[3].threshold < after.tiers[3].threshold == PROGRAMME.tiers[3].threshold
    versions = Workspace.open(demo_workspace).registry.programme_versions()
    assert [one.effective_on for one in versions] == [date(2025, 11, 1), None]


def test_members_in_several_parts_have_their_own_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulation.demo.story.MOST_OF_A_PART", 60)
    demo = Demo(programme=PROGRAMME, members=150, months=7)
    made: dict[str, list[pd.DataFrame]] = {}
    for name, frame in stages(demo):
        made.setdefault(name, []).append(frame())
    for name, frames in made.items():
        assert not pd.concat(frames).duplicated(list(TABLES[name].key)).any(), name
    assert pd.concat(made["members"])["member_id"].nunique() == 150 and len(made["entries"]) == 3


def test_the_programme_has_both_languages(demo: Demo) -> None:
    labels = [
        PROGRAMME.label,
        *(tier.label for tier in PROGRAMME.tiers),
        *(r.label for r in PROGRAMME.rewards),
        *(coupon.label for coupon in PROGRAMME.coupons),
        *(rule.label for rule in PROGRAMME.earning.rules),
        *(benefit.label for tier in PROGRAMME.tiers for benefit in tier.benefits),
    ]
    assert all(label.en and label.zh and label.en != label.zh for label in labels)
    assert len(PROGRAMME.tiers) == 5 and 4 <= len(PROGRAMME.rewards) <= 5


def test_the_same_demo_twice_is_the_same() -> None:
    one, again = (Demo(programme=PROGRAMME, members=200, months=9, seed=9) for _ in range(2))
    first, second = (Tables(demo.parts[0]).entries for demo in (one, again))
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize(("members", "months"), [(99, 24), (20_000, 0), (20_000, 500)])
def test_a_demo_that_cannot_be_is_refused(members: int, months: int) -> None:
    with pytest.raises(InputError, match="a demo"):
        Demo(programme=PROGRAMME, members=members, months=months)


@pytest.mark.parametrize("months", [1, 3])
def test_a_short_demo_is_still_a_demo(months: int) -> None:
    short = Demo(programme=PROGRAMME, members=100, months=months)
    made = frames_of(short)
    assert len(made["campaigns"]) == len(short.offers) >= 2
    assert len(made["members"]["member_id"].unique()) == 100
    assert len(made["entries"]) > 100 and len(short.versions) == (1 if months == 1 else 2)


def test_the_demo_workspace_passes_every_check(demo_workspace: Path) -> None:
    told = json.loads(asked("check", "--json", "--workspace", demo_workspace).output)
    assert len(told["checks"]) >= 10
    assert [check["name"] for check in told["checks"] if check["rows"]] == []


def test_the_demo_workspace_has_plausible_figures(demo_workspace: Path) -> None:
    names = (
        "active_rate,redemption_rate,repeat_rate,members_enrolled,members_joined,churn_rate,points_expired"
    )
    told = json.loads(
        asked("kpi", "--json", "--metrics", names, "--from", "2026-05-01", "--to", "2026-10-31",
              "--period", "month", "--workspace", demo_workspace).output
    )  # fmt: skip
    assert len(told["rows"]) == 6
    for row in told["rows"]:
        assert 0.45 <= row["active_rate"] <= 0.60
        assert 0.50 <= row["redemption_rate"] <= 0.80
        assert row["members_joined"] > 0 and row["points_expired"] > 0
        assert 0.01 < row["churn_rate"] < 0.10
    enrolled = [row["members_enrolled"] for row in told["rows"]]
    assert enrolled == sorted(enrolled) and 1400 < enrolled[-1] < 1500  # some have left


def test_every_metric_of_the_dictionary_has_a_value(demo_workspace: Path) -> None:
    months = ["--from", "2026-05-01", "--to", "2026-10-31", "--period", "month"]
    by_slice: dict[str | None, list[str]] = {}
    for metric in METRICS.values():
        by_slice.setdefault(metric.per, []).append(metric.name)
    for per, names in by_slice.items():
        question = ("kpi", "--json", "--workspace", demo_workspace, "--metrics", ",".join(names), *months)
        told = asked(*question, *(["--by", per] if per else []))
        assert told.status == 0, told.complaint
        rows = pd.DataFrame(json.loads(told.output)["rows"])
        assert [name for name in names if rows[name].isna().all()] == []
        last = rows.loc[rows["period_end"] == rows["period_end"].max()]
        assert per is not None or [name for name in names if last[name].isna().any()] == []


def test_the_same_seed_gives_the_same_workspace_and_another_seed_another(tmp_path: Path) -> None:
    hashes = []
    for name, seed in (("one", 4), ("two", 4), ("three", 5)):
        published(tmp_path / name, Demo(programme=PROGRAMME, members=150, months=5, seed=seed))
        hashes.append(state_hash(Workspace.open(tmp_path / name).latest()))
    assert hashes[0] == hashes[1] != hashes[2]


def test_an_interrupted_demo_leaves_the_workspace_empty_and_can_be_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(demo: Demo) -> Iterator[tuple[str, pd.DataFrame]]:
        yield "members", Tables(demo.parts[0]).members
        raise KeyboardInterrupt

    wanted = Demo(programme=PROGRAMME, members=150, months=5)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("dashboard.demo_workspace._with_progress", breaking)
        published(tmp_path, wanted)
    workspace = Workspace.open(tmp_path)
    assert workspace.latest() is None and workspace.programme is None
    assert published(tmp_path, wanted)["rows"]["members"] >= 150


def test_targets_of_counts_are_in_proportion_to_the_members() -> None:
    programme = PROGRAMME.model_copy(
        update={"targets": {"revenue": Decimal(1000), "active_rate": Decimal("0.55")}}
    )
    assert Demo(programme=programme, members=5000).declared.targets == {
        "revenue": Decimal(250),
        "active_rate": Decimal("0.55"),
    }


def test_a_workspace_that_holds_something_is_refused_and_left_alone(own_demo_workspace: Path) -> None:
    before = Workspace.open(own_demo_workspace).latest()
    answer = asked("demo", "--members", "200", "--workspace", own_demo_workspace)
    assert answer.status == 2 and answer.output == ""
    assert "already holds" in answer.complaint and len(answer.complaint.strip().splitlines()) == 1
    assert Workspace.open(own_demo_workspace).latest() == before
