import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import delete, inspect, text, update
from sqlalchemy.orm import Session

from data import audit
from data.database import MIGRATIONS, newest_revision, open_database, registry_url
from data.registry import CANCELLED, DONE, FAILED, INTERRUPTED, QUEUED, RUNNING, Registry
from data.tables import Audited, Base, Run
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Label, Programme, Reward, Tier

RICH = Programme(
    name="金卡 programme",
    tiers=(Tier(name="银卡"), Tier(name="gold", threshold=Decimal("1999.90"), earn_percent=150)),
    rewards=(Reward(name="voucher", label=Label(zh="券"), points=Decimal(500), cost=Decimal("4.5")),),
    targets={"redemption_rate": Decimal("0.7")},
)


@pytest.fixture
def registry(workspace: Workspace) -> Registry:
    return workspace.registry


def test_the_migrations_lead_to_exactly_the_declared_tables(registry: Registry):
    with registry.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert context.get_current_revision() == newest_revision()
        assert compare_metadata(context, Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_opening_again_keeps_what_is_there(workspace: Workspace):
    workspace.apply_programme(RICH)
    assert Workspace.open(workspace.folder).programme == RICH


# Programmes


def test_a_programme_comes_back_equal(registry: Registry):
    applied = registry.apply_programme(RICH, note="从 CRM")
    assert registry.programme_in_force() == RICH
    (version,) = registry.programme_versions()
    assert (version.id, version.name, version.note) == (applied.id, RICH.name, "从 CRM")
    assert version.applied_at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - version.applied_at) < timedelta(minutes=1)


def test_applying_the_same_document_twice_is_one_version(registry: Registry):
    first = registry.apply_programme(RICH)
    assert registry.apply_programme(RICH).id == first.id
    other = registry.apply_programme(RICH.model_copy(update={"name": "other"}))
    back = registry.apply_programme(RICH)
    assert [v.id for v in registry.programme_versions()] == [back.id, other.id, first.id]


def test_a_programme_is_in_force_from_its_day_on(registry: Registry):
    for name, day in [("old", None), ("new", date(2026, 1, 1)), ("next", date(2026, 7, 1))]:
        registry.apply_programme(Programme(name=name, effective_on=day))
    in_force = {
        day: registry.programme_in_force(day).name
        for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1))
    }
    assert list(in_force.values()) == ["old", "new", "new", "next"]


def test_before_any_programme_takes_effect_the_first_one_holds(registry: Registry):
    registry.apply_programme(Programme(name="first", effective_on=date(2100, 1, 1)))
    registry.apply_programme(Programme(name="second", effective_on=date(2110, 1, 1)))
    assert registry.programme_in_force().name == "first"


# Snapshots


def test_an_unknown_snapshot_is_named(registry: Registry):
    with pytest.raises(InputError, match="there is no snapshot 77"):
        registry.snapshot(77)


# What people save


def test_a_scenario_is_kept_under_its_name(registry: Registry):
    registry.save("scenario", "gold at 5,000", {"changes": {"tiers.gold.threshold": 5000}})
    registry.save("scenario", "a", {"seed": 1})
    changed = registry.save("scenario", "gold at 5,000", {"changes": {"tiers.gold.threshold": 4000}}, "lower")
    assert [s.name for s in registry.all_saved("scenario")] == ["a", "gold at 5,000"]
    kept = registry.saved("scenario", "gold at 5,000")
    assert kept.document == {"changes": {"tiers.gold.threshold": 4000}}
    assert (kept.id, kept.note) == (changed.id, "lower") and kept.changed_at >= kept.created_at
    assert registry.saved("scenario", "nowhere") is None


def test_names_are_unique_among_those_of_a_kind(registry: Registry):
    registry.save("view", "a", {"page": "tiers"})
    registry.save("mark", "a", {"day": "2026-02-01"})
    assert registry.saved("view", "a").document == {"page": "tiers"}
    registry.forget("view", "a")
    assert registry.all_saved("view") == [] and registry.saved("mark", "a") is not None


def test_what_ifs_saved_before_there_were_kinds_are_still_there(registry: Registry):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with registry.engine.begin() as connection:
        config.attributes["connection"] = connection
        registry_of_old = "INSERT INTO scenarios (name, document, note, created_at, changed_at) VALUES "
        command.downgrade(config, "0001")
        connection.execute(
            text(registry_of_old + "('gold', '{\"seed\": 1}', '', :now, :now)"),
            {"now": "2026-01-01 00:00:00"},
        )
        command.upgrade(config, "head")
    assert registry.saved("scenario", "gold").document == {"seed": 1}


# Runs


def test_a_run_goes_from_queued_to_done(registry: Registry):
    queued = registry.create_run("simulation", {"seed": 1}, input_hash="abc")
    assert (queued.status, queued.progress, queued.result) == (QUEUED, 0.0, None)
    claimed = registry.claim_next_run()
    assert (claimed.id, claimed.status, claimed.payload) == (queued.id, RUNNING, {"seed": 1})
    assert registry.claim_next_run() is None
    assert registry.report_run(queued.id, 0.5, "halfway", partial={"rows": [1]})
    seen = registry.run(queued.id)
    assert (seen.progress, seen.message, seen.partial) == (0.5, "halfway", {"rows": [1]})
    assert registry.run_with_input("simulation", "abc") is None
    registry.finish_run(queued.id, result={"differences": [0, None, "中"]})
    done = registry.run_with_input("simulation", "abc")
    assert (done.status, done.progress, done.result) == (DONE, 1.0, {"differences": [0, None, "中"]})
    assert done.created_at <= done.started_at <= done.finished_at


