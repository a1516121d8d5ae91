"""Two workspaces made one: nothing lost, nothing doubled, whole or not at all."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from data import merging
from data.derivation import derive
from data.merging import MergeReport, merge_workspaces
from data.registry import Registry
from data.snapshots import state_hash
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme
from tests.data.two_clubs import CLUB, POINTS, club_in, filled, ledger, people, points_in, sales
from tests.postgres import new_database


@pytest.fixture
def club(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
    return club_in(tmp_path)


@pytest.fixture
def points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
    return points_in(tmp_path)


@dataclass(frozen=True)
class Merged:
    """The club with the points system merged into it, what was told before and after, and their states."""

    club: Workspace
    points: Workspace
    rehearsed: MergeReport
    report: MergeReport
    before: tuple[str, str]
    after_rehearsal: tuple[str, str]


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Merged:
    """One merge for all tests that change nothing."""
    folder = tmp_path_factory.mktemp("merged")
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("LOYALTY_REGISTRY_URL", raising=False)
        both = club_in(folder), points_in(folder)
        before = tuple(state_hash(one.latest()) for one in both)
        rehearsed = merge_workspaces(*both, ["phone"], dry_run=True)
        after_rehearsal = tuple(state_hash(one.latest()) for one in both)
        return Merged(*both, rehearsed, merge_workspaces(*both, ["phone"]), before, after_rehearsal)


@pytest.fixture
def copied(once: Merged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Workspace, Workspace]:
    """A copy of both after the merge, which a test may change."""
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
    club, points = (
        Workspace.open(shutil.copytree(one.folder, tmp_path / one.folder.name))
        for one in (once.club, once.points)
    )
    return club, points


def balances(workspace: Workspace) -> dict[tuple[str, str], int]:
    found = workspace.latest().query(
        "SELECT account, member_id, sum(amount) AS amount FROM entries GROUP BY ALL HAVING sum(amount) <> 0"
    )
    return {(row.account, row.member_id): int(row.amount) for row in found.itertuples()}


def test_members_found_by_a_key_become_one_and_all_others_come_over(
    once: tuple[Workspace, MergeReport],
) -> None:
    report = once.report
    found = report.merge.matches
    assert (dict(found.found), found.alone, found.doubtful) == ({"p1": "c1"}, ("c4",), ("p2",))
    assert [(one.value, one.here, one.there) for one in found.doubts] == [
        ("13800000002", ("c2", "c3"), ("p2",))
    ]
    assert report.merge.member_of == {"p1": "c1", "p2": "p2", "c4": "c4@points"}
    assert report.merge.only_here == 3
    assert [(one.member_id, one.attribute, one.here, one.there) for one in report.merge.differing] == [
        ("c1", "phone", "138 0000 0001", "138-0000-0001"),
        ("c1", "region", "North", "East"),
    ]


def test_points_are_on_one_account_each_and_lots_keep_their_expiry(
    once: tuple[Workspace, MergeReport],
) -> None:
    club, report = once.club, once.report
    (total,) = report.totals
    assert (total.account, total.here, total.there, total.after) == ("points", 70, 61, 131)
    assert balances(club) == {("points", "c1"): 115, ("points", "p2"): 7, ("points", "c4@points"): 9}
    arrived = club.latest().query(
        "SELECT member_id, amount, strftime(expires_on, '%Y-%m-%d') AS gone FROM entries "
        "WHERE account = 'points' AND kind = 'transfer' ORDER BY ALL"
    )
    assert [tuple(row) for row in arrived.astype(object).where(arrived.notna(), None).to_numpy()] == [
        ("c1", 45, "2026-06-05"),  # the older 40, and 5 of these 50, were redeemed before
        ("c4@points", 9, "2027-03-05"),
        ("p2", 7, None),
    ]


def test_the_history_of_the_other_ledger_is_kept_on_a_closed_account(
    once: tuple[Workspace, MergeReport],
) -> None:
    club = once.club
    kept = club.latest().query(
        "SELECT kind, sum(amount) AS amount FROM entries WHERE account = 'points@points' GROUP BY kind"
    )
    assert dict(zip(kept["kind"], kept["amount"], strict=True)) == {
        "earn": 106,
        "redeem": -45,
        "transfer": -61,
    }


def test_a_key_that_means_something_else_here_is_renamed_with_what_refers_to_it(
    club: Workspace, points: Workspace
) -> None:
    with points.writer("refund") as writer:
        refund = sales(("r", "p1", -900, "2025-01-08")).assign(kind="refund", refund_of="1")
        writer.append("purchases", refund)
        writer.publish("refund")
    report = merge_workspaces(club, points, ["phone"])
    assert report.merge.renamed == {"purchases": 2, "entries": 1}
    rows = club.latest().frame("purchases").set_index("purchase_id")
    assert rows.loc["1@points", ["member_id", "amount"]].tolist() == ["c1", 900]
    assert rows.loc["1", ["member_id", "amount"]].tolist() == ["c1", 5_000]
    assert rows.loc["r", "refund_of"] == "1@points"
    assert len(rows) == 6


def test_the_very_same_sale_in_both_is_one(club: Workspace, points: Workspace) -> None:
    with points.writer("the sale of the club") as writer:
        writer.append("purchases", sales(("2", "c4", 7_000, "2025-01-06")).assign(purchase_id="77"))
        writer.publish("facts")
    with club.writer("the same") as writer:
        writer.append("purchases", sales(("77", "c4", 7_000, "2025-01-06")))
        writer.publish("facts")
    report = merge_workspaces(club, points, ["member_id"])
    assert report.merge.same == {"purchases": 1}
    assert (
        club.latest().query("SELECT count(*) AS n FROM purchases WHERE purchase_id LIKE '77%'")["n"][0] == 1
    )


def test_attributes_are_those_of_both_and_joining_is_the_earlier_day(
    once: tuple[Workspace, MergeReport],
) -> None:
    club = once.club
    versions = club.latest().frame("members").query("member_id == 'c1'").sort_values("valid_from")
    assert versions["valid_from"].dt.strftime("%Y-%m-%d").tolist() == ["2023-03-01", "2024-05-01"]
    assert versions["region"].tolist() == ["East", "North"]
    assert set(versions["joined_on"].dt.strftime("%Y-%m-%d")) == {"2023-03-01"}
    assert list(versions["attributes"].iloc[1]) == ["merged_from=points:p1", "phone=138 0000 0001", "size=L"]


def test_merging_again_changes_nothing(copied: tuple[Workspace, Workspace]) -> None:
    club, points = copied
    before, held = club.latest().id, state_hash(club.latest())
    again = merge_workspaces(club, points, ["phone"])
    assert again.rows == {} and again.snapshot == club.latest().id == before
    assert state_hash(club.latest()) == held
    (total,) = again.totals
    assert (total.here, total.there, total.after) == (131, 0, 131)


def test_what_came_since_is_brought_over_by_merging_again(copied: tuple[Workspace, Workspace]) -> None:
    club, points = copied
    with points.writer("since") as writer:
        writer.append("entries", ledger(("e7", "p1", "earn", 20, "2025-06-01", "2027-06-01")))
        writer.publish("since")
    report = merge_workspaces(club, points, ["phone"])
    assert report.rows["entries"] == 3
    assert balances(club)[("points", "c1")] == 135


def test_a_dry_run_tells_the_same_and_writes_nothing(once: Merged) -> None:
    assert once.after_rehearsal == once.before
    assert (once.rehearsed.totals, once.rehearsed.rows) == (once.report.totals, once.report.rows)
    assert (once.rehearsed.snapshot, once.report.snapshot) == (1, 2)


def test_the_other_workspace_stays_as_it_is(once: Merged) -> None:
    assert state_hash(once.points.latest()) == once.before[1] and once.points.latest().id == 1


@pytest.mark.parametrize(("owner", "step"), [(merging, "derive"), (Registry, "publish")])
def test_a_death_in_between_leaves_the_workspace_as_it_was_and_merging_again_heals(
    club: Workspace, points: Workspace, monkeypatch: pytest.MonkeyPatch, owner: object, step: str
) -> None:
    def dying(*arguments: object, **named: object) -> object:
        raise KeyboardInterrupt

    before = state_hash(club.latest())
    with monkeypatch.context() as patched:
        patched.setattr(owner, step, dying)
        with pytest.raises(KeyboardInterrupt):
            merge_workspaces(club, points, ["phone"])
    assert state_hash(club.latest()) == before
    if owner is Registry:
        merge_workspaces(club, points, ["phone"])
        assert sum(balances(club).values()) == 131


def test_a_ledger_that_was_derived_is_recorded_when_the_other_has_one_of_its_own(
    tmp_path: Path, points: Workspace
) -> None:
    shop = filled(tmp_path / "shop", CLUB, members=people(("c1", "2024-05-01", None, ["phone=13800000001"])))
    with shop.writer("derived") as writer:
        writer.append("purchases", sales(("1", "c1", 5_000, "2025-01-05")))
        writer.replace_derived("entries", ledger(("d1", "c1", "earn", 50, "2025-01-05", "2027-01-05")))
        writer.publish("derived")
    report = merge_workspaces(shop, points, ["phone"])
    assert report.recorded == 1
    assert balances(shop)[("points", "c1")] == 95
    assert shop.latest().arrow("SELECT 1 FROM entries WHERE derived").num_rows == 0


def test_what_was_decided_on_a_ledger_that_is_derived_else_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sides bring sales and one adjustment each: 50 earned, 5 taken; 30 earned, 4 given."""
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
    here, there = (
        derived_in(tmp_path, programme, amount, decided)
        for programme, amount, decided in ((CLUB, 5_000, -5), (POINTS, 3_000, 4))
    )
    report = merge_workspaces(here, there, ["member_id"])
    (total,) = report.totals
    assert (total.here, total.there, total.after) == (45, 34, 79)
    assert sum(points for (account, _), points in balances(here).items() if account == "points") == 79


