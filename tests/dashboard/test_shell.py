"""What every page stands in: navigation, configuration, fonts of our own, errors without a traceback."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from typer import Typer
from typer.testing import CliRunner

import dashboard
from dashboard import frame, live, prefetch
from dashboard.commands import dashboard as command
from dashboard.i18n import speaking
from dashboard.pages import PAGES
from loyalty_core.errors import InputError

FOLDER = Path(dashboard.__file__).parent
CONFIG = tomllib.loads((FOLDER / ".streamlit" / "config.toml").read_text("utf-8"))


def opened(workspace: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    monkeypatch.setenv("LOYALTY_WORKSPACE", str(workspace))
    page = AppTest.from_file(str(FOLDER / "app.py"), default_timeout=60)
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def test_the_pages_are_listed_with_title_section_and_url_path() -> None:
    app = Typer()
    app.callback()(lambda: None)
    command.register(app)
    listed = json.loads(CliRunner().invoke(app, ["dashboard", "--list-pages"]).output)
    listed_paths = [page["url_path"] for page in listed]
    assert listed_paths[0] == "overview" and {"members", "points", "tiers", "sandbox"} < set(listed_paths)
    assert listed_paths == [page.url_path for page in PAGES]
    assert all(set(page) == {"title", "section", "url_path"} for page in listed)


def test_every_page_has_a_file_and_an_address_of_its_own() -> None:
    assert all((FOLDER / "views" / page.view).is_file() for page in PAGES)
    assert len({page.url_path for page in PAGES}) == len(PAGES)


def test_pages_of_a_section_stand_together() -> None:
    sections = [page.section for page in PAGES]
    assert sections == sorted(sections, key=sections.index)


def test_no_file_of_the_dashboard_hides_a_package() -> None:
    ours = {path.stem for path in FOLDER.glob("*.py")} | {
        path.parent.name for path in FOLDER.glob("*/__init__.py")
    }
    ours -= {"__init__"}
    taken = set(sys.stdlib_module_names) | set(packages_distributions()) - {"dashboard"}
    assert ours & (taken | {"data", "simulation", "loyalty_core"}) == set()


def test_the_server_listens_to_this_machine_only_and_tells_nobody() -> None:
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["client"]["toolbarMode"] in {"viewer", "minimal"}


def test_fonts_and_icon_come_from_the_product_itself() -> None:
    for face in CONFIG["theme"]["fontFaces"]:
        file = FOLDER / face["url"].removeprefix("app/")
        assert file.read_bytes()[:4] == b"wOF2"
    assert "OPEN FONT LICENSE" in (FOLDER / "static" / "Inter-OFL.txt").read_text("utf-8")
    assert Path(frame.FAVICON).is_file()
    assert "http" not in re.sub(r"xmlns\S+", "", Path(frame.FAVICON).read_text("utf-8"))


def test_nothing_is_styled_past_streamlit() -> None:
    for file in FOLDER.rglob("*.py"):
        source = file.read_text("utf-8")
        assert "unsafe_allow_html" not in source
        assert "st.html" not in source
        assert not re.search("[\U0001f300-\U0001faff\u2600-\u27bf]", source), file


def test_an_empty_workspace_says_what_to_do(workspace_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(workspace_path, monkeypatch)
    assert not page.exception
    assert page.subheader[0].value == "No data yet"
    assert "loyalty demo" in page.code[0].value
    assert str(workspace_path) in page.code[0].value
    chinese = opened(workspace_path, monkeypatch, lang="zh")
    assert chinese.subheader[0].value == "暂无数据"


def test_a_mendable_error_is_one_sentence_and_any_other_keeps_its_reason_in_the_log(
    workspace_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable() -> None:
        raise InputError("registry.sqlite: is locked; close the other program")

    monkeypatch.setattr(live, "now", unreadable)
    page = opened(workspace_path, monkeypatch)
    assert not page.exception
    assert page.error[0].value == "registry.sqlite: is locked; close the other program"

    def broken() -> None:
        raise KeyError("secret_column")

    monkeypatch.setattr(live, "now", broken)
    page = opened(workspace_path, monkeypatch)
    assert not page.exception
    assert "secret_column" not in page.error[0].value
    assert "secret_column" in caplog.text


def test_the_provenance_of_figures_is_written_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import date

    from loyalty_core.rules.programme import Label, Programme

    shown = live.Live(
        workspace="w",
        snapshot_id=7,
        as_of=date(2026, 10, 31),
        programme=Programme(name="club", label=Label(en="The Club", zh="俱乐部")),
    )
    assert frame.provenance(shown) == "The Club · data to 31 Oct 2026 · snapshot 7"
    with speaking("zh"):
        assert frame.provenance(shown) == "俱乐部 · 数据截至 2026年10月31日 · 快照 7"


def reading(snapshots_ago: int, programme: str | None) -> None:
    """What somebody sees who began to read when an older snapshot was the latest, or other rules held."""
    from dataclasses import replace

    from dashboard import frame, live

    latest = live.now()
    assert latest is not None
    rules = latest.programme.model_copy(update={"name": programme or latest.programme.name})
    frame._newer(replace(latest, snapshot_id=latest.snapshot_id - snapshots_ago, programme=rules))


@pytest.mark.parametrize(
    ("snapshots_ago", "programme", "offered"),
    [
        (0, None, []),
        (1, None, ["New data: show snapshot 1"]),
        (0, "before", ["New rules: show what they change"]),
    ],
)
def test_who_reads_is_offered_what_was_published_or_applied_since(
    demo_workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    snapshots_ago: int,
    programme: str | None,
    offered: list[str],
) -> None:
    monkeypatch.setenv("LOYALTY_WORKSPACE", str(demo_workspace))
    monkeypatch.setattr(prefetch, "started", lambda state: None)
    page = AppTest.from_function(reading, args=(snapshots_ago, programme), default_timeout=60).run()
    assert not page.exception and [button.label for button in page.button] == offered
