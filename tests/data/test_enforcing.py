"""A programme put in force derives again what it implies, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from data import derivation, enforcing
from data.derivation import derive
from data.enforcing import put_in_force
from data.intake.importing import import_files
from data.quality import findings_of
from data.registry import Registry
from data.snapshots import Snapshot, state_hash
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Earning, Expiry, Programme, Tier
from tests.data.facts_at_hand import entries, purchases
from tests.data.shop import lines, sale, shop_mapping, written
from tests.postgres import new_database

SALES = 40
SHOP = shop_mapping().starting_programme()
DOUBLE = SHOP.model_copy(
    update={
        "tiers": (Tier(name="member"), Tier(name="silver", threshold=25)),
        "earning": Earning(points_per_unit=2),
    }
)

EXPIRING = DOUBLE.model_copy(update={"expiry": Expiry(on="03-26")})


@pytest.fixture(scope="module")
def ready_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a workspace with purchases only, to be copied, beside the file that it was read from."""
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("LOYALTY_REGISTRY_URL", raising=False)
        return _imported(tmp_path_factory.mktemp("ready"))


@pytest.fixture(scope="module")
def ready_postgres(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: str
) -> Iterator[tuple[Path, str]]:
    """Such a folder, and the database of its registry, which is to be copied, too."""
    with new_database(postgres_server) as url, pytest.MonkeyPatch.context() as patched:
        patched.setenv("LOYALTY_REGISTRY_URL", url)
        yield _imported(tmp_path_factory.mktemp("ready")), url


def _imported(folder: Path) -> Path:
    sales = written(folder, lines(sale(number) for number in range(SALES)))
    import_files(folder / "shop", [sales], shop_mapping())
    return folder / "shop"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def shop(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, workspace_path: Path, tmp_path: Path
) -> Iterator[Workspace]:
    """A workspace whose source brought purchases only."""
    ready = request.getfixturevalue(f"ready_{request.param}")
    with ExitStack() as until_the_end:
        if request.param == "postgres":
            ready, like = ready
            server = request.getfixturevalue("postgres_server")
            url = until_the_end.enter_context(new_database(server, like))
            monkeypatch.setenv("LOYALTY_REGISTRY_URL", url)
        else:
            monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
        shutil.copy(ready.with_name("sales.csv"), tmp_path)
        shutil.copytree(ready, workspace_path)
        yield Workspace.open(workspace_path)


def derived(snapshot: Snapshot) -> tuple[int, set[str]]:
    """Points earned, and the tiers that members reached."""
    points = snapshot.query("SELECT sum(amount) AS points FROM entries WHERE kind = 'earn'")["points"][0]
    return int(points), set(snapshot.frame("tier_changes")["to_tier"])


def test_entries_and_tiers_are_those_of_the_new_programme(shop: Workspace) -> None:
    assert derived(shop.latest()) == (SALES * 10, {"member"})
    enforced = put_in_force(shop, DOUBLE, "twice the points")
    assert derived(shop.latest()) == (SALES * 20, {"member", "silver"})
    assert enforced.snapshot == shop.latest().id == 2
    assert enforced.rows_derived["entries"] == SALES
    assert shop.programme == DOUBLE
    assert shop.registry.version_in_force().note == "twice the points"
    assert shop.registry.latest_snapshot().programme_id == enforced.version.id