def derived_in(folder: Path, programme: Programme, amount: int, decided: int) -> Workspace:
    """A workspace with a sale of a member, an adjustment, and what else the ledger then holds, derived."""
    workspace = filled(folder / programme.name, programme)
    with workspace.writer("facts") as writer:
        writer.append("purchases", sales((f"s of {programme.name}", "c1", amount, "2025-01-05")))
        adjusted = (f"d of {programme.name}", "c1", "adjust", decided, "2025-01-06", None)
        writer.append("entries", ledger(adjusted))
        derive(writer, [programme])
        writer.publish("facts")
    return workspace


def test_without_a_ledger_on_either_side_points_are_derived_from_the_purchases_of_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
    here = filled(tmp_path / "a", CLUB, purchases=sales(("1", "m", 1_000, "2025-01-05")))
    there = filled(tmp_path / "b", POINTS, purchases=sales(("2", "m", 2_000, "2025-01-06")))
    report = merge_workspaces(here, there, ["member_id"])
    assert report.totals == () and dict(report.merge.matches.found) == {"m": "m"}
    assert balances(here) == {("points", "m"): 30}


def test_what_cannot_be_one_is_refused_in_a_line(copied: tuple[Workspace, Workspace], tmp_path: Path) -> None:
    club, points = copied
    with pytest.raises(InputError, match="is this very workspace"):
        merge_workspaces(club, club, ["phone"])
    with pytest.raises(
        InputError, match="--keys fone: no member of this workspace has it; did you mean phone"
    ):
        merge_workspaces(club, points, ["fone"], dry_run=True)
    with pytest.raises(InputError, match="holds no facts yet"):
        merge_workspaces(club, Workspace.open(tmp_path / "new"), ["phone"], dry_run=True)
    points.apply_programme(POINTS.model_copy(update={"currency": "JPY"}))
    with pytest.raises(InputError, match="points: currency is JPY, here it is CNY"):
        merge_workspaces(club, points, ["phone"], dry_run=True)


