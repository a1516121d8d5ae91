"""What a lake tells of whole programmes: from roll-ups, from the facts and by the plain oracle the same."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from data import rollup_tables
from data.live import live_history
from data.rollup_tables import MONTH, WHOLE
from data.rollups import building
from data.rollups.snapshot_facts import SnapshotFacts
from loyalty_core.counting.cuts import slice_labels
from loyalty_core.counting.period_facts import period_facts
from loyalty_core.history_parts import as_of, first_day
from loyalty_core.metrics.dictionary import METRICS, columns_of, metrics_for
from loyalty_core.periods import Periods, period_start, periods
from tests.core.against_oracle import unlike_the_oracle
from tests.core.generated import Case, generated
from tests.data.test_rollups import TOLD, facts, published

PROGRAMMES = 30
CUTS: list[tuple[tuple[str, ...], dict[str, list[str]]]] = [
    (("member_tier",), {"member_region": ["North", ""], "member_gender": ["female", ""]}),
    (("purchase_channel",), {"member_tier": ["silver", "gold"]}),
    ((), {"purchase_store": ["s1", ""], "member_channel": ["app", "shop", ""]}),
    (("account",), {"member_gender": ["male", ""]}),
    (("member_region",), {"account": ["status"]}),
    (("member_gender", "member_store"), {"purchase_channel": ["web", "till"]}),
]


@pytest.fixture
def registry(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots of any size are rolled up; the registry is where the test says."""
    monkeypatch.setattr(building, "LEAST_ROWS", 0)
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
    if request.param == "postgres":
        monkeypatch.setenv("LOYALTY_REGISTRY_URL", request.getfixturevalue("postgres_url"))


def asked(case: Case, step: str) -> Periods:
    """The whole history, or its last two months."""
    first, last = first_day(case.history), as_of(case.history)
    if step == WHOLE:
        return periods(first, last)
    return periods(period_start(period_start(last, "month") - 1, "month"), last, "month")


def known_among(case: Case, name: str, labels: list[str]) -> list[str]:
    """Those of the labels that so small a programme has."""
    return [label for label in labels if label in ("", *slice_labels(case.history, case.programme, name))]


@pytest.mark.parametrize(
    ("seed", "registry"),
    [
        *((seed, "sqlite") for seed in range(PROGRAMMES)),
        *(pytest.param(seed, "postgres", marks=pytest.mark.postgres) for seed in range(2)),
    ],
    indirect=["registry"],
)
def test_roll_ups_and_facts_of_a_lake_tell_what_the_oracle_tells(
    seed: int, registry: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = WHOLE if seed % 2 else MONTH
    # The other steps would take longer to count than the asking; members are always kept by month.
    monkeypatch.setattr(rollup_tables, "STEPS", tuple({step: None, MONTH: None}))
    case = generated(100 + seed, members=8, span_days=240)
    by, wanted = CUTS[seed % len(CUTS)]
    where = {name: known_among(case, name, labels) for name, labels in wanted.items()}
    names = [name for name in metrics_for(by, where) if METRICS[name].columns <= set(TOLD)]
    assert len(names) > 5
    snapshot, chosen = published(tmp_path, case, [facts(case)]), asked(case, step)
    figures = SnapshotFacts(snapshot, case.programme)
    found = figures.of(chosen, by, where, columns_of(names))
    assert "history" not in vars(figures)  # nothing but roll-ups was read
    counted = period_facts(
        live_history(snapshot, case.programme), case.programme, chosen, by, where, columns_of(names)
    )
    pd.testing.assert_frame_equal(found[counted.columns], counted)
    assert unlike_the_oracle(found, case, chosen, by, where, names) == []
