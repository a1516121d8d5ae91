"""Importing: exactly once, nothing overwritten, rejects that come back corrected, and what a dry run says."""

from __future__ import annotations

import csv
import json
import random
import sqlite3
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from data.intake.mapping import Mapping, mapping_from_yaml
from data.intake.preview import preview
from data.intake.rejects import _in_units
from data.snapshots import Snapshot, state_hash
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import programme_from_dict
from tests.data.shop import HEADER, MAPPING, counts, imported, lines, sale, shop_mapping, written
from tests.living import asked


def latest(workspace: Path) -> Snapshot:
    snapshot = Workspace.open(workspace).latest()
    assert snapshot is not None
    return snapshot


# Exactly once -----------------------------------------------------------------------------------------


def test_the_same_file_twice_changes_nothing(tmp_path: Path, workspace_path: Path) -> None:
    path = written(tmp_path, lines(sale(number) for number in range(50)))
    first = imported(workspace_path, path)
    again = imported(workspace_path, path)
    assert counts(first.files[0]) == (50, 50, 0, 0, 0)
    assert counts(again.files[0]) == (50, 0, 50, 0, 0)
    assert first.snapshot == again.snapshot
    assert not again.rows_written and not again.rows_derived


# A source without ids: some sales are equal, and none of them may be lost.
WITHOUT_IDS = """
name: no_ids
programme: {name: no-ids, tiers: [{name: member}, {name: gold, threshold: 20}]}
files:
  sales:
    match: "*.csv"
    rows:
      - table: purchases
        columns:
          purchase_id: {content: true}
          member_id: member
          kind: {value: sale}
          occurred_at: {from: day, format: "%Y-%m-%d"}
          amount: amount
"""