def test_what_is_derived_is_what_a_first_import_under_the_programme_derives(
    shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_force(shop, DOUBLE)
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
    import_files(tmp_path / "new", [tmp_path / "sales.csv"], shop_mapping(), programme=DOUBLE)
    assert state_hash(shop.latest()) == state_hash(Workspace.open(tmp_path / "new").latest())


def test_shards_derived_apart_give_what_all_give_together(
    shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_force(shop, EXPIRING)
    monkeypatch.setattr(derivation, "AT_ONCE", 0)
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
    with ThreadPoolExecutor(2) as executor:
        import_files(
            tmp_path / "new",
            [tmp_path / "sales.csv"],
            shop_mapping(),
            programme=EXPIRING,
            executor=executor,
        )
    apart = Workspace.open(tmp_path / "new").latest()
    assert state_hash(shop.latest()) == state_hash(apart)
    # Points of members who came no more are gone on a day on which others came.
    assert (apart.frame("entries")["kind"] == "expire").any()


def test_where_nothing_is_derived_no_snapshot_is_made(workspace: Workspace) -> None:
    assert put_in_force(workspace, SHOP).snapshot is None
    assert workspace.latest() is None
    with workspace.writer("a ledger of its own") as writer:
        writer.append("entries", entries(1, 20))
        writer.publish("facts")
    enforced = put_in_force(workspace, DOUBLE)
    assert (enforced.snapshot, enforced.rows_derived) == (None, {})
    assert workspace.programme == DOUBLE
    assert workspace.latest().id == 1


def test_a_change_that_implies_the_same_rows_makes_no_snapshot(shop: Workspace) -> None:
    put_in_force(shop, SHOP.model_copy(update={"targets": {"active_rate": Decimal("0.5")}}))
    assert shop.programme.targets
    assert shop.latest().id == 1


@pytest.mark.parametrize(
    ("owner", "step"), [(enforcing, "derive"), (Registry, "publish"), (enforcing, "new_version")]
)
def test_a_death_in_between_leaves_programme_and_rows_as_they_were_and_apply_heals(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch, owner: object, step: str
) -> None:
    whole = getattr(owner, step)

    def dying(*arguments: object, **named: object) -> object:
        whole(*arguments, **named) if step == "derive" else None
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(owner, step, dying)
        with pytest.raises(KeyboardInterrupt):
            put_in_force(shop, DOUBLE)
    assert shop.programme == SHOP
    assert derived(shop.latest()) == (SALES * 10, {"member"})
    put_in_force(shop, DOUBLE)
    assert shop.programme == DOUBLE
    assert derived(shop.latest()) == (SALES * 20, {"member", "silver"})


def test_rows_of_an_older_programme_are_derived_again_by_applying_the_newer_once_more(
    shop: Workspace,
) -> None:
    shop.apply_programme(DOUBLE)  # recorded only, as when its first day comes
    assert put_in_force(shop, DOUBLE).snapshot == 2
    assert derived(shop.latest()) == (SALES * 20, {"member", "silver"})
    assert len(shop.registry.programme_versions()) == 2


def test_a_programme_that_takes_effect_later_derives_nothing_yet(shop: Workspace) -> None:
    later = DOUBLE.model_copy(update={"effective_on": date.today() + timedelta(days=30)})
    assert put_in_force(shop, later).snapshot is None
    assert shop.programme == SHOP
    assert derived(shop.latest()) == (SALES * 10, {"member"})


def test_a_version_holds_from_its_day_and_what_was_before_stays_as_it_was(shop: Workspace) -> None:
    """Silver is of the second version alone, which begins before all but the earliest sales of the month."""
    on = date(2026, 3, 15)
    put_in_force(shop, DOUBLE.model_copy(update={"effective_on": on}))
    days = [number % 28 + 1 for number in range(SALES)]  # as `shop.sale` has it
    assert derived(shop.latest())[0] == sum(20 if day >= on.day else 10 for day in days)
    changes = shop.latest().query(
        "SELECT min(occurred_at) AS first FROM tier_changes WHERE to_tier = 'silver'"
    )
    assert changes["first"][0].tz_convert("Asia/Shanghai").date() >= on
    versions = shop.registry.programmes_in_turn()
    assert [one.effective_on for one in versions] == [None, on]
    broken = [one.check.name for one in findings_of(shop.latest(), DOUBLE, True, versions) if one.breaks]
    assert broken == []
    stale = [one.check.name for one in findings_of(shop.latest(), DOUBLE) if one.breaks]
    assert stale == ["derived_rows_are_those_that_the_programme_implies"]


def decided(kind: str, amount: int, on: str, **more: object) -> pd.DataFrame:
    """A line of a ledger that tells of decisions alone."""
    return pd.DataFrame(
        {
            "entry_id": [f"{kind} of {on}"],
            "member_id": ["m1"],
            "account": ["points"],
            "kind": [kind],
            "amount": [amount],
            "occurred_at": pd.to_datetime([on], utc=True),
        }
        | more
    )


def test_around_what_was_adjusted_and_moved_the_ledger_is_derived(local_workspace: Workspace) -> None:
    """Of 100 points that a purchase earned 40 were taken, so that 60 expire; a day later 7 are given."""
    programme = Programme(name="club", earning=Earning(), expiry={"months": 1})
    local_workspace.apply_programme(programme)
    sales = purchases(1, 2, amount=9_999).assign(occurred_at=pd.to_datetime(["2024-01-02"], utc=True))
    with local_workspace.writer("facts") as writer:
        writer.append("purchases", sales)
        writer.append("entries", decided("adjust", -40, "2024-01-10", reason="goodwill, wrongly given"))
        writer.append("entries", decided("transfer", 7, "2024-02-03"))
        derive(writer, [programme])
        writer.publish("facts")
    kinds = local_workspace.latest().query("SELECT kind, amount FROM entries ORDER BY occurred_at, kind DESC")
    assert kinds.to_numpy().tolist() == [["earn", 100], ["adjust", -40], ["expire", -60], ["transfer", 7]]
    assert [one for one in findings_of(local_workspace.latest(), programme) if one.breaks] == []
    with local_workspace.writer("the ledger of the source") as writer:
        writer.append("entries", entries(1, 2))
        derive(writer, [programme])
        writer.publish("facts")
    assert not local_workspace.latest().frame("entries", columns=["derived"])["derived"].any()


def test_another_unit_is_refused_where_facts_are_in_the_old_one(shop: Workspace) -> None:
    for change in ({"currency": "JPY"}, {"currency_decimals": 0}, {"point_decimals": 1}):
        with pytest.raises(InputError, match=next(iter(change))):
            put_in_force(shop, SHOP.model_copy(update=change))
    assert shop.programme == SHOP


def test_an_import_under_way_is_waited_for(shop: Workspace) -> None:
    with shop.writer("import of the night"), pytest.raises(InputError, match="import of the night"):
        put_in_force(shop, DOUBLE)
    assert shop.programme == SHOP


def test_opening_balances_stay_when_the_programme_changes(workspace: Workspace) -> None:
    workspace.apply_programme(Programme(name="ledger"))
    opening = pd.DataFrame(
        {
            "entry_id": ["derived:opening:points:m1"],
            "member_id": ["m1"],
            "account": ["points"],
            "kind": ["adjust"],
            "amount": [50],
            "occurred_at": pd.to_datetime(["2023-12-31T00:00"], utc=True),
            "reason": ["opening balance"],
        }
    )
    with workspace.writer("facts") as writer:
        spent = entries(1, 2, kind="redeem")
        writer.append("entries", spent.assign(amount=-50))
        writer.replace_derived("entries", opening)
        writer.publish("facts")
    put_in_force(workspace, DOUBLE.model_copy(update={"time_zone": "UTC"}))
    assert sorted(workspace.latest().frame("entries")["amount"]) == [-50, 50]