def test_runs_are_claimed_in_order_and_by_kind(registry: Registry):
    ids = [registry.create_run(kind, {}).id for kind in ("a", "b", "a")]
    assert registry.claim_next_run(["b"]).id == ids[1]
    assert registry.claim_next_run().id == ids[0]
    assert [run.id for run in registry.runs(status=QUEUED)] == [ids[2]]
    assert [run.id for run in registry.runs(kind="a")] == [ids[2], ids[0]]


def test_no_two_workers_get_the_same_run(registry: Registry):
    expected = {registry.create_run("a", {}).id for _ in range(24)}
    claimed: list[int] = []

    def work() -> None:
        while run := registry.claim_next_run():
            claimed.append(run.id)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(claimed) == 24 and set(claimed) == expected


def test_a_waiting_run_is_cancelled_at_once_and_a_running_one_is_asked(registry: Registry):
    running, waiting = registry.create_run("a", {}), registry.create_run("a", {})
    registry.claim_next_run()
    registry.request_cancel(running.id)
    registry.request_cancel(waiting.id)
    assert registry.run(waiting.id).status == CANCELLED
    assert registry.run(running.id).status == RUNNING
    assert not registry.report_run(running.id, 0.3)
    registry.finish_run(running.id, CANCELLED)
    assert registry.run(running.id).progress == 0.3
    assert registry.claim_next_run() is None


def test_a_run_that_has_ended_stays_as_it_is(registry: Registry):
    run = registry.create_run("a", {})
    registry.claim_next_run()
    registry.finish_run(run.id, FAILED, message="out of memory")
    registry.finish_run(run.id, DONE, result={})
    registry.request_cancel(run.id)
    assert not registry.report_run(run.id, 0.9)
    ended = registry.run(run.id)
    assert (ended.status, ended.message, ended.cancel_requested) == (FAILED, "out of memory", False)


def test_runs_whose_process_is_gone_are_marked_interrupted(registry: Registry):
    ids = [registry.create_run("a", {}).id for _ in range(4)]
    for _ in range(3):
        registry.claim_next_run()
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    with Session(registry.engine) as session, session.begin():
        session.execute(update(Run).where(Run.id == ids[0]).values(pid=2**22 + 1))  # above every pid
        session.execute(update(Run).where(Run.id == ids[1]).values(host="elsewhere", heartbeat_at=long_ago))
    assert registry.mark_interrupted() == [ids[0]]
    assert registry.mark_interrupted(silent_since=datetime.now(UTC) - timedelta(minutes=1)) == [ids[1]]
    statuses = [registry.run(i).status for i in ids]
    assert statuses == [INTERRUPTED, INTERRUPTED, RUNNING, QUEUED]


# The database


def test_a_newer_schema_step_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
    url = registry_url(tmp_path)
    from alembic import op

    monkeypatch.setattr(op, "bulk_insert", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        open_database(url)
    monkeypatch.undo()
    engine = open_database(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM leases")).scalar() == 1


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("postgresql://u@h/n", "postgresql+psycopg"),
        ("postgresql+psycopg://u@h/n", "postgresql+psycopg"),
        ("sqlite:////x/y.sqlite", "sqlite"),
    ],
)
def test_the_address_names_the_driver_we_use(tmp_path, monkeypatch, given, driver):
    monkeypatch.setenv("LOYALTY_REGISTRY_URL", given)
    assert registry_url(tmp_path).drivername == driver


def test_a_registry_that_is_only_read_says_so_in_one_line_when_it_is_written_to(tmp_path, monkeypatch):
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
    url = registry_url(tmp_path)
    open_database(url).dispose()
    read_only = url.set(database=f"file:{url.database}", query={"mode": "ro", "uri": "true"})
    registry = Registry(open_database(read_only))
    assert registry.latest_snapshot() is None
    with pytest.raises(InputError, match="cannot be written to"):
        registry.lease("an import")


def test_an_edit_of_the_audit_trail_shows(registry: Registry):
    for subject in ("M1", "M2", "M3"):
        audit.record(registry, "Ann", audit.REVEAL, subject)
    rows = audit.trail(registry, audit.REVEAL, 2)
    assert [(row.who, row.subject) for row in rows] == [("Ann", "M3"), ("Ann", "M2")]
    assert audit.edited(registry) == []
    with registry.engine.begin() as connection:
        connection.execute(update(Audited).where(Audited.subject == "M2").values(who="Bob"))
    assert audit.edited(registry) == [2]
    with registry.engine.begin() as connection:
        connection.execute(delete(Audited).where(Audited.subject == "M2"))
    assert audit.edited(registry) == [3]
