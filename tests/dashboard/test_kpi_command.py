"""`loyalty kpi` on published facts: the contract of its answer, and how it refuses what it cannot count."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from dashboard.cli import app
from dashboard.commands import kpi_table
from data.live import as_of, live_history
from data.workspace import Workspace
from loyalty_core.days import to_day
from loyalty_core.errors import InputError
from loyalty_core.history import History
from loyalty_core.metrics.dictionary import METRICS, metrics_for
from loyalty_core.rules.programme import Programme
from tests.core.generated import generated

CASE = generated(21)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated programme, published; the tests only read it."""
    folder = tmp_path_factory.mktemp("kpi") / "会员 [2026]"
    opened = Workspace.open(folder)
    opened.apply_programme(CASE.programme)
    with opened.writer("test") as writer:
        for name, rows in CASE.rows.items():
            writer.append(name, pd.DataFrame(rows))
        writer.publish("test")
    return folder


def kpi(folder: Path, *flags: str) -> Result:
    return CliRunner().invoke(app, ["kpi", "--workspace", str(folder), *flags])


def answer(folder: Path, *flags: str) -> dict:
    result = kpi(folder, "--json", *flags)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refusal(folder: Path, *flags: str) -> str:
    result = kpi(folder, *flags)
    assert isinstance(result.exception, InputError), result.output
    return str(result.exception)


def test_without_flags_there_is_one_row_of_every_metric_over_the_whole_history(workspace):
    found = answer(workspace)
    last_day = pd.Timestamp(as_of(CASE.history), unit="D").date().isoformat()
    assert (found["snapshot"], found["as_of"]) == (1, last_day)
    (row,) = found["rows"]
    assert row["period_end"] == last_day
    assert set(row) == {"period_first", "period_end", *metrics_for(())}
    sales = [purchase for purchase in CASE.rows["purchases"] if purchase["member_id"]]
    assert row["purchases"] == sum(purchase["kind"] == "sale" for purchase in sales)
    assert round(row["revenue"] * 100) == sum(purchase["amount"] for purchase in sales)
    assert (
        row["points_outstanding"]
        == sum(
            entry["amount"]
            for entry in CASE.rows["entries"]
            if entry["account"] == "points"
            and (entry["available_on"] or pd.Timestamp.min.date()).isoformat() <= last_day
        )
        / 10**CASE.programme.point_decimals
    )


def test_months_between_two_days_give_one_row_per_period_end(workspace):
    flags = [
        "--from",
        "2023-05-10",
        "--to",
        "2023-07-20",
        "--period",
        "month",
        "--metrics",
        "buyers,churn_rate",
    ]
    found = answer(workspace, *flags)
    assert found["as_of"] == "2023-07-20"
    assert [row["period_end"] for row in found["rows"]] == ["2023-05-31", "2023-06-30", "2023-07-20"]
    assert {frozenset(row) for row in found["rows"]} == {
        frozenset({"period_first", "period_end", "buyers", "churn_rate"})
    }


def test_slices_and_filters_name_the_labels(workspace):
    found = answer(
        workspace, "--by", "member_region", "--where", "member_channel=app", "--metrics", "members_enrolled"
    )
    regions = [row["member_region"] for row in found["rows"]]
    assert set(regions) <= {"North", "South", None} and "North" in regions
    everyone = answer(workspace, "--metrics", "members_enrolled")["rows"][0]["members_enrolled"]
    other = answer(workspace, "--where", "member_channel=store", "--metrics", "members_enrolled")["rows"]
    unknown = answer(workspace, "--where", "member_channel=", "--metrics", "members_enrolled")["rows"]
    parts = [row["members_enrolled"] for row in (*found["rows"], *other, *unknown)]
    assert sum(parts) == everyone > 0


def test_a_figure_per_tier_brings_its_slice(workspace):
    rows = answer(workspace, "--metrics", "tier_members,tier_share")["rows"]
    assert all("member_tier" in row for row in rows)
    assert sum(row["tier_share"] for row in rows) == pytest.approx(1)


def test_an_unknown_value_is_null_and_the_metrics_that_a_slice_allows_are_the_default(workspace):
    rows = answer(workspace, "--by", "purchase_channel")["rows"]
    assert set(rows[0]) == {
        "period_first",
        "period_end",
        "purchase_channel",
        *metrics_for(("purchase_channel",)),
    }
    early = answer(workspace, "--as-of", "2023-02-20", "--metrics", "repeat_rate,growth_rate")["rows"][0]
    assert early["growth_rate"] is None


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--metrics", "churn_rat"], "churn_rat is no metric; did you mean churn_rate"),
        (["--by", "member_regoin"], "member_regoin is no slice; did you mean member_region"),
        (["--where", "member_region"], "write it like member_region=North"),
        (["--where", "member_region=Nort"], "member_region has no Nort; did you mean North"),
        (["--as-of", "31.12.2023"], "--as-of 31.12.2023: no date"),
        (["--as-of", "1999-12-31"], "before the first day of the data"),
        (["--to", "9999-12-31"], "--to 9999-12-31: no day of a programme"),
        (["--from", "1900-01-01", "--period", "day"], "periods; ask for 10,000 at most"),
        (["--as-of", "2023-06-30", "--to", "2023-05-31"], "different last days"),
        (["--from", "2024-01-02", "--to", "2024-01-01"], "cannot end"),
        (["--period", "fortnight"], "--period fortnight: no period"),
        (["--metrics", "members_active", "--by", "purchase_store"], "members_active cannot be cut"),
    ],
)
def test_what_cannot_be_counted_is_said_in_one_line(workspace, flags, said):
    message = refusal(workspace, *flags)
    assert said in message
    assert "\n" not in message


