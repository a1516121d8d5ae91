"""The Import page: a stranger's files with errors, an account of every row, and nothing but sentences."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import uploads
from dashboard.complaints import complaint
from dashboard.i18n import speaking
from dashboard.importing import import_form, import_runs
from dashboard.jobs import import_job
from dashboard.jobs.job_process import JobProcess
from dashboard.jobs.lanes import Cancelled
from data.intake.importing import import_files
from data.intake.mapping import load_mapping
from data.snapshots import state_hash
from data.workspace import Workspace
from loyalty_core.errors import InputError
from tests.dashboard import reader

VIEW = "views/import_data.py"
PATIENCE_SECONDS = 60
MAPPING = """
name: my_shop
about: Sales of my shop
time_zone: Asia/Shanghai
programme:
  name: my-shop
  time_zone: Asia/Shanghai
  tiers: [{name: member, threshold: 0}, {name: gold, threshold: 500}]
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
ACCOUNT = ["8", "4", "1", "1", "2"]  # read, accepted, duplicate, conflict, rejected


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A mapping and a file of one's own in a folder."""
    folder = tmp_path / "my files [2026]"
    folder.mkdir()
    (folder / "my_shop.yaml").write_text(MAPPING, "utf-8")
    (folder / "sales 三月.csv").write_bytes(SALES.encode("gb18030"))
    return folder


@pytest.fixture
def imported(workspace_path: Path, own: Path) -> Path:
    """A workspace with that file imported."""
    mapping = load_mapping(str(own / "my_shop.yaml"))
    import_files(workspace_path, [own / "sales 三月.csv"], mapping)
    return workspace_path


