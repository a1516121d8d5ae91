"""One module per command of `loyalty`, and the options that all of them share."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from rich.console import Console

WorkspaceOption = Annotated[
    Path,
    typer.Option("--workspace", envvar="LOYALTY_WORKSPACE", help="Folder of the programme's data."),
]
LANGUAGE = "LOYALTY_LANGUAGE"  # of answers and of what is wrong
LanguageOption = Annotated[
    Literal["en", "zh"],
    typer.Option(
        "--language",
        "--lang",
        envvar=LANGUAGE,
        help="Language of the answer; JSON holds both where words are told.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]
WORKSPACE = Path("workspace")
_WIDE = 1_000  # characters


def answers() -> Console:
    """Standard output for tables and sentences; piped, so wide that nothing is cut."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    return console


def counted(count: int, things: str) -> str:
    """How many there are of what is named in the plural: "1 member", "2,000 members", "1 entry"."""
    if count == 1:
        things = f"{things[:-3]}y" if things.endswith("ies") else things.removesuffix("s")
    return f"{count:,} {things}"


def print_json(value: Any) -> None:
    """One JSON document on standard output, dates as ISO text."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")