@pytest.mark.postgres
@pytest.mark.parametrize("file_of_its_own", [True, False])
def test_each_side_has_its_own_registry(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch, file_of_its_own: bool
) -> None:
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
    named = []
    with ExitStack() as until_the_end:
        if file_of_its_own:
            other = points_in(tmp_path).folder
        else:
            address = until_the_end.enter_context(new_database(postgres_url))
            monkeypatch.setenv("LOYALTY_REGISTRY_URL", address)
            other, named = points_in(tmp_path).folder, ["--other-registry", address]
        monkeypatch.setenv("LOYALTY_REGISTRY_URL", postgres_url)
        here = club_in(tmp_path)
        ask = ["programme", "merge", str(other), "--keys", "phone", "--workspace", str(here.folder), "--json"]
        if named:
            refused = CliRunner().invoke(app, ask)
            assert isinstance(refused.exception, InputError)
            assert "name its database with --other-registry" in str(refused.exception)
        result = CliRunner().invoke(app, [*ask, *named])
        assert result.exit_code == 0, result.output
        told = json.loads(result.stdout)
        assert told["matched"] > 0 and all(total["kept"] for total in told["totals"])
        assert here.latest().id == told["snapshot"] == 2


def test_two_workspaces_of_one_name_are_told_apart(
    copied: tuple[Workspace, Workspace], tmp_path: Path
) -> None:
    club, branch = copied[0], points_in(tmp_path / "branch")
    with pytest.raises(InputError, match="another workspace was merged as points; give this one a name"):
        merge_workspaces(club, branch, ["phone"])
    merge_workspaces(club, branch, ["phone"], name="branch")
    assert sum(balances(club).values()) == 70 + 61 + 61