def _days() -> dict[str, list[str]]:
    """Sales by day, many of them equal."""
    luck = random.Random(7)
    return {
        f"2026-03-{day:02d}": [
            f"m{luck.randrange(4)},2026-03-{day:02d},{luck.randrange(1, 4)}.00" for _ in range(9)
        ]
        for day in range(1, 13)
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The state hash after one import of all days in one file."""
    folder = tmp_path_factory.mktemp("whole")
    path = written(
        folder, lines((row for rows in _days().values() for row in rows), "member,day,amount"), "all.csv"
    )
    report = imported(folder / "w", path, mapping_from_yaml(WITHOUT_IDS))
    assert counts(report.files[0]) == (108, 108, 0, 0, 0)
    return state_hash(latest(folder / "w"))


@pytest.mark.parametrize("seed", range(2))
def test_days_split_between_files_shuffled_and_overlapping_give_the_state_of_one_file(
    seed: int, whole: str, tmp_path: Path
) -> None:
    luck = random.Random(seed)
    mapping = mapping_from_yaml(WITHOUT_IDS)
    days = list(_days().values())
    overlapping = [luck.sample(days, luck.randrange(1, 8)) for _ in range(3)]
    missing = [day for day in days if not any(day in part for part in overlapping)]
    for number, part in enumerate([*overlapping, missing]):
        rows = [row for day in part for row in day]
        luck.shuffle(rows)
        imported(
            tmp_path / "w", written(tmp_path, lines(rows, "member,day,amount"), f"{number}.csv"), mapping
        )
    assert state_hash(latest(tmp_path / "w")) == whole


def test_fifty_splits_and_shuffles_in_one_import_give_the_state_of_one_file(
    whole: str, tmp_path: Path
) -> None:
    mapping = mapping_from_yaml(WITHOUT_IDS)
    luck = random.Random(50)
    for number in range(50):
        rows = [row for day in luck.sample(list(_days().values()), 4) for row in day]
        luck.shuffle(rows)
        written(tmp_path / "parts", lines(rows, "member,day,amount"), f"{number:02d}.csv")
    report = imported(tmp_path / "w", tmp_path / "parts", mapping)
    assert state_hash(latest(tmp_path / "w")) == whole
    assert sum(account.accepted for account in report.files) == 108
    assert sum(account.duplicate for account in report.files) == 50 * 36 - 108


BASKETS = """
name: baskets
programme: {name: baskets}
files:
  lines:
    match: "*.csv"
    rows:
      - table: purchases
        group_by: basket
        columns:
          purchase_id: basket
          member_id: member
          kind: {value: sale}
          occurred_at: {from: day, format: "%Y-%m-%d", of_group: min}
          amount: {from: amount, of_group: sum, round: half_up}
"""


def test_basket_lines_split_anywhere_between_the_files_of_one_import_add_up(tmp_path: Path) -> None:
    mapping = mapping_from_yaml(BASKETS)
    rows = [f"b{n // 3},m{n // 3 % 5},2026-03-01,{n}.25,p{n}" for n in range(90)]
    header = "basket,member,day,amount,product"
    for name, part in {"a": rows[:40], "b": rows[35:70], "c": rows[70:]}.items():
        written(tmp_path / "parts", lines(part, header), f"{name}.csv")
    report = imported(tmp_path / "split", tmp_path / "parts", mapping)
    assert [counts(account) for account in report.files] == [
        (40, 40, 0, 0, 0),
        (35, 30, 5, 0, 0),
        (20, 20, 0, 0, 0),
    ]
    imported(tmp_path / "whole", written(tmp_path, lines(rows, header), "all.csv"), mapping)
    assert state_hash(latest(tmp_path / "split")) == state_hash(latest(tmp_path / "whole"))


def test_a_basket_with_a_bad_line_is_rejected_as_a_whole_and_comes_back_as_a_whole(tmp_path: Path) -> None:
    mapping = mapping_from_yaml(BASKETS)
    rows = ["b1,m1,2026-03-01,1.00", "b1,m1,2026-03-01,oops", "b2,m2,2026-03-01,5.005", "b3,m1,2026-03-01,1"]
    rows += ["b3,m2,2026-03-01,1"]
    path = written(tmp_path, lines(rows, "basket,member,day,amount"))
    [account] = imported(tmp_path / "w", path, mapping).files
    assert counts(account) == (5, 1, 0, 0, 4)
    assert any("differ in member_id" in reason for reason in account.reasons)
    assert account.rejects_path is not None
    corrected = (
        account.rejects_path.read_text("utf-8-sig").replace(",oops", ",2.00").replace("b3,m2", "b3,m1")
    )
    account.rejects_path.write_text(corrected, "utf-8-sig")
    [back] = imported(tmp_path / "w", account.rejects_path, mapping).files
    assert counts(back) == (4, 4, 0, 0, 0)
    found = latest(tmp_path / "w").query("SELECT purchase_id, amount FROM purchases ORDER BY 1")
    assert found.to_numpy().tolist() == [["b1", 300], ["b2", 501], ["b3", 200]]


# Conflicts, versions, rejects ---------------------------------------------------------------------------


def test_the_same_id_with_other_content_is_listed_and_overwrites_nothing(tmp_path: Path) -> None:
    imported(tmp_path / "w", written(tmp_path, lines([sale(1, "10.00"), sale(2)])))
    before = state_hash(latest(tmp_path / "w"))
    [account] = imported(tmp_path / "w", written(tmp_path, lines([sale(1, "99.00"), sale(2)]))).files
    assert counts(account) == (2, 0, 1, 1, 0)
    assert state_hash(latest(tmp_path / "w")) == before
    assert account.conflicts_path is not None
    with account.conflicts_path.open(encoding="utf-8-sig", newline="") as file:
        [listed] = csv.DictReader(file)
    assert (listed["line"], listed["key"], listed["column"]) == ("2", "s1", "amount")
    assert (listed["kept"], listed["not_taken"]) == ("10.00", "99.00")


LEDGER = """
name: ledger
programme: {name: ledger, currency: CNY, currency_decimals: 2, point_decimals: 1}
files:
  lines:
    match: "*.csv"
    rows:
      - table: entries
        columns:
          entry_id: id
          member_id: {value: m1}
          account: account
          kind: {value: adjust}
          amount: amount
          occurred_at: {value: "2026-03-01"}
"""


def test_conflicts_of_the_ledger_tell_points_as_points_and_cards_as_money(tmp_path: Path) -> None:
    first = ["a,points,10.5", "b,stored_value,12.34", "c,points,-0.1", "d,points,7", "e,points,3"]
    then = ["a,points,9", "b,stored_value,-0.05", "c,points,0.1", "d,stored_value,7", "e,points,3"]
    header, mapping = "id,account,amount", mapping_from_yaml(LEDGER)
    imported(tmp_path / "w", written(tmp_path, lines(first, header)), mapping)
    [account] = imported(tmp_path / "w", written(tmp_path, lines(then, header)), mapping).files
    assert counts(account) == (5, 0, 1, 4, 0)
    assert account.conflicts_path is not None
    with account.conflicts_path.open(encoding="utf-8-sig", newline="") as file:
        listed = [(row["key"], row["column"], row["kept"], row["not_taken"]) for row in csv.DictReader(file)]
    assert listed == [
        ("a", "amount", "10.5", "9.0"),
        ("b", "amount", "12.34", "-0.05"),
        ("c", "amount", "-0.1", "0.1"),
        ("d", "account", "points", "stored_value"),
        ("d", "amount", "7.0", "7.00"),
    ]


@pytest.mark.parametrize("decimals", range(5))
def test_units_are_told_exactly(decimals: int) -> None:
    with duckdb.connect() as duck:
        for value in (0, 1, -1, 10, 12345, -(2**63) + 1, 2**63 - 1):
            told = duck.execute(f"SELECT {_in_units(str(value), decimals)}").fetchall()[0][0]
            assert told == f"{Decimal(value).scaleb(-decimals):.{decimals}f}"


MEMBERS = """
name: people
programme: {name: people}
files:
  members:
    match: "*.csv"
    missing: ["."]
    rows:
      - table: members
        columns:
          member_id: id
          valid_from: {from: since, format: "%d.%m.%Y"}
          birth_year: {from: born, if_invalid: blank}
          gender: {from: gender, values: {F: female, M: male, "?": null}}
          region: city
          consent: consent
          attributes: {attributes: {shoe: size}}
"""
PEOPLE = "id,since,born,gender,city,consent,size"


def test_a_changed_member_takes_a_new_version_and_the_last_one_holds(tmp_path: Path) -> None:
    mapping = mapping_from_yaml(MEMBERS)
    old = ["007,01.02.2026,1980,F,.,yes,", "008,01.02.2026,959,?,上海,是,43"]
    new = ["007,01.02.2026,1980,F,北京,no,", "008,01.02.2026,959,?,上海,是,43"]
    [first] = imported(tmp_path / "w", written(tmp_path, lines(old, PEOPLE)), mapping).files
    assert counts(first) == (2, 2, 0, 0, 0)
    assert first.blanked == {"born": 1}
    [second] = imported(tmp_path / "w", written(tmp_path, lines(new, PEOPLE)), mapping).files
    assert counts(second) == (2, 1, 1, 0, 0)
    [third] = imported(tmp_path / "w", written(tmp_path, lines(old, PEOPLE)), mapping).files
    assert counts(third) == (2, 0, 2, 0, 0)
    found = latest(tmp_path / "w").query(
        "SELECT member_id, birth_year, gender, region, consent, attributes FROM members ORDER BY 1"
    )
    rows = found.astype(object).where(found.notna(), None).to_numpy().tolist()
    assert rows[0] == ["007", 1980, "female", "北京", False, None]
    assert rows[1][:5] == ["008", None, None, "上海", True]
    assert list(rows[1][5]) == ["shoe=43"]
    versions = latest(tmp_path / "w").query("SELECT count(*) AS n FROM members_versions")
    assert versions["n"].tolist() == [3]


def test_rejects_come_back_once_corrected_whatever_they_hold(tmp_path: Path) -> None:
    rows = [sale(1), sale(2).replace("m2", "=1+1").replace("10.00", "ten"), sale(3).replace("m3", '"m3')]
    [account] = imported(tmp_path / "w", written(tmp_path, lines(rows))).files
    assert counts(account) == (3, 1, 0, 0, 2)
    assert account.rejects_path is not None
    with account.rejects_path.open(encoding="utf-8-sig", newline="") as file:
        listed = list(csv.DictReader(file))
    assert [row["rejected_line"] for row in listed] == ["3", "4"]
    assert (
        listed[0]["rejected_column"] == "amount" and '"ten" is not a number' in listed[0]["rejected_reason"]
    )
    assert listed[0]["original_text"] == rows[1] and listed[0]["member"] == "'=1+1"
    # As a person would: mend the amount; fill in the columns of the line that could not be split.
    listed[0]["amount"] = "10.00"
    listed[1] |= dict(zip(HEADER.split(","), sale(3).split(","), strict=True))
    with account.rejects_path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, listed[0])
        writer.writeheader()
        writer.writerows(listed)
    [back] = imported(tmp_path / "w", account.rejects_path).files
    assert counts(back) == (2, 2, 0, 0, 0)
    found = latest(tmp_path / "w").query("SELECT member_id FROM purchases ORDER BY purchase_id")
    assert found["member_id"].tolist() == ["m1", "=1+1", "m3"]


# Dry run, programme, sources ---------------------------------------------------------------------------


def test_a_dry_run_says_what_an_import_then_does_and_writes_nothing(
    tmp_path: Path, workspace_path: Path
) -> None:
    path = written(tmp_path, lines([sale(1), sale(1), sale(2, "x"), sale(3)]))
    said = imported(workspace_path, path, dry_run=True)
    assert not workspace_path.exists()
    did = imported(workspace_path, path)
    assert [counts(account) for account in said.files] == [counts(account) for account in did.files]
    assert said.rows_written == did.rows_written == {"purchases": 2}
    files = {file: file.stat().st_mtime_ns for file in (workspace_path / "lake").rglob("*") if file.is_file()}
    again = imported(workspace_path, written(tmp_path, lines([sale(7)])), dry_run=True)
    assert again.rows_written == {"purchases": 1} and again.files[0].rejects_path is None
    assert files == {
        file: file.stat().st_mtime_ns for file in (workspace_path / "lake").rglob("*") if file.is_file()
    }


def test_the_first_import_applies_the_programme_of_the_mapping(tmp_path: Path, workspace_path: Path) -> None:
    imported(workspace_path, written(tmp_path, lines([sale(1)])))
    programme = Workspace.open(workspace_path).programme
    assert programme is not None and programme.name == "shop"


def test_a_programme_in_another_currency_is_refused(tmp_path: Path, workspace_path: Path) -> None:
    from data.intake.importing import import_files

    path = written(tmp_path, lines([sale(1)]))
    imported(workspace_path, path)
    euros = programme_from_dict({"name": "shop", "currency": "EUR"})
    with pytest.raises(InputError, match="currency is EUR, but the workspace has CNY"):
        import_files(workspace_path, [path], shop_mapping(), programme=euros)
    assert Workspace.open(workspace_path).programme.currency == "CNY"  # type: ignore[union-attr]


def test_ledger_and_tiers_that_the_source_lacks_are_derived_and_marked(tmp_path: Path) -> None:
    imported(tmp_path / "w", written(tmp_path, lines([sale(1, "100.00"), sale(8, "250.00")])))
    found = latest(tmp_path / "w").query("SELECT kind, amount, derived FROM entries ORDER BY occurred_at")
    assert found.to_numpy().tolist() == [["earn", 100, True], ["earn", 250, True]]
    tiers = latest(tmp_path / "w").query("SELECT to_tier, derived FROM tier_changes ORDER BY occurred_at")
    assert tiers.to_numpy().tolist() == [["member", True], ["gold", True]]


def test_a_database_is_read_by_the_declared_query(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "till.db") as till:
        till.execute("CREATE TABLE bons (id TEXT, member TEXT, at TEXT, amount REAL, pieces INTEGER)")
        till.execute(
            "INSERT INTO bons VALUES ('s1', 'm1', '2026-03-01 10:00:00', 0.1, 1), "
            "('s2', NULL, '2026-03-01 10:00:00', 12.5, 2), ('s3', 'm1', 'yesterday', 1, 1)"
        )
    till.close()
    mapping = shop_mapping('query: SELECT id, member, at AS "when", amount, pieces FROM bons')
    report = imported(tmp_path / "w", [f"sqlite:///{tmp_path / 'till.db'}"], mapping)
    assert counts(report.files[0]) == (3, 2, 0, 0, 1)
    assert latest(tmp_path / "w").query("SELECT sum(amount) AS s FROM purchases")["s"].tolist() == [1260]


def test_a_missing_source_and_a_folder_without_matching_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        imported(tmp_path / "w", tmp_path / "nothing.csv")
    written(tmp_path / "folder", b"x", "other.txt")
    with pytest.raises(InputError, match=r"nothing in it that mapping shop reads \(sales\*\)"):
        imported(tmp_path / "w", tmp_path / "folder")
    assert not (tmp_path / "w" / "registry.sqlite").exists()


def _sampled(package: str) -> Mapping:
    return shop_mapping().model_copy(
        update={
            "sample": mapping_from_yaml(f"{{name: x, files: {{}}, sample: {{package: {package}}}}}").sample
        }
    )


def test_the_sample_is_read_from_the_package_without_running_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "shop_sample"
    written(package, b"raise RuntimeError('heavy code')", "__init__.py")
    written(package, lines([sale(1)]))
    monkeypatch.syspath_prepend(tmp_path)
    [account] = imported(tmp_path / "w", ["sample"], _sampled("shop_sample"), dry_run=True).files
    assert counts(account) == (1, 1, 0, 0, 0)


def test_a_sample_that_is_not_installed_is_told_with_the_command_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"pip install 'loyalty-dashboard\[samples\]'"):
        imported(tmp_path / "w", ["sample"], _sampled("no_such_package_here"))


def test_a_preview_shows_the_first_rows_and_what_becomes_of_each_column(tmp_path: Path) -> None:
    found = preview(
        written(tmp_path, lines([sale(1), sale(2, "x"), *map(sale, range(3, 60))])), shop_mapping()
    )
    assert found.rows["line"].tolist() == list(range(2, 22))
    assert found.rows["id"].tolist()[0] == "s1"
    amount = found.columns.set_index("column").loc["amount"]
    assert (amount["source"], amount["values"], amount["rejected"]) == ("amount", 58, 1)
    assert counts(found.account) == (59, 58, 0, 0, 1)


def test_the_command_answers_in_json_and_ends_with_2_when_it_cannot_run(tmp_path: Path) -> None:
    path = written(tmp_path, lines([sale(1), sale(2, "x")]))
    mapping = tmp_path / "shop.yaml"
    mapping.write_text(MAPPING.replace("READ", ""), "utf-8")
    options = ("--mapping", mapping, "--workspace", tmp_path / "w", "--json")
    done = asked("import", path, *options)
    [file] = json.loads(done.output)["files"]
    assert done.status == 0
    assert (file["rows_read"], file["accepted"], file["rejected"]) == (2, 1, 1)
    failed = asked("import", tmp_path / "none.csv", *options)
    assert failed.status == 2
    assert failed.complaint.strip().splitlines()[-1].startswith("loyalty: ")
    assert "none.csv" in failed.complaint
