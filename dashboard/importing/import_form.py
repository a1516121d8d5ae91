"""What to import: files from the browser or the server, and the mapping that reads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dashboard import figures, uploads
from dashboard.complaints import complaint
from dashboard.i18n import N_, _
from dashboard.upload_words import in_the_readers_language
from data.intake.mapping import Mapping, list_mappings, load_mapping
from data.workspace import Workspace
from loyalty_core.errors import InputError

PLACES = {"upload": N_("Upload"), "folder": N_("Folder on the server"), "sample": N_("Sample of the mapping")}
OWN = "own"
EXAMPLE = Path(__file__).parents[1] / "static" / "own_mapping.yaml"
_KEPT = "import:kept"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Files to read and the mapping to read them with; `where` is its shipped name or its file."""

    sources: list[str]
    mapping: Mapping
    where: str


def form(workspace: Workspace) -> Chosen | None:
    """The two choices; None until both are made, with what is wrong on screen."""
    most = figures.decimal(st.get_option("server.maxUploadSize") / 1000, 0)
    in_the_readers_language(f"{most} GB")
    left, right = st.columns(2, gap="large")
    with right:
        title = _("Mapping")
        st.markdown(f"**2 · {title}**")
        mapping, where = _mapping(workspace)
    with left:
        title = _("Files")
        st.markdown(f"**1 · {title}**")
        sources = _sources(workspace, mapping)
    return Chosen(sources, mapping, where) if sources and mapping is not None else None


def _sources(workspace: Workspace, mapping: Mapping | None) -> list[str]:
    places = [name for name in PLACES if name != "sample" or (mapping is not None and mapping.sample)]
    place = st.radio(
        _("Where the files are"),
        places,
        format_func=lambda name: _(PLACES[name]),
        horizontal=True,
        key="import:place",
        label_visibility="collapsed",
    )
    if place == "sample":
        st.caption(_("Reads the data that the mapping's package brings, if it is installed."))
        return ["sample"]
    return _uploaded(workspace) if place == "upload" else _picked()


def _uploaded(workspace: Workspace) -> list[str]:
    files = st.file_uploader(
        _("Files"),
        accept_multiple_files=True,
        key="import:files",
        label_visibility="collapsed",
        help=_("CSV, fixed width, Excel or Parquet; also packed as .gz or .zip."),
    )
    already = st.session_state.setdefault(_KEPT, {})
    return uploads.kept(workspace.folder, files, already)


def _picked() -> list[str]:
    folder = st.text_input(_("Folder"), key="import:folder", persist_state="session")
    if not folder:
        return []
    try:
        found = uploads.files_in(folder)
    except InputError as error:
        st.error(complaint(error), icon=":material/error:")
        return []
    chosen = st.multiselect(
        _("Files"), found, default=found, format_func=lambda path: path.name, key=f"import:picked:{folder}"
    )
    return [str(path) for path in chosen]


def _mapping(workspace: Workspace) -> tuple[Mapping | None, str]:
    shipped = {mapping.name: mapping for mapping in _shipped()}
    name = st.selectbox(
        _("Mapping"),
        [*shipped, OWN],
        index=None,
        format_func=lambda given: _("My own mapping …") if given == OWN else given,
        placeholder=_("How the columns are read"),
        key="import:mapping",
        label_visibility="collapsed",
        persist_state="session",
    )
    if name is None:
        st.caption(_("A mapping says which column is what, and how dates, amounts and texts are written."))
        return None, ""
    mapping, where = _own(workspace) if name == OWN else (shipped[name], name)
    if mapping is not None:
        _described(mapping)
    return mapping, where


def _own(workspace: Workspace) -> tuple[Mapping | None, str]:
    file = st.file_uploader(_("Mapping as YAML"), type=["yaml", "yml"], key="import:own")
    if file is None:
        st.download_button(
            _("An example to start from"),
            EXAMPLE.read_bytes,
            EXAMPLE.name,
            "application/yaml",
            key="import:example",
            icon=":material/download:",
            on_click="ignore",
        )
        return None, ""
    [path] = uploads.kept(workspace.folder, [file], st.session_state.setdefault(_KEPT, {}))
    try:
        return load_mapping(path), path
    except InputError as error:
        st.error(complaint(str(error).replace(path, file.name)), icon=":material/error:")
        return None, ""


def _described(mapping: Mapping) -> None:
    if mapping.about:
        st.caption(mapping.about)
    patterns = _(", ").join(pattern for rule in mapping.files.values() for pattern in rule.match)
    # An asterisk would begin emphasis.
    st.caption(_("Reads files named {patterns}").format(patterns=patterns.replace("*", "\\*")))


@st.cache_resource(show_spinner=False)
def _shipped() -> list[Mapping]:
    return list_mappings()


def names(chosen: Chosen) -> list[str]:
    """The chosen files by name."""
    return [Path(source).name for source in chosen.sources]