def test_days_that_the_data_do_not_know_are_counted_and_said(workspace):
    known = answer(workspace, "--metrics", "revenue")
    flags = ["kpi", "--workspace", str(workspace), "--json", "--metrics", "revenue"]
    asked = CliRunner().invoke(app, [*flags, "--from", "2020-01-01", "--to", "2033-01-01"])
    found = json.loads(asked.stdout)
    assert found["as_of"] == "2033-01-01" and found["data_to"] == known["as_of"]
    assert found["rows"][0]["revenue"] == known["rows"][0]["revenue"]
    assert f"the data reach until {known['as_of']}" in asked.stderr and "the data begin on 20" in asked.stderr
    assert "note" not in CliRunner().invoke(app, flags).stderr


def test_a_folder_without_a_workspace_or_without_facts_says_what_to_do(workspace_path):
    assert "there is no workspace here" in refusal(workspace_path)
    Workspace.open(workspace_path)
    assert "run loyalty import or loyalty demo first" in refusal(workspace_path)


def test_a_table_for_people_has_every_metric_in_full(workspace):
    printed = kpi(workspace).stdout
    assert all(name in printed for name in metrics_for(()) if not name.endswith(("_low", "_high")))
    monthly = kpi(workspace, "--period", "month").stdout
    assert "choose others with --metrics" in monthly


def test_an_interval_stands_beside_its_metric(workspace):
    names = ("ultimate_redemption_rate", "ultimate_redemption_rate_low", "ultimate_redemption_rate_high")
    (row,) = answer(workspace, "--metrics", ",".join(names))["rows"]
    value, low, high = (f"{row[name]:.1%}" for name in names)
    assert low < value < high
    printed = kpi(workspace, "--metrics", names[0]).stdout
    assert f"{value} ({low} … {high})" in printed
    assert "_low" not in printed
    assert "_low" in kpi(workspace, "--metrics", ",".join(names[:2])).stdout


WIDEST = 1234567.89


def by_region(labels: list[str]) -> pd.DataFrame:
    """A row per region with large figures."""
    days = {"period_first": pd.Timestamp("2026-01-01"), "period_end": pd.Timestamp("2026-12-31")}
    names = ("members_enrolled", "revenue", "average_order_value", "second_purchase_rate")
    rows = [days | {"member_region": label} | dict.fromkeys(names, WIDEST) for label in labels]
    return pd.DataFrame(rows)


def shown(values: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, columns: int | None) -> str:
    """What the table prints on a terminal of so many columns, or into a pipe."""
    out = io.StringIO()
    terminal = columns is not None
    screen = Console(file=out, force_terminal=terminal, width=columns, color_system=None, highlight=False)
    monkeypatch.setattr(kpi_table, "Console", lambda **_: screen)
    kpi_table.print_table(values, Programme(name="any"), "as of today", [*values])
    return out.getvalue()


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("rows", [1, 5, 6, 12])
def test_a_table_fits_the_terminal_and_cuts_nothing(monkeypatch, columns: int, rows: int) -> None:
    labels = [f"Region {number}" for number in range(rows)]
    printed = shown(by_region(labels), monkeypatch, columns)
    assert max(len(line) for line in printed.splitlines()) <= columns
    assert "…" not in printed
    for text in (*labels, "1,234,567.89", "1,234,568", "second_purchase_rate"):
        assert text in printed
    assert printed.count("1,234,567.89") == 2 * rows


def test_a_label_longer_than_the_terminal_goes_on_in_the_next_line(monkeypatch) -> None:
    label = "门店" * 40
    printed = shown(by_region([label]), monkeypatch, 80)
    assert printed.count("门") == printed.count("店") == 40
    assert "1,234,567.89" in printed


def test_a_label_in_brackets_is_shown_as_it_is(monkeypatch) -> None:
    assert "[bold]" in shown(by_region(["[bold]"]), monkeypatch, 80)


@pytest.mark.parametrize("rows", [6, 60])
def test_piped_a_table_is_one_of_full_width(monkeypatch, rows: int) -> None:
    labels = [f"{'a long name of a region ' * 10}{number}" for number in range(rows)]
    printed = shown(by_region(labels), monkeypatch, None)
    for label in labels:
        assert label in printed
    assert printed.count("┏") == 1


def test_a_history_until_a_day_ends_with_that_day(workspace):
    opened = Workspace.open(workspace)
    snapshot, day = opened.latest(), to_day(pd.Timestamp("2023-08-31").date())
    whole: History = live_history(snapshot, opened.programme)
    until = live_history(snapshot, opened.programme, until=day)
    for name in ("purchases", "entries", "tier_changes", "activities"):
        days = getattr(whole, name).day
        assert len(getattr(until, name).day) == (days <= day).sum() > 0
        assert getattr(until, name).day.max() <= day < days.max()
    chosen = whole.offers.contacts.day
    assert len(until.offers.contacts.day) == (chosen <= day).sum() > 0
    assert until.offers.contacts.day.max() <= day < chosen.max()


def test_every_metric_can_be_asked_for_by_name(workspace):
    asked: set[str] = set()
    for per in {metric.per for metric in METRICS.values()}:
        names = metrics_for((per,) if per else ())
        rows = answer(workspace, "--metrics", ",".join(names))["rows"]
        assert all(set(names) <= set(row) for row in rows)
        asked |= set(names)
    assert asked == set(METRICS)
    assert "join_rate cannot be cut" in refusal(workspace, "--metrics", "tier_members,join_rate")
