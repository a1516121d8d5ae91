"""A stranger's own files: a mapping of their own, a file with errors, the rejected rows back."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.visit import Go, Visit
from tests.conftest import AWKWARD_NAME
from tests.living import Server, running_dashboard

pytestmark = pytest.mark.browser

MAPPING = """
name: my_shop
time_zone: Asia/Shanghai
programme:
  name: my-shop
  time_zone: Asia/Shanghai
  tiers:
    - {name: member, threshold: 0}
    - {name: gold, threshold: 500}
files:
  sales:
    match: ["sales*.csv"]
    rows:
      - table: purchases
        columns:
          purchase_id: 单号
          member_id: 会员
          kind: {value: sale}
          occurred_at: {from: 日期, format: "%d/%m/%Y"}
          amount: 金额
"""
SALES = """单号,会员,日期,金额
S1,王芳,01/03/2026,120.50
S2,李雷,02/03/2026,600
S3,王芳,03/04/2026,80
S3,王芳,03/04/2026,80
S4,李雷,31/02/2026,15
S5,韩梅梅,05/04/2026,twelve
S2,李雷,02/03/2026,999
S6,韩梅梅,06/04/2026,42.10
"""
READ, ACCEPTED, DUPLICATE, CONFLICT, REJECTED = 8, 4, 1, 1, 2


@pytest.fixture
def empty_server(tmp_path: Path) -> Iterator[Server]:
    workspace = tmp_path / AWKWARD_NAME
    workspace.mkdir()
    with running_dashboard(workspace) as server:
        yield server


def _choose(window: Visit, folder: Path, sales: Path) -> None:
    """Upload the sales and a mapping of one's own."""
    mapping = folder / "my_shop.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    window.keyed("import:mapping").locator("input").click()
    window.page.get_by_role("option").last.click()
    window.settle()
    window.keyed("import:own").locator('input[type="file"]').set_input_files(mapping)
    window.settle()
    window.keyed("import:files").locator('input[type="file"]').set_input_files(sales)
    window.settle()


def _until_over(window: Visit) -> None:
    window.page.wait_for_function("() => new URL(location).searchParams.get('import')")
    window.settle()
    for _ in range(120):
        if not window.page.locator(".st-key-progress").count():
            break
        window.page.wait_for_timeout(500)
    window.settle()


def test_a_file_with_errors_is_imported_and_its_rejected_rows_come_back(
    empty_server: Server, go: Go, tmp_path: Path
) -> None:
    assert "No data yet" in go("overview", server=empty_server).text()

    sales = tmp_path / "sales 三月.csv"
    sales.write_bytes(SALES.encode("gb18030"))
    window = go("import", server=empty_server)
    _choose(window, tmp_path, sales)

    window.press("import:preview")
    assert window.alerts() == []
    assert "gb18030" in window.text().lower()

    window.press("import:rehearse")
    _until_over(window)
    assert "Nothing was written" in window.text()
    assert "No data yet" in go("overview", server=empty_server).text()

    window.press("import:start")
    _until_over(window)
    assert window.alerts() == []
    assert "3 rows need attention" in window.text()

    rejected = _downloaded(window, "Rejected rows")
    assert len(rejected) == REJECTED
    assert {"S4", "S5"} <= {cell for row in rejected for cell in row.values()}
    assert any("twelve" in " ".join(row.values()) for row in rejected)
    assert len(_downloaded(window, "Conflicts")) == CONFLICT

    overview = go("overview", server=empty_server)
    assert overview.alerts() == []
    assert len(overview.tiles()) == 8

    phone = go("import", server=empty_server, width=390, height=844, lang="zh", **window.query())
    assert phone.alerts() == []
    assert phone.sideways() <= 1


def test_a_mapping_with_an_error_is_answered_in_one_sentence(go: Go, tmp_path: Path) -> None:
    window = go("import")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("name: wrong\nfiles: {sales: {match: x, colour: red}}\n")
    window.keyed("import:mapping").locator("input").click()
    window.page.get_by_role("option").last.click()
    window.settle()
    window.keyed("import:own").locator('input[type="file"]').set_input_files(wrong)
    window.page.locator('[data-testid="stAlertContentError"]').wait_for()
    (sentence,) = window.settle().alerts()
    assert "colour" in sentence
    assert str(tmp_path) not in sentence
    assert window.keyed("import:start").get_by_role("button").is_disabled()


def _downloaded(window: Visit, label: str) -> list[dict[str, str]]:
    """The rows of the list behind a download button."""
    with window.page.expect_download() as coming:
        window.main().get_by_role("button", name=label).first.click()
    with Path(coming.value.path()).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_uploads_speak_the_reader_s_language(go: Go) -> None:
    button = go("import", lang="zh").page.locator('[data-testid="stFileUploaderDropzone"] button p')
    assert button.evaluate("words => getComputedStyle(words, '::after').content") == '"上传"'
