"""The demo: repeatable, plausible, free of broken promises, and only ever put into an empty workspace."""

import json
import subprocess
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest

from dashboard.commands.demo import published
from data.snapshots import state_hash
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.facts import TABLES
from loyalty_core.rules.programme import programme_from_yaml
from simulation.demo import Demo, Tables
from simulation.demo.contacts import campaigns
from tests.living import LOYALTY, loyalty

PROGRAMME = programme_from_yaml(files("data").joinpath("programmes/demo.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo(programme=PROGRAMME, members=3000, seed=3)


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
    assert 0.12 < (tables["contacts"]["arm"] == "held_out").mean() < 0.25
    assert tables["contacts"].loc[tables["contacts"]["arm"] == "held_out", "delivered_at"].isna().all()


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
    told = json.loads(loyalty("check", "--json", "--workspace", demo_workspace).stdout)
    assert len(told["checks"]) >= 10
    assert [check["name"] for check in told["checks"] if check["rows"]] == []


def test_the_demo_workspace_has_plausible_figures(demo_workspace: Path) -> None:
    names = (
        "active_rate,redemption_rate,repeat_rate,members_enrolled,members_joined,churn_rate,points_expired"
    )
    told = json.loads(
        loyalty("kpi", "--json", "--metrics", names, "--from", "2026-05-01", "--to", "2026-10-31",
                "--period", "month", "--workspace", demo_workspace).stdout
    )  # fmt: skip
    assert len(told["rows"]) == 6
    for row in told["rows"]:
        assert 0.45 <= row["active_rate"] <= 0.60
        assert 0.50 <= row["redemption_rate"] <= 0.80
        assert row["members_joined"] > 0 and row["points_expired"] > 0
        assert 0.01 < row["churn_rate"] < 0.10
    enrolled = [row["members_enrolled"] for row in told["rows"]]
    assert enrolled == sorted(enrolled) and 1400 < enrolled[-1] < 1500  # some have left


def test_the_same_seed_gives_the_same_workspace_and_another_seed_another(tmp_path: Path) -> None:
    hashes = []
    for name, seed in (("one", 4), ("two", 4), ("three", 5)):
        published(tmp_path / name, Demo(programme=PROGRAMME, members=150, months=8, seed=seed))
        hashes.append(state_hash(Workspace.open(tmp_path / name).latest()))
    assert hashes[0] == hashes[1] != hashes[2]


def test_an_interrupted_demo_leaves_the_workspace_empty_and_can_be_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(demo: Demo) -> Iterator[tuple[str, pd.DataFrame]]:
        yield "members", Tables(demo.parts[0]).members
        raise KeyboardInterrupt

    wanted = Demo(programme=PROGRAMME, members=150, months=8)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("dashboard.commands.demo._with_progress", breaking)
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
    done = subprocess.run(
        [LOYALTY, "demo", "--members", "200", "--workspace", own_demo_workspace],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2 and done.stdout == ""
    assert "already holds" in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert Workspace.open(own_demo_workspace).latest() == before
