"""The command line: every command's words and flags, and how errors reach the caller.

A command imports its machinery only when it runs, so that `loyalty --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import NoReturn

import typer

from dashboard.commands import LANGUAGE
from loyalty_core.errors import InputError

app = typer.Typer(
    name="loyalty",
    help="A membership programme, watched every morning and tried out before rollout.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

COMMANDS = (
    "demo",
    "import_",
    "check",
    "kpi",
    "digest",
    "finance",
    "explain",
    "actions",
    "programme",
    "points",
    "calibrate",
    "backtest",
    "winners",
    "break_even",
    "sensitivity",
    "passport",
    "optimise",
    "simulate",
    "dashboard",
    "bench",
)

for _name in COMMANDS:
    import_module(f"dashboard.commands.{_name}").register(app)


def main() -> None:
    """Run the command line; a mendable error is one line on standard error and exit code 2."""
    try:
        status = app(standalone_mode=False)
    except InputError as error:
        _refuse(_said(error))
    except typer.TyperException as error:
        _refuse(*_misuse(error))
    except typer.Abort:
        raise SystemExit(1) from None
    raise SystemExit(status)


def _said(error: InputError) -> str:
    """The problem in the language that the environment asks for."""
    if os.environ.get(LANGUAGE) != "zh":
        return str(error)
    from dashboard.complaints import complaint
    from dashboard.i18n import speaking

    with speaking("zh"):
        return complaint(error)


def _refuse(problem: str, start: str = "loyalty: ") -> NoReturn:
    sys.stderr.write(f"{start}{problem}\n")
    raise SystemExit(2) from None


def _misuse(error: typer.TyperException) -> tuple[str, str]:
    """What to say, and before it: of words or flags that the command line does not take, one line; without
    a command, the help."""
    said = error.format_message() if hasattr(error, "format_message") else str(error)
    if "\n" in said:
        return said, ""
    context = getattr(error, "ctx", None)
    words = context.command_path if context else "loyalty"
    return f"{said[:1].lower()}{said[1:]} See {words} --help.", "loyalty: "