@pytest.fixture
def no_job_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queued runs stay queued: nothing works on them."""
    monkeypatch.setattr("dashboard.importing.import_runs.ensure_job_process", lambda folder: None)
    monkeypatch.setattr("dashboard.runs.ensure_job_process", lambda folder: None)


def opened(workspace: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    return reader.opened(VIEW, workspace, monkeypatch, **query)


def chosen(page: AppTest, own: Path) -> AppTest:
    """The page with the own mapping and the own file uploaded."""
    page.selectbox(key="import:mapping").select("own").run()
    page.file_uploader(key="import:own").upload("my_shop.yaml", (own / "my_shop.yaml").read_bytes())
    page.run()
    file = own / "sales 三月.csv"
    page.file_uploader(key="import:files").upload(file.name, file.read_bytes())
    return page.run()


def until_over(workspace: Path, run_id: int):
    registry = Workspace.open(workspace).registry
    end = time.monotonic() + PATIENCE_SECONDS
    while (run := registry.run(run_id)).status in ("queued", "running"):
        assert time.monotonic() < end, f"the run is still {run.status}"
        time.sleep(0.1)
    return run


def shown(page: AppTest) -> str:
    boxes = [*page.warning, *page.success, *page.info, *page.error]
    parts = [*page.markdown, *page.caption, *page.subheader, *boxes]
    return " ".join([str(part.value) for part in parts] + [part.label for part in page.expander])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_empty_workspace_asks_for_files_and_a_mapping(workspace_path, monkeypatch, lang):
    page = opened(workspace_path, monkeypatch, lang=lang)
    assert not page.exception and not page.error
    assert page.button(key="import:start").disabled and page.button(key="import:rehearse").disabled
    names = page.selectbox(key="import:mapping").options
    assert {"cdnow", "x5_retailhero", "complete_journey", "ta_feng", "online_retail"} <= set(names)
    assert ("使用自己的映射…" in names) == (lang == "zh")


def test_the_preview_shows_rows_and_what_each_column_reads(workspace_path, own, monkeypatch):
    page = chosen(opened(workspace_path, monkeypatch), own)
    page.button(key="import:preview").click().run()
    assert not page.exception and not page.error
    rows, columns = (table.value for table in page.dataframe)
    assert list(rows["单号"]) == ["S1", "S2", "S3", "S3", "S4", "S5", "S2", "S6"]
    read = columns.set_index("Column")
    assert read.at["occurred_at", "Rejected"] == 1 and read.at["amount", "Rejected"] == 1
    assert read.at["amount", "Example"] == "CN¥120.50"
    assert "1 Mar 2026" in read.at["occurred_at", "Example"]
    assert Workspace.open(workspace_path).latest() is None


def test_a_dry_run_accounts_for_every_row_and_writes_nothing(workspace_path, own, monkeypatch):
    page = chosen(opened(workspace_path, monkeypatch), own)
    try:
        page.button(key="import:rehearse").click().run()
        run_id = int(page.query_params["import"])
        assert until_over(workspace_path, run_id).status == "done"
        page.run()
        assert not page.exception and not page.error
        assert list(page.dataframe[0].value.iloc[0, 1:]) == ACCOUNT
        assert "Nothing was written" in shown(page)
        assert Workspace.open(workspace_path).latest() is None
    finally:
        import_runs.ensure_job_process(workspace_path).end()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_import_ends_with_its_account_and_the_rows_to_correct(workspace_path, own, monkeypatch, lang):
    process = JobProcess(workspace_path)
    monkeypatch.setattr("dashboard.importing.import_runs.ensure_job_process", lambda folder: process.ensure())
    monkeypatch.setattr("dashboard.runs.ensure_job_process", lambda folder: process.ensure())
    page = chosen(opened(workspace_path, monkeypatch, lang=lang), own)
    try:
        page.button(key="import:start").click().run()
        run = until_over(workspace_path, int(page.query_params["import"]))
    finally:
        process.end()
    assert run.status == "done", run.message
    page.run()
    assert not page.exception and not page.error
    assert list(page.dataframe[0].value.iloc[0, 1:]) == ACCOUNT
    assert ("3 rows need attention" if lang == "en" else "3 行需要处理") in str(page.warning[0].proto)
    assert len(page.get("download_button")) == 2
    assert Workspace.open(workspace_path).latest().count("purchases") == 4
    assert "8" in page.expander[-1].label and "my_shop" in page.expander[-1].label


def test_a_file_that_no_mapping_reads_is_one_sentence_without_paths(workspace_path, own, monkeypatch):
    page = opened(workspace_path, monkeypatch)
    page.selectbox(key="import:mapping").select("cdnow").run()
    page.file_uploader(key="import:files").upload("holiday.jpg", b"\xff\xd8 nothing").run()
    page.button(key="import:preview").click().run()
    (said,) = page.error
    assert said.value.startswith("holiday.jpg: ") and str(workspace_path) not in said.value
    assert "\n" not in said.value and not page.exception


def test_a_mapping_with_an_error_is_one_sentence_and_nothing_can_start(workspace_path, monkeypatch):
    page = opened(workspace_path, monkeypatch)
    page.selectbox(key="import:mapping").select("own").run()
    wrong = b"name: wrong\nfiles: {sales: {match: x, colour: red}}\n"
    page.file_uploader(key="import:own").upload("wrong.yaml", wrong).run()
    (said,) = page.error
    assert said.value.startswith("wrong.yaml: ") and "colour" in said.value
    assert page.button(key="import:start").disabled


def test_the_example_of_a_mapping_reads_what_it_names(workspace_path, tmp_path, monkeypatch):
    page = opened(workspace_path, monkeypatch)
    page.selectbox(key="import:mapping").select(import_form.OWN).run()
    assert not page.exception
    members = "会员号,入会日期,性别,城市,同意联系\n01,2026-01-02,女,上海,是\n"
    sales = "单号,会员号,时间,金额,门店\nA1,01,2026-03-01 10:00,120.5,一店\nA2,,2026-03-01 11:00,-30,一店\n"
    for name, text in (("会员.csv", members), ("销售.csv", sales)):
        (tmp_path / name).write_text(text, "gb18030")
    mapping = load_mapping(str(import_form.EXAMPLE))
    files = [tmp_path / "会员.csv", tmp_path / "销售.csv"]
    report = import_files(workspace_path, files, mapping)
    assert [(file.rows_read, file.accepted) for file in report.files] == [(1, 1), (2, 2)]
    told = Workspace.open(workspace_path).latest().query("SELECT gender, region, consent FROM members")
    assert told.to_numpy().tolist() == [["female", "上海", True]]


def test_of_a_header_read_as_one_column_the_delimiter_is_told(workspace_path, tmp_path):
    (tmp_path / "销售.csv").write_text(
        "单号;会员号;时间;金额;门店\nA1;01;2026-03-01 10:00;120.5;一店\n", "utf-8"
    )
    with pytest.raises(InputError, match=r'parted by ;, .*; write delimiter: ";"') as raised:
        import_files(workspace_path, [tmp_path / "销售.csv"], load_mapping(str(import_form.EXAMPLE)))
    with speaking("zh"):
        assert complaint(raised.value).endswith('请在 files.sales 下写 delimiter: ";"')


def test_files_of_a_folder_on_the_server_are_chosen_by_name(workspace_path, own, monkeypatch, no_job_process):
    page = opened(workspace_path, monkeypatch)
    page.radio(key="import:place").set_value("folder").run()
    page.text_input(key="import:folder").set_value(str(own)).run()
    names = page.multiselect(key=f"import:picked:{own}").options
    assert names == ["my_shop.yaml", "sales 三月.csv"]
    page.multiselect(key=f"import:picked:{own}").set_value([own / "sales 三月.csv"]).run()
    page.selectbox(key="import:mapping").select("cdnow").run()
    page.button(key="import:rehearse").click().run()
    (run,) = Workspace.open(workspace_path).registry.runs()
    wanted = {"sources": [str(own / "sales 三月.csv")], "mapping": "cdnow", "dry_run": True}
    assert run.payload == wanted


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_folder_that_is_not_there_is_one_sentence(workspace_path, monkeypatch, lang):
    page = opened(workspace_path, monkeypatch, lang=lang)
    page.radio(key="import:place").set_value("folder").run()
    page.text_input(key="import:folder").set_value("/no/such/folder").run()
    (said,) = page.error
    assert ("no such folder" if lang == "en" else "没有这个文件夹") in said.value


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_past_imports_are_listed_for_whoever_comes_later(imported, monkeypatch, lang):
    page = opened(imported, monkeypatch, lang=lang)
    (past,) = page.expander
    assert "my_shop" in past.label and ("8 rows read" if lang == "en" else "读取 8 行") in past.label


def test_an_upload_keeps_its_name_but_never_leaves_the_workspace(tmp_path):
    from io import BytesIO

    class Sent(BytesIO):
        def __init__(self, name: str) -> None:
            super().__init__(b"a,b\n")
            self.name, self.file_id = name, name

    already: dict[str, str] = {}
    names = ["销售 [1].csv", "../../etc/passwd", "..\\..\\boot.ini", ".hidden", "..", ""]
    paths = [Path(path) for path in uploads.kept(tmp_path, [Sent(name) for name in names], already)]
    assert [path.name for path in paths] == [
        "销售 [1].csv",
        "passwd",
        "boot.ini",
        "hidden",
        "upload",
        "upload",
    ]
    assert all(path.resolve().is_relative_to(tmp_path / "uploads") for path in paths)
    assert uploads.kept(tmp_path, [Sent(names[0])], already) == [str(paths[0])]


def test_an_empty_folder_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="no files"):
        uploads.files_in(str(tmp_path))


class Stopping:
    """A job that is asked to stop at its n-th word on how far it is."""

    def __init__(self, folder: Path, own: Path, after: int) -> None:
        self.workspace = Workspace.open(folder)
        self.payload = {"sources": [str(own / "sales 三月.csv")], "mapping": str(own / "my_shop.yaml")}
        self.payload["dry_run"] = False
        self.said: list[tuple[float, str]] = []
        self.after = after

    def cancelled(self) -> bool:
        return len(self.said) >= self.after

    def report(self, share: float, stage: str, **about: str) -> None:
        self.said.append((share, stage))


def test_an_import_that_is_cancelled_at_any_stage_changes_nothing(workspace_path, own, tmp_path):
    whole = Stopping(tmp_path / "other", own, after=1000)
    import_job.imported(whole)
    stages = [stage for share, stage in whole.said if share < 1]
    assert {"reading", "checking", "writing", "deriving", "publishing"} <= set(stages)
    for after in range(len(stages)):
        with pytest.raises(Cancelled):
            import_job.imported(Stopping(workspace_path, own, after))
        workspace = Workspace.open(workspace_path)
        assert workspace.latest() is None and workspace.registry.imports() == []
    import_job.imported(Stopping(workspace_path, own, after=len(stages)))
    assert state_hash(Workspace.open(workspace_path).latest()) == state_hash(whole.workspace.latest())


def test_a_cancelled_import_says_that_nothing_was_changed(workspace_path, own, monkeypatch, no_job_process):
    page = chosen(opened(workspace_path, monkeypatch), own)
    page.button(key="import:start").click().run()
    run = page.query_params["import"]
    page.button(key=f"cancel:{run}").click().run()
    assert any("Nothing was changed" in info.value for info in page.info)


def test_uploads_older_than_a_week_are_removed_unless_an_import_waits_for_them(tmp_path):
    folders = {name: tmp_path / "uploads" / name for name in ("old", "waiting", "new")}
    for name, folder in folders.items():
        folder.mkdir(parents=True)
        (folder / "sales.csv").write_text("x")
        age = 3600 if name == "new" else 8 * 24 * 3600
        os.utime(folder, (time.time() - age, time.time() - age))
    assert uploads.remove_old(tmp_path, [str(folders["waiting"] / "sales.csv")]) == 1
    assert {name for name, folder in folders.items() if folder.exists()} == {"waiting", "new"}


def test_of_a_large_text_only_whole_records_at_its_beginning_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "BEGINNING_BYTES", 40)
    text = 'id,note\n1,"first\nline"\n2,plain\n3,"never\nended in time"\n4,x\n'
    (tmp_path / "sales.csv").write_text(text)
    for limit, kept in ((30, 'id,note\n1,"first\nline"\n'), (40, 'id,note\n1,"first\nline"\n2,plain\n')):
        monkeypatch.setattr(uploads, "BEGINNING_BYTES", limit)
        with uploads.beginning(str(tmp_path / "sales.csv")) as (shortened, whole):
            assert (Path(shortened).name, Path(shortened).read_text(), whole) == ("sales.csv", kept, False)
    monkeypatch.setattr(uploads, "BEGINNING_BYTES", len(text))
    with uploads.beginning(str(tmp_path / "sales.csv")) as (same, whole):
        assert (same, whole) == (str(tmp_path / "sales.csv"), True)
